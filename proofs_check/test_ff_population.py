"""Friend or Foe, Section 5.3: finitely many subgroups.

For any number of subgroups, by induction (`ff_additivity`, `ff_chain`) from facts about one
subgroup that are proved for every rate p and every weight alpha.  The composition is checked
once more, exactly, on all small populations over a list of rates that contains every
boundary: the chain built from the definitions of T, H and D against the undominated corners
of the sum of all subgroup corners, found by brute force.
"""

from __future__ import annotations

from fractions import Fraction

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    bernoulli_pair,
    dominates,
    inducible,
    objective,
    on_segment,
    same_pair,
    some_covariate,
    unit,
)
from proofs_check.geometry import literal_frontier_gap
from proofs_check.kernel import Obligation
from proofs_check.populations import chain_as_printed, small_populations, undominated_corners
from proofs_check.smt import reals
from proofs_check.test_ff_general import pair_of_bernoulli, printed_trust
from theory.delegation import best_targeting
from theory.points import (
    alpha_threshold,
    distrust_point,
    hedge_point,
    trust_hedge_slope,
    trust_point,
)
from theory.population import population_frontier


def test_ff_additivity(check: Check) -> None:
    a, b, least_a, least_b, weight = reals("a b least_a least_b weight")
    bounds = [least_a <= a, least_b <= b, weight > 0]
    check.prove_all(
        "the extreme of a sum of independent choices is the sum of the extremes",
        "induction on the subgroups; a stands for the sum so far, b for the next subgroup",
        {
            "lower bound": (bounds, least_a + weight * least_b <= a + weight * b),
            "attained": (
                [*bounds, a == least_a, b == least_b],
                a + weight * b == least_a + weight * least_b,
            ),
            "upper bound": (
                [least_a >= a, least_b >= b, weight > 0],
                least_a + weight * least_b >= a + weight * b,
            ),
        },
    )
    check.prove(
        "for negative weights",
        [least_a <= a, least_b <= b],
        least_a + weight * least_b <= a + weight * b,
        role="control",
    )


def test_ff_chain(check: Check) -> None:
    names = "a1 a2 b1 b2 x y s t u v alpha"
    a1, a2, b1, b2, x, y, s, t, u, alpha = reals(names.replace(" v", ""))
    left, right, point, other = (a1, a2), (b1, b2), (x, y), (s, t)
    tie = [
        0 < alpha,
        alpha < 1,
        objective(alpha, left) == objective(alpha, right),
        objective(alpha, point) <= objective(alpha, left),
        b2 <= a2,
    ]
    check.prove_all(
        "one segment",
        "then induction on the segments: consecutive ones share an end, so their levels cover "
        "everything between the first and the last",
        {
            "points of the segment are undominated": (
                [*tie, on_segment(other, left, right, u)],
                z3.Not(dominates(point, other)),
            ),
            "points level with it are on it or dominated": (
                [*tie, b2 <= y, y <= a2, t == y, objective(alpha, other) == objective(alpha, left)],
                z3.And(x <= s, a1 <= s, s <= b1),
            ),
            "points below the last end are dominated by it": (
                [x <= b1, y < b2],
                dominates(right, point),
            ),
        },
    )
    check.prove(
        "with weight 0 on the worst case too",
        [*tie[1:], alpha >= 0, on_segment(other, left, right, u)],
        z3.Not(dominates(point, other)),
        role="control",
    )


