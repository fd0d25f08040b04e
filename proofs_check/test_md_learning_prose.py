"""Misaligned by Design, Section 2.8 beyond two classes, and footnote 11 on information.

With many classes the over-weighted one has r times the weight of each other: the weights are
(r, 1, ..., 1) / (r + m - 1) for m classes, Q is its probability, and its prediction (16) is
p_1 = r Q / (r Q + 1 - Q).  "Most of the support" is measured by the uniform distribution on the
simplex.  The logarithm enters through log x <= x - 1 alone.
"""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check, Role
from proofs_check.losses import sign_by_powers, tangent, tangent_of_logarithm
from proofs_check.smt import reals
from theory.arrays import as_array
from theory.incentives import residual_gradient
from theory.prediction import utility_weighted_prediction
from theory.scoring_families import LOGARITHMIC
from theory.utility import class_weight_utility

RATIO, HIGH = F(99), F(9, 10)  # of the weights; and what is called a high prediction
MANY = 100  # classes
Q, R, EPS, SHARE = reals("q r eps share")


def prediction(ratio: Any, probability: Any) -> Any:
    """p_1 of (16), for any number of classes."""
    return ratio * probability / (ratio * probability + 1 - probability)


def threshold(ratio: Any, share: Any) -> Any:
    """The probability q_1 from which on p_1 is at least `share`."""
    return share / (share + (1 - share) * ratio)


def part_of_simplex(classes: int) -> F:
    """The part of the simplex on which p_1 is high."""
    part: F = (1 - threshold(RATIO, HIGH)) ** (classes - 1)
    return part


def heavy_weight_limit(check: Check) -> None:
    """Record that all partial derivatives vanish as r grows, the number of classes held."""
    tangent_of_logarithm(check)
    p, inverse, others, root, log_root, surprise, each = reals(
        "p inverse others root log_root surprise each"
    )
    check.prove_all(
        "for any number of classes, as r grows: at every q with q_1 > 0 and q_k > 0 the partial "
        "derivatives by q_1 and by q_k fall below every eps",
        "-w_1 log p_1 <= w_1 (1/p_1 - 1); p_k >= q_k / r and log r <= 2 (sqrt r - 1); `others` is "
        "m - 1, `surprise` -log q_k",
        {
            "1/p_1": (
                [0 < Q, Q <= 1, R > 0, p == prediction(R, Q), p > 0],
                1 / p - 1 == (1 - Q) / (R * Q),
            ),
            "by q_1": (
                [0 < Q, Q <= 1, R > 0, others >= 1, inverse * R * Q <= 1 - Q],
                R / (R + others) * inverse <= (1 - Q) / (Q * (R + others)),
            ),
            "by q_1, below eps": (
                [0 < Q, Q <= 1, R > 0, others >= 1, EPS > 0, R * Q * EPS > 1],
                1 - Q < EPS * Q * (R + others),
            ),
            "p_k": (
                [R >= 1, 0 <= Q, Q <= 1, each > 0],
                each / (R * Q + 1 - Q) >= each / R,
            ),
            "log r": (
                [root > 0, tangent(log_root, root, z3.RealVal(1))],
                2 * log_root <= 2 * (root - 1),
            ),
            "by q_k": (
                [root >= 1, R == root * root, others >= 1, surprise >= 0, EPS > 0,
                 root * EPS > 2 + surprise],
                (2 * root + surprise) / (R + others) < EPS,
            ),
        },
    )  # fmt: skip
    power, cut, count = reals("power cut count")
    check.prove_all(
        "and the part of the simplex on which p_1 is at least any share below 1 tends to all of it",
        "it is (1-c)^(m-1) >= 1 - (m-1) c, by induction, with c = share/(share + (1-share) r)",
        {
            "two classes": ([power == 1 - cut, count == 1], power >= 1 - count * cut),
            "one more class": (
                [0 <= cut, cut <= 1, count >= 1, power >= 1 - count * cut],
                power * (1 - cut) >= 1 - (count + 1) * cut,
            ),
            "c vanishes": (
                [0 < SHARE, SHARE < 1, R > 0, EPS > 0, R * (1 - SHARE) * EPS > SHARE],
                threshold(R, SHARE) < EPS,
            ),
        },
    )


