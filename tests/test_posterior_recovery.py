"""Back from training with weights, smoothing or resampling to posteriors, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from stand_ins import Outputs, fitted, posteriors
from threadpoolctl import threadpool_limits

from empirical.estimator import UtilityClassifier
from empirical.posterior_recovery import PosteriorRecovery
from theory.command_line import InputError
from theory.prediction import utility_weighted_prediction
from theory.training_practices import focal_loss, label_noise

ROUNDING = 1e-9  # of a few products of probabilities, or of Gaussian densities, in doubles
X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Linear algebra in one thread: small problems do not wait for each other's threads."""
    with threadpool_limits(1):
        yield


def test_class_weighted_training_is_undone():
    """Naive Bayes with class-weighted examples has other priors, the same class densities."""
    weights = {"setosa": 1, "versicolor": 20, "virginica": 0.5}
    examples = np.array([weights[label] for label in NAMES[Y]])
    biased = GaussianNB().fit(X, NAMES[Y], sample_weight=examples)
    honest = GaussianNB().fit(X, NAMES[Y]).predict_proba(X)
    assert abs(biased.predict_proba(X) - honest).max() > 0.1
    for trained_with in (
        {"class_weight": weights},
        {"sampling_rates": weights},
        {"class_weight": list(weights.values())},
        pd.DataFrame(np.diag([0.5, 20, 1]), NAMES[::-1], NAMES[::-1]),
        np.diag([1, 20, 0.5]),
    ):
        model = UtilityClassifier(FrozenEstimator(biased), trained_with=trained_with)
        model.fit(X, NAMES[Y])
        np.testing.assert_allclose(model.predict_proba(X), honest, atol=ROUNDING)
        assert model.condition_number_ == pytest.approx(40)


def test_balanced_training_is_undone():
    """A trained model is not the optimum of Theorem 2: nearer to the plain one, not equal."""
    features, labels = make_classification(1000, 5, weights=[0.9], flip_y=0.1, random_state=0)
    balanced = PosteriorRecovery(
        LogisticRegression(class_weight="balanced"), trained_with={"class_weight": "balanced"}
    ).fit(features, labels)
    plain = PosteriorRecovery().fit(features, labels).predict_proba(features)
    recovered = abs(balanced.predict_proba(features) - plain).mean()
    weighted = abs(balanced.estimator_.predict_proba(features) - plain).mean()
    assert recovered < weighted / 5


@pytest.mark.parametrize(
    ("trained_with", "utility"),
    [
        ({"label_smoothing": 0.3}, 0.7 * np.eye(3) + 0.1),
        (
            {"class_weight": [5, 1, 2], "label_smoothing": 0.3, "sampling_rates": [1, 2, 0.5]},
            np.diag([5, 1, 2]) @ (0.7 * np.eye(3) + 0.1) @ np.diag([1, 2, 0.5]),
        ),
        ([[5, 1, 0], [1, 5, 2], [0, 0, 1]], np.array([[5, 1, 0], [1, 5, 2], [0, 0, 1]])),
        (label_noise(0.7 * np.eye(3) + 0.1), 0.7 * np.eye(3) + 0.1),
    ],
)
def test_what_amounts_to_a_matrix_is_undone(trained_with, utility):
    q = posteriors()
    p = utility_weighted_prediction(utility, q)
    model = fitted(p, trained_with=trained_with)
    np.testing.assert_allclose(model.predict_proba(p), q, atol=ROUNDING)
    assert model.condition_number_ == pytest.approx(np.linalg.cond(utility))


def test_the_focal_loss_is_undone():
    p = posteriors()
    for practice in ({"focal_gamma": 2.0}, focal_loss(2.0, 3)):
        model = PosteriorRecovery(Outputs(), trained_with=practice).fit(p, np.arange(50) % 3)
        np.testing.assert_allclose(model.predict_proba(p), focal_loss(2.0, 3).recover(p))
        assert model.condition_number_ is None


def test_outputs_of_no_posterior_are_counted_and_mended():
    p = np.array([[0.9, 0.05, 0.05], [0.99, 0.01, 0.0], [0.4, 0.3, 0.3], [1.0, 0.0, 0.0]])
    model = fitted(p, trained_with={"label_smoothing": 0.12})
    with pytest.warns(UserWarning, match="2 of 4 outputs of Outputs are those of no posterior"):
        q = model.predict_proba(p)
    assert model.estimator_.in_image(p).tolist() == [True, False, True, False]
    np.testing.assert_allclose(q.sum(axis=1), 1)
    assert (q >= 0).all()
    np.testing.assert_allclose(q[3], [1, 0, 0], atol=ROUNDING)


