"""Observed classes and chosen actions: integers, one for each row of a sample.

As an index a negative number would count from the end, and booleans would select rows instead of
naming classes 0 and 1, both without an error; `validated_outcomes` refuses them.
"""

from __future__ import annotations

from typing import Any

import array_api_compat
import numpy as np

from theory.arrays import namespace
from theory.command_line import require


def validated_outcomes(
    values: Any, kinds: int, rows: int, argument: str = "outcome", kind: str = "a class"
) -> Any:
    """`values` as an array (rows,) of integers from 0 to `kinds` - 1.

    NumPy arrays and torch tensors stay what they are.  Raises `InputError` that names `argument`
    for another shape, for booleans and other values that are not integers, and for a number out
    of range, which is to be `kind`.

    >>> validated_outcomes([0, 2, 1], 3, rows=3).tolist()
    [0, 2, 1]
    """
    if not array_api_compat.is_array_api_obj(values):
        values = np.asarray(values)
    shape = tuple(values.shape)
    require(shape == (rows,), f"shape of {argument}", shape, f"be ({rows},)")
    if not rows:
        return values
    integral = namespace(values).isdtype(values.dtype, "integral")
    require(integral, f"type of {argument}", values.dtype, "be integers")
    low, high = int(values.min()), int(values.max())
    wrong = low if low < 0 else high
    require(0 <= wrong < kinds, argument, wrong, f"be {kind}, 0 to {kinds - 1}")
    return values
