"""Rational bounds of logarithms, and exact signs of their combinations.

For 0 <= z < 1 the partial sums of the series of the inverse hyperbolic tangent,

    S_n(z) = z + z^3/3 + ... + z^(2n-1)/(2n-1),

satisfy  S_n(z) <= (1/2) log((1+z)/(1-z)) <= S_n(z) + z^(2n+1) / ((2n+1)(1-z^2)).  Every positive
x is 2^k y with y in [1/2, 4/3], so  log x = k log 2 + log y  with |z| <= 1/3 for y as for 2.
Every step is rounded outwards to a multiple of a power of 1/2.

The sign of  sum c_i log x_i  with rational c_i and x_i follows from such bounds unless the sum
is zero; that is decided by writing all x_i as products of powers of pairwise coprime integers,
whose logarithms are linearly independent over the rationals.

Claim: md_ext_log_bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd

Bounds = tuple[Fraction, Fraction]
Terms = Sequence[tuple[Fraction, Fraction]]
Division = Callable[[int, int], int]  # of whole numbers, rounded to one

FIRST_BITS = 64  # the precision that is tried first; it is doubled until a sign is decided


def log_bounds(argument: Fraction, bits: int = FIRST_BITS) -> Bounds:
    """Rationals around log(argument), less than 2^-bits (8 + |k|) apart, where argument = 2^k y.

    `argument` > 0; y is in [1/2, 4/3].  Raises `ValueError` otherwise.

    >>> low, high = log_bounds(Fraction(2), 10)
    >>> float(low), float(high)
    (0.69305419921875, 0.693267822265625)
    """
    if argument <= 0:
        raise ValueError(f"argument is {argument}: must be positive")
    shift = argument.numerator.bit_length() - argument.denominator.bit_length()
    scaled = argument / Fraction(2) ** shift
    while scaled > Fraction(4, 3):
        shift, scaled = shift + 1, scaled / 2
    near = _near_one(scaled, bits)
    if not shift:
        return near
    low, high = _of_two(bits)
    ends = sorted((shift * low, shift * high))
    return near[0] + ends[0], near[1] + ends[1]


def combination_bounds(terms: Terms, bits: int = FIRST_BITS) -> Bounds:
    """Rationals around  sum c log x  over the terms (c, x), x > 0.

    >>> low, high = combination_bounds([(Fraction(1, 2), Fraction(9)), (Fraction(-1), Fraction(3))])
    >>> low < 0 < high
    True
    """
    low = high = Fraction(0)
    for coefficient, argument in terms:
        ends = sorted(coefficient * end for end in log_bounds(argument, bits))
        low, high = low + ends[0], high + ends[1]
    return low, high


def combination_sign(terms: Terms) -> int:
    """The exact sign, -1, 0 or 1, of  sum c log x  over the terms (c, x), x > 0.

    >>> combination_sign([(Fraction(1, 2), Fraction(9)), (Fraction(-1), Fraction(3))])
    0
    """
    bits = FIRST_BITS
    while True:
        low, high = combination_bounds(terms, bits)
        if low > 0 or high < 0:
            return 1 if low > 0 else -1
        if bits == FIRST_BITS and combination_vanishes(terms):
            return 0
        bits *= 2


def combination_float(terms: Terms) -> float:
    """sum c log x  over the terms (c, x), x > 0, as a float, to one unit in its last place.

    Raises `OverflowError` beyond the range of floats.

    >>> combination_float([(Fraction(1), 1 - Fraction(1, 10**30))])
    -1e-30
    """
    if combination_vanishes(terms):
        return 0.0
    bits = FIRST_BITS
    while True:
        low, high = combination_bounds(terms, bits)
        if low * high > 0 and high - low <= abs(low) / 2**FIRST_BITS:
            return float(low)
        bits *= 2


def combination_vanishes(terms: Terms) -> bool:
    """Whether  sum c log x  is zero, by unique factorisation into coprime integers."""
    base = coprime_base(
        part for _, argument in terms for part in (argument.numerator, argument.denominator)
    )
    return all(
        sum((c * _exponent(argument, factor) for c, argument in terms), Fraction(0)) == 0
        for factor in base
    )


def coprime_base(numbers: Iterable[int]) -> list[int]:
    """Pairwise coprime integers above 1 such that every given number is a product of them.

    The numbers are positive.

    >>> sorted(coprime_base([12, 18]))
    [2, 3]
    """
    base: list[int] = []
    waiting = [number for number in numbers if number > 1]
    while waiting:
        number = waiting.pop()
        for index, other in enumerate(base):
            common = gcd(number, other)
            if common > 1:
                del base[index]
                parts = (common, number // common, other // common)
                waiting += [part for part in parts if part > 1]
                break
        else:
            base.append(number)
    return base


def _exponent(argument: Fraction, factor: int) -> int:
    """How often `factor` divides the numerator, less how often the denominator."""
    exponent = 0
    for part, sign in ((argument.numerator, 1), (argument.denominator, -1)):
        while part % factor == 0:
            part, exponent = part // factor, exponent + sign
    return exponent


@lru_cache
def _of_two(bits: int) -> Bounds:
    return _doubled(Fraction(1, 3), bits)


def _near_one(argument: Fraction, bits: int) -> Bounds:
    """Bounds for an argument in [1/2, 4/3]."""
    z = (argument - 1) / (argument + 1)
    low, high = _doubled(abs(z), bits)
    return (low, high) if z >= 0 else (-high, -low)


def _doubled(z: Fraction, bits: int) -> Bounds:
    """Bounds of log((1+z)/(1-z)) for 0 <= z <= 1/3, less than 2^-bits apart.

    In whole numbers of 2^-(bits + 5).  The remainder, 2 z^(2n+1) / ((2n+1)(1-z^2)), is below
    one of them, as z^2 <= 1/9 < 1/8; a partial sum is off by less than four, as what a step
    of Horner's rule rounds counts for a ninth in the next.
    """
    precision = bits + 5
    count = precision // 3 + 2
    low = 2 * _series(z, count, precision, _floored)
    high = 2 * _series(z, count, precision, _raised) + (z > 0)
    return Fraction(low, 1 << precision), Fraction(high, 1 << precision)


def _series(z: Fraction, count: int, precision: int, divided: Division) -> int:
    """S_n(z), by Horner's rule, in whole numbers of 2^-precision, each step rounded one way."""
    unit = 1 << precision
    at = divided(z.numerator * unit, z.denominator)
    square = divided(at * at, unit)
    total = 0
    for index in reversed(range(count)):
        total = divided(total * square, unit) + divided(unit, 2 * index + 1)
    return divided(total * at, unit)


def _floored(over: int, under: int) -> int:
    return over // under


def _raised(over: int, under: int) -> int:
    return -(-over // under)
