"""The scikit-learn estimators: the library's own checks, decisions, recovery, routing, errors."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import sklearn
from lightgbm import LGBMClassifier
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks
from stand_ins import Outputs, fitted, posteriors
from threadpoolctl import threadpool_limits

from empirical.estimator import UtilityClassifier
from empirical.posterior_recovery import PosteriorRecovery
from theory.command_line import InputError
from theory.prediction import decision, expected_utility, utility_weighted_prediction
from theory.training_practices import (
    Practice,
    class_weighting,
    focal_loss,
    label_noise,
    label_smoothing,
)

ROUNDING = 1e-9  # of a few products of probabilities, or of Gaussian densities, in doubles
X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])
COST = np.array([[0, 6, 7], [5, 0, 2], [9, 4, 0], [1.5, 1.5, 1.5]])  # the last row: refer
ACTIONS = [*NAMES.tolist(), "refer"]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Linear algebra in one thread: small problems do not wait for each other's threads."""
    with threadpool_limits(1):
        yield


@parametrize_with_checks([UtilityClassifier(), PosteriorRecovery()])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


# Decisions


def test_without_preference_the_most_probable_class_is_chosen():
    plain = GaussianNB().fit(X, NAMES[Y])
    wrapped = UtilityClassifier(GaussianNB()).fit(X, NAMES[Y])
    np.testing.assert_array_equal(wrapped.predict(X), plain.predict(X))
    np.testing.assert_array_equal(wrapped.predict_proba(X), plain.predict_proba(X))
    assert wrapped.score(X, NAMES[Y]) == plain.score(X, NAMES[Y])


def test_decisions_follow_the_theory():
    q = posteriors()
    utility = np.random.default_rng(1).random((4, 3))
    model = fitted(q, utility=utility)
    np.testing.assert_array_equal(model.predict(q), decision(utility, q))
    np.testing.assert_array_equal(model.expected_utility(q), expected_utility(utility, q))
    weighted = model.predict_utility_weighted(q)
    np.testing.assert_array_equal(weighted, utility_weighted_prediction(utility, q))
    np.testing.assert_array_equal(model.predict_proba(q), q)


def test_costs_are_minimised_and_score_in_their_own_unit():
    q = posteriors()
    model = fitted(q, cost=COST, actions=ACTIONS)
    chosen = (q @ COST.T).argmin(axis=1)
    assert model.predict(q).tolist() == [ACTIONS[a] for a in chosen]
    assert "refer" in model.predict(q)
    labels = np.arange(len(q)) % 3
    assert model.score(q, labels) == pytest.approx(-COST[chosen, labels].mean(), abs=ROUNDING)
    weights = np.arange(1.0, len(q) + 1)
    expected = -np.average(COST[chosen, labels], weights=weights)
    assert model.score(q, labels, sample_weight=weights) == pytest.approx(expected, abs=ROUNDING)
    np.testing.assert_allclose(model.expected_utility(q), -q @ COST.T, atol=ROUNDING)


@pytest.mark.parametrize("weights", [{0: 1, 1: 50, 2: 2}, [1, 50, 2]])
def test_class_weights_are_a_diagonal_utility(weights):
    q = posteriors()
    by_weight, by_matrix = fitted(q, class_weight=weights), fitted(q, utility=np.diag([1, 50, 2]))
    np.testing.assert_array_equal(by_weight.predict(q), by_matrix.predict(q))
    np.testing.assert_array_equal(by_weight.utility_, by_matrix.utility_)


def test_balanced_class_weights_are_scikit_learns():
    labels = np.array([0] * 30 + [1] * 10 + [2] * 10)
    model = UtilityClassifier(Outputs(), class_weight="balanced").fit(posteriors(), labels)
    np.testing.assert_allclose(model.utility_.diagonal(), [50 / 90, 50 / 30, 50 / 30])


# Preferences that come with the cases


def test_each_case_may_have_its_own_cost():
    q = posteriors()
    cost = np.random.default_rng(2).random((len(q), 4, 3))
    model = fitted(q, cost=COST, actions=ACTIONS)
    chosen = np.einsum("iay,iy->ia", cost, q).argmin(axis=1)
    assert model.predict(q, cost=cost).tolist() == [ACTIONS[a] for a in chosen]
    labels = np.arange(len(q)) % 3
    expected = -cost[np.arange(len(q)), chosen, labels].mean()
    assert model.score(q, labels, cost=cost) == pytest.approx(expected, abs=ROUNDING)
    same = np.broadcast_to(COST, cost.shape)
    np.testing.assert_array_equal(model.predict(q, cost=same), model.predict(q))
    np.testing.assert_allclose(
        model.predict_utility_weighted(q, utility=cost),
        utility_weighted_prediction(cost, q),
        atol=ROUNDING,
    )


