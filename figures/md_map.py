"""Weighted loss that ex post weighting saves, by ratio, data, network and step size, digits.

Left and middle: the share of weighted training's loss that ex post weighting saves, by the ratio of
the weights, one curve for each number of training images (bars: 95% t interval over seeds).
Right: the same at 99:1 when weighted and unweighted training both take larger learning rates, and
when the weights of weighted training are scaled up: whether larger steps restore what dampened
incentives take (Misaligned by Design, Section 2.8).  On scikit-learn's digits; the map on CIFAR-10
(`python -m empirical.map --dataset cifar10 --preset full`) needs a GPU.
Claims: md_rescaling, md_small_moderate_ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from empirical.compare_recorded import MAPS, map_command, result_path
from empirical.map_results import cells, complete, read
from figures import drawing

COLOURS = (drawing.ORANGE, drawing.BLUE, drawing.VERMILLION, drawing.GREEN, drawing.INK)
MOST_PANELS = 4


def data() -> dict[str, dict[str, Any] | None]:
    """The recorded maps, by name; None for those not run yet."""
    paths = {name: result_path(name) for name in MAPS}
    found = {name: read(path) if path.is_file() else None for name, path in paths.items()}
    return {name: map_ if map_ and complete(map_) else None for name, map_ in found.items()}


def draw() -> Figure:
    """A panel for each network, and one for step sizes."""
    shown = {name: found for name, found in data().items() if found is not None}
    if len(shown) < len(MAPS):
        return _notice()
    with drawing.styled():
        figure = Figure(figsize=(7.4, 3.3))
        figure.subplots_adjust(left=0.085, right=0.985, bottom=0.15, top=0.9, wspace=0.3)
        panels = figure.subplots(1, 3)
        points = list(cells(shown["map_digits"]))
        for axes, model in zip(panels, _values(points, "model"), strict=False):
            _draw_ratios(axes, [cell for cell in points if cell["model"] == model], model)
        _draw_rates(panels[2], list(cells(shown["map_digits_rates"])))
        panels[0].set_ylabel("Weighted loss saved, %")
        panels[0].legend(loc="upper left")
        return figure


def draw_map(found: Mapping[str, Any]) -> Figure:
    """Any map: a panel for each network, at the first frequency, rate and scale."""
    points = list(cells(found))
    models = _values(points, "model")[:MOST_PANELS]
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
    for color, size in zip(COLOURS, _values(points, "size"), strict=False):
        _curve(axes, [p for p in points if p["size"] == size], "ratio", color, f"{size:,} images")
    axes.axhline(0, color=drawing.GREY, lw=0.8)
    axes.set_xscale("log")
    axes.set_xlabel("Ratio of the weights")


def _draw_rates(axes: Axes, points: list[dict[str, Any]]) -> None:
    """At the largest number of images: learning rates (both trainings), weight scales."""
    largest = max(p["size"] for p in points)
    kept = [p for p in points if p["size"] == largest]
    rates = [p for p in kept if p["weight_scale"] == 1]
    scales = [p for p in kept if p["learning_rate"] == 1]
    _curve(axes, rates, "learning_rate", drawing.BLUE, "learning rate")
    _curve(axes, scales, "weight_scale", drawing.VERMILLION, "weights' scale")
    axes.set_title(f"{kept[0]['model']}, {largest:,} images, {kept[0]['ratio']:g}:1")
    axes.axhline(0, color=drawing.GREY, lw=0.8)
    axes.set_xscale("log")
    axes.set_xlabel("Multiple")
    axes.legend(loc="lower right")


def _curve(axes: Axes, points: list[dict[str, Any]], key: str, color: str, name: str) -> None:
    points = sorted(points, key=lambda point: point[key])
    across = [point[key] for point in points]
    gain = 100 * np.array([point["gain"] for point in points])
    axes.plot(across, gain, color=color, lw=1.3, marker="o", markersize=3, label=name)
    if all(point["low"] is not None for point in points):
        for place, point in zip(across, points, strict=True):
            axes.plot([place] * 2, [100 * point["low"], 100 * point["high"]], color=color, lw=0.7)


def _values(points: list[dict[str, Any]], key: str) -> list[Any]:
    return list(dict.fromkeys(point[key] for point in points))


def _notice() -> Figure:
    with drawing.styled():
        figure = Figure(figsize=(7.2, 2.2))
        figure.text(0.03, 0.8, "Not recorded yet", fontsize=11, fontweight="bold")
        figure.text(0.03, 0.6, "These commands make the results, and python -m figures the figure:")
        for height, name in zip((0.42, 0.28), MAPS, strict=True):
            figure.text(0.03, height, map_command(name), fontsize=7, family="monospace")
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "md_map.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