def high_predictions(check: Check) -> None:
    """Record where p_1 is high, and on how much of the simplex."""
    check.prove(
        "p_1 is at least `share` iff q_1 >= share / (share + (1 - share) r), any number of classes",
        [0 <= Q, Q <= 1, R > 0, 0 < SHARE, SHARE < 1],
        (prediction(R, Q) >= SHARE) == (Q >= threshold(R, SHARE)),
    )
    check.cite(
        "scaling by 1 - c multiplies the volume of a set of m - 1 dimensions by (1-c)^(m-1)",
        "change of variables",
    )
    cut, at, entry, total, moved = reals("cut at entry total moved")
    check.prove_all(
        "of the simplex of m classes the part with q_1 >= c is (1-c)^(m-1)",
        "q -> c e_1 + (1-c) q maps the simplex onto that part; entry by entry, for any m",
        {
            "entry 1": (
                [0 <= cut, cut < 1, at == cut + (1 - cut) * Q],
                (Q >= 0) == (at >= cut),
            ),
            "another entry": ([0 <= cut, cut < 1, at == (1 - cut) * entry],
                              (entry >= 0) == (at >= 0)),
            "sum": (
                [0 <= cut, cut < 1, moved == cut + (1 - cut) * total],
                (total == 1) == (moved == 1),
            ),
        },
    )  # fmt: skip
    bounds = {
        2: (F(91, 100), F(92, 100)),
        3: (F(84, 100), F(85, 100)),
        10: (F(45, 100), F(46, 100)),
        MANY: (F(18, 10**5), F(19, 10**5)),
    }
    check.certify(
        "at 99:1 p_1 is at least 0.9 from q_1 = 1/12 on: on 92% of the simplex of 2 classes, 84% "
        "of 3, 46% of 10, 0.02% of 100",
        lambda: (
            threshold(RATIO, HIGH) == F(1, 12)
            and all(low < part_of_simplex(m) < high for m, (low, high) in bounds.items())
        ),
        {"classes": tuple(bounds), "part between": tuple(bounds.values())},
    )


def uniform_over_many(check: Check, role: Role) -> None:
    """100 classes, equally likely: the over-weighted one's partial derivative is the higher."""
    gap = [(F(1, 2), F(2)), (-F(15, 2) * F(1, MANY), F(MANY))]  # of (1/2) log 2 and 7.5 times it
    printed = role == "reading"
    check.certify(
        "at 99:1 the partial derivative by q_1 is below that of equal weights where all classes "
        "are equally likely, whatever their number"
        if printed
        else "with 100 equally likely classes, 99:1: p_1 = 1/2, and the partial derivative by q_1 "
        "is (1/2) log 2, over 7.5 times the (1/100) log 100 of equal weights",
        lambda: (sign_by_powers(gap) > 0) != printed,
        {"classes": MANY, "q": "uniform", "w_1": F(1, 2), "other weights": F(1, 198)},
        role=role,
    )


def shipped_at_uniform(check: Check) -> None:
    """The shipped prediction and gradient at 100 equally likely classes."""
    weights = as_array([RATIO, *[F(1)] * (MANY - 1)]) / (RATIO + MANY - 1)
    q = as_array([F(1, MANY)] * MANY)
    utility = class_weight_utility(weights)

    def as_stated() -> bool:
        slopes = residual_gradient(LOGARITHMIC, utility, q)
        first = utility_weighted_prediction(utility, q)[0]
        return bool(first == F(1, 2) and sp.simplify(slopes[0] - sp.log(2) / 2) == 0)

    check.certify(
        "shipped: p_1 = 1/2 and (1/2) log 2 there",
        as_stated,
        {"classes": MANY},
        role="confirmation",
    )


def bound_by_other_weights(check: Check) -> None:
    """Record what does make the partial derivative by q_1 small, for any positive weights."""
    weight, rest, p, inverse, largest, held, mass, each = reals(
        "weight rest p inverse largest held mass each"
    )
    check.prove_all(
        "any weights: -w_1 log p_1 <= (sum of w_k q_k over the other classes) / q_1 <= (largest "
        "other weight) (1 - q_1) / q_1, so (1-q_1)/(q_1 (r+m-1)) for (r, 1, ..., 1)/(r+m-1): it is "
        "small where q_1 is large beside the other weights, for uniform q if r is large beside m",
        "-log p <= 1/p - 1; the other classes one by one",
        {
            "1/p": (
                [Q > 0, weight > 0, rest >= 0, p == weight * Q / (weight * Q + rest), p > 0],
                (1 / p - 1) * weight * Q == rest,
            ),
            "first": (
                [Q > 0, weight > 0, rest >= 0, inverse * weight * Q <= rest],
                weight * inverse <= rest / Q,
            ),
            "second, no other class": ([held == 0, mass == 0], held <= largest * mass),
            "second, one more": (
                [held <= largest * mass, weight <= largest, each >= 0],
                held + weight * each <= largest * (mass + each),
            ),
        },
    )  # fmt: skip


