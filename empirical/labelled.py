"""Utilities, costs and weights as people write them: arrays, data frames, nested dicts.

An array speaks of classes by position; a data frame or a dict names them, and is put in order
here.  In a matrix the columns are classes and the rows actions:

    [[5, 0], [4, 9]]                                            by position
    {"keep": {"good": 5, "bad": 0}, "drop": {"good": 4, "bad": 9}}
    pandas.DataFrame([[5, 0], [4, 9]], ["keep", "drop"], ["good", "bad"])

Rows without names are the classes, in the order of the columns, if the matrix is square; else
they are numbered.  Rows that are named after the classes are put in their order too.  The index
0, 1, ... of a data frame names its rows only where these numbers are the names in question.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theory.command_line import InputError, require

NUMBERED = (
    " (scikit-learn numbers labels inside voting, stacking, bagging and cross_val_predict of "
    "probabilities: write an array there, in the sorted order of the labels)"
)


def by_class(
    values: Any, classes: np.ndarray, argument: str, *, names: Sequence[Any] | None = None
) -> np.ndarray:
    """One float for each class, (m,), in the order of `classes`.

    `values`: a mapping (dict, pandas Series) whose keys are the classes, or a sequence in the
    order of `names`, that of `classes` if None.  Raises `InputError` naming `argument`.

    >>> by_class({"sick": 99, "well": 1}, np.array(["sick", "well"]), "weights").tolist()
    [99.0, 1.0]
    """
    if hasattr(values, "keys"):
        named = require_classes(values.keys(), classes, argument)
        array = floats([values[name] for name in named], argument)
    else:
        array = floats(values, argument)
        given = classes if names is None else names
        named = require_classes(given, classes, "classes")
    wanted = f"be ({len(named)},), one entry for each of {named}"
    require(array.shape == (len(named),), f"shape of {argument}", array.shape, wanted)
    return array[[named.index(label) for label in classes.tolist()]]


@dataclass(frozen=True)
class Layout:
    """How a matrix (n, m) was written: the names of its rows and columns, in its order.

    `columns` are the classes, in any order; `rows` is None where nothing names them.
    """

    rows: list[Any] | None
    columns: list[Any]

    def actions(self, count: int, classes: np.ndarray) -> np.ndarray:
        """Names of the `count` actions, (n,); `classes` itself if the actions are the classes."""
        names = self._names(count)
        return classes if set(names) == set(classes.tolist()) else as_names(names)

    def index(self, actions: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Index of the last two axes that puts them in the order of `actions` and `classes`."""
        names = self._names(len(actions))
        rows = [names.index(action) for action in actions.tolist()]
        return np.ix_(rows, [self.columns.index(label) for label in classes.tolist()])

    def _names(self, count: int) -> list[Any]:
        if self.rows is not None:
            return self.rows
        return self.columns if count == len(self.columns) else list(range(count))


def by_action_and_class(
    values: Any,
    classes: np.ndarray,
    argument: str,
    *,
    row_names: Sequence[Any] | None = None,
    column_names: Sequence[Any] | None = None,
) -> tuple[np.ndarray, Layout]:
    """A matrix (n, m) of actions and classes, as it was written, and its layout.

    `values`: an array (n, m), a data frame, or a dict of dicts.  `column_names` says which class
    each column of an array is (those of `classes` if None), `row_names` what its rows are called;
    a data frame and a dict bring their own.  Raises `InputError` naming `argument` for names
    that are not those of the classes, doubled or missing, and for shapes that do not fit.

    >>> values = {"treat": {"well": 0, "sick": 9}, "wait": {"well": 5, "sick": 0}}
    >>> classes = np.array(["sick", "well"])
    >>> matrix, layout = by_action_and_class(values, classes, "utility")
    >>> actions = layout.actions(len(matrix), classes)
    >>> matrix[layout.index(actions, classes)].tolist(), actions.tolist()
    ([[9.0, 0.0], [0.0, 5.0]], ['treat', 'wait'])
    """
    rows = None if row_names is None else listed(row_names)
    if isinstance(values, Mapping):
        rows, columns, matrix = _of_dict(values, classes, argument)
    elif hasattr(values, "columns"):
        # A table of pyarrow keeps its names elsewhere than those of pandas and polars.
        names = values.column_names if hasattr(values, "column_names") else values.columns
        columns = require_classes(names, classes, f"columns of {argument}")
        matrix = floats(values, argument)
        numbers = list(range(len(matrix)))
        index = listed(values.index) if hasattr(values, "index") else numbers
        expected = classes.tolist() if rows is None else rows
        unnamed = index == numbers and set(index) != set(expected)
        rows = rows if unnamed or not hasattr(values, "index") else index
    else:
        given = classes if column_names is None else column_names
        columns = require_classes(given, classes, "classes")
        matrix = floats(values, argument)
        wanted = f"be (n, {len(columns)}): a column for each of {columns}"
        fits = matrix.ndim == 2 and matrix.shape[1] == len(columns)
        require(fits, f"shape of {argument}", matrix.shape, wanted)
    if rows is not None:
        require(len(rows) == len(matrix), "number of actions", len(rows),
                f"equal the rows of {argument}, {len(matrix)}")  # fmt: skip
        require(len(set(rows)) == len(rows), "actions", rows, "differ from each other")
    return matrix, Layout(rows, columns)


