"""Worst and best payoff as the treated share grows from nobody to everybody.

Regenerates Figure 10 of *Friend or Foe* (Appendix B.1.2): the curve of pairs
(phi_W(q), phi_B(q)), which bends at q = p (the needy have all been treated) and at q = 1 - p
(the others have), in that order up to p = 1/2 and in the other above.
Claims: ff_fig10, ff_phi_w, ff_phi_b.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.delegation import best_targeting, worst_targeting

RATES = (Fraction(2, 5), Fraction(3, 5))  # share in need, left and right panel

Pair = tuple[Fraction, Fraction]
BESIDE = {"0": (7, 0), "p": (5, 5), "1 − p": (11, 0), "1": (7, 0)}


@dataclass(frozen=True)
class Curve:
    """The curve's bends and ends in the order of q: names, shares q, pairs (worst, best)."""

    p: Fraction
    names: tuple[str, ...]
    shares: tuple[Fraction, ...]
    points: tuple[Pair, ...]


def data() -> tuple[Curve, ...]:
    """One curve per panel; between two successive points it is straight."""
    return tuple(_curve(p) for p in RATES)


def _curve(p: Fraction) -> Curve:
    named = {"0": Fraction(0), "p": p, "1 − p": 1 - p, "1": Fraction(1)}
    names = tuple(sorted(named, key=lambda name: named[name]))
    shares = tuple(named[name] for name in names)
    points = tuple((worst_targeting(p, q), best_targeting(p, q)) for q in shares)
    return Curve(p, names, shares, points)


def draw() -> Figure:
    """Two panels on the same scales."""
    curves = data()
    with drawing.styled():
        figure = Figure(figsize=(6.6, 3.6))
        figure.subplots_adjust(left=0.125, right=0.985, bottom=0.15, top=0.92, wspace=0.08)
        panels = figure.subplots(1, 2, sharex=True, sharey=True)
        drawing.label_payoff_axes(panels[0])
        panels[0].set_xlabel("")
        figure.supxlabel(f"Worst-case payoff ({drawing.UNIT})", y=0.02)
        everything = [point for curve in curves for point in curve.points]
        for axes, curve, condition in zip(panels, curves, ("p ≤ 1/2", "p > 1/2"), strict=True):
            drawing.fit(axes, everything, margins=(0.07, 0.17, 0.06, 0.1))
            _draw_curve(axes, curve)
            axes.set_title(f"{condition}, here {drawing.number(curve.p)}")
        return figure


def _draw_curve(axes: Axes, curve: Curve) -> None:
    line = drawing.as_floats(curve.points)
    axes.plot(*line.T, color=drawing.BLUE)
    for start, end in pairwise(line):
        axes.annotate(
            "",
            start + 0.62 * (end - start),
            start + 0.45 * (end - start),
            arrowprops={"arrowstyle": "-|>", "color": drawing.BLUE, "mutation_scale": 16},
        )
    for name, point in zip(curve.names, curve.points, strict=True):
        drawing.mark(axes, point)
        drawing.note(axes, f"q = {name}", point, BESIDE[name])


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig10.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
