"""`theory.general_payoffs`: enumeration against the closed forms, populations, the command line."""

from __future__ import annotations

import json
from fractions import Fraction as F
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import covariates, populations, rates

from theory.admissible import extremes_by_enumeration
from theory.command_line import InputError
from theory.general_payoffs import (
    PROGRAM,
    frontier_corners,
    general_extremes_by_enumeration,
    general_frontier,
    general_policy,
    main,
)
from theory.population import Subgroups, optimal_policy, population_frontier

PAYOFFS = st.fractions(F(1, 6), 6, max_denominator=6)
WEIGHTS = st.fractions(0, 1, max_denominator=12)


@st.composite
def boundary_rates(draw, gain, loss):
    k = loss / (gain + loss)
    special = st.sampled_from((k, k / (1 + k), 1 / (2 - k), F(1, 2), k / 2, (1 + k) / 2))
    return draw(special | rates())


def on_or_below(corners, pair):
    worst, best = pair
    inside = worst <= corners[-1][0] and best <= corners[0][1]
    return inside and all(
        (best - y) * (u - x) <= (v - y) * (worst - x) for (x, y), (u, v) in pairwise(corners)
    )


@given(covariates(max_atoms=5))
@settings(max_examples=60, deadline=None)
def test_enumeration_with_unit_payoffs_is_the_papers(case):
    p, masses = case
    extremes = extremes_by_enumeration(p, masses)
    unit = general_extremes_by_enumeration(p, masses, F(1), F(1))
    assert unit == (extremes.worst.value, extremes.best.value)


@given(st.data(), PAYOFFS, PAYOFFS, covariates(max_atoms=5))
@settings(max_examples=150, deadline=None)
def test_no_covariate_beats_the_corners(data, gain, loss, case):
    p = data.draw(boundary_rates(gain, loss))
    corners = [corner.point for corner in frontier_corners(p, gain, loss)]
    assert on_or_below(corners, general_extremes_by_enumeration(p, case[1], gain, loss))


@given(st.data(), PAYOFFS, PAYOFFS)
@settings(max_examples=150, deadline=None)
def test_corners_are_yielded_or_approached_and_turn_right(data, gain, loss):
    p = data.draw(boundary_rates(gain, loss))
    corners = frontier_corners(p, gain, loss)
    for corner in corners:
        near = 0 if corner.attained else F(1, 10**9)
        q = 0 if corner.q is None else corner.q - near
        masses = (q, 1 - q) if 0 < q < 1 else (F(1),)
        pair = general_extremes_by_enumeration(p, masses, gain, loss)
        distance = max(abs(a - b) for a, b in zip(pair, corner.point, strict=True))
        assert distance <= near * (gain + loss)
    points = [corner.point for corner in corners]
    slopes = [(v - y) / (u - x) for (x, y), (u, v) in pairwise(points)]
    assert all(slope < 0 for slope in slopes)
    assert all(a > b for a, b in pairwise(slopes))


@given(populations(max_groups=4))
@settings(max_examples=60, deadline=None)
def test_unit_payoffs_give_the_papers_frontier(population):
    ours, theirs = general_frontier(population, F(1), F(1)), population_frontier(population)
    assert ours.vertices.tolist() == theirs.vertices.tolist()
    assert ours.slopes.tolist() == theirs.slopes.tolist()
    assert ours.alpha_thresholds.tolist() == theirs.alpha_thresholds.tolist()


@given(populations(max_groups=4), WEIGHTS)
@settings(max_examples=60, deadline=None)
def test_unit_payoffs_give_the_papers_policy(population, alpha):
    ours = general_policy(population, F(1), F(1), alpha)
    theirs = optimal_policy(population, alpha)
    assert (ours.point, ours.value) == (theirs.point, theirs.value)
    assert ours.choices.tolist() == theirs.choices.tolist()
    assert ours.q.tolist() == theirs.q.tolist()
    assert ours.attained.tolist() == theirs.attained.tolist()