def optimal_corners(check: Check) -> None:
    """Which corner maximises the weighted sum over all covariates of one subgroup, every p, alpha.

    The ranges of alpha are closed, so that at a threshold both corners are covered: whatever
    the other subgroups do there, either choice is optimal in this one.
    """
    p, q, worst, best, alpha = reals("p q worst best alpha")
    everyone = [unit(alpha), *some_covariate(p, q, worst, best)]
    value = objective(alpha, (worst, best))
    trust, hedge, distrust = printed_trust(p), hedge_point(p), distrust_point(p)
    threshold = alpha_threshold(trust_hedge_slope(p))
    halves = {
        "[1/3, 1/2]": [3 * p >= 1, 2 * p <= 1],
        "[1/2, 2/3]": [2 * p >= 1, 3 * p <= 2],
    }
    obligations: dict[str, Obligation] = {}
    for label, half in halves.items():
        obligations[f"T for p in {label} up to the threshold"] = (
            [*everyone, *half, alpha <= threshold],
            value <= objective(alpha, trust),
        )
        obligations[f"H for p in {label} from the threshold to 1/2"] = (
            [*everyone, *half, alpha >= threshold, 2 * alpha <= 1],
            value <= objective(alpha, hedge),
        )
    obligations["T for other p up to 1/2"] = (
        [*everyone, z3.Or(3 * p < 1, 3 * p > 2), 2 * alpha <= 1],
        value <= objective(alpha, trust),
    )
    obligations["D for every p from 1/2"] = (
        [*everyone, 2 * alpha >= 1],
        value <= objective(alpha, distrust),
    )
    check.prove_all(
        "the corner is optimal among all covariates of the subgroup",
        "cases of p and alpha; ff_additivity adds the subgroups up",
        obligations,
    )
    check.prove(
        "trust up to alpha = 1/2 in every subgroup",
        [unit(p, q, alpha), 2 * alpha <= 1],
        objective(alpha, bernoulli_pair(p, q)) <= objective(alpha, trust_point(p)),
        role="control",
    )


def test_ff_theorem1(check: Check) -> None:
    p = reals("p")[0]
    check.prove(
        "T, with H(1) next, is undominated for one subgroup of [1/3, 2/3] above 1/2, where H "
        "is attained, so that the two readings of Definition 2 agree",
        [2 * p > 1, 3 * p <= 2],
        z3.Not(dominates(hedge_point(p), printed_trust(p))),
    )
    check.prove(
        "the same below 1/2, for the closure",
        [3 * p >= 1, 2 * p < 1],
        z3.Not(dominates(hedge_point(p), printed_trust(p))),
        role="reading",
    )
    check.refute(
        "the edges T-H belong to the frontier under Definition 2 as printed",
        "see ff_frontier_definition: for 1/3 < p < 1/2 it leaves them out",
        {p: Fraction(2, 5)},
        literal_frontier_gap(),
        role="reading",
    )
    optimal_corners(check)
    _edges_tie(check, [3 * p >= 1, 3 * p <= 2], "as printed")
    check.exhaust(
        "chain against brute force, subgroups strictly inside or outside the middle range",
        *small_populations(check.full, boundary=False),
        lambda population: chain_as_printed(population) == undominated_corners(population),
        role="confirmation",
    )


def test_ff_theorem1_corrected(check: Check) -> None:
    p = reals("p")[0]
    check.prove(
        "with the open range no corner is dominated by the next",
        [3 * p > 1, 3 * p < 2],
        z3.Not(
            z3.Or(
                dominates(hedge_point(p), trust_point(p)),
                dominates(distrust_point(p), hedge_point(p)),
            )
        ),
    )
    check.prove(
        "at 1/3 and 2/3 H dominates the printed T",
        [z3.Or(3 * p == 1, 3 * p == 2)],
        dominates(hedge_point(p), printed_trust(p)),
    )
    optimal_corners(check)
    _edges_tie(check, [3 * p > 1, 3 * p < 2], "strictly inside")
    check.exhaust(
        "chain against brute force, every boundary included",
        *small_populations(check.full, boundary=True),
        lambda population: (
            chain_as_printed(population, open_range=True) == undominated_corners(population)
        ),
        role="confirmation",
    )
    check.exhaust(
        "theory.population against brute force",
        *small_populations(check.full, boundary=True),
        lambda population: (
            [tuple(v) for v in population_frontier(population).vertices]
            == undominated_corners(population)
        ),
        role="confirmation",
    )
    check.exhaust(
        "closed range at the boundaries",
        *small_populations(check.full, boundary=True),
        lambda population: chain_as_printed(population) == undominated_corners(population),
        role="control",
    )


def _edges_tie(check: Check, where: list[z3.BoolRef], label: str) -> None:
    """At alpha(p) T and H tie; at 1/2 H and D do; elsewhere T and D do."""
    p = reals("p")[0]
    threshold = alpha_threshold(trust_hedge_slope(p))
    half = z3.RealVal("1/2")
    check.prove_all(
        f"slopes: both ends of each edge tie at the edge's weight ({label})",
        "one edge at a time; the other subgroups' choices are the same at both ends",
        {
            "T-H has slope sigma": (
                where,
                objective(threshold, printed_trust(p)) == objective(threshold, hedge_point(p)),
            ),
            "H-D has slope -1": (
                where,
                objective(half, hedge_point(p)) == objective(half, distrust_point(p)),
            ),
            "T-D has slope -1 elsewhere": (
                [unit(p), z3.Or(3 * p < 1, 3 * p > 2)],
                objective(half, printed_trust(p)) == objective(half, distrust_point(p)),
            ),
        },
    )