def test_a_case_is_weighed_alike_in_any_batch():
    """What is added to make costs utilities is the case's own, also where all are equal."""
    q = posteriors()
    cost = np.random.default_rng(5).lognormal(1, 1, (len(q), 3, 3))
    cost[1] = 7.0
    model = fitted(q)
    together = model.predict_utility_weighted(q, cost=cost)
    for i in range(3):
        alone = model.predict_utility_weighted(q[[i]], cost=cost[[i]])
        np.testing.assert_allclose(together[i], alone[0], atol=ROUNDING)
        same = model.predict_utility_weighted(q[[i]], cost=cost[i])
        np.testing.assert_allclose(alone, same, atol=ROUNDING)


def test_costs_by_case_are_routed_through_pipelines_and_folds():
    case_cost = np.random.default_rng(4).random((len(Y), 3, 3)) * 10
    model = UtilityClassifier(GaussianNB(), cost=np.ones((3, 3)))
    with sklearn.config_context(enable_metadata_routing=True):
        model.set_score_request(cost=True).set_predict_request(cost=True)
        pipeline = make_pipeline(StandardScaler(), model)
        found = cross_validate(
            pipeline, X, Y, cv=3, params={"cost": case_cost}, return_indices=True,
            return_estimator=True,
        )  # fmt: skip
        for score, test, one in zip(
            found["test_score"], found["indices"]["test"], found["estimator"], strict=True
        ):
            assert score == one.score(X[test], Y[test], cost=case_cost[test])
        whole = pipeline.fit(X, Y)
        chosen = whole.predict(X, cost=case_cost)
    best = np.einsum("iay,iy->ia", case_cost, whole.predict_proba(X)).argmin(axis=1)
    np.testing.assert_array_equal(chosen, best)


@pytest.mark.parametrize("options", [{}, {"calibration": "sigmoid", "cv": 3}])
@pytest.mark.parametrize("trained_with", [None, {"class_weight": [1, 1, 1.0001]}])
@pytest.mark.parametrize("routing", [False, True])
def test_sample_weights_reach_the_classifier(options, trained_with, routing):
    """Weights of 1 and 0 are the same as leaving out."""
    weights = np.ones(len(Y))
    weights[::5] = 0
    kept = weights > 0
    with sklearn.config_context(enable_metadata_routing=routing):
        inner = GaussianNB(var_smoothing=0.0)
        inner = inner.set_fit_request(sample_weight=True) if routing else inner
        model = UtilityClassifier(inner, trained_with=trained_with, **options)
        weighted = model.fit(X, Y, sample_weight=weights).predict_proba(X)
        unweighted = clone(model).fit(X, Y).predict_proba(X)
        fewer = clone(model).fit(X[kept], Y[kept]).predict_proba(X)
    assert abs(weighted - unweighted).max() > 1e-4
    if not options:
        np.testing.assert_allclose(weighted, fewer, atol=1e-6)  # of a difference of densities


# With the rest of scikit-learn


@pytest.mark.parametrize(
    "inner",
    [
        HistGradientBoostingClassifier(max_iter=5),
        LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1),
        make_pipeline(StandardScaler(), LogisticRegression()),
        GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 0.1]}, cv=2),
    ],
)
def test_any_probabilistic_classifier_will_do(inner):
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = UtilityClassifier(inner, cost=COST, actions=ACTIONS).fit(frame, NAMES[Y])
    assert model.score(frame, NAMES[Y]) > -1.5
    alone = clone(inner).fit(frame, NAMES[Y]).predict_proba(frame)
    np.testing.assert_array_equal(model.predict_proba(frame), alone)


def test_grid_search_over_the_inner_classifier_by_realised_utility():
    search = GridSearchCV(
        UtilityClassifier(GaussianNB(), cost=COST, actions=ACTIONS),
        {"estimator__var_smoothing": [1e-9, 100.0]},
        cv=3,
    ).fit(X, NAMES[Y])
    assert search.best_params_ == {"estimator__var_smoothing": 1e-9}
    mean = cross_val_score(search.best_estimator_, X, NAMES[Y], cv=3).mean()
    assert search.best_score_ == pytest.approx(mean, abs=ROUNDING)
    assert -0.5 < mean < 0


def test_feature_names_sparse_input_and_missing_values_are_the_inner_ones():
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = UtilityClassifier(LogisticRegression(max_iter=500)).fit(frame, Y)
    assert model.feature_names_in_.tolist() == list("abcd")
    assert model.n_features_in_ == 4
    sparse = UtilityClassifier(LogisticRegression(max_iter=500)).fit(csr_array(X), Y)
    np.testing.assert_array_equal(sparse.predict(csr_array(X)), model.predict(frame))
    holes = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    UtilityClassifier(HistGradientBoostingClassifier(max_iter=3)).fit(holes, Y).predict(holes)
    with sklearn.config_context(transform_output="pandas"):
        make_pipeline(StandardScaler(), UtilityClassifier()).fit(frame, Y).predict(frame)


