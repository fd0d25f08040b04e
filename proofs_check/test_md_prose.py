"""Misaligned by Design, Sections 3.2 and 4.2: two explanations in words, as statements.

*Inner and outer alignment*: what class weights do to the loss around the best prediction, and what
they leave as it is.  *Gauss and Markov*: what more precise unweighted training would look like.
"""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.smt import reals
from proofs_check.test_md_alignment import MASSES, NOTHING, OUTCOMES, SWAPPED, WEIGHTS
from theory.alignment import internal_gap, split_loss
from theory.arrays import as_array
from theory.prediction import utility_weighted_prediction
from theory.scoring_families import BRIER
from theory.utility import normalised_weights

HALF, ONE = F(1, 2), F(1)

# Inner and outer alignment


def test_md_prose_inner_outer(check: Check) -> None:
    _curvature(check)
    _convexity(check)
    gap = internal_gap(WEIGHTS, NOTHING, SWAPPED, OUTCOMES, loss=BRIER, masses=MASSES)
    check.certify(
        "a machine may do better at its own objective if it is trained on another and corrected",
        lambda: gap.misaligned,
        {"ex post weighting": gap.ex_post, "weighted training": gap.weighted_training},
    )


def _curvature(check: Check) -> None:
    """Binary logarithmic loss, in the logit z of class 1."""
    z, p, q, w1, w2 = sp.symbols("z p q w1 w2", positive=True)
    logistic = 1 / (1 + sp.exp(-z))
    loss = -w1 * q * sp.log(p) - w2 * (1 - q) * sp.log(1 - p)
    mean = w1 * q + w2 * (1 - q)
    slope = sp.diff(loss, p) * p * (1 - p)
    check.derive(
        "the slope of the expected loss is <w, q> p - w_1 q, so its minimiser is p^w(q); its "
        "curvature is <w, q> p (1 - p)",
        {
            "dp/dz": sp.diff(logistic, z) - logistic * (1 - logistic),
            "slope": slope - (mean * p - w1 * q),
            "curvature": sp.diff(slope, p) * p * (1 - p) - mean * p * (1 - p),
        },
    )
    first, second, rate = reals("w_1 w_2 q")
    average = first * rate + second * (1 - rate)
    share = first * rate / average
    given = [first > 0, second > 0, 0 < rate, rate < 1]
    check.prove(
        "at the best prediction weights flatten the loss iff w_1 w_2 < <w, q>",
        given,
        (average * share * (1 - share) < rate * (1 - rate)) == (first * second < average),
    )
    weights = normalised_weights(as_array([F(99), ONE]), as_array([HALF, HALF]))
    check.certify(
        "so 99:1, normalised by (21) at equal priors, flatten it above q = 1/100",
        lambda: list(weights) == [F(99, 50), F(1, 50)]
        and weights[0] * weights[1] == _mean(weights, F(1, 100))
        and _mean(weights, F(1, 100)) < _mean(weights, HALF),
        {"weights": weights.tolist(), "w_1 w_2": weights[0] * weights[1]},
    )  # fmt: skip
    check.prove(
        "weights that sum to 2 never make it steeper",
        [*given, first + second == 2],
        average * share * (1 - share) <= rate * (1 - rate),
        role="control",
    )


def _mean(weights: Any, q: F) -> Any:
    return weights[0] * q + weights[1] * (1 - q)


