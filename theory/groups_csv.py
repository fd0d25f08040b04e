"""Subgroups from a CSV file, or from numbers already read.

The file has a header row and one row per subgroup, in UTF-8, with

* `n`, a count of patients, or `share`, a share of the population,
* `positives`, how many of the n need treatment, or `p`, a rate,
* optionally `name`.

Numbers are read exactly.  Up to `EXACT_UP_TO` subgroups, and any number if asked, stay
rational; a larger population becomes floats, each the correct rounding of what was read.
Errors name the line of the file (the header is line 1) and the subgroup.
"""

from __future__ import annotations

import csv
import math
import re
import sys
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from theory.command_line import InputError, parse_number, require
from theory.population import Subgroups

# Above this, fractions with unrelated denominators would take noticeable time.
EXACT_UP_TO = 1000
COLUMNS = "n or share, positives (with n) or p, and optionally name"
REPORT_SECONDS = 2.0
REPORT_ROWS = 1 << 16

# Counts up to 15 digits are exact as floats, so ratios of two are correctly rounded.
_COUNT = re.compile(r"\s*[0-9]{1,15}\s*")
_PLAIN_DECIMAL = re.compile(r"\s*[0-9]*\.?[0-9]+(e-?[0-9]{1,3})?\s*", re.ASCII)


@dataclass(frozen=True)
class _Table:
    """The cells of the file by column, and the line on which each row ends."""

    path: Path
    columns: dict[str, list[str]]
    lines: Sequence[int]

    def names(self) -> tuple[str, ...]:
        return tuple(self.columns.get("name", map(str, range(1, len(self.lines) + 1))))

    def cell(self, column: str, row: int) -> str:
        """How an error message refers to a cell."""
        name = f" (subgroup {self.columns['name'][row]!r})" if "name" in self.columns else ""
        return f"{self.path}, line {self.lines[row]}{name}, {column}"


def read_groups(path: Path, exact: bool) -> Subgroups:
    """The subgroups in the file; rational if `exact`, or if they are few.

    Raises `InputError` naming the file, the line and the value if something is wrong.
    """
    table = _read_table(path)
    columns, rational = table.columns, exact or len(table.lines) <= EXACT_UP_TO
    counts = _counts(table, "n", least=1) if "n" in columns else []
    if counts:
        source, total = f"column n of {path}", sum(counts)
        shares = [Fraction(n, total) if rational else n / total for n in counts]
    else:
        source, shares = f"column share of {path}", _numbers(table, "share", rational)
    if "p" in columns:
        rates = _numbers(table, "p", rational)
    else:
        positives = _counts(table, "positives", least=0)
        for row, (k, n) in enumerate(zip(positives, counts, strict=True)):
            if k > n:
                raise InputError(f"{table.cell('positives', row)} is {k}: must be at most n = {n}")
        rates = [
            Fraction(k, n) if rational else k / n for k, n in zip(positives, counts, strict=True)
        ]
    return subgroups_from_numbers(table.names(), shares, rates, source, exact)


def subgroups_from_numbers(
    names: tuple[str, ...],
    shares: Sequence[Fraction | float],
    rates: Sequence[Fraction | float],
    source: str,
    exact: bool = False,
) -> Subgroups:
    """Subgroups of these shares and rates, all rational or all floats.

    Rational shares that sum to one only up to rounding (groups * 2^-52) are taken as the
    floats they were before somebody wrote them down, unless `exact`.  Raises `InputError`
    naming `source` if the shares do not sum to one.
    """
    rational = isinstance(shares[0], Fraction)
    total: Any = sum(shares, start=Fraction(0)) if rational else math.fsum(shares)
    if abs(total - 1) > (0.0 if exact else len(shares) * 2.0**-52):
        raise InputError(f"sum of {source} is {total}: must be {'exactly ' if exact else ''}1")
    kind = object if rational and total == 1 else np.float64
    return Subgroups(names, np.array(shares, dtype=kind), np.array(rates, dtype=kind))


def _read_table(path: Path) -> _Table:
    lines = array("q")
    reader: Any = None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [column.strip() for column in next(reader, [])]
            _check_header(path, header)
            cells: list[list[str]] = [[] for _ in header]
            for row in _reporting(reader, path):
                if len(row) != len(header):
                    raise InputError(
                        f"{path}, line {reader.line_num} has {len(row)} fields: must have "
                        f"{len(header)}, as the header has"
                    )
                for column, cell in zip(cells, row, strict=True):
                    column.append(cell)
                lines.append(reader.line_num)
    except OSError as error:
        raise InputError(f"--groups is {path}: must be readable ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"--groups is {path}: must be text in UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num} is not valid CSV: {error}") from None
    require(len(lines) > 0, f"number of rows below the header of {path}", 0, "be at least 1")
    return _Table(path, dict(zip(header, cells, strict=True)), lines)


def _reporting(rows: Iterable[list[str]], path: Path) -> Iterator[list[str]]:
    """The rows that are not blank; if they take long, a line on stderr says how far it is."""
    last_report = time.monotonic()
    for count, row in enumerate(rows, start=1):
        if row:
            yield row
        if count % REPORT_ROWS == 0 and time.monotonic() > last_report + REPORT_SECONDS:
            last_report = time.monotonic()
            print(f"reading {path}: {count:,} rows so far", file=sys.stderr)


def _check_header(path: Path, header: list[str]) -> None:
    found = set(header)
    usable = found - {"name"} in ({"n", "positives"}, {"n", "p"}, {"share", "p"})
    if not usable or len(found) < len(header):
        raise InputError(f"header of {path} is {','.join(header)!r}: must be {COLUMNS}, each once")


def _counts(table: _Table, column: str, least: int) -> list[int]:
    counts = []
    for row, text in enumerate(table.columns[column]):
        if not _COUNT.fullmatch(text) or (count := int(text)) < least:
            raise InputError(
                f"{table.cell(column, row)} is {text!r}: must be a whole number from {least} up, "
                "of at most 15 digits"
            )
        counts.append(count)
    return counts


def _numbers(table: _Table, column: str, rational: bool) -> list[Fraction | float]:
    """The numbers of column p, in [0, 1], or share, in (0, 1]: Fractions if `rational`."""
    interval = "(0, 1]" if column == "share" else "[0, 1]"
    numbers: list[Fraction | float] = []
    for row, text in enumerate(table.columns[column]):
        number: Fraction | float
        if not rational and _PLAIN_DECIMAL.fullmatch(text):
            number = float(text)
        else:
            number = parse_number(text, table.cell(column, row))
            number = number if rational else float(number)
        if not 0 <= number <= 1 or (number == 0 and column == "share"):
            raise InputError(f"{table.cell(column, row)} is {text}: must lie in {interval}")
        numbers.append(number)
    return numbers