def too_early(check: Check) -> None:
    """Control: high predictions from a lower probability on."""
    check.prove(
        "at 99:1 p_1 is at least 0.9 from q_1 = 1/13 on",
        [z3.Q(1, 13) <= Q, Q <= 1],
        prediction(z3.RealVal(99), Q) >= z3.Q(9, 10),
        role="control",
    )


def test_md_many_classes(check: Check) -> None:
    heavy_weight_limit(check)
    check.refute(
        "p_1 is close to 1 whatever q",
        "where q_1 = 0 it is 0 for all weights",
        {Q: F(0)},
        {"prediction": ([R > 0], prediction(R, Q) == 0)},
        shown={"p_1": 0},
        role="reading",
    )
    uniform_over_many(check, "reading")
    check.certify(
        "at 99:1 p_1 is at least 0.9 on most of the simplex, whatever the number of classes",
        lambda: part_of_simplex(10) > F(1, 2),
        {"classes": 10, "part": part_of_simplex(10)},
        role="reading",
    )
    check.certify(
        "the distortion increases with the number of classes: p_1 is at least 0.9 on a larger "
        "part of the simplex, at 99:1",
        lambda: part_of_simplex(3) >= part_of_simplex(2),
        {"2 classes": part_of_simplex(2), "3 classes": part_of_simplex(3)},
        role="reading",
    )
    too_early(check)


def test_md_many_classes_corrected(check: Check) -> None:
    heavy_weight_limit(check)
    high_predictions(check)
    uniform_over_many(check, "conclusion")
    shipped_at_uniform(check)
    bound_by_other_weights(check)
    too_early(check)


def test_md_posterior_distributions(check: Check) -> None:
    first, second, mixed, a, b, value, t = reals("first second mixed a b value t")
    claim = mixed == (1 - t) * first + t * second
    check.prove_all(
        "the expected residual loss is linear in the distribution over posteriors: its derivative "
        "from one towards another is the difference of their expected losses",
        "induction on the posteriors; a and b are the masses at one, `value` its residual loss",
        {
            "none": ([mixed == 0, first == 0, second == 0], claim),
            "one more": (
                [claim],
                mixed + ((1 - t) * a + t * b) * value
                == (1 - t) * (first + a * value) + t * (second + b * value),
            ),
            "derivative": ([t > 0, claim], (mixed - first) / t == second - first),
        },
    )
    change, lower, upper, step, here, there, start, part = reals(
        "change lower upper step here there start part"
    )
    bracket = z3.And(lower <= change, change <= upper, upper - lower == step * (start - here))
    check.prove_all(
        "mass moved from q to q' changes it by L(q') - L(q), the integral of the directional "
        "derivatives (13) along the segment, where these are finite at its ends",
        "in steps of 1/n: each change of L is between the slopes at its ends, which fall; sums of "
        "both differ by (first slope - last slope)/n, below every eps",
        {
            "no step": ([lower == 0, change == 0, upper == 0, start == here], bracket),
            "one more step": (
                [bracket, step * there <= part, part <= step * here],
                z3.And(
                    lower + step * there <= change + part,
                    change + part <= upper + step * here,
                    (upper + step * here) - (lower + step * there) == step * (start - there),
                ),
            ),
            "limit": (
                [bracket, step > 0, EPS > 0, start >= here, step * (start - here) < EPS],
                z3.And(change - lower < EPS, upper - change < EPS),
            ),
        },
    )
    check.prove(
        "the slope at q alone gives the change: L(q') - L(q) = <(13) at q, q' - q>, Brier loss",
        [0 <= a, a <= 1, 0 <= b, b <= 1],
        2 * b * (1 - b) - 2 * a * (1 - a) == (2 - 4 * a) * (b - a),
        role="control",
    )
