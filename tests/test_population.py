"""The frontier of a population and the best policy: certificates, ties, floats, large inputs."""

from __future__ import annotations

import math
from fractions import Fraction as F
from itertools import pairwise

import numpy as np
import pytest
from assertions import (
    assert_is_frontier,
    assert_nothing_above,
    corner_sums,
    corners,
    objective,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import covariates, laws, populations

from theory.admissible import extremes_by_search
from theory.command_line import InputError
from theory.points import distrust_point, hedge_point, trust_point
from theory.population import Frontier, Subgroups, optimal_policy, population_frontier

HALF, THIRD = F(1, 2), F(1, 3)
POINTS = {"trust": trust_point, "hedge": hedge_point, "distrust": distrust_point}
ULP = 2.0**-52


def population(*rates, shares=None) -> Subgroups:
    """Subgroups with these rates, Fractions or floats; equal shares if none are given."""
    exact = isinstance(rates[0], F)
    equal = [F(1, len(rates)) if exact else 1 / len(rates)] * len(rates)
    kind = object if exact else float
    names = tuple(map(str, range(len(rates))))
    return Subgroups(names, np.array(shares or equal, kind), np.array(rates, kind))


def as_floats(subgroups: Subgroups) -> Subgroups:
    return Subgroups(subgroups.names, subgroups.shares.astype(float), subgroups.rates.astype(float))


def upper_right_chain(points) -> list:
    """Undominated extreme points, by Andrew's monotone chain; knows nothing of slopes."""
    chain: list = []
    for worst, best in sorted(points, reverse=True):
        if chain and best <= chain[-1][1]:
            continue
        while len(chain) > 1:
            (right, low), (middle, high) = chain[-2:]
            if (high - low) * (right - worst) > (best - low) * (right - middle):
                break
            chain.pop()
        chain.append((worst, best))
    return chain[::-1]


def same(first: Frontier, second: Frontier) -> bool:
    return all(
        np.array_equal(getattr(first, name), getattr(second, name))
        for name in ("vertices", "slopes", "alpha_thresholds")
    )


@settings(max_examples=150, deadline=None)
@given(populations())
def test_frontier_is_certified(subgroups):
    assert_is_frontier(subgroups, population_frontier(subgroups))


@settings(max_examples=100, deadline=None)
@given(populations())
def test_frontier_is_the_hull_of_corner_sums(subgroups):
    vertices = population_frontier(subgroups).vertices
    assert [tuple(vertex) for vertex in vertices] == upper_right_chain(corner_sums(subgroups))


@settings(max_examples=60, deadline=None)
@given(st.lists(covariates(max_atoms=4), min_size=1, max_size=4), st.data())
def test_no_covariates_reach_beyond_the_frontier(shown, data):
    """By definition: whatever covariate each subgroup gets, the pair lies under the frontier."""
    weights = data.draw(st.lists(st.integers(1, 9), min_size=len(shown), max_size=len(shown)))
    shares = [F(weight, sum(weights)) for weight in weights]
    extremes = [extremes_by_search(p, masses) for p, masses in shown]
    worst = sum(share * pair.worst.value for share, pair in zip(shares, extremes, strict=True))
    best = sum(share * pair.best.value for share, pair in zip(shares, extremes, strict=True))
    subgroups = population(*(p for p, _ in shown), shares=shares)
    assert_nothing_above(population_frontier(subgroups), {(worst, best)})


def test_certificate_rejects_a_frontier_without_its_hedge_point():
    """Negative control: Theorem 1 without the hedge points leaves corners above it."""
    subgroups = population(F(2, 5), F(1, 4))
    frontier = population_frontier(subgroups)
    chord = Frontier(frontier.vertices[[0, -1]], frontier.slopes[:1], frontier.alpha_thresholds[:1])
    with pytest.raises(AssertionError):
        assert_nothing_above(chord, corner_sums(subgroups))


@settings(max_examples=100, deadline=None)
@given(populations())
def test_floats_agree_with_fractions(subgroups):
    exact, rounded = population_frontier(subgroups), population_frontier(as_floats(subgroups))
    tolerance = 8 * len(subgroups.names) * ULP  # a few roundings of terms below 1, per subgroup
    for name in ("vertices", "slopes", "alpha_thresholds"):
        ours, theirs = getattr(exact, name).astype(float), getattr(rounded, name)
        assert ours.shape == theirs.shape
        assert theirs.dtype == float
        # rates are off by 2^-54, and a slope changes 9 times as fast as its rate
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=tolerance)


