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


def _means_over_features(check: Check) -> None:
    mass, joint, rest, total, loss = reals("mass joint rest total loss")
    check.prove_all(
        "expected loss is the mean over x of the expected loss of f(x) under q(x)",
        "P(x, y) = P(x) q_y(x); class by class, then feature by feature",
        {
            "no class yet": ([total == 0, rest == 0], total == mass * rest),
            "one more class": (
                [total == mass * rest, joint == mass * Q],
                total + joint * loss == mass * (rest + Q * loss),
            ),
            "one more x": ([total == rest, V == S], total + V == rest + S),
        },
    )
    other = reals("l_2")[0]
    check.prove(
        "the sum over the classes in place of the mean under q",
        [0 <= Q, Q <= 1, loss >= 0, other >= 0],
        Q * loss + (1 - Q) * other == loss + other,
        role="control",
    )


CLASSES: tuple[Any, ...] = (1, 2)
UNIFORM = (F(1, 2), F(1, 2))


def _is_prediction(value: Any) -> bool:
    """Whether it is in the simplex over `CLASSES`."""
    return isinstance(value, tuple) and len(value) == len(CLASSES) and sum(value) == 1


def test_md_domains(check: Check) -> None:
    _means_over_features(check)
    check.certify(
        "(7) as printed: the second argument of l^u is a class",
        lambda: UNIFORM in CLASSES,
        {"classes": CLASSES, "q": UNIFORM},
        role="reading",
    )
    check.certify(
        "f: X -> Y as printed: its values are predictions",
        lambda: all(_is_prediction(value) for value in CLASSES),
        {"f(x)": CLASSES[0]},
        role="reading",
    )


def test_md_domains_corrected(check: Check) -> None:
    _means_over_features(check)
    losses = [brier(UNIFORM, action) for action in range(2)]
    check.certify(
        "with the bar, and values in the simplex: the Brier score of (1/2, 1/2) under (1/2, 1/2)",
        lambda: (
            _is_prediction(UNIFORM)
            and expected_loss(losses, np.identity(2, dtype=int), UNIFORM) == F(1, 2)
        ),
        {"p": UNIFORM, "q": UNIFORM},
    )


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
    """Each assumption is needed: two actions and classes, p and q probabilities of the first."""
    p, q, first, second = reals("p q_1 l_1 l_2")
    half, one, zero = (z3.RealVal(text) for text in ("1/2", "1", "0"))

    def brier_losses(at: Any) -> list[Any]:
        return [brier((at, 1 - at), action) for action in range(2)]

    def zero_one(at: Any) -> list[Any]:
        """0-1 loss of the likelier class, the first if they are equally likely."""
        return [z3.If(2 * at < 1, one, zero), z3.If(2 * at >= 1, one, zero)]

    signed = [[1, -3], [-3, 1]]
    at_half = (half, half)
    check.prove_all(
        "u >= 0 is needed: at U = ((1, -3), (-3, 1)) and q = (1/2, 1/2) formula (8) gives q, the "
        "worst prediction for the Brier score",
        "each class has an action of positive utility, and the total of U q is -2",
        {
            "(8)": (
                [],
                z3.And(*[h == half for h in utility_weighted_prediction(signed, at_half)]),
            ),
            "worst": (
                [0 <= p, p <= 1, p != half],
                expected_loss(brier_losses(p), signed, at_half)
                < expected_loss(brier_losses(half), signed, at_half),
            ),
        },
    )
    check.prove(
        "nondegeneracy is needed: at U = ((1, 0), (0, 0)) and q = (0, 1) all predictions are "
        "equally good for any loss, and U q = 0",
        [],
        expected_loss([first, second], [[1, 0], [0, 0]], (zero, one)) == 0,
    )
    identity = [[1, 0], [0, 1]]

    def expected(at: Any) -> Any:
        return expected_loss(zero_one(at), identity, (q, 1 - q))

    check.prove_all(
        "strictness is needed: 0-1 loss is proper, and at U = 1, 1/2 < q < 1, the prediction "
        "(1, 0) is as good as (8), which is (q, 1 - q)",
        "for all predictions and posteriors",
        {
            "proper": ([0 <= p, p <= 1, 0 <= q, q <= 1], expected(p) >= expected(q)),
            "a tie": ([2 * q > 1, q < 1], z3.And(expected(one) == expected(q), q != one)),
        },
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
