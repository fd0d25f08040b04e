"""Alignment as Equilibrium Design: the inspection game, and an auditor who can commit.

Equilibrium is taken from the definition: no pure deviation pays, with expected payoffs from
the two matrices.  `S` is what cheating earns the solver more than honesty, `T` what inspecting
earns the auditor more than not; `x`, `y` are the rates of cheating and of inspection.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction as F
from itertools import product
from typing import Any

import z3

from proofs_check.bimatrix import extreme_equilibria
from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from theory.inspection import (
    InspectionGame,
    auditor_payoffs,
    expected,
    mixed_cheating,
    mixed_inspection,
    solver_payoffs,
)

G, FINE, K, R, D, A, H, Q, X, Y, X2, Y2 = reals("g f k r d a h q x y x2 y2")
BASIC = solver_payoffs(G, FINE), auditor_payoffs(K, R)
GENERAL = solver_payoffs(G, FINE, D, A), auditor_payoffs(K, R, D, A, H, Q)
VALID = [G >= 0, FINE >= 0, K >= 0, R >= 0, H >= 0, 0 < D, D <= 1, unit(A)]
BONUS = A * Q
WORTH = D * (R + H)  # of inspecting a cheat, before its cost
TAKEN = (D - A) * FINE  # off the gain, by an inspection
MIXED = [0 < G, G < TAKEN, BONUS < K, K < WORTH]


def is_equilibrium(game: Any, x: Any, y: Any) -> z3.BoolRef:
    """No pure deviation of either player pays."""
    solver, auditor = game
    return z3.And(
        unit(x, y),
        *(expected(solver, x, y) >= expected(solver, z3.RealVal(pure), y) for pure in (0, 1)),
        *(expected(auditor, x, y) >= expected(auditor, x, z3.RealVal(pure)) for pure in (0, 1)),
    )


def replies(s: Any, t: Any, x: Any, y: Any) -> z3.BoolRef:
    """Each player's rate is a best reply when cheating pays s, and inspecting t, more."""
    return z3.And(
        unit(x, y),
        z3.Implies(s > 0, x == 1),
        z3.Implies(s < 0, x == 0),
        z3.Implies(t > 0, y == 1),
        z3.Implies(t < 0, y == 0),
    )


def regions() -> dict[str, Obligation]:
    """All equilibria by region, with D = `taken`, R = `worth`, b = `bonus` = a q.

    The signs of S(0) = g and S(1) = g - D divide the parameters with g >= 0, and where S changes
    sign inside the interval, those of T(0) = b - k and T(1) = R - k divide them further.
    """
    taken, worth, b = reals("taken worth b")
    t = worth * X + b * (1 - X) - K
    found = replies(G - taken * Y, t, X, Y)
    rates, deters = [unit(X, Y)], [0 < G, G < taken]
    to_cheating = z3.And(z3.Implies(worth > K, Y == 1), z3.Implies(worth < K, Y == 0))
    to_honesty = z3.And(z3.Implies(b > K, Y == 1), z3.Implies(b < K, Y == 0))
    certain_cheating, certain_honesty = z3.And(X == 1, to_cheating), z3.And(X == 0, to_honesty)
    break_even = z3.And((worth - b) * X == K - b, taken * Y == G)
    by_costs = {
        "interior": ([b < K, K < worth], break_even),
        "k > R, k > b": ([b < K, K > worth], z3.And(X == 1, Y == 0)),
        "k = R, k > b": ([b < K, K == worth], z3.And(X == 1, taken * Y <= G)),
        "inspecting the honest pays, k < R": ([b > K, K < worth], z3.And(X == 0, Y == 1)),
        "inspecting the honest pays, k > R": (
            [b > K, K > worth],
            z3.Or(z3.And(X == 0, Y == 1), z3.And(X == 1, Y == 0), break_even),
        ),
        "inspecting the honest pays, k = R": (
            [b > K, K == worth],
            z3.Or(z3.And(X == 0, Y == 1), z3.And(X == 1, taken * Y <= G)),
        ),
        "inspecting the honest breaks even, k < R": (
            [b == K, K < worth],
            z3.And(X == 0, taken * Y >= G),
        ),
        "inspecting the honest breaks even, k > R": (
            [b == K, K > worth],
            z3.Or(z3.And(X == 0, taken * Y >= G), z3.And(X == 1, Y == 0)),
        ),
        "inspecting always breaks even": (
            [b == K, K == worth],
            z3.And(z3.Implies(taken * Y < G, X == 1), z3.Implies(taken * Y > G, X == 0)),
        ),
    }
    return {
        **{
            f"0 < g < D, {label}": ([*deters, *costs, *rates], found == sets)
            for label, (costs, sets) in by_costs.items()
        },
        "g > 0, g > D": ([G > 0, G > taken, *rates], found == certain_cheating),
        "g = D > 0": (
            [G > 0, G == taken, *rates],
            found == z3.Or(certain_cheating, z3.And(Y == 1, t >= 0)),
        ),
        "g = 0 < D": (
            [G == 0, taken > 0, *rates],
            found == z3.Or(certain_honesty, z3.And(Y == 0, t <= 0)),
        ),
        "g = 0 = D": (
            [G == 0, taken == 0, *rates],
            found == z3.And(z3.Implies(t > 0, Y == 1), z3.Implies(t < 0, Y == 0)),
        ),
        "g = 0 > D": (
            [G == 0, taken < 0, *rates],
            found == z3.Or(certain_cheating, z3.And(Y == 0, t <= 0)),
        ),
    }


