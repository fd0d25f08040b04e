"""Losses beyond the printed ones: from entropies, the power families, one with a kink.

Sums run over any number of classes, by induction (`proofs_check.losses`).
"""

from __future__ import annotations

from fractions import Fraction as F
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.kernel import Obligation
from proofs_check.losses import not_strictly_proper, positive_sum
from proofs_check.smt import maximum, reals
from theory.arrays import as_array
from theory.scoring import Loss, expected_loss, regret, savage
from theory.scoring_families import (
    BRIER,
    KINKED,
    SPHERICAL,
    ZERO_ONE,
    power_loss,
    pseudo_spherical,
)

P, Q, S, D = reals("p q s d")
HALF = z3.Q(1, 2)


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
    flat = savage("least error", ZERO_ONE.entropy, _steepest, "proper, not strictly")
    q, p = (as_array(pair) for pair in ((F(2, 3), F(1, 3)), (F(1), F(0))))
    check.certify(
        "concavity that is not strict is not enough: the loss of 1 - max q does not penalise p",
        lambda: bool(expected_loss(flat, p, q) == expected_loss(flat, q, q) == flat.entropy(q)),
        {"q": tuple(q), "p": tuple(p), "expected loss of both": F(1, 3)},
    )
    check.prove(
        "entropies above their tangents make proper losses",
        [*costs, other >= value + D],
        honest <= expected,
        role="control",
    )


def _steepest(prediction: Any) -> Any:
    """A supergradient of 1 - max q: minus the indicator of the first of the likeliest classes."""
    return ZERO_ONE.vector(prediction) - 1


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
    _power_regret(check)
    check.cite(
        "sum q p^(a-1) <= |q|_a |p|_a^(a-1), with equality for proportional p and q alone",
        "Hoelder's inequality",
        role="conclusion",
    )
    norm_p, norm_q, inner, share, slope = reals("norm_p norm_q inner share slope")
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
    _kink_at_ties(check)
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
    not_strictly_proper(check)


def _power_regret(check: Check) -> None:
    """Record that the regret of a power loss is the sum of the gaps over a - 1, and its sign."""
    up, uq, mixed, slope, ratio, raised = reals("up uq mixed slope ratio raised")
    gap = uq - up - slope * (mixed - up)
    square = (P - Q) * (P - Q)
    inside = [
        slope > 1, P > 0, Q >= 0, up > 0, ratio * P == Q, uq == up * raised, mixed == up * ratio,
        raised >= 1 + slope * (ratio - 1),
        z3.Implies(ratio != 1, raised > 1 + slope * (ratio - 1)),
    ]  # fmt: skip
    outside = [slope > 1, P == 0, Q >= 0, up == 0, mixed == 0, uq >= 0, (uq > 0) == (Q > 0)]
    check.prove_all(
        "power losses: the gaps q^a - p^a - a (q p^(a-1) - p^a) are not negative, all a > 1, and "
        "not all 0 unless p = q",
        "up, uq, mixed, slope stand for p^a, q^a, q p^(a-1), a; Bernoulli for ratio = q/p, whose "
        "power is `raised`, times p^a; where p is 0 the gap is q^a",
        {
            f"{case}, {label}": obligation
            for case, given in (("p > 0", inside), ("p = 0", outside))
            for label, obligation in positive_sum(given, gap, square).items()
        },
    )
    expected, gaps, cross, powers, own, weight, total = reals(
        "expected gaps cross powers own weight total"
    )
    cost = (1 - slope * S) / (slope - 1) + total  # S stands for p^(a-1), total for sum p^a
    claim = z3.And(
        expected == (weight - slope * cross) / (slope - 1) + weight * total,
        gaps == own - powers - slope * (cross - powers),
    )
    sums = [expected, gaps, cross, powers, own, weight]
    moved = (
        expected + Q * cost
        == ((weight + Q) - slope * (cross + Q * S)) / (slope - 1) + (weight + Q) * total
    )
    check.prove_all(
        "power losses: the regret is the sum of the gaps over a - 1",
        "induction on the classes; `own`, `powers`, `cross` stand for the sums of q^a, p^a and "
        "q p^(a-1), (1 - own)/(a-1) for the entropy",
        {
            "no class": ([slope > 1, *(each == 0 for each in sums)], claim),
            "one more class": (
                [slope > 1, claim, mixed == Q * S],
                z3.And(
                    moved,
                    gaps + gap
                    == (own + uq) - (powers + up) - slope * ((cross + mixed) - (powers + up)),
                ),
            ),
            "all classes": (
                [slope > 1, claim, weight == 1, total == powers],
                expected - (1 - own) / (slope - 1) == gaps / (slope - 1),
            ),
        },
    )
    check.prove(
        "power losses: the regret is the sum of the gaps",
        [slope > 1, claim, weight == 1, total == powers],
        expected - (1 - own) / (slope - 1) == gaps,
        role="control",
    )


def _kink_at_ties(check: Check) -> None:
    """Record the kink of the kinked entropy at every tie of two likeliest of any classes."""
    tied, others, squares, at, before, after = reals("tied others squares at before after")

    def entropy(step: Any) -> Any:
        """Two classes at tied + step, tied - step; `squares` and `others` are of the rest."""
        first, second = tied + step, tied - step
        return (1 - first * first - second * second - squares) + (
            1 - maximum(first, second, others)
        )

    given = [0 < D, D <= tied, tied <= HALF, 0 <= others, others <= tied, squares >= 0]
    check.prove_all(
        "its entropy has a kink where two classes are likeliest, any number of classes: along "
        "e_1 - e_2 the slope is -1 to the right and 1 to the left",
        "H(tied + t, tied - t, rest) = H(tied, tied, rest) - |t| - 2 t^2, whose quotients by t "
        "tend to the slopes",
        {
            "to the right": (
                [*given, at == entropy(0), after == entropy(D)],
                after - at == -D - 2 * D * D,
            ),
            "to the left": (
                [*given, at == entropy(0), before == entropy(-D)],
                at - before == D + 2 * D * D,
            ),
        },
    )
    ties = [F(1, 2), F(2, 5), F(1, 3)]

    def as_stated(case: tuple[F, F]) -> bool:
        tie, step = case
        values = [
            KINKED.entropy(as_array([tie + each, tie - each, 1 - 2 * tie])) for each in (step, F(0))
        ]
        return bool(values[0] == values[1] - abs(step) - 2 * step * step)

    check.exhaust(
        "the shipped entropy of three classes does so",
        "ties at 1/2, 2/5, 1/3 and steps of k/60 up to 1/6 either way",
        product(ties, [F(k, 60) for k in range(-10, 11)]),
        as_stated,
        role="confirmation",
    )
    check.prove(
        "the entropy of the Brier loss alone has that kink",
        given,
        (-(tied + D) * (tied + D) - (tied - D) * (tied - D)) + 2 * tied * tied <= -D,
        order=[tied, D],
        role="control",
    )


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
