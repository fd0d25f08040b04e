"""Friend or Foe, Section 3.4: Definition 2 as printed, and as the results use it."""

from __future__ import annotations

from fractions import Fraction

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    bernoulli_pair,
    dominates,
    objective,
    same_pair,
    some_covariate,
    unit,
)
from proofs_check.geometry import chain_is_frontier, literal_frontier_gap
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from theory.points import distrust_point, hedge_point, trust_point


def test_ff_frontier_definition(check: Check) -> None:
    rate = Fraction(2, 5)
    trust, hedge = trust_point(rate), hedge_point(rate)
    middle = tuple((t + h) / 2 for t, h in zip(trust, hedge, strict=True))
    p, s, q, worst, best = reals("p s q worst best")
    check.refute(
        "the frontier contains the edge T-H",
        "C meets the line T-H in T alone, so every point of C whose best case lies strictly "
        "between those of H and T is dominated: no undominated point is near the middle of T-H",
        {p: rate},
        literal_frontier_gap(),
        shown={"T": trust, "H": hedge, "missing point of the edge": middle},
    )
    check.refute(
        "at p = 1/3 the frontier is H-D alone",
        "the pair of Ber(1/3) is the only one whose best case is 1/3, so nothing in C "
        "dominates it, though H in the closure does",
        {p: Fraction(1, 3)},
        _isolated_trust(p),
        shown={"isolated undominated point": trust_point(Fraction(1, 3))},
        role="reading",
    )
    check.prove(
        "the same gap for p < 1/3: only T is on the line of slope -1",
        [unit(s), 3 * s < 1, *some_covariate(s, q, worst, best), worst + best == 0],
        same_pair((worst, best), trust_point(s)),
        role="control",
    )


def _isolated_trust(p: z3.ArithRef) -> dict[str, Obligation]:
    """At p = 1/3 Ber(p) yields (-2/3, 1/3), and no covariate with that best case does better."""
    q, worst, best = reals("q worst best")
    trust = (z3.RealVal("-2/3"), z3.RealVal("1/3"))
    return {
        "attained": ([3 * p == 1], same_pair(bernoulli_pair(p, p), trust)),
        "the best that there is": (
            [3 * p == 1, *some_covariate(p, q, worst, best), best >= trust[1]],
            z3.And(best == trust[1], worst <= trust[0]),
        ),
    }


def test_ff_frontier_definition_corrected(check: Check) -> None:
    chain_is_frontier(check)
    p = reals("p")[0]
    corner_pairs = {
        "trust": same_pair(bernoulli_pair(p, p), trust_point(p)),
        "distrust": same_pair(bernoulli_pair(p, 0), distrust_point(p)),
    }
    check.prove(
        "the two readings agree for p < 1/3 and p > 2/3, where the corners are attained",
        [unit(p), z3.Or(3 * p < 1, 3 * p > 2)],
        z3.And(*corner_pairs.values()),
    )
    check.prove(
        "and for 1/2 <= p <= 2/3",
        [2 * p >= 1, 3 * p <= 2],
        z3.And(same_pair(bernoulli_pair(p, 2 - 2 * p), hedge_point(p)), *corner_pairs.values()),
    )
    check.prove_all(
        "they differ for every p in (1/3, 1/2): the printed one leaves out the open edge T-H",
        "see `geometry.literal_frontier_gap`",
        literal_frontier_gap(),
    )
    check.prove_all(
        "they differ at p = 1/3: the printed one keeps T, which H dominates",
        "T is attained, and nothing attained is better",
        {
            **_isolated_trust(p),
            "H dominates T": ([3 * p == 1], dominates(hedge_point(p), trust_point(p))),
        },
    )


def test_ff_frontier_convex(check: Check) -> None:
    p, q, worst, best, alpha = reals("p q worst best alpha")
    corners = [trust_point(p), distrust_point(p)]
    middle = [3 * p > 1, 3 * p < 2]

    everyone = some_covariate(p, q, worst, best)
    hedge = hedge_point(p)
    rarer = z3.If(2 * p <= 1, p, 1 - p)
    tie = z3.If(z3.And(*middle), (3 * rarer - 1) / z3.If(4 * rarer > 1, 4 * rarer - 1, 1), 0)
    check.prove_all(
        "each extreme point maximises a weighted sum over all covariates",
        "one weight per extreme point",
        {
            "T at weight 0": (
                everyone,
                objective(0 * p, (worst, best)) <= objective(0 * p, corners[0]),
            ),
            "H at weight 1/2": (
                [*everyone, 3 * p >= 1, 3 * p <= 2],
                worst + best <= hedge[0] + hedge[1],
            ),
            "H where it ties with T": (
                [*everyone, *middle, alpha == tie],
                objective(alpha, (worst, best)) <= objective(alpha, hedge),
            ),
            "D at weight 1": (everyone, worst <= corners[1][0]),
        },
    )
    check.prove(
        "D maximises the best case among Bernoulli covariates",
        [unit(p, q)],
        bernoulli_pair(p, q)[1] <= corners[1][1],
        role="control",
    )
