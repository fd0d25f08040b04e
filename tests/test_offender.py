"""The rational offender and the cheapest deterrence, against definitions and other solvers."""

from __future__ import annotations

import math
from fractions import Fraction as F
from itertools import product

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from theory.command_line import InputError
from theory.enforcement import Task, cheapest_enforcement, sufficient_detection
from theory.offender import (
    NEUTRAL,
    Gains,
    Regime,
    Utility,
    largest_deterred_gain,
    neutral_threshold,
    offence_rate,
    offence_rate_slopes,
    offending_pays,
)

UTILITIES = [
    NEUTRAL,
    *(Utility("cara", a) for a in (F(1, 2), F(-1, 2))),
    *(Utility("crra", c) for c in (F(-1), F(0), F(1, 2), F(1), F(2), F(3))),
]
probabilities = st.fractions(0, 1, max_denominator=12)
amounts = st.fractions(0, 6, max_denominator=6)


def mean_utility(utility: Utility, outcomes: list[tuple[F, F]]) -> float:
    """Expected utility with U written out again, in floats."""
    a = float(utility.aversion)
    formula = {
        "neutral": lambda x: x,
        "cara": lambda x: -math.exp(-a * x) / a,
        "crra": lambda x: math.log(x) if a == 1 else x ** (1 - a) / (1 - a),
    }[utility.family]
    return math.fsum(float(p) * formula(float(x)) for p, x in outcomes if p > 0)


@given(st.sampled_from(UTILITIES), amounts, amounts, probabilities, probabilities)
def test_decision_is_the_comparison_of_expected_utilities(utility, gain, penalty, pi, e):
    wealth = F(7)
    offend = mean_utility(utility, [(1 - pi, wealth + gain), (pi, wealth + gain - penalty)])
    abstain = mean_utility(utility, [(1 - e, wealth), (e, wealth - penalty)])
    pays = offending_pays(gain, Regime(pi, penalty, e), utility, wealth)
    # Utilities here lie within exp(7/2) * 2 = 67 of zero: sums of four are exact to 1e-12.
    assume(abs(offend - abstain) > 1e-12)
    assert (pays > 0) == (offend > abstain)


@given(st.sampled_from(UTILITIES), amounts, probabilities, probabilities)
def test_largest_deterred_gain_separates(utility, penalty, pi, e):
    wealth, regime = F(7), Regime(pi, penalty, e)
    threshold = largest_deterred_gain(regime, utility, wealth)
    if threshold is None:
        assert e > pi
        assert offending_pays(F(0), regime, utility, wealth) > 0
        return
    # The zero is bracketed to 1e-14 and conditioned by U' at wealth 1 to 13, for a power up to 3;
    # a closed form in floats may round past the penalty.
    margin = F(1, 10**8)
    assert 0 <= threshold <= penalty + margin
    assert offending_pays(F(threshold) + margin, regime, utility, wealth) > 0
    assert offending_pays(F(threshold) - margin, regime, utility, wealth) < 0


def test_indifference_abstains_exactly():
    for pi, penalty in product((F(0), F(1, 3), F(1)), (F(0), F(3))):
        regime = Regime(pi, penalty)
        assert offending_pays(pi * penalty, regime) == 0
        assert offence_rate(Gains((pi * penalty,), (F(1),)), regime) == 0
    assert neutral_threshold(F(1, 2), F(2), F(1, 2)) == 0


def test_exact_in_exact_out():
    for utility in (NEUTRAL, Utility("crra", 2), Utility("crra", -1)):
        value = offending_pays(F(1), Regime(F(1, 3), F(2), F(1, 7)), utility, F(5))
        assert isinstance(value, F)
    assert not Utility("crra", F(1, 2)).exact
    assert not Utility("crra", 1).exact


