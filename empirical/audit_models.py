"""The four learners of the audit, any of which takes weights, with two or three settings each.

* ``logistic``: multinomial logistic regression; L2 penalty of scikit-learn's default strength, 10
  or 100 times as much;
* ``boosting``: histogram gradient boosting of the multinomial log loss; 100 trees per class, or 30
  small ones;
* ``forest``: 200 trees that split by Gini impurity (the Brier score, also strictly proper), with
  leaves of at least 5 rows, or 20;
* ``mlp``: one hidden layer of 64 units, Adam, 60 passes; weak or strong L2 penalty.

Weights have mean one per case, so that a penalty counts as much as without them.  Nothing stops
early: rows held out of an expanded sample would be copies of rows in it.

Utility-weighted loss needs no new learner.  Since  l^u(p, y) = sum_a l(p, a) u(a, y),  fitting
it is fitting a sample in which a case of class y stands once for every action a with u(a, y) > 0,
with label a and weight u(a, y) (`expanded`); for class weights that is the sample itself.

The linear learners see numbers standardised (missing ones at the training median, with a marker)
and the most frequent categories as indicator columns, rarer and unseen ones together, in a sparse
matrix; trees see numbers and category codes as they are.  All of this is learned from the
training rows alone.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import OneHotEncoder

from empirical.audit_columns import Features
from empirical.audit_payoffs import column_of_truth

MOST_INDICATORS = 20  # indicator columns per category column
MOST_TREE_CATEGORIES = 255  # what histogram gradient boosting can tell apart
FLOOR = 1e-6  # share of the uniform distribution mixed into every prediction
CHUNK = 100_000  # rows predicted at a time

MODELS: dict[str, tuple[Any, ...]] = {
    "logistic": tuple(LogisticRegression(C=c, max_iter=1000) for c in (1.0, 0.1, 0.01)),
    "boosting": (
        HistGradientBoostingClassifier(max_iter=100, early_stopping=False),
        HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=8, early_stopping=False),
    ),
    "forest": tuple(RandomForestClassifier(200, min_samples_leaf=rows) for rows in (5, 20)),
    "mlp": tuple(
        MLPClassifier((64,), alpha=alpha, max_iter=60, n_iter_no_change=60) for alpha in (1e-3, 3.0)
    ),
}
LINEAR = ("logistic", "mlp")


def expanded(utility: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sample that stands for utility-weighted loss: rows, actions as labels, weights.

    `utility` (n, m) or (rows, n, m), `labels` (rows,).  Weights are positive and sum to the
    number of rows.  Source: eq. (6).

    >>> rows, actions, weights = expanded(np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([0, 1]))
    >>> rows.tolist(), actions.tolist(), weights.tolist()
    ([0, 1, 1], [0, 0, 1], [1.0, 0.5, 0.5])
    """
    weights = column_of_truth(utility, labels)
    rows, actions = np.nonzero(weights)
    kept = weights[rows, actions]
    return rows, actions, kept * (len(labels) / kept.sum())


