"""Optimal utility-weighted predictions, decisions, and the way back to the posterior.

Given a posterior q over m classes and a utility matrix U (n actions, m classes):

* the expected utility of the actions is U q, eq. (3);
* the best action maximises it, eq. (5);
* a machine that minimises the utility-weighted loss  l^u(p, y) = sum_a l(p, a) u(a, y)  of any
  strictly proper l predicts the normalised expected utility p^u(q) = U q / (1' U q), Theorem 1;
* where U is square and invertible, q = U^-1 p / (1' U^-1 p) recovers the posterior, Theorem 2.

The functions take NumPy arrays, exact or not, and torch tensors (`theory.arrays`), and check
shapes alone; values are checked where they enter, by `theory.utility.validated_utility` and
`validated_probabilities`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theory.arrays import as_array, is_exact, matrix_vector, namespace
from theory.command_line import require

SIMPLEX_TOLERANCE = 1e-6


def validated_probabilities(values: Any, argument: str = "posterior") -> Any:
    """`values` as an array whose last axis holds probabilities.

    Shape (..., m).  Exact entries must sum to one exactly, floats within `SIMPLEX_TOLERANCE`
    (what single precision makes of some hundred classes).  Raises `InputError` naming
    `argument`, the row and the violated condition.
    """
    values = as_array(values)
    require(values.ndim >= 1 and 0 not in values.shape, f"shape of {argument}",
            tuple(values.shape), "be (..., m)")  # fmt: skip
    xp = namespace(values)
    off = xp.sum(values, axis=-1, keepdims=True) - 1
    tolerance = 0 if is_exact(values) else SIMPLEX_TOLERANCE
    # Comparisons are stated such that a nan fails them.
    valid = (values >= 0).all(axis=-1, keepdims=True) & (off <= tolerance) & (off >= -tolerance)
    wrong = np.logical_not(np.asarray(valid, dtype=bool))
    if bool(wrong.any()):
        rows = values.reshape(-1, values.shape[-1])
        row = int(np.flatnonzero(wrong)[0])
        name = argument if values.ndim == 1 else f"row {row} of {argument}"
        shown = [str(entry) if is_exact(values) else float(entry) for entry in rows[row]]
        require(False, name, shown, "be at least 0 and sum to 1")
    return values


def expected_utility(utility: Any, posterior: Any) -> Any:
    """Expected utility of every action, eq. (3).

    Shapes: utility (n, m) or (..., n, m); posterior (..., m).  Returns (..., n).
    """
    utility, posterior = as_array(utility), as_array(posterior)
    require(
        utility.shape[-1] == posterior.shape[-1],
        "number of classes in posterior",
        posterior.shape[-1],
        f"equal the columns of utility, {utility.shape[-1]}",
    )
    return matrix_vector(utility, posterior)


def decision(utility: Any, posterior: Any) -> Any:
    """Index of the action with the highest expected utility, the first of equals; eq. (5).

    Shapes as in `expected_utility`; returns integers of shape (...).
    """
    values = expected_utility(utility, posterior)
    return namespace(values).argmax(values, axis=-1)


def utility_weighted_prediction(utility: Any, posterior: Any) -> Any:
    """p^u(q): the normalised expected utilities, eq. (8) of Theorem 1.

    Shapes as in `expected_utility`; utility nonnegative and nondegenerate, posterior in the
    simplex; returns (..., n), each row in the simplex.

    >>> utility_weighted_prediction([[99, 0], [0, 1]], [0.01, 0.99]).round(3).tolist()
    [0.5, 0.5]
    """
    values = expected_utility(utility, posterior)
    return values / namespace(values).sum(values, axis=-1, keepdims=True)
