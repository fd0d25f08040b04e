"""Misaligned by Design, eq. (21) and footnotes 12 and 14: what normalising the weights fixes.

Logarithms enter as the surprises s_y = -log mu_y, which are positive for 0 < mu_y < 1; where their
values matter, `theory.log_bounds` decides signs exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction as F
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.smt import reals
from theory.arrays import as_array
from theory.log_bounds import combination_sign
from theory.uninformed import uninformed
from theory.utility import normalised_weights

HALF, QUARTER = F(1, 2), F(1, 4)
K, OWN, WEIGHT, MU, S, MEAN = reals("k own_loss weight mu s mean_weight")
OWN_WEIGHT = reals("own_weight")[0]
HALF_TERM = z3.RealVal("1/2")
CLASSES, INDEX = sp.symbols("m y", integer=True, positive=True)


def _scale(check: Check) -> None:
    total = reals("weighted_loss")[0]
    check.prove_all(
        "exactly one multiple of the weights fits (21)",
        "the weighted loss of the prior is a sum of positive terms (induction on the classes), so "
        "the equation is linear with a positive slope; the same for the loss without weights",
        {
            "the first class": ([MU > 0, S > 0, WEIGHT > 0], WEIGHT * MU * S > 0),
            "one more class": (
                [total > 0, MU >= 0, S > 0, WEIGHT > 0],
                total + WEIGHT * MU * S > 0,
            ),
            "the scale": ([total > 0, OWN > 0], (K * total == OWN) == (K == OWN / total)),
            "it is positive": ([total > 0, OWN > 0], OWN / total > 0),
        },
    )
    weights, prior = [F(99), F(1), F(3)], [QUARTER, F(1, 12), F(2, 3)]
    check.derive("the shipped weights fit", {"(21)": _excess(_scaled(weights, prior), prior)})
    to_number = [weight * F(3, 103) for weight in weights]
    check.derive(
        "so do weights that sum to m, at any prior",
        {"(21)": _excess(to_number, prior)},
        role="control",
    )


def _scaled(weights: list[F], prior: list[F]) -> Any:
    return normalised_weights(as_array(weights), as_array(prior))


def _excess(weights: Any, prior: list[F]) -> Any:
    """The prior's weighted loss less its loss without weights, every logarithm a symbol."""
    ones = [F(1)] * len(prior)
    difference = uninformed(weights, prior).prior_loss - uninformed(ones, prior).prior_loss
    return difference.replace(sp.log, lambda argument: sp.Symbol(f"log_{argument}"))


def _balanced(check: Check) -> None:
    w = sp.IndexedBase("w")
    weighted = sp.Sum(w[INDEX] / CLASSES * sp.log(CLASSES), (INDEX, 1, CLASSES))
    unweighted = sp.Sum(sp.log(CLASSES) / CLASSES, (INDEX, 1, CLASSES)).doit()
    excess = sp.Sum(w[INDEX], (INDEX, 1, CLASSES)) - CLASSES
    check.derive(
        "at the uniform prior the two losses differ by log(m)/m times (sum of weights - m)",
        {"for every m": weighted - unweighted - sp.log(CLASSES) / CLASSES * excess},
    )


def _terms(weights: tuple[F, ...], prior: tuple[F, ...]) -> list[tuple[F, F]]:
    """sum (w_y - 1) mu_y (-log mu_y), the excess of the weighted loss of the prior, as terms."""
    return [(-(w - 1) * mu, mu) for w, mu in zip(weights, prior, strict=True)]


def test_md_weight_normalisation(check: Check) -> None:
    _scale(check)
    _balanced(check)
    doubled, prior = (F(198, 100), F(2, 100)), (QUARTER, 3 * QUARTER)
    check.certify(
        "twice the weights that sum to 1 satisfy (21), whatever the prior",
        lambda: combination_sign(_terms(doubled, prior)) == 0,
        {"prior": prior, "weights": doubled},
        role="prose",
    )
    check.certify(
        "(21) holds fixed the loss of a network that starts with equal probabilities",
        lambda: _uniform_start(prior) == 0,
        {"prior": prior, "weights": "99:1, normalised", "initial prediction": "(1/2, 1/2)"},
        role="prose",
    )
    other = reals("other_weight")[0]
    check.prove(
        "at the prior the expected gradient is as large with weights that satisfy (21), here at "
        "the uniform prior, as without, where it is zero",
        [MU == HALF_TERM, WEIGHT > 0, other > 0, WEIGHT + other == 2],
        MU * (MU * WEIGHT + (1 - MU) * other - WEIGHT) == 0,
        role="prose",
        order=[WEIGHT, other, MU],
        recheck=_gradient_differs,
    )


