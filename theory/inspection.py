"""The inspection game: a solver that may cheat, an auditor that may inspect.

Rows: the solver cheats or is honest.  Columns: the auditor inspects or does not.  An inspection
costs k.  It detects misconduct with probability d and accuses an honest solver with probability
a; who is found guilty pays the penalty f.  Cheating gains g.  The auditor earns r for detected
misconduct, q for a false accusation, and suffers h from misconduct that stays undetected:

    solver    inspect    not          auditor   inspect              not
    cheat     g - d f    g            cheat     d r - (1 - d) h - k  -h
    honest      - a f    0            honest    a q - k              0

Write x for the probability of cheating, y for that of an inspection, D = (d - a) f for what an
inspection takes off the gain, R = d (r + h).  Cheating pays S(y) = g - D y more than honesty;
inspecting pays T(x) = R x + a q (1 - x) - k more than not.  Both are affine, so a profile is an
equilibrium iff it lies in one of five boxes (products of intervals):

    x = 0     and  y a best reply to honesty with S(y) <= 0;
    x = 1     and  y a best reply to cheating with S(y) >= 0;
    y = 0     and  T(x) <= 0,  if S(0) = 0;
    y = 1     and  T(x) >= 0,  if S(1) = 0;
    T(x) = 0  and  S(y) = 0.

Those that no other contains are the maximal sets in which every combination is an equilibrium;
their corners are the extreme equilibria.  In the interior region, 0 < g < D and
a q < k < R, the only equilibrium is x = (k - a q) / (R - a q), y = g / D.

An auditor who commits to y first and is seen faces a solver who cheats where S(y) > 0 and is
honest where S(y) < 0.  Against each reply the auditor's payoff is linear in y, so the best
commitment is at an end of {S >= 0} or {S <= 0}; where the solver is indifferent it replies as
the auditor prefers (the strong Stackelberg solution), which a slightly different y enforces.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from theory.command_line import require
from theory.offender import is_finite

Matrix = tuple[tuple[Any, Any], tuple[Any, Any]]
Interval = tuple[Any, Any]


def solver_payoffs(gain: Any, penalty: Any, detection: Any = 1, false_alarm: Any = 0) -> Matrix:
    """The solver's matrix, from the definition; numbers or symbolic terms."""
    caught = gain - detection * penalty
    return (caught, gain), (-false_alarm * penalty, 0 * gain)


def auditor_payoffs(
    cost: Any,
    reward: Any,
    detection: Any = 1,
    false_alarm: Any = 0,
    harm: Any = 0,
    false_reward: Any = 0,
) -> Matrix:
    """The auditor's matrix, from the definition; numbers or symbolic terms."""
    cheated = detection * reward - (1 - detection) * harm - cost
    return (cheated, -harm), (false_alarm * false_reward - cost, 0 * cost)


def expected(matrix: Matrix, cheat: Any, inspect: Any) -> Any:
    """Expected payoff when the solver cheats with one probability, the auditor inspects with
    the other."""
    (caught, missed), (accused, quiet) = matrix
    cheating = inspect * caught + (1 - inspect) * missed
    honest = inspect * accused + (1 - inspect) * quiet
    return cheat * cheating + (1 - cheat) * honest


def mixed_cheating(
    cost: Any,
    reward: Any,
    detection: Any = 1,
    false_alarm: Any = 0,
    harm: Any = 0,
    false_reward: Any = 0,
) -> Any:
    """The cheating rate at which inspecting breaks even, (k - a q) / (d (r + h) - a q).

    >>> mixed_cheating(Fraction(1), Fraction(4))
    Fraction(1, 4)
    """
    bonus = false_alarm * false_reward
    return (cost - bonus) / (detection * (reward + harm) - bonus)


