"""Image data sets for the experiments: loaded, checked, and split into three parts.

=============  ==================================================================  ============
name           what                                                                splits
=============  ==================================================================  ============
digits         scikit-learn's handwritten digits, 10 classes; always there         default
cifar10        CIFAR-10; cifar100: CIFAR-100 with its fine labels                  default
chestxray14    NIH ChestX-ray14: images with one label only, 15 classes            all three
pediatric_xray Kermany et al. 2018: normal, bacterial and viral pneumonia          all three
=============  ==================================================================  ============

Splits.  "default": digits 60-20-20 percent, stratified; CIFAR keeps its published test set and
holds 5,000 training images out for validation, stratified; X-rays 70-10-20 by patient, so that no
patient is in two parts.  "paper": X-rays 70-10-20 by image, at random.  Misaligned by Design
(Appendix D.1) prints these shares and does not say of what; by image is the plain reading, and
lets images of one patient leak between parts.  "official": the X-rays' published test set; an
eighth of the other patients validates.

Everything random is drawn from `seed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import torch
from torch import Tensor

from empirical import data_chestxray14, data_cifar, data_digits, data_pediatric
from empirical.data_sources import Collection, data_folder
from theory.command_line import require

READERS = {
    "digits": data_digits.read,
    "cifar10": partial(data_cifar.read, "cifar10"),
    "cifar100": partial(data_cifar.read, "cifar100"),
    "chestxray14": data_chestxray14.read,
    "pediatric_xray": data_pediatric.read,
}
DATASETS: tuple[str, ...] = tuple(READERS)
XRAYS = ("chestxray14", "pediatric_xray")
SPLITS = {
    name: ("default", "paper", "official") if name in XRAYS else ("default",) for name in DATASETS
}
HELD_OUT = 1 / 10  # of CIFAR's 50,000 training images
DIGITS_SHARES = (0.6, 0.2, 0.2)  # training, validation, test
XRAY_SHARES = (0.7, 0.1, 0.2)
OFFICIAL_SHARES = (7 / 8, 1 / 8)  # with a test set of a fifth: about 70-10-20 again
CHUNK = 4096  # images whose squares are summed at a time


@dataclass(frozen=True)
class Split:
    """One part of a data set.

    `images` (N, C, H, W) uint8; `labels` (N,) int64; `groups` (N,) int64, the patient of each
    image, or None where images have none.
    """

    images: Tensor
    labels: Tensor
    groups: Tensor | None

    def chosen(self, index: Tensor) -> Split:
        """The images at the positions `index`, (K,) int64."""
        groups = None if self.groups is None else self.groups[index]
        return Split(self.images[index], self.labels[index], groups)


@dataclass(frozen=True)
class ImageData:
    """A data set in three parts.

    `mean` and `std` (C,) are the channel means and standard deviations of the training images,
    for pixels in [0, 1]; `source` names the files that were read, their form and their sha256.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: str

    def frequencies(self) -> Tensor:
        """The share of each class among the training images, (m,) float64."""
        counts = self.train.labels.bincount(minlength=len(self.classes))
        return counts.to(torch.float64) / len(self.train.labels)

    def restricted(self, classes: Sequence[str]) -> ImageData:
        """Only the images of the named classes, which become classes 0, 1, ... in that order."""
        for name in classes:
            require(name in self.classes, "class", name, f"be one of {', '.join(self.classes)}")
        require(len(set(classes)) == len(classes) >= 2, "classes", ", ".join(classes),
                "be at least two, each named once")  # fmt: skip
        place = torch.full((len(self.classes),), -1)
        place[torch.tensor([self.classes.index(name) for name in classes])] = torch.arange(
            len(classes)
        )

        def part(split: Split) -> Split:
            labels = place[split.labels]
            kept = replace(split, labels=labels).chosen((labels >= 0).nonzero()[:, 0])
            require(len(kept.labels) > 0, "classes", ", ".join(classes), "occur in every part")
            return kept

        train, validation, test = map(part, (self.train, self.validation, self.test))
        for label, count in enumerate(train.labels.bincount(minlength=len(classes)).tolist()):
            require(count > 0, f"number of training images of {classes[label]}", 0, "be above zero")
        mean, std = channel_statistics(train.images)
        source = f"{self.source}; classes {', '.join(classes)} only"
        return ImageData(self.name, tuple(classes), train, validation, test, mean, std, source)


def load(
    name: str,
    data_dir: Path | None = None,
    *,
    seed: int = 0,
    split: str = "default",
    size: int | None = None,
    limit: int | None = None,
) -> ImageData:
    """A data set, checked and split.

    `data_dir`: its folder (else ``ALIGNMENT_DATA_DIR``, else ``./data``).  `size`: images are
    stored with at most so many pixels a side; enlarging is left to each batch
    (`empirical.augment.prepared`).  `limit`: train on so many images at most, drawn with the
    classes' shares kept; validation and test stay whole.  Raises `InputError` for an unknown
    name or split, and for files that are missing (with where to get them) or damaged.

    >>> data = load("digits")
    >>> tuple(data.train.images.shape), len(data.validation.labels), len(data.test.labels)
    ((1078, 1, 8, 8), 360, 359)
    """
    require(name in DATASETS, "--dataset", name, f"be one of {', '.join(DATASETS)}")
    require(split in SPLITS[name], "split", split, f"be one of {', '.join(SPLITS[name])} ({name})")
    require(size is None or size >= 1, "size", size, "be at least 1")
    require(limit is None or limit >= 1, "--limit", limit, "be at least 1")
    collection = _read(name, data_folder(data_dir).resolve(), size)
    generator = torch.Generator().manual_seed(seed)
    whole = Split(collection.images, collection.labels, collection.groups)
    train, validation, test = _parts(name, collection, split, generator)
    if limit is not None and limit < len(train):
        share = limit / len(train)
        within = shares_of(whole.labels[train], (share, 1 - share), generator)[0]
        train = train[within]
    for part, index in (("training", train), ("validation", validation), ("test", test)):
        require(len(index) > 0, f"number of {part} images in {name}", 0, "be above zero")
    parts = [whole.chosen(index) for index in (train, validation, test)]
    mean, std = channel_statistics(parts[0].images)
    return ImageData(name, collection.classes, *parts, mean, std, collection.source)


