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
from theory.prediction import utility_weighted_prediction

HALF, ONE, ZERO = F(1, 2), F(1), F(0)
C, D, P, P2, Q, V, V2, T, T2, A, U = reals("c d p p2 q v v2 t t2 a u")


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
    check.prove(
        "every diagonal U, which returns the vertices, returns q (two classes)",
        [C > 0, D > 0, unit(Q)],
        C * Q / (C * Q + D * (1 - Q)) == Q,
        role="control",
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
    check.prove(
        "posteriors with predictions p and p' have the prediction mixed in the same proportion",
        [V == T * P, V2 == T2 * P2, T > 0, T2 > 0, unit(A)],
        (A * V + (1 - A) * V2) / (A * T + (1 - A) * T2) == A * P + (1 - A) * P2,
        role="control",
    )


def _moments(check: Check) -> None:
    mean, earned, everything, total = reals("mean_moment earned everything t_y")
    check.prove_all(
        "the mean moment of action a is (U q)_a - p_a 1'Uq, so linear in q",
        "induction on the classes: U q and its total gain q_y u_ay and q_y t_y, t_y = sum_b u_by",
        {
            "no class": (
                [mean == 0, earned == 0, everything == 0],
                mean == earned - P * everything,
            ),
            "one more class": (
                [mean == earned - P * everything],
                mean + Q * (U - P * total) == (earned + Q * U) - P * (everything + Q * total),
            ),
        },
    )
    check.prove(
        "with a positive total it is zero iff p_a is the share of action a",
        [T > 0],
        (V - P * T == 0) == (V / T == P),
    )
    check.prove(
        "so is the mean of U e_Y / 1'U e_Y, each case's own shares: with weights 2:1 this is q",
        [unit(Q), P * (1 + Q) == 2 * Q],
        Q == P,
        role="control",
        order=[Q, P],
        recheck=lambda at: _replies(at["q"], at["p"]) and at["q"] != at["p"],
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
    check.prove(
        "U^-1 p need not be normalised: with weights 2:1 its first entry p/2 is q",
        [unit(Q), P * (1 + Q) == 2 * Q],
        2 * Q == P,
        role="control",
        order=[Q, P],
        recheck=lambda at: _replies(at["q"], at["p"]) and 2 * at["q"] != at["p"],
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


# The behavioural objective: which U, for given predictions and classes, (28) holds with.


def test_md_prose_behavioural_objective(check: Check) -> None:
    _multiples(check)
    one, other = [[ONE, ONE], [ONE, ONE]], [[ONE, F(2)], [ONE, F(2)]]
    check.certify(
        "predictions that are loss-calibrated to u and to u' show that one is a multiple of the "
        "other",
        lambda: not _same_at_all_grid_points(one, other) or _multiple(one, other),
        {"U": one, "U'": other, "predictions of both": "(1/2, 1/2), whatever q"},
        role="reading",
    )


def _multiples(check: Check) -> None:
    check.prove(
        "a positive multiple of u has the predictions of u (an entry, and the total)",
        [C > 0, T > 0],
        C * V / (C * T) == V / T,
    )
    check.prove(
        "so has u plus a positive constant, which ranks all systems alike (two actions)",
        [C > 0, T > 0, V >= 0, V <= T],
        (V + C) / (T + 2 * C) == V / T,
        role="control",
    )


def _same_at_all_grid_points(one: Any, other: Any) -> bool:
    """At the vertices of two classes and between them, in eighths."""
    grid = as_array([[F(k, 8), 1 - F(k, 8)] for k in range(9)])
    first, second = (utility_weighted_prediction(as_array(each), grid) for each in (one, other))
    return bool((first == second).all())


def _multiple(one: list[list[F]], other: list[list[F]]) -> bool:
    """Of positive entries."""
    ratios = {b / a for row in zip(one, other, strict=True) for a, b in zip(*row, strict=True)}
    return len(ratios) == 1


def test_md_prose_behavioural_objective_corrected(check: Check) -> None:
    _multiples(check)
    u, u2, t3, u3, d, d2 = reals("u_y u_z t3 u_x d_y d_z")
    check.prove_all(
        "with two columns that are not parallel, U is determined by p^u up to a positive multiple",
        "V = U D by the vertices; D has one value at y and z unless their columns are parallel, by "
        "the middle of the edge; and a third column is not parallel to both",
        {
            "at e_y: the columns are parallel": (
                [T > 0, T2 > 0, U / T == V / T2],
                V == (T2 / T) * U,
            ),
            "halfway from e_y to e_z": (
                [T > 0, T2 > 0, d > 0, d2 > 0, d != d2,
                 (u + u2) * (d * T + d2 * T2) == (d * u + d2 * u2) * (T + T2)],
                u / T == u2 / T2,
            ),
            "a third column": (
                [T > 0, T2 > 0, t3 > 0, u3 / t3 == u / T, u3 / t3 == u2 / T2],
                u / T == u2 / T2,
            ),
        },
    )  # fmt: skip
    check.prove_all(
        "if all columns are parallel to p, p^u is p everywhere, whatever their totals",
        "an entry of U q and the total, induction on the classes",
        {
            "one more class": ([V == P * T], V + Q * (P * T2) == P * (T + Q * T2)),
            "the share": ([V == P * T, T > 0], V / T == P),
        },
    )
    check.prove_all(
        "one prediction p never determines U: with c >= 0, U + p c' fits it if U does",
        "an entry of U q, and the total, as p sums to 1; let c be positive at class y alone",
        {
            "it fits": ([V == T * P, C >= 0], V + P * C == (T + 1 * C) * P),
            "another class allows no factor but 1": ([u2 > 0, d * u2 == u2], d == 1),
            "class y does not allow it": ([P > 0, C > 0], u + P * C != u),
        },
    )
    check.prove(
        "U is determined up to a positive multiple though its two columns are parallel",
        [T > 0, T2 > 0, d > 0, d2 > 0, unit(P),
         (P * T + P * T2) * (d * T + d2 * T2) == (d * P * T + d2 * P * T2) * (T + T2)],
        d == d2,
        role="control",
    )  # fmt: skip
