"""From supporting lines to the frontier, for one subgroup.

Let K be the closure of the convex hull C of all pairs (worst, best).  The facts are proved
for every covariate with finitely many values (`encodings.some_covariate`) and are closed
half-planes, so they hold on K:

    worst + best <= 2 d,   worst <= d,   best <= b(p, p),   and K lies below the line T-H.

T, H and D belong to K: T and D are pairs of covariates, H is a limit of such pairs.  A point
that meets the four inequalities is on the chain T-H-D or dominated by a point of it, and no
point that meets them dominates a point of the chain.  Hence the chain is the set of
undominated points of K.
"""

from __future__ import annotations

from typing import Any

import z3

from proofs_check.check import Check, Role
from proofs_check.encodings import (
    Pair,
    bernoulli_pair,
    dominates,
    on_segment,
    same_pair,
    some_covariate,
    unit,
)
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from theory.points import distrust_point, hedge_point, trust_point


def below(point: Pair, left: Pair, right: Pair) -> z3.BoolRef:
    """`point` is on or below the line through `left` and `right`, where left[0] < right[0]."""
    return (point[1] - left[1]) * (right[0] - left[0]) <= (right[1] - left[1]) * (
        point[0] - left[0]
    )


def supporting_lines(point: Pair, p: Any) -> list[z3.BoolRef]:
    """The four inequalities; the last one only where H is a corner of its own."""
    trust, hedge, distrust = trust_point(p), hedge_point(p), distrust_point(p)
    middle = z3.And(3 * p > 1, 3 * p < 2, 2 * p != 1)
    return [
        point[0] + point[1] <= 2 * distrust[0],
        point[0] <= distrust[0],
        point[1] <= p,
        z3.Implies(middle, below(point, trust, hedge)),
    ]


def chain_is_frontier(check: Check) -> None:
    """Record that the undominated points of K are the chain, for every p in [0, 1]."""
    p, q, worst, best = reals("p q worst best")
    x, y, s, z = reals("x y s z")
    lines = {
        f"line {number}": (some_covariate(p, q, worst, best), line)
        for number, line in enumerate(supporting_lines((worst, best), p), start=1)
    }
    check.prove_all("supporting lines hold for every covariate", "one line each", lines)

    check.prove_all(
        "T, H and D belong to K", "pairs of covariates, and a limit of such pairs", corners_in_k(p)
    )

    point, other = (x, y), (s, z)
    trust, hedge, distrust = trust_point(p), hedge_point(p), distrust_point(p)
    inside = [unit(p), *supporting_lines(point, p)]
    inner = [3 * p > 1, 3 * p < 2, 2 * p != 1]
    edges = [3 * p == 1, 3 * p == 2]
    outer = z3.Or(3 * p < 1, 3 * p > 2, 2 * p == 1)
    top = {"inner": (inner, hedge), "outer": ([outer], trust), "edge": ([z3.Or(*edges)], hedge)}

    obligations: dict[str, Obligation] = {
        "low points are dominated by D": (
            [*inside, y < distrust[1]],
            dominates(distrust, point),
        )
    }
    for label, (where, upper) in top.items():
        level = (upper[0] + upper[1] - y, y)
        obligations[f"{label}: points level with the edge to D"] = (
            [*inside, *where, distrust[1] <= y, y <= upper[1]],
            z3.And(x <= level[0], on_line_between(level, upper, distrust)),
        )
    obligations["inner: points level with T-H"] = (
        [
            *inside,
            *inner,
            hedge[1] <= y,
            (hedge[1] - trust[1]) * (s - trust[0]) == (hedge[0] - trust[0]) * (y - trust[1]),
        ],
        z3.And(x <= s, trust[0] <= s, s <= hedge[0]),
    )
    check.prove_all(
        "every point of K is on the chain or dominated by a point of it",
        "cases by level: the chain's point at the same best case has at least the worst case",
        obligations,
    )

    undominated: dict[str, Obligation] = {}
    t = z3.Real("t")
    for label, (where, upper) in top.items():
        undominated[f"{label}: edge to D"] = (
            [*inside, *where, on_segment(other, upper, distrust, t)],
            z3.Not(dominates(point, other)),
        )
    undominated["inner: edge T-H"] = (
        [*inside, *inner, on_segment(other, trust, hedge, t)],
        z3.Not(dominates(point, other)),
    )
    check.prove_all(
        "no point of K dominates a point of the chain", "one edge at a time", undominated
    )
    _wrong_slope(check, "control")


