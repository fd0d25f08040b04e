"""Where ex post weighting wins, and by how much: a map over ratio, data, capacity and frequency.

For every group of `empirical.map_grid` a network is trained once without and several times with
weights (from the same start, on the same batches); the gain is the share of weighted training's
loss that ex post weighting saves, on test data, at intervals chosen on validation data.  Two axes
ask whether the difference is a matter of step sizes: multiples of the learning rate, and of the
weights.  Finished groups are kept in the results file, so that an interrupted map continues.

Source: Misaligned by Design, Section 2.8 (uniform rescaling), Section 3.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from empirical.compare_options import DATASETS, EMPHASISED, class_index, whole
from empirical.compare_results import environment
from empirical.map_grid import PRESETS, Grid, Group, groups, restricted
from empirical.map_results import FORMAT, as_text, cells, read
from empirical.regimes import SPLITS, emphasising_weights, measure, predictions
from empirical.resolution import measure_learning
from theory.command_line import Parser, parse_number, require, run, write_whole
from theory.options import check_plot

if TYPE_CHECKING:
    from empirical.data import ImageData
    from empirical.train import Interval

PROGRAM = "python -m empirical.map"
AXES = ("ratios", "sizes", "models", "frequencies", "learning_rates", "weight_scales")
VALUES = ("weighted_loss", "utility", "learning", "resolution")


def measured(
    data: ImageData, intervals: Sequence[Interval], regime: str, weights: np.ndarray, heavy: int
) -> dict[str, float]:
    """`VALUES` on test data, at the interval with the lowest weighted validation loss."""
    labels = {split: getattr(data, split).labels.numpy() for split in SPLITS}

    def at(interval: Interval, split: str) -> dict[str, float]:
        return measure(predictions(interval.logits[split], regime, weights), labels[split], weights)

    best = min(intervals, key=lambda interval: at(interval, "validation")["weighted_loss"])
    training = "weighted" if regime == "weighted" else "unweighted"
    learned = measure_learning(best.logits, labels, training, weights, heavy)
    found = at(best, "test") | learned
    return {name: found[name] for name in VALUES}


def run_group(
    data: ImageData, group: Group, grid: Grid, options: argparse.Namespace, heavy: int
) -> list[dict[str, Any]]:
    """Train a group and return one record for each ratio and scale of its weights."""
    from empirical.models import build
    from empirical.protocols import protocol
    from empirical.together import train_together
    from empirical.train import train

    kind = "smoke" if options.preset == "smoke" else options.protocol
    chosen = protocol(options.dataset, group.model, kind)
    rate = chosen.learning_rate * group.learning_rate
    chosen = replace(chosen, learning_rate=rate, epochs=options.epochs or chosen.epochs)
    own = restricted(data, group, heavy)
    frequencies = own.frequencies().double().numpy()
    weights = {ratio: emphasising_weights(frequencies, heavy, ratio) for ratio in grid.ratios}
    cells = [(ratio, scale) for ratio in grid.ratios for scale in grid.weight_scales]
    losses = [None, *(scale * weights[ratio] for ratio, scale in cells)]
    channels, classes = own.train.images.shape[1], len(own.classes)

    def network() -> Any:
        return build(group.model, classes, channels, chosen.image_size)

    if options.together:
        steps = list(
            train_together(own, chosen, losses, group.seed, network, device=options.device)
        )
        trained = [list(intervals) for intervals in zip(*steps, strict=True)]
    else:
        trained = [
            list(train(own, chosen, loss, group.seed, network, device=options.device))
            for loss in losses
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


def make(options: argparse.Namespace, grid: Grid, command: str) -> dict[str, Any]:
    """Run what is missing of the map, and return all of it."""
    import torch

    from empirical.data import load

    if options.threads:
        torch.set_num_threads(options.threads)
    options.device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    data = load(options.dataset, options.data_dir)
    heavy = class_index(options, data.classes)
    assert heavy is not None  # the map has no inverse probability weights
    configuration = {
        "dataset": options.dataset,
        "emphasised": data.classes[heavy],
        "preset": options.preset,
        "protocol": options.protocol,
        "epochs": options.epochs,
        "source": data.source,
        **{name: list(values) for name, values in asdict(grid).items()},
    }
    found = continued(options.out, configuration)
    todo = [group for group in groups(grid, options.seeds) if group.key not in found["groups"]]
    found["seeds"] = max(options.seeds, found["seeds"])
    found["environment"] = environment(options.device, torch.get_num_threads(), command)
    start = time.monotonic()
    for done, group in enumerate(todo):
        left = "" if not done else f", about {_minutes(start, done, len(todo))} min left"
        print(f"[{done + 1}/{len(todo)}] {group.key}{left}", file=sys.stderr, flush=True)
        found["groups"][group.key] = run_group(data, group, grid, options, heavy)
        if options.out is not None:
            text = json.dumps(found).replace('], "', '],\n"')
            write_whole(options.out, lambda path, text=text: path.write_text(text + "\n"))
    return found


def continued(path: Path | None, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The map in `path` if it has this configuration, an empty one if there is none.

    Raises `InputError` naming the first setting that differs.
    """
    if path is None or not path.exists():
        return {"format": FORMAT, "configuration": dict(configuration), "seeds": 0, "groups": {}}
    found = read(path)
    for key, value in configuration.items():
        old = found["configuration"].get(key)
        require(value == old, key, value, f"be {old} as in {path} (or choose another --out)")
    return found