def _uniform_start(prior: tuple[F, ...]) -> int:
    """Sign of  H(mu) <w, mu> - sum w mu s: zero iff  k <w, mu> log m = log m."""
    weights = (F(99), F(1))
    mean = sum(w * mu for w, mu in zip(weights, prior, strict=True))
    return combination_sign([(-(mean - w) * mu, mu) for w, mu in zip(weights, prior, strict=True)])


def _gradient_differs(at: Mapping[str, F]) -> bool:
    """The mean over classes of w_y (mu - e_y), by its definition, at weights that satisfy (21)."""
    prior = (at["mu"], 1 - at["mu"])
    weighting = (at["weight"], at["other_weight"])
    if list(_scaled(list(weighting), list(prior))) != list(weighting):
        return False
    for weights, vanishes in (((F(1), F(1)), True), (weighting, False)):
        first = sum(
            mu * w * (prior[0] - (y == 0))
            for y, (mu, w) in enumerate(zip(prior, weights, strict=True))
        )
        if (first == 0) != vanishes:
            return False
    return True


def _gradient(check: Check) -> None:
    """In the logits, for any number of classes; `rest` stands for the other exponentials."""
    z, other, weight, rest = sp.symbols("z other w rest", positive=True)
    total = sp.exp(z) + sp.exp(other) + rest
    check.derive(
        "the gradient of w_y (-log p_y) in logit k is w_y (p_k - 1[k = y])",
        {
            "k = y": sp.diff(-weight * sp.log(sp.exp(z) / total), z)
            - weight * (sp.exp(z) / total - 1),
            "k other than y": sp.diff(-weight * sp.log(sp.exp(other) / total), z)
            - weight * sp.exp(z) / total,
        },
    )
    mean, own, rate = reals("gradient own_rate other_rate")
    counted, whole = OWN_WEIGHT * own, reals("weighted_total")[0]
    check.prove_all(
        "its mean at the prior is mu_k (<w, mu> - w_k)",
        "induction on the classes: the sum of w_y mu_y (mu_k - 1[k = y]) and that of w_y mu_y, "
        "before class k, at it, and after it",
        {
            "no class": ([mean == 0, whole == 0], mean == own * whole),
            "one more, before class k": (
                [mean == own * whole],
                mean + WEIGHT * rate * own == own * (whole + WEIGHT * rate),
            ),
            "class k": (
                [mean == own * whole],
                mean + counted * (own - 1) == own * (whole + counted) - counted,
            ),
            "one more, after class k": (
                [mean == own * whole - counted],
                mean + WEIGHT * rate * own == own * (whole + WEIGHT * rate) - counted,
            ),
            "all classes": (
                [mean == own * whole - counted],
                mean == own * (whole - OWN_WEIGHT),
            ),
        },
    )
    check.prove(
        "it vanishes in a class of positive probability iff the class has the mean weight",
        [MU > 0],
        (MU * (MEAN - WEIGHT) == 0) == (WEIGHT == MEAN),
    )


