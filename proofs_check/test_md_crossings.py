"""Misaligned by Design, Section 2.8: where two class weightings reward learning alike.

T = w_1 q + w_2 (1 - q) and S = v_1 q + v_2 (1 - q) for two pairs of weights w, v; D is the
difference of their residual losses.  Between points where the sign of D' or D'' is known, the
functions are monotone; that they take the values in between is the intermediate value theorem.
"""

from __future__ import annotations

from fractions import Fraction as F
from itertools import product
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.losses import tangent
from proofs_check.smt import reals
from theory.crossings import curvature_crossing, marginal_terms
from theory.log_bounds import combination_sign

HALF = z3.Q(1, 2)
Q, W, V, BOUND = reals("q w v bound")


def difference_by_curvature(check: Check) -> None:
    """Record D'' and what its sign is."""
    q, w1, w2, v1, v2 = sp.symbols("q w1 w2 v1 v2", positive=True)
    t, s = w1 * q + w2 * (1 - q), v1 * q + v2 * (1 - q)
    slope = -w1 * sp.log(w1 * q / t) + w2 * sp.log(w2 * (1 - q) / t)
    numerator = v1 * v2 * t - w1 * w2 * s
    check.derive(
        "L'' = -w_1 w_2 / (q (1-q) T), so D'' = (v_1 v_2 T - w_1 w_2 S) / (q (1-q) T S), whose "
        "numerator is affine in q",
        {
            "L''": sp.cancel(sp.diff(slope, q) + w1 * w2 / (q * (1 - q) * t)),
            "D''": sp.cancel(v1 * v2 / s - w1 * w2 / t - numerator / (t * s)),
            "affine": sp.diff(numerator, q, 2),
        },
    )
    first, second = reals("first second")
    check.prove(
        "against equal weights of the same sum, D'' has the sign of q - w_2 (w_1 > w_2)",
        [first > second, second > 0, first + second == 1, 0 < Q, Q < 1],
        z3.And(
            (first * Q + second * (1 - Q) > 2 * first * second) == (second < Q),
            (first * Q + second * (1 - Q) == 2 * first * second) == (second == Q),
        ),
    )


def rare_class(check: Check) -> None:
    """Record that near q = 0 the residual loss with the higher w_1 is the higher one."""
    q, w1, w2, v1, v2 = sp.symbols("q w1 w2 v1 v2", positive=True)
    rest = sp.Symbol("rest", positive=True)  # 1 - q
    t, s = w1 * q + w2 * rest, v1 * q + v2 * rest
    slope, other = (
        -first * sp.log(first * q / total) + second * sp.log(second * rest / total)
        for first, second, total in ((w1, w2, t), (v1, v2, s))
    )
    bounded = (
        -w1 * sp.log(w1 / t)
        + w2 * sp.log(w2 * rest / t)
        + v1 * sp.log(v1 / s)
        - v2 * sp.log(v2 * rest / s)
    )
    difference = slope - other - (v1 - w1) * sp.log(q) - bounded
    check.derive(
        "D' = (w_1 - v_1) (-log q) + terms that are bounded near q = 0",
        {"D'": sp.expand(sp.expand_log(difference, force=True))},
    )
    excess, surprise, remainder, bound = reals("excess surprise remainder bound")
    check.prove(
        "so for w_1 > v_1 it is positive near 0, and D rises from D(0) = 0",
        [excess > 0, bound >= 0, remainder >= -bound, excess * surprise > bound],
        excess * surprise + remainder > 0,
    )


