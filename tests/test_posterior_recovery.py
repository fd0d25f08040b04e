"""Back from training with weights, smoothing or resampling to posteriors, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from scipy.special import softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
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


def from_a_softmax(count: int, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, labels, and the posteriors behind them, which a logistic regression can learn."""
    generator = np.random.default_rng(0)
    features = generator.normal(size=(count, 4))
    logits = features @ generator.normal(size=(4, classes)) * 1.5 - 2 * np.arange(classes)
    posterior = softmax(logits, axis=1)
    labels = (posterior.cumsum(axis=1) < generator.random((count, 1))).sum(axis=1)
    return features, labels, posterior


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    ("calibration", "cost"), [("sigmoid", 0.001), ("temperature", 0.001), ("isotonic", 0.01)]
)
def test_calibration_on_top_of_a_recovery_that_is_right_does_no_harm(classes, calibration, cost):
    """In nats, compared with the recovery alone; a sigmoid of probabilities costs 0.01 or more."""
    features, labels, posterior = from_a_softmax(8000, classes)
    losses = {}
    for method in (None, calibration):
        model = UtilityClassifier(
            LogisticRegression(class_weight="balanced"),
            trained_with={"class_weight": "balanced"},
            calibration=method,
            cv=3,
        ).fit(features[:4000], labels[:4000])
        found = np.maximum(model.predict_proba(features[4000:]), 1e-6)
        losses[method] = -(posterior[4000:] * np.log(found)).sum(axis=1).mean()
    assert losses[calibration] < losses[None] + cost
    raw = model.fit(features[:4000], labels[:4000]).estimator_.calibrated_classifiers_[0]
    weighted = raw.estimator.estimator_.predict_proba(features[4000:])
    assert losses[None] < -(posterior[4000:] * np.log(weighted)).sum(axis=1).mean() - 0.05


@pytest.mark.parametrize("scores", ["log", "odds"])
def test_scores_are_logarithms_of_posteriors(scores):
    q = posteriors(classes=3)
    model = PosteriorRecovery(Outputs(), scores=scores).fit(q, np.arange(50) % 3)
    expected = np.log(q) if scores == "log" else np.log(q / (1 - q))
    np.testing.assert_allclose(model.decision_function(q), expected, atol=ROUNDING)
    assert np.isfinite(model.decision_function(np.eye(3))).all()
    pair = posteriors(classes=2)
    model = PosteriorRecovery(Outputs(2), scores=scores).fit(pair, np.arange(50) % 2)
    expected = np.log(pair[:, 1] / pair[:, 0])
    np.testing.assert_allclose(model.decision_function(pair), expected, atol=ROUNDING)


def test_what_has_no_name_follows_the_order_of_classes():
    order = ["virginica", "setosa", "versicolor"]
    matrix = np.array([[5.0, 1, 0], [1, 5, 2], [0, 0, 1]])
    for unnamed, named in (
        ({"class_weight": [3, 1, 2]}, {"class_weight": dict(zip(order, [3, 1, 2], strict=True))}),
        (
            {"sampling_rates": [3, 1, 2], "label_smoothing": 0.0},
            {"sampling_rates": dict(zip(order, [3, 1, 2], strict=True))},
        ),
        (matrix, pd.DataFrame(matrix, order, order)),
    ):
        found, expected = (
            UtilityClassifier(GaussianNB(), trained_with=given, classes=order)
            .fit(X, NAMES[Y])
            .estimator_.recovery_.utility
            for given in (unnamed, named)
        )
        np.testing.assert_array_equal(found, expected)
        assert found[2, 2] == found.max()  # that of virginica, the first of `order`


@pytest.mark.parametrize("calibration", ["sigmoid", "temperature"])
def test_names_survive_a_calibration_that_numbers_the_labels(calibration):
    """scikit-learn's temperature scaling passes numbers on where labels are strings."""
    weights = {"setosa": 1, "versicolor": 20, "virginica": 0.5}
    model = UtilityClassifier(
        GaussianNB(), trained_with={"class_weight": weights}, calibration=calibration, cv=2
    ).fit(X, NAMES[Y])
    inner = model.estimator_.calibrated_classifiers_[0].estimator
    np.testing.assert_array_equal(inner.recovery_.utility, np.diag([1, 20, 0.5]))
    assert model.classes_.tolist() == NAMES.tolist()


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
        LGBMClassifier(is_unbalance=True, n_estimators=2, n_jobs=1, verbose=-1),
        CalibratedClassifierCV(LogisticRegression(class_weight="balanced"), method="temperature"),
        make_pipeline(
            FrozenEstimator(LogisticRegression(class_weight="balanced").fit(X[:100], Y[:100]))
        ),
        GridSearchCV(LogisticRegression(), {"class_weight": [None, "balanced"]}, cv=2),
        GridSearchCV(LogisticRegression(), [{"C": [1]}, {"class_weight": [{0: 1, 1: 2}]}], cv=2),
    ],
)
@pytest.mark.parametrize("calibration", [None, "temperature"])
def test_unstated_weights_in_training_are_noticed(inner, calibration):
    """A temperature has no intercept, which is what would make up for weights."""
    model = UtilityClassifier(inner, calibration=calibration, cv=2)
    with pytest.warns(UserWarning, match=r"of estimator is .* a utility on top counts twice"):
        model.fit(X[:100], Y[:100])


