"""Misaligned by Design, Appendix A.5: from predictions back to posteriors.

Sums of any length enter through the inductions of `proofs_check.finite_sums`.  v, w are entries
of U q and U q', T and R their totals, p an entry of the prediction.
"""

from __future__ import annotations

from fractions import Fraction as F
from itertools import product
from typing import Any

import numpy as np
import z3

from proofs_check import finite_sums
from proofs_check.check import Check
from proofs_check.smt import reals
from proofs_check.utility_grids import invertible, posteriors, utilities
from theory.arrays import solve
from theory.prediction import utility_weighted_prediction
from theory.recalibration import consistent_posteriors, nearest_in_image, recalibrate
from theory.utility import class_weight_utility

T, R, P, V, W, Q, MASS = reals("T R p v w q mass")
OFF_IMAGE = np.array([[F(1), F(2)], [F(1), F(1)]])


def _formula_recovers(check: Check) -> None:
    pulled, total, entry = reals("pulled total entry")
    check.prove_all(
        "if V U = 1, then V p / (1' V p) = q at p = U q / T, for any m, and n >= m",
        "V p = (1/T) V (U q) = (1/T) (V U) q = q / T by exchanging sums, so its total is 1 / T",
        {
            **finite_sums.exchanged(),
            **finite_sums.scaled(),
            "row of the identity: before the diagonal": ([pulled == 0], pulled + 0 * Q == 0),
            "row of the identity: on the diagonal": ([pulled == 0], pulled + 1 * Q == Q),
            "row of the identity: after it": ([pulled == P], pulled + 0 * Q == P),
            "total": ([T > 0, MASS == 1, total * T == MASS], total == 1 / T),
            "entry": ([T > 0, total > 0, total * T == 1, entry * T == Q], entry / total == Q),
        },
    )


def _recalibration_control(check: Check) -> None:
    check.certify(
        "the transpose does as well as the inverse",
        lambda: (
            utility_weighted_prediction(
                OFF_IMAGE.T, utility_weighted_prediction(OFF_IMAGE, [F(1, 2), F(1, 2)])
            ).tolist()
            == [F(1, 2), F(1, 2)]
        ),
        {"U": OFF_IMAGE.tolist(), "q": (F(1, 2), F(1, 2))},
        role="control",
    )


def test_md_theorem2(check: Check) -> None:
    _formula_recovers(check)
    inverse = solve(OFF_IMAGE, np.array([[F(1), F(0)], [F(0), F(1)]])).T
    check.certify(
        "p^u maps the simplex onto itself, so that (26) is its inverse there",
        lambda: (
            len(consistent_posteriors(OFF_IMAGE, [F(1), F(0)])) > 0
            and (inverse @ [F(1), F(0)]).sum() != 0
        ),
        {"U": OFF_IMAGE.tolist(), "p": (1, 0), "U^-1 p": (-1, 1), "total": 0},
        role="reading",
    )
    check.certify(
        "u^-1 is a utility function: its values are at least 0",
        lambda: bool((inverse >= 0).all()),
        {"U": OFF_IMAGE.tolist(), "U^-1": inverse.tolist()},
        role="prose",
    )
    _recalibration_control(check)


def test_md_theorem2_corrected(check: Check) -> None:
    _formula_recovers(check)
    _image(check)
    _off_the_image(check)
    _injective(check)
    _onto(check)
    _shipped_recalibration(check)
    _recalibration_control(check)
    more_actions = np.array([[F(1), F(0)], [F(0), F(1)], [F(0), F(0)]])
    left_inverse, p = more_actions.T, np.array([F(3), F(3), F(4)]) / 10
    check.certify(
        "with more actions than classes, too, p is in the image if a left inverse V has V p >= 0",
        lambda: (
            not (left_inverse @ p >= 0).all() or len(consistent_posteriors(more_actions, p)) > 0
        ),
        {"U": more_actions.tolist(), "V": left_inverse.tolist(), "p": tuple(p)},
        role="control",
    )


def _image(check: Check) -> None:
    """x is an entry of U^-1 p, X its total; s the column sum."""
    x, total, s, q, entry = reals("x X s q entry")
    check.prove_all(
        "n = m: p of the simplex is in the image iff no entry of x = U^-1 p is negative",
        "in the image x = q / T.  If x >= 0, then 1 = 1'p = sum_y s_y x_y, so some x is positive "
        "and X > 0; q = x / X is in the simplex, U q = p / X and 1'U q = 1 / X",
        {
            "x = q / T": ([T > 0, q >= 0, x * T == q], x >= 0),
            "sum_y s_y x_y = 1 needs a positive x: base": (
                [entry == 0, total == 0],
                (entry > 0) == (total > 0),
            ),
            "sum_y s_y x_y = 1 needs a positive x: step": (
                [s > 0, x >= 0, entry >= 0, total >= 0, (entry > 0) == (total > 0)],
                z3.And(entry + s * x >= 0, (entry + s * x > 0) == (total + x > 0)),
            ),
            "q in [0, 1]": ([x >= 0, total > 0, x <= total], z3.And(x / total >= 0, x <= total)),
            **finite_sums.scaled(),
            "U q = p / X": ([total > 0, P == entry, V == entry / total], V * total == P),
            "prediction": ([total > 0, V * total == P, T * total == 1], V == P * T),
        },
    )
    check.prove_all(
        "so where the total is not positive, some entry is negative",
        "entries that are all at least 0 have a positive total, as before",
        finite_sums.positive_if_some_is(),
    )