@settings(max_examples=100, deadline=None)
@given(populations(), st.fractions(0, 1, max_denominator=30) | st.sampled_from([F(1, 3), HALF]))
def test_value_is_the_best_corner_sum(subgroups, alpha):
    frontier, policy = population_frontier(subgroups), optimal_policy(subgroups, alpha)
    best = max(objective(alpha, point) for point in corner_sums(subgroups))
    assert policy.value == best == max(objective(alpha, vertex) for vertex in frontier.vertices)
    assert policy.value == objective(alpha, policy.point)
    chosen = [POINTS[choice](p) for choice, p in zip(policy.choices, subgroups.rates, strict=True)]
    for coordinate in (0, 1):
        terms = (s * point[coordinate] for s, point in zip(subgroups.shares, chosen, strict=True))
        assert policy.point[coordinate] == sum(terms)


@settings(max_examples=150, deadline=None)
@given(populations(), st.data())
def test_ties_go_to_what_is_attained_then_to_the_higher_worst_case(subgroups, data):
    """The rule of the documentation, applied to every corner of every subgroup."""
    thresholds = population_frontier(subgroups).alpha_thresholds.tolist()
    alpha = data.draw(st.sampled_from([F(0), F(1), *thresholds]))
    policy = optimal_policy(subgroups, alpha)
    for p, choice, attained in zip(subgroups.rates, policy.choices, policy.attained, strict=True):

        def merit(point, p=p):
            dominated = p == THIRD and point == trust_point(p)
            reached = point != hedge_point(p) or 2 * p >= 1
            return objective(alpha, point), not dominated, reached, point[0]

        point = POINTS[choice](p)
        assert point == max(corners(p), key=merit)
        assert attained == merit(point)[2]


@settings(max_examples=100, deadline=None)
@given(populations(), st.data())
def test_point_is_a_vertex_unless_rates_on_both_sides_of_a_half_tie(subgroups, data):
    frontier = population_frontier(subgroups)
    alpha = data.draw(st.sampled_from([F(0), F(1), F(1, 7), *frontier.alpha_thresholds.tolist()]))
    vertices = {tuple(vertex) for vertex in frontier.vertices}
    tied = {
        p > HALF
        for p in subgroups.rates
        if THIRD < p < 2 * THIRD
        and alpha < HALF
        and objective(alpha, trust_point(p)) == objective(alpha, hedge_point(p))
    }
    assert (optimal_policy(subgroups, alpha).point in vertices) == (len(tied) < 2)


@settings(max_examples=60, deadline=None)
@given(populations(max_groups=3), st.fractions(0, 1, max_denominator=12))
def test_what_is_disclosed_yields_the_point_by_definition(subgroups, alpha):
    """Attained: the covariate yields the point.  Approached: rates below q do in the limit."""
    policy = optimal_policy(subgroups, alpha)

    def yields(p, q):
        extremes = extremes_by_search(p, (q, 1 - q) if 0 < q < 1 else (F(1),))
        return extremes.worst.value, extremes.best.value

    for p, choice, q, attained in zip(
        subgroups.rates, policy.choices, policy.q, policy.attained, strict=True
    ):
        point = POINTS[choice](p)
        assert (q is None) == (choice == "distrust")
        if attained:
            assert yields(p, q or F(0)) == point
        else:
            assert yields(p, q) != point
            for step in (F(1, 10**3), F(1, 10**6)):
                gaps = [abs(a - b) for a, b in zip(yields(p, q - step), point, strict=True)]
                assert max(gaps) <= step


@pytest.mark.parametrize("alpha", [F(0), F(1, 5), HALF, F(1)])
@pytest.mark.parametrize(
    ("p", "below_half"),
    [
        (F(0), "distrust"),
        (THIRD, "hedge"),
        (HALF, "trust"),
        (2 * THIRD, "hedge"),
        (F(1), "distrust"),
    ],
)
def test_rates_where_points_coincide(p, below_half, alpha):
    choice = "distrust" if alpha >= HALF else below_half
    exact = optimal_policy(population(p), alpha)
    rounded = optimal_policy(population(float(p)), alpha)
    assert exact.choices.tolist() == rounded.choices.tolist() == [choice]
    assert exact.attained.tolist() == rounded.attained.tolist()
    assert (exact.q[0] is None) == math.isnan(rounded.q[0]) == (choice == "distrust")
    assert exact.attained[0] == (p != THIRD or choice != "hedge")