def corners_in_k(p: Any) -> dict[str, Obligation]:
    """T and D are yielded by Ber(p) and a constant; H is approached, or yielded by Ber(2-2p)."""
    e = z3.Real("e")
    hedge = hedge_point(p)
    return {
        "T": ([unit(p)], same_pair(bernoulli_pair(p, p), trust_point(p))),
        "D": ([unit(p)], same_pair(bernoulli_pair(p, z3.RealVal(0)), distrust_point(p))),
        "H, p < 1/2, as e falls to 0": (
            [3 * p >= 1, 2 * p < 1, 0 < e, e <= 1 - 2 * p],
            same_pair(bernoulli_pair(p, 1 - 2 * p - e), (hedge[0] + e, hedge[1] - e)),
        ),
        "H, p >= 1/2": (
            [2 * p >= 1, 3 * p <= 2],
            same_pair(bernoulli_pair(p, 2 - 2 * p), hedge),
        ),
    }


def on_line_between(point: Pair, upper: Pair, lower: Pair) -> z3.BoolRef:
    """`point` lies on the edge of slope -1 from `upper` down to `lower`."""
    return z3.And(
        upper[0] <= point[0],
        point[0] <= lower[0],
        point[0] + point[1] == lower[0] + lower[1],
    )


def _wrong_slope(check: Check, role: Role) -> None:
    """The line T-D in place of T-H: H lies above it."""
    p, q, worst, best = reals("p q worst best")
    given = [*some_covariate(p, q, worst, best), 3 * p > 1, 2 * p < 1]
    claim = below((worst, best), trust_point(p), distrust_point(p))
    check.prove("every covariate lies below the line T-D", given, claim, role=role)


def literal_frontier_gap() -> dict[str, Obligation]:
    """For 1/3 < p < 1/2 no undominated point of C has its best case strictly between H and T.

    A pair on the line T-H is T itself, so a mixture that lies on the line is T.  A point
    (x, y) strictly below the line, at a level y between those of H and T, is dominated by a
    mixture of T and the pair (-r, r) of Ber(r) with r = 1 - 2p - e, for small e > 0; the
    step e is written down.
    """
    p, q, worst, best, x, y, e, s = reals("p q worst best x y e s")
    range_ = [3 * p > 1, 2 * p < 1]
    trust, hedge = trust_point(p), hedge_point(p)
    gap = (p - y) * p - (x - p + 1) * (3 * p - 1)
    small = z3.If(gap < 2 * (1 - 2 * p), gap / 4, (1 - 2 * p) / 2)
    rate = 1 - 2 * p - e
    return {
        "a pair on the line is T": (
            [
                *some_covariate(p, q, worst, best),
                *range_,
                (best - p) * (hedge[0] - trust[0]) == (hedge[1] - p) * (worst - trust[0]),
            ],
            z3.And(best == p, worst == trust[0]),
        ),
        "no pair is above the line": (
            [*some_covariate(p, q, worst, best), *range_],
            below((worst, best), trust, hedge),
        ),
        "a mixture dominates": (
            [
                *range_,
                -1 <= x,
                x <= 0,
                hedge[1] < y,
                y < p,
                gap > 0,
                e == small,
                s * (p - rate) == p - y,
            ],
            z3.And(
                e > 0,
                0 <= rate,
                unit(s),
                (1 - s) * p + s * rate == y,
                (1 - s) * trust[0] - s * rate > x,
            ),
        ),
    }