def test_recovery_comes_before_calibration():
    features, labels = make_classification(2000, 5, weights=[0.9], random_state=0)
    weights = {0: 1, 1: 9}
    biased = LogisticRegression(class_weight=weights)
    losses = {}
    for calibration in (None, "sigmoid", "isotonic", "temperature"):
        model = UtilityClassifier(
            biased, trained_with={"class_weight": weights}, calibration=calibration, cv=3
        ).fit(features[:1000], labels[:1000])
        losses[calibration] = brier_score_loss(labels[1000:], model.predict_proba(features[1000:]))
        assert model.condition_number_ == pytest.approx(9)
    raw = biased.fit(features[:1000], labels[:1000]).predict_proba(features[1000:])
    assert max(losses.values()) < brier_score_loss(labels[1000:], raw)


@pytest.mark.parametrize("trained_with", [None, {"class_weight": {0: 1, 1: 9}}])
def test_a_prefit_classifier_can_be_calibrated(trained_with):
    features, labels = make_classification(600, 5, weights=[0.9], random_state=0)
    inner = LogisticRegression(class_weight={0: 1, 1: 9}).fit(features[:300], labels[:300])
    model = UtilityClassifier(
        FrozenEstimator(inner), trained_with=trained_with, calibration="sigmoid"
    ).fit(features[300:], labels[300:])
    assert isinstance(model.estimator_, CalibratedClassifierCV)
    assert len(model.estimator_.calibrated_classifiers_) == 1
    assert brier_score_loss(labels, model.predict_proba(features)) < brier_score_loss(
        labels, inner.predict_proba(features)
    )


@pytest.mark.parametrize(
    "inner",
    [
        LogisticRegression(class_weight="balanced"),
        make_pipeline(StandardScaler(), LogisticRegression(class_weight={0: 2, 1: 1})),
        FrozenEstimator(LogisticRegression(class_weight="balanced").fit(X[:100], Y[:100])),
        LGBMClassifier(scale_pos_weight=9.0, n_estimators=2, n_jobs=1, verbose=-1),
    ],
)
def test_unstated_weights_in_training_are_noticed(inner):
    with pytest.warns(UserWarning, match=r"of estimator is .* a utility on top counts twice"):
        UtilityClassifier(inner).fit(X[:100], Y[:100])


def test_weights_that_are_made_up_for_are_no_reason_to_warn():
    balanced = LogisticRegression(class_weight="balanced", max_iter=1000)
    UtilityClassifier(balanced, trained_with={"class_weight": "balanced"}).fit(X, Y)
    UtilityClassifier(balanced, calibration="sigmoid", cv=2).fit(X, Y)
    UtilityClassifier(CalibratedClassifierCV(balanced, cv=2)).fit(X, Y)
    recovery = PosteriorRecovery(balanced, trained_with={"class_weight": "balanced"})
    UtilityClassifier(make_pipeline(recovery)).fit(X, Y)


# Bad input


@pytest.mark.parametrize(
    ("trained_with", "message"),
    [
        (np.ones((3, 3)), "trained_with cannot be undone: utility is singular"),
        (np.ones((2, 3)), r"rows of trained_with is \[0, 1\]: must be the class"),
        ({"label_smoothing": 1.0}, "trained_with cannot be undone: utility is s"),
        ({"label_smoothing": 2}, "epsilon is 2: must lie in"),
        ({"class_weight": 1, "dropout": 1}, "a key of trained_with is 'dropout'"),
        ({"sampling_rates": [1, 0, 1]}, "sampling_rates of trained_with of class"),
        ({"focal_gamma": 1, "label_smoothing": 0.1}, "must name the focal loss al"),
        ("synthetic_oversampling", r"synthetic oversampling \(SMOTE\): must be und"),
        ({"mixed_examples": True}, r"mixed examples .* cannot be: features and la"),
        (label_noise(np.full((3, 3), 1 / 3)), "label noise: must be undone, but"),
    ],
)
def test_what_cannot_be_undone_is_refused(trained_with, message):
    for wrapper in (UtilityClassifier, PosteriorRecovery):
        with pytest.raises(InputError, match=message):
            wrapper(GaussianNB(), trained_with=trained_with).fit(X, Y)


def test_balanced_training_of_a_prefit_classifier_is_not_known():
    frozen = FrozenEstimator(GaussianNB().fit(X, Y))
    with pytest.raises(InputError, match="'balanced' on a prefit estimator: must be the weights"):
        UtilityClassifier(frozen, trained_with={"class_weight": "balanced"}).fit(X, Y)


def test_calibrating_a_prefit_classifier_needs_all_its_classes():
    frozen = FrozenEstimator(GaussianNB().fit(X, Y))
    model = UtilityClassifier(frozen, calibration="sigmoid", cv=2)
    with pytest.raises(InputError, match=r"y is without class \[2\]: must hold all, to calibrate"):
        model.fit(X[:100], Y[:100])


def test_labels_that_a_prefit_classifier_does_not_know_are_refused():
    frozen = FrozenEstimator(GaussianNB().fit(X, Y))
    with pytest.raises(InputError, match=r"label in y is \[7\]: must be one of those in training"):
        UtilityClassifier(frozen).fit(X, np.where(Y == 2, 7, Y))
