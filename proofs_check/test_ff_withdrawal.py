"""Friend or Foe, Section 5.3: in which order, and to what, reliance on the AI is withdrawn."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    bernoulli_pair,
    objective,
    same_pair,
    unit,
)
from proofs_check.geometry import corners_in_k
from proofs_check.smt import reals
from theory.admissible import joint_extremes
from theory.admissible_events import extremes_by_enumeration
from theory.points import (
    alpha_threshold,
    distrust_point,
    hedge_point,
    hedge_share,
    trust_hedge_slope,
    trust_point,
)


def test_ff_footnote11(check: Check) -> None:
    p, other, r, gap = reals("p p_other r r_other")
    range_ = [3 * p >= 1, 3 * p <= 2, 3 * other >= 1, 3 * other <= 2]
    radius = [r == z3.If(2 * p <= 1, 1 - 2 * p, 2 * p - 1) / 2]
    gap_is = [gap == z3.If(2 * other <= 1, 1 - 2 * other, 2 * other - 1) / 2]

    def formula(distance: z3.ArithRef) -> z3.ArithRef:
        return (3 * distance - z3.RealVal("1/2")) / (z3.RealVal("1/2") - distance)

    slope = trust_hedge_slope
    check.prove("formula in r", [*range_, *radius], slope(p) == formula(r))
    check.prove("increasing in r", [0 <= r, r < gap, 6 * gap <= 1], formula(r) < formula(gap))
    check.prove(
        "order of the slopes",
        [*range_, *radius, *gap_is],
        (slope(p) > slope(other)) == (r > gap),
    )
    check.prove(
        "order by p itself", range_, (slope(p) > slope(other)) == (p < other), role="control"
    )


def _first_withdrawal(p: Any) -> z3.ArithRef:
    """The weight from which on trust is no longer optimal in a subgroup with 0 < p < 1."""
    middle = z3.And(3 * p >= 1, 3 * p <= 2)
    return z3.If(middle, alpha_threshold(trust_hedge_slope(p)), z3.RealVal("1/2"))


def _more_skewed(p: Any, other: Any) -> z3.BoolRef:
    return (2 * p - 1) * (2 * p - 1) > (2 * other - 1) * (2 * other - 1)


def _order_inside(check: Check) -> None:
    p, other = reals("p p_other")
    check.prove(
        "order among subgroups of [1/3, 2/3]",
        [3 * p >= 1, 3 * p <= 2, 3 * other >= 1, 3 * other <= 2, _more_skewed(p, other)],
        _first_withdrawal(p) < _first_withdrawal(other),
    )
    check.prove(
        "the lower rate first",
        [3 * p >= 1, 3 * p <= 2, 3 * other >= 1, 3 * other <= 2, p < other],
        _first_withdrawal(p) < _first_withdrawal(other),
        role="control",
    )


def test_ff_withdrawal_order(check: Check) -> None:
    p, other = reals("p p_other")
    _order_inside(check)
    check.prove(
        "order among all subgroups",
        [0 < p, p < 1, 0 < other, other < 1, _more_skewed(p, other)],
        _first_withdrawal(p) <= _first_withdrawal(other),
        role="prose",
    )


def test_ff_withdrawal_order_corrected(check: Check) -> None:
    p, other = reals("p p_other")
    _order_inside(check)
    check.prove(
        "subgroups outside [1/3, 2/3] come last",
        [0 < p, p < 1, z3.Or(3 * p < 1, 3 * p > 2), 3 * other >= 1, 3 * other <= 2],
        z3.And(
            _first_withdrawal(p) == z3.RealVal("1/2"),
            _first_withdrawal(other) <= _first_withdrawal(p),
        ),
    )


def _single_move(check: Check) -> None:
    """Every subgroup moves from its upper point to D at 1/2, and none elsewhere."""
    p, alpha = reals("p alpha")
    middle = z3.And(3 * p >= 1, 3 * p <= 2)
    trust, hedge, distrust = trust_point(p), hedge_point(p), distrust_point(p)
    upper = (z3.If(middle, hedge[0], trust[0]), z3.If(middle, hedge[1], trust[1]))
    for_alpha = [unit(p, alpha)]
    check.prove_all(
        "every subgroup is indifferent between its upper point and D at 1/2, and only there",
        "cases of alpha",
        {
            "below": (
                [*for_alpha, 2 * alpha < 1],
                objective(alpha, upper) >= objective(alpha, distrust),
            ),
            "at": (
                [*for_alpha, 2 * alpha == 1],
                objective(alpha, upper) == objective(alpha, distrust),
            ),
            "above": (
                [*for_alpha, 2 * alpha > 1],
                objective(alpha, upper) <= objective(alpha, distrust),
            ),
            "strict where the points differ": (
                [*for_alpha, 2 * alpha != 1, z3.Not(same_pair(upper, distrust))],
                objective(alpha, upper) != objective(alpha, distrust),
            ),
        },
    )
    check.prove(
        "indifferent at 2/5",
        [unit(p, alpha), 5 * alpha == 2],
        objective(alpha, upper) == objective(alpha, distrust),
        role="control",
    )


def test_ff_single_move(check: Check) -> None:
    p, alpha = reals("p alpha")
    _single_move(check)
    check.prove(
        "any increase of alpha beyond alpha_k triggers the move",
        [3 * p > 1, 3 * p < 2, unit(alpha), alpha > alpha_threshold(trust_hedge_slope(p))],
        objective(alpha, hedge_point(p)) <= objective(alpha, distrust_point(p)),
        role="prose",
        order=[p, alpha],
    )


def test_ff_single_move_corrected(check: Check) -> None:
    p, alpha = reals("p alpha")
    _single_move(check)
    check.prove(
        "between alpha_k and 1/2 the hedge stays optimal, strictly so where it differs from D",
        [
            3 * p > 1,
            3 * p < 2,
            2 * p != 1,
            alpha > alpha_threshold(trust_hedge_slope(p)),
            2 * alpha < 1,
        ],
        z3.And(
            objective(alpha, hedge_point(p)) > objective(alpha, distrust_point(p)),
            objective(alpha, hedge_point(p)) > objective(alpha, trust_point(p)),
        ),
    )


def test_ff_example4(check: Check) -> None:
    first, second = Fraction(13, 20), Fraction(13, 25)
    _example4_order(check, first, second)
    extremes = extremes_by_enumeration(first, (hedge_share(first), 1 - hedge_share(first)))
    treated_best = sum(
        (1 - hedge_share(first), hedge_share(first))[1 - i] for i in extremes.best.event
    )
    check.certify(
        "at most 30% are rightly treated in the best case at the hedge of 0.65",
        lambda: (treated_best + extremes.best.value) / 2 <= Fraction(3, 10),
        {
            "p": first,
            "treated": treated_best,
            "rightly treated in the best case": (treated_best + extremes.best.value) / 2,
        },
        role="prose",
    )


def test_ff_example4_corrected(check: Check) -> None:
    first, second = Fraction(13, 20), Fraction(13, 25)
    _example4_order(check, first, second)
    masses = (hedge_share(first), 1 - hedge_share(first))
    extremes = extremes_by_enumeration(first, masses)
    worst, best = extremes.worst, extremes.best

    def treated(event: tuple[int, ...]) -> Fraction:
        return sum((masses[i] for i in event), Fraction(0))

    check.certify(
        "70% are treated in both cases, 65% rightly in the best, 35% wrongly in the worst",
        lambda: (
            treated(best.event) == treated(worst.event) == Fraction(7, 10)
            and (treated(best.event) + best.value) / 2 == Fraction(13, 20)
            and (treated(worst.event) - worst.value) / 2 == Fraction(7, 20)
        ),
        {"p": first, "covariate": masses},
    )


def _example4_order(check: Check, first: Fraction, second: Fraction) -> None:
    thresholds = [alpha_threshold(trust_hedge_slope(p)) for p in (first, second)]
    check.certify(
        "0.65 is hedged first, both before 1/2",
        lambda: thresholds == [Fraction(1, 8), Fraction(11, 23)],
        {"alpha_1, alpha_2": tuple(thresholds)},
    )
    check.certify(
        "masses set apart",
        lambda: (
            [min(hedge_share(p), 1 - hedge_share(p)) for p in (first, second)]
            == [abs(2 * p - 1) for p in (first, second)]
            == [Fraction(3, 10), Fraction(1, 25)]
        ),
        {"p": (first, second)},
    )
    check.certify(
        "the masses set apart are the rates of the hedging covariates",
        lambda: (
            [hedge_share(p) for p in (first, second)] == [abs(2 * p - 1) for p in (first, second)]
        ),
        {"p": (first, second)},
        role="control",
    )


def test_ff_footnote7(check: Check) -> None:
    p, values = reals("p values")
    check.prove_all(
        "every corner of a subgroup needs a covariate with two values",
        "pairs of Bernoulli covariates, or limits of them; subgroups can share the two labels",
        corners_in_k(p),
    )
    check.prove_all(
        "two are at most 2^n",
        "induction on n",
        {"n = 1": ([values == 2], 2 <= values), "n + 1": ([2 <= values], 2 <= 2 * values)},
    )
    population = [Fraction(k, 12) for k in range(13)]
    share = Fraction(1, len(population))
    laws = [tuple(m for m in (p, 1 - p) if m) for p in population]
    joint = joint_extremes([share] * len(population), population, laws)
    check.certify(
        "one two-valued covariate gives trust in thirteen subgroups at once",
        lambda: (
            (joint.worst.value, joint.best.value)
            == tuple(sum(share * trust_point(p)[i] for p in population) for i in (0, 1))
        ),
        {"rates": tuple(population)},
        role="confirmation",
    )
    check.prove(
        "one value suffices",
        [unit(p)],
        same_pair(bernoulli_pair(p, z3.RealVal(0)), trust_point(p)),
        role="control",
    )
