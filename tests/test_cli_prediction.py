"""`python -m theory.prediction`, the matrices that it reads, and what it draws."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction as F

import numpy as np
import pytest

from figures import md_simplex
from theory.command_line import InputError, run
from theory.prediction import utility_weighted_prediction
from theory.prediction_options import PROGRAM
from theory.prediction_report import main
from theory.recalibration import recalibrate
from theory.utility_csv import read_matrix

WEIGHTS = ("--weights", "99,1")
NAMED = ",sick,well,unclear\ntreat,2,0,1\nwait,0,1,1\n"
INVERTIBLE = "1,2\n1,1\n"


@pytest.fixture
def cli(monkeypatch, capsys):
    """Call the command line in this process: (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["theory.prediction", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            run(main, PROGRAM)
        printed = capsys.readouterr()
        return stopped.value.code, printed.out, printed.err

    return call


def answer(cli, *arguments: object):
    code, out, err = cli(*arguments, "--json")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    return json.loads(out)


def test_class_weights(cli):
    found = answer(cli, *WEIGHTS, "--q", "1/100,0.99", "--recalibrate", "1/2,0.5", "--exact")
    assert found["prediction"] == [["1/2", "1/2"]]
    assert found["expected_utility"] == [["99/100", "99/100"]]
    assert found["decision"] == ["1"]  # the first of equals
    assert found["condition_number"] == pytest.approx(99)
    (recalibrated,) = found["recalibrated"]
    assert recalibrated == {
        "prediction": ["1/2", "1/2"],
        "in_image": True,
        "nearest": None,
        "total": "50/99",
        "posterior": ["1/100", "99/100"],
        "posteriors": [["1/100", "99/100"]],
    }


def test_floats_by_default(cli):
    found = answer(cli, *WEIGHTS, "--q", "0.01,0.99", "--q", "0,1")
    assert found["prediction"][0] == pytest.approx([0.5, 0.5], abs=1e-15)
    assert found["prediction"][1] == [0.0, 1.0]
    assert found["decision"][1] == "2"
    assert found["recalibrated"] == []


def test_named_actions_and_classes_and_a_set_of_posteriors(cli, write):
    path = write(NAMED)
    arguments = ("--utility", path, "--q", ".2,.3,.5", "--recalibrate", "1/2,1/2", "--exact")
    found = answer(cli, *arguments)
    assert found["actions"] == ["treat", "wait"]
    assert found["classes"] == ["sick", "well", "unclear"]
    assert found["prediction"] == [["9/17", "8/17"]]
    assert found["decision"] == ["treat"]
    assert found["condition_number"] is None
    (recalibrated,) = found["recalibrated"]
    assert recalibrated["in_image"] is True
    assert recalibrated["posterior"] is None
    assert recalibrated["posteriors"] == [["0", "0", "1"], ["1/3", "2/3", "0"]]


def test_costs_are_minimised(cli, write):
    found = answer(cli, "--cost", write("0,5\n1,0\n"), "--q", "0.9,0.1", "--exact")
    assert found["expected_utility"] == [["9/2", "41/10"]]
    assert found["decision"] == ["1"]


def test_posteriors_of_a_file(cli, write):
    table = write("sick,well,unclear\n0.2,0.3,0.5\n1,0,0\n", "q.csv")
    found = answer(cli, "--utility", write(NAMED), "--q-file", table, "--q", "0,1,0", "--exact")
    assert [row[0] for row in found["posterior"]] == ["0", "1/5", "1"]
    assert found["decision"] == ["wait", "treat", "treat"]


def test_predictions_off_the_image(cli, write):
    path = write(INVERTIBLE)
    found = answer(cli, "--utility", path, "--recalibrate", "1,0", "--recalibrate", ".4,.6")
    zero, negative = found["recalibrated"]
    assert (zero["in_image"], zero["total"], zero["posterior"]) == (False, 0.0, None)
    assert negative["posterior"] == pytest.approx([4 / 3, -1 / 3])
    assert negative["posteriors"] == []
    projected = answer(cli, "--utility", path, "--recalibrate", "1,0", "--project", "--exact")
    assert projected["recalibrated"][0]["nearest"] == ["2/3", "1/3"]
    assert projected["recalibrated"][0]["posteriors"] == [["0", "1"]]
    assert projected["recalibrated"][0]["in_image"] is False


def test_projection_with_a_singular_utility(cli, write):
    singular = write("1,1\n1,1\n")
    arguments = ("--utility", singular, "--recalibrate", "1,0", "--exact")
    assert answer(cli, *arguments)["recalibrated"][0]["posteriors"] == []
    projected = answer(cli, *arguments, "--project")["recalibrated"][0]
    assert projected["nearest"] == ["1/2", "1/2"]
    assert projected["posteriors"] == [["0", "1"], ["1", "0"]]


def test_text_for_people(cli, write):
    path = write(NAMED)
    code, out, err = cli("--utility", path, "--q", "1,0,0", "--recalibrate", "0.5,0.5")
    assert (code, err) == (0, "")
    assert "treat     2" in out
    assert out.count("a vertex of the set") == 2
    out = cli("--utility", write(INVERTIBLE), "--recalibrate", "1,0")[1]
    assert "Utility-weighted predictions" not in out
    assert "no posterior leads to this prediction" in out


@pytest.mark.parametrize(
    ("text", "more", "known"),
    [
        ("1e-10,0\n0,1e10\n", (), "1e+20)"),
        ("1,1\n1,1.00000000000000000001\n", ("--exact",), "4e+20)"),
        ("1e-300,0\n0,1e300\n", (), "too large for a float)"),
        ("1,0\n0,1\n1,1\n", (), "1.73205)"),
        ("1,0\n0,1\n0,0\n", (), "1)"),
    ],
)
def test_the_condition_number_does_not_contradict_the_posterior(cli, write, text, more, known):
    prediction = "1/2,1/2" if text.count("\n") == 2 else "1/4,1/4,1/2"
    if text.endswith("0,0\n"):
        prediction = "1/2,1/2,0"
    arguments = ("--utility", write(text), "--recalibrate", prediction, *more)
    code, out, err = cli(*arguments)
    assert (code, err) == (0, "")
    assert f"(condition number of the utility: {known}" in out
    assert "the only posterior" in out
    assert answer(cli, *arguments)["determines_posterior"] is True


def test_a_utility_that_does_not_tell_classes_apart_says_so(cli, write):
    arguments = ("--utility", write("1,1,0\n0,0,1\n"), "--recalibrate", "1/2,1/2")
    assert "infinite, so that some predictions have several posteriors" in cli(*arguments)[1]
    found = answer(cli, *arguments)
    assert (found["determines_posterior"], found["condition_number"]) == (False, None)


def test_costs_too_far_apart_are_one_line(cli, write):
    for text in ("1e308,-1e308\n0,0\n", "-1e308,1e308\n0,0\n"):
        code, out, err = cli("--cost", write(text), "--q", ".5,.5")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "largest cost less cost[0, " in err
        assert "is inf: must be finite" in err


@pytest.mark.parametrize(
    ("utility", "arguments"),
    [
        (NAMED, ("--q", "0.2,0.3,0.5", "--recalibrate", "0.5,0.5")),
        ("4,1,1\n1,3,0\n0,1,2\n", ("--q", "1,0,0", "--recalibrate", "0.1,0.8,0.1")),
        ("2,0,2\n0,1,1\n1,1,2\n", ("--recalibrate", "0.25,0.25,0.5",)),
        (INVERTIBLE, ("--recalibrate", "1,0")),
    ],
)  # fmt: skip
def test_plot(cli, write, tmp_path, utility, arguments):
    path = tmp_path / "picture.svg"
    code, out, err = cli("--utility", write(utility), *arguments, "--plot", path)
    assert (code, err) == (0, "")
    assert out
    assert path.read_bytes().startswith(b"<?xml")


def test_drawing_code_is_imported_only_to_draw():
    code = (
        "import sys; from theory.prediction_report import main; main(sys.argv[1:]); "
        "sys.exit(any(name in sys.modules for name in ('figures', 'matplotlib', 'torch')))"
    )
    command = [sys.executable, "-c", code, *WEIGHTS, "--q", "1,0"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_module_runs_and_helps():
    command = [sys.executable, "-m", "theory.prediction", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert "Examples: " in result.stdout


BAD = [
    (("--q", "1,0"), "one of the arguments --utility --cost --weights is required"),
    ((*WEIGHTS, "--utility", "x.csv", "--q", "1,0"), "not allowed with argument"),
    (WEIGHTS, "--q is left out: must be given, or --q-file, or --recalibrate"),
    ((*WEIGHTS, "--q", "0.2,0.3,0.5"), "--q is 0.2,0.3,0.5: must have 2 entries"),
    ((*WEIGHTS, "--q", "0.2,0.3"), "--q is [0.2, 0.3]: must be at least 0 and sum to 1"),
    ((*WEIGHTS, "--q", "1/3,0.6", "--exact"), "--q is ['1/3', '3/5']: must be at least 0 and"),
    ((*WEIGHTS, "--q", "-1,2"), "--q is [-1.0, 2.0]: must be at least 0"),
    ((*WEIGHTS, "--q", "x,1"), "--q is 'x': expected a decimal or a fraction"),
    ((*WEIGHTS, "--q", "nan,1"), "--q is 'nan': expected a decimal or a fraction"),
    ((*WEIGHTS, "--q", "1e999,0"), "--q is 1e999,0: too large for a float, use --exact"),
    (("--weights", "1,0", "--q", "1,0"), "--weights[1] is 0.0: must be positive and finite"),
    (("--weights", "-1,2", "--q", "1,0"), "--weights[0] is -1.0: must be positive and finite"),
    ((*WEIGHTS, "--recalibrate", "1"), "--recalibrate is 1: must have 2 entries"),
    ((*WEIGHTS, "--q", "1,0", "--project"), "--project is set: must be left out"),
    ((*WEIGHTS, "--q", "1,0", "--plot", "x.jpg"), "--plot is x.jpg: must end in .svg, .pdf, .png"),
    (("--utility", "none.csv", "--q", "1,0"), "--utility is none.csv: must be readable"),
    ((*WEIGHTS, "--q-file", "none.csv"), "--q-file is none.csv: must be readable"),
    (("--weights", "1e-400,1", "--q", "1,0"), "--weights is 1e-400,1: must not be too small for a"),
    (("--weights", "1e-300,1e300", "--q", "0,1", "--recalibrate", "1,0"), None),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_arguments_end_with_one_line(cli, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = cli(*arguments)
    if message is None:  # extreme but valid
        assert (code, err) == (0, "")
        return
    assert (code, out) == (2, "")
    assert err.startswith(PROGRAM)
    assert message in err
    assert err.count("\n") == 1


BAD_FILES = [
    ("", "must have a row"),
    ("a,b\n", "line 1, column 2 is 'b': expected a decimal"),
    ("1,-2\n", "[0, 1] is -2.0: must be at least 0"),
    ("1,0\n2,0\n", "column 1 of"),
    ("1,nan\n", "line 1, column 2 is 'nan': expected a decimal"),
    ("1,inf\n1,2\n", "line 1, column 2 is 'inf': expected a decimal"),
    ("1,2\n3\n", "line 2 is 1: must be 2"),
    ("1,O.5\n1,2\n", "line 1, column 2 is 'O.5'"),
    (",a\nx,1\n3,4\n", "line 3, column 1 is '3': must be a name"),
    ("x,x\n1,2\n", "first row of"),
    (",x\na,1\na,2\n", "first column of"),
    ("a\nb\n", "must have a column of numbers"),
    ('1,"2\n', "is not valid CSV"),
    (b"\xff\xfe1", "must be text in UTF-8"),
    ("1,1e999\n", "is 1e999: must fit into a float"),
    ("1,1e999/1\n", "expected a decimal"),
    ("1,-1e999\n", "is -1e999: must fit into a float"),
    ("1,1/0\n", "the denominator must not be zero"),
]


@pytest.mark.parametrize(("text", "message"), BAD_FILES)
def test_bad_files_end_with_one_line(cli, write, text, message):
    code, out, err = cli("--utility", write(text), "--q", "1/2,1/2")
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_file_of_posteriors_must_fit(cli, write):
    utility = write(NAMED)
    for text, message in (
        ("1,0\n", "number of columns of"),
        ("well,sick,unclear\n1,0,0\n", "is well,sick,unclear: must be sick,well,unclear"),
        ("0.5,0.5,0\n0.5,0.4,0\n", "row 1 of"),
    ):
        code, _, err = cli("--utility", utility, "--q-file", write(text, "q.csv"))
        assert code == 2
        assert message in err


def test_names_of_a_matrix(write):
    plain = read_matrix(write("1,1/2\n0.25,0\n"), "--utility", exact=True)
    assert plain.entries == [[F(1), F(1, 2)], [F(1, 4), F(0)]]
    assert (plain.rows, plain.columns) == ((), ())
    numbered = read_matrix(write(",0,1\n\na,1,2\n"), "--utility", exact=False)
    assert (numbered.rows, numbered.columns, numbered.entries) == (("a",), ("0", "1"), [[1.0, 2.0]])
    header = read_matrix(write("x, y\n1,2\n"), "--utility", exact=False)
    assert (header.rows, header.columns) == ((), ("x", "y"))
    for ambiguous in ("action,0,1\na,5,0\nb,0,1\n", "a,1,2\nb,3,4\n", "a,1,2\n"):
        with pytest.raises(InputError, match=r"first row of .* must name the columns"):
            read_matrix(write(ambiguous), "--utility", exact=False)
    with pytest.raises(InputError, match=re.escape("column 2 is '1e'")):
        read_matrix(write(",x,y\na,1e,2\nb,3,4\n"), "--utility", exact=False)


# What the figure shows


def test_lines_go_to_lines_inside_the_image():
    shown = md_simplex.data()
    middle = shown.lines.mean(axis=1)
    images = utility_weighted_prediction(md_simplex.INVERTIBLE, middle)
    for image, (start, end) in zip(images, shown.images, strict=True):
        assert abs(np.linalg.det([image, start, end])) < 1e-15
    assert recalibrate(md_simplex.INVERTIBLE, shown.images).in_image.all()
    assert not recalibrate(md_simplex.INVERTIBLE, md_simplex.OUTSIDE).in_image


def test_segments_are_level_sets():
    for segment in md_simplex.data().segments:
        start, end = utility_weighted_prediction(md_simplex.SINGULAR, segment)
        assert start == pytest.approx(end, abs=1e-15)
        assert abs(segment[0] - segment[1]).max() > 0.05
