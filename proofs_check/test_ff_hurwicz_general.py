"""Beyond Appendix G of Friend or Foe: the frontier for every p and beta.

New results of this toolkit.  They rest on lines without beta: as v_MA = d, the objective of a
supporting line is affine in beta once 1 - beta is divided out, so it holds for all beta if it holds
for v_MM (beta = 1) and for v_AM (beta = 0).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    Pair,
    bernoulli_pair,
    dominates,
    inducible,
    payoff,
    same_pair,
    truth,
    unit,
)
from proofs_check.geometry import below
from proofs_check.hurwicz import (
    answers,
    best_need,
    default,
    nature_helps,
    pair_by_programs,
    proper,
    secured,
    some_hurwicz_covariate,
    weighted,
)
from proofs_check.kernel import Obligation
from proofs_check.rational import unit_rationals
from proofs_check.smt import minimum, reals
from proofs_check.test_ff_appendix_g import (
    AA,
    AM,
    BETA,
    MM,
    NEED,
    P,
    Q,
)
from theory.hurwicz import hurwicz_corners, hurwicz_hedge_point, hurwicz_trust_point
from theory.hurwicz_programs import four_payoffs

ANYONE = some_hurwicz_covariate(P, Q, MM, AM, AA, NEED)
RARER = minimum(P, 1 - P)
MIDDLE = z3.And(3 * P > 1, 3 * P < 2, 2 * P != 1)


def _hurwicz_pair(q: Any) -> Pair:
    """The pair of Ber(q), 0 < q < 1, from the four payoffs."""
    pair = bernoulli_pair(P, q)
    return (
        weighted(BETA, pair[0], nature_helps(P, q)),
        weighted(BETA, default(P), pair[1]),
    )


def test_ff_ext_hurwicz_payoffs(check: Check) -> None:
    m, bound = reals("m bound")
    inner = [unit(P), 0 < Q, Q < 1]
    check.prove_all(
        "v_MA = d(p) for every covariate",
        "the default event can always be treated; no event earns more against the uninformative "
        "truth",
        {
            "at least": (
                [unit(P)],
                z3.If(2 * P < 1, inducible(P, 0 * P), inducible(P, z3.RealVal(1))),
            ),
            "at most": ([unit(P, m)], z3.And(truth(P, m, P * m), payoff(m, P * m) <= default(P))),
        },
    )
    check.prove_all(
        "v_AM of Ber(q): p - 1/2 where both values can be treated, else d(p)",
        "a truth that secures it, and no truth secures more",
        {
            "attained": (
                inner,
                z3.And(
                    truth(P, Q, best_need(P, Q)),
                    secured(P, Q, best_need(P, Q)) == nature_helps(P, Q),
                ),
            ),
            "not exceeded": (
                [*inner, truth(P, Q, NEED), *answers(P, Q, NEED, bound)],
                bound <= nature_helps(P, Q),
            ),
        },
    )
    check.exhaust(
        "v_AM and v_MA of Ber(q), solved exactly",
        "p and q with denominators to " + ("10" if check.full else "6"),
        [
            (p, q)
            for p in unit_rationals(10 if check.full else 6)
            for q in unit_rationals(10 if check.full else 6)
            if 0 < q < 1
        ],
        _programs_agree,
        role="confirmation",
    )
    check.prove(
        "some truth secures d(p) against Ber(q), that of the closed form",
        inner,
        secured(P, Q, best_need(P, Q)) >= default(P),
        role="control",
    )


def _programs_agree(case: tuple[Fraction, Fraction]) -> bool:
    p, q = case
    _, nature, machine, _ = four_payoffs(p, (q, 1 - q)).values
    window = [m for m in (q, 1 - q) if m <= 2 * p < 1 + m]
    base = max(Fraction(0), 2 * p - 1)
    return machine == base and nature == (p - Fraction(1, 2) if len(window) == 2 else base)


def _two_lines() -> dict[str, Obligation]:
    """Facts without beta about every covariate, every p."""
    base = default(P)
    run, rise = 3 * RARER - 1, AA - base - RARER
    return {
        "v_MM + v_AA <= 2d": (ANYONE, MM + AA <= 2 * base),
        "v_MM <= d, v_AM <= d, v_AA <= d + r": (
            ANYONE,
            z3.And(MM <= base, AM <= base, AA <= base + RARER),
        ),
        "T-H at beta = 1": (
            [*ANYONE, MIDDLE],
            rise * RARER + run * (MM - base - RARER + 1) <= 0,
        ),
        "T-H at beta = 0": (
            [*ANYONE, MIDDLE],
            rise * (1 - 2 * RARER) + run * (2 * AM - 2 * base - 2 * RARER + 1) <= 0,
        ),
    }


def test_ff_ext_hurwicz_frontier(check: Check) -> None:
    base, (e, rarer) = default(P), reals("e rarer")
    trust, hedge = hurwicz_trust_point(P, BETA), hurwicz_hedge_point(P, BETA)
    check.prove_all("two lines without beta", "facts about every covariate", _two_lines())
    d = reals("d")[0]
    pair = (weighted(BETA, MM, AM), weighted(BETA, d, AA))
    corner_t = (
        d + BETA * (rarer - 1) + (1 - BETA) * (rarer - z3.RealVal("1/2")),
        d + (1 - BETA) * rarer,
    )
    corner_h = (d - BETA * (1 - 2 * rarer), d + (1 - BETA) * (1 - 2 * rarer))
    rise, run = AA - d - rarer, 3 * rarer - 1
    lines = [
        rise * rarer + run * (MM - d - rarer + 1) <= 0,
        rise * (1 - 2 * rarer) + run * (2 * AM - 2 * d - 2 * rarer + 1) <= 0,
    ]
    middle = [3 * rarer > 1, 2 * rarer < 1]
    check.prove_all(
        "so the supporting lines hold for every beta",
        "each is a combination of the facts with weights beta and 1 - beta",
        {
            "through D": (
                [unit(BETA), MM + AA <= 2 * d, AM <= d],
                BETA * (pair[1] - d) + (1 - BETA) * (pair[0] - d) <= 0,
            ),
            "ends": (
                [unit(BETA), MM <= d, AM <= d, AA <= d + rarer],
                z3.And(pair[0] <= d, pair[1] <= d + (1 - BETA) * rarer),
            ),
            "T-H": ([unit(BETA), *middle, *lines], below(pair, corner_t, corner_h)),
            "T and H as shipped": (
                [unit(P, BETA), MIDDLE, rarer == RARER, d == base],
                z3.And(same_pair(trust, corner_t), same_pair(hedge, corner_h)),
            ),
        },
    )
    small = [3 * P >= 1, 2 * P < 1, 0 < e, e < 1 - 2 * P]
    check.prove_all(
        "T, H and D are yielded, or approached",
        "pairs of Bernoulli covariates",
        {
            "T by Ber(p)": ([unit(BETA), 0 < P, P < 1], same_pair(_hurwicz_pair(P), trust)),
            "H, p < 1/2, as e falls to 0": (
                [unit(BETA), *small],
                same_pair(
                    _hurwicz_pair(1 - 2 * P - e), (hedge[0] + BETA * e, hedge[1] - (1 - BETA) * e)
                ),
            ),
            "H, p > 1/2, by Ber(2-2p)": (
                [unit(BETA), 2 * P > 1, 3 * P <= 2],
                same_pair(_hurwicz_pair(2 - 2 * P), hedge),
            ),
        },
    )
    corner_d = (d, d)
    check.prove_all(
        "the chain turns right at H, and its edges fall, for 0 < beta < 1",
        "so ff_chain makes it the frontier",
        {
            "T-H falls": (
                [proper(BETA), *middle],
                z3.And(corner_t[0] < corner_h[0], corner_t[1] > corner_h[1]),
            ),
            "H lies above T-D": (
                [proper(BETA), *middle],
                z3.Not(below(corner_h, corner_t, corner_d)),
            ),
            "T off the middle, H in it, on the line of slope -(1-beta)/beta through D": (
                [unit(P, BETA), z3.Or(3 * P < 1, 3 * P >= 2, 2 * P == 1), d == base],
                BETA * (trust[1] - d) + (1 - BETA) * (trust[0] - d) == 0,
            ),
            "H": ([unit(BETA)], BETA * (corner_h[1] - d) + (1 - BETA) * (corner_h[0] - d) == 0),
        },
    )
    check.prove_all(
        "beta = 1 and beta = 0",
        "an adversarial Nature leaves the best case at d; with a benevolent one D is one of two "
        "points with the same worst case",
        {
            "beta = 1: D dominates or equals every pair": (
                [BETA == 1, MM <= d],
                z3.And(pair[0] <= d, pair[1] == d),
            ),
            "beta = 0: D is dominated by H, or by T outside the middle": (
                [BETA == 0, 0 < P, P < 1, d == base],
                z3.If(
                    z3.Or(MIDDLE, 3 * P == 1),
                    dominates(hedge, corner_d),
                    dominates(trust, corner_d),
                ),
            ),
            "beta = 0: nothing dominates D at p = 0 and p = 1": (
                [BETA == 0, z3.Or(P == 0, P == 1), rarer == RARER, AM <= d, AA <= d + rarer],
                z3.Not(dominates(pair, corner_d)),
            ),
            "beta = 0: nothing beats the level of T there": (
                [BETA == 0, MM <= d, AM <= d, AA <= d + rarer],
                z3.And(pair[0] <= d, pair[1] <= d + rarer),
            ),
        },
    )
    check.exhaust(
        "against the hull of Bernoulli pairs, solved exactly; beta = 0 and 1 included",
        "p in 24ths, beta in quarters",
        [(Fraction(k, 24), Fraction(b, 4)) for k in range(25) for b in range(5)],
        _corners_by_programs,
        role="confirmation",
    )
    check.prove(
        "at beta = 0 D is dominated by T at p = 1/3 too",
        [BETA == 0, 3 * P == 1, d == base],
        dominates(trust, corner_d),
        role="control",
    )
    check.prove(
        "with the T of p < 1/3 in the middle too",
        [unit(BETA), MIDDLE],
        same_pair(_hurwicz_pair(P), (base - BETA * RARER, base + (1 - BETA) * RARER)),
        role="control",
    )


def _corners_by_programs(case: tuple[Fraction, Fraction]) -> bool:
    """The undominated extreme points of the pairs of Ber(q), where H may be a near miss.

    At p = 1/3 that leaves Ber(p) undominated, so there it is compared with H itself.
    """
    p, beta = case
    near = Fraction(1, 10**9)
    rates = {q for q in (0, p, 1 - 2 * p - near, 2 - 2 * p, Fraction(1, 2)) if 0 <= q < 1}
    if 3 * p == 1:
        trust, hedge = pair_by_programs(p, p, beta), hurwicz_hedge_point(p, beta)
        if not (trust[0] < hedge[0] and trust[1] == hedge[1]):
            return False
        rates.remove(p)
    pairs = {pair_by_programs(p, Fraction(q), beta) for q in rates}
    hull: list[tuple[Fraction, Fraction]] = []
    for x, y in sorted(pairs):
        while hull and hull[-1][1] <= y:
            hull.pop()
        while len(hull) > 1 and _turn(hull[-2], hull[-1], (x, y)) >= 0:
            hull.pop()
        hull.append((x, y))
    corners = [corner.point for corner in hurwicz_corners(p, beta)]
    return len(hull) == len(corners) and all(
        abs(a - b) <= near
        for one, two in zip(hull, corners, strict=True)
        for a, b in zip(one, two, strict=True)
    )


def _turn(a: Pair, b: Pair, c: Pair) -> Fraction:
    return Fraction((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
