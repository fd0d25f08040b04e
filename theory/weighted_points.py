"""Share-weighted sums of trust, hedge and distrust points over many subgroups.

Between the rates 0, 1/3, 1/2, 2/3 and 1 every point of `theory.points` is affine in p, with
integer coefficients.  So share * point(p) is linear in the share and in the mass share * p,
and over the subgroups of one piece the terms add up to a linear function of two totals.
Where the input is counts, shares and masses are whole numbers over the total count, and so
is every sum.  The coefficients are read off the point functions themselves.

Piece 0 contains 1/3 and piece 3 contains 2/3.  There the trust point of the neighbouring
piece continues to the hedge point: for p = 1/3, where T is dominated by H, and for p = 2/3,
where the two coincide, the sum of "trust points" is thus one of undominated trust ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

BREAKS = (Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(1))

PointFunction = Callable[[Fraction], tuple[Any, Any]]


@dataclass(frozen=True, eq=False)
class Weights:
    """Shares and masses of subgroups, arrays of shape (groups,), in units of 1 / `unit`.

    Floats as they are, with unit 1; Fractions as integers (dtype object) over their least
    common denominator.  `pieces`: index of the piece that holds the rate, out of [0, 1/3],
    (1/3, 1/2], (1/2, 2/3), [2/3, 1].
    """

    pieces: NDArray[np.int8]
    shares: NDArray[Any]
    masses: NDArray[Any]
    unit: int

    @classmethod
    def of(cls, shares: NDArray[Any], rates: NDArray[Any]) -> Weights:
        """Weights of subgroups with these shares and rates, both float64 or both Fractions."""
        triple = 3 * rates
        pieces = (triple > 1).view(np.int8) + (2 * rates > 1) + (triple >= 2)
        masses = shares * rates
        if shares.dtype != object:
            return cls(pieces, shares, masses, 1)
        unit = math.lcm(*{value.denominator for array in (shares, masses) for value in array})
        return cls(pieces, _integers(shares, unit), _integers(masses, unit), unit)

    def where(self, chosen: NDArray[Any]) -> Weights:
        """The same for some of the subgroups, given by a mask or by indices."""
        return Weights(self.pieces[chosen], self.shares[chosen], self.masses[chosen], self.unit)


def fill_weighted_terms(point: PointFunction, weights: Weights, out: NDArray[Any]) -> None:
    """Set `out` (groups, 2) to share * point(p) of each subgroup, in units of 1 / unit."""
    pieces = weights.pieces.astype(np.intp)
    for column, (constant, factor) in zip(out.T, _coefficients(point, out.dtype), strict=True):
        np.add(constant[pieces] * weights.shares, factor[pieces] * weights.masses, out=column)


def weighted_sums(points: Sequence[PointFunction], weights: Weights) -> NDArray[Any]:
    """Sum of share * point(p) in units of 1 / `weights.unit`, per point; (points, 2)."""
    dtype = weights.shares.dtype
    totals = np.empty((2, len(BREAKS) - 1), dtype=dtype)
    for piece in range(totals.shape[1]):
        part = weights.where(np.flatnonzero(weights.pieces == piece))
        totals[:, piece] = part.shares.sum(), part.masses.sum()
    sums = [(_coefficients(point, dtype) * totals).sum(axis=(1, 2)) for point in points]
    return np.array(sums, dtype=dtype)


def _coefficients(point: PointFunction, dtype: Any) -> NDArray[Any]:
    """Integers c, f with point(p) = c + f * p on each piece; [coordinate, c or f, piece].

    Two rates inside a piece determine them, as the points are affine there.
    """
    table = np.empty((2, 2, len(BREAKS) - 1), dtype=dtype)
    for piece, (left, right) in enumerate(pairwise(BREAKS)):
        low, high = (2 * left + right) / 3, (left + 2 * right) / 3
        for coordinate, (at_low, at_high) in enumerate(zip(point(low), point(high), strict=True)):
            factor = (at_high - at_low) / (high - low)
            table[coordinate, :, piece] = int(at_low - factor * low), int(factor)
    return table


def _integers(fractions: NDArray[Any], unit: int) -> NDArray[Any]:
    """The numerators of `fractions` over the common denominator `unit`."""
    return np.array(
        [value.numerator * (unit // value.denominator) for value in fractions], dtype=object
    )