def _factor_two(check: Check) -> None:
    t, (excess1, excess2) = sp.Symbol("t", positive=True), reals("e1 e2")
    curve = -t * sp.log(t) + (1 - t) * sp.log(1 - t)
    check.derive(
        "f(t) = -t log t + (1-t) log(1-t) is 0 at the ends of (0, 1/2), with f'' = (2t-1)/(t(1-t))",
        {
            "at 1/2": curve.subs(t, sp.Rational(1, 2)),
            "at 0": sp.limit(curve, t, 0),
            "second derivative": sp.diff(curve, t, 2) - (2 * t - 1) / (t * (1 - t)),
            "odd about 1/2": curve.subs(t, 1 - t) + curve,
        },
    )
    x = reals("x")[0]
    check.prove(
        "so it is strictly concave and thus positive on (0, 1/2), and negative on (1/2, 1)",
        [0 < x, 2 * x < 1],
        (2 * x - 1) / (x * (1 - x)) < 0,
    )
    check.prove(
        "binary weights 2 w, 2 (1 - w) satisfy (21) iff they are equal or f(mu) = 0",
        [],
        (2 * WEIGHT * excess1 + 2 * (1 - WEIGHT) * excess2 == excess1 + excess2)
        == z3.Or(2 * WEIGHT == 1, excess1 == excess2),
    )


def test_md_weight_normalisation_corrected(check: Check) -> None:
    _scale(check)
    _balanced(check)
    _factor_two(check)
    _gradient(check)
    first, second, third = sp.symbols("w1:4", positive=True)
    prior = [HALF, QUARTER, QUARTER]
    scaled = normalised_weights(as_array([first, second, third]), as_array(prior))
    check.derive(
        "at (1/2, 1/4, 1/4), where -mu log mu is the same in every class, they sum to 3 too",
        {"sum of weights": sum(scaled) - 3},
    )
    a, b, m, total = reals("surprise1 surprise2 m total")
    check.prove_all(
        "they sum to m for all weights iff -mu log mu is the same, and positive, in every class",
        "if: (21) is then a W = a m for their sum W.  Only if: weights 3/2 and 1/2 of two classes "
        "and 1 of the others sum to m, so that (21) must hold of them as they are",
        {
            "if, one more class": (
                [total == a * MEAN],
                total + a * WEIGHT == a * (MEAN + WEIGHT),
            ),
            "if": ([a > 0, total * a == m * a], total == m),
            "only if, the scale": ([m > 0, K * m == m], K == 1),
            "only if": ([a >= 0, b >= 0, 3 * a + b == 2 * (a + b)], a == b),
        },
    )
    check.certify(
        "with one class of probability 1 every scale fits",
        lambda: uninformed([F(7), F(1)], [F(1), F(0)]).prior_loss == 0,
        {"prior": "(1, 0)", "weights": "7:1"},
    )
    check.prove(
        "the best constant, which is the only one (Theorem 1), is the prior iff every class of "
        "positive probability has the mean weight",
        [MU > 0, MEAN > 0],
        (WEIGHT * MU / MEAN == MU) == (WEIGHT == MEAN),
    )
    one = uninformed([F(99), F(1)], [QUARTER, 3 * QUARTER])
    level = uninformed([F(1), F(1), F(5)], [HALF, HALF, F(0)])
    check.certify(
        "weights that differ where the prior is 0 alone leave the prior the best constant",
        lambda: level.prior_loss == level.best_constant_loss,
        {"prior": "(1/2, 1/2, 0)", "weights": "1:1:5"},
    )
    check.certify(
        "the best constant has a lower loss than the prior",
        lambda: combination_sign(_difference(one.prior_loss - one.best_constant_loss)) == 1,
        {"prior": "(1/4, 3/4)", "weights": "99:1"},
    )
    start = reals("log_of_m")[0]
    check.prove(
        "a start with equal probabilities keeps its loss iff the normalised weights average to 1",
        [start > 0, MEAN > 0, K > 0],
        (K * MEAN * start == start) == (K * MEAN == 1),
    )
    check.certify(
        "a start with equal probabilities can have another loss",
        lambda: _uniform_start((QUARTER, 3 * QUARTER)) != 0 == _uniform_start((HALF, HALF)),
        {"prior": "(1/4, 3/4)", "weights": "99:1"},
    )


def _difference(expression: Any) -> list[tuple[F, F]]:
    """A SymPy sum of rational multiples of logarithms of rationals as terms of `log_bounds`."""
    terms = []
    for logarithm, coefficient in sp.expand(expression).as_coefficients_dict().items():
        argument = logarithm.args[0]
        terms.append((F(coefficient.p, coefficient.q), F(argument.p, argument.q)))
    return terms
