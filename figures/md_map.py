"""Weighted loss that ex post weighting saves, by ratio, data, network and step size, digits.

Left and middle: the share of weighted training's loss that ex post weighting saves, by the ratio of
the weights, one curve for each number of training images (bars: 95% t interval over seeds). Below:
the weighted losses of both at 99:1 by the learning rate, each training at every rate, for two
numbers of images: whether larger steps restore what dampened incentives take (Misaligned by Design,
Section 2.8). A ring marks the rate with the lowest mean validation loss, at which the two should be
compared. Left with the protocol's optimiser, Adam, which does not notice the scale of the weights;
right with SGD, where weights ten times as large (crosses) are a learning rate ten times as large.
On scikit-learn's digits (CIFAR-10: md_map_cifar10). The panels' titles count the points at which an
interval excludes zero: the points are many, the seeds few, and some are expected to by chance.
Claims: md_rescaling, md_small_moderate_ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from empirical.map_results import cells, counts
from empirical.regimes import TITLES
from figures import drawing
from figures.recorded import RecordedFigure

COLOURS = (drawing.ORANGE, drawing.BLUE, drawing.VERMILLION, drawing.GREEN, drawing.INK)
MOST_PANELS = 4
SHOWN = ("map_digits", "map_digits_rates", "map_digits_scales")


def draw_digits(networks: Mapping[str, Any], *rates: Mapping[str, Any]) -> Figure:
    """A panel for each network, and one for the step sizes of each optimiser."""
    with drawing.styled():
        figure = Figure(figsize=(7.4, 6.4))
        figure.subplots_adjust(left=0.105, right=0.985, bottom=0.135, top=0.93, wspace=0.22,
                               hspace=0.42)  # fmt: skip
        panels = figure.subplots(2, 2)
        points = list(cells(networks))
        for axes, model in zip(panels[0], values(points, "model"), strict=False):
            own = [cell for cell in points if cell["model"] == model]
            _draw_ratios(axes, own, model)
            lower, none, higher = counts(own)
            axes.set_title(f"{model}: at 95%, ex post better at {lower} of {len(own)} points,\n"
                           f"weighted at {higher}, neither at {none}")  # fmt: skip
        for axes, found, optimiser in zip(panels[1], rates, ("Adam", "SGD"), strict=True):
            _draw_rates(axes, list(cells(found)), optimiser)
        panels[0, 0].set_ylabel("Weighted loss saved, %")
        panels[0, 0].legend(loc="upper left")
        panels[1, 0].set_ylabel("Weighted loss")
        figure.legend(*panels[1, 0].get_legend_handles_labels(), loc="lower center", ncols=2,
                      fontsize=7, handlelength=3)  # fmt: skip
        return figure


def draw_map(found: Mapping[str, Any]) -> Figure:
    """Any map: a panel for each network, at the first frequency, rate and scale."""
    points = list(cells(found))
    models = values(points, "model")[:MOST_PANELS]
    with drawing.styled():
        figure = Figure(figsize=(2.4 + 2.2 * len(models), 3.3))
        figure.subplots_adjust(left=0.14, right=0.98, bottom=0.15, top=0.9, wspace=0.3)
        panels = figure.subplots(1, len(models), squeeze=False)[0]
        fixed = {key: points[0][key] for key in ("frequency", "learning_rate", "weight_scale")}
        for axes, model in zip(panels, models, strict=True):
            own = fixed | {"model": model}
            chosen = [cell for cell in points if own.items() <= cell.items()]
            _draw_ratios(axes, chosen, model)
        panels[0].set_ylabel("Weighted loss saved, %")
        panels[0].legend(loc="upper left")
        return figure


def _draw_ratios(axes: Axes, points: list[dict[str, Any]], model: str) -> None:
    axes.set_title(model)
    for color, size in zip(COLOURS, values(points, "size"), strict=False):
        curve(axes, [p for p in points if p["size"] == size], "ratio", color, f"{size:,} images")
    axes.axhline(0, color=drawing.GREY, lw=0.8)
    if any(point["gain"] is not None for point in points):
        axes.set_xscale("log")
    else:
        axes.text(0.5, 0.5, "all trainings diverged", transform=axes.transAxes, ha="center")
    axes.set_xlabel("Ratio of the weights")


def _draw_rates(axes: Axes, points: list[dict[str, Any]], optimiser: str) -> None:
    """Losses of both trainings by the learning rate, a line style for each number of images."""
    for size, style in zip(values(points, "size"), ("--", "-"), strict=False):
        own = [p for p in points if p["size"] == size]
        for regime, color in (("weighted", drawing.VERMILLION), ("ex_post", drawing.BLUE)):
            kept = sorted(
                (p for p in own if p["weight_scale"] == 1 and p[regime] is not None),
                key=lambda p: p["learning_rate"],
            )
            rates = [p["learning_rate"] for p in kept]
            name = f"{TITLES[regime]}, {size:,} images"
            losses = [p[regime] for p in kept]
            axes.plot(rates, losses, color=color, ls=style, lw=1.2, marker="o", ms=2.5, label=name)
            if kept:
                best = kept[int(np.argmin([p["validation"][regime] for p in kept]))]
                axes.plot(best["learning_rate"], best[regime], "o", ms=8, mfc="none", color=color)
        scaled = [p for p in own if p["weight_scale"] != 1 and p["weighted"] is not None]
        places = [p["learning_rate"] for p in scaled]
        heights = [p["weighted"] for p in scaled]
        axes.plot(places, heights, "x", ms=4, color=drawing.INK)
    ratio = points[0]["ratio"]
    axes.set_title(f"{points[0]['model']}, {optimiser}, {ratio:g}:1 (x: weights times 10)"
                   if len(values(points, "weight_scale")) > 1
                   else f"{points[0]['model']}, {optimiser}, {ratio:g}:1")  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("Multiple of the learning rate")


def curve(
    axes: Axes, points: list[dict[str, Any]], key: str, color: str, name: str, style: str = "-"
) -> None:
    """The gain at the points, in percent, with its intervals, along one axis of the map."""
    finite = (point for point in points if point["gain"] is not None)
    points = sorted(finite, key=lambda point: point[key])
    across = [point[key] for point in points]
    gain = 100 * np.array([point["gain"] for point in points])
    axes.plot(across, gain, color=color, ls=style, lw=1.3, marker="o", markersize=3, label=name)
    if all(point["low"] is not None for point in points):
        for place, point in zip(across, points, strict=True):
            axes.plot([place] * 2, [100 * point["low"], 100 * point["high"]], color=color, lw=0.7)


def values(points: list[dict[str, Any]], key: str) -> list[Any]:
    """The values along an axis of the map, in the order of its points."""
    return list(dict.fromkeys(point[key] for point in points))


FIGURE = RecordedFigure("md_map", __doc__, SHOWN, draw_digits)
data, draw, main = FIGURE.data, FIGURE.draw, FIGURE.main


if __name__ == "__main__":
    main()
