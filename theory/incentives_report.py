"""What two class weightings of binary cross entropy give an incentive to learn: command line.

Prints where the weightings reward learning alike (certified brackets of `theory.crossings`), and
at given posteriors the optimal prediction, residual learning loss, marginal learning loss and
the value of a little information (`theory.incentives`), computed exactly and rounded once.
Weights are scaled to sum 1, as in Section 2.8 of Misaligned by Design, unless --unscaled is set.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isfinite, nextafter
from typing import Any

from theory.command_line import Parser, require, run
from theory.crossings import (
    Weights,
    curvature_crossing,
    marginal_crossings,
    marginal_terms,
    peak,
    residual_crossings,
    residual_terms,
    size_crossings,
)
from theory.incentives import marginal_value_of_information
from theory.log_bounds import Bounds, combination_float
from theory.options import add_output_options, check_plot, parse_positive, parse_unit
from theory.prediction import utility_weighted_prediction
from theory.tables import table
from theory.utility import class_weight_utility

PROGRAM = "python -m theory.incentives_report"
EXAMPLE = f"Example: {PROGRAM} --weights 99 1 --at 0.003 --at 0.5"
LARGEST = Fraction(10**6)  # of the ratio of two weights; beyond, floats show nothing
SCALE = Fraction(10**100)  # unscaled weights are at most this, and at least its inverse:
CLOSEST = Fraction(1, 10**200)  # with posteriors this far from 0 and 1, results are floats
NEAR_ONE = Fraction(1, 10**4)  # crossings this near to 1 are shown by their distance
QUANTITIES = ("prediction", "residual", "marginal", "information")


def argument_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = Parser(
        prog=PROGRAM,
        description=(__doc__ or "").partition("\n")[0],
        epilog=EXAMPLE,
        allow_abbrev=False,
    )
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
    if unscaled:
        for value, text in zip((first, second), texts, strict=True):
            require(1 / SCALE <= value <= SCALE, argument, text, "lie in [1e-100, 1e100]")
        return first, second
    total = first + second
    return first / total, second / total


def parse_posterior(text: str) -> Fraction:
    """A posterior: 0, 1 or a number between that floats can tell from both.

    >>> parse_posterior("1e-9")
    Fraction(1, 1000000000)
    """
    value = parse_unit(text, "--at")
    far = value in (0, 1) or CLOSEST <= value <= 1 - CLOSEST
    require(far, "--at", text, "be 0, 1 or at least 1e-200 from both")
    return value


def values_at(weights: Weights, probability: Fraction) -> dict[str, float]:
    """The `QUANTITIES` at a posterior; infinite slopes and values at 0 and 1."""
    utility = class_weight_utility(list(weights))
    prediction = utility_weighted_prediction(utility, [probability, 1 - probability])[0]
    inside = 0 < probability < 1
    return {
        "prediction": float(prediction),
        "residual": combination_float(residual_terms(weights, probability)),
        "marginal": combination_float(marginal_terms(weights, probability))
        if inside
        else (inf if probability == 0 else -inf),
        "information": float(marginal_value_of_information(weights, probability))
        if inside
        else inf,
    }


@dataclass(frozen=True)
class Report:
    """Everything that is printed; brackets are exact.

    `crossings`: by quantity; `information`: where both value a little information alike;
    `peaks`, and `cases`, a posterior as the user wrote it with its values: by weighting.
    """

    pairs: dict[str, Weights]
    crossings: dict[str, list[Bounds]]
    information: Fraction | None
    peaks: dict[str, Bounds]
    cases: list[tuple[str, dict[str, dict[str, float]]]]


def report(weights: Weights, other: Weights, posteriors: Sequence[str]) -> Report:
    """Compute it; posteriors as `parse_posterior` takes them."""
    pairs = {"weights": weights, "against": other}
    probabilities = [parse_posterior(text) for text in posteriors]
    return Report(
        pairs,
        {
            "residual": residual_crossings(weights, other),
            "marginal": marginal_crossings(weights, other),
            "size of marginal": size_crossings(weights, other),
        },
        curvature_crossing(weights, other),
        {name: peak(pair) for name, pair in pairs.items()},
        [
            (text, {name: values_at(pair, probability) for name, pair in pairs.items()})
            for text, probability in zip(posteriors, probabilities, strict=True)
        ],
    )


def as_data(found: Report) -> dict[str, Any]:
    """The report for machines; brackets are rounded outwards to floats."""
    bend = found.information
    return {
        **{name: [str(weight) for weight in pair] for name, pair in found.pairs.items()},
        "crossings": {
            **{name: _outwards(brackets) for name, brackets in found.crossings.items()},
            "information": None if bend is None else str(bend),
        },
        "peaks": {name: _outwards([bracket])[0] for name, bracket in found.peaks.items()},
        "at": [
            {
                "posterior": text,
                **{
                    name: {key: _finite(value) for key, value in values.items()}
                    for name, values in case.items()
                },
            }
            for text, case in found.cases
        ],
    }


def _outwards(brackets: Iterable[Bounds]) -> list[list[float]]:
    """The narrowest floats around each bracket."""
    rounded = []
    for low, high in brackets:
        below, above = float(low), float(high)
        rounded.append(
            [
                below if below <= low else nextafter(below, -inf),
                above if above >= high else nextafter(above, inf),
            ]
        )
    return rounded


def _finite(value: float) -> float | str:
    """A number that JSON has, or "inf" or "-inf"."""
    return value + 0.0 if isfinite(value) else str(value)


def _root(bracket: Bounds) -> str:
    """A bracketed root in eight digits, near 1 as what is missing.

    >>> _root((1 - Fraction(1, 10**12), 1 - Fraction(1, 10**12)))
    '1 - 1e-12'
    """
    low, high = bracket
    if low == 0:
        return f"below {float(high):.1g}"
    if high == 1:
        return f"above 1 - {float(1 - low):.1g}"
    middle = (low + high) / 2
    near = middle > 1 - NEAR_ONE
    return f"1 - {float(1 - middle):.8g}" if near else f"{float(middle):.8g}"


def as_text(found: Report) -> str:
    """The report for people."""
    pairs = [" : ".join(map(str, pair)) for pair in found.pairs.values()]
    lines = [f"weights {' against '.join(pairs)}", "", "alike at q_1 ="]
    nowhere = "nowhere inside (0, 1)"
    bend = found.information
    rows = [
        [name, ", ".join(map(_root, brackets)) or nowhere]
        for name, brackets in found.crossings.items()
    ]
    rows.append(["information", nowhere if bend is None else str(bend)])
    lines += table(["quantity", "posterior"], rows)
    if found.cases:
        rows = [
            [text, name, *(f"{values[each] + 0.0:.6g}" for each in QUANTITIES)]
            for text, case in found.cases
            for name, values in case.items()
        ]
        lines += ["", *table(["posterior", "under", *QUANTITIES], rows)]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Parse, check, compute, draw and print; see ``--help``."""
    options = argument_parser().parse_args(arguments)
    check_plot(options.plot)
    weights = parse_weights(options.weights, "--weights", options.unscaled)
    other = parse_weights(options.against, "--against", options.unscaled)
    same = "differ from --weights" + ("" if options.unscaled else " in their ratio")
    require(weights != other, "--against", " ".join(options.against), same)
    found = report(weights, other, options.at)
    if options.plot is not None:
        from figures.drawing import save
        from figures.md_fig2 import draw_panels, panels

        save(draw_panels(panels(weights, other)), options.plot)
    print(json.dumps(as_data(found)) if options.json else as_text(found))


if __name__ == "__main__":
    run(main, PROGRAM)
