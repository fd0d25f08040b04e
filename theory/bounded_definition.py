"""The frontier of one subgroup under bounds, from the definitions and without closed forms.

Source: *Friend or Foe*, Section 6.1, Definition 8, and footnote 13.  A covariate with finitely
many values does no better than a two-valued one (`ff_two_point_tau` in the ledger), so the
frontier is the undominated boundary of the closed convex hull of the pairs that Ber(q) yields,
0 <= q <= 1/2.  Which of the event masses 0, q, 1 - q, 1 are inducible, and each of their extreme
payoffs, changes only where q or 1 - q passes one of the masses in `breaks`; in between the pair
is affine in q, so two rates inside determine its limits at both ends.  The pairs themselves come
from `theory.admissible_events`.  Everything is exact: `Fraction` in, `Fraction` out.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

from theory.admissible_events import extremes_by_enumeration
from theory.bounded import Bounds

Pair = tuple[Fraction, Fraction]

HALF = Fraction(1, 2)


def bernoulli_pair_by_definition(p: Fraction, q: Fraction, bounds: Bounds) -> Pair:
    """The pair (worst, best) of the covariate Ber(q), enumerated from the definitions.

    >>> F = Fraction
    >>> pair = bernoulli_pair_by_definition(F(2, 5), F(1, 3), (F(1, 5), F(4, 5)))
    >>> [str(payoff) for payoff in pair]
    ['-2/5', '1/5']
    """
    masses = tuple(mass for mass in (q, 1 - q) if mass)
    extremes = extremes_by_enumeration(p, masses, bounds)
    return extremes.worst.value, extremes.best.value


def frontier_by_definition(p: Fraction, bounds: Bounds) -> tuple[Pair, ...]:
    """Undominated extreme points, from the trust end to the distrust end.

    >>> F = Fraction
    >>> [f"({x}, {y})" for x, y in frontier_by_definition(F(2, 5), (F(0), F(1)))]
    ['(-3/5, 2/5)', '(-1/5, 1/5)', '(0, 0)']
    """
    return undominated_chain(limit_pairs(p, bounds))


def limit_pairs(p: Fraction, bounds: Bounds) -> set[Pair]:
    """The pairs of Ber(q) at all breaks q in [0, 1/2], and their limits from both sides."""
    shares = sorted({x for mass in breaks(p, bounds) for x in (mass, 1 - mass) if x <= HALF})
    found = {bernoulli_pair_by_definition(p, q, bounds) for q in shares}
    for start, end in pairwise(shares):
        step = (end - start) / 3
        first = bernoulli_pair_by_definition(p, start + step, bounds)
        second = bernoulli_pair_by_definition(p, end - step, bounds)
        found.add((2 * first[0] - second[0], 2 * first[1] - second[1]))
        found.add((2 * second[0] - first[0], 2 * second[1] - first[1]))
    return found


def breaks(p: Fraction, bounds: Bounds) -> set[Fraction]:
    """Masses in [0, 1] at which an event's inducibility or its extreme payoff may change.

    An event of mass m has m/2 + (1 - m) low <= p < m high + (1 - m)/2 if it is inducible, and a
    truth at `high` or `low` on all of it exhausts p at m high + (1 - m) low = p, or the reverse.
    """
    low, high = bounds
    found = {Fraction(0), HALF, Fraction(1)}
    for numerator, denominator in (
        (p - low, HALF - low),
        (p - HALF, high - HALF),
        (p - low, high - low),
        (high - p, high - low),
    ):
        if denominator and 0 <= numerator / denominator <= 1:
            found.add(numerator / denominator)
    return found


def undominated_chain(points: Iterable[Pair]) -> tuple[Pair, ...]:
    """Undominated extreme points of the convex hull, by increasing worst case.

    >>> F = Fraction
    >>> undominated_chain([(F(0), F(0)), (F(-1), F(1)), (F(-1, 2), F(1, 2)), (F(-1), F(0))])
    ((Fraction(-1, 1), Fraction(1, 1)), (Fraction(0, 1), Fraction(0, 1)))
    """
    chain: list[Pair] = []
    for worst, best in sorted(points, reverse=True):
        if chain and best <= chain[-1][1]:
            continue
        while len(chain) > 1:
            (right, low), (middle, high) = chain[-2:]
            if (high - low) * (right - worst) > (best - low) * (right - middle):
                break
            chain.pop()
        chain.append((worst, best))
    return tuple(reversed(chain))
