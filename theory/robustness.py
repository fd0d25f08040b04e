"""Which disclosure choices survive the uncertainty of estimated rates, and what they are worth.

A subgroup of n patients of whom k need treatment has an exact (Clopper-Pearson) interval [l, u] for
its rate p at a confidence level.  If each has level 1 - (1 - confidence)/groups (Bonferroni), the
intervals contain all the rates at once with that confidence; they then form a box of populations
consistent with the data.

For a weight alpha < 1/2 the best choice in a subgroup (*Friend or Foe*, Theorem 2) depends on p:

    trust on [0, 1/3), hedge on [1/3, s], trust on [s, 1-s], hedge on [1-s, 2/3], trust on [2/3, 1]

with s = (1-alpha)/(3-4 alpha), between 1/3 and 1/2; for alpha >= 1/2 it is distrust everywhere.  A
choice is *robust* if the whole interval lies in one of these ranges, and *flips* at those ends of
ranges that lie inside the interval.  The value of the best choice is continuous and affine in p
between 1/3, s, 1/2, 1-s and 2/3 (`ff_ext_best_value` in the ledger); its range over an interval is
found exactly at the interval's ends and at those points inside it; over the box the ranges add up,
as payoffs do.  As alpha varies the ends of that range are the support functions of

* the *guaranteed* frontier: the pairs reached or dominated whatever the rates in the box;
* the *possible* frontier: that of the hull of what is feasible for some rates in the box.

A hedge that is right at the estimate may be wrong elsewhere in the interval: below 1/2 the share
that is set apart must stay under 1 - 2p, else both values of the covariate can be treated (above,
at most 2p - 1).  `safe_hedge` is the limit that holds for every rate of the interval.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from theory.command_line import InputError, require
from theory.groups_csv import read_groups
from theory.points import distrust_point, hedge_point, trust_point

THIRD, HALF = Fraction(1, 3), Fraction(1, 2)


@dataclass(frozen=True)
class Counted:
    """A subgroup with counts: `positives` of its `n` patients need treatment."""

    name: str
    n: int
    positives: int


@dataclass(frozen=True)
class Robustness:
    """One subgroup's best choice over its interval, for one weight alpha.

    `low`, `high`: the interval of the rate, around `estimate`.  `choices`: what is best over the
    interval, in the order of the rate; what is only as good as these, and at single rates (such as
    distrust at 0 and 1), is left out.  `choice`: that of them for the estimate.  `flips`: the
    rates inside it at which the best choice changes; none if it is robust.  `value`: the least and
    the greatest value of the best choice over the interval.  `safe_hedge`: where hedging is best
    somewhere in the interval, the limit of the shares that can be set apart whatever the rate in it
    (see the module's text); None elsewhere, and where there is no such share.
    """

    group: Counted
    estimate: Fraction
    low: Fraction
    high: Fraction
    choice: str
    choices: tuple[str, ...]
    flips: tuple[Fraction, ...]
    value: tuple[Fraction, Fraction]
    safe_hedge: Fraction | None

    @property
    def robust(self) -> bool:
        """Whether one choice is best over the whole interval."""
        return not self.flips


def exact_interval(n: int, positives: int, confidence: float) -> tuple[Fraction, Fraction]:
    """The Clopper-Pearson interval of a rate, as the exact values of SciPy's floats.

    `n` >= 1, 0 <= `positives` <= n, `confidence` in (0, 1).

    >>> [round(float(end), 4) for end in exact_interval(10, 3, 0.95)]
    [0.0667, 0.6525]
    """
    from scipy.stats import binomtest  # takes half a second to load

    interval = binomtest(positives, n).proportion_ci(confidence_level=confidence, method="exact")
    return Fraction(float(interval.low)), Fraction(float(interval.high))


def switch_rate(alpha: Fraction) -> Fraction:
    """The rate s at which trust and hedge are equally good; `alpha` in [0, 1/2), s in [1/3, 1/2).

    >>> switch_rate(Fraction(1, 3))
    Fraction(2, 5)
    """
    return (1 - alpha) / (3 - 4 * alpha)


def best_value(p: Fraction, alpha: Fraction) -> Fraction:
    """Value alpha * worst + (1 - alpha) * best of the best choice; continuous in p.

    >>> best_value(Fraction(2, 5), Fraction(1, 3))
    Fraction(1, 15)
    """
    corners = [trust_point(p), distrust_point(p)]
    if 1 <= 3 * p <= 2:
        corners.append(hedge_point(p))
    return max(Fraction(alpha * worst + (1 - alpha) * best) for worst, best in corners)


def value_range(low: Fraction, high: Fraction, alpha: Fraction) -> tuple[Fraction, Fraction]:
    """Least and greatest value of the best choice over rates in [low, high]; exact."""
    values = [best_value(p, alpha) for p in (low, high, *_inside(_kinks(alpha), low, high))]
    return min(values), max(values)


def choice_at(p: Fraction, alpha: Fraction) -> str:
    """A best choice at a rate; ties go as in `theory.population.optimal_policy`."""
    if alpha >= HALF or p in (0, 1):
        return "distrust"
    first = switch_rate(alpha)
    hedged = THIRD <= p < first or 1 - first <= p <= 1 - THIRD or p == THIRD
    return "hedge" if hedged else "trust"


def robustness(group: Counted, alpha: Fraction, interval: tuple[Fraction, Fraction]) -> Robustness:
    """What the interval leaves open about a subgroup's best choice; `alpha` in [0, 1].

    `interval` must contain the estimate.
    """
    low, high = interval
    estimate = Fraction(group.positives, group.n)
    require(low <= estimate <= high, "estimate", estimate, f"lie in [{low}, {high}]")
    ends: list[Fraction] = []
    if alpha < HALF:
        first = switch_rate(alpha)
        # At 1/3 hedge is better, unless alpha = 0; at the other ends both choices are equally good.
        ends = [
            p
            for p in sorted({THIRD, first, 1 - first, 1 - THIRD})
            if low < p < high or (low < p == high == THIRD and alpha > 0)
        ]
    pieces = [(a, b, choice_at((a + b) / 2, alpha)) for a, b in pairwise([low, *ends, high])]
    choices, flips = [pieces[0][2]], []
    for start, _, name in pieces[1:]:
        if name != choices[-1]:
            choices.append(name)
            flips.append(start)
    own = choice_at(estimate, alpha)
    around = [name for start, end, name in pieces if start <= estimate <= end]
    room = 1 - 2 * high if 2 * high < 1 else 2 * low - 1 if 2 * low > 1 else None
    return Robustness(
        group,
        estimate,
        low,
        high,
        own if own in around else around[0],  # else they are equally good
        tuple(choices),
        tuple(flips),
        value_range(low, high, alpha),
        room if "hedge" in choices else None,
    )


def robust_policy(
    groups: Sequence[Counted], alpha: Fraction, confidence: float, simultaneous: bool = False
) -> tuple[Robustness, ...]:
    """The best choice in every subgroup over its interval.

    `confidence` in (0, 1): of each interval, or, if `simultaneous`, of all together (Bonferroni).
    Raises `InputError` for numbers out of range.
    """
    require(0 <= alpha <= 1, "alpha", alpha, "lie in [0, 1]")
    require(0 < confidence < 1, "confidence", confidence, "lie strictly between 0 and 1")
    require(len(groups) > 0, "number of subgroups", 0, "be at least 1")
    level = 1 - (1 - confidence) / len(groups) if simultaneous else confidence
    return tuple(
        robustness(group, alpha, exact_interval(group.n, group.positives, level))
        for group in groups
    )


def population_value(rows: Sequence[Robustness], alpha: Fraction) -> tuple[Fraction, ...]:
    """Value of the best policy at the estimates, and its range over the box: (value, least, most).

    For another weight than that of `rows` too: only their intervals are used.
    """
    total = sum(row.group.n for row in rows)
    sums = [Fraction(0)] * 3
    for row in rows:
        values = (best_value(row.estimate, alpha), *value_range(row.low, row.high, alpha))
        sums = [a + row.group.n * b for a, b in zip(sums, values, strict=True)]
    return tuple(value / total for value in sums)


def read_counts(path: Path) -> tuple[Counted, ...]:
    """Subgroups from a file with the columns n, positives and optionally name.

    Raises `InputError` as `theory.groups_csv.read_groups`, and if there are no counts.
    """
    read_groups(path, exact=True)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [
            {key.strip(): cell for key, cell in row.items()}
            for row in csv.DictReader(file, strict=True)
        ]
    if "positives" not in rows[0]:
        raise InputError(f"header of {path} is {','.join(rows[0])!r}: must have n and positives")
    return tuple(
        Counted(row.get("name", str(index)), int(row["n"]), int(row["positives"]))
        for index, row in enumerate(rows, start=1)
    )


def _kinks(alpha: Fraction) -> list[Fraction]:
    first = switch_rate(alpha) if alpha < HALF else HALF
    return [THIRD, first, HALF, 1 - first, 1 - THIRD]


def _inside(points: Sequence[Fraction], low: Fraction, high: Fraction) -> list[Fraction]:
    return [p for p in points if low < p < high]
