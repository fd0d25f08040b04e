"""Friend or Foe, Section E.4: the thresholds of the proof for p < 1/2, and its last case."""

from __future__ import annotations

import z3

from proofs_check.check import Check
from proofs_check.encodings import Pair, same_pair, unit
from proofs_check.encodings_tau import (
    BELOW,
    HIGH,
    LOW,
    SHARE,
    TIPPING,
    P,
    Q,
    R,
    U,
    below_line,
    bernoulli_pair,
    best_of,
    inducible,
    worst_of,
)
from proofs_check.smt import minimum, reals
from proofs_check.test_ff_tau_points import NOBODY, OTHER, TRUST_HIGH

HALF = z3.RealVal("1/2")
TIGHT = [*BELOW, LOW < HIGH, SHARE, TIPPING]
EARLY = 2 * P <= LOW + HIGH
"""Case (a) of the proof."""
STAR = reals("p_star")[0]
STARRED = STAR * (1 + 2 * HIGH - 4 * LOW) == HIGH - 2 * LOW * LOW


def _thresholds(check: Check) -> None:
    check.prove_all(
        "q_bar, p* and what they separate",
        "for p < 1/2 <= high",
        {
            "1 - q is incentive compatible exactly from q_bar on": (
                [*TIGHT, unit(Q), Q > 0],
                inducible(1 - Q) == (Q >= R),
            ),
            "p < p* exactly where q_bar > q_hat": ([*TIGHT, STARRED], (R > U) == (P < STAR)),
            "p* < 1/2 and (2 low - 1)^2 > 0": (
                [*TIGHT, STARRED],
                z3.And(2 * STAR < 1, (2 * LOW - 1) * (2 * LOW - 1) > 0),
            ),
            "p* <= p2, as (high - low)(2 high - 1) >= 0": (
                [*TIGHT, STARRED],
                z3.And(2 * STAR <= LOW + HIGH, (HIGH - LOW) * (2 * HIGH - 1) >= 0),
            ),
            "(E.5)": ([*TIGHT, z3.Not(EARLY)], 1 - U < U),
            "below q_bar, up to q_hat, Ber(q) yields a point of the ray": (
                [*TIGHT, R > U, unit(Q), Q <= U],
                same_pair(bernoulli_pair(Q), (Q * (2 * LOW - 1), Q * (2 * HIGH - 1))),
            ),
        },
    )
    check.prove(
        "p* above 1/2",
        [*TIGHT, STARRED],
        2 * STAR >= 1,
        role="control",
    )


def test_ff_qbar_tau(check: Check) -> None:
    _thresholds(check)
    check.prove(
        "q_bar is the largest q with 1 - q incentive compatible",
        [*TIGHT, unit(Q), inducible(1 - Q)],
        Q <= R,
        role="step",
        order=[LOW, HIGH, P],
    )
    check.prove(
        "(E.2), first line: below q_bar both 0 and q can be had",
        [*TIGHT, EARLY, 0 < Q, 2 * Q <= 1, Q < R],
        z3.And(inducible(0 * P), inducible(Q), z3.Not(inducible(1 - Q))),
        role="step",
        order=[LOW, HIGH, P],
    )
    check.prove(
        "q_bar > q_hat exactly where q_hat > q_bar, the middle term of the printed chain",
        TIGHT,
        (R > U) == (U > R),
        role="step",
        order=[LOW, HIGH, P],
    )
    check.prove(
        "p < p* is necessary for p <= min(1/2, p2, p*)",
        [*TIGHT, STARRED, P <= minimum(HALF, (LOW + HIGH) / 2, STAR)],
        P < STAR,
        role="step",
        order=[LOW, HIGH, P],
    )


def test_ff_qbar_tau_corrected(check: Check) -> None:
    _thresholds(check)
    check.prove_all(
        "(E.2) for 0 < q <= 1/2",
        "each mass on its own",
        {
            "q": (
                [*TIGHT, 0 < Q, 2 * Q <= 1],
                inducible(Q) == (Q * (1 - 2 * LOW) <= 2 * (P - LOW)),
            ),
            "1 - q": ([*TIGHT, 0 < Q, 2 * Q <= 1], inducible(1 - Q) == (Q >= R)),
            "0 and 1": (TIGHT, z3.And(inducible(0 * P), z3.Not(inducible(z3.RealVal(1))))),
        },
    )
    check.prove(
        "p < p* exactly where p < min(1/2, p2, p*), for high >= 1/2",
        [*TIGHT, STARRED],
        (P < STAR) == z3.And(2 * P < 1, 2 * P <= LOW + HIGH, P < STAR),
    )
    check.prove(
        "p = p* exactly where q_bar = q_hat",
        [*TIGHT, STARRED],
        (R == U) == (P == STAR),
    )


