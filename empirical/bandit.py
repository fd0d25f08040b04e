"""A principal who does not know the equilibrium: a bandit over penalty and audit reward.

Pulling the arm (f, r) lets a fresh solver and auditor learn the inspection game by sampled
play for some rounds and pays the principal their average (`theory.reward_design`).  Regret is
counted against the optimum that is computed from the equilibrium.

The bandits are our own: UCB1 (Auer, Cesa-Bianchi & Fischer 2002, Theorem 1) with an explicit
scale in place of the range [0, 1], and Thompson sampling for Gaussian rewards of known scale.
Each is a few lines, runs all repetitions at once and needs nothing but NumPy; the libraries
that offer them bring scikit-learn and pandas along and play one repetition at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from theory.learning import learn
from theory.learning_rules import plain_duel
from theory.reward_design import (
    Principal,
    equilibrium_payoff_by_definition,
    payoff_of_play,
)

Pull = Callable[[np.ndarray], np.ndarray]
POLICIES = ("ucb1", "thompson")


@dataclass(frozen=True)
class Arms:
    """The pairs (penalty, reward) of a grid, and their equilibrium payoffs: arrays (arms,)."""

    penalty: np.ndarray
    reward: np.ndarray
    value: np.ndarray

    @property
    def best(self) -> int:
        """The arm with the highest equilibrium payoff."""
        return int(self.value.argmax())


@dataclass(frozen=True)
class Search:
    """What the repetitions of one bandit did.

    `chosen`: arms in order (pulls, repetitions); `regret`: cumulative shortfall of the chosen
    arms' equilibrium payoffs, same shape; `recommended`: the arm pulled most (repetitions,).
    """

    chosen: np.ndarray
    regret: np.ndarray
    recommended: np.ndarray


def grid_arms(principal: Principal, penalties: Sequence[float], rewards: Sequence[float]) -> Arms:
    """All pairs of the grid; raises `ValueError` where the equilibrium is not unique."""
    pairs = [(f, r) for f in penalties for r in rewards]
    values = [float(equilibrium_payoff_by_definition(principal, f, r)) for f, r in pairs]
    penalty, reward = np.array(pairs, dtype=float).T
    return Arms(penalty, reward, np.array(values))


def learners(
    principal: Principal,
    arms: Arms,
    rounds: int,
    generator: np.random.Generator,
    rule: str = "regret",
    step_size: float = 0.1,
) -> Pull:
    """Pulls answered by fresh agents that learn by `rule` for `rounds` rounds of sampled play."""

    def pull(chosen: np.ndarray) -> np.ndarray:
        penalty, reward = arms.penalty[chosen], arms.reward[chosen]
        duel = plain_duel(float(principal.gain), penalty, float(principal.cost), reward)
        start = (np.full(len(chosen), 0.5), np.full(len(chosen), 0.5))
        played = learn(
            duel, rule, rounds, start, step_size=step_size, generator=generator, records=1
        )
        return payoff_of_play(
            principal,
            penalty,
            reward,
            played.average_misconduct,
            played.average_inspection,
            played.caught,
        )

    return pull


def search(
    arms: Arms,
    pull: Pull,
    policy: str,
    pulls: int,
    repetitions: int,
    generator: np.random.Generator,
    scale: float,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Search:
    """Let `repetitions` independent bandits pull `pulls` arms each, every arm once at first.

    `scale`: the spread of one pull's payoff, in the units of the payoff; UCB1 adds
    scale sqrt(2 ln t / n) to a mean of n pulls, Thompson sampling draws from
    Normal(mean, scale^2 / n).  Raises `ValueError` for an unknown policy, or for fewer pulls
    than arms.
    """
    count = len(arms.value)
    if policy not in POLICIES:
        raise ValueError(f"policy is {policy!r}: must be one of {', '.join(POLICIES)}")
    if pulls < count:
        raise ValueError(f"pulls is {pulls}: must be at least the number of arms, {count}")
    every = np.arange(repetitions)
    sums, counts = np.zeros((repetitions, count)), np.zeros((repetitions, count))
    history = np.empty((pulls, repetitions), dtype=int)
    for time in range(pulls):
        if time < count:
            chosen = np.full(repetitions, time)
        else:
            means = sums / counts
            if policy == "ucb1":
                index = means + scale * np.sqrt(2 * np.log(time) / counts)
            else:
                index = means + scale / np.sqrt(counts) * generator.standard_normal(means.shape)
            chosen = index.argmax(axis=1)
        sums[every, chosen] += pull(chosen)
        counts[every, chosen] += 1
        history[time] = chosen
        progress(time + 1, pulls)
    gaps = arms.value[arms.best] - arms.value
    return Search(history, np.cumsum(gaps[history], axis=0), counts.argmax(axis=1))
