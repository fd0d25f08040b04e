"""The efficient frontier for a gain g of a correct treatment and a loss c of an unneeded one.

The command line.  `theory.general_points` has the closed forms and what is new about them beside
*Friend or Foe*, `theory.general_population` the frontier and the best policy; what they offer can
be imported from here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from theory.command_line import Parser, bind_negatives, run
from theory.general_population import (
    Corner,
    frontier_corners,
    general_extremes_by_enumeration,
    general_frontier,
    general_policy,
)
from theory.options import (
    add_output_options,
    check_plot,
    parse_positive,
    parse_subgroups,
    parse_unit,
)
from theory.population import Frontier, Policy, Subgroups
from theory.tables import number, numbers, shown, shown_pair, table

__all__ = [
    "Corner",
    "frontier_corners",
    "general_extremes_by_enumeration",
    "general_frontier",
    "general_policy",
]

PROGRAM = "python -m theory.general_payoffs"


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Corners of each subgroup's frontier, and the frontier of the population, for "
        "a gain from each correct treatment and a loss from each unneeded one.  The designer "
        "treats where the reported rate is at least loss / (gain + loss).",
        epilog="Examples: --p 0.3 --gain 2 --loss 1;  --p 0.1 --p 0.9 --share 1/4 --share 3/4 "
        "--gain 1 --loss 3 --alpha 0.5 --exact.  Numbers are decimals or fractions and are read "
        "exactly.  Exit codes: 0 done, 2 bad input.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--p", action="append", required=True, help="share of a subgroup in need, in [0, 1]"
    )
    parser.add_argument(
        "--share",
        action="append",
        default=[],
        help="share of the population, one for each --p: positive, with sum 1 (default: equal)",
    )
    parser.add_argument("--gain", required=True, help="payoff of a correct treatment, above zero")
    parser.add_argument("--loss", required=True, help="cost of an unneeded treatment, above zero")
    parser.add_argument(
        "--alpha", help="weight on the worst case, in [0, 1]: also say what to disclose"
    )
    add_output_options(parser)
    return parser


def _corner(corner: Corner, exact: bool) -> dict[str, Any]:
    return {
        "name": corner.name,
        "point": numbers(corner.point, exact),
        "q": number(corner.q, exact),
        "attained": corner.attained,
    }


def _as_json(
    subgroups: Subgroups,
    corners: Sequence[tuple[Corner, ...]],
    frontier: Frontier,
    policy: Policy | None,
    threshold: Fraction,
    exact: bool,
) -> str:
    answer: dict[str, Any] = {
        "treat_from": number(threshold, exact),
        "vertices": [numbers(vertex, exact) for vertex in frontier.vertices],
        "slopes": numbers(frontier.slopes, exact),
        "alpha_thresholds": numbers(frontier.alpha_thresholds, exact),
        "groups": [
            {
                "share": number(share, exact),
                "p": number(p, exact),
                "corners": [_corner(corner, exact) for corner in chain],
            }
            for share, p, chain in zip(subgroups.shares, subgroups.rates, corners, strict=True)
        ],
    }
    if policy is not None:
        answer["optimal"] = {
            "alpha": number(policy.alpha, exact),
            "point": numbers(policy.point, exact),
            "value": number(policy.value, exact),
            "groups": [
                {"choice": choice, "q": number(q, exact), "attained": attained}
                for choice, q, attained in zip(
                    policy.choices.tolist(), policy.q, policy.attained.tolist(), strict=True
                )
            ],
        }
    return json.dumps(answer)


def _as_text(
    subgroups: Subgroups,
    corners: Sequence[tuple[Corner, ...]],
    frontier: Frontier,
    policy: Policy | None,
    threshold: Fraction,
    exact: bool,
) -> Iterator[str]:
    yield "Payoffs are pairs (worst case, best case) per patient, in the unit of gain and loss."
    yield f"Treated where the reported rate is at least {shown(threshold, exact)}."
    yield ""
    rows = [
        [
            str(index),
            shown(share, exact),
            shown(p, exact),
            corner.name,
            shown_pair(corner.point, exact),
            _disclosure(corner.q, corner.attained, exact),
        ]
        for index, (share, p, chain) in enumerate(
            zip(subgroups.shares, subgroups.rates, corners, strict=True), start=1
        )
        for corner in chain
    ]
    yield from table(["subgroup", "share", "p", "corner", "point", "disclose"], rows)
    yield ""
    yield "Efficient frontier, from trust to distrust; alpha is the weight on the worst case"
    bounds = [0, *frontier.alpha_thresholds, 1]
    rows = [
        [
            shown(vertex[0], exact),
            shown(vertex[1], exact),
            shown(bounds[index], exact),
            shown(bounds[index + 1], exact),
            shown(frontier.slopes[index], exact) if index < len(frontier.slopes) else "-",
        ]
        for index, vertex in enumerate(frontier.vertices)
    ]
    yield from table(["worst", "best", "optimal for alpha from", "to", "slope to the next"], rows)
    if policy is not None:
        yield ""
        yield (
            f"Optimal at alpha = {shown(policy.alpha, exact)}: {shown_pair(policy.point, exact)}, "
            f"of value {shown(policy.value, exact)}"
        )
        rows = [
            [str(index), choice, _disclosure(q, attained, exact)]
            for index, (choice, q, attained) in enumerate(
                zip(policy.choices.tolist(), policy.q, policy.attained.tolist(), strict=True),
                start=1,
            )
        ]
        yield from table(["subgroup", "choice", "disclose"], rows)


def _disclosure(q: Any, attained: bool, exact: bool) -> str:
    """What to show the AI about a subgroup."""
    if q is None:
        return "nothing"
    return f"yes/no, yes for {'' if attained else 'just under '}{shown(q, exact)}"


def main(arguments: Sequence[str]) -> None:
    """Parse, check, compute, draw and print; see ``--help``."""
    options = _parser().parse_args(
        bind_negatives(arguments, ("--p", "--share", "--gain", "--loss", "--alpha"))
    )
    gain, loss = parse_positive(options.gain, "--gain"), parse_positive(options.loss, "--loss")
    alpha = None if options.alpha is None else parse_unit(options.alpha, "--alpha")
    check_plot(options.plot)
    subgroups = parse_subgroups(options.p, options.share)
    corners = [frontier_corners(p, gain, loss) for p in subgroups.rates]
    frontier = general_frontier(subgroups, gain, loss)
    policy = None if alpha is None else general_policy(subgroups, gain, loss, alpha)
    if options.plot is not None:
        from figures.drawing import save
        from figures.ff_general_payoffs import draw_general_frontier

        save(draw_general_frontier(frontier, gain, loss, policy), options.plot)
    threshold = loss / (gain + loss)
    if options.json:
        print(_as_json(subgroups, corners, frontier, policy, threshold, options.exact))
    else:
        lines = _as_text(subgroups, corners, frontier, policy, threshold, options.exact)
        print("\n".join(lines))


if __name__ == "__main__":
    run(main, PROGRAM)
