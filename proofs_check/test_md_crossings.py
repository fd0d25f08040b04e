"""Misaligned by Design, Section 2.8: where two class weightings reward learning alike.

T = w_1 q + w_2 (1 - q) and S = v_1 q + v_2 (1 - q) for two pairs of weights w, v; D is the
difference of their residual losses.  Bounds of logarithms are those of `theory.log_bounds`.
"""

from __future__ import annotations

from fractions import Fraction as F
from itertools import product
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.losses import sign_by_powers
from proofs_check.smt import reals
from theory.crossings import curvature_crossing, marginal_terms
from theory.log_bounds import combination_sign, combination_vanishes

HALF = z3.Q(1, 2)
Q, W, V, BOUND = reals("q w v bound")


def test_md_ext_log_bounds(check: Check) -> None:
    square, power, series = reals("square power series")
    check.prove_all(
        "(1 - z^2) S_n'(z) = 1 - z^(2n), where S_n' = 1 + z^2 + ... + z^(2n-2)",
        "induction on n; `square` is z^2, `power` z^(2n)",
        {
            "n = 0": ([series == 0, power == 1], (1 - square) * series == 1 - power),
            "step": (
                [(1 - square) * series == 1 - power],
                (1 - square) * (series + power) == 1 - power * square,
            ),
        },
    )
    z, n = sp.symbols("z n", positive=True)
    remainder = z ** (2 * n + 1) / ((2 * n + 1) * (1 - z**2))
    check.derive(
        "(1/2) log((1+z)/(1-z)) has the derivative 1/(1 - z^2), the remainder one that is larger "
        "than z^(2n)/(1 - z^2) by a positive term",
        {
            "logarithm": sp.diff(sp.log(1 + z) - sp.log(1 - z), z) / 2 - 1 / (1 - z**2),
            "remainder": sp.powsimp(
                sp.expand(
                    sp.diff(remainder, z) * (1 - z**2) ** 2 * (2 * n + 1)
                    - z ** (2 * n) * (1 - z**2) * (2 * n + 1)
                    - 2 * z ** (2 * n + 2)
                )
            ),
        },
    )
    excess, derivative = reals("excess derivative")
    check.prove_all(
        "S_n <= (1/2) log((1+z)/(1-z)) <= S_n + z^(2n+1)/((2n+1)(1-z^2)) for 0 <= z < 1",
        "all are 0 at z = 0, and their derivatives are in this order",
        {
            "below": (
                [0 <= square, square < 1, power >= 0, (1 - square) * series == 1 - power],
                series <= 1 / (1 - square),
            ),
            "above": (
                [
                    0 <= square, square < 1, power >= 0, excess >= 0,
                    (1 - square) * series == 1 - power,
                    derivative == power / (1 - square) + excess,
                ],
                series + derivative >= 1 / (1 - square),
            ),
        },
    )  # fmt: skip
    values = [F(1, 3), F(2), F(4), F(9, 8), F(100, 99)]
    weights = [F(-1), F(-1, 2), F(1, 3), F(2)]
    check.exhaust(
        "shipped signs are those of products of integer powers, zero included",
        "c log x + c' log x' with c, c' of four and x, x' of five rationals",
        (
            [(a, x), (b, y)]
            for a, b in product(weights, weights)
            for x, y in product(values, values)
        ),
        lambda terms: (
            combination_sign(terms) == sign_by_powers(terms)
            and combination_vanishes(terms) == (sign_by_powers(terms) == 0)
        ),
        role="confirmation",
    )
    check.prove(
        "the partial sums are upper bounds",
        [0 <= square, square < 1, power > 0, (1 - square) * series == 1 - power],
        series >= 1 / (1 - square),
        role="control",
    )


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


def test_md_ext_crossings(check: Check) -> None:
    difference_by_curvature(check)
    rare_class(check)
    closed_form(check)
    at_peak, at_valley, start, end = reals("at_peak at_valley start end")
    check.prove_all(
        "D > 0 on (0, c) and D < 0 on (c, 1) for one c, with a < c < b the zeros of D'",
        "D' falls to w_2, then rises, from inf to inf: it has zeros a < w_2 < b, for otherwise D "
        "would rise from D(0) = 0 to D(1) = 0; so D rises to a, falls to b, rises to 1",
        {
            "above 0 at a": ([start == 0, at_peak > start], at_peak > 0),
            "below 0 at b": ([end == 0, at_valley < end], at_valley < 0),
        },
    )
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
