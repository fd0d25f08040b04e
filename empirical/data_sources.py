"""What the loaders of image data share: finding files, reading them safely, decoding images.

Files come from outside: a missing one is an `InputError` that says where to get it, a damaged
one is refused by name, and no code in a pickle is run.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from theory.command_line import InputError, require, write_whole

DATA_DIR_VARIABLE = "ALIGNMENT_DATA_DIR"
HASHED_BYTES = 1 << 20  # read at a time
PROGRESS_EVERY = 5.0  # seconds between two lines of progress


@dataclass(frozen=True)
class Collection:
    """All images of a data set, before they are split.

    `images` (N, C, H, W) uint8; `labels` (N,) int64, indices of `classes`; `groups` (N,) int64,
    the patient of each image, or None; `tested` (N,) bool, whether the publishers put the image
    into their test set, or None; `source` says which files, in which form, with their sha256.
    """

    classes: tuple[str, ...]
    images: torch.Tensor
    labels: torch.Tensor
    groups: torch.Tensor | None
    tested: torch.Tensor | None
    source: str


@dataclass(frozen=True)
class Publication:
    """Where a data set is to be had: its name, its address, and the place of its files here."""

    name: str
    address: str
    place: str

    def missing(self, folder: Path) -> InputError:
        """The error of a data set that is not in `folder`."""
        return InputError(
            f"--data-dir is {folder}: must hold {self.name}; get it from {self.address} and put "
            f"{self.place} there (or set {DATA_DIR_VARIABLE})"
        )


def data_folder(data_dir: Path | None) -> Path:
    """`data_dir`, else the folder named by ``ALIGNMENT_DATA_DIR``, else ``./data``."""
    return data_dir or Path(os.environ.get(DATA_DIR_VARIABLE, "data"))


def sha256(path: Path) -> str:
    """The hexadecimal sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(HASHED_BYTES):
            digest.update(block)
    return digest.hexdigest()


def described(form: str, paths: Sequence[Path]) -> str:
    """A line for `Collection.source`: the form of the data, the files and their sha256."""
    return f"{form}: " + ", ".join(f"{path.name} sha256 {sha256(path)}" for path in paths)


