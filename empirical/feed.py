"""What a network sees in training and in evaluation.

Trainings with the same seed see the same images in the same order and form, whatever their loss:
the order and every random number of the augmentation depend on the seed, the data and the protocol
alone.  Images, order and constants are on the device before they are needed, so that in training
no step makes a GPU wait for the host.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from empirical.augment import augment, normalisation, prepared
from empirical.protocols import Protocol

if TYPE_CHECKING:
    from empirical.data import ImageData

EVALUATION_BATCH = 512
AUGMENTATION_SEED, ORDER_SEED = 1_000_003, 2_000_003  # apart from the seed of the weights


class Feed:
    """Batches of one run, and its calendar: steps, epochs, intervals.

    `steps`: training steps; `per_epoch`: those in one pass over the training images.
    """

    def __init__(self, data: ImageData, protocol: Protocol, seed: int, device: str) -> None:
        self.protocol, self.seed, self.device = protocol, seed, device
        self.images, self.labels = data.train.images.to(device), data.train.labels.to(device)
        self.statistics = normalisation(data, protocol, device)
        self.steps = protocol.total_steps(len(self.labels))
        self.per_epoch = protocol.steps_per_epoch(len(self.labels))
        own = protocol.evaluate_every
        self._every = self.per_epoch if own == "epoch" else own

    def __iter__(self) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Step (from 1), inputs (B, C, H, W) and labels (B,) of every training step."""
        random = torch.Generator(self.device).manual_seed(AUGMENTATION_SEED + self.seed)
        size, protocol = self.protocol.batch_size, self.protocol
        order = batches(len(self.labels), size, self.steps, self.seed, self.device)
        for step, chosen in enumerate(order, start=1):
            images = augment(self.images[chosen], random, protocol)
            yield step, prepared(images, *self.statistics, protocol.image_size), self.labels[chosen]

    def ends_interval(self, step: int) -> bool:
        """Whether the networks are evaluated after this step; they always are after the last."""
        return step % self._every == 0 or step == self.steps

    def evaluation(self, images: Tensor) -> Iterator[Tensor]:
        """`images` (N, C, H, W) in chunks, prepared, without augmentation."""
        for chunk in images.split(EVALUATION_BATCH):
            yield prepared(chunk.to(self.device), *self.statistics, self.protocol.image_size)


def batches(
    images: int, batch_size: int, steps: int, seed: int, device: str = "cpu"
) -> Iterator[Tensor]:
    """Indices of `steps` batches: reshuffled passes, whose last batch may be smaller.

    The order depends on nothing but the first four arguments; each pass goes to `device` whole.

    >>> [len(batch) for batch in batches(5, 2, 4, seed=0)]
    [2, 2, 1, 2]
    """
    generator = torch.Generator().manual_seed(ORDER_SEED + seed)
    done = 0
    while True:
        for batch in torch.randperm(images, generator=generator).to(device).split(batch_size):
            if done == steps:
                return
            yield batch
            done += 1


def precision(protocol: Protocol, device: str) -> torch.autocast:
    """Autocast to bf16 where the protocol asks for it."""
    kind = torch.device(device).type
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=protocol.precision == "bf16")
