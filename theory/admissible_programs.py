"""Worst and best case of a covariate as linear programs, with exact certificates of optimality.

Route 2 of three (definitions and sources in `theory.admissible_cases`).  Two programs, stated in
CVXPY over all events E at once.

*Reports.*  Which events can be induced is a question of strict inequalities.  For each E

    maximise t   subject to   sum m_i R_i = p z,   0 <= z <= 1,   t <= z/2,
                              z/2 <= R_i <= z on E,   0 <= R_i <= z/2 - t off E,

where R/z is the report and t its margin.  The scale z makes the program feasible (z = 0) for
every E; the optimum is positive iff E is inducible.

*Truths.*  U is linear in the truth once E is fixed, so either extreme is a linear program over a
union of polytopes, one for each inducible E; its convex hull has the description (Balas)

    optimise sum_E sum_i c_i(E)   with   0 <= Z_i(E) <= l(E),   sum_i m_i Z_i(E) = p l(E),
                                         l >= 0,   sum_E l(E) = 1,

with c_i(E) = m_i (2 Z_i(E) - l(E)) on E and 0 off it; Z(E)/l(E) is the truth for the event E.

*Certificates.*  A solver works in floats, so its answer is only a proposal.  Exact arithmetic
turns its reports into admissible reports that induce E, or shows that none exists (a separating
direction: even the extreme values of sum m_i P_i miss p).  With y_i = m_i P*_i, for each
inducible E and any multiplier nu of the mean,

    min over 0 <= y_i <= m_i, sum y_i = p, of sum over E of (2 y_i - m_i)
        >=  p nu + sum_i m_i min(0, 2 [i in E] - nu) - m(E)                    (weak duality),

and the same with signs reversed for the maximum.  The bound is concave in nu and has its kinks
at 0 and 2, so one of the two integers next to the solver's nu bounds no worse: rounding loses
nothing.  The least bound over E is a lower bound on the worst case, and a truth that obeys
complementary slackness attains it.  The duality gap of what is returned is exactly 0.

With bounds, read low z and high z for 0 and z as the ends of R, low l(E) and high l(E) as those of
Z, low m_i and high m_i as those of y_i, and the least of c low and c high for min(0, c).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

from theory.admissible_cases import Case, EngineLimit, Extremes, check_problem, payoff
from theory.bounded import UNBOUNDED, Bounds

PROGRAM_ATOMS = 8
_MARGIN = 1e-7  # HiGHS works to 1e-7; what lies nearer to 0 is tried both ways.
_DENOMINATOR = 10**6

Event = tuple[int, ...]


@dataclass(frozen=True)
class CertifiedCase(Case):
    """A case together with the proof that no other does better.

    `bound`: what weak duality proves that no case passes; `multipliers`: for each inducible
    event, the nu that proves it there; `excluded`: the events that no admissible report induces;
    `solver_value`: what the solver claimed, in floats.
    """

    bound: Fraction
    multipliers: tuple[tuple[Event, int], ...]
    excluded: tuple[Event, ...]
    solver_value: float

    @property
    def duality_gap(self) -> Fraction:
        """Distance of the value from the proved bound: 0, or the case proves nothing."""
        return abs(self.value - self.bound)


@dataclass(frozen=True)
class CertifiedExtremes(Extremes):
    """The worst and the best case of a covariate, each with its certificate."""

    worst: CertifiedCase
    best: CertifiedCase


def extremes_by_program(
    p: Fraction, masses: Sequence[Fraction], bounds: Bounds = UNBOUNDED
) -> CertifiedExtremes:
    """Worst and best case by linear programming, certified exactly.

    `p` in [0, 1]; `masses` positive with sum 1, at most `PROGRAM_ATOMS` of them; `bounds`
    (low, high) with low <= p <= high.  Rational in, exact out.  Raises `InputError` if they are
    not such, and `EngineLimit` for more atoms, or if a threshold is so near that the solver's
    tolerance hides it and its proposal has no certificate.

    >>> F = Fraction
    >>> extremes = extremes_by_program(F(2, 5), (F(2, 5), F(3, 5)))
    >>> extremes.worst.value, extremes.worst.bound, extremes.best.value
    (Fraction(-3, 5), Fraction(-3, 5), Fraction(2, 5))
    """
    p, masses, bounds = check_problem(p, masses, bounds)
    if len(masses) > PROGRAM_ATOMS:
        raise EngineLimit(f"{len(masses)} atoms", f"have at most {PROGRAM_ATOMS} for the program")
    atoms = range(len(masses))
    events = [tuple(i for i in atoms if code >> i & 1) for code in range(1 << len(masses))]
    reports: dict[Event, tuple[Fraction, ...]] = {}
    excluded = []
    for event, (margin, proposal) in zip(
        events, _propose_reports(p, masses, events, bounds), strict=True
    ):
        if margin <= _MARGIN and _is_separated(p, masses, event, bounds):
            excluded.append(event)
        elif report := _exact_report(p, masses, event, proposal, bounds):
            reports[event] = report
        else:
            assert _is_separated(p, masses, event, bounds)
            excluded.append(event)
    worst, best = (
        _certified_case(p, masses, reports, tuple(excluded), sign, bounds) for sign in (1, -1)
    )
    return CertifiedExtremes(worst, best)


def weak_duality_bound(
    p: Fraction,
    masses: Sequence[Fraction],
    event: Event,
    multiplier: int,
    sign: int = 1,
    bounds: Bounds = UNBOUNDED,
) -> Fraction:
    """A bound on the payoff that any truth gives the event, for any multiplier of the mean.

    `sign` 1: no truth pays less.  `sign` -1: no truth pays more.

    >>> F = Fraction
    >>> weak_duality_bound(F(2, 5), (F(2, 5), F(3, 5)), (1,), 0)
    Fraction(-3, 5)
    """
    costs = [2 * sign * (i in event) - multiplier for i in range(len(masses))]
    slack = sum(
        m * min(cost * end for end in bounds) for m, cost in zip(masses, costs, strict=True)
    )
    treated = sum((masses[i] for i in event), start=Fraction(0))
    return sign * (p * multiplier + slack) - treated


def _propose_reports(
    p: Fraction, masses: Sequence[Fraction], events: list[Event], bounds: Bounds
) -> list[tuple[float, list[float]]]:
    """For each event, the solver's margin and report (P(Y = 1 | x1), atom by atom)."""
    import cvxpy as cp  # takes a second to load, which only this route should pay

    on = _indicators(events, len(masses))
    off = 1 - on
    row = np.ones((1, len(masses)))
    low, high = map(float, bounds)
    report = cp.Variable(on.shape, nonneg=True)
    scale = cp.Variable((len(events), 1), nonneg=True)
    margin = cp.Variable((len(events), 1), nonneg=True)
    constraints = [
        report @ _column(masses) == float(p) * scale,
        cp.multiply(on, report - scale @ row / 2) >= 0,
        report >= low * scale @ row,
        report <= high * scale @ row,
        cp.multiply(off, report - scale @ row / 2 + margin @ row) <= 0,
        margin <= scale / 2,
        scale <= 1,
    ]
    cp.Problem(cp.Maximize(cp.sum(margin)), constraints).solve(solver=cp.HIGHS)
    scaled = report.value / np.maximum(scale.value, _MARGIN)
    return [(float(t), list(r)) for t, r in zip(margin.value[:, 0], scaled, strict=True)]


