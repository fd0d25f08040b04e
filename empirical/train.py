"""Training a network under a class-weighted or the plain loss, such that the two are a pair.

Weighted and unweighted training with the same seed share the initial weights, the order of the
images and every random number of the augmentation; they differ in the loss alone:

    mean over the batch of -w_y log p_y,  eq. (15)   or   mean over the batch of -log p_y.

The mean divides by the number of images and not, as torch's weighted cross entropy does, by the
weights that happen to be in the batch.  Learning-rate schedules that look at validation data look
at the loss that is trained (Misaligned by Design, Appendix D.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from empirical.augment import augment, normalisation, prepared
from empirical.losses import utility_weighted_cross_entropy
from empirical.protocols import Protocol, make_optimiser, make_schedule
from empirical.regimes import SPLITS
from theory.command_line import InputError

if TYPE_CHECKING:
    from empirical.data import ImageData, Split

EVALUATION_BATCH = 512
AUGMENTATION_SEED, ORDER_SEED = 1_000_003, 2_000_003  # apart from the seed of the weights


@dataclass(frozen=True)
class Interval:
    """A point of training at which the network is evaluated.

    `logits`: by split, (N, m) on the CPU; `training_loss`: mean over the batches since the last
    interval.
    """

    step: int
    epoch: float
    training_loss: float
    logits: dict[str, np.ndarray]


def batches(images: int, batch_size: int, steps: int, seed: int) -> Iterator[Tensor]:
    """Indices of `steps` batches: reshuffled passes, whose last batch may be smaller.

    The order depends on nothing but the arguments.

    >>> [len(batch) for batch in batches(5, 2, 4, seed=0)]
    [2, 2, 1, 2]
    """
    generator = torch.Generator().manual_seed(ORDER_SEED + seed)
    done = 0
    while True:
        for batch in torch.randperm(images, generator=generator).split(batch_size):
            if done == steps:
                return
            yield batch
            done += 1


def train(
    data: ImageData,
    protocol: Protocol,
    weights: np.ndarray | None,
    seed: int,
    build: Callable[[], nn.Module],
    *,
    device: str = "cpu",
    progress: Callable[[float, float, Tensor], None] = lambda done, total, loss: None,
) -> Iterator[Interval]:
    """Train one network and yield what it predicts at every interval.

    `weights` (m,) are class weights, None for plain cross entropy; `build` makes the network from
    torch's global generator, which is seeded with `seed` first.  `progress` hears, after every
    step, the epochs done, their total and the batch's loss, still on the device.  The last step
    always ends an interval.  Raises `InputError` if the loss stops being finite.
    """
    torch.manual_seed(seed)
    model = build().to(device)
    run = torch.compile(model) if protocol.compile else model
    images, labels = data.train.images.to(device), data.train.labels.to(device)
    mean, std = normalisation(data, protocol)
    random = torch.Generator(device).manual_seed(AUGMENTATION_SEED + seed)
    utility = torch.ones(len(data.classes)) if weights is None else torch.tensor(weights).float()
    utility = utility.to(device)
    total = protocol.total_steps(len(labels))
    per_epoch = protocol.steps_per_epoch(len(labels))
    every = per_epoch if protocol.evaluate_every == "epoch" else protocol.evaluate_every
    optimiser = make_optimiser(model, protocol)
    schedule = make_schedule(optimiser, protocol, total)
    since: list[Tensor] = []
    for step, batch in enumerate(batches(len(labels), protocol.batch_size, total, seed), start=1):
        chosen = batch.to(device)
        inputs = augment(images[chosen], random, protocol)
        with precision(protocol, device):
            logits = run(prepared(inputs, mean, std, protocol.image_size))
            loss = utility_weighted_cross_entropy(logits, labels[chosen], utility)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if protocol.clip_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), protocol.clip_norm)
        optimiser.step()
        schedule.step()
        since.append(loss.detach())
        progress(step / per_epoch, total / per_epoch, since[-1])
        if step % every and step != total:
            continue
        recent = float(torch.stack(since).mean())
        if not np.isfinite(recent):
            raise InputError(f"training loss is {recent} at step {step}: must be finite "
                             "(a lower --learning-rate may help)")  # fmt: skip
        since.clear()
        found = {
            name: evaluate(run, getattr(data, name), (mean, std), protocol, device)
            for name in SPLITS
        }
        held_out = utility_weighted_cross_entropy(
            torch.tensor(found["validation"]), data.validation.labels, utility.cpu()
        )
        schedule.evaluated(float(held_out))
        yield Interval(step, step / per_epoch, recent, found)


@torch.no_grad()
def evaluate(
    model: nn.Module,
    split: Split,
    statistics: tuple[tuple[float, ...], tuple[float, ...]],
    protocol: Protocol,
    device: str,
) -> np.ndarray:
    """Logits (N, m) of a split in float32, without augmentation; the model trains on after."""
    model.eval()
    found = []
    for images in split.images.split(EVALUATION_BATCH):
        with precision(protocol, device):
            inputs = prepared(images.to(device), *statistics, protocol.image_size)
            found.append(model(inputs).float().cpu())
    model.train()
    return torch.cat(found).numpy()


def precision(protocol: Protocol, device: str) -> torch.autocast:
    """Autocast to bf16 where the protocol asks for it."""
    kind = torch.device(device).type
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=protocol.precision == "bf16")
