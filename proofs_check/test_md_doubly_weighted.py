"""Misaligned by Design, Appendix A, (24): doubly-weighted cross entropy.

It is the utility-weighted log loss with costs c in the place of utilities, so Theorem 1 covers it,
infinite losses included.  Sums enter through one more term; examples are exact.
"""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import sympy as sp

from proofs_check.check import Check
from proofs_check.smt import reals
from proofs_check.utility_grids import exact
from theory.agreement import prediction_difference
from theory.prediction import decision, expected_utility, utility_weighted_prediction
from theory.utility import utility_from_cost

QY, K, REST, CAB = reals("q_y k rest c_ab")


def _doubly_weighted(check: Check) -> None:
    total, best, other = reals("total best other")
    check.prove_all(
        "(24) is l^c, in expectation <l(p, .), C q>, least at the normalised expected costs only",
        "the two sums, entry by entry of C; then strict propriety, scaled (infinite losses as in "
        "Theorem 1, with c for u)",
        {
            "adding an entry of C": (
                [total == best],
                total + QY * (K * CAB) == best + K * (CAB * QY),
            ),
            "scaling": ([total > 0, other > best], total * other > total * best),
        },
    )
    pp, ph, hh, h = sp.symbols("pp ph hh h", positive=True)
    brier = h * pp - 2 * ph + h  # sum of h_a |p - e_a|^2, from |p|^2, <p, h>, |h|^2 and sum h
    at_best = h * hh / h**2 - 2 * hh / h + h
    check.derive(
        "the same for Brier: the excess is (sum h) |p - h / sum h|^2",
        {"excess": brier - at_best - h * (pp - 2 * ph / h + hh / h**2)},
    )
    risk_a, risk_b = reals("risk_a risk_b")
    check.prove(
        "deciding for the smallest entry minimises the risk",
        [total > 0],
        (risk_a / total <= risk_b / total) == (risk_a <= risk_b),
    )
    share, first, second, all_first, all_second = reals("share c_1 c_2 all_1 all_2")
    check.prove(
        "the optimum is the mean of the costs normalised class by class",
        [
            *(0 <= share, share <= 1, all_first > 0, all_second > 0),
            *(0 <= first, first <= all_first, 0 <= second, second <= all_second),
        ],
        (share * first + (1 - share) * second) / (share * all_first + (1 - share) * all_second)
        == share * (first / all_first) + (1 - share) * (second / all_second),
        role="control",
    )


def _as_utilities(check: Check) -> None:
    """The entry of l^u in class y: `own` is l(p, y), `other` l(p, a) of an error a."""
    own, other, weight, total = reals("own other w_y total")
    check.prove_all(
        "with utilities (22) is the case of weights on right answers, decided by the largest entry",
        "action by action",
        {
            "the right answer": ([total == 0], total + weight * own == weight * own),
            "an error adds nothing": (
                [total == weight * own],
                total + 0 * other == weight * own,
            ),
            "the largest entry of p^w": (
                [total > 0, own / total >= other / total],
                own >= other,
            ),
        },
    )


def test_md_doubly_weighted(check: Check) -> None:
    _doubly_weighted(check)
    _as_utilities(check)
    weights, q = exact([[1, 0], [0, 1]]), np.array([F(3, 4), F(1, 4)])
    prediction = utility_weighted_prediction(weights, q)

    def likeliest() -> bool:
        by_risk = int(np.argmin(expected_utility(weights, q)))
        return by_risk == int(decision(weights, q))

    check.certify(
        "with the costs that make l^c the unweighted loss (w = 1), the smallest entry of the "
        "prediction is the action of unweighted accuracy",
        likeliest,
        {"c": tuple(map(tuple, weights)), "q": tuple(q), "p^c": tuple(prediction)},
        role="reading",
    )


def test_md_doubly_weighted_corrected(check: Check) -> None:
    _doubly_weighted(check)
    _as_utilities(check)
    total, largest, risk_a, risk_b, cost = reals("total largest risk_a risk_b cost")
    weight, first, second = reals("w_y l_1 l_2")
    check.prove_all(
        "l^c is the class-weighted loss in class y iff c charges w_y > 0 on y and nothing on "
        "errors",
        "certain of y, l^c is least at the costs in y, normalised, and w_y l at e_y, alone "
        "(md_theorem1); then the factor, as l(p, y) is not constant",
        {
            "the least loss at e_y leaves errors no cost": (
                [total > 0, CAB >= 0, CAB / total == 0],
                CAB == 0,
            ),
            "the factor is w_y": (
                [
                    first != second,
                    cost * first == weight * first,
                    cost * second == weight * second,
                ],
                cost == weight,
            ),
            "conversely": ([CAB == 0], weight * first + CAB * second == weight * first),
            "naming a class then has the risk w_y q_y": (
                [CAB == 0],
                weight * QY + CAB * (1 - QY) == weight * QY,
            ),
        },
    )
    check.prove_all(
        "with u = largest - c the largest entry minimises the risk",
        "nonnegative entries; where the total is positive, the order of the entries",
        {
            "nonnegative": ([cost <= largest], largest - cost >= 0),
            "order": (
                [total > 0],
                ((largest - risk_a) / total >= (largest - risk_b) / total) == (risk_a <= risk_b),
            ),
        },
    )
    check.prove(
        "no cost on the diagonal: the true class is predicted with probability 0 where q = e_y",
        [total > 0, CAB == 0, QY == 1, REST == 0],
        (CAB * QY + REST) / total == 0,
    )
    three = exact([[0, 2, 1], [1, 0, 2], [2, 1, 0]])
    check.certify(
        "the predictions of costs and of utilities differ",
        lambda: prediction_difference(utility_from_cost(three), three) is not None,
        {"c": tuple(map(tuple, three))},
    )
