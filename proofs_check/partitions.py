"""Finite covariates for exhaustive checks: masses that are integer partitions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sympy.utilities.iterables import partitions


def partitions_as_masses(total: int, atoms: int) -> Iterator[tuple[Fraction, ...]]:
    """All masses k/`total` summing to one with at most `atoms` atoms, largest first.

    >>> [len(masses) for masses in partitions_as_masses(4, 3)]
    [1, 2, 2, 3]
    """
    for parts in partitions(total, m=atoms):
        yield tuple(
            Fraction(size, total)
            for size, count in sorted(parts.items(), reverse=True)
            for _ in range(count)
        )
