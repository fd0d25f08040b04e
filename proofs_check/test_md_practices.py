"""Beyond Misaligned by Design, A.5: practices of training, and the posteriors behind them.

*Soft labels.*  v, r and t are the weight of a term of the loss, the weight of an example by its
class, and an entry of the targets; sums enter through the inductions of
`proofs_check.finite_sums`.

*Focal loss.*  phi(p) = -(1 - p)^gamma log p is differentiated by SymPy.  Its logarithm then enters
through the bounds 1 - 1/p <= log p <= p - 1, and phi at two points through strict convexity or
through its derivative.  The optimality of p for q is proved class by class: on the support of q,
where q phi'(p) has one value, and off it.
"""

from __future__ import annotations

from fractions import Fraction as F
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
import z3

from proofs_check import finite_sums
from proofs_check.check import Check
from proofs_check.smt import reals
from proofs_check.utility_grids import posteriors
from theory.prediction import utility_weighted_prediction
from theory.recalibration import recalibrate
from theory.training_practices import (
    focal_slope,
    utility_of_label_smoothing,
    weighted_examples,
)

V, R, T, LOSS, EPS, SHARE, MASS = reals("v r t l eps share mass")


def test_md_soft_targets(check: Check) -> None:
    total, inner = reals("total inner")
    check.prove_all(
        "weights v on the terms, r on the examples of a class and soft labels T make the "
        "utility-weighted loss of U = diag(v) T diag(r), nonnegative and nondegenerate",
        "an example of class y has r_y sum_a v_a T_ay l(p, a); a column of T sums to 1",
        {
            "one action": ([inner == V * T * LOSS], R * inner == (V * T * R) * LOSS),
            **finite_sums.scaled(),
            "nonnegative": ([V > 0, R > 0, T >= 0], V * T * R >= 0),
            "nondegenerate": ([V > 0, R > 0, T > 0], V * T * R > 0),
            **finite_sums.positive_if_some_is(),
        },
    )
    row, other = reals("r_z Tinv_za")
    check.prove_all(
        "if S T = 1, diag(1/r) S diag(1/v) is a left inverse of U: with it (26) recovers q",
        "entry by entry of the product",
        {
            "one action": (
                [V > 0, row > 0],
                (other / (row * V)) * (V * T * R) == (R / row) * (other * T),
            ),
            **finite_sums.scaled(),
            "on the diagonal": ([row > 0, total == 1, R == row], (R / row) * total == 1),
            "off the diagonal": ([row > 0, total == 0], (R / row) * total == 0),
        },
    )
    _label_smoothing(check)
    check.prove(
        "torch's weights, on the terms, predict as the same weights on the examples (two classes)",
        [V > 0, EPS > 0, EPS < 1, 0 <= SHARE, SHARE <= 1],
        _smoothed(V, 1) == _smoothed(1, V),
        role="control",
    )


def _smoothed(term: Any, example: Any) -> Any:
    """Prediction of class 1 at `share`; class 2 has weight 1 on its terms and its examples."""
    one, two = example * SHARE, 1 - SHARE
    first = term * ((1 - EPS / 2) * one + EPS / 2 * two)
    return first / (first + EPS / 2 * one + (1 - EPS / 2) * two)


def _label_smoothing(check: Check) -> None:
    """`share` is q_a, `mass` the sum of the posterior, m any real of at least 1 here."""
    mixed, partial, classes = reals("mixed partial m")
    check.prove_all(
        "label smoothing, T = (1 - eps) 1 + eps/m: T q = (1 - eps) q + eps/m, so T is singular "
        "iff eps = 1, and for eps < 1 q = (T q - eps/m) / (1 - eps)",
        "the sum over classes: first eps/m for each, then the term of the diagonal",
        {
            "eps/m for each class: base": (
                [classes >= 1, partial == 0, MASS == 0],
                partial == EPS / classes * MASS,
            ),
            "eps/m for each class: step": (
                [classes >= 1, partial == EPS / classes * MASS],
                partial + EPS / classes * SHARE == EPS / classes * (MASS + SHARE),
            ),
            "diagonal": (
                [classes >= 1, MASS == 1, partial == EPS / classes * MASS,
                 mixed == partial + (1 - EPS) * SHARE],
                mixed == (1 - EPS) * SHARE + EPS / classes,
            ),
            "recovered": (
                [classes >= 1, 0 <= EPS, EPS < 1, mixed == (1 - EPS) * SHARE + EPS / classes],
                (mixed - EPS / classes) / (1 - EPS) == SHARE,
            ),
            "eps = 1: all posteriors alike": (
                [classes >= 1, EPS == 1, mixed == (1 - EPS) * SHARE + EPS / classes],
                mixed == 1 / classes,
            ),
        },
    )  # fmt: skip
    cases = product([F(0), F(1, 4), F(1, 2)], product([F(1), F(3)], repeat=3), posteriors(3, 3))

    def undone(case: tuple[F, tuple[F, ...], Any]) -> bool:
        epsilon, weights, q = case
        by_term = utility_of_label_smoothing(epsilon, 3, weights)
        by_both = weighted_examples(by_term, np.array(weights[::-1]))
        return all(
            recalibrate(utility, utility_weighted_prediction(utility, q)).posterior.tolist()
            == q.tolist()
            for utility in (by_term, by_both)
        )

    check.exhaust(
        "`utility_of_label_smoothing` and `weighted_examples` are undone by `recalibrate`",
        "three classes; eps 0, 1/4 or 1/2, weights 1 or 3, posteriors in thirds",
        cases,
        undone,
        role="confirmation",
    )