def test_cara_does_not_depend_on_wealth_and_survives_large_penalties():
    utility, regime = Utility("cara", F(1, 2)), Regime(F(1, 4), F(3))
    values = {offending_pays(F(1), regime, utility, wealth) for wealth in (F(-5), F(0), F(900))}
    assert len(values) == 1
    # log(1/2 + 1/2 exp(A f)) is A f - log 2 here, up to exp(-2000)
    large = largest_deterred_gain(Regime(F(1, 2), F(2000)), Utility("cara", 1))
    assert large == pytest.approx(2000 - math.log(2), rel=1e-15)
    small = largest_deterred_gain(Regime(F(1, 2), F(2000)), Utility("cara", -1))
    assert small == pytest.approx(math.log(2), rel=1e-12)


def test_offence_rate_of_distributions():
    regime = Regime(F(1, 4), F(8), F(1, 8))
    assert offence_rate(stats.expon(), regime) == pytest.approx(math.exp(-1), rel=1e-15)
    assert offence_rate(stats.uniform(0, 4), regime) == 0.75
    assert offence_rate(stats.expon(), Regime(F(1, 8), F(8), F(1, 4))) == 1.0
    draws = stats.lognorm(1).rvs(2000, random_state=np.random.default_rng(1))
    sample = Gains(tuple(draws.tolist()), (1 / 2000,) * 2000)
    # Four standard deviations of a mean of 2000 indicators
    assert offence_rate(sample, regime) == pytest.approx(
        offence_rate(stats.lognorm(1), regime), abs=4 * 0.5 / math.sqrt(2000)
    )


def test_slopes_are_the_derivatives():
    law, step = stats.expon(), 1e-6
    pi, f, e = 0.4, 3.0, 0.1
    slopes = offence_rate_slopes(float(law.pdf((pi - e) * f)), Regime(pi, f, e))

    def rate(pi, f, shift):
        return float(law.sf((pi - e) * f - shift))

    for index, slope in enumerate(slopes):
        moved = [[sign * step * (index == i) for i in range(3)] for sign in (1, -1)]
        up, down = (rate(pi + a, f + b, c) for a, b, c in moved)
        # Central differences: third derivative times step^2, and rounding over the step
        assert (up - down) / (2 * step) == pytest.approx(slope, abs=1e-9)


@given(st.sampled_from(UTILITIES), amounts, amounts, probabilities)
def test_sufficient_detection_is_the_least(utility, gain, penalty, e):
    assume(gain > 0 and penalty > 0)
    task = Task(gain, penalty, F(1), utility, F(7), e)
    pi = sufficient_detection(task, penalty)
    for detection in (F(n, 20) for n in range(21)):
        if abs(detection - pi) > 1e-9:  # rounding of the utilities that are not rational
            pays = offending_pays(gain, Regime(detection, penalty, e), utility, F(7))
            assert (pays > 0) == (detection < pi)


@pytest.mark.parametrize(
    ("gain", "largest", "cost", "mistake", "harm"),
    [(1, 4, 2, 0, 0), (1, 4, 1, 0.25, 1), (2, 3, 1, 0.1, 5), (1, 9, 3, 0.05, 0.2), (1, 4, 0, 0, 0)],
)
def test_against_a_convex_program(gain, largest, cost, mistake, harm):
    """g / f <= pi - e is convex in (pi, f)."""
    pi, f = cp.Variable(), cp.Variable()
    constraints = [gain * cp.inv_pos(f) <= pi - mistake, pi <= 1, f <= largest]
    program = cp.Problem(cp.Minimize(cost * pi + harm * mistake * f), constraints)
    program.solve(solver=cp.CLARABEL)
    numbers = (F(str(x)) for x in (gain, largest, cost))
    task = Task(*numbers, mistake=F(str(mistake)), innocent_harm=F(str(harm)))
    # Clarabel's gap is 1e-8 relative
    assert float(cheapest_enforcement(task).cost) == pytest.approx(program.value, abs=1e-6)


