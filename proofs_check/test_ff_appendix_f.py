"""Friend or Foe, Appendix F: the facts and lemmas behind Proposition 3, step by step.

The payoffs at the extreme points are transcribed from the appendix.  Bounds are feasible
(low <= p <= high) with low < high, where the trust share is defined; the regions T1, T2, T3
are those of the appendix, cross-multiplied (their denominators are positive for p <= 1/3).
"""

from __future__ import annotations

from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check, Role
from proofs_check.encodings import unit
from proofs_check.encodings_optimal_tau import within
from proofs_check.smt import reals

P, A, LOW, HIGH, OTHER, T = reals("p alpha low high other t")
SHARE = (P - LOW) / (HIGH - LOW)
BOUNDS = [within(P, LOW, HIGH), LOW < HIGH, 3 * P <= 1, unit(A)]
CONSTANT_HIGH = z3.RealVal(1)


def share(p: Any, low: Any, high: Any) -> Any:
    """The trust covariate's rate."""
    return (p - low) / (high - low)


def trust1(p: Any, a: Any, low: Any, high: Any) -> Any:
    """U_T^1."""
    return share(p, low, high) * (a * (2 * low - 1) + (1 - a) * (2 * high - 1))


def trust2(p: Any, a: Any, low: Any, high: Any) -> Any:
    """U_T^2."""
    q = share(p, low, high)
    return a * (1 - q) * (2 * low - 1) + (1 - a) * q * (2 * high - 1)


def hedge(p: Any, a: Any, low: Any, high: Any) -> Any:
    """U_H."""
    return (1 - 2 * p) / (1 - 2 * low) * (a * (2 * low - 1) + (1 - a) * (2 * high - 1))


def first_excess(p: Any, low: Any, high: Any) -> Any:
    """p minus the first threshold, times the latter's denominator, positive for p <= 1/3."""
    return p * (1 + 2 * high - 4 * low) - (high - 2 * low * low)


def second_excess(p: Any, low: Any, high: Any) -> Any:
    """p minus the second threshold, twice."""
    return 2 * p - low - high


REGION_1 = first_excess(P, LOW, HIGH) <= 0
REGION_2 = z3.And(first_excess(P, LOW, HIGH) > 0, second_excess(P, LOW, HIGH) <= 0)
REGION_3 = second_excess(P, LOW, HIGH) > 0


def symbols() -> tuple[Any, Any, Any, Any]:
    """p, alpha, low, high for SymPy."""
    p, a, low, high = sp.symbols("p alpha low high", real=True)
    return p, a, low, high


def test_ff_fact1(check: Check) -> None:
    _fact1_derivatives(check)
    first = (2 * A - 1) * (2 * LOW - 1) * (P - LOW)
    check.prove_all(
        "monotone, weakly",
        "difference quotients",
        _fact1_monotone(),
    )
    check.prove(
        "the first derivative has the sign of 1 - 2 alpha",
        BOUNDS,
        z3.And((first > 0) == (2 * A < 1), (first < 0) == (2 * A > 1)),
        role="step",
        order=[P, LOW, A],
    )
    check.prove(
        "the second derivative is positive for alpha >= 1/2",
        [*BOUNDS, 2 * A >= 1],
        (2 * A - 1) * (1 - P) > 0,
        role="step",
    )
    _fact1_control(check)


def test_ff_fact1_corrected(check: Check) -> None:
    _fact1_derivatives(check)
    first = (2 * A - 1) * (2 * LOW - 1) * (P - LOW)
    check.prove_all("monotone, weakly", "difference quotients", _fact1_monotone())
    check.prove(
        "signs, with their zeros",
        BOUNDS,
        z3.And(
            z3.Implies(LOW < P, z3.And((first > 0) == (2 * A < 1), (first < 0) == (2 * A > 1))),
            z3.Implies(LOW == P, first == 0),
            ((2 * A - 1) * (1 - P) > 0) == (2 * A > 1),
            ((2 * A - 1) * (1 - P) < 0) == (2 * A < 1),
        ),
    )
    _fact1_control(check)


def _fact1_derivatives(check: Check) -> None:
    p, a, low, high = symbols()
    u = trust2(p, a, low, high)
    at_one = trust2(p, a, low, 1)
    check.derive(
        "derivatives of the case-2 trust payoff",
        {
            "by the upper bound": sp.diff(u, high)
            - (2 * a - 1) * (2 * low - 1) * (p - low) / (high - low) ** 2,
            "by the lower bound at 1": sp.diff(at_one, low)
            - (2 * a - 1) * (1 - p) / (1 - low) ** 2,
        },
        role="step",
    )


def _fact1_monotone() -> dict[str, Any]:
    """The trust shares q and r of two pairs of bounds are variables, tied to their fractions."""
    q, r = reals("q r")
    shares = [q * (HIGH - LOW) == P - LOW, r * (OTHER - LOW) == P - LOW]
    more = [*BOUNDS, HIGH < OTHER, OTHER <= 1, *shares]
    lower = [0 <= LOW, LOW < OTHER, OTHER <= P, 3 * P <= 1, unit(A)]
    one = CONSTANT_HIGH

    def payoff(treated: Any, high: Any) -> Any:
        return A * (1 - treated) * (2 * LOW - 1) + (1 - A) * treated * (2 * high - 1)

    return {
        "the payoff in terms of the share": (
            [*BOUNDS, shares[0]],
            trust2(P, A, LOW, HIGH) == payoff(q, HIGH),
        ),
        "a higher upper bound lowers the share, and moves the payoff as much as the share": (
            more,
            z3.And(
                r <= q, payoff(r, OTHER) - payoff(q, HIGH) == (1 - 2 * A) * (1 - 2 * LOW) * (q - r)
            ),
        ),
        "so (a) up and (b) down with the upper bound": (
            [unit(A), 0 <= LOW, 3 * LOW <= 1, r <= q],
            z3.And(
                z3.Implies(2 * A < 1, (1 - 2 * A) * (1 - 2 * LOW) * (q - r) >= 0),
                z3.Implies(2 * A >= 1, (1 - 2 * A) * (1 - 2 * LOW) * (q - r) <= 0),
            ),
        ),
        "(a) down with the lower bound": (
            [*lower, 2 * A < 1],
            trust2(P, A, LOW, one) >= trust2(P, A, OTHER, one),
        ),
    }


