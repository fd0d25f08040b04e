"""Friend or Foe, Appendix C: from subgroups to the population."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    Pair,
    dominates,
    objective,
    unit,
)
from proofs_check.geometry import below
from proofs_check.smt import reals
from proofs_check.test_ff_general import printed_trust
from theory.points import distrust_point, hedge_point, trust_hedge_slope, trust_point


def _covariatewise(check: Check) -> None:
    a, b, most_a, most_b, weight = reals("a b most_a most_b weight")
    bounds = [a <= most_a, b <= most_b, weight > 0]
    total, most = a + weight * b, most_a + weight * most_b
    check.prove_all(
        "maximisers of the sum are sums of maximisers",
        "induction on the subgroups; a stands for the sum so far",
        {
            "sums of maximisers maximise": (bounds, total <= most),
            "every maximiser decomposes": (
                [*bounds, total == most],
                z3.And(a == most_a, b == most_b),
            ),
        },
    )
    check.prove(
        "the same with a subgroup of zero share",
        [a <= most_a, b <= most_b, weight >= 0, total == most],
        z3.And(a == most_a, b == most_b),
        role="control",
    )


def _maximiser_table(check: Check) -> None:
    p, alpha = reals("p alpha")
    slope, tilt = trust_hedge_slope(p), -alpha / (1 - alpha)
    points = [printed_trust(p), hedge_point(p), distrust_point(p)]
    middle = [3 * p >= 1, 3 * p <= 2, 0 <= alpha, alpha < 1]
    cases = {
        "T": (tilt > slope, 0),
        "H": (z3.And(slope >= tilt, tilt >= -1), 1),
        "D": (-1 >= tilt, 2),
    }
    check.prove_all(
        "which corner is best, by slope",
        "one case per corner, alpha < 1",
        {
            label: (
                [*middle, where],
                z3.And(
                    *[
                        objective(alpha, other) <= objective(alpha, points[index])
                        for other in points
                    ]
                ),
            )
            for label, (where, index) in cases.items()
        },
    )


def test_ff_minkowski(check: Check) -> None:
    p, alpha = reals("p alpha")
    _covariatewise(check)
    _maximiser_table(check)
    middle = [3 * p >= 1, 3 * p <= 2]
    check.prove("slopes lie in (-1, 0]", middle, trust_hedge_slope(p) > -1, role="step")
    check.prove(
        "for alpha in [0, alpha_1] trust is better than hedging, strictly",
        [*middle, 0 <= alpha, alpha < 1, -alpha / (1 - alpha) >= trust_hedge_slope(p)],
        -alpha / (1 - alpha) > trust_hedge_slope(p),
        role="step",
    )
    check.prove(
        "the traced segments belong to the frontier: H(1) does not dominate T",
        [2 * p >= 1, 3 * p <= 2],
        z3.Not(dominates(hedge_point(p), printed_trust(p))),
        role="step",
        order=[p],
    )
    rate = Fraction(2, 5)
    trust, hedge, distrust = trust_point(rate), hedge_point(rate), distrust_point(rate)
    centre = tuple((t + d) / 2 for t, d in zip(trust, distrust, strict=True))
    check.certify(
        "a subgroup's frontier is convex: the middle of T and D is on it",
        lambda: _on_chain(centre, trust, hedge, distrust),
        {"p": rate, "middle of T and D": centre},
        role="step",
    )
    check.certify(
        "the aggregate frontier is the sum of the subgroups' frontiers: with two equal subgroups "
        "half of T plus half of D is on it, so H does not dominate it",
        lambda: any(h < c for h, c in zip(hedge, centre, strict=True)),
        {"rates": (rate, rate), "T/2 + D/2": centre, "H/2 + H/2": hedge},
        role="prose",
    )
    check.certify(
        "the upper frontier is the segment T-D of Proposition 1: H is not above it",
        lambda: not _above(hedge, trust, distrust),
        {"p": rate, "T": trust, "H": hedge, "D": distrust},
        role="prose",
    )


def _above(point: Pair, left: Pair, right: Pair) -> bool:
    """Whether a rational point lies above the line through two others, left[0] < right[0]."""
    rise = (right[1] - left[1]) * (point[0] - left[0])
    return bool((point[1] - left[1]) * (right[0] - left[0]) > rise)


def _on_chain(point: Pair, *corners: Pair) -> bool:
    """Whether a rational point lies on one of the consecutive segments."""
    return any(
        (b[0] - a[0]) * (point[1] - a[1]) == (b[1] - a[1]) * (point[0] - a[0])
        and a[0] <= point[0] <= b[0]
        for a, b in pairwise(corners)
    )


def test_ff_minkowski_corrected(check: Check) -> None:
    p, alpha, lam = reals("p alpha lam")
    _covariatewise(check)
    _maximiser_table(check)
    middle = [3 * p >= 1, 3 * p <= 2]
    slope = trust_hedge_slope(p)
    check.prove("slopes lie in [-1, 0]", middle, z3.And(slope >= -1, slope <= 0))
    check.prove("and equal -1 only at 1/2", middle, (slope == -1) == (2 * p == 1))
    check.prove(
        "where alpha ties T and H the whole segment is optimal",
        [*middle, unit(alpha, lam), alpha < 1, -alpha / (1 - alpha) == slope],
        lam * objective(alpha, printed_trust(p)) + (1 - lam) * objective(alpha, hedge_point(p))
        == objective(alpha, hedge_point(p)),
    )
    check.prove(
        "a level segment is dominated by its lower end",
        [*middle, slope == 0],
        dominates(hedge_point(p), printed_trust(p)),
    )
    check.prove_all(
        "off the middle range the table is: T up to 1/2, D from 1/2",
        "cases of alpha",
        {
            "T": (
                [unit(p, alpha), z3.Or(3 * p < 1, 3 * p > 2), 2 * alpha <= 1],
                objective(alpha, distrust_point(p)) <= objective(alpha, trust_point(p)),
            ),
            "D": (
                [unit(p, alpha), z3.Or(3 * p < 1, 3 * p > 2), 2 * alpha >= 1],
                objective(alpha, trust_point(p)) <= objective(alpha, distrust_point(p)),
            ),
        },
    )
    check.cite(
        "an undominated point of a compact convex set is supported, and sums of compact convex "
        "sets are compact and convex",
        "R. T. Rockafellar, Convex Analysis (1970), Theorems 11.6 and 3.1",
    )
    check.prove(
        "H is above T-D strictly between 1/3 and 2/3, but for 1/2: Theorem 1, not Proposition 1",
        [3 * p > 1, 3 * p < 2, 2 * p != 1],
        z3.Not(below(hedge_point(p), trust_point(p), distrust_point(p))),
    )
    a, b, x, y = reals("a b x y")
    check.prove(
        "half-planes are convex",
        [unit(lam), alpha * a + b <= 0, alpha * x + y <= 0],
        alpha * (lam * a + (1 - lam) * x) + (lam * b + (1 - lam) * y) <= 0,
    )
