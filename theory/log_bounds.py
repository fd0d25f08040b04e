"""Rational bounds of logarithms, and exact signs of their combinations.

For 0 <= z < 1 the partial sums of the series of the inverse hyperbolic tangent,

    S_n(z) = z + z^3/3 + ... + z^(2n-1)/(2n-1),

satisfy  S_n(z) <= (1/2) log((1+z)/(1-z)) <= S_n(z) + z^(2n+1) / ((2n+1)(1-z^2)).  Every positive
x is 2^k y with y in [1/2, 4/3], so  log x = k log 2 + log y  with |z| <= 1/3 for y as for 2.
Intermediate values are rounded outwards to multiples of a power of 1/2.

The sign of  sum c_i log x_i  with rational c_i and x_i follows from such bounds unless the sum
is zero; that is decided by writing all x_i as products of powers of pairwise coprime integers,
whose logarithms are linearly independent over the rationals.

Claim: md_ext_log_bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, gcd

Bounds = tuple[Fraction, Fraction]
Terms = Sequence[tuple[Fraction, Fraction]]

FIRST_BITS = 64  # the precision that is tried first; it is doubled until a sign is decided


def log_bounds(argument: Fraction, bits: int = FIRST_BITS) -> Bounds:
    """Rationals around log(argument), less than 2^-bits times (8 + its binary exponent) apart.

    `argument` > 0.  Raises `ValueError` otherwise.

    >>> low, high = log_bounds(Fraction(2), 10)
    >>> float(low), float(high)
    (0.693115234375, 0.693359375)
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
    return _doubled(Fraction(1, 3), Fraction(1, 3), bits)


def _near_one(argument: Fraction, bits: int) -> Bounds:
    """Bounds for an argument in [1/2, 4/3]."""
    z = (argument - 1) / (argument + 1)
    low, high = _doubled(_rounded(abs(z), bits, floor), _rounded(abs(z), bits, ceil), bits)
    return (low, high) if z >= 0 else (-high, -low)


def _doubled(below: Fraction, above: Fraction, bits: int) -> Bounds:
    """Bounds of log((1+z)/(1-z)) for below <= z <= above <= 1/3."""
    count = bits // 3 + 2  # z^2 <= 1/9 < 1/8, so the remainder is below 2^-bits
    low, high = _series(below, count), _series(above, count)
    high += above ** (2 * count + 1) / ((2 * count + 1) * (1 - above * above))
    return _rounded(2 * low, bits, floor), _rounded(2 * high, bits, ceil)


def _series(z: Fraction, count: int) -> Fraction:
    """S_n(z), by Horner's rule."""
    total = Fraction(0)
    for index in reversed(range(count)):
        total = total * z * z + Fraction(1, 2 * index + 1)
    return total * z


def _rounded(value: Fraction, bits: int, towards: Callable[[Fraction], int]) -> Fraction:
    """The multiple of 2^-(bits + 2) next to `value`: below it for `floor`, above for `ceil`."""
    scale = 1 << (bits + 2)
    return Fraction(towards(value * scale), scale)
