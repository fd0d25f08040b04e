"""One group of the map: trained once without and several times with weights, and measured.

This module and everything that it imports determine the recorded values of a map:
`empirical.provenance` takes a digest of exactly these files.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from empirical.map_grid import Grid, Group, restricted
from empirical.protocols import Protocol, protocol
from empirical.regimes import SPLITS, emphasising_weights, measure, predictions
from empirical.resolution import measure_learning

if TYPE_CHECKING:
    from torch import Tensor, nn

    from empirical.data import ImageData
    from empirical.train import Interval, Progress

OPTIMISERS = ("protocol", "sgd")
SGD_RATE, SGD_MOMENTUM = 0.1, 0.9  # of `--optimiser sgd`, before the group's multiple
INTERVALS = 5
VALUES = ("weighted_loss", "utility", "learning", "resolution")  # on test data


def protocol_of(
    dataset: str,
    model: str,
    preset: str,
    optimiser: str,
    epochs: int | None,
    steps: int | None = None,
) -> Protocol:
    """The preset's protocol with another optimiser or length, if asked for.

    A length in `steps` is the same for every number of images; it has `INTERVALS` evaluations,
    and a warm-up of at most a fifth.
    """
    found = protocol(dataset, model, preset)
    if steps is not None:
        found = replace(
            found,
            epochs=steps,  # an epoch has at least one step
            most_steps=steps,
            evaluate_every=max(1, steps // INTERVALS),
            warmup_steps=min(found.warmup_steps, steps // 5),
        )
    if optimiser == "sgd":
        found = replace(found, optimiser="sgd", learning_rate=SGD_RATE, momentum=SGD_MOMENTUM)
    return replace(found, epochs=epochs or found.epochs)


def measured(
    data: ImageData, intervals: Sequence[Interval], regime: str, weights: np.ndarray, heavy: int
) -> dict[str, float | None]:
    """`VALUES` on test data at the interval with the lowest weighted validation loss, and that
    loss, ``validation_loss``.  All None if training had diverged at every interval."""
    labels = {split: getattr(data, split).labels.numpy() for split in SPLITS}

    def at(interval: Interval, split: str) -> dict[str, float]:
        return measure(predictions(interval.logits[split], regime, weights), labels[split], weights)

    finite = [
        (at(interval, "validation")["weighted_loss"], index)
        for index, interval in enumerate(intervals)
        if all(np.isfinite(logits).all() for logits in interval.logits.values())
    ]
    if not finite:
        return dict.fromkeys([*VALUES, "validation_loss"])
    lowest, index = min(finite)
    best = intervals[index]
    training = "weighted" if regime == "weighted" else "unweighted"
    found = at(best, "test") | measure_learning(best.logits, labels, training, weights, heavy)
    shown: dict[str, float | None] = {name: found[name] for name in VALUES}
    shown["validation_loss"] = lowest
    return {name: v if v is not None and math.isfinite(v) else None for name, v in shown.items()}


def run_group(
    data: ImageData,
    group: Group,
    grid: Grid,
    chosen: Protocol,
    heavy: int,
    *,
    together: bool,
    device: str,
    progress: Progress = lambda done, total, loss: None,
) -> dict[str, Any]:
    """Train a group; ``records``: one for each ratio and scale of its weights; ``seconds``.

    `chosen`: the protocol, whose learning rate the group multiplies; `together`: side by side.
    `progress` hears the epochs done and their total, over all trainings of the group.
    """
    from empirical.models import build

    start = time.perf_counter()
    chosen = replace(chosen, learning_rate=chosen.learning_rate * group.learning_rate)
    own = restricted(data, group, heavy)
    frequencies = own.frequencies().double().numpy()
    weights = {ratio: emphasising_weights(frequencies, heavy, ratio) for ratio in grid.ratios}
    cells = [(ratio, scale) for ratio in grid.ratios for scale in grid.weight_scales]
    losses = [None, *(scale * weights[ratio] for ratio, scale in cells)]
    channels, classes = own.train.images.shape[1], len(own.classes)

    def network() -> Any:
        return build(group.model, classes, channels, chosen.image_size)

    plain, *weighted = _trained(
        own,
        chosen,
        losses,
        group.seed,
        network,
        together=together,
        device=device,
        progress=progress,
    )
    records = [
        {
            "ratio": ratio,
            "weight_scale": scale,
            "weighted": measured(own, intervals, "weighted", weights[ratio], heavy),
            "ex_post": measured(own, plain, "ex_post", weights[ratio], heavy),
        }
        for (ratio, scale), intervals in zip(cells, weighted, strict=True)
    ]
    return {"records": records, "seconds": time.perf_counter() - start}


def _trained(
    data: ImageData,
    chosen: Protocol,
    losses: Sequence[np.ndarray | None],
    seed: int,
    network: Callable[[], nn.Module],
    *,
    together: bool,
    device: str,
    progress: Progress,
) -> list[list[Interval]]:
    """The intervals of a training with each of the class weights, up to where it diverges."""
    from empirical.together import train_together
    from empirical.train import DivergedError, train

    if together:
        steps = train_together(
            data, chosen, losses, seed, network, device=device, progress=progress
        )
        return [list(intervals) for intervals in zip(*steps, strict=True)]
    trained: list[list[Interval]] = []
    for before, loss in enumerate(losses):

        def heard(done: float, total: float, last: Tensor, before: int = before) -> None:
            progress(before * total + done, len(losses) * total, last)

        trained.append([])
        with suppress(DivergedError):
            for interval in train(data, chosen, loss, seed, network, device=device, progress=heard):
                trained[-1].append(interval)
    return trained
