"""Weighted loss of every run by training interval: three regimes, pediatric chest X-rays.

A counterpart of Figure 4 of Misaligned by Design (ChestX-ray14, pneumonia emphasised, DenseNet-121)
on data at hand: pediatric chest X-rays, viral pneumonia emphasised 99:1, a small convolutional
network from random weights.  Values on test data, as in the paper; a dot marks each run's best
interval by that measure.  It reads recorded results (`empirical.compare_recorded`).
Claims: md_fig4, md_small_pediatric_viral, md_small_pediatric_viral_raw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from empirical.compare_report import title
from empirical.compare_results import complete_runs
from empirical.compare_statistics import selected_interval
from empirical.regimes import REGIMES, TITLES
from figures import drawing
from figures.recorded import RecordedFigure

RESULT = "pediatric_viral"
COLOURS = {
    "weighted": drawing.VERMILLION,
    "ex_post": drawing.BLUE,
    "raw": drawing.INK,
}
PAIR = ("weighted", "ex_post")
LABELS = {"weighted_loss": "Weighted loss", "utility": "Classification utility"}
ROOM = 0.06  # of the range of values, above and below


def draw_curves(
    axes: Axes,
    comparison: Mapping[str, Any],
    measure: str = "weighted_loss",
    regimes: tuple[str, ...] = REGIMES,
) -> None:
    """Every run's test values by epoch, one colour per regime, a dot on each run's best."""
    runs = complete_runs(comparison)
    epochs = next(iter(comparison["runs"].values()))["weighted"]["epochs"]
    for regime in regimes:
        for index, run in enumerate(runs):
            series = run[regime]
            values = series["test"][measure]
            name = TITLES[regime] if index == 0 else None
            axes.plot(epochs, values, color=COLOURS[regime], lw=0.8, label=name)
            best = selected_interval(series, measure, "test")
            axes.plot(epochs[best], values[best], "o", color=COLOURS[regime], markersize=3.5)
    axes.set_xlabel("Epoch")
    axes.set_ylabel(LABELS[measure])
    _fit(axes, runs, measure, regimes)
    values = np.array([run[regime]["test"][measure] for run in runs for regime in regimes])
    above = int((values > axes.get_ylim()[1]).sum())
    if above:
        note = f"higher values cut off ({above} of {values.size})"
        behind = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0}
        axes.text(0.98, 0.985, note, transform=axes.transAxes, ha="right", va="top", fontsize=6.5,
                  color=drawing.GREY, bbox=behind)  # fmt: skip


def draw_runs(
    comparison: Mapping[str, Any],
    measure: str = "weighted_loss",
    regimes: tuple[str, ...] = REGIMES,
) -> Figure:
    """A figure of one comparison; its title names data, network and number of runs.

    With raw predictions, whose values tower, a second panel shows the other two regimes alone.
    """
    shown = [regimes, PAIR] if "raw" in regimes else [regimes]
    with drawing.styled():
        figure = Figure(figsize=(2.4 + 3.0 * len(shown), 3.7))
        figure.subplots_adjust(
            left=0.65 / (2.4 + 3.0 * len(shown)), right=0.98, bottom=0.22, top=0.84, wspace=0.25
        )
        panels = figure.subplots(1, len(shown), squeeze=False)[0]
        for axes, chosen in zip(panels, shown, strict=True):
            draw_curves(axes, comparison, measure, chosen)
        heading(panels[0], comparison)
        for axes in panels[1:]:
            axes.set_title("The same, enlarged:\nwithout unweighted raw")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=len(regimes))
        return figure


def heading(axes: Axes, comparison: Mapping[str, Any]) -> None:
    """Title: the comparison in two lines, with the number of runs."""
    first, second = title(comparison).split("; ")
    count = len(complete_runs(comparison))
    axes.set_title(f"{first}\n{second}, {count} run{'s' * (count > 1)}")


def _fit(axes: Axes, runs: list[dict[str, Any]], measure: str, regimes: tuple[str, ...]) -> None:
    """Limits that hold nine tenths of the values and all dots: first intervals may tower."""
    values = np.array([run[regime]["test"][measure] for run in runs for regime in regimes])
    finite = values[np.isfinite(values)]
    best = np.nanmin(values, axis=1) if measure == "weighted_loss" else np.nanmax(values, axis=1)
    low, high = np.quantile(finite, 0.0), np.quantile(finite, 1.0)
    if measure == "weighted_loss":
        high = max(float(np.quantile(finite, 0.9)), float(best.max()))
    room = ROOM * (high - low) or 1.0
    axes.set_ylim(low - room, high + room)


FIGURE = RecordedFigure("md_fig4", __doc__, [RESULT], draw_runs)
data, draw, main = FIGURE.data, FIGURE.draw, FIGURE.main


if __name__ == "__main__":
    main()
