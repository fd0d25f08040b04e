"""Beyond Friend or Foe: the best policy for a gain g and a loss c, in one and in many subgroups.

New results of this toolkit, which extend Theorem 2.  Payoffs scale, so g + c = 1 in the proofs
(`ff_ext_general_scale`); every covariate lies on or below the chain (`ff_ext_general_frontier`).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import Any

import numpy as np
import z3

from proofs_check.check import Check
from proofs_check.encodings import Pair, objective, same_pair, unit
from proofs_check.general_payoffs import (
    GIVEN,
    HIGH_END,
    LEFT,
    LOW_END,
    RIGHT,
    STRAIGHT,
    hull_of,
)
from proofs_check.geometry import below
from proofs_check.kernel import Obligation
from proofs_check.smt import maximum, minimum, reals
from proofs_check.test_ff_general_payoffs import C, G, P
from theory.general_points import (
    general_distrust_point,
    general_hedge_point,
    general_last_slope,
    general_trust_end,
    general_trust_point,
    treat_everyone,
)
from theory.general_population import frontier_corners, general_frontier, general_policy
from theory.population import Subgroups

ALPHA = z3.Real("alpha")
TRUST, END = general_trust_point(P, G, C), general_trust_end(P, G, C)
HEDGE, DISTRUST = general_hedge_point(P, G, C), general_distrust_point(P, G, C)


def _chain_lemma() -> dict[str, Obligation]:
    """A point on or below a chain is worth at most the best corner, for every weight.

    Without loss D = (0,0) and H = (-run, rise): moving both payoffs moves every objective.
    """
    x, y, run, rise, more_run, more_rise = reals("x y run rise more_run more_rise")
    hedge, distrust = (-run, rise), (0 * x, 0 * x)
    trust = (-run - more_run, rise + more_rise)
    corners = [run > 0, rise > 0, more_run > 0, more_rise > 0]
    known = [unit(ALPHA), x <= 0, y <= trust[1], below((x, y), hedge, distrust)]
    lines = [*known, below((x, y), trust, hedge)]

    def at(point: Pair) -> Any:
        return objective(ALPHA, point)

    return {
        "D": ([*corners, *known, at(hedge) <= 0], at((x, y)) <= 0),
        "H": ([*corners, *lines, at(hedge) >= 0, at(hedge) >= at(trust)], at((x, y)) <= at(hedge)),
        "T, moved to (0,0), with H = (run, -rise) and the point (x, -y)": (
            [unit(ALPHA), run > 0, rise > 0, y >= 0, rise * x <= run * y, at((run, -rise)) <= 0],
            at((x, -y)) <= 0,
        ),
        "T without H": (
            [*corners[:2], *known[:2], y <= rise, known[3], at(hedge) >= 0],
            at((x, y)) <= at(hedge),
        ),
    }


def _prefers(left: Pair, right: Pair) -> z3.BoolRef:
    return objective(ALPHA, left) >= objective(ALPHA, right)


def test_ff_ext_general_policy(check: Check) -> None:
    share = z3.Real("share")
    base = treat_everyone(P, G, C)
    treated, untreated = G * P, C * (1 - P)
    inner = [*GIVEN, unit(ALPHA), 0 < P, P < 1]
    left, right = [*inner, LEFT, P == C * (1 - share)], [*inner, RIGHT, P == 1 - G * share]
    left_hedge, right_hedge = (-C * share, G * share), (0 * P, 1 - share)
    check.prove_all(
        "a covariate is worth at most the best corner",
        "geometry of a chain that falls and turns right",
        _chain_lemma(),
    )
    check.prove_all(
        "which corner is best, by the weight alpha",
        "comparisons of two corners, range by range",
        {
            "low: T up to g/(g+c)": (
                [*inner, LOW_END],
                _prefers(END, DISTRUST) == (ALPHA <= G),
            ),
            "high: T up to c/(g+c)": (
                [*inner, HIGH_END],
                _prefers(TRUST, DISTRUST) == (ALPHA <= C),
            ),
            "between, p < k": (
                [*inner, STRAIGHT, base < 0],
                _prefers(TRUST, DISTRUST) == (ALPHA * (treated + untreated) <= treated),
            ),
            "between, p >= k": (
                [*inner, STRAIGHT, base >= 0],
                _prefers(TRUST, DISTRUST) == (ALPHA * (treated + untreated) <= untreated),
            ),
            "left: T up to ((g+2c)p-c)/((g+3c)p-c)": (
                left,
                _prefers(TRUST, left_hedge)
                == (ALPHA * ((G + 3 * C) * P - C) <= (G + 2 * C) * P - C),
            ),
            "left: H up to g/(g+c)": (left, _prefers(left_hedge, DISTRUST) == (ALPHA <= G)),
            "right: T up to ((c+2g)(1-p)-g)/((c+3g)(1-p)-g)": (
                right,
                _prefers(TRUST, right_hedge)
                == (ALPHA * ((C + 3 * G) * (1 - P) - G) <= (C + 2 * G) * (1 - P) - G),
            ),
            "right: H up to c/(g+c)": (right, _prefers(right_hedge, DISTRUST) == (ALPHA <= C)),
            "H as shipped": (
                [*inner, z3.Or(LEFT, RIGHT), z3.If(base < 0, left[-1], right[-1])],
                z3.If(base < 0, same_pair(HEDGE, left_hedge), same_pair(HEDGE, right_hedge)),
            ),
        },
    )
    check.prove(
        "low: T up to c/(g+c)",
        [*inner, LOW_END],
        _prefers(END, DISTRUST) == (ALPHA <= C),
        role="control",
    )


def test_ff_ext_general_withdrawal(check: Check) -> None:
    last = general_last_slope(P, G, C)
    base = treat_everyone(P, G, C)
    inner = [*GIVEN, 0 < P, P < 1]
    steep, flat = reals("steep flat")
    check.prove_all(
        "reliance ends at alpha = g/(g+c) below k, at c/(g+c) from k on; for rates between k and "
        "1/2, between the lower of these and 1/2",
        "slopes of the last edges; thresholds rise with steepness",
        {
            "below k": (
                [*inner, z3.Not(STRAIGHT), base < 0],
                last * C == -G,
            ),
            "from k on": (
                [*inner, z3.Not(STRAIGHT), base >= 0],
                last * G == -C,
            ),
            "between k and 1/2": (
                [*inner, STRAIGHT],
                z3.And(-1 <= last, last * maximum(G, C) <= -minimum(G, C)),
            ),
            "the two weights agree exactly if g = c": ([*GIVEN], (-G * G == -C * C) == (G == C)),
            "between k and 1/2, g = c: as everywhere": ([*inner, STRAIGHT, G == C], last == -1),
            "between k and 1/2, g != c: never with the other default": (
                [*inner, STRAIGHT, G != C],
                z3.If(base < 0, last * G != -C, last * C != -G),
            ),
            "a steeper edge is left at a higher weight": (
                [steep < flat, flat < 0],
                steep * (1 - flat) < flat * (1 - steep),
            ),
        },
    )
    check.exhaust(
        "frontiers of small populations against all sums of corners",
        "1 to " + ("3" if check.full else "2") + " subgroups, shares 1:2:3; g, c to 3",
        _populations(check.full),
        lambda case: (
            [tuple(v) for v in general_frontier(*case).vertices] == hull_of(_sums_of_corners(*case))
        ),
        role="confirmation",
    )
    check.exhaust(
        "policies of small populations: no sum of corners is worth more",
        "the same, alpha in 6ths",
        ((case, Fraction(a, 6)) for case in _populations(False) for a in range(7)),
        _policy_is_best,
        role="confirmation",
    )
    check.exhaust(
        "with rates in both default groups: one move exactly if g = c",
        "the same populations, those with such rates",
        (case for case in _populations(False) if len(_defaults(*case)) == 2),
        lambda case: (len(_last_slopes(*case)) == 1) == (case[1] == case[2]),
        role="confirmation",
    )
    check.exhaust(
        "one move only if g = c, whatever the rates",
        "the same populations",
        _populations(False),
        lambda case: len(_last_slopes(*case)) != 1 or case[1] == case[2],
        role="control",
    )
    check.exhaust(
        "all subgroups move to distrust at one weight",
        "the same populations",
        _populations(False),
        lambda case: len(_last_slopes(*case)) < 2,
        role="control",
    )


Population = tuple[Subgroups, Fraction, Fraction]


def _last_slopes(population: Subgroups, gain: Fraction, loss: Fraction) -> set[Fraction]:
    return {general_last_slope(p, gain, loss) for p in population.rates if 0 < p < 1}


def _defaults(population: Subgroups, gain: Fraction, loss: Fraction) -> set[bool]:
    """Whether treated by default, over the rates at which there is something to leave."""
    return {bool(treat_everyone(p, gain, loss) >= 0) for p in population.rates if 0 < p < 1}


def _populations(full: bool) -> Iterator[Population]:
    for gain, loss in ((Fraction(g), Fraction(c)) for g in (1, 2, 3) for c in (1, 2, 3)):
        k = loss / (gain + loss)
        rates = {Fraction(0), Fraction(1, 2), Fraction(1), k, k / (1 + k), 1 / (2 - k)}
        rates |= {k / 2, (k + k / (1 + k)) / 2, (k + 1 / (2 - k)) / 2, (k + Fraction(1, 2)) / 2}
        for size in (1, 2, 3) if full else (1, 2):
            shares = [Fraction(2 * i + 2, size * (size + 1)) for i in range(size)]
            for chosen in combinations_with_replacement(sorted(rates), size):
                names = tuple(map(str, range(size)))
                yield (
                    Subgroups(
                        names, np.array(shares, dtype=object), np.array(chosen, dtype=object)
                    ),
                    gain,
                    loss,
                )


def _sums_of_corners(
    population: Subgroups, gain: Fraction, loss: Fraction
) -> list[tuple[Fraction, Fraction]]:
    chains = [frontier_corners(p, gain, loss) for p in population.rates]
    return [
        (
            sum(
                (s * c.point[0] for s, c in zip(population.shares, chosen, strict=True)),
                Fraction(0),
            ),
            sum(
                (s * c.point[1] for s, c in zip(population.shares, chosen, strict=True)),
                Fraction(0),
            ),
        )
        for chosen in product(*chains)
    ]


def _policy_is_best(element: tuple[Population, Fraction]) -> bool:
    case, alpha = element
    policy = general_policy(*case, alpha)
    values = [alpha * x + (1 - alpha) * y for x, y in _sums_of_corners(*case)]
    return bool(policy.value == max(values))