def closed_form(check: Check) -> None:
    """Record D' against equal weights, and that it is infinite at both ends."""
    odds, ratio = sp.symbols("a b", positive=True)  # q = a/(1+a), w_1 = b/(1+b)
    q, w1 = odds / (1 + odds), ratio / (1 + ratio)
    w2, rest, h = 1 / (1 + ratio), 1 / (1 + odds), w1 - sp.Rational(1, 2)
    t = w1 * q + w2 * rest
    slope = -w1 * sp.log(w1 * q / t) + w2 * sp.log(w2 * rest / t) + sp.log(q / rest) / 2
    constant = w2 * sp.log(w2) - w1 * sp.log(w1)
    closed = h * (2 * sp.log(t) - sp.log(q) - sp.log(rest)) + constant
    check.derive(
        "against equal weights D' = h log(T^2 / (q (1-q))) + w_2 log w_2 - w_1 log w_1, "
        "h = w_1 - 1/2: its zeros are the roots of T^2 = K q (1-q), K = (w_1^w_1 / w_2^w_2)^(1/h)",
        {"D'": sp.simplify(sp.expand_log(sp.together(slope - closed), force=True))},
    )
    low, total = reals("low total")
    check.prove_all(
        "T^2 / (q (1-q)) exceeds every bound near 0 and near 1, so D' tends to inf there",
        "T is at least w_2; q below w_2^2/bound, and so for 1 - q",
        {
            "near 0": (
                [low > 0, total >= low, 0 < Q, Q < 1, BOUND > 0, Q * BOUND < low * low],
                total * total > BOUND * Q * (1 - Q),
            ),
            "near 1": (
                [low > 0, total >= low, 0 < Q, Q < 1, BOUND > 0, (1 - Q) * BOUND < low * low],
                total * total > BOUND * Q * (1 - Q),
            ),
        },
    )


def slope_is_negative_between(check: Check) -> None:
    """Record that D' < 0 at q = w_2 against equal weights, w_1 > w_2, w_1 + w_2 = 1."""
    ratio = sp.Symbol("b", positive=True)  # w_1 = b/(1+b)
    w1, w2 = ratio / (1 + ratio), 1 / (1 + ratio)
    t = w1 * w2 + w2 * (1 - w2)
    slope = -w1 * sp.log(w1 * w2 / t) + w2 * sp.log(w2 * (1 - w2) / t)
    slope += (sp.log(w2) - sp.log(w1)) / 2  # minus the slope of equal weights, at q = w_2
    at_bend = (w1 - w2) * sp.log(2) - (sp.log(w1) - sp.log(w2)) / 2
    check.derive(
        "T = 2 w_1 w_2 at q = w_2, and D'(w_2) = (w_1 - w_2) log 2 - (1/2) log(w_1/w_2)",
        {
            "T": sp.cancel(t - 2 * w1 * w2),
            "D'": sp.simplify(sp.expand_log(sp.together(slope - at_bend), force=True)),
        },
    )
    first, second, log_two, log_ratio = reals("first second log_two log_ratio")
    half_log_sum = reals("half_log_sum")[0]  # (1/2) log((1+z)/(1-z)) at z = w_1 - w_2
    z = first - second
    check.prove_all(
        "D'(w_2) < 0, as (1/2) log((1+z)/(1-z)) >= z > z log 2 for z = w_1 - w_2 > 0",
        "S_1(z) = z is a lower bound of the series; log 2 < 1",
        {
            "w_1 / w_2 = (1+z)/(1-z)": (
                [first > second, second > 0, first + second == 1],
                first / second == (1 + z) / (1 - z),
            ),
            "log 2 < 1": ([tangent(log_two, z3.RealVal(2), z3.RealVal(1))], log_two < 1),
            "sign": (
                [first > second, second > 0, log_two < 1, log_ratio == 2 * half_log_sum,
                 half_log_sum >= z],
                z * log_two - log_ratio / 2 < 0,
            ),
        },
    )  # fmt: skip


