"""`theory.training_practices`: each practice against the loss it stands for, and the way back."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from theory.arrays import as_array
from theory.command_line import InputError
from theory.prediction import utility_weighted_prediction
from theory.training_practices import (
    HARD_EXAMPLE_MINING,
    MIXED_EXAMPLES,
    SYNTHETIC_OVERSAMPLING,
    class_weighting,
    focal_loss,
    focal_posterior,
    focal_slope,
    label_noise,
    label_smoothing,
    logit_adjustment,
    resampling,
    utility_of_class_weights,
    utility_of_label_smoothing,
    utility_of_resampling,
    weighted_examples,
)

POSTERIORS = np.array([[0.7, 0.2, 0.1], [0.01, 0.9, 0.09], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])
WEIGHTS = np.array([5.0, 1.0, 0.5])
NOISE = np.array([[0.8, 0.1, 0.0], [0.1, 0.7, 0.2], [0.1, 0.2, 0.8]])
LINEAR = [
    class_weighting(WEIGHTS),
    class_weighting("balanced", class_counts=[10, 20, 70]),
    resampling(WEIGHTS),
    label_smoothing(0.1, 3),
    label_smoothing(0.3, 3, WEIGHTS),
    label_noise(NOISE),
    logit_adjustment([0.1, 0.2, 0.7]),
]


@pytest.mark.parametrize("practice", LINEAR, ids=lambda practice: practice.name)
def test_recovers_the_posterior(practice):
    prediction = utility_weighted_prediction(practice.utility, POSTERIORS)
    np.testing.assert_allclose(practice.recover(prediction), POSTERIORS, atol=1e-12)
    assert practice.invertible


@pytest.mark.parametrize("practice", LINEAR, ids=lambda practice: practice.name)
def test_torch_recovers_the_same(practice):
    prediction = utility_weighted_prediction(practice.utility, POSTERIORS)
    recovered = practice.recover(torch.tensor(prediction))
    np.testing.assert_allclose(recovered.numpy(), POSTERIORS, atol=1e-12)


@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=4),
    st.fractions(0, F(9, 10), max_denominator=20),
)
def test_fractions_come_back_exactly(counts, epsilon):
    posterior = np.array([F(count, sum(counts)) for count in counts])
    weights = np.array([F(index + 1, 3) for index in range(len(counts))])
    practice = label_smoothing(epsilon, len(counts), weights)
    prediction = utility_weighted_prediction(practice.utility, posterior)
    assert practice.recover(prediction).tolist() == posterior.tolist()


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weights", [None, [5.0, 1.0, 0.5]])
def test_label_smoothing_is_torchs(epsilon, weights):
    utility = torch.tensor(utility_of_label_smoothing(epsilon, 3, weights))
    logits = torch.randn(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(20) % 3
    tensor = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    theirs = torch.nn.functional.cross_entropy(
        logits, labels, weight=tensor, label_smoothing=epsilon, reduction="sum"
    )
    ours = -(torch.log_softmax(logits, -1) * utility.T[labels]).sum()
    torch.testing.assert_close(ours, theirs)


def test_example_weights_multiply_columns():
    plain = utility_of_label_smoothing(0.2, 2)
    assert weighted_examples(plain, [1, 3]).tolist() == (plain * [1, 3]).tolist()
    by_instance = weighted_examples(plain, [[1, 3], [2, 1]])
    assert by_instance[1].tolist() == (plain * [2, 1]).tolist()


def test_what_no_posterior_comes_back_from():
    assert not label_smoothing(1.0, 3).invertible
    assert label_smoothing(1.0, 1).invertible
    useless = label_noise([[0.5, 0.5], [0.5, 0.5]])
    assert (useless.invertible, useless.recover) == (False, None)
    for practice in (SYNTHETIC_OVERSAMPLING, MIXED_EXAMPLES, HARD_EXAMPLE_MINING):
        assert (practice.utility, practice.invertible, practice.recover) == (None, False, None)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("posterior", [(0.7, 0.2, 0.1), (0.02, 0.9, 0.08)])
def test_focal_prediction_minimises_the_focal_loss(gamma, posterior):
    """Minimise by definition, then come back: the gradient at the minimum is at rounding level."""

    def risk(logits):
        p = np.exp(logits - logits.max())
        p /= p.sum()
        return -np.sum(np.array(posterior) * (1 - p) ** gamma * np.log(p))

    found = minimize(risk, np.log(posterior), method="BFGS", options={"gtol": 1e-9})
    prediction = np.exp(found.x) / np.exp(found.x).sum()
    np.testing.assert_allclose(focal_loss(gamma, 3).recover(prediction), posterior, atol=2e-5)


def test_focal_slope_is_the_derivative():
    p, gamma = sp.symbols("p gamma", positive=True)
    derivative = sp.diff(-((1 - p) ** gamma) * sp.log(p), p)
    assert sp.simplify(derivative * p + focal_slope(p, sp.log(p), gamma)) == 0


def test_focal_posterior_on_the_edge():
    rows = np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.6, 0.4, 0.0]])
    posterior = focal_posterior(rows, 2.0)
    assert posterior[0].tolist() == [1, 0, 0]
    assert posterior[1].tolist() == [0, 0.5, 0.5]
    assert posterior[2, 2] == 0
    assert focal_posterior(torch.tensor(rows), 2.0).numpy() == pytest.approx(posterior)


@given(st.lists(st.floats(1e-3, 1), min_size=2, max_size=5), st.floats(0, 6))
def test_focal_loss_keeps_the_order_of_the_classes(masses, gamma):
    prediction = np.array(masses) / sum(masses)
    posterior = focal_posterior(prediction, gamma)
    order = np.argsort(prediction)
    assert (np.diff(posterior[order]) >= -1e-12).all()
    assert posterior.sum() == pytest.approx(1)


def test_the_focal_posterior_is_that_of_the_slope():
    prediction = np.array([[0.5, 0.3, 0.2], [0.9, 0.09, 0.01]])
    for gamma in (0.0, 0.5, 2.0, 5.0):
        odds = prediction / focal_slope(prediction, np.log(prediction), gamma)
        expected = odds / odds.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(focal_posterior(prediction, gamma), expected, rtol=1e-13)


def test_the_focal_posterior_does_not_overflow():
    """Nearly certain predictions and high powers: the other class has odds of next to nothing."""
    sharp = np.array([1 - 6e-8, 6e-8], dtype=np.float32)
    for prediction, gamma in (([0.9, 0.1], 400.0), ([1 - 2e-16, 2e-16], 25.0), (sharp, 6.0)):
        assert focal_posterior(prediction, gamma) == pytest.approx([1, 0], abs=1e-40)
    assert focal_posterior(sharp, 6.0).dtype == np.float32
    tensor = torch.tensor([[0.9, 0.1], [1.0, 0.0]], dtype=torch.float64, requires_grad=True)
    focal_posterior(tensor, 3.0)[:, 0].sum().backward()
    assert bool(torch.isfinite(tensor.grad).all())


def test_the_focal_loss_at_zero_is_the_log_loss():
    practice = focal_loss(0, 3)
    assert practice.utility.tolist() == np.eye(3).tolist()
    assert practice.recover(POSTERIORS) is POSTERIORS
    assert focal_loss(2, 3).utility is None


@pytest.mark.parametrize("practice", [*LINEAR, focal_loss(2, 3)], ids=lambda each: each.name)
def test_the_image_is_where_posteriors_are_recovered(practice):
    corners = np.concatenate([np.eye(3), np.full((1, 3), 1 / 3)])
    recovered = practice.recover(corners)
    assert practice.in_image(corners).tolist() == (recovered.min(axis=1) >= -1e-12).tolist()


def test_predictions_that_smoothing_never_aims_at_are_noticed():
    practice = label_smoothing(0.1, 2)
    assert practice.in_image([[1.0, 0.0], [0.95, 0.05]]).tolist() == [False, True]
    assert practice.recover([1.0, 0.0]).min() < 0


def test_noise_is_invertible_if_its_fractions_are():
    tiny = F(1, 10**20)
    exact = np.array([[F(1, 2), F(1, 2) - tiny], [F(1, 2), F(1, 2) + tiny]])
    practice = label_noise(exact)
    assert practice.invertible
    posterior = [F(1, 3), F(2, 3)]
    prediction = utility_weighted_prediction(exact, posterior)
    assert practice.recover(prediction).tolist() == posterior
    assert not label_noise(exact.astype(float)).invertible


@pytest.mark.parametrize("gradient", [False, True])
def test_label_smoothing_with_tensors_of_weights(gradient):
    weights = torch.tensor([1.0, 2.0], requires_grad=gradient)
    practice = label_smoothing(0.1, 2, weights)
    expected = np.array([[0.95, 0.05], [0.1, 1.9]])
    np.testing.assert_allclose(practice.utility.detach().numpy(), expected, rtol=1e-6)
    prediction = utility_weighted_prediction(expected, [0.3, 0.7])
    for given_as in (prediction, torch.tensor(prediction, dtype=torch.float32)):
        found = practice.recover(given_as)
        np.testing.assert_allclose(found.detach().numpy(), [0.3, 0.7], rtol=1e-5)


def test_focal_loss_is_no_weighting():
    """A utility that keeps the corners of the simplex is diagonal, so p_0/p_1 would fix q_0/q_1."""
    lines = focal_posterior([[0.2, 0.3, 0.5], [0.04, 0.06, 0.9]], 2.0)
    ratios = lines[:, 0] / lines[:, 1]
    assert abs(ratios[0] - ratios[1]) > 0.01


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: utility_of_class_weights("even"), "weights is 'even'"),
        (lambda: utility_of_class_weights("balanced"), "class_counts is None"),
        (lambda: utility_of_class_weights("balanced", [1, 0]), "class_counts is [1.0, 0.0]"),
        (lambda: utility_of_class_weights([1, -1]), "weights[1] is -1.0"),
        (lambda: utility_of_label_smoothing(1.5, 3), "epsilon is 1.5"),
        (lambda: utility_of_label_smoothing(0.1, 0), "classes is 0"),
        (lambda: utility_of_label_smoothing(0.1, 3, [1, 1]), "number of weights is 2"),
        (lambda: utility_of_resampling([1, 0]), "rates[1] is 0.0"),
        (lambda: label_noise([[1, 1]]), "shape of transition is (1, 2)"),
        (lambda: label_noise([[1, 1], [1, 0]]), "transition is"),
        (lambda: focal_loss(-1, 2), "gamma is -1"),
        (lambda: focal_posterior([0.5, 0.5], -1), "gamma is -1"),
        (lambda: focal_posterior([0.5, 0.5], np.inf), "gamma is inf"),
        (lambda: focal_posterior([F(1, 2), F(1, 2)], 2), "type of prediction is exact"),
        (lambda: logit_adjustment([0.0, 1.0]), "prior[0] is 0.0: must be positive"),
        (lambda: SYNTHETIC_OVERSAMPLING.in_image([0.5, 0.5]), "practice is synthetic"),
    ],
)
def test_errors_name_argument_and_value(call, message):
    with pytest.raises(InputError, match="must") as raised:
        call()
    assert message in str(raised.value)


def test_exact_matrices_stay_exact():
    matrix = utility_of_label_smoothing(F(1, 4), 3, as_array([F(1), F(2), F(3)]))
    assert all(isinstance(entry, F) for entry in matrix.ravel())