def argument_parser() -> Parser:
    """The parser; see ``--help``."""
    parser = Parser(
        prog=PROGRAM,
        description="How much ex post weighting saves of weighted training's loss, over ratio, "
        "training images, network and frequency of the emphasised class.",
        epilog=f"Examples: {PROGRAM} --preset smoke;  {PROGRAM} --dataset cifar10 --preset full "
        "--together --out map.json.  Exit codes: 0 done, 2 bad input.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="(default: digits)")
    add("--emphasise", metavar="CLASS", help="(default: that of empirical.compare)")
    add("--preset", choices=PRESETS, default="smoke", help="the axes (default: smoke)")
    for name in AXES:
        add(f"--{name.replace('_', '-')}", metavar="A,B,...", help="instead of the preset's")
    add("--protocol", default="small", help="preset of the training protocol (default: small)")
    add("--epochs", help="instead of the protocol's")
    add("--seeds", default="2", help="(default: 2)")
    add("--together", action="store_true", help="train the networks of a group side by side")
    add("--data-dir", type=Path, metavar="DIR", help="where the data sets lie")
    add("--device", help="cpu or cuda (default: cuda if there is one)")
    add("--threads", default="0", help="CPU threads (default: torch's choice)")
    add("--out", type=Path, metavar="FILE", help="results file (.json); continued if it exists")
    add("--show", type=Path, metavar="FILE", help="print the table of a results file")
    add("--json", action="store_true", help="print one JSON object")
    add("--plot", type=Path, metavar="FILE", help="draw the map (.svg, .pdf or .png)")
    return parser


def chosen_grid(options: argparse.Namespace) -> Grid:
    """The preset's axes with those that the options replace; raises `InputError`."""
    found = PRESETS[options.preset]
    for name in AXES:
        text = getattr(options, name)
        if text is None:
            continue
        option, items = f"--{name.replace('_', '-')}", text.split(",")
        values: tuple[Any, ...]
        if name == "models":
            values = tuple(items)
        elif name == "sizes":
            values = tuple(whole(item, option, 2, 10**9) for item in items)
        else:
            values = tuple(float(parse_number(item, option)) for item in items)
            require(min(values) > 0, option, text, "list numbers above zero")
        found = replace(found, **{name: values})
    return found


def main(arguments: Sequence[str]) -> None:
    """Parse, check, run or read, draw and print; see ``--help``."""
    options = argument_parser().parse_args(arguments)
    options.inverse_probability = False
    options.emphasise = options.emphasise or EMPHASISED[options.dataset]
    options.seeds = whole(options.seeds, "--seeds", 1, 10_000)
    options.threads = whole(options.threads, "--threads", 0, 4096)
    options.epochs = None if options.epochs is None else whole(options.epochs, "--epochs", 1, 10**6)
    check_plot(options.plot)
    if options.out is not None:
        require(options.out.parent.is_dir(), "--out", options.out, "lie in a folder that exists")
    grid = chosen_grid(options)
    command = shlex.join(["python", "-m", "empirical.map", *arguments])
    found = make(options, grid, command) if options.show is None else read(options.show)
    require(bool(found["groups"]), "results file", options.show, "hold a finished group")
    if options.plot is not None:
        from figures.drawing import save
        from figures.md_map import draw_map

        save(draw_map(found), options.plot)
    print(json.dumps(list(cells(found))) if options.json else as_text(found))


def _minutes(start: float, done: int, total: int) -> int:
    return max(1, round((time.monotonic() - start) / done * (total - done) / 60))


if __name__ == "__main__":
    run(main, PROGRAM)
