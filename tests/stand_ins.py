"""Classifiers that stand in for trained ones, and random posteriors."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from empirical.estimator import UtilityClassifier


class Outputs(ClassifierMixin, BaseEstimator):
    """A classifier of the classes 0 ... m - 1 that returns its features as probabilities."""

    def __init__(self, classes: int = 3) -> None:
        self.classes = classes

    def fit(self, X, y):
        self.classes_ = np.arange(self.classes)
        return self

    def predict_proba(self, X):
        return np.asarray(X)


def posteriors(count: int = 50, classes: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(classes), count)


def fitted(q: np.ndarray, **options) -> UtilityClassifier:
    """A classifier whose inner probabilities at q are q itself."""
    return UtilityClassifier(Outputs(q.shape[1]), **options).fit(q, np.arange(len(q)) % q.shape[1])
