"""One way to write a formula for NumPy, torch and exact numbers alike.

The closed forms of Misaligned by Design are sums, products, quotients and logarithms over the
last axes of an array.  Written against the array API standard they run on NumPy arrays and, with
gradients and on a GPU, on torch tensors.  Arrays of dtype ``object`` hold `fractions.Fraction`s
(exact numbers) or the terms of a theorem prover or of SymPy: what is proved is what runs.
"""

from __future__ import annotations

from typing import Any

import array_api_compat
import numpy as np


def namespace(*arrays: Any) -> Any:
    """The array API namespace that the arrays share (NumPy's, torch's, ...).

    Raises `TypeError` if they come from different libraries.
    """
    return array_api_compat.array_namespace(*arrays)


def as_array(values: Any) -> Any:
    """`values` itself if it is an array, else a NumPy array of it.

    Nested sequences that hold anything but ints and floats become arrays of dtype object, so
    that fractions stay exact.

    >>> from fractions import Fraction
    >>> as_array([Fraction(1, 3), 1]).dtype, as_array([0.5, 1]).dtype
    (dtype('O'), dtype('float64'))
    """
    if array_api_compat.is_array_api_obj(values):
        return values
    exact = np.array(values, dtype=object)
    plain = all(isinstance(value, int | float | np.number) for value in exact.ravel())
    return np.array(values, dtype=float) if plain else exact


def is_exact(array: Any) -> bool:
    """Whether the array holds Python objects (fractions, symbolic terms) and not floats."""
    return bool(array.dtype == object)


def matrix_vector(matrix: Any, vectors: Any) -> Any:
    """``matrix @ vector`` along the last axis of `vectors`.

    Shapes: `matrix` (n, m), shared by all vectors, or (..., n, m), one for each; `vectors`
    (..., m).  Returns (..., n).  A zero entry times an infinite one is nan, as in IEEE 754.
    """
    if matrix.ndim == 2:
        return vectors @ matrix.T
    return (matrix @ vectors[..., None])[..., 0]
