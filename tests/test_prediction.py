"""Utility-weighted predictions: against minimisation of the definition, in every array library."""

from __future__ import annotations

import re
from fractions import Fraction as F

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from theory.command_line import InputError
from theory.prediction import (
    BLOCK_ROWS,
    decision,
    expected_utility,
    utility_weighted_prediction,
    validated_probabilities,
)

EPS = float(np.finfo(float).eps)


@st.composite
def problems(draw: st.DrawFn, actions: int | None = None, classes: int | None = None):
    """A nondegenerate utility and a posterior, both exact; zeros are common."""
    n = actions or draw(st.integers(1, 4))
    m = classes or draw(st.integers(1, 4))
    entries = st.integers(0, 6).map(lambda number: F(number, 3))
    utility = np.array([[draw(entries) for _ in range(m)] for _ in range(n)])
    for column in range(m):
        if not any(utility[:, column]):
            utility[draw(st.integers(0, n - 1)), column] = F(1)
    counts = draw(st.lists(st.integers(0, 5), min_size=m, max_size=m).filter(any))
    return utility, np.array([F(count, sum(counts)) for count in counts])


def weighted_loss(losses, utility, posterior):
    """sum_y q_y sum_a l(p, a) u(a, y); `losses` holds l(p, a)."""
    return sum(
        posterior[y] * sum(losses[a] * utility[a, y] for a in range(len(utility)))
        for y in range(len(posterior))
    )


def brier(p):
    return [((p - vertex) ** 2).sum() for vertex in np.eye(len(p))]


@given(problems())
def test_no_prediction_has_less_brier_loss(problem):
    utility, posterior = problem
    best = utility_weighted_prediction(utility, posterior)
    assert sum(best) == 1
    assert min(best) >= 0
    total = expected_utility(utility, posterior).sum()
    least = weighted_loss(_exact_brier(best), utility, posterior)
    size = len(best)
    others = [*np.eye(size, dtype=int), np.full(size, F(1, size)), (best + F(1, size)) / 2]
    for other in others:
        other = np.array([F(entry) for entry in other])
        excess = weighted_loss(_exact_brier(other), utility, posterior) - least
        assert excess == total * ((other - best) ** 2).sum()


def _exact_brier(p):
    return [sum((entry - int(a == b)) ** 2 for b, entry in enumerate(p)) for a in range(len(p))]


@settings(max_examples=25)
@given(problems(actions=3, classes=3))
def test_minimising_the_definition_finds_the_closed_form(problem):
    utility, posterior = (array.astype(float) for array in problem)

    def loss(logits):
        logarithms = logits - np.logaddexp.reduce(logits)
        return weighted_loss(-logarithms, utility, posterior)

    found = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-9})
    p = np.exp(found.x - np.logaddexp.reduce(found.x))
    # The log loss exceeds its minimum by T KL >= T |difference|_1^2 / 2 (Pinsker), so losses as
    # close as the tolerance of the minimiser mean predictions this close.
    closed = utility_weighted_prediction(utility, posterior)
    assert abs(p - closed).sum() < 1e-3


@given(problems())
def test_libraries_agree(problem):
    utility, posterior = problem
    exact = utility_weighted_prediction(utility, posterior).astype(float)
    floats = utility_weighted_prediction(utility.astype(float), posterior.astype(float))
    tensor = utility_weighted_prediction(
        torch.tensor(utility.astype(float)), torch.tensor(posterior.astype(float))
    )
    rounding = 4 * (utility.size + 4) * EPS  # of sums and a quotient of nonnegative terms
    assert floats == pytest.approx(exact, abs=rounding)
    assert tensor.numpy() == pytest.approx(exact, abs=rounding)


def test_rows_agree_whatever_the_block_they_are_in():
    generator = np.random.default_rng(0)
    posterior = generator.dirichlet(np.ones(3), 2 * BLOCK_ROWS + 5)
    utility = generator.random((4, 3))
    found = utility_weighted_prediction(utility, posterior)
    values = np.einsum("ay,iy->ia", utility, posterior)
    expected = values / values.sum(axis=1, keepdims=True)
    assert abs(found - expected).max() < 16 * EPS
    stacked = utility_weighted_prediction(utility, posterior[:12].reshape(3, 4, 3))
    assert stacked.reshape(12, 4) == pytest.approx(found[:12], abs=16 * EPS)


def test_a_utility_for_each_instance():
    generator = np.random.default_rng(1)
    utilities, posterior = generator.random((5, 2, 3)), generator.dirichlet(np.ones(3), 5)
    found = utility_weighted_prediction(utilities, posterior)
    for one, q, p in zip(utilities, posterior, found, strict=True):
        assert p == pytest.approx(utility_weighted_prediction(one, q), abs=16 * EPS)
    assert decision(utilities, posterior).tolist() == found.argmax(axis=1).tolist()


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_tensors_keep_their_type_and_carry_gradients(kind):
    utility = torch.tensor([[3.0, 1.0], [0.5, 2.0]], dtype=kind, requires_grad=True)
    posterior = torch.tensor([[0.25, 0.75], [0.5, 0.5]], dtype=kind, requires_grad=True)
    found = utility_weighted_prediction(utility, posterior)
    assert found.dtype == kind
    plain = utility_weighted_prediction([[3, 1], [0.5, 2]], posterior)  # becomes a tensor
    assert torch.equal(plain, found)
    if kind == torch.float64:
        assert torch.autograd.gradcheck(utility_weighted_prediction, (utility, posterior))


def test_integers_become_what_division_makes_of_them():
    utility, one_hot = np.array([[1, 2], [2, 1]]), np.array([[1, 0], [0, 1]])
    assert utility_weighted_prediction(utility, one_hot)[0].tolist() == [1 / 3, 2 / 3]
    exact = utility_weighted_prediction(utility.astype(object), one_hot.astype(object))
    assert exact[0].tolist() == [F(1, 3), F(2, 3)]
    single = utility_weighted_prediction(utility.astype(np.float32), one_hot.astype(np.float32))
    assert single.dtype == np.float32


def test_ties_go_to_the_first_action():
    assert decision([[1.0, 0.0], [0.0, 1.0]], [0.5, 0.5]) == 0
    assert decision([[F(1), F(0)], [F(0), F(2)]], [F(2, 3), F(1, 3)]) == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.5, 0.6], "posterior is [0.5, 0.6]: must be at least 0 and sum to 1"),
        ([F(1, 3), F(1, 3)], "posterior is ['1/3', '1/3']: must"),
        ([-0.1, 1.1], "must be at least 0"),
        ([np.nan, 1.0], "posterior is [nan, 1.0]"),
        ([[0.5, 0.5], [0.5, 0.4]], "row 1 of posterior"),
        (np.empty((0, 2)), "shape of posterior is (0, 2)"),
    ],
)
def test_invalid_probabilities_are_named(values, message):
    with pytest.raises(InputError, match=re.escape(message)):
        validated_probabilities(values)


def test_rounding_of_single_precision_is_no_error():
    generator = np.random.default_rng(2)
    rows = generator.dirichlet(np.ones(100), 50).astype(np.float32)
    assert validated_probabilities(rows) is rows


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(InputError, match="number of classes in posterior is 3: must equal"):
        utility_weighted_prediction(np.eye(2), [0.2, 0.3, 0.5])
