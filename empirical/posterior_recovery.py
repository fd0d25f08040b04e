"""The posterior behind a classifier that was trained with weights, smoothing or resampling.

Such training amounts to a utility matrix U (`theory.training_practices`): the classifier's best
output is p^u(q), Theorem 1, and the posterior is q = U^-1 p / (1' U^-1 p), Theorem 2.  The
formula undoes what the training aimed at, not what it achieved: a classifier that is badly
calibrated to its weighted objective gives a badly calibrated posterior.

Outputs that no posterior leads to (possible unless U only reweighs classes: label smoothing, for
instance, never aims below eps / m) are replaced by the nearest that one does, with a warning
that counts them.  What cannot be undone is refused: a singular U, synthetic examples.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import check_is_fitted

from empirical.labelled import by_action_and_class, by_class
from empirical.wrapping import ProbabilityWrapper, name_of
from theory.command_line import InputError, require
from theory.recalibration import recalibrate
from theory.training_practices import (
    HARD_EXAMPLE_MINING,
    MIXED_EXAMPLES,
    SYNTHETIC_OVERSAMPLING,
    Practice,
    focal_loss,
    utility_of_label_smoothing,
    weighted_examples,
)
from theory.utility import validated_utility

BEYOND_RECOVERY = {
    "synthetic_oversampling": SYNTHETIC_OVERSAMPLING,
    "mixed_examples": MIXED_EXAMPLES,
    "hard_example_mining": HARD_EXAMPLE_MINING,
}
LINEAR = ("class_weight", "label_smoothing", "sampling_rates")


@dataclass(frozen=True)
class Recovery:
    """From predictions (N, m) to posteriors (N, m) and whether each is in the image, (N,).

    `condition_number` is that of U, None where the practice has no matrix.  An error of the
    prediction can come out larger by about this factor.
    """

    apply: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    condition_number: float | None


def recovery(trained_with: Any, classes: np.ndarray, training: TrainingSet) -> Recovery:
    """The way back from training `trained_with`, which is one of

    * a dict of customary practices, each keyed by class or in the order of `classes`:
      "class_weight" (as in scikit-learn and torch; "balanced" for scikit-learn's),
      "label_smoothing" (epsilon, in torch's convention), "sampling_rates" (expected copies of
      an example of each class), alone or together; or "focal_gamma" alone;
    * the utility matrix (m, m) of the training loss: array, data frame or dict of dicts;
    * a `theory.training_practices.Practice`.

    Raises `InputError` where nothing leads back, saying why.
    """
    practice = _practice(trained_with, classes, training)
    wanted = f"be undone, but cannot be: {practice.reason}"
    require(practice.invertible, "trained_with", practice.name, wanted)
    if practice.utility is None:
        recover = practice.recover
        assert recover is not None
        return Recovery(lambda p: (recover(p), np.ones(len(p), dtype=bool)), None)
    utility = validated_utility(np.asarray(practice.utility, dtype=float), "trained_with")

    def apply(prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = recalibrate(utility, prediction, project=True)
        return found.posterior, found.in_image

    try:
        certain = recalibrate(utility, np.eye(len(classes))[0])
    except InputError as error:
        raise InputError(f"trained_with cannot be undone: {error}") from None
    return Recovery(apply, float(certain.condition_number))


@dataclass(frozen=True)
class TrainingSet:
    """What "balanced" refers to: labels (N,), sample weights (N,) or None; unknown if prefit."""

    labels: np.ndarray
    sample_weight: Any = None
    known: bool = True

    def balanced_weights(self, classes: np.ndarray, argument: str) -> np.ndarray:
        """scikit-learn's balanced class weights, n / (m n_y)."""
        require(self.known, argument, "'balanced' on a prefit estimator",
                "be the weights themselves: the training labels are not known")  # fmt: skip
        return compute_class_weight(
            "balanced", classes=classes, y=self.labels, sample_weight=self.sample_weight
        )


def class_weights(
    values: Any,
    classes: np.ndarray,
    training: TrainingSet,
    argument: str,
    *,
    names: Sequence[Any] | None = None,
) -> np.ndarray:
    """Positive class weights (m,) from "balanced", a mapping by class, or a sequence.

    A sequence is in the order of `names`, that of `classes` if None.
    """
    if isinstance(values, str):
        require(values == "balanced", argument, repr(values), 'be weights or "balanced"')
        return training.balanced_weights(classes, argument)
    weights = by_class(values, classes, argument, names=names)
    for label, weight in zip(classes.tolist(), weights.tolist(), strict=True):
        valid = 0 < weight < float("inf")
        require(valid, f"{argument} of class {label!r}", weight, "be positive and finite")
    return weights


class PosteriorRecovery(ProbabilityWrapper):
    """A classifier whose probabilities are the posteriors behind those of `estimator`.

    Parameters
    ----------
    estimator : classifier with predict_proba, default LogisticRegression()
        Trained by `fit`; in a `FrozenEstimator`, used as it is.
    trained_with : dict, matrix, Practice or None
        What the training of `estimator` amounts to (see `recovery`); None: nothing to undo.

    Attributes
    ----------
    estimator_, classes_ : the fitted classifier and its labels, (m,).
    condition_number_ : of the utility matrix; 1 if there is nothing to undo, None for a practice
        without one.

    `fit` raises `InputError` for what cannot be undone or does not fit the classes.

    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> smoothed = PosteriorRecovery(GaussianNB(), trained_with={"class_weight": {0: 4, 1: 1}})
    >>> smoothed.fit(X, y).condition_number_
    4.0
    """

    def __init__(self, estimator: Any = None, *, trained_with: Any = None) -> None:
        self.estimator = estimator
        self.trained_with = trained_with

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> PosteriorRecovery:
        """Fit the classifier; `params` are routed to it."""
        estimator, y, classes = self._checked(y)
        self._require_probabilities(estimator)
        prefit = isinstance(estimator, FrozenEstimator)
        training = TrainingSet(y, sample_weight, known=not prefit)
        undo = None if self.trained_with is None else recovery(self.trained_with, classes, training)
        self._fit(estimator, X, y, sample_weight, params)
        self.recovery_ = undo
        self.condition_number_ = 1.0 if undo is None else undo.condition_number
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Posteriors, (N, m).  Warns with the number of outputs that no posterior leads to."""
        posterior, in_image = self._recovered(X)
        off = int(np.count_nonzero(~in_image))
        if off:
            warnings.warn(
                f"{off} of {len(in_image)} outputs of {name_of(self.estimator_)} are those "
                "of no posterior under trained_with; the nearest possible output was used",
                stacklevel=2,
            )
        return posterior

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class, (N,)."""
        most_probable = self.predict_proba(X).argmax(axis=1)
        return self.classes_[most_probable]

    def in_image(self, X: Any) -> np.ndarray:
        """Whether some posterior leads to the classifier's output, (N,) booleans."""
        return self._recovered(X)[1]

    def _recovered(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        check_is_fitted(self)
        prediction = self._probabilities(X)
        if self.recovery_ is None:
            return prediction, np.ones(len(prediction), dtype=bool)
        return self.recovery_.apply(prediction)


def _practice(trained_with: Any, classes: np.ndarray, training: TrainingSet) -> Practice:
    if isinstance(trained_with, Practice):
        return trained_with
    if isinstance(trained_with, str):
        trained_with = {trained_with: True}
    known = {*LINEAR, "focal_gamma", *BEYOND_RECOVERY}
    if not isinstance(trained_with, Mapping) or not known & set(trained_with):
        matrix, actions = by_action_and_class(trained_with, classes, "trained_with")
        require(actions is classes, "rows of trained_with", actions.tolist(),
                f"be the classes {classes.tolist()}")  # fmt: skip
        return Practice("a utility matrix", matrix, True, "")
    for name in trained_with:
        require(name in known, "a key of trained_with", repr(name),
                f"be one of {', '.join(sorted(known))}")  # fmt: skip
        if name in BEYOND_RECOVERY:
            return BEYOND_RECOVERY[name]
    if "focal_gamma" in trained_with:
        require(len(trained_with) == 1, "trained_with", dict(trained_with),
                "name the focal loss alone: no formula is known for the combination")  # fmt: skip
        return focal_loss(trained_with["focal_gamma"])
    weights, rates = np.ones(len(classes)), np.ones(len(classes))
    if "class_weight" in trained_with:
        name = "class_weight of trained_with"
        weights = class_weights(trained_with["class_weight"], classes, training, name)
    if "sampling_rates" in trained_with:
        name = "sampling_rates of trained_with"
        rates = class_weights(trained_with["sampling_rates"], classes, training, name)
    epsilon = trained_with.get("label_smoothing", 0.0)
    smoothed = utility_of_label_smoothing(epsilon, len(classes), weights)
    return Practice(" and ".join(trained_with), weighted_examples(smoothed, rates), True, "")
