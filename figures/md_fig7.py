"""Weighted loss of every run under inverse probability weights, pediatric X-rays.

A counterpart of Figure 7 of Misaligned by Design on data at hand: pediatric chest X-rays, whose
classes are far less unbalanced than those of ChestX-ray14.  A dot marks each run's lowest weighted
loss (the paper's caption speaks of classification utility; its axis, too, is the weighted loss).
Claims: md_fig7, md_small_pediatric_inverse_probability.
"""

from __future__ import annotations

from functools import partial

from figures.md_fig4 import PAIR, draw_runs
from figures.recorded import RecordedFigure

RESULT = "pediatric_inverse_probability"
FIGURE = RecordedFigure("md_fig7", __doc__, [RESULT], partial(draw_runs, regimes=PAIR))
data, draw, main = FIGURE.data, FIGURE.draw, FIGURE.main


if __name__ == "__main__":
    main()
