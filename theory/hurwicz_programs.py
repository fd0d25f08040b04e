"""The four payoffs of Nature and the AI, each aligned or misaligned, from the definitions.

Source: *Friend or Foe* (Fudenberg & Liang, arXiv 2509.14396v1), Appendix G, Table 1.  Nature moves
first and chooses the truth P*; the AI knows it and chooses the report P; both must be admissible.
With M for misaligned and A for aligned, Nature first,

    v_MM = inf inf U,   v_AM = sup_P* inf_P U,   v_MA = inf_P* sup_P U,   v_AA = sup sup U.

A report matters through the event E that it gets treated, and finitely many events are inducible
(`theory.admissible_cases`).  So v_MM and v_AA are the extremes of `theory.admissible_events`, and
v_AM and v_MA are linear programs: for v_AM, with y_i = m_i P*_i,

    max t   subject to   t <= sum over E of (2 y_i - m_i) for every inducible E,
                         0 <= y_i <= m_i,  sum y_i = p.

`maximin` solves the dual, in which the AI mixes events, exactly (`theory.linear_programs`), and
returns both solutions; equal values certify both.
v_MA is minus the same program for the share 1 - p: counting those who do not need treatment in
place of those who do changes the sign of every payoff.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import compress, product

from theory.admissible_cases import (
    Case,
    EngineLimit,
    check_masses,
    check_rate,
    is_inducible_by_definition,
)
from theory.admissible_events import extremes_by_enumeration
from theory.command_line import require
from theory.linear_programs import simplex

PROGRAM_ATOMS = 8

Event = tuple[int, ...]
ZERO, ONE, TWO = Fraction(0), Fraction(1), Fraction(2)


@dataclass(frozen=True)
class Saddle:
    """A payoff with Nature and the AI on opposite sides, and what certifies it.

    `value`; `true`: the truth P* that Nature chooses, shape (atoms,), which no event answers beyond
    `value`; `mixture`: events with probabilities, over which no truth does better against the AI.
    """

    value: Fraction
    true: tuple[Fraction, ...]
    mixture: tuple[tuple[Event, Fraction], ...]


@dataclass(frozen=True)
class FourPayoffs:
    """Table 1: Nature's alignment first, then the AI's; each with what attains it."""

    both_misaligned: Case
    aligned_nature: Saddle
    aligned_ai: Saddle
    both_aligned: Case

    @property
    def values(self) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        """v_MM, v_AM, v_MA, v_AA."""
        return (
            self.both_misaligned.value,
            self.aligned_nature.value,
            self.aligned_ai.value,
            self.both_aligned.value,
        )

    def pair(self, beta: Fraction) -> tuple[Fraction, Fraction]:
        """(worst, best) for the weight `beta` in [0, 1] on an adversarial Nature."""
        misaligned, nature, machine, aligned = self.values
        other = 1 - beta
        return beta * misaligned + other * nature, beta * machine + other * aligned


def four_payoffs(p: Fraction, masses: Sequence[Fraction]) -> FourPayoffs:
    """The four payoffs of a covariate, exactly.

    `p` in [0, 1]; `masses` positive with sum 1, at most `PROGRAM_ATOMS` of them.  Raises
    `InputError` if they are not such, and `EngineLimit` for more atoms.

    >>> F = Fraction
    >>> [str(value) for value in four_payoffs(F(2, 5), (F(2, 5), F(3, 5))).values]
    ['-3/5', '-1/10', '0', '2/5']
    """
    p, masses = check_rate(p), check_masses(masses)
    if len(masses) > PROGRAM_ATOMS:
        raise EngineLimit(f"{len(masses)} atoms", f"have at most {PROGRAM_ATOMS} for the programs")
    extremes = extremes_by_enumeration(p, masses)
    subsets = (
        tuple(compress(range(len(masses)), on)) for on in product((False, True), repeat=len(masses))
    )
    events = [event for event in subsets if is_inducible_by_definition(p, masses, event)]
    mirrored = maximin(1 - p, masses, events)
    untreated = tuple(1 - rate for rate in mirrored.true)
    return FourPayoffs(
        extremes.worst,
        maximin(p, masses, events),
        Saddle(-mirrored.value, untreated, mirrored.mixture),
        extremes.best,
    )


def maximin(p: Fraction, masses: Sequence[Fraction], events: Sequence[Event]) -> Saddle:
    """The best that a truth can secure against the worst of `events`, with its certificate.

    `events`: the inducible ones, at least one.

    >>> F = Fraction
    >>> maximin(F(1, 4), (F(1, 4),) * 4, [(), (0,), (1,), (2,), (3,)]).value
    Fraction(-1, 8)
    """
    require(len(events) > 0, "number of events", len(events), "be at least 1")
    atoms = range(len(masses))
    mass = [sum((masses[i] for i in event), start=ZERO) for event in events]
    # Columns: the mixture, the multiplier of the mean (plus, minus), those of y_i <= m_i, slacks.
    costs = [-m for m in mass] + [p, -p] + list(masses) + [ZERO] * len(masses)
    rows = [
        [-TWO * (i in event) for event in events]
        + [ONE, -ONE]
        + [ONE * (i == j) for j in atoms]
        + [-ONE * (i == j) for j in atoms]
        + [ZERO]
        for i in atoms
    ]
    rows.append([ONE] * len(events) + [ZERO] * (2 + 2 * len(masses)) + [ONE])
    first_bound = len(events) + 2
    first_slack = first_bound + len(masses)
    basis = [first_bound + i if i in events[0] else first_slack + i for i in atoms] + [0]
    solution, reduced = simplex(costs, rows, basis)
    value = sum((c * x for c, x in zip(costs, solution, strict=True)), start=ZERO)
    true = tuple(reduced[first_slack + i] / masses[i] for i in atoms)
    mixture = tuple(
        (event, weight) for event, weight in zip(events, solution, strict=False) if weight
    )
    saddle = Saddle(value, true, mixture)
    verify_saddle(p, masses, events, saddle)
    return saddle


def verify_saddle(
    p: Fraction, masses: Sequence[Fraction], events: Sequence[Event], saddle: Saddle
) -> None:
    """Check both sides: the truth secures the value, and the mixture concedes no more.

    Raises `ValueError` naming the side that fails.
    """
    needs = [m * rate for m, rate in zip(masses, saddle.true, strict=True)]
    admissible = all(0 <= rate <= 1 for rate in saddle.true) and sum(needs) == p
    secured = min(sum((2 * needs[i] - masses[i] for i in event), start=ZERO) for event in events)
    if not admissible or secured != saddle.value:
        raise ValueError(f"the truth {saddle.true} secures {secured}, not {saddle.value}")
    chances = [
        sum((weight for event, weight in saddle.mixture if i in event), start=ZERO)
        for i in range(len(masses))
    ]
    left, conceded = p, ZERO
    for i in sorted(range(len(masses)), key=lambda i: -chances[i]):
        need = min(left, masses[i])
        left -= need
        conceded += chances[i] * (2 * need - masses[i])
    if sum(weight for _, weight in saddle.mixture) != 1 or conceded != saddle.value:
        raise ValueError(f"the mixture concedes {conceded}, not {saddle.value}")
