"""Misaligned by Design, Section 2.4: which losses are strictly proper, and what follows.

Sums run over any number of classes, by induction (`proofs_check.losses`).  The logarithm enters
through log x <= x - 1 alone.  Improper losses are refuted with the functions that are shipped.
"""

from __future__ import annotations

from fractions import Fraction as F
from math import isfinite

import numpy as np
import sympy as sp
import z3

from proofs_check.check import Check, Role
from proofs_check.losses import (
    improper_losses,
    positive_sum,
    tangent,
    tangent_of_logarithm,
)
from proofs_check.smt import reals
from theory.arrays import as_array
from theory.scoring import expected_loss, regret
from theory.scoring_families import (
    BRIER,
    LOGARITHMIC,
    SPHERICAL,
)

P, Q, R, S, C, D = reals("p q r s c d")
HONEST = "of a prediction p other than q the expected loss is higher than of q"


def logarithmic(check: Check) -> None:
    """Record that the logarithmic loss is strictly proper: Gibbs's inequality."""
    tangent_of_logarithm(check)
    square = (P - Q) * (P - Q)
    inside = [P > 0, Q > 0, tangent(D, P, Q)]
    terms = {
        "where both are positive": positive_sum(inside, P - Q - Q * D, square),
        "where q is 0": positive_sum([P >= 0, Q == 0], P, square),
    }
    excess, regrets, total_p, total_q = reals("excess regrets total_p total_q")
    check.prove_all(
        f"logarithmic: {HONEST}; infinite where some p_y = 0 < q_y",
        "classes one by one: the sum of p - q - q log(p/q) is sum p - sum q + regret",
        {
            **{
                f"{case}, {label}": obligation
                for case, each in terms.items()
                for label, obligation in each.items()
            },
            "the terms add up": (
                [excess == total_p - total_q + regrets, total_p == 1, total_q == 1],
                excess == regrets,
            ),
        },
    )


def brier(check: Check) -> None:
    """Record that the Brier loss is strictly proper: its regret is the squared distance."""
    expected, honest, cross, pp, qq, distance, weight = reals(
        "expected honest cross pp qq distance weight"
    )
    own = reals("own")[0]  # sum of the squares of q, which the honest prediction costs
    claim = z3.And(
        expected == weight * (1 + C) - 2 * cross,
        honest == weight * (1 + own) - 2 * qq,
        distance == pp - 2 * cross + qq,
    )
    sums = [expected, honest, cross, pp, qq, distance, weight]
    check.prove_all(
        f"Brier: the regret is sum (p_y - q_y)^2, so {HONEST}",
        "induction on the classes; C stands for the sum of all p_y^2",
        {
            "no class": ([each == 0 for each in sums], claim),
            "one more class": (
                [claim],
                z3.And(
                    expected + Q * (1 - 2 * P + C) == (weight + Q) * (1 + C) - 2 * (cross + P * Q),
                    honest + Q * (1 - 2 * Q + own) == (weight + Q) * (1 + own) - 2 * (qq + Q * Q),
                    distance + (P - Q) * (P - Q)
                    == (pp + P * P) - 2 * (cross + P * Q) + (qq + Q * Q),
                ),
            ),
            "all classes": (
                [claim, weight == 1, C == pp, own == qq],
                expected - honest == distance,
            ),
            **positive_sum([], (P - Q) * (P - Q), (P - Q) * (P - Q)),
        },
    )


def spherical(check: Check) -> None:
    """Record that the spherical loss is strictly proper: Cauchy and Schwarz, as squares."""
    cross, pp, qq, squares = reals("cross pp qq squares")
    claim = squares == R * R * qq - 2 * R * S * cross + S * S * pp
    check.prove_all(
        f"spherical: the regret is sum (|p| q_y - |q| p_y)^2 / (2 |p|^2 |q|), so {HONEST}",
        "induction on the classes; R, S stand for |p|, |q|",
        {
            "no class": ([cross == 0, pp == 0, qq == 0, squares == 0], claim),
            "one more class": (
                [claim],
                squares + (R * Q - S * P) * (R * Q - S * P)
                == R * R * (qq + Q * Q) - 2 * R * S * (cross + P * Q) + S * S * (pp + P * P),
            ),
            "all classes": (
                [claim, R > 0, S > 0, R * R == pp, S * S == qq],
                (1 - cross / R) - (1 - S) == squares / (2 * R * R * S),
            ),
            **positive_sum(
                [], (R * Q - S * P) * (R * Q - S * P), (R * Q - S * P) * (R * Q - S * P)
            ),
            "zero only at p = q: summed over the classes, |p| q_y = |q| p_y says |p| = |q|": (
                [R > 0, R == S, R * Q == S * P],
                P == Q,
            ),
        },
    )


