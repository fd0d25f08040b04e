"""How agents learn to play the inspection game: the rules, and what bounds their errors.

A solver cheats with probability x (misconduct), an auditor inspects with probability y.  Of a
2x2 game only the four differences of a :class:`Duel` matter for learning, and with them

    cheating(y)   = f (y* - y),   inspecting(x) = r (x - x*),

the advantage of cheating over honesty and of inspecting over not; (x*, y*) is the unique,
fully mixed equilibrium, f and r are the stakes (penalty and audit reward in the plain game).

Rules, each applied by both agents at the same time, with step eta:

* ``regret``: regret matching (Hart & Mas-Colell 2000), in proportion to positive regrets;
* ``hedge``: multiplicative weights, the log-odds move by eta times the advantage;
* ``gradient``: projected gradient play, the probability moves by eta times the advantage;
* ``extragradient``: the same, with the advantage at the point that gradient play would reach.

Play is either expected (both agents see the other's probabilities) or sampled (both see the
other's action, and know what either action of their own would have paid).  The rules are
written on plain arithmetic and :func:`theory.piecewise.select`: they run on rationals, NumPy
arrays and torch tensors, and the ledger proves statements about these very functions
(`ed_learning`, `ed_ext_regret_bound`, `ed_ext_never_settles`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from theory.piecewise import select


@dataclass(frozen=True)
class Duel:
    """The payoff differences of a 2x2 inspection game; scalars, or one per population.

    `unwatched`, `watched`: cheating minus honesty, not inspected (> 0) and inspected (< 0);
    `on_cheat`, `on_honest`: inspecting minus not, facing a cheat (> 0) and not (< 0).  With
    these signs the game has one equilibrium, and it is fully mixed.
    """

    unwatched: Any
    watched: Any
    on_cheat: Any
    on_honest: Any

    def cheating(self, inspection: Any) -> Any:
        """Advantage of cheating over honesty at an inspection rate."""
        return self.unwatched - (self.unwatched - self.watched) * inspection

    def inspecting(self, misconduct: Any) -> Any:
        """Advantage of inspecting over not inspecting at a misconduct rate."""
        return self.on_honest + (self.on_cheat - self.on_honest) * misconduct

    @property
    def stakes(self) -> tuple[Any, Any]:
        """(f, r): how much the other's action changes each agent's advantage; both > 0."""
        return self.unwatched - self.watched, self.on_cheat - self.on_honest

    @property
    def equilibrium(self) -> tuple[Any, Any]:
        """(x*, y*): misconduct leaves the auditor indifferent, inspection the solver.

        >>> from fractions import Fraction as F
        >>> plain_duel(gain=F(1), penalty=F(4), cost=F(1), reward=F(3)).equilibrium
        (Fraction(1, 3), Fraction(1, 4))
        """
        solver, auditor = self.stakes
        return -self.on_honest / auditor, self.unwatched / solver


def plain_duel(gain: Any, penalty: Any, cost: Any, reward: Any) -> Duel:
    """The plain inspection game; 0 < gain < penalty and 0 < cost < reward."""
    return Duel(gain, gain - penalty, reward - cost, -cost)


def duel_of(solver: Any, auditor: Any) -> Duel:
    """The duel of two payoff matrices: rows cheat, honest; columns inspect, not.

    Raises `ValueError` if the signs are not those of a game with one, mixed equilibrium.
    """
    duel = Duel(
        solver[0][1] - solver[1][1],
        solver[0][0] - solver[1][0],
        auditor[0][0] - auditor[0][1],
        auditor[1][0] - auditor[1][1],
    )
    for name, value, positive in (
        ("cheating unwatched", duel.unwatched, True),
        ("cheating when inspected", duel.watched, False),
        ("inspecting a cheat", duel.on_cheat, True),
        ("inspecting the honest", duel.on_honest, False),
    ):
        if not bool(np.all(np.asarray(value > 0 if positive else value < 0))):
            sign = "positive" if positive else "negative"
            raise ValueError(f"advantage of {name} is {value}: must be {sign}")
    return duel


def positive_part(value: Any) -> Any:
    """max(value, 0)."""
    return select(value > 0, value, 0 * value + 0)


def clip(value: Any) -> Any:
    """The nearest point of [0, 1]."""
    return select(value < 0, 0 * value + 0, select(value > 1, 0 * value + 1, value))


def matched(first: Any, second: Any, default: Any) -> Any:
    """Probability of the first of two actions with these regrets; `default` if none is positive.

    >>> matched(3.0, 1.0, 0.5), matched(-1.0, 2.0, 0.5), matched(-1.0, 0.0, 0.5)
    (0.75, 0.0, 0.5)
    """
    ours, total = positive_part(first), positive_part(first) + positive_part(second)
    return select(total > 0, ours / select(total > 0, total, 0 * total + 1), default)


def new_regrets(first: Any, second: Any, probability: Any, advantage: Any) -> tuple[Any, Any]:
    """Regrets for not having played each action, after a round with this advantage of the first."""
    return first + (1 - probability) * advantage, second - probability * advantage


def gradient_step(duel: Duel, x: Any, y: Any, step: Any) -> tuple[Any, Any]:
    """One round of projected gradient play from the strategies (x, y)."""
    return clip(x + step * duel.cheating(y)), clip(y + step * duel.inspecting(x))


def extragradient_step(duel: Duel, x: Any, y: Any, step: Any) -> tuple[Any, Any]:
    """The same with the advantages at the point that `gradient_step` would reach."""
    ahead_x, ahead_y = gradient_step(duel, x, y, step)
    return clip(x + step * duel.cheating(ahead_y)), clip(y + step * duel.inspecting(ahead_x))


def energy(duel: Duel, x: Any, y: Any) -> Any:
    """r (x - x*)^2 + f (y - y*)^2: conserved by gradient flow, the distance that orbits keep.

    Gradient play with a step common to both agents never lowers it while nothing is clipped.

    >>> energy(plain_duel(1.0, 2.0, 1.0, 2.0), 0.5, 1.0)
    0.5
    """
    (misconduct, inspection), (solver, auditor) = duel.equilibrium, duel.stakes
    return auditor * (x - misconduct) * (x - misconduct) + solver * (y - inspection) * (
        y - inspection
    )


def external_regrets(duel: Duel, x: Any, y: Any, caught: Any) -> tuple[Any, Any]:
    """Average regret of solver and auditor against their better fixed action.

    `x`, `y`, `caught`: frequencies of misconduct, of inspection, and of both together.
    """
    earned = duel.unwatched * x - duel.stakes[0] * caught
    received = duel.on_honest * y + duel.stakes[1] * caught
    return positive_part(duel.cheating(y)) - earned, positive_part(duel.inspecting(x)) - received


def error_bounds(duel: Duel, regrets: tuple[Any, Any]) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Bounds (low, high) on the errors of average misconduct and inspection (all tight; proved).

    With e = solver's regret / f + auditor's regret / r (either regret may be negative, e is
    not):  -e/y* <= x - x* <= e/(1 - y*)  and  -e/(1 - x*) <= y - y* <= e/x*, for every way of
    playing (`ed_ext_regret_bound`).
    """
    (misconduct, inspection), (solver, auditor) = duel.equilibrium, duel.stakes
    e = regrets[0] / solver + regrets[1] / auditor
    return (-e / inspection, e / (1 - inspection)), (-e / (1 - misconduct), e / misconduct)