@pytest.mark.parametrize(
    ("rates", "edges"),
    [
        ((F(0),), 0),
        ((F(0), F(1)), 0),
        ((F(1, 4), F(9, 10)), 1),
        ((THIRD, 2 * THIRD), 1),
        ((HALF,), 1),
        ((HALF, F(1, 4)), 1),
        ((HALF, F(0)), 1),
        ((F(2, 5), F(3, 5)), 2),
        ((F(2, 5), F(3, 5), HALF, THIRD), 2),
        ((F(2, 5), F(3, 7)), 3),
    ],
)
def test_edges_merge(rates, edges):
    frontiers = [population_frontier(population(*kind)) for kind in (rates, map(float, rates))]
    for frontier in frontiers:
        assert frontier.vertices.shape == (edges + 1, 2)
        assert frontier.slopes.shape == frontier.alpha_thresholds.shape == (edges,)
    assert frontiers[0].alpha_thresholds[-1:].tolist() == [HALF][:edges]


def test_rounded_rates_merge_exactly_where_fractions_do():
    """Every p = k/n inside (1/3, 2/3) with n up to 60, and its mirror image computed three ways."""
    rates = sorted({F(k, n) for n in range(2, 61) for k in range(n) if n < 3 * k < 2 * n})
    mirrored = [float(1 - p) for p in rates] + [1 - float(p) for p in rates]
    exact = population_frontier(population(*rates))
    rounded = population_frontier(population(*map(float, rates), *mirrored))
    assert rounded.slopes.shape == exact.slopes.shape
    np.testing.assert_allclose(rounded.slopes, exact.slopes.astype(float), rtol=0, atol=10 * ULP)


@pytest.mark.parametrize("sign", [1, -1])
def test_fractions_that_floats_cannot_tell_apart(sign):
    rates = [F(2, 5) + sign * k * F(1, 10**30) for k in range(4)]
    subgroups = population(*rates, F(3, 5))
    frontier = population_frontier(subgroups)
    assert len(frontier.slopes) == 5
    assert_is_frontier(subgroups, frontier)


@pytest.mark.parametrize("kink", [THIRD, HALF, 2 * THIRD])
@pytest.mark.parametrize("steps", [-2, -1, 0, 1, 2])
def test_floats_next_to_a_kink(kink, steps):
    """One ulp may change which edges exist, but not by how much any weight is served."""
    p = float(kink)
    for _ in range(abs(steps)):
        p = math.nextafter(p, math.copysign(math.inf, steps))
    frontier = population_frontier(population(p))
    assert np.all(np.diff(frontier.slopes) < 0)
    assert np.all((frontier.slopes < 0) & (frontier.slopes >= -1))
    for alpha in np.linspace(0, 1, 21):
        exact = optimal_policy(population(F(p)), F(alpha)).value
        served = max(objective(alpha, vertex) for vertex in frontier.vertices)
        assert abs(served - float(exact)) <= 4 * ULP
        assert abs(optimal_policy(population(p), alpha).value - float(exact)) <= 4 * ULP


@pytest.mark.parametrize("p", [F(2, 5), F(3, 5), F(13, 20), F(5, 12), F(30, 61)])
def test_float_alpha_at_the_threshold_counts_as_tied(p):
    (alpha, half) = population_frontier(population(p)).alpha_thresholds
    for weight in (float(alpha), math.nextafter(alpha, 0), math.nextafter(alpha, 1)):
        choices = optimal_policy(population(float(p)), weight).choices
        assert choices.tolist() == optimal_policy(population(p), alpha).choices.tolist()
    assert half == HALF


@settings(max_examples=60, deadline=None)
@given(populations(), st.randoms(use_true_random=False))
def test_order_and_splitting_do_not_matter(subgroups, random):
    frontier = population_frontier(subgroups)
    order = list(range(len(subgroups.names)))
    random.shuffle(order)
    shuffled = Subgroups(subgroups.names, subgroups.shares[order], subgroups.rates[order])
    assert same(frontier, population_frontier(shuffled))
    part = subgroups.shares[0] * F(random.randint(1, 6), 7)
    split = Subgroups(
        (*subgroups.names, "split"),
        np.array([subgroups.shares[0] - part, *subgroups.shares[1:], part]),
        np.array([*subgroups.rates, subgroups.rates[0]]),
    )
    assert same(frontier, population_frontier(split))