def _propose_truths(
    p: Fraction, masses: Sequence[Fraction], events: list[Event], sign: int, bounds: Bounds
) -> tuple[float, list[tuple[float, float, list[float]]]]:
    """The solver's value, and for each event its multiplier, selector and truth.

    The least payoff for `sign` 1, the greatest for `sign` -1.
    """
    import cvxpy as cp

    on = _indicators(events, len(masses))
    row = np.ones((1, len(masses)))
    low, high = map(float, bounds)
    selector = cp.Variable((len(events), 1), nonneg=True)
    truth = cp.Variable(on.shape, nonneg=True)
    # Against 0, since Python may swap the sides of "==" between expressions, and with them the
    # sign of the multiplier: it enters CVXPY's Lagrangian times "left minus right".
    mean = truth @ _column(masses) - float(p) * selector == 0
    value = cp.sum(cp.multiply(on * _column(masses).T, 2 * truth - selector @ row))
    within = [truth >= low * selector @ row, truth <= high * selector @ row]
    constraints = [mean, *within, cp.sum(selector) == 1]
    problem = cp.Problem(cp.Minimize(sign * value), constraints)
    problem.solve(solver=cp.HIGHS)
    multipliers = -mean.dual_value[:, 0]
    selected = selector.value[:, 0]
    scaled = truth.value / np.maximum(selector.value, _MARGIN)
    proposals = [
        (float(nu), float(chosen), list(z))
        for nu, chosen, z in zip(multipliers, selected, scaled, strict=True)
    ]
    return sign * float(problem.value), proposals


