"""Utility and cost matrices: what is valid, what shifts and costs become."""

from __future__ import annotations

import re
from fractions import Fraction as F

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from theory.command_line import InputError
from theory.prediction import decision, expected_utility, utility_weighted_prediction
from theory.utility import (
    class_weight_utility,
    degenerate_classes,
    normalised_weights,
    shifted,
    utility_from_cost,
    validated_utility,
)


@pytest.mark.parametrize(
    ("utility", "message"),
    [
        ([1.0, 2.0], "shape of utility is (2,): must be (n, m)"),
        (np.empty((0, 2)), "shape of utility is (0, 2): must be (n, m)"),
        ([[1.0, np.nan]], "utility[0, 1] is nan: must be finite"),
        ([[1.0, np.inf]], "utility[0, 1] is inf: must be finite"),
        ([[1.0, -0.5]], "utility[0, 1] is -0.5: must be at least 0"),
        ([[F(1), F(-1, 2)]], "utility[0, 1] is -1/2: must be at least 0"),
        ([[1.0, 0.0], [2.0, 0.0]], "column 1 of utility is without a positive entry"),
        (np.array([[F(1), np.nan]], dtype=object), "utility[0, 1] is nan: must be finite"),
        (np.array([[F(1), np.inf]], dtype=object), "utility[0, 1] is inf: must be finite"),
        (torch.tensor([[0.5, -0.5]]), "utility[0, 1] is -0.5: must be at least 0 (costs count"),
        (torch.tensor([[0.0, 1.0]]), "column 0 of utility is without a positive entry"),
    ],
)
def test_invalid_utilities_are_named(utility, message):
    with pytest.raises(InputError, match=re.escape(message)):
        validated_utility(utility)


def test_a_degenerate_instance_is_found():
    utilities = np.ones((4, 2, 3))
    utilities[2, :, 1] = 0
    assert degenerate_classes(utilities) == [1]
    assert validated_utility(np.ones((4, 2, 3))).shape == (4, 2, 3)


@pytest.mark.parametrize("weights", [[1.0, 0.0], [1.0, -2.0], [1.0, np.inf], [1.0, np.nan]])
def test_class_weights_are_positive_and_finite(weights):
    with pytest.raises(InputError, match=r"weights\[1\]"):
        class_weight_utility(weights)


def test_class_weights_are_the_diagonal():
    exact = class_weight_utility([F(99), F(1)])
    assert exact.tolist() == [[99, 0], [0, 1]]
    tensor = class_weight_utility(torch.tensor([99.0, 1.0]))
    assert tensor.tolist() == exact.astype(float).tolist()


matrices = st.lists(
    st.lists(st.fractions(-3, 3, max_denominator=4), min_size=3, max_size=3),
    min_size=2,
    max_size=4,
).map(np.array)
simplex = (
    st.lists(st.integers(0, 5), min_size=3, max_size=3)
    .filter(any)
    .map(lambda counts: np.array([F(count, sum(counts)) for count in counts]))
)


@given(matrices, simplex)
def test_a_cost_becomes_a_valid_utility_with_its_preferences(cost, posterior):
    utility = validated_utility(utility_from_cost(cost))
    costs = expected_utility(cost, posterior).tolist()
    assert decision(utility, posterior) == costs.index(min(costs))
    least = utility.min()  # above 0 only where nondegeneracy asks for it
    assert least == 0 or degenerate_classes(utility - least)


@given(matrices, simplex, st.fractions(F(1, 8), 5, max_denominator=8))
def test_a_shift_keeps_decisions_and_pulls_predictions_to_uniform(cost, posterior, constant):
    utility = utility_from_cost(cost)
    moved = shifted(utility, constant)
    assert decision(moved, posterior) == decision(utility, posterior)
    before, after = (utility_weighted_prediction(each, posterior) for each in (utility, moved))
    uniform = F(1, len(utility))
    assert all(abs(after - uniform) <= abs(before - uniform))


def test_normalised_weights_keep_the_loss_of_the_prior():
    weights, prior = np.array([99.0, 1.0, 1.0]), np.array([0.2, 0.3, 0.5])
    scaled = normalised_weights(weights, prior)
    entropy = -(prior * np.log(prior)).sum()
    assert -(scaled * prior * np.log(prior)).sum() == pytest.approx(entropy, rel=1e-14)
    for other, rates, message in (
        (weights, [1.0, 0.0, 0.0], "prior is .* must have two positive entries"),
        ([1.0, 1.0], [2.0, 3.0], "prior is .* must be at least 0 and sum to 1"),
        ([-1.0, 1.0], [0.5, 0.5], r"weights\[0\] is -1.0: must be positive"),
    ):
        with pytest.raises(InputError, match=message):
            normalised_weights(other, rates)


def test_normalised_weights_of_a_tensor():
    for weights, prior in (
        ([99.0, 1.0], torch.tensor([0.5, 0.5])),
        (torch.tensor([99.0, 1.0]), [0.5, 0.5]),
    ):
        assert normalised_weights(weights, prior).tolist() == pytest.approx([1.98, 0.02])


def test_costs_whose_difference_is_no_float_are_refused():
    with pytest.raises(InputError, match=r"largest cost less cost\[0, 1\] is inf: must be finite"):
        utility_from_cost([[1e308, -1e308], [0, 0]])
    exact = utility_from_cost([[F(10) ** 308, -(F(10) ** 308)], [F(0), F(0)]])
    assert exact[0, 1] == 2 * F(10) ** 308
