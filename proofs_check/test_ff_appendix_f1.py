"""Friend or Foe, Appendix F: Lemma F.1, the case-1 optimum.

Payoffs and regions as in `test_ff_appendix_f`.  `case1_optimum` is the greatest case-1 payoff,
with t = sqrt(2 alpha (1-p)); that it is so is what the lemma says.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.encodings_optimal_tau import inducible_within, within
from proofs_check.kernel import Obligation
from proofs_check.optimal_tau_chain import HIGH, LOW, ROOT_T, A, P, T
from proofs_check.smt import reals
from proofs_check.test_ff_appendix_f import (
    REGION_1,
    REGION_3,
    first_excess,
    symbols,
    trust1,
)
from theory.optimal_bounds import (
    distrust_weight,
    interior_low,
    interior_value,
    least_interior_weight,
)

M = reals("m")[0]
FEASIBLE = [within(P, LOW, HIGH), LOW < HIGH]
ROOTED = [ROOT_T, unit(A), *FEASIBLE, 3 * P <= 1]
ONE, ZERO = z3.RealVal(1), z3.RealVal(0)
SMALL, MIDDLE, LARGE = T <= 1 - P, z3.And(1 - P <= T, T <= 1), T >= 1


def case1_optimum() -> z3.ArithRef:
    """The greatest case-1 trust payoff."""
    return z3.If(T <= 1 - P, P * (1 - 2 * A), z3.If(T <= 1, interior_value(T), 0))


def g(low: Any) -> Any:
    """The case-1 trust payoff at upper bound 1."""
    return (P - low) / (1 - low) * (2 * A * (low - 1) + 1)


def _optimum(strict: bool) -> dict[str, Obligation]:
    """Nothing in T1 is worth more; `strict`: for p > 0, t < 1 nothing else is worth as much."""
    x, y = reals("x y")
    best = z3.If(SMALL, ZERO, interior_low(P, T))
    named = [x == trust1(P, A, LOW, HIGH), y == g(LOW)]
    unique = [P > 0, T < 1] if strict else []
    below = z3.Implies(z3.And(HIGH < 1, LOW < P), x < y) if strict else x <= y
    return {
        "upper bound 1": ([*FEASIBLE, unit(A), 3 * P <= 1, *named], below),
        "lower bound": (
            [ROOT_T, unit(A), 0 <= LOW, LOW <= P, 3 * P <= 1, y == g(LOW), *unique],
            z3.Implies(LOW != best, y < case1_optimum()) if strict else y <= case1_optimum(),
        ),
    }


def _values() -> dict[str, Obligation]:
    """The maximisers lie in T1 and are worth what is stated, p < 1/3."""
    base = [ROOT_T, unit(A), 0 <= P, 3 * P < 1]
    low = interior_low(P, T)
    return {
        "bounds (0,1)": (
            [*base, SMALL, P > 0],
            z3.And(
                first_excess(P, ZERO, ONE) <= 0,
                trust1(P, A, ZERO, ONE) == P * (1 - 2 * A),
                case1_optimum() == P * (1 - 2 * A),
            ),
        ),
        "interior bounds": (
            [*base, 1 - P < T, T < 1],
            z3.And(
                0 < low,
                low < P,
                first_excess(P, low, ONE) <= 0,
                (P - low) / (1 - low) * (1 + 2 * A * (low - 1)) == interior_value(T),
            ),
        ),
        "bounds (p,1)": (
            [*base, LARGE],
            z3.And(first_excess(P, P, ONE) <= 0, trust1(P, A, P, ONE) == 0),
        ),
    }


def _f1_steps(check: Check) -> None:
    p, a, low, high = symbols()
    threshold = (high - 2 * low**2) / (1 + 2 * high - 4 * low)
    payoff = (p - low) / (1 - low) * (2 * a * (low - 1) + 1)
    root = sp.sqrt(16 * p**2 - 24 * p + 8)
    quadratic = 2 * low**2 - 4 * p * low + 3 * p - 1
    check.derive(
        "threshold's slope, g and its derivative, roots",
        {
            "threshold rises": sp.diff(threshold, high)
            - (1 - 2 * low) ** 2 / (1 + 2 * high - 4 * low) ** 2,
            "g": trust1(p, a, low, 1) - payoff,
            "derivative": sp.diff(payoff, low)
            - (2 * a * low**2 - 4 * a * low + 2 * a + p - 1) / (1 - low) ** 2,
            "upper root": quadratic.subs(low, (4 * p + root) / 4),
            "lower root": quadratic.subs(low, (4 * p - root) / 4),
        },
        role="step",
    )
    slope = 2 * A * LOW * LOW - 4 * A * LOW + 2 * A + P - 1
    alone = [0 <= LOW, LOW <= P, 3 * P < 1]
    point = interior_low(P, T)
    check.prove_all(
        "signs and equivalences of the proof, p < 1/3",
        "one each",
        {
            "g rises up to the critical point, then falls": (
                [ROOT_T, 0 < A, A <= 1, *alone],
                z3.And((slope > 0) == (LOW < point), (slope < 0) == (LOW > point)),
            ),
            "the threshold condition is the quadratic's": (
                alone,
                (first_excess(P, LOW, ONE) < 0) == (2 * LOW * LOW - 4 * P * LOW + 3 * P - 1 < 0),
            ),
            "0 and p lie strictly between the roots: the quadratic is negative there": (
                [0 <= P, 3 * P < 1],
                z3.And(3 * P - 1 < 0, 2 * P * P - 4 * P * P + 3 * P - 1 < 0),
            ),
            "all lower bounds are feasible": (alone, 2 * LOW * LOW - 4 * P * LOW + 3 * P - 1 < 0),
            "where the critical point is feasible": (
                [ROOT_T, 0 < A, A <= 1, 0 <= P, 3 * P < 1],
                z3.And(
                    (point >= 0) == (A >= least_interior_weight(P)),
                    (point <= P) == (A <= distrust_weight(P)),
                ),
            ),
        },
        role="step",
    )


def _f1_control(check: Check) -> None:
    check.prove(
        "the interior bound is best for every alpha",
        [ROOT_T, unit(A), 0 <= P, 3 * P <= 1, T > 0],
        case1_optimum() == interior_value(T),
        role="control",
    )


def test_ff_lemma_f1(check: Check) -> None:
    check.prove_all("nothing in T1 is worth more", "upper bound, lower bound", _optimum(False))
    check.prove_all("the maximisers and their values", "the three ranges", _values())
    _f1_steps(check)
    check.prove(
        "the first threshold is at most the second",
        [*FEASIBLE, 3 * P <= 1],
        2 * (HIGH - 2 * LOW * LOW) <= (LOW + HIGH) * (1 + 2 * HIGH - 4 * LOW),
        role="step",
        order=[LOW, HIGH],
    )
    check.prove(
        "T1 and T3 are disjoint", [*FEASIBLE, 3 * P <= 1, REGION_1], z3.Not(REGION_3), role="step"
    )
    check.prove(
        "above the upper threshold (p,1) is the only maximiser",
        [
            *[*FEASIBLE, 3 * P < 1, REGION_1, A > distrust_weight(P), A <= 1],
            trust1(P, A, LOW, HIGH) == 0,
        ],
        z3.And(LOW == P, HIGH == 1),
        role="reading",
    )
    _f1_control(check)


def test_ff_lemma_f1_corrected(check: Check) -> None:
    m = M
    check.prove(
        "the order of the thresholds",
        [within(P, LOW, HIGH), 3 * P <= 1, 1 + 2 * HIGH - 4 * LOW > 0],
        (2 * (HIGH - 2 * LOW * LOW) <= (LOW + HIGH) * (1 + 2 * HIGH - 4 * LOW))
        == z3.Or(LOW == HIGH, 2 * HIGH >= 1),
    )
    check.prove_all(
        "upper bounds below 1/2: nothing can be treated, and the case-1 payoff is not positive",
        "from the window",
        {
            "nothing": (
                [*FEASIBLE, 2 * HIGH < 1, 0 < m, m <= 1],
                z3.Not(inducible_within(P, LOW, HIGH, m)),
            ),
            "payoff": ([*FEASIBLE, 2 * HIGH < 1, unit(A)], trust1(P, A, LOW, HIGH) <= 0),
        },
    )
    check.prove_all("nothing in T1 is worth more", "upper bound, lower bound", _optimum(False))
    check.prove_all(
        "for p > 0, t < 1 nothing else is worth as much", "upper bound, lower bound", _optimum(True)
    )
    check.prove(
        "every (p, high) is in T1 and worth 0",
        [*FEASIBLE, 3 * P <= 1, unit(A), LOW == P],
        z3.And(REGION_1, trust1(P, A, LOW, HIGH) == 0),
    )
    check.prove_all("the maximisers and their values", "the three ranges", _values())
    _f1_control(check)
