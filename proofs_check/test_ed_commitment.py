"""Alignment as Equilibrium Design: an auditor who commits to an inspection rate.

The solver sees the announced rate y and replies; `star` is g/((d-a) f), `rate` the misconduct
of the simultaneous game, `lead` = star - h/N with N = d(r+h) - aq.  The rest of the notation is
that of `test_ed_inspection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction as F
from itertools import product
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.smt import maximum, reals
from proofs_check.test_ed_inspection import (
    BASIC,
    BONUS,
    FINE,
    GENERAL,
    MIXED,
    TAKEN,
    VALID,
    WORTH,
    Y2,
    A,
    D,
    G,
    H,
    K,
    Q,
    R,
    X,
    Y,
    games,
    is_equilibrium,
)
from theory.inspection import InspectionGame, expected, mixed_cheating, mixed_inspection


def committed(x: Any, y: Any) -> Any:
    """The auditor's payoff when y is announced and the solver cheats at rate x."""
    return expected(GENERAL[1], x, y)


def _deterring(check: Check) -> None:
    given = [0 < G, G < FINE, 0 < K, K < R, unit(Y)]
    cheating = expected(BASIC[0], z3.RealVal(1), Y) - expected(BASIC[0], z3.RealVal(0), Y)
    check.prove(
        "honesty is a best reply from y = g/f on, and the only one above",
        given,
        z3.And(
            (cheating <= 0) == (mixed_inspection(G, FINE) <= Y),
            (cheating < 0) == (mixed_inspection(G, FINE) < Y),
        ),
    )


def _simultaneous_loses(model: Mapping[str, F]) -> bool:
    game = InspectionGame(*(model[name] for name in ("g", "f", "k", "r")))
    deterrence, (cheat, inspect) = game.deterrence(), game.extreme_equilibria()[0]
    auditor = game.payoffs()[1]
    return deterrence is not None and deterrence.auditor < expected(auditor, cheat, inspect)


def test_ed_commitment(check: Check) -> None:
    given = [0 < G, G < FINE, 0 < K, K < R]
    star = mixed_inspection(G, FINE)
    played = [is_equilibrium(BASIC, X, Y)]
    best = expected(BASIC[1], z3.RealVal(1), star)
    _deterring(check)
    check.prove(
        "misconduct 0 instead of k/r, at the same inspection rate",
        [*given, *played],
        z3.And(Y == star, X == mixed_cheating(K, R), X > 0),
    )
    check.prove(
        "the best commitment earns (g/f)(r-k) more",
        [*given, *played],
        z3.And(
            (best - expected(BASIC[1], X, Y)) * FINE == G * (R - K),
            best > expected(BASIC[1], X, Y),
            z3.Implies(
                z3.And(unit(Y2), FINE * Y2 <= G), expected(BASIC[1], z3.RealVal(1), Y2) <= best
            ),
            z3.Implies(
                z3.And(unit(Y2), FINE * Y2 >= G), expected(BASIC[1], z3.RealVal(0), Y2) <= best
            ),
        ),
    )
    check.prove(
        "the deterring commitment earns the auditor more",
        [*given, *played],
        expected(BASIC[1], z3.RealVal(0), star) > expected(BASIC[1], X, Y),
        role="reading",
        order=[G, FINE, K, R],
        recheck=_simultaneous_loses,
    )
    _rarer_inspection(check)


def _rarer_inspection(check: Check) -> None:
    half = mixed_inspection(G, FINE) / 2
    honest, cheating = (expected(BASIC[0], z3.RealVal(pure), half) for pure in (0, 1))
    given = [0 < G, G < FINE, 0 < K, K < R]
    check.prove("half of g/f deters", given, honest >= cheating, role="control")


