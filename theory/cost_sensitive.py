"""Which methods of cost-sensitive learning agree with incentives by utility: the command line.

For a cost matrix C the benchmark is the utility U = c_max - C (`theory.utility.utility_from_cost`),
or a given U: predictions p^U(q), decisions that maximise U q.  Against it, each with the matrix V
that its machine's predictions p^V are made of:

* unweighted training with conditional risk minimisation, V = 1 and the decision from U q;
* unweighted training and the most likely class, V = 1;
* data expansion (resampling), and utility-weighted loss (doubly-weighted cross entropy), V = U;
* the doubly-weighted loss with costs in the place of utilities, V = C, deciding for the smallest
  prediction or, as one would with utilities, for the largest;
* class weights from the sums of the columns of C (Breiman et al.), V = diag(C' 1);
* class weights from pairs of costs (Zhou and Liu), V = diag(w), where they exist;
* class weights chosen for the decision (`theory.class_weights.deciding_weights`), where they exist.

`theory.agreement` decides, exactly, whether predictions and decisions are the same for all
posteriors.  ``python -m theory.cost_sensitive --help`` says how to call it.

Source: Misaligned by Design, Appendix A.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from theory.agreement import (
    Disagreement,
    exact_matrix,
    prediction_difference,
    worst_disagreement,
)
from theory.class_weights import cost_vector, deciding_weights, pairwise_weights
from theory.command_line import InputError, Parser, require, run
from theory.tables import number, numbers, shown, table
from theory.thresholds import binary_rule
from theory.utility import degenerate_classes, utility_from_cost, validated_utility
from theory.utility_csv import read_matrix

PROGRAM = "python -m theory.cost_sensitive"
DESCRIPTION = (
    "Which methods of cost-sensitive learning lead to the predictions and decisions of a "
    "utility-weighted loss for every posterior, and where the others do worst."
)
MOST_CLASSES = 10  # the number of linear programs grows with the square, their size too


@dataclass(frozen=True)
class Method:
    """A method: predictions p^V with V = `matrix`, decisions by the largest entry of `scores` q.

    Both have shape (m, m), or are None if the method does not apply, because of `reason`.
    """

    name: str
    matrix: Any | None
    scores: Any | None
    reason: str = ""


@dataclass(frozen=True)
class Agreement:
    """How a method compares with the benchmark over all posteriors.

    `prediction_witness` is a posterior (m,) with different predictions, `disagreement` the worst
    decision; None where there is none.  Both are None, too, for a method that does not apply.
    """

    method: Method
    prediction_witness: Any | None
    disagreement: Disagreement | None

    @property
    def applies(self) -> bool:
        """Whether the method exists for these costs."""
        return self.method.matrix is not None

    @property
    def same_prediction(self) -> bool:
        """Whether the predictions are the same for all posteriors."""
        return self.applies and self.prediction_witness is None

    @property
    def same_decision(self) -> bool:
        """Whether the decisions are best for all posteriors, however ties are broken."""
        return self.applies and self.disagreement is None


def methods(cost: Any, utility: Any) -> list[Method]:
    """The methods of the module's docstring; exact matrices (m, m), costs at least 0."""
    identity = np.array([[Fraction(a == y) for y in range(len(cost))] for a in range(len(cost))])
    usable = not degenerate_classes(cost)
    no_costs = "" if usable else "a class without any cost"
    costs = cost if usable else None
    return [
        Method("conditional risk", identity, utility),
        Method("most likely class", identity, identity),
        Method("data expansion, doubly-weighted", utility, utility),
        Method("costs for utilities, smallest", costs, -cost if usable else None, no_costs),
        Method("costs for utilities, largest", costs, costs, no_costs),
        _class_weights("cost vector", cost_vector(cost) if usable else None, no_costs),
        _pairwise(cost),
        _class_weights(
            "deciding class weights",
            deciding_weights(utility),
            "errors in a class cost differently",
        ),
    ]


