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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
from empirical.regimes import REGIMES_OF
from empirical.workers import Workers, side_by_side
from theory.command_line import require, run


def compare(options: argparse.Namespace, command: str) -> dict[str, Any]:
    """Run what is missing of the comparison that the options ask for, and return all of it."""
    import torch

    from empirical.data import load

    protocol = chosen_protocol(options)
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
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
    if options.limit is not None:
        several = int((data.frequencies() > 0).sum()) > 1
        require(several, "--limit", options.limit, "leave training images of two classes")
    weights = class_weights(data, emphasised, options.ratio)
    name = None if emphasised is None else data.classes[emphasised]
    setting = configuration(options, protocol, name, _digest(options.weights))
    described = describe(data, weights)
    comparison = (
        compare_results.empty(setting, described, options.seeds)
        if options.out is None
        else compare_results.continued(options.out, setting, described, options.seeds)
    )
    trainings = options.seeds * len(REGIMES_OF)
    workers = Workers.chosen(options.jobs, options.threads, device, trainings)
    where = environment(compare_results.MODULE, device, workers.threads, command, jobs=workers.jobs)
    comparison = compare_results.without_halves_from_elsewhere(comparison, where)
    todo = compare_results.missing(comparison)
    shared = {
        "data": data,
        "protocol": protocol,
        "weights": weights,
        "emphasised": emphasised,
        "pretrained": options.weights,
        "device": device,
    }
    tasks = [
        (f"seed {seed}, {training}", {**shared, "seed": seed, "training": training})
        for seed, training in todo
    ]
    for position, found in side_by_side(record, tasks, workers):
        seed, training = todo[position]
        found["environment"] = compare_results.environment_index(comparison, where)
        comparison = compare_results.with_training(comparison, seed, training, found)
        if options.out is not None:
            compare_results.write(options.out, comparison)
    return comparison


def main(arguments: Sequence[str]) -> None:
    """Parse, check, run or read, print and draw; see ``--help``."""
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
    text = json.dumps(as_json(found), allow_nan=False) if options.json else as_text(found)
    print(text, flush=True)
    if options.plot is not None:
        from figures.drawing import save
        from figures.md_fig4 import draw_runs

        save(draw_runs(comparison), options.plot)


def verified(path: Path) -> str:
    """A line that says the file is complete; raises `InputError` naming what is missing."""
    comparison = compare_results.read(path)
    gaps = [f"{seed}/{training}" for seed, training in compare_results.missing(comparison)]
    require(not gaps, "results file", path, f"hold all runs (missing: {', '.join(gaps)})")
    mixed = compare_results.mixed_pairs(comparison)
    wished = f"have each pair from one environment (not so: seed {', '.join(mixed)})"
    require(not mixed, "results file", path, wished)
    count = comparison["seeds"]
    return f"{path}: complete, {count} paired run{'s' * (count > 1)}"


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


if __name__ == "__main__":
    run(main, PROGRAM)
