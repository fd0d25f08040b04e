"""Alignment as Equilibrium Design: regret, what it says of averages, and how fast it vanishes.

The functions of `theory.learning_rules` are evaluated on solver terms: what is proved is what
runs.  From the regrets of any way of playing follows how far its averages are from the
equilibrium; that the rules have little regret is proved by induction on the rounds.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check, Role
from proofs_check.inspection_encodings import (
    CENTRED,
    CENTRED_GAME,
    GAME,
    PLAIN,
    SAME_GAME,
    cost,
    eta,
    gain,
    inside,
    penalty,
    reward,
    x,
    x_star,
    y,
    y_star,
)
from proofs_check.smt import maximum, reals
from theory.learning_rules import (
    Duel,
    clip,
    error_bounds,
    external_regrets,
    matched,
    new_regrets,
    positive_part,
)

caught, R, S, e = reals("z R S e")
first, second, default, d, D = reals("R1 R2 q d D")
FREQUENCIES = [0 <= caught, caught <= x, caught <= y, x + y - caught <= 1]


def potential(one: Any, other: Any) -> Any:
    """The squared length of the positive regrets."""
    return positive_part(one) * positive_part(one) + positive_part(other) * positive_part(other)


def correlated_equilibrium() -> z3.BoolRef:
    """No agent gains by deviating from a recommendation, in any of the two it may get."""
    cheat_watched, cheat_unwatched = caught, x - caught
    honest_watched, honest_unwatched = y - caught, 1 - x - y + caught
    return z3.And(
        PLAIN.watched * cheat_watched + PLAIN.unwatched * cheat_unwatched >= 0,
        PLAIN.watched * honest_watched + PLAIN.unwatched * honest_unwatched <= 0,
        PLAIN.on_cheat * cheat_watched + PLAIN.on_honest * honest_watched >= 0,
        PLAIN.on_cheat * cheat_unwatched + PLAIN.on_honest * honest_unwatched <= 0,
    )


def within_bounds(factor: Any) -> z3.BoolRef:
    """The four bounds on the averages, cross-multiplied, at a multiple of e."""
    return z3.And(
        -factor * e <= (x - x_star) * y_star,
        (x - x_star) * (1 - y_star) <= factor * e,
        -factor * e <= (y - y_star) * (1 - x_star),
        (y - y_star) * x_star <= factor * e,
    )


def regret_bound(check: Check, factor: Any = 1, role: Role = "conclusion") -> None:
    """Record that small regrets keep the averages near the equilibrium."""
    regrets = external_regrets(CENTRED, x, y, caught)
    given = [*CENTRED_GAME, *FREQUENCIES, regrets[0] == R, regrets[1] == S]
    check.prove(
        f"averages are within {factor} e of the equilibrium, for any way of playing",
        [*given, e == R / penalty + S / reward],
        within_bounds(factor),
        role=role,
    )


def test_ed_ext_regret_bound(check: Check) -> None:
    none = [regret <= 0 for regret in external_regrets(PLAIN, x, y, caught)]
    check.prove_all(
        "both ways to write the game have the equilibrium (k/r, g/f)",
        "one equality each",
        {
            "plain": (
                GAME,
                z3.And(
                    PLAIN.equilibrium[0] * reward == cost, PLAIN.equilibrium[1] * penalty == gain
                ),
            ),
            "centred": (
                SAME_GAME,
                z3.And(
                    CENTRED.cheating(y) == PLAIN.cheating(y),
                    CENTRED.inspecting(x) == PLAIN.inspecting(x),
                    PLAIN.equilibrium[0] == x_star,
                    PLAIN.equilibrium[1] == y_star,
                ),
            ),
        },
    )
    check.prove(
        "coarse correlated and correlated equilibria are the same",
        [*GAME, *FREQUENCIES],
        z3.And(*none) == correlated_equilibrium(),
    )
    check.prove(
        "the only one is the Nash equilibrium",
        [*SAME_GAME, *FREQUENCIES, *none],
        z3.And(x == x_star, y == y_star, caught == x_star * y_star),
    )
    regret_bound(check)
    check.derive("the bounds are those that the program prints", _printed_bounds())
    off_x = external_regrets(CENTRED, x, y_star, x * y_star)
    off_y = external_regrets(CENTRED, x_star, y, x_star * y)
    given_x = [*CENTRED_GAME, *inside(x), e == off_x[0] / penalty + off_x[1] / reward]
    given_y = [*CENTRED_GAME, *inside(y), e == off_y[0] / penalty + off_y[1] / reward]
    check.prove_all(
        "all four bounds are tight",
        "one agent plays the equilibrium, the other more or less than it, independently",
        {
            "x high": ([*given_x, x >= x_star], (x - x_star) * (1 - y_star) == e),
            "x low": ([*given_x, x <= x_star], (x - x_star) * y_star == -e),
            "y high": ([*given_y, y >= y_star], (y - y_star) * x_star == e),
            "y low": ([*given_y, y <= y_star], (y - y_star) * (1 - x_star) == -e),
        },
    )
    regret_bound(check, Fraction(1, 2), "control")


def _printed_bounds() -> dict[str, Any]:
    """The program's bounds less the stated ones."""
    f, r, xs, ys, solver, auditor = sp.symbols("f r x_s y_s R S", positive=True)
    duel = Duel(f * ys, f * ys - f, r - r * xs, -r * xs)
    (low, high), (least, most) = error_bounds(duel, (solver, auditor))
    total = solver / f + auditor / r
    return {
        "x low": low + total / ys,
        "x high": high - total / (1 - ys),
        "y low": least + total / (1 - xs),
        "y high": most - total / xs,
    }


