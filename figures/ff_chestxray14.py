"""Frontier of the ChestX-ray14 subgroups, with the optimal points at three weights.

An application of Theorems 1 and 2 of *Friend or Foe* (Section 5.3) to observed rates: the table
`data/chestxray14_subgroups.csv` counts the images of each age bracket, sex and view (n), and
those with any finding (positives), which are read as patients in need of treatment.
Claims: ff_theorem1, ff_theorem2.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.figure import Figure

from figures import drawing
from theory.groups_csv import read_groups
from theory.population import Frontier, Policy, Subgroups, optimal_policy, population_frontier

TABLE = Path(__file__).parent / "data" / "chestxray14_subgroups.csv"
WEIGHTS = (Fraction(3, 10), Fraction(2, 5), Fraction(3, 5))  # on the worst case
COLOURS = (drawing.GREEN, drawing.ORANGE, drawing.VERMILLION)


@dataclass(frozen=True)
class Application:
    """The observed subgroups, their frontier, and the best policy at each weight."""

    subgroups: Subgroups
    frontier: Frontier
    policies: tuple[Policy, ...]


def data() -> Application:
    """The frontier and the policies, exact for the counts in the table."""
    subgroups = read_groups(TABLE, exact=True)
    policies = tuple(optimal_policy(subgroups, alpha) for alpha in WEIGHTS)
    return Application(subgroups, population_frontier(subgroups), policies)


def draw() -> Figure:
    """The frontier, its vertices, and a diamond for each weight."""
    shown = data()
    figure = drawing.draw_population_frontier(shown.subgroups, shown.frontier)
    axes = figure.axes[0]
    with drawing.styled():
        axes.set_title(f"ChestX-ray14, {drawing.population_title(shown.subgroups)}")
        for policy, colour in zip(shown.policies, COLOURS, strict=True):
            drawing.mark_optimal(axes, policy, colour)
        drawing.legend(axes)
    return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_chestxray14.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
