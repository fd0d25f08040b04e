"""Admissible distributions, the decision rule, and what certifies a worst or best case.

Source: *Friend or Foe* (Fudenberg & Liang, arXiv 2509.14396v1), Sections 3.2-3.4: equation (1),
Definition 1 and the payoff U(P, P*).  Everything here is one subgroup with need rate p and a
covariate of n atoms with masses m_1, ..., m_n > 0 that sum to 1.  A vector of P(Y = 1 | x1) is
*admissible* if it lies in [0, 1]^n and averages to p under the masses.  The designer treats the
atoms whose reported probability is at least 1/2; that set is the *event* E that the report
*induces*.  With a report P and a truth P*,

    U(P, P*) = sum over E of m_i (2 P*_i - 1),

the worst case is the infimum of U over admissible P and P*, chosen independently, and the best
case the supremum.  P matters through E only, there are finitely many E, and for a fixed E the
P* range over a compact polytope on which U is linear: both extremes are attained, by one event
and two vectors.  Such a triple is a `Case`, and `verify_case` checks it from the definitions.

With bounds (Section 6.1, Definition 8) the probabilities, reported and true, lie in [low, high]
instead of [0, 1]; every function takes `bounds` = (low, high), with [0, 1] as the default.

Inducible events.  E is inducible iff some admissible P has P >= 1/2 on E and P < 1/2 off E.  The
masses and the bounds confine sum m_i P_i to an interval that runs from m(E)/2 (attained: 1/2
on E, 0 off it) to m(E) + (1 - m(E))/2 (attained only if nothing lies off E, since the bound
there is strict), and every value between is attained by moving P along a segment.  Hence E is
inducible iff

    m(E)/2 <= p,   and   p < (1 + m(E))/2 if m(E) < 1,   or p <= 1 if m(E) = 1.

With bounds, an atom of E is confined to [max(1/2, low), high] and one off E to [low, 1/2) or, for
high < 1/2, [low, high]; if one of these that is needed is empty, E is not inducible, and
otherwise it is iff p lies between the sums of the ends, as before.

All arithmetic is exact: rationals in, `Fraction` out; a float is refused.  Payoffs are in net
correct treatments per patient of the subgroup.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import TypeVar

from theory.bounded import UNBOUNDED, Bounds, check_bounds, require_rate_within
from theory.command_line import InputError

Exact = TypeVar("Exact", Fraction, int)

_LONGEST_SHOWN = 60


class EngineLimit(InputError):
    """A covariate with more atoms, or more distinct sums of masses, than an engine takes.

    `found` says what the covariate has and `requirement` what the engine needs.
    """

    def __init__(self, found: str, requirement: str) -> None:
        super().__init__(f"masses has {found}: must {requirement}")
        self.found = found
        self.requirement = requirement


@dataclass(frozen=True)
class Case:
    """An extreme payoff of one subgroup, and the distributions that attain it.

    `value` in [-1, 1]; `event`: increasing indices of the treated atoms; `reported` and `true`:
    P(Y = 1 | x1) for each atom, shape (atoms,), as the AI reports it and in truth.
    """

    value: Fraction
    event: tuple[int, ...]
    reported: tuple[Fraction, ...]
    true: tuple[Fraction, ...]


@dataclass(frozen=True)
class Extremes:
    """The worst and the best case of a covariate in one subgroup."""

    worst: Case
    best: Case


def treated_event(reported: Sequence[Fraction]) -> tuple[int, ...]:
    """Indices of the atoms that the decision rule, equation (1), treats: a report of 1/2 or more.

    >>> treated_event((Fraction(1, 2), Fraction(1, 3), Fraction(1)))
    (0, 2)
    """
    return tuple(atom for atom, probability in enumerate(reported) if 2 * probability >= 1)


def payoff(
    masses: Sequence[Fraction], reported: Sequence[Fraction], true: Sequence[Fraction]
) -> Fraction:
    """Expected payoff U(P, P*) when the AI reports `reported` and the truth is `true`.

    All three have shape (atoms,).  Floats pass through, at their own precision.

    >>> F = Fraction
    >>> payoff((F(2, 5), F(3, 5)), (F(1, 4), F(1, 2)), (F(1), F(0)))
    Fraction(-3, 5)
    """
    event = treated_event(reported)
    return sum((masses[i] * (2 * true[i] - 1) for i in event), start=0 * masses[0])


def is_inducible_by_definition(
    p: Exact, masses: Sequence[Exact], event: Collection[int], bounds: Bounds = UNBOUNDED
) -> bool:
    """Whether some admissible report has exactly the atoms of `event` treated.

    `p` in [0, 1], `masses` positive with sum 1, `event` a collection of atom indices.  Compares
    p with the extreme values of sum m_i P_i under the bounds on and off the event, all doubled
    (see the module's text).  `p` and `masses` may also both be multiplied by one positive
    number, so integers serve.

    >>> F = Fraction
    >>> is_inducible_by_definition(F(1, 4), (F(1, 2), F(1, 2)), {0})
    True
    >>> is_inducible_by_definition(F(3, 4), (F(1, 2), F(1, 2)), {0})
    False
    >>> is_inducible_by_definition(F(1, 4), (F(1, 2), F(1, 2)), {0}, (F(1, 8), F(1)))
    False
    """
    low, high = bounds
    treated = sum(masses[i] for i in event)
    untreated = sum(masses) - treated
    if (treated and 2 * high < 1) or (untreated and 2 * low >= 1):
        return False
    smallest = (2 * low if 2 * low > 1 else 1) * treated + 2 * low * untreated
    largest = 2 * high * treated + (2 * high if 2 * high < 1 else 1) * untreated
    attained = not untreated or 2 * high < 1
    return smallest <= 2 * p and (2 * p <= largest if attained else 2 * p < largest)


def report_inducing(
    p: Fraction,
    masses: Sequence[Fraction],
    event: Collection[int],
    bounds: Bounds = UNBOUNDED,
) -> tuple[Fraction, ...]:
    """An admissible report that has exactly the atoms of an inducible `event` treated.

    Constant on the event and constant off it; on the event as high as the mean p allows, so that
    it is 1/2 there only if every such report is, and off it as far below 1/2 as can be.

    >>> F = Fraction
    >>> report_inducing(F(3, 5), (F(1, 2), F(1, 2)), (1,))
    (Fraction(1, 5), Fraction(1, 1))
    >>> report_inducing(F(3, 5), (F(1, 2), F(1, 2)), (1,), (F(1, 4), F(4, 5)))
    (Fraction(2, 5), Fraction(4, 5))
    """
    low, high = bounds
    mass = sum((masses[i] for i in event), start=Fraction(0))
    on = min(high, (p - (1 - mass) * low) / mass) if mass else high
    off = (p - mass * on) / (1 - mass) if mass < 1 else low
    return tuple(on if i in event else off for i in range(len(masses)))


def admissibility_defect(
    p: Fraction,
    masses: Sequence[Fraction],
    probabilities: Sequence[Fraction],
    name: str,
    bounds: Bounds = UNBOUNDED,
) -> str:
    """Why `probabilities` is not admissible (Definitions 1 and 8), or the empty string if it is.

    >>> F = Fraction
    >>> admissibility_defect(F(1, 2), (F(1, 2), F(1, 2)), (F(1), F(0)), "P")
    ''
    >>> admissibility_defect(F(1, 2), (F(1, 2), F(1, 2)), (F(1), F(1)), "P")
    'P averages 1 under the masses, not p = 1/2'
    """
    if len(probabilities) != len(masses):
        return f"{name} has {len(probabilities)} entries for {len(masses)} atoms"
    low, high = bounds
    for atom, probability in enumerate(probabilities):
        if not low <= probability <= high:
            return f"{name}[{atom}] is {probability}, outside [{low}, {high}]"
    mean = sum((m * y for m, y in zip(masses, probabilities, strict=True)), start=Fraction(0))
    return "" if mean == p else f"{name} averages {mean} under the masses, not p = {p}"


def verify_case(
    p: Fraction, masses: Sequence[Fraction], case: Case, bounds: Bounds = UNBOUNDED
) -> None:
    """Check from the definitions that `case` is what its distributions attain.

    Report and truth are admissible, the report induces the event, and U(P, P*) is the value.
    That no other pair does better is the engines' claim, not checked here.  Returns nothing;
    raises `ValueError` naming the first condition that fails.

    >>> F = Fraction
    >>> verify_case(F(1, 2), (F(1),), Case(F(0), (0,), (F(1, 2),), (F(1, 2),)))
    """
    for name, probabilities in (("P", case.reported), ("P*", case.true)):
        defect = admissibility_defect(p, masses, probabilities, name, bounds)
        if defect:
            raise ValueError(defect)
    if treated_event(case.reported) != case.event:
        raise ValueError(f"P has {treated_event(case.reported)} treated, not {case.event}")
    attained = payoff(masses, case.reported, case.true)
    if attained != case.value:
        raise ValueError(f"U(P, P*) is {attained}, not {case.value}")


def check_problem(
    p: Fraction | int, masses: Sequence[Fraction | int], bounds: Sequence[Fraction | int]
) -> tuple[Fraction, tuple[Fraction, ...], Bounds]:
    """Rate, masses and bounds as `Fraction`s; raises `InputError` naming what is wrong."""
    rate, exact = check_rate(p), check_masses(masses)
    low, high = check_bounds([_rational(bound, "bounds") for bound in bounds])
    require_rate_within(rate, (low, high), "p")
    return rate, exact, (low, high)


def check_rate(p: Fraction | int, argument: str = "p", shown: str | None = None) -> Fraction:
    """`p` as a `Fraction`; raises `InputError` unless it is a rational in [0, 1].

    `argument` and `shown` are the name and the text of the value in the message.
    """
    rate = _rational(p, argument)
    if not 0 <= rate <= 1:
        text = shorten(str(rate) if shown is None else shown)
        raise InputError(f"{argument} is {text}: must lie in [0, 1]")
    return rate


def check_masses(
    masses: Sequence[Fraction | int], argument: str = "masses", shown: str | None = None
) -> tuple[Fraction, ...]:
    """`masses` as `Fraction`s; raises `InputError` unless rational, positive, with sum 1.

    >>> check_masses((Fraction(1, 2), Fraction(1, 3)))
    Traceback (most recent call last):
    theory.command_line.InputError: masses is 1/2,1/3: must sum to exactly 1 (the sum is 5/6)
    """
    exact = tuple(_rational(mass, f"{argument}[{i}]") for i, mass in enumerate(masses))
    for i, mass in enumerate(exact):
        if mass <= 0:
            raise InputError(f"{argument}[{i}] is {shorten(str(mass))}: must be above zero")
    total = sum(exact, start=Fraction(0))
    if total != 1:
        text = shorten(",".join(map(str, exact)) if shown is None else shown)
        wanted = f"must sum to exactly 1 (the sum is {_sum_text(total)})"
        raise InputError(f"{argument} is {text}: {wanted}")
    return exact


def shorten(text: str) -> str:
    """`text`, cut to a length that fits a one-line message.

    >>> shorten("1/2,1/2")
    '1/2,1/2'
    """
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _sum_text(total: Fraction) -> str:
    text = str(total)
    if len(text) <= _LONGEST_SHOWN:
        return text
    return f"about 1 {'+' if total > 1 else '-'} {float(abs(total - 1)):.3g}"


def _rational(value: Fraction | int, argument: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, Rational):
        raise InputError(f"{argument} is {value!r}: must be rational, such as Fraction(2, 5)")
    return Fraction(value.numerator, value.denominator)
