"""`theory.hurwicz`: exact programs against brute force, closed forms, the command line."""

from __future__ import annotations

import json
from fractions import Fraction as F
from itertools import compress, pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import covariates, rates

from theory.admissible import EngineLimit, extremes_by_enumeration
from theory.admissible_cases import is_inducible_by_definition
from theory.command_line import InputError
from theory.delegation import default_action
from theory.hurwicz import PROGRAM, hurwicz_corners, main
from theory.hurwicz_programs import Saddle, four_payoffs, maximin, verify_saddle
from theory.points import distrust_point, hedge_point, trust_point

BETAS = st.fractions(0, 1, max_denominator=8)


def inducible_events(p, masses):
    subsets = (
        tuple(compress(range(len(masses)), on)) for on in product((False, True), repeat=len(masses))
    )
    return [event for event in subsets if is_inducible_by_definition(p, masses, event)]


@given(covariates(max_atoms=4))
@settings(max_examples=60, deadline=None)
def test_four_payoffs_are_ordered_and_certified(case):
    p, masses = case
    payoffs = four_payoffs(p, masses)
    both_bad, nature_good, machine_good, both_good = payoffs.values
    extremes = extremes_by_enumeration(p, masses)
    assert (both_bad, both_good) == (extremes.worst.value, extremes.best.value)
    assert both_bad <= nature_good <= default_action(p) == machine_good <= both_good
    verify_saddle(p, masses, inducible_events(p, masses), payoffs.aligned_nature)


@given(st.sampled_from((2, 3)), st.integers(1, 6), st.integers(0, 12))
@settings(max_examples=40, deadline=None)
def test_a_benevolent_nature_does_no_better_on_a_grid_of_truths(atoms, weight, numerator):
    p = F(numerator, 12)
    masses = tuple(F(w, weight + atoms - 1) for w in (weight, *[1] * (atoms - 1)))
    events = inducible_events(p, masses)
    value = maximin(p, masses, events).value
    for truth in product([F(k, 6) for k in range(7)], repeat=atoms):
        if sum(m * y for m, y in zip(masses, truth, strict=True)) == p:
            secured = min(sum(masses[i] * (2 * truth[i] - 1) for i in event) for event in events)
            assert secured <= value


def test_a_wrong_certificate_is_refused():
    p, masses = F(1, 4), (F(1, 2), F(1, 2))
    events = inducible_events(p, masses)
    right = maximin(p, masses, events)
    with pytest.raises(ValueError, match="secures"):
        verify_saddle(p, masses, events, Saddle(right.value + 1, right.true, right.mixture))
    with pytest.raises(ValueError, match="concedes"):
        verify_saddle(p, masses, events, Saddle(right.value, right.true, (((), F(1, 2)),)))


@given(rates(), BETAS, covariates(max_atoms=4))
@settings(max_examples=60, deadline=None)
def test_no_covariate_beats_the_frontier(p, beta, case):
    corners = [corner.point for corner in hurwicz_corners(p, beta)]
    worst, best = four_payoffs(p, case[1]).pair(beta)
    assert worst <= corners[-1][0]
    assert best <= corners[0][1]
    for (x, y), (u, v) in pairwise(corners):
        assert (best - y) * (u - x) <= (v - y) * (worst - x)


@given(rates(), BETAS)
@settings(max_examples=60, deadline=None)
def test_corners_are_yielded_or_approached(p, beta):
    for corner in hurwicz_corners(p, beta):
        near = 0 if corner.attained else F(1, 10**6)
        q = None if corner.q is None else corner.q - near
        masses = (F(1),) if not q or q == 1 else (q, 1 - q)
        pair = four_payoffs(p, masses).pair(beta)
        assert max(abs(a - b) for a, b in zip(pair, corner.point, strict=True)) <= near


@given(rates())
def test_chains_fall_and_turn_right(p):
    for beta in (F(0), F(1, 3), F(1)):
        corners = [corner.point for corner in hurwicz_corners(p, beta)]
        slopes = [(v - y) / (u - x) for (x, y), (u, v) in pairwise(corners)]
        assert all(slope < 0 for slope in slopes)
        assert all(a > b for a, b in pairwise(slopes))


def test_the_four_payoffs_hold_the_pair_of_the_main_text():
    p = F(2, 5)
    values = four_payoffs(p, (p, 1 - p)).values
    assert (values[0], values[3]) == trust_point(p)
    assert hedge_point(p)[0] < distrust_point(p)[0]


def test_too_many_atoms_are_refused():
    with pytest.raises(EngineLimit, match="8 for the programs"):
        four_payoffs(F(1, 3), (F(1, 9),) * 9)


def test_no_events_are_refused():
    with pytest.raises(InputError, match="number of events"):
        maximin(F(1, 3), (F(1),), [])


# The command line


def assert_one_line(outcome, message):
    code, out, err = outcome
    assert (code, out) == (2, "")
    assert err.startswith(f"{PROGRAM}: error: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.fixture
def hurwicz(in_process):
    return in_process(main, PROGRAM)


def test_json_has_corners_and_the_covariates_payoffs(hurwicz):
    arguments = ("--p", "2/5", "--beta", "1/2", "--mu", "2/5,3/5", "--json", "--exact")
    code, out, err = hurwicz(*arguments)
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert [corner["point"] for corner in answer["corners"]] == [
        ["-7/20", "1/5"],
        ["-1/10", "1/10"],
        ["0", "0"],
    ]
    assert answer["slopes"] == ["-2/5", "-1"]
    assert answer["alpha_thresholds"] == ["2/7", "1/2"]
    assert [cell["value"] for cell in answer["covariate"]["payoffs"]] == [
        "-3/5",
        "-1/10",
        "0",
        "2/5",
    ]
    assert answer["covariate"]["pair"] == ["-7/20", "1/5"]


def test_table_names_corners_and_cells(hurwicz):
    code, out, err = hurwicz("--p", "0.4", "--beta", "0.5", "--mu", "0.4,0.6")
    assert (code, err) == (0, "")
    assert "just under 0.2" in out
    assert "benevolent   misaligned  -0.1" in out


def test_one_point_has_no_edges(hurwicz):
    assert json.loads(hurwicz("--p", "0.2", "--beta", "1", "--json")[1])["slopes"] == []


def test_plot_is_written(hurwicz, tmp_path):
    path = tmp_path / "frontier.svg"
    assert hurwicz("--p", "0.45", "--beta", "0.3", "--plot", path)[0] == 0
    assert path.read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--p", "1.2", "--beta", "0.5"), "--p is 1.2: must lie in [0, 1]"),
        (("--p", "0.2", "--beta", "-1/2"), "--beta is -1/2: must lie in [0, 1]"),
        (("--p", "x", "--beta", "0.5"), "--p is 'x'"),
        (("--p", "0.2", "--beta", "0.5", "--mu", "1/2,1/3"), "--mu is 1/2,1/3: must sum"),
        (("--p", "0.2", "--beta", "0.5", "--mu", ",".join(["1/9"] * 9)), "--mu has 9 atoms"),
        (("--p", "0.2", "--beta", "0.5", "--plot", "a.txt"), "--plot is a.txt: must end in"),
        (("--p", "0.2"), "--beta"),
    ],
)
def test_bad_input_is_one_line(hurwicz, arguments, named):
    assert_one_line(hurwicz(*arguments), named)
