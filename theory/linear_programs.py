"""Linear programs with a known starting point, solved exactly.

The simplex method on fractions with Bland's rule, which cannot cycle: `simplex` from a feasible
basis, with the reduced costs that certify the optimum; `maximise` for programs that x = 0 solves to
begin with, maximise c.x subject to A x <= b and x >= 0, with b >= 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from theory.command_line import require

ZERO = Fraction(0)


def maximise(objective: Any, constraints: Any, bounds: Any) -> Any:
    """A maximiser x >= 0 of objective . x subject to constraints @ x <= bounds.

    Shapes: objective (v,), constraints (r, v), bounds (r,) >= 0, all holding fractions or integers.
    Returns (v,), fractions.  Raises `InputError` for a negative bound or an unbounded program.

    >>> maximise([3, 2], [[1, 1], [1, 0]], [4, 2]).tolist()
    [Fraction(2, 1), Fraction(2, 1)]
    """
    constraints, bounds, objective = (
        (np.array(each, dtype=object) * Fraction(1)) for each in (constraints, bounds, objective)
    )
    require(bool((bounds >= 0).all()), "bounds", bounds.tolist(), "be at least 0")
    count, variables = constraints.shape
    rows = [
        [*constraints[i], *(Fraction(i == j) for j in range(count)), bounds[i]]
        for i in range(count)
    ]
    costs = [*-objective, *[ZERO] * count]
    solution, _ = simplex(costs, rows, list(range(variables, variables + count)))
    return np.array(solution[:variables], dtype=object)


def simplex(
    costs: Sequence[Fraction], rows: list[list[Fraction]], basis: list[int]
) -> tuple[list[Fraction], list[Fraction]]:
    """Minimise costs @ x over x >= 0 with rows @ [x, -1] == 0, from a feasible basis.

    `costs` has v entries, each row v + 1, and `basis` names a column for each row; `rows` and
    `basis` are changed.  Returns x and the reduced costs, each of v fractions.  Raises `InputError`
    if there is no least value.
    """
    for row, column in enumerate(basis):
        _pivot(rows, row, column)
    reduced = [*costs, ZERO]
    for row, column in enumerate(basis):
        _subtract(reduced, rows[row], reduced[column])
    while (entering := next((j for j, c in enumerate(reduced[:-1]) if c < 0), None)) is not None:
        ratios = [
            (row[-1] / row[entering], basis[i], i)
            for i, row in enumerate(rows)
            if row[entering] > 0
        ]
        require(len(ratios) > 0, "objective", "unbounded", "be bounded on the constraints")
        _, _, leaving = min(ratios)
        basis[leaving] = entering
        _pivot(rows, leaving, entering)
        _subtract(reduced, rows[leaving], reduced[entering])
    solution = [ZERO] * len(costs)
    for row, column in enumerate(basis):
        solution[column] = rows[row][-1]
    return solution, reduced[:-1]


def _pivot(rows: list[list[Fraction]], row: int, column: int) -> None:
    """Make `column` the unit vector of `row`."""
    scale = rows[row][column]
    rows[row] = [x / scale if x else x for x in rows[row]]
    for other, target in enumerate(rows):
        if other != row:
            _subtract(target, rows[row], target[column])


def _subtract(target: list[Fraction], row: Sequence[Fraction], factor: Fraction) -> None:
    """target -= factor * row."""
    if factor:
        for j, x in enumerate(row):
            if x:
                target[j] -= factor * x
