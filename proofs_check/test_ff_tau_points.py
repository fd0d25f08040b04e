"""Friend or Foe, Section 6.2, E.1 and E.4: reachable masses, trust and hedge points, thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import same_pair, unit
from proofs_check.encodings_tau import (
    BELOW,
    HIGH,
    LOW,
    SHARE,
    TIPPING,
    E,
    P,
    Q,
    R,
    U,
    below_line,
    bernoulli_pair,
    best_of,
    inducible,
    ordered,
    worst_of,
)
from proofs_check.smt import reals
from theory import bounded, points
from theory.bounded_definition import bernoulli_pair_by_definition

TIGHT = [*BELOW, LOW < HIGH, SHARE]
P1 = P * (1 + 2 * HIGH - 4 * LOW) - (HIGH - 2 * LOW * LOW)
"""Has the sign of p - p1, as 1 + 2 high - 4 low > 0 for low < 1/2 and low < high."""
TRUST_HIGH = U * (2 * HIGH - 1)
OWN = (U * (2 * LOW - 1), TRUST_HIGH)
OTHER = ((1 - U) * (2 * LOW - 1), TRUST_HIGH)
HEDGE = (2 * P - 1, R * (2 * HIGH - 1))
NOBODY = (z3.RealVal(0), z3.RealVal(0))


def printed_trust() -> Any:
    """Equation (5) as printed."""
    return z3.If(P1 < 0, worst_of(U), worst_of(1 - U)), best_of(U)


def test_ff_tau_trust(check: Check) -> None:
    pair = bernoulli_pair(U)
    check.prove(
        "what Ber(q_T) yields, for p < 1/2 <= high",
        TIGHT,
        same_pair(pair, printed_trust()),
    )
    check.prove_all(
        "the shipped point",
        "its share, its values on both sides of p1",
        {
            "share": (TIGHT, bounded.trust_share(P, LOW, HIGH) == U),
            "sign": (TIGHT, (bounded.other_share_excess(P, LOW, HIGH) >= 0) == (P1 >= 0)),
            "values": (
                TIGHT,
                same_pair(printed_trust(), (z3.If(P1 < 0, OWN[0], OTHER[0]), TRUST_HIGH)),
            ),
        },
    )
    check.prove(
        "q_T is the largest share that can be at rate `high`, and it can be",
        [ordered(), LOW < HIGH, SHARE, unit(Q)],
        (HIGH * Q + LOW * (1 - Q) <= P) == (Q <= U),
        role="prose",
    )
    check.prove(
        "with w(q_T) from p1 on too",
        TIGHT,
        same_pair(pair, (worst_of(U), best_of(U))),
        role="control",
    )


def test_ff_tau_hedge(check: Check) -> None:
    given = [*BELOW, LOW < HIGH, SHARE, TIPPING]
    between = [*given, P1 >= 0, 2 * P <= LOW + HIGH]
    check.prove_all(
        "values on [p1, p2]",
        "the share lies below q_T; on the ray of Ber(q)",
        {
            "share": (between, z3.And(0 < R, R <= U, 2 * R <= 1)),
            "values": (between, same_pair((worst_of(R), best_of(R)), HEDGE)),
            "shipped share": (given, bounded.hedge_share(P, LOW, HIGH) == R),
        },
    )
    shifted = (HEDGE[0] + E * (1 - 2 * LOW), HEDGE[1] - E * (2 * HIGH - 1))
    approached = same_pair(bernoulli_pair(R - E), shifted)
    check.prove_all(
        "limit from below: Ber(q_H - e) yields a point at distance e from H, on the ray",
        "cases of high",
        {
            "high > 1/2": ([*between, 0 < E, E <= R, 2 * HIGH > 1], approached),
            "high = 1/2": ([*between, 0 < E, E <= R, 2 * HIGH == 1], approached),
        },
    )
    check.prove(
        "for low = 0 and high = 1 it is the H of Section 5",
        [*between, LOW == 0, HIGH == 1],
        z3.And(same_pair(HEDGE, points.hedge_point(P)), R == points.hedge_share(P)),
    )
    check.prove(
        "attained by Ber(q_H)",
        between,
        same_pair(bernoulli_pair(R), HEDGE),
        role="control",
    )


def _p1_separates(check: Check) -> None:
    check.prove_all(
        "p1 separates what the AI can have treated under Ber(q_T)",
        "for p < 1/2 <= high",
        {
            "X1 = 1 always": ([*TIGHT, U > 0], inducible(U)),
            "X1 = 0 from p1 on": (TIGHT, inducible(1 - U) == (P1 >= 0)),
            "never both": (TIGHT, z3.Not(inducible(z3.RealVal(1)))),
            "1/3 without bounds": ([*TIGHT, LOW == 0, HIGH == 1], (P1 < 0) == (3 * P < 1)),
        },
    )
    check.prove(
        "p2 in place of p1",
        TIGHT,
        inducible(1 - U) == (2 * P >= LOW + HIGH),
        role="control",
    )


def test_ff_tau_p1(check: Check) -> None:
    _p1_separates(check)
    check.prove(
        "without bounds only X1 = 1 can be had for all p <= 1/3",
        [*TIGHT, LOW == 0, HIGH == 1, 3 * P <= 1],
        z3.Not(inducible(1 - U)),
        role="prose",
    )
    check.prove(
        "either value can be had for p from p1 to 1/2, p = 1/2 included",
        [ordered(), LOW < HIGH, 2 * HIGH >= 1, SHARE, P1 >= 0, 2 * P <= 1],
        z3.And(inducible(U), inducible(1 - U)),
        role="reading",
        order=[LOW, HIGH, P],
    )


def test_ff_tau_p1_corrected(check: Check) -> None:
    _p1_separates(check)
    check.prove(
        "at p = 1/2 either value can be had if low < 1/2 < high",
        [ordered(), 2 * LOW < 1, 2 * HIGH > 1, SHARE, 2 * P == 1],
        z3.And(inducible(U), inducible(1 - U)),
    )
    check.prove(
        "and if low or high is 1/2, one of the two values has mass 0",
        [ordered(), LOW < HIGH, z3.Or(2 * LOW == 1, 2 * HIGH == 1), SHARE, 2 * P == 1],
        z3.Or(U == 0, U == 1),
    )
    check.prove(
        "without bounds only X1 = 1 can be had for p < 1/3",
        [*TIGHT, LOW == 0, HIGH == 1, 3 * P < 1],
        z3.Not(inducible(1 - U)),
    )


def test_ff_tau_p2(check: Check) -> None:
    given = [*TIGHT, 2 * HIGH > 1, TIPPING]
    line = (HEDGE[1] - TRUST_HIGH) * (0 - OTHER[0]) - (0 - TRUST_HIGH) * (HEDGE[0] - OTHER[0])
    check.prove_all(
        "p2 is where q_T passes 1/2, and where H falls to the segment T-D",
        "one fact each",
        {
            "q_T and 1 - q_T": (TIGHT, (2 * P <= LOW + HIGH) == (U <= 1 - U)),
            "p1 below p2, equal only at high = 1/2": (
                [*BELOW, LOW < HIGH],
                z3.And(
                    (LOW + HIGH) * (1 + 2 * HIGH - 4 * LOW) >= 2 * (HIGH - 2 * LOW * LOW),
                    ((LOW + HIGH) * (1 + 2 * HIGH - 4 * LOW) == 2 * (HIGH - 2 * LOW * LOW))
                    == (2 * HIGH == 1),
                ),
            ),
            "H above T-D between p1 and p2": (
                [*given, P1 > 0, 2 * P < LOW + HIGH],
                z3.And(line > 0, HEDGE[1] < TRUST_HIGH),
            ),
            "on it at p2, so both parts of Lemma 4 agree there": (
                [*given, 2 * P == LOW + HIGH],
                line == 0,
            ),
            "below it beyond": (
                [*given, 2 * P > LOW + HIGH],
                z3.And(line < 0, below_line(HEDGE, OTHER, NOBODY)),
            ),
            "without bounds it is 1/2": ([LOW == 0, HIGH == 1], (LOW + HIGH) / 2 == 1 - HIGH / 2),
        },
    )
    check.prove("p1 = p2", [*BELOW, LOW < HIGH, 2 * P == LOW + HIGH], P1 == 0, role="control")


def printed_masses(q: Any) -> z3.BoolRef:
    """BP_tau(p) as printed in Lemma E.1, cross-multiplied; low < 1/2 < high."""
    upper = q * (1 - 2 * LOW) <= 2 * (P - LOW)
    return z3.If(
        2 * P < 1,
        z3.And(0 <= q, upper),
        z3.If(2 * P == 1, z3.And(0 < q, upper), z3.And(2 * P - 1 < q * (2 * HIGH - 1), q <= 1)),
    )


def _masses_within(check: Check) -> None:
    given = [ordered(), unit(Q)]
    check.prove(
        "as printed for low < 1/2 < high and p < high",
        [*given, 2 * LOW < 1, 2 * HIGH > 1, P < HIGH],
        inducible(Q) == printed_masses(Q),
    )
    check.prove(
        "with the lower end closed above 1/2",
        [*given, 2 * P > 1, 2 * LOW < 1, Q * (2 * HIGH - 1) == 2 * P - 1],
        inducible(Q),
        role="control",
    )


def _nobody_is_treated(at: Mapping[str, Fraction]) -> bool:
    """No share of the patients can be treated at the counterexample, from the definitions."""
    pair = bernoulli_pair_by_definition(at["p"], at["q"], (at["low"], at["high"]))
    return at["q"] > 0 and pair == (Fraction(0), Fraction(0))


def test_ff_lemma_e1(check: Check) -> None:
    _masses_within(check)
    check.prove(
        "every mass of the printed set is incentive compatible, for p < 1/2",
        [ordered(), unit(Q), 2 * P < 1, printed_masses(Q)],
        inducible(Q),
        order=[LOW, HIGH, P, Q],
        recheck=_nobody_is_treated,
    )
    check.prove(
        "every incentive-compatible mass is in the printed set, for p > 1/2",
        [ordered(), unit(Q), 2 * P > 1, inducible(Q)],
        printed_masses(Q),
        order=[LOW, HIGH, P, Q],
    )
    r1, r0 = reals("pi1 pi0")
    check.prove(
        "at p = 1/2 both posteriors may rise to 1/2 from below",
        [2 * P == 1, ordered(), LOW <= r1, 2 * r1 < 1, LOW <= r0, 2 * r0 < 1],
        2 * r1 >= 1,
        role="step",
    )


def test_ff_lemma_e1_corrected(check: Check) -> None:
    _masses_within(check)
    given = [ordered(), unit(Q)]
    check.prove_all(
        "the other cases",
        "nobody is treated, or everybody",
        {
            "high < 1/2": ([*given, 2 * HIGH < 1], inducible(Q) == (Q == 0)),
            "low >= 1/2": ([*given, 2 * LOW >= 1], inducible(Q) == (Q == 1)),
            "high = 1/2 > p, as printed": (
                [*given, 2 * HIGH == 1, 2 * P < 1],
                inducible(Q) == printed_masses(Q),
            ),
            "p = high >= 1/2": ([*given, 2 * HIGH >= 1, P == HIGH], inducible(Q) == (Q == 1)),
        },
    )
    r1, r0 = reals("pi1 pi0")
    check.prove(
        "for high < 1/2 or low >= 1/2 no rates pi1 >= 1/2 > pi0 exist within the bounds",
        [ordered(), z3.Or(2 * HIGH < 1, 2 * LOW >= 1)],
        z3.Not(z3.And(LOW <= r0, 2 * r0 < 1, 2 * r1 >= 1, r1 <= HIGH)),
    )
