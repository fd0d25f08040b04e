"""`python -m theory.frontier`: its JSON, its tables, its pictures, and one line per bad input."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction as F

import numpy as np
import pytest
from assertions import assert_one_line
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import populations

from theory import groups_csv
from theory.frontier import PROGRAM, main
from theory.groups_csv import read_groups
from theory.points import distrust_point, hedge_point, trust_point
from theory.population import Subgroups, optimal_policy, population_frontier


def answer(cli, *arguments: object):
    code, out, err = cli(*arguments, "--json")
    assert (code, err) == (0, "")
    assert out.endswith("}\n")
    assert out.count("\n") == 1
    return json.loads(out)


def as_arguments(subgroups: Subgroups) -> list[str]:
    rates = [f"--p={p}" for p in subgroups.rates]
    return [*rates, *(f"--share={share}" for share in subgroups.shares)]


def expected_answer(subgroups: Subgroups, alpha: F, number) -> dict[str, object]:
    """The JSON object that the documentation describes, one subgroup at a time."""
    frontier, policy = population_frontier(subgroups), optimal_policy(subgroups, alpha)
    names = [str(i + 1) for i in range(len(subgroups.rates))]
    return {
        "vertices": [[number(x) for x in vertex] for vertex in frontier.vertices],
        "slopes": [number(x) for x in frontier.slopes],
        "alpha_thresholds": [number(x) for x in frontier.alpha_thresholds],
        "groups": [
            {
                "name": name,
                "share": number(share),
                "p": number(p),
                "trust": [number(x) for x in trust_point(p)],
                "hedge": [number(x) for x in hedge_point(p)] if 1 <= 3 * p <= 2 else None,
                "distrust": [number(x) for x in distrust_point(p)],
            }
            for name, share, p in zip(names, subgroups.shares, subgroups.rates, strict=True)
        ],
        "optimal": {
            "point": [number(x) for x in policy.point],
            "value": number(policy.value),
            "groups": [
                {
                    "name": name,
                    "choice": choice,
                    "q": None if q is None else number(q),
                    "attained": attained,
                }
                for name, choice, q, attained in zip(
                    names, policy.choices.tolist(), policy.q, policy.attained.tolist(), strict=True
                )
            ],
        },
    }


def run_quietly(arguments: list[str]) -> str:
    """Standard output of the command line, without pytest's fixtures (for Hypothesis)."""
    printed: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout.writelines", printed.extend, raising=False)
        main(arguments)
    return "".join(printed)


@settings(max_examples=60, deadline=None)
@given(populations(), st.fractions(0, 1, max_denominator=20), st.booleans())
def test_json_says_what_the_documentation_says(subgroups, alpha, exact):
    options = ["--json", f"--alpha={alpha}", *(["--exact"] if exact else [])]
    found = run_quietly([*as_arguments(subgroups), *options])
    expected = expected_answer(subgroups, alpha, str if exact else float)
    assert found == json.dumps(expected) + "\n"


def test_without_alpha_nothing_is_optimal(cli):
    found = answer(cli, "--p", "2/5")
    assert list(found) == ["vertices", "slopes", "alpha_thresholds", "groups"]
    assert found["vertices"] == [[-0.6, 0.4], [-0.2, 0.2], [0, 0]]
    assert found["groups"][0]["name"] == "1"
    assert found["groups"][0]["share"] == 1


def test_floats_are_exact_results_rounded_once(cli):
    """0.1 + 0.2 and 3 * 0.4 do not show."""
    found = answer(cli, "--p=0.4", "--p=0.1", "--share=0.1", "--share=0.9", "--alpha=1/3")
    assert found["vertices"] == [[-0.15, 0.13], [-0.11, 0.11], [0, 0]]
    assert found["alpha_thresholds"] == [1 / 3, 0.5]
    assert found["optimal"]["groups"][0]["choice"] == "trust"


COUNTS = "name,n,positives\nold,30,12\nyoung,10,1\n"


@pytest.mark.parametrize(
    "text",
    [
        COUNTS,
        COUNTS.replace("\n", "\r\n"),
        "\ufeff" + COUNTS,
        COUNTS.rstrip("\n"),
        COUNTS.replace("\n", "\n\n"),
        "positives, n ,name\n12,30,old\n 1,10 ,young\n",
        "share,p,name\n0.75,0.4,old\n1/4,.1,young\n",
        'n,p,name\n30,2/5,"old"\n10,1e-1,young\n',
    ],
)
def test_groups_from_a_file(cli, write, text):
    path = write(text)
    found = answer(cli, "--groups", path, "--exact", "--alpha=2/5")
    typed = ("--p=2/5", "--p=1/10", "--share=3/4", "--share=1/4")
    expected = answer(cli, *typed, "--exact", "--alpha=2/5")
    names = [group["name"] for group in found["groups"]]
    assert names == [group["name"] for group in found["optimal"]["groups"]] == ["old", "young"]
    for section in (found["groups"], found["optimal"]["groups"]):
        for number, group in enumerate(section, start=1):
            group["name"] = str(number)
    assert found == expected


