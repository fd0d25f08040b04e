"""Own extension: rational bounds of logarithms, and exact signs of their combinations.

S_n is the n-th partial sum of the series of the inverse hyperbolic tangent.  What is proved is
the method of `theory.log_bounds`, part by part: the bounds, the reduction to small arguments, that
the bounds close in, and that a sum that is zero is recognised.
"""

from __future__ import annotations

from fractions import Fraction as F
from itertools import combinations, combinations_with_replacement, product
from math import gcd

import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.losses import sign_by_powers
from proofs_check.smt import reals
from theory.log_bounds import combination_sign, combination_vanishes, coprime_base


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
    range_reduction(check)
    vanishing_error(check)
    zero_detection(check)
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


def range_reduction(check: Check) -> None:
    """Record that every positive x is 2^k y with a y whose series has |z| <= 1/3."""
    y, k = sp.symbols("y k", positive=True)
    z = (y - 1) / (y + 1)
    check.derive(
        "log(2^k y) = k log 2 + log y, and (1+z)/(1-z) = y for z = (y - 1)/(y + 1)",
        {
            "logarithm": sp.expand_log(sp.log(2**k * y), force=True) - k * sp.log(2) - sp.log(y),
            "argument": sp.cancel((1 + z) / (1 - z) - y),
        },
    )
    over, under, x, at = reals("over under x at")
    check.prove_all(
        "some such y is in [1/2, 4/3], where |z| <= 1/3",
        "numerator and denominator, divided by powers of 2, are in [1, 2); a quotient above 4/3 "
        "is halved",
        {
            "quotient": (
                [1 <= over, over < 2, 1 <= under, under < 2, x * under == over],
                z3.And(z3.Q(1, 2) < x, x < 2),
            ),
            "halved": ([x > z3.Q(4, 3), x < 2], z3.And(x / 2 >= z3.Q(1, 2), x / 2 <= z3.Q(4, 3))),
            "z": (
                [z3.Q(1, 2) <= x, x <= z3.Q(4, 3), at == (x - 1) / (x + 1)],
                z3.And(-z3.Q(1, 3) <= at, at <= z3.Q(1, 3)),
            ),
            "2 itself": ([x == 2, at == (x - 1) / (x + 1)], at == z3.Q(1, 3)),
        },
    )


def vanishing_error(check: Check) -> None:
    """Record that the bounds close in, so that every sign other than 0 is decided."""
    z, power, ninth, odd, low, high, value = reals("z power ninth odd low high value")
    check.prove_all(
        "the bounds are at most 9^-n apart for |z| <= 1/3, so those of a sum that is not 0 leave "
        "0 out from some n on",
        "induction on n: `power` is z^(2n), `ninth` 9^-n; the sign is known once the width is "
        "below the sum's size",
        {
            "n = 0": ([power == 1, ninth == 1], power <= ninth),
            "step": (
                [0 <= z, z <= z3.Q(1, 3), 0 <= power, power <= ninth],
                power * (z * z) <= ninth / 9,
            ),
            "remainder": (
                [0 <= z, z <= z3.Q(1, 3), odd >= 1, 0 <= power, power <= ninth],
                power * z / (odd * (1 - z * z)) <= ninth,
            ),
            "sign": (
                [low <= value, value <= high, z3.Or(high - low < value, high - low < -value)],
                z3.Or(low > 0, high < 0),
            ),
        },
    )


def zero_detection(check: Check) -> None:
    """Record that zero is recognised: logarithms of coprime integers are independent."""
    check.cite(
        "an integer is a product of primes in one way, so exponents of a prime add up in products",
        "the fundamental theorem of arithmetic",
    )
    c, exponent, others, total, combined = reals("c exponent others total combined")
    check.prove_all(
        "sum c log b over pairwise coprime integers b > 1 is 0 only if every c is 0, so a sum "
        "over rationals is 0 iff the combined exponent of every such b is",
        "with a common denominator the c are integers and prod b^c = 1; a prime of one b has the "
        "exponent v >= 1 in it, 0 in the others, and c v in the product",
        {
            "one b": (
                [total == c * exponent + others, others == 0, total == 0, exponent >= 1],
                c == 0,
            ),
            "all exponents 0": ([combined == 0, total == combined * exponent], total == 0),
        },
    )
    check.exhaust(
        "shipped: the base is pairwise coprime and every number a product of its members",
        "all triples of integers from 1 to 24",
        combinations_with_replacement(range(1, 25), 3),
        _is_coprime_base,
        role="confirmation",
    )


def _is_coprime_base(numbers: tuple[int, ...]) -> bool:
    base = coprime_base(numbers)
    left = list(numbers)
    for factor in base:
        for index, number in enumerate(left):
            while number % factor == 0:
                number //= factor
            left[index] = number
    coprime = all(gcd(*pair) == 1 for pair in combinations(base, 2))
    return coprime and min(base, default=2) > 1 and left == [1] * len(left)