def two_zeros_of_the_slope(check: Check) -> None:
    """Record that D' has exactly two zeros, roots of a quadratic on both sides of w_2."""
    first, second, level, lead, one, other = reals("first second level lead one other")

    def quadratic(q: Any) -> Any:
        """T^2 - K q (1 - q), of the sign of D'; `level` is K."""
        total = first * q + second * (1 - q)
        return total * total - level * q * (1 - q)

    weights = [first > second, second > 0, first + second == 1, level > 0]
    check.prove_all(
        "D' has exactly two zeros a < w_2 < b in (0, 1), is above 0 outside and below 0 between",
        "T^2 - K q (1-q) has the sign of D': above 0 at 0 and 1, below 0 at w_2; a quadratic",
        {
            "at 0 and 1": (weights, z3.And(quadratic(z3.RealVal(0)) > 0,
                                           quadratic(z3.RealVal(1)) > 0)),
            "quadratic, of positive leading coefficient": (
                [*weights, lead == (first - second) * (first - second) + level],
                z3.And(
                    lead > 0,
                    quadratic(Q)
                    == lead * Q * Q + (2 * second * (first - second) - level) * Q + second * second,
                ),
            ),
            "so a root on each side, and no third": (
                [*weights, 0 < one, one < second, second < other, other < 1,
                 quadratic(one) == 0, quadratic(other) == 0, quadratic(second) < 0],
                z3.And(
                    z3.Implies(z3.And(0 < Q, Q < one), quadratic(Q) > 0),
                    z3.Implies(z3.And(one < Q, Q < other), quadratic(Q) < 0),
                    z3.Implies(z3.And(other < Q, Q < 1), quadratic(Q) > 0),
                ),
            ),
        },
    )  # fmt: skip


def one_zero_of_the_difference(check: Check) -> None:
    """Record where D is above and below 0, from where it rises and falls."""
    check.cite(
        "a continuous function takes the values between two of its own; one with a positive "
        "derivative rises",
        "the intermediate and the mean value theorem",
    )
    edge, peak, valley, crossing, at = reals("edge peak valley crossing at")
    check.prove_all(
        "w_1 > w_2: D > 0 on (0, c) and D < 0 on (c, 1) for one c, with a < c < b the zeros of D'",
        "D is 0 at 0 and 1, rises to a, falls to b, rises to 1; `at` is D at a point q between",
        {
            "0 < q <= a": ([edge == 0, at > edge], at > 0),
            "b <= q < 1": ([edge == 0, at < edge], at < 0),
            "so D falls through 0 from a to b": (
                [edge == 0, peak > edge, valley < edge],
                z3.And(valley < 0, peak > 0),
            ),
            "a <= q < c": ([crossing == 0, at > crossing], at > 0),
            "c < q <= b": ([crossing == 0, at < crossing], at < 0),
        },
    )
    q, w1, w2 = sp.symbols("q w1 w2", positive=True)
    rest = sp.Symbol("rest", positive=True)  # 1 - q

    def residual(first: Any, second: Any, p: Any, other: Any) -> Any:
        total = first * p + second * other
        return -first * p * sp.log(first * p / total) - second * other * sp.log(
            second * other / total
        )

    check.derive(
        "w_1 < w_2: the same with the classes exchanged, D > 0 on (c, 1) alone, as "
        "L of (w_1, w_2) at q is L of (w_2, w_1) at 1 - q",
        {"exchange": residual(w1, w2, q, rest) - residual(w2, w1, rest, q)},
    )


