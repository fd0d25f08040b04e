"""Small image files for the tests of the loaders, and the form that their refusals must have."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from empirical import data as image_data
from empirical.data import load
from theory.command_line import InputError


def pixels(side: int = 32, channels: int = 3, seed: int = 0) -> np.ndarray:
    """A random image, (side, side, channels), or (side, side) for one channel."""
    shape = (side, side, channels) if channels > 1 else (side, side)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(image: np.ndarray, form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, form)
    return stream.getvalue()


def write_parquet(path: Path, columns: dict[str, list]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.table(columns), path)


def refused(name: str, folder: Path, *parts: str, **options: object) -> None:
    """Loading must end with one line that holds all the parts."""
    image_data._read.cache_clear()
    with pytest.raises(InputError) as caught:
        load(name, folder, **options)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message
