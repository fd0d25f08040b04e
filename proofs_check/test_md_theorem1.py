"""Misaligned by Design, Theorem 1: the optimal utility-weighted prediction.

For n actions and m classes.  A strictly proper loss enters through its definition alone: E(p, h),
the expected loss of predicting p under h, has its only minimum over p at p = h.  Sums of any
length enter through the inductions of `proofs_check.finite_sums`: v stands for an entry of U q,
T for its total, h for v / T.
"""

from __future__ import annotations

import operator
from fractions import Fraction as F
from typing import Any

import numpy as np
import sympy as sp
import z3

from proofs_check import finite_sums
from proofs_check.check import Check
from proofs_check.smt import reals
from theory.prediction import utility_weighted_prediction

Q, U, S, T, V, H = reals("q u s T v h")


def expected_loss(loss: Any, utility: Any, posterior: Any) -> Any:
    """sum_y q_y sum_a l_a u(a, y), by definitions (2) and (6); `loss` holds l(p, a)."""
    columns = range(len(posterior))
    weighted = [sum(value * utility[a][y] for a, value in enumerate(loss)) for y in columns]
    return sum(q * w for q, w in zip(posterior, weighted, strict=True))


def brier(prediction: Any, action: int) -> Any:
    """Squared distance from the prediction to a certain one."""
    return sum((p - int(b == action)) ** 2 for b, p in enumerate(prediction))


def test_md_theorem1(check: Check) -> None:
    _prediction_is_in_the_simplex(check)
    check.prove_all(
        "expected utility-weighted loss of p is sum_a l(p, a) v_a",
        "induction on the actions, with inductions on the classes inside",
        finite_sums.exchanged(),
    )
    _finite_losses(check)
    _infinite_losses(check)
    _shipped(check)
    _assumptions(check)
    _controls(check)


def _prediction_is_in_the_simplex(check: Check) -> None:
    mass, total, share = reals("mass total share")
    check.prove_all(
        "the total of U q is positive, and U q / total is in the simplex",
        "a column of U has a positive sum; some q is positive; then inductions",
        {
            **finite_sums.positive_if_some_is(),
            "some q is positive if they sum to 1": ([mass == 1, mass >= 0], mass > 0),
            "total = sum_y s_y q_y: base": ([total == 0, mass == 0], (mass > 0) == (total > 0)),
            "total = sum_y s_y q_y: step": (
                [total >= 0, mass >= 0, (mass > 0) == (total > 0), S > 0, Q >= 0],
                z3.And(
                    total + S * Q >= 0,
                    mass + Q >= 0,
                    (mass + Q > 0) == (total + S * Q > 0),
                ),
            ),
            **finite_sums.scaled(),
            "entries": ([T > 0, V >= 0, V <= T], z3.And(V / T >= 0, V / T <= 1)),
            "they sum to 1": ([T > 0, share * T == 1, mass == share * T], mass == 1),
        },
    )


def _finite_losses(check: Check) -> None:
    own, other, weighted_own, weighted_other = reals("E_hh E_ph W_hh W_ph")
    check.prove(
        "the prediction h = U q / total is better than any other, for real losses",
        [T > 0, own < other, weighted_own == T * own, weighted_other == T * other],
        weighted_own < weighted_other,
    )


def _infinite_losses(check: Check) -> None:
    """Losses may be +infinity; 0 times infinity is 0.  Strictness makes E(h, h) finite."""
    check.prove_all(
        "the same for losses that may be infinite: the weighted loss of p is infinite iff E(p, h) "
        "is, and else the equation above holds with the finite terms",
        "a sum is infinite iff a term of positive weight is: some q_y u(a, y) > 0 with l(p, a) "
        "infinite, iff v_a > 0 for such an action, iff h_a > 0",
        {
            "a product is positive iff both factors are": (
                [Q >= 0, U >= 0],
                (Q * U > 0) == z3.And(Q > 0, U > 0),
            ),
            **finite_sums.positive_if_some_is(),
            "h_a > 0 iff v_a > 0": ([T > 0, V >= 0, T * H == V], (H > 0) == (V > 0)),
        },
    )