def test_weights_that_are_made_up_for_are_no_reason_to_warn():
    balanced = LogisticRegression(class_weight="balanced", max_iter=1000)
    UtilityClassifier(balanced, trained_with={"class_weight": "balanced"}).fit(X, Y)
    for calibration in ("sigmoid", "isotonic"):
        UtilityClassifier(balanced, calibration=calibration, cv=2).fit(X, Y)
    even = LogisticRegression(class_weight={0: 1, 1: 1, 2: 1}, max_iter=1000)
    UtilityClassifier(even).fit(X, Y)
    UtilityClassifier(GridSearchCV(even, {"class_weight": [None]}, cv=2)).fit(X, Y)
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
        ("smote", "trained_with is 'smote': must be a dict of practices, a utility matrix, or one"),
        ("balanced", "trained_with is 'balanced': must be a dict of practices, a utility matri"),
        ("focal_gamma", "trained_with is 'focal_gamma': must be a dict of practices, a utilit"),
        ({"smoothing": 0.1}, "a key of trained_with is 'smoothing': must be one of class_weight, "),
        (
            {"class_weights": {0: 1, 1: 2, 2: 1}},
            r"a key of trained_with is 'class_weights': .*; or, for a matrix, the keys the classes",
        ),
        ({"mixed_examples": False}, "must name a practice, or be None"),
        ({"label_smoothing": None}, "label_smoothing of trained_with is None: must be a finite n"),
        ({"label_smoothing": "0.1"}, "label_smoothing of trained_with is '0.1': must be a finite"),
        ({"focal_gamma": True}, "focal_gamma of trained_with is True: must be a finite number"),
        ({"focal_gamma": np.inf}, "focal_gamma of trained_with is inf: must be a finite number"),
        (label_noise(np.full((3, 3), 1 / 3)), "label noise: must be undone, but"),
    ],
)
def test_what_cannot_be_undone_is_refused(trained_with, message):
    for wrapper in (UtilityClassifier, PosteriorRecovery):
        with pytest.raises(InputError, match=message):
            wrapper(GaussianNB(), trained_with=trained_with).fit(X, Y)


@pytest.mark.parametrize(
    "option", [{"trained_with": {"class_weight": "balanced"}}, {"class_weight": "balanced"}]
)
@pytest.mark.parametrize("chain", [FrozenEstimator, lambda fitted_one: make_pipeline(
    FrozenEstimator(StandardScaler().fit(X)), FrozenEstimator(fitted_one))])  # fmt: skip
def test_balanced_training_of_a_prefit_classifier_is_not_known(option, chain):
    model = UtilityClassifier(chain(GaussianNB().fit(X, Y)), **option)
    with pytest.raises(InputError, match="'balanced' on a prefit estimator: must be the weights"):
        model.fit(X, Y)


def test_features_that_are_prefit_leave_balanced_weights_known():
    scaled = make_pipeline(FrozenEstimator(StandardScaler().fit(X)), GaussianNB())
    PosteriorRecovery(scaled, trained_with={"class_weight": "balanced"}).fit(X, Y)


def test_balanced_training_with_sample_weights_is_ambiguous():
    """Trees balance the numbers of examples, logistic regression their weights."""
    weights = np.where(Y == 1, 5.0, 1.0)
    features = np.zeros((len(Y), 1))  # nothing to learn: the outputs are the weighted rates
    for inner, balances in ((DecisionTreeClassifier, False), (LogisticRegression, True)):
        balanced = inner(class_weight="balanced").fit(features, Y, sample_weight=weights)
        even = np.allclose(balanced.predict_proba(features[:1]), 1 / 3, atol=1e-3)
        assert even == balances
    balanced, message = {"class_weight": "balanced"}, "'balanced' with sample weights"
    pipeline = make_pipeline(LogisticRegression(**balanced))
    for wrapper in (UtilityClassifier, PosteriorRecovery):
        tree = wrapper(DecisionTreeClassifier(**balanced), trained_with=balanced)
        with pytest.raises(InputError, match=message):
            tree.fit(features, Y, sample_weight=weights)
        model = wrapper(pipeline, trained_with=balanced)
        with pytest.raises(InputError, match=message):
            model.fit(features, Y, logisticregression__sample_weight=weights)


def test_a_frozen_classifier_must_be_fitted():
    for wrapper in (UtilityClassifier, PosteriorRecovery):
        with pytest.raises(InputError, match=r"must hold a classifier that is fitted"):
            wrapper(FrozenEstimator(GaussianNB())).fit(X, Y)


def test_calibrating_a_prefit_classifier_needs_all_its_classes():
    frozen = FrozenEstimator(GaussianNB().fit(X, Y))
    model = UtilityClassifier(frozen, calibration="sigmoid", cv=2)
    with pytest.raises(InputError, match=r"y is without class \[2\]: must hold all, to calibrate"):
        model.fit(X[:100], Y[:100])


def test_labels_that_a_prefit_classifier_does_not_know_are_refused():
    frozen = FrozenEstimator(GaussianNB().fit(X, Y))
    with pytest.raises(InputError, match=r"label in y is \[7\]: must be one of those in training"):
        UtilityClassifier(frozen).fit(X, np.where(Y == 2, 7, Y))
