"""Worst and best case of a covariate with many atoms, exactly, by searching event masses.

Route 3 of three (definitions and sources in `theory.admissible_cases`).

What makes it hard.  The worst case equals p - 1 exactly when some inducible event has mass 1 - p
(below), so finding it answers a subset-sum question: it is NP-hard in the number of atoms, and
40 atoms have 2^40 events.

What is exploited.
1. Only the mass q of an event matters.  Whether it is inducible depends on q alone (proved in
   `theory.admissible_cases`), and so does the need s = sum over E of m_i P*_i that a truth can
   place on it: any s from max(0, p - (1 - q)) to min(p, q), constant probabilities on E and off
   it attaining each.  The payoff is 2s - q.
2. The payoff is unimodal in q.  At the least s the worst payoff falls with slope -1 while
   q <= 1 - p, where all need fits off the event, and rises with slope +1 after; at the greatest s
   the best payoff rises while q <= p and falls after.  So among inducible masses the best choice
   is next to the *target*, 1 - p or p: the largest at most, or the smallest at least.
3. Inducible masses are those in the window 2p - 1 < q <= 2p, and q = 1 when p >= 1/2.  So each
   extreme asks for the largest subset sum at most min(target, 2p), for the smallest at least the
   target and above 2p - 1, and for q = 1; what misses the window is dropped.

4. With bounds the same holds for other lines: the need on E runs from max(low q, p - high (1 - q))
   to min(high q, p - low (1 - q)), the targets are (high - p)/(high - low) and
   (p - low)/(high - low), and for low < 1/2 <= high the window is
   2p - 1 < q (2 high - 1),  q (1 - 2 low) <= 2 (p - low), with q = 0 for p < 1/2 and q = 1 for
   p >= 1/2; else these two are all there is.

Window ends are exact, weak or strict: masses are integers over their common denominator, and a
strict bound moves to the next integer.  `theory.subset_sums` answers the queries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor, lcm

from theory.admissible_cases import (
    Case,
    EngineLimit,
    Extremes,
    check_problem,
    is_inducible_by_definition,
    report_inducing,
)
from theory.bounded import UNBOUNDED, Bounds, has_discretion
from theory.subset_sums import (
    KEPT_SUMS,
    SubsetSums,
    TooManySums,
    smallest_at_least,
    subset_sums,
)


def extremes_by_search(
    p: Fraction, masses: Sequence[Fraction], bounds: Bounds = UNBOUNDED
) -> Extremes:
    """Worst and best case, exactly, with the distributions that attain them.

    `p` in [0, 1]; `masses` positive with sum 1; `bounds` (low, high) with low <= p <= high.
    Rational in, exact out.  Any 40 atoms are accepted, and more if their sums coincide often or
    their common denominator is small.  Raises `InputError` for other input, and `EngineLimit` if
    neither engine of `theory.subset_sums` takes the masses.

    >>> F = Fraction
    >>> extremes = extremes_by_search(F(2, 5), (F(1, 40),) * 40)
    >>> extremes.worst.value, len(extremes.worst.event)
    (Fraction(-3, 5), 24)
    >>> extremes.best.value, len(extremes.best.event)
    (Fraction(2, 5), 16)
    """
    p, masses, bounds = check_problem(p, masses, bounds)
    low, high = bounds
    scale = lcm(*(mass.denominator for mass in masses))
    weights = tuple(mass.numerator * (scale // mass.denominator) for mass in masses)
    try:
        sums = subset_sums(weights)
    except TooManySums:
        requirement = (
            f"have at most {KEPT_SUMS} sums to keep for each half (any 40 atoms do), "
            "or a small common denominator"
        )
        raise EngineLimit(f"{len(masses)} atoms", requirement) from None

    def need_at_least(mass: Fraction) -> Fraction:
        return max(low * mass, p - high * (1 - mass))

    def need_at_most(mass: Fraction) -> Fraction:
        return min(high * mass, p - low * (1 - mass))

    near_worst = _inducible_near(high - p, p, masses, sums, scale, bounds)
    near_best = _inducible_near(p - low, p, masses, sums, scale, bounds)
    return Extremes(
        min((_case(p, masses, event, need_at_least, bounds) for event in near_worst), key=_value),
        max((_case(p, masses, event, need_at_most, bounds) for event in near_best), key=_value),
    )


def _inducible_near(
    distance: Fraction,
    p: Fraction,
    masses: Sequence[Fraction],
    sums: SubsetSums,
    scale: int,
    bounds: Bounds,
) -> list[tuple[int, ...]]:
    """Inducible events, among them those whose mass is next to the target from either side.

    The target is `distance` / (high - low).  Never empty: p >= 1/2 makes the full event
    inducible, p < 1/2 the empty one.
    """
    low, high = bounds
    found = [tuple(range(len(masses))), ()]
    if has_discretion(low, high):
        target = distance / (high - low)
        highest = 2 * (p - low) / (1 - 2 * low)
        least = ceil(target * scale)
        if 2 * high > 1:
            least = max(least, floor((2 * p - 1) / (2 * high - 1) * scale) + 1)
        below = sums.largest_at_most(floor(min(target, highest) * scale))
        above = smallest_at_least(sums, least)
        found += [answer[1] for answer in (below, above) if answer is not None]
    return [event for event in found if is_inducible_by_definition(p, masses, event, bounds)]


def _case(
    p: Fraction,
    masses: Sequence[Fraction],
    event: tuple[int, ...],
    need_on: Callable[[Fraction], Fraction],
    bounds: Bounds,
) -> Case:
    """The case in which the truth spreads the need `need_on(mass)` evenly over the event."""
    low, _ = bounds
    mass = sum((masses[i] for i in event), start=Fraction(0))
    need = need_on(mass)
    on = need / mass if mass else low
    off = (p - need) / (1 - mass) if mass < 1 else low
    true = tuple(on if i in event else off for i in range(len(masses)))
    return Case(2 * need - mass, event, report_inducing(p, masses, event, bounds), true)


def _value(case: Case) -> Fraction:
    return case.value
