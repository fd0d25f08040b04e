"""What the actions are worth in the audit: the user's units, and the utility that weights.

Two arrays are kept apart.  The *payoff* is what the user wrote, in her own units (a cost enters
with a minus sign), and measures the outcome.  The *utility* u is nonnegative and nondegenerate,
as eq. (1) asks, has the same preferences, and is what weights the loss and corrects predictions.

A cost matrix has no natural zero, and each choice of it gives another p^u and another weighted
loss, though never another best action:

* ``class`` (default): in every class the worst action is worth 0,
  u(a, y) = max_b c(b, y) - c(a, y).  For two classes this gives class weights, the difference
  between the two costs of each class, as in practice.
* ``constant``: one constant for all classes, the smallest that makes all entries nonnegative
  (footnote 6); it brings p^u closer to uniform.

Where all actions cost the same in a class (of a case, if every case has its own costs), 0 would
violate eq. (1).  There all actions are worth the same t, such that the class counts as much as the
others do on average; with one constant for all classes, t is added to all of them.  So the scaled
utility does not depend on the unit of the costs.
Shapes: (n, m), or (rows, n, m) where every case has its own costs.

Source: Misaligned by Design, Sections 2.2 and 2.8, Appendix A.3 (example-based costs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from theory.command_line import InputError, require
from theory.utility import class_weight_utility, validated_utility

Shift = Literal["class", "constant"]
LARGEST, SMALLEST = 1e100, 1e-100  # of the largest entry of a matrix
SHIFTS = ("class", "constant")
TRUE_LABELS = {("0", "1"), ("False", "True")}  # pairs whose second label needs no --positive


@dataclass(frozen=True)
class Payoffs:
    """Payoff and utility of n actions in m classes, (n, m) or (rows, n, m).

    `unit` is "utility" (more is better) or "cost" (the payoff is its negative).  The utility is
    scaled such that a case has total weight 1 on average, so that weighting changes neither the
    sum of weights nor the relative size of a penalty term.
    """

    actions: tuple[str, ...]
    payoff: np.ndarray
    utility: np.ndarray
    unit: Literal["utility", "cost"]
    remarks: tuple[str, ...] = ()

    @property
    def per_case(self) -> bool:
        """Whether every case has its own matrix."""
        return self.utility.ndim == 3

    def of_cases(self, rows: Any) -> np.ndarray:
        """The utility of some cases: the shared matrix, or their own ones."""
        return self.utility[rows] if self.per_case else self.utility

    def realised(self, actions: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The payoff of each case, given the action taken and its class; shape (rows,)."""
        if self.per_case:
            return self.payoff[rows, actions, labels]
        return self.payoff[actions, labels]


