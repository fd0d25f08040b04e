"""The audit's stakes: units, orientation, preferences kept by every shift."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from empirical.audit_matrix import aligned, read_payoffs
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
    cost=st.tuples(st.integers(2, 4), st.integers(2, 4)).flatmap(
        lambda shape: arrays.arrays(float, shape, elements=st.integers(-9, 9).map(float))
    ),
    shift=st.sampled_from(SHIFTS),
    data=st.data(),
)
def test_every_shift_keeps_preferences(cost, shift, data):
    classes = cost.shape[1]
    labels = np.arange(classes)
    actions = [str(action) for action in range(len(cost))]
    assume(not (cost == cost.min(axis=0)).all(axis=1).any())  # no action best in every class
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


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("scale", [1000.0, 1e-3, 1e90, 1e-90])
def test_the_unit_of_costs_does_not_matter(shift, scale):
    """Also where all actions cost the same, in one class or in some cases."""
    by_class = np.array([[0.0, 5, 0], [1, 0, 0], [2, 2, 0]])
    by_case = np.array([[[0, 5.0], [1, 0]], [[0, 0], [1, 0]], [[3, 3], [2, 2]], [[1, 4], [1, 4]]])
    for cost, labels in ((by_class, np.arange(3)), (by_case, np.array([0, 1, 1, 0]))):
        actions = "abc"[: cost.shape[-2]]
        utility = from_cost(cost, actions, labels, shift).utility
        np.testing.assert_allclose(
            from_cost(cost * scale, actions, labels, shift).utility, utility, rtol=1e-12
        )
        assert (utility.max(axis=-2) > 0).all()
    if shift == "class":  # the indifferent class counts as much as the others on average
        sums = from_cost(by_class, "abc", np.arange(3)).utility.sum(axis=0)
        assert sums[2] == pytest.approx(sums[:2].mean())


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        ([[0, 0], [0, 0]], "--cost is the same for all actions in every class"),
        ([[2, 1], [2, 1]], "--cost is the same for all actions in every class"),
        ([[1, 1], [0, 0]], "action 'b' of --cost is best in every class: must leave something"),
        ([[1, 2]], "number of actions of --cost is 1"),
        ([[0, 1e200], [1e200, 0]], "largest entry of --cost is 1e+200: must be from 1e-100 to"),
        ([[0, 1e-200], [1e-200, 0]], "largest entry of --cost is 1e-200"),
    ],
)
def test_costs_must_leave_something_to_decide(cost, message):
    for values in (cost, [cost] * 4):  # the same by case
        with pytest.raises(InputError) as caught:
            from_cost(values, "ab"[: len(cost)], LABELS)
        assert message in str(caught.value)


def test_a_right_decision_without_cost_has_no_minus_sign():
    assert not np.signbit(from_cost([[0, 5], [1, 0]], "ab", LABELS).payoff[0, 0])


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
    gains = from_cost([[5, 0], [0, 1]], ("0", "1"), LABELS, classes=("0", "1"))
    assert "the right decision costs more than another one in class '0', '1'" in gains.remarks[-1]
    assert len(from_cost([[0, 5], [1, 0]], ("0", "1"), LABELS, classes=("0", "1")).remarks) == 1
    assert payoffs.realised(np.array([1]), np.array([0]), np.array([2])).tolist() == [-1]


@pytest.mark.parametrize(
    ("frame", "classes", "positive", "message"),
    [
        (cost_frame(), ("no", "yes"), None, "--positive is not given: must name one of no, yes"),
        (cost_frame(), ("no", "yes"), "maybe", "--positive is maybe: must be one of no, yes"),
        (cost_frame(), ("a", "b", "c"), "a", "--cost-columns is given for 3 classes"),
        (cost_frame(FN=["x"] * 4), ("0", "1"), None, "--cost-columns FN is not numeric"),
        (cost_frame(FN=[1, np.nan, 1, 1]), ("0", "1"), None, "row 2 of --cost-columns FN is nan"),
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
        ([[1, 2], [0, 1]], "action 'a' of --utility is best in every class"),
        ([[1, 0], [0, 1e300]], "largest entry of --utility is 1e+300"),
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
        (["a=5", "a=3"], "--weights is 'a' twice: must have each label once"),
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


@pytest.mark.parametrize(
    "text",
    [
        "cost,0,1\n0,0,5\n1,1,0\n",
        ",0,1\n0,0,5\n1,1,0\n",
        ",1,0\n1,0,1\n0,5,0\n",
        "5,0,1\n0,0,5\n1,1,0\n",
        "0,5\n1,0\n",
    ],
)
def test_names_may_be_numbers(write, text):
    actions, entries = read_payoffs(write(text, "c.csv"), "--cost", ("0", "1"))
    assert actions == ("0", "1")
    assert entries.tolist() == [[0, 5], [1, 0]]


def test_first_rows_that_could_be_costs(write):
    square = write("0,1\n5,0\n", "square.csv")
    assert read_payoffs(square, "--cost", ("0", "1"))[1].tolist() == [[0, 1], [5, 0]]
    named = write("cost,0,1\nreject,1,0\naccept,0,1/2\n", "named.csv")
    actions, entries = read_payoffs(named, "--cost", ("0", "1"))
    assert actions == ("reject", "accept")
    assert entries.tolist() == [[1, 0], [0, 0.5]]
    text = write("good,bad\n0,5\n1,0\n", "text.csv")
    assert read_payoffs(text, "--cost", ("bad", "good"))[1].tolist() == [[5, 0], [0, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1\n0,5\n1,0\n", "'0,1', entries or names of classes: must name the actions in a"),
        ("c,0,1\n", "number of actions in"),
        ("c,0,1\na,1\n", "line 2 is 2: must be 3"),
        ("c,0,1\na,1,x\n", "line 2, column 3 is 'x'"),
        ("c,0,1\na,1,0\na,0,1\n", "'a' twice"),
        ("a,1,0\nb,0,1e999\n", "an entry of --cost is too large"),
        ("c,0,2\na,1,0\n", "first row of"),
        ("", "--cost"),
    ],
)
def test_matrices_that_are_refused(write, text, message):
    with pytest.raises(InputError) as caught:
        read_payoffs(write(text, "c.csv"), "--cost", ("0", "1"))
    assert message in str(caught.value)
    assert "--exact" not in str(caught.value)