@pytest.mark.parametrize(
    "options",
    [
        {"calibration": "sigmoid", "cv": 2},
        {"trained_with": {"class_weight": "balanced"}},
        {"trained_with": {"label_smoothing": 1e-9}, "calibration": "temperature", "cv": 2},
        {"trained_with": {"focal_gamma": 2}},
        {"trained_with": label_noise(np.eye(3))},
        {"trained_with": label_smoothing(1e-9, 3)},
        {"trained_with": class_weighting([1, 2, 3])},
        {"trained_with": focal_loss(2, 3)},
    ],
)
@pytest.mark.filterwarnings("ignore:.* of no posterior")
def test_copies_pickles_and_threads_agree(options):
    model = UtilityClassifier(GaussianNB(), cost=COST, actions=ACTIONS, **options)
    expected = model.fit(X, Y).predict(X)
    before = pickle.dumps(model)
    assert pickle.loads(before).predict(X).tolist() == expected.tolist()
    assert clone(model).fit(X, Y).predict(X).tolist() == expected.tolist()
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: model.predict(X), range(8)):
            assert found.tolist() == expected.tolist()
    assert pickle.dumps(model) == before
    practice = model.trained_with
    if isinstance(practice, Practice):
        again = pickle.loads(pickle.dumps(practice)).recover(np.full(3, 1 / 3))
        np.testing.assert_array_equal(again, practice.recover(np.full(3, 1 / 3)))


# Bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"utility": np.full((3, 3), np.nan)}, r"utility\[0, 0\] is nan: must be finite"),
        ({"cost": [[0, 1, np.inf], [1, 0, 1]]}, r"cost\[0, 2\] is inf: must be finite"),
        ({"utility": [[1, 0, -2], [0, 1, 1]]}, r"utility\[0, 2\] is -2.0: must be at least 0"),
        ({"utility": [[1, 0, 2], [1, 0, 1]]}, "column 1 of utility is without a positive entry"),
        ({"utility": np.eye(4)}, r"shape of utility is \(4, 4\): must be \(n, 3\)"),
        ({"utility": [1, 2, 3]}, r"shape of utility is \(3,\): must be \(n, 3\)"),
        ({"utility": "high"}, "utility is 'high': must be an array of numbers"),
        ({"utility": np.eye(3), "cost": np.eye(3)}, "preference is utility and cost: must be giv"),
        ({"class_weight": [1, 2]}, r"shape of class_weight is \(2,\): must be \(3,\)"),
        ({"class_weight": {0: 1, 1: 2}}, r"class_weight is \[0, 1\]: must name each of \[0, 1, 2"),
        ({"class_weight": [1, 0, 2]}, "class_weight of class 1 is 0.0: must be positive"),
        ({"class_weight": "equal"}, "class_weight is 'equal': must be weights or \"balanced\""),
        ({"cost": COST, "actions": ["a", "b"]}, "number of actions is 2: must equal the rows of c"),
        ({"cost": COST, "actions": list("aabc")}, r"actions is \['a', 'a', 'b', 'c'\]: must diff"),
        ({"cost": COST, "classes": [0, 1, 7]}, r"classes is \[0, 1, 7\]: must name each of \[0, 1"),
        (
            {"cost": pd.DataFrame(COST, columns=["a", "b", "c"])},
            r"columns of cost is \['a', 'b', 'c'\]: must name each of \[0, 1, 2\] once",
        ),
        (
            {"cost": {"go": {0: 1, 1: 2, 2: 3}, "stay": {0: 1, 1: 2}}},
            r"row 'stay' of cost is \[0, 1\]: must name each of \[0, 1, 2\] once",
        ),
        ({"class_weight": {0: [1, 2], 1: [1, 2], 2: [1, 2]}}, r"shape of class_weight is \(3, 2\)"),
        ({"cost": {0: 1, 1: 2}}, "row 0 of cost is 1: must be a dict with an entry for each of"),
        ({"cost": {}}, "cost is {}: must have a row for each action"),
        ({"cost": COST + 1j}, "cost is array.* must be an array of numbers"),
        ({"cost": np.ma.masked_greater(COST, 8)}, r"cost\[2, 0\] is nan: must be finite"),
        ({"actions": list("abc")}, r"actions is \['a', 'b', 'c'\]: must name each of \[0, 1"),
        (
            {"cost": COST.T.reshape(3, 4), "classes": [0, 1, 2]},
            r"shape of cost is \(3, 4\): must be \(n, 3\): a column for each of \[0, 1, 2\]$",
        ),
        ({"calibration": "platt"}, "calibration is 'platt': must be one of sigmoid, isotonic"),
        ({"estimator": LinearSVC()}, r"estimator is LinearSVC\(\): must have predict_proba"),
    ],
)  # fmt: skip
def test_fit_refuses(options, message):
    with pytest.raises(InputError, match=message):
        UtilityClassifier(**{"estimator": GaussianNB(), **options}).fit(X, Y)


