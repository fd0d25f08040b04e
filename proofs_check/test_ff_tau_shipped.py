"""What `theory.bounded` computes under bounds is what the definitions say, for every p.

The paper's lemmas stop short of p = 1/2; its frontier is added here.
"""

from __future__ import annotations

import z3

from proofs_check.check import Check
from proofs_check.encodings import same_pair
from proofs_check.encodings_tau import (
    BEST,
    HIGH,
    LOW,
    SHARE,
    TIPPING,
    WORST,
    E,
    P,
    R,
    U,
    bernoulli_pair,
    falls,
    ordered,
    some_covariate,
)
from proofs_check.test_ff_tau_mirror import HEDGE as HEDGE_ABOVE
from proofs_check.test_ff_tau_mirror import KEPT, P3, S
from proofs_check.test_ff_tau_points import HEDGE, NOBODY, OTHER, P1, TRUST_HIGH
from theory import bounded
from theory.points import distrust_point

OPEN = [ordered(), 2 * LOW < 1, 2 * HIGH > 1]


def test_ff_half_tau(check: Check) -> None:
    given = [*OPEN, 2 * P == 1, SHARE]
    trust = (-TRUST_HIGH, TRUST_HIGH)
    check.prove_all(
        "p = 1/2, low < 1/2 < high: T-D, of slope -1",
        "supporting lines, and the corners as pairs of covariates",
        {
            "lines": (
                [*some_covariate(), *given],
                z3.And(WORST + BEST <= 0, WORST <= 0, BEST <= TRUST_HIGH),
            ),
            "order": (given, falls(trust, NOBODY)),
            "T": (given, same_pair(bernoulli_pair(U), trust)),
            "D": (given, same_pair(bernoulli_pair(0 * P), NOBODY)),
        },
    )
    check.prove(
        "p = 1/2, low or high = 1/2: D alone",
        [*some_covariate(), 2 * P == 1, z3.Or(2 * LOW == 1, 2 * HIGH == 1)],
        z3.And(WORST <= 0, BEST <= 0),
    )
    check.prove(
        "T-D has slope -1 at p = 2/5 too",
        [*some_covariate(), *OPEN, 5 * P == 2],
        WORST + BEST <= -(1 - 2 * P),
        role="control",
    )


def test_ff_bounded_points(check: Check) -> None:
    share = bounded.trust_share(P, LOW, HIGH)
    shares = [U == share]
    trust = bounded.trust_point(P, LOW, HIGH)
    some = z3.And(2 * LOW < 1, 2 * HIGH >= 1)
    check.prove_all(
        "trust_point is what Ber(trust_share) yields, for every p and bounds",
        "cases of p and of the bounds",
        {
            "p <= 1/2": (
                [ordered(), some, 2 * P <= 1, *shares],
                same_pair(bernoulli_pair(U), trust),
            ),
            "p > 1/2": (
                [ordered(), some, 2 * P > 1, *shares],
                same_pair(bernoulli_pair(U), trust),
            ),
            "no reports on both sides of 1/2": (
                [ordered(), z3.Not(some), *shares],
                same_pair(bernoulli_pair(U), trust),
            ),
            "distrust_point": (
                [ordered()],
                same_pair(bernoulli_pair(0 * P), distrust_point(P)),
            ),
        },
    )
    there = bounded.has_hedge(P, LOW, HIGH)
    hedge, rate = bounded.hedge_point(P, LOW, HIGH), bounded.hedge_share(P, LOW, HIGH)
    approached = (hedge[0] + E * (1 - 2 * LOW), hedge[1] - E * (2 * HIGH - 1))
    check.prove_all(
        "has_hedge holds on [p1, p2] and [p2, p3], where hedge_point is approached or attained",
        "cases of p",
        {
            "p < 1/2: where": (
                [*OPEN, 2 * P < 1, LOW < P],
                there == z3.And(P1 >= 0, 2 * P <= LOW + HIGH),
            ),
            "p > 1/2: where": (
                [*OPEN, 2 * P > 1, P < HIGH],
                there == z3.And(P3 <= 0, 2 * P >= LOW + HIGH),
            ),
            "p < 1/2: approached": (
                [ordered(), 2 * P < 1, there, R == rate, 0 < E, E <= R],
                same_pair(bernoulli_pair(R - E), approached),
            ),
            "p > 1/2: attained": (
                [ordered(), 2 * P > 1, there, R == rate],
                same_pair(bernoulli_pair(R), hedge),
            ),
        },
    )
    slope = bounded.trust_hedge_slope(P, LOW, HIGH)
    run = (HEDGE[0] - OTHER[0], HEDGE_ABOVE[0] - OTHER[0])
    rise = (HEDGE[1] - TRUST_HIGH, HEDGE_ABOVE[1] - TRUST_HIGH)
    check.prove_all(
        "trust_hedge_slope is the slope of T-H",
        "cases of p, through the ratio of the shares",
        {
            "p < 1/2: ratio": (
                [*OPEN, SHARE, TIPPING, LOW < P, 2 * P < 1],
                slope * U == R - U,
            ),
            "p < 1/2: slope": (
                [*OPEN, SHARE, TIPPING, 2 * P < 1],
                run[0] * (R - U) == rise[0] * U,
            ),
            "p > 1/2: ratio": (
                [*OPEN, SHARE, KEPT, P < HIGH, 2 * P > 1],
                slope * (1 - U) == U - S,
            ),
            "p > 1/2: slope": (
                [*OPEN, SHARE, KEPT, 2 * P > 1],
                run[1] * (U - S) == rise[1] * (1 - U),
            ),
        },
    )
    check.prove(
        "hedge_point is attained below 1/2 too",
        [ordered(), 2 * P < 1, there, R == rate],
        same_pair(bernoulli_pair(R), hedge),
        role="control",
    )
