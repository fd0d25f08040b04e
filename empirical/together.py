"""Several trainings of one network side by side: same start, same images, different class weights.

A small network leaves most of a GPU idle.  The E trainings of one seed differ in the weights of
the loss alone, so they share every batch: their parameters are stacked along a first axis and one
`torch.func.vmap` evaluates all of them.  The result is that of `empirical.train.train`, called E
times, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.optim import Optimizer

from empirical.augment import augment, normalisation, prepared
from empirical.losses import utility_weighted_cross_entropy
from empirical.protocols import Protocol, make_optimiser, make_schedule
from empirical.regimes import SPLITS
from empirical.train import AUGMENTATION_SEED, EVALUATION_BATCH, Interval, batches, precision
from theory.command_line import require

if TYPE_CHECKING:
    from empirical.data import ImageData


class Stack:
    """E copies of a network with their own parameters and buffers."""

    def __init__(self, network: nn.Module, copies: int) -> None:
        self.network = network
        members = [deepcopy(network) for _ in range(copies)]
        self.parameters, self.buffers = stack_module_state(members)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Logits (E, B, m) of inputs (B, C, H, W) that all copies see."""

        def one(parameters: dict[str, Tensor], buffers: dict[str, Tensor]) -> Tensor:
            return functional_call(self.network, (parameters, buffers), (inputs,))

        return vmap(one)(self.parameters, self.buffers)

    def optimiser(self, protocol: Protocol) -> Optimizer:
        """That of one network, with its groups, on the stacked parameters."""
        names = {parameter: name for name, parameter in self.network.named_parameters()}
        optimiser = make_optimiser(self.network, protocol)
        for group in optimiser.param_groups:
            group["params"] = [self.parameters[names[parameter]] for parameter in group["params"]]
        return optimiser

    def clip(self, largest: float) -> None:
        """Bound the norm of each copy's gradient."""
        gradients = [p.grad for p in self.parameters.values() if p.grad is not None]
        squares = torch.stack([gradient.flatten(1).square().sum(1) for gradient in gradients])
        factor = (largest / (squares.sum(0).sqrt() + 1e-6)).clamp(max=1)
        for gradient in gradients:
            gradient.mul_(factor.view(-1, *[1] * (gradient.ndim - 1)))


def train_together(
    data: ImageData,
    protocol: Protocol,
    weights: Sequence[np.ndarray | None],
    seed: int,
    build: Callable[[], nn.Module],
    *,
    device: str = "cpu",
    progress: Callable[[float, float, Tensor], None] = lambda done, total, loss: None,
) -> Iterator[list[Interval]]:
    """Train one network for each entry of `weights`; yields their intervals side by side.

    Arguments as in `empirical.train.train`.  Raises `InputError` for the schedule "plateau",
    under which the learning rates of the copies would part.
    """
    require(protocol.schedule != "plateau", "schedule", protocol.schedule,
            "be another one for networks trained together")  # fmt: skip
    torch.manual_seed(seed)
    stack = Stack(build().to(device), len(weights))
    images, labels = data.train.images.to(device), data.train.labels.to(device)
    statistics = normalisation(data, protocol)
    random = torch.Generator(device).manual_seed(AUGMENTATION_SEED + seed)
    plain = np.ones(len(data.classes))
    rows = np.stack([plain if row is None else row for row in weights])
    utilities = torch.tensor(rows, dtype=torch.float32, device=device)
    total = protocol.total_steps(len(labels))
    per_epoch = protocol.steps_per_epoch(len(labels))
    every = per_epoch if protocol.evaluate_every == "epoch" else protocol.evaluate_every
    optimiser = stack.optimiser(protocol)
    schedule = make_schedule(optimiser, protocol, total)
    since: list[Tensor] = []
    for step, batch in enumerate(batches(len(labels), protocol.batch_size, total, seed), start=1):
        chosen = batch.to(device)
        inputs = augment(images[chosen], random, protocol)
        with precision(protocol, device):
            logits = stack(prepared(inputs, *statistics, protocol.image_size))
            losses = torch.stack(
                [
                    utility_weighted_cross_entropy(own, labels[chosen], utility)
                    for own, utility in zip(logits, utilities, strict=True)
                ]
            )
        optimiser.zero_grad(set_to_none=True)
        losses.sum().backward()
        if protocol.clip_norm is not None:
            stack.clip(protocol.clip_norm)
        optimiser.step()
        schedule.step()
        since.append(losses.detach())
        progress(step / per_epoch, total / per_epoch, since[-1].mean())
        if step % every and step != total:
            continue
        recent = torch.stack(since).mean(0).tolist()
        since.clear()
        found = {
            split: _evaluate(stack, getattr(data, split).images, statistics, protocol, device)
            for split in SPLITS
        }
        yield [
            Interval(step, step / per_epoch, recent[copy], {s: found[s][copy] for s in SPLITS})
            for copy in range(len(weights))
        ]


@torch.no_grad()
def _evaluate(
    stack: Stack,
    images: Tensor,
    statistics: tuple[tuple[float, ...], tuple[float, ...]],
    protocol: Protocol,
    device: str,
) -> np.ndarray:
    """Logits (E, N, m) in float32, without augmentation."""
    stack.network.eval()
    found = []
    for chunk in images.split(EVALUATION_BATCH):
        with precision(protocol, device):
            inputs = prepared(chunk.to(device), *statistics, protocol.image_size)
            found.append(stack(inputs).float().cpu())
    stack.network.train()
    return torch.cat(found, dim=1).numpy()