def test_large_files_give_the_same_in_floats(cli, write, monkeypatch):
    """The path of large files, forced on a small one: equal up to a few roundings."""
    generator = np.random.default_rng(1)
    counts = generator.integers(1, 40, 60)
    rows = "".join(f"{n},{generator.integers(0, n + 1)}\n" for n in counts)
    path = write("n,positives\n" + rows)
    small = answer(cli, "--groups", path, "--alpha=0.3")
    exact = answer(cli, "--groups", path, "--alpha=0.3", "--exact")
    monkeypatch.setattr(groups_csv, "EXACT_UP_TO", 0)
    large = answer(cli, "--groups", path, "--alpha=0.3")
    assert answer(cli, "--groups", path, "--alpha=0.3", "--exact") == exact
    for key in ("vertices", "slopes", "alpha_thresholds"):
        np.testing.assert_allclose(large[key], small[key], rtol=0, atol=1e-14)
        np.testing.assert_array_equal(
            np.vectorize(lambda text: float(F(text)))(exact[key]), small[key]
        )
    for ours, theirs in zip(large["groups"], small["groups"], strict=True):
        assert (ours["hedge"] is None) == (theirs["hedge"] is None)
        assert ours["trust"] == pytest.approx(theirs["trust"], abs=1e-15)
    for ours, theirs in zip(large["optimal"]["groups"], small["optimal"]["groups"], strict=True):
        assert (ours["choice"], ours["attained"]) == (theirs["choice"], theirs["attained"])
    assert not re.search(r"-0\.0[],}]", json.dumps(large))


def test_a_hundred_thousand_rows(cli, write):
    generator = np.random.default_rng(2)
    n = generator.integers(1, 1000, 10**5)
    positives = (n * generator.random(10**5)).astype(int)
    rows = "".join(f"{a},{b}\n" for a, b in zip(n, positives, strict=True))
    path = write("n,positives\n" + rows)
    code, out, _ = cli("--groups", path, "--alpha", "0.45")
    assert code == 0
    assert len(out.splitlines()) < 80
    assert "... and 99,980 more (all of them with --json)" in out
    code, out, _ = cli("--groups", path, "--alpha", "0.45", "--json")
    found = json.loads(out)
    assert len(found["groups"]) == len(found["optimal"]["groups"]) == 10**5
    # 2 * 10^5 running sums of terms below 1
    best = max(0.45 * worst + 0.55 * best for worst, best in found["vertices"])
    assert found["optimal"]["value"] == pytest.approx(best, abs=10**5 * 2.0**-52)


