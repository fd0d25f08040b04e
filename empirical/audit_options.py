"""The audit's options, and the problem they describe."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pandas as pd

from empirical.audit_data import Cases, read_cases, read_table
from empirical.audit_folds import Settings
from empirical.audit_matrix import read_payoffs
from empirical.audit_models import MODELS, MOST_INDICATORS, MOST_TREE_CATEGORIES
from empirical.audit_payoffs import (
    SHIFTS,
    Payoffs,
    from_cost,
    from_cost_columns,
    from_utility,
    from_weights,
    positive_index,
    weights_by_label,
)
from empirical.tabular import LOADERS, TabularData, sha256
from theory.command_line import InputError, Parser, parse_number, require, require_writable

PROGRAM = "python -m empirical.audit"
MOST = 10**6


def argument_parser() -> Parser:
    """The parser; ``--help`` tells what is asked for."""
    parser = Parser(
        prog=PROGRAM,
        description="Should costs or utilities weight the training of a classifier, or correct its "
        "predictions afterwards?  Compares both, and more, on your table by paired repeated "
        "cross-validation.",
        epilog="Examples: credit.csv --target risk --weights bad=5;  loans.csv --target default "
        "--cost costs.csv --model all --html report.html;  --dataset german --json.  A cost or "
        "utility matrix is a CSV file with a row for each action and a column for each class; if "
        "classes or actions are named, both are, with a blank first cell.  Columns of text are "
        f"categories: logistic and mlp see indicators of the {MOST_INDICATORS} most frequent ones "
        "and of the others together; boosting sees categories without order up to "
        f"{MOST_TREE_CATEGORIES}, else in the order of their names; forest in that order.  Dates "
        "are taken as days.  A forest on a million rows takes many gigabytes: take boosting.  "
        "Exit codes: 0 done, 2 bad input.",
        allow_abbrev=False,
    )
    parser.add_argument("data", metavar="DATA", nargs="?", type=Path, help="CSV or Parquet file")
    parser.add_argument("--dataset", choices=list(LOADERS), help="a known data set, not DATA")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR",
        help="where known data sets lie (default: $ALIGNMENT_DATA_DIR, else ./data)",
    )  # fmt: skip
    parser.add_argument("--target", metavar="COLUMN", help="the class to predict")
    stakes = parser.add_mutually_exclusive_group()
    stakes.add_argument("--cost", type=Path, metavar="FILE", help="cost matrix")
    stakes.add_argument("--utility", type=Path, metavar="FILE", help="utility matrix, nonnegative")
    stakes.add_argument(
        "--weights", metavar="W,...", help="class weights in label order, or LABEL=W,... (others 1)"
    )
    stakes.add_argument(
        "--cost-columns", nargs=4, metavar=("C_FP", "C_FN", "C_TP", "C_TN"),
        help="columns with the costs of each case; two classes",
    )  # fmt: skip
    parser.add_argument("--positive", metavar="LABEL", help="the positive class of --cost-columns")
    parser.add_argument(
        "--shift", choices=SHIFTS, default=None,
        help="how costs become utilities: the worst action worth 0 in each class (default), or one "
        "constant for all classes",
    )  # fmt: skip
    parser.add_argument("--groups", metavar="COLUMN", help="cases never parted by a fold")
    parser.add_argument(
        "--drop", metavar="COLUMN", nargs="+", default=[], help="columns that are no features"
    )
    parser.add_argument(
        "--model", metavar="M,...", default="logistic",
        help=f"{', '.join(MODELS)}, several with commas, or all (default: logistic)",
    )  # fmt: skip
    for name, value, text in (
        ("repeats", 2, "of the cross-validation"),
        ("folds", 5, "of each repeat"),
        ("seed", 0, "of folds and learners"),
        ("jobs", 1, "splits at a time"),
    ):
        parser.add_argument(f"--{name}", default=str(value), help=f"{text} (default: {value})")
    parser.add_argument(
        "--untuned", action="store_true", help="the first setting of each learner (faster)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with pictures")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the JSON object to a file")
    return parser


def settings(options: argparse.Namespace) -> Settings:
    """What is run; raises `InputError` for numbers out of range and files that cannot be."""
    for name, ending in (("html", ".html"), ("out", ".json")):
        path = getattr(options, name)
        if path is not None:
            require(path.suffix.lower() == ending, f"--{name}", path, f"end in {ending}")
            require(path.parent.is_dir(), f"--{name}", path, "lie in a folder that exists")
            require_writable(f"--{name}", path)
    models = options.model.split(",")
    if "all" in models:
        models = [*(model for model in models if model != "all"), *MODELS]
    for model in models:
        require(model in MODELS, "--model", repr(model), f"be one of {', '.join(MODELS)} or all")
    jobs, cores = _whole(options.jobs, "--jobs", 1), os.cpu_count() or 1
    if jobs > cores:
        print(f"--jobs is {jobs}: {cores} are used, one for each core", file=sys.stderr)
    return Settings(
        tuple(dict.fromkeys(models)),
        _whole(options.repeats, "--repeats", 1),
        _whole(options.folds, "--folds", 2),
        _whole(options.seed, "--seed", 0),
        min(jobs, cores),
        not options.untuned,
    )


def problem(options: argparse.Namespace) -> tuple[str, Cases, Payoffs, dict[str, str]]:
    """Name, cases, payoffs, and the SHA-256 of each file that was read."""
    if options.dataset is not None:
        given = [name for name in ("data", "target", "groups") if getattr(options, name)]
        for name in given:
            raise InputError(f"{name} is given: must be left out with --dataset")
        known = LOADERS[options.dataset](options.data_dir)
        return _assembled(options, known)
    require(options.data is not None, "DATA", "not given", "name a file (or use --dataset)")
    require(options.target is not None, "--target", "not given", "name a column")
    own = TabularData(
        options.data.name,
        read_table(options.data),
        options.target,
        groups=options.groups,
        sources={options.data.name: sha256(options.data)},
    )
    return _assembled(options, own)


def _assembled(
    options: argparse.Namespace, data: TabularData
) -> tuple[str, Cases, Payoffs, dict[str, str]]:
    stakes = ("cost", "utility", "weights", "cost_columns")
    given = any(getattr(options, name) is not None for name in stakes)
    columns = options.cost_columns or (() if given else data.cost_columns) or ()
    left_out = [*data.ignored, *options.drop, *columns, *(data.cost_columns or ())]
    frame = data.frame.rename(columns=str)
    for name in columns:
        require(name in frame, "--cost-columns", repr(name), "be a column of the table")
    for name in options.drop:
        require(name not in (data.target, data.groups), "--drop", repr(name), "be a feature")
    cases = read_cases(frame, data.target, data.groups, left_out)
    costed = options.cost is not None or bool(columns) or (not given and data.cost is not None)
    for name, used in (("shift", costed), ("positive", bool(columns))):
        value = getattr(options, name)
        require(value is None or used, f"--{name}", value, "be left out: it would change nothing")
    payoffs = _payoffs(options, data, frame, cases, columns, given)
    cases = Cases(
        cases.features, cases.labels, cases.classes, cases.groups, (*data.remarks, *cases.remarks)
    )
    return data.name, cases, payoffs, data.sources


def _payoffs(
    options: argparse.Namespace,
    data: TabularData,
    frame: pd.DataFrame,
    cases: Cases,
    columns: tuple[str, ...] | list[str],
    given: bool,
) -> Payoffs:
    classes, labels = cases.classes, cases.labels
    shift = options.shift or "class"
    if columns:
        positive = options.positive or data.positive
        positive_index(classes, positive)
        return from_cost_columns(frame, columns, classes, labels, positive, shift)
    if options.weights is not None:
        return from_weights(weights_by_label(options.weights.split(","), classes), classes, labels)
    for name in ("cost", "utility"):
        path = getattr(options, name)
        if path is not None:
            argument = f"--{name}"
            actions, matrix = read_payoffs(path, argument, classes)
            if name == "cost":
                return from_cost(matrix, actions, labels, shift, argument, classes)
            return from_utility(matrix, actions, labels, argument)
    if not given and data.weights is not None:
        return from_weights([data.weights[name] for name in classes], classes, labels)
    if not given and data.cost is not None:
        return from_cost(data.cost, classes, labels, shift, "--cost", classes)
    raise InputError("stakes are not given: must be --cost, --utility, --weights or --cost-columns")


def _whole(text: str, argument: str, least: int) -> int:
    value = parse_number(text, argument)
    wanted = f"be a whole number from {least} to {MOST:,}"
    require(value.denominator == 1 and least <= value <= MOST, argument, text, wanted)
    return int(value)
