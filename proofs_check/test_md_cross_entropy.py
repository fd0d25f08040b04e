"""Misaligned by Design, Section 2.8: class-weighted cross entropy, eqs. (14)-(18).

The weighted probability of a class is X times its weight W, that of all others together R.
"""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.losses import tangent, tangent_of_logarithm
from proofs_check.smt import reals
from theory.arrays import as_array
from theory.incentives import (
    marginal_learning_loss,
    marginal_value_of_information,
    residual_gradient,
    residual_learning_loss_by_definition,
)
from theory.scoring_families import LOGARITHMIC
from theory.utility import degenerate_classes

STEP, Q, X, R, W, V = reals("t q x r w v")


def weighted_partials(check: Check) -> None:
    """Record (14)-(17) for any number of classes."""
    partial, weight, entry, ell, seen, own = reals("partial weight entry ell seen own")
    check.prove_all(
        "(14), (6), (16): the utility is nondegenerate, l^w(p, y) = w_y l(p, y), and U q has the "
        "entries w_y q_y",
        "one action after the other, of utility w_y in class y if it is y, else 0; `seen` says "
        "whether it was among them; for (U q)_a the classes take the actions' place",
        {
            "no action": ([partial == 0, seen == 0], partial == seen * weight * own),
            "another action": (
                [partial == seen * weight * own, entry == 0],
                partial + entry * ell == seen * weight * own,
            ),
            "the action y": (
                [partial == seen * weight * own, seen == 0, entry == weight, ell == own],
                partial + entry * ell == weight * own,
            ),
            "nondegenerate": ([weight > 0, entry == weight], entry > 0),
        },
    )
    w = as_array(list(sp.symbols("w1:4", positive=True)))
    q = as_array(list(sp.symbols("q1:4", positive=True)))
    utility = np.diag(w) + 0 * np.diag(w)
    shipped = residual_gradient(LOGARITHMIC, utility, q)
    total = sum(a * b for a, b in zip(w, q, strict=True))
    check.derive(
        "(15)-(17) for three classes, by the shipped functions",
        {f"class {y + 1}": shipped[y] + w[y] * sp.log(w[y] * q[y] / total) for y in range(3)},
        role="confirmation",
    )
    x, r, own, rest = sp.symbols("x r w C", positive=True)
    residual = -own * x * sp.log(own * x) + (own * x + r) * sp.log(own * x + r) - rest
    check.derive(
        "(17): the partial derivative is -w_y log p_y, any number of classes",
        {"by q_y": sp.diff(residual, x) + own * sp.log(own * x / (own * x + r))},
    )


def share(weight: Any) -> Any:
    """p_y of (16) for a weight, with q_y = X and the other classes' sum R = sum w_k q_k."""
    return weight * X / (weight * X + R)


def indirect_effect(check: Check, strictly_inside: bool) -> None:
    """The prediction rises in its class's weight: strictly inside, or not falling anywhere."""
    ordered = [0 < W, W < V]
    if strictly_inside:
        check.prove_all(
            "a higher w_y raises p_y and lowers -log p_y iff 0 < q_y < 1",
            "R = 0 iff q_y = 1, as all weights are positive",
            {
                "inside": ([*ordered, X > 0, R > 0], share(W) < share(V)),
                "at q_y = 0": ([*ordered, X == 0, R > 0], share(W) == share(V)),
                "at q_y = 1": ([*ordered, X > 0, R == 0], share(W) == share(V)),
            },
        )
    else:
        check.prove(
            "a higher w_y never lowers p_y",
            [*ordered, X >= 0, R >= 0, X + R > 0],
            share(W) <= share(V),
        )


def attached(check: Check) -> None:
    """Refute in prose: raising a weight that is below the others' brings p_y closer to q_y."""
    check.prove(
        "as class y is weighted more heavily, p_y becomes more detached from q_y",
        [0 < W, W < V, X == z3.Q(1, 2), R == 1 - X],
        z3.If(share(W) > X, share(W) - X, X - share(W))
        < z3.If(share(V) > X, share(V) - X, X - share(V)),
        order=[V, W],
        role="prose",
    )