def five_boxes() -> Obligation:
    """All equilibria at once, in the notation of `regions`."""
    taken, worth, b = reals("taken worth b")
    s, t = G - taken * Y, worth * X + b * (1 - X) - K
    replying = replies(z3.RealVal(0), t, X, Y)
    boxes = z3.Or(
        z3.And(X == 0, replying, s <= 0),
        z3.And(X == 1, replying, s >= 0),
        z3.And(Y == 0, t <= 0, G == 0),
        z3.And(Y == 1, t >= 0, G == taken),
        z3.And(t == 0, s == 0),
    )
    return [unit(X, Y)], replies(s, t, X, Y) == boxes


def games(full: bool) -> list[InspectionGame]:
    """Small games that meet every boundary."""
    small = [F(n) for n in range(3)]
    halves = [F(1, 2), F(1)]
    alarms = [F(0), F(1, 2), F(1)]
    numbers = product(small, small, small, small, halves, alarms, [F(0), F(1)])
    bonuses = [F(-1), F(0), F(1), F(2)] if full else [F(0), F(2)]
    return [InspectionGame(*n, q) for n in numbers for q in bonuses if n[5] > 0 or q == 0]


def agrees_with_gambit(game: InspectionGame) -> bool:
    """The extreme equilibria, and the maximal sets of interchangeable ones, are the same."""
    extreme, maximal = extreme_equilibria(*game.payoffs())
    return set(game.extreme_equilibria()) == extreme and maximal == {
        frozenset(component.corners) for component in game.equilibria()
    }


def test_ed_inspection_regions(check: Check) -> None:
    s = G - TAKEN * Y
    t = WORTH * X + BONUS * (1 - X) - K
    check.prove(
        "equilibrium is mutual best reply",
        [*VALID, unit(X, Y)],
        is_equilibrium(GENERAL, X, Y) == replies(s, t, X, Y),
    )
    check.prove("five boxes, in general", *five_boxes())
    found = regions()
    check.prove_all("every region", "the set of all equilibria, case by case", found)
    check.prove(
        "there is no other region",
        [G >= 0, unit(X, Y)],
        z3.Or(*(z3.And(*given) for given, _ in found.values())),
    )
    check.exhaust(
        "the closed form against Gambit's enumeration",
        "g, f, k, r in {0,1,2}, d in {1/2,1}, a in {0,1/2,1}, h in {0,1}, several q",
        games(check.full),
        agrees_with_gambit,
        role="confirmation",
    )
    check.prove(
        "at k = R the auditor may inspect at any rate",
        [*found["0 < g < D, k = R, k > b"][0], X == 1],
        replies(G - reals("taken")[0] * Y, z3.RealVal(0), X, Y),
        role="control",
    )


def _mixed(check: Check) -> None:
    f2 = reals("f2")[0]
    given = [0 < G, G < FINE, 0 < K, K < R]
    closed = mixed_cheating(K, R), mixed_inspection(G, FINE)
    check.prove(
        "the only equilibrium",
        given,
        is_equilibrium(BASIC, X, Y) == z3.And(X == closed[0], Y == closed[1]),
    )
    other = solver_payoffs(G, f2), BASIC[1]
    check.prove(
        "a higher penalty leaves misconduct and lowers inspection",
        [*given, FINE < f2, is_equilibrium(BASIC, X, Y), is_equilibrium(other, X2, Y2)],
        z3.And(X2 == X, Y2 < Y),
    )
    check.prove(
        "a higher penalty lowers misconduct",
        [*given, FINE < f2, is_equilibrium(BASIC, X, Y), is_equilibrium(other, X2, Y2)],
        X2 < X,
        role="control",
    )


def _two_equilibria(model: Mapping[str, F]) -> bool:
    game = InspectionGame(*(model[name] for name in ("g", "f", "k", "r")))
    return len(extreme_equilibria(*game.payoffs())[0]) > 1


def test_ed_inspection_game(check: Check) -> None:
    _mixed(check)
    check.prove(
        "unique also where inspecting costs nothing",
        [0 < G, G < FINE, 0 <= K, K < R, is_equilibrium(BASIC, X, Y)],
        z3.Implies(is_equilibrium(BASIC, X2, Y2), z3.And(X2 == X, Y2 == Y)),
        role="reading",
        order=[G, FINE, K, R],
        recheck=_two_equilibria,
    )


def test_ed_inspection_game_corrected(check: Check) -> None:
    _mixed(check)
    base = [*VALID, *MIXED]
    closed = mixed_cheating(K, R, D, A, H, Q), mixed_inspection(G, FINE, D, A)
    check.prove(
        "imperfect detection, false alarms, harm",
        base,
        replies(G - TAKEN * Y, WORTH * X + BONUS * (1 - X) - K, X, Y)
        == z3.And(X == closed[0], Y == closed[1]),
    )
    check.prove(
        "a completely mixed equilibrium needs 0 < g < f and 0 < k < r",
        [G >= 0, K >= 0, FINE > 0, R > 0, 0 < X, X < 1, 0 < Y, Y < 1, is_equilibrium(BASIC, X, Y)],
        z3.And(0 < G, G < FINE, 0 < K, K < R),
    )
    check.prove(
        "at k = 0 honesty with any y >= g/f",
        [0 < G, G < FINE, K == 0, R > 0],
        is_equilibrium(BASIC, X, Y) == z3.And(X == 0, unit(Y), FINE * Y >= G),
    )
