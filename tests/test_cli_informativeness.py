"""The command line for the best bounds: JSON, text, plots, and bad input."""

import json
import subprocess
import sys
from fractions import Fraction as F

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import rates

from theory.informativeness import PROGRAM, main
from theory.optimal_bounds import optimal_bounds


@pytest.fixture
def informativeness(in_process):
    """Call the command line in this process: (exit code, standard output, standard error)."""
    return in_process(main, PROGRAM)


@settings(max_examples=15, deadline=None)
@given(rates(), st.fractions(0, 1, max_denominator=12))
def test_json_says_what_the_documentation_says(p, alpha):
    printed = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.print", printed.append)
        main([f"--p={p}", f"--alpha={alpha}", "--json", "--exact", "--gap=1/100"])
    found = json.loads(printed[0])
    optimum = optimal_bounds(p, alpha)
    assert list(found)[:10] == [
        *["p", "alpha", "tau", "q", "point", "value"],
        *["upper_bound", "extreme_point", "attained", "certificate"],
    ]
    assert found["tau"] == [str(optimum.low), str(optimum.high)]
    assert found["q"] == (None if optimum.q is None else str(optimum.q))
    assert found["extreme_point"] == optimum.extreme_point
    assert found["attained"] is optimum.attained
    value = sp.sympify(found["value"])
    lower, upper = (F(found["certificate"][f"{end}_bound"]) for end in ("lower", "upper"))
    assert sp.Rational(lower) <= value <= sp.Rational(upper)
    assert upper - lower <= F(1, 100)
    assert found["upper_bound"] == str(upper)
    for low, high in found["enclosures"].values():
        assert F(low) < F(high)
    if "value" in found["enclosures"]:
        low, high = (sp.Rational(end) for end in found["enclosures"]["value"])
        assert low <= value <= high


def test_floats(informativeness):
    code, out, err = informativeness("--p", "0.25", "--alpha", "1/4", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["tau"], found["q"], found["value"]) == ([0, 1], 0.25, 0.125)
    assert "enclosures" not in found
    assert found["certificate"]["lower_bound"] <= 0.125 <= found["certificate"]["upper_bound"]


@pytest.mark.parametrize(
    ("p", "alpha", "value"),
    [("1e-25", "1/2", 2.5e-51), ("1/4", "0.6666666666666", 2.500000000000125e-27)],
)
def test_small_values(informativeness, p, alpha, value):
    code, out, err = informativeness("--p", p, "--alpha", alpha)
    assert (code, err) == (0, "")
    assert f"value       {value:.6g}, attained" in out
    found = json.loads(informativeness("--p", p, "--alpha", alpha, "--json")[1])
    assert found["value"] == value
    assert found["certificate"]["lower_bound"] <= value <= found["upper_bound"]


def test_a_gap_that_cannot_be_closed(informativeness, monkeypatch):
    monkeypatch.setattr("theory.certified_maximum.MOST_BOXES", 20)
    monkeypatch.setattr("theory.informativeness.PROGRESS_EVERY", 0.0)
    code, out, err = informativeness("--p=0.4999", "--alpha=0.4999", "--gap=1/1000000")
    *progress, last = err.splitlines()
    assert (code, out) == (2, "")
    assert last == f"{PROGRAM}: error: --gap is 1/1000000: must be larger: 20 boxes do not close it"
    assert progress[0] == "certificate: 1 boxes, at most 2,000"


def test_text_for_people(informativeness):
    code, out, err = informativeness("--p", "1/4", "--alpha", "1/2", "--exact")
    assert (code, err) == (0, "")
    lines = [line.strip() for line in out.splitlines()]
    assert lines[0] == "p = 1/4, alpha = 1/2: trust"
    assert "bounds      [1 - sqrt(3)/2, 1]" in lines
    assert "covariate   yes/no, yes for 1 - sqrt(3)/2 of the subgroup" in lines
    assert "value       7/4 - sqrt(3), attained" in lines
    assert any(line.startswith("the best value lies in [0.0179491") for line in lines)
    out = informativeness("--p", "2/5", "--alpha", "1/4")[1]
    assert "approached but not attained" in out
    assert "the lower one just above that" in out
    out = informativeness("--p", "2/5", "--alpha", "1")[1]
    assert "none (a constant)" in out


def test_the_certificate_is_printed_outwards(informativeness):
    out = informativeness("--p", "1/3", "--alpha", "1/7", "--gap", "1/1000")[1]
    bracket = next(line for line in out.splitlines() if "best value" in line)
    low, high = bracket.rpartition("[")[2].rstrip("]").split(", ")
    assert F(low) <= F(5, 21) <= F(high)
    arguments = ("--p=1/3", "--alpha=1/7", "--gap=1/1000", "--json")
    rounded = json.loads(informativeness(*arguments)[1])["certificate"]
    exact = json.loads(informativeness(*arguments, "--exact")[1])["certificate"]
    assert F(rounded["lower_bound"]) <= F(exact["lower_bound"])
    assert F(rounded["upper_bound"]) >= F(exact["upper_bound"])


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
def test_plot(informativeness, tmp_path, suffix):
    path = tmp_path / f"regions{suffix}"
    code, out, _ = informativeness("--p", "2/5", "--alpha", "1/4", "--plot", path)
    assert code == 0
    assert "hedge" in out
    starts = {".svg": b"<?xml", ".pdf": b"%PDF", ".png": b"\x89PNG"}
    assert path.read_bytes().startswith(starts[suffix])
    assert list(tmp_path.iterdir()) == [path]


def test_from_a_shell():
    command = [sys.executable, "-m", "theory.informativeness", "--p=1/4", "--alpha=1/4", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["extreme_point"] == "trust"
    done = subprocess.run([*command[:-1], "--gap=0"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{PROGRAM}: error: --gap is 0: must lie in [1/1000000, 1]\n"


BAD = [
    ([], "the following arguments are required: --p, --alpha"),
    (["--p=1/2"], "the following arguments are required: --alpha"),
    (["--p=1.2", "--alpha=0"], "--p is 1.2: must lie in [0, 1]"),
    (["--p", "-1/2", "--alpha=0"], "--p is -1/2: must lie in [0, 1]"),
    (["--p=x", "--alpha=0"], "--p is 'x': expected a decimal or a fraction such as 2/5"),
    (["--p=1/2", "--alpha=2"], "--alpha is 2: must lie in [0, 1]"),
    (["--p=1/2", "--alpha", "-0.5"], "--alpha is -0.5: must lie in [0, 1]"),
    (["--p=1/2", "--alpha=nan"], "--alpha is 'nan': expected a decimal"),
    (["--p=1/0", "--alpha=0"], "--p is '1/0': the denominator must not be zero"),
    (["--p=1/2", "--alpha=0", "--gap=2"], "--gap is 2: must lie in [1/1000000, 1]"),
    (["--p=1/2", "--alpha=0", "--plot=x.jpg"], "--plot is x.jpg: must end in .svg, .pdf, .png"),
    (["--p=1/2", "--alpha=0", "--plot=no/x.svg"], "--plot is no/x.svg: must lie in a folder"),
    (["--p=1/2", "--alpha=0", "spare"], "unrecognized arguments: spare"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_arguments_end_with_one_line(
    informativeness, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    code, out, err = informativeness(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"{PROGRAM}: error: ")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
