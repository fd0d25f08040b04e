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
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from empirical.feed import Feed
from empirical.protocols import Protocol, make_optimiser, make_schedule
from empirical.regimes import SPLITS
from empirical.train import Interval, Progress
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
    progress: Progress = lambda done, total, loss: None,
) -> Iterator[list[Interval]]:
    """Train one network for each entry of `weights`; yields their intervals side by side.

    Arguments as in `empirical.train.train`.  A training that diverges goes on, and its logits are
    no longer finite.  Raises `InputError` for the schedule "plateau", under which the learning
    rates of the copies would part, and for bf16: autocast does not reach every operation inside
    vmap, so that the network would not be the one that is trained alone.
    """
    require(protocol.precision == "fp32", "precision", protocol.precision,
            "be fp32 for networks trained together")  # fmt: skip
    require(protocol.schedule != "plateau", "schedule", protocol.schedule,
            "be another one for networks trained together")  # fmt: skip
    torch.manual_seed(seed)
    stack = Stack(build().to(device), len(weights))
    feed = Feed(data, protocol, seed, device)
    plain = np.ones(len(data.classes))
    rows = np.stack([plain if row is None else row for row in weights])
    utilities = torch.tensor(rows, dtype=torch.float32, device=device)
    optimiser = stack.optimiser(protocol)
    schedule = make_schedule(optimiser, protocol, feed.steps)
    since: list[Tensor] = []
    for step, inputs, labels in feed:
        logits = stack(inputs)
        each = cross_entropy(logits.flatten(0, 1), labels.repeat(len(logits)), reduction="none")
        losses = (utilities[:, labels] * each.view(len(logits), -1)).mean(1)  # eq. (15)
        optimiser.zero_grad(set_to_none=True)
        losses.sum().backward()
        if protocol.clip_norm is not None:
            stack.clip(protocol.clip_norm)
        optimiser.step()
        schedule.step()
        since.append(losses.detach())
        progress(step / feed.per_epoch, feed.steps / feed.per_epoch, since[-1].mean())
        if not feed.ends_interval(step):
            continue
        recent = torch.stack(since).mean(0).tolist()
        since.clear()
        found = {split: _evaluate(stack, getattr(data, split).images, feed) for split in SPLITS}
        yield [
            Interval(step, step / feed.per_epoch, recent[copy], {s: found[s][copy] for s in SPLITS})
            for copy in range(len(weights))
        ]


@torch.no_grad()
def _evaluate(stack: Stack, images: Tensor, feed: Feed) -> np.ndarray:
    """Logits (E, N, m) in float32, without augmentation."""
    stack.network.eval()
    found = torch.cat([stack(inputs).cpu() for inputs in feed.evaluation(images)], dim=1)
    stack.network.train()
    return found.numpy()
