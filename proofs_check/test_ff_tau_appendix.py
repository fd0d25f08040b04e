"""Friend or Foe, Section E.4: the thresholds of the proof for p < 1/2, and its last case."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

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
from theory.bounded import best_targeting, worst_targeting
from theory.bounded_definition import bernoulli_pair_by_definition

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
        "p* < p2 strictly",
        [*TIGHT, STARRED],
        2 * STAR < LOW + HIGH,
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
    check.prove(
        "q_hat > q_bar exactly where p >= p*",
        [*TIGHT, STARRED],
        (U > R) == (P >= STAR),
        role="step",
        order=[LOW, HIGH, P],
    )
    check.prove(
        "p* < 1/2 exactly where (2 low - 1)^2 >= 0, low <= 1/2 included",
        [0 <= LOW, 2 * LOW <= 1, 2 * HIGH >= 1, HIGH <= 1, 1 + 2 * HIGH - 4 * LOW > 0, STARRED],
        (2 * STAR < 1) == ((2 * LOW - 1) * (2 * LOW - 1) >= 0),
        role="step",
        order=[LOW, HIGH],
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
    pair, trust = bernoulli_pair(Q), bernoulli_pair(U)
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
        "T-D is flatter than -1 for all p < 1/2",
        [*TIGHT, 2 * HIGH > 1, LOW < P],
        trust[1] < -trust[0],
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
    check.prove(
        "for q_bar <= q <= 1 - q_hat the aligned AI treats 1 - q, the misaligned q",
        [*LATE, 2 * HIGH > 1, R <= Q, Q <= 1 - U],
        same_pair(bernoulli_pair(Q), (worst_of(Q), best_of(1 - Q))),
        role="step",
        order=[LOW, HIGH, P, Q],
        recheck=_swap_by_definition,
    )


SWAPPED = 2 * Q * (1 - LOW - HIGH) < 1 - 2 * P
"""Here best_of(Q) > best_of(1 - Q)."""


def _swap_by_definition(at: Mapping[str, Fraction]) -> bool:
    """From the definitions: the pair is not the one with 1 - q best and q worst."""
    p, q, low, high = (at[name] for name in ("p", "q", "low", "high"))
    printed = worst_targeting(p, q, low, high), best_targeting(p, 1 - q, low, high)
    return bernoulli_pair_by_definition(p, q, (low, high)) != printed


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
    pair, middle = bernoulli_pair(Q), [*LATE, 2 * HIGH > 1, R <= Q, Q <= 1 - U]
    check.prove_all(
        "which value the AI has treated for q_bar <= q <= 1 - q_hat",
        "both sides of q = (1 - 2p)/(2(1 - low - high)), which lies in that range",
        {
            "below it, the aligned AI q, the misaligned 1 - q": (
                [*middle, SWAPPED],
                z3.And(
                    same_pair(pair, (worst_of(1 - Q), best_of(Q))),
                    best_of(Q) > best_of(1 - Q),
                    worst_of(1 - Q) < worst_of(Q),
                ),
            ),
            "from it on, the aligned AI 1 - q, the misaligned q": (
                [*middle, z3.Not(SWAPPED)],
                same_pair(pair, (worst_of(Q), best_of(1 - Q))),
            ),
            "so C is not the pair of Ber(q_bar)": (
                [*LATE, 2 * HIGH > 1],
                z3.And(bernoulli_pair(R)[0] < CORNER[0], bernoulli_pair(R)[1] > 0),
            ),
            "the pair stays on the line of slope -1 below T-D": (
                middle,
                z3.And(pair[0] + pair[1] == 2 * P - 1, below_line(pair, OTHER, NOBODY)),
            ),
        },
    )
