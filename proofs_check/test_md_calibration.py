"""Misaligned by Design, Appendix A.5: loss calibration, eq. (28).

U has any number of actions and classes: statements about single entries of U, q and p, with the
total t = 1' U q as a variable, are joined by sums over classes.  The moments are those of
`theory.calibration`, for the shapes shown also evaluated on the terms of the solvers.
"""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.smt import reals
from theory.arrays import as_array
from theory.calibration import calibration_moments, loss_calibration_gap, observed_posterior

HALF, ONE, ZERO = F(1, 2), F(1), F(0)
C, D, P, P2, Q, V, V2, T, T2, A, U = reals("c d p p2 q v v2 t t2 a u")
CLASSES, ACTIONS, Y, B = sp.symbols("m n y b", integer=True, positive=True)


def _collapse(check: Check) -> None:
    check.prove_all(
        "p^u(q) = q for all q iff U is a positive multiple of the identity",
        "the vertices e_y leave U no entries off the diagonal, the middles of its edges make the "
        "diagonal constant; any number of classes, entry by entry",
        {
            "at e_y the other actions earn nothing: their share of the total t is 0": (
                [T > 0, U >= 0, U / T == 0],
                U == 0,
            ),
            "halfway from e_y to e_z both earn half of the total": (
                [C > 0, D > 0, C / 2 / (C / 2 + D / 2) == HALF_TERM],
                C == D,
            ),
            "a multiple of the identity returns q_y, as the q sum to 1": (
                [C > 0, unit(Q), T == C * 1],
                C * Q / T == Q,
            ),
        },
    )


HALF_TERM = z3.RealVal("1/2")


def _mixtures(check: Check) -> None:
    """U q = t p for every latent posterior of a prediction p: an entry of both sides."""
    latent = [V == T * P, V2 == T2 * P, T > 0, T2 > 0, unit(A)]
    check.prove_all(
        "posteriors with the prediction p, mixed in any proportion, have the prediction p",
        "an entry of U q is linear in q, and so is its total; one more posterior at a time",
        {
            "the mixed entry": (latent, A * V + (1 - A) * V2 == (A * T + (1 - A) * T2) * P),
            "the mixed total is positive": (latent, A * T + (1 - A) * T2 > 0),
            "so its share is p": (
                latent,
                (A * V + (1 - A) * V2) / (A * T + (1 - A) * T2) == P,
            ),
        },
    )
    check.cite(
        "infinitely many latent posteriors: E[U e_Y - P 1'U e_Y | P] is the conditional mean of "
        "the same given the latent posterior, which is zero",
        "law of iterated expectations, e.g. Billingsley, Probability and Measure, Theorem 34.4",
    )


def _moments(check: Check) -> None:
    u, q, p = sp.IndexedBase("u"), sp.IndexedBase("q"), sp.IndexedBase("p")
    a = sp.Symbol("a", integer=True, positive=True)

    def total(y: Any) -> Any:
        return sp.Sum(u[B, y], (B, 1, ACTIONS))

    mean = sp.Sum(q[Y] * (u[a, Y] - p[a] * total(Y)), (Y, 1, CLASSES))
    earned = sp.Sum(u[a, Y] * q[Y], (Y, 1, CLASSES))
    everything = sp.Sum(q[Y] * total(Y), (Y, 1, CLASSES))
    size = {CLASSES: 3, ACTIONS: 2}
    check.derive(
        "the mean moment of action a is (U q)_a - p_a 1'Uq: linear in q, so term by term",
        {
            "one class": sp.expand(
                q[Y] * (u[a, Y] - p[a] * total(Y)) - (u[a, Y] * q[Y] - p[a] * q[Y] * total(Y))
            ),
            "summed, two actions, three classes": sum(
                (mean - earned + p[a] * everything).subs(size).doit().subs(a, k) for k in (1, 2)
            ),
        },
    )
    check.prove(
        "with a positive total it is zero iff p_a is the share of action a",
        [T > 0],
        (V - P * T == 0) == (V / T == P),
    )
    _shipped_moments(check)


def _shipped_moments(check: Check) -> None:
    """Two classes, three actions: the shipped functions on SymPy's symbols."""
    utility = np.array(sp.symbols("u1:4(1:3)", positive=True), dtype=object).reshape(3, 2)
    q, p1, p2 = sp.symbols("q p1 p2", positive=True)
    prediction = as_array([p1, p2, 1 - p1 - p2])
    drawn = calibration_moments(utility, as_array([prediction] * 2), [0, 1])
    means = q * drawn[0] + (1 - q) * drawn[1]
    gap = loss_calibration_gap(utility, prediction, as_array([q, 1 - q]))
    total = q * sum(utility[:, 0]) + (1 - q) * sum(utility[:, 1])
    check.derive(
        "as shipped, the mean moments are the gap p^u(q) - p times the total",
        {f"action {k + 1}": sp.expand(means[k]) - sp.cancel(gap[k] * total) for k in range(3)},
        role="confirmation",
    )


