"""The options of `python -m theory.deterrence`, and how their values are read and checked."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from theory.command_line import InputError, Parser, parse_number, require
from theory.offender import NEUTRAL, Distribution, Gains, Utility

PROGRAM = "python -m theory.deterrence"
NUMBERS = "Numbers are decimals or fractions, read exactly.  Exit codes: 0 done, 2 bad input."
LAWS = "values:G@SHARE,..., uniform:LOW,HIGH, exponential:MEAN or lognormal:MU,SIGMA"
NUMERIC = (
    *("--gain", "--detection", "--penalty", "--wealth", "--false-positive", "--max-penalty"),
    *("--unit-cost", "--innocent-harm", "--cost", "--reward", "--false-alarm", "--harm"),
    "--false-reward",
)

Range = Literal["be at least 0", "lie in [0, 1]", "lie in (0, 1]", ""]
_WITHIN: dict[Range, Callable[[Fraction], bool]] = {
    "be at least 0": lambda value: value >= 0,
    "lie in [0, 1]": lambda value: 0 <= value <= 1,
    "lie in (0, 1]": lambda value: 0 < value <= 1,
    "": lambda value: True,
}


def argument_parser() -> Parser:
    """The parser of the three commands."""
    parser = Parser(
        prog=PROGRAM,
        description="When misconduct pays: one agent or a population, the cheapest regime that "
        "deters, and the game between a solver that may cheat and an auditor that may inspect.",
        epilog="Example: inspect --gain 1 --penalty 2 --cost 1 --reward 3 --exact.  " + NUMBERS,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    offender = _command(
        commands,
        "offender",
        "whether an agent offends, or which share of a population does",
        "--gain 1 --detection 1/4 --penalty 8 --utility crra:2 --wealth 10",
    )
    source = offender.add_mutually_exclusive_group(required=True)
    source.add_argument("--gain", help="what the agent gains by misconduct, at least 0")
    source.add_argument("--gain-distribution", metavar="LAW", help=LAWS)
    offender.add_argument("--detection", required=True, help="probability of punishment, in [0, 1]")
    offender.add_argument("--penalty", required=True, help="at least 0")
    enforce = _command(
        commands,
        "enforce",
        "the cheapest regime that deters a gain",
        "--gain 1 --max-penalty 4 --unit-cost 2",
    )
    enforce.add_argument("--gain", required=True, help="the gain to be deterred, at least 0")
    enforce.add_argument("--max-penalty", required=True, help="largest feasible penalty")
    enforce.add_argument("--unit-cost", required=True, help="cost of certain detection")
    enforce.add_argument(
        "--innocent-harm", default="0", help="cost of one unit of penalty that hits an innocent"
    )
    for parts in (offender, enforce):
        parts.add_argument(
            "--utility", default="neutral", help="neutral (default), cara:A or crra:C"
        )
        parts.add_argument("--wealth", help="needed for crra (default 0)")
        parts.add_argument(
            "--false-positive", default="0", help="probability that an abstainer is punished"
        )
    inspect = _command(
        commands,
        "inspect",
        "equilibria and commitment of the inspection game",
        "--gain 1 --penalty 2 --cost 1 --reward 3 --detection 0.9",
    )
    for name, text in (
        ("gain", "of the solver that cheats"),
        ("penalty", "of a solver found guilty"),
        ("cost", "of an inspection"),
        ("reward", "of the auditor for detected misconduct"),
    ):
        inspect.add_argument(f"--{name}", required=True, help=f"{text}; at least 0")
    inspect.add_argument("--detection", default="1", help="chance that an inspection detects")
    inspect.add_argument("--false-alarm", default="0", help="chance that it accuses the honest")
    inspect.add_argument("--harm", default="0", help="of undetected misconduct to the auditor")
    inspect.add_argument(
        "--false-reward", default="0", help="what the auditor gets for a false accusation"
    )
    return parser


def _command(commands: Any, name: str, text: str, example: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text,
        description=f"Compute {text}.",
        epilog=f"Example: {name} {example}.  {NUMBERS}",
        allow_abbrev=False,
    )
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.add_argument("--exact", action="store_true", help="print fractions, not decimals")
    command.add_argument("--plot", type=Path, metavar="FILE", help="draw (.svg, .pdf or .png)")
    return command


def number(options: argparse.Namespace, name: str, wanted: Range = "be at least 0") -> Fraction:
    """The option of this name as an exact number in the range `wanted`."""
    option, text = f"--{name.replace('_', '-')}", getattr(options, name)
    value = parse_number(text, option)
    require(_WITHIN[wanted](value), option, text, wanted)
    return value


def largest_number(options: argparse.Namespace) -> tuple[str, str]:
    """The option with the number of largest size, and its text."""
    given = {
        option: text
        for option in NUMERIC
        if (text := getattr(options, option[2:].replace("-", "_"), None)) is not None
    }
    option = max(given, key=lambda each: abs(parse_number(given[each], each)))
    return option, given[option]


def attitude(options: argparse.Namespace) -> tuple[Utility, Fraction]:
    """Utility and wealth."""
    text = options.utility
    family, _, coefficient = text.partition(":")
    wealth = Fraction(0) if options.wealth is None else number(options, "wealth", "")
    if text == "neutral":
        return NEUTRAL, wealth
    if family not in ("cara", "crra") or not coefficient:
        raise InputError(f"--utility is {text!r}: must be neutral, cara:A or crra:C")
    aversion = parse_number(coefficient, "--utility")
    if family == "cara":
        require(aversion != 0, "--utility", text, "have a coefficient other than 0")
        return Utility("cara", aversion), wealth
    require(abs(aversion) <= 100, "--utility", text, "have a coefficient in [-100, 100]")
    require(wealth > 0, "--wealth", options.wealth or 0, "be positive for crra")
    return Utility("crra", aversion), wealth


def law_of_gains(text: str) -> Gains | Distribution:
    """The distribution of gains that `LAWS` describes."""
    option = "--gain-distribution"
    family, _, body = text.partition(":")
    if family == "values":
        return _finite_law(text, body)
    numbers = [parse_number(item, option) for item in body.split(",")] if body else []
    needed = {"uniform": 2, "exponential": 1, "lognormal": 2}
    require(len(numbers) == needed.get(family), option, text, f"be {LAWS}")
    from scipy import stats

    first, last = (_as_float(value, text) for value in (numbers[0], numbers[-1]))
    law: Distribution
    if family == "uniform":
        require(0 <= numbers[0] < numbers[1], option, text, "have 0 <= LOW < HIGH")
        _require_scale(last - first, "HIGH - LOW", text)
        law = stats.uniform(first, last - first)
    elif family == "exponential":
        require(numbers[0] > 0, option, text, "have a positive MEAN")
        _require_scale(first, "MEAN", text)
        law = stats.expon(scale=first)
    else:
        require(numbers[1] > 0, option, text, "have a positive SIGMA")
        require(1e-150 <= last <= 1e150, option, text, "have a SIGMA in [1e-150, 1e150]")
        require(abs(first) <= 700, option, text, "have a MU in [-700, 700]")
        law = stats.lognorm(last, scale=math.exp(first))
    return law


def _as_float(value: Fraction, text: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InputError(f"--gain-distribution is {text}: must fit into floats") from None


def _require_scale(scale: float, name: str, text: str) -> None:
    """Raise `InputError` unless the float `scale` is large enough to be divided by.

    Below the smallest normal float, precision is lost and its reciprocal may overflow.
    """
    smallest = sys.float_info.min
    wanted = f"have a {name} of at least {smallest:.1e} as a float"
    require(scale >= smallest, "--gain-distribution", text, wanted)


def _finite_law(text: str, body: str) -> Gains:
    option = "--gain-distribution"
    pairs = [item.split("@") for item in body.split(",")]
    require(all(len(pair) == 2 for pair in pairs), option, text, "list gains as G@SHARE")
    values = tuple(parse_number(value, option) for value, _ in pairs)
    weights = tuple(parse_number(weight, option) for _, weight in pairs)
    require(min(values) >= 0, option, text, "have gains of at least 0")
    require(min(weights) > 0 and sum(weights) == 1, option, text, "have positive shares of sum 1")
    return Gains(values, weights)
