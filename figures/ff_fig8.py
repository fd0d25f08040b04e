"""The best lower bound on informativeness as the weight on the worst case grows.

Regenerates Figure 8 of *Friend or Foe* (Section 6.3): the lower bound is 0 for small weights,
then rises, and reaches p where distrust sets in.  The upper bound is 1 throughout.
Claims: ff_fig8, ff_prop3_corrected.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.figure import Figure

from figures import drawing
from theory.optimal_bounds import optimal_bounds

RATES = (Fraction(1, 10), Fraction(1, 5), Fraction(3, 10))
STEPS = 200  # weights drawn per curve
COLORS = (drawing.GREEN, drawing.BLUE, drawing.VERMILLION)


@dataclass(frozen=True)
class Curve:
    """Best lower bounds at one p: `weights` and `lows`, the nearest floats, of equal length."""

    p: Fraction
    weights: tuple[Fraction, ...]
    lows: tuple[float, ...]


def data() -> tuple[Curve, ...]:
    """One curve per rate, smallest first."""
    weights = tuple(Fraction(step, STEPS) for step in range(STEPS + 1))
    return tuple(
        Curve(p, weights, tuple(float(optimal_bounds(p, w).low) for w in weights)) for p in RATES
    )


def draw() -> Figure:
    """The curves over alpha."""
    with drawing.styled():
        figure = Figure(figsize=(5.4, 3.6))
        figure.subplots_adjust(left=0.12, right=0.86, bottom=0.13, top=0.97)
        axes = figure.subplots()
        axes.set(xlabel="Weight on the worst case, α", ylabel="Best lower bound")
        axes.set(xlim=(0, 1), ylim=(-0.01, 0.33))
        for curve, color in zip(data(), COLORS, strict=True):
            axes.plot([float(w) for w in curve.weights], curve.lows, color=color)
            text = f"p = {drawing.number(curve.p)}"
            drawing.note(axes, text, (1, curve.lows[-1]), (5, 0), color=color)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig8.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
