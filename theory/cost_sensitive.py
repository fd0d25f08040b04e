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
from theory.class_weights import cost_vector, deciding_weights, pairwise_weights, uneven_class
from theory.command_line import InputError, Parser, require, run
from theory.tables import number, numbers, shown, table
from theory.thresholds import binary_rule
from theory.utility import degenerate_classes, utility_from_cost, validated_utility
from theory.utility_csv import by_class, numbered, read_matrix

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


def methods(cost: Any, utility: Any, names: Sequence[str]) -> list[Method]:
    """The methods of the module's docstring; exact matrices (m, m), costs at least 0.

    `names` are those of the classes, for the reasons why a method does not apply.
    """
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
        _pairwise(cost, names),
        _deciding(utility, names),
    ]


def agreements(
    cost: Any, utility: Any = None, names: Sequence[str] | None = None
) -> list[Agreement]:
    """Every method against `utility`, by default that of `cost`.

    Shapes (m, m), m >= 2, action a naming class a; costs at least 0; utility nonnegative and
    nondegenerate.  Entries are taken exactly.  `names` of the classes, by default numbers from 1,
    appear in reasons.  Raises `InputError` naming the argument and the violated condition.

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
    for method in methods(cost, utility, names or numbered(len(cost))):
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


def _deciding(utility: Any, names: Sequence[str]) -> Method:
    uneven = uneven_class(utility)
    reason = "in some class the right answer is worth no more than an error"
    if uneven is not None:
        reason = f"errors in class {names[uneven]} differ in utility"
    return _class_weights("deciding class weights", deciding_weights(utility), reason)


def _pairwise(cost: Any, names: Sequence[str]) -> Method:
    name = "pairwise class weights"
    try:
        found = pairwise_weights(cost)
    except InputError:
        return Method(name, None, None, "an error without a cost")
    triangle = ", ".join(names[y] for y in found.violated or ())
    reason = f"around classes {triangle} the product of costs depends on the direction"
    return _class_weights(name, found.weights, reason)


def _report(
    cost: Any, found: Sequence[Agreement], names: Sequence[str], exact: bool
) -> dict[str, Any]:
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
                "chosen": names[worst.chosen],
                "best": names[worst.best],
                "expected_utility_lost": number(worst.loss, exact),
            }
        rows.append(row)
    report: dict[str, Any] = {"classes": list(names), "methods": rows}
    if cost.shape == (2, 2):
        rule = binary_rule(cost)
        report["threshold"] = {
            "class": names[1],
            "side": rule.side,
            "q": number(rule.threshold, exact),
        }
    return report


def _lines(cost: Any, found: Sequence[Agreement], names: Sequence[str], exact: bool) -> list[str]:
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
                f"takes {names[worst.chosen]}, best is {names[worst.best]}"
            )
        answers = ["same" if same else "different" for same in
                   (each.same_prediction, each.same_decision)]  # fmt: skip
        rows.append([each.method.name, *answers, where])
    lines = [
        f"Posteriors are ({', '.join(names)})",
        *table(["method", "prediction", "decision", "worst case of the decision"], rows),
    ]
    if cost.shape == (2, 2):
        rule = binary_rule(cost)
        text: str = rule.side
        if rule.threshold is not None:
            text = f"if its probability is {rule.side} {shown(rule.threshold, exact)}"
        lines.insert(0, f"Deciding for class {names[1]} has the lowest risk: {text}\n")
    return lines


def main(arguments: Sequence[str]) -> None:
    """Parse, read, compare and print; see ``--help``."""
    parser = Parser(prog=PROGRAM, description=DESCRIPTION, allow_abbrev=False)
    costs = (
        "CSV of the costs: a column for each class, a row for naming each class; with names in the "
        "first row, and perhaps the first column, rows and columns are matched by them"
    )
    utilities = "CSV of the utility to compare with, likewise (default: largest cost - cost)"
    parser.add_argument("--cost", type=Path, required=True, metavar="FILE", help=costs)
    parser.add_argument("--utility", type=Path, metavar="FILE", help=utilities)
    parser.add_argument("--exact", action="store_true", help="print fractions, not decimals")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    costs_given = by_class(read_matrix(options.cost, "--cost", True), "--cost")
    names = costs_given.columns
    require(len(names) <= MOST_CLASSES, "number of classes in --cost", len(names),
            f"be at most {MOST_CLASSES}")  # fmt: skip
    cost = np.array(costs_given.entries, dtype=object)
    utility = None
    if options.utility is not None:
        own = by_class(read_matrix(options.utility, "--utility", True), "--utility", names)
        utility = np.array(own.entries, dtype=object)
    found = agreements(cost, utility, names)
    if options.json:
        print(json.dumps(_report(cost, found, names, options.exact)))
    else:
        print("\n".join(_lines(cost, found, names, options.exact)))


if __name__ == "__main__":
    run(main, PROGRAM)