def _off_the_image(check: Check) -> None:
    """x_1, x_2 are the entries of U^-1 p in the examples."""
    x, total, s, weighted, first, second = reals("x X s weighted x_1 x_2")
    sum_of_two = first + second
    check.prove_all(
        "n = m: off the image (26) has a negative entry, or divides by zero",
        "some x_y is negative, and some x_y is positive since sum_y s_y x_y = 1: a total of either "
        "sign gives one of them a negative quotient",
        {
            "no x_y > 0 leaves sum_y s_y x_y <= 0: base": ([weighted == 0], weighted <= 0),
            "no x_y > 0 leaves sum_y s_y x_y <= 0: step": (
                [weighted <= 0, s > 0, x <= 0],
                weighted + s * x <= 0,
            ),
            "total above 0": ([total > 0, x < 0], x / total < 0),
            "total below 0": ([total < 0, x > 0], x / total < 0),
            "U = ((1, 2), (1, 1)), p = (1, 0): U^-1 p = (-1, 1) has the total 0": (
                [first + 2 * second == 1, sum_of_two == 0],
                z3.And(first == -1, second == 1),
            ),
            "U = ((1, 9), (1, 2)), p = (1, 0): the total is -1/7, (26) is (2, -1)": (
                [first + 9 * second == 1, first + 2 * second == 0],
                z3.And(7 * sum_of_two == -1, first / sum_of_two == 2, second / sum_of_two == -1),
            ),
        },
    )


def _injective(check: Check) -> None:
    rest, share, others, x, total = reals("rest share others x X")
    check.prove_all(
        "injective iff the columns of U are linearly independent (m >= 2)",
        "if so, U has a left inverse.  If U z = 0 for a z != 0, some interior q is no multiple of "
        "z, and for small e the posterior (q + e z) / (1 + e 1'z) differs from q and has the same "
        "prediction, as U (q + e z) = U q",
        {
            "same prediction": (
                [T > 0, total > 0, V == P * T, W == V / total, R == T / total],
                W == P * R,
            ),
            "they differ unless z is a multiple of q": (
                [1 + share * rest > 0, share != 0, Q + share * x == Q * (1 + share * rest)],
                x == Q * rest,
            ),
            "in the simplex": (
                [Q > 0, share * x > -Q, others > 0, total == Q + share * x + others],
                (Q + share * x) / total > 0,
            ),
        },
    )


def _onto(check: Check) -> None:
    rest, share, column, others, x = reals("rest share column others x")
    check.prove_all(
        "for n = m, p^u is onto the simplex iff U is a generalised permutation matrix",
        "a vertex e_a of the simplex is in the image, sum_y lambda_y C_y = e_a, only if a column "
        "C_y equals it; the a of each column differ, so n = m columns have one positive entry "
        "each, in different rows.  Such a U weights the classes and renames them, and (27) "
        "inverts the weighting on the whole simplex",
        {
            "sum_y lambda_y (1 - C_ay) = 0 has no positive term": (
                [rest >= 0, share > 0, column <= 1, rest + share * (1 - column) == 0],
                column == 1,
            ),
            "a column of sum 1 with an entry 1 has no other": (
                [column == 1, others >= 0, column + others == 1],
                others == 0,
            ),
            **{f"weights: {label}": part for label, part in _weights_are_onto().items()},
        },
    )
    entry = reals("entry")[0]
    check.prove_all(
        "so U^-1 has a negative entry unless U is a generalised permutation matrix",
        "column a of U^-1 is U^-1 e_a; if none has a negative entry, every vertex is in the image; "
        "and U^-1 of such a matrix holds reciprocals and zeros",
        {
            "before row a": ([entry == 0], entry + x * z3.RealVal(0) == 0),
            "row a": ([entry == 0], entry + x * z3.RealVal(1) == x),
            "after it": ([entry == x], entry + others * z3.RealVal(0) == x),
            "reciprocals": ([column > 0, x * column == 1], x > 0),
        },
    )


