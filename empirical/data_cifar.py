"""CIFAR-10 and CIFAR-100 (Krizhevsky & Hinton 2009): colour images of 32x32 pixels.

Read from the published Python pickles (``cifar-10-batches-py``, ``cifar-100-python``), else from
a Parquet copy: columns ``img`` {bytes, path} and ``label`` or ``fine_label``, in files
``cifar10_train.parquet`` and ``cifar10_test.parquet``, or ``train-*.parquet`` and
``test-*.parquet`` below a folder ``cifar10``.  A copy may be re-encoded: `source` says so where
its images are JPEG and not PNG.  CIFAR-100 has its 100 fine labels.  Every class must have as many
images as published.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from empirical.data_sources import (
    Collection,
    Publication,
    decode,
    described,
    from_parquet,
    indices,
    read_parquet,
    read_pickle,
    shrink,
    stored_side,
)
from theory.command_line import require

SIDE = 32
ADDRESS = "https://www.cs.toronto.edu/~kriz/cifar.html"
CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
_CIFAR100_NAMES = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus "
    "butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch "
    "crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo "
    "keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse "
    "mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy "
    "porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper "
    "snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television "
    "tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"
)
CIFAR100_CLASSES = tuple(_CIFAR100_NAMES.split())


@dataclass(frozen=True)
class Layout:
    """The file names, the name of the labels and the size of one of the two data sets."""

    name: str
    classes: tuple[str, ...]
    label: str
    pickles: str
    train: tuple[str, ...]
    test: str
    per_class: tuple[int, int]  # in train and test

    @property
    def publication(self) -> Publication:
        """Where to get it."""
        title = self.pickles.split("-py")[0].upper().removesuffix("-BATCHES")
        place = f"the unpacked folder {self.pickles}, or {self.name}_train.parquet and "
        return Publication(title, ADDRESS, place + f"{self.name}_test.parquet,")


LAYOUTS = {
    "cifar10": Layout(
        "cifar10", CIFAR10_CLASSES, "label", "cifar-10-batches-py",
        tuple(f"data_batch_{batch}" for batch in range(1, 6)), "test_batch", (5000, 1000),
    ),
    "cifar100": Layout(
        "cifar100", CIFAR100_CLASSES, "fine_label", "cifar-100-python",
        ("train",), "test", (500, 100),
    ),
}  # fmt: skip


def read(name: str, folder: Path, size: int | None) -> Collection:
    """All images of "cifar10" or "cifar100", `tested` where they are in the published test set.

    Raises `InputError` if the files are missing or damaged, or a class has not the number of
    images that was published.
    """
    layout = LAYOUTS[name]
    if (folder / layout.pickles).is_dir():
        found = _from_pickles(layout, folder / layout.pickles, size)
    else:
        train, test = _parquet_files(layout, folder)
        if not train or not test:
            raise layout.publication.missing(folder)
        found = _from_parquet(layout, train, test, size)
    for tested, expected in zip((False, True), layout.per_class, strict=True):
        counts = found.labels[found.tested == tested].bincount(minlength=len(layout.classes))
        for label, count in enumerate(counts.tolist()):
            where = "test" if tested else "training"
            require(
                count == expected,
                f"number of {where} images of class {layout.classes[label]} in {name}",
                count,
                f"be {expected}, as published",
            )
    return found


def _from_pickles(layout: Layout, folder: Path, size: int | None) -> Collection:
    paths = [folder / name for name in (*layout.train, layout.test)]
    for path in paths:
        require(path.is_file(), "file", path, f"exist: {layout.pickles} is incomplete")
    pixels, labels, tested = [], [], []
    key = "labels" if layout.label == "label" else "fine_labels"
    for path in paths:
        batch = read_pickle(path)
        data, given = batch.get(b"data"), batch.get(key.encode())
        shape = getattr(data, "shape", None)
        fits = getattr(data, "dtype", None) == np.uint8 and shape is not None
        fits = fits and len(shape) == 2 and shape[1] == 3 * SIDE**2
        require(fits, f"shape of data in {path}", shape, f"be (N, {3 * SIDE**2}), of uint8")
        rows = len(given) if isinstance(given, list) else None
        require(rows == shape[0], f"number of {key} in {path}", rows, f"be {shape[0]}")
        pixels.append(data.reshape(-1, 3, SIDE, SIDE))
        labels.append(indices(given, range(len(layout.classes)), f"{key} of {path}"))
        tested.append(torch.full((len(data),), path.name == layout.test))
    return Collection(
        layout.classes,
        shrink(np.concatenate(pixels), size),
        torch.cat(labels),
        None,
        torch.cat(tested),
        described("published Python pickles", paths),
    )


def _parquet_files(layout: Layout, folder: Path) -> tuple[list[Path], list[Path]]:
    """The training and the test files of a Parquet copy; empty lists where there is none."""
    flat = [folder / f"{layout.name}_{part}.parquet" for part in ("train", "test")]
    if all(path.is_file() for path in flat):
        return [flat[0]], [flat[1]]
    below = folder / layout.name
    train, test = (sorted(below.rglob(f"{part}-*.parquet")) for part in ("train", "test"))
    return train, test


def _from_parquet(
    layout: Layout, train: list[Path], test: list[Path], size: int | None
) -> Collection:
    images, labels, tested = [], [], []
    for path in (*train, *test):
        columns = read_parquet(path, ("img", layout.label))
        images += from_parquet(path, columns["img"])
        given = columns[layout.label]
        labels.append(indices(given, range(len(layout.classes)), f"{layout.label} of {path.name}"))
        tested.append(torch.full((len(given),), path in test))
    jpeg = any(image.content[:2] == b"\xff\xd8" for image in images)
    form = "Parquet copy, re-encoded as JPEG (lossy)" if jpeg else "Parquet copy"
    return Collection(
        layout.classes,
        decode(images, "RGB", stored_side(size, SIDE), native=SIDE),
        torch.cat(labels),
        None,
        torch.cat(tested),
        described(form, (*train, *test)),
    )
