"""The efficient frontier for a gain g and a loss c: one subgroup and a population.

New results of this toolkit beside *Friend or Foe* (Theorems 1 and 2 have g = c = 1); the points of
one subgroup and their derivation are in `theory.general_points`.  Payoffs add up across subgroups,
so the population's frontier starts at the sum of the trust ends and appends the edges of all
subgroups, flattest first.  Three things differ from g = c = 1:

* The edges to distrust have slope -g/c where nobody is treated by default and -c/g where everybody
  is, so reliance ends in two moves, at alpha = g/(g+c) and at alpha = c/(g+c), not in one.
* Subgroups whose rate lies between k = c/(g+c) and 1/2 have no hedge corner: each goes from trust
  to distrust at a weight of its own.
* Slopes may be steeper than -1, and thresholds above 1/2.

Fractions give exact results.  With floats, edges whose slopes differ by less than `SAME_SLOPE`,
relatively, count as parallel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import compress, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.admissible_cases import check_masses, check_rate
from theory.command_line import require
from theory.general_points import (
    general_distrust_point,
    general_hedge_point,
    general_hedge_share,
    general_last_slope,
    general_trust_end,
    general_trust_hedge_slope,
    general_trust_point,
    has_hedge,
    treats_by_default,
)
from theory.points import alpha_threshold
from theory.population import CHOICES, Frontier, Policy, Subgroups

# Slopes are a few operations on rounded rates; this leaves room for ratios g/c up to 2^10.
SAME_SLOPE = 2.0**-40


@dataclass(frozen=True)
class Corner:
    """A corner of one subgroup's frontier: `name` out of `CHOICES`, and its `point` (worst, best).

    `q`: rate of the Bernoulli covariate behind it, None for a constant.  `attained`: False where
    rates just below `q` only come close.
    """

    name: str
    point: tuple[Any, Any]
    q: Any
    attained: bool


def general_extremes_by_enumeration(
    p: Fraction, masses: Sequence[Fraction], gain: Fraction, loss: Fraction
) -> tuple[Fraction, Fraction]:
    """Worst and best case of a covariate from the definitions, by going through every event.

    Arguments as for `theory.admissible.extremes_by_enumeration`; time 2^atoms.  An event can be
    treated if some report puts at least k into each of its atoms, less than k into each other, and
    averages to p; the truth then fills the event first (best) or last (worst).

    >>> F = Fraction
    >>> general_extremes_by_enumeration(F(2, 5), (F(2, 5), F(3, 5)), F(2), F(1))
    (Fraction(-3, 5), Fraction(4, 5))
    """
    p, masses, total = check_rate(p), check_masses(masses), gain + loss
    lowest, highest = [], []
    for on in product((False, True), repeat=len(masses)):
        treated = sum(compress(masses, on), start=Fraction(0))
        least, most = loss * treated, total * treated + loss * (1 - treated)
        if least <= total * p and (total * p < most or all(on)):
            lowest.append(total * max(Fraction(0), p - (1 - treated)) - loss * treated)
            highest.append(total * min(p, treated) - loss * treated)
    return min(lowest), max(highest)


def frontier_corners(p: Any, gain: Any, loss: Any) -> tuple[Corner, ...]:
    """Corners of one subgroup's frontier, from trust to distrust; none repeated, none on a line.

    `p` in [0, 1], `gain` and `loss` positive; exact for rationals.  Raises `InputError` otherwise.

    >>> F = Fraction
    >>> [corner.name for corner in frontier_corners(F(3, 10), F(2), F(1))]
    ['trust', 'hedge', 'distrust']
    >>> [corner.name for corner in frontier_corners(F(2, 5), F(2), F(1))]
    ['trust', 'distrust']
    """
    check_payoffs(gain, loss)
    require(0 <= p <= 1, "p", p, "lie in [0, 1]")
    corners = []
    if 0 < p < 1:
        trust = general_trust_point(p, gain, loss)
        end = general_trust_end(p, gain, loss)
        hedged = bool(has_hedge(p, gain, loss))
        if not (hedged and general_hedge_point(p, gain, loss)[1] >= trust[1]):
            corners.append(Corner("trust", end, p, True))
        if hedged:
            share = general_hedge_share(p, gain, loss)
            attained = bool(treats_by_default(p, gain, loss))
            corners.append(Corner("hedge", general_hedge_point(p, gain, loss), share, attained))
    corners.append(Corner("distrust", general_distrust_point(p, gain, loss), None, True))
    return tuple(corners)


def check_payoffs(gain: Any, loss: Any) -> None:
    """Raise `InputError` unless both are positive."""
    require(gain > 0, "gain", gain, "be above zero")
    require(loss > 0, "loss", loss, "be above zero")


def general_frontier(subgroups: Subgroups, gain: Any, loss: Any) -> Frontier:
    """Efficient frontier of a population, from the trust end to the distrust end.

    As `theory.population.population_frontier`, which has g = c = 1: no vertex is repeated and no
    three are on a line; slopes are negative and fall, thresholds lie in (0, 1) and rise.  Exact for
    Fractions (`gain` and `loss` then rational).  Raises `InputError` unless both are positive.

    >>> F = Fraction
    >>> population = Subgroups(("a", "b"), np.array([F(1, 2)] * 2), np.array([F(1, 10), F(9, 10)]))
    >>> frontier = general_frontier(population, F(2), F(1))
    >>> [str(alpha) for alpha in frontier.alpha_thresholds]
    ['1/3', '2/3']
    """
    check_payoffs(gain, loss)
    _check_unbounded(subgroups)
    p, shares = subgroups.rates, subgroups.shares
    start = _points(general_trust_end, p, gain, loss)
    hedged = has_hedge(p, gain, loss)
    before_last = start.copy()
    before_last[hedged] = _points(general_hedge_point, p[hedged], gain, loss)
    # At the ends of the middle range T is level with H, or is H; rounding may put it below.
    level = before_last[:, 1] >= start[:, 1]
    start[level], hedged = before_last[level], hedged & ~level
    end = _points(general_distrust_point, p, gain, loss)

    inside = (p > 0) & (p < 1)
    slopes = np.concatenate(
        (
            general_trust_hedge_slope(p[hedged], gain, loss),
            general_last_slope(p[inside], gain, loss),
        )
    )
    steps = np.concatenate(
        (
            (shares[:, None] * (before_last - start))[hedged],
            (shares[:, None] * (end - before_last))[inside],
        )
    )
    order = np.argsort(-slopes, kind="stable")
    slopes, steps = slopes[order], steps[order]
    total = (shares[:, None] * start).sum(axis=0)
    vertices = np.concatenate((total[None], total + np.cumsum(steps, axis=0)))
    same = 0 if subgroups.exact else SAME_SLOPE
    ends_edge = np.append(
        slopes[:-1] - slopes[1:] > -same * slopes[:-1], [True] * bool(len(slopes))
    )
    ends_edge = ends_edge.astype(bool)
    vertices = vertices[np.concatenate(([True], ends_edge))]
    slopes = slopes[ends_edge]
    return Frontier(vertices, slopes, alpha_threshold(slopes))


def general_policy(subgroups: Subgroups, gain: Any, loss: Any, alpha: Any) -> Policy:
    """Best choice in every subgroup for the weight `alpha` in [0, 1] on the worst case.

    Ties are broken as in `theory.population.optimal_policy`: the attained choice, then the higher
    worst case, then the name that relies least on the AI.  Raises `InputError` for bad numbers.

    >>> F = Fraction
    >>> population = Subgroups(("a", "b"), np.array([F(1, 2)] * 2), np.array([F(1, 10), F(9, 10)]))
    >>> general_policy(population, F(2), F(1), F(1, 2)).choices.tolist()
    ['trust', 'distrust']
    """
    check_payoffs(gain, loss)
    _check_unbounded(subgroups)
    require(0 <= alpha <= 1, "alpha", alpha, "lie in [0, 1]")
    p, exact = subgroups.rates, subgroups.exact
    treats, inside = treats_by_default(p, gain, loss), (p > 0) & (p < 1)
    constant = ~inside
    constant[inside] = alpha >= alpha_threshold(general_last_slope(p[inside], gain, loss))
    hedged = ~constant & has_hedge(p, gain, loss)
    threshold = alpha_threshold(general_trust_hedge_slope(p[hedged], gain, loss))
    level = threshold <= 0  # T is dominated by H, or is H
    hedged[hedged] = (alpha > threshold) | (treats[hedged] & (alpha == threshold)) | level
    trusted = ~constant & ~hedged

    q = np.full(len(p), None if exact else np.nan, dtype=p.dtype)
    q[trusted], q[hedged] = p[trusted], general_hedge_share(p[hedged], gain, loss)
    points = _points(general_distrust_point, p, gain, loss)
    points[trusted] = _points(general_trust_end, p[trusted], gain, loss)
    points[hedged] = _points(general_hedge_point, p[hedged], gain, loss)
    worst, best = (subgroups.shares[:, None] * points).sum(axis=0)
    choices = np.array(CHOICES)[np.where(trusted, 0, np.where(hedged, 1, 2))]
    value = alpha * worst + (1 - alpha) * best
    return Policy(alpha, (worst, best), value, choices, q, ~hedged | treats)


def _check_unbounded(subgroups: Subgroups) -> None:
    low, high = subgroups.bounds
    wanted = "be 0 and 1 where gain and loss are given"
    require(low == 0 and high == 1, "bounds", f"{low}, {high}", wanted)


def _points(point: Any, p: NDArray[Any], gain: Any, loss: Any) -> NDArray[Any]:
    """The points of many subgroups, (groups, 2)."""
    return np.stack(np.broadcast_arrays(*point(p, gain, loss)), axis=1).astype(p.dtype)
