"""Misaligned by Design, Lemma 1: the posteriors behind one prediction form a convex set.

v, w are entries of U q and U q', T and R their totals, p an entry of the prediction; sums of any
length enter through the inductions of `proofs_check.finite_sums`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction as F
from itertools import product
from typing import Any

import numpy as np
import z3

from proofs_check import finite_sums
from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.smt import reals
from proofs_check.utility_grids import posteriors, utilities
from theory.prediction import utility_weighted_prediction
from theory.recalibration import consistent_posteriors

ALPHA, T, R, P, V, W = reals("alpha T R p v w")


def _level_sets_are_convex(check: Check) -> None:
    check.prove_all(
        "level sets are convex, for any n and m",
        "at q and q' an entry of the prediction is p = v / T = w / R; U and the total are linear",
        {
            **finite_sums.linear(),
            "total": ([unit(ALPHA), T > 0, R > 0], ALPHA * T + (1 - ALPHA) * R > 0),
            "entry": (
                [unit(ALPHA), T > 0, R > 0, V == P * T, W == P * R],
                ALPHA * V + (1 - ALPHA) * W == P * (ALPHA * T + (1 - ALPHA) * R),
            ),
        },
    )


def _level_set_control(check: Check) -> None:
    check.prove(
        "p^u itself is affine along the segment",
        [unit(ALPHA), T > 0, R > 0, 0 <= V, V <= T, 0 <= W, W <= R],
        (ALPHA * V + (1 - ALPHA) * W) / (ALPHA * T + (1 - ALPHA) * R)
        == ALPHA * V / T + (1 - ALPHA) * W / R,
        role="control",
    )


def cases() -> Iterator[tuple[Any, Any]]:
    """Small utilities of every shape up to 2 by 3, with posteriors in quarters."""
    shapes = ((1, 2), (2, 2), (2, 3))
    for actions, classes in shapes:
        for matrix in utilities(actions, classes, 1):
            for q in posteriors(classes, 4):
                yield matrix, q


def suppose_not(check: Check) -> None:
    """Record the argument with (U q)_y = gamma (U q)_y' as its first condition.

    v, w are the entries of U q and U q' at y, v_other, w_other those at y'.
    """
    v_other, w_other, beta, gamma = reals("v_other w_other beta gamma")
    entries = [V >= 0, W >= 0, v_other >= 0, w_other >= 0]
    conditions = z3.And(gamma > 0, V == gamma * v_other, W != gamma * w_other)
    check.prove_all(
        "with (U q)_y = gamma (U q)_y' and (U q')_y != gamma (U q')_y': such y, y' and gamma > 0 "
        "exist unless U q = beta U q', zeros included",
        "some entry of each is positive. A zero of U q alone; else one of U q' alone, and y' "
        "positive in U q'; else the same zeros, and two ratios that differ; else all have one",
        {
            **finite_sums.positive_if_some_is(),
            "a zero of U q alone, y' = y": (
                [V == 0, W > 0, v_other == V, w_other == W, gamma == 2],
                conditions,
            ),
            "a zero of U q' alone, y' positive in both": (
                [V > 0, W == 0, v_other > 0, w_other > 0, gamma == V / v_other],
                conditions,
            ),
            "two ratios": (
                [
                    *(V > 0, W > 0, v_other > 0, w_other > 0),
                    *(V / W != v_other / w_other, gamma == V / v_other),
                ],
                conditions,
            ),
            "else": (
                [
                    *entries,
                    *(v_other > 0, w_other > 0, beta == v_other / w_other),
                    *((V > 0) == (W > 0), z3.Implies(W > 0, V * w_other == W * v_other)),
                ],
                z3.And(beta > 0, V == beta * W),
            ),
        },
    )
    check.prove(
        "and they are preserved by division by the totals, so that the predictions differ",
        [*entries, T > 0, R > 0, conditions],
        z3.Not(z3.And(V / T == W / R, v_other / T == w_other / R)),
    )


def test_md_lemma1(check: Check) -> None:
    _level_sets_are_convex(check)
    doubled, ones = (F(2), F(2)), (F(1), F(1))
    check.certify(
        "second claim of the proof: if (U q)_y = gamma (U q')_y' and (U q')_y != gamma (U q')_y' "
        "for some y, y' and gamma > 0, the predictions differ",
        lambda: not _printed_conditions(doubled, ones) or _normal(doubled) != _normal(ones),
        {"U": ((2, 1), (2, 1)), "q": (1, 0), "q'": (0, 1), "U q": doubled, "U q'": ones,
         "y, y', gamma": (1, 1, 2)},
        role="step",
    )  # fmt: skip
    _level_set_control(check)


def _printed_conditions(one: Any, other: Any) -> bool:
    """Whether some y, y' and gamma > 0 meet both, for vectors without zeros."""
    pairs = product(range(len(one)), repeat=2)
    return any(other[y] != (one[y] / other[z]) * other[z] for y, z in pairs)


def _conditions(one: Any, other: Any) -> bool:
    """Whether some y, y' and gamma > 0 meet both, the first one with U q on both sides.

    If (U q)_y and (U q)_y' are both zero every gamma meets the first; if one is, none does.
    """
    return any(
        any((other[y], other[z]))
        if one[y] == one[z] == 0
        else one[y] * one[z] > 0 and other[y] != one[y] / one[z] * other[z]
        for y, z in product(range(len(one)), repeat=2)
    )


def _vectors(size: int) -> list[tuple[F, ...]]:
    """Vectors with entries 0, 1 and 2, not all of them 0."""
    return [v for v in product((F(0), F(1), F(2)), repeat=size) if any(v)]


def _normal(vector: Any) -> tuple[F, ...]:
    return tuple(entry / sum(vector) for entry in vector)


def test_md_lemma1_corrected(check: Check) -> None:
    _level_sets_are_convex(check)
    beta = reals("beta")[0]
    check.prove_all(
        "second claim: equal predictions need U q = beta U q' with beta = T / R > 0",
        "both directions",
        {
            "beta": (
                [T > 0, R > 0, V / T == W / R, beta == T / R],
                z3.And(beta > 0, V == beta * W),
            ),
            "converse": (
                [R > 0, beta > 0, T == beta * R, V == beta * W],
                V / T == W / R,
            ),
        },
    )

    suppose_not(check)
    check.exhaust(
        "such y, y' and gamma exist exactly where the vectors are not multiples of each other",
        "pairs of vectors of 1 to 3 entries from 0, 1, 2, not all 0",
        (pair for size in (1, 2, 3) for pair in product(_vectors(size), repeat=2)),
        lambda pair: _conditions(*pair) == (_normal(pair[0]) != _normal(pair[1])),
        role="confirmation",
    )

    def polytope(case: tuple[Any, Any]) -> bool:
        matrix, q = case
        p = utility_weighted_prediction(matrix, q)
        vertices = consistent_posteriors(matrix, p)
        middle = vertices.sum(axis=0) / len(vertices)
        predictions = utility_weighted_prediction(matrix, np.array([*vertices, middle]))
        return all(row.tolist() == p.tolist() for row in predictions)

    check.exhaust(
        "`consistent_posteriors`: its vertices and their mean have the prediction",
        "utilities of 1 by 2, 2 by 2 and 2 by 3 with entries 0 and 1, posteriors in quarters",
        cases(),
        polytope,
        role="confirmation",
    )
    _level_set_control(check)
