"""Misaligned by Design, Appendix A.3: data expansion, and costs that depend on the example.

The law of the expanded data is a sum over examples; P(x, y), u(a, y) and the loss are numbers at
one (x, y, a), and the statements about sums are proved for one more term.  At one x, `own` and
`rival` stand for the expected utilities of two actions and `total` for their sum over all actions.
"""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import sympy as sp

from proofs_check.check import Check
from proofs_check.smt import reals
from theory.prediction import utility_weighted_prediction
from theory.resampling import expanded_law

P, Z, OWN, RIVAL, TOTAL, U, LOSS, QY = reals("p z own rival total u loss q_y")


def _expansion(check: Check) -> None:
    expanded, weighted = reals("expanded weighted")
    check.prove(
        "expected losses are proportional, whatever the loss: one more term",
        [Z > 0, Z * expanded == weighted],
        Z * (expanded + (P * U / Z) * LOSS) == weighted + P * (LOSS * U),
    )
    share, other_share = P * OWN / Z, P * RIVAL / Z
    given = [P > 0, Z > 0, TOTAL > 0]
    check.prove(
        "the most frequent label at x is a best action: cost-sensitive choice as 0-1 choice",
        given,
        (share >= other_share) == (OWN >= RIVAL),
    )
    check.prove(
        "the labels at x have the law p^u(q(x))",
        given,
        share / (P * TOTAL / Z) == OWN / TOTAL,
    )
    joint, utility = (
        np.array(sp.symbols(f"{name}:2:2", positive=True), dtype=object).reshape(2, 2)
        for name in "pu"
    )
    law = expanded_law(joint, utility)
    prediction = utility_weighted_prediction(utility, joint[0] / joint[0].sum())
    check.derive(
        "two examples, classes and actions: the programs' functions",
        {"label 0 at one x": law[0, 0] - prediction[0] * law[0].sum()},
        role="confirmation",
    )
    check.prove(
        "the labels at x have the law q(x) still",
        [P > 0, Z > 0, U > 0, OWN == U * QY, 0 < QY, QY < 1, TOTAL == OWN + RIVAL, RIVAL == 1 - QY],
        share / (P * TOTAL / Z) == QY,
        role="control",
    )


def test_md_resampling(check: Check) -> None:
    _expansion(check)
    cost, joint = np.array([[F(0), F(1)], [F(1), F(0)]]), np.array([[F(3, 4), F(1, 4)]])
    law = expanded_law(joint, cost)
    check.certify(
        "copies in proportion to the cost entries: the 0-1 minimiser minimises the cost",
        lambda: bool((joint @ cost.T)[0][law[0].argmax()] == (joint @ cost.T).min()),
        {"c": tuple(map(tuple, cost)), "q": tuple(joint[0]), "expanded law": tuple(law[0])},
        role="reading",
    )


def test_md_resampling_corrected(check: Check) -> None:
    _expansion(check)
    largest, risk, other_risk = reals("largest risk other_risk")
    check.prove(
        "copies in proportion to largest - c: the most frequent label has the lowest risk",
        [P > 0, Z > 0],
        (P * (largest - risk) / Z >= P * (largest - other_risk) / Z) == (risk <= other_risk),
    )
    column, other_column = reals("column other_column")
    check.prove_all(
        "so does any largest(y) >= c(., y) by class, or by example",
        "it adds the same to every action",
        {
            "one more class": (
                [QY >= 0, OWN - RIVAL == other_risk - risk],
                (OWN + (largest - column) * QY) - (RIVAL + (largest - other_column) * QY)
                == (other_risk + other_column * QY) - (risk + column * QY),
            )
        },
    )
    mean = reals("mean")[0]
    check.prove(
        "P'(x) = P(x) total(x) / E[total]: unchanged at x iff the total there is the mean",
        [P > 0, mean > 0, TOTAL > 0],
        (P * TOTAL / mean == P) == (TOTAL == mean),
    )


def test_md_example_costs(check: Check) -> None:
    total, least, found, rest, least_rest = reals("total least found rest least_rest")
    check.prove_all(
        "predicting p^u with the utility at x is the unique optimum",
        "the expected loss is a sum over x, each term least at its own prediction only",
        {
            "one x": ([P > 0, total > 0, found > least], P * (total * found) > P * (total * least)),
            "and the others": (
                [P > 0, total > 0, found > least, rest >= least_rest],
                P * (total * found) + rest > P * (total * least) + least_rest,
            ),
        },
    )
    check.prove(
        "the conditional risk at x decides",
        [TOTAL > 0],
        (OWN / TOTAL <= RIVAL / TOTAL) == (OWN <= RIVAL),
    )
    utilities = np.array([[[F(3), F(0)], [F(0), F(1)]], [[F(1), F(0)], [F(0), F(3)]]])
    q = np.array([[F(1, 2), F(1, 2)]] * 2)
    check.certify(
        "one prediction rule for all x",
        lambda: (
            utility_weighted_prediction(utilities, q).tolist()
            == utility_weighted_prediction(utilities.mean(axis=0), q).tolist()
        ),
        {"u(x)": tuple(tuple(map(tuple, u)) for u in utilities), "q": tuple(q[0])},
        role="control",
    )


def test_md_unobserved_costs(check: Check) -> None:
    chance, mean = reals("chance mean")
    loss_sum, mean_sum = reals("loss_sum mean_sum")
    check.prove_all(
        "only E[u(a, y, Z) | x, y] matters",
        "one more value of Z adds the same to the expected loss and to that of the mean utility",
        {
            "one more value": (
                [loss_sum == QY * mean * LOSS, chance >= 0],
                loss_sum + QY * chance * (U * LOSS) == QY * (mean + chance * U) * LOSS,
            ),
            "one more class": ([loss_sum == mean_sum], loss_sum + P == mean_sum + P),
        },
    )
    # Z = Y and q = (1/2, 1/2): an action is worth 3 in class 0 and 1 in class 1 if it is right.
    q = np.array([F(1, 2), F(1, 2)])
    by_class = np.array([[F(3), F(0)], [F(0), F(1)]])
    regardless = np.array([[F(2), F(0)], [F(0), F(2)]])
    data = {"q": tuple(q), "E[w | x, y]": (3, 1), "E[w | x]": 2}
    check.certify(
        "the mean utility given x alone leads to the same prediction",
        lambda: bool(
            (
                utility_weighted_prediction(by_class, q)
                == utility_weighted_prediction(regardless, q)
            ).all()
        ),
        data,
        role="control",
    )
    p, own, total, p2, own2, total2 = sp.symbols("p own total p2 own2 total2", positive=True)
    mass = p * total + p2 * total2
    check.derive(
        "features the machine does not see: p^u averaged over them by total expected utility",
        {
            "two values of them": (p * own + p2 * own2) / mass
            - (p * total * (own / total) + p2 * total2 * (own2 / total2)) / mass
        },
    )
