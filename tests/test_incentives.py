"""Residual learning losses: two routes, gradients against autograd, crossings, the command line."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from theory.arrays import as_array
from theory.command_line import InputError
from theory.crossings import (
    EDGE,
    curvature_crossing,
    marginal_crossings,
    marginal_terms,
    peak,
    residual_crossings,
    residual_terms,
    size_crossings,
)
from theory.incentives import (
    directional_derivative,
    marginal_learning_loss,
    marginal_value_of_information,
    residual_gradient,
    residual_learning_loss,
    residual_learning_loss_by_definition,
    tangent_gradient,
    utility_weighted_loss,
)
from theory.log_bounds import combination_float, combination_sign, log_bounds
from theory.scoring_families import BRIER, KINKED, LOGARITHMIC, LOSSES, SPHERICAL

PROPER = [loss for loss in LOSSES if loss.propriety != "improper"]
SMOOTH = [loss for loss in PROPER if loss.propriety == "strictly proper"]
WEIGHTED, EQUAL = (F(99, 100), F(1, 100)), (F(1, 2), F(1, 2))


def name(loss):
    return loss.name


@st.composite
def problems(draw, least=0):
    """A utility with 1-4 actions and 2-4 classes, and two posteriors; exact."""
    actions, classes = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    entry = st.integers(least, 9)
    utility = [[F(draw(entry)) for _ in range(classes)] for _ in range(actions)]
    utility[0] = [value + (value == 0) for value in utility[0]]  # nondegenerate
    posteriors = []
    for _ in range(2):
        weights = [draw(entry) for _ in range(classes)]
        weights[0] += not any(weights)
        posteriors.append(as_array([F(weight, sum(weights)) for weight in weights]))
    return as_array(utility), *posteriors


def floats(*arrays):
    return [array.astype(float) for array in arrays]


@pytest.mark.parametrize("loss", PROPER, ids=name)
@given(problems())
def test_both_routes_and_the_supergradient(loss, problem):
    """Values are sums of at most 16 terms, each at most 9 * 40 in size."""
    utility, q, other = floats(*problem)
    rounding = 16 * 9 * 40 * 4 * np.finfo(float).eps
    value = residual_learning_loss(loss, utility, q)
    assert residual_learning_loss_by_definition(loss, utility, q) == pytest.approx(
        value, abs=rounding
    )
    bound = value + directional_derivative(loss, utility, q, other - q)
    assert residual_learning_loss(loss, utility, other) <= bound + rounding


@pytest.mark.parametrize("loss", [LOGARITHMIC, BRIER, SPHERICAL], ids=name)
def test_residual_loss_is_the_least_utility_weighted_loss(loss):
    """By numerical minimisation over predictions, written as softmax of free numbers."""
    rng = np.random.default_rng(1)
    for _ in range(5):
        utility, q = rng.uniform(0, 3, (3, 4)), rng.dirichlet([1.0] * 4)

        def cost(logits, utility=utility, q=q):
            prediction = np.exp(logits - logits.max())
            return utility_weighted_loss(loss, utility, prediction / prediction.sum()) @ q

        found = optimize.minimize(cost, np.zeros(3), method="BFGS")
        # At a minimum the value is quadratic in what BFGS leaves of the gradient (1e-5).
        assert residual_learning_loss(loss, utility, q) == pytest.approx(found.fun, abs=1e-8)
        assert residual_learning_loss(loss, utility, q) <= found.fun + 1e-14


@pytest.mark.parametrize("loss", SMOOTH, ids=name)
@given(problems(least=1))
def test_gradient_is_that_of_the_homogeneous_extension(loss, problem):
    utility, q, _ = floats(*problem)
    v = torch.tensor(q, requires_grad=True)
    residual_learning_loss(loss, torch.tensor(utility), v).backward()
    gradient = residual_gradient(loss, utility, q)
    np.testing.assert_allclose(v.grad.numpy(), gradient, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("loss", SMOOTH, ids=name)
@given(problems(least=1))
def test_tangent_gradient_by_central_differences(loss, problem):
    """Errors: third derivatives times h^2, which stay below 1e4 here, and rounding over h."""
    utility, q, _ = floats(*problem)
    tangent, h = tangent_gradient(loss, utility, q), 1e-5
    assert abs(tangent.sum()) < 1e-10
    for direction in np.eye(len(q))[1:] - np.eye(len(q))[0]:
        ahead, behind = (residual_learning_loss(loss, utility, q + s * direction) for s in (h, -h))
        expected = tangent @ direction
        assert (ahead - behind) / (2 * h) == pytest.approx(expected, abs=1e4 * h * h + 1e-8)
        exact = directional_derivative(loss, utility, q, direction)
        assert exact == pytest.approx(expected, abs=1e-10)


def test_kinked_loss_has_no_derivative_at_a_tie():
    half, t = F(1, 2), F(1, 1000)
    identity = as_array([[F(1), F(0)], [F(0), F(1)]])
    values = [
        residual_learning_loss(KINKED, identity, as_array([half + s, half - s]))
        for s in (-t, F(0), t)
    ]
    assert [(b - a) / t for a, b in pairwise(values)] == [1 + 2 * t, -1 - 2 * t]


def test_exact_numbers_stay_exact():
    utility, q = as_array([[F(2), F(1)], [F(0), F(3)]]), as_array([F(1, 3), F(2, 3)])
    first, second = F(4, 3), F(2)  # the expected utilities
    total, squares = first + second, first**2 + second**2
    assert residual_learning_loss(BRIER, utility, q) == total - squares / total
    assert all(isinstance(entry, F) for entry in residual_gradient(BRIER, utility, q))


def test_utilities_for_each_instance_and_batches():
    rng = np.random.default_rng(2)
    utilities, posteriors = rng.uniform(0.1, 1, (6, 3, 4)), rng.dirichlet([1.0] * 4, 6)
    batch = residual_gradient(LOGARITHMIC, utilities, posteriors)
    single = [
        residual_gradient(LOGARITHMIC, u, q) for u, q in zip(utilities, posteriors, strict=True)
    ]
    np.testing.assert_allclose(batch, single, rtol=1e-13)
    shared = residual_learning_loss(LOGARITHMIC, utilities[0], torch.tensor(posteriors))
    assert shared.shape == (6,)


def test_edges():
    certain = np.array([1.0, 0.0])
    gradient = residual_gradient(LOGARITHMIC, np.eye(2), certain)
    assert gradient.tolist() == [0, np.inf]
    assert residual_learning_loss(LOGARITHMIC, np.eye(2), certain) == 0
    assert directional_derivative(LOGARITHMIC, np.eye(2), certain, [-1.0, 1.0]) == np.inf
    useless = np.array([[1.0, 1.0], [0.0, 0.0]])  # an action without any use is never predicted
    assert residual_gradient(LOGARITHMIC, useless, certain).tolist() == [0, 0]


def test_one_exact_argument_makes_the_result_exact():
    thirds, halves = [F(1, 3), F(2, 3)], [F(1, 2), F(1, 2)]
    assert residual_learning_loss_by_definition(BRIER, [[2, 1], [0, 3]], thirds) == F(8, 5)
    gradient = residual_gradient(BRIER, [[2, 1], [0, 3]], thirds)
    assert all(isinstance(entry, F) for entry in gradient)
    slope = directional_derivative(BRIER, [[2, 1], [0, 3]], thirds, [1, -1])
    assert slope == gradient[0] - gradient[1]
    assert marginal_value_of_information([99, 1], [F(1, 3)])[0] == F(2673, 202)
    assert marginal_learning_loss(halves, F(1, 2)) == 0
    exact = marginal_learning_loss([99, 1], [F(1, 3)])[0]
    assert float(exact) == pytest.approx(marginal_learning_loss([99, 1], [1 / 3])[0], rel=1e-13)


def test_tensors_combine_with_lists_on_either_side():
    value = residual_learning_loss(BRIER, torch.eye(2, dtype=torch.float64), [0.3, 0.7])
    assert value.item() == pytest.approx(1 - 0.09 - 0.49, abs=1e-15)
    assert isinstance(residual_gradient(BRIER, [[1, 0], [0, 1]], torch.tensor([0.3, 0.7])).sum(),
                      torch.Tensor)  # fmt: skip


@pytest.mark.parametrize("loss", SMOOTH, ids=name)
@pytest.mark.parametrize("batch", [False, True])
def test_useless_actions_leave_gradients_finite(loss, batch):
    q = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    utility = torch.tensor([[2.0, 1.0], [0.0, 0.0], [0.0, 3.0]], dtype=torch.float64)
    useful = utility[[0, 2]]
    residual_learning_loss(loss, utility[None] if batch else utility, q).sum().backward()
    expected = residual_gradient(loss, useful, q.detach())
    torch.testing.assert_close(q.grad, expected, rtol=1e-12, atol=1e-12)
    q.grad = None
    residual_gradient(loss, utility, q).sum().backward()
    again = q.detach().clone().requires_grad_()
    residual_gradient(loss, useful, again).sum().backward()
    torch.testing.assert_close(q.grad, again.grad, rtol=1e-12, atol=1e-12)


def test_marginals_near_the_edge_and_of_large_weights():
    """Against exact values; a relative error of a few roundings (1 - q is exact for these q)."""
    for weights in ((F(10**6), F(1)), (F(1), F(1)), (F(1, 10**6), F(1))):
        for q in (1 - F(1, 2**45), F(1, 2**45), F(1, 2)):
            exact = combination_float(marginal_terms(weights, q))
            found = marginal_learning_loss([float(weight) for weight in weights], float(q))
            assert found == pytest.approx(exact, rel=1e-14, abs=1e-300)
    assert marginal_value_of_information([1e200, 1e200], 0.5) == pytest.approx(4e200, rel=1e-15)
    with pytest.raises(InputError, match=r"shape of weights is \(3,\): must be \(2,\)"):
        marginal_learning_loss([1, 1, 1], 0.5)


def test_shapes_are_checked():
    with pytest.raises(InputError, match="number of actions in prediction is 3"):
        utility_weighted_loss(LOGARITHMIC, np.eye(2), np.array([0.2, 0.3, 0.5]))
    with pytest.raises(InputError, match="number of classes in posterior is 3"):
        residual_gradient(LOGARITHMIC, np.eye(2), np.array([0.2, 0.3, 0.5]))


def test_marginal_is_the_difference_of_partials():
    q = np.linspace(0.001, 0.999, 99)
    weights = np.array([0.99, 0.01])
    gradient = residual_gradient(LOGARITHMIC, np.diag(weights), np.stack([q, 1 - q], axis=-1))
    marginal = marginal_learning_loss(weights, q)
    np.testing.assert_allclose(marginal, gradient[:, 0] - gradient[:, 1], atol=1e-14)
    at = torch.tensor(q, requires_grad=True)
    slope = marginal_learning_loss(weights, at)
    slope.sum().backward()
    information = marginal_value_of_information(weights, q)
    np.testing.assert_allclose(-at.grad.numpy(), information, rtol=1e-11)


# Crossings


@st.composite
def weight_pairs(draw):
    one, other = ((F(draw(st.integers(1, 30))), F(draw(st.integers(1, 30)))) for _ in range(2))
    other = (other[0] + (one == other), other[1])
    return one, other


def differences(terms, one, other, q, sign=-1):
    return combination_sign([*terms(one, q), *((sign * c, x) for c, x in terms(other, q))])


@settings(max_examples=12)
@given(weight_pairs())
def test_signs_change_at_the_crossings_and_nowhere_else(pair):
    cases = (
        (residual_terms, residual_crossings(*pair, F(1, 1000))),
        (marginal_terms, marginal_crossings(*pair, F(1, 1000))),
    )
    for terms, brackets in cases:
        ends = [F(0), *(end for bracket in brackets for end in bracket), F(1)]
        signs = []
        for low, high in zip(ends[::2], ends[1::2], strict=True):
            inner = [low + (high - low) * F(k, 8) for k in range(1, 8)]
            found = {differences(terms, *pair, q) for q in inner}
            assert len(found) == 1
            signs.append(found.pop())
        assert 0 not in signs
        assert all(a == -b for a, b in pairwise(signs))


def test_crossings_of_figure_2():
    ((low, high),) = residual_crossings(WEIGHTED, EQUAL)
    assert F(1, 3862) < low < high < F(1, 3861)
    assert high - low <= low / 10**9
    assert len(size_crossings(WEIGHTED, EQUAL)) == 3
    assert curvature_crossing(WEIGHTED, EQUAL) == F(1, 100)
    assert curvature_crossing((F(2), F(1)), (F(1), F(1))) is None
    assert peak(EQUAL) == (F(1, 2), F(1, 2))


def test_extreme_weights_have_crossings_too():
    weights = (1 - F(1, 10**6), F(1, 10**6))
    ((low, high),) = residual_crossings(weights, EQUAL)
    assert differences(residual_terms, weights, EQUAL, low) == 1
    assert differences(residual_terms, weights, EQUAL, high) == -1


def scaled(first, second):
    return F(first, first + second), F(second, first + second)


@pytest.mark.parametrize("mirrored", [False, True])
def test_crossings_of_close_weights_are_far_out(mirrored):
    """They are near exp(-w_1 / w_2): 1e-217 for 500 to 1, and beyond `EDGE` for 1000 to 1."""
    order = slice(None, None, -1 if mirrored else 1)
    pair = scaled(200, 1)[order], scaled(199, 1)[order]
    ((low, high),) = residual_crossings(*pair)
    assert 0 < high - low <= min(low, 1 - high) / 10**9
    assert differences(residual_terms, *pair, low) == -differences(residual_terms, *pair, high) != 0
    pair = scaled(1000, 1)[order], scaled(999, 1)[order]
    beyond = (1 - EDGE, F(1)) if mirrored else (F(0), EDGE)
    assert residual_crossings(*pair) == [beyond]
    inner, outer = marginal_crossings(*pair)[:: 1 if mirrored else -1]
    assert outer == beyond
    assert inner[1] - inner[0] <= min(inner[0], 1 - inner[1]) / 10**9


def test_weights_must_differ_and_be_positive():
    with pytest.raises(InputError, match=r"other is .*: must differ"):
        residual_crossings(EQUAL, EQUAL)
    with pytest.raises(InputError, match=r"weights is .*: must be positive"):
        curvature_crossing((F(0), F(1)), EQUAL)


@given(st.fractions(F(1, 1000), 1000, max_denominator=1000), st.integers(4, 80))
def test_log_bounds_enclose_the_logarithm(x, bits):
    low, high = log_bounds(x, bits)
    assert high - low < F(8 + 10, 2**bits)
    # math.log is right to half a unit in the last place; 1e-14 is above that for values below 7.
    assert float(low) - 1e-14 <= np.log(float(x)) <= float(high) + 1e-14


def test_log_bounds_need_a_positive_argument():
    with pytest.raises(ValueError, match="argument is 0: must be positive"):
        log_bounds(F(0))
