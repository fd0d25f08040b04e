"""Classification utility of every run by training interval: three regimes, pediatric X-rays.

A counterpart of Figure 5 of Misaligned by Design on data at hand (see `figures.md_fig4`): utility
(14) of the decisions on test data; a dot marks each run's highest.
Claims: md_fig5, md_small_pediatric_viral_utility.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from figures import drawing
from figures.md_fig4 import RESULT, draw_runs, load, notice


def data() -> dict[str, Any] | None:
    """The recorded comparison."""
    return load(RESULT)


def draw() -> Figure:
    """Utility in three regimes."""
    shown = data()
    return notice([RESULT]) if shown is None else draw_runs(shown, "utility")


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "md_fig5.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
