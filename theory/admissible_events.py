"""Worst and best case of a covariate by going through every event.

Route 1 of three (definitions and sources in `theory.admissible_cases`).  For each of the 2^n
sets of atoms: decide from the definition whether a report induces it; then let the truth place
the need.  For a given event the payoff sum over E of m_i (2 P*_i - 1) is linear in the need
m_i P*_i of each atom, with coefficient 2 on the event and 0 off it, so the worst truth fills
atoms off the event first and the best truth atoms on it, one after another, until the need p is
used up: an exchange of need between two atoms can only do worse.  Masses are scaled to integers
over their common denominator, so every comparison is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from theory.admissible_cases import (
    Case,
    EngineLimit,
    Extremes,
    check_masses,
    check_rate,
    is_inducible_by_definition,
    report_inducing,
)

ENUMERATION_ATOMS = 16


def extremes_by_enumeration(p: Fraction, masses: Sequence[Fraction]) -> Extremes:
    """Worst and best case over all events, with the distributions that attain them.

    `p` in [0, 1]; `masses` positive with sum 1, at most `ENUMERATION_ATOMS` of them.  Rational
    in, exact out.  Raises `InputError` if they are not such, and `EngineLimit` for more atoms.

    >>> F = Fraction
    >>> extremes = extremes_by_enumeration(F(2, 5), (F(2, 5), F(3, 5)))
    >>> extremes.worst.value, extremes.best.value
    (Fraction(-3, 5), Fraction(2, 5))
    """
    p, masses = check_rate(p), check_masses(masses)
    if len(masses) > ENUMERATION_ATOMS:
        found = f"{len(masses)} atoms"
        raise EngineLimit(found, f"have at most {ENUMERATION_ATOMS} for enumeration")
    scale = lcm(p.denominator, *(mass.denominator for mass in masses))
    need = int(p * scale)
    weights = tuple(int(mass * scale) for mass in masses)

    worst: tuple[int, tuple[int, ...]] | None = None
    best: tuple[int, tuple[int, ...]] | None = None
    for code in range(1 << len(weights)):
        on = tuple(i for i in range(len(weights)) if code >> i & 1)
        if not is_inducible_by_definition(need, weights, on):
            continue
        off = tuple(i for i in range(len(weights)) if not code >> i & 1)
        low = _payoff_of_filling(need, weights, on, off + on)
        high = _payoff_of_filling(need, weights, on, on + off)
        if worst is None or low < worst[0]:
            worst = low, on
        if best is None or high > best[0]:
            best = high, on
    # The empty event (p < 1/2) or the full one (p >= 1/2) is always inducible.
    assert worst is not None
    assert best is not None
    return Extremes(
        _case(p, masses, worst[1], Fraction(worst[0], scale), on_first=False),
        _case(p, masses, best[1], Fraction(best[0], scale), on_first=True),
    )


def _payoff_of_filling(
    need: int, weights: tuple[int, ...], on: tuple[int, ...], order: tuple[int, ...]
) -> int:
    """Scaled payoff on the event `on` when need fills the atoms in this order."""
    treated = set(on)
    total = 0
    for i in order:
        filled = min(need, weights[i])
        need -= filled
        if i in treated:
            total += 2 * filled - weights[i]
    return total


def _case(
    p: Fraction, masses: Sequence[Fraction], event: tuple[int, ...], value: Fraction, on_first: bool
) -> Case:
    """The case with its report and its truth, filled in the same order."""
    off = tuple(i for i in range(len(masses)) if i not in event)
    true = [Fraction(0)] * len(masses)
    missing = p
    for i in event + off if on_first else off + event:
        filled = min(missing, masses[i])
        true[i] = filled / masses[i]
        missing -= filled
    return Case(value, event, report_inducing(p, masses, event), tuple(true))
