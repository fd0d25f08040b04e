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
from dataclasses import dataclass, field
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import check_is_fitted

from empirical.labelled import by_action_and_class, by_class, listed, shown
from empirical.wrapping import ProbabilityWrapper, is_prefit, name_of
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
BY_CLASS = ("class_weight", "sampling_rates")
KNOWN = (*BY_CLASS, "label_smoothing", "focal_gamma", *BEYOND_RECOVERY)
SCORES = ("log", "odds")
SMALLEST = float(np.finfo(float).tiny)  # in place of 0, for a finite logarithm


@dataclass(frozen=True)
class Recovery:
    """The way from predictions back to posteriors.

    `utility` is the matrix U (m, m) of the training, with `condition_number`: an error of the
    prediction can come out larger by about this factor.  Both are None for a practice without a
    matrix, which has `recover` instead, from predictions (N, m) to posteriors (N, m).
    """

    utility: np.ndarray | None
    condition_number: float | None
    recover: Callable[[Any], Any] | None = None

    def apply(self, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Posteriors (N, m), and whether each prediction (N, m) is in the image, (N,)."""
        if self.utility is None:
            assert self.recover is not None
            return self.recover(prediction), np.ones(len(prediction), dtype=bool)
        found = recalibrate(self.utility, prediction, project=True)
        return found.posterior, found.in_image


@dataclass(frozen=True)
class TrainingSet:
    """What "balanced" refers to.

    `labels` (N,), `sample_weight` (N,) or None; `known` is false if the classifier was fitted
    before, on other labels; `fit_params`, what else goes to its `fit`.
    """

    labels: np.ndarray
    sample_weight: Any = None
    known: bool = True
    fit_params: Mapping[str, Any] = field(default_factory=dict)

    def balanced_weights(self, classes: np.ndarray, argument: str) -> np.ndarray:
        """scikit-learn's balanced class weights, n / (m n_y), of weighted examples if any are."""
        require(self.known, argument, "'balanced' on a prefit estimator",
                "be the weights themselves: the training labels are not known")  # fmt: skip
        return compute_class_weight(
            "balanced", classes=classes, y=self.labels, sample_weight=self.sample_weight
        )

    @property
    def weighted(self) -> bool:
        """Whether sample weights go to the classifier, or to a step of it."""
        given = any(
            name.endswith("sample_weight") and value is not None
            for name, value in self.fit_params.items()
        )
        return given or self.sample_weight is not None


def recovery(trained_with: Any, classes: np.ndarray, training: TrainingSet) -> Recovery:
    """The way back from training `trained_with`, which is one of

    * a dict of customary practices, each keyed by class or in the order of `classes`:
      "class_weight" (as in scikit-learn and torch; "balanced" for scikit-learn's),
      "label_smoothing" (epsilon, in torch's convention), "sampling_rates" (expected copies of
      an example of each class), alone or together; or "focal_gamma" alone;
    * the utility matrix (m, m) of the training loss: array, data frame or dict of dicts;
    * a `theory.training_practices.Practice`.

    "balanced" refers to the labels of `training`, and not together with sample weights: some
    classifiers balance the examples, others their weights.

    Raises `InputError` where nothing leads back, saying why.
    """
    practice = _practice(trained_with, classes, training)
    wanted = f"be undone, but cannot be: {practice.reason}"
    require(practice.invertible, "trained_with", practice.name, wanted)
    if practice.utility is None:
        return Recovery(None, None, practice.recover)
    utility = validated_utility(np.asarray(practice.utility, dtype=float), "trained_with")
    try:
        certain = recalibrate(utility, np.eye(len(classes))[0])
    except InputError as error:
        raise InputError(f"trained_with cannot be undone: {error}") from None
    return Recovery(utility, float(certain.condition_number))


def in_sorted_order(
    trained_with: Any, classes: np.ndarray, names: Sequence[Any] | None = None
) -> Any:
    """`trained_with` without names: its sequences and matrices in the order of `classes`.

    Those that came without are in the order of `names`, that of `classes` if None.  What has no
    order by class stays.  Raises `InputError` for names that are not those of the classes.
    """
    if isinstance(trained_with, Practice):
        return trained_with
    practices = _practices(trained_with, classes)
    if practices is None:
        return _square(trained_with, classes, names)
    return {
        name: by_class(value, classes, f"{name} of trained_with", names=names)
        if name in BY_CLASS and not isinstance(value, str)
        else value
        for name, value in practices.items()
    }


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
    scores : "log" or "odds"
        What `decision_function` returns for three classes or more: log q, right for a calibration
        by temperature, or log q / (1 - q), right for one by a sigmoid for each class.

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

    def __init__(
        self, estimator: Any = None, *, trained_with: Any = None, scores: str = "log"
    ) -> None:
        self.estimator = estimator
        self.trained_with = trained_with
        self.scores = scores

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> PosteriorRecovery:
        """Fit the classifier; `params` are routed to it."""
        require(self.scores in SCORES, "scores", repr(self.scores), f"be one of {SCORES}")
        estimator, y, classes = self._checked(y)
        self._require_probabilities(estimator)
        training = TrainingSet(y, sample_weight, not is_prefit(estimator), params)
        undo = None if self.trained_with is None else recovery(self.trained_with, classes, training)
        self._fit(estimator, X, y, classes, sample_weight, params)
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

    def decision_function(self, X: Any) -> np.ndarray:
        """Log odds of the second of two classes, (N,); of more, `scores` of each, (N, m).

        This is what a calibration on top starts from.  On these scales it can leave posteriors
        that are right as they are, which a sigmoid of probabilities cannot.  A probability of 0
        counts as the smallest normal number.
        """
        posterior = self.predict_proba(X)
        classes = posterior.shape[1]
        against = np.ones_like(posterior)
        if classes == 2 or self.scores == "odds":
            against = posterior @ (1 - np.eye(classes))
        values = np.log(np.maximum(posterior, SMALLEST)) - np.log(np.maximum(against, SMALLEST))
        return values[:, 1] if classes == 2 else values

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
    practices = _practices(trained_with, classes)
    if practices is None:
        return Practice("a utility matrix", _square(trained_with, classes), True, "")
    for name in practices:
        if name in BEYOND_RECOVERY:
            return BEYOND_RECOVERY[name]
    if "focal_gamma" in practices:
        require(len(practices) == 1, "trained_with", practices,
                "name the focal loss alone: no formula is known for the combination")  # fmt: skip
        return focal_loss(_number(practices, "focal_gamma"), len(classes))
    weights, rates = (_weights_in_training(practices, name, classes, training) for name in BY_CLASS)
    epsilon = _number(practices, "label_smoothing") if "label_smoothing" in practices else 0.0
    smoothed = utility_of_label_smoothing(epsilon, len(classes), weights)
    return Practice(" and ".join(practices), weighted_examples(smoothed, rates), True, "")


def _practices(trained_with: Any, classes: np.ndarray) -> dict[str, Any] | None:
    """Customary practices and their values, those left out as False; None for a matrix."""
    if isinstance(trained_with, str):
        names = ", ".join(sorted(BEYOND_RECOVERY))
        wanted = f"be a dict of practices, a utility matrix, or one of {names}"
        require(trained_with in BEYOND_RECOVERY, "trained_with", repr(trained_with), wanted)
        return {trained_with: True}
    keys = listed(trained_with) if isinstance(trained_with, Mapping) else []
    if not isinstance(trained_with, Mapping) or set(keys) == set(classes.tolist()):
        return None
    for name in keys:
        require(name in KNOWN, "a key of trained_with", repr(name),
                f"be one of {', '.join(sorted(KNOWN))}; or, for a matrix, the keys the classes "
                f"{classes.tolist()}")  # fmt: skip
    practices = {
        name: value
        for name, value in trained_with.items()
        if not (name in BEYOND_RECOVERY and value is False)
    }
    require(len(practices) > 0, "trained_with", dict(trained_with), "name a practice, or be None")
    return practices


def _square(trained_with: Any, classes: np.ndarray, names: Sequence[Any] | None = None) -> Any:
    """The utility matrix (m, m) of a training, in the order of `classes`."""
    matrix, layout = by_action_and_class(trained_with, classes, "trained_with", column_names=names)
    actions = layout.actions(len(matrix), classes)
    require(actions is classes, "rows of trained_with", actions.tolist(),
            f"be the classes {classes.tolist()}")  # fmt: skip
    utility = validated_utility(matrix, "trained_with")
    return utility[layout.index(classes, classes)]


def _weights_in_training(
    practices: dict[str, Any], name: str, classes: np.ndarray, training: TrainingSet
) -> np.ndarray:
    if name not in practices:
        return np.ones(len(classes))
    values, argument = practices[name], f"{name} of trained_with"
    ambiguous = isinstance(values, str) and values == "balanced" and training.weighted
    require(not ambiguous, argument, "'balanced' with sample weights",
            "be the weights themselves: classifiers differ in whether they balance the examples "
            "or their weights")  # fmt: skip
    return class_weights(values, classes, training, argument)


def _number(practices: dict[str, Any], name: str) -> Any:
    value = practices[name]
    valid = isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
    require(valid, f"{name} of trained_with", shown(value), "be a finite number")
    return value
