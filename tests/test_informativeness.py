"""The best bounds: nothing beats them, closed forms and branch and bound agree, exact numbers."""

from fractions import Fraction as F
from itertools import combinations
from math import isclose

import pytest
import sympy as sp
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from strategies import laws, rates

from theory.certified_maximum import certified_maximum, objective_by_definition
from theory.command_line import InputError
from theory.optimal_bounds import optimal_bounds, rational_choice
from theory.surds import Surd, enclosure, sign, square_root

HALF = F(1, 2)
weights = st.sampled_from([F(0), F(1, 3), HALF, F(1)]) | st.fractions(0, 1, max_denominator=24)


@st.composite
def bounded_covariates(draw):
    """A rate p, bounds low <= p <= high, and the masses of a covariate."""
    p = draw(rates())
    low = p * draw(st.fractions(0, 1, max_denominator=8))
    high = p + (1 - p) * draw(st.sampled_from([F(1)]) | st.fractions(0, 1, max_denominator=8))
    return p, low, high, draw(laws(max_atoms=5, max_weight=12))


def extremes(p, low, high, masses):
    """Worst and best case over all events, reports and truths within the bounds.

    An event counts if its atoms can report at least 1/2 and the others less, with mean p: the
    reachable means fill an interval that is open above where some atom must stay below 1/2.
    """
    values = []
    for size in range(len(masses) + 1):
        for event in combinations(range(len(masses)), size):
            on = sum((masses[i] for i in event), F(0))
            off = 1 - on
            if (on and high < HALF) or (off and low >= HALF):
                continue
            least = on * max(low, HALF) + off * low
            open_above = off and high >= HALF
            most = on * high + off * (HALF if open_above else high)
            if least <= p < most or (p == most and not open_above):
                worst = 2 * max(on * low, p - off * high) - on
                best = 2 * min(on * high, p - off * low) - on
                values.append((worst, best))
    return min(worst for worst, _ in values), max(best for _, best in values)


@settings(max_examples=300, deadline=None)
@given(bounded_covariates(), weights)
def test_no_bounds_and_no_covariate_do_better(instance, alpha):
    p, low, high, masses = instance
    worst, best = extremes(p, low, high, masses)
    assert sign(optimal_bounds(p, alpha).value - (alpha * worst + (1 - alpha) * best)) >= 0


@settings(max_examples=200, deadline=None)
@given(bounded_covariates())
def test_the_objective_of_a_bernoulli_is_that_of_all_events(instance):
    p, low, high, (first, *_) = instance
    masses = (first, 1 - first) if first < 1 else (first,)
    worst, best = extremes(p, low, high, masses)
    assert objective_by_definition(p, F(1), low, high, first) == worst
    assert objective_by_definition(p, F(0), low, high, first) == best


@settings(max_examples=200, deadline=None)
@given(rates(), weights)
def test_the_optimum_is_reached_from_rational_choices(p, alpha):
    optimum = optimal_bounds(p, alpha)
    reached = objective_by_definition(p, alpha, *rational_choice(optimum))
    regret = optimum.value - reached
    assert sign(regret) >= 0
    assert sign(regret - F(1, 2**36)) < 0
    assert sign(alpha * optimum.point[0] + (1 - alpha) * optimum.point[1] - optimum.value) == 0


@st.composite
def rational_optima(draw):
    """(p, alpha) whose optimum needs no root, on either side of p = 1/2.

    For trust, t = sqrt(2 alpha (1 - p)) is drawn.  For hedge, d = s (1/2 - p) parametrizes the
    rational points of 2 d^2 = (1 - p)(1 - 2p) by s; s >= 2 are those with p >= 1/3.
    """
    if draw(st.booleans()):
        p = draw(st.fractions(0, HALF, max_denominator=12))
        alpha = draw(st.fractions(0, 1, max_denominator=24)) ** 2 / (2 * (1 - p))
    else:
        s = draw(st.fractions(2, 9, max_denominator=4))
        p = (s**2 - 2) / (2 * s**2 - 2)
        alpha = draw(weights)
    optimum = optimal_bounds(draw(st.sampled_from([p, 1 - p])), alpha)
    assume(not any(isinstance(x, Surd) for x in (optimum.low, optimum.high, optimum.q)))
    return optimum


@settings(max_examples=300, deadline=None)
@given(rational_optima())
@example(optimal_bounds(F(1, 4), F(54, 100)))  # t = 9/10
@example(optimal_bounds(F(7, 16), HALF))  # s = 3
def test_attained_means_attained(optimum):
    q = F(optimum.p >= HALF) if optimum.q is None else optimum.q
    reached = objective_by_definition(optimum.p, optimum.alpha, optimum.low, optimum.high, q)
    assert (reached == optimum.value) == optimum.attained


@settings(max_examples=25, deadline=None)
@given(rates(), weights)
def test_branch_and_bound_agrees(p, alpha):
    optimum = optimal_bounds(p, alpha)
    bracket = certified_maximum(p, alpha, rational_choice(optimum), F(1, 200))
    assert bracket.upper - bracket.lower <= F(1, 200)
    assert sign(optimum.value - bracket.lower) >= 0
    assert sign(bracket.upper - optimum.value) >= 0
    point = (bracket.low, bracket.high, bracket.q)
    assert objective_by_definition(p, alpha, *point) == bracket.lower


