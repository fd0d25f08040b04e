"""Misaligned by Design, Appendix A.4: base rates, class weights and class imbalance.

Any number of classes: r is P(x | y) of one class, b and t its source and target rate, S and T the
sums of r b and of r t over the classes, so that by Bayes' rule q_y(x) = r b / S, p_y(x) = r t / T.
"""

from __future__ import annotations

import numpy as np
import sympy as sp
import z3

from proofs_check import finite_sums
from proofs_check.check import Check
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from theory.base_rates import posterior_under_base_rates
from theory.class_weights import class_weighted_prediction

R, B, T, S_SUM, T_SUM, K, Q, W = reals("r b t s_sum t_sum k q w")
VALID = [R >= 0, B > 0, B <= 1, 0 <= T, T <= 1, S_SUM > 0, T_SUM > 0]


def bayes() -> dict[str, Obligation]:
    """(25) from Bayes' rule, one class of any number."""
    q, p = R * B / S_SUM, R * T / T_SUM
    partial, partial_sum = reals("partial partial_sum")
    return {
        "<w, q> = T / S, one more class": (
            [*VALID, partial == partial_sum / S_SUM],
            partial + (T / B) * q == (partial_sum + R * T) / S_SUM,
        ),
        "the formula": (VALID, (T / B) * q / (T_SUM / S_SUM) == p),
        "any common factor": ([*VALID, K > 0], (K * T / B) * q / (K * T_SUM / S_SUM) == p),
    }


def _proposition(check: Check) -> None:
    check.prove_all("Bayes' rule under the target rates", "class by class", bayes())
    check.prove_all(
        "weights 1/b are those of uniform rates, which are then the class frequencies",
        "the factor is the number of classes k; the target law of (x, y) sums to t over x",
        {
            "the weights": ([B > 0, K >= 1], (1 / K) / B == (1 / K) * (1 / B)),
            "the law of (x, y)": (VALID, T_SUM * (R * T / T_SUM) == T * R),
        },
    )
    joint = np.array(sp.symbols("a:2:2", positive=True), dtype=object).reshape(2, 2)
    target = np.array(sp.symbols("t:2", positive=True), dtype=object)
    weights = target / joint.sum(axis=0)
    shifted = posterior_under_base_rates(joint, target)
    adjusted = class_weighted_prediction(weights, joint[0] / joint[0].sum())
    check.derive(
        "two classes and features: the programs' functions",
        {"class 0 at one x": adjusted[0] - shifted[0, 0]},
        role="confirmation",
    )
    check.prove(
        "with the rates exchanged, w = b / t",
        [*VALID, T > 0],
        (B / T) * (R * B / S_SUM) / (T_SUM / S_SUM) == R * T / T_SUM,
        role="control",
    )


def rises(weight: z3.ArithRef) -> z3.BoolRef:
    """Weighting the class of probability q raises its prediction (the others have weight 1)."""
    return class_weighted_prediction([weight, 1], [Q, 1 - Q])[0] > Q


def test_md_prop3(check: Check) -> None:
    _proposition(check)
    check.prove(
        "every target in the simplex gives the positive weights that (14) asks for",
        [B > 0, B <= 1, 0 <= T, T <= 1, K > 0],
        K * T / B > 0,
        role="reading",
        order=[T, B, K],
    )


def test_md_prop3_corrected(check: Check) -> None:
    _proposition(check)
    check.prove(
        "the weights are positive iff the target rates are",
        [B > 0, B <= 1, 0 <= T, T <= 1, K > 0],
        (K * T / B > 0) == (T > 0),
    )
    check.prove(
        "a class without target rate is never predicted",
        [*VALID, T == 0],
        (T / B) * (R * B / S_SUM) / (T_SUM / S_SUM) == 0,
    )
    divisor, term = reals("divisor term")
    check.prove_all(
        "(25) divides by zero at x iff all classes possible there have the target rate 0",
        "<t/b, q(x)> is a sum of nonnegative terms, each positive iff t and q are",
        {
            "one class": (
                [B > 0, T >= 0, Q >= 0, term == (T / B) * Q],
                z3.And(term >= 0, (term > 0) == z3.And(T > 0, Q > 0)),
            ),
            **finite_sums.positive_if_some_is(),
            "undefined": ([divisor >= 0], (divisor == 0) == z3.Not(divisor > 0)),
        },
    )


def _weights_favour(check: Check) -> None:
    check.prove_all(
        "a class is favoured by a weight above that of the others, at every q in (0, 1)",
        "weighting the class of probability q, the others having weight 1",
        {
            "above": ([0 < Q, Q < 1, W > 1], rises(W)),
            "below": ([0 < Q, Q < 1, 0 < W, W < 1], z3.Not(rises(W))),
            "equal": (
                [0 < Q, Q < 1],
                class_weighted_prediction([W * 0 + 1, 1], [Q, 1 - Q])[0] == Q,
            ),
        },
    )
    check.prove(
        "a weight above that of the others lifts the prediction to 1/2",
        [0 < Q, Q < 1, W > 1],
        2 * class_weighted_prediction([W, 1], [Q, 1 - Q])[0] >= 1,
        role="control",
    )


def test_md_prose_majority(check: Check) -> None:
    _weights_favour(check)
    check.prove(
        "a machine that favours the majority too much is corrected by upweighting the majority",
        [2 * Q > 1, Q < 1, W > 1],
        z3.Not(rises(W)),
        role="prose",
        order=[W, Q],
    )


def test_md_prose_majority_corrected(check: Check) -> None:
    _weights_favour(check)
    check.prove(
        "more weight on the minority, or less on the majority, favours the minority",
        [0 < Q, 2 * Q < 1, 0 < K, K < 1, W > 1],
        z3.And(
            rises(W),
            class_weighted_prediction([1, K], [Q, 1 - Q])[0] > Q,
        ),
    )
