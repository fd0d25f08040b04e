"""One training of a comparison, measured: the numbers that a results file records.

A training is evaluated on validation and test data at every training interval, in every regime
that it serves (`empirical.regimes`).  What it learned is measured once (`empirical.resolution`).

This module and everything that it imports, lazily or not, determine the recorded values of a
comparison: `empirical.provenance` takes a digest of exactly these files.

Source: Misaligned by Design, Section 3 and Appendix C.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from empirical.regimes import (
    REGIMES_OF,
    SPLITS,
    emphasising_weights,
    inverse_probability_weights,
    measure,
    predictions,
)
from empirical.resolution import measure_learning

if TYPE_CHECKING:
    from empirical.data import ImageData
    from empirical.protocols import Protocol
    from empirical.train import Progress

SPLIT_SEED = 0  # one split for all runs, which then differ in what training draws alone


def class_weights(data: ImageData, emphasised: int | None, ratio: float) -> np.ndarray:
    """The normalised class weights (m,): by emphasis, or by inverse probability for None."""
    frequencies = data.frequencies().double().numpy()
    if emphasised is None:
        return inverse_probability_weights(frequencies)
    return emphasising_weights(frequencies, emphasised, ratio)


def record(
    data: ImageData,
    protocol: Protocol,
    training: str,
    weights: np.ndarray,
    emphasised: int | None,
    seed: int,
    *,
    pretrained: Path | None = None,
    device: str = "cpu",
    progress: Progress = lambda done, total, loss: None,
) -> dict[str, Any]:
    """Train once and measure: the record of `compare_results`, but for its environment.

    What was learned is measured at the interval whose predictions have the lowest weighted
    validation loss.  `progress`: see `empirical.train.train`.
    """
    from empirical.models import build
    from empirical.train import train

    channels, classes = data.train.images.shape[1], len(data.classes)
    labels = {split: getattr(data, split).labels.numpy() for split in SPLITS}
    series: dict[str, Any] = {
        regime: {split: {} for split in SPLITS} for regime in REGIMES_OF[training]
    }
    steps, epochs, best, kept = [], [], np.inf, None
    start = time.perf_counter()
    for interval in train(
        data,
        protocol,
        weights if training == "weighted" else None,
        seed,
        lambda: build(protocol.model, classes, channels, protocol.image_size, weights=pretrained),
        device=device,
        progress=progress,
    ):
        steps.append(interval.step)
        epochs.append(interval.epoch)
        for regime, splits in series.items():
            for split, values in splits.items():
                predicted = predictions(interval.logits[split], regime, weights)
                for name, value in measure(predicted, labels[split], weights).items():
                    values.setdefault(name, []).append(value)
        latest = series[REGIMES_OF[training][0]]["validation"]["weighted_loss"][-1]
        if kept is None or latest < best:
            best, kept = latest, interval.logits
    assert kept is not None  # training has at least one interval
    return {
        "steps": steps,
        "epochs": epochs,
        "series": series,
        "learning": measure_learning(kept, labels, training, weights, emphasised),
        "seconds": time.perf_counter() - start,
    }


def describe(data: ImageData, weights: np.ndarray) -> dict[str, Any]:
    """The data as the file describes them."""
    return {
        "classes": list(data.classes),
        **{split: len(getattr(data, split).labels) for split in ("train", *SPLITS)},
        "frequencies": data.frequencies().double().tolist(),
        "class_weights": weights.tolist(),
        "source": data.source,
    }