def mixed_inspection(gain: Any, penalty: Any, detection: Any = 1, false_alarm: Any = 0) -> Any:
    """The inspection rate at which cheating breaks even, g / ((d - a) f).

    >>> mixed_inspection(Fraction(1), Fraction(2))
    Fraction(1, 2)
    """
    return gain / ((detection - false_alarm) * penalty)


@dataclass(frozen=True)
class Component:
    """Equilibria with `cheat` x and `inspect` y anywhere in two intervals (low, high)."""

    cheat: Interval
    inspect: Interval

    @property
    def corners(self) -> tuple[tuple[Any, Any], ...]:
        """The extreme equilibria (x, y) of this set, each once."""
        return tuple(dict.fromkeys(product(self.cheat, self.inspect)))

    def inside(self, other: Component) -> bool:
        """Whether `other` contains this set."""
        return all(
            outer[0] <= inner[0] and inner[1] <= outer[1]
            for inner, outer in ((self.cheat, other.cheat), (self.inspect, other.inspect))
        )


@dataclass(frozen=True)
class Commitment:
    """An announced inspection rate, the solver's reply, and what the auditor expects."""

    inspect: Any
    cheats: bool
    auditor: Any


@dataclass(frozen=True)
class InspectionGame:
    """The game above; rationals give exact results, floats rounded ones.

    `gain` g, `penalty` f, `cost` k, `reward` r and `harm` h are at least 0, `detection` d lies
    in (0, 1], `false_alarm` a in [0, 1]; `false_reward` q is any number.  Raises `InputError`.
    """

    gain: Any
    penalty: Any
    cost: Any
    reward: Any
    detection: Any = Fraction(1)
    false_alarm: Any = Fraction(0)
    harm: Any = Fraction(0)
    false_reward: Any = Fraction(0)

    def __post_init__(self) -> None:
        for name in ("gain", "penalty", "cost", "reward", "harm"):
            value = getattr(self, name)
            require(value >= 0 and is_finite(value), name, value, "be finite and at least 0")
        require(0 < self.detection <= 1, "detection", self.detection, "lie in (0, 1]")
        require(0 <= self.false_alarm <= 1, "false_alarm", self.false_alarm, "lie in [0, 1]")
        finite = is_finite(self.false_reward)
        require(finite, "false_reward", self.false_reward, "be finite")

    def payoffs(self) -> tuple[Matrix, Matrix]:
        """The matrices of solver and auditor: rows cheat, honest; columns inspect, not."""
        solver = solver_payoffs(self.gain, self.penalty, self.detection, self.false_alarm)
        return solver, auditor_payoffs(*self._auditing)

    def cheating_pays(self, inspect: Any) -> Any:
        """S(y): what cheating earns the solver more than honesty."""
        return self.gain - (self.detection - self.false_alarm) * self.penalty * inspect

    def inspecting_pays(self, cheat: Any) -> Any:
        """T(x): what inspecting earns the auditor more than not."""
        bonus = self.false_alarm * self.false_reward
        return cheat * self.detection * (self.reward + self.harm) + (1 - cheat) * bonus - self.cost

    def undetected(self, cheat: Any, inspect: Any) -> Any:
        """The probability of misconduct that nobody detects."""
        return cheat * (1 - self.detection * inspect)

    @property
    def interior(self) -> bool:
        """Whether the unique equilibrium has both players mix: 0 < g < D and a q < k < R."""
        solver = self.cheating_pays(0) > 0 > self.cheating_pays(1)
        return bool(solver and self.inspecting_pays(0) < 0 < self.inspecting_pays(1))

    def equilibria(self) -> tuple[Component, ...]:
        """All equilibria, as maximal boxes in the order of the module's text.

        >>> InspectionGame(*map(Fraction, (1, 2, 1, 4))).equilibria()
        (Component(cheat=(Fraction(1, 4), Fraction(1, 4)), inspect=(Fraction(1, 2), \
Fraction(1, 2))),)
        """
        zero, one = self._units
        boxes = [
            *_boxes((zero, zero), _common(self._best_inspection(zero), self._where_honest)),
            *_boxes((one, one), _common(self._best_inspection(one), self._where_cheating)),
        ]
        rare, worth = (
            _below(self.inspecting_pays, zero, one),
            _above(self.inspecting_pays, zero, one),
        )
        if self.cheating_pays(zero) == 0:
            boxes += _boxes(rare, (zero, zero))
        if self.cheating_pays(one) == 0:
            boxes += _boxes(worth, (one, one))
        boxes += _boxes(_common(rare, worth), _common(self._where_honest, self._where_cheating))
        distinct = list(dict.fromkeys(boxes))
        return tuple(
            box for box in distinct if not any(box.inside(o) for o in distinct if o != box)
        )

    def extreme_equilibria(self) -> tuple[tuple[Any, Any], ...]:
        """The corners (x, y) of all components, each once."""
        corners = (corner for component in self.equilibria() for corner in component.corners)
        return tuple(dict.fromkeys(corners))

    def commitment(self) -> Commitment:
        """The auditor's best commitment; of equally good ones an honest solver, then the least y.

        >>> InspectionGame(*map(Fraction, (1, 2, 1, 4))).commitment()
        Commitment(inspect=Fraction(1, 2), cheats=True, auditor=Fraction(3, 2))
        """
        auditor = self.payoffs()[1]
        replies = ((self._where_honest, False), (self._where_cheating, True))
        options = [
            Commitment(y, cheats, expected(auditor, self._units[cheats], y))
            for interval, cheats in replies
            if interval is not None
            for y in interval
        ]
        return max(options, key=lambda option: option.auditor)

    def deterrence(self) -> Commitment | None:
        """Inspecting as rarely as keeps the solver honest; None where no rate does."""
        if self._where_honest is None:
            return None
        least, zero = self._where_honest[0], self._units[0]
        return Commitment(least, False, expected(self.payoffs()[1], zero, least))

    @property
    def _auditing(self) -> tuple[Any, ...]:
        return (
            *(self.cost, self.reward, self.detection),
            *(self.false_alarm, self.harm, self.false_reward),
        )

    @property
    def _units(self) -> tuple[Any, Any]:
        """0 and 1 as the kind of number that the game's parameters are."""
        zero = 0 * abs(self.gain + self.penalty + sum(self._auditing))
        return zero, zero + 1

    @property
    def _where_honest(self) -> Interval | None:
        """The inspection rates at which honesty is a best reply."""
        return _below(self.cheating_pays, *self._units)

    @property
    def _where_cheating(self) -> Interval | None:
        """The inspection rates at which cheating is a best reply."""
        return _above(self.cheating_pays, *self._units)

    def _best_inspection(self, cheat: Any) -> Interval:
        """The auditor's best replies to a cheating rate."""
        zero, one = self._units
        pays = self.inspecting_pays(cheat)
        return (one, one) if pays > 0 else (zero, zero) if pays < 0 else (zero, one)


def _below(affine: Any, zero: Any, one: Any) -> Interval | None:
    """Where in [0, 1] an affine function is at most 0; None if nowhere."""
    start, end = affine(zero), affine(one)
    if start > 0 and end > 0:
        return None
    root = start / (start - end) if start != end else zero
    return (root if start > 0 else zero), (root if end > 0 else one)


def _above(affine: Any, zero: Any, one: Any) -> Interval | None:
    """Where in [0, 1] an affine function is at least 0; None if nowhere."""
    return _below(lambda t: -affine(t), zero, one)


def _common(first: Interval | None, second: Interval | None) -> Interval | None:
    """The intersection of two intervals; None if it is empty."""
    if first is None or second is None:
        return None
    low, high = max(first[0], second[0]), min(first[1], second[1])
    return (low, high) if low <= high else None


def _boxes(cheat: Interval | None, inspect: Interval | None) -> list[Component]:
    return [] if cheat is None or inspect is None else [Component(cheat, inspect)]
