"""Weighted loss of every run with cat emphasised in CIFAR-10 (JPEG copy), a small network.

A counterpart of Figure 8 of Misaligned by Design (ViT-B/16 from pretrained weights) with a small
convolutional network from random weights, on a copy of the images re-encoded as JPEG.
Claims: md_fig8, md_small_cifar10_cat.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from figures import drawing
from figures.md_fig4 import PAIR, draw_runs, load, notice

RESULT = "cifar10_cat"


def data() -> dict[str, Any] | None:
    """The recorded comparison."""
    return load(RESULT)


def draw() -> Figure:
    """Two regimes."""
    shown = data()
    return notice([RESULT]) if shown is None else draw_runs(shown, regimes=PAIR)


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "md_fig8.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
