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
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from empirical.provenance import environment
from empirical.recording import SPLIT_SEED, class_weights, describe, record
from theory.command_line import InputError, require, run

if TYPE_CHECKING:
    from torch import Tensor

PROGRESS_EVERY = 2.0  # seconds between two lines of progress


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
    place = f"{device}: {torch.cuda.get_device_name()}" if device.startswith("cuda") else device
    where = environment(compare_results.MODULE, place, torch.get_num_threads(), command)
    comparison = compare_results.without_halves_from_elsewhere(comparison, where)
    todo = compare_results.missing(comparison)
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

    def __call__(self, done: float, total: float, loss: Tensor) -> None:
        """`done` of `total` epochs; `loss`: that of the last batch."""
        now = time.monotonic()
        if now - self.last < PROGRESS_EVERY:
            return
        self.last = now
        share = (self.finished + done / total) / self.trainings
        left = (now - self.start) * (1 - share) / share
        text = (
            f"{self.name}: epoch {done:.1f} of {total:g}, loss {float(loss):.4f}; "
            f"about {_duration(left)} left"
        )
        print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> None:
    """Parse, check, run or read, draw and print; see ``--help``."""
    options = checked(argument_parser().parse_args(arguments))
    if options.verify is not None:
        text = verified(options.verify)
        print(json.dumps({"complete": True, "text": text}) if options.json else text)
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
    text = json.dumps(as_json(found), allow_nan=False) if options.json else as_text(found)
    print(text)


def verified(path: Path) -> str:
    """A line that says the file is complete; raises `InputError` naming what is missing."""
    comparison = compare_results.read(path)
    gaps = [f"{seed}/{training}" for seed, training in compare_results.missing(comparison)]
    require(not gaps, "results file", path, f"hold all runs (missing: {', '.join(gaps)})")
    mixed = compare_results.mixed_pairs(comparison)
    wished = f"have each pair from one environment (not so: seed {', '.join(mixed)})"
    require(not mixed, "results file", path, wished)
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
