"""Misaligned by Design, Appendix A.2: class weights, and what they cannot do.

Any number of classes: a statement about all of them is reduced to one class, a pair or a triple,
the rest entering through sums, which are free variables (`rest`, `total`).  A strictly proper loss
enters through its definition alone: <l(p, .), h> is larger than <l(h, .), h> for p other than h.
Examples are decided by exact linear programs (`theory.agreement`).
"""

from __future__ import annotations

from fractions import Fraction as F
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
import z3

from proofs_check import finite_sums
from proofs_check.check import Check
from proofs_check.smt import reals
from proofs_check.utility_grids import exact
from theory.agreement import Disagreement, worst_disagreement
from theory.class_weights import (
    class_weighted_prediction,
    cost_vector,
    deciding_weights,
    pairwise_weights,
)
from theory.prediction import expected_utility, utility_weighted_prediction
from theory.utility import class_weight_utility, utility_from_cost

QA, QB, QY, WA, WB, WY, K, REST = reals("q_a q_b q_y w_a w_b w_y k rest")
CAB, CBA, CAR, CRA, CBR, CRB = reals("c_ab c_ba c_ar c_ra c_br c_rb")
OFF_DIAGONAL = [CAB, CBA, CAR, CRA, CBR, CRB]


def worst_of_weights(cost: Any, weights: Any) -> Disagreement | None:
    """The worst decision that class weights lead to."""
    return worst_disagreement(utility_from_cost(cost), class_weight_utility(weights))


def test_md_class_weight_predictions(check: Check) -> None:
    total, own, other = reals("total own other")
    check.prove_all(
        "only multiples of diag(w) give the predictions of class weights",
        "the corners of the simplex, then the midpoints of two corners",
        {
            "e_y: an error has no utility": (
                [total > 0, own >= 0, other >= 0],
                (other / total == 0) == (other == 0),
            ),
            "between e_a and e_b: one factor": (
                [own > 0, other > 0, WA > 0, WB > 0],
                (own / (own + other) == WA / (WA + WB)) == (own * WB == other * WA),
            ),
        },
    )
    check.prove(
        "and they do, for every posterior",
        [K > 0, WA > 0, QA >= 0, total > 0],
        K * WA * QA / (K * total) == WA * QA / total,
    )
    w, q = (np.array(sp.symbols(f"{name}:3", positive=True), dtype=object) for name in "wq")
    factor = sp.symbols("k", positive=True)
    scaled = utility_weighted_prediction(np.diag(factor * w), q)
    check.derive(
        "three classes, the programs' functions",
        {f"class {y}": scaled[y] - class_weighted_prediction(w, q)[y] for y in range(3)},
        role="confirmation",
    )
    check.prove(
        "every diagonal matrix has the predictions of given weights",
        [own > 0, other > 0, WA > 0, WB > 0],
        own / (own + other) == WA / (WA + WB),
        role="control",
    )


def test_md_class_weight_decisions(check: Check) -> None:
    uaa, uab, uba, ubb, uay, uby, t = reals("u_aa u_ab u_ba u_bb u_ay u_by t")
    positive = [WA > 0, WB > 0, WY > 0]

    def ties(share: Any) -> Any:
        """At q proportional to (1/w_a, 1/w_b, share/w_y) a and b tie for weights and for U."""
        return uaa / WA + uab / WB + share * uay / WY == uba / WA + ubb / WB + share * uby / WY

    va, vb = reals("v_a v_b")
    check.prove_all(
        "weights that always decide best: necessity",
        "posteriors on three classes where a and b tie for the weights",
        {
            "a and b tie at (1/w_a, 1/w_b, t/w_y), t <= 1": (
                [*positive, 0 <= t, t <= 1],
                z3.And(
                    WA * (1 / WA) == WB * (1 / WB),
                    WY * (t / WY) <= WA * (1 / WA),
                ),
            ),
            "errors in y have one utility": (
                [*positive, 0 < t, t <= 1, ties(0), ties(t)],
                uay == uby,
            ),
            "one factor for all classes": (
                [*positive, ties(0)],
                (uaa - uba) / WA == (ubb - uab) / WB,
            ),
            "not negative, from e_a": ([*positive, uaa >= uba], (uaa - uba) / WA >= 0),
        },
    )
    check.prove(
        "sufficiency: expected utilities differ as the weighted probabilities do",
        [K >= 0],
        (va + K * WA) * QA + vb * QB + REST - (va * QA + (vb + K * WB) * QB + REST)
        == K * (WA * QA - WB * QB),
    )
    small = [exact([[a, b, c], [d, 1, b], [d, c, 1]]) for a, b, c, d in product((0, 1), repeat=4)]
    check.exhaust(
        "the program's weights against linear programs",
        "16 matrices from {0,1}; where no weights are found, (1,1,1) and (1,2,1)",
        [{"utility": tuple(map(tuple, matrix))} for matrix in small],
        _deciding_agrees,
        role="confirmation",
    )
    check.prove(
        "ties of two classes alone do not fix the utility of a third's errors",
        [*positive, ties(0)],
        uay == uby,
        role="control",
    )