P, GAMMA = sp.symbols("p gamma", positive=True)
PHI = -((1 - P) ** GAMMA) * sp.log(P)


def test_md_focal_posterior(check: Check) -> None:
    log_p = sp.log(P)
    curvature = GAMMA * (1 - GAMMA) * P**2 * log_p + 2 * GAMMA * P * (1 - P) + (1 - P) ** 2
    check.derive(
        "the program's slope is |phi'| p, and phi'' p^2 (1-p)^(2-gamma) is the curvature below",
        {
            "slope": sp.diff(PHI, P) * P + focal_slope(P, log_p, GAMMA),
            "curvature": sp.simplify(sp.diff(PHI, P, 2) * P**2 * (1 - P) ** (2 - GAMMA))
            - curvature,
        },
    )
    check.cite("1 - 1/p <= log p <= p - 1", "concavity of the logarithm, tangents at 1")
    _shape(check)
    _sufficient(check)
    _necessary(check)
    _no_utility_matrix(check)
    check.derive(
        "at gamma = 0 it is the log loss, and q = p: the identity matrix",
        {
            "loss": PHI.subs(GAMMA, 0) + log_p,
            "|phi'| p = 1": focal_slope(P, log_p, 0) - 1,
        },
    )
    check.derive(
        "the focal loss is proper",
        {"q = p would need a constant": focal_slope(P, log_p, GAMMA) - 1},
        role="control",
    )


def _shape(check: Check) -> None:
    """On (0, 1) by derivatives; phi is continuous at 1, so both facts hold on (0, 1]."""
    at, log_at, g = reals("p log_p gamma")
    inside = [0 < at, at < 1, at - 1 <= at * log_at, log_at <= at - 1, g >= 0]
    check.prove("phi decreases on (0, 1)", inside, (1 - at) - g * at * log_at > 0)
    check.prove(
        "phi is strictly convex there: its curvature is positive",
        inside,
        g * (1 - g) * at * at * log_at + 2 * g * at * (1 - at) + (1 - at) * (1 - at) > 0,
    )


def _sufficient(check: Check) -> None:
    q, here, there, at_here, at_there, slope, multiplier, off = reals(
        "q here there at_here at_there slope multiplier off"
    )
    tangent = [at_there > at_here + slope * (there - here), q > 0, q * slope == multiplier]
    check.prove_all(
        "q phi'(p) equal on the support, p = 0 off it: p is the only minimiser",
        "class by class; the differences of two predictions sum to zero",
        {
            "on the support": (tangent, q * at_there > q * at_here + multiplier * (there - here)),
            "off the support": ([multiplier < 0, off >= 0], multiplier * (0 - off) >= 0),
        },
    )
    other, other_slope = reals("other_q other_slope")
    check.prove(
        "the order stays the same: the larger |phi'|, at the smaller p, the smaller q",
        [q > 0, other > 0, slope < 0, other_slope < 0, q * slope == multiplier,
         other * other_slope == multiplier],
        z3.And((slope < other_slope) == (q < other), (slope == other_slope) == (q == other)),
    )  # fmt: skip


