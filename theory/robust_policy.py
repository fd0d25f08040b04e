"""What to disclose when the subgroups' rates are estimated from counts: the command line.

The mathematics, and what can be imported, is in `theory.robustness`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from theory.command_line import Parser, bind_negatives, parse_number, require, run
from theory.options import add_output_options, check_plot, parse_unit
from theory.robustness import (
    Counted,
    Robustness,
    exact_interval,
    population_value,
    read_counts,
    robust_policy,
    switch_rate,
)
from theory.tables import number, numbers, shown, table

__all__ = [
    "Counted",
    "Robustness",
    "exact_interval",
    "population_value",
    "read_counts",
    "robust_policy",
]

PROGRAM = "python -m theory.robust_policy"
WEIGHTS = tuple(Fraction(step, 10) for step in (0, 1, 2, 3, 4, 5, 10))  # of the value's table


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Which subgroups' disclosure choice is robust over an exact binomial interval "
        "of the rate of need, which flips and where, and the range of the value.",
        epilog="Example: --groups figures/data/chestxray14_subgroups.csv --alpha 0.4 "
        "--confidence 0.95 --simultaneous.  Exit codes: 0 done, 2 bad input.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--groups",
        type=Path,
        required=True,
        metavar="FILE.csv",
        help="one row per subgroup; columns n, positives, and optionally name",
    )
    parser.add_argument("--alpha", required=True, help="weight on the worst case, in [0, 1]")
    parser.add_argument(
        "--confidence", default="0.95", help="level, strictly between 0 and 1 (default: 0.95)"
    )
    parser.add_argument(
        "--simultaneous",
        action="store_true",
        help="the level is that of all intervals together (Bonferroni), not of each",
    )
    add_output_options(parser, exact=False)
    return parser


def _as_json(rows: Sequence[Robustness], alpha: Fraction) -> str:
    value, least, most = population_value(rows, alpha)
    return json.dumps(
        {
            "alpha": number(alpha, False),
            "value": number(value, False),
            "value_range": [number(least, False), number(most, False)],
            "value_by_alpha": [
                numbers((weight, *population_value(rows, weight)), False) for weight in WEIGHTS
            ],
            "groups": [
                {
                    "name": row.group.name,
                    "n": row.group.n,
                    "positives": row.group.positives,
                    "interval": [number(row.low, False), number(row.high, False)],
                    "choice": row.choice,
                    "robust": row.robust,
                    "choices": list(row.choices),
                    "flips": [number(p, False) for p in row.flips],
                    "value_range": [number(v, False) for v in row.value],
                    "safe_hedge": number(row.safe_hedge, False),
                }
                for row in rows
            ],
        }
    )


def _as_text(rows: Sequence[Robustness], alpha: Fraction) -> Iterator[str]:
    def text(value: Any) -> str:
        return "-" if value is None else f"{float(value):.4f}"

    cells = [
        [
            " ".join(row.group.name.split()),
            str(row.group.n),
            text(row.estimate),
            f"[{text(row.low)}, {text(row.high)}]",
            row.choice,
            "robust" if row.robust else f"flips at {', '.join(map(text, row.flips))}",
            " / ".join(row.choices),
            text(row.safe_hedge),
            f"[{text(row.value[0])}, {text(row.value[1])}]",
        ]
        for row in rows
    ]
    header = ["subgroup", "n", "p", "interval", "choice", "over the interval", "choices"]
    yield from table([*header, "safe hedge", "value"], cells)
    value, least, most = population_value(rows, alpha)
    count = sum(row.robust for row in rows)
    yield ""
    yield f"{count} of {len(rows)} choices are robust at alpha = {shown(alpha, False)}."
    if 2 * alpha < 1:
        first = switch_rate(alpha)
        ends = ", ".join(map(text, (Fraction(1, 3), first, 1 - first, Fraction(2, 3))))
        yield f"By rate: trust, hedge, trust, hedge, trust, changing at {ends}."
    yield f"Value of the best policy: {text(value)}, over the box [{text(least)}, {text(most)}]."
    yield ""
    yield "Value of the best policy at other weights, at the estimates and over the box"
    cells = [
        [shown(weight, False), *map(text, population_value(rows, weight))] for weight in WEIGHTS
    ]
    yield from table(["alpha", "value", "least", "most"], cells)


def main(arguments: Sequence[str]) -> None:
    """Parse, check, compute, draw and print; see ``--help``."""
    options = _parser().parse_args(bind_negatives(arguments, ("--alpha", "--confidence")))
    alpha = parse_unit(options.alpha, "--alpha")
    confidence = parse_number(options.confidence, "--confidence")
    inside = 0 < confidence < 1 and 0 < float(confidence) < 1  # as a float, too
    require(inside, "--confidence", options.confidence, "lie strictly between 0 and 1")
    check_plot(options.plot)
    groups = read_counts(options.groups)
    rows = robust_policy(groups, alpha, float(confidence), options.simultaneous)
    if options.plot is not None:
        from figures.drawing import save
        from figures.ff_robust_policy import draw_robust_policy

        save(draw_robust_policy(rows, alpha), options.plot)
    if options.json:
        print(_as_json(rows, alpha))
    else:
        print("\n".join(_as_text(rows, alpha)))


if __name__ == "__main__":
    run(main, PROGRAM)
