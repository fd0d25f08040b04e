"""Weighted loss of every run with cat emphasised in CIFAR-10 (JPEG copy), a small network.

A counterpart of Figure 8 of Misaligned by Design (ViT-B/16 from pretrained weights) with a small
convolutional network from random weights, on a copy of the images re-encoded as JPEG.
Claims: md_fig8, md_small_cifar10_cat.
"""

from __future__ import annotations

from functools import partial

from figures.md_fig4 import PAIR, draw_runs
from figures.recorded import RecordedFigure

RESULT = "cifar10_cat"
FIGURE = RecordedFigure("md_fig8", __doc__, [RESULT], partial(draw_runs, regimes=PAIR))
data, draw, main = FIGURE.data, FIGURE.draw, FIGURE.main


if __name__ == "__main__":
    main()
