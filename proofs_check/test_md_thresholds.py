"""Misaligned by Design, Sections 1, A.1 and A.2: two classes, their thresholds and weights.

Class 1 is positive and has probability q.  Risks are expected costs by definition
(`theory.prediction.expected_utility` of a cost matrix); the closed forms are those of
`theory.thresholds` and `theory.class_weights`.  Sums over instances are proved instance by
instance: the statements are linear, so they hold for a sum if they hold for its terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction as F
from itertools import product
from typing import Any

import numpy as np
import z3

from proofs_check.check import Check, Role
from proofs_check.encodings import unit
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from theory.class_weights import class_weighted_prediction, elkan_weight
from theory.prediction import decision, expected_utility
from theory.thresholds import binary_rule, indifference_probability
from theory.utility import class_weight_utility

Q, Q2, K, MASS, MOVED = reals("q q2 k mass moved")
W0, TARGET, BASE = reals("w_0 target base")
COSTS = C00, C01, C10, C11 = reals("c00 c01 c10 c11")
COST = np.array([[C00, C01], [C10, C11]], dtype=object)


def weighted(w0: Any, w1: Any, q: Any) -> Any:
    """The prediction (p_0, p_1) of class weights."""
    return class_weighted_prediction([w0, w1], [1 - q, q])


def risks(q: Any) -> Any:
    """The expected costs of the negative and of the positive action."""
    return expected_utility(COST, [1 - q, q])


def sampled_errors(weight: Any) -> dict[str, Obligation]:
    """False positives are `weight` times the false negatives if labels are drawn from p^w."""
    p = weighted(1, weight, Q)
    fp, fn, more_fp, more_fn = reals("fp fn more_fp more_fn")
    return {
        "at one instance": (
            [weight > 0, unit(Q), MASS > 0],
            MASS * p[1] * (1 - Q) == weight * (MASS * p[0] * Q),
        ),
        "adding instances": (
            [weight > 0, fp == weight * fn, more_fp == weight * more_fn],
            fp + more_fp == weight * (fn + more_fn),
        ),
    }


def exchange(weight: Any) -> dict[str, Obligation]:
    """Every change of the decisions raises weight * FN + FP, or leaves it."""
    p = weighted(1, weight, Q)
    moved = [weight > 0, unit(Q), unit(MOVED), MASS >= 0]
    total, more = reals("total more")
    return {
        "flagged ones set free": (
            [*moved, p[1] >= p[0]],
            weight * (MASS * MOVED * Q) - MASS * MOVED * (1 - Q) >= 0,
        ),
        "others flagged": (
            [*moved, p[1] < p[0]],
            MASS * MOVED * (1 - Q) - weight * (MASS * MOVED * Q) >= 0,
        ),
        "adding instances": ([total >= 0, more >= 0], total + more >= 0),
    }


def _margin(check: Check, weight: Any) -> None:
    """What the weights `weight`:1 do to decisions by the largest prediction, (9)."""
    p = weighted(1, weight, Q)
    check.prove(
        "the threshold is where negatives are that many times the positives",
        [weight > 0, unit(Q)],
        z3.And(
            (p[1] >= p[0]) == (Q >= 1 / (1 + weight)),
            (1 - Q == weight * Q) == (Q == 1 / (1 + weight)),
        ),
    )
    check.prove_all(
        "no change of the decisions saves a false negative for fewer false positives",
        "instance by instance, and for sums of instances",
        exchange(weight),
    )
    check.prove(
        "the most likely class is positive from q = 1/2 on",
        [weight > 1, unit(Q)],
        (p[1] >= p[0]) == (2 * Q >= 1),
        role="control",
    )


def test_md_fp_fn_ratio(check: Check) -> None:
    _margin(check, z3.RealVal(99))
    p = weighted(1, 99, Q)
    flagged = p[1] >= p[0]

    def wrong(at: Mapping[str, F]) -> bool:
        q = at["q"]
        utility = class_weight_utility(np.array([F(1), F(99)]))
        # Of two equal values the first counts, so this is positive only if it is strictly best.
        positive = decision(utility, np.array([1 - q, q])) == 1
        return (1 - q if positive else 0) != 99 * (0 if positive else q)

    check.prove(
        "classifying by the largest prediction, (9)",
        [unit(Q)],
        z3.If(flagged, 1 - Q, 0) == 99 * z3.If(flagged, 0, Q),
        role="reading",
        order=[Q],
        recheck=wrong,
    )


def test_md_fp_fn_ratio_corrected(check: Check) -> None:
    _margin(check, K)
    ratio, share = reals("ratio share")
    check.prove_all(
        "labels drawn from the prediction",
        "at each instance, and for sums of instances",
        sampled_errors(K),
    )
    check.prove(
        "with labels drawn from the posterior instead",
        [unit(Q)],
        Q * (1 - Q) == 99 * ((1 - Q) * Q),
        role="control",
    )
    # Shares `share` at q = 1/2 (flagged) and 1 - `share` at q = 1/200 (not flagged).
    low, high = weighted(1, 99, z3.RealVal("1/200")), weighted(1, 99, z3.RealVal("1/2"))
    check.prove(
        "the errors of the decisions stand in any ratio",
        [ratio >= 0, share == ratio / (100 + ratio)],
        z3.And(
            0 <= share,
            share < 1,
            low[1] < low[0],
            high[1] >= high[0],
            share / 2 == ratio * ((1 - share) / 200),
        ),
    )


def _reasonable(check: Check) -> None:
    threshold = indifference_probability(COST)
    negative, positive = risks(Q)
    given = [C10 > C00, C01 > C11, unit(Q)]
    check.prove(
        "where errors cost more than right answers",
        given,
        z3.And(
            0 < threshold,
            threshold < 1,
            (negative == positive) == (Q == threshold),
            (positive <= negative) == (Q >= threshold),
        ),
    )
    check.prove(
        "with the costs of the errors exchanged",
        given,
        (positive <= negative) == (Q >= (C01 - C11) / (C01 - C11 + C10 - C00)),
        role="control",
    )


def _no_multiclass_threshold(check: Check, role: Role) -> None:
    """Of three classes, the first."""
    zero_one = np.array([[int(a != y) for y in range(3)] for a in range(3)], dtype=object)
    least = {}
    for place, tenths in enumerate(((4, 3, 3), (4, 6, 0))):
        risk = expected_utility(zero_one, [z3.RealVal(n) / 10 for n in tenths])
        least[place] = z3.And(risk[0] < risk[1], risk[0] < risk[2])
    check.prove(
        "no threshold on a class's own probability decides in general: with 0-1 costs and three "
        "classes, q_1 = 4/10 at (4,3,3)/10 and at (4,6,0)/10, but the first action is best at the "
        "former alone",
        [],
        z3.And(least[0], z3.Not(least[1])),
        role=role,
    )
    largest, risk_a, risk_b = reals("largest risk_a risk_b")
    check.prove(
        "lowest risk is highest expected utility of largest - c",
        [],
        (risk_a <= risk_b) == (largest - risk_a >= largest - risk_b),
        role=role,
    )


def _multiclass_thresholds(check: Check) -> None:
    _no_multiclass_threshold(check, "conclusion")
    first, second, third = q = reals("q_1 q_2 q_3")
    risk = expected_utility(np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]], dtype=object), q)
    simplex = [first >= 0, second >= 0, third >= 0, first + second + third == 1]
    check.prove(
        "one may exist, though: at c = ((0,1,1), (1,0,0), (1,0,0)) the first action is best iff "
        "q_1 >= 1/2",
        simplex,
        z3.And(risk[0] <= risk[1], risk[0] <= risk[2]) == (2 * first >= 1),
    )


def test_md_threshold(check: Check) -> None:
    _reasonable(check)
    _no_multiclass_threshold(check, "prose")
    threshold = reals("t")[0]
    equal = risks(threshold)[0] == risks(threshold)[1]
    check.refute(
        "any nonnegative, nondegenerate costs: the inequality may turn round",
        "the only q of equal risks is 1/2, but the positive action is best at 0",
        dict(zip(COSTS, map(F, (1, 0, 0, 1)), strict=True)),
        {
            "equal risks": ([unit(threshold), equal], 2 * threshold == 1),
            "at 0": ([Q == 0], risks(Q)[1] < risks(Q)[0]),
        },
        role="reading",
    )
    check.refute(
        "any nonnegative, nondegenerate costs: there may be no threshold",
        "the risks are equal at no q",
        dict(zip(COSTS, map(F, (0, 0, 1, 1)), strict=True)),
        {"never equal": ([unit(threshold)], z3.Not(equal))},
        role="reading",
    )


def test_md_threshold_corrected(check: Check) -> None:
    _reasonable(check)
    extra_fp, extra_fn = C10 - C00, C01 - C11
    negative, positive = risks(Q)
    best, q_c = positive <= negative, indifference_probability(COST)
    total = extra_fp + extra_fn
    check.prove_all(
        "every cost matrix",
        "the sign of A + B, then that of A",
        {
            "A + B > 0": ([total > 0], best == (Q >= q_c)),
            "A + B < 0": ([total < 0], best == (Q <= q_c)),
            "A + B = 0 < A": ([total == 0, extra_fp > 0], z3.Not(best)),
            "A + B = 0 > A": ([total == 0, extra_fp < 0], z3.And(best, positive != negative)),
            "A = B = 0": ([total == 0, extra_fp == 0], positive == negative),
        },
    )
    _multiclass_thresholds(check)
    t = reals("t")[0]
    at = {q: risks(z3.RealVal(q)) for q in (0, 1)}
    rule = [(at[q][1] <= at[q][0]) == (t <= q) for q in (0, 1)]
    check.prove_all(
        "a threshold in [0, 1] with equal risks exists iff A >= 0 and B >= 0",
        "necessity from q = 0 and q = 1",
        {
            "necessity": (
                [unit(t), risks(t)[0] == risks(t)[1], *rule],
                z3.And(extra_fp >= 0, extra_fn >= 0),
            ),
            "sufficiency": (
                [extra_fp >= 0, extra_fn >= 0, total > 0, unit(Q)],
                z3.And(unit(q_c), best == (Q >= q_c)),
            ),
            "all equal, threshold 0": ([extra_fp == 0, extra_fn == 0, unit(Q)], best),
        },
    )
    small = [F(n) for n in range(3)]
    check.exhaust(
        "the program's rule against the risks",
        "costs in {0,1,2}, q in {0, 1/6, ..., 1}",
        [
            {"cost": costs, "q": F(sixths, 6)}
            for costs in product(small, repeat=4)
            for sixths in range(7)
        ],
        _rule_agrees,
        role="confirmation",
    )


def _rule_agrees(case: Mapping[str, Any]) -> bool:
    cost = np.array(case["cost"], dtype=object).reshape(2, 2)
    negative, positive = expected_utility(cost, np.array([1 - case["q"], case["q"]]))
    return binary_rule(cost).is_positive_best(case["q"]) == bool(positive <= negative)


def _elkan(check: Check) -> None:
    inner = [0 < TARGET, TARGET < 1, 0 < BASE, BASE < 1]
    formula = elkan_weight(TARGET, BASE)
    at_formula = weighted(formula, 1, Q)[1]
    check.prove(
        "the formula's weight is positive and moves the threshold",
        [*inner, unit(Q)],
        z3.And(formula > 0, (Q >= TARGET) == (at_formula >= BASE)),
    )
    check.prove(
        "p^w increases in q_1 for positive weights",
        [W0 > 0, unit(Q, Q2), Q < Q2],
        weighted(W0, 1, Q)[1] < weighted(W0, 1, Q2)[1],
    )
    # Where p^w takes the value BASE.
    root = BASE * W0 / (BASE * W0 + 1 - BASE)
    at_target, at_root = weighted(W0, 1, TARGET)[1], weighted(W0, 1, root)[1]
    check.prove_all(
        "the equivalence is the equation p^w(p*) = p_0, which only the formula solves",
        "the equivalence at q = p* and at the q with p^w(q) = p_0",
        {
            "to the equation": (
                [*inner, W0 > 0, at_target >= BASE, (root >= TARGET) == (at_root >= BASE)],
                at_target == BASE,
            ),
            "from the equation": (
                [*inner, W0 > 0, unit(Q), at_target == BASE],
                (Q >= TARGET) == (weighted(W0, 1, Q)[1] >= BASE),
            ),
            "its solution": ([*inner, W0 > 0], (at_target == BASE) == (W0 == formula)),
        },
    )
    check.prove(
        "with the reciprocal of the weight",
        [*inner, unit(Q)],
        (Q >= TARGET) == (weighted(1 / formula, 1, Q)[1] >= BASE),
        role="control",
    )


def test_md_elkan(check: Check) -> None:
    _elkan(check)
    between = (2 * W0 + 1) / (2 * W0 + 2)
    check.refute(
        "every target threshold in [0, 1]",
        "at p* = 1 and p_0 = 1/2 every weight lets some q < 1 pass",
        {TARGET: F(1), BASE: F(1, 2)},
        {"some q passes": ([W0 >= 0], z3.And(between < 1, weighted(W0, 1, between)[1] >= BASE))},
        role="reading",
    )
    check.prove(
        "p_0 read as the share of class 0 in the threshold, 1 - p_1^o",
        [0 < TARGET, TARGET < 1, 0 < BASE, BASE < 1, unit(Q)],
        (Q >= TARGET) == (weighted(elkan_weight(TARGET, 1 - BASE), 1, Q)[1] >= BASE),
        role="reading",
        order=[TARGET, BASE, Q],
    )


def test_md_elkan_corrected(check: Check) -> None:
    _elkan(check)
    between = (2 * W0 + 1) / (2 * W0 + 2)
    above = BASE / (BASE + (1 - BASE) / (2 * W0))  # p^w there is 2 b / (1 + b) >= b
    check.prove_all(
        "at the ends no positive weight does it, but for p* = p_0 = 1 and p* = p_0 = 0",
        "a posterior on the wrong side",
        {
            "p* = 1, 0 < p_0 < 1": (
                [W0 > 0, 0 < BASE, BASE < 1],
                z3.And(above < 1, weighted(W0, 1, above)[1] >= BASE),
            ),
            "p* = 1, p_0 = 0": ([W0 > 0], z3.And(between < 1, weighted(W0, 1, between)[1] >= 0)),
            "p* = 0 < p_0": ([W0 > 0, 0 < BASE, BASE <= 1], weighted(W0, 1, 0)[1] < BASE),
            "0 < p* < 1 = p_0": (
                [W0 > 0, 0 < TARGET, TARGET < 1],
                weighted(W0, 1, TARGET)[1] < 1,
            ),
            "p_0 = 0 < p*": ([W0 > 0, 0 < TARGET], weighted(W0, 1, 0)[1] >= 0),
            "p* = p_0 = 1": ([W0 > 0, unit(Q)], (Q >= 1) == (weighted(W0, 1, Q)[1] >= 1)),
            "p* = p_0 = 0": ([W0 > 0, unit(Q)], (Q >= 0) == (weighted(W0, 1, Q)[1] >= 0)),
        },
    )