def column_of_truth(utility: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """u(., y) at each case's class: (n, m) or (rows, n, m), and labels (rows,), to (rows, n)."""
    if utility.ndim == 3:
        return utility[np.arange(len(labels)), :, labels]
    return utility.T[labels]


def from_utility(
    utility: Any, actions: Sequence[str], labels: np.ndarray, argument: str = "--utility"
) -> Payoffs:
    """Payoffs of a utility matrix (n, m); raises `InputError` if it violates eq. (1).

    Also if there is nothing to decide: one action, or one that is best in every class.
    """
    values = np.asarray(validated_utility(np.asarray(utility, dtype=float), argument), dtype=float)
    return _checked(Payoffs(tuple(actions), values, _scaled(values, labels), "utility"), argument)


def from_weights(weights: Any, classes: Sequence[str], labels: np.ndarray) -> Payoffs:
    """Payoffs of class weights, eq. (14): w_y for naming class y rightly."""
    utility = class_weight_utility(np.asarray(weights, dtype=float))
    return from_utility(utility, classes, labels, "--weights")


def from_cost(
    cost: Any,
    actions: Sequence[str],
    labels: np.ndarray,
    shift: Shift = "class",
    argument: str = "--cost",
    classes: Sequence[str] = (),
) -> Payoffs:
    """Payoffs of costs (n, m) or (rows, n, m), actions first.

    If the actions are the decisions for the `classes`, a right decision that costs more than
    another is remarked.  Raises `InputError` for entries not finite.

    Also if there is nothing to decide: one action, one that is best in every class, or costs that
    are the same for all actions.
    """
    cost = np.asarray(cost, dtype=float)
    wrong = np.argwhere(~np.isfinite(cost))
    if len(wrong):
        first = [int(index) for index in wrong[0]]
        require(False, f"{argument}{first}", cost[tuple(first)], "be finite")
    same = bool((cost.max(axis=-2) == cost.min(axis=-2)).all())
    require(not same or cost.shape[-2] < 2, argument, "the same for all actions in every class",
            "tell actions apart")  # fmt: skip
    _require_range(cost, argument)
    require(cost.shape[-2] > 1, f"number of actions of {argument}", 1, "be at least 2")
    utility = _utility(cost, shift)
    how = (
        "the worst action is worth 0 in each class"
        if shift == "class"
        else "one constant for all classes"
    )
    remark = f"costs were turned into a nonnegative utility of the same preferences: {how}"
    remarks = [remark, *_dear_right_decisions(cost, actions, classes)]
    payoffs = Payoffs(tuple(actions), 0.0 - cost, _scaled(utility, labels), "cost", tuple(remarks))
    return _checked(payoffs, argument)


def from_cost_columns(
    frame: pd.DataFrame,
    columns: Sequence[str],
    classes: Sequence[str],
    labels: np.ndarray,
    positive: str | None,
    shift: Shift = "class",
) -> Payoffs:
    """Payoffs of two classes whose four costs stand in columns: FP, FN, TP, TN.

    Raises `InputError` unless there are two classes, a known positive one, and four columns of
    finite numbers.
    """
    require(len(classes) == 2, "--cost-columns", f"given for {len(classes)} classes",
            "have a target of two classes")  # fmt: skip
    index = positive_index(classes, positive)
    costs = np.empty((len(frame), 2, 2))
    # (action, class) of each of the four costs: a false positive is the positive action in the
    # negative class.
    places = ((index, 1 - index), (1 - index, index), (index, index), (1 - index, 1 - index))
    for name, (action, label) in zip(columns, places, strict=True):
        require(name in frame, "--cost-columns", repr(name), "be a column of the table")
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        require(numeric, f"--cost-columns {name}", "not numeric", "hold numbers")
        values = frame[name].to_numpy(dtype=float, na_value=np.nan)
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            row = int(wrong[0])
            require(False, f"row {row + 1} of --cost-columns {name}", values[row], "be finite")
        costs[:, action, label] = values
    return from_cost(costs, classes, labels, shift, "--cost-columns", classes)


def positive_index(classes: Sequence[str], positive: str | None) -> int:
    """The position of the positive class; raises `InputError` if it is unknown or untold."""
    if positive is None:
        told = tuple(classes) in TRUE_LABELS
        require(told, "--positive", "not given", f"name one of {', '.join(classes)}")
        return 1
    require(positive in classes, "--positive", positive, f"be one of {', '.join(classes)}")
    return list(classes).index(positive)


def weights_by_label(texts: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Class weights from numbers in the order of the classes, or from LABEL=WEIGHT (others: 1).

    >>> weights_by_label(["bad=5"], ["bad", "good"]).tolist()
    [5.0, 1.0]
    """
    named = [text.rpartition("=") for text in texts]
    if all(separator for _, separator, _ in named):
        weights = dict.fromkeys(classes, 1.0)
        seen: set[str] = set()
        for label, _, value in named:
            require(label in weights, "--weights", repr(label), f"be one of {', '.join(classes)}")
            require(label not in seen, "--weights", f"{label!r} twice", "have each label once")
            seen.add(label)
            weights[label] = _weight(value)
        return np.array(list(weights.values()))
    require(len(texts) == len(classes), "number of --weights", len(texts),
            f"equal the number of classes, {len(classes)}")  # fmt: skip
    return np.array([_weight(text) for text in texts])


def _weight(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"--weights is {text!r}: must be a number or LABEL=NUMBER") from None
    require(0 < value < float("inf"), "--weights", text, "be positive and finite")
    return value


def _dear_right_decisions(
    cost: np.ndarray, actions: Sequence[str], classes: Sequence[str]
) -> list[str]:
    if tuple(actions) != tuple(classes):
        return []
    right = np.diagonal(cost, axis1=-2, axis2=-1)
    dear = right > cost.min(axis=-2)
    if not dear.any():
        return []
    if cost.ndim == 3:
        rows = int(dear.any(axis=1).sum())
        where = f"in {rows:,} rows the right decision costs more than the wrong one"
    else:
        names = ", ".join(repr(classes[label]) for label in np.flatnonzero(dear))
        where = f"the right decision costs more than another one in class {names}"
    return [f"{where}: are these costs, and in the right places (gains are a utility)?"]


def _utility(cost: np.ndarray, shift: Shift) -> np.ndarray:
    """The least nonnegative utility of the same preferences, raised where it would be all 0."""
    axes = -2 if shift == "class" else (-2, -1)
    utility = cost.max(axis=axes, keepdims=True) - cost
    sums = utility.sum(axis=-2, keepdims=True)
    empty = sums == 0
    if shift == "constant":
        empty = empty.any(axis=-1, keepdims=True)
    return utility + empty * (sums[sums > 0].mean() / cost.shape[-2])


def _scaled(utility: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return utility / column_of_truth(utility, labels).sum(axis=1).mean()


def _require_range(values: np.ndarray, argument: str) -> None:
    largest = float(np.abs(values).max())
    wanted = f"be from {SMALLEST:g} to {LARGEST:g} in absolute value: choose another unit"
    require(SMALLEST <= largest <= LARGEST, f"largest entry of {argument}", largest, wanted)


def _checked(payoffs: Payoffs, argument: str) -> Payoffs:
    """The payoffs, if they leave something to decide and to learn from."""
    _require_range(payoffs.payoff, argument)
    count = len(payoffs.actions)
    require(count > 1, f"number of actions of {argument}", count, "be at least 2")
    others = tuple(axis for axis in range(payoffs.payoff.ndim) if axis != payoffs.payoff.ndim - 2)
    best = (payoffs.payoff == payoffs.payoff.max(axis=-2, keepdims=True)).all(axis=others)
    positive = (payoffs.utility > 0).any(axis=others)
    if best.any():
        name = payoffs.actions[int(best.argmax())]
        require(False, f"action {name!r} of {argument}", "best in every class",
                "leave something to decide: then no prediction is needed")  # fmt: skip
    if positive.sum() < 2:
        name = payoffs.actions[int(positive.argmax())]
        require(False, f"action {name!r} of {argument}", "the only one that counts",
                "not outweigh all others by that much")  # fmt: skip
    return payoffs