State = tuple[Any, ...]


def namespace(array: Any) -> Any:
    """The library that `array` comes from: NumPy or torch."""
    return import_module(type(array).__module__.partition(".")[0])


@dataclass(frozen=True)
class Rule:
    """How two agents that use it begin, what they play in a state, and how a round changes it."""

    begin: Callable[[Any, Any], State]
    strategies: Callable[[State], tuple[Any, Any]]
    update: Callable[[Duel, State, Any, Any, Any], State]
    steps_matter: bool = True
    sampled: bool = True


def _match(state: State) -> tuple[Any, Any]:
    first, second, third, fourth, x, y = state
    return matched(first, second, x), matched(third, fourth, y)


def _regret_update(duel: Duel, state: State, x: Any, y: Any, step: Any) -> State:
    solver = new_regrets(state[0], state[1], x, duel.cheating(y))
    auditor = new_regrets(state[2], state[3], y, duel.inspecting(x))
    return (*solver, *auditor, state[4], state[5])


def _odds(x: Any, y: Any) -> State:
    xp = namespace(x)
    return xp.log(x / (1 - x)), xp.log(y / (1 - y))


def _from_odds(state: State) -> tuple[Any, Any]:
    xp = namespace(state[0])  # (1 + tanh(L/2)) / 2 is the logistic function without overflow
    return (1 + xp.tanh(state[0] / 2)) / 2, (1 + xp.tanh(state[1] / 2)) / 2


def _move(duel: Duel, state: State, x: Any, y: Any, step: Any) -> State:
    return state[0] + step * duel.cheating(y), state[1] + step * duel.inspecting(x)


def _project(duel: Duel, state: State, x: Any, y: Any, step: Any) -> State:
    moved = _move(duel, state, x, y, step)
    return clip(moved[0]), clip(moved[1])


RULES = {
    "regret": Rule(
        lambda x, y: (0 * x, 0 * x, 0 * y, 0 * y, x, y),
        _match,
        _regret_update,
        steps_matter=False,
    ),
    "hedge": Rule(_odds, _from_odds, _move),
    "gradient": Rule(lambda x, y: (x, y), lambda state: (state[0], state[1]), _project),
    "extragradient": Rule(
        lambda x, y: (x, y),
        lambda state: (state[0], state[1]),
        lambda duel, state, x, y, step: extragradient_step(duel, x, y, step),
        sampled=False,
    ),
}
