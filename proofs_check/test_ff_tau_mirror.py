"""Friend or Foe, Section E.5: the frontier under bounds for p > 1/2.

Exchanging treated and untreated, needy and not, low and 1 - high maps p > 1/2 to p < 1/2, but for
ties: a report of 1/2 is treated.  So the window of masses is open where the mirrored one is
closed; H is attained, and at p3 the covariate of T yields H.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import dominates, same_pair
from proofs_check.encodings_tau import (
    ABOVE,
    BEST,
    HIGH,
    LOW,
    SHARE,
    WORST,
    P,
    U,
    below_line,
    bernoulli_pair,
    best_of,
    falls,
    inducible,
    ordered,
    some_covariate,
    worst_of,
)
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from proofs_check.test_ff_tau_points import OTHER, TRUST_HIGH
from theory import bounded
from theory.bounded_definition import frontier_by_definition

S = reals("s")[0]
KEPT = S * (2 * HIGH - 1) == 2 * HIGH - 2 * P
"""s is q_H for p > 1/2; high > 1/2 as p <= high."""
STRICT = [*ABOVE, 2 * LOW < 1, SHARE]
"""low < 1/2 < p, with u = q_T."""
P3 = P * (4 * HIGH - 2 * LOW - 1) - (2 * HIGH * HIGH - LOW)
"""Has the sign of p - p3, p3 being the mirror image of p1."""
EVERYBODY = (2 * P - 1, 2 * P - 1)
OWN = (2 * (P - HIGH) + U * (2 * HIGH - 1), TRUST_HIGH)
HEDGE = (z3.RealVal(0), 2 * P - 1 + (1 - S) * (1 - 2 * LOW))
COVARIATE = (WORST, BEST)

_DENOMINATOR = (2 * HIGH - 1) * (HIGH - LOW) + 2
PRINTED = {
    "2 high + 2 (high-1) low (high-low)": P * _DENOMINATOR
    - (2 * HIGH + 2 * (HIGH - 1) * LOW * (HIGH - LOW)),
    "(2 high + 2 (high-1) low) (high-low)": P * _DENOMINATOR
    - (2 * HIGH + 2 * (HIGH - 1) * LOW) * (HIGH - LOW),
    "2 high + 2 (high-1) low/(high-low), with a division in the denominator too,": P
    * (4 * HIGH - 2 * LOW - 1)
    - (2 * HIGH * HIGH - 2 * LOW),
}
"""p minus the printed p3, times a positive number, by how the fraction is read.