_RECONSTRUCT = np.empty(0).__reduce__()[0]  # NumPy's own, whose module moved with NumPy 2
_IN_PICKLED_ARRAYS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class _ArraysOnly(pickle.Unpickler):
    """Reads lists, dictionaries, numbers, texts and NumPy arrays; refuses every other class."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        """The few names that a pickled array needs."""
        if (module_name, global_name) not in _IN_PICKLED_ARRAYS:
            raise pickle.UnpicklingError(f"it asks for {module_name}.{global_name}")
        return _IN_PICKLED_ARRAYS[module_name, global_name]


def read_pickle(path: Path) -> dict[bytes, Any]:
    """A dictionary pickled by Python 2 (texts stay bytes), without running what it asks for."""
    try:
        with path.open("rb") as stream:
            found = _ArraysOnly(stream, encoding="bytes").load()
    except Exception as error:  # a damaged pickle can raise almost anything
        raise InputError(f"file is {path}: must be a pickled dictionary ({error})") from None
    require(isinstance(found, dict), "file", path, "be a pickled dictionary")
    return found


def read_parquet(path: Path, columns: Sequence[str]) -> dict[str, list[Any]]:
    """The named columns of a Parquet file as lists; `InputError` if one is missing or damaged."""
    import pyarrow
    from pyarrow import parquet

    try:
        names = parquet.read_schema(path).names
        missing = [column for column in columns if column not in names]
        require(not missing, "file", path, f"have the columns {', '.join(columns)}")
        table = parquet.read_table(path, columns=list(columns))
    except (pyarrow.ArrowException, OSError) as error:
        line = str(error).splitlines()[0]
        raise InputError(f"file is {path}: must be a Parquet file ({line})") from None
    return {column: table[column].to_pylist() for column in columns}


@dataclass(frozen=True)
class Encoded:
    """An encoded image: its name for messages, and its bytes or the file that holds them."""

    name: str
    content: bytes | Path


def from_parquet(path: Path, images: Sequence[Any]) -> list[Encoded]:
    """The cells {bytes, path} of an image column."""
    found = []
    for row, image in enumerate(images):
        valid = isinstance(image, dict) and isinstance(image.get("bytes"), bytes)
        require(valid, f"image in row {row} of {path.name}", image, "have bytes")
        found.append(Encoded(f"{image.get('path') or f'row {row}'} in {path.name}", image["bytes"]))
    return found


def stored_side(size: int | None, native: int) -> int:
    """The side of stored images: that of the files, `native`, or `size` if that is smaller."""
    return native if size is None else min(size, native)


def decode(
    images: Sequence[Encoded], mode: str, side: int, *, native: int | None = None
) -> torch.Tensor:
    """All images as (N, C, side, side) uint8, decoded in parallel threads.

    `mode` is "RGB" (C = 3) or "L" (C = 1).  Where `native` is given every image must be of that
    many pixels a side.  Progress goes to stderr if decoding takes more than a few seconds.
    Raises `InputError` naming the first image that is damaged or misfits.
    """
    pixels = np.empty((len(images), side, side, len(mode)), dtype=np.uint8)

    def fill(index: int) -> None:
        pixels[index] = _decode_one(images[index], mode, side, native).reshape(pixels.shape[1:])

    told = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(fill, range(len(images))), start=1):
            if time.monotonic() - told > PROGRESS_EVERY:
                told = time.monotonic()
                print(f"decoded {done:,} of {len(images):,} images", file=sys.stderr)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


def shrink(images: np.ndarray, size: int | None) -> torch.Tensor:
    """Square images of shape (N, C, H, W), at most `size` pixels a side."""
    side = stored_side(size, images.shape[2])
    if side == images.shape[2]:
        return torch.from_numpy(np.ascontiguousarray(images))
    shape = (*images.shape[:2], side, side)
    planes = images.reshape(-1, *images.shape[2:])
    scaled = [Image.fromarray(p).resize((side, side), Image.Resampling.BILINEAR) for p in planes]
    return torch.from_numpy(np.stack([np.asarray(plane) for plane in scaled]).reshape(shape))


def indices(names: Sequence[Any], known: Sequence[Any], argument: str) -> torch.Tensor:
    """The position in `known` of each name, (N,) int64; `InputError` for one that is not there."""
    place = {name: position for position, name in enumerate(known)}
    for row, name in enumerate(names):
        require(name in place, f"{argument} in row {row}", name, f"be one of {_short(known)}")
    return torch.tensor([place[name] for name in names], dtype=torch.int64)


def numbered(names: Sequence[Any]) -> torch.Tensor:
    """Equal names as equal numbers, (N,) int64, counted from 0 in sorted order."""
    return indices(names, sorted(set(names)), "name")


def cached_pixels(key: str, make: Callable[[], torch.Tensor], variable: str) -> torch.Tensor:
    """What `make` returns, kept as ``KEY.npy`` in the folder that the environment names, if any."""
    folder = os.environ.get(variable)
    if not folder:
        return make()
    path = Path(folder) / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npy"
    if not path.is_file():
        pixels = make().numpy()
        write_whole(path, lambda temporary: np.save(temporary, pixels))
    return torch.from_numpy(np.load(path))


def _decode_one(image: Encoded, mode: str, side: int, native: int | None) -> np.ndarray:
    content = image.content
    try:
        with Image.open(io.BytesIO(content) if isinstance(content, bytes) else content) as opened:
            if native is not None and opened.size != (native, native):
                shape = "x".join(map(str, opened.size))
                raise InputError(f"image {image.name} is {shape}: must be {native}x{native} pixels")
            if native is None and opened.format == "JPEG":
                opened.draft(mode, (side, side))  # decodes at a half, a quarter, ... of the size
            converted = opened.convert(mode)
    except InputError:
        raise
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise InputError(f"image {image.name} cannot be decoded: must be whole ({error})") from None
    if converted.size != (side, side):
        converted = converted.resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(converted)


def _short(known: Sequence[Any]) -> str:
    shown = [str(name) for name in known[:15]]
    return ", ".join(shown) + (", ..." if len(known) > len(shown) else "")
