"""The command line `python -m theory.incentives_report`."""

from __future__ import annotations

import json
from fractions import Fraction as F

import numpy as np
import pytest

from theory.crossings import (
    marginal_crossings,
)
from theory.incentives_report import PROGRAM, main

EQUAL = (F(1, 2), F(1, 2))


@pytest.fixture
def cli(in_process):
    """Call the command line in this process: (exit code, standard output, standard error)."""
    return in_process(main, PROGRAM)


def test_report_for_machines(cli):
    code, out, err = cli("--weights", 99, 1, "--at", "0.003", "--at", 0, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["crossings"]["information"] == "1/100"
    assert found["crossings"]["residual"][0][0] == pytest.approx(2.58990512e-4, rel=1e-8)
    first, edge = found["at"]
    assert first["weights"]["information"] > first["against"]["information"]
    assert edge["weights"]["marginal"] == "inf"


def test_report_for_people_and_picture(cli, tmp_path):
    path = tmp_path / "picture.svg"
    code, out, err = cli("--weights", 2, 1, "--against", 1, 1, "--at", ".5", "--plot", path)
    assert (code, err) == (0, "")
    assert path.read_bytes().startswith(b"<?xml")
    assert [line.split()[:2] for line in out.splitlines()].count([".5", "weights"]) == 1


def test_printed_brackets_enclose_the_exact_ones(cli):
    for pair in ((99, 1), (1, 50), (7, 3)):
        found = json.loads(cli("--weights", *pair, "--json")[1])["crossings"]
        exact = marginal_crossings([F(weight, sum(pair)) for weight in pair], EQUAL)
        for (below, above), (low, high) in zip(found["marginal"], exact, strict=True):
            assert F(below) <= low <= high <= F(above)


def test_crossings_near_the_ends_are_told_apart_from_them(cli):
    assert "1 - 2.718" in cli("--weights", 1, "1e6")[1]
    assert "below 9e-302" in cli("--weights", 1000, 1, "--against", 999, 1)[1]


def test_values_near_the_end_are_exact(cli):
    """L at q = 1 - e is e - e log(e) + O(e^2 log e) for weights of 1 and 1."""
    arguments = ("--weights", 1, 1, "--unscaled", "--against", 2, 1, "--at", 1 - 2**-40, "--json")
    residual = json.loads(cli(*arguments)[1])["at"][0]["weights"]["residual"]
    # The argument is printed in full, so that no digit is lost on its way in.
    assert residual == pytest.approx(2**-40 * (1 + 40 * np.log(2)), rel=1e-11)


def test_picture_of_unscaled_and_far_out_weights(cli, tmp_path):
    path = tmp_path / "picture.svg"
    for arguments in (
        ("--weights", 2, 2, "--unscaled"),
        ("--weights", 1, 99),
        ("--weights", 1000, 1, "--against", 999, 1),
    ):
        assert cli(*arguments, "--plot", path)[0] == 0
    assert path.exists()


def test_unscaled_weights(cli):
    """Weights that are nowhere below the others have the higher residual loss everywhere."""
    found = json.loads(cli("--weights", 99, 1, "--unscaled", "--json")[1])
    assert found["crossings"]["residual"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--weights", 1), "argument --weights: expected 2 arguments"),
        (("--weights", 0, 1), "--weights is 0: must be above zero"),
        (("--weights", "1e7", 1), "--weights is 1e7: must be at most 1000000 times the other"),
        (("--weights", 2, 2), "--against is 1 1: must differ from --weights in their ratio"),
        (("--weights", 2, 1, "--at", 2), "--at is 2: must lie in [0, 1]"),
        (("--weights", 2, 1, "--at", "1e-400"), "--at is 1e-400: must be 0, 1 or at least 1e-200"),
        (
            ("--weights", "1e400", "2e400", "--unscaled", "--at", 0.5),
            "--weights is 1e400: must lie in [1e-100, 1e100]",
        ),
        (
            ("--weights", "1e-400", "1e-400", "--unscaled", "--plot", "x.svg"),
            "--weights is 1e-400: must lie in [1e-100, 1e100]",
        ),
        (("--weights", 2, 1, "--plot", "x.jpg"), "--plot is x.jpg: must end in"),
        (("--weight", 2, 1), "the following arguments are required: --weights"),
        ((), "the following arguments are required: --weights"),
    ],
)
def test_bad_arguments_end_with_one_line(cli, arguments, message):
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