def _certified_case(
    p: Fraction,
    masses: Sequence[Fraction],
    reports: dict[Event, tuple[Fraction, ...]],
    excluded: tuple[Event, ...],
    sign: int,
    bounds: Bounds,
) -> CertifiedCase:
    """Solve for the truth, then prove the least payoff (`sign` 1) or the greatest (-1)."""
    events = list(reports)
    solver_value, proposals = _propose_truths(p, masses, events, sign, bounds)
    proved: dict[Event, tuple[Fraction, int]] = {}
    for event, (proposed, _, _) in zip(events, proposals, strict=True):
        integers = {floor(proposed), ceil(proposed)}
        proved[event] = max(
            (sign * weak_duality_bound(p, masses, event, nu, sign, bounds), nu) for nu in integers
        )
    # The weakest bound is the one that counts; among equals prefer what the solver selected.
    place = min(range(len(events)), key=lambda k: (proved[events[k]][0], -proposals[k][1]))
    event, (_, _, proposal) = events[place], proposals[place]
    bound, multiplier = proved[event]
    true = _complementary_truth(p, masses, event, multiplier, proposal, sign, bounds)
    return CertifiedCase(
        value=payoff(masses, reports[event], true),
        event=event,
        reported=reports[event],
        true=true,
        bound=sign * bound,
        multipliers=tuple((e, nu) for e, (_, nu) in proved.items()),
        excluded=excluded,
        solver_value=solver_value,
    )


def _complementary_truth(
    p: Fraction,
    masses: Sequence[Fraction],
    event: Event,
    multiplier: int,
    proposal: list[float],
    sign: int,
    bounds: Bounds,
) -> tuple[Fraction, ...]:
    """An admissible truth that attains the bound of `multiplier` on this event.

    Need costs 2 on the event and 0 off it (times `sign`), less `multiplier`: where that is
    negative the atom is full, where positive empty, and where 0 as proposed, adjusted to the mean.
    """
    costs = [2 * sign * (i in event) - multiplier for i in range(len(masses))]
    low, high = bounds
    lower = [high if cost < 0 else low for cost in costs]
    upper = [high if cost <= 0 else low for cost in costs]
    true = _with_mean(p, masses, _rationals(proposal), lower, upper)
    if true is None:
        raise EngineLimit(
            "masses that the program cannot certify at this p",
            f"keep off every threshold by more than the solver's {_MARGIN:g} (search has no limit)",
        )
    return true


def _exact_report(
    p: Fraction,
    masses: Sequence[Fraction],
    event: Event,
    proposal: list[float],
    bounds: Bounds,
) -> tuple[Fraction, ...] | None:
    """The proposed report made rational, admissible and strict.

    None only if `_is_separated`: otherwise the segment from a strict start to the bounds passes p,
    and before its end it stays below 1/2 off the event.
    """
    half, (low, high) = Fraction(1, 2), bounds
    lower = [max(low, half) if i in event else low for i in range(len(masses))]
    upper = [high if i in event else min(high, half) for i in range(len(masses))]
    if any(least > most for least, most in zip(lower, upper, strict=True)):
        return None
    strict = half - Fraction(1, _DENOMINATOR)
    start = [y if i in event else min(y, strict) for i, y in enumerate(_rationals(proposal))]
    report = _with_mean(p, masses, start, lower, upper)
    if report is None or any(report[i] == half for i in range(len(masses)) if i not in event):
        return None
    return report


def _is_separated(p: Fraction, masses: Sequence[Fraction], event: Event, bounds: Bounds) -> bool:
    """Whether a direction separates p from the means of all reports that induce `event`.

    So it is, too, where an atom has no report on its side of 1/2 within the bounds.
    """
    half, (low, high) = Fraction(1, 2), bounds
    proper = len(event) < len(masses)
    if (event and high < half) or (proper and low >= half):
        return True
    least = sum(m * (max(low, half) if i in event else low) for i, m in enumerate(masses))
    most = sum(m * (high if i in event else min(high, half)) for i, m in enumerate(masses))
    return p < least or p > most or (p == most and proper and high >= half)


def _with_mean(
    p: Fraction,
    masses: Sequence[Fraction],
    start: list[Fraction],
    lower: list[Fraction],
    upper: list[Fraction],
) -> tuple[Fraction, ...] | None:
    """`start`, clipped to the bounds and moved towards one of them until its mean is p.

    None if no vector within the bounds has mean p.  Moves along a segment, so an entry reaches
    its bound only if all do.
    """
    inside = [min(max(y, a), b) for y, a, b in zip(start, lower, upper, strict=True)]
    missing = p - _mean(masses, inside)
    end = upper if missing > 0 else lower
    room = _mean(masses, end) - _mean(masses, inside)
    if abs(missing) > abs(room):
        return None
    step = missing / room if missing else Fraction(0)
    return tuple(y + step * (bound - y) for y, bound in zip(inside, end, strict=True))


def _mean(masses: Sequence[Fraction], probabilities: Sequence[Fraction]) -> Fraction:
    return sum((m * y for m, y in zip(masses, probabilities, strict=True)), start=Fraction(0))


def _rationals(values: Sequence[float]) -> list[Fraction]:
    return [Fraction(float(value)).limit_denominator(_DENOMINATOR) for value in values]


def _indicators(events: list[Event], atoms: int) -> Any:
    return np.array([[float(i in event) for i in range(atoms)] for event in events])


def _column(masses: Sequence[Fraction]) -> Any:
    return np.array([[float(mass)] for mass in masses])
