"""A table as the audit reads it: features without leaks, labels, groups.

A column is *numeric* or it holds *categories* (anything else: text, truth values as words).
Nothing is fitted here: categories become whole numbers in the order of their sorted names, a
missing category becomes -1, a missing number stays nan; what is learned from data (scales,
medians, which categories are frequent) is learned within training folds by
`empirical.audit_models`.

Left out of the features: the target, the groups, cost columns, columns the user drops, constant
columns, and text that differs in every row.
"""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from theory.command_line import InputError, require

MOST_CLASSES = 100
SINGLE_ROUNDING = 1e-5  # largest change by single precision, in standard deviations of a column


@dataclass(frozen=True)
class Features:
    """Numbers (rows, p) with nan where missing, and category codes (rows, c), -1 where missing."""

    numbers: np.ndarray
    codes: np.ndarray
    number_names: tuple[str, ...]
    code_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: Any) -> Features:
        """The features of some rows, in that order."""
        return Features(self.numbers[rows], self.codes[rows], self.number_names, self.code_names)


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

    Raises `InputError` naming the file if it is missing, empty, not text, ragged, or has two
    columns of one name.
    """
    if not path.is_file():
        raise InputError(f"DATA is {path}: must be a file that exists")
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            _check_header(path)
            frame = pd.read_csv(path, low_memory=False)
    except InputError:
        raise
    except (pd.errors.EmptyDataError, StopIteration):
        raise InputError(f"DATA is {path}: must not be empty") from None
    except (ValueError, OSError, EOFError) as error:  # parsing, decoding, decompressing, reading
        reason = str(error).strip().splitlines()[-1]
        raise InputError(f"DATA is {path}: cannot be read as a table ({reason})") from None
    require(len(frame) > 0, f"number of rows of {path}", 0, "be positive")
    return frame


def _check_header(path: Path) -> None:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="", encoding="utf-8-sig") as stream:
        header = next(csv.reader(stream))
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(f"columns of {path} are {', '.join(header)}: {twice[0]!r} stands twice")


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
    labels, classes = _labels(frame[target], target)
    remarks: list[str] = []
    group_codes = None
    if groups is not None:
        missing = int(frame[groups].isna().sum())
        require(missing == 0, f"--groups {groups}", f"missing in {missing} rows", "be complete")
        group_codes = pd.factorize(frame[groups])[0]
    outside = {target, groups, *leave_out}
    columns = [name for name in frame.columns if name not in outside]
    features = _features(frame[columns], remarks)
    return Cases(features, labels, classes, group_codes, tuple(remarks))


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
    require(missing == 0, f"--target {target}", f"missing in {missing} rows", "be complete")
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


def _features(frame: pd.DataFrame, remarks: list[str]) -> Features:
    numbers: dict[str, np.ndarray] = {}
    codes: dict[str, np.ndarray] = {}
    constant: list[str] = []
    for name in frame.columns:
        column = frame[name]
        distinct = column.nunique(dropna=False)
        if distinct <= 1:
            constant.append(name)
        elif pd.api.types.is_numeric_dtype(column):
            numbers[name] = _numbers(column, name)
            if _counts_rows(column, distinct):
                remarks.append(
                    f"column {name!r} holds a different whole number in every row, like an "
                    f"identifier: consider --drop {name}"
                )
        elif distinct == len(column):
            remarks.append(f"column {name!r} holds text that differs in every row: left out")
        else:
            codes[name] = pd.Categorical(column.astype("string")).codes.astype(np.int32)
            if distinct > len(column) / 2:
                remarks.append(
                    f"column {name!r} has {distinct:,} different texts, like an identifier: "
                    f"consider --drop {name}"
                )
    if constant:
        remarks.append(f"constant, left out: {', '.join(map(repr, constant))}")
    rows = len(frame)
    require(bool(numbers or codes), "number of feature columns", 0,
            "be positive, without target, groups, costs and constant columns")  # fmt: skip
    stacked = _columns(numbers, rows, np.float32)
    missing = int(np.isnan(stacked).sum()) + sum(int((code < 0).sum()) for code in codes.values())
    if missing:
        remarks.append(
            f"{missing:,} missing feature values: numbers take the training median and a marker "
            "column (trees treat them as missing), a missing text is a category of its own"
        )
    return Features(
        stacked,
        _columns(codes, rows, np.int32),
        tuple(numbers),
        tuple(codes),
    )


def _columns(columns: dict[str, np.ndarray], rows: int, kind: Any) -> np.ndarray:
    return np.column_stack(list(columns.values())) if columns else np.empty((rows, 0), kind)


def _numbers(column: pd.Series, name: str) -> np.ndarray:
    """The column in single precision where that loses nothing that matters, else in double."""
    values = column.to_numpy(dtype=np.float64, na_value=math.nan)
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        row = int(infinite[0])
        require(False, f"row {row} of column {name!r}", values[row], "be finite")
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    lost = np.nanmax(np.abs(single.astype(np.float64) - values))
    return single if lost <= SINGLE_ROUNDING * np.nanstd(values) else values


def _counts_rows(column: pd.Series, distinct: int) -> bool:
    """Whether all values are different whole numbers (fifty rows or more)."""
    if distinct < len(column) or len(column) < 50:
        return False
    return bool(np.equal(np.mod(column.to_numpy(dtype=np.float64), 1), 0).all())
