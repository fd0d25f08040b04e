"""Worst and best payoff under bounds, as the treated share grows from nobody to everybody.

Regenerates Figure 12 of *Friend or Foe* (Section E.2): the curve of pairs
(phi_W(q), phi_B(q)), which bends at q = u, where the best case turns, and at q = 1 - u, where the
worst case does.  Whether u or 1 - u comes first depends on p and (low + high)/2, and whether
treating nobody (q = 0) or everybody (q = 1) is the default depends on p and 1/2; so there are
four panels.  Without bounds the two thresholds coincide and (b) and (d) do not occur.
Claims: ff_fig12, ff_phi_tau.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.bounded import Bounds, best_targeting, trust_share, worst_targeting

Pair = tuple[Fraction, Fraction]

TENTH = Fraction(1, 10)
CASES: dict[str, tuple[Fraction, Bounds]] = {
    "a": (Fraction(2, 5), (TENTH, 9 * TENTH)),
    "b": (Fraction(11, 20), (Fraction(3, 10), Fraction(1))),
    "c": (Fraction(3, 5), (TENTH, 9 * TENTH)),
    "d": (Fraction(9, 20), (Fraction(0), Fraction(7, 10))),
}
CONDITIONS = {
    "a": "p ≤ 1/2, p ≤ (low + high)/2",
    "b": "p > 1/2, p ≤ (low + high)/2",
    "c": "p > 1/2, p > (low + high)/2",
    "d": "p ≤ 1/2, p > (low + high)/2",
}
BESIDE = {"0": (7, 0), "u": (5, 5), "1 − u": (-7, 0), "1": (7, 0)}


@dataclass(frozen=True)
class Curve:
    """The curve's bends and ends in the order of q: names, shares q, pairs (worst, best)."""

    p: Fraction
    bounds: Bounds
    names: tuple[str, ...]
    shares: tuple[Fraction, ...]
    points: tuple[Pair, ...]


def data() -> dict[str, Curve]:
    """One curve per panel; between two successive points it is straight."""
    return {panel: _curve(p, bounds) for panel, (p, bounds) in CASES.items()}


def _curve(p: Fraction, bounds: Bounds) -> Curve:
    share = trust_share(p, *bounds)
    named = {"0": Fraction(0), "u": share, "1 − u": 1 - share, "1": Fraction(1)}
    names = tuple(sorted(named, key=lambda name: named[name]))
    shares = tuple(named[name] for name in names)
    points = tuple((worst_targeting(p, q, *bounds), best_targeting(p, q, *bounds)) for q in shares)
    return Curve(p, bounds, names, shares, points)


def draw() -> Figure:
    """Four panels on the same scales; the pair without information is a diamond."""
    curves = data()
    with drawing.styled():
        figure = Figure(figsize=(6.6, 6.2))
        figure.subplots_adjust(
            left=0.125, right=0.985, bottom=0.1, top=0.935, wspace=0.08, hspace=0.32
        )
        panels = figure.subplots(2, 2, sharex=True, sharey=True)
        figure.supxlabel(f"Worst-case payoff ({drawing.UNIT})", y=0.015)
        figure.supylabel(f"Best-case payoff ({drawing.UNIT})", x=0.01)
        everything = [point for curve in curves.values() for point in curve.points]
        for axes, (panel, curve) in zip(panels.flat, curves.items(), strict=True):
            drawing.fit(axes, everything, margins=(0.27, 0.16, 0.07, 0.14))
            _draw_curve(axes, curve)
            low, high = (drawing.number(end) for end in curve.bounds)
            rate = f"p = {drawing.number(curve.p)}, bounds {low} and {high}"
            axes.set_title(f"({panel}) {CONDITIONS[panel]}\n{rate}")
        drawing.legend(panels[0, 0], "upper right")
        share = "u = (p − low)/(high − low)"
        panels[0, 1].text(
            0.98, 0.97, share, transform=panels[0, 1].transAxes, ha="right", va="top", fontsize=8
        )
        return figure


def _draw_curve(axes: Axes, curve: Curve) -> None:
    line = drawing.as_floats(curve.points)
    axes.plot(*line.T, color=drawing.BLUE)
    for start, end in pairwise(line):
        axes.annotate(
            "",
            start + 0.8 * (end - start),
            start + 0.55 * (end - start),
            arrowprops={
                "arrowstyle": "-|>",
                "color": drawing.BLUE,
                "mutation_scale": 11,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
    default = curve.points[0 if 2 * curve.p <= 1 else -1]
    for name, point in zip(curve.names, curve.points, strict=True):
        if point != default:
            drawing.mark(axes, point)
        drawing.note(axes, f"q = {name}", point, BESIDE[name])
    drawing.mark(axes, default, color=drawing.VERMILLION, marker="D", label="no information")


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig12.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
