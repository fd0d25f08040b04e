"""Piecewise definitions that evaluate on numbers, arrays and symbolic terms alike.

The closed forms of the papers are piecewise affine or rational.  Writing each of them
once with :func:`select` lets the very expression that a program evaluates on floats
also be handed to a theorem prover: what is proved is what runs.  A new kind of term
(a Z3 or a SymPy condition) is registered where it is used, with
``select.register(condition_type)``.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np


@singledispatch
def select(condition: Any, if_true: Any, if_false: Any) -> Any:
    """Return `if_true` where `condition` holds, and `if_false` elsewhere.

    `condition` is a bool (plain choice), a boolean array (elementwise choice, all three
    arguments broadcast), or a symbolic condition of a registered type.  Both branches
    have been evaluated by the time of the call.

    >>> select(2 < 3, "left", "right")
    'left'
    >>> select(np.array([True, False]), 1.0, 2.0)
    array([1., 2.])

    Raises `TypeError` for a condition of a type that nobody registered.
    """
    raise TypeError(f"condition has type {type(condition).__name__}, which select does not know")


@select.register(bool)
@select.register(np.bool_)
def _(condition: bool, if_true: Any, if_false: Any) -> Any:
    return if_true if condition else if_false


@select.register(np.ndarray)
def _(condition: np.ndarray, if_true: Any, if_false: Any) -> Any:
    return np.where(condition, if_true, if_false)
