"""Losses beyond the printed ones: from entropies, the power families, one with a kink.

Sums run over any number of classes, by induction (`proofs_check.losses`).
"""

from __future__ import annotations

from fractions import Fraction as F
from functools import partial
from itertools import product

import numpy as np
import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.kernel import Obligation
from proofs_check.losses import improper_losses, positive_sum
from proofs_check.smt import reals
from theory.arrays import as_array
from theory.scoring import Loss, regret, savage
from theory.scoring_families import (
    BRIER,
    KINKED,
    SPHERICAL,
    power_loss,
    pseudo_spherical,
)

P, Q, S, D = reals("p q s d")


def test_md_ext_savage(check: Check) -> None:
    value, along, other = reals("value along other")
    pieces, total, slope = reals("pieces total slope")
    check.prove_all(
        "expected loss of p under q is H(p) + <g(p), q - p>, for any number of classes",
        "induction on the classes; `along` stands for <g(p), p>",
        {
            "no class": (
                [pieces == 0, total == 0, slope == 0],
                pieces == total * (value - along) + slope,
            ),
            "one more class": (
                [pieces == total * (value - along) + slope],
                pieces + Q * (value + S - along) == (total + Q) * (value - along) + (slope + Q * S),
            ),
            "all classes": (
                [pieces == total * (value - along) + slope, total == 1],
                pieces == value + (slope - along),
            ),
        },
    )
    expected, honest = reals("expected honest")
    costs = [expected == value + D, honest == other + 0 * D]
    check.prove_all(
        "proper, strictly iff H is below its tangents away from where they touch",
        "D = <g(p), q - p>, which is 0 for p = q; `other` stands for H(q)",
        {
            "proper": ([*costs, other <= value + D], honest <= expected),
            "strictly": (costs, (honest < expected) == (other < value + D)),
        },
    )
    quadratic = savage("quadratic", BRIER.entropy, lambda p: -2 * p)
    grid = [np.array([F(i, 5), F(j, 5), F(5 - i - j, 5)]) for i in range(6) for j in range(6 - i)]
    check.exhaust(
        "the shipped construction makes the Brier loss of 1 - sum q^2",
        "all predictions of three classes with denominator 5",
        grid,
        lambda p: bool((quadratic.vector(p) == BRIER.vector(p)).all()),
        role="confirmation",
    )
    check.prove(
        "concave entropies make strictly proper losses",
        [other <= value + D],
        other < value + D,
        role="control",
    )


def _gradient(alpha: sp.Expr, kind: str) -> tuple[sp.Expr, sp.Expr]:
    """Partial derivative of the extended entropy by one coordinate, and the loss there.

    x is that coordinate, r the sum of the others, s the sum of their powers.
    """
    x, r, s = sp.symbols("x r s", positive=True)
    total, powers = x + r, x**alpha + s
    if kind == "power":
        entropy = total * (1 - powers / total**alpha) / (alpha - 1)
        share = x / total
        loss = (1 - alpha * share ** (alpha - 1)) / (alpha - 1) + powers / total**alpha
    else:
        norm = powers ** (1 / alpha)
        entropy = (total - norm) / (alpha - 1)
        loss = (1 - (x / norm) ** (alpha - 1)) / (alpha - 1)
    return sp.diff(entropy, x), loss


def test_md_ext_loss_families(check: Check) -> None:
    alpha = sp.Symbol("alpha", positive=True)
    x, r, rest = sp.symbols("x r C", positive=True)
    shannon = -x * sp.log(x) + (x + r) * sp.log(x + r) - rest
    check.derive(
        "every loss is the gradient of its entropy's one-homogeneous extension",
        {
            "logarithmic": sp.diff(shannon, x) + sp.log(x / (x + r)),
            **{
                kind: sp.powsimp(sp.expand_power_base(sp.simplify(entropy - loss), force=True))
                for kind in ("power", "pseudo-spherical")
                for entropy, loss in [_gradient(alpha, kind)]
            },
        },
    )
    check.cite(
        "x^a >= 1 + a (x - 1) for x >= 0, a > 1, with equality at 1 alone",
        "Bernoulli's inequality",
        role="conclusion",
    )
    up, uq, mixed, slope = reals("up uq mixed slope")
    check.prove_all(
        "power losses: the regret is the sum of the gaps of x^a over its tangents, all a > 1",
        "up, uq, mixed, slope stand for p^a, q^a, q p^(a-1), a; Bernoulli for x = q/p, times p^a",
        positive_sum(
            [
                slope > 1,
                uq >= up + slope * (mixed - up),
                z3.Implies(P != Q, uq > up + slope * (mixed - up)),
            ],
            uq - up - slope * (mixed - up),
            (P - Q) * (P - Q),
        ),
    )
    check.cite(
        "sum q p^(a-1) <= |q|_a |p|_a^(a-1), with equality for proportional p and q alone",
        "Hoelder's inequality",
        role="conclusion",
    )
    norm_p, norm_q, inner, share = reals("norm_p norm_q inner share")
    check.prove(
        "pseudo-spherical losses: the regret is not negative, and 0 only where Hoelder is tight",
        [norm_p > 0, norm_q > 0, slope > 1, share > 0, inner <= norm_q * share],
        z3.And(
            (1 - inner / share) / (slope - 1) >= (1 - norm_q) / (slope - 1),
            z3.Implies(
                inner < norm_q * share,
                (1 - inner / share) / (slope - 1) > (1 - norm_q) / (slope - 1),
            ),
        ),
    )
    check.prove_all(
        "kinked: Brier plus zero-one is strictly proper", "one after the other", _kinked()
    )
    check.certify(
        "its entropy has a kink where two classes are likeliest",
        lambda: (
            [KINKED.entropy(as_array([F(1, 2) + t, F(1, 2) - t])) for t in (-F(1, 9), F(1, 9))]
            == [1 - F(1, 9) - 2 * F(1, 81)] * 2
        ),
        {"H(1/2 + t, 1/2 - t)": "1 - |t| - 2 t^2"},
        role="confirmation",
    )
    grid = [np.array([F(i, 6), F(j, 6), F(6 - i - j, 6)]) for i in range(7) for j in range(7 - i)]
    for loss in (BRIER, KINKED, power_loss(3), power_loss(4)):
        check.exhaust(
            f"{loss.name}: the shipped loss costs its entropy if honest, else more",
            "all pairs of predictions of three classes with denominator 6",
            product(grid, grid),
            partial(_penalises_dishonesty, loss),
            role="confirmation",
        )
    check.certify(
        "a = 2 gives the spherical and the Brier loss",
        lambda: bool(
            (power_loss(2).vector(grid[9]) == BRIER.vector(grid[9])).all()
            and (pseudo_spherical(2).vector(grid[9]) == SPHERICAL.vector(grid[9])).all()
        ),
        {"p": tuple(grid[9])},
        role="confirmation",
    )
    improper_losses(check)


def _penalises_dishonesty(loss: Loss, pair: tuple[np.ndarray, np.ndarray]) -> bool:
    return bool((regret(loss, *pair) > 0) == (pair[0] != pair[1]).any())


def _kinked() -> dict[str, Obligation]:
    """Zero-one is proper: it costs 1 - q_k for a class k, honesty 1 - max q; then add Brier."""
    strict, proper, honest, dishonest, likeliest, chosen = reals(
        "strict proper honest dishonest likeliest chosen"
    )
    return {
        "zero-one is proper": ([chosen <= likeliest], 1 - chosen >= 1 - likeliest),
        "sum": (
            [strict < dishonest, proper <= honest],
            strict + proper < dishonest + honest,
        ),
    }
