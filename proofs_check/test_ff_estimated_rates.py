"""Beyond Friend or Foe: the value of the best choice as a function of the rate.

A new result of this toolkit, on which `theory.robustness` rests.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import objective, unit
from proofs_check.rational import unit_rationals
from proofs_check.smt import maximum, reals
from theory.points import distrust_point, hedge_point, trust_point
from theory.robustness import best_value, value_range

P, ALPHA, S = reals("p alpha s")
BELOW_HALF = [unit(P), 0 <= ALPHA, 2 * ALPHA < 1, S * (3 - 4 * ALPHA) == 1 - ALPHA]


def lower_half(p: Any, kink: Any = S) -> Any:
    """The value for p <= 1/2 and alpha < 1/2: three affine pieces, joined at 1/3 and s."""
    return z3.If(
        3 * p <= 1,
        (1 - 2 * ALPHA) * p,
        z3.If(p <= kink, (1 - 2 * ALPHA) * (1 - 2 * p), p - ALPHA),
    )


def best(p: Any) -> z3.ArithRef:
    """The value of the best of the corners T, H (where there is one) and D."""
    trust, distrust = objective(ALPHA, trust_point(p)), objective(ALPHA, distrust_point(p))
    hedge = z3.If(z3.And(3 * p >= 1, 3 * p <= 2), objective(ALPHA, hedge_point(p)), distrust)
    return maximum(trust, hedge, distrust)


def test_ff_ext_best_value(check: Check) -> None:
    check.prove_all(
        "the value is piecewise affine, with the kinks 1/3, s, 1/2, 1-s, 2/3",
        "ranges of p and alpha",
        {
            "p <= 1/2": ([*BELOW_HALF, 2 * P <= 1], best(P) == lower_half(P)),
            "p >= 1/2, by the mirror image": (
                [*BELOW_HALF, 2 * P >= 1],
                best(P) == 2 * P - 1 + lower_half(1 - P),
            ),
            "alpha >= 1/2": (
                [unit(P, ALPHA), 2 * ALPHA >= 1],
                best(P) == z3.If(2 * P >= 1, 2 * P - 1, 0),
            ),
            "the pieces meet, so it is continuous": (
                [*BELOW_HALF],
                z3.And(
                    3 * S >= 1,
                    2 * S < 1,
                    (1 - 2 * ALPHA) * (1 - 2 * S) == S - ALPHA,
                    z3.Implies(3 * P == 1, (1 - 2 * ALPHA) * P == (1 - 2 * ALPHA) * (1 - 2 * P)),
                ),
            ),
        },
    )
    check.prove_all(
        "which choice is best",
        "comparisons, for alpha < 1/2 (above, D is best)",
        {
            "trust against hedge switches at s and 1-s": (
                [*BELOW_HALF, 3 * P > 1, 3 * P < 2],
                (objective(ALPHA, trust_point(P)) >= objective(ALPHA, hedge_point(P)))
                == z3.And(S <= P, P <= 1 - S),
            ),
            "trust against distrust outside": (
                [*BELOW_HALF, z3.Or(3 * P < 1, 3 * P > 2)],
                objective(ALPHA, trust_point(P)) >= objective(ALPHA, distrust_point(P)),
            ),
            "hedge against distrust": (
                [*BELOW_HALF, 3 * P >= 1, 3 * P <= 2],
                objective(ALPHA, hedge_point(P)) >= objective(ALPHA, distrust_point(P)),
            ),
        },
    )
    grid = unit_rationals(30 if check.full else 12)
    check.exhaust(
        "the range over an interval is attained on a grid inside it that has the kinks",
        "ends with denominators to 6, alpha in 10ths, grid with denominators to "
        + ("30" if check.full else "12"),
        [
            (low, high, Fraction(a, 10))
            for low in unit_rationals(6)
            for high in unit_rationals(6)
            for a in range(11)
            if low <= high
        ],
        lambda case: _range_holds(case, grid),
        role="confirmation",
    )
    check.prove(
        "with the kink at 2/5 for every alpha",
        [*BELOW_HALF, 2 * P <= 1],
        best(P) == lower_half(P, z3.RealVal("2/5")),
        role="control",
    )


def _range_holds(case: tuple[Fraction, Fraction, Fraction], grid: list[Fraction]) -> bool:
    low, high, alpha = case
    s = (1 - alpha) / (3 - 4 * alpha) if 2 * alpha < 1 else Fraction(1, 2)
    kinks = [Fraction(1, 3), s, Fraction(1, 2), 1 - s, Fraction(2, 3)]
    values = [best_value(p, alpha) for p in (low, high, *kinks, *grid) if low <= p <= high]
    return value_range(low, high, alpha) == (min(values), max(values))
