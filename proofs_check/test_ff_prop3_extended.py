"""Friend or Foe, Proposition 3 carried on to p > 1/3 (own result), and Figures 7 and 8.

The square roots are variables tied to their squares: t for sqrt(2 alpha (1-p)) and d for
sqrt((1-p)(1-2p)/2), with r = d / (1-p+d).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import z3

from figures import ff_fig7, ff_fig8
from proofs_check import optimal_tau_chain as upper
from proofs_check.check import Check
from proofs_check.encodings import objective, unit
from proofs_check.encodings_optimal_tau import any_covariate, bernoulli_within
from proofs_check.optimal_tau_chain import BEST, HIGH, LOW, ROOT_D, ROOT_T, WORST, A, D, P, Q, R, T
from proofs_check.optimal_tau_foundation import bounds_foundation
from proofs_check.smt import reals
from proofs_check.test_ff_prop3 import ONE, ZERO, worth
from theory.certified_maximum import objective_by_definition
from theory.optimal_bounds import (
    HALF,
    hedge_low,
    hedge_value,
    hedging_share,
    interior_low,
    interior_share,
    interior_value,
)


def test_ff_prop3_extended(check: Check) -> None:
    e = reals("e")[0]
    beyond = [3 * P >= 1, 2 * P < 1, unit(A)]
    bounds_foundation(check)
    for name, links in (
        ("trust with (0,1)", upper.trust_beyond()),
        ("hedge", upper.hedge()),
        ("hedge, nor as much where trust is worse", upper.hedge_not_attained()),
        ("interior trust", upper.interior_beyond()),
        ("distrust", upper.distrust()),
    ):
        check.prove_all(f"nothing is worth more than {name}", "chain of lemmas", links)
    low, share = hedge_low(P, D), hedging_share(P, D)
    near = low + e
    interior = [Q == interior_share(T), 0 < Q, LOW * (1 - Q) == P - Q]
    check.prove_all(
        "each value is attained, or approached",
        "one family of covariates each",
        {
            "trust with (0,1)": (beyond, worth(ZERO, ONE, P) == P - A),
            "shares below that of hedge: no report treats the others": (
                [ROOT_D, *beyond, 0 < Q, Q < R, LOW * (1 - Q) == P - Q],
                z3.And(Q < P, 0 < LOW, LOW < P, Q * (1 - 2 * LOW) < 1 - 2 * P),
            ),
            "interior trust": (
                [*[ROOT_T, *beyond, *interior, Q < P], Q * (1 - 2 * LOW) < 1 - 2 * P],
                z3.And(worth(LOW, ONE, Q) == interior_value(T), LOW == interior_low(P, T)),
            ),
            "distrust": ([0 <= P, 2 * P < 1, unit(A)], worth(P, ONE, ZERO) == 0),
            "hedge, bounds": ([ROOT_D, *beyond], z3.And(0 <= low, low < P, share == R)),
            "hedge, with e > 0": (
                [ROOT_D, *beyond, 0 < e, near < P],
                worth(near, ONE, (P - near) / (1 - near))
                == (P - near) / (1 - near) - 2 * A * (P - near),
            ),
            "hedge, limit": ([ROOT_D, *beyond], upper.hedge_value_is_shipped()),
        },
    )
    at_half = [2 * P == 1, unit(A), *any_covariate(P, LOW, HIGH, Q, WORST, BEST)]
    value = objective(A, (WORST, BEST))
    check.prove(
        "p = 1/2: nothing is worth more than 1/2 - alpha or 0",
        at_half,
        z3.Or(2 * value <= 1 - 2 * A, value <= 0),
    )
    check.prove(
        "p = 1/2: Ber(1/2) under (0,1) is worth 1/2 - alpha",
        [2 * P == 1, unit(A)],
        worth(ZERO, ONE, P) == P - A,
    )
    more = 1 - 2 * P
    below = [0 < P, 3 * P < 1, unit(A)]
    closed = [ROOT_T, *interior, LOW == interior_low(P, T), Q < P]
    check.prove_all(
        "p > 1/2: in the mirror image of 1-p each value is attained, and is 2p - 1 more",
        "one covariate each; p stands for 1-p, above and below 1/3",
        {
            "trust with (0,1), below": (below, _mirrored(ZERO, P) == more + P * (1 - 2 * A)),
            "trust with (0,1), above": (
                [3 * P > 1, 2 * P < 1, unit(A)],
                _mirrored(ZERO, P) == more + P - A,
            ),
            "interior trust, below": (
                [*closed, *below, 1 - P < T],
                _mirrored(LOW, Q) == more + interior_value(T),
            ),
            "interior trust, above": (
                [*closed, *beyond, Q * (1 - 2 * LOW) < 1 - 2 * P],
                _mirrored(LOW, Q) == more + interior_value(T),
            ),
            "hedge": (
                [ROOT_D, *beyond],
                _mirrored(low, share) == more + hedge_value(P, A, D),
            ),
            "distrust": ([0 <= P, 2 * P < 1, unit(A)], _mirrored(P, ZERO) == more),
            "at 1/3 with alpha = 0, where trust is as good, hedge is worth p": (
                [ROOT_D, 3 * P == 1, A == 0],
                hedge_value(P, A, D) == P,
            ),
        },
    )
    check.prove(
        "hedge as printed would have it: worth (1-t)^2 from 1/3 on",
        [ROOT_T, 3 * P >= 1, 2 * P < 1, unit(A), 1 - P < T, T < 1, 2 * P > 1 - T * T],
        worth(interior_low(P, T), ONE, interior_share(T)) == interior_value(T),
        role="control",
    )


def _mirrored(low: Any, q: Any) -> z3.ArithRef:
    """The objective of Ber(1-q) under (0, 1-low) in the subgroup of rate 1-p."""
    return objective(A, bernoulli_within(1 - P, ZERO, 1 - low, 1 - q))


NEAR = Fraction(1, 10**9)  # distance from a drawn boundary at which its two sides are looked at
SLACK = Fraction(1, 2**50)  # of the floats drawn


def _row(p: Fraction, alpha: Fraction) -> str:
    """Row of the table of Proposition 3, from its printed thresholds."""
    if alpha < (1 - p) / 2:
        return "trust (0,1)"
    return "trust" if alpha < 1 / (2 * (1 - p)) else "distrust"


def _beside_boundaries(drawn: ff_fig7.Boundaries) -> Iterator[tuple[Fraction, Fraction, str]]:
    """(p, alpha, colour) just inside both ends of every band drawn, but at p = 0 and p = 1/2.

    Bands narrower than twice `NEAR` are left out.  The float nearest to 1/3 is drawn as 1/3, where
    the boundaries of the other rates end.  At p = 0 and p = 1/2 choices of different colours
    treat nobody, and are the same.
    """
    names = ("trust (0,1)", "hedge", "trust", "distrust")
    for rate, *lines in zip(drawn.rates, drawn.trust, drawn.hedge, drawn.distrust, strict=True):
        p = Fraction(1, 3) if rate == 1 / 3 else Fraction(float(rate))
        ends = [Fraction(0), *(Fraction(float(line)) for line in lines), Fraction(1)]
        for name, below, above in zip(names, ends[:-1], ends[1:], strict=True):
            if 0 < p < HALF and above - below > 2 * NEAR:
                yield p, below + NEAR, name
                yield p, above - NEAR, name


def test_ff_fig7(check: Check) -> None:
    drawn = ff_fig7.data()
    points = list(_beside_boundaries(drawn))
    shifted = replace(drawn, trust=drawn.trust + float(2 * NEAR))
    check.exhaust(
        "p < 1/3: each band is the row of the table of Proposition 3",
        "points 1e-9 inside each end of each band drawn",
        [point for point in points if 3 * point[0] < 1],
        lambda at: _row(*at[:2]) == at[2],
    )
    check.exhaust(
        "each band is the region that is best, up to p = 1/2 and in the mirror image",
        "points 1e-9 inside each end of each band drawn",
        points,
        lambda at: ff_fig7.region(*at[:2]) == ff_fig7.region(1 - at[0], at[1]) == at[2],
    )
    check.exhaust(
        "the rates are dense, and reach from 0 to 1/2",
        "the rates drawn, and those after them",
        [(0.0, float(drawn.rates[0])), *pairwise(map(float, drawn.rates)), (drawn.rates[-1], 0.5)],
        lambda at: 0 <= at[1] - at[0] < 1 / 100,
    )
    check.exhaust(
        "the same with the boundary of trust (0,1) 2e-9 too high",
        "points 1e-9 inside each end of each band",
        _beside_boundaries(shifted),
        lambda at: ff_fig7.region(*at[:2]) == at[2],
        role="control",
    )


def test_ff_fig8(check: Check) -> None:
    points = [
        (curve.p, weight, Fraction(low))
        for curve in ff_fig8.data()
        for weight, low in zip(curve.weights, curve.lows, strict=True)
    ]
    check.exhaust(
        "0 up to the first threshold, p from the second on, the printed bound between them",
        "the points drawn, each to within 2^-50",
        points,
        lambda at: _as_printed(*at),
    )
    check.exhaust(
        "each bound beats those 1/50 above and below, where there is room",
        "every twentieth of the points drawn, by the definitions",
        points[::20],
        lambda at: _locally_best(*at),
    )
    check.exhaust(
        "the same bounds, one weight late",
        "the points drawn, each with the bound of the weight before",
        [(p, weight, low) for (_, _, low), (p, weight, _) in pairwise(points)],
        lambda at: _as_printed(*at),
        role="control",
    )


def _as_printed(p: Fraction, alpha: Fraction, low: Fraction) -> bool:
    """Whether `low` is the bound of the table; (1 - low)^2 2 alpha = 1 - p if it is interior."""
    if alpha <= (1 - p) / 2:
        return low == 0
    if alpha >= 1 / (2 * (1 - p)):
        return low == Fraction(float(p))
    least, most = (2 * alpha * (1 - low + slack) ** 2 for slack in (-SLACK, SLACK))
    return 0 < low < p and least <= 1 - p <= most


def _locally_best(p: Fraction, alpha: Fraction, low: Fraction) -> bool:
    def value(bound: Fraction) -> Fraction:
        share = (p - bound) / (1 - bound)
        return objective_by_definition(p, alpha, bound, Fraction(1), share)

    step = Fraction(1, 50)
    rivals = [bound for bound in (low - step, low + step) if 0 <= bound <= p]
    return all(value(min(low, p)) >= value(rival) for rival in rivals)
