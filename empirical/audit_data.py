"""A table as the audit reads it: features without leaks, labels, groups.

Left out of the features: the target, the groups, cost columns and columns the user drops; of the
others `empirical.audit_columns` makes numbers and categories.  Nothing is fitted here: what is
learned from data (scales, medians, which categories are frequent) is learned within training folds
by `empirical.audit_models`.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from empirical.audit_columns import Features, features, require_scalars
from theory.command_line import InputError, require

MOST_CLASSES = 100
COMPLETE = "be complete (empty cells, and texts such as NA, None and null, count as missing)"


@dataclass(frozen=True)
class Cases:
    """What is known of every case: features, the class as a number, its group if there are any.

    `labels` (rows,) are positions in `classes`; `groups` (rows,) are whole numbers, or None.
    `remarks` says what was left out or looks odd, one sentence each.
    """

    features: Features
    labels: np.ndarray
    classes: tuple[str, ...]
    groups: np.ndarray | None
    remarks: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


def read_table(path: Path) -> pd.DataFrame:
    """The table in a CSV (also .csv.gz) or Parquet file.

    Raises `InputError` naming the file if it is missing, empty, not text, has two columns of one
    name, or a line (also named) of more or fewer cells than the first.
    """
    if not path.is_file():
        raise InputError(f"DATA is {path}: must be a file that exists")
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            _check_cells(path)
            frame = pd.read_csv(path, low_memory=False, index_col=False)
    except InputError:
        raise
    except (pd.errors.EmptyDataError, StopIteration):
        raise InputError(f"DATA is {path}: must not be empty") from None
    except (ValueError, OSError, EOFError, csv.Error) as error:  # parse, decode, decompress, read
        reason = str(error).strip().splitlines()[-1]
        raise InputError(f"DATA is {path}: cannot be read as a table ({reason})") from None
    require(len(frame) > 0, f"number of rows of {path}", 0, "be positive")
    return frame


def _check_cells(path: Path) -> None:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="", encoding="utf-8-sig") as stream:
        reader = csv.reader(stream)
        header = next(row for row in reader if row)
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            columns = ", ".join(header)
            raise InputError(f"columns of {path} are {columns}: {twice[0]!r} stands twice")
        for row in reader:
            if row and len(row) != len(header):
                where = f"number of cells of {path}, line {reader.line_num},"
                require(False, where, len(row), f"be {len(header)}, as in the first line")


def read_cases(
    frame: pd.DataFrame,
    target: str,
    groups: str | None = None,
    leave_out: Collection[str] = (),
) -> Cases:
    """Labels, groups and features of a table.

    `leave_out` names columns that are no features (dropped ones and costs).  Raises `InputError`
    naming the column: one that does not exist, a target with missing values, with a single class
    or with more than `MOST_CLASSES` values, an infinite number, no feature left.
    """
    frame = frame.rename(columns=str)
    for argument, names in (("--target", [target]), ("--groups", [groups] if groups else []),
                            ("columns left out", list(leave_out))):  # fmt: skip
        for name in names:
            known = ", ".join(map(repr, frame.columns[:20]))
            require(name in frame, argument, repr(name), f"be a column of the table ({known})")
    for name in (target, groups):
        if name is not None:
            require_scalars(frame[name], name)
    labels, classes = _labels(frame[target], target)
    remarks: list[str] = []
    group_codes = None
    if groups is not None:
        missing = int(frame[groups].isna().sum())
        require(missing == 0, f"--groups {groups}", f"missing in {missing} rows", COMPLETE)
        group_codes = pd.factorize(frame[groups])[0]
    outside = {target, groups, *leave_out}
    columns = [name for name in frame.columns if name not in outside]
    found = features(frame[columns], remarks)
    return Cases(found, labels, classes, group_codes, tuple(remarks))


def label_name(value: Any) -> str:
    """A label as text: whole numbers without a decimal point.

    >>> label_name(1.0), label_name(2), label_name("bad ")
    ('1', '2', 'bad')
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _labels(column: pd.Series, target: str) -> tuple[np.ndarray, tuple[str, ...]]:
    missing = int(column.isna().sum())
    require(missing == 0, f"--target {target}", f"missing in {missing} rows", COMPLETE)
    values = sorted(column.unique().tolist(), key=lambda value: (str(type(value)), value))
    count = len(values)
    numeric = pd.api.types.is_numeric_dtype(column)
    hint = " (a quantity, not a class?)" if numeric else " (an identifier?)"
    require(count <= MOST_CLASSES, f"--target {target}", f"a column of {count:,} different values",
            f"have at most {MOST_CLASSES} classes{hint}")  # fmt: skip
    require(count > 1, f"--target {target}", f"{values[0]!r} in every row", "have two classes")
    position = {value: index for index, value in enumerate(values)}
    classes = tuple(map(label_name, values))
    require(len(set(classes)) == count, f"--target {target}", values, "have labels that differ")
    return column.map(position).to_numpy(dtype=np.int64), classes
