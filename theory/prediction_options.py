"""The options of `python -m theory.prediction`, and the problem that they state."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from theory.command_line import InputError, Parser, parse_number, require
from theory.options import add_output_options
from theory.prediction import validated_probabilities
from theory.utility import class_weight_utility, utility_from_cost, validated_utility
from theory.utility_csv import NamedMatrix, numbered, read_matrix

PROGRAM = "python -m theory.prediction"
LAYOUT = "one row per action, one column per class, optionally named by a first row and column"


@dataclass(frozen=True)
class Problem:
    """What the command line states: a utility, posteriors to predict from, predictions to invert.

    utility: (n, m), valid; actions: n names; classes: m names; posteriors: (k, m) and
    predictions: (l, n), valid, either of which may have no row.
    """

    utility: Any
    actions: tuple[str, ...]
    classes: tuple[str, ...]
    posteriors: Any
    predictions: Any


def argument_parser() -> Parser:
    """The parser of the command line."""
    parser = Parser(
        prog=PROGRAM,
        description="The prediction that a utility-weighted, strictly proper loss asks for, the "
        "best action, and the way back from such predictions to posteriors.",
        epilog="Examples: --weights 99,1 --q 0.01,0.99;  --utility U.csv --q-file Q.csv --json;  "
        "--weights 99,1 --recalibrate 1/2,1/2 --exact.  Numbers are decimals or fractions.  Exit "
        "codes: 0 done, 2 bad input.",
        allow_abbrev=False,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--utility",
        type=Path,
        metavar="FILE.csv",
        help=f"payoffs, at least 0, with a positive one in every class: {LAYOUT}",
    )
    source.add_argument(
        "--cost",
        type=Path,
        metavar="FILE.csv",
        help=f"costs, of any sign: {LAYOUT}; the utility is the largest cost less the cost",
    )
    source.add_argument(
        "--weights", metavar="W,W,...", help="class weights, above 0: payoff of naming each class"
    )
    parser.add_argument(
        "--q",
        action="append",
        default=[],
        metavar="Q,Q,...",
        help="posterior: a probability for each class; repeat for more",
    )
    parser.add_argument(
        "--q-file", type=Path, metavar="FILE.csv", help="one posterior per row, classes as columns"
    )
    parser.add_argument(
        "--recalibrate",
        action="append",
        default=[],
        metavar="P,P,...",
        help="utility-weighted prediction, a probability for each action: recover the posterior, "
        "or the vertices of the set of posteriors; repeat for more",
    )
    parser.add_argument(
        "--project",
        action="store_true",
        help="replace predictions that no posterior leads to by the nearest that one leads to",
    )
    add_output_options(parser)
    return parser


def read_problem(options: argparse.Namespace) -> Problem:
    """The problem that the options state, validated.

    Raises `InputError` naming the option or the place in a file, the value and the violated
    condition.
    """
    exact: bool = options.exact
    utility, given = _utility(options)
    actions = given.rows or numbered(len(utility))
    classes = given.columns or numbered(utility.shape[1])
    require(bool(options.q or options.q_file or options.recalibrate), "--q", "left out",
            "be given, or --q-file, or --recalibrate")  # fmt: skip
    require(bool(options.recalibrate) or not options.project, "--project", "set",
            "be left out without --recalibrate")  # fmt: skip
    posteriors = [_probabilities(text, "--q", classes, exact) for text in options.q]
    if options.q_file is not None:
        posteriors += _posteriors_of_file(options.q_file, given.columns, len(classes), exact)
    predictions = [
        _probabilities(text, "--recalibrate", actions, exact) for text in options.recalibrate
    ]
    return Problem(
        utility,
        actions,
        classes,
        _rows(posteriors, len(classes), exact),
        _rows(predictions, len(actions), exact),
    )


def _utility(options: argparse.Namespace) -> tuple[Any, NamedMatrix]:
    exact: bool = options.exact
    if options.weights is not None:
        utility = class_weight_utility(_numbers(options.weights, "--weights", exact), "--weights")
        return utility, NamedMatrix([], (), ())
    path: Path = options.cost if options.utility is None else options.utility
    option = "--cost" if options.utility is None else "--utility"
    given = read_matrix(path, option, exact)
    matrix = np.array(given.entries, dtype=object if exact else float)
    if option == "--cost":
        return utility_from_cost(matrix), given
    return validated_utility(matrix, str(path)), given


def _posteriors_of_file(path: Path, classes: tuple[str, ...], count: int, exact: bool) -> list[Any]:
    given = read_matrix(path, "--q-file", exact)
    wanted = f"equal the number of classes, {count}"
    found = len(given.entries[0])
    require(found == count, f"number of columns of {path}", found, wanted)
    same = not (given.columns and classes) or given.columns == classes
    require(same, f"classes of {path}", ",".join(given.columns), f"be {','.join(classes)}")
    values = np.array(given.entries, dtype=object if exact else float)
    return list(validated_probabilities(values, str(path)))


def _probabilities(text: str, option: str, names: Sequence[str], exact: bool) -> Any:
    values = _numbers(text, option, exact)
    wanted = f"have {len(names)} entries, one for each of {', '.join(names)}"
    require(len(values) == len(names), option, text, wanted)
    return validated_probabilities(values, option)


def _numbers(text: str, option: str, exact: bool) -> Any:
    entries = [parse_number(entry, option) for entry in text.split(",")]
    if exact:
        return np.array(entries, dtype=object)
    try:
        values = np.array([float(entry) for entry in entries])
    except OverflowError:
        raise InputError(f"{option} is {text}: too large for a float, use --exact") from None
    vanished = any(value == 0 != entry for value, entry in zip(values, entries, strict=True))
    require(not vanished, option, text, "not be too small for a float: use --exact")
    return values


def _rows(vectors: list[Any], width: int, exact: bool) -> Any:
    return np.array(vectors, dtype=object if exact else float).reshape(-1, width)
