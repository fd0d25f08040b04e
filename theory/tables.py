"""Numbers and aligned columns as the command lines print them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from theory.command_line import InputError


def shown(value: Any, exact: bool) -> str:
    """A number for people: the fraction itself if `exact`, else six digits; "-" for None.

    >>> from fractions import Fraction
    >>> shown(Fraction(1, 3), True), shown(Fraction(1, 3), False), shown(None, True)
    ('1/3', '0.333333', '-')
    """
    if value is None:
        return "-"
    return str(value) if exact else f"{as_decimal(value):.6g}"


def shown_pair(point: Sequence[Any] | None, exact: bool) -> str:
    """A point (worst, best) for people; "-" for None.

    >>> from fractions import Fraction
    >>> shown_pair((Fraction(-1, 5), 0), True)
    '(-1/5, 0)'
    """
    return "-" if point is None else f"({shown(point[0], exact)}, {shown(point[1], exact)})"


def number(value: Any, exact: bool) -> str | float | None:
    """A number for machines: a string such as "-1/5" if `exact`, else a float; None stays.

    >>> from fractions import Fraction
    >>> number(Fraction(-1, 5), True), number(Fraction(1, 4), False)
    ('-1/5', 0.25)
    """
    if value is None:
        return None
    return str(value) if exact else as_decimal(value)


def as_decimal(value: Any) -> float:
    """The number as a float, without the sign of -0.0, which would be printed.

    Raises `InputError` if it is beyond the floats.
    """
    try:
        return float(value) + 0.0
    except OverflowError:
        raise InputError("a result is too large for a decimal: use --exact") from None


def numbers(values: Iterable[Any], exact: bool) -> list[str | float | None]:
    """Several numbers for machines."""
    return [number(value, exact) for value in values]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows below the header, columns aligned.

    >>> print("\\n".join(table(["p", "choice"], [["1/3", "hedge"]])))
      p    choice
      1/3  hedge
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in [header, *rows]:
        yield "  " + "  ".join(map(str.ljust, row, widths)).rstrip()
