"""The frontier and the best policy of many subgroups under common bounds.

Source: *Friend or Foe*, Sections 5.3 and 6; the points of one subgroup are in `theory.bounded`.
As in `theory.population`, the trust ends of all subgroups add up, then the edges of all subgroups
follow in order of slope, flattest first.  What differs is how many slopes there are.  Where
low < 1/2 < high and low < p < high a subgroup brings

* T-H and H-D for p strictly between p1 and min(p2, 1/2), or between max(p2, 1/2) and p3,
* H-D at p1 and p3, where H takes the place of T,
* T-D elsewhere;

H-D, and T-D below p1 and above p3, have one slope for all p <= 1/2 and another for all p > 1/2
(`theory.bounded.ray_slope`).  Any other subgroup brings nothing: its frontier is its distrust
point.

Arrays of `Fraction` give exact results.  With floats, equality needs a tolerance.  The expressions
that are compared with 0 combine numbers of at most 1 whose coefficients sum to less than 4, and
rates rounded by 2^-54, so they are known to within `TIED` = 2^-50.  Slopes -s and -t with
|s - t| <= `SAME_SLOPE` (1 + s) merge, which moves the chain by less than that times the edges'
length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.bounded import (
    best_targeting,
    has_hedge,
    hedge_point,
    hedge_share,
    other_share_excess,
    ray_slope,
    trust_distrust_slope,
    trust_hedge_slope,
    trust_point,
    trust_share,
    worst_targeting,
)
from theory.points import alpha_threshold, distrust_point

TIED = 2.0**-50
SAME_SLOPE = 2.0**-44
# The threshold of a slope -s is s/(1 + s), whose derivative is below 1/(1 + s).
TIED_ALPHA = SAME_SLOPE

TRUST, HEDGE, DISTRUST = range(3)


@dataclass(frozen=True, eq=False)
class Choices:
    """What to disclose in each subgroup; arrays of shape (groups,), as in `population.Policy`.

    `indices`: 0 trust, 1 hedge, 2 distrust.
    """

    point: tuple[Any, Any]
    indices: NDArray[np.intp]
    q: NDArray[Any]
    attained: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Kinds:
    """Which subgroups have an edge, which have two, and which start at H; arrays (groups,)."""

    active: NDArray[np.bool_]
    two_edges: NDArray[np.bool_]
    from_hedge: NDArray[np.bool_]
    on_ray: NDArray[np.bool_]


def bounded_points(p: NDArray[Any], low: Any, high: Any) -> tuple[Any, ...]:
    """`has_hedge` and the pairs of arrays T, H and D; H is meaningful where there is one."""
    tied = _tolerance(p)
    return (
        has_hedge(p, low, high, tied) | np.zeros(len(p), dtype=bool),
        _filled(trust_point(p, low, high, tied), p),
        _filled(hedge_point(p, low, high), p),
        _filled(distrust_point(p), p),
    )


def bounded_chain(
    shares: NDArray[Any], p: NDArray[Any], low: Any, high: Any
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Vertices (k + 1, 2) and slopes (k,) of the population's frontier, from trust to distrust.

    >>> F = Fraction
    >>> vertices, slopes = bounded_chain(np.array([F(1)]), np.array([F(9, 20)]), F(1, 5), F(4, 5))
    >>> [f"({worst}, {best})" for worst, best in vertices], [str(slope) for slope in slopes]
    (['(-7/20, 1/4)', '(-1/10, 1/10)', '(0, 0)'], ['-3/5', '-1'])
    """
    kinds = _kinds(p, low, high)
    end = np.stack(_filled(distrust_point(p), p), axis=1) * shares[:, None]
    start = _starts(p, low, high, kinds) * shares[:, None]
    both, one = kinds.two_edges, kinds.active & ~kinds.two_edges
    hedge = np.stack(_filled(hedge_point(p[both], low, high), p[both]), axis=1)
    hedge = hedge * shares[both, None]
    edges = np.concatenate([end[one] - start[one], hedge - start[both], end[both] - hedge])
    slopes = np.concatenate(
        [
            _last_slope(p[one], low, high, kinds.on_ray[one]),
            trust_hedge_slope(p[both], low, high),
            _last_slope(p[both], low, high, kinds.on_ray[both]),
        ]
    )
    origin = start.sum(axis=0)
    if not len(edges):
        return origin[None, :], slopes
    order = np.argsort(slopes.astype(float), kind="stable")
    if p.dtype == object:
        order = order[np.argsort(slopes[order], kind="stable")]
    order = order[::-1]
    slopes = slopes[order]
    vertices = _running_sums(np.concatenate([origin[None, :], edges[order]]))
    return _merged(vertices, slopes)


