"""Frontier of one subgroup when the AI's knowledge is bounded: one segment or two.

Regenerates Figure 6 of *Friend or Foe* (Section 6.2): with P(Y = 1 | X1) known to lie in
[low, high], the frontier is a segment from T to D for p below p1, and bends at H for p between
p1 and p2.  The bounds are not symmetric around 1/2, so neither edge to D has slope -1.  For
comparison, the frontier without bounds.
Claims: ff_fig6, ff_lemma4, ff_lemma5, ff_tau_slope.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.bounded import UNBOUNDED, Bounds
from theory.bounded_definition import frontier_by_definition

BOUNDS = (Fraction(1, 10), Fraction(4, 5))
RATES = (Fraction(3, 10), Fraction(21, 50))  # below p1 = 39/110; between p1 and p2 = 9/20

Pair = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Panel:
    """One subgroup: its rate, the corners from T to D under the bounds and without them."""

    p: Fraction
    bounds: Bounds
    corners: tuple[Pair, ...]
    unbounded: tuple[Pair, ...]


def data() -> tuple[Panel, ...]:
    """The corners, from the definitions: the hull of what Bernoulli covariates yield."""
    return tuple(
        Panel(p, BOUNDS, frontier_by_definition(p, BOUNDS), frontier_by_definition(p, UNBOUNDED))
        for p in RATES
    )


def draw() -> Figure:
    """One panel per rate, on the same scales."""
    panels = data()
    with drawing.styled():
        figure = Figure(figsize=(6.6, 3.9))
        figure.subplots_adjust(left=0.125, right=0.985, bottom=0.15, top=0.92, wspace=0.08)
        both = figure.subplots(1, 2, sharex=True, sharey=True)
        drawing.label_payoff_axes(both[0])
        both[0].set_xlabel("")
        figure.supxlabel(f"Worst-case payoff ({drawing.UNIT})", y=0.02)
        everything = [point for panel in panels for point in (*panel.corners, *panel.unbounded)]
        for axes, panel in zip(both, panels, strict=True):
            drawing.fit(axes, everything, margins=(0.06, 0.08, 0.24, 0.1))
            _draw_panel(axes, panel)
        low, high = (drawing.number(end) for end in BOUNDS)
        for axes, panel in zip(both, panels, strict=True):
            axes.set_title(f"p = {drawing.number(panel.p)}, bounds {low} and {high}")
        drawing.legend(both[1])
        return figure


def _draw_panel(axes: Axes, panel: Panel) -> None:
    unbounded = drawing.as_floats(panel.unbounded)
    axes.plot(*unbounded.T, color=drawing.GREY, linestyle="--", zorder=1, label="without bounds")
    drawing.draw_frontier(axes, panel.corners, label="frontier under the bounds")
    names = "THD" if len(panel.corners) == 3 else "TD"
    for name, point in zip(names, panel.corners, strict=True):
        drawing.mark(axes, point, attained=name != "H")
        drawing.note(axes, name, point, drawing.WITHIN, fontweight="bold")


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig6.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
