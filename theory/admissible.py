"""Worst and best case of a covariate straight from the definitions: the command line.

Source: *Friend or Foe* (Fudenberg & Liang, arXiv 2509.14396v1), Sections 3.2-3.4, Definition 1.
`theory.admissible_cases` holds the definitions for one subgroup.  Three engines compute the
extremes there, by routes that share nothing beyond them and know none of the closed forms:

* `theory.admissible_events` goes through every event (16 atoms),
* `theory.admissible_programs` solves linear programs and certifies them exactly (8 atoms),
* `theory.admissible_search` searches subset sums of the masses (any 40 atoms, often more).

`theory.admissible_joint` puts subgroups together.  All their names can be imported from here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from theory.admissible_cases import (
    Case,
    EngineLimit,
    Extremes,
    check_masses,
    check_rate,
    is_inducible_by_definition,
    payoff,
    treated_event,
    verify_case,
)
from theory.admissible_events import extremes_by_enumeration
from theory.admissible_joint import ENGINES, JointCase, JointExtremes, joint_extremes
from theory.admissible_programs import CertifiedCase, CertifiedExtremes, extremes_by_program
from theory.admissible_search import extremes_by_search
from theory.bounded import UNBOUNDED, Bounds, parse_bounds, require_rate_within
from theory.command_line import InputError, Parser, bind_negatives, parse_number, run

__all__ = [
    "ENGINES",
    "Case",
    "CertifiedCase",
    "CertifiedExtremes",
    "EngineLimit",
    "Extremes",
    "JointCase",
    "JointExtremes",
    "extremes_by_enumeration",
    "extremes_by_program",
    "extremes_by_search",
    "is_inducible_by_definition",
    "joint_extremes",
    "payoff",
    "treated_event",
    "verify_case",
]


@dataclass(frozen=True)
class _Problem:
    shares: tuple[Fraction, ...]
    rates: tuple[Fraction, ...]
    laws: tuple[tuple[Fraction, ...], ...]
    bounds: Bounds = UNBOUNDED


def _parser() -> Parser:
    parser = Parser(
        prog="python -m theory.admissible",
        description="Worst and best case payoff of letting an AI see a covariate, computed from "
        "the definition of admissible distributions, with the distributions that attain them.",
        epilog="Example: python -m theory.admissible --p 2/5 --mu 2/5,3/5 --exact.  "
        "For several subgroups repeat --p and --mu in parallel: "
        "--share 1/4 --share 3/4 --p 0.4 --mu 0.4,0.6 --p 0.75 --mu 1.  "
        "Numbers are decimals or fractions and are read exactly.  Exit codes: 0 done, 1 engines "
        "disagree under --check, 2 bad input.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--p", action="append", required=True, help="share of patients in need, in [0, 1]"
    )
    parser.add_argument(
        "--mu",
        action="append",
        required=True,
        metavar="M1,M2,...",
        help="masses of the covariate's atoms: positive, summing to exactly 1",
    )
    parser.add_argument(
        "--share",
        action="append",
        default=[],
        help="population share of each subgroup: positive, summing to exactly 1 (default: equal)",
    )
    parser.add_argument(
        "--tau",
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="bounds on the probability of need given any atom, with LOW <= p <= HIGH in every "
        "subgroup (default: 0 1)",
    )
    parser.add_argument(
        "--method",
        choices=["auto", *sorted(ENGINES)],
        default="auto",
        help="enumeration: every event, 16 atoms; program: certified linear programs, 8 atoms; "
        "search: subset sums, any 40 atoms; auto: search (all are exact)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="also run every other method that takes this input, and require equal values",
    )
    parser.add_argument(
        "--exact", action="store_true", help="print fractions instead of rounded decimals"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object: worst and best, each with value, event (treated atoms, "
        "counted from 0), P (reported) and P_star (true); one list per subgroup if several",
    )
    return parser


def _parse_problem(
    rates: list[str], laws: list[str], shares: list[str], bounds: Bounds
) -> _Problem:
    """Parse and check the subgroups; messages count subgroups and atoms from 0."""
    for option, values in (("--mu", laws), ("--share", shares)):
        if len(values) != len(rates) and (values or option == "--mu"):
            raise InputError(
                f"number of {option} is {len(values)}: must equal the number of --p, {len(rates)}"
            )
    several = len(rates) > 1
    checked_rates, checked_laws = [], []
    for group, (rate, law) in enumerate(zip(rates, laws, strict=True)):
        place = f"[{group}]" if several else ""
        checked_rates.append(check_rate(parse_number(rate, f"--p{place}"), f"--p{place}", rate))
        require_rate_within(checked_rates[-1], bounds, f"--p{place}")
        masses = [
            parse_number(mass, f"--mu{place}[{atom}]") for atom, mass in enumerate(law.split(","))
        ]
        checked_laws.append(check_masses(masses, f"--mu{place}", law))
    parsed_shares = [parse_number(share, f"--share[{k}]") for k, share in enumerate(shares)]
    equal = [Fraction(1, len(rates))] * len(rates)
    return _Problem(
        check_masses(parsed_shares or equal, "--share", ",".join(shares)),
        tuple(checked_rates),
        tuple(checked_laws),
        bounds,
    )


def _solve(problem: _Problem, method: str) -> JointExtremes:
    """Solve, and verify every case from the definitions before anyone sees it."""
    extremes = joint_extremes(
        problem.shares, problem.rates, problem.laws, ENGINES[method], problem.bounds
    )
    for joint in (extremes.worst, extremes.best):
        for p, masses, case in zip(problem.rates, problem.laws, joint.cases, strict=True):
            verify_case(p, masses, case, problem.bounds)
    return extremes


def _agreeing(problem: _Problem, extremes: JointExtremes, method: str) -> list[str]:
    """The methods that return these values; exits with code 1 if one returns others."""
    agreeing = [method]
    for other in ENGINES:
        if other == method:
            continue
        try:
            theirs = _solve(problem, other)
        except EngineLimit:
            continue
        if (theirs.worst.value, theirs.best.value) != (extremes.worst.value, extremes.best.value):
            raise SystemExit(
                f"{method} finds {extremes.worst.value} and {extremes.best.value}, "
                f"{other} finds {theirs.worst.value} and {theirs.best.value}"
            )
        agreeing.append(other)
    return agreeing


def _as_json(joint: JointCase, exact: bool) -> dict[str, object]:
    def number(value: Fraction) -> str | float:
        return str(value) if exact else float(value)

    def report(value: Fraction) -> str | float:
        """Rounding must not lift a report below 1/2 to 1/2, where the atom would be treated."""
        below_half = not exact and 2 * value < 1
        return min(float(value), math.nextafter(0.5, 0.0)) if below_half else number(value)

    events = [list(case.event) for case in joint.cases]
    reported = [[report(x) for x in case.reported] for case in joint.cases]
    true = [[number(x) for x in case.true] for case in joint.cases]
    single = len(joint.cases) == 1
    return {
        "value": number(joint.value),
        "event": events[0] if single else events,
        "P": reported[0] if single else reported,
        "P_star": true[0] if single else true,
    }


def _as_table(problem: _Problem, extremes: JointExtremes, exact: bool) -> str:
    def text(value: Fraction) -> str:
        return str(value) if exact else f"{float(value):.6g}"

    lines = [
        f"worst case  {text(extremes.worst.value)}",
        f"best case   {text(extremes.best.value)}",
    ]
    columns = ("atom", "mass", "worst: treated", "P", "P*", "best: treated", "P", "P*")
    for group, masses in enumerate(problem.laws):
        worst, best = extremes.worst.cases[group], extremes.best.cases[group]
        lines.append("")
        if len(problem.laws) > 1:
            lines.append(
                f"subgroup {group}: share {text(problem.shares[group])}, "
                f"p {text(problem.rates[group])}, "
                f"worst {text(worst.value)}, best {text(best.value)}"
            )
        rows: list[tuple[str, ...]] = [columns]
        for atom, mass in enumerate(masses):
            cells = [str(atom), text(mass)]
            for case in (worst, best):
                cells.append("yes" if atom in case.event else "no")
                cells += [text(case.reported[atom]), text(case.true[atom])]
            rows.append(tuple(cells))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
            lines.append("  ".join(cells))
    lines += ["", "P: P(Y = 1 | atom) as the AI reports it; P*: in truth; treated where P >= 1/2."]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Parse, solve, verify and print; see ``--help``."""
    options = _parser().parse_args(bind_negatives(arguments, ("--p", "--mu", "--share")))
    bounds = parse_bounds(options.tau)
    problem = _parse_problem(options.p, options.mu, options.share, bounds)
    method = "search" if options.method == "auto" else options.method
    try:
        extremes = _solve(problem, method)
    except EngineLimit as limit:
        raise InputError(f"--mu has {limit.found}: must {limit.requirement}") from None
    agreeing = _agreeing(problem, extremes, method) if options.check else []
    if options.json:
        answer: dict[str, object] = {
            "worst": _as_json(extremes.worst, options.exact),
            "best": _as_json(extremes.best, options.exact),
        }
        if options.check:
            answer["agreeing"] = agreeing
        print(json.dumps(answer))
    else:
        print(_as_table(problem, extremes, options.exact))
        if options.check:
            print(f"Agreeing methods: {', '.join(agreeing)}.")


if __name__ == "__main__":
    run(main, "python -m theory.admissible")
