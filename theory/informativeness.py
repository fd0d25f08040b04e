"""The best bounds on informativeness for one subgroup: the command line.

Source: *Friend or Foe*, Section 6.3, Proposition 3 (p <= 1/3), corrected at its boundary and
carried on to every p.  `theory.optimal_bounds` has the closed forms, and `theory.surds` their
exact numbers; `theory.certified_maximum` brackets the optimum from the definitions, which is
printed beside them as the certificate.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import ceil, floor, inf, nextafter
from pathlib import Path
from typing import Any

from theory.certified_maximum import GAP, MOST_BOXES, CertifiedMaximum, certified_maximum
from theory.command_line import InputError, Parser, bind_negatives, parse_number, require, run
from theory.optimal_bounds import OptimalBounds, optimal_bounds, rational_choice
from theory.options import check_plot
from theory.surds import Exact, Surd, enclosure

PROGRAM = "python -m theory.informativeness"
PROGRESS_EVERY = 5.0  # seconds


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="The bounds on what a covariate may reveal, and the covariate, that are best "
        "together for a designer who cannot tell whether the AI is aligned.",
        epilog="Examples: --p 1/4 --alpha 1/2;  --p 0.4 --alpha 0.25 --json;  "
        "--p 2/5 --alpha 1/4 --plot regions.svg.  Numbers are decimals or fractions and are read "
        "exactly.  Exit codes: 0 done, 2 bad input.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--p", required=True, help="share of the subgroup that needs treatment, in [0, 1]"
    )
    parser.add_argument("--alpha", required=True, help="weight on the worst case, in [0, 1]")
    parser.add_argument(
        "--gap",
        default=str(GAP),
        help="how far apart the certificate's bounds may be, in [1/1000000, 1] "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--exact",
        action="store_true",
        help="print exact numbers: fractions, or a + b*sqrt(n) (with --json also an enclosure "
        "[low, high] of it by fractions)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object: p, alpha, tau (the bounds), q (null: constant covariate), "
        "point [worst, best], value, upper_bound, extreme_point, attained, certificate",
    )
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help="draw which choice is best for every p and alpha (.svg, .pdf or .png)",
    )
    return parser


def as_json(optimum: OptimalBounds, bracket: CertifiedMaximum, exact: bool) -> str:
    """The JSON object; numbers are strings if `exact`, else the nearest floats.

    The floats of the certificate's bounds are the nearest outwards, so that they are bounds.
    """

    def shown(x: Exact) -> float | str:
        return str(x) if exact else float(x) + 0.0  # -0.0 would print its sign

    lower, upper = (
        str(x) if exact else _outwards(x, end)
        for x, end in ((bracket.lower, -inf), (bracket.upper, inf))
    )
    answer: dict[str, Any] = {
        "p": shown(optimum.p),
        "alpha": shown(optimum.alpha),
        "tau": [shown(optimum.low), shown(optimum.high)],
        "q": None if optimum.q is None else shown(optimum.q),
        "point": [shown(x) for x in optimum.point],
        "value": shown(optimum.value),
        "upper_bound": upper,
        "extreme_point": optimum.extreme_point,
        "attained": optimum.attained,
        "certificate": {
            "method": "branch and bound over (low, high, q), exact rational bounds",
            "tau": [shown(bracket.low), shown(bracket.high)],
            "q": shown(bracket.q),
            "lower_bound": lower,
            "upper_bound": upper,
            "boxes": bracket.boxes,
        },
    }
    if exact:
        named = {
            "low": optimum.low,
            "high": optimum.high,
            "q": optimum.q,
            "worst": optimum.point[0],
            "best": optimum.point[1],
            "value": optimum.value,
        }
        answer["enclosures"] = {
            name: [str(end) for end in enclosure(x)]
            for name, x in named.items()
            if isinstance(x, Surd)
        }
    return json.dumps(answer)


def as_text(optimum: OptimalBounds, bracket: CertifiedMaximum, exact: bool) -> Iterator[str]:
    """The lines for people."""

    def shown(x: Exact) -> str:
        return str(x) if exact else f"{float(x) + 0.0:.6g}"

    approached = "" if optimum.attained else ", the lower one just above that"
    yield f"p = {shown(optimum.p)}, alpha = {shown(optimum.alpha)}: {optimum.extreme_point}"
    yield f"  bounds      [{shown(optimum.low)}, {shown(optimum.high)}]{approached}"
    if optimum.q is None:
        yield "  covariate   none (a constant); any bounds do"
    else:
        yield f"  covariate   yes/no, yes for {shown(optimum.q)} of the subgroup"
    yield f"  worst case  {shown(optimum.point[0])}"
    yield f"  best case   {shown(optimum.point[1])}"
    yield f"  value       {shown(optimum.value)}, {_attainment(optimum)}"
    yield "Certificate: over all bounds and covariates, by exact branch and bound,"
    lower, upper = _decimal(bracket.lower, floor), _decimal(bracket.upper, ceil)
    yield f"  the best value lies in [{lower}, {upper}]"
    yield (
        f"  boxes {bracket.boxes}; reached by bounds [{float(bracket.low):.6g}, "
        f"{float(bracket.high):.6g}] and a share of {float(bracket.q):.6g}"
    )


def _decimal(x: Fraction, rounded: Callable[[Fraction], int]) -> str:
    """Eight decimals, rounded in the direction that keeps the bracket valid."""
    return f"{rounded(x * 10**8) / 10**8:.8f}"


def _outwards(x: Fraction, end: float) -> float:
    """The float nearest to `x` among those at it or from it towards `end`, an infinity."""
    near = float(x) + 0.0
    beyond = Fraction(near) <= x if end < 0 else Fraction(near) >= x
    return near if beyond else nextafter(near, end)


def _attainment(optimum: OptimalBounds) -> str:
    if optimum.attained:
        return "attained"
    return "approached but not attained: at these bounds a misaligned AI could do more harm"


def _progress() -> Callable[[int], None]:
    """A function that says on stderr how far the search is, every `PROGRESS_EVERY` seconds."""
    told = time.monotonic()

    def tell(boxes: int) -> None:
        nonlocal told
        if time.monotonic() - told > PROGRESS_EVERY:
            told = time.monotonic()
            print(f"certificate: {boxes:,} boxes, at most {MOST_BOXES:,}", file=sys.stderr)

    return tell


def main(arguments: Sequence[str]) -> None:
    """Parse, check, compute, draw and print; see ``--help``."""
    options = _parser().parse_args(bind_negatives(arguments, ("--p", "--alpha", "--gap")))
    numbers = {
        name: parse_number(text, name)
        for name, text in (("--p", options.p), ("--alpha", options.alpha), ("--gap", options.gap))
    }
    require(0 <= numbers["--p"] <= 1, "--p", options.p, "lie in [0, 1]")
    require(0 <= numbers["--alpha"] <= 1, "--alpha", options.alpha, "lie in [0, 1]")
    allowed = Fraction(1, 10**6) <= numbers["--gap"] <= 1
    require(allowed, "--gap", options.gap, "lie in [1/1000000, 1]")
    check_plot(options.plot)
    optimum = optimal_bounds(numbers["--p"], numbers["--alpha"])
    start = rational_choice(optimum)
    try:
        bracket = certified_maximum(optimum.p, optimum.alpha, start, numbers["--gap"], _progress())
    except InputError as error:  # of its arguments, only the gap can be at fault here
        raise InputError(f"--{error}") from None
    if options.plot is not None:
        from figures.drawing import save
        from figures.ff_fig7 import draw

        save(draw(optimum), options.plot)
    if options.json:
        print(as_json(optimum, bracket, options.exact))
    else:
        print("\n".join(as_text(optimum, bracket, options.exact)))


if __name__ == "__main__":
    run(main, PROGRAM)
