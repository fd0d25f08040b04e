"""Frontier at p = 2/5, and the pairs that Bernoulli covariates really yield.

Regenerates Figure 4 of *Friend or Foe* (Section 5.2, Example 3): T = (-3/5, 2/5),
H = (-1/5, 1/5), D = (0, 0).  The pairs of Ber(q) are found from the definitions, by trying every
event.  They run from D up to just below H, jump at q = 1/5, where the commoner value can be
treated too, and reach T at q = 2/5.  (In between, the text of Example 3 gives (-(1 - q), q); as
only 3/5 of the patients do not need treatment, the worst case is 2p - 1 - q, which agrees
with it at q = 2/5 only.)
Claims: ff_fig4, ff_example2, ff_example3, ff_lemma2.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.figure import Figure

from figures import drawing
from theory.admissible import extremes_by_enumeration
from theory.points import distrust_point, hedge_point, trust_point

RATE = Fraction(2, 5)  # share of the subgroup that needs treatment
STEPS = 40  # Ber(q) for q = 0, 1/80, ..., 1/2

Pair = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Example:
    """The frontier's points, and what Ber(q) yields: q -> (worst case, best case)."""

    trust: Pair
    hedge: Pair
    distrust: Pair
    yielded: dict[Fraction, Pair]


def data() -> Example:
    """The closed forms, and the yields by enumeration of events."""
    shares = (Fraction(step, 2 * STEPS) for step in range(STEPS + 1))
    yielded = {q: bernoulli_yields(q) for q in shares}
    return Example(trust_point(RATE), hedge_point(RATE), distrust_point(RATE), yielded)


def bernoulli_yields(q: Fraction) -> Pair:
    """The pair of the covariate Ber(q), from the definitions."""
    extremes = extremes_by_enumeration(RATE, (q, 1 - q) if q else (Fraction(1),))
    return extremes.worst.value, extremes.best.value


def draw() -> Figure:
    """The frontier, and one dot per Bernoulli covariate."""
    shown = data()
    vertices = [shown.trust, shown.hedge, shown.distrust]
    with drawing.styled():
        title = f"One subgroup, p = {drawing.number(RATE)}"
        figure, axes = drawing.payoff_axes(vertices, title)
        drawing.draw_frontier(axes, vertices)
        drawing.mark(axes, shown.trust)
        drawing.mark(axes, shown.hedge, attained=False)
        drawing.mark(axes, shown.distrust)
        for name, point in zip("THD", vertices, strict=True):
            drawing.note(axes, f"{name} = {drawing.pair(point)}", point, drawing.BEYOND)
        axes.plot(
            *drawing.as_floats(list(shown.yielded.values())).T,
            marker="o",
            markersize=3,
            markeredgewidth=0,
            linestyle="none",
            color=drawing.VERMILLION,
            zorder=4,
            label="what Ber(q) yields, 0 ≤ q ≤ 1/2",
        )
        tipping = 1 - 2 * RATE
        text = f"q = {drawing.number(tipping)}: {drawing.pair(shown.yielded[tipping])}"
        drawing.note(axes, text, shown.yielded[tipping], (0, -6), color=drawing.VERMILLION)
        drawing.legend(axes)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig4.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
