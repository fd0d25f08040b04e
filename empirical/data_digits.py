"""The digits of scikit-learn (Alpaydin & Kaynak, UCI 1998): 1,797 gray images of 8x8 pixels.

They come with the library: nothing to download, the default wherever a data set is asked for.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from empirical.data_sources import Collection, shrink

CLASSES = tuple("0123456789")
LEVELS = 16  # the largest pixel value


def read(folder: Path, size: int | None) -> Collection:
    """All digits, pixels scaled to 0..255; `folder` is not read."""
    from sklearn import __version__
    from sklearn.datasets import load_digits

    found = load_digits()
    pixels = np.round(found.images * (255 / LEVELS)).astype(np.uint8)[:, None]
    labels = torch.from_numpy(found.target.astype(np.int64))
    source = f"digits of scikit-learn {__version__}, 8x8, 17 levels of gray scaled to 0..255"
    return Collection(CLASSES, shrink(pixels, size), labels, None, None, source)