LATE = [*TIGHT, 2 * P > LOW + HIGH]
"""Case (d) of the proof; 2 high - 1 >= 0."""
MIDDLE: Pair = (2 * P - HIGH - HALF, HIGH - HALF)
CORNER: Pair = (2 * P - 1, z3.RealVal(0))


def _case_d(check: Check) -> None:
    rising = [*LATE, 2 * HIGH > 1]
    pair = bernoulli_pair(Q)
    on_line = pair[0] + pair[1] == 2 * P - 1
    tipped = 1 - R
    check.prove_all(
        "points and slopes",
        "for (low + high)/2 < p < 1/2 < high",
        {
            "q_hat is feasible, as is 1 - q_hat": (
                LATE,
                z3.And(inducible(U), inducible(1 - U), 1 - U < U),
            ),
            "T": (LATE, same_pair(bernoulli_pair(U), OTHER)),
            "T-D is flatter than -1": (rising, TRUST_HIGH < -OTHER[0]),
            "B": (LATE, same_pair((worst_of(HALF), best_of(HALF)), MIDDLE)),
            "C": (LATE, same_pair((worst_of(R), best_of(tipped)), CORNER)),
            "T, B and C on a line of slope -1": (
                LATE,
                z3.And(
                    OTHER[0] + OTHER[1] == 2 * P - 1,
                    MIDDLE[0] + MIDDLE[1] == 2 * P - 1,
                    CORNER[0] + CORNER[1] == 2 * P - 1,
                ),
            ),
            "q in [q_bar, 1/2]: on that line": ([*LATE, R <= Q, 2 * Q <= 1], on_line),
            "which lies below T-D": (
                [*rising, R <= Q, 2 * Q <= 1],
                below_line(pair, OTHER, NOBODY),
            ),
            "q < q_bar: on the ray": (
                [*LATE, 0 <= Q, Q < R],
                same_pair(pair, (Q * (2 * LOW - 1), Q * (2 * HIGH - 1))),
            ),
            "which lies below T-D too, as its slope is nearer to 0": (
                [*rising, 0 < Q, Q < R],
                z3.And(
                    below_line(pair, OTHER, NOBODY),
                    (2 * HIGH - 1) * -OTHER[0] < (1 - 2 * LOW) * TRUST_HIGH,
                ),
            ),
        },
    )
    check.prove(
        "q_hat is feasible exactly where high >= 1/2, p < 1/2",
        [0 <= LOW, LOW < P, P < HIGH, HIGH <= 1, 2 * P < 1, SHARE],
        (U * (1 - 2 * LOW) <= 2 * (P - LOW)) == (2 * HIGH >= 1),
        role="step",
    )
    check.prove(
        "T-D is as steep as -1",
        rising,
        TRUST_HIGH >= -OTHER[0],
        role="control",
    )


def test_ff_case_d(check: Check) -> None:
    _case_d(check)
    check.prove(
        "the feasible masses of Ber(q_hat) include q_bar and 1 - q_bar",
        [*LATE, 2 * HIGH > 1],
        z3.And(z3.Or(R == U, R == 1 - U), inducible(1 - R)),
        role="step",
        order=[LOW, HIGH, P],
    )
    check.prove(
        "the slope of the ray exceeds that of T-D, for high >= 1/2",
        LATE,
        (2 * HIGH - 1) * -OTHER[0] < (1 - 2 * LOW) * TRUST_HIGH,
        role="step",
        order=[LOW, HIGH, P],
    )


def test_ff_case_d_corrected(check: Check) -> None:
    _case_d(check)
    check.prove_all(
        "which masses Ber(q_hat) has, and the case high = 1/2",
        "the masses are q_hat and 1 - q_hat; at high = 1/2 both slopes are 0 and D dominates T",
        {
            "masses": (LATE, z3.And(inducible(U), inducible(1 - U))),
            "high = 1/2": (
                [*LATE, 2 * HIGH == 1],
                z3.And(TRUST_HIGH == 0, OTHER[0] < 0),
            ),
        },
    )
