"""Alignment as Equilibrium Design: sentences of the article that say more than the model gives.

Notation as in `test_ed_deterrence` and `test_ed_inspection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction as F

import z3

from proofs_check.bimatrix import extreme_equilibria
from proofs_check.check import Check, Role
from proofs_check.encodings import unit
from proofs_check.smt import reals
from proofs_check.test_ed_deterrence import AVERSE, FINE, LOVING, PI, UA, UB, UC, G, K, W, abstains
from proofs_check.test_ed_inspection import (
    BASIC,
    BONUS,
    GENERAL,
    MIXED,
    TAKEN,
    VALID,
    WORTH,
    X2,
    Y2,
    A,
    D,
    H,
    Q,
    R,
    X,
    Y,
    is_equilibrium,
    replies,
)
from theory.inspection import InspectionGame, mixed_cheating, solver_payoffs
from theory.offender import Regime, advantage, largest_deterred_gain, offending_pays


def test_ed_prose_expected_cost(check: Check) -> None:
    check.prove(
        "in utility, for every utility function",
        [unit(PI)],
        (advantage(UA, UB, UC, UC, PI) > 0) == (UA - UC > PI * (UA - UB)),
    )
    _in_money(check, "in money, for utility -1/x", "reading")
    check.prove(
        "the cost counted from abstaining, not from the gain",
        [unit(PI), UB < UC, UC < UA],
        (advantage(UA, UB, UC, UC, PI) > 0) == (UA - UC > PI * (UC - UB)),
        role="control",
    )


def _in_money(check: Check, name: str, role: Role) -> None:
    """For utility -1/x: whoever gains more than pi f offends."""
    outcomes = [W > 0, G > 0, FINE > 0, W + G > FINE, unit(PI)]
    worth = advantage(-1 / (W + G), -1 / (W + G - FINE), -1 / W, -1 / W, PI)
    check.prove(
        name,
        [*outcomes, G > PI * FINE],
        worth > 0,
        role=role,
        order=[G, W, FINE, PI],
        recheck=lambda m: (
            offending_pays(m["g"], Regime(m["pi"], m["f"]), AVERSE, m["w"]) <= 0
            and largest_deterred_gain(Regime(m["pi"], m["f"])) < m["g"]
        ),
    )


def test_ed_prose_expected_cost_corrected(check: Check) -> None:
    # Tangent of U at w with slope s > 0: above a concave U, below a convex one.
    slope = reals("slope")[0]
    value = advantage(UA, UB, UC, UC, PI)
    given = [unit(PI), slope > 0, FINE >= 0]
    tangent = UC + slope * G, UC + slope * (G - FINE)
    check.prove_all(
        "who may deviate from g > pi f",
        "utility against its tangent at w",
        {
            "averse": (
                [*given, UA <= tangent[0], UB <= tangent[1], G <= PI * FINE],
                abstains(value),
            ),
            "loving": ([*given, UA >= tangent[0], UB >= tangent[1], G > PI * FINE], value > 0),
        },
    )
    regime = Regime(F(1, 2), F(2))
    check.certify(
        "both deviations occur",
        lambda: (
            offending_pays(F(11, 10), regime, AVERSE, F(4)) <= 0
            and offending_pays(F(9, 10), regime, LOVING, F(4)) > 0
        ),
        {
            "regime": "pi = 1/2, f = 2",
            "wealth": 4,
            "utilities": "-1/x, x^2/2",
            "gains": (F(11, 10), F(9, 10)),
        },
    )
    _in_money(check, "utility -1/x: never abstains at g > pi f", "control")


def _given_detection(check: Check) -> None:
    ub2 = reals("ub2")[0]
    check.prove(
        "at a given probability of detection, for every increasing utility",
        [unit(PI), ub2 <= UB],
        z3.Implies(
            abstains(advantage(UA, UB, UC, UC, PI)), abstains(advantage(UA, ub2, UC, UC, PI))
        ),
    )


def _detected_less(model: Mapping[str, F]) -> bool:
    """A higher penalty leaves misconduct as it was, and more of it undetected."""
    games = [InspectionGame(*(model[n] for n in ("g", f, "k", "r"))) for f in ("f", "f2")]
    (x, y), (x2, y2) = (game.extreme_equilibria()[0] for game in games)
    return bool(x == x2 and games[0].undetected(x, y) < games[1].undetected(x2, y2))


def test_ed_prose_penalties(check: Check) -> None:
    f2 = reals("f2")[0]
    _given_detection(check)
    other = solver_payoffs(G, f2), BASIC[1]
    given = [0 < G, G < FINE, FINE < f2, 0 < K, K < R]
    played = [is_equilibrium(BASIC, X, Y), is_equilibrium(other, X2, Y2)]
    order = [G, FINE, f2, K, R]
    check.prove(
        "in equilibrium",
        [*given, *played],
        X2 < X,
        role="prose",
        order=order,
        recheck=_detected_less,
    )
    check.prove(
        "in equilibrium, of undetected misconduct",
        [*given, *played],
        X2 * (1 - Y2) < X * (1 - Y),
        role="prose",
        order=order,
        recheck=_detected_less,
    )
    ub2 = reals("ub2")[0]
    lower, higher = (advantage(UA, punished, UC, UC, PI) for punished in (UB, ub2))
    check.prove(
        "at a given probability of detection a higher penalty deters nobody",
        [unit(PI), ub2 < UB, UB < UC, UC < UA],
        z3.Implies(abstains(higher), abstains(lower)),
        role="control",
    )


def test_ed_prose_penalties_corrected(check: Check) -> None:
    _given_detection(check)
    f2, k2, r2, d2, a2, h2, q2 = reals("f2 k2 r2 d2 a2 h2 q2")
    valid = [*VALID, *MIXED]
    severer = [
        *(*valid, FINE < f2, X * (WORTH - BONUS) == K - BONUS),
        *(Y * TAKEN == G, Y2 * (D - A) * f2 == G),
    ]
    check.prove(
        "the equilibrium's misconduct stays, inspections fall, undetected misconduct rises",
        severer,
        z3.And(X > 0, Y2 < Y, X * (1 - D * Y2) > X * (1 - D * Y)),
    )
    rate = mixed_cheating(K, R, D, A, H, Q)
    alarms = [unit(a2), G < (D - a2) * FINE, BONUS < a2 * q2, a2 * q2 < K]
    better = [k2 <= K, r2 >= R, d2 >= D, d2 <= 1, h2 >= H, BONUS < k2]
    changed = mixed_cheating(k2, r2, d2, A, h2, Q)
    check.prove_all(
        "what lowers misconduct",
        "one lever at a time; all others held",
        {
            "cost": ([*valid, BONUS < k2, k2 < K], mixed_cheating(k2, R, D, A, H, Q) < rate),
            "reward": ([*valid, r2 > R], mixed_cheating(K, r2, D, A, H, Q) < rate),
            "detection": ([*valid, D < d2, d2 <= 1], mixed_cheating(K, R, d2, A, H, Q) < rate),
            "harm": ([*valid, h2 > H], mixed_cheating(K, R, D, A, h2, Q) < rate),
            "a q": ([*valid, *alarms], mixed_cheating(K, R, D, a2, H, q2) < rate),
            "together": ([*valid, *better], changed <= rate),
        },
    )
    check.prove(
        "false alarms at least as likely as detection: everybody cheats",
        [*VALID, G > 0, A >= D, is_equilibrium(GENERAL, X, Y)],
        X == 1,
    )
    one = F(1)
    games = [InspectionGame(one, F(4), one, F(2), one, a, F(0), one) for a in (F(0), F(1, 4))]
    check.certify(
        "fewer false alarms, more misconduct",
        lambda: (
            [game.extreme_equilibria() for game in games]
            == [((F(1, 2), F(1, 4)),), ((F(3, 7), F(1, 3)),)]
        ),
        {"g, f, k, r, d, h, q": "1, 4, 1, 2, 1, 0, 1", "a": "0, 1/4", "x": "1/2, 3/7"},
        role="confirmation",
    )
    check.prove(
        "a higher penalty does not raise undetected misconduct in equilibrium",
        severer,
        X * (1 - D * Y2) <= X * (1 - D * Y),
        role="control",
        order=[G, FINE, f2, K, R, D, A, H, Q],
    )


def _misconduct_is_left(model: Mapping[str, F]) -> bool:
    game = InspectionGame(*(model[name] for name in ("g", "f", "k", "r")))
    return all(cheat > 0 for cheat, _ in extreme_equilibria(*game.payoffs())[0])


def test_ed_prose_minimised(check: Check) -> None:
    share = reals("share")[0]
    check.prove(
        "some reward makes misconduct as rare as desired",
        [0 < share, share < 1, 0 < G, G < FINE, K > 0, R * share == K],
        is_equilibrium(BASIC, share, G / FINE),
    )
    check.prove(
        "no misconduct is left",
        [0 < G, G < FINE, 0 < K, K < R, is_equilibrium(BASIC, X, Y)],
        X == 0,
        role="reading",
        order=[G, FINE, K, R],
        recheck=_misconduct_is_left,
    )
    _misconduct_stays_rare(check)


def _misconduct_stays_rare(check: Check) -> None:
    check.prove(
        "misconduct is below one half in every mixed equilibrium",
        [0 < G, G < FINE, 0 < K, K < R, is_equilibrium(BASIC, X, Y)],
        2 * X < 1,
        role="control",
    )


def test_ed_prose_minimised_corrected(check: Check) -> None:
    honest = z3.RealVal(0)
    possible = z3.And(G <= TAKEN, BONUS >= K)
    check.prove_all(
        "when honesty is an equilibrium",
        "necessary; sufficient with y = 1",
        {
            "necessary": ([*VALID, G > 0, is_equilibrium(GENERAL, honest, Y)], possible),
            "sufficient": (
                [*VALID, G > 0, possible],
                is_equilibrium(GENERAL, honest, z3.RealVal(1)),
            ),
        },
    )
    check.prove(
        "the incentive to cheat in the mixed equilibrium",
        [*VALID, *MIXED, replies(G - TAKEN * Y, WORTH * X + BONUS * (1 - X) - K, X, Y)],
        z3.And(G - TAKEN * Y == 0, 0 < X, X < 1),
    )
    _misconduct_stays_rare(check)
