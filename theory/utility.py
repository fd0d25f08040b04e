"""Utility and cost matrices: what a decision is worth in each class.

A utility matrix U has a row for each of n actions and a column for each of m classes:
``U[a, y]`` = u(a, y) is the payoff of action a when the class is y.  A leading axis, where
there is one, runs over instances (utilities that depend on the case).  The paper's results ask
for a *nonnegative* U that is *nondegenerate*: in every class some action has a positive payoff,
eq. (1).  In classification the actions are the classes, and n = m.

Source: Misaligned by Design, Sections 2.2 and 2.8, eqs. (1), (14), (21).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theory.arrays import alongside, as_array, as_numpy, is_exact, logarithm, namespace
from theory.command_line import require
from theory.prediction import validated_probabilities


def degenerate_classes(utility: Any) -> list[int]:
    """The classes (columns) in which no action has a positive payoff, in any instance.

    `utility` has shape (n, m) or (..., n, m).  Source: eq. (1).

    >>> degenerate_classes(np.array([[1.0, 0.0], [0.5, 0.0]]))
    [1]
    """
    utility = as_array(utility)
    positive = namespace(utility).any(utility > 0, axis=-2)
    flat = positive.reshape(-1, positive.shape[-1])
    return [column for column in range(flat.shape[1]) if not bool(flat[:, column].all())]


def validated_utility(utility: Any, argument: str = "utility") -> Any:
    """`utility` as an array, if it is a nonnegative and nondegenerate utility matrix.

    Shape (n, m) with n, m >= 1, or (..., n, m).  Raises `InputError` that names `argument`, the
    value and the violated condition: the shape, an entry that is not finite or is negative, a
    class without an action of positive utility (eq. (1)).
    """
    utility = as_array(utility)
    shape = tuple(utility.shape)
    require(utility.ndim >= 2 and 0 not in shape, f"shape of {argument}", shape, "be (n, m)")
    _require_finite(utility, argument)
    negative = utility < 0
    if bool(negative.any()):
        requirement = "be at least 0 (costs count as the largest cost less each)"
        require(False, f"{argument}{_first(negative)}", _value(utility, negative), requirement)
    for column in degenerate_classes(utility):
        require(
            False,
            f"column {column} of {argument}",
            "without a positive entry",
            "have one: every class needs an action of positive utility",
        )
    return utility


def class_weight_utility(weights: Any, argument: str = "weights") -> Any:
    """The utility of class weights: w_y for naming class y rightly, else nothing, eq. (14).

    `weights` has shape (m,) and positive entries; returns the diagonal matrix (m, m).  Raises
    `InputError` naming `argument` and the class whose weight is not a positive number.

    >>> class_weight_utility([99, 1]).tolist()
    [[99.0, 0.0], [0.0, 1.0]]
    """
    weights = as_array(weights)
    _require_weights(weights, argument)
    xp = namespace(weights)
    if is_exact(weights):
        return np.diag(weights) + np.diag(weights - weights)
    return xp.eye(len(weights), dtype=weights.dtype) * weights


def shifted(utility: Any, constant: Any) -> Any:
    """u + constant: the same preferences over actions, but not the same p^u (footnote 6)."""
    return as_array(utility) + constant


def utility_from_cost(cost: Any) -> Any:
    """A nonnegative, nondegenerate utility with the preferences of `cost`: c_max - c, shifted.

    `cost` has shape (n, m), real entries; c_max is its largest entry, the smallest constant that
    makes all entries nonnegative.  A larger one would bring p^u closer to uniform (footnote 6), so
    more is added, namely 1, only where some class would be left without a positive entry because
    all actions cost c_max there.  Costs by instance, (..., n, m), are each shifted by their own
    constant.  Raises `InputError` for entries that are not finite, and for floats whose differences
    are not.

    >>> utility_from_cost([[0, 5], [1, 0]]).tolist()
    [[5.0, 0.0], [4.0, 5.0]]
    """
    cost = as_array(cost)
    shape = tuple(cost.shape)
    require(cost.ndim >= 2 and 0 not in shape, "shape of cost", shape, "be (n, m)")
    _require_finite(cost, "cost")
    xp = namespace(cost)
    with np.errstate(over="ignore"):
        utility = xp.max(cost, axis=(-2, -1), keepdims=True) - cost
    _require_finite(utility, "largest cost less cost")
    positive = xp.any(utility > 0, axis=-2, keepdims=True)
    return utility + ~xp.all(positive, axis=-1, keepdims=True)


def normalised_weights(weights: Any, prior: Any) -> Any:
    """The weights scaled such that predicting `prior` has the loss of unweighted cross entropy.

    k w with k = H(mu) / sum_y w_y mu_y (-log mu_y), where H(mu) = -sum_y mu_y log mu_y.
    Shapes (m,); weights > 0; prior in the simplex with at least two positive entries (else both
    losses are zero and no scale is determined).  Raises `InputError` otherwise.  Source: eq. (21).

    >>> normalised_weights([99.0, 1.0], [0.5, 0.5]).tolist()
    [1.98, 0.02]
    """
    weights = as_array(weights)
    prior = alongside(prior, weights)
    weights = alongside(weights, prior)
    require(weights.shape == prior.shape, "shape of prior", tuple(prior.shape),
            f"equal that of weights, {tuple(weights.shape)}")  # fmt: skip
    _require_weights(weights, "weights")
    xp = namespace(weights, prior)
    validated_probabilities(prior, "prior")
    surprise = -logarithm(xp.where(prior > 0, prior, xp.ones_like(prior))) * prior
    require(bool((surprise > 0).any()), "prior", prior.tolist(), "have two positive entries")
    return weights * (xp.sum(surprise) / xp.sum(weights * surprise))


def _require_weights(weights: Any, argument: str) -> None:
    shape = tuple(weights.shape)
    require(len(shape) == 1 and shape[0] > 0, f"shape of {argument}", shape, "be (m,)")
    for index, weight in enumerate(weights):
        valid = bool(weight > 0) and bool(weight < float("inf"))
        require(valid, f"{argument}[{index}]", weight, "be positive and finite")


def _require_finite(matrix: Any, argument: str) -> None:
    if is_exact(matrix):  # fractions and terms have no infinities: only floats among them do
        holds = np.frompyfunc(lambda x: not isinstance(x, float) or math.isfinite(x), 1, 1)
        finite = holds(matrix).astype(bool)
    else:
        finite = namespace(matrix).isfinite(matrix)
    if not bool(finite.all()):
        require(False, f"{argument}{_first(~finite)}", _value(matrix, ~finite), "be finite")


def _first(mask: Any) -> str:
    return str([int(index) for index in np.argwhere(as_numpy(mask))[0]])


def _value(array: Any, mask: Any) -> Any:
    return array[tuple(np.argwhere(as_numpy(mask))[0])]
