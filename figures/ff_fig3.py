"""Frontier where need is rare: one segment of slope -1 from trust to distrust.

Regenerates Figure 3 of *Friend or Foe* (Section 4) for one subgroup outside [1/3, 2/3].
Up to the trust point, Ber(q) yields (-q, q): a share q is all that the AI can have treated,
rightly or wrongly.  Claims: ff_fig3, ff_prop1, ff_cor1.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.figure import Figure

from figures import drawing
from theory.points import distrust_point, trust_point

RATE = Fraction(1, 4)  # share of the subgroup that needs treatment

Pair = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Segment:
    """Both ends as pairs (worst case, best case), and the slope between them."""

    trust: Pair
    distrust: Pair
    slope: Fraction


def data() -> Segment:
    """Trust and distrust of the subgroup, and the slope of the line through them."""
    trust, distrust = trust_point(RATE), distrust_point(RATE)
    return Segment(trust, distrust, (distrust[1] - trust[1]) / (distrust[0] - trust[0]))


def draw() -> Figure:
    """The segment with its ends and its slope."""
    shown = data()
    ends = [shown.trust, shown.distrust]
    with drawing.styled():
        title = f"One subgroup, p = {drawing.number(RATE)}"
        figure, axes = drawing.payoff_axes(ends, title)
        drawing.draw_frontier(axes, ends)
        for name, point in zip(("T  trust", "D  distrust"), ends, strict=True):
            drawing.mark(axes, point)
            drawing.note(axes, name, point, drawing.BEYOND, fontweight="bold")
        drawing.note_slope(axes, shown.trust, shown.distrust, shown.slope)
        drawing.legend(axes)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig3.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
