"""Bounds on what the AI may know: closed forms against definitions, engines, many subgroups."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from assertions import assert_nothing_above, objective, values
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import laws, populations, rates

from theory import bounded, points
from theory.admissible import (
    ENGINES,
    extremes_by_enumeration,
    extremes_by_program,
    extremes_by_search,
    verify_case,
)
from theory.bounded_definition import (
    bernoulli_pair_by_definition,
    frontier_by_definition,
    undominated_chain,
)
from theory.bounded_population import bounded_chain, bounded_choices
from theory.command_line import InputError
from theory.population import Frontier, Subgroups, optimal_policy, population_frontier

HALF, ONE = F(1, 2), np.array([F(1)])


def thresholds(low: F, high: F) -> list[F]:
    """Rates within the bounds where a case of the lemmas begins or ends."""
    found = [low, high, HALF, (low + high) / 2]
    if 1 + 2 * high != 4 * low:
        found.append((high - 2 * low**2) / (1 + 2 * high - 4 * low))
    if 4 * high != 2 * low + 1:
        found.append((2 * high**2 - low) / (4 * high - 2 * low - 1))
    return [p for p in found if low <= p <= high]


@st.composite
def bounds(draw: st.DrawFn) -> tuple[F, F]:
    """(low, high), often with an end at 0, 1/2 or 1, and sometimes equal."""
    ends = draw(st.tuples(rates(12), rates(12)))
    return min(ends), max(ends)


@st.composite
def bounded_rates(draw: st.DrawFn) -> tuple[F, tuple[F, F]]:
    low, high = draw(bounds())
    within = st.fractions(low, high, max_denominator=60)
    return draw(st.sampled_from(thresholds(low, high)) | within), (low, high)


@st.composite
def bounded_covariates(draw: st.DrawFn, max_atoms: int = 6):
    masses = draw(laws(max_atoms))
    p, ends = draw(bounded_rates())
    return p, masses, ends


@st.composite
def bounded_populations(draw: st.DrawFn, max_groups: int = 5) -> Subgroups:
    low, high = draw(bounds())
    few = st.fractions(low, high, max_denominator=24) | st.sampled_from(thresholds(low, high))
    chosen = draw(st.lists(few, min_size=1, max_size=max_groups))
    weights = draw(st.lists(st.integers(1, 12), min_size=len(chosen), max_size=len(chosen)))
    shares = np.array([F(weight, sum(weights)) for weight in weights])
    names = tuple(map(str, range(len(chosen))))
    return Subgroups(names, shares, np.array(chosen), (low, high))


def as_floats(subgroups: Subgroups) -> Subgroups:
    shares, chosen = subgroups.shares.astype(float), subgroups.rates.astype(float)
    return Subgroups(subgroups.names, shares, chosen, subgroups.bounds)


# --- one subgroup -----------------------------------------------------------------------------


@settings(max_examples=300)
@given(bounded_rates())
def test_the_frontier_is_the_one_of_the_definition(case):
    p, (low, high) = case
    vertices, slopes = bounded_chain(ONE, np.array([p]), low, high)
    assert tuple(map(tuple, vertices)) == frontier_by_definition(p, (low, high))
    rise, run = np.diff(vertices[:, 1]), np.diff(vertices[:, 0])
    assert slopes.tolist() == [b / a for a, b in zip(run, rise, strict=True)]


@settings(max_examples=200)
@given(bounded_rates())
def test_implementers(case):
    """T is what its share yields, D what a constant does, H the limit or the pair of its share."""
    p, ends = case
    share = bounded.trust_share(p, *ends)
    assert bounded.trust_point(p, *ends) == bernoulli_pair_by_definition(p, share, ends)
    assert points.distrust_point(p) == bernoulli_pair_by_definition(p, F(0), ends)
    if not bounded.has_hedge(p, *ends):
        return
    hedge, share = bounded.hedge_point(p, *ends), bounded.hedge_share(p, *ends)
    if 2 * p >= 1:
        assert bernoulli_pair_by_definition(p, share, ends) == hedge
        return
    step = share / 10**6
    below = bernoulli_pair_by_definition(p, share - step, ends)
    assert max(abs(a - b) for a, b in zip(below, hedge, strict=True)) <= step


@settings(max_examples=150)
@given(bounded_covariates(max_atoms=4))
def test_no_covariate_lies_above_the_frontier(case):
    p, masses, ends = case
    pair = values(extremes_by_enumeration(p, masses, ends))
    chain = frontier_by_definition(p, ends)
    assert undominated_chain([*chain, pair]) == chain


@given(rates(), rates())
def test_without_bounds_the_forms_are_those_of_the_general_model(p, q):
    free = bounded.UNBOUNDED
    assert bounded.trust_point(p, *free) == points.trust_point(p)
    assert bounded.has_hedge(p, *free) == (1 <= 3 * p <= 2)
    if bounded.has_hedge(p, *free):
        assert bounded.hedge_point(p, *free) == points.hedge_point(p)
        assert bounded.hedge_share(p, *free) == points.hedge_share(p)
        assert bounded.trust_hedge_slope(p, *free) == points.trust_hedge_slope(p)


# --- engines ----------------------------------------------------------------------------------


@settings(max_examples=150)
@given(bounded_covariates())
def test_enumeration_and_search_agree(case):
    p, masses, ends = case
    enumerated = extremes_by_enumeration(p, masses, ends)
    searched = extremes_by_search(p, masses, ends)
    for extremes in (enumerated, searched):
        for found in (extremes.worst, extremes.best):
            verify_case(p, masses, found, ends)
    assert values(enumerated) == values(searched)


@settings(max_examples=15, deadline=None)
@given(bounded_covariates(max_atoms=3))
def test_program_agrees(case):
    p, masses, ends = case
    program = extremes_by_program(p, masses, ends)
    for found in (program.worst, program.best):
        verify_case(p, masses, found, ends)
        assert found.duality_gap == 0
    assert values(program) == values(extremes_by_enumeration(p, masses, ends))


@settings(max_examples=60)
@given(bounded_covariates(max_atoms=5))
def test_tighter_bounds_never_widen_the_truth(case):
    """The payoffs of an inducible event lie within those without bounds."""
    p, masses, ends = case
    tight, free = extremes_by_search(p, masses, ends), extremes_by_search(p, masses)
    assert free.worst.value <= tight.worst.value <= tight.best.value <= free.best.value


@pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
@pytest.mark.parametrize(
    ("p", "ends", "message"),
    [
        (HALF, (F(3, 5), F(2, 5)), "bounds is 3/5 2/5: must meet 0 <= LOW <= HIGH <= 1"),
        (HALF, (F(-1), F(1)), "bounds is -1 1: must meet"),
        (F(1, 5), (F(2, 5), F(1)), r"p is 1/5: must lie within the bounds \[2/5, 1\]"),
        (HALF, (0.4, F(1)), "bounds is 0.4: must be rational"),
    ],
)
def test_bad_bounds_are_named(engine, p, ends, message):
    with pytest.raises(InputError, match=message):
        engine(p, (HALF, HALF), ends)


# --- many subgroups ---------------------------------------------------------------------------


@settings(max_examples=100)
@given(bounded_populations(max_groups=4))
def test_the_frontier_of_a_population(subgroups):
    """Sums of one corner per subgroup, by the definition, in every combination."""
    frontier = population_frontier(subgroups)
    sums = {(F(0), F(0))}
    for share, p in zip(subgroups.shares, subgroups.rates, strict=True):
        corners = frontier_by_definition(p, subgroups.bounds)
        sums = {(a + share * x, b + share * y) for a, b in sums for x, y in corners}
    vertices = tuple(map(tuple, frontier.vertices))
    assert vertices == undominated_chain(sums)
    if len(vertices) > 1:
        assert_nothing_above(frontier, sums)


@settings(max_examples=150)
@given(bounded_populations(), st.data())
def test_the_policy_is_optimal_and_names_what_it_reaches(subgroups, data):
    frontier = population_frontier(subgroups)
    weights = st.sampled_from([F(0), *frontier.alpha_thresholds])
    alpha = data.draw(st.fractions(0, 1, max_denominator=12) | weights)
    policy = optimal_policy(subgroups, alpha)
    assert policy.value == max(objective(alpha, tuple(v)) for v in frontier.vertices)
    assert policy.value == objective(alpha, policy.point)
    total = [F(0), F(0)]
    names = zip(
        subgroups.shares, subgroups.rates, policy.choices, policy.q, policy.attained, strict=True
    )
    for share, p, choice, q, attained in names:
        rate = F(0) if choice == "distrust" else q
        if not attained:
            rate -= rate / 10**6
        pair = bernoulli_pair_by_definition(p, rate, subgroups.bounds)
        total = [a + share * b for a, b in zip(total, pair, strict=True)]
    assert max(abs(a - b) for a, b in zip(total, policy.point, strict=True)) <= F(1, 10**6)
    if policy.attained.all():
        assert tuple(total) == policy.point


def test_ties_take_what_is_attained_and_then_the_higher_worst_case():
    ends = (F(1, 5), F(4, 5))
    for p, alpha, index, attained in (
        (F(9, 20), F(3, 8), 0, True),
        (F(11, 20), F(3, 8), 1, True),
        (F(9, 20), HALF, 2, True),
        (F(2, 5), F(1, 10), 1, False),
    ):
        found = bounded_choices(ONE, np.array([p]), *ends, alpha)
        assert (found.indices[0], found.attained[0]) == (index, attained)


@settings(max_examples=60)
@given(populations(), st.fractions(0, 1, max_denominator=20))
def test_bounds_zero_and_one_change_nothing(subgroups, alpha):
    """The general code for bounds, against the code without them."""
    arrays = (subgroups.shares, subgroups.rates, *bounded.UNBOUNDED)
    frontier, policy = population_frontier(subgroups), optimal_policy(subgroups, alpha)
    vertices, slopes = bounded_chain(*arrays)
    assert np.array_equal(vertices, frontier.vertices)
    assert np.array_equal(slopes, frontier.slopes)
    choices = bounded_choices(*arrays, alpha)
    names = np.array(["trust", "hedge", "distrust"])[choices.indices]
    assert tuple(choices.point) == policy.point
    assert choices.attained.tolist() == policy.attained.tolist()
    assert names.tolist() == policy.choices.tolist()
    assert choices.q.tolist() == policy.q.tolist()


def distance(exact: Frontier, rounded: Frontier) -> float:
    """How far the rounded frontier's vertices lie from the exact one, vertically."""
    worst, best = exact.vertices.astype(float).T
    x, y = rounded.vertices.T
    return float(np.abs(np.interp(x, worst, best) - y).max())


