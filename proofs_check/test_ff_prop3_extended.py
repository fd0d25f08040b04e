"""Friend or Foe, Proposition 3 carried on to p > 1/3 (own result), and Figures 7 and 8.

The square roots are variables tied to their squares: t for sqrt(2 alpha (1-p)) and d for
sqrt((1-p)(1-2p)/2), with r = d / (1-p+d).
"""

from __future__ import annotations

from fractions import Fraction

import z3

from figures import ff_fig7, ff_fig8
from proofs_check import optimal_tau_chain as upper
from proofs_check.check import Check
from proofs_check.encodings import objective, unit
from proofs_check.encodings_optimal_tau import any_covariate, bernoulli_within, within
from proofs_check.optimal_tau_chain import BEST, HIGH, LOW, ROOT_D, ROOT_T, WORST, A, D, P, Q, R, T
from proofs_check.optimal_tau_foundation import bounds_foundation
from proofs_check.smt import reals
from proofs_check.test_ff_prop3 import ONE, ZERO, worth
from theory.certified_maximum import objective_by_definition
from theory.optimal_bounds import (
    hedge_low,
    hedging_share,
    interior_low,
    interior_share,
    interior_value,
)


def test_ff_prop3_extended(check: Check) -> None:
    e = reals("e")[0]
    beyond = [3 * P >= 1, 2 * P < 1, unit(A)]
    bounds_foundation(check)
    for name, links in (
        ("trust with (0,1)", upper.trust_beyond()),
        ("hedge", upper.hedge()),
        ("hedge, nor as much where trust is worse", upper.hedge_not_attained()),
        ("interior trust", upper.interior_beyond()),
        ("distrust", upper.distrust()),
    ):
        check.prove_all(f"nothing is worth more than {name}", "chain of lemmas", links)
    low, share = hedge_low(P, D), hedging_share(P, D)
    near = low + e
    check.prove_all(
        "each value is attained, or approached",
        "one family of covariates each",
        {
            "trust with (0,1)": (beyond, worth(ZERO, ONE, P) == P - A),
            "interior trust": (
                [
                    *[ROOT_T, *beyond, 1 - T < P, T < 1, LOW * T == T - (1 - P)],
                    (1 - T) * (1 - 2 * LOW) < 1 - 2 * P,
                ],
                worth(LOW, ONE, interior_share(T)) == interior_value(T),
            ),
            "hedge, bounds": ([ROOT_D, *beyond], z3.And(0 <= low, low < P, share == R)),
            "hedge, with e > 0": (
                [ROOT_D, *beyond, 0 < e, near < P],
                worth(near, ONE, (P - near) / (1 - near))
                == (P - near) / (1 - near) - 2 * A * (P - near),
            ),
            "hedge, limit": ([ROOT_D, *beyond], upper.hedge_value_is_shipped()),
        },
    )
    at_half = [2 * P == 1, unit(A), *any_covariate(P, LOW, HIGH, Q, WORST, BEST)]
    value = objective(A, (WORST, BEST))
    check.prove(
        "p = 1/2: nothing is worth more than 1/2 - alpha or 0",
        at_half,
        z3.Or(2 * value <= 1 - 2 * A, value <= 0),
    )
    check.prove(
        "p = 1/2: Ber(1/2) under (0,1) is worth 1/2 - alpha",
        [2 * P == 1, unit(A)],
        worth(ZERO, ONE, P) == P - A,
    )
    check.prove(
        "p > 1/2: the mirror image of Ber(q) is worth 2p - 1 more, but for ties",
        [
            *[2 * P > 1, unit(A), within(P, LOW, HIGH), 0 < Q, Q < 1, 2 * LOW != 1],
            *[2 * P != 2 * Q * HIGH + 1 - Q, 2 * P != 2 * (1 - Q) * HIGH + Q],
        ],
        worth(LOW, HIGH, Q) == 2 * P - 1 + _mirrored_worth(),
    )
    check.prove(
        "p > 1/2, the mirror image of 1/3 <= p < 1/2: hedge is attained",
        [ROOT_D, *beyond],
        objective(A, bernoulli_within(1 - P, ZERO, 1 - low, 1 - share))
        == 1 - 2 * P + share - 2 * A * D,
    )
    check.prove(
        "hedge as printed would have it: worth (1-t)^2 from 1/3 on",
        [ROOT_T, 3 * P >= 1, 2 * P < 1, unit(A), 1 - P < T, T < 1, 2 * P > 1 - T * T],
        worth(interior_low(P, T), ONE, interior_share(T)) == interior_value(T),
        role="control",
    )


def _mirrored_worth() -> z3.ArithRef:
    """The objective of Ber(1-q) in the subgroup where treating and leaving alone are swapped."""
    return objective(A, bernoulli_within(1 - P, 1 - HIGH, 1 - LOW, 1 - Q))


def _region(p: Fraction, alpha: Fraction) -> str:
    """Row of the table of Proposition 3, from its printed thresholds."""
    if alpha < (1 - p) / 2:
        return "trust (0,1)"
    return "trust" if alpha < 1 / (2 * (1 - p)) else "distrust"


def test_ff_fig7(check: Check) -> None:
    points = [
        (Fraction(i, 30), Fraction(j, 29) + Fraction(1, 997))
        for i in range(1, 10)
        for j in range(29)
    ]
    check.exhaust(
        "regions for p < 1/3",
        "points off the region boundaries, 9 rates, 29 weights",
        points,
        lambda at: ff_fig7.region(*at) == _region(*at),
    )
    check.exhaust(
        "the same with the thresholds swapped",
        "the same points",
        points,
        lambda at: ff_fig7.region(*at) == _region(at[0], 1 - at[1]),
        role="control",
    )


def test_ff_fig8(check: Check) -> None:
    curves = ff_fig8.data()
    check.exhaust(
        "each curve is 0, then rises, then stays at p",
        "the curves drawn",
        [(c.p, c.lows) for c in curves],
        lambda at: at[1][0] == 0 and at[1][-1] == float(at[0]) and list(at[1]) == sorted(at[1]),
    )
    check.exhaust(
        "each point beats bounds 1/50 above and below, where there is room",
        "the points drawn, by the definitions",
        [(curve.p, w, low) for curve in curves for w, low in curve.sampled()],
        lambda at: _locally_best(*at),
    )
    check.exhaust(
        "each curve ends at 0",
        "the ends of the curves drawn",
        [(c.p, c.lows[-1]) for c in curves],
        lambda at: at[1] == 0,
        role="control",
    )


def _locally_best(p: Fraction, alpha: Fraction, low: Fraction) -> bool:
    def value(bound: Fraction) -> Fraction:
        share = (p - bound) / (1 - bound)
        return objective_by_definition(p, alpha, bound, Fraction(1), share)

    step = Fraction(1, 50)
    rivals = [bound for bound in (low - step, low + step) if 0 <= bound <= p]
    return all(value(low) >= value(rival) for rival in rivals)
