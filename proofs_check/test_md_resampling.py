"""Misaligned by Design, Appendix A.3: data expansion, and costs that depend on the example.

The law of the expanded data is a sum over examples; P(x, y), u(a, y) and the loss are numbers at
one (x, y, a), and the statements about sums are proved for one more term.  At one x, p stands for
P(x), `own` and `rival` for the expected utilities of two actions and `total` for their sum over
all actions, the paper's s(x); z is the normalising constant Z.
"""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import sympy as sp

from proofs_check import finite_sums
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
    joint_sum, label, at_x, over_x, mean = reals("joint_sum label at_x over_x mean")
    check.prove_all(
        "P'(x, a) = P(x) times the expected utility of a at x, over Z; P'(x) = P(x) s(x)/Z; and "
        "Z = E[s]",
        "the sums over labels, over classes, and over x; P(x, y) = P(x) q_y",
        {
            **finite_sums.scaled(),
            "P'(x, a)": (
                [Z > 0, joint_sum == P * OWN, label == joint_sum / Z],
                label == P * OWN / Z,
            ),
            "P'(x), one more label: base": ([Z > 0, at_x == 0, TOTAL == 0], at_x == P * TOTAL / Z),
            "P'(x), one more label: step": (
                [Z > 0, at_x == P * TOTAL / Z],
                at_x + P * OWN / Z == P * (TOTAL + OWN) / Z,
            ),
            "P' sums to 1: base": ([Z > 0, over_x == 0, mean == 0], over_x == mean / Z),
            "P' sums to 1: step": (
                [Z > 0, over_x == mean / Z],
                over_x + P * TOTAL / Z == (mean + P * TOTAL) / Z,
            ),
            "so Z is the mean of s": ([Z > 0, over_x == mean / Z, over_x == 1], Z == mean),
        },
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
    check.prove(
        "in proportion to the costs themselves the most frequent label has the highest risk",
        [P > 0, Z > 0],
        (P * risk / Z >= P * other_risk / Z) == (risk >= other_risk),
    )
    mean, mass = reals("mean mass")
    check.prove_all(
        "P'(x) = P(x) s(x)/E[s] is P(x) at every x iff s is the same at every x",
        "at one x, iff s(x) is the mean; and the mean of one value is that value",
        {
            "one x": ([P > 0, mean > 0, TOTAL > 0], (P * TOTAL / mean == P) == (TOTAL == mean)),
            **finite_sums.scaled(),
            "one value": ([mass == 1, mean == TOTAL * mass], mean == TOTAL),
        },
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
    unweighted, weighted, average = reals("unweighted weighted average")
    check.prove_all(
        "features z the machine does not see: the optimum is p^u averaged over them, weighted by "
        "total expected utility",
        "the expected loss is <l(p, .), h> with h = sum_z P(z) U_z q(z), and P(z) U_z q(z) is "
        "P(z) T_z times p^u at z; by Theorem 1, with h for U q, the optimum is h over its sum",
        {
            "the losses of two values add": (
                [unweighted == LOSS * OWN, weighted == LOSS * RIVAL],
                unweighted + weighted == LOSS * (OWN + RIVAL),
            ),
            **finite_sums.scaled(),
            "one more value: base": ([weighted == 0, average == 0], weighted == average),
            "one more value: step": (
                [TOTAL > 0, weighted == average],
                weighted + P * OWN == average + (P * TOTAL) * (OWN / TOTAL),
            ),
            "the sum of h: base": ([weighted == 0, mean_sum == 0], weighted == mean_sum),
            "the sum of h: step": (
                [weighted == mean_sum, chance == P * TOTAL],
                weighted + chance == mean_sum + P * TOTAL,
            ),
        },
    )
