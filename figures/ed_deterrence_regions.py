"""Which gains are deterred, and by which regimes: risk attitude and mistaken punishment.

Left: an agent that gains up to what a curve shows abstains, at a fixed penalty; risk neutral, that
is the expected penalty.  Right: the regimes that deter one gain lie above the curve.  Curves are
exact: the least detection that deters is rational in wealth, gain and penalty for the utilities
shown.  Claims: ed_deterrence, ed_certainty_severity, ed_error_costs, ed_maximal_fine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.enforcement import Task, sufficient_detection
from theory.offender import NEUTRAL, Distribution, Gains, Regime, Utility, offence_rate

WEALTH = Fraction(3)
PENALTY = Fraction(2)
GAIN = Fraction(1)
MISTAKE = Fraction(1, 6)
LARGEST = Fraction(7, 2)  # penalty shown
POINTS = 60
AVERSE, LOVING = Utility("crra", 2), Utility("crra", -1)  # U = -1/x and U = x^2/2

Point = tuple[Any, Any]


@dataclass(frozen=True)
class Curve:
    """Pairs (expected penalty, gain) or (detection, penalty) at which an agent is indifferent."""

    name: str
    color: str
    style: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Regions:
    """The curves of both panels."""

    thresholds: tuple[Curve, ...]
    regimes: tuple[Curve, ...]


def threshold(utility: Utility, penalty: Any, wealth: Any) -> tuple[Point, ...]:
    """(expected penalty, largest deterred gain) as the gain runs from 0 to the penalty."""
    gains = [penalty * Fraction(step, POINTS) for step in range(POINTS + 1)]
    tasks = [Task(gain, penalty, Fraction(0), utility, wealth) for gain in gains]
    return tuple((sufficient_detection(task, penalty) * penalty, task.gain) for task in tasks)


def regimes(task: Task) -> tuple[Point, ...]:
    """(least detection that deters, penalty) for the penalties where that is at most 1."""
    fines = [task.max_penalty * Fraction(step, 4 * POINTS) for step in range(1, 4 * POINTS + 1)]
    fines = sorted({*fines, task.gain}) if 0 < task.gain < task.max_penalty else fines
    pairs = ((sufficient_detection(task, fine), fine) for fine in fines)
    return tuple(pair for pair in pairs if 0 <= pair[0] <= 1)


def data() -> Regions:
    """The curves, in exact fractions."""
    kinds = (
        ("risk neutral", drawing.BLUE, "-", NEUTRAL),
        ("risk averse, U = −1/x", drawing.GREEN, "--", AVERSE),
        ("risk loving, U = x²/2", drawing.VERMILLION, "-.", LOVING),
    )
    left = [Curve(*kind[:3], threshold(kind[3], PENALTY, WEALTH)) for kind in kinds]
    right = [
        Curve(*kind[:3], regimes(Task(GAIN, LARGEST, Fraction(0), kind[3], WEALTH)))
        for kind in kinds
    ]
    mistaken = Task(GAIN, LARGEST, Fraction(0), NEUTRAL, WEALTH, MISTAKE)
    label = f"risk neutral,\nmistakes {drawing.number(MISTAKE)}"
    right.append(Curve(label, drawing.INK, ":", regimes(mistaken)))
    return Regions(tuple(left), tuple(right))


def draw() -> Figure:
    """Both panels."""
    shown = data()
    with drawing.styled():
        figure = Figure(figsize=(6.6, 3.5))
        figure.subplots_adjust(left=0.085, right=0.985, bottom=0.15, top=0.9, wspace=0.28)
        left, right = figure.subplots(1, 2)
        left.set_title(
            f"Deterred by a penalty of {drawing.number(PENALTY)} at wealth {drawing.number(WEALTH)}"
        )
        left.set(xlabel="Expected penalty, πf", ylabel="Gain from misconduct, g")
        left.set(xlim=(0, float(PENALTY)), ylim=(0, float(PENALTY)))
        left.text(0.4, 1.3, "offends", ha="center", color=drawing.GREY)
        left.text(1.55, 0.45, "abstains", ha="center", color=drawing.GREY)
        _curves(left, shown.thresholds)
        drawing.legend(left, "upper left")
        draw_regimes(right, shown.regimes, LARGEST)
        right.set_title(f"Regimes that deter a gain of {drawing.number(GAIN)}")
        right.text(0.85, 0.45, "offends", ha="center", color=drawing.GREY)
        right.text(0.8, 2.6, "abstains", ha="center", color=drawing.GREY)
        drawing.legend(right, "lower left")
        return figure


def draw_regimes(axes: Axes, curves: Sequence[Curve], largest: Any) -> None:
    """Curves in the plane of detection and penalty."""
    axes.set(xlabel="Probability of detection, π", ylabel="Penalty, f")
    axes.set(xlim=(0, 1), ylim=(0, float(largest)))
    _curves(axes, curves)


def _curves(axes: Axes, curves: Sequence[Curve]) -> None:
    for curve in curves:
        line = drawing.as_floats(curve.points).T
        axes.plot(*line, color=curve.color, linestyle=curve.style, label=curve.name)


def draw_agent(task: Task, given: Point | None) -> Figure:
    """The regimes that deter an agent, up to a penalty of `task.max_penalty`; `given` is marked."""
    with drawing.styled():
        figure = Figure()
        axes = figure.subplots()
        axes.set_title(f"Regimes that deter a gain of {drawing.number(task.gain)}")
        curve = Curve("indifferent; abstains to the right", drawing.BLUE, "-", regimes(task))
        draw_regimes(axes, [curve] if curve.points else [], task.max_penalty)
        if given is not None:
            drawing.mark(axes, given, color=drawing.VERMILLION, label="this regime")
        axes.set(xlim=(-0.02, 1.02))
        drawing.legend(axes, "upper right")
        return figure


def draw_population(
    gains: Gains | Distribution, regime: Regime, utility: Utility, wealth: Any
) -> Figure:
    """The offence rate of a population over the probability of detection, at a fixed penalty."""
    with drawing.styled():
        figure = Figure()
        axes = figure.subplots()
        axes.set_title(f"Offence rate at a penalty of {drawing.number(regime.penalty)}")
        axes.set(xlabel="Probability of detection, π", ylabel="Share that offends")
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.03, 1.03))
        detections = [Fraction(step, 4 * POINTS) for step in range(4 * POINTS + 1)]
        rates = [
            offence_rate(gains, replace(regime, detection=pi), utility, wealth) for pi in detections
        ]
        line = drawing.as_floats(list(zip(detections, rates, strict=True))).T
        step = "steps-post" if isinstance(gains, Gains) else "default"
        axes.plot(*line, color=drawing.BLUE, drawstyle=step, label="population")
        here = (regime.detection, offence_rate(gains, regime, utility, wealth))
        drawing.mark(axes, here, color=drawing.VERMILLION, label="this regime")
        drawing.legend(axes, "upper right")
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    title = __doc__.partition("\n")[0]
    drawing.save(draw(), folder / "ed_deterrence_regions.svg", title=title)


if __name__ == "__main__":
    main()