@pytest.mark.parametrize("utility", UTILITIES[1:], ids=lambda u: f"{u.family}{u.aversion}")
@pytest.mark.parametrize("harm", [F(0), F(1, 2)])
def test_no_regime_of_a_grid_is_cheaper(utility, harm):
    gain, wealth, mistake, largest, cost = F(1), F(7), F(1, 10), F(6), F(2)
    best = cheapest_enforcement(Task(gain, largest, cost, utility, wealth, mistake, harm))
    found = Regime(best.detection, best.penalty, float(mistake))
    assert offending_pays(gain, found, utility, wealth) == pytest.approx(0, abs=1e-9)
    for n, m in product(range(1, 25), range(1, 25)):
        regime = Regime(F(n, 24), largest * F(m, 24), mistake)
        if offending_pays(gain, regime, utility, wealth) <= 0:
            price = cost * regime.detection + harm * mistake * regime.penalty
            assert price >= best.cost - 1e-9


def test_maximal_fine_fails_with_mistakes_and_risk_aversion():
    task = Task(F(1), F(7, 2), F(1), Utility("crra", 2), F(4), F(1, 10))
    assert sufficient_detection(task, F(3)) == F(5, 12) < sufficient_detection(task, F(7, 2))
    assert 3 < cheapest_enforcement(task).penalty < F(7, 2)


def test_boundaries_of_deterrence():
    assert cheapest_enforcement(Task(F(4), F(4), F(1))).detection == 1
    assert cheapest_enforcement(Task(F(4), F(3), F(1))) is None
    assert cheapest_enforcement(Task(F(1), F(0), F(1))) is None
    assert cheapest_enforcement(Task(F(0), F(0), F(1))).cost == 0
    assert cheapest_enforcement(Task(F(3), F(4), F(1), mistake=F(1, 4))).detection == 1
    assert cheapest_enforcement(Task(F(3), F(4), F(1), mistake=F(1, 2))) is None
    averse = Utility("crra", 2)
    assert cheapest_enforcement(Task(F(3), F(2), F(1), averse, F(4), F(1, 8))) is None
    free = cheapest_enforcement(Task(F(1), F(4), F(0), mistake=F(1, 4), innocent_harm=F(1)))
    assert (free.detection, free.penalty) == (1, F(4, 3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Regime(F(2), F(1)), "detection is 2: must lie in [0, 1]"),
        (lambda: Regime(F(1), F(1), -0.1), "mistake is -0.1: must lie in [0, 1]"),
        (lambda: Regime(F(1), math.inf), "penalty is inf: must be finite and at least 0"),
        (lambda: Utility("log"), "family is log: must be one of neutral, cara, crra"),
        (lambda: Utility("cara"), "aversion is 0: must differ from 0 for CARA"),
        (lambda: Utility("neutral", 1), "aversion is 1: must be 0 for risk neutrality"),
        (lambda: Gains((), ()), "number of gains is 0: must be at least 1"),
        (lambda: Gains((F(1),), (F(1, 2),)), "sum of weights is 1/2: must be one"),
        (lambda: Gains((1, 2), (F(1), F(0))), "weight of gain 2 is 0: must be positive"),
        (lambda: Task(F(-1), F(1), F(1)), "gain is -1: must be finite and at least 0"),
        (
            lambda: Task(F(1), F(5), F(1), Utility("crra", 2), F(5), F(1, 2)),
            "wealth is 5: must be above 5 for CRRA",
        ),
        (
            lambda: offending_pays(F(1), Regime(F(1, 2), F(4)), Utility("crra", 1), F(2)),
            "wealth in some outcome is -1: must be positive for CRRA",
        ),
        (
            lambda: largest_deterred_gain(Regime(F(1, 2), F(4)), Utility("crra", 1), F(2)),
            "penalty is 4: must be below the wealth 2 for CRRA",
        ),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(InputError) as raised:
        make()
    assert str(raised.value) == message
