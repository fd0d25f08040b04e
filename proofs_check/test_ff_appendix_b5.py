"""Friend or Foe, Appendix B.1.5 and Section 5.4: the closing steps of the proof of Lemma 1."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    bernoulli_pair,
    best_over,
    dominates,
    event_masses,
    inducible,
    on_segment,
    payoff,
    report,
    same_pair,
    some_covariate,
    truth,
    unit,
    worst_over,
)
from proofs_check.geometry import below, chain_is_frontier, literal_frontier_gap
from proofs_check.kernel import Obligation
from proofs_check.smt import minimum, reals
from proofs_check.test_ff_general import pair_of_bernoulli
from theory.delegation import best_targeting, worst_targeting
from theory.points import distrust_point, hedge_point, trust_point

Pair = tuple[Any, Any]


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
    check.prove(
        "Q3: q and 1-q are both feasible",
        [*low, in_q3(p, q)],
        feasible_exactly(p, q, True, True),
        order=[p, q],
    )
    check.prove(
        "Q3: pair (q-1, 2p-q)",
        [*low, in_q3(p, q)],
        same_pair(bernoulli_pair(p, q), (q - 1, 2 * p - q)),
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
    target = z3.If(2 * p >= q, 2 * p - q, 0)
    check.prove(
        "for p < 1/3 the pairs beyond p equal D or are dominated by a point of the segment T-D",
        [*beyond, 3 * p < 1],
        z3.Or(same_pair(pair, (0, 0)), z3.And(target <= p, dominates((-target, target), pair))),
    )
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


def _weak_constraint(p: Any, q: Any, r1: Any, r0: Any) -> list[z3.BoolRef]:
    """Step 2 of Section 5.4 as worded: pi1 >= 1/2 and pi0 <= 1/2."""
    return [unit(p, q, r1, r0), 2 * r1 >= 1, 2 * r0 <= 1, q * r1 + (1 - q) * r0 == p]


def _undominated(p: Any, q: Any) -> dict[str, Obligation]:
    """Which Ber(q), q in [0, 1/2], are undominated, for p < 1/2 and p = 1/2.

    Undominated: on the line through an edge of strictly negative slope (a supporting line).
    Dominated: by a written-down mixture of T and a pair (-r, r), r < 1 - 2p.
    """
    e, s = reals("e s")
    trust, hedge = trust_point(p), hedge_point(p)
    pair = bernoulli_pair(p, q)
    gap = (p - pair[1]) * p - (pair[0] - p + 1) * (3 * p - 1)
    small = z3.If(gap < 2 * (1 - 2 * p), gap / 4, (1 - 2 * p) / 2)
    rate = 1 - 2 * p - e
    mixture = ((1 - s) * trust[0] - s * rate, (1 - s) * p + s * rate)
    inner, domain = [3 * p > 1, 2 * p < 1], [unit(p, q), 2 * q <= 1]
    target = 2 * p - q
    return {
        "p < 1/3, q <= p or q > 2p: on the line of slope -1": (
            [*domain, 3 * p < 1, z3.Or(q <= p, q > 2 * p)],
            pair[0] + pair[1] == 0,
        ),
        "p < 1/3, p < q <= 2p: dominated": (
            [*domain, 3 * p < 1, p < q, q <= 2 * p],
            z3.And(0 <= target, target <= p, dominates((-target, target), pair)),
        ),
        "1/3 < p < 1/2, q < 1-2p: on the line of slope -1": (
            [*domain, *inner, q < 1 - 2 * p],
            pair[0] + pair[1] == 0,
        ),
        "1/3 < p < 1/2, q = p: T, the only pair with that best case": (
            [*domain, *inner, q == p],
            same_pair(pair, trust),
        ),
        "1/3 < p < 1/2, other q: strictly below T-H": (
            [*domain, *inner, q >= 1 - 2 * p, q != p],
            gap > 0,
        ),
        "1/3 < p < 1/2, other q with best case above H: dominated by a mixture": (
            [
                *domain,
                *inner,
                q >= 1 - 2 * p,
                q != p,
                pair[1] >= hedge[1],
                e == small,
                s * (p - rate) == p - pair[1],
            ],
            z3.And(unit(s), e > 0, rate >= 0, mixture[1] == pair[1], mixture[0] > pair[0]),
        ),
        "1/3 < p < 1/2, other q with best case below H: dominated by (-best, best)": (
            [*domain, *inner, q >= 1 - 2 * p, q != p, pair[1] < hedge[1]],
            z3.And(pair[0] < -pair[1], z3.Or(pair[1] >= 0, pair[0] < 0)),
        ),
        "p = 1/2: on the line of slope -1": ([*domain, 2 * p == 1], pair[0] + pair[1] == 0),
    }


def test_ff_proof_approach(check: Check) -> None:
    p, q, r1, r0 = reals("p q pi1 pi0")
    _coupling_steps(check)
    check.prove(
        "step 2: pi1 >= 1/2 and pi0 <= 1/2 with the right average make q feasible",
        _weak_constraint(p, q, r1, r0),
        inducible(p, q),
        role="step",
        order=[p, q],
    )
    pair = bernoulli_pair(p, q)
    check.prove(
        "step 4, p < 1/3: only q in [0,p] is on the frontier's line, among q in [0,1/2]",
        [unit(p, q), 0 < p, 3 * p < 1, 2 * q <= 1, pair[0] + pair[1] == 0],
        q <= p,
        role="step",
        order=[p, q],
        recheck=lambda at: pair_of_bernoulli(at["p"], at["q"]) == (0, 0),
    )
    check.prove(
        "step 4, 1/3 < p <= 1/2: only q = p and q in [0,1-2p) are on its lines, among q in [0,1/2]",
        [3 * p > 1, 2 * p <= 1, 0 <= q, 2 * q <= 1, pair[0] + pair[1] == 0],
        z3.Or(q == p, q < 1 - 2 * p),
        role="step",
        order=[p, q],
        recheck=lambda at: sum(pair_of_bernoulli(at["p"], at["q"])) == 0,
    )
    rate = Fraction(2, 5)
    middle = tuple(
        (t + d) / 2 for t, d in zip(trust_point(rate), distrust_point(rate), strict=True)
    )
    check.certify(
        "step 4: the convex hull of the points is the frontier, so H does not dominate the middle "
        "of T and D",
        lambda: any(h < m for h, m in zip(hedge_point(rate), middle, strict=True)),
        {"p": rate, "middle of T and D": middle, "H": hedge_point(rate)},
        role="prose",
    )


def test_ff_proof_approach_corrected(check: Check) -> None:
    p, q, r1, r0 = reals("p q pi1 pi0")
    _coupling_steps(check)
    check.prove(
        "step 2 with pi0 < 1/2",
        [*_weak_constraint(p, q, r1, r0), 2 * r0 < 1],
        inducible(p, q),
    )
    check.prove_all(
        "step 4: which Ber(q) with q in [0,1/2] are undominated",
        "a supporting line, or a dominating mixture, in each case",
        _undominated(p, q),
    )


def _coupling_steps(check: Check) -> None:
    p, q, m, inside, outside, need = reals("p q m inside outside need")
    masses = event_masses(q)
    picked = [unit(p, q), z3.Or(*[m == mass for mass in masses])]
    choices = [*picked, report(p, m, inside, outside), truth(p, m, need)]
    check.prove_all(
        "steps 1 to 3: whatever event of Ber(q) is picked by whatever report, and whatever the "
        "truth, the payoff lies between the extremes of phi_W and phi_B over the feasible masses",
        "from the definitions of report and truth",
        {
            "worst": (choices, payoff(m, need) >= worst_over(p, masses)),
            "best": (choices, payoff(m, need) <= best_over(p, masses)),
        },
    )
    check.prove(
        "step 4, binary suffices: Ber(q*) has the same best case and no lower worst case",
        some_covariate(p, q, inside, need),
        bernoulli_pair(p, q)[0] >= inside,
    )
    share = z3.RealVal("37/100")
    check.prove(
        "step 2's example: with a 37% attribute the masses are 0, 0.37, 0.63 and 1, and at "
        "p = 2/5 the two AIs can pick 0.37 and 0.63",
        [p == z3.RealVal("2/5")],
        z3.And(
            inducible(p, share),
            inducible(p, 1 - share),
            best_targeting(p, share) > best_targeting(p, 1 - share),
            worst_targeting(p, 1 - share) < worst_targeting(p, share),
        ),
        role="prose",
    )
    check.prove(
        "the same at p = 1/4",
        [p == z3.RealVal("1/4")],
        inducible(p, 1 - share),
        role="control",
    )


def test_ff_undominated(check: Check) -> None:
    p, x, y, s = reals("p x y s")
    chain_is_frontier(check)
    trust, hedge = (p - 1, p), (2 * p - 1, 1 - 2 * p)
    check.prove(
        "the points of T-H and H-D cannot be ranked, for p in [1/3, 1/2)",
        [3 * p >= 1, 2 * p < 1, on_segment((x, y), trust, hedge, s)],
        z3.Not(dominates(hedge, (x, y))),
        role="step",
        order=[p, s],
    )
    check.prove(
        "p < 1/3 exactly when 1-2p > p",
        [unit(p)],
        (3 * p < 1) == (1 - 2 * p > p),
        role="step",
    )
    check.refute(
        "the closure of the undominated points is the set of undominated points of the closure",
        "see ff_frontier_definition: it leaves out the edge T-H",
        {"p": Fraction(2, 5)},
        literal_frontier_gap(),
        role="step",
    )


def test_ff_undominated_corrected(check: Check) -> None:
    p, x, y, s, q = reals("p x y s q")
    chain_is_frontier(check)
    trust, hedge = (p - 1, p), (2 * p - 1, 1 - 2 * p)
    check.prove(
        "T-H and H-D cannot be ranked for p in (1/3, 1/2)",
        [3 * p > 1, 2 * p < 1, on_segment((x, y), trust, hedge, s)],
        z3.Not(
            z3.Or(dominates(hedge, (x, y)), dominates((x, y), hedge), dominates((0, 0), (x, y)))
        ),
    )
    check.prove(
        "at p = 1/3 H dominates the rest of T-H",
        [3 * p == 1, s < 1, on_segment((x, y), trust, hedge, s)],
        dominates(hedge, (x, y)),
    )
    mirror = 1 - p
    shift = 2 * p - 1
    check.prove(
        "p > 1/2: treating m is leaving 1-m alone, with payoffs shifted by 2p-1",
        [unit(p, q), 2 * p > 1],
        z3.And(
            best_targeting(p, 1 - q) == shift + best_targeting(mirror, q),
            worst_targeting(p, 1 - q) == shift + worst_targeting(mirror, q),
        ),
    )
    check.prove(
        "p > 1/2: the window is the mirror image but for its end, which is open",
        [unit(p, q), 2 * p > 1],
        inducible(p, 1 - q) == z3.And(q <= 2 * mirror, z3.Or(q < 2 * mirror, q == 0)),
    )
    check.prove(
        "p in (1/2, 2/3): T and H are attained, so both edges consist of mixtures that exist",
        [2 * p > 1, 3 * p < 2],
        z3.And(
            same_pair(bernoulli_pair(p, p), trust_point(p)),
            same_pair(bernoulli_pair(p, 2 - 2 * p), hedge_point(p)),
        ),
    )