def regret_matching_rate(check: Check) -> None:
    """Record, by induction, that regret matching's regret per round is at most D/sqrt(T)."""
    probability = matched(first, second, default)
    after = new_regrets(first, second, probability, d)
    drawn = [new_regrets(first, second, action, d) for action in (1, 0)]
    T, s, X, Y, C, mean, mean_square = reals("T s X Y C mean meansq")
    sums = external_regrets(PLAIN, X / T, Y / T, C / T)
    kept = (
        PLAIN.unwatched * (T - X) - penalty * (Y - C),
        penalty * C - PLAIN.unwatched * X,
    )
    auditor_kept = (
        reward * (X - C) - cost * (T - Y),
        cost * Y - reward * C,
    )
    following = (
        PLAIN.unwatched * (T + 1 - X - x) - penalty * (Y + y - C - x * y),
        penalty * (C + x * y) - PLAIN.unwatched * (X + x),
    )
    auditor_following = (
        reward * (X + x - C - x * y) - cost * (T + 1 - Y - y),
        cost * (Y + y) - reward * (C + x * y),
    )
    updated = new_regrets(*kept, x, PLAIN.cheating(y))
    auditor_updated = new_regrets(*auditor_kept, y, PLAIN.inspecting(x))
    chance = [0 <= default, default <= 1]
    check.prove_all(
        "regret matching: average regret at most D/sqrt(T), D the largest advantage",
        "induction on the rounds; T D^2 bounds the squared positive regrets",
        {
            "base": ([], potential(z3.RealVal(0), z3.RealVal(0)) == 0),
            "step, expected play": (
                chance,
                potential(*after) <= potential(first, second) + d * d,
            ),
            "step, sampled play, in expectation": (
                chance,
                probability * potential(*drawn[0]) + (1 - probability) * potential(*drawn[1])
                <= potential(first, second) + d * d,
            ),
            "the solver's advantage is at most D": (
                [*GAME, *inside(y)],
                maximum(PLAIN.cheating(y), -PLAIN.cheating(y)) <= maximum(gain, penalty - gain),
            ),
            "the auditor's advantage is at most D": (
                [*GAME, *inside(x)],
                maximum(PLAIN.inspecting(x), -PLAIN.inspecting(x)) <= maximum(cost, reward - cost),
            ),
            "conclusion": (
                [T >= 1, s > 0, s * s == T, D > 0, potential(first, second) <= T * D * D],
                z3.And(first <= D * s, second <= D * s),
            ),
            "sampled play: a bound linear in the square, so that it passes to expectations": (
                [D > 0, s > 0],
                2 * D * s * maximum(first, second) <= potential(first, second) + D * D * s * s,
            ),
            "sampled play, conclusion": (
                [
                    *[T >= 1, s > 0, s * s == T, D > 0, mean_square <= T * D * D],
                    2 * D * s * mean <= mean_square + D * D * s * s,
                ],
                mean <= D * s,
            ),
            "these are the external regrets": (
                [*GAME, T >= 1],
                z3.And(sums[0] * T == maximum(*kept), sums[1] * T == maximum(*auditor_kept)),
            ),
            "kept round by round": (
                GAME,
                z3.And(
                    *[
                        one == other
                        for one, other in zip(
                            (*updated, *auditor_updated),
                            (*following, *auditor_following),
                            strict=True,
                        )
                    ]
                ),
            ),
        },
    )


def gradient_rate(check: Check) -> None:
    """Record that projected gradient play has regret sqrt(T) with steps c/sqrt(t)."""
    u, G, v, w, H, square, after, gap, step, s, t = reals("u G v w H square after gap step s t")
    moved = clip(x + eta * d) - u
    check.prove_all(
        "gradient play: total regret at most 1/(2 eta) + (D^2/2) sum eta, steps not increasing",
        "induction on the rounds; v = 1/(2 eta), square = (x-u)^2, u the fixed strategy",
        {
            "a projected step": (
                [0 <= u, u <= 1, 0 <= x, x <= 1, eta > 0],
                moved * moved <= (x - u) * (x - u) + 2 * eta * d * (x - u) + eta * eta * d * d,
            ),
            "round, in units of v": (
                [
                    w > 0,
                    step > 0,
                    2 * step * w == 1,
                    after <= square - 2 * step * gap + step * step * d * d,
                ],
                after * w <= square * w - gap + step * d * d / 2,
            ),
            "steps do not increase": (
                [0 <= square, square <= 1, 0 < v, v <= w, G + square * v <= v + H],
                G + square * w <= w + H,
            ),
            "sum of 1/sqrt(t)": (
                [s >= 0, t > 0, t * t == s * s + 1],
                2 * s + 1 / t <= 2 * t,
            ),
        },
    )


def error_after(check: Check) -> None:
    """Record what the two rates amount to for the averages."""
    s, A, B = reals("s A B")
    check.prove(
        "regrets of at most A/sqrt(T) and B/sqrt(T) put the averages within that order",
        [
            *CENTRED_GAME,
            *FREQUENCIES,
            s >= 1,
            external_regrets(CENTRED, x, y, caught)[0] * s <= A,
            external_regrets(CENTRED, x, y, caught)[1] * s <= B,
            e * s == A / penalty + B / reward,
        ],
        within_bounds(1),
    )


def test_ed_ext_regret_rates(check: Check) -> None:
    regret_matching_rate(check)
    gradient_rate(check)
    after = new_regrets(first, second, matched(first, second, default), d)
    check.prove(
        "squared regrets grow by half of that",
        [0 <= default, default <= 1],
        potential(*after) <= potential(first, second) + d * d / 2,
        role="control",
    )
