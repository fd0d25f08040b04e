"""Friend or Foe, Section 6.2: what the text says of the slope, and of moving the bounds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import Pair
from proofs_check.encodings_tau import BELOW, HIGH, LOW, SHARE, TIPPING, P, R
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from proofs_check.test_ff_tau_points import HEDGE, OTHER, OWN, P1, TRUST_HIGH
from theory import bounded
from theory.bounded_definition import frontier_by_definition

STRICT = [*BELOW, 2 * HIGH > 1, SHARE]
RISE, RUN = 2 * HIGH - 1, 1 - 2 * LOW
LATE = 2 * P > LOW + HIGH
FALL = TRUST_HIGH * RUN == -OTHER[0] * RISE
"""T-D has the slope (2 high - 1)/(2 low - 1), for T from p1 on."""


def _slope_below_p1(check: Check) -> None:
    below = [*STRICT, P1 < 0]
    symmetric = [*below, LOW + HIGH == 1]
    check.prove_all(
        "for p < p1 the segment T-D has slope (2 high - 1)/(2 low - 1)",
        "the slope, and what the text makes of it",
        {
            "slope": (below, OWN[1] * RUN == -OWN[0] * RISE),
            "shipped": (below, bounded.ray_slope(P, LOW, HIGH) * RUN == -RISE),
            "symmetric bounds: -1": (symmetric, OWN[0] + OWN[1] == 0),
            "symmetric bounds: T = (-(p - low), p - low)": (symmetric, OWN[1] == P - LOW),
            "so the segment is part of that from (-p,p) to D without bounds (p < 1/3), and of "
            "that from H to D (p >= 1/3), and shrinks as low rises": (
                symmetric,
                z3.And(P - LOW <= P, z3.Implies(3 * P >= 1, P - LOW <= 1 - 2 * P)),
            ),
            "low + high > 1: steeper": (
                [*below, LOW < P, LOW + HIGH > 1],
                OWN[1] > -OWN[0],
            ),
            "low + high < 1: flatter": (
                [*below, LOW < P, LOW + HIGH < 1],
                OWN[1] < -OWN[0],
            ),
        },
    )
    check.prove(
        "steeper than -1 without low + high > 1",
        [*below, LOW < P],
        OWN[1] > -OWN[0],
        role="control",
    )


def _printed_slope_fails(at: Mapping[str, Fraction]) -> bool:
    """From the definitions: one segment, of another slope than printed."""
    chain = frontier_by_definition(at["p"], (at["low"], at["high"]))
    if len(chain) != 2:
        return False
    (left, top), (right, bottom) = chain
    printed = (2 * at["high"] - 1) / (2 * at["low"] - 1)
    return (bottom - top) / (right - left) != printed


def test_ff_tau_slope(check: Check) -> None:
    _slope_below_p1(check)
    check.prove(
        "the same slope for p in (p2, 1/2), where the frontier is one segment too",
        [*STRICT, LATE],
        FALL,
        order=[LOW, HIGH, P],
        recheck=_printed_slope_fails,
    )


def test_ff_tau_slope_corrected(check: Check) -> None:
    _slope_below_p1(check)
    check.prove_all(
        "for p in (p2, 1/2) it has slope -(p - low)(2 high - 1)/((high - p)(1 - 2 low))",
        "the slope, and where it lies",
        {
            "slope": (
                [*STRICT, LATE],
                TRUST_HIGH * (HIGH - P) * RUN == -OTHER[0] * (P - LOW) * RISE,
            ),
            "steeper than the ray, flatter than -1": (
                [*STRICT, LATE],
                z3.And(TRUST_HIGH * RUN > -OTHER[0] * RISE, TRUST_HIGH < -OTHER[0]),
            ),
            "this needs low + high < 1": ([*STRICT, LATE], LOW + HIGH < 1),
            "shipped": (
                [*STRICT, LATE],
                bounded.trust_distrust_slope(P, LOW, HIGH) * -OTHER[0] == -TRUST_HIGH,
            ),
        },
    )
    check.prove(
        "symmetric bounds leave a segment as long as low < p, and none at low = p",
        [*STRICT, LOW + HIGH == 1, P1 < 0],
        z3.And((OWN[1] > 0) == (LOW < P), z3.Implies(LOW == P, OWN[0] == 0)),
    )


HIGHER, U2 = reals("higher u2")
RAISED = [
    *STRICT,
    HIGH <= HIGHER,
    HIGHER <= 1,
    U2 * (HIGHER - LOW) == P - LOW,
]
NEW_P1 = P * (1 + 2 * HIGHER - 4 * LOW) - (HIGHER - 2 * LOW * LOW)
NEW_BEST = U2 * (2 * HIGHER - 1)
NEW_OWN = (U2 * (2 * LOW - 1), NEW_BEST)
NEW_OTHER = ((U2 - 1) * (1 - 2 * LOW), NEW_BEST)
NEW_HEDGE = (2 * P - 1, R * (2 * HIGHER - 1))


def at_least(left: Pair, right: Pair) -> z3.BoolRef:
    """`left` is as good as `right` in both coordinates."""
    return z3.And(left[0] >= right[0], left[1] >= right[1])


def towards_nobody(point: Pair, part: Any) -> Pair:
    """The point of the segment from `point` to D = (0, 0) that keeps `part` of it."""
    return part * point[0], part * point[1]


def _higher_is_better() -> dict[str, Obligation]:
    """Each corner under `high` is weakly dominated by a point of the chain under `higher`."""
    part = z3.Real("part")
    level = [*RAISED, LOW < P, part * NEW_BEST == TRUST_HIGH]
    return {
        "p1 rises": ([*RAISED, P1 < 0], NEW_P1 < 0),
        "T below p1": ([*RAISED, P1 < 0], at_least(NEW_OWN, OWN)),
        "T from p1 on, by the segment T-D at its level": (
            [*level, P1 >= 0, NEW_P1 >= 0],
            z3.And(0 <= part, part <= 1, at_least(towards_nobody(NEW_OTHER, part), OTHER)),
        ),
        "T from p1 on, with p1 above p now": (
            [*level, P1 >= 0, NEW_P1 < 0],
            z3.And(0 <= part, part <= 1, at_least(towards_nobody(NEW_OWN, part), OTHER)),
        ),
        "H": (
            [*RAISED, TIPPING, P1 >= 0, 2 * P <= LOW + HIGH, NEW_P1 >= 0],
            z3.And(2 * P <= LOW + HIGHER, at_least(NEW_HEDGE, HEDGE)),
        ),
        "H, with p1 above p now": (
            [*RAISED, TIPPING, P1 >= 0, 2 * P <= LOW + HIGH, NEW_P1 < 0],
            at_least(NEW_OWN, HEDGE),
        ),
    }


LESS, U3 = reals("less u3")
LOWERED = [
    *STRICT,
    0 <= LESS,
    LESS < LOW,
    U3 * (HIGH - LESS) == P - LESS,
]


def _monotone(check: Check) -> None:
    check.prove_all(
        "the best case at trust rises with high and falls with low",
        "strictly, but for low = p, and for high = 1/2 or high = p",
        {
            "high": (
                [*RAISED, HIGH < HIGHER],
                z3.And(NEW_BEST >= TRUST_HIGH, z3.Implies(LOW < P, NEW_BEST > TRUST_HIGH)),
            ),
            "low": (LOWERED, U3 * RISE > TRUST_HIGH),
        },
    )
    check.prove_all(
        "a higher `high` never hurts: every point under it is weakly dominated by a new one, "
        "so the optimal value rises weakly for every alpha",
        "the corners of the old chain, one each (D stays)",
        _higher_is_better(),
    )
    check.prove(
        "a larger `low` improves the trade-off below p1: the ray (2 high - 1)/(1 - 2 low) steepens",
        LOWERED,
        RISE * (1 - 2 * LESS) > RISE * RUN,
        role="prose",
    )
    check.prove(
        "the worst case at trust rises with high",
        [*RAISED, P1 > 0, NEW_P1 > 0, HIGH < HIGHER, LOW < P],
        NEW_OTHER[0] >= OTHER[0],
        role="control",
    )


def test_ff_tau_monotone(check: Check) -> None:
    _monotone(check)
    old, new = U3 * RISE * -OTHER[0], TRUST_HIGH * (1 - U3) * (1 - 2 * LESS)
    check.prove(
        "a larger `low` improves the trade-off between worst and best case, for p > p2 too",
        [*LOWERED, LATE, 2 * P > LESS + HIGH],
        new > old,
        role="prose",
        order=[LESS, LOW, HIGH, P],
    )


def test_ff_tau_monotone_corrected(check: Check) -> None:
    _monotone(check)
    old, new = U3 * RISE * -OTHER[0], TRUST_HIGH * (1 - U3) * (1 - 2 * LESS)
    part = z3.Real("part")
    wide = ((U3 - 1) * (1 - 2 * LESS), U3 * RISE)
    check.prove(
        "for p in (p2, 1/2) a larger `low` worsens it",
        [*LOWERED, LATE],
        new < old,
    )
    check.prove(
        "there a smaller `low` never hurts: T is weakly dominated by a point of the new segment",
        [*LOWERED, LATE, part * wide[1] == TRUST_HIGH],
        z3.And(0 <= part, part <= 1, at_least(towards_nobody(wide, part), OTHER)),
    )
    check.prove(
        "while p is at least the new p1, a higher `high` moves T to a better best and a worse "
        "worst case, one for one",
        [*RAISED, HIGH < HIGHER, LOW < P, P1 >= 0, NEW_P1 >= 0],
        z3.And(NEW_OTHER[0] < OTHER[0], NEW_OTHER[0] + NEW_OTHER[1] == OTHER[0] + OTHER[1]),
    )
    check.prove(
        "if p1 rises past p, a higher `high` raises both",
        [*RAISED, HIGH < HIGHER, LOW < P, P1 >= 0, NEW_P1 < 0],
        z3.And(NEW_OWN[0] > OTHER[0], NEW_OWN[1] > OTHER[1]),
    )
    check.prove_all(
        "a larger `low` steepens T-D below p1 and H-D on (p1, p2)",
        "both have the slope of the ray, (2 high - 1)/(2 low - 1)",
        {
            "T-D": ([*STRICT, P1 < 0], OWN[1] * RUN == -OWN[0] * RISE),
            "H-D": (
                [*STRICT, TIPPING, P1 > 0, 2 * P < LOW + HIGH],
                HEDGE[1] * RUN == -HEDGE[0] * RISE,
            ),
            "steeper": (
                [0 <= LESS, LESS < LOW, 2 * LOW < 1, 2 * HIGH > 1, HIGH <= 1],
                RISE / RUN > RISE / (1 - 2 * LESS),
            ),
        },
    )
