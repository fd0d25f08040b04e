"""Regimes, paired statistics and what was learned: the numbers behind `empirical.compare`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from empirical import compare_results
from empirical.compare_statistics import paired, row, selected_interval, sign_flip
from empirical.regimes import (
    emphasising_weights,
    inverse_probability_weights,
    measure,
    predictions,
)
from empirical.resolution import (
    THRESHOLDS,
    Recalibration,
    best_recalibration,
    elementary_losses,
    incentive_ratio,
    incentive_slope,
    recovered_posterior,
)
from theory.alignment import realised_loss, realised_utility
from theory.command_line import InputError
from theory.incentives import marginal_value_of_information
from theory.scoring_families import LOGARITHMIC
from theory.utility import class_weight_utility

# Regimes, weights, statistics


def test_weights_keep_the_priors_loss_and_the_ratio():
    prior = np.array([0.5, 0.3, 0.2])
    for weights in (emphasising_weights(prior, 2, 99), inverse_probability_weights(prior)):
        weighted = -(weights * prior * np.log(prior)).sum()
        assert weighted == pytest.approx(-(prior * np.log(prior)).sum(), rel=1e-12)
    assert emphasising_weights(prior, 2, 99)[2] / emphasising_weights(prior, 2, 99)[0] == 99
    inverse = inverse_probability_weights(prior)
    assert inverse * prior == pytest.approx((inverse * prior)[0])
    with pytest.raises(InputError, match="frequency of class 1 is 0"):
        inverse_probability_weights([0.5, 0, 0.5])


def test_ex_post_predictions_are_equation_16_and_measures_their_definitions():
    generator = np.random.default_rng(0)
    logits, labels = generator.normal(size=(50, 3)), generator.integers(3, size=50)
    weights = np.array([3.0, 0.5, 0.1])
    shares = predictions(logits, "raw", weights)
    corrected = predictions(logits, "ex_post", weights)
    expected = shares * weights / (shares @ weights)[:, None]
    assert corrected == pytest.approx(expected, rel=1e-12)
    found = measure(corrected, labels, weights)
    chosen = corrected[np.arange(50), labels]
    right = corrected.argmax(axis=1) == labels
    assert found["weighted_loss"] == pytest.approx(-(weights[labels] * np.log(chosen)).mean())
    assert found["utility"] == pytest.approx((weights[labels] * right).mean())
    assert found["loss"] == pytest.approx(-np.log(chosen).mean())
    assert found["accuracy"] == right.mean()


def test_impossible_events_cost_infinitely_and_are_written_as_null(tmp_path):
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert measure(sure, np.array([1, 1]), np.ones(2))["loss"] == math.inf
    assert compare_results.rounded(math.inf) is None


def test_the_best_interval_is_the_first_of_equals_and_never_infinite():
    series = {"validation": {"weighted_loss": [math.inf, 2.0, 1.0, 1.0], "utility": [1, 3, 3, 2]}}
    assert selected_interval(series, "weighted_loss", "validation") == 2
    assert selected_interval(series, "utility", "validation") == 2  # one interval per regime
    both = {"test": series["validation"]}
    assert selected_interval(both, "utility", "test") == 1


def test_paired_intervals_and_tests_agree_with_scipy():
    generator = np.random.default_rng(1)
    first, second = generator.normal(size=(2, 7))
    found = paired(first, second)
    reference = stats.ttest_rel(second, first)
    assert found.t_test == pytest.approx(reference.pvalue, rel=1e-12)
    interval = reference.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx(tuple(interval), rel=1e-12)
    flips = stats.permutation_test(
        (second - first,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert found.sign_flip == pytest.approx(flips.pvalue, rel=1e-12)
    assert sign_flip(np.full(20, -1.0)) < 1e-3


def test_one_run_has_no_interval_and_a_regime_does_not_beat_itself():
    assert paired([1.0], [0.5]).sign is None
    same = paired([1.0, 2.0], [1.0, 2.0])
    assert (same.sign, same.t_test, same.sign_flip) == (0, 1.0, 1.0)


def test_verdicts_name_the_better_regime():
    def runs(first, second):
        return [
            {
                "weighted": {s: {"utility": [a]} for s in ("validation", "test")},
                "ex_post": {s: {"utility": [b]} for s in ("validation", "test")},
            }
            for a, b in zip(first, second, strict=True)
        ]

    high, low = [0.9, 0.91, 0.92], [0.5, 0.52, 0.51]
    assert row(runs(low, high), "utility", "test")["verdict"].startswith(
        "ex post weighting has the higher"
    )
    assert row(runs(high, low), "utility", "test")["verdict"].startswith("weighted training")
    assert row(runs(high, high), "utility", "test")["verdict"].startswith("no difference")


# What was learned


def test_the_posterior_behind_weighted_predictions_is_recovered():
    weights = np.array([9.0, 1.0, 0.5])
    posterior = np.random.default_rng(2).dirichlet(np.ones(3), size=20)
    logits = np.log(posterior * weights)
    assert recovered_posterior(logits, "weighted", weights) == pytest.approx(posterior)
    assert recovered_posterior(np.log(posterior), "unweighted", weights) == pytest.approx(posterior)


def test_recalibration_undoes_temperature_and_bias():
    generator = np.random.default_rng(3)
    posterior = generator.dirichlet(np.ones(3), size=20_000)
    labels = (posterior.cumsum(axis=1) < generator.random(20_000)[:, None]).sum(axis=1)
    distorted = posterior**2 * np.array([1.0, 3.0, 0.5])
    distorted /= distorted.sum(axis=1, keepdims=True)
    for weights in (np.ones(3), np.array([5.0, 1.0, 0.2])):
        found = Recalibration(distorted, labels, weights)
        assert found.temperature == pytest.approx(0.5, abs=0.05)  # sampling error, and the penalty
        assert np.abs(found(distorted) - posterior).mean() < 0.02


@pytest.mark.parametrize("posterior", [0.03, 0.4, 0.97])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.98, 0.02), (0.3, 1.7)])
def test_losses_are_mixtures_of_elementary_losses(posterior, weights):
    """The weighted loss of p^w(q) is the integral of S_t(q, y) times the curvature at t."""
    total = weights[0] * posterior + weights[1] * (1 - posterior)
    exact = (
        -weights[0] * math.log(weights[0] * posterior / total),
        -weights[1] * math.log(weights[1] * (1 - posterior) / total),
    )

    def curvature(threshold):
        return float(marginal_value_of_information(list(weights), threshold))

    missed, _ = integrate.quad(lambda t: (1 - t) * curvature(t), posterior, 1)
    false_alarm, _ = integrate.quad(lambda t: t * curvature(t), 0, posterior)
    assert (missed, false_alarm) == pytest.approx(exact, rel=1e-6)


def test_elementary_losses_count_decisions_on_the_wrong_side():
    found = elementary_losses(np.array([0.2, 0.6]), np.array([True, False]))
    threshold = THRESHOLDS.index(0.5)
    assert found[threshold] == pytest.approx((0.5 + 0.5) / 2)
    assert found[0] == pytest.approx(0.05 / 2)


def test_a_loss_that_grows_with_dampening_has_a_negative_slope():
    ratio = incentive_ratio(np.array(THRESHOLDS), 1.98, 0.02)
    assert ratio[0] > ratio[-1]
    plain = np.full(len(THRESHOLDS), 0.1)
    assert incentive_slope(plain / ratio**0.1, plain, 1.98, 0.02) < 0
    assert incentive_slope(plain, plain, 1.98, 0.02) == pytest.approx(0)
    assert math.isnan(incentive_slope(0 * plain, 0 * plain, 1.98, 0.02))


def test_a_recalibration_must_gain_more_than_its_standard_error():
    generator = np.random.default_rng(4)
    posterior = generator.dirichlet(np.ones(3), size=150)
    labels = (posterior.cumsum(axis=1) < generator.random(150)[:, None]).sum(axis=1)
    weights = np.array([99.0, 1.0, 1.0])
    name, unchanged = best_recalibration(posterior, labels, weights)
    assert name == "none"
    assert unchanged(posterior) is posterior
    distorted = posterior**5 / (posterior**5).sum(axis=1, keepdims=True)
    assert best_recalibration(distorted, labels, np.ones(3))[0] != "none"


def test_measures_are_the_general_functions_at_class_weights():
    rng = np.random.default_rng(0)
    labels, weights = rng.integers(4, size=50), rng.uniform(0.1, 9, 4)
    prediction = rng.dirichlet(np.ones(4), 50)
    found = measure(prediction, labels, weights)
    diagonal, decision = class_weight_utility(weights), prediction.argmax(axis=1)
    loss = realised_loss(LOGARITHMIC, diagonal, prediction, labels).mean()
    assert found["weighted_loss"] == pytest.approx(loss)
    assert found["utility"] == pytest.approx(realised_utility(diagonal, decision, labels).mean())
