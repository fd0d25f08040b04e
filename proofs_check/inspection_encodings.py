"""The inspection game as formulas: two ways to write it, and what is assumed of play.

`PLAIN` writes it by gain, penalty, cost and reward; `CENTRED` by the stakes f, r and the
equilibrium (x*, y*), which keeps the queries free of fractions.  `same_game` says that they
are one game, and `ed_ext_regret_bound` proves that it is so.
"""

from __future__ import annotations

from typing import Any

import z3

from proofs_check.smt import reals
from theory.learning_rules import Duel, plain_duel

gain, penalty, cost, reward = reals("g f k r")
x, y, x_star, y_star, eta = reals("x y xs ys eta")

PLAIN = plain_duel(gain, penalty, cost, reward)
CENTRED = Duel(
    penalty * y_star, penalty * y_star - penalty, reward - reward * x_star, -reward * x_star
)
GAME = [0 < gain, gain < penalty, 0 < cost, cost < reward]
CENTRED_GAME = [penalty > 0, reward > 0, 0 < x_star, x_star < 1, 0 < y_star, y_star < 1]
SAME_GAME = [*GAME, x_star * reward == cost, y_star * penalty == gain]
BOX = [0 <= x, x <= 1, 0 <= y, y <= 1]
ORIGIN = z3.RealVal(0)


def distance(a: Any, b: Any) -> Any:
    """r a^2 + f b^2: `theory.learning_rules.energy` at the equilibrium plus (a, b)."""
    return reward * a * a + penalty * b * b


def inside(*terms: Any) -> list[z3.BoolRef]:
    """Every term lies in [0, 1]."""
    return [z3.And(0 <= term, term <= 1) for term in terms]


def one_of(term: Any, *values: Any) -> z3.BoolRef:
    """The term is one of the values."""
    return z3.Or(*[term == value for value in values])
