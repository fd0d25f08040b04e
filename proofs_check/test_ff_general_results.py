"""Beyond Friend or Foe: one subgroup with a gain g and a loss c; its corners and its frontier.

New results of this toolkit, stated in `theory.general_points`, proved for every p, g and c and for
every covariate, and confirmed by enumerating events with the threshold k = c/(g+c).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement

import z3

from proofs_check.check import Check
from proofs_check.encodings import same_pair, unit
from proofs_check.general_payoffs import (
    GIVEN,
    HIGH_END,
    LEFT,
    LOW_END,
    REGIONS,
    RIGHT,
    STRAIGHT,
    anyone,
    hull_of,
    limit_points,
    yields,
)
from proofs_check.geometry import below
from proofs_check.rational import unit_rationals
from proofs_check.smt import reals
from proofs_check.test_ff_general_payoffs import BEST, WORST, C, G, P, Q, highest, inducible, lowest
from theory.general_points import (
    general_distrust_point,
    general_hedge_point,
    general_hedge_share,
    general_trust_end,
    general_trust_point,
)
from theory.general_population import frontier_corners, general_extremes_by_enumeration

Case = tuple[Fraction, Fraction, Fraction]

TRUST, END = general_trust_point(P, G, C), general_trust_end(P, G, C)
HEDGE, DISTRUST = general_hedge_point(P, G, C), general_distrust_point(P, G, C)


def small_cases(full: bool) -> Iterator[Case]:
    """Rates and payoffs, with every rate at which a case distinction changes."""
    for gain, loss in (
        (Fraction(g), Fraction(c)) for g in range(1, 4) for c in range(1, 4) if full or g + c < 5
    ):
        k = loss / (gain + loss)
        changes = {k, k / (1 + k), 1 / (2 - k)}
        for p in sorted(changes | set(unit_rationals(12 if full else 7))):
            yield p, gain, loss


def test_ff_ext_general_scale(check: Check) -> None:
    m, t = reals("m t")
    given = [unit(P, m), G > 0, C > 0, t > 0]

    def scaled(term: z3.ExprRef) -> z3.ExprRef:
        return z3.substitute(term, (G, t * G), (C, t * C))

    check.prove_all(
        "payoffs t g and t c: the same events, payoffs multiplied by t",
        "the window and Nature's two extreme payoffs of an event",
        {
            "window": (given, scaled(inducible(P, m)) == inducible(P, m)),
            "highest": (given, scaled(highest(P, m)) == t * highest(P, m)),
            "lowest": (given, scaled(lowest(P, m)) == t * lowest(P, m)),
        },
    )
    check.prove(
        "multiplying the gain alone keeps the events",
        given,
        z3.substitute(inducible(P, m), (G, t * G)) == inducible(P, m),
        role="control",
    )


def test_ff_ext_general_trust(check: Check) -> None:
    check.prove("what Ber(p) yields", GIVEN, yields(P, TRUST))
    check.prove(
        "no event earns more than gp or, treated or not, less than -c(1-p)",
        [*GIVEN, unit(Q)],
        z3.And(highest(P, Q) <= TRUST[1], lowest(P, Q) >= -C * (1 - P)),
    )
    check.exhaust(
        "against enumeration",
        "p with denominators to 7, and the boundaries; g, c to 3",
        small_cases(check.full),
        lambda case: (
            general_trust_point(*case)
            == general_extremes_by_enumeration(
                case[0], tuple(m for m in (case[0], 1 - case[0]) if m), *case[1:]
            )
        ),
        role="confirmation",
    )
    check.prove("(-cp, gp) for every p", GIVEN, yields(P, (-C * P, G * P)), role="control")


def test_ff_ext_general_hedge(check: Check) -> None:
    e, share = reals("e share")
    left = [*GIVEN, z3.Or(LEFT, (G + 2 * C) * P == C), P == C * (1 - share)]
    right = [*GIVEN, z3.Or(RIGHT, (2 * G + C) * P == G + C), P == 1 - G * share]
    check.prove_all(
        "H is approached for p < k and yielded for p > k",
        "explicit Bernoulli rates, e -> 0; P is written through the share",
        {
            "p < k: H and its share": (
                left,
                z3.And(
                    general_hedge_share(P, G, C) == share,
                    same_pair(HEDGE, (-C * share, G * share)),
                ),
            ),
            "p < k": (
                [*left, 0 < e, e <= share],
                yields(share - e, (-C * (share - e), G * (share - e))),
            ),
            "p > k: H and its share": (
                right,
                z3.And(general_hedge_share(P, G, C) == share, same_pair(HEDGE, (0 * P, 1 - share))),
            ),
            "p > k": (right, yields(share, (0 * P, 1 - share))),
        },
    )
    check.prove(
        "no covariate yields H for p < k",
        [*anyone(), z3.Or(LEFT, (G + 2 * C) * P == C)],
        z3.Not(same_pair((WORST, BEST), HEDGE)),
    )
    check.prove_all(
        "at k/(1+k) it dominates T, at 1/(2-k) it is T",
        "the ends of the middle range",
        {
            "k/(1+k)": (
                [*GIVEN, (G + 2 * C) * P == C],
                z3.And(HEDGE[1] == TRUST[1], HEDGE[0] > TRUST[0], same_pair(HEDGE, END)),
            ),
            "1/(2-k)": ([*GIVEN, (2 * G + C) * P == G + C], same_pair(HEDGE, TRUST)),
        },
    )
    check.prove(
        "Ber(1 - p/k) yields H",
        left,
        yields(share, (-C * share, G * share)),
        role="control",
    )


def test_ff_ext_general_frontier(check: Check) -> None:
    point = (WORST, BEST)
    lines = {
        "ends": (anyone(), z3.And(WORST <= DISTRUST[0], BEST <= END[1])),
        "low: T-D": ([*anyone(), P > 0, LOW_END], below(point, END, DISTRUST)),
        "high: T-D": ([*anyone(), P < 1, HIGH_END], below(point, END, DISTRUST)),
        "between k and 1/2: T-D": ([*anyone(), STRAIGHT], below(point, TRUST, DISTRUST)),
    }
    for name, region in (("left", LEFT), ("right", RIGHT)):
        lines[f"{name}: T-H"] = ([*anyone(), region], below(point, TRUST, HEDGE))
        lines[f"{name}: H-D"] = ([*anyone(), region], below(point, HEDGE, DISTRUST))
    check.prove_all("every covariate lies on or below these lines", "one line each", lines)
    falls = {}
    for name, region in REGIONS.items():
        inner = [*GIVEN, region, 0 < P, P < 1]
        falls[f"{name}: the last edge falls"] = (
            inner,
            z3.And(END[0] < DISTRUST[0], END[1] > DISTRUST[1]),
        )
    for name, region in (("left", LEFT), ("right", RIGHT)):
        falls[f"{name}: T-H falls, H-D falls, and H lies above T-D"] = (
            [*GIVEN, region],
            z3.And(
                TRUST[0] < HEDGE[0],
                TRUST[1] > HEDGE[1],
                HEDGE[0] < DISTRUST[0],
                HEDGE[1] > DISTRUST[1],
                z3.Not(below(HEDGE, TRUST, DISTRUST)),
            ),
        )
    falls["D is yielded by a constant"] = (GIVEN, yields(z3.RealVal(0), DISTRUST))
    falls["the five ranges cover every p"] = (GIVEN, z3.Or(*REGIONS.values()))
    falls["p = 0 and 1: one point"] = (
        [*GIVEN, z3.Or(P == 0, P == 1)],
        same_pair(TRUST, DISTRUST),
    )
    check.prove_all(
        "the edges fall and turn right, so they are the frontier",
        "as in ff_chain, with T and H of ff_ext_general_trust and ff_ext_general_hedge",
        falls,
    )
    check.exhaust(
        "against the hull of the pairs of all Ber(q), limits included, enumerated",
        "p with denominators to 7, and the boundaries; g, c to 3",
        small_cases(check.full),
        lambda case: [c.point for c in frontier_corners(*case)] == hull_of(limit_points(*case)),
        role="confirmation",
    )
    check.exhaust(
        "covariates with three values lie on or below the frontier, enumerated",
        "weights to 3, the same rates and payoffs",
        (
            (case, tuple(Fraction(w, sum(weights)) for w in weights))
            for case in small_cases(False)
            for weights in combinations_with_replacement(range(1, 4), 3)
        ),
        _below_frontier,
        role="confirmation",
    )
    check.prove(
        "T-D wherever the other share can be treated",
        [*anyone(), LEFT],
        below(point, TRUST, DISTRUST),
        role="control",
        order=[G, C, P],
    )


def _below_frontier(element: tuple[Case, tuple[Fraction, ...]]) -> bool:
    case, masses = element
    pair = general_extremes_by_enumeration(case[0], masses, *case[1:])
    corners = [corner.point for corner in frontier_corners(*case)]
    return hull_of([*corners, pair]) == corners
