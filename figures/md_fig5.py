"""Classification utility of every run by training interval: three regimes, pediatric X-rays.

A counterpart of Figure 5 of Misaligned by Design on data at hand (see `figures.md_fig4`): utility
(14) of the decisions on test data; a dot marks each run's highest.
Claims: md_fig5, md_small_pediatric_viral_utility.
"""

from __future__ import annotations

from functools import partial

from figures.md_fig4 import RESULT, draw_runs
from figures.recorded import RecordedFigure

FIGURE = RecordedFigure("md_fig5", __doc__, [RESULT], partial(draw_runs, measure="utility"))
data, draw, main = FIGURE.data, FIGURE.draw, FIGURE.main


if __name__ == "__main__":
    main()
