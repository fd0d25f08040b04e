"""The efficient frontier of trusting an AI, in one or many subgroups: the command line.

Source: *Friend or Foe*, Section 5, Lemma 1, Theorems 1 and 2; with ``--tau``, Section 6.2 and
Appendix E.  `theory.points` has the points of one subgroup (`theory.bounded` those under bounds),
`theory.population` the frontier and the best policy of a population, `theory.groups_csv` reads
subgroups from a file, `theory.frontier_report` prints.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from theory.bounded import UNBOUNDED, parse_bounds
from theory.command_line import Parser, bind_negatives, parse_number, require, run
from theory.frontier_report import Payoffs, as_json, as_text
from theory.general_population import general_frontier, general_policy
from theory.groups_csv import COLUMNS, read_groups, subgroups_from_numbers
from theory.options import check_plot, parse_positive, parse_unit
from theory.population import Frontier, Policy, Subgroups, optimal_policy, population_frontier

PROGRAM = "python -m theory.frontier"
SMALLEST, LARGEST = Fraction(1, 10**100), Fraction(10**100)  # payoffs whose products are floats
SLOW = 100_000  # subgroups from which exact arithmetic takes more than a few seconds


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Trust, hedge and distrust points of each subgroup, and the efficient frontier "
        "of the population: the pairs (worst case, best case) of expected payoffs among which a "
        "designer chooses who cannot tell whether the AI is aligned.",
        epilog="Examples: --p 2/5 --alpha 0.3;  --p 0.65 --p 0.52 --share 0.3 --share 0.7 --json;  "
        "--groups clinics.csv --alpha 0.4 --plot frontier.svg.  Numbers are decimals or fractions "
        "and are read exactly.  Exit codes: 0 done, 2 bad input.",
        allow_abbrev=False,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--p", action="append", help="share of a subgroup that needs treatment, in [0, 1]"
    )
    source.add_argument(
        "--groups", type=Path, metavar="FILE.csv", help=f"one row per subgroup; columns {COLUMNS}"
    )
    parser.add_argument(
        "--share",
        action="append",
        default=[],
        help="share of the population, one for each --p: positive, with sum 1 (default: equal)",
    )
    parser.add_argument(
        "--tau",
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="bounds on the probability of need given whatever the AI is shown, with "
        "LOW <= p <= HIGH in every subgroup (default: 0 1)",
    )
    parser.add_argument(
        "--gain", default="1", help="payoff of a correct treatment, above zero (default: 1)"
    )
    parser.add_argument(
        "--loss",
        default="1",
        help="cost of an unneeded treatment, above zero (default: 1); patients are treated from a "
        "reported rate of LOSS / (GAIN + LOSS)",
    )
    parser.add_argument(
        "--alpha",
        help="weight on the worst case, in [0, 1]: also say what to disclose in each subgroup.  "
        "Where several choices are equally good in a subgroup, the one that is attained is "
        "taken, then the one with the higher worst case",
    )
    parser.add_argument(
        "--exact", action="store_true", help="print fractions instead of rounded decimals"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object: vertices, slopes, alpha_thresholds, groups and, with "
        "--alpha, optimal; points are [worst, best]",
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw the frontier (.svg, .pdf or .png)"
    )
    return parser


def _subgroups(rates: list[str], shares: list[str], exact: bool) -> Subgroups:
    """The subgroups given as --p and --share."""
    require(
        len(shares) in (0, len(rates)),
        "number of --share",
        len(shares),
        f"equal the number of --p, {len(rates)}",
    )
    parsed_rates = [parse_number(text, "--p") for text in rates]
    for text, rate in zip(rates, parsed_rates, strict=True):
        require(0 <= rate <= 1, "--p", text, "lie in [0, 1]")
    parsed_shares = [parse_number(text, "--share") for text in shares]
    for text, share in zip(shares, parsed_shares, strict=True):
        require(0 < share <= 1, "--share", text, "lie in (0, 1]")
    names = tuple(str(number) for number in range(1, len(rates) + 1))
    equal = [Fraction(1, len(rates))] * len(rates)
    return subgroups_from_numbers(names, parsed_shares or equal, parsed_rates, "--share", exact)


def _as_float(value: Fraction, argument: str, text: str) -> float:
    """A payoff for float arithmetic; raises `InputError` unless it is one that floats can hold."""
    fits = SMALLEST <= value <= LARGEST
    wanted = f"lie in [{float(SMALLEST):g}, {float(LARGEST):g}], unless --exact is set"
    require(fits, argument, text, wanted)
    return float(value)


def _draw(
    path: Path,
    subgroups: Subgroups,
    frontier: Frontier,
    policy: Policy | None,
    payoffs: Payoffs | None,
) -> None:
    from figures.drawing import draw_population_frontier, save

    if payoffs is None:
        figure = draw_population_frontier(subgroups, frontier, policy)
    else:
        from figures.ff_general_payoffs import draw_general_frontier

        figure = draw_general_frontier(frontier, *payoffs, policy)
    save(figure, path)


def main(arguments: Sequence[str]) -> None:
    """Parse, check, compute, draw and print; see ``--help``."""
    values = ("--p", "--share", "--alpha", "--gain", "--loss")
    options = _parser().parse_args(bind_negatives(arguments, values))
    alpha = None if options.alpha is None else parse_unit(options.alpha, "--alpha")
    gain, loss = parse_positive(options.gain, "--gain"), parse_positive(options.loss, "--loss")
    check_plot(options.plot)
    bounds = parse_bounds(options.tau)
    ordinary = gain == loss == 1
    require(
        ordinary or bounds == UNBOUNDED,
        "--tau",
        options.tau and " ".join(options.tau),
        "be 0 1, or left out, with --gain and --loss",
    )
    if options.groups is not None:
        require(not options.share, "--share", ", ".join(options.share), "be left out with --groups")
        subgroups = read_groups(options.groups, options.exact)
    else:
        subgroups = _subgroups(options.p, options.share, options.exact)
    if bounds != UNBOUNDED:
        subgroups = replace(subgroups, bounds=bounds)
    count = len(subgroups.names)
    if subgroups.exact and count >= SLOW:
        print(f"computing exactly for {count:,} subgroups", file=sys.stderr)
    payoffs: Payoffs | None = None
    policy: Policy | None = None
    if ordinary:
        frontier = population_frontier(subgroups)
        if alpha is not None:
            policy = optimal_policy(subgroups, alpha)
    else:
        kept: type[Fraction] | type[float] = Fraction if subgroups.exact else float
        payoffs = (gain, loss)
        if not subgroups.exact:
            payoffs = (
                _as_float(gain, "--gain", options.gain),
                _as_float(loss, "--loss", options.loss),
            )
        frontier = general_frontier(subgroups, payoffs[0], payoffs[1])
        if alpha is not None:
            policy = general_policy(subgroups, payoffs[0], payoffs[1], kept(alpha))
    if options.plot is not None:
        _draw(options.plot, subgroups, frontier, policy, payoffs)
    if options.json:
        sys.stdout.writelines(as_json(subgroups, frontier, policy, options.exact, payoffs))
    else:
        print("\n".join(as_text(subgroups, frontier, policy, options.exact, payoffs)))


if __name__ == "__main__":
    run(main, PROGRAM)
