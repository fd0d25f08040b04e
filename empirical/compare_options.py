"""The options of `python -m empirical.compare`, and how their values are read and checked."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from empirical.compare_results import MOST_SEEDS
from theory.command_line import InputError, Parser, parse_number, require, require_writable
from theory.options import check_plot

if TYPE_CHECKING:
    from empirical.protocols import Protocol

PROGRAM = "python -m empirical.compare"
DATASETS = ("digits", "cifar10", "cifar100", "chestxray14", "pediatric_xray")
EMPHASISED = {  # the class emphasised by default: the hardest, or the paper's
    "digits": "8",
    "cifar10": "cat",
    "cifar100": "maple_tree",
    "chestxray14": "Pneumonia",
    "pediatric_xray": "viral",
}
SMALL_MODELS = {"digits": "mlp"}  # by default; others: small_cnn
LARGE_MODELS = {  # by default, of the presets for a GPU
    ("cifar10", "full"): "resnet_fast",
    ("cifar100", "full"): "resnet_fast",
    ("chestxray14", "full"): "densenet121",
    ("pediatric_xray", "full"): "densenet121",
    ("cifar10", "paper"): "vit_b16",
    ("cifar100", "paper"): "vit_b16",
    ("chestxray14", "paper"): "densenet121",
    ("pediatric_xray", "paper"): "densenet121",
}
SEEDS = 6  # by default: with 5 the exact sign-flip test cannot fall below 1/16
FULL_SEEDS = {"resnet_fast": 30, "densenet121": 10}
MOST = 10**9


def argument_parser() -> Parser:
    """The parser; see ``--help``."""
    parser = Parser(
        prog=PROGRAM,
        description="Train the same network with and without class weights, from the same seeds, "
        "and compare three regimes on the weighted objective: weighted training, unweighted "
        "training whose predictions are corrected ex post, and unweighted training as it is.",
        epilog=f"Examples: {PROGRAM} --seeds 5 --out digits.json;  {PROGRAM} --show digits.json "
        "--plot curves.svg.  An interrupted comparison continues where it was.  Exit codes: 0 "
        "done, 2 bad input.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="(default: digits)")
    add("--emphasise", metavar="CLASS", help="name or index of the class that counts more")
    add("--ratio", help="how many times as much it counts (default: 99)")
    add("--inverse-probability", action="store_true", help="weigh classes by 1 / frequency instead")
    add("--model", help="network (default: mlp for digits, else small_cnn; with the preset full "
        "resnet_fast or, for X-rays, densenet121; with paper vit_b16 or densenet121)")  # fmt: skip
    add("--preset", default="small", help="smoke, small (default), full or paper")
    add("--seeds", help="paired runs, fixed before the first (default: 6; with the preset full 30 "
        "of resnet_fast, 10 of densenet121)")  # fmt: skip
    add("--data-dir", type=Path, metavar="DIR", help="where the data sets lie")
    add("--classes", metavar="A,B,...", help="keep the images of these classes only")
    add("--split", default="default", help="how the data are split (chestxray14: default, paper, "
        "official)")  # fmt: skip
    add("--weights", type=Path, metavar="FILE", help="pretrained weights (densenet121, vit_b16)")
    add("--learning-rate", help="instead of the preset's")
    add("--epochs", help="instead of the preset's")
    add("--evaluate-every", help="training steps between two evaluations, or 'epoch'")
    add("--limit", help="use at most so many training images")
    add("--device", help="cpu or cuda (default: cuda if there is one)")
    add("--jobs", help="trainings at a time (default: on a CPU one for two cores, on a GPU 1)")
    add("--threads", help="CPU threads of each (default: what the cores allow)")
    add("--out", type=Path, metavar="FILE", help="results file (.json); continued if it exists")
    add("--show", type=Path, metavar="FILE", help="print the table of a results file")
    add("--verify", type=Path, metavar="FILE", help="check that a results file is complete")
    add("--json", action="store_true", help="print one JSON object")
    add("--plot", type=Path, metavar="FILE", help="draw the runs (.svg, .pdf or .png)")
    return parser


def checked(options: argparse.Namespace) -> argparse.Namespace:
    """The options with numbers for texts; raises `InputError` for what is out of range."""
    require_none_empty(options)
    if options.show is not None or options.verify is not None:
        kept = ("show", "json", "plot") if options.verify is None else ("verify", "json")
        require_alone(options, argument_parser(), kept)
    if options.inverse_probability:
        for name in ("emphasise", "ratio"):
            given = getattr(options, name)
            require(given is None, f"--{name}", given, "be left out with --inverse-probability")
    options.ratio = number(options.ratio or "99", "--ratio")
    options.limit = None if options.limit is None else whole(options.limit, "--limit", 1, MOST)
    options.jobs = whole(options.jobs or "0", "--jobs", 0, 4096)
    options.threads = whole(options.threads or "0", "--threads", 0, 4096)
    if options.out is not None:
        require(options.out.suffix == ".json", "--out", options.out, "end in .json")
        require(options.out.parent.is_dir(), "--out", options.out, "lie in a folder that exists")
        require_writable("--out", options.out)
    check_plot(options.plot)
    check_device(options.device)
    options.classes = None if options.classes is None else options.classes.split(",")
    small = SMALL_MODELS.get(options.dataset, "small_cnn")
    large = LARGE_MODELS.get((options.dataset, options.preset), small)
    options.model = options.model or large
    own = FULL_SEEDS.get(options.model, SEEDS) if options.preset == "full" else SEEDS
    options.seeds = whole(options.seeds or str(own), "--seeds", 1, MOST_SEEDS)
    return options


def require_none_empty(options: argparse.Namespace) -> None:
    """Raise `InputError` naming an option whose value is an empty text."""
    for name, value in vars(options).items():
        require(value != "", _option(name), "''", "not be empty")


def require_alone(
    options: argparse.Namespace, parser: argparse.ArgumentParser, kept: Collection[str]
) -> None:
    """Raise `InputError` naming an option other than `kept` that differs from its default: it
    would change nothing beside the first of them."""
    first, *_ = kept
    for name, value in vars(options).items():
        left_out = name in kept or value == parser.get_default(name)
        require(left_out, _option(name), value, f"be left out with {_option(first)}")


def check_device(device: str | None) -> None:
    """Raise `InputError` unless torch can compute on the device; None leaves the choice."""
    if device is None:
        return
    import torch

    known = re.fullmatch(r"cpu|cuda(:\d+)?", device) is not None
    require(known, "--device", device, "be cpu, cuda or one of several such as cuda:1")
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        line = str(error).splitlines()[0]
        raise InputError(f"--device is {device}: must be usable by torch ({line})") from None


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def chosen_protocol(options: argparse.Namespace) -> Protocol:
    """The preset's protocol with what the options change; raises `InputError`."""
    from empirical.protocols import protocol

    found = protocol(options.dataset, options.model, options.preset)
    if options.preset == "paper" and options.weights is None:
        raise InputError(
            "--preset is paper: must come with --weights (the paper's networks are pretrained)"
        )
    if options.learning_rate is not None:
        rate = number(options.learning_rate, "--learning-rate")
        found = replace(found, learning_rate=rate)
    if options.epochs is not None:
        found = replace(found, epochs=whole(options.epochs, "--epochs", 1, MOST))
    if options.evaluate_every is not None:
        every = options.evaluate_every
        steps = "epoch" if every == "epoch" else whole(every, "--evaluate-every", 1, MOST)
        if steps != found.evaluate_every:
            schedule = found.schedule
            require(schedule != "plateau", "--evaluate-every", every, "be left out here, because "
                    "the learning rate decays after evaluations")  # fmt: skip
        found = replace(found, evaluate_every=steps)
    return found


