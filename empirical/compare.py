"""Weighted training against ex post weighting, on one data set: the command line.

For each seed a network is trained twice, with the class-weighted loss and with the plain one, as
a pair (`empirical.train`).  That gives three regimes (`empirical.regimes`), which are measured on
validation and test data at every training interval.  `empirical.compare_results` keeps every
value in a file, after each training, so that an interrupted comparison continues;
`empirical.compare_statistics` and `empirical.compare_report` make a table of it.

Source: Misaligned by Design, Section 3 and Appendix C.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from empirical import compare_results
from empirical.compare_options import (
    PROGRAM,
    argument_parser,
    checked,
    chosen_protocol,
    class_index,
    configuration,
)
from empirical.compare_report import as_json, as_text, summary
from empirical.regimes import (
    REGIMES_OF,
    SPLITS,
    emphasising_weights,
    inverse_probability_weights,
    measure,
    predictions,
)
from empirical.resolution import measure_learning
from theory.command_line import InputError, require, run

if TYPE_CHECKING:
    from empirical.data import ImageData
    from empirical.protocols import Protocol

PROGRESS_EVERY = 2.0  # seconds between two lines of progress
SPLIT_SEED = 0  # the split is the same in all runs, as in the paper

Progress = Callable[[int, int, float], None]


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
    validation loss.
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


def compare(options: argparse.Namespace, command: str) -> dict[str, Any]:
    """Run what is missing of the comparison that the options ask for, and return all of it."""
    import torch

    from empirical.data import load

    if options.threads:
        torch.set_num_threads(options.threads)
    protocol = chosen_protocol(options)
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    _require_device(device)
    data = load(
        options.dataset,
        options.data_dir,
        seed=SPLIT_SEED,
        split=options.split,
        size=protocol.image_size,
        limit=options.limit,
    )
    if options.classes is not None:
        data = data.restricted(options.classes)
    emphasised = class_index(options, data.classes)
    weights = class_weights(data, emphasised, options.ratio)
    name = None if emphasised is None else data.classes[emphasised]
    setting = configuration(options, protocol, name, _digest(options.weights))
    described = describe(data, weights)
    comparison = (
        compare_results.empty(setting, described, options.seeds)
        if options.out is None
        else compare_results.continued(options.out, setting, described, options.seeds)
    )
    todo = compare_results.missing(comparison)
    place = f"{device}: {torch.cuda.get_device_name()}" if device.startswith("cuda") else device
    where = compare_results.environment(place, torch.get_num_threads(), command)
    report = Reporter(len(todo))
    for seed, training in todo:
        report.begin(seed, training)
        found = record(
            data,
            protocol,
            training,
            weights,
            emphasised,
            seed,
            pretrained=options.weights,
            device=device,
            progress=report,
        )
        found["environment"] = compare_results.environment_index(comparison, where)
        comparison["runs"].setdefault(str(seed), {})[training] = found
        report.end()
        if options.out is not None:
            compare_results.write(options.out, comparison)
    return comparison


def describe(data: ImageData, weights: np.ndarray) -> dict[str, Any]:
    """The data as the file describes them."""
    return {
        "classes": list(data.classes),
        **{split: len(getattr(data, split).labels) for split in ("train", *SPLITS)},
        "frequencies": data.frequencies().double().tolist(),
        "class_weights": weights.tolist(),
        "source": data.source,
    }


class Reporter:
    """Progress on standard error, at most once in `PROGRESS_EVERY` seconds, with the time left."""

    def __init__(self, trainings: int) -> None:
        self.trainings, self.finished = trainings, 0
        self.start = self.last = time.monotonic()
        self.name = ""

    def begin(self, seed: int, training: str) -> None:
        """A training starts."""
        self.name = f"[{self.finished + 1}/{self.trainings}] seed {seed}, {training}"

    def end(self) -> None:
        """It has ended."""
        self.finished += 1

    def __call__(self, done: int, total: int, loss: float) -> None:
        """`done` of `total` steps; `loss`: mean training loss of the last interval."""
        now = time.monotonic()
        if now - self.last < PROGRESS_EVERY:
            return
        self.last = now
        share = (self.finished + done / total) / self.trainings
        left = (now - self.start) * (1 - share) / share
        shown = "" if np.isnan(loss) else f", loss {loss:.4f}"
        text = f"{self.name}: step {done:,} of {total:,}{shown}; about {_duration(left)} left"
        print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> None:
    """Parse, check, run or read, draw and print; see ``--help``."""
    options = checked(argument_parser().parse_args(arguments))
    if options.verify is not None:
        print(verified(options.verify))
        return
    if options.show is not None:
        comparison = compare_results.read(options.show)
    else:
        comparison = compare(options, shlex.join(["python", "-m", "empirical.compare", *arguments]))
    pairs = compare_results.complete_runs(comparison)
    require(bool(pairs), "results file", options.show, "have a seed with both trainings")
    found = summary(comparison)
    if options.plot is not None:
        from figures.drawing import save
        from figures.md_fig4 import draw_runs

        save(draw_runs(comparison), options.plot)
    print(json.dumps(as_json(found)) if options.json else as_text(found))


def verified(path: Path) -> str:
    """A line that says the file is complete; raises `InputError` naming what is missing."""
    comparison = compare_results.read(path)
    gaps = [f"{seed}/{training}" for seed, training in compare_results.missing(comparison)]
    require(not gaps, "results file", path, f"hold all runs (missing: {', '.join(gaps)})")
    return f"{path}: complete, {comparison['seeds']} paired runs"


def _require_device(device: str) -> None:
    import torch

    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        line = str(error).splitlines()[0]
        raise InputError(f"--device is {device}: must be usable by torch ({line})") from None


def _digest(path: Path | None) -> str | None:
    """SHA-256 of the pretrained weights: of the file, or of the files in the folder."""
    if path is None:
        return None
    require(path.exists(), "--weights", path, "exist")
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _duration(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    return f"{hours:.1f} h" if hours >= 1 else f"{minutes:.0f} min" if minutes >= 1 else "a minute"


if __name__ == "__main__":
    run(main, PROGRAM)
