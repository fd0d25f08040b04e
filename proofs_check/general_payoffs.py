"""General payoffs as formulas, and the same from the definitions by enumeration.

The variables, the window and Nature's extreme payoffs are those of
`proofs_check.test_ff_general_payoffs`, whose argument covers every covariate: a gain g, a loss c,
the threshold k = c/(g+c).  Multiplying g and c by one number multiplies every payoff by it and
changes nothing else (`ff_ext_general_scale`), so g + c = 1 loses nothing.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import z3

from proofs_check.encodings import Pair, event_masses, unit
from proofs_check.test_ff_general_payoffs import C, G, P, everyone, highest, inducible, lowest
from theory.general_population import general_extremes_by_enumeration

Point = tuple[Fraction, Fraction]

GIVEN = [unit(P), G > 0, C > 0, G + C == 1]
LEFT = z3.And((G + 2 * C) * P > C, (G + C) * P < C, 2 * P < 1)
RIGHT = z3.And((2 * G + C) * P < G + C, (G + C) * P > C, 2 * P > 1)
STRAIGHT = z3.Or(
    z3.And((G + C) * P >= C, 2 * P <= 1),
    z3.And((G + C) * P <= C, 2 * P >= 1),
)
LOW_END = (G + 2 * C) * P <= C
HIGH_END = (2 * G + C) * P >= G + C
REGIONS = {
    "low": LOW_END,
    "left": LEFT,
    "straight": STRAIGHT,
    "right": RIGHT,
    "high": HIGH_END,
}


def anyone() -> list[z3.BoolRef]:
    """Any covariate, with payoffs scaled to g + c = 1."""
    return [*everyone(), G + C == 1]


def yields(q: Any, point: Pair) -> z3.BoolRef:
    """The pair of Ber(q) at the rate P is `point`."""
    masses = event_masses(q)
    worst, best = point
    return z3.And(
        *[
            z3.Implies(inducible(P, m), z3.And(lowest(P, m) >= worst, highest(P, m) <= best))
            for m in masses
        ],
        z3.Or(*[z3.And(inducible(P, m), lowest(P, m) == worst) for m in masses]),
        z3.Or(*[z3.And(inducible(P, m), highest(P, m) == best) for m in masses]),
    )


def pair_by_enumeration(p: Fraction, q: Fraction, gain: Fraction, loss: Fraction) -> Point:
    """The pair of Ber(q), from the events."""
    masses = tuple(mass for mass in (q, 1 - q) if mass)
    return general_extremes_by_enumeration(p, masses, gain, loss)


def limit_points(p: Fraction, gain: Fraction, loss: Fraction) -> list[Point]:
    """Pairs of Ber(q) at the rates where their formula changes, and their limits from both sides.

    Between those rates the pair is affine in q, which a third rate confirms, so the limits follow
    from two enumerated pairs.  The hull of these points is that of all two-valued covariates.
    """
    k = loss / (gain + loss)
    changes = {Fraction(0), Fraction(1, 2), Fraction(1), p, 1 - p, p / k, 1 - p / k}
    changes |= {(p - k) / (1 - k), (1 - p) / (1 - k)}
    rates = sorted(q for q in changes if 0 <= q <= 1)
    found = [pair_by_enumeration(p, q, gain, loss) for q in rates]
    for left, right in pairwise(rates):
        found += _ends(p, left, right, gain, loss)
    return found


def _ends(
    p: Fraction, left: Fraction, right: Fraction, gain: Fraction, loss: Fraction
) -> list[Point]:
    """Limits of the pair at both ends of an open interval, split until the pair is affine."""
    third = (right - left) / 3
    first, middle, last = (
        pair_by_enumeration(p, q, gain, loss)
        for q in (left + third, (left + right) / 2, right - third)
    )
    if any(2 * m != a + b for a, m, b in zip(first, middle, last, strict=True)):
        # Two of the payoffs cross inside; their crossing is where the two affine ends meet.
        cut = _crossing(p, left, right, gain, loss)
        return [
            *_ends(p, left, cut, gain, loss),
            pair_by_enumeration(p, cut, gain, loss),
            *_ends(p, cut, right, gain, loss),
        ]
    return [
        (2 * first[0] - last[0], 2 * first[1] - last[1]),
        (2 * last[0] - first[0], 2 * last[1] - first[1]),
    ]


def _crossing(
    p: Fraction, left: Fraction, right: Fraction, gain: Fraction, loss: Fraction
) -> Fraction:
    """The rate between `left` and `right` at which a coordinate of the pair has its kink."""
    step = (right - left) / 1000
    for coordinate in (0, 1):
        at = [
            pair_by_enumeration(p, q, gain, loss)[coordinate]
            for q in (left + step, left + 2 * step, right - 2 * step, right - step)
        ]
        slope, other = (at[1] - at[0]) / step, (at[3] - at[2]) / step
        if slope != other:
            return (
                left + step + (at[3] - at[0] - other * (right - left - 2 * step)) / (slope - other)
            )
    raise AssertionError("more than one kink")


def hull_of(points: list[Point]) -> list[Point]:
    """Undominated extreme points, from the highest best case to the highest worst case."""
    chain: list[Point] = []
    for point in sorted(set(points)):
        while chain and chain[-1][1] <= point[1]:
            chain.pop()
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) >= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: Point, b: Point, c: Point) -> Fraction:
    """Positive if a, b, c turn left, zero if they are collinear."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
