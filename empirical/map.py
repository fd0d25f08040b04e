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
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from empirical.compare_options import (
    DATASETS,
    EMPHASISED,
    check_device,
    class_index,
    number,
    require_alone,
    require_none_empty,
    whole,
)
from empirical.compare_results import environment_index, flattened, rounded
from empirical.map_grid import PRESETS, STEPS, Grid, groups, places
from empirical.map_groups import OPTIMISERS, protocol_of, run_group
from empirical.map_results import FORMAT, as_text, cells, read, write
from empirical.protocols import PRESETS as PROTOCOL_PRESETS
from empirical.provenance import environment
from empirical.workers import Workers, side_by_side
from theory.command_line import Parser, require, require_writable, run
from theory.options import check_plot

if TYPE_CHECKING:
    from empirical.protocols import Protocol

PROGRAM = "python -m empirical.map"
AXES = ("ratios", "sizes", "models", "frequencies", "learning_rates", "weight_scales")
MODULE = "empirical.map_groups"  # makes the numbers
PROTOCOLS = {"smoke": "smoke", "full": "full"}  # by preset of the axes; of the others small
LARGEST = {"learning_rates": "1e30"}  # value on an axis


def make(options: argparse.Namespace, grid: Grid, command: str) -> dict[str, Any]:
    """Run what is missing of the map, and return all of it."""
    import torch

    from empirical.data import load

    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    data = load(options.dataset, options.data_dir)
    heavy = class_index(options, data.classes)
    assert heavy is not None  # the map has no inverse probability weights
    known = chosen_protocols(options, grid)
    setting = configuration(options, grid, data.classes[heavy], data.source)
    found = continued(options.out, setting)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    planned = list(groups(grid, seeds))
    for group in planned:
        places(data, group, heavy)  # raises before the first training
    workers = Workers.chosen(options.jobs, options.threads, device, len(planned))
    where = environment(MODULE, device, workers.threads, command, jobs=workers.jobs)
    todo = [group for group in planned if group.key not in found["groups"]]
    tasks = [
        (
            group.key,
            {
                "data": data,
                "group": group,
                "grid": grid,
                "chosen": known[group.model],
                "heavy": heavy,
                "together": options.together,
                "device": device,
            },
        )
        for group in todo
    ]
    for position, result in side_by_side(run_group, tasks, workers):
        done = {todo[position].key: result | {"environment": environment_index(found, where)}}
        merged = found["groups"] | done
        found["groups"] = {group.key: merged[group.key] for group in planned if group.key in merged}
        if options.out is not None:
            write(options.out, found)
    return found


def configuration(
    options: argparse.Namespace, grid: Grid, emphasised: str, source: str
) -> dict[str, Any]:
    """What determines the map's numbers but for the code; as it is written to the file."""
    return {
        "dataset": options.dataset,
        "emphasised": emphasised,
        "source": source,
        "together": options.together,
        "first_seed": options.first_seed,
        "seeds": options.seeds,
        "protocols": {m: asdict(chosen) for m, chosen in chosen_protocols(options, grid).items()},
        **{name: list(values) for name, values in asdict(grid).items()},
    }


def chosen_protocols(options: argparse.Namespace, grid: Grid) -> dict[str, Protocol]:
    """By network: that of `--protocol`, or of the preset, with the length asked for; side by side
    in single precision, uncompiled."""
    kind = options.protocol or PROTOCOLS.get(options.preset, "small")
    length = (options.epochs, options.steps)
    known = {
        model: protocol_of(options.dataset, model, kind, options.optimiser, *length)
        for model in grid.models
    }
    if options.together:
        known = {m: replace(p, precision="fp32", compile=False) for m, p in known.items()}
    return known


