"""Small populations, checked exactly and by brute force.

The brute force knows the corners T, H, D of each subgroup and nothing of thresholds or
slopes: it adds up one corner per subgroup in every possible way and keeps the undominated
extreme points of the sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import Any

import numpy as np

from theory.delegation import best_targeting, worst_targeting
from theory.points import distrust_point, hedge_point, trust_hedge_slope, trust_point
from theory.population import Subgroups

Point = tuple[Fraction, Fraction]

INSIDE = [Fraction(2, 5), Fraction(3, 5), Fraction(9, 20), Fraction(13, 20)]
OUTSIDE = [Fraction(1, 4), Fraction(9, 10)]
BOUNDARY = [Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(1)]


def small_populations(full: bool, boundary: bool) -> tuple[str, Iterator[Subgroups]]:
    """A description, and all populations of up to 3 (`full`: 4) subgroups over a list of rates.

    `boundary` adds the rates 0, 1/3, 1/2, 2/3 and 1.  Shares are unequal, in both orders.
    """
    rates = sorted(INSIDE + OUTSIDE + (BOUNDARY if boundary else []))
    most = 4 if full else 3
    listed = ", ".join(map(str, rates))
    return (
        f"populations of 1 to {most} subgroups, rates from {listed}, shares 1:2:3:4 and reversed",
        _populations(rates, most),
    )


def _populations(rates: list[Fraction], most: int) -> Iterator[Subgroups]:
    for size in range(1, most + 1):
        weights = [Fraction(i + 1, size * (size + 1) // 2) for i in range(size)]
        for chosen in combinations_with_replacement(rates, size):
            for shares in [weights, weights[::-1]][: 1 if size == 1 else 2]:
                yield Subgroups(
                    tuple(str(i + 1) for i in range(size)),
                    np.array(shares, dtype=object),
                    np.array(chosen, dtype=object),
                )


def chain_as_printed(population: Subgroups, open_range: bool = False) -> list[Point]:
    """Theorem 1's chain T, H(1), ..., H(k), D without repeated or collinear points.

    `open_range` is the corrected version: hedged subgroups have rates strictly inside
    (1/3, 2/3), and those at 1/3 or 2/3 start at H.
    """
    low, high = Fraction(1, 3), Fraction(2, 3)
    members = list(zip(population.shares, population.rates, strict=True))
    start: list[Point] = []
    for _, p in members:
        if open_range and p in (low, high):
            start.append(hedge_point(p))
        else:
            own = worst_targeting(p, p) if p < low or p > high else worst_targeting(p, 1 - p)
            start.append((own, best_targeting(p, p)))
    in_range = [
        i
        for i, (_, p) in enumerate(members)
        if (low < p < high if open_range else low <= p <= high)
    ]
    order = sorted(in_range, key=lambda i: trust_hedge_slope(members[i][1]), reverse=True)
    corners = list(start)
    chain = [_total(members, corners)]
    for i in order:
        corners[i] = hedge_point(members[i][1])
        chain.append(_total(members, corners))
    chain.append(_total(members, [distrust_point(p) for _, p in members]))
    return _without_collinear(chain)


def undominated_corners(population: Subgroups) -> list[Point]:
    """Undominated extreme points of the sums of one corner per subgroup, by brute force."""
    members = list(zip(population.shares, population.rates, strict=True))
    options = [
        [trust_point(p), distrust_point(p)]
        + ([hedge_point(p)] if Fraction(1, 3) <= p <= Fraction(2, 3) else [])
        for _, p in members
    ]
    sums = {_total(members, list(corners)) for corners in product(*options)}
    undominated = [
        point
        for point in sums
        if not any(o != point and o[0] >= point[0] and o[1] >= point[1] for o in sums)
    ]
    hull: list[Point] = []
    for point in sorted(undominated):
        while len(hull) > 1 and _turn(hull[-2], hull[-1], point) >= 0:
            hull.pop()
        hull.append(point)
    return hull


def _total(members: list[tuple[Any, Any]], corners: list[Point]) -> Point:
    worst = sum((s * c[0] for (s, _), c in zip(members, corners, strict=True)), Fraction(0))
    best = sum((s * c[1] for (s, _), c in zip(members, corners, strict=True)), Fraction(0))
    return worst, best


def _turn(a: Point, b: Point, c: Point) -> Fraction:
    """Positive if a, b, c turn left, zero if they are collinear."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _without_collinear(chain: list[Point]) -> list[Point]:
    kept: list[Point] = []
    for point in chain:
        if kept and kept[-1] == point:
            continue
        while len(kept) > 1 and _turn(kept[-2], kept[-1], point) == 0:
            kept.pop()
        kept.append(point)
    return kept
