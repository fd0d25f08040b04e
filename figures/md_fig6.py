"""Weighted loss of every run with other classes emphasised, chest X-rays.

A counterpart of Figure 6 of Misaligned by Design (cardiomegaly, infiltration, pneumothorax) on
data at hand: the other two classes of the pediatric X-rays, and pneumonia among three findings in
a sample of ChestX-ray14, whose 25 test images of it are far too few to settle anything.
Claims: md_fig6, md_small_pediatric_normal, md_small_pediatric_bacterial,
md_small_chestxray14_sample_pneumonia.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from figures import drawing
from figures.md_fig4 import PAIR, draw_curves
from figures.recorded import RecordedFigure

RESULTS = {
    "pediatric_normal": "Pediatric, normal 99:1",
    "pediatric_bacterial": "Pediatric, bacterial 99:1",
    "chestxray14_sample_pneumonia": "ChestX-ray14 sample, 99:1",
}


def draw_panels(*comparisons: Mapping[str, Any]) -> Figure:
    """A panel for each of the comparisons in `RESULTS`, two regimes each."""
    with drawing.styled():
        figure = Figure(figsize=(7.6, 3.1))
        figure.subplots_adjust(left=0.1, right=0.985, bottom=0.24, top=0.89, wspace=0.38)
        panels = figure.subplots(1, len(comparisons))
        for axes, comparison, name in zip(panels, comparisons, RESULTS.values(), strict=True):
            draw_curves(axes, comparison, regimes=PAIR)
            axes.set_title(name, fontsize=8)
            if axes is not panels[0]:
                axes.set_ylabel("")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=2)
        return figure


FIGURE = RecordedFigure("md_fig6", __doc__, tuple(RESULTS), draw_panels)
data, draw, main = FIGURE.data, FIGURE.draw, FIGURE.main


if __name__ == "__main__":
    main()
