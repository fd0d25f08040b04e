"""Friend or Foe, Appendix G: the frontier when Nature is adversarial with weight beta, p < 1/3."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import z3

from figures import ff_fig13
from proofs_check.check import Check
from proofs_check.encodings import (
    bernoulli_pair,
    dominates,
    same_pair,
    some_covariate,
    truth,
    unit,
)
from proofs_check.hurwicz import (
    bernoulli,
    pair_by_programs,
    proper,
    secured,
)
from proofs_check.smt import reals
from proofs_check.test_ff_appendix_g import (
    AA,
    AM,
    BEST,
    BETA,
    EVERYONE,
    LOW,
    MM,
    NEED,
    WORST,
    P,
    Q,
)
from theory.hurwicz_programs import four_payoffs


def _segment_is_frontier(check: Check) -> None:
    x, y = reals("x y")
    check.prove_all(
        "every covariate lies on or below the line from D to T, and Ber(q) is on it for q <= p",
        "sums of facts about the four payoffs",
        {
            "v_MM + v_AA <= 0": (EVERYONE, MM + AA <= 0),
            "v_AM <= 0 and v_AA <= p": (EVERYONE, z3.And(AM <= 0, AA <= P)),
            "beta best + (1-beta) worst <= 0": (
                [unit(BETA), MM + AA <= 0, AM <= 0],
                BETA * BEST + (1 - BETA) * WORST <= 0,
            ),
            "v_MM = -q and v_AA = q": ([*LOW, Q <= P], same_pair(bernoulli_pair(P, Q), (-Q, Q))),
            "v_AM = 0": (
                [*LOW, Q <= P, truth(P, Q, NEED)],
                z3.And(secured(P, Q, NEED) <= 0, secured(P, Q, Q) == 0),
            ),
        },
    )
    below = [*LOW, BETA * y + (1 - BETA) * x <= 0, y <= (1 - BETA) * P, x <= 0]
    level = (-BETA * Q, (1 - BETA) * Q)
    check.prove_all(
        "so the undominated points are the segment, for 0 < beta < 1",
        "at each level the segment's point is at least as far right; nothing below the line "
        "dominates it",
        {
            "on a level": (
                [*below, proper(BETA), y >= 0, y == (1 - BETA) * Q],
                z3.And(Q <= P, x <= level[0]),
            ),
            "below D": ([*below, y < 0], dominates((0 * P, 0 * P), (x, y))),
            "undominated": ([*below, proper(BETA), Q <= P], z3.Not(dominates((x, y), level))),
        },
    )
    check.prove(
        "slope -(1-beta)/beta",
        [proper(BETA), P > 0],
        (1 - BETA) * P * BETA == -(1 - BETA) * (-BETA * P),
        role="prose",
    )
    check.prove(
        "the segment is undominated at beta = 1 too",
        [*below, 0 < BETA, BETA <= 1, Q <= P],
        z3.Not(dominates((x, y), level)),
        role="control",
    )


def test_ff_prop_g1(check: Check) -> None:
    _segment_is_frontier(check)
    check.prove(
        "v_MM = -p and v_AA = p, displayed for any mu",
        [*LOW, 0 < P],
        same_pair(bernoulli_pair(P, Q), (-P, P)),
        role="step",
        order=[P, Q],
        recheck=lambda at: (
            four_payoffs(at["p"], bernoulli(at["q"])).values[::3] != (-at["p"], at["p"])
        ),
    )


def test_ff_prop_g1_corrected(check: Check) -> None:
    _segment_is_frontier(check)
    check.prove_all(
        "v_MM = -p and v_AA = p for Ber(p), and v_AA <= p for every covariate",
        "one fact each",
        {
            "Ber(p)": (LOW, same_pair(bernoulli_pair(P, P), (-P, P))),
            "everyone": ([*some_covariate(P, Q, MM, AA), 3 * P < 1], AA <= P),
        },
    )


def test_ff_fig13(check: Check) -> None:
    shown, p = ff_fig13.data(), ff_fig13.RATE
    inner = {beta: ends for beta, ends in shown.items() if 0 < beta < 1}

    def drawn(case: dict[str, Any]) -> bool:
        beta, (trust, distrust) = case["beta"], case["ends"]
        ends = (pair_by_programs(p, q, beta) for q in (p, Fraction(0)))
        run, rise = trust[0] - distrust[0], trust[1] - distrust[1]
        return (trust, distrust) == tuple(ends) and rise * beta == -(1 - beta) * run

    cases: list[dict[str, Any]] = [{"beta": beta, "ends": ends} for beta, ends in inner.items()]
    check.exhaust(
        "each segment joins the pairs of a constant and of Ber(p), with slope -(1-beta)/beta",
        f"the values of beta drawn, p = {p}",
        cases,
        drawn,
    )
    slopes = [
        (trust[1] - distrust[1]) / (trust[0] - distrust[0]) for trust, distrust in inner.values()
    ]
    check.certify(
        "the segments differ: flatter for a larger beta",
        lambda: p < Fraction(1, 3) and all(a < b for a, b in pairwise(slopes)),
        {"beta": tuple(inner), "slopes": tuple(slopes)},
    )
    check.certify(
        "one slope for all", lambda: len(set(slopes)) == 1, {"beta": tuple(inner)}, role="control"
    )
