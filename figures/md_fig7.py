"""Weighted loss of every run under inverse probability weights, pediatric X-rays.

A counterpart of Figure 7 of Misaligned by Design on data at hand: pediatric chest X-rays, whose
classes are far less unbalanced than those of ChestX-ray14.  A dot marks each run's lowest weighted
loss (the paper's caption speaks of classification utility; its axis, too, is the weighted loss).
Claims: md_fig7, md_small_pediatric_inverse_probability.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from figures import drawing
from figures.md_fig4 import PAIR, draw_runs, load, notice

RESULT = "pediatric_inverse_probability"


def data() -> dict[str, Any] | None:
    """The recorded comparison."""
    return load(RESULT)


def draw() -> Figure:
    """Two regimes."""
    shown = data()
    return notice([RESULT]) if shown is None else draw_runs(shown, regimes=PAIR)


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "md_fig7.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
