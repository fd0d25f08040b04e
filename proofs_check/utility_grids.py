"""Small utilities and posteriors, exact, for exhaustive checks."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction as F
from itertools import product
from typing import Any

import numpy as np

from theory.arrays import solve
from theory.utility import degenerate_classes


def posteriors(classes: int, steps: int) -> Iterator[Any]:
    """The points of the simplex whose coordinates are multiples of 1 / steps."""
    for counts in product(range(steps + 1), repeat=classes):
        if sum(counts) == steps:
            yield np.array([F(count, steps) for count in counts])


def utilities(actions: int, classes: int, largest: int) -> Iterator[Any]:
    """The nondegenerate utilities with entries 0, 1, ..., largest."""
    for entries in product(range(largest + 1), repeat=actions * classes):
        matrix = np.array([F(entry) for entry in entries]).reshape(actions, classes)
        if not degenerate_classes(matrix):
            yield matrix


def exact(rows: Any) -> Any:
    """A matrix of fractions."""
    return np.array([[F(entry) for entry in row] for row in rows], dtype=object)


def invertible(matrix: Any) -> bool:
    """Whether a square matrix of fractions is."""
    try:
        solve(matrix, matrix[0])
    except np.linalg.LinAlgError:
        return False
    return True