def _fact1_control(check: Check) -> None:
    check.prove(
        "up with the upper bound for alpha >= 1/2 too",
        [*BOUNDS, HIGH < OTHER, OTHER <= 1],
        trust2(P, A, LOW, HIGH) <= trust2(P, A, LOW, OTHER),
        role="control",
    )


def test_ff_fact2(check: Check) -> None:
    _fact2_derivatives(check, "step")
    check.prove(
        "by the lower bound at upper bound 1, as printed",
        BOUNDS,
        2 * (1 - A) * (1 - 2 * P) / (2 * (LOW - 1) * (LOW - 1))
        == 2 * (1 - A) * (1 - 2 * P) / ((1 - 2 * LOW) * (1 - 2 * LOW)),
        role="step",
        order=[P, LOW, A],
    )
    check.prove(
        "the first derivative is positive for every alpha",
        BOUNDS,
        2 * (1 - A) * (1 - 2 * P) > 0,
        role="step",
    )
    _fact2_control(check)


def test_ff_fact2_corrected(check: Check) -> None:
    _fact2_derivatives(check, "conclusion")
    check.prove(
        "both are positive but for alpha = 1",
        BOUNDS,
        (2 * (1 - A) * (1 - 2 * P) > 0) == (A < 1),
    )
    _fact2_control(check)


def _fact2_derivatives(check: Check, role: Role) -> None:
    p, a, low, high = symbols()
    check.derive(
        "by the upper bound, and by the lower bound at upper bound 1",
        {
            "by the upper bound": sp.diff(hedge(p, a, low, high), high)
            - 2 * (1 - a) * (1 - 2 * p) / (1 - 2 * low),
            "by the lower bound": sp.diff(hedge(p, a, low, 1), low)
            - 2 * (1 - a) * (1 - 2 * p) / (1 - 2 * low) ** 2,
        },
        role=role,
    )
    lower = [0 <= LOW, LOW < OTHER, OTHER <= P, 3 * P <= 1, unit(A)]
    check.prove_all(
        "monotone, weakly",
        "difference quotients",
        {
            "up with the upper bound": (
                [*BOUNDS, HIGH < OTHER, OTHER <= 1],
                hedge(P, A, LOW, HIGH) <= hedge(P, A, LOW, OTHER),
            ),
            "up with the lower bound": (
                lower,
                hedge(P, A, LOW, CONSTANT_HIGH) <= hedge(P, A, OTHER, CONSTANT_HIGH),
            ),
        },
    )


def _fact2_control(check: Check) -> None:
    lower = [0 <= LOW, LOW < OTHER, OTHER <= P, P <= HIGH, HIGH <= 1, 3 * P <= 1, unit(A)]
    check.prove(
        "up with the lower bound at every upper bound",
        lower,
        hedge(P, A, LOW, HIGH) <= hedge(P, A, OTHER, HIGH),
        role="control",
    )


def test_ff_fact3(check: Check) -> None:
    _fact3_parts(check, "step")
    check.prove(
        "the derivative is positive",
        BOUNDS,
        (P - LOW) * (1 - 2 * LOW) > 0,
        role="step",
        order=[P, LOW],
    )


def test_ff_fact3_corrected(check: Check) -> None:
    _fact3_parts(check, "conclusion")
    check.prove(
        "the derivative is positive where low < p, and 0 at low = p",
        BOUNDS,
        z3.And(
            ((P - LOW) * (1 - 2 * LOW) > 0) == (LOW < P),
            z3.Implies(LOW == P, (P - LOW) * (1 - 2 * LOW) == 0),
        ),
    )


def _fact3_parts(check: Check, role: Role) -> None:
    p, a, low, high = symbols()
    check.derive(
        "by the upper bound",
        {
            "by the upper bound": sp.diff(trust1(p, a, low, high), high)
            - (p - low) * (1 - 2 * low) / (high - low) ** 2
        },
        role=role,
    )
    more = [*BOUNDS, HIGH < OTHER, OTHER <= 1]
    check.prove(
        "up with the upper bound, strictly where low < p",
        more,
        z3.And(
            trust1(P, A, LOW, HIGH) <= trust1(P, A, LOW, OTHER),
            z3.Implies(LOW < P, trust1(P, A, LOW, HIGH) < trust1(P, A, LOW, OTHER)),
        ),
    )
    check.prove(
        "up with the lower bound",
        [0 <= LOW, LOW < OTHER, OTHER <= P, P < HIGH, HIGH <= 1, 3 * P <= 1, unit(A)],
        trust1(P, A, LOW, HIGH) <= trust1(P, A, OTHER, HIGH),
        role="control",
    )