@given(laws(), st.data())
def test_counts_give_denominators_that_divide_the_total(law, data):
    counts = [int(mass * math.lcm(*(m.denominator for m in law))) for mass in law]
    positives = [data.draw(st.integers(0, n)) for n in counts]
    rates = [F(k, n) for k, n in zip(positives, counts, strict=True)]
    frontier = population_frontier(population(*rates, shares=list(law)))
    for coordinate in frontier.vertices.flat:
        assert sum(counts) % coordinate.denominator == 0


@pytest.mark.parametrize("low", [0.0, 1 / 3])
def test_many_subgroups(low):
    """Against the corners of all subgroups at once; 1e5 terms lose up to 1e5 roundings."""
    generator = np.random.default_rng(0)
    count = 10**5
    rates = generator.uniform(low, 1 - low, count)
    shares = generator.uniform(0.1, 1, count)
    shares /= shares.sum()
    subgroups = Subgroups(tuple(map(str, range(count))), shares, rates)
    frontier = population_frontier(subgroups)
    for column, sign in zip(frontier.vertices.T, (1, -1), strict=True):
        assert np.all(sign * np.diff(column) > 0)
    assert np.all(np.diff(frontier.slopes) < 0)
    assert np.all(np.diff(frontier.alpha_thresholds) > 0)
    inside = (3 * rates >= 1) & (3 * rates <= 2)
    for alpha in (0.0, 0.1, 0.33, 0.49, 0.5, 0.8, 1.0):
        policy = optimal_policy(subgroups, alpha)
        candidates = np.stack([objective(alpha, point(rates)) for point in POINTS.values()])
        candidates[1, ~inside] = -np.inf
        best = math.fsum(shares * candidates.max(axis=0))
        assert abs(policy.value - best) <= count * ULP
        assert abs(objective(alpha, frontier.vertices.T).max() - best) <= count * ULP


def test_numbers_that_rounding_hides_leave_no_repeated_vertex():
    frontier = population_frontier(population(1.0, 0.4, 1e-20, shares=[1.0, 1e-17, 1e-17]))
    assert frontier.vertices.tolist() == [[1.0, 1.0]]
    assert len(frontier.slopes) == 0


BAD = [
    ((), (), "number of subgroups is 0: must be at least 1"),
    ((0.5, 0.5), (0.1,), r"shape of rates is \(1,\): must be \(2,\)"),
    ((0.5, 0.4), (0.1, 0.2), "sum of shares is 0.9: must be one"),
    ((1.0, 0.0), (0.1, 0.2), r"shares\[1\] is 0.0: must be positive"),
    ((1.0, float("nan")), (0.1, 0.2), r"shares\[1\] is nan: must be positive"),
    ((0.5, 0.5), (0.1, 1.5), r"rates\[1\] is 1.5: must lie in \[0, 1\]"),
    ((0.5, 0.5), (0.1, float("nan")), r"rates\[1\] is nan: must lie in \[0, 1\]"),
    ((F(1, 2), F(1, 3)), (F(0), F(0)), "sum of shares is 5/6: must be one"),
    ((F(1, 2), HALF), (F(0), -THIRD), r"rates\[1\] is -1/3: must lie in \[0, 1\]"),
    ((F(1, 2), HALF), (0.5, 0.5), "dtype of shares and rates is object and float64"),
    ((1, 1), (0, 1), "dtype of shares and rates is int64 and int64"),
]


@pytest.mark.parametrize(("shares", "rates", "message"), BAD)
def test_bad_subgroups(shares, rates, message):
    names = tuple(map(str, range(len(shares))))
    with pytest.raises(InputError, match=message):
        Subgroups(names, np.array(shares), np.array(rates))


def test_bad_objects_and_weights():
    with pytest.raises(InputError, match="array rates is of dtype object: must hold Fractions"):
        Subgroups(("a",), np.array([F(1)]), np.array([1], dtype=object))
    exact = population(F(2, 5))
    for alpha in (F(-1, 5), F(6, 5), float("nan")):
        with pytest.raises(InputError, match=r"alpha is .*: must lie in \[0, 1\]"):
            optimal_policy(exact, alpha)
    with pytest.raises(InputError, match=r"alpha is 0\.5: must be a Fraction"):
        optimal_policy(exact, 0.5)


def test_upper_right_chain_of_known_points():
    """The oracle itself: a point on an edge, a dominated one and a repeated one are left out."""
    points = [(0, 4), (1, 3), (2, 2), (2, 0), (3, 0), (0, 0), (0, 4)]
    assert upper_right_chain(points) == [(0, 4), (2, 2), (3, 0)]
    assert all(a < b for a, b in pairwise(upper_right_chain(points)))