@settings(max_examples=100)
@given(bounded_populations(), st.fractions(0, 1, max_denominator=20))
def test_floats_find_the_same(subgroups, alpha):
    rounded = as_floats(subgroups)
    exact, found = population_frontier(subgroups), population_frontier(rounded)
    steepest = max([1.0, *(-exact.slopes.astype(float))])
    # A few roundings of 2^-53 for each of at most five subgroups and two coordinates, amplified
    # by what the closed forms divide by: low and high have denominators up to 12.
    assert distance(exact, found) <= 2.0**-40 * steepest
    assert abs(len(exact.vertices) - len(found.vertices)) == 0
    value = float(optimal_policy(subgroups, alpha).value)
    assert optimal_policy(rounded, alpha).value == pytest.approx(value, abs=1e-12)


def test_many_subgroups_in_floats():
    generator = np.random.default_rng(5)
    n = generator.integers(50, 1000, 20_000)
    chosen = np.clip((n * generator.random(len(n))).round() / n, 0.2, 0.7)
    shares = n / n.sum()
    subgroups = Subgroups(tuple(map(str, n)), shares, chosen, (F(1, 5), F(7, 10)))
    frontier = population_frontier(subgroups)
    assert (np.diff(frontier.slopes) < 0).all()
    assert (np.diff(frontier.vertices[:, 0]) > 0).all()
    for alpha in (0.0, 0.3, 0.45, 0.6, 1.0):
        best = max(alpha * w + (1 - alpha) * b for w, b in frontier.vertices)
        # 4 * 10^4 running sums of terms below 1
        assert optimal_policy(subgroups, alpha).value == pytest.approx(best, abs=4e4 * 2.0**-53)
