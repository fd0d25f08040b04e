"""A cost or utility matrix from a CSV file, with rows and columns matched to the known classes.

`theory.utility_csv` reads such files without knowing the classes, so that it cannot tell numbers
that name classes from entries.  Here the classes are known: in a file with one column more than
classes the first column names the actions, and if the first row names the classes, in any order
and with anything in its first cell, it is a header, be the names numbers or not.

Without a column of names, a first row such as 0,1 for the classes 0 and 1 may be a header or costs.
With as many rows as classes it is taken for costs, since as a header it would leave too few actions
for a decision for every class; with another number of rows it is refused.
"""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np

from theory.command_line import InputError, parse_number, require
from theory.utility_csv import NamedMatrix, read_matrix

BLANK_CORNER = "name the actions in a first column too, with a blank first cell in the first row"


def read_payoffs(
    path: Path, argument: str, classes: tuple[str, ...]
) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the actions (n) and the entries (n, m), columns in the order of the classes.

    Raises `InputError` naming `argument` or the file: one that cannot be read, names that are not
    the classes, a first row that may be names as well as entries, a cell that is no finite number.
    """
    lines = _lines(path)
    first = [cell.strip() for cell in lines[0][1]] if lines else []
    if len(first) == len(classes) + 1 and set(first[1:]) == set(classes):
        return aligned(_named(lines, path), classes, argument)
    ambiguous = set(first) == set(classes) and len(lines) != len(classes)
    if ambiguous and all(map(_is_number, first)):
        require(False, f"first row of {path}", f"{','.join(first)!r}, entries or names of classes",
                BLANK_CORNER)  # fmt: skip
    return aligned(read_matrix(path, argument, exact=True), classes, argument)


def aligned(
    matrix: NamedMatrix, classes: tuple[str, ...], argument: str
) -> tuple[tuple[str, ...], np.ndarray]:
    """Action names, and the entries with their columns in the order of the classes.

    Columns without names stand in that order already; rows that are named after the classes (or,
    unnamed, are as many) are the decisions for them.  Raises `InputError` for another number of
    columns, names that are not the classes, or an entry that does not fit into a float.
    """
    shape = len(matrix.entries), len(matrix.entries[0])
    listed = ", ".join(classes)
    require(shape[1] == len(classes), f"number of columns of {argument}", shape[1],
            f"equal the number of classes, {len(classes)} ({listed})")  # fmt: skip
    try:
        entries = np.array(matrix.entries, dtype=float)
    except OverflowError:
        raise InputError(f"an entry of {argument} is too large: must fit into a float") from None
    if matrix.columns:
        require(set(matrix.columns) == set(classes), f"columns of {argument}",
                ", ".join(matrix.columns), f"be the classes {listed}")  # fmt: skip
        entries = entries[:, [matrix.columns.index(name) for name in classes]]
    if set(matrix.rows) == set(classes):
        return classes, entries[[matrix.rows.index(name) for name in classes]]
    if matrix.rows:
        return matrix.rows, entries
    if len(entries) == len(classes):
        return classes, entries
    return tuple(f"action {number}" for number in range(1, len(entries) + 1)), entries


def _named(lines: list[tuple[int, list[str]]], path: Path) -> NamedMatrix:
    """The matrix of a file whose first row names the classes and whose first column the actions."""
    header = lines[0][1]
    require(len(lines) > 1, f"number of actions in {path}", 0, "be positive")
    names: list[str] = []
    entries: list[list[Fraction | float]] = []
    for number, cells in lines[1:]:
        where = f"{path}, line {number}"
        require(len(cells) == len(header), f"cells of {where}", len(cells), f"be {len(header)}")
        name = cells[0].strip()
        require(name not in names, f"first column of {path}", f"{name!r} twice", "have names once")
        names.append(name)
        entries.append(
            [
                parse_number(cell, f"{where}, column {place}")
                for place, cell in enumerate(cells[1:], start=2)
            ]
        )
    return NamedMatrix(entries, tuple(names), tuple(cell.strip() for cell in header[1:]))


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, with their lines; none if the file cannot be read as CSV."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            return [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except (OSError, UnicodeDecodeError, csv.Error):  # named by `read_matrix`
        return []


def _is_number(text: str) -> bool:
    try:
        parse_number(text, "")
    except InputError:
        return False
    return True
