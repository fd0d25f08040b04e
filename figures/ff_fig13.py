"""Frontiers for several weights on an adversarial Nature.

Regenerates Figure 13 of *Friend or Foe* (Appendix G, Proposition G.1): below p = 1/3 the frontier
is the segment from (0, 0) to (-beta p, (1-beta) p), so its slope, -(1-beta)/beta, falls from level
to vertical as beta does.  All trust points lie on the line best - worst = p.
Claims: ff_fig13, ff_prop_g1.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from matplotlib.figure import Figure

from figures import drawing
from theory.hurwicz import hurwicz_corners

RATE = Fraction(3, 10)  # share of the subgroup that needs treatment
WEIGHTS = tuple(Fraction(k, 4) for k in (1, 2, 3))  # on an adversarial Nature
COLOURS = (drawing.GREEN, drawing.BLUE, drawing.VERMILLION)
LEFTWARDS = (-6, 5)  # where the trust points' names stand
MARGINS = (0.36, 0.08, 0.17, 0.12)  # room for them: left, right, below, above

Pair = tuple[Fraction, Fraction]


def data() -> dict[Fraction, tuple[Pair, ...]]:
    """The frontier's corners from trust to distrust, for each weight."""
    return {beta: tuple(corner.point for corner in hurwicz_corners(RATE, beta)) for beta in WEIGHTS}


def draw() -> Figure:
    """One segment for each weight."""
    return draw_hurwicz_frontiers(RATE, WEIGHTS)


def draw_hurwicz_frontiers(p: Fraction, weights: Sequence[Fraction]) -> Figure:
    """The frontiers of one subgroup with rate `p`, one for each weight in [0, 1]."""
    chains = {beta: hurwicz_corners(p, beta) for beta in weights}
    points = [corner.point for chain in chains.values() for corner in chain]
    with drawing.styled():
        figure = Figure()
        axes = figure.subplots()
        axes.set_title(f"One subgroup, p = {drawing.number(p)}")
        drawing.label_payoff_axes(axes)
        drawing.fit(axes, points, MARGINS)
        for (beta, chain), colour in zip(
            chains.items(), COLOURS * (1 + len(chains) // len(COLOURS)), strict=False
        ):
            line = drawing.as_floats([corner.point for corner in chain])
            label = f"β = {drawing.number(beta)}"
            axes.plot(*line.T, color=colour, zorder=2, label=label)
            for corner in chain[:-1]:
                drawing.mark(axes, corner.point, corner.attained, color=colour)
            if len(chain) > 1 or chain[0].name != "distrust":
                drawing.note(
                    axes,
                    f"T = {drawing.pair(chain[0].point)}",
                    chain[0].point,
                    LEFTWARDS,
                    color=colour,
                )
        last = next(iter(chains.values()))[-1]
        drawing.mark(axes, last.point, last.attained, color=drawing.INK)
        drawing.note(axes, last.name[0].upper(), last.point, drawing.BEYOND, fontweight="bold")
        drawing.legend(axes, "lower left")
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig13.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