def agreements(cost: Any, utility: Any = None) -> list[Agreement]:
    """Every method against `utility`, by default that of `cost`.

    Shapes (m, m), m >= 2; costs at least 0; utility nonnegative and nondegenerate.  Entries are
    taken exactly.  Raises `InputError` naming the argument and the violated condition.

    >>> found = agreements([[0, 9], [1, 0]])
    >>> [each.method.name for each in found if each.same_prediction]
    ['data expansion, doubly-weighted']
    >>> [each.method.name for each in found if each.applies and not each.same_decision]
    ['most likely class', 'costs for utilities, largest']
    """
    cost = exact_matrix(cost, "cost")
    shape = cost.shape
    require(shape[0] == shape[1] and shape[0] >= 2, "shape of cost", shape, "be (m, m), m >= 2")
    require(bool((cost >= 0).all()), "smallest cost", cost.min(), "be at least 0")
    utility = utility_from_cost(cost) if utility is None else exact_matrix(utility, "utility")
    validated_utility(utility)
    require(utility.shape == shape, "shape of utility", utility.shape, f"equal {shape}")
    found = []
    for method in methods(cost, utility):
        if method.matrix is None:
            found.append(Agreement(method, None, None))
            continue
        witness = prediction_difference(utility, method.matrix)
        found.append(Agreement(method, witness, worst_disagreement(utility, method.scores)))
    return found


def _class_weights(name: str, weights: Any | None, reason: str) -> Method:
    if weights is None:
        return Method(name, None, None, reason)
    matrix = np.diag(exact_matrix([weights], "weights")[0]) * Fraction(1)
    return Method(name, matrix, matrix)


def _pairwise(cost: Any) -> Method:
    name = "pairwise class weights"
    try:
        found = pairwise_weights(cost)
    except InputError:
        return Method(name, None, None, "an error without a cost")
    reason = f"classes {found.violated}: the product of costs depends on the direction"
    return _class_weights(name, found.weights, reason)


def _report(cost: Any, found: Sequence[Agreement], exact: bool) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for each in found:
        row: dict[str, Any] = {"method": each.method.name, "applies": each.applies}
        if each.applies:
            row |= {"same_prediction": each.same_prediction, "same_decision": each.same_decision}
        else:
            row |= {"reason": each.method.reason}
        if each.prediction_witness is not None:
            row["prediction_differs_at"] = numbers(each.prediction_witness, exact)
        if (worst := each.disagreement) is not None:
            row["decision"] = {
                "posterior": numbers(worst.posterior, exact),
                "chosen": worst.chosen,
                "best": worst.best,
                "expected_utility_lost": number(worst.loss, exact),
            }
        rows.append(row)
    report: dict[str, Any] = {"methods": rows}
    if cost.shape == (2, 2):
        rule = binary_rule(cost)
        report["threshold"] = {"side": rule.side, "q": number(rule.threshold, exact)}
    return report


def _lines(cost: Any, found: Sequence[Agreement], exact: bool) -> list[str]:
    rows = []
    for each in found:
        if not each.applies:
            rows.append([each.method.name, "-", "-", f"none: {each.method.reason}"])
            continue
        worst, where = each.disagreement, ""
        if worst is not None:
            point = ", ".join(shown(q, exact) for q in worst.posterior)
            where = (
                f"loses {shown(worst.loss, exact)} at ({point}): "
                f"takes {worst.chosen}, best is {worst.best}"
            )
        answers = ["same" if same else "different" for same in
                   (each.same_prediction, each.same_decision)]  # fmt: skip
        rows.append([each.method.name, *answers, where])
    lines = list(table(["method", "prediction", "decision", "worst case of the decision"], rows))
    if cost.shape == (2, 2):
        rule = binary_rule(cost)
        text = (
            rule.side if rule.threshold is None else f"{rule.side} {shown(rule.threshold, exact)}"
        )
        lines.insert(0, f"action 1 has the lowest risk at a probability of class 1: {text}\n")
    return lines


def main(arguments: Sequence[str]) -> None:
    """Parse, read, compare and print; see ``--help``."""
    parser = Parser(prog=PROGRAM, description=DESCRIPTION)
    costs = "CSV of the costs: a row for each action, a column for each class"
    utilities = "CSV of the utility to compare with (default: largest cost - cost)"
    parser.add_argument("--cost", type=Path, required=True, metavar="FILE", help=costs)
    parser.add_argument("--utility", type=Path, metavar="FILE", help=utilities)
    parser.add_argument("--exact", action="store_true", help="print fractions, not decimals")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    cost = np.array(read_matrix(options.cost, "--cost", True).entries, dtype=object)
    require(max(cost.shape) <= MOST_CLASSES, "number of rows or columns of --cost",
            max(cost.shape), f"be at most {MOST_CLASSES}")  # fmt: skip
    utility = None
    if options.utility is not None:
        utility = np.array(read_matrix(options.utility, "--utility", True).entries, dtype=object)
    found = agreements(cost, utility)
    if options.json:
        print(json.dumps(_report(cost, found, options.exact)))
    else:
        print("\n".join(_lines(cost, found, options.exact)))


if __name__ == "__main__":
    run(main, PROGRAM)
