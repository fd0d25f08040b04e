"""The principal's payoff and optimum by two routes, and bandits that look for it."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empirical.bandit import POLICIES, grid_arms, learners, search
from figures.ed_reward_design import PENALTIES, PRINCIPAL, REWARDS, SCALE
from theory.learning_rules import external_regrets, plain_duel
from theory.reward_design import (
    Principal,
    bias_bound,
    box_optimum,
    equilibrium_payoff,
    equilibrium_payoff_by_definition,
    grid_optimum,
    payoff_of_play,
)

PRICES = st.fractions(min_value=0, max_value=5, max_denominator=10)
POSITIVE = st.fractions(min_value=F(1, 10), max_value=5, max_denominator=10)
ROUNDING = 1e-9


@st.composite
def principals(draw):
    return Principal(draw(POSITIVE), draw(POSITIVE), *(draw(PRICES) for _ in range(6)))


@given(principals(), POSITIVE, POSITIVE)
def test_closed_form_is_the_payoff_of_equilibrium_play(principal, above, more):
    arm = principal.gain + above, principal.cost + more
    assert equilibrium_payoff(principal, *arm) == equilibrium_payoff_by_definition(principal, *arm)


@given(principals(), POSITIVE, POSITIVE, st.integers(0, 20), st.integers(0, 20))
def test_no_point_of_a_box_beats_its_optimum(principal, above, more, across, up):
    penalties = principal.gain + above, principal.gain + 3 * above
    rewards = principal.cost + more, principal.cost + 3 * more
    best = box_optimum(principal, penalties, rewards)
    assert penalties[0] <= best.penalty <= penalties[1]
    other = equilibrium_payoff(
        principal,
        penalties[0] + F(across, 20) * (penalties[1] - penalties[0]),
        rewards[0] + F(up, 20) * (rewards[1] - rewards[0]),
    )
    assert float(other) <= float(best.value) + ROUNDING


def test_without_upkeep_both_are_as_large_as_they_can_be():
    principal = Principal(F(1), F(1), F(3), F(1))
    best = box_optimum(principal, (F(2), F(9)), (F(3, 2), F(5)))
    assert (best.penalty, best.reward, best.value) == (9, 5, -F(1, 9) - F(3, 5))
    assert isinstance(best.value, F)


def test_below_the_gain_or_the_cost_misconduct_is_certain():
    principal = Principal(F(2), F(1), F(10), F(3), F(1, 2), F(1, 4))
    assert equilibrium_payoff_by_definition(principal, F(1), F(1, 2)) == -10
    watched = equilibrium_payoff_by_definition(principal, F(1), F(4))
    assert watched == -10 - 3 - (F(1, 2) * 4 + F(1, 4) * 1)
    with pytest.raises(ValueError, match="penalty is 2: must differ from the gain"):
        equilibrium_payoff_by_definition(principal, F(2), F(4))
    with pytest.raises(ValueError, match="reward is 1: must differ from the cost"):
        equilibrium_payoff_by_definition(principal, F(3), F(1))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="gain is 0: must be positive"):
        Principal(F(0), F(1), F(1))
    with pytest.raises(ValueError, match="harm is -1: must not be negative"):
        Principal(F(1), F(1), F(-1))
    with pytest.raises(ValueError, match="penalties are 1 to 3: must satisfy 1 < low <= high"):
        box_optimum(Principal(F(1), F(1), F(1)), (1, 3), (2, 3))
    with pytest.raises(ValueError, match="regret is -1: must not be negative"):
        bias_bound(Principal(F(1), F(1), F(1)), F(2), F(2), F(-1))
    with pytest.raises(ValueError, match="the grid is empty"):
        grid_optimum(Principal(F(1), F(1), F(1)), [], [F(2)])


@given(principals(), st.integers(1, 19), st.integers(1, 19), st.integers(0, 4))
def test_payoffs_of_play_are_within_the_bias_bound(principal, across, up, mix):
    arm = 2 * principal.gain, 3 * principal.cost
    duel = plain_duel(principal.gain, arm[0], principal.cost, arm[1])
    x, y = F(across, 20), F(up, 20)
    low, high = max(F(0), x + y - 1), min(x, y)
    caught = low + F(mix, 4) * (high - low)
    regrets = external_regrets(duel, x, y, caught)
    e = sum(max(regret, 0) / stake for regret, stake in zip(regrets, duel.stakes, strict=True))
    gap = payoff_of_play(principal, *arm, x, y, caught) - equilibrium_payoff(principal, *arm)
    assert abs(gap) <= bias_bound(principal, *arm, e)


# The bandit


@pytest.mark.parametrize("policy", POLICIES)
def test_bandits_find_the_optimum_of_plain_arms(policy):
    """Arms that pay their equilibrium payoff and noise, so that only the bandit is tested."""
    arms = grid_arms(PRINCIPAL, PENALTIES, REWARDS)
    generator = np.random.default_rng(0)

    def pull(chosen):
        return arms.value[chosen] + 0.3 * generator.standard_normal(len(chosen))

    found = search(arms, pull, policy, 300, 20, generator, 0.3)
    assert (found.recommended == arms.best).mean() > 0.9
    gap = np.sort(arms.value)[-1] - arms.value.min()
    assert (np.diff(found.regret, axis=0) >= 0).all()
    half = found.regret[149].mean()
    assert found.regret[-1].mean() - half < half < 150 * gap


@pytest.mark.parametrize("policy", POLICIES)
def test_bandits_find_the_optimum_from_agents_that_match_regrets(policy):
    arms = grid_arms(PRINCIPAL, PENALTIES, REWARDS)
    assert arms.best == 4
    generator = np.random.default_rng(1)
    pull = learners(PRINCIPAL, arms, 50, generator)
    found = search(arms, pull, policy, 150, 30, generator, SCALE)
    assert (found.recommended == arms.best).mean() > 0.8


def test_agents_of_large_step_mislead_the_bandit():
    arms = grid_arms(PRINCIPAL, PENALTIES, REWARDS)
    generator = np.random.default_rng(1)
    pull = learners(PRINCIPAL, arms, 40, generator, "gradient", 10.0)
    found = search(arms, pull, "ucb1", 100, 10, generator, SCALE)
    assert (found.recommended != arms.best).all()


def test_bad_searches_are_refused():
    arms = grid_arms(PRINCIPAL, PENALTIES, REWARDS)
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="policy is 'greedy': must be one of ucb1, thompson"):
        search(arms, lambda chosen: arms.value[chosen], "greedy", 20, 1, generator, 1.0)
    with pytest.raises(ValueError, match="pulls is 5: must be at least the number of arms, 9"):
        search(arms, lambda chosen: arms.value[chosen], "ucb1", 5, 1, generator, 1.0)
