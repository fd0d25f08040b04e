"""The third engine: SymPy identities.

`theory.piecewise.select` is taught SymPy conditions, so closed forms evaluate to SymPy
expressions too.  An identity counts only if the difference of its sides reduces to zero.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.piecewise import select


@select.register(sp.logic.boolalg.Boolean)
def _(condition: Any, if_true: Any, if_false: Any) -> Any:
    return sp.Piecewise((if_true, condition), (if_false, True))


def vanishes(expression: Any) -> bool:
    """Whether SymPy reduces `expression` to the zero expression.

    >>> x = sp.Symbol("x")
    >>> vanishes((x + 1) ** 2 - x**2 - 2 * x - 1), vanishes(x - 1)
    (True, False)
    """
    return bool(sp.simplify(sp.together(sp.expand(expression))) == 0)
