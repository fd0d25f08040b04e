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
    check.prove(
        "deciding for the largest entry minimises the risk",
        [total > 0],
        (risk_a / total >= risk_b / total) == (risk_a <= risk_b),
        role="control",
    )


def test_md_doubly_weighted(check: Check) -> None:
    _doubly_weighted(check)
    cost, q = exact([[0, 1], [1, 0]]), np.array([F(3, 4), F(1, 4)])
    prediction = utility_weighted_prediction(cost, q)

    def least_risk() -> bool:
        chosen = int(decision(cost, q))
        return bool(expected_utility(cost, q)[chosen] == expected_utility(cost, q).min())

    check.certify(
        "with costs for utilities and rule (9), the largest entry, decisions minimise the risk",
        least_risk,
        {"c": tuple(map(tuple, cost)), "q": tuple(q), "p^c": tuple(prediction)},
        role="reading",
    )


def test_md_doubly_weighted_corrected(check: Check) -> None:
    _doubly_weighted(check)
    total, largest, risk_a, risk_b, cost = reals("total largest risk_a risk_b cost")
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
