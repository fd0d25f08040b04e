"""Loss calibration: recalibration maps, reliability, and the level and power of the test.

A test that rejects with probability L rejects in Binomial(R, L) of R simulations.  The bounds used
here are left by a right test with a chance of 1e-4 per case, and the seeds are fixed.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from theory.calibration import (
    calibration_moments,
    fit_bins,
    fit_isotonic,
    fit_multinomial,
    loss_calibration_gap,
    observed_posterior,
    reliability,
)
from theory.calibration_inference import instrument_values, loss_calibration_test
from theory.command_line import InputError
from theory.prediction import utility_weighted_prediction

F = Fraction
WEIGHTED = np.diag([99.0, 1.0])
FULL = np.array([[3.0, 1.0, 0.5], [0.2, 2.0, 0.1], [1.0, 0.0, 4.0]])
SINGULAR = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 2.0], [1.0, 1.0, 1.0]])
RECTANGULAR = np.array([[5.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.6, 0.7]])
FAMILIES = ("linear", "bins", "kernel")
LEVEL = 0.05


def sample(generator, utility, rows, bend=0.0):
    """Predictions for random posteriors, and classes; sharpened posteriors if `bend` > 0."""
    classes = utility.shape[1]
    posterior = generator.dirichlet(np.full(classes, 0.8), rows)
    outcome = (generator.random(rows)[:, None] >= posterior.cumsum(axis=1)).sum(axis=1)
    believed = posterior ** (1 + bend)
    believed /= believed.sum(axis=1, keepdims=True)
    outcome = np.minimum(outcome, classes - 1)
    return utility_weighted_prediction(utility, believed), outcome


def rejections(utility, rows, runs, *, bend=0.0, level=LEVEL, **options):
    """How many of `runs` simulated tests reject."""
    generator = np.random.default_rng([rows, runs, int(100 * bend)])
    rejected = 0
    for seed in range(runs):
        prediction, outcome = sample(generator, utility, rows, bend)
        found = loss_calibration_test(utility, prediction, outcome, seed=seed, **options)
        rejected += found.p_value <= level
    return rejected


def within_binomial(count, runs, low, high, chance=1e-4):
    """Whether `count` of `runs` is compatible with a probability in [low, high]."""
    return binom.ppf(chance, runs, low) <= count <= binom.isf(chance, runs, high)


# The test


@pytest.mark.parametrize("instruments", FAMILIES)
@pytest.mark.parametrize("utility", [WEIGHTED, FULL])
def test_exact_level_at_forty_rows(utility, instruments):
    count = rejections(utility, 40, 300, instruments=instruments, draws=19)
    assert within_binomial(count, 300, LEVEL, LEVEL)


@pytest.mark.parametrize("utility", [SINGULAR, RECTANGULAR])
def test_wild_level_at_two_hundred_rows(utility):
    count = rejections(utility, 200, 150, draws=99)
    assert within_binomial(count, 150, 0.02, 0.09)


@pytest.mark.parametrize("utility", [WEIGHTED, FULL, SINGULAR, RECTANGULAR])
def test_power_against_overconfidence(utility):
    assert rejections(utility, 1000, 40, bend=0.7, draws=99) >= 36


def test_linear_instruments_miss_a_symmetric_deviation():
    """E[Y | P] - P is proportional to 1/6 - (P - 1/2)^2 * 2 here: even about the mean of P."""
    generator = np.random.default_rng(0)
    p = generator.random(4000)
    truth = p + 0.6 * (1 / 12 - (p - 0.5) ** 2)
    outcome = (generator.random(4000) < truth).astype(int)
    prediction = np.column_stack([1 - p, p])
    found = {
        family: loss_calibration_test(np.eye(2), prediction, outcome, instruments=family).p_value
        for family in FAMILIES
    }
    assert found["linear"] > 0.05
    assert found["bins"] < 0.05
    assert found["kernel"] < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("instruments", FAMILIES)
@pytest.mark.parametrize("rows", [25, 100, 800])
@pytest.mark.parametrize("utility", [WEIGHTED, FULL])
def test_exact_level_study(utility, rows, instruments):
    count = rejections(utility, rows, 600, instruments=instruments, draws=19)
    assert within_binomial(count, 600, LEVEL, LEVEL)


@pytest.mark.slow
@pytest.mark.parametrize("instruments", FAMILIES)
@pytest.mark.parametrize("rows", [400, 1600])
@pytest.mark.parametrize("utility", [FULL, SINGULAR, RECTANGULAR])
def test_wild_level_study(utility, rows, instruments):
    """Asymptotic: within two points of the level from 400 rows on."""
    count = rejections(utility, rows, 250, instruments=instruments, draws=99, null="wild")
    assert within_binomial(count, 250, LEVEL - 0.02, LEVEL + 0.02)


@pytest.mark.slow
@pytest.mark.parametrize("instruments", FAMILIES)
@pytest.mark.parametrize("utility", [FULL, SINGULAR, RECTANGULAR])
def test_power_grows_to_one(utility, instruments):
    few, many = (
        rejections(utility, rows, 60, bend=0.5, instruments=instruments, draws=99)
        for rows in (100, 3200)
    )
    assert few < 45
    assert many >= 57


def test_a_prediction_that_nothing_explains_rejects_for_certain():
    utility = np.array([[2.0, 1.0], [1.0, 2.0]])  # its predictions lie between 1/3 and 2/3
    prediction = np.array([[0.5, 0.5]] * 9 + [[0.9, 0.1]])
    found = loss_calibration_test(utility, prediction, np.arange(10) % 2)
    assert (found.p_value, found.off_image, found.null) == (0.0, 1, "exact")


def test_seeds_repeat_and_scale_does_not_matter():
    prediction, outcome = sample(np.random.default_rng(3), FULL, 200)
    one = loss_calibration_test(FULL, prediction, outcome, seed=5)
    assert one == loss_calibration_test(FULL, prediction, outcome, seed=5)
    scaled = loss_calibration_test(8 * FULL, prediction, outcome, seed=5)  # exact in binary
    assert scaled.statistic == pytest.approx(one.statistic, rel=1e-10)
    assert scaled.p_value == one.p_value


def test_degenerate_predictions_do_not_divide_by_zero():
    prediction, outcome = np.array([[1.0, 0.0]] * 30), np.zeros(30, dtype=int)
    for family in FAMILIES:
        found = loss_calibration_test(np.eye(2), prediction, outcome, instruments=family)
        assert (found.statistic, found.p_value) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": [0, 3]}, r"outcome is \[3\]: must be a class, 0 to 1"),
        ({"prediction": [[0.5, 0.6]] * 2}, "row 0 of prediction is"),
        ({"prediction": [[0.2, 0.3, 0.5]] * 2}, r"shape of prediction is \(2, 3\): must be rows"),
        ({"utility": [[-1, 0], [0, 1]]}, r"utility\[0, 0\] is -1.0: must be at least 0"),
        ({"draws": 5}, "draws is 5: must be at least 19"),
        ({"instruments": "splines"}, "instruments is 'splines': must be one of linear"),
        ({"utility": [[1, 1], [1, 1]], "null": "exact"}, "must be square and invertible"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"utility": np.eye(2), "prediction": [[0.5, 0.5]] * 2, "outcome": [0, 1]} | change
    with pytest.raises(InputError, match=message):
        loss_calibration_test(**arguments)


def test_instruments_are_functions_of_the_prediction():
    prediction = np.array([[0.2, 0.8], [0.2, 0.8], [0.5, 0.5], [0.9, 0.1]])
    for family in FAMILIES:
        values = instrument_values(prediction, family, np.random.default_rng(0))
        assert len(values) == 4
        assert (values[0] == values[1]).all()


# Moments, posteriors, reliability


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