@lru_cache(maxsize=2)
def _read(name: str, folder: Path, size: int | None) -> Collection:
    """Decoded once, however many splits are made of it."""
    return READERS[name](folder, size)


def _parts(
    name: str, collection: Collection, split: str, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """The positions of the training, validation and test images."""
    labels, groups, tested = collection.labels, collection.groups, collection.tested
    if name == "digits":
        return shares_of(labels, DIGITS_SHARES, generator)
    if split == "paper":
        return shares_of(torch.zeros_like(labels), XRAY_SHARES, generator)
    if split == "official" or groups is None:
        require(tested is not None, "split", split,
                f"be default or paper: this copy of {name} does not say what is test")  # fmt: skip
        rest = (~tested).nonzero()[:, 0]
        test = tested.nonzero()[:, 0]
        if groups is None:
            parts = shares_of(labels[rest], (1 - HELD_OUT, HELD_OUT), generator)
        else:
            parts = shares_of_groups(labels[rest], groups[rest], OFFICIAL_SHARES, generator)
        return rest[parts[0]], rest[parts[1]], test
    return shares_of_groups(labels, groups, XRAY_SHARES, generator)


def shares_of(
    strata: Tensor, shares: Sequence[float], generator: torch.Generator
) -> tuple[Tensor, ...]:
    """Positions 0..N-1 divided at random such that each stratum is divided in these shares.

    `strata` (N,) int64; `shares` sum to 1.  The images of a stratum of c, in random order, get
    the places (k + u) / c in [0, 1), k = 0, ..., c - 1, with one uniform u; the places of all
    strata, sorted, are cut.  Hence part sizes are exact to rounding, a stratum whose shares are
    whole is divided exactly, and every image is equally likely to fall into a part.  Returns
    sorted positions, one tensor for each share.

    >>> parts = shares_of(torch.tensor([0, 0, 0, 0, 1, 1]), (0.5, 0.5), torch.Generator())
    >>> [len(part) for part in parts]
    [3, 3]
    """
    shuffled = torch.randperm(len(strata), generator=generator)
    ordered = shuffled[strata[shuffled].argsort(stable=True)]
    counts = strata.unique(return_counts=True)[1].tolist()
    offsets = torch.rand(len(counts), generator=generator, dtype=torch.float64).tolist()
    place = torch.cat(
        [(torch.arange(count) + u) / count for count, u in zip(counts, offsets, strict=True)]
    )
    by_place = ordered[place.argsort(stable=True)]
    return _cut(by_place, shares)


def shares_of_groups(
    labels: Tensor, groups: Tensor, shares: Sequence[float], generator: torch.Generator
) -> tuple[Tensor, ...]:
    """Positions 0..N-1 divided such that no group is in two parts.

    `labels`, `groups` (N,) int64.  Groups are divided in these shares, stratified by their rarest
    class.  Returns sorted positions, one tensor for each share.
    """
    names, member = groups.unique(return_inverse=True)
    rarity = labels.bincount().argsort(stable=True).argsort()  # rank: 0 is the rarest class
    stratum = torch.full((len(names),), len(rarity)).scatter_reduce(
        0, member, rarity[labels], "amin"
    )
    parts = shares_of(stratum, shares, generator)
    return tuple(torch.isin(member, part).nonzero()[:, 0] for part in parts)


def _cut(positions: Tensor, shares: Sequence[float]) -> tuple[Tensor, ...]:
    ends = [round(sum(shares[: k + 1]) * len(positions)) for k in range(len(shares))]
    starts = [0, *ends[:-1]]
    return tuple(positions[a:b].sort().values for a, b in zip(starts, ends, strict=True))


def channel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, for pixels in [0, 1].

    `images` (N, C, H, W) uint8.  The sums are of integers, hence exact.
    """
    total = images.sum(dim=(0, 2, 3), dtype=torch.int64).to(torch.float64)
    squares = torch.zeros_like(total)
    for chunk in images.split(CHUNK):
        squares += (chunk.to(torch.int32) ** 2).sum(dim=(0, 2, 3), dtype=torch.int64)
    pixels = images.numel() // images.shape[1]
    mean = total / pixels
    spread = (squares / pixels - mean**2).clamp(min=0).sqrt()
    require(bool((spread > 0).all()), "standard deviation of a channel", 0, "be above zero")
    return tuple((mean / 255).tolist()), tuple((spread / 255).tolist())