def _of_dict(
    values: Mapping[Any, Any], classes: np.ndarray, argument: str
) -> tuple[list[Any], list[Any], np.ndarray]:
    """Rows, columns (in the order of the first row) and entries of a dict of dicts."""
    require(len(values) > 0, argument, "{}", "have a row for each action")
    for name, row in values.items():
        wanted = f"be a dict with an entry for each of {classes.tolist()}"
        require(hasattr(row, "keys"), f"row {name!r} of {argument}", shown(row), wanted)
        require_classes(row.keys(), classes, f"row {name!r} of {argument}")
    columns = listed(next(iter(values.values())).keys())
    matrix = floats([[row[key] for key in columns] for row in values.values()], argument)
    require(matrix.ndim == 2, f"shape of {argument}", matrix.shape, "be (n, m)")
    return listed(values), columns, matrix


def require_classes(names: Iterable[Any], classes: np.ndarray, argument: str) -> list[Any]:
    """The names, as they are; `InputError` unless they are the classes, each once."""
    found, wanted = listed(names), classes.tolist()
    hint = NUMBERED if wanted == list(range(len(found))) and _are_text(found) else ""
    require_same(found, wanted, argument, hint)
    return found


def require_same(names: list[Any], wanted: list[Any], argument: str, hint: str = "") -> None:
    """Raises `InputError` unless the names are those wanted, each once, in any order."""
    same = len(names) == len(wanted) and set(names) == set(wanted)
    require(same, argument, names, f"name each of {wanted} once{hint}")


def listed(names: Iterable[Any]) -> list[Any]:
    """The names as a list of Python's own numbers and strings."""
    return [name.item() if isinstance(name, np.generic) else name for name in names]


def as_names(names: list[Any]) -> np.ndarray:
    """A one-dimensional array of names: of their own type if they share one, else of objects."""
    if len({type(name) for name in names}) == 1 and isinstance(names[0], str | int | float):
        return np.array(names)
    array = np.empty(len(names), dtype=object)
    array[:] = names
    return array


def floats(values: Any, argument: str) -> np.ndarray:
    """`values` as an array of floats; masked entries become nan.

    Raises `InputError` naming `argument` if they are not real numbers, or if some have names,
    which an array would lose.
    """
    if isinstance(values, list | tuple):
        wanted = f"be without: {argument} is one array, in the order of the constructor's"
        for index, part in enumerate(values):
            named = hasattr(part, "columns") or hasattr(part, "keys")
            holder = f"a {type(part).__name__} with names"
            require(not named, f"{argument}[{index}]", holder, wanted)
    problem = InputError(f"{argument} is {shown(values)}: must be an array of numbers")
    try:
        if np.ma.isMaskedArray(values):
            values = values.astype(float).filled(np.nan)
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            raise problem
        return array.astype(float)
    except (TypeError, ValueError):
        raise problem from None


def shown(value: Any) -> str:
    """`value` in one line of at most 80 characters."""
    return textwrap.shorten(repr(value), 80, placeholder=" ...")


def _are_text(names: list[Any]) -> bool:
    return all(isinstance(name, str) for name in names)
