"""Options that several command lines share, with their checks."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from theory.command_line import parse_number, require, require_writable
from theory.groups_csv import subgroups_from_numbers
from theory.population import Subgroups

PLOT_SUFFIXES = (".svg", ".pdf", ".png")


def add_output_options(parser: argparse.ArgumentParser, *, exact: bool = True) -> None:
    """Add --json, --plot and, if wanted, --exact."""
    if exact:
        parser.add_argument(
            "--exact", action="store_true", help="print fractions instead of rounded decimals"
        )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw a picture (.svg, .pdf or .png)"
    )


def check_plot(path: Path | None) -> None:
    """Raise `InputError` unless `path` is None or a picture can be written there."""
    if path is not None:
        endings = f"end in {', '.join(PLOT_SUFFIXES)}"
        require(path.suffix.lower() in PLOT_SUFFIXES, "--plot", path, endings)
        require(path.parent.is_dir(), "--plot", path, "lie in a folder that exists")
        require(not path.is_dir(), "--plot", path, "name a file, not a folder")
        require_writable("--plot", path)


def parse_unit(text: str, argument: str) -> Fraction:
    """A number in [0, 1]; raises `InputError` naming `argument` and `text`.

    >>> parse_unit("0.3", "--alpha")
    Fraction(3, 10)
    """
    value = parse_number(text, argument)
    require(0 <= value <= 1, argument, text, "lie in [0, 1]")
    return value


def parse_positive(text: str, argument: str) -> Fraction:
    """A number above zero; raises `InputError` naming `argument` and `text`.

    >>> parse_positive("3/2", "--gain")
    Fraction(3, 2)
    """
    value = parse_number(text, argument)
    require(value > 0, argument, text, "be above zero")
    return value


def parse_subgroups(rates: Sequence[str], shares: Sequence[str]) -> Subgroups:
    """Exact subgroups from repeated --p and --share (default: equal shares).

    >>> parse_subgroups(["0.3", "2/5"], []).shares.tolist()
    [Fraction(1, 2), Fraction(1, 2)]
    """
    wanted = f"equal the number of --p, {len(rates)}"
    require(len(shares) in (0, len(rates)), "number of --share", len(shares), wanted)
    parsed_rates = [parse_unit(text, "--p") for text in rates]
    parsed_shares = [parse_positive(text, "--share") for text in shares]
    names = tuple(str(index) for index in range(1, len(rates) + 1))
    equal = [Fraction(1, len(rates))] * len(rates)
    return subgroups_from_numbers(names, parsed_shares or equal, parsed_rates, "--share", True)
