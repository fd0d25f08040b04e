"""Alignment as Equilibrium Design: certainty against severity at a fixed expected penalty.

Two regimes with pi f = pi2 f2 and f < f2, the second the more severe.  Utilities enter as in
`test_ed_deterrence`; `ub2` is that of an offender who pays f2.  Curvature is what is assumed of
the three outcomes of an offender: the middle one lies on, above or below their `chord`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction as F
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.smt import reals
from proofs_check.test_ed_deterrence import (
    AVERSE,
    FINE,
    LOVING,
    PI,
    UA,
    UB,
    UC,
    G,
    W,
    between_thresholds,
    neutral,
)
from theory.offender import NEUTRAL, Gains, Regime, Utility, advantage, offence_rate, offending_pays

PI2, F2, UB2 = reals("pi2 f2 ub2")
CERTAIN, SEVERE = advantage(UA, UB, UC, UC, PI), advantage(UA, UB2, UC, UC, PI2)
FIXED = [unit(PI, PI2), FINE >= 0, FINE < F2, PI * FINE == PI2 * F2]
SOME = PI * FINE > 0
CHORD = F2 * UB - (F2 - FINE) * UA - FINE * UB2


def _expected_utility(check: Check) -> None:
    linear = [UB == UA - FINE, UB2 == UA - F2]
    check.prove_all(
        "every concave, convex and linear utility",
        "the three outcomes of an offender, the middle one on, above or below the chord",
        {
            "averse": ([*FIXED, CHORD >= 0], CERTAIN >= SEVERE),
            "loving": ([*FIXED, CHORD <= 0], CERTAIN <= SEVERE),
            "neutral": ([*FIXED, *linear], CERTAIN == SEVERE),
            "strictly averse": ([*FIXED, SOME, CHORD > 0], CERTAIN > SEVERE),
            "strictly loving": ([*FIXED, SOME, CHORD < 0], CERTAIN < SEVERE),
        },
    )


def test_ed_certainty_severity(check: Check) -> None:
    _expected_utility(check)
    regimes = Regime(F(1, 2), F(2)), Regime(F(1, 4), F(4))

    def deterred(utility: Utility, gain: F) -> list[bool]:
        return [offending_pays(gain, regime, utility, F(6)) <= 0 for regime in regimes]

    check.certify(
        "gains that only one of two regimes deters",
        lambda: (
            deterred(AVERSE, F(3, 2)) == [False, True]
            and deterred(LOVING, F(4, 5)) == [True, False]
            and deterred(NEUTRAL, F(1)) == [True, True]
            and deterred(NEUTRAL, F(13, 12)) == [False, False]
        ),
        {"regimes (pi, f)": "(1/2, 2), (1/4, 4)", "wealth": 6, "utilities": "-1/x, x^2/2, x"},
        role="confirmation",
    )
    _deters_strictly_more(check)
    check.prove(
        "severity deters a risk lover more",
        [*FIXED, SOME, CHORD < 0],
        CERTAIN >= SEVERE,
        role="control",
    )


def _deters_strictly_more(check: Check) -> None:
    outcomes = [W > 0, G > 0, W + G > F2]
    certain, severe = (_averse_worth(pi, f) for pi, f in ((PI, FINE), (PI2, F2)))
    check.prove(
        "severity lowers the misconduct of the risk averse (-1/x) strictly",
        [*outcomes, *FIXED, SOME, certain > 0],
        severe <= 0,
        role="reading",
        order=[FINE, F2, PI, PI2, G, W],
        recheck=lambda model: _averse_rates(model) == [1, 1],
    )
    check.prove(
        "severity costs a risk averter (-1/x) utility also at an expected penalty of 0",
        [*outcomes, *FIXED, PI * FINE == 0],
        severe < certain,
        role="reading",
        order=[FINE, F2, PI, PI2, G, W],
        recheck=lambda model: len(set(_averse_values(model))) == 1,
    )


def _averse_worth(pi: Any, fine: Any) -> Any:
    return advantage(-1 / (W + G), -1 / (W + G - fine), -1 / W, -1 / W, pi)


def _two_regimes(model: Mapping[str, F]) -> list[Regime]:
    return [Regime(model["pi"], model["f"]), Regime(model["pi2"], model["f2"])]


def _averse_rates(model: Mapping[str, F]) -> list[F]:
    gains = Gains((model["g"],), (F(1),))
    return [offence_rate(gains, regime, AVERSE, model["w"]) for regime in _two_regimes(model)]


def _averse_values(model: Mapping[str, F]) -> list[F]:
    return [offending_pays(model["g"], r, AVERSE, model["w"]) for r in _two_regimes(model)]


def test_ed_certainty_severity_corrected(check: Check) -> None:
    _expected_utility(check)
    # Thresholds g, g2 are the gains at which the regimes leave an agent indifferent: `ua`, `ub`,
    # `ub2` belong to the gain g, `ua_at`, `ub2_at` to g2.
    g2, ua_at, ub2_at = reals("g2 ua_at ub2_at")
    tie = [CERTAIN == 0, advantage(ua_at, ub2_at, UC, UC, PI2) == 0]
    rising = [
        *(UB2 < UB, UB <= UA, (UB == UA) == (FINE == 0)),
        z3.Implies(g2 < G, z3.And(ua_at < UA, ub2_at < UB2)),
        z3.Implies(g2 == G, z3.And(ua_at == UA, ub2_at == UB2)),
        z3.Implies(g2 > G, z3.And(ua_at > UA, ub2_at > UB2)),
    ]
    given = [*FIXED, *tie, *rising]
    linear = neutral(G, PI, FINE), neutral(g2, PI2, F2)
    check.prove_all(
        "the largest deterred gain, g under the certain and g2 under the severe regime",
        "utility increases in the gain, so indifference at g2 <= g is excluded (or at g2 >= g)",
        {
            "averse": ([*given, CHORD >= 0], g2 >= G),
            "loving": ([*given, CHORD <= 0], g2 <= G),
            "neutral": ([*FIXED, linear[0] == 0, linear[1] == 0], z3.And(g2 == G, G == PI * FINE)),
            "strictly averse": ([*given, SOME, CHORD > 0], g2 > G),
            "strictly loving": ([*given, SOME, CHORD < 0], g2 < G),
            "no expected penalty": ([*given, PI * FINE == 0], z3.And(g2 == G, UA == UC)),
        },
    )
    other, ub_at = reals("other ub_at")
    check.prove(
        "under one regime, who offends is who gains more than its largest deterred gain",
        [
            *(unit(PI), CERTAIN == 0),
            z3.Implies(other < G, z3.And(ua_at < UA, ub_at < UB)),
            z3.Implies(other == G, z3.And(ua_at == UA, ub_at == UB)),
            z3.Implies(other > G, z3.And(ua_at > UA, ub_at > UB)),
        ],
        (advantage(ua_at, ub_at, UC, UC, PI) > 0) == (other > G),
    )
    between_thresholds(check)
    check.prove(
        "strictly averse: the threshold rises whatever the expected penalty",
        [*given, CHORD > 0],
        g2 > G,
        role="control",
    )
