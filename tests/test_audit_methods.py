"""The audit's learners and regimes against definitions, enumeration and brute force."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empirical.audit_columns import Features
from empirical.audit_data import Cases
from empirical.audit_folds import Settings, cross_validate
from empirical.audit_maps import fit_map
from empirical.audit_methods import REGIMES, class_means, evaluate, tuned_threshold
from empirical.audit_models import FLOOR, MODELS, Learner, expanded
from empirical.audit_payoffs import Payoffs, from_cost, from_utility, from_weights
from empirical.audit_splits import INNER_FOLDS, check_folds, splits
from empirical.audit_training import trained
from theory.alignment import realised_loss
from theory.command_line import InputError
from theory.prediction import utility_weighted_prediction
from theory.scoring_families import LOGARITHMIC

U = np.array([[3.0, 0.0, 1.0], [0.5, 2.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 4.0]])


def features(numbers=None, codes=None) -> Features:
    rows = len(numbers if numbers is not None else codes)
    numbers = np.empty((rows, 0)) if numbers is None else np.asarray(numbers, dtype=float)
    codes = np.empty((rows, 0), np.int32) if codes is None else np.asarray(codes, dtype=np.int32)
    names = tuple("abc"[: numbers.shape[1]]), tuple("xyz"[: codes.shape[1]])
    return Features(numbers, codes, *names)


def made_up(rows: int = 240, classes: int = 2, seed: int = 0) -> Cases:
    """Cases whose class depends on two numbers; the third column is noise."""
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=(rows, 3))
    scores = numbers[:, :1] * np.arange(classes) + generator.gumbel(size=(rows, classes))
    labels = scores.argmax(axis=1)
    codes = generator.integers(0, 4, size=(rows, 1))
    names = tuple(f"class {label}" for label in range(classes))
    return Cases(features(numbers, codes), labels, names, None, ())


@given(seed=st.integers(0, 99), per_case=st.booleans())
def test_the_expanded_sample_has_the_utility_weighted_loss(seed, per_case):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 3, 20)
    utility = U * generator.uniform(0.5, 2, (20, 1, 1)) if per_case else U
    rows, actions, weights = expanded(utility, labels)
    assert weights.sum() == pytest.approx(20)
    prediction = generator.dirichlet(np.ones(4), 20)
    ours = -(weights * np.log(prediction[rows, actions])).sum()
    theirs = realised_loss(LOGARITHMIC, utility, prediction, labels)
    earned = utility[np.arange(20), :, labels] if per_case else utility.T[labels]
    assert ours == pytest.approx(theirs.sum() * 20 / earned.sum())


@pytest.mark.parametrize("model", MODELS)
def test_learners_take_missing_and_unseen_values(model):
    cases = made_up(120)
    numbers = cases.features.numbers.copy()
    numbers[::7, 0] = np.nan
    given = dataclasses.replace(cases.features, numbers=numbers)
    learner = Learner(model, 0, 3, 0).fit(given, cases.labels)
    odd = features([[np.nan, 0.0, np.nan]] * 3, [[99], [-1], [0]])
    predicted = learner.predict(odd)
    np.testing.assert_allclose(predicted.sum(axis=1), 1)
    np.testing.assert_allclose(predicted[:, 2], FLOOR / 3)  # no training row has this label


@pytest.mark.parametrize("columns", ["numbers", "codes"])
def test_learners_take_one_kind_of_column(columns):
    cases = made_up(60)
    kept = {columns: getattr(cases.features, columns)}
    for model in ("logistic", "forest"):
        given = features(**kept)
        predicted = Learner(model, 0, 2, 0).fit(given, cases.labels).predict(given)
        assert predicted.shape == (60, 2)


def test_many_categories_do_not_widen_the_design():
    codes = np.arange(3000)[:, None] % 1500
    given = features(np.zeros((3000, 1)), codes)
    labels = (codes[:, 0] % 2).astype(np.int64)
    for model in ("logistic", "boosting"):
        learner = Learner(model, 0, 2, 0).fit(given, labels)
        assert learner._encode.transform(given).shape[1] <= 21


@pytest.mark.parametrize("model", ["logistic", "boosting"])
def test_weighted_training_learns_what_theorem_1_says(model):
    """With one category column, both models are saturated: P^u is p^u of the class shares."""
    generator = np.random.default_rng(1)
    shares = generator.dirichlet(np.full(3, 3.0), 4)
    codes = generator.integers(0, 4, 4000)
    labels = (generator.random((4000, 1)) > shares[codes].cumsum(axis=1)).sum(axis=1)
    given = features(codes=codes[:, None])
    rows, actions, weights = expanded(U, labels)
    learner = Learner(model, 0, 4, 0).fit(given, actions, rows, weights)
    observed = np.array([np.bincount(labels[codes == code], minlength=3) for code in range(4)])
    found = learner.predict(features(codes=np.arange(4)[:, None]))
    wanted = utility_weighted_prediction(U, observed / observed.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(found, wanted, atol=0.01)


@settings(max_examples=50)
@given(seed=st.integers(0, 999), rows=st.integers(1, 12))
def test_the_threshold_is_the_best_cut(seed, rows):
    generator = np.random.default_rng(seed)
    probability = generator.integers(0, 5, rows) / 4
    labels = generator.integers(0, 2, rows)
    payoff = generator.integers(-3, 4, (rows, 2, 2)).astype(float)
    payoffs = Payoffs(("0", "1"), payoff, np.ones((rows, 2, 2)), "utility")
    everyone = np.arange(rows)

    def earned(cut: float) -> float:
        return payoffs.realised((probability >= cut).astype(int), labels, everyone).sum()

    found = tuned_threshold(probability, payoffs, labels, everyone)
    assert earned(found) == pytest.approx(max(map(earned, [-1, *probability, np.inf])))


def test_regimes_on_one_split():
    cases = made_up()
    payoffs = from_cost([[0, 9], [1, 0]], cases.classes, cases.labels)
    train, test = splits(cases, np.arange(len(cases)), 4, 0)[0]
    found = evaluate("logistic", cases, payoffs, train, test, 0, keep=True)
    assert set(found.measures) == set(REGIMES)
    corrected = utility_weighted_prediction(payoffs.utility, found.posteriors["ex_post"])
    np.testing.assert_array_equal(found.predictions["ex_post"], corrected)
    losses = realised_loss(LOGARITHMIC, payoffs.utility, corrected, cases.labels[test])
    assert found.measures["ex_post"]["weighted_loss"] == pytest.approx(losses.mean())
    chosen = corrected.argmax(axis=1)
    cost = np.array([[0, 9], [1, 0]])[chosen, cases.labels[test]].mean()
    assert found.measures["ex_post"]["payoff"] == pytest.approx(-cost)
    # Theorem 2 undoes the weights: the recovered posterior, corrected, is the prediction.
    back = utility_weighted_prediction(payoffs.utility, found.posteriors["weighted"])
    np.testing.assert_allclose(back, found.predictions["weighted"], atol=1e-9)
    assert found.measures["threshold"]["weighted_loss"] is None
    assert evaluate("logistic", cases, payoffs, train, test, 0).predictions == {}


def test_costs_of_each_case_that_features_do_not_tell():
    """Costs independent of x: weighted training learns towards the mean utility of each class, so
    that its posterior, recovered with that, is the one behind the labels."""
    generator = np.random.default_rng(0)
    rows = 4000
    numbers = generator.normal(size=(rows, 2))
    chance = 1 / (1 + np.exp(0.5 - numbers[:, 0]))
    labels = (generator.random(rows) < chance).astype(int)
    cost = np.zeros((rows, 2, 2))
    cost[:, 1, 0] = 1
    cost[:, 0, 1] = generator.lognormal(1.5, 1, rows)
    cases = Cases(features(numbers), labels, ("no", "yes"), None, ())
    payoffs = from_cost(cost, cases.classes, labels)
    means = class_means(payoffs.utility, labels)
    for label in (0, 1):
        wanted = payoffs.utility[labels == label].mean(axis=0)[:, label]
        np.testing.assert_allclose(means[:, label], wanted)
    assert class_means(U, labels) is U
    train, test = splits(cases, np.arange(rows), 4, 0)[0]
    found = evaluate("logistic", cases, payoffs, train, test, 0, tune=False, keep=True)
    for regime in ("weighted", "weighted_cal", "ex_post", "ex_post_cal"):
        error = np.abs(found.posteriors[regime][:, 1] - chance[test]).mean()
        assert error < 0.04, regime
    losses = {regime: each["weighted_loss"] for regime, each in found.measures.items()}
    assert losses["weighted_cal"] == pytest.approx(losses["ex_post_cal"], rel=0.01)
    # What the own costs add at decision time is a part of choosing.
    assert losses["weighted"] > 1.05 * losses["weighted_cal"]


def test_a_sample_with_one_label():
    given = features(np.zeros((4, 1)))
    predicted = Learner("logistic", 0, 3, 0).fit(given, np.full(4, 2)).predict(given)
    np.testing.assert_allclose(
        predicted, np.tile([FLOOR / 3, FLOOR / 3, 1 - FLOOR * 2 / 3], (4, 1))
    )


def test_more_actions_than_classes():
    cases = made_up(classes=3)
    payoffs = from_utility(U, ("treat", "wait", "refer", "stop"), cases.labels)
    train, test = splits(cases, np.arange(len(cases)), 3, 0)[0]
    found = evaluate("logistic", cases, payoffs, train, test, 0, tune=False, keep=True)
    assert found.predictions["weighted"].shape == (len(test), 4)
    assert found.posteriors["weighted_cal"].shape == (len(test), 3)
    assert "weighted" not in found.posteriors  # U has no inverse
    assert "raw" not in found.predictions
    assert "threshold" not in found.measures
    assert found.settings == (0, 0)


def test_weights_of_one_change_nothing():
    cases = made_up(classes=3)
    payoffs = from_weights(np.ones(3), cases.classes, cases.labels)
    train, test = splits(cases, np.arange(len(cases)), 3, 0)[0]
    for model in ("logistic", "boosting"):
        found = evaluate(model, cases, payoffs, train, test, 0, tune=False)
        assert found.measures["weighted"] == pytest.approx(found.measures["ex_post"])
        assert found.measures["raw"]["payoff"] == found.measures["ex_post"]["payoff"]


def test_settings_are_chosen_by_the_loss_that_is_trained():
    cases = made_up(60)
    noisy = np.random.default_rng(0).normal(size=(60, 40))
    given = Features(noisy, cases.features.codes, tuple(map(str, range(40))), ("x",))
    cases = dataclasses.replace(cases, features=given)
    train, test = splits(cases, np.arange(60), 3, 0)[0]
    found = trained("logistic", cases, np.eye(2), train, test, 0, True)
    assert found.setting > 0  # forty columns of noise call for a penalty
    assert found.held_out.shape == (len(train), 2)


def test_the_map_may_change_nothing():
    generator = np.random.default_rng(0)
    posterior = generator.dirichlet(np.full(8, 0.3), 120)
    labels = (generator.random((120, 1)) > posterior.cumsum(axis=1)).sum(axis=1).clip(max=7)
    found = fit_map(posterior, labels, np.eye(8), 8, True, 0)
    assert found(posterior) is posterior
    distorted = posterior**3 / (posterior**3).sum(axis=1, keepdims=True)
    improved = fit_map(distorted, labels, np.eye(8), 8, True, 0)(distorted)
    assert (
        np.log(improved[range(120), labels]).mean() > np.log(distorted[range(120), labels]).mean()
    )


# Folds


def test_folds_keep_groups_whole_and_are_checked():
    cases = made_up()
    groups = np.arange(len(cases)) // 3
    grouped = dataclasses.replace(cases, groups=groups)
    tested = []
    for train, test in splits(grouped, np.arange(len(cases)), 4, 0):
        assert not set(groups[train]) & set(groups[test])
        tested.extend(test.tolist())
    assert sorted(tested) == list(range(len(cases)))
    rare = dataclasses.replace(cases, labels=np.where(np.arange(len(cases)) < 3, 1, 0))
    with pytest.raises(InputError, match=r"class 'class 1' of the target is found in 3 rows"):
        check_folds(rare, 3)
    one_group = dataclasses.replace(rare, groups=np.zeros(len(cases), dtype=int))
    with pytest.raises(InputError, match="found in 1 groups"):
        check_folds(one_group, 2)
    with pytest.raises(InputError, match="found in 3 rows"):
        splits(rare, np.arange(len(cases)), 4, 0)
    enough = dataclasses.replace(cases, labels=np.where(np.arange(len(cases)) < 5, 1, 0))
    check_folds(enough, 5)
    for train, _ in splits(enough, np.arange(len(cases)), 5, 0):
        splits(enough, train, INNER_FOLDS, 0)


def test_results_do_not_depend_on_jobs(capsys):
    cases = made_up(120)
    payoffs = from_weights([1.0, 5.0], cases.classes, cases.labels)
    found = [
        cross_validate(cases, payoffs, Settings(("logistic",), 2, 2, 3, jobs, False))["logistic"]
        for jobs in (1, 2)
    ]
    for one, other in zip(*found, strict=True):
        assert one.measures == other.measures
    assert [bool(outcome.predictions) for outcome in found[0]] == [True, True, False, False]
    assert capsys.readouterr().out == ""
