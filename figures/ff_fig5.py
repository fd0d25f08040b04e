"""Frontier of a population of several subgroups: reliance is withdrawn edge by edge.

Regenerates Figure 5 of *Friend or Foe* (Section 5.3, Theorem 1).  Each subgroup whose need is
balanced hedges on an edge of its own, in the order of slope; all subgroups share the last edge,
of slope -1, to distrust.  Claims: ff_fig5, ff_theorem1, ff_sigma, ff_minkowski.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from figures import drawing
from theory.population import Frontier, Subgroups, population_frontier

# Name, share of the population, share of the subgroup that needs treatment
POPULATION = (
    ("rare need", Fraction(1, 10), Fraction(1, 5)),
    ("skewed", Fraction(3, 10), Fraction(7, 20)),
    ("balanced", Fraction(1, 4), Fraction(9, 20)),
    ("mostly in need", Fraction(1, 4), Fraction(3, 5)),
    ("nearly all in need", Fraction(1, 10), Fraction(4, 5)),
)


@dataclass(frozen=True)
class Population:
    """The subgroups and their frontier."""

    subgroups: Subgroups
    frontier: Frontier


def data() -> Population:
    """The frontier, in exact fractions."""
    subgroups = Subgroups(
        names=tuple(name for name, _, _ in POPULATION),
        shares=np.array([share for _, share, _ in POPULATION]),
        rates=np.array([rate for _, _, rate in POPULATION]),
    )
    return Population(subgroups, population_frontier(subgroups))


def draw() -> Figure:
    """The frontier with its vertices named and its edges' slopes."""
    shown = data()
    vertices, slopes = shown.frontier.vertices, shown.frontier.slopes
    with drawing.styled():
        title = drawing.population_title(shown.subgroups)
        figure, axes = drawing.payoff_axes(vertices, title)
        drawing.draw_frontier(axes, vertices)
        drawing.mark_vertices(axes, shown.subgroups, shown.frontier, drawing.WITHIN)
        for (start, end), slope in zip(pairwise(vertices), slopes, strict=True):
            drawing.note_slope(axes, start, end, slope)
        drawing.legend(axes)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig5.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
