"""Misaligned by Design, Sections 2.2, 2.4-2.6: utilities, decisions, the learning identity.

v, w are expected utilities of two actions, T the total over the n actions; sums of any length
enter through the inductions of `proofs_check.finite_sums`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction as F
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
import z3

from proofs_check import finite_sums
from proofs_check.check import Check
from proofs_check.smt import reals
from proofs_check.utility_grids import posteriors, utilities
from theory.prediction import decision, utility_weighted_prediction
from theory.utility import shifted

Pair = tuple[F, F]
Data = tuple[tuple[Pair, int, F], ...]  # values of P and Y, each with its probability

PREDICTIONS = (F(1, 4), F(3, 4)), (F(1, 2), F(1, 2))
MISCALIBRATED = (PREDICTIONS[0], 0, F(1, 2)), (PREDICTIONS[0], 1, F(1, 2))
T, V, W, C, B, N, MASS = reals("T v w c b n mass")


def _shift_makes_nondegenerate(check: Check) -> None:
    entry, least = reals("u least")
    check.prove(
        "a constant above minus the least entry makes every entry positive",
        [least <= entry, C > -least],
        entry + C > 0,
    )


def _shift_keeps_preferences(check: Check) -> None:
    moved, other = reals("moved other")
    check.prove_all(
        "u -> b u + c with b > 0 keeps the ranking of actions at every q, ties included",
        "expected utility becomes b v + c: sums over classes are linear, and q sums to 1",
        {
            **finite_sums.linear(),
            "expected utility": ([MASS == 1, moved == B * V + C * MASS], moved == B * V + C),
            "ranking": (
                [B > 0, moved == B * V + C, other == B * W + C],
                (moved >= other) == (V >= W),
            ),
        },
    )


def _shift_control(check: Check) -> None:
    d, moved, other = reals("d moved other")
    check.prove(
        "constants that differ between actions keep the ranking",
        [moved == V + C, other == W + d],
        (moved >= other) == (V >= W),
        role="control",
    )


def test_md_nondegenerate(check: Check) -> None:
    _shift_makes_nondegenerate(check)
    _shift_keeps_preferences(check)
    check.prove(
        "the shift is innocuous for predictions: p^u stays what it is",
        [N == 2, T > 0, C > 0, 0 <= V, V <= T],
        (V + C) / (T + N * C) == V / T,
        role="prose",
        order=[T, V, C],
    )
    check.prove(
        "every affine transformation keeps the ranking",
        [B != 0],
        (B * V + C >= B * W + C) == (V >= W),
        role="reading",
        order=[B, V, W, C],
    )
    _shift_control(check)


def test_md_nondegenerate_corrected(check: Check) -> None:
    _shift_makes_nondegenerate(check)
    _shift_keeps_preferences(check)
    _column_shifts(check)
    _pull_to_uniform(check)
    _incentives_change(check)
    _shift_control(check)


def _column_shifts(check: Check) -> None:
    moved, other, across = reals("moved other across")
    check.prove_all(
        "a constant for each class keeps the ranking too, so only degenerate classes need one",
        "every expected utility grows by sum_y d_y q_y",
        {
            **finite_sums.linear(),
            "ranking": ([moved == V + across, other == W + across], (moved >= other) == (V >= W)),
        },
    )


def _pull_to_uniform(check: Check) -> None:
    """n, the number of actions, is any real of at least 2 here."""
    share, before, after, more, eps = reals("share before after more eps")
    mixed = [N >= 2, T > 0, C > 0, share * (T + N * C) == N * C]
    check.prove_all(
        "p^(u+c) is the mixture of p^u with the uniform prediction of weight n c / (T + n c)",
        "entry by entry; the weight increases in c, and comes as near to 0 and to 1 as one likes",
        {
            "mixture": (
                [*mixed, before * T == V, after * (T + N * C) == V + C],
                after == (1 - share) * before + share / N,
            ),
            "weight": (mixed, z3.And(0 < share, share < 1)),
            "near 1": ([*mixed, eps > 0, C == T / (N * eps)], share > 1 - eps),
            "near 0": ([*mixed, eps > 0, C == eps * T / N], share < eps),
            "increasing": (
                [N >= 2, T > 0, C > 0, more > C],
                N * C / (T + N * C) < N * more / (T + N * more),
            ),
        },
    )  # fmt: skip
    u, q, c = sp.symbols("u:6"), sp.symbols("q:3"), sp.Symbol("c")
    matrix, vector = np.array(u, dtype=object).reshape(2, 3), np.array(q, dtype=object)
    expected = matrix @ vector
    moved = utility_weighted_prediction(shifted(matrix, c), vector)
    check.derive(
        "`shifted` and `utility_weighted_prediction`, 2 actions and 3 classes",
        {
            f"action {a}": moved[a] * (expected.sum() + 2 * c * sum(q)) - expected[a] - c * sum(q)
            for a in range(2)
        },
        role="confirmation",
    )


def _incentives_change(check: Check) -> None:
    """Two classes, Brier score; the posterior is (x, 1 - x)."""
    x, c = sp.symbols("x c", positive=True)

    def curvature(utility: Any) -> Any:
        """Second derivative of the expected utility-weighted Brier loss at its minimum."""
        posterior = np.array([x, 1 - x], dtype=object)
        p = utility_weighted_prediction(utility, posterior)
        losses = [(1 - p[0]) ** 2 + p[1] ** 2, p[0] ** 2 + (1 - p[1]) ** 2]
        residual = sum(w * e for w, e in zip(losses, utility @ posterior, strict=True))
        return sp.diff(residual, x, 2)

    accuracy, one_action = (
        np.array([[sp.Integer(entry) for entry in row] for row in rows], dtype=object)
        for rows in (((1, 0), (0, 1)), ((2, 1), (0, 0)))
    )
    total = x + 1 + 2 * c
    check.derive(
        "the incentive to learn, the curvature of the residual loss (Brier score, two classes), "
        "can fall: for accuracy (U = 1) it is divided by 1 + 2c",
        {"curvature": curvature(shifted(accuracy, c)) * (1 + 2 * c) - curvature(accuracy)},
    )
    check.derive(
        "and it can rise: U = ((2, 1), (0, 0)) predicts (1, 0) throughout and has the curvature 0, "
        "U + c has -4 c^2 / (q_1 + 1 + 2c)^3",
        {
            "before": curvature(one_action),
            "after": curvature(shifted(one_action, c)) + 4 * c**2 / total**3,
        },
    )
    check.prove(
        "which is below 0",
        [C > 0, 0 <= V, V <= 1],
        -4 * C * C / ((V + 1 + 2 * C) * (V + 1 + 2 * C) * (V + 1 + 2 * C)) < 0,
    )


def test_md_posterior_decision(check: Check) -> None:
    check.prove(
        "two actions are ranked alike by expected utility and by p^u, so the sets of maximisers "
        "are equal, for any n and m",
        [T > 0, V >= 0, W >= 0],
        z3.And((V >= W) == (V / T >= W / T), (V == W) == (V / T == W / T)),
    )
    check.prove_all(
        "choosing it at every x maximises E[u(d(X), Y)], as `External alignment' asks",
        "sum over x of P(x) times the expected utility of d(x) at q(x)",
        finite_sums.ordered(),
    )
    check.exhaust(
        "`decision` takes the first maximiser, of p^u as of expected utility",
        "utilities of 2 by 2 and 3 by 2 with entries up to 2, posteriors in sixths",
        _decisions(),
        lambda case: _first_maximiser(*case),
        role="confirmation",
    )
    check.prove(
        "the best action is the likeliest class (U 2 by 2, diagonal)",
        [V > 0, W > 0, 0 <= MASS, MASS <= 1],
        (V * MASS >= W * (1 - MASS)) == (MASS >= 1 - MASS),
        role="control",
    )


def _decisions() -> Iterator[tuple[Any, Any]]:
    for actions in (2, 3):
        for matrix in utilities(actions, 2, 2):
            for q in posteriors(2, 6):
                yield matrix, q


def _first_maximiser(matrix: Any, q: Any) -> bool:
    p = utility_weighted_prediction(matrix, q).tolist()
    return bool(decision(matrix, q) == p.index(max(p)))


def test_md_prop1(check: Check) -> None:
    loss, level, joint, joint2, weight, posterior = reals("l level joint joint2 P_p Q_y")
    check.prove_all(
        "finite support: both sides are the sum over p and y of P(p, y) l(p, y)",
        "the x with f(x) = p contribute sum_x P(x, y) l(p, y) = P(p, y) l(p, y), by induction on "
        "x; P(p, y) = P(p) Q_y, so summing over y gives P(p) times the expected loss at (p, Q); "
        "then sum over the p",
        {
            "x with f(x) = p: base": ([level == 0, joint == 0], level == joint * loss),
            "x with f(x) = p: step": (
                [level == joint * loss],
                level + joint2 * loss == (joint + joint2) * loss,
            ),
            "one class": (
                [weight > 0, joint >= 0, posterior == joint / weight],
                joint * loss == weight * (posterior * loss),
            ),
            **{f"over y: {label}": part for label, part in finite_sums.scaled().items()},
            "over p: base": ([V == 0, W == 0], V == W),
            "over p: step": ([V == W, level == joint], V + level == W + joint),
        },
    )
    check.prove_all(
        "with infinite losses (0 times infinity = 0) both sides are infinite together",
        "iff some P(p, y) > 0 with l(p, y) infinite, iff P(p) > 0 and Q_y > 0 for such a pair",
        {
            "one pair": (
                [weight > 0, joint >= 0, posterior == joint / weight],
                (posterior > 0) == (joint > 0),
            ),
            **finite_sums.positive_if_some_is(),
        },
    )
    check.cite(
        "any distribution: iterated expectations, and what P determines leaves E[. | P]; l bounded "
        "below, or E|l(P, Y)| finite",
        "Williams, Probability with Martingales, 1991, Section 9.7, (i) and (j)",
    )
    check.prove(
        "footnote 10: where all predictions differ, Q is the indicator of the class at hand (one "
        "class at each x), so that a finite sample learns everything",
        [weight > 0, joint >= 0, joint2 >= 0, joint + joint2 == weight,
         z3.Or(joint == 0, joint2 == 0), posterior == joint / weight],
        z3.Or(posterior == 0, posterior == 1),
        role="prose",
    )  # fmt: skip
    check.exhaust(
        "the identity, with Q from (11) and the Brier score",
        "three feature values of a class each, masses in quarters, each predicted as (1/4, 3/4) "
        "or (1/2, 1/2)",
        _evaluation_data(),
        lambda data: _risk(data) == _decomposed(data, _learned(data)),
        role="confirmation",
    )
    check.certify(
        "the identity with P in place of Q",
        lambda: _risk(MISCALIBRATED) == _decomposed(MISCALIBRATED, {p: p for p in PREDICTIONS}),
        {"(P, Y, probability)": MISCALIBRATED},
        role="control",
    )


def _evaluation_data() -> Iterator[Data]:
    points = list(product(PREDICTIONS, (0, 1)))
    for masses in posteriors(3, 4):
        for chosen in product(points, repeat=3):
            pairs = zip(chosen, masses, strict=True)
            yield tuple((p, y, mass) for (p, y), mass in pairs if mass > 0)


def _risk(data: Data) -> F:
    """E[l(P, Y)]."""
    return sum((mass * _brier(p, y) for p, y, mass in data), start=F(0))


def _decomposed(data: Data, learned: dict[Pair, Pair]) -> F:
    """E of the expected loss at (P, Q), with Q as `learned`."""
    terms = (mass * learned[p][k] * _brier(p, k) for p, _, mass in data for k in range(2))
    return sum(terms, start=F(0))


def _brier(prediction: Pair, y: int) -> F:
    return sum(((p - int(k == y)) ** 2 for k, p in enumerate(prediction)), start=F(0))


def _learned(data: Data) -> dict[Pair, Pair]:
    """Q of (11) for each value of P."""
    found = {}
    for prediction in {p for p, _, _ in data}:
        negative, positive = (
            sum((mass for p, y, mass in data if (p, y) == (prediction, k)), start=F(0))
            for k in range(2)
        )
        total = negative + positive
        found[prediction] = (negative / total, positive / total)
    return found
