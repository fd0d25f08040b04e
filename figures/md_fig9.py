"""Weighted loss of every run, maple tree emphasised in CIFAR-100 (JPEG copy), a small network.

A counterpart of Figure 9 of Misaligned by Design (ViT-B/16 from pretrained weights) with a small
convolutional network from random weights, on a copy of the images re-encoded as JPEG.
Claims: md_fig9, md_small_cifar100_maple_tree.
"""

from __future__ import annotations

from functools import partial

from figures.md_fig4 import PAIR, draw_runs
from figures.recorded import RecordedFigure

RESULT = "cifar100_maple_tree"
FIGURE = RecordedFigure("md_fig9", __doc__, [RESULT], partial(draw_runs, regimes=PAIR))
data, draw, main = FIGURE.data, FIGURE.draw, FIGURE.main


if __name__ == "__main__":
    main()
