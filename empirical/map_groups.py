"""One group of the map: trained once without and several times with weights, and measured.

This module and everything that it imports determine the recorded values of a map:
`empirical.provenance` takes a digest of exactly these files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from empirical.map_grid import Grid, Group, restricted
from empirical.protocols import Protocol, protocol
from empirical.regimes import SPLITS, emphasising_weights, measure, predictions
from empirical.resolution import measure_learning

if TYPE_CHECKING:
    from empirical.data import ImageData
    from empirical.train import Interval

OPTIMISERS = ("protocol", "sgd")
SGD_RATE, SGD_MOMENTUM = 0.1, 0.9  # of `--optimiser sgd`, before the group's multiple
VALUES = ("weighted_loss", "utility", "learning", "resolution")  # on test data


def protocol_of(
    dataset: str, model: str, preset: str, optimiser: str, epochs: int | None
) -> Protocol:
    """The preset's protocol with another optimiser or number of epochs, if asked for."""
    found = protocol(dataset, model, preset)
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
) -> list[dict[str, Any]]:
    """Train a group and return one record for each ratio and scale of its weights.

    `chosen`: the protocol, whose learning rate the group multiplies; `together`: side by side.
    """
    from empirical.models import build
    from empirical.together import train_together
    from empirical.train import train

    chosen = replace(chosen, learning_rate=chosen.learning_rate * group.learning_rate)
    own = restricted(data, group, heavy)
    frequencies = own.frequencies().double().numpy()
    weights = {ratio: emphasising_weights(frequencies, heavy, ratio) for ratio in grid.ratios}
    cells = [(ratio, scale) for ratio in grid.ratios for scale in grid.weight_scales]
    losses = [None, *(scale * weights[ratio] for ratio, scale in cells)]
    channels, classes = own.train.images.shape[1], len(own.classes)

    def network() -> Any:
        return build(group.model, classes, channels, chosen.image_size)

    if together:
        steps = list(train_together(own, chosen, losses, group.seed, network, device=device))
        trained = [list(intervals) for intervals in zip(*steps, strict=True)]
    else:
        trained = [
            list(train(own, chosen, loss, group.seed, network, device=device)) for loss in losses
        ]
    plain, *weighted = trained
    return [
        {
            "ratio": ratio,
            "weight_scale": scale,
            "weighted": measured(own, intervals, "weighted", weights[ratio], heavy),
            "ex_post": measured(own, plain, "ex_post", weights[ratio], heavy),
        }
        for (ratio, scale), intervals in zip(cells, weighted, strict=True)
    ]
