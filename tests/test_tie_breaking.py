"""Random ties (`theory.nature`): against the treat-at-1/2 rule, its mirror image, and any pair."""

from __future__ import annotations

from fractions import Fraction as F

import pytest
from assertions import values
from hypothesis import given
from hypothesis import strategies as st
from strategies import admissible, covariates, rates

from theory.admissible import EngineLimit, extremes_by_enumeration
from theory.command_line import InputError
from theory.nature import tie_extremes_by_enumeration

HALF = F(1, 2)


@given(covariates(max_atoms=5))
def test_sure_treatment_of_ties_is_the_rule_of_the_main_text(covariate):
    p, masses = covariate
    ties = tie_extremes_by_enumeration(p, masses, F(1))
    assert ties == values(extremes_by_enumeration(p, masses))


@given(covariates(max_atoms=4), rates())
def test_mirror_image(covariate, rho):
    """Swap need and no need: treating x with probability a becomes leaving it with a.

    As sum m_i (2 P*_i - 1) = 2p - 1 over all atoms, the payoff moves by 2p - 1.
    """
    p, masses = covariate
    here = tie_extremes_by_enumeration(p, masses, rho)
    there = tie_extremes_by_enumeration(1 - p, masses, 1 - rho)
    assert here == tuple(value + 2 * p - 1 for value in there)


@given(st.data(), covariates(max_atoms=4), rates())
def test_no_admissible_pair_does_better(data, covariate, rho):
    p, masses = covariate
    reported = data.draw(admissible(p, masses))
    true = data.draw(admissible(p, masses))
    treated = [F(x > HALF) + rho * (x == HALF) for x in reported]
    paid = sum(m * a * (2 * y - 1) for m, a, y in zip(masses, treated, true, strict=True))
    lowest, highest = tie_extremes_by_enumeration(p, masses, rho)
    assert lowest <= paid <= highest


@given(covariates(max_atoms=4), rates(), rates())
def test_infimum_is_concave_and_supremum_convex_in_the_tie_probability(covariate, first, second):
    """Each is the least (greatest) of payoffs that are linear in it."""
    p, masses = covariate
    ends = [tie_extremes_by_enumeration(p, masses, rho) for rho in (first, second)]
    lowest, highest = tie_extremes_by_enumeration(p, masses, (first + second) / 2)
    assert 2 * lowest >= ends[0][0] + ends[1][0]
    assert 2 * highest <= ends[0][1] + ends[1][1]


def test_values_that_need_no_tie_ignore_the_tie_probability():
    """p = 2/5 with Ber(2/5): both extremes come from reports away from 1/2."""
    masses = (F(2, 5), F(3, 5))
    for rho in (F(0), F(1, 3), F(1)):
        assert tie_extremes_by_enumeration(F(2, 5), masses, rho) == (F(-3, 5), F(2, 5))


def test_bad_input_is_named():
    with pytest.raises(InputError, match=r"^tie_probability is 2: must lie in \[0, 1\]$"):
        tie_extremes_by_enumeration(HALF, (F(1),), 2)
    with pytest.raises(EngineLimit, match=r"^masses has 10 atoms: must have at most 9"):
        tie_extremes_by_enumeration(HALF, (F(1, 10),) * 10, HALF)
