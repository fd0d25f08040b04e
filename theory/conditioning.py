"""How well a utility matrix keeps classes apart: its condition number, and whether it does at all.

Two posteriors with one prediction exist unless the columns of U are linearly independent, which
takes as many actions as classes.  Errors of a prediction come out of the inversion of p^u larger by
up to about the condition number of U.  Scales of classes and actions make that number large and do
no harm: diag(1e-10, 1e10) is inverted without loss.  What rounding can make singular is therefore
judged once columns and rows have been scaled, and a condition number that the singular values of
floats do not resolve is computed from the fractions that they are.

Source: Misaligned by Design, Appendix A.5, Theorem 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theory.arrays import (
    as_array,
    as_fractions,
    as_numpy,
    is_exact,
    namespace,
    rounding_unit,
    solve,
)


def condition_number(utility: Any) -> Any:
    """Largest over m-th singular value of U, (n, m) or (..., n, m): at least 1.

    A float, or an array (...), also for exact numbers.  It is inf if the columns of U are linearly
    dependent, so that some predictions have several posteriors (`determines_posterior`), or if it
    is too large for a float.

    >>> float(condition_number([[1, 1], [1, 1]]))
    inf
    >>> round(float(condition_number([[1e-10, 0], [0, 1e10]])) / 1e20, 9)
    1.0
    """
    matrix = as_numpy(as_array(utility))
    stack = matrix.reshape(-1, *matrix.shape[-2:])
    found = np.full(len(stack), np.inf) if is_exact(stack) else _singular_ratio(stack)
    unresolved = np.flatnonzero(np.isinf(found))
    for index in unresolved[determines_posterior(stack[unresolved])]:
        found[index] = _exact_condition_number(as_fractions(stack[index]))
    return found.reshape(matrix.shape[:-2])[()]


def determines_posterior(utility: Any) -> Any:
    """Whether no two posteriors have the same prediction: whether the columns are independent.

    Shape (n, m) or (..., n, m); returns a boolean, or booleans (...).  Exact numbers are decided
    exactly; floats are dependent if rounding, by m eps for each entry, can make them so once the
    columns, and then the rows, have been scaled to the maximum 1.  Square utilities that pass are
    those that `theory.recalibration.recalibrate` inverts, but for a margin of rounding.

    >>> bool(determines_posterior([[1, 0], [0, 1], [1, 1]]))
    True
    """
    matrix = as_numpy(as_array(utility))
    if not is_exact(matrix):
        return row_scaled(matrix / _maxima(matrix, -2))[2] < 1
    stack = as_fractions(matrix.reshape(-1, *matrix.shape[-2:]))
    found = np.array([_left_inverse(each) is not None for each in stack], dtype=bool)
    return found.reshape(matrix.shape[:-2])[()]


def row_scaled(columns: Any) -> tuple[Any, Any, Any]:
    """`columns` with the maximum of each row made 1, these maxima, and how far rounding moves it.

    Shape (..., n, m), nonnegative floats or a tensor of them, with columns of one scale.  The last
    is m eps k, where k is the condition number of what is returned first: 1 and more means that
    nothing is known of the inverse.
    """
    xp = namespace(columns)
    largest = xp.max(columns, axis=-1)
    largest = xp.where(largest > 0, largest, xp.ones_like(largest))
    scaled = columns / largest[..., None]
    rounding = scaled.shape[-1] * float(xp.finfo(scaled.dtype).eps)
    return scaled, largest, rounding * _singular_ratio(as_numpy(scaled))


def _singular_ratio(matrix: Any) -> Any:
    """Largest over m-th singular value, (...); inf if the latter is within rounding of zero."""
    rows, classes = matrix.shape[-2:]
    if rows < classes:
        return np.full(matrix.shape[:-2], np.inf)
    scaled = matrix / _maxima(matrix, (-2, -1))
    values = np.linalg.svd(scaled.astype(float), compute_uv=False)
    resolved = values[..., -1] > rows * rounding_unit(scaled) * values[..., 0]
    ratio = values[..., 0] / np.where(resolved, values[..., -1], 1.0)
    return np.where(resolved, ratio, np.inf)


def _maxima(matrix: Any, axes: Any) -> Any:
    """Largest absolute values along the axes, which stay; 1 where all entries are zero."""
    largest = abs(matrix).max(axis=axes, keepdims=True)
    return np.where(largest > 0, largest, 1)


def _exact_condition_number(matrix: Any) -> float:
    """Norm of U times that of its left inverse, which is computed exactly; independent columns."""
    factors = []
    for each in (matrix, _left_inverse(matrix)):
        if each is None:
            return np.inf
        scale = abs(each).max()
        factors.append((scale, float(np.linalg.norm((each / scale).astype(float), 2))))
    (scale, norm), (inverse_scale, inverse_norm) = factors
    try:
        return float(scale * inverse_scale) * norm * inverse_norm
    except OverflowError:
        return np.inf


def _left_inverse(matrix: Any) -> Any | None:
    """The exact (U'U)^-1 U' of a matrix of fractions; None if its columns are dependent."""
    try:
        return solve(matrix.T @ matrix, matrix).T
    except np.linalg.LinAlgError:
        return None
