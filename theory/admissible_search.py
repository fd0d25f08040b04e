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
    check_masses,
    check_rate,
    is_inducible_by_definition,
    report_inducing,
)
from theory.subset_sums import (
    KEPT_SUMS,
    SubsetSums,
    TooManySums,
    smallest_at_least,
    subset_sums,
)


def extremes_by_search(p: Fraction, masses: Sequence[Fraction]) -> Extremes:
    """Worst and best case, exactly, with the distributions that attain them.

    `p` in [0, 1]; `masses` positive with sum 1.  Rational in, exact out.  Any 40 atoms are
    accepted, and more if their sums coincide often or their common denominator is small.  Raises
    `InputError` for other input, and `EngineLimit` if neither engine of `theory.subset_sums`
    takes the masses.

    >>> F = Fraction
    >>> extremes = extremes_by_search(F(2, 5), (F(1, 40),) * 40)
    >>> extremes.worst.value, len(extremes.worst.event)
    (Fraction(-3, 5), 24)
    >>> extremes.best.value, len(extremes.best.event)
    (Fraction(2, 5), 16)
    """
    p, masses = check_rate(p), check_masses(masses)
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
        return max(Fraction(0), p - (1 - mass))

    def need_at_most(mass: Fraction) -> Fraction:
        return min(p, mass)

    near_worst = _inducible_near(1 - p, p, masses, sums, scale)
    near_best = _inducible_near(p, p, masses, sums, scale)
    return Extremes(
        min((_case(p, masses, event, need_at_least) for event in near_worst), key=_value),
        max((_case(p, masses, event, need_at_most) for event in near_best), key=_value),
    )


def _inducible_near(
    target: Fraction, p: Fraction, masses: Sequence[Fraction], sums: SubsetSums, scale: int
) -> list[tuple[int, ...]]:
    """Inducible events, among them those whose mass is next to `target` from either side.

    Never empty: p >= 1/2 makes the full event inducible, p < 1/2 the empty one, and then the
    window contains 0, hence the largest mass at most min(target, 2p) lies in it.
    """
    below = sums.largest_at_most(floor(min(target, 2 * p) * scale))
    above = smallest_at_least(sums, max(ceil(target * scale), floor((2 * p - 1) * scale) + 1))
    found = [tuple(range(len(masses)))]
    found += [answer[1] for answer in (below, above) if answer is not None]
    return [event for event in found if is_inducible_by_definition(p, masses, event)]


def _case(
    p: Fraction,
    masses: Sequence[Fraction],
    event: tuple[int, ...],
    need_on: Callable[[Fraction], Fraction],
) -> Case:
    """The case in which the truth spreads the need `need_on(mass)` evenly over the event."""
    mass = sum((masses[i] for i in event), start=Fraction(0))
    need = need_on(mass)
    on = need / mass if mass else Fraction(0)
    off = (p - need) / (1 - mass) if mass < 1 else Fraction(0)
    true = tuple(on if i in event else off for i in range(len(masses)))
    return Case(2 * need - mass, event, report_inducing(p, masses, event), true)


def _value(case: Case) -> Fraction:
    return case.value
