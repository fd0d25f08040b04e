"""Which disclosure choices survive the uncertainty of the ChestX-ray14 rates.

An application of *Friend or Foe* (Theorem 2) with exact binomial intervals, simultaneous at 95%.
Left: the interval of each subgroup's rate across the ranges where trust or hedge is best at
alpha = 2/5; those that cross a border flip.  Right: the guaranteed frontier (reached or dominated
whatever the rates in the box of intervals) and the possible one, around the frontier at the
estimates.  Claims: ff_ext_best_value, ff_theorem2.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.robust_policy import Robustness, population_value, read_counts, robust_policy
from theory.robustness import switch_rate

TABLE = Path(__file__).parent / "data" / "chestxray14_subgroups.csv"
ALPHA = Fraction(2, 5)
CONFIDENCE = 0.95
WEIGHTS = tuple(Fraction(step, 80) for step in range(41))  # 0 to 1/2; above, only D matters
LEVELS = 120  # worst cases at which the band is drawn
MOST_NAMED = 30


def data() -> tuple[Robustness, ...]:
    """The subgroups' intervals and what they leave open."""
    return robust_policy(read_counts(TABLE), ALPHA, CONFIDENCE, simultaneous=True)


def draw() -> Figure:
    """Two panels: the subgroups' choices, and the band of frontiers."""
    return draw_robust_policy(data(), ALPHA)


def draw_robust_policy(rows: Sequence[Robustness], alpha: Fraction) -> Figure:
    """The figure for any subgroups and weight."""
    with drawing.styled():
        shown = rows[:MOST_NAMED]
        figure = Figure(figsize=(9.6, max(3.6, 1.6 + 0.17 * len(shown))))
        bottom = 0.62 / figure.get_figheight()
        figure.subplots_adjust(left=0.155, right=0.985, bottom=bottom, top=0.93, wspace=0.24)
        left, right = figure.subplots(1, 2)
        _intervals(left, shown, alpha)
        _band(right, rows, alpha)
        return figure


def _intervals(axes: Axes, rows: Sequence[Robustness], alpha: Fraction) -> None:
    axes.set_title(f"Best choice at α = {drawing.number(alpha)}")
    axes.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5), xlabel="Share in need of treatment, p")
    axes.set_yticks(range(len(rows)), [" ".join(row.group.name.split())[:24] for row in rows])
    if 2 * alpha < 1:
        first = float(switch_rate(alpha))
        for low, high in ((1 / 3, first), (1 - first, 2 / 3)):
            axes.axvspan(low, high, facecolor=drawing.SHADE, linewidth=0, zorder=0)
        axes.fill([], [], facecolor=drawing.SHADE, label="hedge is best")
    for place, row in enumerate(rows):
        colour = drawing.BLUE if row.robust else drawing.VERMILLION
        label = "robust" if row.robust else "flips"
        axes.plot(
            [float(row.low), float(row.high)], [place] * 2, color=colour, zorder=2, label=label
        )
        axes.plot(float(row.estimate), place, "o", color=colour, markersize=3.5, zorder=3)
    drawing.legend(axes, "lower left")


def band(rows: Sequence[Robustness]) -> np.ndarray:
    """Worst cases, and the best case there on three frontiers: estimated, guaranteed, possible.

    Shape (4, levels).  A frontier lies below every line alpha x + (1 - alpha) y = value(alpha); the
    lines of `WEIGHTS` give it up to a bend between two of them.  Beyond a frontier's ends: nan.
    """
    weights = np.array([float(alpha) for alpha in WEIGHTS])
    values = np.array([[float(v) for v in population_value(rows, alpha)] for alpha in WEIGHTS])
    ends = np.array([float(v) for v in population_value(rows, Fraction(1))])
    start = -1.3 * values[0].max()
    worst = np.unique(np.concatenate((np.linspace(start, ends.max(), LEVELS), ends)))
    heights = (values.T[:, :, None] - weights[:, None] * worst) / (1 - weights[:, None])
    best = heights.min(axis=1)
    best[(worst > ends[:, None]) | (heights.argmin(axis=1) == 0)] = np.nan
    return np.vstack((worst, best))


def _band(axes: Axes, rows: Sequence[Robustness], alpha: Fraction) -> None:
    worst, estimated, least, most = band(rows)
    axes.set_title("Frontiers consistent with the counts")
    drawing.label_payoff_axes(axes)
    axes.fill_between(worst, least, most, facecolor=drawing.SHADE, linewidth=0, zorder=0)
    axes.plot(worst, most, color=drawing.GREEN, linewidth=1.2, label="possible")
    axes.plot(worst, estimated, color=drawing.BLUE, label="at the estimates")
    axes.plot(worst, least, color=drawing.VERMILLION, linewidth=1.2, label="guaranteed")
    drawing.legend(axes, "lower left")


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    title = __doc__.partition("\n")[0]
    drawing.save(draw(), folder / "ff_robust_policy.svg", title=title)


if __name__ == "__main__":
    main()
