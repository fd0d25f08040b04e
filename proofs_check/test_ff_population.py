"""Friend or Foe, Section 5.3: finitely many subgroups.

For any number of subgroups, by induction (`ff_additivity`, `ff_chain`) from facts about one
subgroup that are proved for every rate p and every weight alpha.  The composition is checked
once more, exactly, on all small populations over a list of rates that contains every
boundary: the chain built from the definitions of T, H and D against the undominated corners
of the sum of all subgroup corners, found by brute force.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    Pair,
    bernoulli_pair,
    dominates,
    inducible,
    objective,
    on_segment,
    same_pair,
    some_covariate,
    unit,
)
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


def _one_subgroup_choice(p: Any, alpha: Any, trust: Pair) -> z3.BoolRef:
    """The value of the choice that Theorem 2 makes in a subgroup at the weight alpha."""
    middle = z3.And(3 * p >= 1, 3 * p <= 2)
    threshold = alpha_threshold(trust_hedge_slope(p))
    hedge = objective(alpha, hedge_point(p))
    below = z3.If(z3.And(middle, alpha >= threshold), hedge, objective(alpha, trust))
    return z3.If(2 * alpha > 1, objective(alpha, distrust_point(p)), below)


def _theorem2_values(check: Check) -> None:
    p, q, worst, best, alpha = reals("p q worst best alpha")
    everyone = [unit(alpha), *some_covariate(p, q, worst, best)]
    lower = z3.And(3 * p >= 1, 2 * p <= 1)
    ranges = {
        "p < 1/3": 3 * p < 1,
        "1/3 <= p <= 1/2": lower,
        "1/2 < p <= 2/3": z3.And(2 * p > 1, 3 * p <= 2),
        "p > 2/3": 3 * p > 2,
    }
    choice = _one_subgroup_choice(p, alpha, printed_trust(p))
    check.prove_all(
        "the choice is optimal among all covariates, in every subgroup, for every p and alpha",
        "cases of p; ff_additivity adds the subgroups up",
        {
            label: ([*everyone, where], objective(alpha, (worst, best)) <= choice)
            for label, where in ranges.items()
        },
    )
    check.prove(
        "with trust up to alpha = 1/2 in every subgroup",
        [*everyone, 2 * alpha <= 1],
        objective(alpha, (worst, best)) <= objective(alpha, trust_point(p)),
        role="control",
    )


def test_ff_theorem1(check: Check) -> None:
    p = reals("p")[0]
    check.prove(
        "T, with H(1) next, is undominated for one subgroup anywhere in [1/3, 2/3]",
        [3 * p >= 1, 3 * p <= 2],
        z3.Not(dominates(hedge_point(p), printed_trust(p))),
    )
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
    _edges_tie(check, [3 * p > 1, 3 * p < 2], "strictly inside")
    check.exhaust(
        "chain against brute force, every boundary included",
        *small_populations(check.full, boundary=True),
        lambda population: (
            chain_as_printed(population, open_range=True) == undominated_corners(population)
        ),
    )
    check.exhaust(
        "theory.population against brute force",
        *small_populations(check.full, boundary=True),
        lambda population: (
            [tuple(v) for v in population_frontier(population).vertices]
            == undominated_corners(population)
        ),
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
        f"slopes: both ends of each edge maximise the same weighted sum ({label})",
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
    if not any(part.role == "control" for part in check.parts):
        check.prove(
            "T-D has slope -1 everywhere",
            [unit(p)],
            objective(half, printed_trust(p)) == objective(half, distrust_point(p)),
            role="control",
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
    _theorem2_values(check)
    _implementers_off_the_middle(check)
    half = z3.RealVal("1/2")
    m = reals("m")[0]
    check.refute(
        "hedged subgroups get their hedge point from the printed covariate",
        "at p = 1/2 the printed fallback is Ber(1/2); every covariate near it has an event "
        "of mass near 1/2, which can be treated, so the best case stays away from that of H",
        {
            "p": Fraction(1, 2),
            "printed": pair_of_bernoulli(Fraction(1, 2), Fraction(1, 2)),
            "H": hedge_point(Fraction(1, 2)),
        },
        {
            "near Ber(1/2) the best case is at least 3/8": (
                [8 * m >= 3, 8 * m <= 5],
                z3.And(inducible(half, m), 8 * best_targeting(half, m) >= 3),
            ),
        },
    )


def test_ff_theorem2_corrected(check: Check) -> None:
    _theorem2_values(check)
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
    p = reals("p")[0]
    check.prove_all(
        "trusted and distrusted subgroups",
        "the pair of the covariate, computed from its events",
        {
            "T by Ber(p), p = 2/3 apart (there alpha_1 = 0 and trust is never chosen)": (
                [unit(p), 3 * p != 2],
                same_pair(bernoulli_pair(p, p), printed_trust(p)),
            ),
            "D by a constant": (
                [unit(p)],
                same_pair(bernoulli_pair(p, z3.RealVal(0)), distrust_point(p)),
            ),
        },
    )