def bounded_choices(
    shares: NDArray[Any], p: NDArray[Any], low: Any, high: Any, alpha: Any
) -> Choices:
    """The best choice in every subgroup for the weight `alpha` on the worst case.

    Ties are resolved as in `population.optimal_policy`: the choice that is attained, then the one
    with the higher worst case.

    >>> F = Fraction
    >>> p = np.array([F(9, 20), F(3, 10)])
    >>> choices = bounded_choices(np.array([F(1, 2)] * 2), p, F(1, 5), F(4, 5), F(2, 5))
    >>> choices.indices.tolist(), choices.attained.tolist()
    ([1, 0], [False, True])
    """
    tied = 0 if p.dtype == object else TIED_ALPHA
    kinds = _kinds(p, low, high)
    indices = np.full(len(p), DISTRUST, dtype=np.intp)
    active = np.flatnonzero(kinds.active)
    last = alpha_threshold(_last_slope(p[active], low, high, kinds.on_ray[active]))
    relied = active[alpha < last - tied]
    indices[relied] = np.where(kinds.from_hedge[relied], HEDGE, TRUST)
    both = relied[kinds.two_edges[relied]]
    excess = alpha - alpha_threshold(trust_hedge_slope(p[both], low, high))
    hedged = (excess > tied) | ((excess >= -tied) & (2 * p[both] > 1))
    indices[both[hedged]] = HEDGE

    q = np.full(len(p), None if p.dtype == object else np.nan, dtype=p.dtype)
    trusted, hedged = indices == TRUST, indices == HEDGE
    q[trusted] = trust_share(p[trusted], low, high)
    q[hedged] = hedge_share(p[hedged], low, high)
    chosen = np.stack(_filled(distrust_point(p), p), axis=1)
    chosen[trusted] = _starts(p, low, high, kinds)[trusted]
    chosen[hedged] = np.stack(_filled(hedge_point(p[hedged], low, high), p[hedged]), axis=1)
    worst, best = (chosen * shares[:, None]).sum(axis=0)
    return Choices((worst, best), indices, q, ~hedged | (2 * p >= 1))


def _kinds(p: NDArray[Any], low: Any, high: Any) -> _Kinds:
    tied = _tolerance(p)
    active = (p > low) & (p < high) & (2 * low < 1) & (2 * high > 1)
    excess = other_share_excess(p, low, high)
    early, late = 2 * p < low + high - tied, 2 * p > low + high + tied
    two_edges = active & (excess > tied) & (((2 * p < 1) & early) | ((2 * p > 1) & late))
    from_hedge = active & (abs(excess) <= tied)
    return _Kinds(active, two_edges, from_hedge, two_edges | (active & (excess <= tied)))


def _starts(p: NDArray[Any], low: Any, high: Any, kinds: _Kinds) -> NDArray[Any]:
    """The undominated trust end of each subgroup, (groups, 2).

    At p1 and p3 the treated share u is the hedge share, so its own worst case is that of H.
    """
    share = trust_share(p, low, high)
    other = kinds.active & (other_share_excess(p, low, high) > _tolerance(p))
    worst = worst_targeting(p, np.where(other, 1 - share, share), low, high)
    best = best_targeting(p, share, low, high)
    start = np.stack(_filled(distrust_point(p), p), axis=1)
    start[kinds.active] = np.stack([worst, best], axis=1)[kinds.active]
    return start


def _last_slope(p: NDArray[Any], low: Any, high: Any, on_ray: NDArray[np.bool_]) -> NDArray[Any]:
    """Slope of the edge to D, in subgroups that have one."""
    slopes = np.empty(len(p), dtype=p.dtype)
    if not len(p):  # low or high may be 1/2
        return slopes
    slopes[on_ray] = ray_slope(p[on_ray], low, high)
    slopes[~on_ray] = trust_distrust_slope(p[~on_ray], low, high)
    return slopes


def _running_sums(terms: NDArray[Any]) -> NDArray[Any]:
    """Sums of the first 1, 2, ... rows; Fractions as integers over a common denominator."""
    if terms.dtype != object:
        return np.cumsum(terms, axis=0)
    unit = math.lcm(*{value.denominator for value in terms.ravel()})
    numerators = [value.numerator * (unit // value.denominator) for value in terms.ravel()]
    sums = np.cumsum(np.array(numerators, dtype=object).reshape(terms.shape), axis=0)
    fractions = [Fraction(int(value), unit) for value in sums.ravel()]
    return np.array(fractions, dtype=object).reshape(terms.shape)


def _merged(vertices: NDArray[Any], slopes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The chain without vertices inside an edge, and without edges that rounding has closed."""
    same = 0 if slopes.dtype == object else SAME_SLOPE
    ends_edge = np.ones(len(slopes), dtype=bool)
    ends_edge[:-1] = slopes[:-1] - slopes[1:] > same * (1 - slopes[1:])
    vertices, slopes = vertices[np.concatenate(([True], ends_edge))], slopes[ends_edge]
    worst, best = vertices.T
    strict = (worst[1:] > worst[:-1]) & (best[1:] < best[:-1])
    return vertices[np.concatenate((strict, [True]))], slopes[strict]


def _tolerance(p: NDArray[Any]) -> float:
    return 0 if p.dtype == object else TIED


def _filled(point: tuple[Any, Any], p: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Both coordinates as arrays of the shape and kind of p."""
    return tuple(np.broadcast_to(np.asarray(x, dtype=p.dtype), p.shape) for x in point)
