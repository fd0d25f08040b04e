"""Columns of a table as the audit's learners see them: numbers, or codes of categories.

* *Numbers*: what is numeric already, truth values, decimals; dates, as days since 1970; durations,
  as days.
* *Categories*: any other text, coded in the order of the sorted names, -1 where missing.  A text is
  never guessed to be a number; a column of which most texts are numbers is pointed out.

Left out: constant columns, and text that differs in every row.
"""

from __future__ import annotations

import datetime
import decimal
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from theory.command_line import InputError, require

SINGLE_ROUNDING = 1e-5  # largest change by single precision, in standard deviations of a column
LARGEST = 1e37  # of a feature: more does not fit into the single precision of some learners
DAY = 86_400.0
SCALARS = (str, bool, int, float, np.generic, decimal.Decimal, datetime.date, datetime.timedelta)
NAMED = 20  # columns that a remark names


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


def features(frame: pd.DataFrame, remarks: list[str]) -> Features:
    """The features in a table's columns; what was done with them is added to `remarks`.

    Raises `InputError` naming a column of other things than numbers, texts and dates, a number
    that is infinite or above `LARGEST`, or if no feature is left.
    """
    numbers: dict[str, np.ndarray] = {}
    codes: dict[str, np.ndarray] = {}
    kinds: dict[str, list[str]] = {"constant": [], "date": []}
    for name in frame.columns:
        require_scalars(frame[name], name)
        column, dated = _as_number(frame[name])
        distinct = column.nunique(dropna=False)
        if distinct <= 1:
            kinds["constant"].append(name)
        elif pd.api.types.is_numeric_dtype(column):
            numbers[name] = _numbers(column, name)
            if dated:
                kinds["date"].append(name)
            elif _counts_rows(column, distinct):
                remarks.append(
                    f"column {name!r} holds a different whole number in every row, like an "
                    f"identifier: consider --drop {name}"
                )
        else:
            remarks += _mostly_numbers(column, name)
            if distinct == len(column):
                remarks.append(f"column {name!r} holds text that differs in every row: left out")
                continue
            codes[name] = pd.Categorical(column.astype("string")).codes.astype(np.int32)
            if distinct > len(column) / 2:
                remarks.append(
                    f"column {name!r} has {distinct:,} different texts, like an identifier: "
                    f"consider --drop {name}"
                )
    if kinds["constant"]:
        remarks.append(f"constant, left out: {_listed(kinds['constant'])}")
    if kinds["date"]:
        remarks.append(f"dates or durations, taken as a number of days: {_listed(kinds['date'])}")
    if codes:
        remarks.append(f"text, taken as categories (--help tells how): {_listed(list(codes))}")
    require(bool(numbers or codes), "number of feature columns", 0,
            "be positive, without target, groups, costs and constant columns")  # fmt: skip
    rows = len(frame)
    stacked = _columns(numbers, rows, np.float32)
    missing = int(np.isnan(stacked).sum()) + sum(int((code < 0).sum()) for code in codes.values())
    if missing:
        remarks.append(
            f"{missing:,} missing feature values: numbers take the training median and a marker "
            "column (trees treat them as missing), a missing text is a category of its own"
        )
    return Features(stacked, _columns(codes, rows, np.int32), tuple(numbers), tuple(codes))


def require_scalars(column: pd.Series, name: str) -> None:
    """Raise `InputError` naming a column that holds lists, bytes or the like."""
    if column.dtype != object:
        return
    for row, value in enumerate(column.tolist(), start=1):
        wanted = "be a number, a text or a date"
        kind = f"a {type(value).__name__}"
        require(value is None or value is pd.NaT or isinstance(value, SCALARS),
                f"row {row} of column {name!r}", kind, wanted)  # fmt: skip


def _as_number(column: pd.Series) -> tuple[pd.Series, bool]:
    """Dates and durations as days, decimals as floats, others as they are; whether it was a date.

    Times with a zone are taken in UTC.
    """
    known = column.dropna()
    kind = pd.api.types.infer_dtype(known, skipna=True) if column.dtype == object else ""
    if kind == "decimal":
        return column.map(float, na_action="ignore").astype(float), False
    if kind in ("date", "datetime", "datetime64"):
        column = pd.to_datetime(column, utc=True)
    if kind in ("timedelta", "timedelta64"):
        column = pd.to_timedelta(column)
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        return column.dt.total_seconds() / DAY, True
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        since = pd.to_datetime(column, utc=True) - pd.Timestamp(0, tz="UTC")
        return since.dt.total_seconds() / DAY, True
    return column, False


def _mostly_numbers(column: pd.Series, name: str) -> list[str]:
    """A remark, if more than half of the texts that occur are numbers (also with a comma)."""
    texts = column.dropna().astype("string").drop_duplicates()
    plain = pd.to_numeric(texts, errors="coerce").notna()
    comma = pd.to_numeric(texts.str.replace(",", "."), errors="coerce").notna()
    if plain.sum() > len(texts) / 2:
        odd = texts[~plain]
    elif comma.sum() > len(texts) / 2:
        odd = texts[~plain]
        return [
            f"column {name!r} holds numbers with a comma such as {odd.iloc[0]!r}, read as text: "
            "write a point to have numbers"
        ]
    else:
        return []
    first = f", first {odd.iloc[0]!r}" if len(odd) else ""
    return [
        f"column {name!r} holds mostly numbers but is read as text, as {len(odd):,} of its "
        f"different values are none{first}: leave these cells empty to have numbers"
    ]


def _columns(columns: dict[str, np.ndarray], rows: int, kind: Any) -> np.ndarray:
    return np.column_stack(list(columns.values())) if columns else np.empty((rows, 0), kind)


def _numbers(column: pd.Series, name: str) -> np.ndarray:
    """The column in single precision where that loses nothing that matters, else in double."""
    if pd.api.types.is_complex_dtype(column.dtype):
        raise InputError(f"column {name!r} is complex: must hold real numbers")
    values = column.to_numpy(dtype=np.float64, na_value=math.nan)
    for wrong, wanted in (
        (np.isinf(values), "be finite"),
        (np.abs(values) > LARGEST, f"be at most {LARGEST:g} in absolute value: rescale the column"),
    ):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            require(False, f"row {row + 1} of column {name!r}", values[row], wanted)
    single = values.astype(np.float32)
    lost = np.nanmax(np.abs(single.astype(np.float64) - values))
    return single if lost <= SINGLE_ROUNDING * np.nanstd(values) else values


def _counts_rows(column: pd.Series, distinct: int) -> bool:
    """Whether all values are different whole numbers (fifty rows or more)."""
    if distinct < len(column) or len(column) < 50:
        return False
    return bool(np.equal(np.mod(column.to_numpy(dtype=np.float64), 1), 0).all())


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(map(repr, names[:NAMED])) + more
