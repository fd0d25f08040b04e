"""A certified bracket of the best value over all bounds and covariates, without closed forms.

Route 2 to the number of `theory.optimal_bounds`, from the definitions: branch and bound over
(low, high, q), where q is the mass of the event on which a covariate's best case is attained.
That event, its complement, and the constant events are all that a bound needs, so a bound
over q is a bound over every covariate; and Ber(q) attains it, so the bracket is for both.

Upper bounds.  In masses, everything is affine in each of low, high, q when the others are
fixed: both pieces of Nature's best and worst answer (the least and the greatest of two
terms), and the conditions under which q can be treated and 1 - q cannot.  A term that is
affine in each variable is greatest at a vertex of a box, so for multipliers in [0, 1] between
pieces, and nonnegative ones on conditions, the greatest of eight numbers bounds a box.  The
multipliers come from a linear program in floating point, are rounded to rationals, and the
bound is recomputed exactly: any multipliers give a valid bound, good ones a tight one.

Lower bound: the objective of rational bounds and a Bernoulli covariate, by the definitions.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
from scipy.optimize import linprog

from theory.command_line import require

HALF = Fraction(1, 2)
GAP = Fraction(1, 1000)
MOST_BOXES = 2000  # about half a minute; most brackets take fewer than 100
LARGEST_MULTIPLIER = 100
GRAIN = 2**20  # multipliers are rounded to multiples of 1 / GRAIN

Point = tuple[Fraction, Fraction, Fraction]
Box = tuple[tuple[Fraction, Fraction], ...]


@dataclass(frozen=True)
class CertifiedMaximum:
    """No bounds and covariate are worth more than `upper`; `low`, `high`, Ber(`q`) give `lower`.

    `boxes`: how many boxes of the space of (low, high, q) were bounded on the way.
    """

    low: Fraction
    high: Fraction
    q: Fraction
    lower: Fraction
    upper: Fraction
    boxes: int


def certified_maximum(
    p: Fraction,
    alpha: Fraction,
    start: Point,
    gap: Fraction = GAP,
    progress: Callable[[int], object] = lambda boxes: None,
) -> CertifiedMaximum:
    """Bracket the best value, up to `gap` > 0, from a first guess `start` = (low, high, q).

    `p`, `alpha` in [0, 1]; the guess must satisfy 0 <= low <= p <= high <= 1 and 0 <= q <= 1,
    and a bad one costs time, never correctness.  `progress` is told the number of boxes so far.
    Raises `InputError` for other arguments, and where `MOST_BOXES` boxes do not close the gap:
    just off p = 1/2, with alpha near 1/2, choices far apart are almost equally good.

    >>> F = Fraction
    >>> bracket = certified_maximum(F(1, 2), F(1, 4), (F(0), F(1), F(1, 2)))
    >>> bracket.lower, bracket.upper - bracket.lower <= GAP
    (Fraction(1, 4), True)
    """
    require(gap > 0, "gap", gap, "be positive")
    best_point, best = start, objective_by_definition(p, alpha, *start)
    constant = (p, Fraction(1), Fraction(0))
    if (of_constant := objective_by_definition(p, alpha, *constant)) > best:
        best_point, best = constant, of_constant
    # Where low >= 1/2 or high < 1/2, or q is 0 or 1, only the constant events can be treated.
    whole: Box = (
        (Fraction(0), min(p, HALF)),
        (max(p, HALF), Fraction(1)),
        (Fraction(0), Fraction(1)),
    )
    heap = [(-upper_bound(p, alpha, whole), whole)]
    boxes = 1
    while heap and -heap[0][0] > best + gap:
        require(boxes < MOST_BOXES, "gap", gap, f"be larger: {MOST_BOXES} boxes do not close it")
        progress(boxes)
        _, box = heapq.heappop(heap)
        for half in _halves(box):
            boxes += 1
            middle = tuple((left + right) / 2 for left, right in half)
            value = objective_by_definition(p, alpha, middle[0], middle[1], middle[2])
            if value > best:
                best_point, best = (middle[0], middle[1], middle[2]), value
            heapq.heappush(heap, (-upper_bound(p, alpha, half), half))
    upper = max(best, -heap[0][0]) if heap else best
    return CertifiedMaximum(*best_point, best, upper, boxes)


def objective_by_definition(
    p: Fraction, alpha: Fraction, low: Fraction, high: Fraction, q: Fraction
) -> Fraction:
    """alpha * worst + (1 - alpha) * best of Ber(q) under the bounds, event by event.

    Raises `InputError` unless 0 <= low <= p <= high <= 1, 0 <= q <= 1 and 0 <= alpha <= 1.
    """
    require(0 <= alpha <= 1, "alpha", alpha, "lie in [0, 1]")
    require(0 <= low <= p, "low", low, f"lie in [0, p] = [0, {p}]")
    require(p <= high <= 1, "high", high, f"lie in [p, 1] = [{p}, 1]")
    require(0 <= q <= 1, "q", q, "lie in [0, 1]")
    ranges = [
        payoff_range(p, low, high, m)
        for m in {Fraction(0), q, 1 - q, Fraction(1)}
        if is_inducible(p, low, high, m)
    ]
    worst = min(least for least, _ in ranges)
    best = max(greatest for _, greatest in ranges)
    return alpha * worst + (1 - alpha) * best


def is_inducible(p: Fraction, low: Fraction, high: Fraction, m: Fraction) -> bool:
    """Whether a report within the bounds is at least 1/2 exactly on an event of mass m.

    On the event it can average anything in [max(low, 1/2), high], off it anything from `low`
    to `high` below 1/2, and the mean of all must be p.
    """
    if m in (0, 1):
        return (p >= HALF) == (m == 1)
    if high < HALF or low >= HALF:
        return False
    return m * HALF + (1 - m) * low <= p < m * high + (1 - m) * HALF


def payoff_range(
    p: Fraction, low: Fraction, high: Fraction, m: Fraction
) -> tuple[Fraction, Fraction]:
    """Nature's worst and best answer to treating an event of mass m, within the bounds."""
    least = max(m * low, p - (1 - m) * high)
    greatest = min(m * high, p - (1 - m) * low)
    return 2 * least - m, 2 * greatest - m


