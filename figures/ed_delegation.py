"""What deterrence does to delegation: more is disclosed at high weights, less at middling ones.

Own extension of *Friend or Foe*: a misaligned AI lies only where best minus worst exceeds the
bound B = detection probability times penalty over the AI's gain per unit.  Above, the
designer's value and the disclosure she chooses, by the weight alpha on misalignment; below,
what can be disclosed while it deters, by B.  Two subgroups: rare need, and balanced need.
Claims: ed_ext_strategic_value, ed_ext_strategic_thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.strategic_delegation import (
    Disclosure,
    deterred_reach,
    largest_disclosure,
    optimal_disclosure,
    trust_threshold,
)

RATE, BALANCED = Fraction(1, 4), Fraction(2, 5)
BOUNDS = (Fraction(0), Fraction(1, 10), Fraction(1, 4), Fraction(2, 5))
COLORS = (drawing.GREY, drawing.BLUE, drawing.VERMILLION, drawing.GREEN)
WEIGHTS = tuple(Fraction(step, 200) for step in range(201))
REACH_BOUNDS = tuple(Fraction(step, 100) for step in range(111))


@dataclass(frozen=True)
class Deterrence:
    """By bound: the best disclosures over the weights, the threshold; by rate: the reach."""

    choices: dict[Fraction, tuple[Disclosure, ...]]
    thresholds: dict[Fraction, Fraction]
    reach: dict[Fraction, tuple[Fraction, ...]]


def data() -> Deterrence:
    """Everything in exact fractions."""
    return Deterrence(
        {b: tuple(optimal_disclosure(RATE, alpha, b) for alpha in WEIGHTS) for b in BOUNDS},
        {b: trust_threshold(RATE, b) for b in BOUNDS},
        {p: tuple(deterred_reach(p, b) for b in REACH_BOUNDS) for p in (RATE, BALANCED)},
    )


def draw() -> Figure:
    """Value, disclosure, and what deters."""
    shown = data()
    with drawing.styled():
        figure = Figure(figsize=(6.9, 5.9))
        figure.subplots_adjust(
            left=0.1, right=0.98, bottom=0.08, top=0.95, wspace=0.28, hspace=0.38
        )
        grid = figure.add_gridspec(2, 2)
        _draw_value(figure.add_subplot(grid[0, 0]), shown)
        _draw_disclosure(figure.add_subplot(grid[0, 1]), shown)
        _draw_reach(figure.add_subplot(grid[1, :]), shown)
        return figure


def _draw_value(axes: Axes, shown: Deterrence) -> None:
    axes.set_title(f"The designer's value, p = {drawing.number(RATE)}")
    axes.set_xlabel("Probability α that the AI is misaligned")
    axes.set_ylabel("Payoff per patient")
    for bound, color in zip(BOUNDS, COLORS, strict=True):
        values = [float(choice.value) for choice in shown.choices[bound]]
        label = f"B = {drawing.number(bound)}" + (" (the paper)" if not bound else "")
        axes.plot([float(a) for a in WEIGHTS], values, color=color, label=label)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.01, 0.34)
    axes.legend(loc="upper right", ncols=2)


def _draw_disclosure(axes: Axes, shown: Deterrence) -> None:
    axes.set_title("What is disclosed")
    axes.set_xlabel("Probability α that the AI is misaligned")
    axes.set_ylabel("Rate q of the covariate Ber(q)")
    for bound, color in zip(BOUNDS, COLORS, strict=True):
        threshold = shown.thresholds[bound]
        for trusted in (True, False):
            part = [
                (float(alpha), float(choice.q))
                for alpha, choice in zip(WEIGHTS, shown.choices[bound], strict=True)
                if (alpha < threshold) == trusted
            ]
            if part:
                axes.plot(*zip(*part, strict=True), color=color, ls="--" if trusted else "-")
    axes.plot([], [], color=drawing.INK, ls="--", label="undeterred, trusted")
    axes.plot([], [], color=drawing.INK, ls="-", label="deterring (or nothing)")
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.01, 0.34)
    axes.legend(loc="upper right")


def _draw_reach(axes: Axes, shown: Deterrence) -> None:
    axes.set_title("What can be disclosed so that a misaligned AI behaves as an aligned one")
    axes.set_xlabel("Bound B = detection probability × penalty / gain of the AI per unit of harm")
    axes.set_ylabel("Gain in best case, u")
    for (p, reach), color in zip(shown.reach.items(), (drawing.BLUE, drawing.ORANGE), strict=True):
        axes.plot(
            [float(b) for b in REACH_BOUNDS],
            [float(u) for u in reach],
            color=color,
            label=f"p = {drawing.number(p)}",
        )
    single = largest_disclosure(BALANCED)[1]
    drawing.note(
        axes,
        "more penalty buys nothing:\nthe other share can be got treated too",
        (float(2 * single), float(single)),
        (4, -8),
        color=drawing.ORANGE,
    )
    axes.set_xlim(0, 1.1)
    axes.set_ylim(0, 0.45)
    axes.legend(loc="upper left")


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ed_delegation.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
