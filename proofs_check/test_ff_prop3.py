"""Friend or Foe, Proposition 3: the best bounds and covariate together, as a global optimum.

The bounds, the mass of a covariate's best event and alpha are free variables, so "nothing does
better" is one statement about all bounds and all covariates (`optimal_tau_chain`).  The square
root sqrt(2 alpha (1-p)) is a variable t, tied to its square.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check import optimal_tau_chain as upper
from proofs_check.check import Check
from proofs_check.encodings import objective, unit
from proofs_check.encodings_optimal_tau import (
    any_covariate,
    bernoulli_within,
    best_within,
    inducible_within,
    within,
    worst_within,
)
from proofs_check.optimal_tau_chain import BEST, HIGH, LOW, ROOT_T, WORST, A, P, Q, T
from proofs_check.optimal_tau_foundation import bounds_foundation
from proofs_check.smt import reals
from proofs_check.test_ff_appendix_f import first_excess
from theory.certified_maximum import objective_by_definition
from theory.optimal_bounds import (
    distrust_weight,
    interior_low,
    interior_share,
    interior_value,
    least_interior_weight,
)

ONE, ZERO = z3.RealVal(1), z3.RealVal(0)
THIRD = z3.RealVal("1/3")
OTHER_LOW, OTHER_HIGH = reals("other_low other_high")
LOW_P = [0 <= P, 3 * P <= 1, unit(A)]


def worth(low: Any, high: Any, q: Any) -> z3.ArithRef:
    """The objective of Ber(q) under the bounds."""
    return objective(A, bernoulli_within(P, low, high, q))


def printed_low() -> z3.ArithRef:
    """The printed interior bound 1 - sqrt((1-p)/(2 alpha)): the root is (1-p)/t."""
    return 1 - (1 - P) / T


def printed_value(low: Any) -> z3.ArithRef:
    """The printed value of the interior optimum."""
    return (P - low) / (1 - low) * (1 - A + A * (2 * low - 1))


def _control(check: Check) -> None:
    """The bound of row 1 carried on into row 2, by the same chain of lemmas."""
    check.prove_all(
        "nothing is worth more than in row 1 at p = 1/4, alpha = 1/2, which is in row 2",
        "chain of lemmas",
        upper.low_is_zero(where=z3.And(4 * P == 1, 2 * A == 1)),
        role="control",
    )


def test_ff_prop3(check: Check) -> None:
    def off(at: Any) -> bool:
        p, alpha = at["p"], at["alpha"]
        value = objective_by_definition(p, alpha, Fraction(0), Fraction(1), p)
        return bool(value != p * (1 - 2 * alpha))

    check.prove(
        "row 1: Ber(p) under (0,1) is worth p (1-2 alpha)",
        [*LOW_P, A < least_interior_weight(P)],
        worth(ZERO, ONE, P) == P * (1 - 2 * A),
        order=[P, A],
        recheck=off,
    )
    bounds_foundation(check)
    check.prove_all("row 1: nothing is worth more", "chain of lemmas", upper.low_is_zero())
    _interior_row(check)
    _distrust_row(check)
    check.prove(
        "the two thresholds differ for every p <= 1/3",
        [0 <= P, 3 * P <= 1],
        least_interior_weight(P) < distrust_weight(P),
        role="reading",
    )
    _prose(check)
    _frontier_prose(check)
    _control(check)


def _interior_row(check: Check) -> None:
    middle = [ROOT_T, *LOW_P, 1 - P < T, T < 1]
    low = printed_low()
    check.prove_all(
        "row 2: the interior bound lies in (0, p); its trust covariate is worth the printed value",
        "at the square root's square",
        {
            "inside": (middle, z3.And(0 < low, low < P)),
            "share": (middle, (P - low) / (1 - low) == interior_share(T)),
            "value": (middle, printed_value(low) == interior_value(T)),
            "worth": (middle, worth(low, ONE, interior_share(T)) == interior_value(T)),
            "as shipped": (middle, interior_low(P, T) == low),
            "the root's square": (
                [0 < A, *middle],
                2 * A * ((1 - P) / T) * ((1 - P) / T) == 1 - P,
            ),
        },
    )
    check.prove_all("row 2: nothing is worth more", "chain of lemmas", upper.interior())


def _distrust_row(check: Check) -> None:
    high = [*LOW_P, A > distrust_weight(P)]
    check.prove("row 3: (p,1) and a constant are worth 0", high, worth(P, ONE, ZERO) == 0)
    check.prove_all("row 3: nothing is worth more", "chain of lemmas", upper.distrust())


def _prose(check: Check) -> None:
    more, later = reals("beta s")
    check.prove_all(
        "a larger alpha raises the interior bound and treats fewer; at most 1/3 in need, the "
        "thresholds lie in [1/3, 3/4]",
        "two weights compared by their roots",
        {
            "bound and share": (
                [
                    *[ROOT_T, 0 <= later, later * later == 2 * more * (1 - P)],
                    *[*LOW_P, A < more, 1 - P < T],
                ],
                z3.And(
                    interior_low(P, T) < interior_low(P, later),
                    interior_share(later) < interior_share(T),
                ),
            ),
            "thresholds": (
                [0 <= P, 3 * P <= 1],
                z3.And(3 * least_interior_weight(P) >= 1, 4 * distrust_weight(P) <= 3),
            ),
            "what it isolates, in the best case": (
                [ROOT_T, *LOW_P, 1 - P < T, T < 1],
                interior_share(T) + (1 - interior_share(T)) * interior_low(P, T) == P,
            ),
        },
        role="prose",
    )


def _frontier_prose(check: Check) -> None:
    """At p = 3/10, alpha = 1 the bounds (0, 7/10) are optimal, with two segments; so is (0, 1)."""
    optimal = {
        "a constant is worth 0": ([], worth(LOW, HIGH, ZERO) == 0),
        "nothing is worth more": (
            any_covariate(P, OTHER_LOW, OTHER_HIGH, Q, WORST, BEST),
            objective(A, (WORST, BEST)) <= 0,
        ),
    }
    place = {P: Fraction(3, 10), A: Fraction(1), LOW: Fraction(0)}
    hedge_worst, hedge_best, trust_worst, trust_best = reals("hw hb tw tb")
    corners = [
        hedge_worst == (1 - 2 * P) / (1 - 2 * LOW) * (2 * LOW - 1),
        hedge_best == (1 - 2 * P) / (1 - 2 * LOW) * (2 * HIGH - 1),
        trust_worst == (1 - (P - LOW) / (HIGH - LOW)) * (2 * LOW - 1),
        trust_best == (P - LOW) / (HIGH - LOW) * (2 * HIGH - 1),
    ]
    check.refute(
        "every optimal choice of bounds leads to a single segment",
        "these bounds are in T2, with the hedge point above the segment, and optimal",
        {**place, HIGH: Fraction(7, 10)},
        optimal
        | {
            "in T2": ([], z3.And(first_excess(P, LOW, HIGH) > 0, 2 * P <= LOW + HIGH)),
            "a corner": (
                corners,
                z3.And(
                    trust_worst < hedge_worst,
                    hedge_worst < 0,
                    hedge_best * trust_worst < trust_best * hedge_worst,
                ),
            ),
        },
        role="prose",
    )
    check.refute(
        "row 3: no other bounds are optimal",
        "these bounds are optimal, with a constant",
        {**place, HIGH: Fraction(1)},
        optimal,
        role="reading",
    )


def test_ff_prop3_corrected(check: Check) -> None:
    e = reals("e")[0]
    bounds_foundation(check)
    first = [*LOW_P, A <= least_interior_weight(P)]
    check.prove(
        "low = 0, p < 1/3: attained by Ber(p)",
        [*first, 3 * P < 1],
        worth(ZERO, ONE, P) == P * (1 - 2 * A),
    )
    check.prove(
        "low = 0, p = 1/3: approached by low = e and its trust covariate",
        [*first, P == THIRD, 0 < e, e < P],
        worth(e, ONE, (P - e) / (1 - e)) >= P * (1 - 2 * A) - e,
    )
    check.prove(
        "p = 1/3, 0 < alpha < 1/3: no bounds and no covariate attain it",
        [P == THIRD, 0 < A, 3 * A < 1, *any_covariate(P, LOW, HIGH, Q, WORST, BEST)],
        objective(A, (WORST, BEST)) < P * (1 - 2 * A),
    )
    check.prove_all("low = 0: nothing is worth more", "chain of lemmas", upper.low_is_zero())
    _interior_row(check)
    _distrust_row(check)
    check.prove(
        "at the thresholds the rows meet: t = 1-p gives low = 0, t = 1 gives low = p",
        [ROOT_T, *LOW_P],
        z3.And(
            z3.Implies(T == 1 - P, z3.And(interior_low(P, T) == 0, interior_share(T) == P)),
            z3.Implies(T == 1, z3.And(interior_low(P, T) == P, interior_value(T) == 0)),
            (A <= least_interior_weight(P)) == (T <= 1 - P),
            (A >= distrust_weight(P)) == (T >= 1),
        ),
    )
    check.prove(
        "the thresholds differ for p > 0 and coincide at p = 0",
        [0 <= P, 3 * P <= 1],
        (least_interior_weight(P) < distrust_weight(P)) == (P > 0),
    )
    check.prove_all(
        "p = 0: every covariate is worth 0 under every bounds",
        "only the event of mass 0 can be treated",
        {
            "events": (
                [P == 0, within(P, LOW, HIGH), unit(Q)],
                inducible_within(P, LOW, HIGH, Q) == (Q == 0),
            ),
            "Nature's answers": (
                [P == 0, within(P, LOW, HIGH)],
                z3.And(worst_within(P, LOW, HIGH, ZERO) == 0, best_within(P, LOW, HIGH, ZERO) == 0),
            ),
        },
    )
    check.prove_all(
        "p < 1/3: the bounds of rows 1 and 2, and for row 3 (0,1), have one segment",
        "their region is T1, with low < p; a constant is worth 0 under all bounds",
        {
            "low = 0": ([0 < P, 3 * P < 1], first_excess(P, ZERO, ONE) < 0),
            "interior": (
                [ROOT_T, *LOW_P, 3 * P < 1, 1 - P < T, T < 1, LOW == interior_low(P, T)],
                z3.And(0 < LOW, LOW < P, first_excess(P, LOW, ONE) < 0),
            ),
            "row 3, all bounds": (
                [within(P, LOW, HIGH), *LOW_P],
                worth(LOW, HIGH, ZERO) == 0,
            ),
            "row 3, low = p: only the event of mass 0": (
                [within(P, LOW, HIGH), LOW == P, 3 * P <= 1, unit(Q)],
                inducible_within(P, LOW, HIGH, Q) == (Q == 0),
            ),
        },
        role="prose",
    )
    _control(check)