def _invertible(check: Check) -> None:
    r, r2, q2 = reals("r r2 q2")
    check.prove_all(
        "for invertible U, p^u(q) = p iff q is U^-1 p normalised",
        "U q = t p = t U r iff q = t r, as U is one to one; t is then fixed by the sum of the q",
        {
            "the scale": ([T * (r + r2) == 1, r + r2 != 0], T == 1 / (r + r2)),
            "an entry": ([Q == T * r, q2 == T * r2, Q + q2 == 1], Q * (r + r2) == r),
        },
    )
    a, b, c, d = reals("u11 u12 u21 u22")
    earned = (a * Q + b * (1 - Q), c * Q + d * (1 - Q))
    solved = (d * P - b * (1 - P), a * (1 - P) - c * P)  # U^-1 p times the determinant
    image = z3.Or(
        z3.And(solved[0] >= 0, solved[1] >= 0, solved[0] + solved[1] > 0),
        z3.And(solved[0] <= 0, solved[1] <= 0, solved[0] + solved[1] < 0),
    )
    check.prove(
        "two classes: on the image the recovered posterior is the only one with p^u(q) = p",
        [a >= 0, b >= 0, c >= 0, d >= 0, a + c > 0, b + d > 0, a * d != b * c, unit(P, Q), image],
        (earned[0] == P * (earned[0] + earned[1])) == (Q * (solved[0] + solved[1]) == solved[0]),
        role="confirmation",
    )


def _controls(check: Check) -> None:
    check.prove(
        "p^u(q) = q for all q at some diagonal U with unequal entries",
        [C > 0, D > 0, C != D],
        C / 2 / (C / 2 + D / 2) == HALF_TERM,
        role="control",
    )
    check.certify(
        "(28) makes every latent posterior calibrated to its incentives",
        _averages_hide_errors,
        {"U": "identity", "P": "(1/2, 1/2)", "latent posteriors": "(1, 0) and (0, 1), equally"},
        role="control",
    )


def _averages_hide_errors() -> bool:
    """Whether no latent posterior is off where the mixture of two extreme ones is right."""
    prediction = as_array([[HALF, HALF]] * 2)
    posterior = observed_posterior(prediction, [0, 1], 2, as_array([HALF, HALF]))
    identity = as_array([[ONE, ZERO], [ZERO, ONE]])
    assert not loss_calibration_gap(identity, prediction, posterior).any()
    latent = as_array([[ONE, ZERO], [ZERO, ONE]])
    return not loss_calibration_gap(identity, prediction, latent).any()


def test_md_loss_calibration(check: Check) -> None:
    _collapse(check)
    _mixtures(check)
    _moments(check)
    _invertible(check)
    _controls(check)
    check.prove(
        "the test applies p^u to P: with P the best reply to q, p^u(P) = P (two classes, weights "
        "2:1)",
        [unit(Q), P * (1 + Q) == 2 * Q],
        2 * P / (1 + P) == P,
        role="prose",
        order=[Q, P],
        recheck=lambda at: _replies(at["q"], at["p"]) and not _replies(at["p"], at["p"]),
    )


def _replies(q: F, p: F) -> bool:
    """Whether the prediction p is the best reply to q at weights 2:1, from the moments."""
    weights = as_array([[F(2), ZERO], [ZERO, ONE]])
    drawn = calibration_moments(weights, as_array([[p, 1 - p]] * 2), [0, 1])
    return not (q * drawn[0] + (1 - q) * drawn[1]).any()


def test_md_loss_calibration_corrected(check: Check) -> None:
    _collapse(check)
    _mixtures(check)
    _moments(check)
    _invertible(check)
    _controls(check)
    utility = as_array([[F(2), ONE], [ONE, F(2)]])
    prediction = as_array([ZERO, ONE])
    check.prove(
        "off the image of p^u no posterior fits: U = [[2,1],[1,2]], p = (0, 1)",
        [unit(Q)],
        z3.Not(_entry(utility, Q) == prediction[0] * 3),
    )
    check.certify(
        "deviations of latent posteriors may average out",
        lambda: not _averages_hide_errors(),
        {"U": "identity", "P": "(1/2, 1/2)", "latent posteriors": "(1, 0) and (0, 1), equally"},
    )


def _entry(utility: Any, q: Any) -> Any:
    """The first action's expected utility at (q, 1 - q); its total is 3 throughout."""
    first = [z3.RealVal(str(value)) for value in utility[0]]
    return first[0] * q + first[1] * (1 - q)
