"""Friend or Foe, Section 5.4 and the closing cases of Appendix B.1.5: which points are left."""

from __future__ import annotations

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
from proofs_check.geometry import chain_is_frontier, literal_frontier_gap
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from proofs_check.test_ff_general import pair_of_bernoulli
from theory.delegation import best_targeting, worst_targeting
from theory.points import distrust_point, hedge_point, trust_point


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
        {p: Fraction(2, 5)},
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
