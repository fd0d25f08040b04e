"""Class weights: what they make a machine predict, and the weights that stand for a threshold.

A weight w_y on the loss of every example of class y makes the machine predict
p^w(q)_y = w_y q_y / <w, q>, eqs. (16), (23).  This is Theorem 1 with the diagonal utility
diag(w), so it is also the base-rate adjustment (25) with w the ratio of the base rates, and its
own inverse with the weights 1/w, eq. (27).

Elkan: that a weight w_0 on the negative class makes the threshold p_0 of the trained machine
stand for the threshold p* of the posterior, {q >= p*} = {p^w(q) >= p_0}, needs
w_0 = p* / (1 - p*) * (1 - p_0) / p_0, which exists and is positive for p* and p_0 in (0, 1).

Zhou and Liu: weights with w_y / w_y' = c(y', y) / c(y, y') for every pair of classes exist, for
positive costs of error, if and only if the product of the costs around every triangle of classes
is the same in both directions, c(i, j) c(j, k) c(k, i) = c(i, k) c(k, j) c(j, i).  In
`theory.utility`'s order of indices, action first, the weights are then unique up to scale.

Cost vector: the weight of a class is the sum of its column of costs (Breiman et al.).

When class weights suffice: p^w = p^u for all posteriors if and only if U is a multiple of diag(w).
The best decisions need less: positive weights lead to them for all posteriors, however ties are
broken, if and only if in every class all errors have one utility and the right answer has k w_y
more, with one k >= 0 for all classes.  (With two classes there is but one error in each.)

Source: Misaligned by Design, Sections 2.8, A.2 and A.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from theory.arrays import (
    alongside,
    as_array,
    as_fractions,
    as_numpy,
    is_exact,
    namespace,
    rounding_unit,
)
from theory.command_line import require


def class_weighted_prediction(weights: Any, posterior: Any) -> Any:
    """p^w(q): w_y q_y / <w, q>, eqs. (16), (23), (25).

    Shapes: weights (m,) or (..., m); posterior (..., m).  Weights >= 0, with <w, q> > 0.
    Weights of 1/w undo it, eq. (27).

    >>> class_weighted_prediction([1, 99], [0.99, 0.01]).round(3).tolist()
    [0.5, 0.5]
    """
    posterior = as_array(posterior)
    weights = alongside(weights, posterior)
    posterior = alongside(posterior, weights)
    if is_exact(weights) or is_exact(posterior):
        weights, posterior = as_fractions(weights), as_fractions(posterior)
    weighted = weights * posterior
    return weighted / namespace(weighted).sum(weighted, axis=-1, keepdims=True)


def elkan_weight(threshold: Any, base_threshold: Any) -> Any:
    """w_0: the weight on class 0 (class 1 has 1) that moves a threshold on q_1 to `threshold`.

    Predicting class 1 iff the weighted prediction is at least `base_threshold` is then the same
    as iff the posterior is at least `threshold`.  Both are numbers strictly between 0 and 1: a
    threshold of 0 accepts q_1 = 0, and one of 1 accepts q_1 = 1 alone, but positive weights leave
    both ends fixed and order what lies between.  Returns a positive number.  Raises `InputError`
    for a number outside.

    >>> elkan_weight(Fraction(1, 100), Fraction(1, 2))
    Fraction(1, 99)
    """
    for name, value in (("threshold", threshold), ("base_threshold", base_threshold)):
        inside = not isinstance(value, int | float | Fraction | np.number) or bool(0 < value < 1)
        require(inside, name, value, "lie strictly between 0 and 1")
    return threshold / (1 - threshold) * (1 - base_threshold) / base_threshold


def cost_vector(cost: Any) -> Any:
    """The weight of each class by reducing its column of costs to their sum, c(y).

    Shape (n, m) gives (m,).  Source: A.2, after Breiman et al. (1984).

    >>> cost_vector([[0, 5], [1, 0]]).tolist()
    [1.0, 5.0]
    """
    cost = as_array(cost)
    return namespace(cost).sum(cost, axis=-2)


@dataclass(frozen=True)
class PairwiseWeights:
    """Whether pairwise consistent class weights exist.

    `weights` has shape (m,), scaled such that the last is 1; it is None if there are none, and
    then `violated` is the first triangle of classes whose costs differ by direction.
    """

    weights: Any | None
    violated: tuple[int, int, int] | None


def pairwise_weights(cost: Any) -> PairwiseWeights:
    """Weights with w_y / w_y' = c(y', y) / c(y, y') for all y, y' (Zhou and Liu).

    `cost` has shape (m, m), ``cost[a, y]`` the cost of action a in class y, positive and finite
    off the diagonal, which is not used.  Exact costs are compared exactly; floats are, as the
    fractions that they are, up to two roundings in each of the six factors of a triangle.  Raises
    `InputError` for another shape, a cost that is not positive (the ratio is then 0, infinite or
    undefined), and a ratio outside the range of floats.

    >>> costs = np.array([[0, 1, 2], [3, 0, 2], [6, 2, 0]]) * Fraction(1)
    >>> [str(weight) for weight in pairwise_weights(costs).weights]
    ['3', '1', '1']
    >>> pairwise_weights([[0, 1, 1], [2, 0, 1], [1, 1, 0]]).violated
    (0, 1, 2)
    """
    cost = as_array(cost)
    shape = tuple(cost.shape)
    require(cost.ndim == 2 and shape[0] == shape[1], "shape of cost", shape, "be (m, m)")
    for a, y in np.ndindex(shape):
        if a != y:
            valid = bool(cost[a, y] > 0) and bool(cost[a, y] < float("inf"))
            require(valid, f"cost[{a}, {y}]", cost[a, y], "be positive and finite")
    unused = as_numpy(cost).copy()
    np.fill_diagonal(unused, 0)
    exact = as_fractions(unused)
    # Half the distance from 1 to the next float bounds the relative size of a rounding.
    tolerance = 0 if is_exact(cost) else 12 * Fraction(rounding_unit(unused)) / 2
    for i, j, k in combinations(range(shape[0]), 3):
        one_way = exact[i, j] * exact[j, k] * exact[k, i]
        other_way = exact[i, k] * exact[k, j] * exact[j, i]
        if abs(one_way - other_way) > tolerance * one_way:
            return PairwiseWeights(None, (i, j, k))
    return PairwiseWeights(_relative_to_last(exact if is_exact(cost) else cost), None)


def _relative_to_last(cost: Any) -> Any:
    """c(last, y) / c(y, last), and 1 for the last."""
    last = cost.shape[0] - 1
    with np.errstate(over="ignore"):
        ratios = cost[last, :last] / cost[:last, last]
    for y, ratio in enumerate(ratios):
        valid = bool(ratio > 0) and bool(ratio < float("inf"))
        require(valid, f"cost[{last}, {y}] / cost[{y}, {last}]", ratio, "fit into a float")
    xp = namespace(cost)
    one = np.array([Fraction(1)]) if is_exact(cost) else xp.ones_like(cost[0, :1])
    return xp.concat([ratios, one])


def uneven_class(utility: Any) -> int | None:
    """The first class in which errors have different utilities, or None if there is none.

    `utility` has shape (m, m), m >= 2; compared exactly.

    >>> uneven_class([[5, 0, 1], [2, 4, 1], [2, 1, 2]])
    1
    """
    utility = as_array(utility)
    classes = range(utility.shape[0])
    for y in classes:
        errors = [utility[a, y] for a in classes if a != y]
        if any(error != errors[0] for error in errors):
            return y
    return None


def deciding_weights(utility: Any) -> Any | None:
    """The class weights with which the largest p^w is a best action for every posterior.

    `utility` has shape (m, m), m >= 2; returns (m,): what the right answer is worth more than an
    error in each class, or ones if all actions are always equally good.  None if no positive
    weights do it.  Utilities are compared exactly, so floats should hold exact values.

    >>> deciding_weights([[5, 0, 1], [2, 4, 1], [2, 0, 2]]).tolist()
    [3.0, 4.0, 1.0]
    """
    utility = as_array(utility)
    shape = tuple(utility.shape)
    square = utility.ndim == 2 and shape[0] == shape[1] and shape[0] >= 2
    require(square, "shape of utility", shape, "be (m, m), m >= 2")
    if uneven_class(utility) is not None:
        return None
    weights = utility.diagonal() - namespace(utility).concat([utility[1, :1], utility[0, 1:]])
    if bool((weights == 0).all()):
        return weights + 1
    return weights if bool((weights > 0).all()) else None
