"""Friend or Foe, Section 1: what the frontier's slope is for a gain g and a loss c.

A correct treatment earns g > 0, an unneeded one costs c > 0, and the designer treats where
the reported rate is at least k = c/(g+c), the rate at which treating breaks even.  An event
of mass m can be treated if the report can put need of at least k m into it and of less than
k (1-m) outside it.  As in the model, only masses matter (`ff_merge_atoms`, whose intervals
scale with the threshold).
"""

from __future__ import annotations

from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import event_masses, truth, unit
from proofs_check.smt import maximum, minimum, reals
from theory.points import distrust_point, trust_point

P, Q, G, C, WORST, BEST, NEED = reals("p q g c worst best need")
K = C / (G + C)


def inducible(p: Any, m: Any) -> z3.BoolRef:
    """An event of mass m can be treated: k m <= p and (p < m + k (1-m) or m = 1)."""
    return z3.And(C * m <= (G + C) * p, z3.Or((G + C) * p < (G + C) * m + C * (1 - m), m == 1))


def highest(p: Any, m: Any) -> z3.ArithRef:
    """Nature's best answer: need fills the event first."""
    return (G + C) * minimum(p, m) - C * m


def lowest(p: Any, m: Any) -> z3.ArithRef:
    """Nature's worst answer: need fills the rest first."""
    return (G + C) * maximum(0, p + m - 1) - C * m


def everyone() -> list[z3.BoolRef]:
    """Any covariate: its best event has mass q, and its worst case is at most what follows."""
    bounds = [z3.Implies(inducible(P, m), lowest(P, m) >= WORST) for m in event_masses(Q)]
    return [unit(P, Q), G > 0, C > 0, inducible(P, Q), highest(P, Q) == BEST, *bounds]


LOW = z3.And(P > 0, (G + 2 * C) * P < C)
HIGH = z3.And((2 * G + C) * P >= G + C, P < 1)


def _window(check: Check) -> None:
    """Which masses reports can put inside and outside an event, for a threshold k in (0, 1)."""
    a, b, total, x, y, k, m = reals("a b total x y k m")
    some = [a > 0, b > 0, 0 < k, k < 1]

    def splits(*bounds: z3.BoolRef) -> z3.BoolRef:
        return z3.Exists([x, y], z3.And(x + y == total, *bounds))

    check.prove_all(
        "reports: merging atoms, and the window, for any threshold",
        "induction on the atoms as in ff_merge_atoms; then one mass inside and one outside",
        {
            "treated": (
                some,
                splits(k * a <= x, x <= a, k * b <= y, y <= b)
                == z3.And(k * (a + b) <= total, total <= a + b),
            ),
            "untreated": (
                some,
                splits(0 <= x, x < k * a, 0 <= y, y < k * b)
                == z3.And(0 <= total, total < k * (a + b)),
            ),
            "window": (
                [unit(P, m), 0 < k, k < 1, total == P],
                splits(
                    k * m <= x,
                    x <= m,
                    0 <= y,
                    z3.Or(y < k * (1 - m), z3.And(m == 1, y == 0)),
                )
                == z3.And(k * m <= P, z3.Or(P < m + k * (1 - m), m == 1)),
            ),
            "as used": (
                [unit(P, m), G > 0, C > 0, k * (G + C) == C],
                inducible(P, m) == z3.And(k * m <= P, z3.Or(P < m + k * (1 - m), m == 1)),
            ),
        },
    )


def test_ff_intro_slope(check: Check) -> None:
    trust, distrust = trust_point(P), distrust_point(P)
    check.prove(
        "in the model the rate is 1 = 1/1",
        [unit(P), z3.Or(3 * P < 1, 3 * P > 2)],
        trust[1] - distrust[1] == -(trust[0] - distrust[0]),
    )
    share = z3.If(2 * P < 1, P, 1 - P)
    gained = z3.If(LOW, G * share, C * share)
    lost = z3.If(LOW, C * share, G * share)
    check.prove(
        "for g and c the rate is g/c in every informative subgroup",
        [P > 0, G > 0, C > 0, z3.Or(LOW, HIGH)],
        gained * C == lost * G,
        role="reading",
        order=[G, C, P],
    )
    _control(check)