def _necessary(check: Check) -> None:
    """a and b are classes, p_a, p_b > 0; s are slopes of phi, in absolute value."""
    check.derive(
        "phi(0) is infinite: where q_y > 0 the optimal p_y is positive, as uniform predictions "
        "have a finite loss",
        {
            "1 / phi(p) as p falls to 0": 1 / sp.limit(PHI, P, 0, "+"),
            "gamma = 0": 1 / sp.limit(PHI.subs(GAMMA, 0), P, 0, "+"),
        },
    )
    qa, qb, sa, sb, step, slack = reals("q_a q_b s_a s_b step slack")
    rise_a, fall_b, at_p, at_sum, at_other = reals("rise_a fall_b at_p at_sum at_other")
    gap = qa * sa - qb * sb
    check.prove_all(
        "so the posterior is determined by an optimal p: p_y = 0 where q_y = 0, and q_y |phi'(p_y)|"
        " is the same on the support, up to one factor; and if p_y = 1, q_y = 1",
        "else another prediction is better: move p_y to a class b of the support, where phi falls; "
        "or move a small step from b to a, by the definition of the derivative up to `slack` per "
        "unit; at p_y = 1 no other class is predicted, so none is possible",
        {
            "off the support": (
                [qb > 0, at_sum < at_p, qa == 0],
                qb * at_sum + qa * 0 < qb * at_p + qa * at_other,
            ),
            "on the support": (
                [qa > 0, qb > 0, sa > 0, sb > 0, gap > 0, step > 0, slack > 0,
                 slack * (qa + qb) < gap, rise_a <= step * (slack - sa),
                 fall_b <= step * (slack + sb)],
                qa * rise_a + qb * fall_b < 0,
            ),
            "such a slack exists": (
                [qa > 0, qb > 0, gap > 0, slack == gap / (2 * (qa + qb))],
                z3.And(slack > 0, slack * (qa + qb) < gap),
            ),
            "the formula": (
                [qa > 0, qb > 0, sa > 0, sb > 0, qa * sa == qb * sb],
                qa / (qa + qb) == (1 / sa) / (1 / sa + 1 / sb),
            ),
        },
    )  # fmt: skip


def _no_utility_matrix(check: Check) -> None:
    """|phi'(p)| p is low * large at 4/5 and ratio * low * small at 1/5.

    `low` is (1/5)^gamma and `ratio` 4^gamma; q is proportional to p / (|phi'(p)| p).
    """
    fourth, fifth = sp.Rational(4, 5), sp.Rational(1, 5)
    logarithm = sp.Symbol("L", real=True)
    check.derive(
        "the slopes at 4/5 and 1/5",
        {
            "4/5": focal_slope(fourth, logarithm, GAMMA)
            - fifth**GAMMA * (1 - 4 * GAMMA * logarithm),
            "1/5": focal_slope(fifth, logarithm, GAMMA)
            - fourth**GAMMA * (1 - GAMMA * logarithm / 4),
        },
        role="step",
    )
    g, low, ratio, log_45, log_15 = reals("gamma low ratio log_45 log_15")
    log_4, log_43, log_32 = reals("log_4 log_43 log_32")
    total, own, other, wa, wb, q = reals("total own other w_a w_b q")
    large, small = reals("large small")
    check.prove_all(
        "for gamma > 0 and two classes or more, no utility matrix (1) has the predictions",
        "it would be diagonal, as certain posteriors have certain predictions; of one factor, as "
        "the uniform posterior has the uniform prediction (slopes are equal there); and so predict "
        "q, but (4/5, 1/5, 0, ...) is optimal for odds above 4",
        {
            "a certain class is predicted with certainty: phi(p) > phi(1) = 0 for p < 1": (
                [low > 0, log_45 < 0],
                -low * log_45 > 0,
            ),
            "U is diagonal": (
                [total > 0, own >= 0, other >= 0],
                (other / total == 0) == (other == 0),
            ),
            "U = k 1": ([total > 0], (wa / total == wb / total) == (wa == wb)),
            "the total at q is k: base": ([own == 0, other == 0], own == wa * other),
            "the total at q is k: step": (
                [own == wa * other],
                own + wa * q == wa * (other + q),
            ),
            "it predicts q": ([wa > 0, other == 1, own == wa * other], wa * q / own == q),
            "log 4 > 1": (
                [log_4 == 2 * (log_43 + log_32), log_43 >= 1 - z3.RealVal("3/4"),
                 log_32 >= 1 - z3.RealVal("2/3")],
                log_4 > 1,
            ),
            "4^gamma > 1 + gamma": ([g > 0, log_4 > 1, g * log_4 <= ratio - 1], ratio > 1 + g),
            "the slope at 4/5, over (1/5)^gamma": (
                [g > 0, log_45 >= 1 - z3.RealVal("5/4"), log_45 < 0, large == 1 - 4 * g * log_45],
                z3.And(0 < large, large <= 1 + g),
            ),
            "the slope at 1/5, over (4/5)^gamma": (
                [g > 0, log_15 <= z3.RealVal("1/5") - 1, small == 1 - g * log_15 / 4],
                small > 1,
            ),
            "that at 1/5 is larger": (
                [low > 0, ratio > 1 + g, 0 < large, large <= 1 + g, small > 1],
                (ratio * low) * small > low * large,
            ),
            "odds above 4": (
                [small > large, large > 0],
                (z3.RealVal("4/5") / large) / (z3.RealVal("1/5") / small) > 4,
            ),
        },
    )  # fmt: skip