def class_index(options: argparse.Namespace, classes: tuple[str, ...]) -> int | None:
    """The index of the emphasised class; None under inverse probability weights."""
    if options.inverse_probability:
        return None
    name = options.emphasise or EMPHASISED[options.dataset]
    if name in classes:
        return classes.index(name)
    if name.isdecimal() and int(name) < len(classes):
        return int(name)
    near = [known for known in classes if name.lower() in known.lower()] or classes[:12]
    listed = f"{', '.join(near)}{', ...' if near == classes[:12] != classes else ''}"
    raise InputError(f"--emphasise is {name!r}: must be a class or its index ({listed})")


def configuration(
    options: argparse.Namespace, protocol: Protocol, emphasised: str | None, pretrained: str | None
) -> dict[str, Any]:
    """What determines the numbers but for seeds, data and code; as it is written to the file."""
    return {
        "dataset": options.dataset,
        "split": options.split,
        "classes": options.classes,
        "limit": options.limit,
        "weighting": "inverse probability" if emphasised is None else "emphasis",
        "emphasised": emphasised,
        "ratio": None if emphasised is None else options.ratio,
        "preset": options.preset,
        "pretrained_sha256": pretrained,
        **asdict(protocol),
    }


def number(text: str, argument: str, most: str = "1e9") -> float:
    """A number from 1e-9 to `most`; raises `InputError`.

    >>> number("1/2", "--ratio")
    0.5
    """
    value = parse_number(text, argument)
    fitting = Fraction("1e-9") <= value <= Fraction(most)
    require(fitting, argument, text, f"lie between 1e-9 and {most}")
    return float(value)


def whole(text: str, argument: str, least: int, most: int) -> int:
    """A whole number from `least` to `most`; raises `InputError`.

    >>> whole("5", "--seeds", 1, 10)
    5
    """
    value = parse_number(text, argument)
    fitting = value.denominator == 1 and least <= value <= most
    require(fitting, argument, text, f"be a whole number from {least} to {most:,}")
    return int(value)