def _control(check: Check) -> None:
    check.prove(
        "slope -g/c above 1/(2-k) too",
        [*everyone(), HIGH],
        C * (BEST - (G * P - C * (1 - P))) + G * (WORST - (G * P - C * (1 - P))) <= 0,
        role="control",
        order=[G, C, P, Q],
    )


def test_ff_intro_slope_corrected(check: Check) -> None:
    given = [unit(P, Q), G > 0, C > 0]
    _window(check)
    check.prove_all(
        "payoffs of an event",
        "bounds for every truth, and a truth that attains them",
        {
            "highest": (
                [*given, truth(P, Q, NEED)],
                G * NEED - C * (Q - NEED) <= highest(P, Q),
            ),
            "lowest": ([*given, truth(P, Q, NEED)], G * NEED - C * (Q - NEED) >= lowest(P, Q)),
            "attained": (
                given,
                z3.And(truth(P, Q, minimum(P, Q)), truth(P, Q, maximum(0, P + Q - 1))),
            ),
        },
    )
    base = G * P - C * (1 - P)
    check.prove_all(
        "low subgroups: the segment from (-cp, gp) to (0,0)",
        "supporting lines for every covariate, and Ber(q) yields (-cq, gq)",
        {
            "line": ([*everyone(), LOW], C * BEST + G * WORST <= 0),
            "ends": ([*everyone(), LOW], z3.And(BEST <= G * P, WORST <= 0)),
            "events of Ber(q), q <= p": (
                [*given, LOW, 0 < Q, Q <= P],
                z3.And(
                    inducible(P, Q),
                    z3.Not(inducible(P, 1 - Q)),
                    z3.Not(inducible(P, z3.RealVal(1))),
                    highest(P, Q) == G * Q,
                    lowest(P, Q) == -C * Q,
                ),
            ),
        },
    )
    check.prove_all(
        "high subgroups: the segment from (base - g(1-p), base + c(1-p)) to (base, base)",
        "the same, for the share q that is left untreated",
        {
            "line": (
                [*everyone(), HIGH],
                G * (BEST - base) + C * (WORST - base) <= 0,
            ),
            "ends": ([*everyone(), HIGH], z3.And(BEST <= base + C * (1 - P), WORST <= base)),
            "events of Ber(1-q), q <= 1-p": (
                [*given, HIGH, 0 < Q, Q <= 1 - P],
                z3.And(
                    inducible(P, 1 - Q),
                    inducible(P, z3.RealVal(1)),
                    z3.Not(inducible(P, Q)),
                    highest(P, 1 - Q) == base + C * Q,
                    lowest(P, 1 - Q) == base - G * Q,
                ),
            ),
        },
    )
    x, y = reals("x y")
    check.prove_all(
        "these segments are the frontiers: their points are undominated, and other points on or "
        "below the lines and within the ends are dominated by the point at the same best case",
        "from the supporting lines and ends",
        {
            "low": (
                [*given, LOW, C * y + G * x <= 0, 0 <= y, y <= G * P, G * WORST == -C * y],
                z3.And(x <= WORST, -C * P <= WORST, WORST <= 0),
            ),
            "high": (
                [
                    *given,
                    HIGH,
                    G * (y - base) + C * (x - base) <= 0,
                    base <= y,
                    y <= base + C * (1 - P),
                    C * (WORST - base) == -G * (y - base),
                ],
                z3.And(x <= WORST, base - G * (1 - P) <= WORST, WORST <= base),
            ),
            "undominated": (
                [*given, C * y + G * x <= 0, C * BEST + G * WORST == 0],
                z3.Not(z3.And(x >= WORST, y >= BEST, z3.Or(x > WORST, y > BEST))),
            ),
        },
    )
    check.prove(
        "with g = c = 1 the ranges are p < 1/3 and p >= 2/3",
        [unit(P), G == 1, C == 1],
        z3.And(z3.And(P > 0, 3 * P < 1) == LOW, z3.And(3 * P >= 2, P < 1) == HIGH),
    )
    _control(check)
