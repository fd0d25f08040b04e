"""Shares of patients whose treatment an AI can induce, for every share in need.

Regenerates Figure 9 of *Friend or Foe* (Appendix B.1.1), the set BP(p) of Lemma B.1.  A share
q is inducible where some report reads at least 1/2 on q of the patients, less than 1/2 on the
rest, and averages to p.  At p = 1 everyone is treated, so BP(1) = {1}; the interval that
Lemma B.1 prints is empty there.  Claims: ff_fig9, ff_lemma_b1.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.admissible import is_inducible_by_definition

HALF = Fraction(1, 2)
CORNERS = (Fraction(0), HALF, Fraction(1))  # BP's ends are straight lines between these p

Pair = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Interval:
    """The inducible shares at one p, from `low` to `high`, with or without the ends."""

    p: Fraction
    low: Fraction
    high: Fraction
    has_low: bool
    has_high: bool


def inducible(p: Fraction, q: Fraction) -> bool:
    """Whether the AI can have exactly a share q treated: an event of mass q is inducible."""
    if 0 < q < 1:
        return is_inducible_by_definition(p, (q, 1 - q), {0})
    return is_inducible_by_definition(p, (Fraction(1),), {0} if q == 1 else set())


def interval(p: Fraction) -> Interval:
    """The inducible shares at p: those q whose mean report, from q/2 to (1 + q)/2, can be p."""
    low, high = max(Fraction(0), 2 * p - 1), min(Fraction(1), 2 * p)
    return Interval(p, low, high, inducible(p, low), inducible(p, high))


def data() -> tuple[Interval, ...]:
    """The intervals at p = 0, 1/2, 1, between which both ends are straight."""
    return tuple(interval(p) for p in CORNERS)


def draw() -> Figure:
    """The region over p: solid edges belong to it, dashed ones do not."""
    corners = data()
    with drawing.styled():
        figure = Figure(figsize=(4.4, 4.35))
        figure.subplots_adjust(left=0.13, right=0.97, bottom=0.12, top=0.97)
        axes = figure.subplots()
        axes.set(xlabel="Share in need of treatment, p", ylabel="Share treated, q")
        axes.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), aspect="equal")
        outline = [(c.p, c.low) for c in corners] + [(c.p, c.high) for c in reversed(corners)]
        axes.fill(*drawing.as_floats(outline).T, facecolor=drawing.SHADE, linewidth=0)
        for left, right in pairwise(corners):
            between = interval((left.p + right.p) / 2)
            _edge(axes, (left.p, left.low), (right.p, right.low), between.has_low)
            _edge(axes, (left.p, left.high), (right.p, right.high), between.has_high)
        for corner in corners:
            drawing.mark(axes, (corner.p, corner.low), corner.has_low, label="_none")
            drawing.mark(axes, (corner.p, corner.high), corner.has_high, label="_none")
        axes.text(0.5, 0.5, "BP(p)", fontsize=11, ha="center", va="center")
        drawing.note(axes, "q = 2p", (0.25, 0.5), (-7, 3))
        drawing.note(axes, "q = 2p − 1", (0.75, 0.5), (8, -3))
        for style, label in (("-", "edge in BP(p)"), ("--", "edge not in BP(p)")):
            axes.plot([], [], color=drawing.BLUE, linestyle=style, label=label)
        drawing.legend(axes, "lower right")
        return figure


def _edge(axes: Axes, start: Pair, end: Pair, included: bool) -> None:
    line = drawing.as_floats([start, end]).T
    axes.plot(*line, color=drawing.BLUE, linestyle="-" if included else "--", zorder=2)


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig9.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
