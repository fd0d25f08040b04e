"""Where trust, hedge and distrust are corners, for a gain and a loss of any size.

A new result of this toolkit beside *Friend or Foe*, whose model is the line k = 1/2.  Left: for
every share in need p and every threshold k = loss / (gain + loss), which corners the frontier has.
Hedging pays where the default action and the majority agree and a misaligned AI can turn either
share of Ber(p) against the designer.  Right: frontiers at p = 2/5 for three thresholds, payoffs
scaled to gain + loss = 2.
Claims: ff_ext_general_frontier, ff_ext_general_hedge, ff_ext_general_trust.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.general_payoffs import Corner, frontier_corners
from theory.population import Frontier, Policy

RATE = Fraction(2, 5)
THRESHOLDS = (Fraction(7, 20), Fraction(1, 2), Fraction(3, 4))
COLOURS = (drawing.GREEN, drawing.BLUE, drawing.VERMILLION)
STEPS = 60  # points of a curved boundary
UNIT = "per patient, in the unit of gain and loss"


@dataclass(frozen=True)
class Shown:
    """`low`, `high`: (p, k) on the curves p = k/(1+k) and p = 1/(2-k); `chains`: k -> corners."""

    low: tuple[tuple[Fraction, Fraction], ...]
    high: tuple[tuple[Fraction, Fraction], ...]
    chains: dict[Fraction, tuple[Corner, ...]]


def data() -> Shown:
    """The boundaries of the left panel and the frontiers of the right one."""
    levels = [Fraction(step, STEPS) for step in range(STEPS + 1)]
    return Shown(
        tuple((k / (1 + k), k) for k in levels),
        tuple((1 / (2 - k), k) for k in levels),
        {k: frontier_corners(RATE, 2 * (1 - k), 2 * k) for k in THRESHOLDS},
    )


def draw() -> Figure:
    """Two panels: the map of corners, and three frontiers."""
    shown = data()
    with drawing.styled():
        figure = Figure(figsize=(9.2, 4.4))
        figure.subplots_adjust(left=0.07, right=0.985, bottom=0.16, top=0.92, wspace=0.24)
        left, right = figure.subplots(1, 2)
        _map(left, shown)
        _frontiers(right, shown)
        return figure


def _map(axes: Axes, shown: Shown) -> None:
    low, high = drawing.as_floats(shown.low), drawing.as_floats(shown.high)
    for curve, clip in ((low, np.minimum), (high, np.maximum)):
        rates, levels = curve.T
        axes.fill_betweenx(levels, rates, clip(levels, 0.5), facecolor=drawing.SHADE, zorder=0)
    axes.plot(*low.T, color=drawing.BLUE, zorder=2)
    axes.plot(*high.T, color=drawing.BLUE, zorder=2)
    axes.plot([0, 1], [0, 1], color=drawing.INK, linewidth=0.9, linestyle="--", zorder=1)
    axes.plot([0.5, 0.5], [0, 1], color=drawing.INK, linewidth=0.9, linestyle=":", zorder=1)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title="Corners of the frontier")
    axes.set(xlabel="Share in need of treatment, p", ylabel="Threshold, k = loss / (gain + loss)")
    for text, at in (
        ("T, D", (0.14, 0.6)),
        ("T, D", (0.86, 0.4)),
        ("T, H, D", (0.428, 0.535)),
        ("T, H, D", (0.572, 0.465)),
        ("T, D", (0.585, 0.8)),
        ("T, D", (0.415, 0.2)),
    ):
        axes.text(*at, text, ha="center", va="center", fontsize=8)
    axes.text(0.30, 0.93, "p = k/(1+k)", ha="center", color=drawing.BLUE, fontsize=8)
    axes.text(0.70, 0.05, "p = 1/(2−k)", ha="center", color=drawing.BLUE, fontsize=8)
    axes.text(0.93, 0.8, "p = k", ha="center", fontsize=8)


def _frontiers(axes: Axes, shown: Shown) -> None:
    points = [corner.point for chain in shown.chains.values() for corner in chain]
    axes.set_title(f"One subgroup, p = {drawing.number(RATE)}, gain + loss = 2")
    axes.set(xlabel=f"Worst-case payoff {UNIT}", ylabel="Best-case payoff")
    drawing.fit(axes, points, (0.08, 0.12, 0.2, 0.1))
    for (k, chain), colour in zip(shown.chains.items(), COLOURS, strict=True):
        label = f"k = {drawing.number(k)}"
        line = drawing.as_floats([corner.point for corner in chain])
        axes.plot(*line.T, color=colour, zorder=2, label=label)
        for corner in chain:
            drawing.mark(axes, corner.point, corner.attained, color=colour)
            if corner.name != "distrust":
                drawing.note(
                    axes, corner.name[0].upper(), corner.point, drawing.BEYOND, color=colour
                )
    drawing.legend(axes, "lower left")


def draw_general_frontier(
    frontier: Frontier, gain: Fraction, loss: Fraction, policy: Policy | None = None
) -> Figure:
    """The frontier of a population for one gain and loss, with the point that `policy` reaches."""
    with drawing.styled():
        title = f"Gain {drawing.number(gain)}, loss {drawing.number(loss)}"
        figure, axes = drawing.payoff_axes(frontier.vertices, title)
        axes.set(xlabel=f"Worst-case payoff\n({UNIT})", ylabel=f"Best-case payoff\n({UNIT})")
        drawing.draw_frontier(axes, frontier.vertices)
        for vertex in (frontier.vertices[0], frontier.vertices[-1]):
            drawing.mark(axes, vertex)
        if policy is not None:
            drawing.mark_optimal(axes, policy)
        drawing.legend(axes)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    title = __doc__.partition("\n")[0]
    drawing.save(draw(), folder / "ff_general_payoffs.svg", title=title)


if __name__ == "__main__":
    main()
