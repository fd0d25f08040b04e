"""A matrix from a CSV file: utilities or costs (actions by classes), or one posterior per row.

UTF-8, blank lines ignored.  The first row may name the columns: then none of its cells is a
number, or its first cell is blank (so that classes called 0 and 1 can be named).  The first column
may name the rows where the first row names the columns: then none of its cells is a number.  Every
other cell is a decimal or a fraction, read exactly.  What looks like a number but is none (nan,
inf) is an error, and so is a row or column of names with a number in it, so that a mistyped entry
is not taken for a name.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from theory.command_line import InputError, parse_number, require

_PLAIN_DECIMAL = re.compile(r"\s*[0-9]*\.?[0-9]+(e-?[0-9]{1,3})?\s*", re.ASCII)


@dataclass(frozen=True)
class NamedMatrix:
    """`entries`, row by row; `rows` and `columns` name them, or are empty where the file has none.

    Entries are fractions, or floats if these were asked for.
    """

    entries: list[list[Fraction | float]]
    rows: tuple[str, ...]
    columns: tuple[str, ...]


def read_matrix(path: Path, argument: str, exact: bool) -> NamedMatrix:
    """The matrix in the file: fractions if `exact`, else floats.

    Raises `InputError` naming `argument` (a file that cannot be read, or is empty) or the file,
    the line, the column and the value (a ragged row, a cell that is no number); and for rows with
    names below a first row of numbers, which may be entries as well as names of classes.
    """
    lines = _lines(path, argument)
    require(len(lines) > 0, argument, path, "have a row")
    first = lines[0][1]
    below = lines[1:] or lines
    start = int(any(not _like_number(cells[0]) for _, cells in below))  # column of the first number
    require(len(first) > start, argument, path, "have a column of numbers")
    blank_corner = start == 1 and not first[0].strip()
    header = len(lines) > 1 and (blank_corner or not any(map(_like_number, first[start:])))
    headless = start == 1 and not header and all(map(_like_number, first[start:]))
    wanted = (
        "name the columns, as the first column names the rows: with a blank first cell if the "
        "columns are named by numbers"
    )
    require(not headless, f"first row of {path}", ",".join(first), wanted)
    rows, entries = [], []
    for number, cells in lines[header:]:
        where = f"{path}, line {number}"
        require(len(cells) == len(first), f"cells of {where}", len(cells), f"be {len(first)}")
        for cell in cells[:start]:
            wanted = "be a name, as others in the first column"
            require(not _like_number(cell), f"{where}, column 1", repr(cell), wanted)
            rows.append(cell.strip())
        places = enumerate(cells[start:], start=start + 1)
        entries.append([_entry(cell, f"{where}, column {place}", exact) for place, cell in places])
    columns = [cell.strip() for cell in first[start:]] if header else []
    for names, place in ((rows, "column"), (columns, "row")):
        twice = next((name for name in names if names.count(name) > 1), None)
        require(
            twice is None, f"first {place} of {path}", f"{twice!r} twice", "have each name once"
        )
    return NamedMatrix(entries, tuple(rows), tuple(columns))


def by_class(given: NamedMatrix, argument: str, classes: tuple[str, ...] = ()) -> NamedMatrix:
    """The square matrix with rows and columns in the order of the classes, and named after them.

    The order is that of `classes`, or if these are left out, of the columns, or else of the rows.
    Rows or columns without names stand in that order already; if nothing has names, classes are
    numbered from 1.  Raises `InputError` naming `argument` if the matrix is not square, or if rows
    and columns are not named after the same classes.
    """
    shape = len(given.entries), len(given.entries[0])
    require(shape[0] == shape[1], f"shape of {argument}", shape, "be (m, m)")
    names = classes or given.columns or given.rows or numbered(shape[0])
    require(shape[0] == len(names), f"number of rows of {argument}", shape[0], f"be {len(names)}")
    order = []
    for kind, own in (("rows", given.rows or names), ("columns", given.columns or names)):
        wanted = f"be those of the classes: {', '.join(names)}"
        require(set(own) == set(names), f"{kind} of {argument}", ", ".join(own), wanted)
        order.append([own.index(name) for name in names])
    entries = [[given.entries[row][column] for column in order[1]] for row in order[0]]
    return NamedMatrix(entries, names, names)


def numbered(count: int) -> tuple[str, ...]:
    """Names for what has none: numbers from 1."""
    return tuple(str(number) for number in range(1, count + 1))


def _lines(path: Path, argument: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line of the file on which it ends."""
    found: list[tuple[int, list[str]]] = []
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                number = reader.line_num
                if any(cell.strip() for cell in row):
                    found.append((number, row))
    except OSError as error:
        raise InputError(f"{argument} is {path}: must be readable ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"{argument} is {path}: must be text in UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path}, line {number + 1} is not valid CSV: {error}") from None
    return found


def _like_number(cell: str) -> bool:
    """Whether a reader would take the cell for a number, valid or not (nan, 1/0)."""
    try:
        float(cell.replace("/", ""))
    except ValueError:
        return False
    return True


def _entry(cell: str, where: str, exact: bool) -> Fraction | float:
    if not exact and _PLAIN_DECIMAL.fullmatch(cell):
        value = float(cell)
    else:
        number = parse_number(cell, where)
        if exact:
            return number
        try:
            value = float(number)
        except OverflowError:
            value = math.inf
    require(math.isfinite(value), where, cell, "fit into a float, unless --exact is set")
    return value
