"""Utilities, costs and weights as people write them: arrays, data frames, nested dicts.

An array speaks of classes by position; a data frame or a dict names them, and is put in order
here.  In a matrix the columns are classes and the rows actions:

    [[5, 0], [4, 9]]                                            by position
    {"keep": {"good": 5, "bad": 0}, "drop": {"good": 4, "bad": 9}}
    pandas.DataFrame([[5, 0], [4, 9]], ["keep", "drop"], ["good", "bad"])

Rows without names are the classes, in the order of the columns, if the matrix is square; else
they are numbered.  Rows that are named after the classes are put in their order too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from theory.command_line import InputError, require


def by_class(
    values: Any, classes: np.ndarray, argument: str, *, names: Sequence[Any] | None = None
) -> np.ndarray:
    """One float for each class, (m,), in the order of `classes`.

    `values`: a mapping (dict, pandas Series) whose keys are the classes, or a sequence in the
    order of `names`, that of `classes` if None.  Raises `InputError` naming `argument`.

    >>> by_class({"sick": 99, "well": 1}, np.array(["sick", "well"]), "weights").tolist()
    [99.0, 1.0]
    """
    if isinstance(values, Mapping) or hasattr(values, "keys"):
        return floats([values[key] for key in ordered(values.keys(), classes, argument)], argument)
    array, named = floats(values, argument), classes.tolist() if names is None else list(names)
    wanted = f"be ({len(named)},), one entry for each of {named}"
    require(array.shape == (len(named),), f"shape of {argument}", array.shape, wanted)
    return array[[named.index(label) for label in ordered(named, classes, "classes")]]


def by_action_and_class(
    values: Any,
    classes: np.ndarray,
    argument: str,
    *,
    column_names: Sequence[Any] | None = None,
    row_names: Sequence[Any] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """A matrix (n, m) with its columns in the order of `classes`, and the names of its rows (n,).

    `values`: an array (n, m), a data frame, or a dict of dicts.  `column_names` says which class
    each column of an array is (`classes` itself if None), `row_names` what the rows are called;
    a data frame and a dict bring their own.  Raises `InputError` naming `argument` for names
    that are not those of the classes, doubled or missing, and for shapes that do not fit.

    >>> values = {"treat": {"well": 0, "sick": 9}, "wait": {"well": 5, "sick": 0}}
    >>> matrix, actions = by_action_and_class(values, np.array(["sick", "well"]), "utility")
    >>> matrix.tolist(), actions.tolist()
    ([[9.0, 0.0], [0.0, 5.0]], ['treat', 'wait'])
    """
    if isinstance(values, Mapping):
        row_names = list(values)
        columns = ordered(next(iter(values.values()), {}), classes, argument)
        for name, row in values.items():
            ordered(row, classes, f"row {name!r} of {argument}")
        matrix = floats([[row[key] for key in columns] for row in values.values()], argument)
    elif hasattr(values, "columns") and hasattr(values, "index"):
        columns = ordered(values.columns, classes, f"columns of {argument}")
        plain = list(values.index) == list(range(len(values)))
        # Unnamed rows of a square frame follow its columns, before these are put in order.
        default = list(values.columns) if len(values) == len(classes) else row_names
        row_names = default if plain else list(values.index)
        matrix = floats(values[columns].to_numpy(), argument)
    else:
        matrix = floats(values, argument)
        named = list(classes) if column_names is None else list(column_names)
        require(matrix.ndim == 2 and matrix.shape[1] == len(named), f"shape of {argument}",
                matrix.shape, f"be (n, {len(named)}): a column for each of {named}")  # fmt: skip
        matrix = matrix[:, [named.index(key) for key in ordered(named, classes, "classes")]]
        if row_names is None and len(matrix) == len(named):
            row_names = named
    names = list(range(len(matrix))) if row_names is None else list(row_names)
    require(len(names) == len(matrix), "number of actions", len(names),
            f"equal the rows of {argument}, {len(matrix)}")  # fmt: skip
    require(len(set(names)) == len(names), "actions", names, "differ from each other")
    if set(names) == set(classes.tolist()):
        return matrix[[names.index(label) for label in classes.tolist()]], classes
    return matrix, as_names(names)


def ordered(names: Any, classes: np.ndarray, argument: str) -> list[Any]:
    """The names in the order of `classes`; `InputError` unless they are the same, each once."""
    names = list(names)
    wanted = classes.tolist()
    same = len(names) == len(wanted) and set(names) == set(wanted)
    require(same, argument, names, f"name each of {wanted} once")
    return [names[names.index(label)] for label in wanted]


def as_names(names: list[Any]) -> np.ndarray:
    """A one-dimensional array of names: of their own type if they share one, else of objects."""
    if len({type(name) for name in names}) == 1 and isinstance(names[0], str | int | float):
        return np.array(names)
    array = np.empty(len(names), dtype=object)
    array[:] = names
    return array


def floats(values: Any, argument: str) -> np.ndarray:
    """`values` as an array of floats; `InputError` naming `argument` if they are not numbers."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{argument} is {values!r}: must be an array of numbers") from None