def test_ff_alpha_thresholds(check: Check) -> None:
    sigma, other = reals("sigma sigma_next")
    alpha = alpha_threshold(sigma)
    range_ = [-1 <= sigma, sigma <= 0]
    check.prove("solves the equation", range_, -alpha / (1 - alpha) == sigma)
    check.prove("lies in [0, 1/2]", range_, z3.And(alpha >= 0, 2 * alpha <= 1))
    check.prove(
        "increases along the order, up to alpha_{k+1} = 1/2 (slope -1)",
        [*range_, -1 <= other, other <= sigma],
        z3.And(
            alpha <= alpha_threshold(other), alpha_threshold(z3.RealVal(-1)) == z3.RealVal("1/2")
        ),
    )
    check.prove("equals -sigma", range_, alpha == -sigma, role="control")


def test_ff_theorem2(check: Check) -> None:
    optimal_corners(check)
    _implementers_off_the_middle(check)
    p, m = reals("p m")
    check.refute(
        "hedged subgroups get their hedge point from the printed covariate",
        "at p = 1/2 the printed fallback is Ber(1/2); every covariate near it has an event "
        "of mass near 1/2, which can be treated, so the best case stays away from that of H",
        {p: Fraction(1, 2)},
        {
            "near Ber(1/2) the best case is at least 3/8": (
                [unit(p), 8 * m >= 3, 8 * m <= 5],
                z3.And(inducible(p, m), 8 * best_targeting(p, m) >= 3),
            ),
        },
        shown={
            "printed": pair_of_bernoulli(Fraction(1, 2), Fraction(1, 2)),
            "H": hedge_point(Fraction(1, 2)),
        },
    )


def test_ff_theorem2_corrected(check: Check) -> None:
    optimal_corners(check)
    _implementers_off_the_middle(check)
    p, e = reals("p e")
    hedge = hedge_point(p)
    check.prove_all(
        "hedged subgroups",
        "explicit sequences, e -> 0",
        {
            "p < 1/2: Ber(1-2p-e)": (
                [3 * p >= 1, 2 * p < 1, 0 < e, e <= 1 - 2 * p],
                same_pair(bernoulli_pair(p, 1 - 2 * p - e), (hedge[0] + e, hedge[1] - e)),
            ),
            "p = 1/2: a constant": (
                [2 * p == 1],
                same_pair(bernoulli_pair(p, 1 - 2 * p), hedge),
            ),
            "p > 1/2: Ber(2-2p)": (
                [2 * p > 1, 3 * p <= 2],
                same_pair(bernoulli_pair(p, 2 - 2 * p), hedge),
            ),
        },
    )
    check.prove(
        "k = 0: T and D tie at 1/2",
        [unit(p), z3.Or(3 * p < 1, 3 * p > 2)],
        objective(z3.RealVal("1/2"), trust_point(p))
        == objective(z3.RealVal("1/2"), distrust_point(p)),
    )


def _implementers_off_the_middle(check: Check) -> None:
    p, e = reals("p e")
    check.prove_all(
        "trusted and distrusted subgroups",
        "the pair of the covariate, computed from its events",
        {
            "T by Ber(p), p = 2/3 apart": (
                [unit(p), 3 * p != 2],
                same_pair(bernoulli_pair(p, p), printed_trust(p)),
            ),
            "T at p = 2/3, by Ber(2/3-e) as e falls to 0 (limit-implemented)": (
                [3 * p == 2, 0 < e, 6 * e <= 1],
                same_pair(
                    bernoulli_pair(p, p - e), (printed_trust(p)[0] + e, printed_trust(p)[1] - e)
                ),
            ),
            "D by a constant": (
                [unit(p)],
                same_pair(bernoulli_pair(p, z3.RealVal(0)), distrust_point(p)),
            ),
        },
    )