def _shipped_recalibration(check: Check) -> None:
    square = [matrix for matrix in utilities(2, 2, 3) if invertible(matrix)]
    square += [matrix for matrix in utilities(3, 3, 1) if invertible(matrix)]

    def round_trip(case: tuple[Any, Any]) -> bool:
        matrix, q = case
        found = recalibrate(matrix, utility_weighted_prediction(matrix, q))
        return bool(found.in_image) and found.posterior.tolist() == q.tolist()

    def off_image(case: tuple[Any, Any]) -> bool:
        matrix, p = case
        found, vertices = recalibrate(matrix, p), consistent_posteriors(matrix, p)
        same = bool(found.in_image) == (len(vertices) > 0)
        if not found.in_image:
            nearest = nearest_in_image(matrix, p)
            projected = recalibrate(matrix, p, project=True).posterior
            negative = found.total == 0 or min(found.posterior) < 0
            back = utility_weighted_prediction(matrix, projected).tolist() == nearest.tolist()
            return same and negative and back
        return same and vertices.tolist() == [found.posterior.tolist()] and found.total > 0

    cases = [(matrix, q) for matrix in square for q in posteriors(len(matrix), 4)]
    check.exhaust(
        "`recalibrate` undoes `utility_weighted_prediction`",
        "invertible utilities, 2 classes with entries up to 3 and 3 classes with entries up to 1; "
        "posteriors in quarters",
        cases,
        round_trip,
        role="confirmation",
    )
    check.exhaust(
        "`recalibrate` tells the image from the rest as `consistent_posteriors` does",
        "the same utilities, predictions in quarters",
        cases,
        off_image,
        role="confirmation",
    )


def _weights_are_onto() -> dict[str, tuple[list[z3.BoolRef], z3.BoolRef]]:
    """q_y = (p_y / w_y) / D with D = sum_y p_y / w_y has the weighted prediction p."""
    weight, total, expected = reals("weight D expected")
    return {
        "D > 0 as some p is: base": ([total == 0, MASS == 0], (total > 0) == (MASS > 0)),
        "D > 0 as some p is: step": (
            [total >= 0, MASS >= 0, (total > 0) == (MASS > 0), weight > 0, P >= 0],
            z3.And(total + P / weight >= 0, (total + P / weight > 0) == (MASS + P > 0)),
        ),
        "w q = p / D": ([weight > 0, total > 0], weight * ((P / weight) / total) == P / total),
        "total of w q is 1 / D": ([total > 0, MASS == 1, expected * total == MASS],
                                  (P / total) / expected == P),
    }  # fmt: skip


def test_md_diagonal_inverse(check: Check) -> None:
    weight, total, share = reals("weight D share")
    check.prove_all(
        "(27) recovers q from p_y = w_y q_y / T, for any m",
        "p_y / w_y = q_y / T, so their total D is 1 / T",
        {
            "p / w": ([weight > 0, T > 0, P == weight * Q / T], P / weight == Q / T),
            **finite_sums.scaled(),
            "total": ([T > 0, MASS == 1, total * T == MASS], total == 1 / T),
            "quotient": (
                [T > 0, total > 0, total * T == 1, share * T == Q],
                share / total == Q,
            ),
        },
    )
    check.prove_all(
        "p^w maps the simplex onto itself: (27) is its inverse for every p",
        "the weighted prediction of (27) is p",
        _weights_are_onto(),
    )
    check.prove_all(
        "the inverse of the diagonal matrix holds the inverse weights",
        "entry by entry of the product",
        {
            "diagonal": ([weight > 0], weight * (1 / weight) == 1),
            "off the diagonal": ([weight > 0], weight * z3.RealVal(0) == 0),
        },
        role="step",
    )
    _undersampling(check)
    cases = [
        (class_weight_utility(np.array(weights)), p)
        for weights in product([F(1), F(2), F(1, 3)], repeat=3)
        for p in posteriors(3, 3)
    ]

    def printed(case: tuple[Any, Any]) -> bool:
        utility, p = case
        divided = [x / w for x, w in zip(p, np.diag(utility), strict=True)]
        expected = [x / sum(divided) for x in divided]
        return bool((recalibrate(utility, p).posterior == expected).all())

    check.exhaust(
        "`recalibrate` of `class_weight_utility` is (27)",
        "three classes, weights 1/3, 1 or 2, predictions in thirds",
        cases,
        printed,
        role="confirmation",
    )
    check.prove(
        "multiplying by the weights recovers q",
        [weight > 0, Q >= 0, Q <= 1, T == weight * Q + 1 - Q, P * T == weight * Q],
        weight * P == Q * (weight * P + 1 - P),
        role="control",
    )


def _undersampling(check: Check) -> None:
    """Dal Pozzolo et al.: negatives kept at rate beta; p_s is the posterior in the sample."""
    beta, kept, p_s, p = reals("beta kept p_s p")
    check.prove_all(
        "undersampling negatives at rate beta is (27) with weights (1, beta)",
        "Bayes' rule in the sample is (16) with those weights; then the printed formula of Dal "
        "Pozzolo et al. equals (27)",
        {
            "sample": (
                [0 < beta, beta <= 1, 0 <= p, p <= 1, kept == p + beta * (1 - p)],
                z3.And(kept > 0, p / kept == 1 * p / (1 * p + beta * (1 - p))),
            ),
            "formula": (
                [0 < beta, beta <= 1, 0 <= p_s, p_s <= 1],
                (p_s / 1) / (p_s / 1 + (1 - p_s) / beta) == beta * p_s / (beta * p_s - p_s + 1),
            ),
            "it recovers p": (
                [0 < beta, beta <= 1, 0 <= p, p <= 1, p_s * (p + beta * (1 - p)) == p],
                beta * p_s / (beta * p_s - p_s + 1) == p,
            ),
        },
    )
