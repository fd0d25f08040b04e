"""The frontier when Nature is adversarial with weight beta, after Hurwicz.

Source: *Friend or Foe* (Fudenberg & Liang, arXiv 2509.14396v1), Appendix G.  With weight beta on an
adversarial Nature and 1 - beta on a benevolent one, the payoffs of `theory.hurwicz_programs` make

    worst = beta v_MM + (1 - beta) v_AM     (the AI is misaligned),
    best  = beta v_MA + (1 - beta) v_AA     (the AI is aligned).

Proposition G.1 treats p < 1/3 and 0 < beta < 1.  What follows holds for all p and beta and is
proved in the ledger (`ff_ext_hurwicz_*`).  Let r = min(p, 1-p) and d = max(0, 2p - 1).

* T = (d - beta r, d + (1-beta) r) for p < 1/3 and p >= 2/3, the pair of Ber(p).
* T = (d + beta (r-1) + (1-beta)(r - 1/2), d + (1-beta) r) for 1/3 <= p < 2/3, also of Ber(p):
  either share can be treated, and a benevolent Nature does best to make both lose equally.
* H = (d - beta (1-2r), d + (1-beta)(1-2r)) for 1/3 <= p <= 2/3: approached by Ber(q), q rising to
  1 - 2p, for p < 1/2; the pair of Ber(2-2p) for p >= 1/2.
* D = (d, d), the pair of a constant.

For 0 < beta < 1 the frontier is T-D off (1/3, 2/3) and at 1/2, T-H-D inside, H-D at 1/3; H-D and
T-D have slope -(1-beta)/beta.  At beta = 1 only D is undominated, because an adversarial Nature
leaves the best case where it is without the AI; at beta = 0 only T off (1/3, 2/3) and at 1/2, H
at 1/3, and T-H inside.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from theory.admissible_cases import EngineLimit, check_masses
from theory.command_line import InputError, Parser, bind_negatives, parse_number, require, run
from theory.delegation import default_action
from theory.general_population import Corner
from theory.hurwicz_programs import FourPayoffs, Saddle, four_payoffs
from theory.options import add_output_options, check_plot, parse_unit
from theory.piecewise import select
from theory.points import alpha_threshold, hedge_share
from theory.tables import number, numbers, shown, shown_pair, table

__all__ = ["four_payoffs", "hurwicz_corners"]

PROGRAM = "python -m theory.hurwicz"
CELLS = (
    ("adversarial", "misaligned"),
    ("benevolent", "misaligned"),
    ("adversarial", "aligned"),
    ("benevolent", "aligned"),
)


def hurwicz_trust_point(p: Any, beta: Any) -> tuple[Any, Any]:
    """Pair (worst, best) that Ber(p) yields; `p`, `beta` in [0, 1].

    >>> F = Fraction
    >>> hurwicz_trust_point(F(1, 4), F(1, 3)), hurwicz_trust_point(F(2, 5), F(1))
    ((Fraction(-1, 12), Fraction(1, 6)), (Fraction(-3, 5), Fraction(0, 1)))
    """
    rarer = select(2 * p <= 1, p, 1 - p)
    base = default_action(p)
    one_event = -beta * rarer
    both_events = beta * (rarer - 1) + (1 - beta) * (2 * rarer - 1) / 2
    worst = select(3 * p < 1, one_event, select(3 * p < 2, both_events, one_event))
    return base + worst, base + (1 - beta) * rarer


def hurwicz_hedge_point(p: Any, beta: Any) -> tuple[Any, Any]:
    """Pair (worst, best) of the hedge corner; `p` in [1/3, 2/3], `beta` in [0, 1].

    >>> F = Fraction
    >>> hurwicz_hedge_point(F(2, 5), F(1, 2))
    (Fraction(-1, 10), Fraction(1, 10))
    """
    rarer = select(2 * p <= 1, p, 1 - p)
    base, share = default_action(p), 1 - 2 * rarer
    return base - beta * share, base + (1 - beta) * share


def hurwicz_corners(p: Fraction, beta: Fraction) -> tuple[Corner, ...]:
    """Corners of the frontier, from trust to distrust: undominated, none repeated or on a line.

    `p`, `beta` in [0, 1]; exact for rationals.  Raises `InputError` otherwise.

    >>> F = Fraction
    >>> [corner.name for corner in hurwicz_corners(F(2, 5), F(1, 2))]
    ['trust', 'hedge', 'distrust']
    >>> [corner.name for corner in hurwicz_corners(F(2, 5), F(0))]
    ['trust', 'hedge']
    """
    require(0 <= p <= 1, "p", p, "lie in [0, 1]")
    require(0 <= beta <= 1, "beta", beta, "lie in [0, 1]")
    distrust = (default_action(p),) * 2
    corners = [Corner("distrust", distrust, None, True)]
    if beta == 1 or p in (0, 1):
        return tuple(corners)
    if 1 <= 3 * p < 2 and 2 * p != 1:
        hedge = hurwicz_hedge_point(p, beta)
        corners.append(Corner("hedge", hedge, hedge_share(p), 2 * p > 1))
    if 3 * p != 1:
        corners.append(Corner("trust", hurwicz_trust_point(p, beta), p, True))
    if beta == 0:  # the edge to D is level, so D is dominated
        corners = corners[1:]
    return tuple(corners[::-1])


def edge_slopes(corners: Sequence[Corner]) -> list[Any]:
    """Slopes of the edges between consecutive corners."""
    return [
        (right.point[1] - left.point[1]) / (right.point[0] - left.point[0])
        for left, right in pairwise(corners)
    ]


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Frontier of worst and best case when Nature is adversarial with weight beta "
        "and benevolent otherwise; with --mu also the four payoffs of a covariate from the "
        "definitions, with Nature's truths and the AI's replies that certify them.",
        epilog="Examples: --p 2/5 --beta 1/2;  --p 0.4 --beta 0.25 --mu 2/5,3/5 --exact.  Numbers "
        "are decimals or fractions and are read exactly.  Exit codes: 0 done, 2 bad input.",
        allow_abbrev=False,
    )
    parser.add_argument("--p", required=True, help="share that needs treatment, in [0, 1]")
    parser.add_argument("--beta", required=True, help="weight on an adversarial Nature, in [0, 1]")
    parser.add_argument(
        "--mu", metavar="M1,M2,...", help="masses of a covariate's atoms: positive, with sum 1"
    )
    add_output_options(parser)
    return parser


def _as_json(
    corners: Sequence[Corner], payoffs: FourPayoffs | None, beta: Fraction, exact: bool
) -> str:
    slopes = edge_slopes(corners)
    answer: dict[str, Any] = {
        "corners": [
            {
                "name": corner.name,
                "point": numbers(corner.point, exact),
                "q": number(corner.q, exact),
                "attained": corner.attained,
            }
            for corner in corners
        ],
        "slopes": numbers(slopes, exact),
        "alpha_thresholds": numbers([alpha_threshold(slope) for slope in slopes], exact),
    }
    if payoffs is not None:
        cells = zip(CELLS, _certificates(payoffs), payoffs.values, strict=True)
        answer["covariate"] = {
            "pair": numbers(payoffs.pair(beta), exact),
            "payoffs": [
                {
                    "nature": nature,
                    "ai": machine,
                    "value": number(value, exact),
                    "P_star": numbers(true, exact),
                    "events": [[list(event), number(weight, exact)] for event, weight in mixture],
                }
                for (nature, machine), (true, mixture), value in cells
            ],
        }
    return json.dumps(answer)


def _certificates(
    payoffs: FourPayoffs,
) -> list[tuple[Sequence[Fraction], Sequence[tuple[Sequence[int], Fraction]]]]:
    """For each cell: Nature's truth, and the AI's event or mixture of events."""
    cells = (
        payoffs.both_misaligned,
        payoffs.aligned_nature,
        payoffs.aligned_ai,
        payoffs.both_aligned,
    )
    return [
        (cell.true, cell.mixture if isinstance(cell, Saddle) else ((cell.event, Fraction(1)),))
        for cell in cells
    ]


def _as_text(
    corners: Sequence[Corner], payoffs: FourPayoffs | None, beta: Fraction, exact: bool
) -> Iterator[str]:
    yield "Payoffs are pairs (worst case, best case), in correct treatments per patient."
    yield ""
    yield "Efficient frontier, from trust to distrust; alpha is the weight on a misaligned AI"
    slopes = edge_slopes(corners)
    bounds = [0, *map(alpha_threshold, slopes), 1]
    rows = [
        [
            corner.name,
            shown_pair(corner.point, exact),
            shown(bounds[index], exact),
            shown(bounds[index + 1], exact),
            shown(slopes[index], exact) if index < len(slopes) else "-",
            "nothing"
            if corner.q is None
            else f"yes for {'' if corner.attained else 'just under '}{shown(corner.q, exact)}",
        ]
        for index, corner in enumerate(corners)
    ]
    header = ["corner", "point", "optimal for alpha from", "to", "slope to the next", "disclose"]
    yield from table(header, rows)
    if payoffs is not None:
        yield ""
        yield f"The covariate's pair: {shown_pair(payoffs.pair(beta), exact)}"
        rows = [
            [
                nature,
                machine,
                shown(value, exact),
                " ".join(shown(rate, exact) for rate in true),
                "; ".join(
                    f"{{{','.join(map(str, event))}}} with {shown(weight, exact)}"
                    for event, weight in mixture
                ),
            ]
            for (nature, machine), (true, mixture), value in zip(
                CELLS, _certificates(payoffs), payoffs.values, strict=True
            )
        ]
        yield from table(["Nature", "AI", "payoff", "P* by atom", "treated atoms"], rows)


def main(arguments: Sequence[str]) -> None:
    """Parse, check, compute, draw and print; see ``--help``."""
    options = _parser().parse_args(bind_negatives(arguments, ("--p", "--beta", "--mu")))
    p, beta = parse_unit(options.p, "--p"), parse_unit(options.beta, "--beta")
    check_plot(options.plot)
    payoffs = None
    if options.mu is not None:
        texts = enumerate(options.mu.split(","))
        masses = [parse_number(text, f"--mu[{atom}]") for atom, text in texts]
        try:
            payoffs = four_payoffs(p, check_masses(masses, "--mu", options.mu))
        except EngineLimit as limit:
            raise InputError(f"--mu has {limit.found}: must {limit.requirement}") from None
    corners = hurwicz_corners(p, beta)
    if options.plot is not None:
        from figures.drawing import save
        from figures.ff_fig13 import draw_hurwicz_frontiers

        save(draw_hurwicz_frontiers(p, [beta]), options.plot)
    if options.json:
        print(_as_json(corners, payoffs, beta, options.exact))
    else:
        print("\n".join(_as_text(corners, payoffs, beta, options.exact)))


if __name__ == "__main__":
    run(main, PROGRAM)
