"""The map's axes: which trainings there are, and the data that each sees.

A *group* shares everything but the loss: the network, the number of training images, the
frequency of the emphasised class, the learning rate and the seed.  In it, one unweighted training
serves all ratios, each of which has a weighted training for every scale of its weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from theory.command_line import InputError, require

if TYPE_CHECKING:
    from empirical.data import ImageData, Split


@dataclass(frozen=True)
class Grid:
    """The values along each axis.

    `ratios`: weight of the emphasised class over that of another.  `sizes`: training images.
    `models`: networks, as the axis of capacity.  `frequencies`: shares of the emphasised class in
    all parts of the data, None for that of the data set.  `learning_rates`: multiples of the
    protocol's.  `weight_scales`: multiples of the normalised weights, in training alone; under
    plain gradient descent a scale s is the same as s times the learning rate, and Adam does not
    notice it (it divides gradients by their size), so this axis needs SGD.
    """

    ratios: tuple[float, ...]
    sizes: tuple[int, ...]
    models: tuple[str, ...]
    frequencies: tuple[float | None, ...] = (None,)
    learning_rates: tuple[float, ...] = (1.0,)
    weight_scales: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class Group:
    """Trainings that differ in the loss alone."""

    model: str
    size: int
    frequency: float | None
    learning_rate: float
    seed: int

    @property
    def key(self) -> str:
        """Its name in the results file.

        >>> Group("mlp", 200, None, 1.0, 0).key
        'mlp/200/-/1/0'
        """
        frequency = "-" if self.frequency is None else f"{self.frequency:g}"
        return f"{self.model}/{self.size}/{frequency}/{self.learning_rate:g}/{self.seed}"


PRESETS = {
    "smoke": Grid((1, 99), (200, 600), ("linear", "mlp")),
    "small": Grid((3, 10, 30, 99, 300, 999), (100, 300, 1000), ("linear", "mlp")),
    "full": Grid(
        (3, 10, 30, 99, 300, 999),
        (1000, 3000, 9000),
        ("linear", "mlp", "small_cnn", "resnet_fast"),
        (0.01, 0.1, 0.5),
    ),
    "images": Grid((10, 99, 999), (1000, 9000), ("linear", "mlp", "small_cnn"), (0.01, 0.1, 0.5)),
    "rates": Grid((99,), (300, 1000), ("mlp",), learning_rates=(0.1, 0.3, 1, 3, 10, 30)),
    "scales": Grid(
        (99,),
        (300, 1000),
        ("mlp",),
        learning_rates=(0.03, 0.1, 0.3, 1, 3),
        weight_scales=(1, 10),
    ),
}

# Steps of every training, however many images there are: few images are seen more often.
STEPS = {"full": 2000, "images": 200}


def groups(grid: Grid, seeds: Iterable[int]) -> Iterator[Group]:
    """All groups, seeds varying slowest, so that an unfinished map is even."""
    axes = product(seeds, grid.models, grid.sizes, grid.frequencies, grid.learning_rates)
    for seed, model, size, frequency, rate in axes:
        yield Group(model, size, frequency, rate, seed)


def restricted(data: ImageData, group: Group, emphasised: int) -> ImageData:
    """The data of a group: every part with the frequency, the training part of the size.

    The same images for every network and learning rate.  Validation and test data keep as many
    images as the frequency allows.  Raises `InputError` if there are too few images, for the size
    or to have one of the class (whose frequency would be another).
    """
    chosen = places(data, group, emphasised)
    return replace(data, **{name: getattr(data, name).chosen(own) for name, own in chosen.items()})


def places(data: ImageData, group: Group, emphasised: int) -> dict[str, Tensor]:
    """Which images of each part of the data `restricted` keeps; raises its errors."""
    if group.frequency is not None:
        require(0 < group.frequency < 1, "--frequencies", group.frequency, "lie in (0, 1)")
    sizes = {"train": group.size, "validation": None, "test": None}
    return {
        name: _chosen(getattr(data, name), group.frequency, size, emphasised)
        for name, size in sizes.items()
    }


def _chosen(split: Split, frequency: float | None, size: int | None, emphasised: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(split.labels), generator=generator)
    heavy = order[split.labels[order] == emphasised]
    others = order[split.labels[order] != emphasised]
    share = len(heavy) / len(order) if frequency is None else frequency
    most = int(min(len(heavy) / share, len(others) / (1 - share)) + 1e-9)
    wanted = most if size is None else size
    if not 2 <= wanted <= most:
        raise InputError(
            f"--sizes has {wanted}: must lie in [2, {most}] where the emphasised class has "
            f"frequency {share:g}"
        )
    count = round(share * wanted)
    if not 1 <= count < wanted:
        raise InputError(
            f"frequency of the emphasised class is {share:g}: must leave images of it, and others, "
            f"among {wanted}"
        )
    return torch.cat([heavy[:count], others[: wanted - count]])
