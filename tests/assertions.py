"""Checks that several test files share."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product

from theory.admissible_cases import Extremes, verify_case
from theory.points import distrust_point, hedge_point, trust_point
from theory.population import Frontier, Subgroups

Pair = tuple[Fraction, Fraction]


def assert_certified(p: Fraction, masses: Sequence[Fraction], extremes: Extremes) -> None:
    """Both cases are what their distributions attain, and they are exact and in order."""
    for case in (extremes.worst, extremes.best):
        assert isinstance(case.value, Fraction)
        verify_case(p, masses, case)
    assert -1 <= extremes.worst.value <= extremes.best.value <= 1


def values(extremes: Extremes) -> tuple[Fraction, Fraction]:
    """The pair (worst case, best case)."""
    return extremes.worst.value, extremes.best.value


def corners(p: Fraction) -> list[Pair]:
    """The points of one subgroup that its frontier is made of."""
    hedge = [hedge_point(p)] if Fraction(1, 3) <= p <= Fraction(2, 3) else []
    return [trust_point(p), *hedge, distrust_point(p)]


def corner_sums(subgroups: Subgroups) -> set[Pair]:
    """Share-weighted sums of one corner per subgroup, in every combination (up to 3^groups)."""
    sums: set[Pair] = {(Fraction(0), Fraction(0))}
    for share, p in zip(subgroups.shares, subgroups.rates, strict=True):
        terms = [(share * worst, share * best) for worst, best in corners(p)]
        sums = {(a + worst, b + best) for (a, b), (worst, best) in product(sums, terms)}
    return sums


def assert_nothing_above(frontier: Frontier, points: set[Pair]) -> None:
    """No point is undominated by the frontier: it bounds them from above and from the right."""
    vertices = [tuple(vertex) for vertex in frontier.vertices]
    (_, highest), (furthest, _) = vertices[0], vertices[-1]
    for worst, best in points:
        assert best <= highest
        assert worst <= furthest
        for (left, high), (right, low) in pairwise(vertices):
            assert (best - high) * (right - left) <= (low - high) * (worst - left)


def assert_is_frontier(subgroups: Subgroups, frontier: Frontier) -> None:
    """The exact frontier: its vertices are reached, strictly concave, and nothing lies above."""
    vertices = [tuple(vertex) for vertex in frontier.vertices]
    points = corner_sums(subgroups)
    assert set(vertices) <= points
    slopes = [(low - high) / (right - left) for (left, high), (right, low) in pairwise(vertices)]
    assert slopes == frontier.slopes.tolist()
    assert all(-1 <= slope < 0 for slope in slopes)
    assert all(steeper < flatter for flatter, steeper in pairwise(slopes))
    assert len(frontier.alpha_thresholds) == len(slopes)
    for alpha, (start, end) in zip(frontier.alpha_thresholds, pairwise(vertices), strict=True):
        assert objective(alpha, start) == objective(alpha, end)
    assert_nothing_above(frontier, points)


def objective(alpha: Fraction, point: Pair) -> Fraction:
    """alpha * worst + (1 - alpha) * best."""
    return alpha * point[0] + (1 - alpha) * point[1]


def assert_one_line(outcome: tuple[int, str, str], message: str) -> None:
    code, out, err = outcome
    assert (code, out) == (2, "")
    assert err.startswith("python -m theory.frontier: error: ")
    assert message in err
    assert err.count("\n") == 1