@pytest.mark.parametrize("calibration", ["sigmoid", "isotonic", "temperature"])
def test_every_fold_of_a_calibration_must_train_on_every_class(calibration):
    model = UtilityClassifier(GaussianNB(), calibration=calibration, cv=KFold(3))
    with pytest.raises(
        InputError, match=r"cv is without class \[0\] in the training part of fold 0"
    ):
        model.fit(X, Y)  # sorted by class


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA])
def test_missing_labels_are_named(gap):
    labels = NAMES[Y].astype(object)
    labels[7] = gap
    for wrapper in (UtilityClassifier, PosteriorRecovery):
        with pytest.raises(InputError, match=r"y\[7\] is missing: must be a label"):
            wrapper(GaussianNB()).fit(X, labels)


def test_a_margin_classifier_will_do_if_it_is_calibrated():
    model = UtilityClassifier(LinearSVC(), cost=COST, actions=ACTIONS, calibration="sigmoid", cv=2)
    assert model.fit(X, NAMES[Y]).score(X, NAMES[Y]) > -1.5


@pytest.mark.parametrize("wrapper", [UtilityClassifier, PosteriorRecovery])
def test_a_single_class_is_refused(wrapper):
    with pytest.raises(InputError, match=r"y is of one class, \[1\]: must have two or more"):
        wrapper(GaussianNB()).fit(X, np.ones(len(X), dtype=int))


@pytest.mark.parametrize(
    ("row", "shown"), [([0.5, 0.4, 0.3], "0.5, 0.4, 0.3"), ([np.nan, 0.5, 0.5], "nan, 0.5, 0.5")]
)
def test_what_are_no_probabilities_is_refused(row, shown):
    q = posteriors()
    model = fitted(q)
    with pytest.raises(InputError, match=rf"row 1 of predict_proba of Outputs is \[{shown}\]"):
        model.predict([q[0], row])


def test_labels_and_preferences_are_checked_after_training():
    q = posteriors()
    model = fitted(q, cost=COST, actions=ACTIONS)
    labels = np.arange(len(q)) % 3
    with pytest.raises(InputError, match=r"label in y is \[3\]: must be one of those in training"):
        model.score(q, np.where(labels == 2, 3, labels))
    for weights, message in (
        ([1.0], r"shape of sample_weight is \(1,\): must be \(50,\)"),
        (np.zeros(50), "sample_weight is all zero: must have a positive entry"),
        (
            np.where(labels == 2, np.nan, 1),
            r"sample_weight\[2\] is nan: must be at least 0 and fin",
        ),
        (
            np.where(labels == 2, -1, 1),
            r"sample_weight\[2\] is -1.0: must be at least 0 and finite",
        ),
    ):
        with pytest.raises(InputError, match=message):
            model.score(q, labels, sample_weight=weights)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.score(q, labels[:1])
    with pytest.raises(InputError, match=r"shape of cost is \(49, 4, 3\): must be \(50, 4, 3\)"):
        model.predict(q, cost=np.ones((49, 4, 3)))
    bad = np.ones((50, 4, 3))
    bad[7, 1, 2] = np.nan
    with pytest.raises(InputError, match=r"utility\[7, 1, 2\] is nan: must be finite"):
        model.predict(q, utility=bad)
    with pytest.raises(InputError, match=r"actions of cost is .*: must name each of"):
        model.predict(q, cost=pd.DataFrame(COST[:2], ["a", "b"], [0, 1, 2]))
    with pytest.raises(InputError, match="number of actions is 4: must equal the rows of cost, 3"):
        model.predict(q, cost=COST[:3])
    with pytest.raises(InputError, match="preference is utility and cost"):
        model.predict(q, cost=COST, utility=COST)


@pytest.mark.parametrize("wrapper", [UtilityClassifier, PosteriorRecovery])
def test_a_classifier_with_classes_of_its_own_is_refused(wrapper):
    """Its columns would be taken for those of other classes."""
    with pytest.raises(
        InputError, match=r"classes of the fitted estimator is \[0, 1, 2\]: must be"
    ):
        wrapper(Outputs(3)).fit(posteriors(), np.arange(50) % 3 + 1)
