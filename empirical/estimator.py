"""A scikit-learn classifier that learns probabilities and decides by expected utility.

`UtilityClassifier` fits a probabilistic classifier without weights, for its best posterior q,
and brings the utility in afterwards: the decision is the action with the highest expected
utility U q (Misaligned by Design, eq. (5)), which is also where p^u(q) is largest (eq. (9),
Theorem 1).  So one fit serves every utility: of any shape (an extra row may be an action such as
"refer"), by case, or one that changes after training.  A classifier that was trained with
weights is taken back to posteriors first (`empirical.posterior_recovery`).

    probabilities  ->  undo the training's weights  ->  calibrate  ->  decide
    estimator          trained_with                     calibration    utility | cost | class_weight

The decision is the best one for the probabilities at hand.  Whether these are right is a matter
of the estimator and the data; `calibration` and `empirical.audit` look after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted

from empirical.labelled import by_action_and_class, floats, ordered
from empirical.posterior_recovery import PosteriorRecovery, TrainingSet, class_weights, recovery
from empirical.wrapping import ProbabilityWrapper, warn_of_weights
from theory.command_line import require
from theory.prediction import decision, expected_utility, utility_weighted_prediction
from theory.utility import utility_from_cost, validated_utility

CALIBRATIONS = ("sigmoid", "isotonic", "temperature")


class UtilityClassifier(ProbabilityWrapper):
    """Learn class probabilities without weights; decide by expected utility.

    Parameters
    ----------
    estimator : classifier, default LogisticRegression()
        Anything with `predict_proba`, best trained without class weights.  A fitted one is used
        as it is inside a `sklearn.frozen.FrozenEstimator`.
    utility, cost : matrix (n, m), or None
        What each of n actions earns (utility, at least 0, in every class positive for some
        action) or costs (any real number) in each of m classes: array, data frame or dict of
        dicts (`empirical.labelled`).
    class_weight : dict, sequence (m,) or "balanced", or None
        What naming a class rightly earns, eq. (14); it is not used in training.  At most one of
        these three; with none, the most probable class is chosen.
    classes : sequence (m,), or None
        The class of each column of an array, if not in the sorted order of `classes_`.
    actions : sequence (n,), or None
        Names of the rows of an array.  By default those of a square one are its columns.
    trained_with : dict, matrix, Practice or None
        How `estimator` is trained other than plainly, to be undone: see
        `empirical.posterior_recovery.recovery`.
    calibration : "sigmoid", "isotonic", "temperature" or None
        Calibrate the probabilities by cross-validation (`sklearn.calibration`).
    cv : int, splitter, or None
        The folds of that calibration.

    Attributes
    ----------
    estimator_, classes_ : the fitted classifier of probabilities, and its labels (m,).
    actions_ : names of the actions, (n,): what `predict` returns.
    payoff_ : (n, m), in order of `actions_` and `classes_`: the utility, or minus the cost.
    utility_ : (n, m), the same, shifted where a cost has to be made a utility.
    condition_number_ : of what is undone (see `PosteriorRecovery`); 1 if nothing is.

    `predict`, `score`, `expected_utility` and `predict_utility_weighted` also take a `utility`
    or `cost` of their own, one for all cases (n, m) or one for each (N, n, m), for the same
    actions.  Arrays are laid out as that of the constructor, or if it had names, in the order of
    `actions_` and `classes_`.  In pipelines and cross-validation they are routed there after
    ``set_predict_request(cost=True)``, ``set_score_request(cost=True)``.
    Bad input raises `InputError`, a ValueError that names the thing.

    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> cost = {"operate": {0: 0, 1: 8}, "wait": {0: 50, 1: 0}, "biopsy": {0: 1, 1: 1}}
    >>> advice = UtilityClassifier(GaussianNB(), cost=cost).fit(X, y)
    >>> advice.predict(X[:3]).tolist(), round(advice.score(X, y), 2)
    (['operate', 'operate', 'operate'], -1.64)
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        utility: Any = None,
        cost: Any = None,
        class_weight: Any = None,
        classes: Any = None,
        actions: Any = None,
        trained_with: Any = None,
        calibration: str | None = None,
        cv: Any = None,
    ) -> None:
        self.estimator = estimator
        self.utility = utility
        self.cost = cost
        self.class_weight = class_weight
        self.classes = classes
        self.actions = actions
        self.trained_with = trained_with
        self.calibration = calibration
        self.cv = cv

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> UtilityClassifier:
        """Fit the classifier of probabilities; `params` are routed to it."""
        estimator, y, classes = self._checked(y)
        payoff, utility, actions = self._preference(classes, TrainingSet(y, sample_weight))
        condition_number = 1.0
        if self.trained_with is not None:
            prefit = isinstance(estimator, FrozenEstimator)
            training = TrainingSet(y, sample_weight, known=not prefit)
            condition_number = recovery(self.trained_with, classes, training).condition_number
        elif self.calibration is None:
            warn_of_weights(estimator)
        inner = self._chain(estimator, X, y, classes)
        self._fit(inner, X, y, sample_weight, params)
        found, wanted = self.classes_.tolist(), classes.tolist()
        require(found == wanted, "classes of the fitted estimator", found, f"be {wanted}")
        self.payoff_, self.utility_, self.actions_ = payoff, utility, actions
        self.condition_number_ = condition_number
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """The posterior of each class, (N, m): recovered and calibrated, not weighted."""
        check_is_fitted(self)
        return self._probabilities(X)

    def expected_utility(self, X: Any, *, utility: Any = None, cost: Any = None) -> np.ndarray:
        """What each action earns on average, (N, n), in order of `actions_`, eq. (3).

        In the user's units; for a cost, minus the expected cost.
        """
        posterior = self.predict_proba(X)
        return expected_utility(self._given(len(posterior), utility, cost)[0], posterior)

    def predict(self, X: Any, *, utility: Any = None, cost: Any = None) -> np.ndarray:
        """The action with the highest expected utility, (N,), the first of equals; eq. (5)."""
        chosen, _ = self._decided(X, utility, cost)
        return self.actions_[chosen]

    def predict_utility_weighted(
        self, X: Any, *, utility: Any = None, cost: Any = None
    ) -> np.ndarray:
        """p^u (N, n), eq. (8): what a perfectly trained weighted model would output instead."""
        posterior = self.predict_proba(X)
        return utility_weighted_prediction(self._given(len(posterior), utility, cost)[1], posterior)

    def score(
        self, X: Any, y: Any, *, utility: Any = None, cost: Any = None, sample_weight: Any = None
    ) -> float:
        """The mean utility that the decisions realise; minus the mean cost, for a cost."""
        chosen, payoff = self._decided(X, utility, cost)
        check_consistent_length(chosen, y)
        labels = column_or_1d(y).tolist()
        position = {label: index for index, label in enumerate(self.classes_.tolist())}
        unseen = sorted(set(labels) - set(position), key=str)
        require(not unseen, "label in y", unseen[:1], "be one of those in training")
        outcome = np.array([position[label] for label in labels], dtype=int)
        case = (np.arange(len(outcome)),) if payoff.ndim == 3 else ()
        return float(np.average(payoff[(*case, chosen, outcome)], weights=sample_weight))

    def _preference(
        self, classes: np.ndarray, training: TrainingSet
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Payoffs and utility (n, m), and the names of the actions (n,), from the constructor."""
        options = {"utility": self.utility, "cost": self.cost, "class_weight": self.class_weight}
        given = [name for name, values in options.items() if values is not None]
        require(len(given) <= 1, "preference", " and ".join(given), "be given only once")
        if self.utility is None and self.cost is None:
            weights = np.ones(len(classes))
            if self.class_weight is not None:
                weights = class_weights(
                    self.class_weight, classes, training, "class_weight", names=self.classes
                )
            return np.diag(weights), np.diag(weights), classes
        name = given[0]
        matrix, actions = by_action_and_class(
            options[name], classes, name, column_names=self.classes, row_names=self.actions
        )
        return (*_payoff_and_utility(matrix, name), actions)

    def _chain(self, estimator: Any, X: Any, y: np.ndarray, classes: np.ndarray) -> Any:
        """The classifier, its recovery and its calibration, as one classifier to fit."""
        calibration = self.calibration
        wanted = f"be one of {', '.join(CALIBRATIONS)}, or None"
        require(calibration in (None, *CALIBRATIONS), "calibration", repr(calibration), wanted)
        if calibration is None or self.trained_with is not None:
            self._require_probabilities(estimator)
        inner = estimator
        if self.trained_with is not None:
            inner = PosteriorRecovery(estimator, trained_with=self.trained_with)
            if isinstance(estimator, FrozenEstimator):
                inner = FrozenEstimator(inner.fit(X, y))
            elif get_config()["enable_metadata_routing"]:
                inner.set_fit_request(sample_weight=True)
        if calibration is not None:
            present = np.unique(y).tolist()
            missing = [label for label in classes.tolist() if label not in present]
            require(not missing, "y", f"without class {missing[:1]}", "hold all, to calibrate")
            inner = CalibratedClassifierCV(inner, method=calibration, cv=self.cv)
        return inner

    def _decided(self, X: Any, utility: Any, cost: Any) -> tuple[np.ndarray, np.ndarray]:
        """Indices of the best actions, (N,), and the payoffs by which they are best."""
        posterior = self.predict_proba(X)
        payoff, _ = self._given(len(posterior), utility, cost)
        return decision(payoff, posterior), payoff

    def _given(self, cases: int, utility: Any, cost: Any) -> tuple[np.ndarray, np.ndarray]:
        """Payoffs and utility, (n, m) or (N, n, m): the constructor's unless others are given."""
        if utility is None and cost is None:
            return self.payoff_, self.utility_
        both = utility is not None and cost is not None
        require(not both, "preference", "utility and cost", "be given only once")
        name, values = ("cost", cost) if utility is None else ("utility", utility)
        if np.ndim(values) < 3:
            return _payoff_and_utility(self._laid_out(values, name), name)
        array = floats(values, name)
        shape = (cases, *self.payoff_.shape)
        require(array.shape == shape, f"shape of {name}", array.shape, f"be {shape}")
        places = np.arange(self.payoff_.size).reshape(self.payoff_.shape)
        order = self._laid_out(places, name).astype(int)
        return _payoff_and_utility(array.reshape(cases, -1)[:, order], name)

    def _laid_out(self, values: Any, name: str) -> np.ndarray:
        """A matrix (n, m) in order of `actions_` and `classes_`, from the constructor's layout."""
        row_names = self.actions
        if row_names is None and self.actions_.tolist() != self.classes_.tolist():
            row_names = self.actions_.tolist()
        matrix, names = by_action_and_class(
            values, self.classes_, name, column_names=self.classes, row_names=row_names
        )
        actions = ordered(names.tolist(), self.actions_, f"actions of {name}")
        return matrix[[names.tolist().index(action) for action in actions]]


def _payoff_and_utility(matrix: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """What is earned, and a nonnegative utility with the same preferences."""
    if name == "cost":
        return -matrix, utility_from_cost(matrix)
    return matrix, validated_utility(matrix)