@pytest.mark.slow
def test_a_hundred_thousand_exact_rows(write):
    generator = np.random.default_rng(3)
    n = generator.integers(1, 1000, 10**5)
    positives = (n * generator.random(10**5)).astype(int)
    rows = "".join(f"{a},{b}\n" for a, b in zip(n, positives, strict=True))
    path = write("n,positives\n" + rows)
    command = [sys.executable, "-m", "theory.frontier", "--groups", str(path), "--exact", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert done.stderr.startswith("computing exactly for 100,000 subgroups")
    vertices = json.loads(done.stdout)["vertices"]
    total = int(n.sum())
    assert all(total % F(x).denominator == 0 for vertex in vertices for x in vertex)
    rounded = population_frontier(read_groups(path, exact=False)).vertices
    np.testing.assert_allclose([[float(F(x)) for x in v] for v in vertices], rounded, atol=1e-10)


def test_text_for_people(cli):
    code, out, err = cli("--p", "2/5", "--p", "3/5", "--p", "1/4", "--alpha", "2/5", "--exact")
    assert (code, err) == (0, "")
    lines = [line.split("  ") for line in out.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert ["1", "1/3", "2/5", "(-3/5, 2/5)", "(-1/5, 1/5)", "(0, 0)"] in cells
    assert ["3", "1/3", "1/4", "(-1/4, 1/4)", "-", "(0, 0)"] in cells
    assert ["0", "-5/12", "5/12", "0", "1/3", "-1/2"] in cells
    assert ["2", "1/15", "1/15", "1/2", "1", "-"] in cells
    approached = "a yes/no covariate, yes for just under 1/5 of the subgroup"
    assert ["1", "hedge", approached, "only approached"] in cells
    assert ["2", "hedge", "a yes/no covariate, yes for 4/5 of the subgroup", "attained"] in cells
    assert "Only approached: " in out
    out = cli("--p", "2/5", "--alpha", "0.6")[1]
    assert "nothing (a constant covariate)" in out
    assert "Only approached: " not in out


def test_names_stay_on_one_line(cli, write):
    path = write('name,share,p\n"two\nlines",1/2,0.4\n' + "x" * 99 + ",1/2,0.4\n")
    out = cli("--groups", path)[1]
    assert "  two lines  " in out
    assert "x" * 39 + "…" in out
    assert answer(cli, "--groups", path)["groups"][0]["name"] == "two\nlines"


def test_rounded_shares_pass_unless_exact(cli, write):
    """Shares that a program wrote: they sum to one up to rounding, as exact numbers do not."""
    shares = np.random.default_rng(4).random(30)
    shares /= shares.sum()
    path = write("share,p\n" + "".join(f"{float(share)!r},0.4\n" for share in shares))
    assert answer(cli, "--groups", path)["alpha_thresholds"] == pytest.approx([1 / 3, 0.5])
    code, out, err = cli("--groups", path, "--exact")
    assert (code, out) == (2, "")
    assert err.startswith(f"{PROGRAM}: error: sum of column share of {path} is ")
    assert err.endswith(": must be exactly 1\n")


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png", ".PNG"])
def test_plot(cli, tmp_path, suffix):
    path = tmp_path / f"frontier{suffix}"
    code, out, _ = cli("--p", "2/5", "--p", "3/4", "--alpha", "2/5", "--plot", path)
    assert code == 0
    assert "Optimal at alpha = 0.4" in out
    starts = {".svg": b"<?xml", ".pdf": b"%PDF", ".png": b"\x89PNG"}
    assert path.read_bytes().startswith(starts[suffix.lower()])
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_while_drawing_leaves_no_file(cli, tmp_path, monkeypatch):
    def fail(self, whole, **options):
        whole.write_bytes(b"half")
        raise RuntimeError("drawing failed")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", fail)
    with pytest.raises(RuntimeError, match="drawing failed"):
        main(["--p", "2/5", "--plot", str(tmp_path / "frontier.svg")])
    assert list(tmp_path.iterdir()) == []


def test_help_states_the_rule_for_ties(cli):
    code, out, _ = cli("--help")
    assert code == 0
    assert "attained is taken, then the one with the higher worst case" in " ".join(out.split())


def test_from_a_shell():
    command = [sys.executable, "-m", "theory.frontier", "--p", "2/5", "--json", "--exact"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["vertices"][1] == ["-1/5", "1/5"]
    digits = "0." + "3" * 5000
    done = subprocess.run(
        [*command[:-4], "--p", digits], capture_output=True, text=True, check=True
    )
    assert "1 subgroup" in done.stdout
    command = [*command[:-4], "--p", "7"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{PROGRAM}: error: --p is 7: must lie in [0, 1]\n"


BAD = [
    ([], "one of the arguments --p --groups is required"),
    (["--p=0.4", "--groups=x.csv"], "argument --groups: not allowed with argument --p"),
    (["--p=1.2"], "--p is 1.2: must lie in [0, 1]"),
    (["--p", "-1/2"], "--p is -1/2: must lie in [0, 1]"),
    (["--p=x"], "--p is 'x': expected a decimal or a fraction such as 2/5"),
    (["--p=nan"], "--p is 'nan': expected a decimal"),
    (["--p=1/0"], "--p is '1/0': the denominator must not be zero"),
    (["--p="], "--p is '': expected a decimal"),
    (["--p=1/2", "--alpha=1.5"], "--alpha is 1.5: must lie in [0, 1]"),
    (["--p=1/2", "--alpha", "-0.5"], "--alpha is -0.5: must lie in [0, 1]"),
    (["--p=1/2", "--alpha=half"], "--alpha is 'half': expected a decimal"),
    (
        ["--p=1/2", "--p=1/3", "--share=1"],
        "number of --share is 1: must equal the number of --p, 2",
    ),
    (["--p=1/2", "--p=1/3", "--share=1", "--share=0"], "--share is 0: must lie in (0, 1]"),
    (["--p=1/2", "--p=1/3", "--share=2", "--share", "-1"], "--share is 2: must lie in (0, 1]"),
    (["--p=1/2", "--p=1/3", "--share=.5", "--share", "-.5"], "--share is -.5: must lie in (0, 1]"),
    (["--p=1/2", "--p=1/3", "--share=.5", "--share=.4"], "sum of --share is 9/10: must be 1"),
    (["--p=1/2", "--share=a"], "--share is 'a': expected a decimal"),
    (["--p=1/2", "--plot=x.jpg"], "--plot is x.jpg: must end in .svg, .pdf, .png"),
    (["--p=1/2", "--plot=x"], "--plot is x: must end in .svg, .pdf, .png"),
    (["--p=1/2", "--plot=no/x.svg"], "--plot is no/x.svg: must lie in a folder that exists"),
    (["--groups=x.csv", "--share=1"], "--share is 1: must be left out with --groups"),
    (["--groups=missing.csv"], "--groups is missing.csv: must be readable (No such file"),
    (["--groups=."], "--groups is .: must be readable (Is a directory)"),
    (["--p=1/2", "--gain=1e999"], "a result is too large for a decimal: use --exact"),
    (["--p=1/2", "--gain=1e999", "--json"], "a result is too large for a decimal: use --exact"),
    (["--p=1/2", "--plot=/proc/x.svg"], "--plot is /proc/x.svg: must be writable ("),
    (["--p=1/2", "spare"], "unrecognized arguments: spare"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_arguments_end_with_one_line(cli, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert_one_line(cli(*arguments), message)
    assert list(tmp_path.iterdir()) == []
