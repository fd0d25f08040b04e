"""Loss calibration: whether predictions are the best reply to what they tell about the class.

Let P be predictions over n actions, Y the class, and q(p) = P(Y | P = p).  P is *loss-calibrated*
to a utility U (n, m) if

    p^u(q(P)) = P        almost surely, eq. (28).

Here p^u(q) = U q / (1' U q), so (28) says that U q(P) is P times its own total.  Multiplied out it
is linear in the class, and no estimate of q is needed to state it:

    E[ U e_Y - P (1' U e_Y) | P ] = 0,

for every nonnegative and nondegenerate U, singular or rectangular ones too (e_Y: the unit vector
of the class).  `calibration_moments` are these vectors; `theory.calibration_inference` tests that
their conditional mean is zero.  With U the identity this is calibration, E[e_Y | P] = P.  In
general it is calibration under the law in which a case of class y counts 1' U e_y times and its
label is drawn with chances u(., y) / 1' U e_y; `reliability` tabulates just that.

A recalibration map estimates q from a sample.  Each `fit_*` takes predictions (N, n) and classes
(N,) and returns a map from predictions (..., n) to posteriors (..., m), without zeros, so that
its logarithmic loss on new cases is finite:

* `fit_bins`: class frequencies among cases with the same best action and a similar prediction of
  it.  Any n and m.  Estimates P(Y | cell), not P(Y | P): what differs within a cell is lost.
* `fit_isotonic`: two actions and classes; q_1 rises in P_1.  Consistent where it does, as it does
  under (28) if det U > 0.  (Under (28) with det U < 0 it falls: fit the swapped columns of P.)
* `fit_multinomial`: multinomial regression of the class on log P (Platt and matrix scaling).  Any
  n and m.  Consistent where q is of that form and either its slopes are the identity, as under
  (28) for class weights, or the penalty vanishes as N grows.

Source: Misaligned by Design, Appendix A.5, eqs. (27), (28); the maps after Platt (1999), Zadrozny
and Elkan (2001, 2002), Guo et al. (2017) and Kull et al. (2019), whom the paper names or follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression, minimize

from theory.arrays import as_array, as_numpy, is_exact
from theory.command_line import require
from theory.outcomes import validated_outcomes
from theory.prediction import utility_weighted_prediction

SMALLEST = 1e-12  # predictions below count as this much before their logarithm is taken


def loss_calibration_gap(utility: Any, prediction: Any, posterior: Any) -> Any:
    """p^u(q(P)) - P, which is zero where (28) holds; shape (..., n).

    `prediction` (..., n), `posterior` (..., m): the classes' probabilities given the prediction.
    """
    return utility_weighted_prediction(utility, posterior) - as_array(prediction)


def calibration_moments(utility: Any, prediction: Any, outcome: Any) -> Any:
    """U e_y - p (1' U e_y), row by row: mean zero given p under loss calibration.

    Shapes: utility (n, m), prediction (N, n), outcome (N,) integers; returns (N, n).  Rows sum to
    zero.  Divided by nothing, so it is defined for all U and linear in its scale.  Raises
    `InputError` for shapes that do not fit, and for outcomes that are no classes.
    """
    utility, prediction = as_array(utility), as_array(prediction)
    require(utility.ndim == 2, "shape of utility", tuple(utility.shape), "be (n, m)")
    actions, classes = utility.shape
    rows = len(prediction)
    shape = tuple(prediction.shape)
    require(shape == (rows, actions), "shape of prediction", shape, f"be (N, {actions})")
    payoffs = utility.T[validated_outcomes(outcome, classes, rows)]
    return payoffs - prediction * payoffs.sum(axis=-1)[:, None]


def observed_posterior(prediction: Any, outcome: Any, classes: int, masses: Any = None) -> Any:
    """q(p) = P(Y | P = p), eq. (11), of each row of a finite joint distribution; (N, classes).

    Rows with the same prediction (N, n) are one event; `masses` (N,) are their probabilities,
    equal if not given.  Exact for exact masses.  Raises `InputError` for classes out of range, and
    for a prediction whose rows have no mass: nothing is then observed given it.

    >>> observed_posterior([[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]], [0, 1, 0], 2).tolist()
    [[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]]
    """
    prediction = as_numpy(as_array(prediction))
    count = len(prediction)
    outcome = as_numpy(validated_outcomes(outcome, classes, count))
    weights = np.ones(count, dtype=int) if masses is None else as_numpy(as_array(masses))
    require(weights.shape == (count,), "shape of masses", weights.shape, f"be ({count},)")
    exact = is_exact(prediction if masses is None else weights)
    rows = [tuple(row) for row in prediction.tolist()]
    parts = {row: [Fraction(0) if exact else 0.0] * classes for row in rows}
    for row, y, mass in zip(rows, outcome.tolist(), weights.tolist(), strict=True):
        parts[row][y] += mass
    totals = {row: sum(each) for row, each in parts.items()}
    for row, total in totals.items():
        require(total != 0, "mass of prediction", f"0 at {row}", "be positive")
    return as_array([[part / totals[row] for part in parts[row]] for row in rows])


@dataclass(frozen=True)
class Reliability:
    """One action's prediction against what it should be, by bins of equal size.

    `count` cases per bin; `predicted` the mean prediction, `observed` the share of the total
    utility that the action has in the bin (for U the identity: the frequency of the class), both
    weighted by the total utility 1' U e_Y; `error` the mean of their distance, with the same
    weights: the expected calibration error.  It is biased upwards by sampling noise.
    """

    action: int
    count: Any
    predicted: Any
    observed: Any
    error: float


def reliability(
    prediction: Any, outcome: Any, utility: Any = None, bins: int = 10
) -> tuple[Reliability, ...]:
    """Loss calibration of every action's prediction, in bins; calibration if no `utility`.

    Shapes: prediction (N, n), outcome (N,), utility (n, m).  For recalibrated predictions give
    the posteriors and no utility.  Cases with equal predictions share a bin.  Raises `InputError`
    for shapes that do not fit, classes out of range, and `bins` below 1.
    """
    require(bins >= 1, "bins", bins, "be at least 1")
    prediction = _rows(prediction)
    actions = prediction.shape[1]
    payoffs = np.eye(actions) if utility is None else as_numpy(as_array(utility))
    fits = payoffs.ndim == 2 and len(payoffs) == actions
    require(fits, "shape of utility", payoffs.shape, f"be ({actions}, m)")
    outcome = as_numpy(validated_outcomes(outcome, payoffs.shape[1], len(prediction)))
    earned = payoffs.T[outcome].astype(float)
    total = earned.sum(axis=1)
    tables = []
    for action, column in enumerate(prediction.T):
        cell = np.searchsorted(_inner_edges(column, bins), column, side="right")
        _, cell = np.unique(cell, return_inverse=True)
        weight = np.bincount(cell, total)
        predicted = np.bincount(cell, total * column) / weight
        observed = np.bincount(cell, earned[:, action]) / weight
        error = float((weight * abs(predicted - observed)).sum() / weight.sum())
        tables.append(Reliability(action, np.bincount(cell), predicted, observed, error))
    return tuple(tables)


@dataclass(frozen=True)
class BinnedMap:
    """Class frequencies by cell: the best action, and a bin of its prediction."""

    edges: tuple[Any, ...]
    frequencies: tuple[Any, ...]

    def __call__(self, prediction: Any) -> Any:
        """Posteriors (..., m) of the cells of predictions (..., n)."""
        prediction = np.asarray(prediction, dtype=float)
        best = prediction.argmax(axis=-1)
        top = prediction.max(axis=-1)
        result = np.empty((*best.shape, self.frequencies[0].shape[-1]))
        for action, (edges, table) in enumerate(zip(self.edges, self.frequencies, strict=True)):
            mine = best == action
            result[mine] = table[np.searchsorted(edges, top[mine], side="right")]
        return result


def fit_bins(prediction: Any, outcome: Any, *, bins: int = 10, classes: int = 0) -> BinnedMap:
    """Histogram binning; one pseudo-case per cell with the overall class frequencies.

    `classes` is m, if not the n of the predictions; the overall frequencies have a pseudo-case
    of every class.  Raises `InputError` if `bins` is below 1, for shapes that do not fit, and for
    classes out of range.
    """
    require(bins >= 1, "bins", bins, "be at least 1")
    prediction = _rows(prediction)
    actions = prediction.shape[1]
    classes = classes or actions
    outcome = as_numpy(validated_outcomes(outcome, classes, len(prediction)))
    overall = np.bincount(outcome, minlength=classes) + 1.0
    overall /= overall.sum()
    best, top = prediction.argmax(axis=1), prediction.max(axis=1)
    edges, frequencies = [], []
    for action in range(actions):
        mine = best == action
        inner = _inner_edges(top[mine], bins)
        cell = np.searchsorted(inner, top[mine], side="right")
        counts = np.zeros((len(inner) + 1, classes))
        np.add.at(counts, (cell, outcome[mine]), 1.0)
        counts += overall
        edges.append(inner)
        frequencies.append(counts / counts.sum(axis=1, keepdims=True))
    return BinnedMap(tuple(edges), tuple(frequencies))


@dataclass(frozen=True)
class IsotonicMap:
    """A rising step function from the prediction of class 1 to its probability."""

    knots: Any
    values: Any

    def __call__(self, prediction: Any) -> Any:
        """Posteriors (..., 2); between two knots the value of the lower one."""
        column = np.asarray(prediction, dtype=float)[..., 1]
        index = np.searchsorted(self.knots, column, side="right") - 1
        second = self.values[np.maximum(index, 0)]
        return np.stack([1 - second, second], axis=-1)


def fit_isotonic(prediction: Any, outcome: Any) -> IsotonicMap:
    """Isotonic regression of class 1 on its prediction, kept 1/(N+2) away from 0 and 1.

    Shapes (N, 2) and (N,).  Raises `InputError` for other than two columns or classes.
    """
    prediction = _rows(prediction)
    require(prediction.shape[1] == 2, "number of columns of prediction", prediction.shape[1],
            "be 2 for isotonic recalibration")  # fmt: skip
    outcome = as_numpy(validated_outcomes(outcome, 2, len(prediction)))
    knots, index, count = np.unique(prediction[:, 1], return_inverse=True, return_counts=True)
    rates = np.bincount(index, outcome) / count
    values = isotonic_regression(rates, weights=count).x
    margin = 1 / (len(outcome) + 2)
    return IsotonicMap(knots, values.clip(margin, 1 - margin))


@dataclass(frozen=True)
class MultinomialMap:
    """softmax(A log p + b): `slopes` A (m, n), `intercepts` b (m,)."""

    slopes: Any
    intercepts: Any

    def __call__(self, prediction: Any) -> Any:
        """Posteriors (..., m)."""
        return _softmax(_logarithms(prediction) @ self.slopes.T + self.intercepts)


def fit_multinomial(
    prediction: Any, outcome: Any, *, penalty: float = 1e-4, classes: int = 0
) -> MultinomialMap:
    """Multinomial regression of the class on log P, drawn to A = identity by `penalty`.

    Minimises the mean logarithmic loss plus penalty/2 times the squared distance of A from the
    identity (n = m) or from zero, which is convex.  `classes` is m, if not n.  Raises
    `InputError` for a penalty that is not positive, for shapes that do not fit, and for classes
    out of range.
    """
    require(penalty > 0, "penalty", penalty, "be above zero")
    features = _logarithms(_rows(prediction))
    rows, actions = features.shape
    classes = classes or actions
    outcome = as_numpy(validated_outcomes(outcome, classes, rows))
    centre = np.eye(classes) if classes == actions else np.zeros((classes, actions))
    labels = np.eye(classes)[outcome]

    def objective(parameters: Any) -> tuple[float, Any]:
        slopes = parameters[:-classes].reshape(classes, actions)
        scores = features @ slopes.T + parameters[-classes:]
        fitted = _softmax(scores)
        chosen = np.maximum(fitted[np.arange(rows), outcome], SMALLEST)
        off = slopes - centre
        residual = (fitted - labels) / rows
        gradient = np.append((residual.T @ features + penalty * off).ravel(), residual.sum(axis=0))
        return float(-np.log(chosen).mean() + penalty / 2 * (off**2).sum()), gradient

    start = np.append(centre.ravel(), np.zeros(classes))
    found = minimize(objective, start, jac=True, method="L-BFGS-B").x
    intercepts = found[-classes:]
    return MultinomialMap(found[:-classes].reshape(classes, actions), intercepts - intercepts[0])


def _rows(prediction: Any) -> Any:
    """Predictions as floats (N, n), N >= 1."""
    prediction = as_numpy(as_array(prediction)).astype(float)
    shape = prediction.shape
    require(len(shape) == 2 and 0 not in shape, "shape of prediction", shape, "be (N, n)")
    return prediction


def _inner_edges(values: Any, bins: int) -> Any:
    """Distinct inner quantiles; values from an edge up belong above it."""
    if not len(values):
        return np.empty(0)
    inner = np.unique(np.quantile(values, np.arange(1, bins) / bins))
    return inner[inner > values.min()]


def _logarithms(prediction: Any) -> Any:
    return np.log(np.maximum(np.asarray(prediction, dtype=float), SMALLEST))


def _softmax(scores: Any) -> Any:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
