"""The audit's stakes: units, orientation, preferences kept by every shift."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from empirical.audit_options import aligned
from empirical.audit_payoffs import (
    SHIFTS,
    column_of_truth,
    from_cost,
    from_cost_columns,
    from_utility,
    from_weights,
    weights_by_label,
)
from theory.command_line import InputError
from theory.utility_csv import NamedMatrix

LABELS = np.array([0, 1, 1, 0])


@given(
    cost=st.tuples(st.integers(1, 4), st.integers(2, 4)).flatmap(
        lambda shape: arrays.arrays(float, shape, elements=st.integers(-9, 9).map(float))
    ),
    shift=st.sampled_from(SHIFTS),
    data=st.data(),
)
def test_every_shift_keeps_preferences(cost, shift, data):
    classes = cost.shape[1]
    labels = np.arange(classes)
    actions = [str(action) for action in range(len(cost))]
    payoffs = from_cost(cost, actions, labels, shift)
    assert (payoffs.utility >= 0).all()
    assert (payoffs.utility > 0).any(axis=0).all()
    assert column_of_truth(payoffs.utility, labels).sum(axis=1).mean() == pytest.approx(1)
    weights = arrays.arrays(float, classes, elements=st.integers(0, 9).map(float))
    posterior = data.draw(weights) + 1
    posterior /= posterior.sum()
    expected_cost, expected_utility = cost @ posterior, payoffs.utility @ posterior
    best = expected_utility >= expected_utility.max() - 1e-9
    np.testing.assert_array_equal(best, expected_cost <= expected_cost.min() + 1e-9)


def test_two_classes_get_class_weights_from_costs():
    payoffs = from_cost([[0, 5], [1, 0]], ("good", "bad"), LABELS)
    np.testing.assert_allclose(payoffs.utility, np.diag([1 / 3, 5 / 3]))
    assert payoffs.realised(np.array([0, 0]), np.array([0, 1]), np.arange(2)).tolist() == [0, -5]


def cost_frame(**changes) -> pd.DataFrame:
    columns = {"FP": [1.0] * 4, "FN": [7.0] * 4, "TP": [2.0] * 4, "TN": [0.0] * 4}
    return pd.DataFrame(columns | changes)


def test_cost_columns_stand_where_they_belong():
    columns = ("FP", "FN", "TP", "TN")
    payoffs = from_cost_columns(cost_frame(), columns, ("no", "yes"), LABELS, "yes")
    # rows: act as for no, act as for yes; columns: no, yes
    np.testing.assert_array_equal(-payoffs.payoff[0], [[0, 7], [1, 2]])
    swapped = from_cost_columns(cost_frame(), columns, ("no", "yes"), LABELS, "no")
    np.testing.assert_array_equal(-swapped.payoff[0], [[2, 1], [7, 0]])
    odd = from_cost_columns(cost_frame(TP=[9.0, 2, 2, 2]), columns, ("0", "1"), LABELS, None)
    assert "in 1 rows the right decision costs more" in odd.remarks[-1]
    assert payoffs.realised(np.array([1]), np.array([0]), np.array([2])).tolist() == [-1]


@pytest.mark.parametrize(
    ("frame", "classes", "positive", "message"),
    [
        (cost_frame(), ("no", "yes"), None, "--positive is not given: must name one of no, yes"),
        (cost_frame(), ("no", "yes"), "maybe", "--positive is maybe: must be one of no, yes"),
        (cost_frame(), ("a", "b", "c"), "a", "--cost-columns is given for 3 classes"),
        (cost_frame(FN=["x"] * 4), ("0", "1"), None, "--cost-columns FN is not numeric"),
        (cost_frame(FN=[1, np.nan, 1, 1]), ("0", "1"), None, "row 1 of --cost-columns FN is nan"),
    ],
)
def test_bad_cost_columns(frame, classes, positive, message):
    with pytest.raises(InputError) as caught:
        from_cost_columns(frame, ("FP", "FN", "TP", "TN"), classes, LABELS, positive)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("utility", "message"),
    [
        ([[1, np.nan], [0, 1]], "must be finite"),
        ([[1, -1], [0, 1]], "must be at least 0"),
        ([[1, 0], [1, 0]], "every class needs an action of positive utility"),
    ],
)
def test_bad_utilities(utility, message):
    with pytest.raises(InputError) as caught:
        from_utility(utility, ("a", "b"), LABELS)
    assert message in str(caught.value)
    with pytest.raises(InputError, match="must be finite"):
        from_cost([[np.inf, 0], [0, 1]], ("a", "b"), LABELS)


def test_weights():
    assert from_weights([1, 3], ("a", "b"), LABELS).utility.tolist() == [[0.5, 0], [0, 1.5]]
    for texts, message in (
        (["1"], "number of --weights is 1"),
        (["c=2"], "--weights is 'c': must be one of a, b"),
        (["1", "x"], "--weights is 'x'"),
        (["1", "0"], "--weights is 0: must be positive and finite"),
    ):
        with pytest.raises(InputError) as caught:
            weights_by_label(texts, ("a", "b"))
        assert message in str(caught.value)


def test_matrices_are_aligned_by_name():
    entries = [[1.0, 2.0], [3.0, 4.0]]
    classes = ("a", "b")
    named = NamedMatrix(entries, ("b", "a"), ("b", "a"))
    assert aligned(named, classes, "--cost")[1].tolist() == [[4, 3], [2, 1]]
    plain = aligned(NamedMatrix(entries, (), ()), classes, "--cost")
    assert plain[0] == classes
    assert plain[1].tolist() == entries
    referring = NamedMatrix([*entries, [5.0, 6.0]], ("a", "b", "refer"), ())
    assert aligned(referring, classes, "--cost")[0] == ("a", "b", "refer")
    assert aligned(NamedMatrix([[1.0, 2.0]], (), ()), classes, "--cost")[0] == ("action 1",)
    for columns, entries, message in (
        (("a", "c"), [[1.0, 2.0]], "columns of --cost is a, c: must be the classes a, b"),
        ((), [[1.0, 2.0, 3.0]], "number of columns of --cost is 3"),
    ):
        with pytest.raises(InputError) as caught:
            aligned(NamedMatrix(entries, (), columns), classes, "--cost")
        assert message in str(caught.value)
