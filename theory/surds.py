"""Exact numbers a + b sqrt(n) with rational a, b: what square roots of rationals need.

A closed form whose only root is sqrt(x), x rational, has its values in the field Q(sqrt(n)),
with n = numerator times denominator of x.  Arithmetic there is exact, the sign of a number is
decided by comparing squares of rationals, and so is every comparison.  A number without a
root is a `Fraction`, never a `Surd`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

Rational = Fraction | int
ENCLOSURE_BITS = 64  # a rational enclosure has width at most 2^-64


@dataclass(frozen=True)
class Surd:
    """The number `rational` + `factor` * sqrt(`radicand`).

    `factor` is not zero and `radicand` is a positive integer that is no square.  Numbers with
    different radicands do not mix: doing arithmetic on them raises `ValueError`.
    """

    rational: Fraction
    factor: Fraction
    radicand: int

    def __add__(self, other: Exact) -> Exact:
        a, b = self._parts(other)
        return _number(self.rational + a, self.factor + b, self.radicand)

    __radd__ = __add__

    def __neg__(self) -> Surd:
        return Surd(-self.rational, -self.factor, self.radicand)

    def __sub__(self, other: Exact) -> Exact:
        return self + -other

    def __rsub__(self, other: Exact) -> Exact:
        return -self + other

    def __mul__(self, other: Exact) -> Exact:
        a, b = self._parts(other)
        return _number(
            self.rational * a + self.factor * b * self.radicand,
            self.rational * b + self.factor * a,
            self.radicand,
        )

    __rmul__ = __mul__

    def __truediv__(self, other: Exact) -> Exact:
        return self * (other.reciprocal() if isinstance(other, Surd) else 1 / Fraction(other))

    def __rtruediv__(self, other: Rational) -> Exact:
        return self.reciprocal() * other

    def reciprocal(self) -> Surd:
        """1 divided by this number, which is not zero."""
        norm = self.rational**2 - self.factor**2 * self.radicand
        return Surd(self.rational / norm, -self.factor / norm, self.radicand)

    def __lt__(self, other: Exact) -> bool:
        return sign(self - other) < 0

    def __le__(self, other: Exact) -> bool:
        return sign(self - other) <= 0

    def __gt__(self, other: Exact) -> bool:
        return sign(self - other) > 0

    def __ge__(self, other: Exact) -> bool:
        return sign(self - other) >= 0

    def __float__(self) -> float:
        """The nearest float: some enclosure lies between two neighbouring midpoints of floats."""
        bits = ENCLOSURE_BITS
        while True:
            low, high = (float(end) for end in enclosure(self, bits))
            if low == high:
                return low
            bits *= 2

    def __str__(self) -> str:
        """The number in the notation of SymPy, which can read it back."""
        root = f"sqrt({self.radicand})"
        size = abs(self.factor)
        over = "" if size.denominator == 1 else f"/{size.denominator}"
        term = f"{root if size.numerator == 1 else f'{size.numerator}*{root}'}{over}"
        if not self.rational:
            return term if self.factor > 0 else f"-{term}"
        return f"{self.rational} {'+' if self.factor > 0 else '-'} {term}"

    def _parts(self, other: Exact) -> tuple[Rational, Rational]:
        if not isinstance(other, Surd):
            return other, 0
        if other.radicand != self.radicand:
            raise ValueError(f"radicands are {self.radicand} and {other.radicand}: must be equal")
        return other.rational, other.factor


Exact = Fraction | int | Surd


def square_root(x: Fraction) -> Fraction | Surd:
    """The root of `x` >= 0; a `Fraction` if it is rational.

    Small square factors of the radicand are taken out, so the printed form is short.

    >>> square_root(Fraction(4, 9)), str(square_root(Fraction(8, 3)))
    (Fraction(2, 3), '2*sqrt(6)/3')
    """
    if x < 0:
        raise ValueError(f"x is {x}: must not be negative")
    factor, radicand = Fraction(1, x.denominator), x.numerator * x.denominator
    for prime in (2, 3, 5, 7, 11, 13):
        while radicand and radicand % prime**2 == 0:
            radicand //= prime**2
            factor *= prime
    root = isqrt(radicand)
    return factor * root if root * root == radicand else Surd(Fraction(0), factor, radicand)


def sign(x: Exact) -> int:
    """-1, 0 or 1."""
    if not isinstance(x, Surd):
        return (x > 0) - (x < 0)
    of_root = 1 if x.factor > 0 else -1
    of_rational = sign(x.rational)
    if of_rational in (0, of_root):
        return of_root
    return of_root if x.factor**2 * x.radicand > x.rational**2 else of_rational


def enclosure(x: Exact, bits: int = ENCLOSURE_BITS) -> tuple[Fraction, Fraction]:
    """Rationals low <= x <= high with high - low <= 2^-bits; equal if x is rational.

    >>> low, high = enclosure(square_root(Fraction(2)), bits=10)
    >>> low**2 < 2 < high**2, 0 < high - low <= Fraction(1, 1024)
    (True, True)
    """
    if not isinstance(x, Surd):
        return Fraction(x), Fraction(x)
    scale = 1 << max(0, bits + abs(x.factor).__ceil__().bit_length())
    floor = isqrt(x.radicand * scale**2)
    ends = [x.rational + x.factor * Fraction(end, scale) for end in (floor, floor + 1)]
    return min(ends), max(ends)


def _number(rational: Rational, factor: Rational, radicand: int) -> Exact:
    if not factor:
        return Fraction(rational)
    return Surd(Fraction(rational), Fraction(factor), radicand)