def _shipped(check: Check) -> None:
    """The function of `theory`, against definitions (2) and (6)."""
    identities = {}
    for actions, classes in ((2, 2), (3, 2), (2, 3)):
        utility, posterior, total = _symbols(actions, classes)
        h = utility_weighted_prediction(utility, posterior)
        loss = sp.symbols(f"l:{actions}")
        weighted = expected_loss(loss, utility, posterior)
        label = f"{actions} actions, {classes} classes"
        identities[f"{label}: sum"] = sum(h) - 1
        identities[f"{label}: loss"] = weighted - total * sum(map(operator.mul, loss, h))
    check.derive(
        "`utility_weighted_prediction`: entries sum to 1, and the expected utility-weighted loss "
        "of any p is the total times the expected loss of p under it",
        identities,
        role="confirmation",
    )
    utility, posterior, total = _symbols(3, 2)
    p, h = sp.symbols("p:3"), utility_weighted_prediction(utility, posterior)
    at_p, at_h = (
        expected_loss([brier(x, a) for a in range(3)], utility, posterior) for x in (p, h)
    )
    distance = sum((x - y) ** 2 for x, y in zip(p, h, strict=True))
    check.derive(
        "Brier score, 3 actions and 2 classes: p has an excess of the total times |p - h|^2",
        {"excess": at_p - at_h - total * distance},
        role="confirmation",
    )


def _assumptions(check: Check) -> None:
    """Each assumption is needed."""
    half = F(1, 2)
    negative = [[F(-1), F(0)], [F(0), F(-1)]]
    grid = [(F(k, 4), 1 - F(k, 4)) for k in range(5)]

    def worst(utility: Any, posterior: Any) -> bool:
        """Formula (8) lies in the simplex but has the highest expected Brier loss on the grid."""
        h = tuple(utility_weighted_prediction(utility, posterior))
        value = {
            p: expected_loss([brier(p, a) for a in range(2)], utility, posterior) for p in grid
        }
        return h in grid and all(value[h] > value[p] for p in grid if p != h)

    check.certify(
        "needed: u >= 0.  At u = -1{a = y} formula (8) gives q, the worst prediction",
        lambda: worst(negative, (half, half)),
        {"U": negative, "q": (half, half), "loss": "Brier"},
        role="confirmation",
    )
    degenerate = [[F(1), F(0)], [F(0), F(0)]]
    check.certify(
        "needed: nondegeneracy.  If no action has a payoff in class 2, all predictions are "
        "equally good at q = (0, 1), and (8) divides by zero",
        lambda: all(
            expected_loss([brier(p, a) for a in range(2)], degenerate, (F(0), F(1))) == 0
            for p in grid
        ),
        {"U": degenerate, "q": (0, 1)},
        role="confirmation",
    )
    identity = [[F(1), F(0)], [F(0), F(1)]]

    def zero_one(p: Any) -> Any:
        return [F(p[0] < p[1]), F(p[0] >= p[1])]

    check.certify(
        "needed: strictness.  0-1 loss of the likelier class is proper, and (8) is not the only "
        "minimiser",
        lambda: (
            expected_loss(zero_one((F(1), F(0))), identity, (F(3, 4), F(1, 4)))
            == expected_loss(zero_one((F(3, 4), F(1, 4))), identity, (F(3, 4), F(1, 4)))
            == min(expected_loss(zero_one(p), identity, (F(3, 4), F(1, 4))) for p in grid)
        ),
        {"U": "identity", "q": (F(3, 4), F(1, 4)), "p": (1, 0)},
        role="confirmation",
    )


def _controls(check: Check) -> None:
    own, other = reals("E_hh E_ph")
    check.prove(
        "without nondegeneracy the inequality stays strict",
        [T >= 0, own < other],
        T * own < T * other,
        role="control",
    )
    utility = np.array([[z3.RealVal(2), z3.RealVal(1)], [z3.RealVal(0), z3.RealVal(1)]])
    h, turned = (
        utility_weighted_prediction(each, np.array([Q, 1 - Q])) for each in (utility, utility.T)
    )
    check.prove(
        "the prediction for the transposed utility is the same",
        [Q >= 0, Q <= 1],
        h[0] == turned[0],
        role="control",
    )


def _symbols(actions: int, classes: int) -> tuple[Any, Any, Any]:
    """A utility, a posterior, and the total of expected utility."""
    utility = np.array(sp.symbols(f"u:{actions}_:{classes}"), dtype=object)
    utility = utility.reshape(actions, classes)
    posterior = np.array(sp.symbols(f"q:{classes}"), dtype=object)
    return utility, posterior, (utility @ posterior).sum()
