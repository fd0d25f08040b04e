"""What the meta-estimators share: fitting a probabilistic classifier and checking its output.

Every check that needs only the labels comes before the fit; the classifier itself checks X.
Nothing is changed after `fit`, so fitted objects may be shared between threads.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils import assert_all_finite, column_or_1d, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.multiclass import check_classification_targets

from theory.command_line import require
from theory.prediction import validated_probabilities

# Parameters that weigh classes in training (of scikit-learn, LightGBM, XGBoost and CatBoost).
# Priors, as of naive Bayes, are not among them: they say how frequent the classes are.
WEIGHTING = (
    "class_weight",
    "class_weights",
    "auto_class_weights",
    "scale_pos_weight",
    "is_unbalance",
)
GRIDS = ("param_grid", "param_distributions")  # where a search keeps what it will try
# Calibrations with a free intercept, which makes up for weights; a temperature has none.
SHIFTING_CALIBRATIONS = ("sigmoid", "isotonic")


class ProbabilityWrapper(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """A classifier around a classifier, `estimator`; LogisticRegression() where that is None."""

    estimator: Any

    @property
    def classes_(self) -> np.ndarray:
        """The class labels, (m,), in the order of the columns of `predict_proba`."""
        return self.estimator_.classes_

    def get_metadata_routing(self) -> MetadataRouter:
        """Parameters of `fit` go to the classifier that asks for them."""
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(estimator=self._estimator, method_mapping=mapping)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self._estimator)
        tags.input_tags = deepcopy(inner.input_tags)
        tags.classifier_tags = deepcopy(inner.classifier_tags) or tags.classifier_tags
        return tags

    @property
    def _estimator(self) -> Any:
        return LogisticRegression() if self.estimator is None else self.estimator

    def _checked(self, y: Any) -> tuple[Any, np.ndarray, np.ndarray]:
        """A fresh classifier, the labels (N,), and the classes (m,) that it has or will have."""
        labels = column_or_1d(y, warn=True)
        if labels.dtype.kind == "f":
            assert_all_finite(labels, input_name="y")
        missing = np.flatnonzero(pd.isna(labels))
        require(not missing.size, f"y{missing[:1]}", "missing", "be a label")
        check_classification_targets(labels)
        estimator = clone(self._estimator)
        prefit = isinstance(estimator, FrozenEstimator)
        if prefit:
            require(hasattr(estimator, "classes_"), "estimator", estimator,
                    "hold a classifier that is fitted")  # fmt: skip
        classes = np.asarray(estimator.classes_ if prefit else np.unique(labels))
        require(len(classes) > 1, "y", f"of one class, {classes.tolist()}", "have two or more")
        unseen = sorted(set(labels.tolist()) - set(classes.tolist()), key=str)
        require(not unseen, "label in y", unseen[:1], "be one of those in training")
        return estimator, labels, classes

    def _require_probabilities(self, estimator: Any) -> None:
        wanted = "have predict_proba (CalibratedClassifierCV, or calibration=, provides it)"
        require(hasattr(estimator, "predict_proba"), "estimator", estimator, wanted)

    def _fit(
        self,
        inner: Any,
        X: Any,
        y: np.ndarray,
        classes: np.ndarray,
        sample_weight: Any,
        params: Any,
    ) -> None:
        """Fit `inner`, which wraps the classifier or is it, and keep it as `estimator_`."""
        if sample_weight is not None:
            params = {**params, "sample_weight": sample_weight}
        if get_config()["enable_metadata_routing"]:
            params = process_routing(self, "fit", **params).estimator.fit
        self.estimator_ = inner.fit(X, y, **params)
        found, wanted = self.classes_.tolist(), classes.tolist()
        require(found == wanted, "classes of the fitted estimator", found, f"be {wanted}")
        for attribute in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, attribute):
                setattr(self, attribute, getattr(self.estimator_, attribute))

    def _probabilities(self, X: Any) -> np.ndarray:
        """The fitted classifier's probabilities (N, m), if that is what they are."""
        name = f"predict_proba of {name_of(self.estimator_)}"
        values = np.asarray(self.estimator_.predict_proba(X), dtype=float)
        shape, classes = values.shape, len(self.classes_)
        require(len(shape) == 2 and shape[1] == classes, f"shape of {name}", shape,
                f"be (N, {classes})")  # fmt: skip
        return validated_probabilities(values, name)


def name_of(estimator: Any) -> str:
    """The class of a classifier, also of one that is frozen."""
    frozen = isinstance(estimator, FrozenEstimator)
    return type(estimator.estimator if frozen else estimator).__name__


def is_prefit(estimator: Any) -> bool:
    """Whether it is, or contains at any depth, a classifier that was fitted before."""
    parts = [estimator, *estimator.get_params(deep=True).values()]
    return any(isinstance(part, FrozenEstimator) and is_classifier(part) for part in parts)


def warn_of_weights(estimator: Any) -> None:
    """Warn if a parameter of `estimator`, at any depth, weighs classes in training.

    Not within a classifier that makes up for it (a calibration with an intercept, a recovery).
    """
    options = {"": _thawed(estimator), **dict(_parameters(estimator))}
    for path, value in options.items():
        name = path.rsplit("__", 1)[-1]
        parents = ["", *(path[:end] for end in range(len(path)) if path[end:].startswith("__"))]
        undone = any(_makes_up_for_weights(options.get(parent)) for parent in parents)
        tried = _tried_weights(value) if name in GRIDS else [value] if name in WEIGHTING else []
        if not undone and not all(map(_is_neutral, tried)):
            warnings.warn(
                f"{path} of estimator is {value!r}: its probabilities are weighted, and a utility "
                "on top counts twice; drop the weights, or state them in trained_with",
                stacklevel=3,
            )


def _parameters(estimator: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Names and values of the parameters at any depth, also of frozen classifiers."""
    for name, value in _thawed(estimator).get_params(deep=True).items():
        yield path + name, _thawed(value)
        if isinstance(value, FrozenEstimator):
            yield from _parameters(value, f"{path}{name}__")


def _thawed(value: Any) -> Any:
    return value.estimator if isinstance(value, FrozenEstimator) else value


def _makes_up_for_weights(holder: Any) -> bool:
    if isinstance(holder, CalibratedClassifierCV):
        return holder.method in SHIFTING_CALIBRATIONS
    return getattr(holder, "trained_with", None) is not None


def _tried_weights(grids: Any) -> list[Any]:
    """The values of parameters that weigh classes, in what a search is to try."""
    return [
        value
        for grid in ([grids] if isinstance(grids, Mapping) else grids)
        for name, values in grid.items()
        if name.rsplit("__", 1)[-1] in WEIGHTING and isinstance(values, Iterable)
        for value in values
    ]


def _is_neutral(value: Any) -> bool:
    """Whether the weights are all one: None, False, 1, or a dict or sequence of ones."""
    if value is None or isinstance(value, bool | str):
        return value in (None, False, "None")
    weights = list(value.values()) if isinstance(value, Mapping) else value
    return bool(np.all(np.asarray(weights) == 1))