def calibrated(check: Check) -> None:
    """Record that the pointwise optimum is calibrated."""
    joint, mass, q, share, x = reals("joint mass q share x")
    check.prove_all(
        "unrestricted optima are calibrated: where the model says p_y, class y has frequency p_y",
        "induction on the feature values with the prediction p, each of which has q(x) = p",
        {
            "none": ([joint == 0, mass == 0], joint == P * mass),
            "one more": (
                [joint == P * mass, x > 0, q == P],
                joint + x * q == P * (mass + x),
            ),
            "frequency": ([joint == P * mass, mass > 0, share == joint / mass], share == P),
        },
    )


def convex(check: Check, role: Role) -> None:
    """Record that utility-weighted cross entropy is convex in the prediction."""
    weighted_sum, at_first, at_second, t, ell, a, b, u = reals(
        "weighted_sum at_first at_second t ell a b u"
    )
    claim = weighted_sum <= (1 - t) * at_first + t * at_second
    mixture = (1 - t) * P + t * Q
    check.prove_all(
        "both losses are convex in the prediction, at every class and where they are finite",
        "-log is above its tangents; then one action after the other, with utilities >= 0",
        {
            "-log": (
                [P > 0, Q > 0, 0 <= t, t <= 1, tangent(a, P, mixture), tangent(b, Q, mixture)],
                (1 - t) * a + t * b <= 0,
            ),
            "no action": ([weighted_sum == 0, at_first == 0, at_second == 0], claim),
            "one more action": (
                [claim, 0 <= t, t <= 1, u >= 0, ell <= (1 - t) * a + t * b],
                weighted_sum + u * ell <= (1 - t) * (at_first + u * a) + t * (at_second + u * b),
            ),
        },
        role=role,
    )


def smooth(check: Check, role: Role) -> None:
    """Record that utility-weighted cross entropy has derivatives of all orders for p > 0."""
    p, n, c, u = sp.symbols("p n c u", positive=True)
    check.derive(
        "both losses have derivatives of all orders where p is positive: -u/p, u/p^2, ...",
        {
            "first": sp.diff(-u * sp.log(p), p) + u / p,
            "second": sp.diff(-u * sp.log(p), p, 2) - u / p**2,
            "one order more": sp.powsimp(sp.diff(c * p**-n, p) + n * c * p ** (-n - 1)),
        },
        role=role,
    )


def unbounded_slopes(check: Check, role: Role) -> None:
    """On the simplex the gradient has no Lipschitz constant K: look at x and 2x, x small."""
    constant, x = reals("constant x")
    obligations = {
        "x and 2x are probabilities": (
            [constant > 0, x == 1 / (2 * constant + 2)],
            z3.And(0 < x, 2 * x < 1),
        ),
        "the slopes -1/p differ by more": (
            [constant > 0, x > 0, x == 1 / (2 * constant + 2)],
            1 / x - 1 / (2 * x) > constant * (2 * x - x),
        ),
    }
    how = "for every constant, at x = 1/(2 constant + 2) and 2x; y = 1, two classes"
    if role == "reading":
        check.refute(
            "smooth as optimisers say it: a gradient with a Lipschitz constant on the simplex",
            how,
            {},
            obligations,
            shown={"slope": "-1/p"},
            role=role,
        )
    else:
        check.prove_all(
            "the gradient in p has no Lipschitz constant on the simplex",
            how,
            obligations,
        )


