"""Optimal utility-weighted predictions and decisions; also a command line (``--help``).

Given a posterior q over m classes and a utility matrix U (n actions, m classes):

* the expected utility of the actions is U q, eq. (3);
* the best action maximises it, eq. (5);
* a machine that minimises the utility-weighted loss  l^u(p, y) = sum_a l(p, a) u(a, y)  of any
  strictly proper l predicts the normalised expected utility p^u(q) = U q / (1' U q), Theorem 1,
  so that the best action is also where p^u(q) is largest, eq. (9).

`theory.recalibration` goes back from p^u(q) to q.  The functions take NumPy arrays, exact or
not, and torch tensors (`theory.arrays`), and check shapes alone; values are checked where they
enter, by `theory.utility.validated_utility` and `validated_probabilities`.

Source: Misaligned by Design, Sections 2.4 and 2.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theory.arrays import (
    alongside,
    as_array,
    as_fractions,
    as_numpy,
    is_exact,
    matrix_vector,
    namespace,
)
from theory.command_line import require, run

SIMPLEX_TOLERANCE = 1e-6
BLOCK_ROWS = 8192  # of some dozen floats: what a block reads and writes stays in the cache


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
    wrong = ~as_numpy(valid).astype(bool)
    if bool(wrong.any()):
        rows = as_numpy(values).reshape(-1, values.shape[-1])
        row = int(np.flatnonzero(wrong)[0])
        name = argument if values.ndim == 1 else f"row {row} of {argument}"
        shown = [str(entry) if is_exact(values) else float(entry) for entry in rows[row]]
        require(False, name, shown, "be at least 0 and sum to 1")
    return values


def expected_utility(utility: Any, posterior: Any) -> Any:
    """Expected utility of every action, eq. (3).

    Shapes: utility (n, m) or (..., n, m); posterior (..., m).  Returns (..., n).  A utility that
    is no tensor is made one where the posterior is.  Raises `InputError` if the numbers of
    classes differ.
    """
    return matrix_vector(*_fitting(utility, posterior))


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
    utility, posterior = _fitting(utility, posterior)
    floats = isinstance(posterior, np.ndarray) and not (is_exact(posterior) or is_exact(utility))
    if floats and utility.ndim == 2 and posterior.ndim > 1:
        return _blockwise(utility, posterior)
    values = matrix_vector(utility, posterior)
    return values / namespace(values).sum(values, axis=-1, keepdims=True)


def _fitting(utility: Any, posterior: Any) -> tuple[Any, Any]:
    posterior = as_array(posterior)
    utility = alongside(utility, posterior)
    posterior = alongside(posterior, utility)
    wanted = f"equal the columns of utility, {utility.shape[-1]}"
    classes = int(posterior.shape[-1])
    require(utility.shape[-1] == classes, "number of classes in posterior", classes, wanted)
    if is_exact(utility) or is_exact(posterior):
        return as_fractions(utility), as_fractions(posterior)
    return utility, posterior


def _blockwise(utility: Any, posterior: Any) -> Any:
    """The prediction with one utility for many rows of floats, block by block in one pass."""
    rows = posterior.reshape(-1, posterior.shape[-1])
    ones = np.ones((utility.shape[0], 1), dtype=utility.dtype)
    kind = np.result_type(utility.dtype, posterior.dtype, 1.0)
    prediction = np.empty((len(rows), utility.shape[0]), dtype=kind)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = prediction[start : start + BLOCK_ROWS]
        np.matmul(rows[start : start + BLOCK_ROWS], utility.T, out=block)
        block /= block @ ones
    return prediction.reshape(*posterior.shape[:-1], utility.shape[0])


if __name__ == "__main__":
    from theory.prediction_report import PROGRAM, main

    run(main, PROGRAM)
