"""Weighted loss by epoch, averaged over runs: two ways of training, pediatric X-rays.

A counterpart of Figure 1 of Misaligned by Design on data at hand (see `figures.md_fig4`): the mean
over runs of the test loss by epoch; a dot and a dotted line mark the lowest.  Where the lowest is
the last epoch, training may have been cut short; that the order of the curves is "not attributable
to underfitting" (footnote 4) is nothing that such a figure shows.
Claims: md_fig1, md_small_pediatric_viral.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from empirical.compare_results import complete_runs
from empirical.regimes import TITLES
from figures import drawing
from figures.md_fig4 import COLOURS, LABELS, PAIR, RESULT, heading
from figures.recorded import RecordedFigure


def draw_means(comparison: Mapping[str, Any]) -> Figure:
    """One curve for each way of training."""
    runs = complete_runs(comparison)
    epochs = next(iter(comparison["runs"].values()))["weighted"]["epochs"]
    with drawing.styled():
        figure = Figure(figsize=(5.4, 3.9))
        figure.subplots_adjust(left=0.12, right=0.97, bottom=0.13, top=0.85)
        axes = figure.subplots()
        for regime in PAIR:
            values = np.mean([run[regime]["test"]["weighted_loss"] for run in runs], axis=0)
            axes.plot(epochs, values, color=COLOURS[regime], lw=1.3, label=TITLES[regime])
            best = int(np.nanargmin(values))
            axes.plot(epochs[best], values[best], "o", color=COLOURS[regime], markersize=4)
            axes.axhline(values[best], color=COLOURS[regime], lw=0.8, ls=":")
        axes.set_xlabel("Epoch")
        axes.set_ylabel(f"{LABELS['weighted_loss']}, mean of runs")
        heading(axes, comparison)
        note = "lowest at the last epoch: training may have been cut short"
        if any(
            line.get_xdata()[0] == epochs[-1] for line in axes.lines if len(line.get_xdata()) == 1
        ):
            axes.text(0.02, 0.02, note, transform=axes.transAxes, fontsize=7, color=drawing.GREY)
        axes.legend(loc="upper right")
        return figure


FIGURE = RecordedFigure("md_fig1", __doc__, [RESULT], draw_means)
data, draw, main = FIGURE.data, FIGURE.draw, FIGURE.main


if __name__ == "__main__":
    main()