def _deciding_agrees(case: dict[str, Any]) -> bool:
    utility = exact(case["utility"])
    weights = deciding_weights(utility)
    if weights is not None:
        return worst_disagreement(utility, class_weight_utility(weights)) is None
    tried = [[1, 1, 1], [1, 2, 1]]
    return all(worst_disagreement(utility, np.diag(exact([w])[0])) is not None for w in tried)


Extended = tuple[Any, Any]  # a value, and whether it is +infinity instead: 1 or 0


def _equal(one: Extended, other: Extended) -> z3.BoolRef:
    return z3.And(one[1] == other[1], z3.Or(one[1] == 1, one[0] == other[0]))


def _below(one: Extended, other: Extended) -> z3.BoolRef:
    return z3.And(one[1] == 0, z3.Or(other[1] == 1, one[0] < other[0]))


def _reduction_differs(check: Check) -> None:
    """At e_y and at h, l(p, y) against <l(p, .), h>; the factor c(y) keeps order and ties."""
    names = ("at_corner", "at_mean", "mixed_corner", "mixed_mean")
    values, flags = reals(" ".join(names)), reals(" ".join(f"{name}_infinite" for name in names))
    at_corner, at_mean, mixed_corner, mixed_mean = zip(values, flags, strict=True)
    check.prove(
        "an error in y has a cost: the two losses differ at e_y or at h = c(., y)/c(y), infinite "
        "losses included",
        [
            *(z3.Or(flag == 0, flag == 1) for flag in flags),
            _below(at_corner, at_mean),
            _below(mixed_mean, mixed_corner),
        ],
        z3.Not(z3.And(_equal(at_corner, mixed_corner), _equal(at_mean, mixed_mean))),
    )
    cost = exact([[0, 1, 1], [1, 0, 1], [3, 1, 0]])
    check.certify(
        "three classes: different decisions",
        lambda: worst_of_weights(cost, cost_vector(cost)) is not None,
        {"c": tuple(map(tuple, cost)), **_shown(worst_of_weights(cost, cost_vector(cost)))},
        role="prose",
    )
    la, lb = reals("l_a l_b")
    check.prove(
        "the losses are the same for two classes",
        [CAB > 0, CBA > 0],
        la * CBA == lb * CBA,
        role="control",
    )


def _shown(found: Disagreement | None) -> dict[str, Any]:
    assert found is not None
    return {"q": tuple(found.posterior), "chosen": found.chosen, "best": found.best}


def test_md_cost_reduction(check: Check) -> None:
    _reduction_differs(check)
    c11, c21, loss = reals("c11 c21 loss")
    check.refute(
        "different at every prediction",
        "two classes, p = (1/2, 1/2), a loss that treats classes alike: both labels lose the same",
        {c11: F(0), c21: F(1)},
        {"equal": ([], loss * (c11 + c21) == loss * c11 + loss * c21)},
        role="reading",
    )
    own = reals("own")[0]
    check.refute(
        "different for every cost matrix",
        "a diagonal cost matrix: the two losses are one function",
        {c11: F(1), c21: F(0)},
        {"equal": ([], loss * (c11 + c21) == loss * c11 + own * c21)},
        role="reading",
    )


