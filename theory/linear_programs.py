"""Linear programs with an obvious starting point, solved exactly.

maximise c.x subject to A x <= b, x >= 0, with b >= 0, so that x = 0 is feasible: the simplex method
on fractions with Bland's rule, which cannot cycle.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from theory.command_line import require


def maximise(objective: Any, constraints: Any, bounds: Any) -> Any:
    """A maximiser x >= 0 of objective . x subject to constraints @ x <= bounds.

    Shapes: objective (v,), constraints (r, v), bounds (r,) >= 0, all holding fractions or integers.
    Returns (v,), fractions.  Raises `InputError` for a negative bound or an unbounded program.

    >>> maximise([3, 2], [[1, 1], [1, 0]], [4, 2]).tolist()
    [Fraction(2, 1), Fraction(2, 1)]
    """
    constraints = np.array(constraints, dtype=object) * Fraction(1)
    bounds = np.array(bounds, dtype=object) * Fraction(1)
    require(bool((bounds >= 0).all()), "bounds", bounds.tolist(), "be at least 0")
    rows, variables = constraints.shape
    slacks = np.array([[Fraction(i == j) for j in range(rows)] for i in range(rows)], dtype=object)
    tableau = np.concatenate([constraints, slacks, bounds[:, None]], axis=1)
    gains = np.concatenate([np.array(objective, dtype=object), np.full(rows + 1, Fraction(0))])
    basis = list(range(variables, variables + rows))
    while (rising := np.flatnonzero(gains[:-1] > 0)).size:
        entering = rising[0]
        usable = np.flatnonzero(tableau[:, entering] > 0)
        require(usable.size > 0, "objective", "unbounded", "be bounded on the constraints")
        leaving = min(usable, key=lambda i: (tableau[i, -1] / tableau[i, entering], basis[i]))
        basis[leaving] = int(entering)
        tableau[leaving] = tableau[leaving] / tableau[leaving, entering]
        for row in range(rows):
            if row != leaving and tableau[row, entering]:
                tableau[row] = tableau[row] - tableau[row, entering] * tableau[leaving]
        gains = gains - gains[entering] * tableau[leaving]
    solution = np.full(variables, Fraction(0))
    for row, column in enumerate(basis):
        if column < variables:
            solution[column] = tableau[row, -1]
    return solution
