"""How utilities and costs are read: by position, by name, and in the layout they were given in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB
from stand_ins import fitted, posteriors

from empirical.estimator import UtilityClassifier
from empirical.posterior_recovery import PosteriorRecovery
from theory.command_line import InputError

ROUNDING = 1e-9  # of a few products of probabilities, or of Gaussian densities, in doubles
X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])
COST = np.array([[0, 6, 7], [5, 0, 2], [9, 4, 0], [1.5, 1.5, 1.5]])  # the last row: refer
ACTIONS = [*NAMES.tolist(), "refer"]


SHUFFLED = ["virginica", "setosa", "versicolor"]


@pytest.mark.parametrize(
    "options",
    [
        {"cost": COST, "actions": ACTIONS},
        {"cost": pd.DataFrame(COST, ACTIONS, NAMES)},
        {"cost": pd.DataFrame(COST, ACTIONS, NAMES)[SHUFFLED]},
        {"cost": pd.DataFrame(COST, ACTIONS, NAMES).T.to_dict()},
        {"cost": pd.DataFrame(COST, ACTIONS, NAMES)[SHUFFLED].T.to_dict()},
        {"cost": COST[:, [2, 0, 1]], "classes": SHUFFLED, "actions": ACTIONS},
    ],
)
def test_names_put_a_matrix_in_order(options):
    model = UtilityClassifier(GaussianNB(), **options).fit(X, NAMES[Y])
    np.testing.assert_array_equal(model.payoff_, -COST)
    assert model.actions_.tolist() == ACTIONS
    assert set(model.predict(X)) <= set(ACTIONS)


@pytest.mark.parametrize(
    "options",
    [
        {"utility": COST[:3]},
        {"utility": pd.DataFrame(COST[:3], NAMES, NAMES).loc[SHUFFLED]},
        {"utility": pd.DataFrame(COST[:3], columns=NAMES)},
        {"utility": COST[[2, 0, 1]], "actions": SHUFFLED},
        {"utility": COST[:3][[2, 0, 1]][:, [2, 0, 1]], "classes": SHUFFLED},
        {
            "utility": pd.DataFrame(COST[:3], NAMES, NAMES)
            .loc[SHUFFLED, SHUFFLED]
            .reset_index(drop=True)
        },
    ],
)
def test_the_rows_of_a_square_matrix_are_the_classes(options):
    model = UtilityClassifier(GaussianNB(), **options).fit(X, NAMES[Y])
    np.testing.assert_array_equal(model.utility_, COST[:3])
    assert model.actions_.tolist() == NAMES.tolist()


def test_rows_without_names_are_numbered():
    assert fitted(posteriors(), cost=COST).actions_.tolist() == [0, 1, 2, 3]


def test_class_weights_follow_the_order_of_classes():
    model = UtilityClassifier(GaussianNB(), class_weight=[3, 1, 2], classes=SHUFFLED)
    assert model.fit(X, NAMES[Y]).utility_.diagonal().tolist() == [1, 2, 3]


# Names that are numbers, and names that are missing


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_numbers_name_rows_and_columns_where_they_are_the_labels(order):
    """A frame with an index 0, 1, 2 and permuted columns keeps its rows."""
    frame = pd.DataFrame(COST[:3], [0, 1, 2], [0, 1, 2])
    for permuted in (frame[order], frame.loc[order], frame.loc[order, order]):
        model = UtilityClassifier(GaussianNB(), cost=permuted).fit(X, Y)
        np.testing.assert_array_equal(model.payoff_, -COST[:3])
        whole = UtilityClassifier(GaussianNB(), cost=COST[:3]).fit(X, Y)
        expected = whole.expected_utility(X)
        np.testing.assert_array_equal(whole.expected_utility(X, cost=permuted), expected)
        weights = pd.DataFrame(np.diag([1, 50, 2]), [0, 1, 2], [0, 1, 2])
        trained = PosteriorRecovery(GaussianNB(), trained_with=weights.loc[order]).fit(X, Y)
        np.testing.assert_array_equal(trained.recovery_.utility, np.diag([1, 50, 2]))


def test_the_default_index_is_no_name_where_actions_are_named():
    frame = pd.DataFrame([[0, 9], [1, 0]])
    model = UtilityClassifier(GaussianNB(), cost=frame, actions=["pass", "look"])
    model.fit(X[:100], Y[:100])
    assert model.actions_.tolist() == ["pass", "look"]
    assert model.payoff_.tolist() == [[0, -9], [-1, 0]]


def test_true_and_false_are_names():
    cost = pd.DataFrame([[0, 1.0], [50, 0], [3, 3]], list("twr"), [True, False])
    model = UtilityClassifier(GaussianNB(), cost=cost).fit(X, Y == 2)
    assert model.payoff_.tolist() == [[-1, 0], [0, -50], [-3, -3]]


class Frame:
    """A data frame without an index, such as that of polars."""

    def __init__(self, values, columns):
        self.values, self.columns = np.asarray(values), columns

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


@pytest.mark.parametrize(
    "make",
    [Frame, lambda values, columns: pa.table(dict(zip(columns, values.T, strict=True)))],
)
def test_any_data_frame_names_its_columns(make):
    for order in ([0, 1, 2], [2, 0, 1]):
        frame = make(COST[:3][order][:, order], NAMES[order].tolist())
        model = UtilityClassifier(GaussianNB(), cost=frame).fit(X, NAMES[Y])
        np.testing.assert_array_equal(model.payoff_, -COST[:3])
        frame = make(COST[:, order], NAMES[order].tolist())
        model = UtilityClassifier(GaussianNB(), cost=frame, actions=ACTIONS).fit(X, NAMES[Y])
        np.testing.assert_array_equal(model.payoff_, -COST)
        assert model.actions_.tolist() == ACTIONS


def test_a_square_frame_without_row_names_has_those_of_actions():
    frame = pd.DataFrame(COST[:3], columns=NAMES)
    model = UtilityClassifier(GaussianNB(), cost=frame, actions=["x", "y", "z"]).fit(X, NAMES[Y])
    assert model.actions_.tolist() == ["x", "y", "z"]
    model = UtilityClassifier(GaussianNB(), cost=frame.iloc[[2, 0, 1]].reset_index(drop=True),
                              actions=SHUFFLED).fit(X, NAMES[Y])  # fmt: skip
    np.testing.assert_array_equal(model.payoff_, -COST[:3])


def test_numbers_that_name_actions_stay_numbers():
    model = fitted(posteriors(), cost=COST, actions=np.array([10, 20, 30, 40]))
    assert model.actions_.dtype.kind == "i"
    assert str(model.payoff_[0, 0]) == "0.0"


# The layout of what comes later


def test_another_matrix_and_costs_by_case_are_in_the_order_of_the_first():
    """Also where that named its columns in another order than the sorted one of the classes."""
    features, labels = load_breast_cancer(return_X_y=True)
    kinds = np.array(["malignant", "benign"])[labels]
    cost = {
        "treat": {"malignant": 0, "benign": 10},
        "discharge": {"malignant": 100, "benign": 0},
        "refer": {"malignant": 3, "benign": 3},
    }
    as_given = np.array([[0, 10], [100, 0], [3, 3]])
    frame = pd.DataFrame(cost).T
    cases = np.broadcast_to(as_given, (len(kinds), 3, 2))
    for first in (cost, frame):
        model = UtilityClassifier(GaussianNB(), cost=first).fit(features, kinds)
        for later in (as_given, cases, frame, frame.iloc[::-1, ::-1]):
            assert model.score(features, kinds, cost=later) == model.score(features, kinds)


def test_another_matrix_needs_no_new_fit_and_keeps_the_layout():
    model = UtilityClassifier(GaussianNB(), utility=COST[:3][:, [2, 0, 1]][[2, 0, 1]],
                              classes=SHUFFLED).fit(X, NAMES[Y])  # fmt: skip
    other = np.random.default_rng(3).random((3, 3))
    named = pd.DataFrame(other, SHUFFLED, SHUFFLED)
    refitted = clone(model).set_params(utility=other).fit(X, NAMES[Y])
    expected = refitted.expected_utility(X)
    for utility in (other, named, named.loc[NAMES], np.broadcast_to(other, (len(X), 3, 3))):
        found = model.expected_utility(X, utility=utility)
        np.testing.assert_allclose(found, expected, atol=ROUNDING)


def test_rows_named_in_an_order_of_their_own_keep_it():
    named = pd.DataFrame(COST[:3], NAMES, NAMES).loc[SHUFFLED, NAMES[::-1]]
    model = UtilityClassifier(GaussianNB(), cost=named).fit(X, NAMES[Y])
    expected = model.expected_utility(X)
    cases = np.broadcast_to(named, (len(X), 3, 3))
    for later in (named.to_numpy(), cases, named):
        found = model.expected_utility(X, cost=later)
        np.testing.assert_allclose(found, expected, atol=ROUNDING)


# Errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"cost": pd.DataFrame(COST, ACTIONS, NAMES), "actions": ACTIONS[::-1]},
            "actions is .*: must be those that name the rows of cost, .* in their order",
        ),
        (
            {"cost": pd.DataFrame(COST, ACTIONS, NAMES), "classes": SHUFFLED},
            "classes is .*: must be those that name the columns of cost, .* in their order",
        ),
        (
            {"utility": pd.DataFrame([[1, 1, -5], [1, 1, 1]], list("xy"), NAMES[::-1])},
            r"utility\[0, 2\] is -5.0: must be at least 0",
        ),
        (
            {"utility": np.array([[1, 1, 0], [1, 1, 0]]), "classes": SHUFFLED},
            "column 2 of utility is without a positive entry",
        ),
    ],
)
def test_errors_speak_of_the_matrix_as_it_was_written(options, message):
    with pytest.raises(InputError, match=message):
        UtilityClassifier(GaussianNB(), **options).fit(X, NAMES[Y])


def test_names_within_a_list_are_not_thrown_away():
    model = UtilityClassifier(GaussianNB(), cost=COST[:3]).fit(X, NAMES[Y])
    frame = pd.DataFrame(COST[:3], NAMES, NAMES)[SHUFFLED]
    for part in (frame, frame.T.to_dict()):
        with pytest.raises(InputError, match=r"cost\[0\] is a .* with names: must be without"):
            model.predict(X[:1], cost=[part])
    rows = [frame.loc[name] for name in NAMES]
    with pytest.raises(InputError, match=r"cost\[0\] is a Series with names: must be without"):
        UtilityClassifier(GaussianNB(), cost=rows).fit(X, NAMES[Y])


def test_labels_that_scikit_learn_numbers_are_explained():
    frame = pd.DataFrame(COST[:3], NAMES, NAMES)
    model = UtilityClassifier(GaussianNB(), cost=frame)
    with pytest.raises(InputError, match=r"once \(scikit-learn numbers labels inside voting"):
        cross_val_predict(model, X, NAMES[Y], cv=3, method="predict_proba")
    model = UtilityClassifier(GaussianNB(), cost=COST[:3])
    found = cross_val_predict(model, X, NAMES[Y], cv=3, method="predict_proba")
    expected = cross_val_predict(GaussianNB(), X, NAMES[Y], cv=3, method="predict_proba")
    np.testing.assert_array_equal(found, expected)