@given(populations(max_groups=3), PAYOFFS, PAYOFFS, WEIGHTS)
@settings(max_examples=60, deadline=None)
def test_policy_is_worth_the_best_sum_of_corners(population, gain, loss, alpha):
    policy = general_policy(population, gain, loss, alpha)
    chains = [frontier_corners(p, gain, loss) for p in population.rates]
    values = []
    for chosen in product(*chains):
        points = zip(population.shares, (corner.point for corner in chosen), strict=True)
        values.append(sum(s * (alpha * x + (1 - alpha) * y) for s, (x, y) in points))
    assert policy.value == max(values)
    frontier = general_frontier(population, gain, loss)
    assert max(alpha * x + (1 - alpha) * y for x, y in frontier.vertices) == policy.value


@given(populations(max_groups=4), PAYOFFS, PAYOFFS)
@settings(max_examples=40, deadline=None)
def test_floats_follow_the_fractions(population, gain, loss):
    exact = general_frontier(population, gain, loss)
    rounded = Subgroups(
        population.names, population.shares.astype(float), population.rates.astype(float)
    )
    frontier = general_frontier(rounded, float(gain), float(loss))
    for alpha in np.linspace(0, 1, 11):
        values = [
            max(alpha * float(x) + (1 - alpha) * float(y) for x, y in chain.vertices)
            for chain in (exact, frontier)
        ]
        # Rounded rates may fall on the other side of k/(1+k), where T jumps but the value does not.
        assert values[0] == pytest.approx(values[1], abs=1e-12 * float(gain + loss))


def test_payoffs_must_be_positive():
    with pytest.raises(InputError, match="gain is 0: must be above zero"):
        frontier_corners(F(1, 3), F(0), F(1))
    with pytest.raises(InputError, match="loss is -1: must be above zero"):
        frontier_corners(F(1, 3), F(1), F(-1))


def test_bounds_are_refused():
    one = np.array([F(1)])
    bounded = Subgroups(("a",), one, one / 2, bounds=(F(1, 4), F(3, 4)))
    with pytest.raises(InputError, match="bounds is 1/4, 3/4: must be 0 and 1"):
        general_frontier(bounded, F(2), F(1))


# The command line


def assert_one_line(outcome, message):
    code, out, err = outcome
    assert (code, out) == (2, "")
    assert err.startswith(f"{PROGRAM}: error: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.fixture
def general(in_process):
    return in_process(main, PROGRAM)


def test_json_is_exact_on_request(general):
    code, out, err = general(
        "--p=0.3", "--p=0.8", "--gain=2", "--loss=1", "--alpha=1/2", "--json", "--exact"
    )
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert answer["treat_from"] == "1/3"
    assert answer["alpha_thresholds"] == ["1/3", "2/5", "2/3"]
    first = answer["groups"][0]["corners"]
    assert [corner["name"] for corner in first] == ["trust", "hedge", "distrust"]
    assert first[1] == {"name": "hedge", "point": ["-1/10", "1/5"], "q": "1/10", "attained": False}
    assert [group["choice"] for group in answer["optimal"]["groups"]] == ["hedge", "distrust"]


def test_table_says_what_to_disclose(general):
    code, out, err = general("--p", "0.3", "--gain", "2", "--loss", "1", "--alpha", "0.5")
    assert (code, err) == (0, "")
    assert "yes/no, yes for just under 0.1" in out
    assert "Treated where the reported rate is at least 0.333333." in out


def test_plot_is_written(general, tmp_path):
    path = tmp_path / "frontier.png"
    arguments = ("--p", "0.3", "--gain", "2", "--loss", "1", "--alpha", "0.5", "--plot", path)
    assert general(*arguments)[0] == 0
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--p", "0.3", "--gain", "0", "--loss", "1"), "--gain is 0: must be above zero"),
        (("--p", "0.3", "--gain", "1", "--loss", "-2"), "--loss is -2: must be above zero"),
        (("--p", "1.5", "--gain", "1", "--loss", "2"), "--p is 1.5: must lie in [0, 1]"),
        (("--p", "0.3", "--gain", "1", "--loss", "2", "--alpha", "2"), "--alpha is 2: must lie"),
        (("--p", "0.3", "--gain", "1", "--loss", "2", "--share", "0.5"), "sum of --share is 1/2"),
        (("--p", "0.3", "--gain", "1", "--loss", "2", "--share=1/2", "--share=1/2"), "number of"),
        (("--p", "0.3", "--gain", "1", "--loss", "2", "--plot", "no/a.svg"), "--plot is no/a.svg"),
    ],
)
def test_bad_input_is_one_line(general, arguments, named):
    assert_one_line(general(*arguments), named)
