"""Worst and best case of a covariate by going through every event.

Route 1 of three (definitions and sources in `theory.admissible_cases`).  For each of the 2^n
sets of atoms: decide from the definition whether a report induces it; then let the truth place
the need.  For a given event the payoff sum over E of m_i (2 P*_i - 1) is linear in the need
m_i P*_i of each atom, with coefficient 2 on the event and 0 off it, so the worst truth fills
atoms off the event first and the best truth atoms on it, one after another, until the need p is
used up: an exchange of need between two atoms can only do worse.  With bounds every atom starts at
rate `low`, and what is left of p fills atoms up to `high`.  Masses are scaled to integers over a
common denominator, so every comparison is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from theory.admissible_cases import (
    Case,
    EngineLimit,
    Extremes,
    check_problem,
    is_inducible_by_definition,
    report_inducing,
)
from theory.bounded import UNBOUNDED, Bounds

ENUMERATION_ATOMS = 16


def extremes_by_enumeration(
    p: Fraction, masses: Sequence[Fraction], bounds: Bounds = UNBOUNDED
) -> Extremes:
    """Worst and best case over all events, with the distributions that attain them.

    `p` in [0, 1]; `masses` positive with sum 1, at most `ENUMERATION_ATOMS` of them; `bounds`
    (low, high) with low <= p <= high.  Rational in, exact out.  Raises `InputError` if they are
    not such, and `EngineLimit` for more atoms.

    >>> F = Fraction
    >>> extremes = extremes_by_enumeration(F(2, 5), (F(2, 5), F(3, 5)))
    >>> extremes.worst.value, extremes.best.value
    (Fraction(-3, 5), Fraction(2, 5))
    """
    p, masses, bounds = check_problem(p, masses, bounds)
    if len(masses) > ENUMERATION_ATOMS:
        found = f"{len(masses)} atoms"
        raise EngineLimit(found, f"have at most {ENUMERATION_ATOMS} for enumeration")
    low, high = bounds
    scale = lcm(p.denominator, *(mass.denominator for mass in masses))
    scale *= lcm(low.denominator, high.denominator)
    need = int(p * scale)
    weights = tuple(int(mass * scale) for mass in masses)
    least = tuple(int(mass * scale * low) for mass in masses)
    room = tuple(int(mass * scale * (high - low)) for mass in masses)
    spare = need - sum(least)
    # Whole numbers as such, since arithmetic with them is many times faster.
    ends: Any = tuple(int(end) if end.denominator == 1 else end for end in bounds)

    worst: tuple[int, tuple[int, ...]] | None = None
    best: tuple[int, tuple[int, ...]] | None = None
    for code in range(1 << len(weights)):
        on = tuple(i for i in range(len(weights)) if code >> i & 1)
        if not is_inducible_by_definition(need, weights, on, ends):
            continue
        off = tuple(i for i in range(len(weights)) if not code >> i & 1)
        base = sum(2 * least[i] - weights[i] for i in on)
        lowest = base + 2 * _filled_on(spare, room, on, off + on)
        highest = base + 2 * _filled_on(spare, room, on, on + off)
        if worst is None or lowest < worst[0]:
            worst = lowest, on
        if best is None or highest > best[0]:
            best = highest, on
    # The empty event (p < 1/2) or the full one (p >= 1/2) is always inducible.
    assert worst is not None
    assert best is not None
    return Extremes(
        _case(p, masses, worst[1], Fraction(worst[0], scale), bounds, on_first=False),
        _case(p, masses, best[1], Fraction(best[0], scale), bounds, on_first=True),
    )


def _filled_on(
    spare: int, room: tuple[int, ...], on: tuple[int, ...], order: tuple[int, ...]
) -> int:
    """Scaled need that the event `on` gets when `spare` fills the atoms in this order."""
    treated = set(on)
    total = 0
    for i in order:
        filled = min(spare, room[i])
        spare -= filled
        if i in treated:
            total += filled
    return total


def _case(
    p: Fraction,
    masses: Sequence[Fraction],
    event: tuple[int, ...],
    value: Fraction,
    bounds: Bounds,
    on_first: bool,
) -> Case:
    """The case with its report and its truth, filled in the same order."""
    low, high = bounds
    off = tuple(i for i in range(len(masses)) if i not in event)
    true = [low] * len(masses)
    missing = p - low
    for i in event + off if on_first else off + event:
        filled = min(missing, masses[i] * (high - low))
        true[i] += filled / masses[i]
        missing -= filled
    return Case(value, event, report_inducing(p, masses, event, bounds), tuple(true))
