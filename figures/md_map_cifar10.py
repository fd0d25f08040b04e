"""Weighted loss that ex post weighting saves on CIFAR-10, by ratio, images, network and frequency.

The share of weighted training's loss that ex post weighting saves, by the ratio of the weights
(cat emphasised): a panel for each network, a colour for each share of the emphasised class in the
data, a line style for each number of training images (bars: 95% t interval over three seeds).
Below zero weighted training does better.  Small networks, 200 steps each; the map with a fast
residual network (`python -m empirical.map --dataset cifar10 --preset full --together`) needs a GPU.
Claims: md_small_map, md_small_map_frequency, md_small_map_ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from empirical.map_results import cells, counts
from figures import drawing
from figures.md_map import curve, values
from figures.recorded import RecordedFigure

COLOURS = (drawing.ORANGE, drawing.BLUE, drawing.VERMILLION)
STYLES = ("--", "-")


def draw_frequencies(found: Mapping[str, Any]) -> Figure:
    """A panel for each network."""
    points = list(cells(found))
    models = values(points, "model")
    with drawing.styled():
        figure = Figure(figsize=(7.4, 3.6))
        figure.subplots_adjust(left=0.09, right=0.99, bottom=0.28, top=0.88, wspace=0.25)
        panels = figure.subplots(1, len(models), squeeze=False)[0]
        for axes, model in zip(panels, models, strict=True):
            own = [point for point in points if point["model"] == model]
            for color, frequency in zip(COLOURS, values(points, "frequency"), strict=True):
                for style, size in zip(STYLES, values(points, "size"), strict=True):
                    place = {"frequency": frequency, "size": size}
                    name = f"{frequency:.0%} of {size:,} images"
                    chosen = [point for point in own if place.items() <= point.items()]
                    curve(axes, chosen, "ratio", color, name, style)
            axes.axhline(0, color=drawing.GREY, lw=0.8)
            axes.set_xscale("log")
            axes.set_xlabel("Ratio of the weights")
            above, none, below = counts(own)
            axes.set_title(f"{model}, {len(own)} points: ex post better\nat {above}, "
                           f"weighted at {below}, neither at {none}", fontsize=7)  # fmt: skip
        panels[0].set_ylabel("Weighted loss saved, %")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=3,
                      fontsize=7, handlelength=3)  # fmt: skip
        return figure


FIGURE = RecordedFigure("md_map_cifar10", __doc__, ("map_cifar10",), draw_frequencies)
data, draw, main = FIGURE.data, FIGURE.draw, FIGURE.main


if __name__ == "__main__":
    main()
