"""Friend or Foe, Appendix F: Lemmas F.2-F.4, why no other extreme point is optimal.

Payoffs and regions as in `test_ff_appendix_f`, the case-1 optimum as in `test_ff_appendix_f1`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check, Role
from proofs_check.encodings import unit
from proofs_check.optimal_tau_chain import HIGH, LOW, ROOT_T, A, P, T
from proofs_check.smt import reals
from proofs_check.test_ff_appendix_f import (
    REGION_1,
    REGION_2,
    REGION_3,
    first_excess,
    hedge,
    trust1,
    trust2,
)
from proofs_check.test_ff_appendix_f1 import FEASIBLE, ONE, ROOTED, ZERO, case1_optimum, g
from theory.optimal_bounds import distrust_weight, interior_low, least_interior_weight


def _beaten(payoff: Any) -> z3.BoolRef:
    return z3.Or(payoff < 0, payoff < case1_optimum())


def _f2_parts(check: Check) -> None:
    u, u1 = reals("payoff at_one")
    check.prove_all(
        "the case-2 trust payoff is beaten on T2",
        "on each side of 1/2",
        {
            "alpha >= 1/2": (
                [*FEASIBLE, 3 * P <= 1, unit(A), REGION_2, 2 * A >= 1],
                trust2(P, A, LOW, HIGH) < 0,
            ),
            "alpha < 1/2, above p - alpha never": (
                [*FEASIBLE, 3 * P <= 1, unit(A), REGION_2, 2 * A < 1],
                z3.And(
                    trust2(P, A, LOW, HIGH) <= P - A,
                    z3.Implies(A == 0, trust2(P, A, LOW, HIGH) < P - A),
                ),
            ),
            "p - alpha": (
                [
                    *[ROOT_T, unit(A), 0 <= P, 3 * P <= 1, 2 * A < 1, u <= P - A],
                    z3.Implies(A == 0, u < P - A),
                ],
                _beaten(u),
            ),
        },
    )
    check.prove_all(
        "the two bounds, and alpha < p implies alpha < (1-p)/2",
        "one each",
        {
            "alpha > 1/2": (
                [*FEASIBLE, LOW < P, P < HIGH, 3 * P <= 1, 2 * A > 1, A <= 1],
                trust2(P, A, LOW, HIGH) <= trust2(P, A, LOW, P),
            ),
            "at upper bound p": (
                [0 <= LOW, LOW < P, 3 * P <= 1, unit(A)],
                trust2(P, A, LOW, P) == (1 - A) * (2 * P - 1),
            ),
            "at upper bound 1": (
                [0 <= LOW, LOW <= P, 3 * P <= 1, 0 <= A, 2 * A <= 1],
                trust2(P, A, LOW, ONE) <= P - A,
            ),
            "at (0,1)": ([0 <= P, 3 * P <= 1, unit(A)], trust2(P, A, ZERO, ONE) == P - A),
            "alpha < p": ([0 <= P, 3 * P <= 1, A < P], A < least_interior_weight(P)),
        },
        role="step",
    )
    check.prove(
        "beaten by half the case-1 optimum",
        [*ROOTED, REGION_2, u1 == trust2(P, A, LOW, HIGH)],
        z3.Or(u1 < 0, 2 * u1 < case1_optimum()),
        role="control",
        order=[T, A, P, LOW, HIGH],
    )


def test_ff_lemma_f2(check: Check) -> None:
    _f2_parts(check)
    alone = [0 < P, 3 * P <= 1, unit(A)]
    check.prove(
        "(1 - alpha)(2p - 1) is negative for alpha > 1/2",
        [*alone, 2 * A > 1],
        (1 - A) * (2 * P - 1) < 0,
        role="step",
    )
    check.prove("p - alpha is below p (1 - 2 alpha)", alone, P - A < P * (1 - 2 * A), role="step")


def test_ff_lemma_f2_corrected(check: Check) -> None:
    _f2_parts(check)
    alone = [0 < P, 3 * P <= 1, unit(A)]
    check.prove(
        "the strict steps, but for the ends of alpha",
        alone,
        z3.And(
            ((1 - A) * (2 * P - 1) < 0) == (A < 1),
            (P - A < P * (1 - 2 * A)) == (A > 0),
        ),
    )
    check.prove("(0,1) is not in T2", [3 * P <= 1, LOW == 0, HIGH == 1], z3.Not(REGION_2))
    check.prove("T2 is empty for p <= 1/4", [*FEASIBLE, 4 * P <= 1], z3.Not(REGION_2))


WEIGHTED = A * (2 * LOW - 1) + (1 - A) * (2 * HIGH - 1)
ABOVE_DIVIDING = 2 * A * (HIGH - LOW) >= 2 * HIGH - 1


def _f3_parts(check: Check) -> None:
    base = [*FEASIBLE, 3 * P <= 1, unit(A)]
    x, y, z = reals("x y z")
    check.prove_all(
        "the hedge payoff is beaten on T2",
        "below, at and above the dividing weight",
        {
            "above": (
                [*base, REGION_2, 2 * A * (HIGH - LOW) > 2 * HIGH - 1],
                hedge(P, A, LOW, HIGH) < 0,
            ),
            "at": (
                [*base, REGION_2, 2 * A * (HIGH - LOW) == 2 * HIGH - 1],
                z3.And(hedge(P, A, LOW, HIGH) == 0, A < distrust_weight(P), P > 0),
            ),
            "the optimum is positive there": (
                [ROOT_T, unit(A), 0 < P, 3 * P <= 1, A < distrust_weight(P)],
                case1_optimum() > 0,
            ),
            "below": (
                [*base, REGION_2, 2 * A * (HIGH - LOW) < 2 * HIGH - 1],
                hedge(P, A, LOW, HIGH) < trust1(P, A, LOW, HIGH),
            ),
            "upper bound 1": (
                [*base, x == trust1(P, A, LOW, HIGH), y == g(LOW)],
                x <= y,
            ),
            "lower bound": (
                [ROOT_T, unit(A), 0 <= LOW, LOW <= P, 3 * P <= 1, z == g(LOW)],
                z <= case1_optimum(),
            ),
        },
    )
    check.prove_all(
        "the comparison of shares, and the dividing weight",
        "one each",
        {
            "shares": (
                [*FEASIBLE, 3 * P <= 1],
                ((1 - 2 * P) * (HIGH - LOW) < (P - LOW) * (1 - 2 * LOW))
                == (first_excess(P, LOW, HIGH) > 0),
            ),
            "weight": (base, (WEIGHTED <= 0) == ABOVE_DIVIDING),
        },
        role="step",
    )
    check.prove(
        "beaten by half the case-1 optimum",
        [*ROOTED, REGION_2, x == hedge(P, A, LOW, HIGH)],
        z3.Or(x < 0, 2 * x < case1_optimum()),
        role="control",
        order=[T, A, P, LOW, HIGH],
    )


def test_ff_lemma_f3(check: Check) -> None:
    _f3_parts(check)
    base = [*FEASIBLE, 3 * P <= 1, unit(A), REGION_2]
    check.prove(
        "from the dividing weight on the hedge payoff is negative",
        [*base, ABOVE_DIVIDING],
        hedge(P, A, LOW, HIGH) < 0,
        role="step",
    )
    check.prove(
        "the chain's last bounds (critical point, 1) are feasible",
        [ROOT_T, *base, 0 < A, T > 0, z3.Not(ABOVE_DIVIDING)],
        z3.And(0 <= interior_low(P, T), interior_low(P, T) <= P),
        role="step",
    )


def test_ff_lemma_f3_corrected(check: Check) -> None:
    _f3_parts(check)
    check.prove(
        "the critical point is feasible between the thresholds of alpha, and only there",
        [ROOT_T, unit(A), 0 < A, 0 <= P, 3 * P <= 1],
        z3.And(0 <= interior_low(P, T), interior_low(P, T) <= P)
        == z3.And(A >= least_interior_weight(P), A <= distrust_weight(P)),
    )


def _f4_parts(check: Check, role: Role) -> None:
    base = [*FEASIBLE, 3 * P <= 1, unit(A), REGION_3]
    u = reals("payoff")[0]
    check.prove_all(
        "the case-2 trust payoff is beaten on T3, but for alpha = 1 with upper bound p",
        "on each side of 1/2",
        {
            "alpha >= 1/2": (
                [*base, 2 * A >= 1, z3.Or(A < 1, HIGH > P)],
                trust2(P, A, LOW, HIGH) < 0,
            ),
            "alpha < 1/2": ([*base, 2 * A < 1], trust2(P, A, LOW, HIGH) < P - A),
            "p - alpha": (
                [ROOT_T, unit(A), 0 <= P, 3 * P <= 1, 2 * A < 1, u < P - A],
                _beaten(u),
            ),
        },
        role=role,
    )
    check.prove_all(
        "steps, alpha < 1/2",
        "one each",
        {
            "upper bound below 1": (base, z3.And(HIGH <= 2 * P - LOW, 2 * P - LOW < 1)),
            "(low, 1) is not in T3": (base, 2 * P - LOW - 1 <= 0),
            "case 1 above case 2": (
                [0 <= LOW, LOW <= P, 3 * P <= 1, unit(A)],
                trust1(P, A, LOW, ONE) >= trust2(P, A, LOW, ONE),
            ),
            "upper bound 1": (
                [*base, 2 * A < 1],
                trust2(P, A, LOW, ONE) >= trust2(P, A, LOW, HIGH),
            ),
        },
        role="step",
    )
    check.prove(
        "negative for every alpha",
        base,
        trust2(P, A, LOW, HIGH) < 0,
        role="control",
        order=[A, P],
    )


def test_ff_lemma_f4(check: Check) -> None:
    _f4_parts(check, "step")
    payoff = trust2(P, A, LOW, HIGH)
    check.refute(
        "negative, or below the case-1 optimum, or below some case-2 payoff on T2",
        "the payoff is 0; no case-1 payoff is positive and no case-2 payoff on T2 is",
        {P: Fraction(1, 3), A: Fraction(1)},
        {
            "the payoff": ([LOW == 0, HIGH == P], z3.And(REGION_3, payoff == 0)),
            "case 1": ([*FEASIBLE, REGION_1], trust1(P, A, LOW, HIGH) <= 0),
            "case 2 on T2": ([*FEASIBLE, REGION_2], payoff <= 0),
        },
        shown={"low": 0, "high": Fraction(1, 3)},
    )
    check.prove(
        "negative for alpha > 1/2",
        [*FEASIBLE, 3 * P <= 1, A <= 1, REGION_3, 2 * A > 1],
        trust2(P, A, LOW, HIGH) < 0,
        role="step",
    )


def test_ff_lemma_f4_corrected(check: Check) -> None:
    _f4_parts(check, "conclusion")
    check.prove(
        "at alpha = 1 with upper bound p it is 0",
        [0 <= LOW, LOW < P, 3 * P <= 1, A == 1],
        trust2(P, A, LOW, P) == 0,
    )
    check.prove(
        "the case-2 payoff on T2 and the case-1 optimum are not positive at alpha = 1",
        [*ROOTED, A == 1, REGION_2],
        z3.And(trust2(P, A, LOW, HIGH) <= 0, case1_optimum() <= 0),
    )