@pytest.mark.parametrize(
    ("p", "alpha"), [(F(1, 4), HALF), (F(2, 5), F(1, 4)), (F(11, 20), F(2, 5))]
)
def test_branch_and_bound_from_a_bad_guess(p, alpha):
    bracket = certified_maximum(p, alpha, (F(0), F(1), F(0)), F(1, 100))
    value = optimal_bounds(p, alpha).value
    assert sign(value - bracket.lower) >= 0
    assert sign(bracket.upper - value) >= 0
    assert bracket.boxes > 1


@given(rates(), weights)
def test_one_half_mirrors(p, alpha):
    """Treating and leaving alone trade places; the value at 1 - p is 2p - 1 less."""
    assert (
        sign(optimal_bounds(p, alpha).value - optimal_bounds(1 - p, alpha).value - 2 * p + 1) == 0
    )


def test_examples_worked_by_hand():
    interior = optimal_bounds(F(1, 4), F(1, 2))  # t = sqrt(3)/2
    assert str(interior.low) == str(interior.q) == "1 - sqrt(3)/2"
    assert isclose(float(interior.value), (1 - 0.75**0.5) ** 2)
    square = optimal_bounds(F(1, 4), F(50, 75) * F(81, 100))  # t = 9/10
    assert (square.low, square.q, square.value) == (F(1, 6), F(1, 10), F(1, 100))
    hedge = optimal_bounds(F(7, 16), F(1, 2))  # d = 3/16, r = 1/4
    assert (hedge.low, hedge.q, hedge.value) == (F(1, 4), F(1, 4), F(1, 16))
    assert (hedge.extreme_point, hedge.attained) == ("hedge", False)
    mirrored = optimal_bounds(F(9, 16), F(1, 2))
    assert (mirrored.low, mirrored.high, mirrored.q) == (0, F(3, 4), F(3, 4))
    assert (mirrored.value, mirrored.attained) == (F(3, 16), True)


@pytest.mark.parametrize(
    ("p", "alpha", "point", "attained"),
    [
        (F(0), F(1, 4), "distrust", True),
        (F(1), F(1, 4), "distrust", True),
        (F(1, 3), F(0), "trust", True),
        (F(1, 3), F(1, 4), "hedge", False),
        (F(2, 3), F(1, 4), "hedge", True),
        (F(1, 3), F(3, 4), "distrust", True),
        (F(1, 4), F(3, 8), "trust", True),
        (F(1, 4), F(2, 3), "distrust", True),
        (F(1, 2), F(1, 4), "trust", True),
        (F(1, 2), F(1, 2), "distrust", True),
        (F(2, 5), F(1), "distrust", True),
    ],
)
def test_boundaries(p, alpha, point, attained):
    optimum = optimal_bounds(p, alpha)
    assert (optimum.extreme_point, optimum.attained) == (point, attained)


@pytest.mark.parametrize(
    ("p", "alpha"), [(F(-1), F(0)), (F(2), F(0)), (F(0), F(-1)), (F(0), F(3, 2))]
)
def test_numbers_outside_the_unit_interval_are_refused(p, alpha):
    with pytest.raises(InputError, match=r"must lie in \[0, 1\]"):
        optimal_bounds(p, alpha)


def test_branch_and_bound_says_what_is_wrong(monkeypatch):
    with pytest.raises(InputError, match="gap is 0: must be positive"):
        certified_maximum(HALF, HALF, (F(0), F(1), HALF), F(0))
    with pytest.raises(InputError, match="low is 1: must lie in"):
        certified_maximum(HALF, HALF, (F(1), F(1), HALF))
    monkeypatch.setattr("theory.certified_maximum.MOST_BOXES", 3)
    with pytest.raises(InputError, match="gap is 1/9000000: must be larger: 3 boxes"):
        certified_maximum(F(1, 4), HALF, (F(0), F(1), F(0)), F(1, 9_000_000))


fractions = st.fractions(-3, 3, max_denominator=9)


@settings(max_examples=40, deadline=None)
@given(fractions, fractions, fractions, fractions, st.sampled_from([2, 3, 6, 30]))
def test_surds_compute_like_sympy(a, b, c, d, n):
    root = square_root(F(n))
    left, right = a + b * root, c + d * root
    read = sp.Rational
    symbols = [read(x) + read(y) * sp.sqrt(n) for x, y in ((a, b), (c, d))]
    pairs = [
        (left + right, symbols[0] + symbols[1]),
        (left - right, symbols[0] - symbols[1]),
        (left * right, symbols[0] * symbols[1]),
    ]
    if sign(right):
        pairs.append((left / right, symbols[0] / symbols[1]))
    for ours, theirs in pairs:
        assert sp.simplify(sp.sympify(str(ours)) - theirs) == 0
        low, high = enclosure(ours)
        assert low <= high <= low + F(1, 2**64)
        assert sign(ours - low) >= 0 >= sign(ours - high)
    assert (left < right) == bool(symbols[0] < symbols[1])


@pytest.mark.parametrize("power", [8, 13, 16, 25, 40, 330])
def test_floats_of_surds_are_the_nearest_ones(power):
    """(1 - t)^2 with t^2 = 1 - 2e is e^2 (1 + e + ...): what is left of numbers near 1."""
    e = F(1, 10**power)
    t = square_root(1 - 2 * e)
    low, high = enclosure((1 - t) * (1 - t), bits=4000)
    assert float((1 - t) * (1 - t)) == float(low) == float(high)
    assert float((t - 1) * (1 - t)) == -float(low)


def test_surds_do_not_mix():
    with pytest.raises(ValueError, match="radicands are 2 and 3: must be equal"):
        square_root(F(2)) + square_root(F(3))
    with pytest.raises(ValueError, match="x is -1: must not be negative"):
        square_root(F(-1))
