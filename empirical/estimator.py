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

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import check_cv
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted

from empirical.labelled import (
    Layout,
    by_action_and_class,
    floats,
    listed,
    require_classes,
    require_same,
)
from empirical.posterior_recovery import (
    PosteriorRecovery,
    TrainingSet,
    class_weights,
    in_sorted_order,
    recovery,
)
from empirical.wrapping import (
    SHIFTING_CALIBRATIONS,
    ProbabilityWrapper,
    is_prefit,
    warn_of_weights,
)
from theory.command_line import require
from theory.prediction import decision, expected_utility, utility_weighted_prediction
from theory.utility import utility_from_cost, validated_utility

CALIBRATIONS = (*SHIFTING_CALIBRATIONS, "temperature")


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
        The class of each entry or column of what is given without names, here or in
        `trained_with`, if not in the sorted order of `classes_`.
    actions : sequence (n,), or None
        Names of the rows of an array.  By default those of a square one are its columns.
        Where a matrix has names too, `classes` and `actions` must be the same in the same order.
    trained_with : dict, matrix, Practice or None
        How `estimator` is trained other than plainly, to be undone: see
        `empirical.posterior_recovery.recovery`.
    calibration : "sigmoid", "isotonic", "temperature" or None
        Calibrate the probabilities by cross-validation (`sklearn.calibration`).  A temperature
        makes them more or less certain, but does not make up for class weights.
    cv : int, splitter, or None
        The folds of that calibration; each must train on all classes.

    Attributes
    ----------
    estimator_, classes_ : the fitted classifier of probabilities, and its labels (m,).
    actions_ : names of the actions, (n,): what `predict` returns.
    payoff_ : (n, m), in order of `actions_` and `classes_`: the utility, or minus the cost.
    utility_ : (n, m), the same, shifted where a cost has to be made a utility.
    layout_ : the order of rows and columns in the constructor's matrix.
    condition_number_ : of what is undone (see `PosteriorRecovery`); 1 if nothing is.

    `predict`, `score`, `expected_utility` and `predict_utility_weighted` also take a `utility`
    or `cost` of their own, one for all cases (n, m) or one for each (N, n, m), for the same
    actions.  Without names, its rows and columns are in the order of the constructor's matrix
    (`layout_`); a cost is made a utility case by case.  In pipelines and cross-validation they are
    routed there after ``set_predict_request(cost=True)``, ``set_score_request(cost=True)``.
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
        training = TrainingSet(y, sample_weight, not is_prefit(estimator), params)
        payoff, actions, layout = self._preference(classes, training)
        condition_number, trained_with = 1.0, None
        if self.trained_with is not None:
            trained_with = in_sorted_order(self.trained_with, classes, self.classes)
            condition_number = recovery(trained_with, classes, training).condition_number
        elif self.calibration not in SHIFTING_CALIBRATIONS:
            warn_of_weights(estimator)
        inner = self._chain(estimator, trained_with, X, y, classes)
        self._fit(inner, X, y, classes, sample_weight, params)
        self.payoff_, self.utility_ = payoff
        self.actions_, self.layout_ = actions, layout
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
        weights = None
        if sample_weight is not None:
            weights = floats(sample_weight, "sample_weight")
            shape, wanted = weights.shape, (len(outcome),)
            require(shape == wanted, "shape of sample_weight", shape, f"be {wanted}")
            wrong = np.flatnonzero(~((weights >= 0) & np.isfinite(weights)))
            for index in wrong[:1]:
                require(False, f"sample_weight[{index}]", weights[index],
                        "be at least 0 and finite")  # fmt: skip
            require(weights.any(), "sample_weight", "all zero", "have a positive entry")
        return float(np.average(payoff[(*case, chosen, outcome)], weights=weights))

    def _preference(
        self, classes: np.ndarray, training: TrainingSet
    ) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, Layout]:
        """Payoffs and utility (n, m), the actions (n,) and the layout, from the constructor."""
        options = {"utility": self.utility, "cost": self.cost, "class_weight": self.class_weight}
        given = [name for name, values in options.items() if values is not None]
        require(len(given) <= 1, "preference", " and ".join(given), "be given only once")
        columns = (
            None if self.classes is None else require_classes(self.classes, classes, "classes")
        )
        rows = None if self.actions is None else listed(self.actions)
        if self.utility is None and self.cost is None:
            if rows is not None:
                require_same(rows, classes.tolist(), "actions")
            weights = np.ones(len(classes))
            if self.class_weight is not None:
                weights = class_weights(
                    self.class_weight, classes, training, "class_weight", names=columns
                )
            layout = Layout(rows, classes.tolist() if columns is None else columns)
            return (np.diag(weights), np.diag(weights)), classes, layout
        name = given[0]
        matrix, layout = by_action_and_class(
            options[name], classes, name, row_names=rows, column_names=columns
        )
        for argument, stated, named, which in (
            ("classes", columns, layout.columns, "columns"),
            ("actions", rows, layout.rows, "rows"),
        ):
            wanted = f"be those that name the {which} of {name}, {named}, in their order"
            require(stated in (None, named), argument, stated, wanted)
        actions = layout.actions(len(matrix), classes)
        payoffs = _payoff_and_utility(matrix, layout.index(actions, classes), name)
        return payoffs, actions, layout

    def _chain(
        self, estimator: Any, trained_with: Any, X: Any, y: np.ndarray, classes: np.ndarray
    ) -> Any:
        """The classifier, its recovery and its calibration, as one classifier to fit."""
        calibration = self.calibration
        wanted = f"be one of {', '.join(CALIBRATIONS)}, or None"
        require(calibration in (None, *CALIBRATIONS), "calibration", repr(calibration), wanted)
        if calibration is None or trained_with is not None:
            self._require_probabilities(estimator)
        inner, prefit = estimator, isinstance(estimator, FrozenEstimator)
        if trained_with is not None:
            scores = "odds" if calibration in SHIFTING_CALIBRATIONS else "log"
            inner = PosteriorRecovery(estimator, trained_with=trained_with, scores=scores)
            if prefit:
                inner = FrozenEstimator(inner.fit(X, y))
            elif get_config()["enable_metadata_routing"]:
                inner.set_fit_request(sample_weight=True)
        if calibration is not None:
            present = np.unique(y).tolist()
            missing = [label for label in classes.tolist() if label not in present]
            require(not missing, "y", f"without class {missing[:1]}", "hold all, to calibrate")
            folds = self.cv if prefit else self._folds(X, y, classes)
            inner = CalibratedClassifierCV(inner, method=calibration, cv=folds)
        return inner

    def _folds(self, X: Any, y: np.ndarray, classes: np.ndarray) -> Any:
        """What `cv` means, drawn once, if every fold trains on every class."""
        folds = list(check_cv(self.cv, y, classifier=True).split(X, y))
        for fold, (train, _) in enumerate(folds):
            missing = sorted(set(classes.tolist()) - set(y[train].tolist()), key=str)
            lacking = f"without class {missing[:1]} in the training part of fold {fold}"
            wanted = "train on all classes (stratified folds, or fewer of them)"
            require(not missing, "cv", lacking, wanted)
        # scikit-learn has a check of its own for a number of folds.
        return self.cv if isinstance(self.cv, Integral) else folds

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
        if not (isinstance(values, Mapping) or hasattr(values, "columns")):
            values = floats(values, name)
        if getattr(values, "ndim", 2) == 3:
            matrix, layout = values, self.layout_
            shape, wanted = matrix.shape, (cases, *self.payoff_.shape)
            require(shape == wanted, f"shape of {name}", shape, f"be {wanted}")
        else:
            matrix, layout = by_action_and_class(
                values,
                self.classes_,
                name,
                row_names=self.layout_.rows,
                column_names=self.layout_.columns,
            )
            names = layout.actions(len(matrix), self.classes_).tolist()
            require_same(names, self.actions_.tolist(), f"actions of {name}")
        return _payoff_and_utility(matrix, layout.index(self.actions_, self.classes_), name)


def _payoff_and_utility(
    matrix: np.ndarray, index: tuple[np.ndarray, np.ndarray], name: str
) -> tuple[np.ndarray, np.ndarray]:
    """What is earned, and a nonnegative utility with the same preferences; each (..., n, m).

    Put in order by `index` only after the values are checked: errors name their place as written.
    """
    if name == "cost":
        payoff, utility = 0.0 - matrix, utility_from_cost(matrix)
    else:
        payoff = utility = validated_utility(matrix)
    return payoff[..., *index], utility[..., *index]