def upper_bound(p: Fraction, alpha: Fraction, box: Box) -> Fraction:
    """A bound on the objective of every covariate whose bounds and q lie in the box."""
    vertices = [(low, high, q) for low, high, q in product(*box)]
    bounds = [max(Fraction(0), 2 * p - 1)]  # that of the constant events
    own, best = _answers(p, vertices)
    other, _ = _answers(p, [(low, high, 1 - q) for low, high, q in vertices])
    can = [
        [2 * p - q - 2 * (1 - q) * low for low, _, q in vertices],
        [2 * q * high + 1 - q - 2 * p for _, high, q in vertices],
    ]
    cannot = [
        [1 - q + 2 * q * low - 2 * p for low, _, q in vertices]
        if p < HALF
        else [2 * p - 2 * (1 - q) * high - q for _, high, q in vertices]
    ]
    for i in (0, 1):
        holds = [*can, _minus(own[i], own[1 - i])]
        if p != HALF:  # at p = 1/2 the complement can be treated whenever the event can
            bounds.append(_relaxed(alpha, [own[i]], best, [*holds, *cannot]))
        for j in (0, 1):
            greater = _minus(other[j], other[1 - j])
            bounds.append(_relaxed(alpha, [own[i], other[j]], best, [*holds, greater]))
    return max(bounds)


Values = list[Fraction]  # of one term, at the eight vertices


def _answers(p: Fraction, vertices: Sequence[Point]) -> tuple[list[Values], list[Values]]:
    """The terms of the worst answer (their maximum counts) and of the best (their minimum)."""
    worst = [
        [2 * q * low - q for low, _, q in vertices],
        [2 * p - 2 * (1 - q) * high - q for _, high, q in vertices],
    ]
    best = [
        [2 * q * high - q for _, high, q in vertices],
        [2 * p - 2 * (1 - q) * low - q for low, _, q in vertices],
    ]
    return worst, best


def _relaxed(
    alpha: Fraction, worst: list[Values], best: list[Values], conditions: list[Values]
) -> Fraction:
    """A bound on alpha * min(worst) + (1 - alpha) * min(best) where all conditions are >= 0."""
    base = [alpha * w + (1 - alpha) * b for w, b in zip(worst[0], best[0], strict=True)]
    # Directions that may be added to the base: between pieces up to 1, conditions up to a cap.
    moves = [[(1 - alpha) * x for x in _minus(best[1], best[0])]]
    moves += [[alpha * x for x in _minus(term, worst[0])] for term in worst[1:]]
    caps = [1] * len(moves) + [LARGEST_MULTIPLIER] * len(conditions)
    moves += conditions
    columns = np.array([[float(x) for x in move] for move in moves]).T
    solved = linprog(
        np.append(np.zeros(len(moves)), 1.0),
        A_ub=np.column_stack([columns, -np.ones(len(base))]),
        b_ub=[-float(x) for x in base],
        bounds=[*((0, cap) for cap in caps), (None, None)],
    )
    found = solved.x[:-1] if solved.x is not None else np.zeros(len(moves))
    multipliers = [
        min(Fraction(cap), max(Fraction(0), Fraction(round(float(x) * GRAIN), GRAIN)))
        for x, cap in zip(found, caps, strict=True)
    ]
    return max(
        value + sum(m * move[vertex] for m, move in zip(multipliers, moves, strict=True))
        for vertex, value in enumerate(base)
    )


def _minus(left: Values, right: Values) -> Values:
    return [a - b for a, b in zip(left, right, strict=True)]


def _halves(box: Box) -> tuple[Box, Box]:
    """The box cut in two across its longest side."""
    side = max(range(len(box)), key=lambda i: box[i][1] - box[i][0])
    left, right = box[side]
    middle = (left + right) / 2
    return (
        (*box[:side], (left, middle), *box[side + 1 :]),
        (*box[:side], (middle, right), *box[side + 1 :]),
    )