def detached(check: Check) -> None:
    """Record from which weight on raising it moves p_y away from q_y."""
    mean = R / (1 - X)  # of the other classes' weights
    inside = [0 < X, X < 1, R > 0, 0 < W, W < V]
    check.prove_all(
        "for 0 < q_y < 1 a higher w_y moves p_y away from q_y if w_y is at least the mean of the "
        "other weights, sum w_k q_k / (1 - q_y), and towards q_y up to that mean",
        "p_y - q_y = q_y (1 - q_y) (w_y - mean) / <w, q>; with equal weights p = q",
        {
            "identity": (
                [0 < X, X < 1, R > 0, W > 0],
                share(W) - X == X * (1 - X) * (W - mean) / (W * X + R),
            ),
            "away": ([*inside, W >= mean], z3.And(0 <= share(W) - X, share(W) < share(V))),
            "towards": ([*inside, V <= mean], z3.And(share(W) < share(V), share(V) <= X)),
        },
    )


def test_md_class_weight(check: Check) -> None:
    weighted_partials(check)
    indirect_effect(check, False)
    all_weight(check)
    check.prove(
        "a higher w_y lowers -log p_y at every q",
        [0 < W, W < V, X >= 0, R >= 0, X + R > 0],
        share(W) < share(V),
        order=[X, R, W, V],
        role="reading",
    )
    check.refute(
        "as the weight concentrates on y, (16) tends to 1 at every q",
        "at q_y = 0 the prediction of class y is 0 for all weights",
        {X: F(0)},
        {"prediction": ([W > 0, R > 0], share(W) == 0)},
        shown={"q_y": 0, "p_y": 0},
        role="reading",
    )
    attached(check)
    falling(check)


def all_weight(check: Check) -> None:
    """Record the limit case itself: all weight on class y."""
    surprise = reals("surprise")[0]
    check.prove_all(
        "with all weight on class y, p_y = 1 is optimal at every q and L is 0 throughout",
        "the expected loss is w_y q_y (-log p_y), >= 0, and 0 at p_y = 1; other classes cost 0",
        {
            "not below 0": ([W > 0, X >= 0, surprise >= 0], W * X * surprise >= 0),
            "at p_y = 1": ([W > 0, X >= 0, surprise == 0], W * X * surprise == 0),
        },
    )


def falling(check: Check) -> None:
    """Control: the prediction falls in its class's weight."""
    check.prove(
        "a higher w_y lowers p_y",
        [0 < W, W < V, X > 0, R > 0],
        share(V) < share(W),
        role="control",
    )


def test_md_class_weight_corrected(check: Check) -> None:
    surprise = reals("surprise")[0]
    weighted_partials(check)
    indirect_effect(check, False)
    indirect_effect(check, True)
    detached(check)
    all_weight(check)
    check.prove_all(
        "p_y tends to 1 as w_y grows where q_y > 0, and is 0 throughout where q_y = 0",
        "1 - p_y = R / (w_y q_y + R) falls below every eps",
        {
            "to 1": ([X > 0, R >= 0, STEP > 0, W * X * STEP > R], 1 - share(W) < STEP),
            "at 0": ([X == 0, R > 0, W > 0], share(W) == 0),
        },
    )
    check.prove_all(
        "with all weight on class y, p_y = 1 is the only optimum where q_y > 0, and every "
        "prediction is optimal where q_y = 0",
        "the expected loss is w_y q_y (-log p_y)",
        {
            "only optimum": ([W > 0, X > 0, surprise > 0], W * X * surprise > 0),
            "all optimal": ([W > 0, X == 0, surprise >= 0], W * X * surprise == 0),
        },
    )
    check.certify(
        "these weights violate (1): the other class has no action of positive utility",
        lambda: degenerate_classes(as_array([[F(1), F(0)], [F(0), F(0)]])) == [1],
        {"w": (1, 0)},
    )
    falling(check)


