"""Frontier of one subgroup with balanced need: trust, hedge and distrust.

Regenerates Figure 1 of *Friend or Foe* (Section 1) for a subgroup inside (1/3, 2/3), where
the frontier bends once.  The edge T-H is flatter than H-D: the first steps back from trust
cost little of the best case.  Claims: ff_fig1, ff_lemma1, ff_sigma.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.figure import Figure

from figures import drawing
from theory.points import distrust_point, hedge_point, trust_hedge_slope, trust_point

RATE = Fraction(3, 8)  # share of the subgroup that needs treatment

Pair = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class OneSubgroup:
    """The frontier's points as pairs (worst case, best case), and the slopes of its edges."""

    trust: Pair
    hedge: Pair
    distrust: Pair
    slopes: tuple[Fraction, Fraction]


def data() -> OneSubgroup:
    """The three points and the slopes of T-H (closed form) and H-D (from its end points)."""
    trust, hedge, distrust = trust_point(RATE), hedge_point(RATE), distrust_point(RATE)
    hedge_distrust = (distrust[1] - hedge[1]) / (distrust[0] - hedge[0])
    return OneSubgroup(trust, hedge, distrust, (trust_hedge_slope(RATE), hedge_distrust))


def draw() -> Figure:
    """The frontier with its points and slopes."""
    shown = data()
    vertices = [shown.trust, shown.hedge, shown.distrust]
    with drawing.styled():
        title = f"One subgroup, p = {drawing.number(RATE)}"
        figure, axes = drawing.payoff_axes(vertices, title)
        drawing.draw_frontier(axes, vertices)
        drawing.mark(axes, shown.trust)
        drawing.mark(axes, shown.hedge, attained=False)
        drawing.mark(axes, shown.distrust)
        for name, point in zip(("T  trust", "H  hedge", "D  distrust"), vertices, strict=True):
            drawing.note(axes, name, point, drawing.BEYOND, fontweight="bold")
        drawing.note_slope(axes, shown.trust, shown.hedge, shown.slopes[0])
        drawing.note_slope(axes, shown.hedge, shown.distrust, shown.slopes[1])
        drawing.legend(axes)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig1.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
