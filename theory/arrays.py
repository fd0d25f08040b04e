"""One way to write a formula for NumPy, torch and exact numbers alike.

The closed forms of Misaligned by Design are sums, products, quotients and logarithms over the
last axes of an array.  Written against the array API standard they run on NumPy arrays and, with
gradients and on a GPU, on torch tensors.  Arrays of dtype ``object`` hold `fractions.Fraction`s
(exact numbers) or the terms of a theorem prover or of SymPy: what is proved is what runs.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import array_api_compat
import numpy as np
import sympy


def namespace(*arrays: Any) -> Any:
    """The array API namespace that the arrays share (NumPy's, torch's, ...).

    Raises `TypeError` if they come from different libraries.
    """
    return array_api_compat.array_namespace(*arrays)


def as_array(values: Any) -> Any:
    """`values` itself if it is an array, else a NumPy array of it.

    Nested sequences that hold anything but ints and floats become arrays of dtype object, so
    that fractions stay exact.

    >>> as_array([Fraction(1, 3), 1]).dtype, as_array([0.5, 1]).dtype
    (dtype('O'), dtype('float64'))
    """
    if array_api_compat.is_array_api_obj(values):
        return values
    exact = np.array(values, dtype=object)
    plain = all(isinstance(value, int | float | np.number) for value in exact.ravel())
    return np.array(values, dtype=float) if plain else exact


def alongside(values: Any, other: Any) -> Any:
    """`values` as an array that can be combined with the array `other`.

    If `other` is a torch tensor and `values` is not, they become a tensor of its type, on its
    device.
    """
    values = as_array(values)
    if isinstance(other, np.ndarray) or not isinstance(values, np.ndarray):
        return values
    return namespace(other).asarray(
        values, dtype=other.dtype, device=array_api_compat.device(other)
    )


def as_numpy(array: Any) -> Any:
    """`array` as a NumPy array; a tensor without its gradients, from whichever device."""
    return array.detach().cpu().numpy() if hasattr(array, "detach") else np.asarray(array)


def is_exact(array: Any) -> bool:
    """Whether the array holds Python objects (fractions, symbolic terms) and not floats."""
    return bool(array.dtype == object)


def as_fractions(array: Any) -> Any:
    """`array` with ints and floats replaced by the fractions that they are; the rest stays.

    In an array of dtype object, the quotient of two ints would be a float.

    >>> as_fractions(np.array([1, 0.5])).tolist()
    [Fraction(1, 1), Fraction(1, 2)]
    """
    exact = np.array(array, dtype=object)
    for index, entry in np.ndenumerate(exact):
        if isinstance(entry, int | float | np.integer):
            exact[index] = Fraction(float(entry) if isinstance(entry, float) else int(entry))
    return exact


def rounding_unit(array: Any) -> float:
    """Distance from 1 to the next number of a NumPy array's type; that of doubles for integers."""
    kind = array.dtype if np.issubdtype(array.dtype, np.floating) else float
    return float(np.finfo(kind).eps)


def matrix_vector(matrix: Any, vectors: Any) -> Any:
    """``matrix @ vector`` along the last axis of `vectors`.

    Shapes: `matrix` (n, m), shared by all vectors, or (..., n, m), one for each; `vectors`
    (..., m).  Returns (..., n).  A zero entry times an infinite one is nan, as in IEEE 754.
    """
    if matrix.ndim == 2:
        return vectors @ matrix.T
    return (matrix @ vectors[..., None])[..., 0]


def solve(matrix: Any, vectors: Any) -> Any:
    """``matrix^-1 @ vector`` along the last axis of `vectors`; exact numbers stay exact.

    Shapes: `matrix` (m, m), shared by all vectors, or (..., m, m), one for each; `vectors`
    (..., m).  Returns (..., m).  Raises an error of the array library for a singular matrix:
    `numpy.linalg.LinAlgError` for exact numbers and NumPy.

    >>> solve(as_fractions([[2, 1], [1, 1]]), as_fractions([1, 0])).tolist()
    [Fraction(1, 1), Fraction(-1, 1)]
    """
    shared = matrix.ndim == 2
    flat = vectors.reshape(-1, vectors.shape[-1])
    if is_exact(matrix) or is_exact(vectors):
        if shared:
            return _eliminated(matrix, flat.T).T.reshape(vectors.shape)
        pairs = zip(matrix.reshape(-1, *matrix.shape[-2:]), flat, strict=True)
        solved = [_eliminated(each, vector[:, None])[:, 0] for each, vector in pairs]
        return np.array(solved, dtype=object).reshape(vectors.shape)
    linear = namespace(matrix, vectors).linalg
    if shared:
        return linear.solve(matrix, flat.T).T.reshape(vectors.shape)
    return linear.solve(matrix, vectors[..., None])[..., 0]


def _eliminated(matrix: Any, columns: Any) -> Any:
    """The exact solution (m, k) of ``matrix @ solution = columns``, by Gauss-Jordan elimination."""
    size = len(matrix)
    tableau = as_fractions(np.concatenate([matrix, columns], axis=1))
    for position in range(size):
        usable = [row for row in range(position, size) if tableau[row, position] != 0]
        if not usable:
            raise np.linalg.LinAlgError("the matrix is singular")
        tableau[[position, usable[0]]] = tableau[[usable[0], position]]
        tableau[position] = tableau[position] / tableau[position, position]
        for row in range(size):
            if row != position:
                tableau[row] -= tableau[row, position] * tableau[position]
    return tableau[:, size:]


def logarithm(values: Any) -> Any:
    """Natural logarithm, entry by entry, with log 0 = -inf; values >= 0, any shape.

    Exact entries become SymPy terms, so that log(1/2) stays -log(2).

    >>> from fractions import Fraction
    >>> logarithm(as_array([Fraction(1, 2), 0])).tolist()
    [-log(2), -oo]
    """
    if is_exact(values):
        return np.frompyfunc(_exact_logarithm, 1, 1)(values)
    with np.errstate(divide="ignore"):
        return namespace(values).log(values)


def power(values: Any, exponent: Any) -> Any:
    """``values ** exponent``, entry by entry; values >= 0, any shape, exponent real.

    Exact entries stay exact: rational roots become SymPy terms.

    >>> from fractions import Fraction
    >>> power(as_array([Fraction(1, 4), Fraction(1, 2)]), Fraction(1, 2)).tolist()
    [1/2, sqrt(2)/2]
    """
    if not is_exact(values):
        return values ** float(exponent)
    if exponent == int(exponent):
        return values ** int(exponent)
    return np.frompyfunc(lambda base: sympy.sympify(base) ** sympy.sympify(exponent), 1, 1)(values)


def _exact_logarithm(value: Any) -> Any:
    return -sympy.oo if value == 0 else sympy.log(value)
