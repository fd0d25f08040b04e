"""Friend or Foe, Appendix B.1.5: which events of Ber(q) are feasible, and the sets S1, S2, S3."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    Pair,
    bernoulli_pair,
    dominates,
    inducible,
    same_pair,
    unit,
)
from proofs_check.geometry import below
from proofs_check.smt import minimum, reals
from proofs_check.test_ff_general import pair_of_bernoulli
from theory.points import hedge_point, trust_point


def in_q1(p: Any, q: Any) -> z3.BoolRef:
    """Q1 = [0, min(p, 1-2p)) as printed."""
    return z3.And(q >= 0, q < minimum(p, 1 - 2 * p))


def in_q2(p: Any, q: Any) -> z3.BoolRef:
    """Q2 = [1-2p, p] as printed."""
    return z3.And(1 - 2 * p <= q, q <= p)


def in_q3(p: Any, q: Any) -> z3.BoolRef:
    """Q3 = (p, 1/2) as printed."""
    return z3.And(p < q, 2 * q < 1)


def feasible_exactly(p: Any, q: Any, own: bool, other: bool) -> z3.BoolRef:
    """Of the events of Ber(q), 0 < q < 1/2: none is 1, 0 is feasible, q and 1-q as told."""
    return z3.And(
        inducible(p, 0 * p),
        z3.Not(inducible(p, z3.RealVal(1))),
        inducible(p, q) if own else z3.Not(inducible(p, q)),
        inducible(p, 1 - q) if other else z3.Not(inducible(p, 1 - q)),
    )


def test_ff_q_partition(check: Check) -> None:
    p, q = reals("p q")
    low = [unit(p, q), 0 < p, 2 * p < 1]
    _feasible_sets_on_q1_q2(check)
    _beyond_p_is_dominated(check)
    check.prove(
        "Q3: q and 1-q are both feasible",
        [*low, in_q3(p, q)],
        feasible_exactly(p, q, True, True),
        role="step",
        order=[p, q],
    )
    check.prove(
        "Q3: pair (q-1, 2p-q)",
        [*low, in_q3(p, q)],
        same_pair(bernoulli_pair(p, q), (q - 1, 2 * p - q)),
        role="step",
        order=[p, q],
        recheck=_q3_pair_fails,
    )
    check.prove(
        "the three sets cover [0, 1/2]",
        [*low, 2 * q <= 1],
        z3.Or(in_q1(p, q), in_q2(p, q), in_q3(p, q)),
        role="step",
        order=[p, q],
    )
    check.prove("p < 1/2 implies 1-p < p", low, 1 - p < p, role="step")
    check.prove(
        "below 1-2p exactly 0 and q are feasible",
        [*low, 2 * q <= 1, q < 1 - 2 * p],
        feasible_exactly(p, q, True, False),
        role="step",
        order=[p, q],
    )


def _q3_pair_fails(at: Mapping[str, Fraction]) -> bool:
    p, q = at["p"], at["q"]
    return pair_of_bernoulli(p, q) != (q - 1, 2 * p - q)


def _feasible_sets_on_q1_q2(check: Check) -> None:
    p, q = reals("p q")
    low = [unit(p, q), 2 * p < 1]
    check.prove_all(
        "Q1 and Q2: feasible masses and pairs",
        "one set each",
        {
            "Q1 masses": ([*low, in_q1(p, q)], feasible_exactly(p, q, True, False)),
            "Q1 pair": ([*low, in_q1(p, q)], same_pair(bernoulli_pair(p, q), (-q, q))),
            "Q2 masses": ([*low, in_q2(p, q)], feasible_exactly(p, q, True, True)),
            "Q2 pair": (
                [*low, in_q2(p, q)],
                same_pair(bernoulli_pair(p, q), (2 * p - q - 1, q)),
            ),
        },
    )
    check.prove(
        "the pair of Q1 on Q2",
        [*low, in_q2(p, q)],
        same_pair(bernoulli_pair(p, q), (-q, q)),
        role="control",
    )


def _beyond_p_is_dominated(check: Check) -> None:
    p, q = reals("p q")
    pair, target = bernoulli_pair(p, q), z3.If(2 * p >= q, 2 * p - q, 0)
    check.prove(
        "for p < 1/3 the pairs beyond p equal D or are dominated by a point of the segment T-D",
        [unit(p, q), 3 * p < 1, 2 * q <= 1, q > p],
        z3.Or(same_pair(pair, (0, 0)), z3.And(target <= p, dominates((-target, target), pair))),
    )


def test_ff_q_partition_corrected(check: Check) -> None:
    p, q = reals("p q")
    low = [unit(p, q), 2 * p < 1, 2 * q <= 1]
    _feasible_sets_on_q1_q2(check)
    check.prove(
        "feasible masses for every q of [0, 1/2]",
        low,
        z3.And(
            inducible(p, q) == (q <= 2 * p),
            inducible(p, 1 - q) == (q >= 1 - 2 * p),
            inducible(p, 0 * p),
            z3.Not(inducible(p, z3.RealVal(1))),
        ),
    )
    beyond = [*low, q > p]
    pair = bernoulli_pair(p, q)
    check.prove_all(
        "pairs beyond p",
        "cases of which masses are feasible",
        {
            "none": ([*beyond, q > 2 * p], same_pair(pair, (0, 0))),
            "q alone": ([*beyond, q <= 2 * p, q < 1 - 2 * p], same_pair(pair, (-q, 2 * p - q))),
            "both": ([*beyond, q >= 1 - 2 * p], same_pair(pair, (q - 1, 2 * p - q))),
        },
    )
    check.prove("p < 1/2: p, the share in need, is the smaller one", low, p < 1 - p)
    _beyond_p_is_dominated(check)
    check.prove_all(
        "Q1 with p added (p < 1/3), Q2, and Q3 with 1/2 added cover [0, 1/2]",
        "cases of p",
        {
            "p < 1/3": ([*low, 3 * p < 1], z3.Or(q <= p, z3.And(p < q, 2 * q <= 1))),
            "p >= 1/3": (
                [*low, 3 * p >= 1],
                z3.Or(in_q1(p, q), in_q2(p, q), z3.And(p < q, 2 * q <= 1)),
            ),
        },
    )


def strictly_below(point: Pair, left: Pair, right: Pair) -> z3.BoolRef:
    """Below the line through `left` and `right`, and not on it."""
    return z3.And(
        below(point, left, right),
        (point[1] - left[1]) * (right[0] - left[0]) != (right[1] - left[1]) * (point[0] - left[0]),
    )


def _s_sets_common(check: Check) -> None:
    p, q = reals("p q")
    trust, hedge = trust_point(p), hedge_point(p)
    low, middle = [unit(p, q), 3 * p < 1], [3 * p > 1, 2 * p < 1]
    end = z3.If(2 * p >= q, 2 * p - q, 0)
    s2: Pair = (2 * p - q - 1, q)
    s3: Pair = (q - 1, 2 * p - q)
    check.prove_all(
        "S1, S2 and S3",
        "one fact each",
        {
            "S1 runs from (-p,p) to the origin for p < 1/3": (
                [*low, q == p],
                z3.And(same_pair((-q, q), trust), in_q1(p, 0 * p) == (p > 0)),
            ),
            "S1 runs from H to the origin for p > 1/3": (
                [*middle, q == 1 - 2 * p],
                same_pair((-q, q), hedge),
            ),
            "S2 and S3 start at (p-1,p)": (
                [*middle, q == p],
                z3.And(same_pair(s2, trust), same_pair(s3, trust)),
            ),
            "S2 and S3 have slope -1": (
                middle,
                z3.And(s2[0] + s2[1] == 2 * p - 1, s3[0] + s3[1] == 2 * p - 1),
            ),
            "T-H is flatter than -1": (middle, (1 - 3 * p) / p > -1),
            "S2 and S3 lie below T-H, strictly but for their common end": (
                [*middle, unit(q)],
                z3.And(
                    z3.Implies(z3.And(in_q2(p, q), q != p), strictly_below(s2, trust, hedge)),
                    z3.Implies(in_q3(p, q), strictly_below(s3, trust, hedge)),
                ),
            ),
            "S3, as printed, is dominated by S1 for p < 1/3": (
                [*low, p < q, 2 * q <= 1],
                z3.And(end <= p, dominates((-end, end), s3)),
            ),
        },
    )
    check.prove("S2 lies above T-D", [*middle, in_q2(p, q)], s2[0] + s2[1] >= 0, role="control")


def test_ff_s_sets(check: Check) -> None:
    p, q = reals("p q")
    _s_sets_common(check)
    half = z3.RealVal("1/2")
    check.prove(
        "cl S3 ends at (-1/2, 2 - p - 1/2)",
        [unit(p), 2 * p < 1, q == half],
        same_pair((q - 1, 2 * p - q), (-half, 2 - p - half)),
        role="step",
    )
    check.prove(
        "caption of Figure 11: cl S2 ends at (4p-1, 4p-2)",
        [3 * p > 1, 2 * p < 1, q == 1 - 2 * p],
        same_pair((2 * p - q - 1, q), (4 * p - 1, 4 * p - 2)),
        role="prose",
    )
    x, e, lam = reals("x e lam")
    check.refute(
        "closure and convex hull of sets in the plane can be exchanged because they lie in the "
        "plane",
        "a line and a point off it: mixtures come as close as one likes to the point of the "
        "parallel line next to it, and none is there",
        {p: Fraction(1)},
        {
            "the point (p,1) is no mixture of the line y = 0 and (0,1)": (
                [unit(lam)],
                z3.Not(z3.And((1 - lam) * x == p, lam == 1)),
            ),
            "mixtures come within e of it": (
                [0 < e, e <= 1, lam == 1 - e, x == p / e],
                z3.And(unit(lam), (1 - lam) * x == p, 1 - lam == e),
            ),
        },
        role="step",
    )


def test_ff_s_sets_corrected(check: Check) -> None:
    p, q = reals("p q")
    _s_sets_common(check)
    half = z3.RealVal("1/2")
    check.prove(
        "cl S3 ends at (-1/2, 2p - 1/2)",
        [unit(p), 2 * p < 1, q == half],
        same_pair((q - 1, 2 * p - q), (-half, 2 * p - half)),
    )
    check.prove(
        "cl S2 ends at (4p-2, 1-2p)",
        [3 * p > 1, 2 * p < 1, q == 1 - 2 * p],
        same_pair((2 * p - q - 1, q), (4 * p - 2, 1 - 2 * p)),
    )
    check.prove(
        "the three sets are bounded, which is what the exchange of closure and hull needs",
        [unit(p, q)],
        z3.And(*[z3.And(-3 <= x, x <= 3) for x in (-q, q, 2 * p - q - 1, q - 1, 2 * p - q)]),
    )
