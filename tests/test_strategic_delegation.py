"""A misaligned AI that penalties may deter: the closed forms against the definitions.

Pairs come from `theory.admissible`, which enumerates the treated events of a covariate; what
is proved for all rates, weights and bounds is in
`proofs_check/test_ed_strategic_delegation.py`.
"""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from assertions import values
from hypothesis import example, given, settings
from hypothesis import strategies as st

from theory.admissible import extremes_by_enumeration
from theory.delegation import default_action
from theory.population import Subgroups, optimal_policy
from theory.strategic_delegation import (
    deterred_reach,
    largest_disclosure,
    optimal_disclosure,
    span_of,
    strategic_payoff,
    strategic_value,
    trust_threshold,
)

UNIT = st.fractions(min_value=0, max_value=1, max_denominator=24)
RATES = [F(n, d) for d in (4, 5, 6, 7) for n in range(d + 1)]
SHORT = F(1, 1000)


def pair_of_bernoulli(p: F, q: F) -> tuple[F, F]:
    masses = tuple(mass for mass in (q, 1 - q) if mass > 0)
    return values(extremes_by_enumeration(p, masses))


@given(UNIT, UNIT)
@example(F(1, 3), F(1))
@example(F(2, 5), F(1, 2))
def test_span_of_a_disclosure(p, part):
    u = part * largest_disclosure(p)[0]
    worst, best = pair_of_bernoulli(p, u if 2 * p <= 1 else 1 - u)
    assert best == default_action(p) + u
    assert best - worst == span_of(p, u)


@settings(max_examples=60)
@given(
    UNIT,
    UNIT,
    UNIT,
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
)
def test_no_covariate_beats_the_value(p, alpha, bound, weights):
    masses = tuple(F(weight, sum(weights)) for weight in weights)
    worst, best = values(extremes_by_enumeration(p, masses))
    own = strategic_payoff(worst, best, alpha, bound)
    assert own <= strategic_value(p, alpha, bound)


@given(UNIT, UNIT, UNIT)
@example(F(1, 3), F(0), F(0))
@example(F(2, 5), F(1, 3), F(1, 2))
@example(F(2, 5), F(1, 2), F(2, 5))
def test_the_disclosure_attains_or_approaches_the_value(p, alpha, bound):
    chosen = optimal_disclosure(p, alpha, bound)
    own = strategic_payoff(*pair_of_bernoulli(p, chosen.q), alpha, bound)
    assert chosen.attained == (own == chosen.value)
    if not chosen.attained:
        near = pair_of_bernoulli(p, chosen.q - SHORT if 2 * p <= 1 else chosen.q + SHORT)
        assert chosen.value - strategic_payoff(*near, alpha, bound) <= SHORT


@given(UNIT, UNIT)
def test_without_deterrence_it_is_the_paper(p, alpha):
    one = optimal_policy(Subgroups(("1",), np.array([F(1)]), np.array([p])), alpha)
    assert strategic_value(p, alpha, F(0)) == alpha * one.point[0] + (1 - alpha) * one.point[1]


@pytest.mark.parametrize("p", RATES)
def test_the_threshold_separates_trust_from_deterrence(p):
    for bound in (F(0), F(1, 10), F(1, 3), F(1, 2), F(3, 4), F(1)):
        at = trust_threshold(p, bound)
        for alpha in (F(step, 60) for step in range(61)):
            assert optimal_disclosure(p, alpha, bound).deters == (alpha >= at)


def test_deterrence_expands_disclosure_above_one_half_and_shrinks_it_below():
    p, bound = F(1, 4), F(1, 4)
    assert trust_threshold(p, bound) == F(1, 4)
    assert optimal_disclosure(p, F(2, 5), F(0)).q == F(1, 4)
    assert optimal_disclosure(p, F(2, 5), bound).q == F(1, 8)
    assert optimal_disclosure(p, F(9, 10), F(0)).q == 0
    assert optimal_disclosure(p, F(9, 10), bound).q == F(1, 8)


def test_a_stretch_of_penalties_buys_nothing():
    assert [deterred_reach(F(2, 5), F(b, 10)) for b in (4, 5, 6, 7)] == [
        F(1, 5),
        F(1, 5),
        F(1, 5),
        F(1, 4),
    ]