def logits(check: Check, role: Role) -> None:
    """Record smoothness and convexity in logits: the second derivatives are variances."""
    z, v = sp.symbols("z v", real=True)
    rest = sp.Symbol("rest", positive=True)
    t = sp.Symbol("t", real=True)
    total = sp.Function("S")(t)
    check.derive(
        "in logits: -log p_a = log S - z_a with S = sum e^z_b, whose derivatives along z + t v "
        "are S'/S = sum p v and S''/S - (S'/S)^2 = sum p v^2 - (sum p v)^2",
        {
            "loss": sp.expand_log(
                -sp.log(sp.exp(z) / (sp.exp(z) + rest)) - sp.log(sp.exp(z) + rest) + z, force=True
            ),
            "a term's first": sp.diff(sp.exp(z + t * v), t) - v * sp.exp(z + t * v),
            "a term's second": sp.diff(sp.exp(z + t * v), t, 2) - v**2 * sp.exp(z + t * v),
            "first": sp.diff(sp.log(total), t) - sp.diff(total, t) / total,
            "second": sp.diff(sp.log(total), t, 2)
            - (sp.diff(total, t, 2) / total - (sp.diff(total, t) / total) ** 2),
        },
        role=role,
    )
    spread, weight, mean, second, norm, centre, along, u = reals(
        "spread weight mean second norm centre along u"
    )
    claim = z3.And(
        spread == second - 2 * centre * mean + centre * centre * weight,
        spread >= 0,
        second <= norm,
    )
    gap = along - centre
    check.prove_all(
        "in logits both losses are convex, with a gradient of Lipschitz constant sum_a u(a, y): "
        "the second derivative along v is between 0 and |v|^2 times that",
        "one action after the other; `spread` is sum p (v - centre)^2, `norm` is |v|^2",
        {
            "no action": ([x == 0 for x in (spread, weight, mean, second, norm)], claim),
            "one more action": (
                [claim, P >= 0, P <= 1],
                z3.And(
                    spread + P * gap * gap
                    == (second + P * along * along)
                    - 2 * centre * (mean + P * along)
                    + centre * centre * (weight + P),
                    spread + P * gap * gap >= 0,
                    second + P * along * along <= norm + along * along,
                ),
            ),
            "all actions": (
                [claim, weight == 1, mean == centre, u >= 0],
                z3.And(
                    u * (second - mean * mean) >= 0,
                    u * (second - mean * mean) <= u * norm,
                ),
            ),
        },
        role=role,
    )


def spherical_bends(check: Check, role: Role) -> None:
    """The spherical loss bends both ways: a conclusion, or the control that it does not."""
    x, y = as_array([F(3, 4), F(1, 4)]), as_array([F(1), F(0)])
    costs = [SPHERICAL.vector(each)[1] for each in (x, y, (x + y) / 2)]
    convex_there = bool(2 * costs[2] <= costs[0] + costs[1])
    control = role == "control"
    check.certify(
        "every strictly proper loss is convex in the prediction"
        if control
        else "not every strictly proper loss is convex in the prediction",
        lambda: convex_there == control,
        {"loss": "spherical", "p": ("3/4", "1"), "y": 2, "losses": tuple(map(str, costs))},
        role=role,
    )


def test_md_strictly_proper(check: Check) -> None:
    logarithmic(check)
    brier(check)
    calibrated(check)
    convex(check, "prose")
    smooth(check, "prose")
    logits(check, "prose")
    unbounded_slopes(check, "reading")
    check.certify(
        "the loss of every prediction in every class is a real number, l: simplex x Y -> R",
        lambda: all(map(isfinite, LOGARITHMIC.vector(np.array([1.0, 0.0])))),
        {"loss": "logarithmic", "p": (1, 0), "y": 2},
        role="reading",
    )
    improper_losses(check)
    spherical_bends(check, "control")


def test_md_strictly_proper_corrected(check: Check) -> None:
    logarithmic(check)
    brier(check)
    spherical(check)
    calibrated(check)
    convex(check, "conclusion")
    smooth(check, "conclusion")
    unbounded_slopes(check, "conclusion")
    logits(check, "conclusion")
    spherical_bends(check, "conclusion")
    small, surprise, cost = reals("small surprise cost")
    check.prove(
        "no real value for log 0 would do: for every c some q with q_2 > 0 makes predicting "
        "(1, 0), at the cost q_2 c, better than honesty, which costs at least -q_2 log q_2",
        [0 < small, small < 1, surprise > cost],
        small * cost < small * surprise,
    )
    even = as_array([F(1, 2), F(1, 2)])
    quarters = (as_array([F(1, 4), F(3, 4)]), as_array([F(3, 4), F(1, 4)]))
    check.certify(
        "restricted optima need not be calibrated: where only the constants 1/4 and 3/4 can be "
        "predicted of a class of frequency 1/2, both are best",
        lambda: expected_loss(BRIER, quarters[0], even) == expected_loss(BRIER, quarters[1], even),
        {"loss": "Brier", "predictions": (F(1, 4), F(3, 4)), "frequency": F(1, 2)},
    )
    certain = as_array([[F(1), F(0)], [F(0), F(1)]])
    check.certify(
        "calibrated predictions need not be optimal: one half for all is calibrated where q(x) is "
        "(1, 0) or (0, 1), equally often, and costs more than q(x) at both",
        lambda: bool(
            (certain.sum(axis=0) / 2 == even).all() and (regret(BRIER, even, certain) > 0).all()
        ),
        {"loss": "Brier", "prediction": ("1/2", "1/2"), "regret": F(1, 2)},
    )
    improper_losses(check)
