"""Training a network under a class-weighted or the plain loss, such that the two are a pair.

Weighted and unweighted training with the same seed share the initial weights and everything that
`empirical.feed` gives; they differ in the loss alone:

    mean over the batch of -w_y log p_y,  eq. (15)   or   mean over the batch of -log p_y.

The mean divides by the number of images and not, as torch's weighted cross entropy does, by the
weights that happen to be in the batch.  Learning-rate schedules that look at validation data look
at the loss that is trained (Misaligned by Design, Appendix D.1).

Predictions are evaluated in single precision (convolutions on a GPU: torch's default, TF32), also
of a network that is trained in bf16, whose eight bits would let the largest logits tie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from empirical.feed import Feed, precision
from empirical.losses import utility_weighted_cross_entropy
from empirical.protocols import Protocol, make_optimiser, make_schedule
from empirical.regimes import SPLITS
from theory.command_line import InputError

if TYPE_CHECKING:
    from empirical.data import ImageData

Progress = Callable[[float, float, Tensor], None]


class DivergedError(InputError):
    """The training loss is no longer finite."""


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


def train(
    data: ImageData,
    protocol: Protocol,
    weights: np.ndarray | None,
    seed: int,
    build: Callable[[], nn.Module],
    *,
    device: str = "cpu",
    progress: Progress = lambda done, total, loss: None,
) -> Iterator[Interval]:
    """Train one network and yield what it predicts at every interval.

    `weights` (m,) are class weights, None for plain cross entropy; `build` makes the network from
    torch's global generator, which is seeded with `seed` first.  `progress` hears, after every
    step, the epochs done, their total and the batch's loss, still on the device.  The last step
    always ends an interval.  Raises `DivergedError` if the loss stops being finite.
    """
    torch.manual_seed(seed)
    model = build().to(device)
    run = compiled(model, protocol) if protocol.compile else model
    feed = Feed(data, protocol, seed, device)
    utility = torch.ones(len(data.classes)) if weights is None else torch.tensor(weights).float()
    trained = utility.to(device)
    optimiser = make_optimiser(model, protocol)
    schedule = make_schedule(optimiser, protocol, feed.steps)
    since: list[Tensor] = []
    for step, inputs, labels in feed:
        optimiser.zero_grad(set_to_none=True)
        loss = torch.zeros((), device=device)
        for part, truth in parts(inputs, labels, protocol):
            with precision(protocol, device):
                own = utility_weighted_cross_entropy(run(part), truth, trained)
            own = own * (len(truth) / len(labels))
            own.backward()
            loss += own.detach()
        if protocol.clip_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), protocol.clip_norm)
        optimiser.step()
        schedule.step()
        since.append(loss)
        progress(step / feed.per_epoch, feed.steps / feed.per_epoch, since[-1])
        if not feed.ends_interval(step):
            continue
        recent = float(torch.stack(since).mean())
        if not np.isfinite(recent):
            raise DivergedError(f"training loss is {recent} at step {step}: must be finite "
                                "(a lower --learning-rate may help)")  # fmt: skip
        since.clear()
        found = {name: evaluate(model, getattr(data, name).images, feed) for name in SPLITS}
        held_out = utility_weighted_cross_entropy(
            torch.tensor(found["validation"]), data.validation.labels, utility
        )
        schedule.evaluated(float(held_out))
        yield Interval(step, step / feed.per_epoch, recent, found)


def parts(inputs: Tensor, labels: Tensor, protocol: Protocol) -> Iterator[tuple[Tensor, Tensor]]:
    """The batch in parts of `protocol.micro_batch` images, or whole."""
    size = protocol.micro_batch or len(labels)
    return zip(inputs.split(size), labels.split(size), strict=True)


def compiled(model: nn.Module, protocol: Protocol) -> Callable[[Tensor], Tensor]:
    """`model`, compiled for whole batches; the smaller one that ends a pass runs as it is.

    Otherwise the second shape would be compiled too, or both with a shape left open.
    """
    fast, whole = torch.compile(model, dynamic=False), protocol.micro_batch or protocol.batch_size

    def run(inputs: Tensor) -> Tensor:
        found: Tensor = (fast if len(inputs) == whole else model)(inputs)
        return found

    return run


@torch.no_grad()
def evaluate(model: nn.Module, images: Tensor, feed: Feed) -> np.ndarray:
    """Logits (N, m) of images in float32, without augmentation; the model trains on after."""
    model.eval()
    found = torch.cat([model(inputs).cpu() for inputs in feed.evaluation(images)])
    model.train()
    return found.numpy()