def test_md_cost_reduction_corrected(check: Check) -> None:
    _reduction_differs(check)
    loss, other, own_cost = reals("loss other own_cost")
    check.prove(
        "no error in y has a cost: the same loss in y",
        [],
        loss * own_cost == loss * own_cost + 0 * other,
    )
    # Zero diagonal, two classes: c(y) is the cost of the only error in y.
    cost = np.array([[0, CAB], [CBA, 0]], dtype=object)
    q = [QA, QB]
    given = [CAB > 0, CBA > 0, QA >= 0, QB >= 0, QA + QB == 1]
    vector = class_weighted_prediction(cost_vector(cost), q)
    weighted = utility_weighted_prediction(cost, q)
    risk = expected_utility(cost, q)
    check.prove(
        "two classes without cost on the diagonal: mirrored predictions, the same decisions",
        given,
        z3.And(
            vector[0] == weighted[1],
            vector[1] == weighted[0],
            (vector[0] >= vector[1]) == (risk[0] <= risk[1]),
        ),
    )
    va, vb, total = reals("v_a v_b total")
    check.prove(
        "every error in y costs v_y: weights (m - 1) v_y, here k v_y, decide for the lowest risk",
        [K > 0],
        (total - va * QA <= total - vb * QB) == (K * va * QA >= K * vb * QB),
    )
    check.prove_all(
        "a loss that treats classes alike: the two losses meet at the uniform prediction",
        "every label loses the same there, so the sum of the costs is a factor",
        finite_sums.scaled(),
    )
    _weightless_class(check)


def _weightless_class(check: Check) -> None:
    """Costs whose first class has no costly error: its weight is 0, which the lemma excludes."""
    cost = np.array([[0, 5, 5], [0, 0, 1], [0, 1, 0]], dtype=object)
    q = reals("q_1 q_2 q_3")
    risk, weighted = expected_utility(cost, q), cost_vector(cost) * np.array(q, dtype=object)

    def others(action: int) -> list[int]:
        return [each for each in range(3) if each != action]

    check.prove_all(
        "a class without costly error: c = ((0,5,5), (0,0,1), (0,1,0)) has the cost vector "
        "(0,6,6), which decides for the lowest risk though errors cost differently",
        "wherever the vector may choose an action, the action has the lowest risk",
        {
            f"action {a + 1}": (
                [*(share >= 0 for share in q), sum(q) == 1,
                 *(weighted[a] >= weighted[b] for b in others(a))],
                z3.And(*[risk[a] <= risk[b] for b in others(a)]),
            )
            for a in range(3)
        },
    )  # fmt: skip


def test_md_zhou_liu(check: Check) -> None:
    positive = [cost > 0 for cost in OFF_DIAGONAL]
    triangle = CAB * CBR * CRA == CAR * CRB * CBA
    wa, wb = CRA / CAR, CRB / CBR
    ratios = [WA / WB == CBA / CAB, WA / K == CRA / CAR, WB / K == CRB / CBR]
    check.prove_all(
        "consistent weights exist iff triangles cost the same in both directions",
        "weights relative to a reference class r; each pair forms a triangle with r",
        {
            "sufficiency": ([*positive, triangle], wa / wb == CBA / CAB),
            "necessity": ([*positive, WA > 0, WB > 0, K > 0, *ratios], triangle),
        },
    )
    cyclic = exact([[0, 1, 1], [2, 0, 1], [1, 1, 0]])
    symmetric = exact([[0, 1, 1], [1, 0, 3], [1, 3, 0]])
    check.certify(
        "they need not exist",
        lambda: pairwise_weights(cyclic).violated == (0, 1, 2),
        {"c": tuple(map(tuple, cyclic))},
    )
    worst = worst_of_weights(symmetric, pairwise_weights(symmetric).weights)
    check.certify(
        "they may exist and decide otherwise",
        lambda: worst is not None,
        {"c": tuple(map(tuple, symmetric)), "w": (1, 1, 1), **_shown(worst)},
    )
    va, vb = reals("v_a v_b")
    check.prove(
        "where errors in a class cost the same (the deciding weights) they are these",
        [va > 0, vb > 0, K > 0, WA == K * va, WB == K * vb],
        WA / WB == va / vb,
    )
    check.prove(
        "the normalised expected costs exist for every posterior",
        [QY > 0, CAB > 0, REST >= 0],
        CAB * QY + REST > 0,
        role="prose",
    )
    check.prove(
        "with the ratio of the costs turned round",
        [*positive, triangle],
        wa / wb == CAB / CBA,
        role="control",
    )