def _convexity(check: Check) -> None:
    """Along any segment, of predictions or of logits: whichever the loss is convex in."""
    before, after, u, a, left, middle, right = reals("chord at_mixture u a left middle right")
    check.prove_all(
        "the utility-weighted loss is convex if the loss is",
        "induction on the actions: nonnegative multiples are added",
        {
            "no action": ([before == 0, after == 0], after <= before),
            "one more action": (
                [after <= before, u >= 0, unit(a), middle <= a * left + (1 - a) * right],
                after + u * middle <= before + u * (a * left + (1 - a) * right),
            ),
        },
    )
    p, factor = sp.symbols("p u")
    total, loss = sp.Function("total")(p), sp.Function("loss")(p)
    check.derive(
        "it is as smooth: its derivatives are the sums of those of the loss",
        {
            "one more action, first": sp.diff(total + factor * loss, p)
            - (sp.diff(total, p) + factor * sp.diff(loss, p)),
            "one more action, second": sp.diff(total + factor * loss, p, 2)
            - (sp.diff(total, p, 2) + factor * sp.diff(loss, p, 2)),
        },
    )


# Gauss and Markov


def _gauss_markov(check: Check) -> None:
    whole, own, cross, rest, b, a, factor, zero = reals("whole own cross rest b a factor zero")
    check.prove_all(
        "least squares has the lowest variance of all linear unbiased estimators",
        "sum c_i y_i with c = b + a, b that of least squares: a is orthogonal to the regressors, "
        "of which b is a combination; the variances are those of an error times the squares' sums",
        {
            "one more observation": (
                [whole == own + 2 * cross + rest, rest >= 0],
                z3.And(
                    whole + (b + a) * (b + a)
                    == (own + b * b) + 2 * (cross + a * b) + (rest + a * a),
                    rest + a * a >= 0,
                ),
            ),
            "sum a_i b_i, one more regressor": (
                [cross == 0, zero == 0],
                cross + factor * zero == 0,
            ),
            "so": ([whole == own + 2 * cross + rest, cross == 0, rest >= 0], whole >= own),
        },
    )
    check.cite(
        "least squares with given weights is linear in the outcomes and unbiased",
        "Greene, Econometric Analysis (2012), on generalised least squares",
    )
    share, one, other = reals("share variance1 variance2")
    check.prove(
        "of two observations with unequal variances the plain mean has the lowest variance",
        [unit(share), one > 0, other > 0],
        4 * (share * share * one + (1 - share) * (1 - share) * other) >= one + other,
        role="control",
    )


# The class has probability 1/2 whatever the features.  Unweighted training finds it; weighted
# training estimates 2/5 or 3/5, right on average, and predicts the best reply.
POSTERIOR = as_array([[HALF, HALF]] * 2)
ESTIMATES = as_array([[F(2, 5), F(3, 5)], [F(3, 5), F(2, 5)]])


def _weighted_losses() -> dict[str, Any]:
    predictions = {
        "ex post weighting": utility_weighted_prediction(WEIGHTS, POSTERIOR),
        "weighted training": utility_weighted_prediction(WEIGHTS, ESTIMATES),
        "unweighted, raw": POSTERIOR,
    }
    return {
        name: split_loss(WEIGHTS, prediction, POSTERIOR, loss=BRIER, masses=MASSES).total
        for name, prediction in predictions.items()
    }


def test_md_prose_gauss_markov(check: Check) -> None:
    _gauss_markov(check)
    losses = _weighted_losses()
    check.certify(
        "the more precise unweighted predictions have the lower weighted loss, uncorrected",
        lambda: losses["unweighted, raw"] < losses["weighted training"],
        {"weights": "2:1", "posterior": "1/2", "estimates of weighted training": "2/5 or 3/5",
         **losses},
        role="prose",
    )  # fmt: skip


def test_md_prose_gauss_markov_corrected(check: Check) -> None:
    _gauss_markov(check)
    weight, mean, q = reals("weight mean_weight q")
    check.prove(
        "the targets p^w(q) and q are one iff the weights are equal where q is positive",
        [q > 0, mean > 0],
        (weight * q / mean == q) == (weight == mean),
    )
    losses = _weighted_losses()
    check.certify(
        "more precise unweighted training can come first when corrected, and last as it is",
        lambda: (
            losses["ex post weighting"] < losses["weighted training"] < losses["unweighted, raw"]
        ),
        losses,
    )