def test_ed_commitment_corrected(check: Check) -> None:
    _deterring(check)
    star, rate, lead = reals("star rate lead")
    n = WORTH - BONUS
    given = [*VALID, *MIXED, star * TAKEN == G, rate * n == K - BONUS, lead * n == star * n - H]
    zero, one = z3.RealVal(0), z3.RealVal(1)
    cheat, honest = committed(one, star), committed(zero, star)
    played = committed(rate, star)
    check.prove_all(
        "the best commitment is y*, with either reply",
        "against each reply the auditor's payoff is monotone in y",
        {
            "cheating": (
                [*given, unit(Y), G - TAKEN * Y >= 0],
                committed(one, Y) <= cheat,
            ),
            "honest": ([*given, unit(Y), G - TAKEN * Y <= 0], committed(zero, Y) <= honest),
        },
    )
    check.prove(
        "what it earns over the simultaneous game",
        given,
        z3.And(cheat - played == (WORTH - K) * lead, honest - played == -(K - BONUS) * lead),
    )
    check.prove(
        "the sign of Delta",
        given,
        z3.And((lead <= 0) == (star * n <= H), (lead < 0) == (star * n < H)),
    )
    check.prove_all(
        "what deterrence loses the auditor without harm",
        "against the simultaneous game, in general and in the basic game",
        {
            "(k - a q) y*": ([*given, H == 0], played - honest == (K - BONUS) * star),
            "k g / f": ([*given, H == 0, D == 1, A == 0], (played - honest) * FINE == K * G),
        },
    )
    _the_indifferent_abstain(check, given, star, lead)
    b, w = reals("b w")
    signs = [b < K, K < w]
    check.prove(
        "who it is that gains",
        signs,
        z3.And(
            maximum((w - K) * lead, -(K - b) * lead) >= 0,
            (-(K - b) * lead >= (w - K) * lead) == (lead <= 0),
            (-(K - b) * lead > 0) == (lead < 0),
        ),
    )
    check.prove(
        "harm to a principal: none under deterrence, 1/x times as much otherwise",
        given,
        z3.And(0 < rate * (1 - D * star), rate * (1 - D * star) < 1 - D * star, rate < 1),
    )
    check.exhaust(
        "the closed form against every announced rate of a grid with its kinks",
        "the games of ed_inspection_regions",
        games(check.full),
        _best_by_definition,
        role="confirmation",
    )
    check.prove(
        "without harm deterrence loses k g / f in general",
        [*given, H == 0],
        (played - honest) * FINE == K * G,
        role="control",
        order=[G, FINE, K, R, D, A, Q],
    )
    _rarer_inspection(check)


def _the_indifferent_abstain(
    check: Check, given: list[z3.BoolRef], star: z3.ArithRef, lead: z3.ArithRef
) -> None:
    """A solver that is honest unless cheating pays strictly more, against every announced rate."""
    e = reals("e")[0]
    zero, one = z3.RealVal(0), z3.RealVal(1)

    def cheats(y: Any) -> z3.BoolRef:
        return expected(GENERAL[0], one, y) > expected(GENERAL[0], zero, y)

    cheat, honest = committed(one, star), committed(zero, star)
    earned = z3.If(cheats(Y), committed(one, Y), committed(zero, Y))
    check.prove_all(
        "if the indifferent abstain",
        "rates just below y* approach what no rate earns if Delta > 0",
        {
            "at y* - e": (
                [*given, 0 < e, e <= star],
                z3.And(
                    cheats(star - e),
                    cheat - committed(one, star - e) == e * (WORTH - K),
                    e * (WORTH - K) > 0,
                ),
            ),
            "Delta > 0: not attained": ([*given, lead > 0, unit(Y)], earned < cheat),
            "Delta <= 0: attained at y*": (
                [*given, lead <= 0, unit(Y)],
                z3.And(z3.Not(cheats(star)), cheat <= honest, earned <= honest),
            ),
        },
    )


def _best_by_definition(game: InspectionGame) -> bool:
    solver, auditor = game.payoffs()
    rates = {F(n, 12) for n in range(13)} | {y for _, y in game.extreme_equilibria()}
    earned = []
    for y, reply in product(rates, (F(0), F(1))):
        if expected(solver, reply, y) >= expected(solver, 1 - reply, y):
            earned.append(expected(auditor, reply, y))
    return bool(game.commitment().auditor == max(earned))