def sum_of_slopes(check: Check) -> None:
    """Record that slopes of equal size and opposite sign occur at exactly one probability."""
    q, w1, w2, v1, v2 = sp.symbols("q w1 w2 v1 v2", positive=True)
    rest, t, s = sp.symbols("rest T S", positive=True)
    slopes = sum(
        -first * sp.log(first * q / total) + second * sp.log(second * rest / total)
        for first, second, total in ((w1, w2, t), (v1, v2, s))
    )
    bounded = sum(
        -first * sp.log(first / total) + second * sp.log(second / total)
        for first, second, total in ((w1, w2, t), (v1, v2, s))
    )
    check.derive(
        "L_w' + L_v' = (w_1 + v_1) (-log q) - (w_2 + v_2) (-log(1-q)) + terms that are bounded, as "
        "T and S are between the weights",
        {
            "sum": sp.expand(
                sp.expand_log(
                    slopes + (w1 + v1) * sp.log(q) - (w2 + v2) * sp.log(rest) - bounded, force=True
                )
            )
        },
    )
    first, second, other, opposite, total, both = reals("first second other opposite total both")
    near, far, remainder, weight, bound, ours, theirs = reals(
        "near far remainder weight bound ours theirs"
    )
    check.prove_all(
        "L_w' + L_v' falls strictly from inf to -inf and so is 0 at exactly one probability; "
        "|L_w'| = |L_v'| there and where L_w' = L_v', nowhere else",
        "the derivative is -w_1 w_2/(q (1-q) T) - v_1 v_2/(q (1-q) S); near an end its surprise "
        "`near` exceeds every bound while that of the other class, `far`, is below 1",
        {
            "falls": (
                [0 < Q, Q < 1, first > 0, second > 0, other > 0, opposite > 0,
                 total == first * Q + second * (1 - Q), both == other * Q + opposite * (1 - Q),
                 total > 0, both > 0],
                -first * second / (Q * (1 - Q) * total) - other * opposite / (Q * (1 - Q) * both)
                < 0,
            ),
            "near 0": (
                [first > 0, weight > 0, 0 <= far, far <= 1, remainder >= -bound,
                 first * near > weight + bound + BOUND],
                first * near - weight * far + remainder > BOUND,
            ),
            "near 1": (
                [first > 0, weight > 0, 0 <= far, far <= 1, remainder <= bound,
                 first * near > weight + bound + BOUND],
                weight * far - first * near + remainder < -BOUND,
            ),
            "equal sizes": (
                [],
                (ours * ours == theirs * theirs) == z3.Or(ours == theirs, ours + theirs == 0),
            ),
        },
    )  # fmt: skip


def test_md_ext_crossings(check: Check) -> None:
    difference_by_curvature(check)
    rare_class(check)
    closed_form(check)
    slope_is_negative_between(check)
    two_zeros_of_the_slope(check)
    one_zero_of_the_difference(check)
    sum_of_slopes(check)
    pairs = [(F(a), F(b)) for a, b in product((1, 2, 5, 50), repeat=2)]

    def bends(pair: Any) -> bool:
        w, v = pair
        bend = curvature_crossing(w, v)

        def numerator(q: F) -> Any:
            t, s = (x[0] * q + x[1] * (1 - q) for x in (w, v))
            return v[0] * v[1] * t - w[0] * w[1] * s

        signs = {numerator(F(0)) > 0, numerator(F(1)) > 0}
        zero_at_end = 0 in (numerator(F(0)), numerator(F(1)))
        return (bend is None) == (len(signs) == 1 or zero_at_end) and (
            bend is None or (0 < bend < 1 and numerator(bend) == 0)
        )

    check.exhaust(
        "shipped: the sign of D'' changes where `curvature_crossing` says",
        "pairs of weights from 1, 2, 5, 50",
        ((w, v) for w in pairs for v in pairs if w != v),
        bends,
        role="confirmation",
    )
    check.certify(
        "the shipped slopes at one half are those of the closed form",
        lambda: (
            combination_sign(
                [
                    *marginal_terms((F(99, 100), F(1, 100)), F(1, 2)),
                    (F(99, 100), F(99, 100)),
                    (F(-1, 100), F(1, 100)),
                ]
            )
            == 0
        ),
        {"w": (F(99, 100), F(1, 100)), "q": F(1, 2)},
        role="confirmation",
    )
    first, second = reals("first second")
    check.prove(
        "D'' has the sign of q - w_1",
        [first > second, second > 0, first + second == 1, 0 < Q, Q < 1],
        (first * Q + second * (1 - Q) > 2 * first * second) == (first < Q),
        order=[second, Q],
        role="control",
    )
