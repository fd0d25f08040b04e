"""Loss calibration: its moments, observed posteriors, reliability, and recalibration maps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from theory.calibration import (
    calibration_moments,
    fit_bins,
    fit_isotonic,
    fit_multinomial,
    loss_calibration_gap,
    observed_posterior,
    reliability,
)
from theory.command_line import InputError
from theory.prediction import utility_weighted_prediction

F = Fraction
FULL = np.array([[3.0, 1.0, 0.5], [0.2, 2.0, 0.1], [1.0, 0.0, 4.0]])
RECTANGULAR = np.array([[5.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.6, 0.7]])


def sample(generator, utility, rows, bend=0.0):
    """Predictions for Dirichlet posteriors, and classes; sharpened posteriors if `bend` > 0."""
    classes = utility.shape[1]
    posterior = generator.dirichlet(np.full(classes, 0.8), rows)
    outcome = (generator.random(rows)[:, None] >= posterior.cumsum(axis=1)).sum(axis=1)
    believed = posterior ** (1 + bend)
    believed /= believed.sum(axis=1, keepdims=True)
    return utility_weighted_prediction(utility, believed), np.minimum(outcome, classes - 1)


@given(st.lists(st.integers(0, 4), min_size=6, max_size=6), st.integers(0, 5), st.data())
def test_moments_vanish_on_average_iff_the_prediction_is_the_best_reply(entries, count, data):
    utility = np.array([F(entry) for entry in entries], dtype=object).reshape(2, 3)
    utility[0] += 1
    weights = data.draw(st.lists(st.integers(0, 3), min_size=3, max_size=3).filter(any))
    posterior = np.array([F(weight, sum(weights)) for weight in weights], dtype=object)
    best = utility_weighted_prediction(utility, posterior)
    other = np.array([F(count, 5), 1 - F(count, 5)], dtype=object)
    for prediction in (best, other):
        rows = calibration_moments(utility, np.array([prediction] * 3), [0, 1, 2])
        vanish = not (posterior[:, None] * rows).sum(axis=0).any()
        assert vanish == (not loss_calibration_gap(utility, prediction, posterior).any())
        assert vanish == (prediction == best).all()
        assert not rows.sum(axis=1).any()


def test_observed_posterior_is_exact():
    rows = [[F(1, 3), F(2, 3)], [F(1), F(0)], [F(1, 3), F(2, 3)]]
    masses = [F(1, 2), F(1, 4), F(1, 4)]
    found = observed_posterior(rows, [0, 1, 1], 2, masses)
    assert found.tolist() == [[F(2, 3), F(1, 3)], [0, 1], [F(2, 3), F(1, 3)]]


def test_observed_posterior_of_tensors():
    rows = torch.tensor([[0.5, 0.5]] * 2, requires_grad=True)
    masses = torch.tensor([0.25, 0.75], requires_grad=True)
    found = observed_posterior(rows, torch.tensor([0, 1]), 2, masses)
    assert found.tolist() == [[0.25, 0.75]] * 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": [0, -1]}, "outcome is -1: must be a class, 0 to 1"),
        ({"outcome": [0, 2]}, "outcome is 2: must be a class, 0 to 1"),
        ({"masses": [F(1), F(0)]}, "mass of prediction is 0 at .*: must be positive"),
        ({"masses": [1.0]}, r"shape of masses is \(1,\): must be \(2,\)"),
    ],
)
def test_unobserved_posteriors_are_named(change, message):
    arguments = {"prediction": [[0.5, 0.5], [1.0, 0.0]], "outcome": [0, 1]} | change
    with pytest.raises(InputError, match=message):
        observed_posterior(**arguments, classes=2)


@pytest.mark.parametrize("outcome", [[0, -1], [0, 3], [True, False], [0.0, 1.0], [0], [[0], [1]]])
def test_outcomes_that_are_no_classes_are_named(outcome):
    prediction = [[0.5, 0.5], [1.0, 0.0]]
    for measure in (fit_bins, fit_isotonic, fit_multinomial, reliability):
        with pytest.raises(InputError, match="outcome is"):
            measure(prediction, outcome)
    with pytest.raises(InputError, match="outcome is"):
        calibration_moments(np.eye(2), prediction, outcome)


def test_shapes_of_moments_and_reliability_are_named():
    with pytest.raises(InputError, match=r"shape of prediction is \(1, 3\): must be \(N, 2\)"):
        calibration_moments(np.eye(2), [[0.2, 0.3, 0.5]], [0])
    with pytest.raises(InputError, match=r"shape of utility is \(1, 2, 2\): must be \(n, m\)"):
        calibration_moments(np.ones((1, 2, 2)), [[0.5, 0.5]], [0])
    with pytest.raises(InputError, match=r"shape of utility is \(2, 2\): must be \(3, m\)"):
        reliability([[0.2, 0.3, 0.5]], [0], np.eye(2))
    for fit in (fit_bins, fit_multinomial, fit_isotonic, reliability):
        with pytest.raises(InputError, match=r"shape of prediction is \(0, 2\): must be \(N, n\)"):
            fit(np.empty((0, 2)), [])


def test_reliability_of_calibrated_and_of_sharpened_predictions():
    generator = np.random.default_rng(1)
    right, outcome = sample(generator, FULL, 20_000)
    for table in reliability(right, outcome, FULL):
        assert table.count.sum() == 20_000
        # each of ten bins has some 2,000 cases: a standard error near 0.01 in a share
        assert abs(table.predicted - table.observed).max() < 0.06
        assert table.error < 0.02
    sharp, outcome = sample(generator, FULL, 20_000, bend=1.0)
    assert max(table.error for table in reliability(sharp, outcome, FULL)) > 0.03


def test_reliability_counts_by_hand():
    prediction = [[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.2, 0.8]]
    tables = reliability(prediction, [0, 1, 1, 1], bins=2)
    assert tables[0].predicted == pytest.approx([0.2, 0.9])
    assert tables[0].observed == pytest.approx([0.0, 0.5])
    assert tables[0].error == pytest.approx((0.2 + 0.4) / 2)


# Recalibration maps


def test_isotonic_recovers_a_rising_curve():
    generator = np.random.default_rng(2)
    p = generator.random(20_000)
    outcome = (generator.random(20_000) < p**2).astype(int)
    found = fit_isotonic(np.column_stack([1 - p, p]), outcome)
    grid = np.linspace(0.05, 0.95, 19)
    values = found(np.column_stack([1 - grid, grid]))
    assert (np.diff(values[:, 1]) >= 0).all()
    assert values[:, 1] == pytest.approx(grid**2, abs=0.06)
    assert values.sum(axis=1) == pytest.approx(1)


def test_isotonic_needs_the_columns_swapped_where_the_determinant_is_negative():
    generator = np.random.default_rng(7)
    utility = np.array([[1.0, 3.0], [2.0, 1.0]])
    prediction, outcome = sample(generator, utility, 20_000)
    rate = outcome.mean()
    same = fit_isotonic(prediction, outcome)(prediction)
    assert abs(same[:, 1] - rate).max() < 0.1  # the best rising curve through a falling one
    swapped = fit_isotonic(prediction[:, ::-1], outcome)(prediction[:, ::-1])
    assert abs(loss_calibration_gap(utility, prediction, swapped)).mean() < 0.02


def test_multinomial_recovers_the_posteriors_behind_class_weights():
    generator = np.random.default_rng(3)
    weights = np.array([9.0, 1.0, 3.0])
    prediction, outcome = sample(generator, np.diag(weights), 20_000)
    found = fit_multinomial(prediction, outcome)(prediction)
    posterior = utility_weighted_prediction(np.diag(1 / weights), prediction)  # eq. (27)
    # a regression on log p is of the right form; 12 parameters from 20,000 cases
    assert abs(found - posterior).mean() < 0.01
    assert abs(loss_calibration_gap(np.diag(weights), prediction, found)).mean() < 0.02


def test_maps_cover_more_actions_than_classes():
    prediction, outcome = sample(np.random.default_rng(4), RECTANGULAR, 2000)
    for fit in (fit_bins, fit_multinomial):
        posterior = fit(prediction, outcome, classes=3)(prediction)
        assert posterior.shape == (2000, 3)
        assert (posterior > 0).all()
        assert posterior.sum(axis=1) == pytest.approx(1)


def test_no_map_gives_a_probability_of_zero():
    prediction, outcome = np.array([[0.9, 0.1]] * 5 + [[0.1, 0.9]] * 5), np.array([0] * 5 + [1] * 5)
    for fit in (fit_bins, fit_isotonic, fit_multinomial):
        posterior = fit(prediction, outcome)(np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]))
        assert (posterior > 0).all()


@pytest.mark.parametrize(
    ("fit", "options", "message"),
    [
        (fit_bins, {"bins": 0}, "bins is 0: must be at least 1"),
        (fit_multinomial, {"penalty": 0}, "penalty is 0: must be above zero"),
    ],
)
def test_bad_options_are_named(fit, options, message):
    with pytest.raises(InputError, match=message):
        fit([[0.5, 0.5]], [0], **options)


def test_isotonic_needs_two_columns():
    with pytest.raises(InputError, match="number of columns of prediction is 3: must be 2"):
        fit_isotonic([[0.2, 0.3, 0.5]], [0])
