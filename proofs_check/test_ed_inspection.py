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
    """All equilibria by region, with D = `taken`, R = `worth`, b = `bonus` = a q."""
    taken, worth, b = reals("taken worth b")
    t = worth * X + b * (1 - X) - K
    found = replies(G - taken * Y, t, X, Y)
    deters, equal, free = [0 < G, G < taken], [0 < G, G == taken], [G == 0, 0 < taken]
    plain = [b < K, unit(X, Y)]
    at_most = (worth - b) * X <= K - b
    return {
        "interior": (
            [*deters, *plain, K < worth],
            found == z3.And((worth - b) * X == K - b, taken * Y == G),
        ),
        "k > R": ([*deters, *plain, K > worth], found == z3.And(X == 1, Y == 0)),
        "k = R": ([*deters, *plain, K == worth], found == z3.And(X == 1, taken * Y <= G)),
        "g > D": (
            [G > taken, G > 0, *plain],
            found == z3.And(X == 1, z3.Implies(worth > K, Y == 1), z3.Implies(worth < K, Y == 0)),
        ),
        "g = D, k < R": (
            [*equal, *plain, K < worth],
            found == z3.And(Y == 1, z3.Not((worth - b) * X < K - b)),
        ),
        "g = D, k = R": ([*equal, *plain, K == worth], found == (X == 1)),
        "g = D, k > R": ([*equal, *plain, K > worth], found == z3.And(X == 1, Y == 0)),
        "g = 0 < D": (
            [*free, *plain],
            found == z3.And(Y == 0, at_most),
        ),
        "inspecting the honest pays": (
            [*deters, b > K, K < worth, unit(X, Y)],
            found == z3.And(X == 0, Y == 1),
        ),
        "inspecting the honest breaks even": (
            [*deters, b == K, K < worth, unit(X, Y)],
            found == z3.And(X == 0, taken * Y >= G),
        ),
        "five boxes, in general": (
            [unit(X, Y)],
            found
            == z3.Or(
                z3.And(X == 0, replies(z3.RealVal(0), t, X, Y), G - taken * Y <= 0),
                z3.And(X == 1, replies(z3.RealVal(0), t, X, Y), G - taken * Y >= 0),
                z3.And(Y == 0, t <= 0, G == 0),
                z3.And(Y == 1, t >= 0, G == taken),
                z3.And(t == 0, G == taken * Y),
            ),
        ),
    }


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
    check.prove_all("every region", "the set of all equilibria, case by case", regions())
    check.exhaust(
        "the closed form against Gambit's enumeration",
        "g, f, k, r in {0,1,2}, d in {1/2,1}, a in {0,1/2,1}, h in {0,1}, several q",
        games(check.full),
        agrees_with_gambit,
        role="confirmation",
    )
    check.prove(
        "at k = R the auditor may inspect at any rate",
        [*regions()["k = R"][0], X == 1],
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
        "a mixed equilibrium needs 0 < g < f and 0 < k < r",
        [G >= 0, K >= 0, FINE > 0, R > 0, 0 < X, X < 1, 0 < Y, Y < 1, is_equilibrium(BASIC, X, Y)],
        z3.And(0 < G, G < FINE, 0 < K, K < R),
    )
    check.prove(
        "at k = 0 honesty with any y >= g/f",
        [0 < G, G < FINE, K == 0, R > 0],
        is_equilibrium(BASIC, X, Y) == z3.And(X == 0, unit(Y), FINE * Y >= G),
    )
