"""Worst and best case of a covariate in a population of several subgroups.

Source: *Friend or Foe* (Fudenberg & Liang, arXiv 2509.14396v1), Sections 3.2-3.4, Definition 1.
A joint law of (X0, X1) that extends the shares of X0 is one covariate law per
subgroup.  Definition 1 constrains P and P* subgroup by subgroup, the decision rule reads one atom
of one subgroup, and the expected payoff is the sum over subgroups weighted by their shares; so
worst and best case are the sums of the subgroups' own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from theory.admissible_cases import Case, Extremes, check_masses
from theory.admissible_events import extremes_by_enumeration
from theory.admissible_programs import extremes_by_program
from theory.admissible_search import extremes_by_search
from theory.bounded import UNBOUNDED, Bounds
from theory.command_line import InputError

Engine = Callable[[Fraction, Sequence[Fraction], Bounds], Extremes]

ENGINES: dict[str, Engine] = {
    "search": extremes_by_search,
    "enumeration": extremes_by_enumeration,
    "program": extremes_by_program,
}


@dataclass(frozen=True)
class JointCase:
    """An extreme payoff of the population, and the case of each subgroup behind it."""

    value: Fraction
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class JointExtremes:
    """The worst and the best case of a joint law of (X0, X1)."""

    worst: JointCase
    best: JointCase


def joint_extremes(
    shares: Sequence[Fraction],
    rates: Sequence[Fraction],
    laws: Sequence[Sequence[Fraction]],
    engine: Engine = extremes_by_search,
    bounds: Bounds = UNBOUNDED,
) -> JointExtremes:
    """Worst and best case of a population of subgroups.

    `shares`: positive with sum 1, shape (groups,); `rates`: need rate of each subgroup, in
    [0, 1]; `laws`: for each subgroup the masses of its atoms, positive with sum 1 (a subgroup may
    have its own number of atoms); `engine`: one of `ENGINES`; `bounds`: (low, high), the same for
    all.  Rational in, exact out; payoffs per patient of the population.  Raises `InputError` for
    other input, and what `engine` raises.

    >>> F = Fraction
    >>> laws = [(F(2, 5), F(3, 5)), (F(1),)]
    >>> extremes = joint_extremes((F(1, 2), F(1, 2)), (F(2, 5), F(3, 4)), laws)
    >>> extremes.worst.value, extremes.best.value
    (Fraction(-1, 20), Fraction(9, 20))
    """
    shares = check_masses(shares, "shares")
    for name, values in (("rates", rates), ("laws", laws)):
        if len(values) != len(shares):
            raise InputError(f"{name} has {len(values)} entries: must have one per share")
    parts = [engine(p, masses, bounds) for p, masses in zip(rates, laws, strict=True)]
    worst = tuple(part.worst for part in parts)
    best = tuple(part.best for part in parts)
    return JointExtremes(
        JointCase(_weighted_value(shares, worst), worst),
        JointCase(_weighted_value(shares, best), best),
    )


def _weighted_value(shares: Sequence[Fraction], cases: Sequence[Case]) -> Fraction:
    return sum((s * c.value for s, c in zip(shares, cases, strict=True)), start=Fraction(0))
