"""``--tau LOW HIGH`` of both command lines: output as before, one line per error."""

from __future__ import annotations

import json
import sys
from fractions import Fraction as F

import numpy as np
import pytest
from assertions import assert_one_line

from theory import groups_csv
from theory.admissible import Case, extremes_by_enumeration, verify_case
from theory.admissible import main as admissible
from theory.bounded_definition import frontier_by_definition
from theory.command_line import run
from theory.frontier import main as frontier
from theory.points import distrust_point

ENDS = (F(1, 5), F(4, 5))
TAU = ("--tau", "0.2", "4/5")


@pytest.fixture
def call(monkeypatch, capsys):
    """Call a command line in this process: (exit code, standard output, standard error)."""

    def run_it(main, *arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["program", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            run(main, f"python -m {main.__module__}")
        printed = capsys.readouterr()
        return stopped.value.code, printed.out, printed.err

    return run_it


def answer(call, main, *arguments: object):
    code, out, err = call(main, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


COVARIATES = [
    ("--p", "2/5", "--mu", "2/5,3/5"),
    ("--p", "2/3", "--mu", "2/3,1/3"),
    ("--p", "2/5", "--mu", "2/5,3/5", "--p", "3/4", "--mu", "1", "--share", "1/4", "--share=3/4"),
]


@pytest.mark.parametrize("arguments", COVARIATES)
@pytest.mark.parametrize("options", [(), ("--exact",), ("--json",), ("--json", "--exact")])
def test_bounds_zero_and_one_print_the_same_bytes(call, arguments, options):
    plain = call(admissible, *arguments, *options)
    assert call(admissible, *arguments, "--tau", "0", "1", *options) == plain


@pytest.mark.parametrize("options", [("--alpha=0.3",), ("--alpha=2/5", "--exact"), ("--json",)])
def test_the_frontier_for_bounds_zero_and_one_prints_the_same_bytes(call, options):
    arguments = ("--p=2/5", "--p=1/3", "--p=0.75", "--p=1", *options)
    assert call(frontier, *arguments, "--tau", "0", "1") == call(frontier, *arguments)


@pytest.mark.parametrize("method", ["search", "enumeration", "program"])
def test_admissible_certifies_itself(call, method):
    arguments = ("--p=9/20", "--mu=5/12,1/3,1/4", *TAU, "--exact", "--check", "--method", method)
    found = answer(call, admissible, *arguments)
    assert sorted(found["agreeing"]) == ["enumeration", "program", "search"]
    masses = (F(5, 12), F(1, 3), F(1, 4))
    extremes = extremes_by_enumeration(F(9, 20), masses, ENDS)
    for side, case in (("worst", extremes.worst), ("best", extremes.best)):
        printed = found[side]
        reported, true = (tuple(map(F, printed[key])) for key in ("P", "P_star"))
        shown = Case(F(printed["value"]), tuple(printed["event"]), reported, true)
        verify_case(F(9, 20), masses, shown, ENDS)
        assert shown.value == case.value


def test_the_frontier_of_one_subgroup_is_that_of_the_definition(call):
    for p in (F(1, 5), F(3, 10), F(2, 5), F(9, 20), F(1, 2), F(11, 20), F(3, 5), F(3, 4), F(4, 5)):
        found = answer(call, frontier, "--p", p, *TAU, "--exact")
        vertices = tuple(tuple(map(F, vertex)) for vertex in found["vertices"])
        assert vertices == frontier_by_definition(p, ENDS)
        (group,) = found["groups"]
        assert tuple(map(F, group["distrust"])) == distrust_point(p) == vertices[-1]
        assert (group["hedge"] is not None) == (F(2, 5) <= p <= F(3, 5))


def test_the_policy_under_bounds(call):
    arguments = ("--p=9/20", "--p=11/20", "--p=1/5", *TAU, "--alpha=2/5", "--exact")
    found = answer(call, frontier, *arguments)
    choices = [(g["choice"], g["q"], g["attained"]) for g in found["optimal"]["groups"]]
    assert choices == [("hedge", "1/6", False), ("hedge", "5/6", True), ("distrust", None, True)]
    code, out, _ = call(frontier, *arguments)
    assert code == 0
    assert "Only approached: " in out


def test_plot_under_bounds(call, tmp_path):
    path = tmp_path / "frontier.svg"
    code, _, _ = call(frontier, "--p=9/20", "--p=3/10", *TAU, "--alpha=0.4", "--plot", path)
    assert code == 0
    assert path.read_bytes().startswith(b"<?xml")


def test_large_files_give_the_same_in_floats(call, write, monkeypatch):
    generator = np.random.default_rng(1)
    counts = generator.integers(10, 40, 60)
    rows = "".join(f"{n},{generator.integers(n // 5 + 1, 4 * n // 5)}\n" for n in counts)
    path = write("n,positives\n" + rows)
    arguments = ("--groups", path, "--alpha=0.3", *TAU)
    small = answer(call, frontier, *arguments)
    monkeypatch.setattr(groups_csv, "EXACT_UP_TO", 0)
    large = answer(call, frontier, *arguments)
    for key in ("vertices", "slopes", "alpha_thresholds"):
        np.testing.assert_allclose(large[key], small[key], rtol=0, atol=1e-12)
    for ours, theirs in zip(large["groups"], small["groups"], strict=True):
        assert (ours["hedge"] is None) == (theirs["hedge"] is None)
        assert ours["trust"] == pytest.approx(theirs["trust"], abs=1e-14)
    for ours, theirs in zip(large["optimal"]["groups"], small["optimal"]["groups"], strict=True):
        assert (ours["choice"], ours["attained"]) == (theirs["choice"], theirs["attained"])


BAD = [
    (("--tau", "0.6", "0.4"), "--tau is 0.6 0.4: must meet 0 <= LOW <= HIGH <= 1"),
    (("--tau", "0", "1.5"), "--tau is 0 1.5: must meet 0 <= LOW <= HIGH <= 1"),
    (("--tau", "-0.5", "1"), "--tau is -0.5 1: must meet 0 <= LOW <= HIGH <= 1"),
    (("--tau", "0", "x"), "--tau is 'x': expected a decimal or a fraction such as 2/5"),
    (("--tau", "0"), "argument --tau: expected 2 arguments"),
    (("--tau", "0.5", "1"), "is 2/5: must lie within the bounds [1/2, 1]"),
    (("--tau", "0", "1/4"), "is 2/5: must lie within the bounds [0, 1/4]"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_bounds_end_with_one_line(call, arguments, message):
    assert_one_line(call(frontier, "--p=2/5", *arguments), message)
    code, out, err = call(admissible, "--p=2/5", "--mu=1", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_the_subgroup_outside_the_bounds_is_named(call, write):
    path = write("name,n,positives\nold,30,12\nyoung,10,1\n")
    outcome = call(frontier, "--groups", path, *TAU)
    assert_one_line(outcome, "p of subgroup 'young' is 1/10: must lie within the bounds [1/5, 4/5]")
    groups = ("--p=2/5", "--mu=1", "--p=1/10", "--mu=1")
    assert "--p[1] is 1/10: must lie within the bounds" in call(admissible, *groups, *TAU)[2]
