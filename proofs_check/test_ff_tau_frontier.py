"""Friend or Foe, Section 6.2: the frontier and its implementers under bounds, for p < 1/2.

The frontier is the set of undominated points of the closure of the convex hull of all pairs (see
`ff_frontier_definition_corrected`).  Supporting lines are proved for every covariate with finitely
many values; they are closed half-planes, so they hold on the closure.  `ff_chain_geometry` says
what a chain of corners under such lines amounts to.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import z3

from proofs_check.check import Check
from proofs_check.encodings import Pair, dominates, same_pair, unit
from proofs_check.encodings_tau import (
    BELOW,
    BEST,
    HIGH,
    LOW,
    SHARE,
    TIPPING,
    WORST,
    E,
    P,
    Q,
    R,
    U,
    below_line,
    bernoulli_pair,
    best_of,
    falls,
    ordered,
    some_covariate,
    worst_of,
)
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from proofs_check.test_ff_tau_points import HEDGE, NOBODY, OTHER, OWN, P1, TRUST_HIGH
from theory.bounded_definition import bernoulli_pair_by_definition

COVARIATE: Pair = (WORST, BEST)
STRICT = [*BELOW, 2 * HIGH > 1, SHARE]
"""p < 1/2 < high, so low < high, with u = q_T."""
NEVER = z3.RealVal(0)


def test_ff_chain_geometry(check: Check) -> None:
    x, y, s, left, top, right, bottom = reals("x y s left top right bottom")
    point, upper, lower = (x, y), (left, top), (right, bottom)
    on = (left + s * (right - left), top + s * (bottom - top))
    edge = [falls(upper, lower), below_line(point, upper, lower)]
    check.prove_all(
        "an edge from A down to B, and a point on or below its line",
        "the same for each edge of a chain",
        {
            "level with the edge, it is on it or dominated by a point of it": (
                [*edge, unit(s), on[1] == y],
                x <= on[0],
            ),
            "such a point of the edge exists": (
                [*edge, bottom <= y, y <= top, s * (top - bottom) == top - y],
                z3.And(unit(s), on[1] == y),
            ),
            "below B, and not to its right, it is dominated by B": (
                [falls(upper, lower), x <= right, y < bottom],
                dominates(lower, point),
            ),
            "it dominates no point of the edge": (
                [*edge, unit(s)],
                z3.Not(dominates(point, on)),
            ),
        },
    )
    check.prove(
        "it dominates no point of a level edge",
        [left < right, top == bottom, below_line(point, upper, lower), unit(s)],
        z3.Not(dominates(point, on)),
        role="control",
    )


def supporting_lines(case: str) -> dict[str, Obligation]:
    """The lines of one case of Lemma 4: for every covariate, and the corners in order."""
    given = [*some_covariate(), *STRICT]
    where = {
        "a": [P1 < 0],
        "p1": [P1 == 0],
        "b": [P1 > 0, 2 * P < LOW + HIGH],
        "d": [2 * P >= LOW + HIGH],
    }[case]
    trust = OWN if case in {"a", "p1"} else OTHER
    found: dict[str, Obligation] = {
        "worst case": ([*given, *where], WORST <= 0),
        "best case": ([*given, *where], BEST <= TRUST_HIGH),
    }
    if case == "b":
        found |= {
            "T-H": ([*given, *where, TIPPING], below_line(COVARIATE, OTHER, HEDGE)),
            "H-D": ([*given, *where, TIPPING], below_line(COVARIATE, HEDGE, NOBODY)),
            "order": (
                [*STRICT, *where, TIPPING],
                z3.And(falls(OTHER, HEDGE), falls(HEDGE, NOBODY)),
            ),
        }
    else:
        found |= {
            "T-D": ([*given, *where], below_line(COVARIATE, trust, NOBODY)),
            "order": ([*STRICT, *where, LOW < P], falls(trust, NOBODY)),
        }
    return found


def corners_are_reached() -> dict[str, Obligation]:
    """T and D are pairs of covariates, H a limit of such pairs (footnote 14's T at p1 is H)."""
    approached = (HEDGE[0] + E * (1 - 2 * LOW), HEDGE[1] - E * (2 * HIGH - 1))
    return {
        "T below p1": ([*STRICT, P1 < 0], same_pair(bernoulli_pair(U), OWN)),
        "T from p1 on": ([*STRICT, P1 >= 0], same_pair(bernoulli_pair(U), OTHER)),
        "D": (STRICT, same_pair(bernoulli_pair(NEVER), NOBODY)),
        "H, as e falls to 0": (
            [*STRICT, TIPPING, P1 >= 0, 2 * P <= LOW + HIGH, 0 < E, E <= R],
            same_pair(bernoulli_pair(R - E), approached),
        ),
        "at p1 the end of H-D is H": (
            [*STRICT, TIPPING, P1 == 0],
            z3.And(same_pair(OWN, HEDGE), z3.Implies(U > 0, OTHER[0] < OWN[0])),
        ),
    }


def _frontier_above_half(check: Check) -> None:
    """Lemma 4 with footnote 14 for p < 1/2 < high."""
    for case, label in (
        ("a", "p < p1: T-D"),
        ("p1", "p = p1: H-D"),
        ("b", "p1 < p < p2: T-H and H-D"),
        ("d", "p >= p2: T-D"),
    ):
        check.prove_all(label, "supporting lines, one each", supporting_lines(case))
    check.prove_all("the corners", "pairs of covariates and limits", corners_are_reached())
    check.prove(
        "all covariates lie below T-D between p1 and p2 too",
        [*some_covariate(), *STRICT, P1 > 0, 2 * P < LOW + HIGH],
        below_line(COVARIATE, OTHER, NOBODY),
        role="control",
    )


def test_ff_lemma3(check: Check) -> None:
    given = [*some_covariate(), 2 * P < 1, 2 * HIGH < 1]
    check.prove_all(
        "nobody is ever treated",
        "every covariate yields D, and a constant does",
        {
            "every covariate": (given, z3.And(WORST <= 0, BEST == 0)),
            "a constant": (
                [ordered(), 2 * P < 1],
                same_pair(bernoulli_pair(NEVER), NOBODY),
            ),
        },
    )
    check.prove(
        "the same for high up to 2/3",
        [*some_covariate(), 2 * P < 1, 3 * HIGH <= 2],
        BEST == 0,
        role="control",
    )


def _trust_is_dominated(at: Mapping[str, Fraction]) -> bool:
    """From the definitions: Ber(u) yields no more than the constant in the best case."""
    pair = bernoulli_pair_by_definition(at["p"], at["u"], (at["low"], at["high"]))
    return pair[1] == 0 and pair[0] < 0


def test_ff_lemma4(check: Check) -> None:
    _frontier_above_half(check)
    check.prove(
        "T is not dominated by D for p < p1 <= p2, high >= 1/2",
        [*BELOW, LOW < P, SHARE, P1 < 0],
        z3.Not(dominates(NOBODY, OWN)),
        order=[LOW, HIGH, P, U],
        recheck=_trust_is_dominated,
    )


def test_ff_lemma4_corrected(check: Check) -> None:
    _frontier_above_half(check)
    check.prove_all(
        "for high = 1/2 the frontier is D alone",
        "no covariate has a positive best case",
        {
            "every covariate": (
                [*some_covariate(), 2 * P < 1, 2 * HIGH == 1],
                z3.And(WORST <= 0, BEST <= 0),
            ),
            "a constant": (
                [ordered(), 2 * P < 1],
                same_pair(bernoulli_pair(NEVER), NOBODY),
            ),
        },
    )


def _implementers(check: Check) -> None:
    trust = z3.If(P1 < 0, worst_of(U), worst_of(1 - U)), best_of(U)
    check.prove(
        "(a) T is implemented by Ber(q_T), for p < 1/2 <= high",
        [*BELOW, LOW < HIGH, SHARE],
        same_pair(bernoulli_pair(U), trust),
    )
    check.prove_all(
        "(b) H is limit-implemented where Lemma 4 uses it, and (c) D is implemented",
        "an explicit sequence of rates, e -> 0",
        {label: corners_are_reached()[label] for label in ("H, as e falls to 0", "D")},
    )
    check.prove(
        "H is implemented by Ber(q_H)",
        [*STRICT, TIPPING, P1 >= 0, 2 * P <= LOW + HIGH],
        same_pair(bernoulli_pair(R), HEDGE),
        role="control",
    )


def test_ff_lemma5(check: Check) -> None:
    _implementers(check)
    step = reals("step")[0]
    near = [R == z3.RealVal("3/5"), -10 * step <= 1, 10 * step <= 1]
    check.refute(
        "(b) for every p < 1/2: H is limit-implemented below p1 too",
        "the best case of H is negative, while no covariate's is, so no sequence tends to H",
        {LOW: Fraction(0), HIGH: Fraction(1), P: Fraction(1, 5)},
        {
            "Ber(q) for all q near q_H = 3/5": (near, bernoulli_pair(R + step)[1] >= 0),
            "H": (near[:1], best_of(R) < 0),
        },
    )


def test_ff_lemma5_corrected(check: Check) -> None:
    _implementers(check)
    check.prove(
        "no covariate implements H for p in [p1, p2], 1/2 < high, low < p",
        [*some_covariate(), *STRICT, TIPPING, LOW < P, P1 >= 0, 2 * P <= LOW + HIGH],
        z3.Not(same_pair(COVARIATE, HEDGE)),
    )
    check.prove_all(
        "without bounds (b) fails for every p < 1/4",
        "the best case of H is negative, while no Ber(q) has a negative one",
        {
            "H": ([*BELOW, LOW == 0, HIGH == 1, TIPPING, 4 * P < 1], best_of(R) < 0),
            "Ber(q)": ([*BELOW, unit(Q)], bernoulli_pair(Q)[1] >= 0),
        },
    )