def continued(path: Path | None, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The map in `path` if it has this configuration, an empty one if there is none.

    Raises `InputError` naming the first setting that differs.  The number of seeds is one.
    """
    if path is None or not path.exists():
        wanted = rounded(configuration)
        return {"format": FORMAT, "configuration": wanted, "environments": [], "groups": {}}
    found = read(path)
    wanted, stored = flattened(rounded(configuration)), flattened(found["configuration"])
    for key in dict.fromkeys([*wanted, *stored]):
        new, old = wanted.get(key), stored.get(key)
        require(new == old, key, new, f"be {old} as in {path} (or choose another --out)")
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
    add("--protocol", metavar="PRESET", help="of the training protocol: smoke, small, full or "
        "paper (default: smoke for smoke, full for full, else small)")  # fmt: skip
    add("--epochs", help="instead of the protocol's")
    add("--steps", help="of each training, whatever the number of images (default for full and "
        "images: their own)")  # fmt: skip
    add("--optimiser", choices=OPTIMISERS, default="protocol", help="the protocol's or sgd, under "
        "which the scale of the weights matters")  # fmt: skip
    add("--seeds", default="2", help="fixed before the first run (default: 2)")
    add("--first-seed", default="0", help="(default: 0)")
    add("--together", action="store_true", help="train the networks of a group side by side")
    add("--data-dir", type=Path, metavar="DIR", help="where the data sets lie")
    add("--device", help="cpu or cuda (default: cuda if there is one)")
    add("--jobs", default="0", help="groups at a time (default: on a CPU one for two cores, on a "
        "GPU 1)")  # fmt: skip
    add("--threads", default="0", help="CPU threads of each (default: what the cores allow)")
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
            values = tuple(number(item, option, LARGEST.get(name, "1e9")) for item in items)
        names = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
        twice = next((shown for shown in names if names.count(shown) > 1), None)
        require(twice is None, option, text, f"list {twice} once (as written with six digits)")
        found = replace(found, **{name: values})
    return found


def checked(options: argparse.Namespace) -> argparse.Namespace:
    """The options with numbers for texts; raises `InputError` for what is out of range."""
    require_none_empty(options)
    if options.show is not None:
        require_alone(options, argument_parser(), ("show", "json", "plot"))
    if options.protocol is not None:
        known = f"be one of {', '.join(PROTOCOL_PRESETS)}"
        require(options.protocol in PROTOCOL_PRESETS, "--protocol", options.protocol, known)
    options.inverse_probability = False
    options.emphasise = options.emphasise or EMPHASISED[options.dataset]
    options.seeds = whole(options.seeds, "--seeds", 1, 10_000)
    options.first_seed = whole(options.first_seed, "--first-seed", 0, 10**6)
    options.jobs = whole(options.jobs, "--jobs", 0, 4096)
    options.threads = whole(options.threads, "--threads", 0, 4096)
    own = None if options.epochs else STEPS.get(options.preset)
    require(not (options.epochs and options.steps), "--steps", options.steps,
            "be left out with --epochs")  # fmt: skip
    options.steps = own if options.steps is None else whole(options.steps, "--steps", 1, 10**6)
    options.epochs = None if options.epochs is None else whole(options.epochs, "--epochs", 1, 10**6)
    check_plot(options.plot)
    check_device(options.device)
    if options.out is not None:
        require(options.out.suffix == ".json", "--out", options.out, "end in .json")
        require(options.out.parent.is_dir(), "--out", options.out, "lie in a folder that exists")
        require_writable("--out", options.out)
    return options


def main(arguments: Sequence[str]) -> None:
    """Parse, check, run or read, print and draw; see ``--help``."""
    options = checked(argument_parser().parse_args(arguments))
    grid = chosen_grid(options)
    command = shlex.join(["python", "-m", "empirical.map", *arguments])
    found = make(options, grid, command) if options.show is None else read(options.show)
    require(bool(found["groups"]), "results file", options.show, "hold a finished group")
    text = json.dumps(list(cells(found)), allow_nan=False) if options.json else as_text(found)
    print(text, flush=True)
    if options.plot is not None:
        from figures.drawing import save
        from figures.md_map import draw_map

        save(draw_map(found), options.plot)


if __name__ == "__main__":
    run(main, PROGRAM)
