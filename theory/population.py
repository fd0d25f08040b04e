"""The efficient frontier of a whole population, and the best policy for a given weight.

Source: *Friend or Foe*, Section 5.3, Theorems 1 and 2, Appendix C.  A population consists of
subgroups with shares that sum to one; in each of them a known rate p needs treatment.
Payoffs add up across subgroups, so the closure of what the designer can reach is the
share-weighted Minkowski sum of the subgroups' own sets, and its frontier is found without
search: add up the trust ends of all subgroups, then append the edges of all subgroups in
order of slope, flattest first.

* A subgroup with p strictly inside (1/3, 2/3) brings the edge T-H, of slope
  `trust_hedge_slope(p)`, and the edge H-D, of slope -1.
* At p = 1/3 and p = 2/3 it brings the edge H-D only.  At 1/3 its trust point is dominated by
  H (same best case, lower worst case); at 2/3 the two coincide.
* Elsewhere it brings the edge T-D, of slope -1.

Edges of equal slope merge into one.  The slope depends on p only through r = |p - 1/2| and
falls as r does, so p = 2/5 and p = 3/5 merge; at p = 1/2 the points H and D coincide and
the slope is -1, so this subgroup's T-H joins the last edge, on which all are withdrawn.

Arrays of `Fraction` give exact results.  With floats, equality needs a tolerance.
`MERGED_DISTANCE` = 2^-51 bounds the r of two rates meant to mirror each other: a rate below
3/4 is known to within 2^-54 once rounded, mirroring it may round once more, and subtracting
1/2 from it is exact (Sterbenz), so their r differ by at most 4 * 2^-54; the factor 2 in
reserve keeps the computed slopes and thresholds of what is not merged strictly ordered.
Rates k/n and k'/n' that differ in r do so by at least 1/(2 n n'), so up to n = 2^25 nothing
merges that should not.  A rate counts as 1/3 where 3p rounds to 1, which holds for the
rounded 1/3 and the next float above it, and likewise for 2/3.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.bounded import UNBOUNDED, Bounds, check_bounds, require_rate_within
from theory.bounded_population import bounded_chain, bounded_choices
from theory.command_line import require
from theory.points import (
    alpha_threshold,
    distrust_point,
    hedge_point,
    hedge_share,
    trust_hedge_slope,
    trust_point,
)
from theory.weighted_points import Weights, fill_weighted_terms, weighted_sums

MERGED_DISTANCE = 2.0**-51
# Rates that merge have thresholds within 9 * MERGED_DISTANCE of each other (the threshold
# (3m - 1) / (4m - 1) of the rarer share m >= 1/3 has derivative at most 9), and roundings
# add less than 2^-50.
TIED_ALPHA = 2.0**-47
CHOICES = ("trust", "hedge", "distrust")


@dataclass(frozen=True, eq=False)
class Subgroups:
    """A population: `names`, positive `shares` that sum to one, and `rates` in [0, 1].

    `shares` and `rates` have shape (groups,) and both hold float64, or both `Fraction`
    (dtype object).  Fractions must sum to one exactly; floats up to groups * 2^-52, which
    bounds what rounding each share and adding them up can lose.  `bounds` (low, high): rationals
    between which P(Y = 1 | X1) is known to lie in every subgroup, and so does every rate.  Raises
    `InputError` (a `ValueError`) naming what is wrong.
    """

    names: tuple[str, ...]
    shares: NDArray[Any]
    rates: NDArray[Any]
    bounds: Bounds = UNBOUNDED

    def __post_init__(self) -> None:
        count = len(self.names)
        require(count > 0, "number of subgroups", count, "be at least 1")
        for label, values in (("shares", self.shares), ("rates", self.rates)):
            require(values.shape == (count,), f"shape of {label}", values.shape, f"be ({count},)")
        kinds = f"{self.shares.dtype} and {self.rates.dtype}"
        known = self.shares.dtype == self.rates.dtype and self.shares.dtype in (float, object)
        require(known, "dtype of shares and rates", kinds, "both be float64, or object")
        if self.exact:
            for label, values in (("shares", self.shares), ("rates", self.rates)):
                rational = all(isinstance(value, Fraction) for value in values)
                require(rational, f"array {label}", "of dtype object", "hold Fractions only")
        if not self.shares.min() > 0:
            _reject("shares", self.shares, self.shares > 0, "be positive")
        if not (self.rates.min() >= 0 and self.rates.max() <= 1):
            within = (self.rates >= 0) & (self.rates <= 1)
            _reject("rates", self.rates, within, "lie in [0, 1]")
        total = self.shares.sum()
        slack = 0.0 if self.exact else count * 2.0**-52
        require(abs(total - 1) <= slack, "sum of shares", total, "be one")
        check_bounds(self.bounds)
        low, high = self.ends
        if not low <= self.rates.min() <= self.rates.max() <= high:
            index = int(np.argmin((self.rates >= low) & (self.rates <= high)))
            name = f"p of subgroup {self.names[index]!r}"
            require_rate_within(self.rates[index], self.ends, name)

    @property
    def exact(self) -> bool:
        """Whether the numbers are Fractions."""
        return self.shares.dtype == object

    @property
    def ends(self) -> tuple[Any, Any]:
        """The bounds as numbers of the same kind as the rates."""
        low, high = self.bounds
        return (low, high) if self.exact else (float(low), float(high))


@dataclass(frozen=True, eq=False)
class Frontier:
    """The efficient frontier of a population, from the trust end to the distrust end.

    `vertices` (k + 1, 2): the undominated extreme points (worst, best) of the closure of the
    feasible set, none repeated and no three on a line.  `slopes` (k,): of the edges between
    them, strictly decreasing, in [-1, 0).  `alpha_thresholds` (k,): the weights on the worst
    case at which vertex j and vertex j + 1 are equally good, strictly increasing, in
    (0, 1/2].  k = 0 where every rate is 0 or 1.  (Under bounds slopes may be steeper, thresholds
    lie in (0, 1), and k = 0 wherever no subgroup leaves the AI anything to decide.)
    """

    vertices: NDArray[Any]
    slopes: NDArray[Any]
    alpha_thresholds: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Policy:
    """What to disclose in each subgroup for the weight `alpha` on the worst case.

    `point` (worst, best) maximises `value` = alpha * worst + (1 - alpha) * best over the
    closure of the feasible set.  Arrays of shape (groups,): `choices` out of `CHOICES`; `q`
    the rate of the Bernoulli covariate to disclose, nan (exact: None) for a constant one;
    `attained` False where the hedge point is only approached, with rates below `q`.
    """

    alpha: Any
    point: tuple[Any, Any]
    value: Any
    choices: NDArray[np.str_]
    q: NDArray[Any]
    attained: NDArray[np.bool_]


def population_frontier(subgroups: Subgroups) -> Frontier:
    """Efficient frontier of a population (Theorem 1); exact for Fractions.

    With bounds other than [0, 1] it is computed by `theory.bounded_population`; slopes and
    thresholds may then lie beyond -1 and 1/2.

    Time O(groups) plus one sort of the rates inside (1/3, 2/3).  Float vertices are running
    sums, so they carry rounding errors of at most groups * 2^-53; vertices that rounding
    makes coincide or dominate each other are given once.

    >>> from fractions import Fraction as F
    >>> population = Subgroups(("a", "b"), np.array([F(1, 2)] * 2), np.array([F(2, 5), F(1, 4)]))
    >>> [f"({worst}, {best})" for worst, best in population_frontier(population).vertices]
    ['(-17/40, 13/40)', '(-9/40, 9/40)', '(0, 0)']
    """
    if subgroups.bounds != UNBOUNDED:
        shares, rates = subgroups.shares, subgroups.rates
        vertices, slopes = bounded_chain(shares, rates, *subgroups.ends)
        return Frontier(vertices, slopes, alpha_threshold(slopes))
    weights = Weights.of(subgroups.shares, subgroups.rates)
    half = Fraction(1, 2) if subgroups.exact else 0.5
    inside = np.flatnonzero((weights.pieces == 1) | (weights.pieces == 2))
    edges = np.empty((len(inside), 4), dtype=subgroups.rates.dtype)
    edges[:, 0] = subgroups.rates[inside]
    edges[:, 1] = abs(edges[:, 0] - half)
    fill_weighted_terms(_from_trust_to_hedge, weights.where(inside), out=edges[:, 2:])
    edges = np.take(edges, _descending(edges[:, 1]), axis=0)
    distance, steps = edges[:, 1], edges[:, 2:]

    vertices = np.empty((len(edges) + 2, 2), dtype=edges.dtype)
    vertices[[0, -1]] = weighted_sums((trust_point, distrust_point), weights)
    steps[:1] += vertices[0]
    np.cumsum(steps, axis=0, out=vertices[1:-1])
    slopes = np.append(trust_hedge_slope(edges[:, 0]), -2 * half)

    # Of edges of equal slope only the end of the last is a vertex; edges of slope -1 (p = 1/2)
    # are continued by the final one.
    merged = 0 if subgroups.exact else MERGED_DISTANCE
    ends_edge = np.ones(len(slopes), dtype=bool)
    ends_edge[:-1] = distance > merged
    ends_edge[:-2] &= distance[:-1] - distance[1:] > merged
    if not ends_edge.all():
        vertices, slopes = vertices[np.concatenate(([True], ends_edge))], slopes[ends_edge]

    # The final edge has no length where every rate is 0 or 1; rounding may hide others.
    worst, best = vertices.T
    strict = (worst[1:] > worst[:-1]) & (best[1:] < best[:-1])
    if not strict.all():
        vertices, slopes = vertices[np.concatenate((strict, [True]))], slopes[strict]
    if subgroups.exact:
        vertices = _over(vertices, weights.unit)
    return Frontier(vertices, slopes, alpha_threshold(slopes))


def optimal_policy(subgroups: Subgroups, alpha: Any) -> Policy:
    """Best choice in every subgroup for the weight `alpha` in [0, 1] (Theorem 2).

    With exact subgroups `alpha` must be rational.  The objective adds up across subgroups,
    so each is decided on its own.  Where several choices are equally good in a subgroup, the
    one that is attained is taken, then the one with the higher worst case; choices that
    yield one and the same point (T = H at p = 2/3, H = D at 1/2, T = D at 0 and 1) go by
    the name that relies least on the AI.  At p = 1/3 trust is dominated and never taken.

    The point is a vertex of the frontier, except where `alpha` is the common threshold of
    rates on both sides of 1/2: those above are hedged, as this is attained, those below are
    not, and the point lies between the two optimal vertices.

    Raises `InputError` if `alpha` lies outside [0, 1], or is a float with exact subgroups.

    >>> from fractions import Fraction as F
    >>> population = Subgroups(("a", "b"), np.array([F(1, 2)] * 2), np.array([F(2, 5), F(1, 4)]))
    >>> policy = optimal_policy(population, F(2, 5))
    >>> policy.choices.tolist(), policy.attained.tolist(), str(policy.value)
    (['hedge', 'trust'], [False, True], '9/200')
    """
    require(0 <= alpha <= 1, "alpha", alpha, "lie in [0, 1]")
    p, exact = subgroups.rates, subgroups.exact
    if exact:
        require(
            isinstance(alpha, Fraction | int), "alpha", alpha, "be a Fraction, as the rates are"
        )
    else:
        alpha = float(alpha)
    if subgroups.bounds != UNBOUNDED:
        chosen = bounded_choices(subgroups.shares, p, *subgroups.ends, alpha)
        value = alpha * chosen.point[0] + (1 - alpha) * chosen.point[1]
        names = np.array(CHOICES)[chosen.indices]
        return Policy(alpha, chosen.point, value, names, chosen.q, chosen.attained)

    constant = (p == 0) | (p == 1) | (2 * alpha >= 1)
    hedged = ~constant & (3 * p >= 1) & (3 * p <= 2)
    hedged[hedged] = _prefers_hedge(p[hedged], alpha, 0 if exact else TIED_ALPHA)
    trusted = ~constant & ~hedged

    q = np.full(len(p), None if exact else np.nan, dtype=p.dtype)
    q[trusted], q[hedged] = p[trusted], hedge_share(p[hedged])
    attained = ~hedged | (2 * p >= 1)
    choices = np.array(CHOICES)[np.where(trusted, 0, np.where(hedged, 1, 2))]

    weights = Weights.of(subgroups.shares, p)
    point = sum(
        (
            weighted_sums((point,), weights.where(chosen))[0]
            for point, chosen in (
                (trust_point, trusted),
                (hedge_point, hedged),
                (distrust_point, constant),
            )
        ),
        start=np.zeros(2, dtype=p.dtype),
    )
    worst, best = _over(point, weights.unit) if exact else point
    value = alpha * worst + (1 - alpha) * best
    return Policy(alpha, (worst, best), value, choices, q, attained)


def _prefers_hedge(p: NDArray[Any], alpha: Any, tied: Any) -> NDArray[np.bool_]:
    """Where H is taken rather than T, for p in [1/3, 2/3] and alpha < 1/2."""
    excess = alpha - alpha_threshold(trust_hedge_slope(p))
    chosen: NDArray[np.bool_] = (excess > tied) | ((excess >= -tied) & (2 * p > 1)) | (3 * p == 1)
    return chosen


def _from_trust_to_hedge(p: Any) -> tuple[Any, Any]:
    """H - T."""
    (trust_worst, trust_best), (hedge_worst, hedge_best) = trust_point(p), hedge_point(p)
    return hedge_worst - trust_worst, hedge_best - trust_best


def _over(numerators: NDArray[Any], denominator: int) -> NDArray[Any]:
    """Array of the Fractions numerators / denominator."""
    fractions = np.empty(numerators.size, dtype=object)
    fractions[:] = [Fraction(int(value), denominator) for value in numerators.flat]
    return fractions.reshape(numerators.shape)


def _descending(distance: NDArray[Any]) -> NDArray[np.intp]:
    """Order that sorts `distance` from the largest down.

    Rounding is monotone, so sorting Fractions by their floats leaves only runs of equal
    floats to be put right; a merge sort that starts from there takes linear time.
    """
    order = np.argsort(distance.astype(np.float64, copy=False))
    if distance.dtype == object:
        order = order[np.argsort(distance[order], kind="stable")]
    return order[::-1]


def _reject(
    label: str, values: NDArray[Any], accepted: NDArray[np.bool_], requirement: str
) -> None:
    """Raise for the first value that was not accepted."""
    index = int(np.argmin(accepted))
    require(False, f"{label}[{index}]", values[index], requirement)
