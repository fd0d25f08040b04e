"""Alignment as Equilibrium Design: the rational offender.

Utilities enter as uninterpreted reals: `ua`, `ub` of an offender unpunished and punished, `uc`
of who abstains.  That utility increases, or is concave, is what is assumed about them, so a
proof holds for every such function.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction as F
from itertools import product
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.smt import reals
from theory.offender import (
    Gains,
    Regime,
    Utility,
    advantage,
    neutral_threshold,
    offence_rate,
    offending_pays,
)

W, G, FINE, PI, E, K = reals("w g f pi e k")
UA, UB, UC = reals("ua ub uc")
AVERSE, LOVING = Utility("crra", 2), Utility("crra", -1)  # U = -1/x and U = x^2/2


def neutral(g: Any, pi: Any, f: Any, e: Any = 0) -> Any:
    """What offending is worth to a risk-neutral agent, from the definition."""
    return advantage(W + g, W + g - f, W, W - f, pi, e)


def abstains(value: Any) -> z3.BoolRef:
    return z3.Not(value > 0)


def by_counting(g: F, punished: int, mistaken: int, worlds: int, f: F) -> bool:
    """Whether offending has the larger total over equally likely worlds."""
    return worlds * g - punished * f > -mistaken * f


def counted_agents() -> list[tuple[F, F, int, int]]:
    gains = [F(n, 2) for n in range(7)]
    return [(g, F(f), a, b) for g, f, a, b in product(gains, range(4), range(5), range(5))]


def test_ed_deterrence(check: Check) -> None:
    given = [unit(PI), FINE >= 0]
    check.prove(
        "abstains iff g <= pi f",
        given,
        abstains(neutral(G, PI, FINE)) == (neutral_threshold(PI, FINE) >= G),
    )
    check.exhaust(
        "counted over four equally likely worlds",
        "gains to 3 by halves, penalties 0 to 3, 0 to 4 of 4 worlds punish",
        counted_agents(),
        lambda c: (
            (offending_pays(c[0], Regime(F(c[2], 4), c[1])) > 0)
            == by_counting(c[0], c[2], 0, 4, c[1])
        ),
        role="confirmation",
    )
    check.prove(
        "abstains iff g < pi f",
        given,
        abstains(neutral(G, PI, FINE)) == (G < PI * FINE),
        role="control",
    )


def _levers(check: Check) -> None:
    ua2, ub2, pi2, rate, rate2, mass = reals("ua2 ub2 pi2 rate rate2 mass")
    before, after = advantage(UA, UB, UC, UC, PI), advantage(ua2, ub2, UC, UC, pi2)
    increasing = [unit(PI, pi2), UB <= UA, ub2 <= ua2]
    check.prove_all(
        "one agent of any increasing utility",
        "who offends under the stricter regime offends under the laxer",
        {
            "detection": (
                [*increasing, ua2 == UA, ub2 == UB, PI <= pi2],
                z3.Implies(after > 0, before > 0),
            ),
            "penalty": (
                [*increasing, ua2 == UA, ub2 <= UB, PI == pi2],
                z3.Implies(after > 0, before > 0),
            ),
            "gain": (
                [*increasing, ua2 >= UA, ub2 >= UB, PI == pi2],
                z3.Implies(before > 0, after > 0),
            ),
        },
    )
    worth, worth2 = reals("worth worth2")
    check.prove_all(
        "any finite population",
        "induction over the agents",
        {
            "nobody": ([], z3.RealVal(0) >= 0),
            "one more": (
                [mass > 0, rate >= rate2, z3.Implies(worth2 > 0, worth > 0)],
                rate + z3.If(worth > 0, mass, 0) >= rate2 + z3.If(worth2 > 0, mass, 0),
            ),
        },
    )
    check.cite("any distribution", "Kolmogorov's axioms: probability is monotone in the event")


def _rates_of_one_gain(model: Mapping[str, F]) -> tuple[F, F]:
    gains = Gains((model["g"],), (F(1),))
    regimes = (Regime(model[pi], model["f"]) for pi in ("pi", "pi2"))
    lax, strict = (offence_rate(gains, regime) for regime in regimes)
    return lax, strict


def test_ed_levers(check: Check) -> None:
    _levers(check)
    pi2 = reals("pi2")[0]
    rate, rate2 = (
        z3.If(neutral(G, pi, FINE) > 0, z3.RealVal(1), z3.RealVal(0)) for pi in (PI, pi2)
    )
    given = [unit(PI, pi2), PI < pi2, FINE > 0, G > 0, rate > 0]
    check.prove(
        "falls strictly",
        given,
        rate2 < rate,
        role="reading",
        order=[G, FINE, PI, pi2],
        recheck=lambda model: len(set(_rates_of_one_gain(model))) == 1,
    )
    check.prove("detection makes no difference", given, rate2 == rate, role="control")


def between_thresholds(check: Check) -> None:
    """What misconduct falls by, agent by agent, when the largest deterred gain rises."""
    low, high, mass = reals("low high mass")
    drop = z3.If(G > low, mass, 0) - z3.If(G > high, mass, 0)
    check.prove(
        "each agent's part in the fall from one threshold to a higher one",
        [mass > 0, low <= high],
        drop == z3.If(z3.And(low < G, G <= high), mass, 0),
    )
    check.prove("a strict fall always", [mass > 0, low < high], drop > 0, role="control")


def test_ed_levers_corrected(check: Check) -> None:
    _levers(check)
    between_thresholds(check)
    x, y = reals("x y")
    check.prove_all(
        "when the threshold pi f moves",
        "each lever needs the other",
        {
            "detection": (
                [FINE >= 0, x < y],
                (neutral_threshold(x, FINE) < neutral_threshold(y, FINE)) == (FINE > 0),
            ),
            "penalty": (
                [PI >= 0, x < y],
                (neutral_threshold(PI, x) < neutral_threshold(PI, y)) == (PI > 0),
            ),
        },
    )


def test_ed_error_costs(check: Check) -> None:
    f2 = reals("f2")[0]
    given = [unit(PI, E), FINE >= 0]
    value = neutral(G, PI, FINE, E)
    check.prove("condition", given, abstains(value) == (neutral_threshold(PI, FINE, E) >= G))
    check.prove_all(
        "mistakes at least as likely as detection",
        "two cases",
        {
            "no positive gain": ([*given, E >= PI, G > 0], value > 0),
            "a higher penalty deters less": (
                [*given, E > PI, FINE < f2],
                neutral_threshold(PI, f2, E) < neutral_threshold(PI, FINE, E),
            ),
        },
    )
    check.exhaust(
        "counted over four equally likely worlds",
        "as for ed_deterrence, and 0 to 4 of 4 worlds punish the innocent",
        product(counted_agents()),
        lambda c: (
            (offending_pays(c[0][0], Regime(F(c[0][2], 4), c[0][1], F(c[0][3], 4))) > 0)
            == by_counting(c[0][0], c[0][2], c[0][3], 4, c[0][1])
        ),
        role="confirmation",
    )
    ignoring = abstains(value) == (G <= PI * FINE)
    check.prove("mistakes change nothing", given, ignoring, role="control")


def test_ed_error_independent(check: Check) -> None:
    d, a = reals("d a")
    given = [unit(d, a), FINE >= 0]
    value = neutral(G, d + (1 - d) * a, FINE, a)
    gap = d * (1 - a) * FINE - neutral_threshold(d, FINE, a)
    check.prove("condition", given, abstains(value) == (d * (1 - a) * FINE >= G))
    check.prove(
        "compared with (d - a) f",
        given,
        z3.And(gap >= 0, (gap == 0) == z3.Or(d == 1, a == 0, FINE == 0)),
    )
    check.prove("the same as (d - a) f", given, gap == 0, role="control")


def test_ed_error_severity(check: Check) -> None:
    pi2, f2 = reals("pi2 f2")
    given = [unit(PI, pi2, E), FINE >= 0, FINE < f2, PI * FINE == pi2 * f2]
    lower = neutral_threshold(pi2, f2, E) < neutral_threshold(PI, FINE, E)
    check.prove("the threshold falls", [*given, E > 0], lower)
    check.prove("without mistakes too", given, lower, role="control")
