"""Exact arithmetic on the rationals: evaluating formulas, and listing rationals by simplicity.

A model that a solver returns is believed only after :func:`evaluate` has recomputed the
formula in `fractions.Fraction`; counterexamples are shrunk by trying the rationals in the
order of :func:`simplest_rationals`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import reduce
from math import gcd
from typing import Any

import z3

Value = Fraction | bool

_COMPARISONS: dict[int, Callable[[Any, Any], bool]] = {
    z3.Z3_OP_LE: operator.le,
    z3.Z3_OP_LT: operator.lt,
    z3.Z3_OP_GE: operator.ge,
    z3.Z3_OP_GT: operator.gt,
    z3.Z3_OP_EQ: operator.eq,
    z3.Z3_OP_DISTINCT: operator.ne,
    z3.Z3_OP_IMPLIES: operator.le,
    z3.Z3_OP_IFF: operator.eq,
    z3.Z3_OP_XOR: operator.ne,
}


def simplest_rationals(low: int = -2, high: int = 2, denominators: int = 12) -> Iterator[Fraction]:
    """Rationals of [low, high] by denominator, then by size, positive before negative.

    >>> from itertools import islice
    >>> [str(x) for x in islice(simplest_rationals(0, 1), 7)]
    ['0', '1', '1/2', '1/3', '2/3', '1/4', '3/4']
    """
    for denominator in range(1, denominators + 1):
        numerators = range(low * denominator, high * denominator + 1)
        for numerator in sorted(numerators, key=lambda k: (abs(k), k < 0)):
            if gcd(numerator, denominator) == 1:
                yield Fraction(numerator, denominator)


def unit_rationals(denominators: int) -> list[Fraction]:
    """All rationals of [0, 1] with denominator at most `denominators`, simplest first."""
    return list(simplest_rationals(0, 1, denominators))


def evaluate(term: z3.ExprRef, assignment: Mapping[str, Fraction]) -> Value:
    """Value of a quantifier-free real formula under `assignment`, in exact arithmetic.

    Both branches of a conditional need not be defined: only the chosen one is evaluated,
    and connectives stop at the first argument that decides them.

    >>> x = z3.Real("x")
    >>> evaluate(z3.If(x > 0, 1 / x, 0) == 2, {"x": Fraction(1, 2)})
    True

    Raises `KeyError` for a variable without a value, `ZeroDivisionError` for a division by
    zero, `NotImplementedError` for an operation outside real arithmetic and logic.
    """
    if z3.is_rational_value(term):
        return Fraction(term.numerator_as_long(), term.denominator_as_long())
    kind = term.decl().kind()
    arguments = term.children()
    if kind == z3.Z3_OP_TRUE:
        return True
    if kind == z3.Z3_OP_FALSE:
        return False
    if kind == z3.Z3_OP_UNINTERPRETED and not arguments:
        return assignment[term.decl().name()]
    if kind == z3.Z3_OP_ITE:
        return evaluate(
            arguments[1] if evaluate(arguments[0], assignment) else arguments[2], assignment
        )
    if kind == z3.Z3_OP_AND:
        return all(evaluate(a, assignment) for a in arguments)
    if kind == z3.Z3_OP_OR:
        return any(evaluate(a, assignment) for a in arguments)
    if kind == z3.Z3_OP_NOT:
        return not evaluate(arguments[0], assignment)
    values: list[Any] = [evaluate(a, assignment) for a in arguments]
    if kind in _COMPARISONS:
        return _COMPARISONS[kind](values[0], values[1])
    if kind == z3.Z3_OP_ADD:
        return Fraction(reduce(operator.add, values))
    if kind == z3.Z3_OP_SUB:
        return Fraction(reduce(operator.sub, values))
    if kind == z3.Z3_OP_MUL:
        return Fraction(reduce(operator.mul, values))
    if kind == z3.Z3_OP_UMINUS:
        return Fraction(-values[0])
    if kind == z3.Z3_OP_DIV:
        return Fraction(values[0] / values[1])
    raise NotImplementedError(f"cannot evaluate {term.decl().name()} exactly")
