"""What two class weightings of binary cross entropy give an incentive to learn: command line.

Prints where the weightings reward learning alike (certified brackets of `theory.crossings`), and
at given posteriors the optimal prediction, residual learning loss, marginal learning loss and
the value of a little information (`theory.incentives`).  Weights are scaled to sum 1, as in
Section 2.8 of Misaligned by Design, unless --unscaled is set.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from theory.command_line import Parser, require, run
from theory.crossings import (
    Weights,
    curvature_crossing,
    marginal_crossings,
    peak,
    residual_crossings,
    size_crossings,
)
from theory.incentives import (
    marginal_learning_loss,
    marginal_value_of_information,
    residual_learning_loss,
)
from theory.log_bounds import Bounds
from theory.options import add_output_options, check_plot, parse_positive, parse_unit
from theory.prediction import utility_weighted_prediction
from theory.scoring_families import LOGARITHMIC
from theory.tables import table
from theory.utility import class_weight_utility

PROGRAM = "python -m theory.incentives_report"
EXAMPLE = f"Example: {PROGRAM} --weights 99 1 --at 0.003 --at 0.5"
LARGEST = Fraction(10**6)  # of the ratio of two weights; beyond, floats show nothing
QUANTITIES = ("prediction", "residual", "marginal", "information")


def argument_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = Parser(prog=PROGRAM, description=(__doc__ or "").partition("\n")[0], epilog=EXAMPLE)
    pair: dict[str, Any] = {"nargs": 2, "metavar": ("W1", "W2")}
    parser.add_argument("--weights", required=True, help="weights of the two classes", **pair)
    parser.add_argument(
        "--against", default=["1", "1"], help="weights to compare with (default 1 1)", **pair
    )
    parser.add_argument(
        "--at", action="append", default=[], metavar="Q", help="a posterior q_1 in [0, 1]"
    )
    parser.add_argument("--unscaled", action="store_true", help="take the weights as they are")
    add_output_options(parser, exact=False)
    return parser


def parse_weights(texts: Sequence[str], argument: str, unscaled: bool) -> Weights:
    """Two positive weights, divided by their sum unless `unscaled`.

    >>> parse_weights(["99", "1"], "--weights", False)
    (Fraction(99, 100), Fraction(1, 100))
    """
    first, second = (parse_positive(text, argument) for text in texts)
    ratio = f"be at most {LARGEST} times the other"
    require(first <= LARGEST * second, argument, texts[0], ratio)
    require(second <= LARGEST * first, argument, texts[1], ratio)
    total = Fraction(1) if unscaled else first + second
    return first / total, second / total


def values_at(weights: Weights, probability: Fraction) -> dict[str, float]:
    """The `QUANTITIES` at a posterior; infinite slopes and values at 0 and 1."""
    q = np.array([float(probability)])
    utility = class_weight_utility([float(weight) for weight in weights])
    posterior = np.stack([q, 1 - q], axis=-1)
    inside = 0 < probability < 1
    found = (
        utility_weighted_prediction(utility, posterior)[..., 0],
        residual_learning_loss(LOGARITHMIC, utility, posterior),
        marginal_learning_loss(np.diag(utility), q),
        marginal_value_of_information(np.diag(utility), q) if inside else [float("inf")],
    )
    return {name: float(value[0]) for name, value in zip(QUANTITIES, found, strict=True)}


def report(weights: Weights, other: Weights, probabilities: Iterable[Fraction]) -> dict[str, Any]:
    """Everything that is printed, as plain data."""
    bend = curvature_crossing(weights, other)
    pairs = {"weights": weights, "against": other}
    return {
        "weights": [str(weight) for weight in weights],
        "against": [str(weight) for weight in other],
        "crossings": {
            "residual": _listed(residual_crossings(weights, other)),
            "marginal": _listed(marginal_crossings(weights, other)),
            "size of marginal": _listed(size_crossings(weights, other)),
            "information": None if bend is None else str(bend),
        },
        "peaks": {name: _listed([peak(pair)])[0] for name, pair in pairs.items()},
        "at": [
            {
                "posterior": str(probability),
                **{
                    name: {k: _finite(v) for k, v in values_at(pair, probability).items()}
                    for name, pair in pairs.items()
                },
            }
            for probability in probabilities
        ],
    }


def _listed(brackets: Iterable[Bounds]) -> list[list[float]]:
    return [[float(low), float(high)] for low, high in brackets]


def _finite(value: float) -> float | str:
    """A number that JSON has, or "inf" or "-inf"."""
    return value + 0.0 if np.isfinite(value) else str(value)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def as_text(found: dict[str, Any]) -> str:
    """The report for people."""
    lines = [f"weights {' : '.join(found['weights'])} against {' : '.join(found['against'])}"]
    lines += ["", "alike at q_1 ="]
    bend = found["crossings"]["information"]
    rows = [
        [name, ", ".join(f"{low:.9g}" for low, _ in brackets) or "nowhere inside (0, 1)"]
        for name, brackets in found["crossings"].items()
        if name != "information"
    ]
    rows.append(["information", bend or "nowhere inside (0, 1)"])
    lines += list(table(["quantity", "posterior"], rows))
    if found["at"]:
        lines.append("")
        rows = [
            [case["posterior"], name, *(_shown(case[name][each]) for each in QUANTITIES)]
            for case in found["at"]
            for name in ("weights", "against")
        ]
        lines += list(table(["posterior", "under", *QUANTITIES], rows))
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Parse, check, compute, draw and print; see ``--help``."""
    options = argument_parser().parse_args(arguments)
    check_plot(options.plot)
    weights = parse_weights(options.weights, "--weights", options.unscaled)
    other = parse_weights(options.against, "--against", options.unscaled)
    same = "differ from --weights" + ("" if options.unscaled else " in their ratio")
    require(weights != other, "--against", " ".join(options.against), same)
    found = report(weights, other, [parse_unit(text, "--at") for text in options.at])
    if options.plot is not None:
        from figures.drawing import save
        from figures.md_fig2 import draw_panels, panels

        save(draw_panels(panels(weights, other)), options.plot)
    print(json.dumps(found) if options.json else as_text(found))


if __name__ == "__main__":
    run(main, PROGRAM)
