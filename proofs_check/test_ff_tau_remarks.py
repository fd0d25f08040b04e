"""Friend or Foe, Section 6: remarks in the running text, the first two checked without bounds."""

from __future__ import annotations

import z3

from proofs_check.check import Check
from proofs_check.encodings import bernoulli_pair, inducible, unit
from proofs_check.smt import reals
from theory.delegation import best_targeting, worst_targeting

P, M, RATE = reals("p m rate")
REST = P - M * RATE  # need outside a value of mass M whose rate of need is RATE
POSSIBLE = z3.And(REST >= 0, REST <= 1 - M)
BELOW = [unit(P), 2 * P < 1]


def _aligned(check: Check) -> None:
    check.prove(
        "Ber(p): an aligned AI has the share p treated, rightly",
        BELOW,
        z3.And(inducible(P, P), bernoulli_pair(P, P)[1] == best_targeting(P, P)),
    )
    check.prove(
        "an aligned AI has the share 1-p treated",
        [*BELOW, P > 0],
        bernoulli_pair(P, P)[1] == best_targeting(P, 1 - P),
        role="control",
    )


def test_ff_tau_remarks(check: Check) -> None:
    _aligned(check)
    check.prove(
        "the rate at a value of X1 can be anything",
        [unit(P, M, RATE), M > 0, M < 1, P > 0, P < 1],
        POSSIBLE,
        role="prose",
    )
    check.prove(
        "a misaligned AI has the share p treated too",
        BELOW,
        bernoulli_pair(P, P)[0] == worst_targeting(P, P),
        role="prose",
    )


def test_ff_tau_remarks_corrected(check: Check) -> None:
    _aligned(check)
    check.prove(
        "the range of the rate",
        [unit(P, M, RATE), M > 0],
        POSSIBLE == z3.And(M * RATE <= P, M * RATE >= P - (1 - M)),
    )
    check.prove(
        "anything for m <= min(p, 1-p)",
        [unit(P, M, RATE), M > 0, M <= P, M <= 1 - P],
        POSSIBLE,
    )
    check.prove(
        "and only then: otherwise the rate 0 or the rate 1 is impossible",
        [unit(P, M), M > 0, z3.Or(M > P, M > 1 - P)],
        z3.Or(P > 1 - M, P - M < 0),
    )
    check.prove(
        "a misaligned AI has the share p treated below 1/3, and 1-p from there on",
        BELOW,
        bernoulli_pair(P, P)[0]
        == z3.If(3 * P < 1, worst_targeting(P, P), worst_targeting(P, 1 - P)),
    )


LOW, HIGH, NEAR = reals("low high e")
BOUNDED = [0 <= LOW, LOW <= P, P <= HIGH, HIGH <= 1, LOW <= RATE, RATE <= HIGH]


def _never_decisive_against(check: Check) -> None:
    check.prove_all(
        "with low near p no value of X1 shows that nobody is in need, and one can have the rate "
        "high",
        "every rate is at least low; the rest, of mass 1 - m, has a rate between the bounds",
        {
            "no rate is small": (
                [*BOUNDED, P - LOW <= NEAR, NEAR < P],
                z3.And(RATE >= P - NEAR, RATE > 0),
            ),
            "the rate high": (
                [*BOUNDED, 0 < M, M < 1, M * (HIGH - LOW) <= P - LOW],
                z3.And(P - M * HIGH >= LOW * (1 - M), P - M * HIGH <= HIGH * (1 - M)),
            ),
        },
    )
    check.prove(
        "nor that everybody is",
        [*BOUNDED, P - LOW <= NEAR, NEAR < P],
        RATE < 1,
        role="control",
    )


def test_ff_tau_asymmetry(check: Check) -> None:
    _never_decisive_against(check)
    check.prove(
        "as printed, with high above p and not far below it: no value shows that nobody is in need",
        [*BOUNDED, P < HIGH, P - HIGH <= NEAR, 0 < NEAR, NEAR < P],
        RATE > 0,
        role="reading",
        order=[P, LOW, HIGH, NEAR],
    )


def test_ff_tau_asymmetry_corrected(check: Check) -> None:
    _never_decisive_against(check)