def test_md_ext_direct_effect(check: Check) -> None:
    log_p, p = reals("log_p p")
    tangent_of_logarithm(check)
    x, r, own = sp.symbols("x r w", positive=True)
    prediction = own * x / (own * x + r)
    slope = sp.diff(-own * sp.log(prediction), own)
    check.derive(
        "the derivative of -w_y log p_y by w_y, other weights held, is -log p_y - (1 - p_y)",
        {"derivative": slope + sp.log(prediction) + 1 - prediction},
    )
    check.prove(
        "it is positive for 0 < p_y < 1: the direct effect outweighs the indirect one",
        [0 < p, p < 1, tangent(log_p, p, z3.RealVal(1))],
        -log_p - (1 - p) > 0,
    )
    inverse = reals("inverse")[0]  # log(1/p)
    check.prove(
        "w_y (1 - p_y) <= -w_y log p_y <= R/q_y, both ends of which tend to R/q_y",
        [X > 0, R > 0, W > 0, 0 < p, p == share(W), inverse <= 1 / p - 1, -inverse <= p - 1],
        z3.And(W * (1 - p) <= W * inverse, W * inverse * X <= R),
    )
    check.prove_all(
        "R/q_y - w_y (1 - p_y) = (R/q_y) (1 - p_y) < eps for large w_y",
        "as w_y q_y eps > (R/q_y) R suffices",
        {
            "identity": (
                [X > 0, R > 0, W > 0],
                R / X - W * (1 - share(W)) == R / X * (1 - share(W)),
            ),
            "limit": (
                [X > 0, R > 0, W > 0, STEP > 0, W * X * X * STEP > R * R],
                R * (1 - share(W)) < STEP * X,
            ),
        },
    )
    check.prove(
        "the direct effect alone: -w_y log p_y is proportional to w_y",
        [0 < W, W < V, X > 0, R > 0],
        share(W) == share(V),
        role="control",
    )


def test_md_binary_marginal(check: Check) -> None:
    w1, w2 = sp.symbols("w1 w2", positive=True)
    odds = sp.Symbol("a", positive=True)  # q_1 = a / (1 + a), so that all logarithms are real
    q = sp.Symbol("q", positive=True)
    weights = as_array([w1, w2])
    first, second = w1 * q, w2 * (1 - q)
    residual = -first * sp.log(first / (first + second)) - second * sp.log(
        second / (first + second)
    )
    shipped = marginal_learning_loss(weights, as_array([q]))[0]
    utility = np.diag(weights) + 0 * np.diag(weights)
    posterior = as_array([q, 1 - q])
    partials = residual_gradient(LOGARITHMIC, utility, posterior)

    def inside(expression: Any) -> Any:
        return sp.simplify(sp.expand_log(expression.subs(q, odds / (1 + odds)), force=True))

    check.derive(
        "(18) is the total derivative and the difference of the partial derivatives (17)",
        {
            "total derivative": inside(sp.diff(residual, q) - shipped),
            "difference": inside(partials[0] - partials[1] - shipped),
            "shipped residual": inside(
                residual_learning_loss_by_definition(LOGARITHMIC, utility, posterior) - residual
            ),
            "second derivative": sp.diff(shipped, q)
            + marginal_value_of_information(weights, as_array([q]))[0],
        },
    )
    surprise, rest, bound = reals("surprise rest bound")
    at_end, near = reals("at_end near")
    steep = [at_end == 0, near == W * Q * surprise + rest, surprise * W > bound, rest >= 0]
    check.prove_all(
        "at both ends the slope of L is infinite: near q_1 = 0 the difference quotient is at "
        "least -w_1 log p_1, near q_1 = 1 at most w_2 log p_2",
        "L = 0 at both ends; Q stands for the distance from the end, W and `surprise` for the "
        "weight and -log of the prediction of the class that is rare there, which tends to inf",
        {
            "at 0": ([0 < Q, Q < 1, W > 0, *steep], (near - at_end) / Q > bound),
            "at 1": ([0 < Q, Q < 1, W > 0, *steep], (at_end - near) / Q < -bound),
        },
    )
    check.certify(
        "so is (18) there: inf at q_1 = 0, -inf at q_1 = 1",
        lambda: (
            list(marginal_learning_loss(as_array([F(1), F(2)]), as_array([F(0), F(1)])))
            == [sp.oo, -sp.oo]
        ),
        {"weights": (1, 2), "q_1": (0, 1)},
    )
    check.derive(
        "the sum of the partial derivatives",
        {"sum": inside(partials[0] + partials[1] - shipped)},
        role="control",
    )
