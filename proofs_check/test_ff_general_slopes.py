"""Beyond Friend or Foe: slopes and thresholds for a gain g and a loss c, and g = c = 1 as a check.

New results of this toolkit, stated in `theory.general_points`; g + c = 1 in the proofs
(`ff_ext_general_scale`).
"""

from __future__ import annotations

from fractions import Fraction

import z3

from proofs_check.check import Check
from proofs_check.encodings import same_pair, unit
from proofs_check.general_payoffs import (
    GIVEN,
    HIGH_END,
    LEFT,
    LOW_END,
    RIGHT,
    STRAIGHT,
)
from proofs_check.smt import reals
from proofs_check.test_ff_general_payoffs import C, G, P
from theory.general_points import (
    general_distrust_point,
    general_hedge_point,
    general_last_slope,
    general_trust_end,
    general_trust_hedge_slope,
    general_trust_point,
    treat_everyone,
)
from theory.points import distrust_point, hedge_point, trust_hedge_slope, trust_point

Case = tuple[Fraction, Fraction, Fraction]

TRUST, END = general_trust_point(P, G, C), general_trust_end(P, G, C)
HEDGE, DISTRUST = general_hedge_point(P, G, C), general_distrust_point(P, G, C)


def test_ff_ext_general_slopes(check: Check) -> None:
    steep, last = general_trust_hedge_slope(P, G, C), general_last_slope(P, G, C)
    inner = [*GIVEN, 0 < P, P < 1]
    base = treat_everyone(P, G, C)
    treated, untreated = G * P, C * (1 - P)
    last_edges = {
        "low": (LOW_END, END, -G, C),
        "left": (LEFT, HEDGE, -G, C),
        "between, p < k": (z3.And(STRAIGHT, base < 0), TRUST, -treated, untreated),
        "between, p >= k": (z3.And(STRAIGHT, base >= 0), TRUST, -untreated, treated),
        "right": (RIGHT, HEDGE, -C, G),
        "high": (HIGH_END, END, -C, G),
    }
    obligations = {}
    for name, (region, start, rise, run) in last_edges.items():
        obligations[f"{name}: the edge to D"] = (
            [*inner, region],
            (DISTRUST[1] - start[1]) * run == rise * (DISTRUST[0] - start[0]),
        )
        obligations[f"{name}: as shipped"] = ([*inner, region], last * run == rise)
    for name, region in (("left", LEFT), ("right", RIGHT)):
        obligations[f"{name}: T-H"] = (
            [*GIVEN, region],
            HEDGE[1] - TRUST[1] == steep * (HEDGE[0] - TRUST[0]),
        )
        obligations[f"{name}: T-H is flatter than H-D"] = (
            [*GIVEN, region],
            z3.And(last < steep, steep < 0),
        )
    check.prove_all("slopes", "rise = slope * run on each edge", obligations)
    alpha, one = reals("alpha one")
    tie = alpha * -1 == (1 - alpha) * one
    check.prove_all(
        "weights at which the designer moves on: alpha = -slope / (1 - slope)",
        "product equalities",
        {
            "trust to hedge, p < k": (
                [*GIVEN, LEFT, tie, one == steep],
                alpha * ((G + 3 * C) * P - C) == (G + 2 * C) * P - C,
            ),
            "trust to hedge, p > k": (
                [*GIVEN, RIGHT, tie, one == steep],
                alpha * ((C + 3 * G) * (1 - P) - G) == (C + 2 * G) * (1 - P) - G,
            ),
            "to distrust, but between k and 1/2": (
                [*inner, z3.Not(STRAIGHT), tie, one == last],
                alpha * (G + C) == z3.If(base < 0, G, C),
            ),
            "trust to distrust, between k and 1/2": (
                [*inner, STRAIGHT, tie, one == last],
                alpha * (G * P + C * (1 - P)) == z3.If(base < 0, G * P, C * (1 - P)),
            ),
        },
    )
    check.prove(
        "one last slope for all subgroups",
        [*inner, z3.Not(STRAIGHT)],
        last * C == -G,
        role="control",
        order=[G, C, P],
    )


def test_ff_ext_general_unit(check: Check) -> None:
    unit_payoffs = [unit(P), G == 1, C == 1]
    inside = [3 * P >= 1, 3 * P <= 2]
    check.prove_all(
        "g = c = 1 gives the points of the paper's model",
        "one point each, for every p",
        {
            "T": (unit_payoffs, same_pair(TRUST, trust_point(P))),
            "H": ([*unit_payoffs, *inside, 2 * P != 1], same_pair(HEDGE, hedge_point(P))),
            "D": (unit_payoffs, same_pair(DISTRUST, distrust_point(P))),
            "slope of T-H": (
                [*unit_payoffs, *inside],
                general_trust_hedge_slope(P, G, C) == trust_hedge_slope(P),
            ),
            "only 1/2 is between k and 1/2": (unit_payoffs, STRAIGHT == (2 * P == 1)),
        },
    )
    check.prove(
        "T for every g = c",
        [unit(P), G > 0, G == C],
        same_pair(TRUST, trust_point(P)),
        role="control",
    )
