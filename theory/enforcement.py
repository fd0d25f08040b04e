"""The cheapest enforcement that deters a given gain.

Detection costs k per unit of probability, a penalty f in [0, F] costs nothing to impose, and a
mistaken penalty does harm s per unit to whoever is innocent.  With one agent that abstains, the
cost of a regime that deters the gain g is

    k pi + s e f,      subject to offending not paying, 0 <= pi <= 1, 0 <= f <= F.

For a given f the least sufficient pi is linear in utilities (`offender.detection_that_deters`),

    pi(f) = (U(w + g) - (1 - e) U(w) - e U(w - f)) / (U(w + g) - U(w + g - f)),

which is g / f for a risk-neutral agent without mistakes.  What is left is a search over f:

* without mistakes pi(f) falls in f for every increasing U, so f = F is cheapest, whatever the
  attitude to risk;
* with mistakes it is e + g / f when risk neutral, and still falls in f for CARA, because an
  innocent's loss is a fixed multiple of an offender's.  So f = F is cheapest unless s > 0;
* risk neutral with s > 0: k (e + g / f) + s e f is least at f = sqrt(k g / (s e)), or at the
  end of [g / (1 - e), F] that is nearest;
* CRRA with mistakes: being fined by mistake hurts more than being fined after a gain, and the
  more so the larger f is; pi(f) can rise.  Found numerically.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from theory.command_line import require
from theory.offender import NEUTRAL, Utility, detection_that_deters, is_finite

GRID = 1000  # penalties tried before the numerical search is refined


@dataclass(frozen=True)
class Enforcement:
    """A regime that deters: `detection` pi, `penalty` f, and its total `cost`."""

    detection: Any
    penalty: Any
    cost: Any


@dataclass(frozen=True)
class Task:
    """What is to be deterred, in whom, and at which prices.

    `gain` g, `max_penalty` F, `unit_cost` k and `innocent_harm` s are at least 0, `mistake` e
    lies in [0, 1].  For CRRA, `wealth` must stay positive after the largest penalty: above F if
    mistakes occur, above F - g otherwise.  Raises `InputError`.
    """

    gain: Any
    max_penalty: Any
    unit_cost: Any
    utility: Utility = NEUTRAL
    wealth: Any = Fraction(0)
    mistake: Any = Fraction(0)
    innocent_harm: Any = Fraction(0)

    def __post_init__(self) -> None:
        for name in ("gain", "max_penalty", "unit_cost", "innocent_harm"):
            value = getattr(self, name)
            require(value >= 0 and is_finite(value), name, value, "be finite and at least 0")
        require(0 <= self.mistake <= 1, "mistake", self.mistake, "lie in [0, 1]")
        if self.utility.family == "crra":
            spare = self.max_penalty if self.mistake > 0 else self.max_penalty - self.gain
            needed = max(spare, 0 * spare)
            require(self.wealth > needed, "wealth", self.wealth, f"be above {needed} for CRRA")


def sufficient_detection(task: Task, penalty: Any) -> Any:
    """The least pi that deters at this penalty; above 1 (or infinite) where none does.

    >>> sufficient_detection(Task(Fraction(1), Fraction(4), Fraction(1)), Fraction(4))
    Fraction(1, 4)
    """
    if penalty == 0:
        return 0 * task.gain if task.gain == 0 else math.inf
    utility = task.utility
    base = 0 * task.wealth if utility.family == "cara" else task.wealth
    clean = utility(base)
    unpunished, punished = utility(base + task.gain), utility(base + task.gain - penalty)
    told_apart = unpunished > punished
    require(told_apart, "penalty", penalty, "change utility by more than rounding does")
    return detection_that_deters(
        unpunished,
        punished,
        clean,
        utility(base - penalty) if task.mistake > 0 else clean,
        task.mistake,
    )


def cheapest_enforcement(task: Task) -> Enforcement | None:
    """The cheapest regime that deters, or None where none does.

    A gain of 0 is deterred by not enforcing at all.  Exact for rational input where U is
    rational and the optimal penalty is (see the module's text); a float where it is a square
    root or the result of a search.

    >>> cheapest_enforcement(Task(Fraction(1), Fraction(4), Fraction(2)))
    Enforcement(detection=Fraction(1, 4), penalty=Fraction(4, 1), cost=Fraction(1, 2))
    >>> cheapest_enforcement(Task(Fraction(5), Fraction(4), Fraction(2))) is None
    True
    """
    if task.gain == 0:
        return Enforcement(*(0 * task.gain,) * 3)
    if task.max_penalty == 0:
        return None
    harmful = task.mistake * task.innocent_harm > 0
    if task.mistake == 0 or (task.utility.family != "crra" and not harmful):
        return _at(task, task.max_penalty)
    if task.utility.family == "neutral":
        return _neutral_with_harm(task)
    return _by_search(task)


def _at(task: Task, penalty: Any) -> Enforcement | None:
    """The regime with this penalty and the least sufficient detection."""
    pi = sufficient_detection(task, penalty)
    if not pi <= 1:
        return None
    cost = task.unit_cost * pi + task.innocent_harm * task.mistake * penalty
    return Enforcement(pi, penalty, cost)


def _neutral_with_harm(task: Task) -> Enforcement | None:
    """f = sqrt(k g / (s e)), moved into [g / (1 - e), F]."""
    if task.gain > (1 - task.mistake) * task.max_penalty:
        return None
    free = _root(task.unit_cost * task.gain / (task.innocent_harm * task.mistake))
    least = task.gain / (1 - task.mistake)
    return _at(task, min(max(free, least), task.max_penalty))


def _root(value: Any) -> Any:
    """The square root: a Fraction if `value` is the square of one, else a float."""
    if isinstance(value, Fraction):
        root = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
        if root * root == value:
            return root
    return math.sqrt(value)


def _by_search(task: Task) -> Enforcement | None:
    """The best of a grid of penalties, of where detection reaches 1, and of local refinements.

    The grid would miss a minimum narrower than F / `GRID`.
    """
    from scipy.optimize import brentq, minimize_scalar

    names = ("gain", "max_penalty", "unit_cost", "wealth", "mistake", "innocent_harm")
    floats: dict[str, Any] = {name: float(getattr(task, name)) for name in names}
    smooth = replace(task, **floats)

    def slack(f: float) -> float:
        return 1.0 - float(sufficient_detection(smooth, f))

    def cost(f: float) -> float:
        found = _at(smooth, f)
        return math.inf if found is None else float(found.cost)

    largest = smooth.max_penalty
    grid = [largest * step / GRID for step in range(1, GRID + 1)]
    candidates = list(grid)
    for left, right in pairwise(grid):
        if slack(left) * slack(right) < 0:
            edge = brentq(slack, left, right, xtol=1e-15 * largest)
            candidates += [edge * (1 - 1e-12), edge * (1 + 1e-12)]
    best = min(candidates, key=cost)
    if math.isinf(cost(best)):
        return None
    step = largest / GRID
    refined = minimize_scalar(
        cost, bounds=(max(best - step, step / GRID), min(best + step, largest)), method="bounded"
    )
    return _at(smooth, min((best, float(refined.x)), key=cost))
