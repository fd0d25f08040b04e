"""Learning the inspection game: what the rules do, that runs repeat, and what is measured of them.

What is proved for all games is in `proofs_check/test_ed_learning.py`; here the programs are run.
"""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory.inspection import InspectionGame
from theory.learning import learn
from theory.learning_rules import (
    RULES,
    duel_of,
    energy,
    error_bounds,
    external_regrets,
    gradient_step,
    matched,
    new_regrets,
    plain_duel,
)

GAME = plain_duel(1.0, 4.0, 1.0, 3.0)
ROUNDING = 1e-9  # sums of a few thousand terms of size one, in double precision
SHARES = st.fractions(min_value=F(1, 50), max_value=F(49, 50), max_denominator=50)
RATES = st.fractions(min_value=0, max_value=1, max_denominator=50)


def starts(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.uniform(0.05, 0.95, count), generator.uniform(0.05, 0.95, count)


def played(rule: str, steps: int = 400, count: int = 30, duel=GAME, **options):
    return learn(duel, rule, steps, starts(count), **options)


# The game


@given(SHARES, SHARES)
def test_equilibrium_makes_both_indifferent(x, y):
    duel = plain_duel(gain=y, penalty=F(1), cost=x, reward=F(1))
    assert duel.equilibrium == (x, y)
    assert duel.cheating(y) == duel.inspecting(x) == 0


def test_duel_of_the_inspection_game():
    game = InspectionGame(gain=F(1), penalty=F(4), cost=F(1), reward=F(3))
    assert duel_of(*game.payoffs()) == plain_duel(F(1), F(4), F(1), F(3))
    harmed = InspectionGame(F(1), F(5), F(1), F(3), F(4, 5), F(1, 10), F(2))
    duel = duel_of(*harmed.payoffs())
    (component,) = harmed.extreme_equilibria()
    assert tuple(component) == duel.equilibrium


def test_games_without_a_mixed_equilibrium_are_refused():
    game = InspectionGame(gain=F(4), penalty=F(1), cost=F(1), reward=F(3))
    with pytest.raises(ValueError, match="advantage of cheating when inspected is 3: must be neg"):
        duel_of(*game.payoffs())


# Regret and its bound


@given(RATES, RATES, st.integers(0, 4))
def test_averages_are_within_the_proved_bounds(x, y, mix):
    """Any frequencies that a joint distribution can have: exact."""
    duel = plain_duel(F(1), F(4), F(1), F(3))
    low, high = max(F(0), x + y - 1), min(x, y)
    caught = low + F(mix, 4) * (high - low)
    bounds = error_bounds(duel, external_regrets(duel, x, y, caught))
    for value, at, (least, most) in zip((x, y), duel.equilibrium, bounds, strict=True):
        assert least <= value - at <= most


PLAYS = [(rule, False) for rule in RULES] + [(rule, True) for rule in RULES if RULES[rule].sampled]


@pytest.mark.parametrize(("rule", "sampled"), PLAYS)
def test_runs_are_within_the_proved_bounds(rule, sampled):
    run = played(rule, generator=np.random.default_rng(1) if sampled else None)
    regrets = external_regrets(GAME, run.average_misconduct, run.average_inspection, run.caught)
    averages = run.average_misconduct, run.average_inspection
    for mean, at, (low, high) in zip(
        averages, GAME.equilibrium, error_bounds(GAME, regrets), strict=True
    ):
        assert (mean - at >= low - ROUNDING).all()
        assert (mean - at <= high + ROUNDING).all()


@pytest.mark.parametrize("steps", [50, 500, 2000])
def test_regret_matching_meets_its_rate(steps):
    run = played("regret", steps)
    regrets = external_regrets(GAME, run.average_misconduct, run.average_inspection, run.caught)
    for regret, largest in zip(regrets, (3.0, 2.0), strict=True):
        assert regret.max() <= largest / steps**0.5 + ROUNDING


def test_gradient_play_with_decreasing_steps_meets_its_rate():
    steps, size = 2000, 0.2
    run = played("gradient", steps, step_size=size, decreasing=True)
    regrets = external_regrets(GAME, run.average_misconduct, run.average_inspection, run.caught)
    for regret, largest in zip(regrets, (3.0, 2.0), strict=True):
        assert regret.max() <= (1 / (2 * size) + size * largest**2) / steps**0.5 + ROUNDING


# Where they go


def test_regret_matchers_never_both_mix_freely():
    run = played("regret", 500, records=500)
    x, y = (np.where(strategies == strategies[:1], 0, strategies) for strategies in run_of(run))
    assert ((x == 0) | (x == 1) | (y == 0) | (y == 1)).all()


def run_of(run):
    return run.misconduct, run.inspection


@pytest.mark.parametrize("steps", [{"step_size": 0.02}, {"step_size": 0.3, "decreasing": True}])
def test_gradient_play_keeps_its_distance(steps):
    run = played("gradient", 1000, records=1000, **steps)
    distance = energy(GAME, *run_of(run))
    (x, y), (f, r) = GAME.equilibrium, GAME.stakes
    floor = np.minimum(distance[0], min(r * x**2, r * (1 - x) ** 2, f * y**2, f * (1 - y) ** 2))
    assert (distance >= floor - ROUNDING).all()


def test_hedge_moves_away_and_extragradient_settles():
    hedge = played("hedge", 1000, records=1000, step_size=0.05)
    x, y = run_of(hedge)
    (at_x, at_y), (f, r) = GAME.equilibrium, GAME.stakes
    divergence = -r * (at_x * np.log(x) + (1 - at_x) * np.log(1 - x)) - f * (
        at_y * np.log(y) + (1 - at_y) * np.log(1 - y)
    )
    assert (np.diff(divergence, axis=0) > -ROUNDING).all()
    ahead = played("extragradient", 3000, step_size=0.1)
    assert energy(GAME, ahead.last_misconduct, ahead.last_inspection).max() < ROUNDING


def test_a_constant_step_misses_and_misconduct_is_right_while_inspection_is_never_pushed():
    """g = k = 1, f = 4, r = 4, step 1/4: an exact orbit of ten strategies."""
    duel, point, orbit = plain_duel(F(1), F(4), F(1), F(4)), (F(0), F(0)), []
    while point not in orbit:
        orbit.append(point)
        point = gradient_step(duel, *point, F(1, 4))
    assert point == orbit[0]
    means = [sum(values) / len(orbit) for values in zip(*orbit, strict=True)]
    assert means == [F(1, 4), F(9, 20)]
    assert duel.equilibrium == (F(1, 4), F(1, 4))


@pytest.mark.parametrize("rule", ["regret", "hedge", "gradient"])
def test_misconduct_follows_the_audit_reward_and_not_the_penalty(rule):
    """Measured: 40 populations of each game, 4000 rounds of sampled play, steps 0.3/sqrt(t).

    The tolerance is a fifteenth; the error of one average is a few hundredths at this length.
    """
    penalties = np.repeat([1.5, 2.0, 4.0], 40 * 2)
    rewards = np.tile(np.repeat([1.5, 4.0], 40), 3)
    run = learn(
        plain_duel(1.0, penalties, 1.0, rewards),
        rule,
        4000,
        (np.full(240, 0.5), np.full(240, 0.4)),
        step_size=0.3,
        decreasing=True,
        generator=np.random.default_rng(0),
        records=1,
    )
    misconduct = run.average_misconduct.reshape(3, 2, 40).mean(axis=2)
    inspection = run.average_inspection.reshape(3, 2, 40).mean(axis=2)
    np.testing.assert_allclose(misconduct, [[2 / 3, 1 / 4]] * 3, atol=1 / 15)
    expected = [[1 / 1.5] * 2, [1 / 2] * 2, [1 / 4] * 2]
    np.testing.assert_allclose(inspection, expected, atol=1 / 15)


# The runs


def test_matching_and_regrets_in_fractions():
    assert matched(F(3), F(1), F(1, 2)) == F(3, 4)
    assert matched(F(-1), F(0), F(1, 3)) == F(1, 3)
    assert new_regrets(F(0), F(0), F(1, 4), F(2)) == (F(3, 2), F(-1, 2))


@pytest.mark.parametrize("rule", RULES)
def test_records_averages_and_shapes(rule):
    run = played(rule, 101, 7, records=10)
    assert run.times[0] == 1
    assert run.times[-1] == 101
    assert run.misconduct.shape == run.mean_inspection.shape == (len(run.times), 7)
    np.testing.assert_array_equal(run.mean_misconduct[-1], run.average_misconduct)
    every = played(rule, 101, 7, records=101)
    np.testing.assert_allclose(every.misconduct.mean(axis=0), run.average_misconduct, atol=1e-14)
    np.testing.assert_array_equal(played(rule, 101, 7, records=1).times, [101])


def test_the_same_seed_gives_the_same_run():
    one, two = (played("hedge", generator=np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.misconduct, two.misconduct)
    other = played("hedge", generator=np.random.default_rng(6))
    assert (one.misconduct != other.misconduct).any()


def test_bad_runs_are_refused():
    with pytest.raises(ValueError, match="steps is 0: must be at least 1"):
        played("regret", 0)
    with pytest.raises(ValueError, match="rule is extragradient: must be played with expected"):
        played("extragradient", generator=np.random.default_rng(0))


# torch


@pytest.mark.parametrize("rule", RULES)
def test_tensors_give_the_same_run(rule):
    torch = pytest.importorskip("torch", reason="torch, an optional extra, is not installed")
    tensors = tuple(torch.from_numpy(array) for array in starts(30))
    run, same = played(rule), learn(GAME, rule, 400, tensors)
    np.testing.assert_allclose(same.average_misconduct.numpy(), run.average_misconduct, rtol=1e-9)
    if RULES[rule].sampled:
        drawn = learn(GAME, rule, 5, tensors, generator=torch.Generator().manual_seed(0))
        assert set((5 * drawn.average_misconduct).round().tolist()) <= set(range(6))


def test_policy_gradient_averages_near_the_equilibrium():
    """Measured: 50 populations, 600 updates of 8 rounds, step 0.4, seed 0."""
    pytest.importorskip("torch", reason="torch, an optional extra, is not installed")
    from empirical.policy_gradient import policy_gradient

    run = policy_gradient(GAME, 600, 50, step_size=0.4, batch=8, records=20)
    assert run.average_misconduct.mean() == pytest.approx(1 / 3, abs=0.05)
    assert run.average_inspection.mean() == pytest.approx(1 / 4, abs=0.05)
    assert run.misconduct.shape == (20, 50)
    again = policy_gradient(GAME, 30, 50, batch=8)
    np.testing.assert_array_equal(
        again.last_misconduct, policy_gradient(GAME, 30, 50, batch=8).last_misconduct
    )
