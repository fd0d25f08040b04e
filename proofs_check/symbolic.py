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


def nonzero_point(expression: Any) -> dict[str, str] | None:
    """A point at which `expression` is not zero: its value there, to 30 digits, is far from it.

    None if the small positive rationals that are tried show no such point.  What SymPy cannot
    simplify is thus not taken for false.

    >>> x = sp.Symbol("x")
    >>> nonzero_point(x - x**2), nonzero_point(x - x)
    ({'x': '1/3'}, None)
    """
    expression = sp.sympify(expression)
    symbols = sorted(expression.free_symbols, key=str)
    for shift in range(4):
        point = {
            symbol: sp.Rational(index + 1, index + 3 + shift)
            for index, symbol in enumerate(symbols)
        }
        value = expression.subs(point).evalf(30)
        if value.is_number and value.is_finite and abs(value) > sp.Float("1e-15"):
            return {str(symbol): str(number) for symbol, number in point.items()}
    return None
