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
    one, two = (F(0), F(1)), (F(0), F(2))
    check.certify(
        "with the indices repaired: if (U q)_y = gamma (U q')_y and (U q)_y' != gamma (U q')_y' "
        "for some y, y' and gamma > 0, the predictions differ",
        lambda: not _repaired_conditions(one, two, F(1)) or _normal(one) != _normal(two),
        {"U": ((0, 0), (1, 2)), "q": (1, 0), "q'": (0, 1), "U q": one, "U q'": two,
         "y, y', gamma": (1, 2, 1)},
        role="step",
    )  # fmt: skip
    _level_set_control(check)


def _printed_conditions(one: Any, other: Any) -> bool:
    """Whether some y, y' and gamma > 0 meet both, for vectors without zeros."""
    pairs = product(range(len(one)), repeat=2)
    return any(other[y] != (one[y] / other[z]) * other[z] for y, z in pairs)


def _repaired_conditions(one: Any, other: Any, gamma: F) -> bool:
    """Whether some y and y' meet both for this gamma."""
    equal = [x == gamma * z for x, z in zip(one, other, strict=True)]
    return any(equal) and not all(equal)


def _normal(vector: Any) -> tuple[F, ...]:
    return tuple(entry / sum(vector) for entry in vector)


def test_md_lemma1_corrected(check: Check) -> None:
    _level_sets_are_convex(check)
    beta, next_v, next_w = reals("beta next_v next_w")
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

    check.prove_all(
        "the proof's argument holds for a y with (U q')_y > 0, which there is: gamma = (U q)_y / "
        "(U q')_y > 0 exists, and equal predictions leave no y' with (U q)_y' != gamma (U q')_y'",
        "a prediction sums to 1, so some entry of it is positive",
        {
            **finite_sums.positive_if_some_is(),
            "positive in U q and in U q'": (
                [T > 0, R > 0, P > 0, V == P * T, W == P * R],
                z3.And(V > 0, W > 0, V / W > 0),
            ),
            "no y'": (
                [T > 0, R > 0, W > 0, V / T == W / R, V == beta * W, next_v / T == next_w / R],
                next_v == beta * next_w,
            ),
        },
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
