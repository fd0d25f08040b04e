"""Friend or Foe, Appendix F: (F.1), the designer's problem as the greatest of five maxima.

Payoffs and regions as in `test_ff_appendix_f`.  T2 and T3 are open where the upper bound is
greatest: first threshold < p there for upper bounds below (p - 4 p low + 2 low^2) / (1 - 2p),
second threshold < p for those below 2p - low.  A payoff that rises with the upper bound has no
maximum on such a region: halfway to its edge it is greater.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.encodings_optimal_tau import within
from proofs_check.kernel import Obligation
from proofs_check.optimal_tau_chain import HIGH, LOW, ROOT_T, A, P, T
from proofs_check.smt import reals
from proofs_check.test_ff_appendix_f import (
    REGION_1,
    REGION_2,
    REGION_3,
    first_excess,
    hedge,
    second_excess,
    trust1,
    trust2,
)
from proofs_check.test_ff_appendix_f1 import FEASIBLE, ONE, ZERO, case1_optimum, g
from theory.optimal_bounds import interior_low

OTHER = reals("other")[0]
SMALL = [*FEASIBLE, 3 * P <= 1, unit(A)]


def _no_maximum() -> dict[str, Obligation]:
    """Halfway to the edge of the region the payoff is greater; q and r are the trust shares."""
    q, r, edge = reals("q r edge")
    shares = [q * (HIGH - LOW) == P - LOW, r * (OTHER - LOW) == P - LOW]
    higher = [HIGH < OTHER, OTHER <= 1]
    halfway = [2 * OTHER == HIGH + edge, *SMALL]

    def case2(share: Any, high: Any) -> Any:
        return A * (1 - share) * (2 * LOW - 1) + (1 - A) * share * (2 * high - 1)

    return {
        "halfway to the edge of T2": (
            [REGION_2, edge * (1 - 2 * P) == P - 4 * P * LOW + 2 * LOW * LOW, *halfway],
            z3.And(
                *[LOW < P, *higher, second_excess(P, LOW, OTHER) <= 0],
                first_excess(P, LOW, OTHER) > 0,
            ),
        ),
        "halfway to the edge of T3": (
            [REGION_3, edge == 2 * P - LOW, *halfway],
            z3.And(LOW < P, *higher, second_excess(P, LOW, OTHER) > 0),
        ),
        "the case-2 trust payoff by its share": (
            [*SMALL, shares[0]],
            trust2(P, A, LOW, HIGH) == case2(q, HIGH),
        ),
        "it is greater there": (
            [*SMALL, LOW < P, 2 * A < 1, *higher, *shares],
            case2(q, HIGH) < case2(r, OTHER),
        ),
        "so is the hedge payoff": (
            [*SMALL, A < 1, *higher],
            hedge(P, A, LOW, HIGH) < hedge(P, A, LOW, OTHER),
        ),
    }


def _greatest(check: Check) -> None:
    """That nothing else is greater is Lemmas F.2-F.4, and that it is the optimum Proposition 3."""
    rooted = [ROOT_T, unit(A), 0 <= P, 3 * P <= 1]
    low = interior_low(P, T)
    check.prove_all(
        "the case-1 optimum is reached in T1 and not negative: it is the greatest of the five",
        "the three ranges of alpha, p = 1/3 included",
        {
            "not negative": (rooted, case1_optimum() >= 0),
            "bounds (0,1)": (
                [*rooted, P > 0, T <= 1 - P],
                z3.And(first_excess(P, ZERO, ONE) <= 0, trust1(P, A, ZERO, ONE) == case1_optimum()),
            ),
            "interior bounds": (
                [*rooted, 1 - P < T, T < 1],
                z3.And(
                    *[0 < low, low < P, first_excess(P, low, ONE) <= 0],
                    g(low) == case1_optimum(),
                ),
            ),
            "the payoff there": (
                [0 <= LOW, LOW <= P, 3 * P <= 1],
                trust1(P, A, LOW, ONE) == g(LOW),
            ),
            "bounds (p,1)": (
                [*rooted, T >= 1],
                z3.And(first_excess(P, P, ONE) <= 0, trust1(P, A, P, ONE) == case1_optimum()),
            ),
        },
    )


def _control(check: Check) -> None:
    check.prove(
        "the case-2 payoff rises with the upper bound on T2 for every alpha",
        [*SMALL, REGION_2, HIGH < OTHER, OTHER <= 1],
        trust2(P, A, LOW, HIGH) < trust2(P, A, LOW, OTHER),
        role="control",
        order=[P, A, LOW, HIGH],
    )


def test_ff_five_maxima(check: Check) -> None:
    p, alpha = Fraction(3, 10), Fraction(1, 4)
    _greatest(check)
    check.prove(
        "the case-1 payoff is defined on T1",
        [within(P, LOW, HIGH), 3 * P <= 1, REGION_1],
        LOW < HIGH,
        role="reading",
        order=[P],
    )
    check.refute(
        "T2 is not empty",
        "no bounds are in it",
        {P: Fraction(1, 4)},
        {"empty": (FEASIBLE, z3.Not(REGION_2))},
        role="reading",
    )
    uppers = (Fraction(7, 10), Fraction(74, 100), Fraction(749, 1000))
    check.refute(
        "the maxima over T2 and T3 are attained",
        "whatever bounds are in them, others in them are worth more",
        {P: p, A: alpha},
        _no_maximum(),
        shown={f"U_T^2(0, {high})": trust2(p, alpha, Fraction(0), high) for high in uppers},
        role="reading",
    )
    _control(check)


def test_ff_five_maxima_corrected(check: Check) -> None:
    _greatest(check)
    check.prove_all(
        "T2 is empty up to p = 1/4 and no further; T3 is empty at p = 0 alone",
        "no bounds, or (0, 2p) and (0, p)",
        {
            "T2 empty": ([*FEASIBLE, 4 * P <= 1], z3.Not(REGION_2)),
            "T2 not empty": (
                [4 * P > 1, 3 * P <= 1, LOW == 0, HIGH == 2 * P],
                z3.And(within(P, LOW, HIGH), REGION_2),
            ),
            "T3 empty": ([*FEASIBLE, P == 0], z3.Not(REGION_3)),
            "T3 not empty": (
                [P > 0, 3 * P <= 1, LOW == 0, HIGH == P],
                z3.And(within(P, LOW, HIGH), REGION_3),
            ),
        },
    )
    check.prove_all(
        "no maximum: case 2 for alpha < 1/2, hedge for alpha < 1",
        "halfway to the edge of the region the payoff is greater",
        _no_maximum(),
    )
    check.prove(
        "at alpha = 1 the hedge payoff is the same everywhere",
        [*SMALL, A == 1],
        hedge(P, A, LOW, HIGH) == 2 * P - 1,
    )
    check.prove("(p,p) is in T1", [0 <= P, 3 * P <= 1], first_excess(P, P, P) <= 0)
    _control(check)