class Learner:
    """A model of `outputs` labels: `fit`, then `predict` rows of probabilities.

    `setting` is a position in `MODELS[model]`.  `converged` is False after a logistic
    regression that ran out of iterations.
    """

    def __init__(self, model: str, setting: int, outputs: int, seed: int) -> None:
        self.outputs = outputs
        self.converged = True
        self._encode: Linear | Trees = Linear() if model in LINEAR else Trees()
        self._model = clone(MODELS[model][setting]).set_params(random_state=seed)

    def fit(
        self,
        features: Features,
        labels: np.ndarray,
        rows: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> Learner:
        """Fit `labels`, those of the `rows` of `features` (all, in order, if not given).

        If all labels are the same, that one is predicted.
        """
        self._only = labels[:1] if (labels == labels[0]).all() else None
        if self._only is not None:
            return self
        design = self._encode.fit(features).transform(features)
        if rows is not None and not np.array_equal(rows, np.arange(len(features))):
            design = design[rows]
        if isinstance(self._encode, Trees) and isinstance(
            self._model, HistGradientBoostingClassifier
        ):
            self._model.set_params(categorical_features=self._encode.categorical)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self._model.fit(design, labels, sample_weight=weights)
        for warning in caught:
            if not issubclass(warning.category, ConvergenceWarning):
                warnings.warn_explicit(
                    warning.message, warning.category, warning.filename, warning.lineno
                )
            elif isinstance(self._model, LogisticRegression):
                self.converged = False  # the passes of the network are fixed by design
        return self

    def predict(self, features: Features) -> np.ndarray:
        """Probabilities (rows, outputs), at least `FLOOR` / outputs each.

        A label that no training row had gets the floor alone.
        """
        result = np.empty((len(features), self.outputs))
        result[:] = FLOOR / self.outputs
        if self._only is not None:
            result[:, self._only] += 1 - FLOOR
            return result
        for start in range(0, len(features), CHUNK):
            chunk = slice(start, start + CHUNK)
            design = self._encode.transform(features.take(chunk))
            raw = np.asarray(self._model.predict_proba(design), dtype=float)
            raw /= raw.sum(axis=1, keepdims=True)
            result[chunk, self._model.classes_] += (1 - FLOOR) * raw
        return result


class Linear:
    """Standardised numbers, markers of missing ones, indicators of frequent categories."""

    def fit(self, features: Features) -> Linear:
        """Learn medians, means, scales and frequent categories."""
        numbers = features.numbers
        missing = np.isnan(numbers)
        self._marked = missing.any(axis=0)
        known = ~missing.all(axis=0)
        self._median = np.zeros(numbers.shape[1], dtype=numbers.dtype)
        self._median[known] = np.nanmedian(numbers[:, known], axis=0)
        filled = np.where(missing, self._median, numbers)
        self._mean = filled.mean(axis=0, dtype=np.float64)
        deviation = filled.std(axis=0, dtype=np.float64)
        self._scale = np.where(deviation > 0, deviation, 1.0)
        self._indicators = OneHotEncoder(
            max_categories=MOST_INDICATORS, handle_unknown="infrequent_if_exist", dtype=np.float32
        )
        if features.codes.shape[1]:
            self._indicators.fit(features.codes)
        return self

    def transform(self, features: Features) -> Any:
        """The design matrix: dense, or sparse where there are categories."""
        missing = np.isnan(features.numbers)
        filled = np.where(missing, self._median, features.numbers)
        scaled = ((filled - self._mean) / self._scale).astype(np.float32)
        dense = np.hstack([scaled, missing[:, self._marked].astype(np.float32)])
        if not features.codes.shape[1]:
            return dense
        indicators = self._indicators.transform(features.codes)
        return sparse.hstack([sparse.csr_matrix(dense), indicators], format="csr")


class Trees:
    """Numbers (nan where missing) beside category codes (nan where missing).

    `categorical` marks the columns whose values have no order.  Of a column with more than
    `MOST_TREE_CATEGORIES` categories the codes count as numbers, in the order of the names.
    """

    def fit(self, features: Features) -> Trees:
        """Learn which codes occur."""
        counts = [len(np.unique(column)) for column in features.codes.T]
        self._ordered = np.array([c > MOST_TREE_CATEGORIES for c in counts], dtype=bool)
        self._known = [np.unique(column[column >= 0]) for column in features.codes.T]
        numbers = np.zeros(features.numbers.shape[1], dtype=bool)
        self.categorical = np.append(numbers, ~self._ordered)
        return self

    def transform(self, features: Features) -> np.ndarray:
        """The design matrix, dense; unseen categories are missing."""
        columns = []
        for column, known, ordered in zip(
            features.codes.T, self._known, self._ordered, strict=True
        ):
            if ordered:
                columns.append(np.where(column >= 0, column, np.nan))
            else:
                place = np.searchsorted(known, column).clip(max=max(len(known) - 1, 0))
                seen = (column >= 0) & (len(known) > 0)
                seen &= known[place] == column if len(known) else False
                columns.append(np.where(seen, place, np.nan))
        if not columns:
            return features.numbers
        return np.column_stack([features.numbers, *columns]).astype(features.numbers.dtype)