The last one restores two division bars that may have been lost, (2 high - 1)/(high - low) + 2 being
the denominator; with (2 high - 1) in place of 2 (high - 1) it would be right.
"""
AS_PRINTED = PRINTED["2 high + 2 (high-1) low (high-low)"]


def _p3_control(check: Check) -> None:
    check.prove("2/3 for all bounds", STRICT, inducible(1 - U) == (3 * P < 2), role="control")


def test_ff_tau_p3(check: Check) -> None:
    _what_p3_separates(check)
    for reading, sign in PRINTED.items():
        check.prove(
            f"the AI can have X1 = 0 treated under Ber(q_T) exactly below p3 = {reading} over "
            "(2 high - 1)(high - low) + 2",
            [*STRICT, P < HIGH, 4 * LOW == 1, HIGH <= 1],
            inducible(1 - U) == (sign < 0),
            role="reading",
            order=[HIGH, P],
        )
    _p3_control(check)


def _what_p3_separates(check: Check) -> None:
    check.prove_all(
        "p3 = (2 high^2 - low)/(4 high - 2 low - 1), the printed fraction but for misprints",
        "what it separates; the fraction, numerator and denominator times high - low",
        {
            "X1 = 0 can be treated exactly below p3": (STRICT, inducible(1 - U) == (P3 < 0)),
            "the printed fraction with two division bars and 2 high - 1 for 2 (high - 1)": (
                [*STRICT, P < HIGH],
                z3.And(
                    (2 * HIGH * (HIGH - LOW) + (2 * HIGH - 1) * LOW) == 2 * HIGH * HIGH - LOW,
                    (2 * HIGH - 1) + 2 * (HIGH - LOW) == 4 * HIGH - 2 * LOW - 1,
                ),
            ),
        },
    )


def test_ff_tau_p3_corrected(check: Check) -> None:
    _what_p3_separates(check)
    mirrored_p, low_, high_ = 1 - P, 1 - HIGH, 1 - LOW
    check.prove_all(
        "it is the mirror image of p1",
        "one fact each",
        {
            "X1 = 1 always": ([*STRICT, P < HIGH], inducible(U)),
            "mirror image of p1": (
                [ordered()],
                mirrored_p * (1 + 2 * high_ - 4 * low_) - (high_ - 2 * low_ * low_) == -P3,
            ),
            "2/3 without bounds": ([*STRICT, LOW == 0, HIGH == 1], (P3 < 0) == (3 * P < 2)),
            "at least p2": (
                [*STRICT],
                (LOW + HIGH) * (4 * HIGH - 2 * LOW - 1) <= 2 * (2 * HIGH * HIGH - LOW),
            ),
            "shipped": (
                STRICT,
                (bounded.other_share_excess(P, LOW, HIGH) > 0) == (P3 < 0),
            ),
        },
    )
    _p3_control(check)


def test_ff_lemma_e2(check: Check) -> None:
    check.prove_all(
        "everybody is always treated",
        "every covariate yields D, and a constant does",
        {
            "every covariate": (
                [*some_covariate(), 2 * P > 1, 2 * LOW > 1],
                z3.And(WORST <= 2 * P - 1, BEST == 2 * P - 1),
            ),
            "a constant": (
                [ordered(), 2 * P > 1],
                same_pair(bernoulli_pair(0 * P), EVERYBODY),
            ),
        },
    )
    check.prove(
        "the same for low from 1/3 on",
        [*some_covariate(), 2 * P > 1, 3 * LOW >= 1],
        BEST == 2 * P - 1,
        role="control",
    )


def supporting_lines(case: str) -> dict[str, Obligation]:
    """The lines of one case of Lemma E.3: for every covariate, and the corners in order."""
    where = {
        "d": [2 * P <= LOW + HIGH],
        "b": [2 * P > LOW + HIGH, P3 < 0],
        "p3": [P3 == 0],
        "a": [P3 > 0],
    }[case]
    given = [*some_covariate(), *STRICT, *where]
    found: dict[str, Obligation] = {
        "worst case": (given, WORST <= 2 * P - 1),
        "best case": (given, BEST <= TRUST_HIGH),
    }
    if case == "b":
        return found | {
            "T-H": ([*given, KEPT], below_line(COVARIATE, OTHER, HEDGE)),
            "H-D": ([*given, KEPT], below_line(COVARIATE, HEDGE, EVERYBODY)),
            "order": (
                [*STRICT, *where, KEPT],
                z3.And(falls(OTHER, HEDGE), falls(HEDGE, EVERYBODY)),
            ),
        }
    trust = OTHER if case == "d" else OWN
    return found | {
        "T-D": (given, below_line(COVARIATE, trust, EVERYBODY)),
        "order": ([*STRICT, *where, P < HIGH], falls(trust, EVERYBODY)),
    }


def corners_are_reached() -> dict[str, Obligation]:
    """T, H and D are pairs of covariates."""
    between = [*STRICT, KEPT, 2 * P >= LOW + HIGH, P3 <= 0]
    return {
        "T below p3": ([*STRICT, P3 < 0], same_pair(bernoulli_pair(U), OTHER)),
        "T from p3 on": ([*STRICT, P3 >= 0], same_pair(bernoulli_pair(U), OWN)),
        "D": (STRICT, same_pair(bernoulli_pair(0 * P), EVERYBODY)),
        "H": (between, same_pair(bernoulli_pair(S), HEDGE)),
        "H by the formulas": (between, same_pair((worst_of(S), best_of(S)), HEDGE)),
        "at p3 T is H": ([*STRICT, KEPT, P3 == 0], same_pair(OWN, HEDGE)),
    }


def _frontier_below_half(check: Check) -> None:
    for case, label in (
        ("d", "p <= p2: T-D"),
        ("b", "p2 < p < p3: T-H and H-D"),
        ("p3", "p = p3: H-D, which is T-D"),
        ("a", "p > p3: T-D"),
    ):
        check.prove_all(label, "supporting lines, one each", supporting_lines(case))
    check.prove_all("the corners", "pairs of covariates", corners_are_reached())
    check.prove(
        "all covariates lie below T-D between p2 and p3 too",
        [*some_covariate(), *STRICT, 2 * P > LOW + HIGH, P3 < 0],
        below_line(COVARIATE, OTHER, EVERYBODY),
        role="control",
    )


def _one_segment(at: Mapping[str, Fraction]) -> bool:
    """From the definitions: the frontier has two corners only."""
    return len(frontier_by_definition(at["p"], (at["low"], at["high"]))) <= 2


def _distrust_only(at: Mapping[str, Fraction]) -> bool:
    return len(frontier_by_definition(at["p"], (at["low"], at["high"]))) == 1


def test_ff_lemma_e3(check: Check) -> None:
    _frontier_below_half(check)
    check.prove(
        "(b) T-H is an edge for p strictly between p2 and the printed p3",
        [*STRICT, KEPT, 2 * P > LOW + HIGH, AS_PRINTED < 0, 4 * LOW == 1],
        falls(OTHER, HEDGE),
        role="reading",
        order=[HIGH, P],
        recheck=_one_segment,
    )
    check.prove(
        "(a) T is not dominated by D for low = 1/2",
        [*ABOVE, 2 * LOW == 1, P < HIGH, SHARE],
        z3.Not(dominates(EVERYBODY, (worst_of(U), best_of(U)))),
        order=[HIGH, P],
        recheck=_distrust_only,
    )


def test_ff_lemma_e3_corrected(check: Check) -> None:
    _frontier_below_half(check)
    check.prove(
        "for low = 1/2 everybody is always treated",
        [*some_covariate(), 2 * P > 1, 2 * LOW == 1],
        z3.And(WORST <= 2 * P - 1, BEST == 2 * P - 1),
    )


def _implementers_above(check: Check) -> None:
    check.prove_all(
        "(b) H is implemented where it is a corner, and (c) D is",
        "pairs of covariates",
        {label: corners_are_reached()[label] for label in ("H", "H by the formulas", "D")},
    )
    check.prove(
        "T keeps the worst case of the other share from p3 on",
        [*STRICT, P3 >= 0],
        same_pair(bernoulli_pair(U), OTHER),
        role="control",
    )


def _printed_trust(sign: Any) -> tuple[Any, Any]:
    return z3.If(sign > 0, worst_of(U), worst_of(1 - U)), best_of(U)


def test_ff_lemma_e4(check: Check) -> None:
    _implementers_above(check)
    check.prove(
        "(a) T with the printed p3 is implemented by Ber(q_T), away from p3",
        [*STRICT, P < HIGH, AS_PRINTED != 0, 4 * LOW == 1],
        same_pair(bernoulli_pair(U), _printed_trust(AS_PRINTED)),
        role="reading",
        order=[HIGH, P],
    )
    check.prove(
        "(a) T with the corrected p3 is implemented by Ber(q_T), away from p3",
        [*ABOVE, P < HIGH, SHARE, P3 != 0],
        same_pair(bernoulli_pair(U), _printed_trust(P3)),
        order=[LOW, HIGH, P],
        recheck=_distrust_only,
    )


def test_ff_lemma_e4_corrected(check: Check) -> None:
    _implementers_above(check)
    check.prove_all(
        "(a) T is implemented by Ber(q_T), with w(q_T) from p3 on; at low = 1/2 it yields D",
        "for low < 1/2, and at 1/2",
        {
            "values": (
                STRICT,
                same_pair(
                    bernoulli_pair(U),
                    (z3.If(P3 >= 0, worst_of(U), worst_of(1 - U)), best_of(U)),
                ),
            ),
            "low = 1/2": (
                [*ABOVE, 2 * LOW == 1, P < HIGH, SHARE],
                same_pair(bernoulli_pair(U), EVERYBODY),
            ),
        },
    )
