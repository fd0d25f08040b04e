"""Which bounds and which point are best, for every share in need and every weight.

Regenerates Figure 7 of *Friend or Foe* (Section 6.3, Proposition 3) and carries it on beyond
p = 1/3.  Between 1/3 and 2/3 two regions are new: trust with bounds (0, 1), where the designer
accepts that a misaligned AI can have the other share treated, and hedging, where the bounds
are just tight enough to rule that out.  Claims: ff_fig7, ff_prop3_extended.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from figures import drawing
from theory.optimal_bounds import (
    OptimalBounds,
    distrust_weight,
    hedging_share,
    least_interior_weight,
    optimal_bounds,
)

RATES = 161  # points of each boundary between p = 0 and p = 1/2
COLORS = {
    "trust (0,1)": "#BFD9EC",
    "trust": "#DCEBF5",
    "hedge": "#F6DDB0",
    "distrust": "#EEEEEE",
}


@dataclass(frozen=True)
class Boundaries:
    """Weights at which the best choice changes, for `rates` from 0 to 1/2: arrays (n,).

    Up to `trust` the bounds (0, 1) are best, from there to `hedge` hedging (nothing for
    p <= 1/3, where the two are equal), then interior bounds up to `distrust`.
    """

    rates: np.ndarray
    trust: np.ndarray
    hedge: np.ndarray
    distrust: np.ndarray


def region(p: Fraction, alpha: Fraction) -> str:
    """The region of a point: the extreme point, with "(0,1)" where these are its bounds."""
    optimum = optimal_bounds(p, alpha)
    full = (optimum.low, optimum.high) == (0, 1) and optimum.extreme_point == "trust"
    return "trust (0,1)" if full else optimum.extreme_point


def data() -> Boundaries:
    """The boundaries at p <= 1/2; those above are their mirror image."""
    third = 1 / 3
    # Denser towards 1/2, where two boundaries rise like a square root; the trust boundary drops
    # at 1/3, hence the float just below it.
    spread = 0.5 - 0.5 * np.linspace(1, 0, RATES) ** 2
    rates = np.unique(np.append(spread, [np.nextafter(third, 0), third]))
    beyond = rates >= third
    d = np.sqrt((1 - rates) * (1 - 2 * rates) / 2)
    r = hedging_share(rates, d)
    trust = least_interior_weight(rates)
    hedge = trust.copy()
    trust[beyond] = ((rates - r) / (1 - 2 * d))[beyond]
    hedge[beyond] = ((1 - r) ** 2 / (2 * (1 - rates)))[beyond]
    return Boundaries(rates, trust, hedge, distrust_weight(rates))


def draw(chosen: OptimalBounds | None = None) -> Figure:
    """The regions over p and alpha, with a diamond on `chosen`."""
    shown = data()
    rates = np.append(shown.rates, 1 - shown.rates[::-1])
    trust, hedge, distrust = (
        np.append(line, line[::-1]) for line in (shown.trust, shown.hedge, shown.distrust)
    )
    zero, one = np.zeros_like(rates), np.ones_like(rates)
    with drawing.styled():
        figure = Figure(figsize=(5.4, 4.4))
        figure.subplots_adjust(left=0.11, right=0.97, bottom=0.24, top=0.97)
        axes = figure.subplots()
        axes.set(xlabel="Share in need of treatment, p", ylabel="Weight on the worst case, α")
        axes.set(xlim=(0, 1), ylim=(0, 1))
        for name, below, above, label in (
            ("trust (0,1)", zero, trust, "trust, bounds (0, 1)"),
            ("hedge", trust, hedge, "hedge, one bound interior (a limit for p < 1/2)"),
            ("trust", hedge, distrust, "trust, one bound interior"),
            ("distrust", distrust, one, "distrust"),
        ):
            axes.fill_between(rates, below, above, color=COLORS[name], linewidth=0, label=label)
        for line in (trust, hedge, distrust):
            axes.plot(rates, line, color=drawing.BLUE, linewidth=1.2)
        axes.axvline(1 / 3, color=drawing.GREY, linewidth=0.7, linestyle=":")
        drawing.note(axes, "Proposition 3:\np ≤ 1/3", (0.165, 0.05), (0, 0.1), fontsize=8)
        axes.text(0.165, 0.28, "trust", ha="center")
        axes.text(0.5, 0.2, "trust", ha="center")
        axes.text(0.835, 0.28, "trust", ha="center")
        axes.text(0.5, 0.53, "hedge", ha="center", fontsize=8)
        axes.text(0.25, 0.5, "trust", ha="center")
        axes.text(0.75, 0.5, "trust", ha="center")
        axes.text(0.165, 0.83, "distrust", ha="center")
        axes.text(0.835, 0.83, "distrust", ha="center")
        if chosen is not None:
            drawing.mark(
                axes,
                (chosen.p, chosen.alpha),
                color=drawing.VERMILLION,
                marker="D",
                markersize=8,
                label=f"best here: {chosen.extreme_point}",
            )
        figure.legend(loc="lower center", ncols=2, handlelength=1.4)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig7.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
