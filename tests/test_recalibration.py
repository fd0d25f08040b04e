"""Recalibration: round trips, the image and what lies beside it, singular and oblong utilities."""

from __future__ import annotations

import re
from fractions import Fraction as F

import cvxpy as cp
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from theory.arrays import as_fractions, solve
from theory.command_line import InputError
from theory.conditioning import condition_number, determines_posterior
from theory.prediction import utility_weighted_prediction
from theory.recalibration import consistent_posteriors, nearest_in_image, recalibrate
from theory.utility import degenerate_classes

OFF = as_fractions([[1, 2], [1, 1]])


@st.composite
def utilities(draw: st.DrawFn, actions: int, classes: int):
    entries = st.lists(st.integers(0, 3), min_size=classes, max_size=classes)
    rows = draw(st.lists(entries, min_size=actions, max_size=actions))
    matrix = as_fractions(np.array(rows))
    assume(not degenerate_classes(matrix))
    return matrix


def simplex(classes: int):
    counts = st.lists(st.integers(0, 4), min_size=classes, max_size=classes).filter(any)
    return counts.map(lambda found: np.array([F(count, sum(found)) for count in found]))


def invertible(matrix) -> bool:
    try:
        solve(matrix, matrix[0])
    except np.linalg.LinAlgError:
        return False
    return True


@given(st.integers(1, 4).flatmap(lambda m: st.tuples(utilities(m, m), simplex(m))))
def test_round_trip_is_exact(problem):
    utility, posterior = problem
    assume(invertible(utility))
    prediction = utility_weighted_prediction(utility, posterior)
    found = recalibrate(utility, prediction)
    assert found.in_image
    assert found.posterior.tolist() == posterior.tolist()
    assert found.total == 1 / (utility @ posterior).sum()
    assert consistent_posteriors(utility, prediction).tolist() == [posterior.tolist()]


@given(st.integers(1, 4).flatmap(lambda m: st.tuples(utilities(m, m), simplex(m))))
def test_round_trip_of_floats_and_tensors(problem):
    utility, posterior = (array.astype(float) for array in problem)
    assume(invertible(problem[0]))
    prediction = utility_weighted_prediction(utility, posterior)
    found = recalibrate(utility, prediction)
    # entries of U are 0 to 3, so column sums differ by up to a factor of 12
    error = 100 * len(utility) * np.finfo(float).eps * condition_number(utility)
    assert found.in_image
    assert found.posterior == pytest.approx(posterior, abs=error)
    assert found.posterior.min() >= 0
    tensor = recalibrate(torch.tensor(utility), torch.tensor(prediction))
    assert tensor.posterior.numpy() == pytest.approx(posterior, abs=error)
    assert bool(tensor.in_image)


@given(st.integers(2, 3).flatmap(lambda m: st.tuples(utilities(m, m), simplex(m))))
def test_off_the_image_the_formula_is_no_distribution(problem):
    utility, prediction = problem
    assume(invertible(utility))
    found = recalibrate(utility, prediction)
    assert bool(found.in_image) == (len(consistent_posteriors(utility, prediction)) == 1)
    if found.in_image:
        assert found.total > 0
    elif found.total == 0:
        assert all(np.isnan(float(entry)) for entry in found.posterior)
    else:
        assert min(found.posterior) < 0
        assert sum(found.posterior) == 1


def test_a_total_of_zero_is_reported():
    exact = recalibrate(OFF, [F(1), F(0)])
    assert (exact.total, bool(exact.in_image)) == (0, False)
    floats = recalibrate(OFF.astype(float), [[1.0, 0.0], [0.6, 0.4]])
    assert floats.in_image.tolist() == [False, True]
    assert np.isnan(floats.posterior[0]).all()
    assert floats.posterior[1] == pytest.approx([0.5, 0.5])
    projected = recalibrate(OFF, [F(1), F(0)], project=True)
    assert projected.posterior.tolist() == [0, 1]
    assert not projected.in_image


def nearest_by_program(utility, prediction):
    """Least distance to the hull of the normalised columns, as a quadratic program."""
    columns = utility / utility.sum(axis=0)
    shares = cp.Variable(columns.shape[1], nonneg=True)
    distance = cp.sum_squares(columns @ shares - prediction)
    cp.Problem(cp.Minimize(distance), [cp.sum(shares) == 1]).solve(solver=cp.CLARABEL)
    return columns @ shares.value


@settings(max_examples=30)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 4)).flatmap(
        lambda shape: st.tuples(utilities(*shape), simplex(shape[0]))
    )
)
def test_the_nearest_prediction_solves_the_program(problem):
    utility, prediction = problem
    exact = nearest_in_image(utility, prediction)
    vertices = (utility / utility.sum(axis=0)).T
    slope = prediction - exact
    assert max((vertices - exact) @ slope) == 0  # the projection's variational inequality
    floats = nearest_in_image(utility.astype(float), prediction.astype(float))
    assert floats == pytest.approx(exact.astype(float), abs=1e-9)
    assert len(consistent_posteriors(utility, exact)) > 0
    by_program = nearest_by_program(utility.astype(float), prediction.astype(float))
    assert by_program == pytest.approx(exact.astype(float), abs=1e-4)


@given(
    st.tuples(st.integers(1, 3), st.integers(1, 5)).flatmap(
        lambda shape: st.tuples(utilities(*shape), simplex(shape[1]), simplex(shape[1]))
    )
)
def test_level_sets_are_the_polytopes_of_their_vertices(problem):
    utility, posterior, other = problem
    prediction = utility_weighted_prediction(utility, posterior)
    vertices = consistent_posteriors(utility, prediction)
    for vertex in vertices:
        assert utility_weighted_prediction(utility, vertex).tolist() == prediction.tolist()
        assert sum(vertex) == 1
    inside = _is_mixture(vertices, posterior)
    assert inside
    same = utility_weighted_prediction(utility, other).tolist() == prediction.tolist()
    assert _is_mixture(vertices, other) == same
    floats = consistent_posteriors(utility.astype(float), prediction.astype(float))
    assert floats.shape == vertices.shape
    assert np.sort(floats, axis=0) == pytest.approx(np.sort(vertices.astype(float), axis=0))


def _is_mixture(vertices, point) -> bool:
    """Whether the point is a convex combination of the vertices: it is its own projection."""
    return nearest_in_image(np.array(vertices.T), point).tolist() == point.tolist()


def test_a_set_of_posteriors_is_empty_off_the_image():
    utility = as_fractions([[2, 0, 2], [0, 1, 1], [1, 1, 2]])
    found = consistent_posteriors(utility, [F(1), F(0), F(0)])
    assert found.shape == (0, 3)


def test_gradients_are_those_of_the_formula():
    utility = torch.tensor([[3.0, 1.0], [0.5, 2.0]], dtype=torch.float64, requires_grad=True)
    prediction = torch.tensor([[0.6, 0.4], [0.5, 0.5]], dtype=torch.float64, requires_grad=True)

    def posterior(u, p):
        return recalibrate(u, p).posterior

    assert torch.autograd.gradcheck(posterior, (utility, prediction))


def test_a_utility_for_each_instance():
    generator = np.random.default_rng(0)
    many = generator.random((4, 3, 3)) + np.eye(3)
    posterior = generator.dirichlet(np.ones(3), 4)
    prediction = utility_weighted_prediction(many, posterior)
    found = recalibrate(many, prediction)
    assert found.posterior == pytest.approx(posterior, abs=1e-13 * found.condition_number.max())
    assert found.condition_number.shape == (4,)
    exact = recalibrate(as_fractions(many), as_fractions(prediction))
    assert exact.posterior.astype(float) == pytest.approx(posterior, abs=1e-13)
    tensors = recalibrate(torch.tensor(many), torch.tensor(prediction), project=True)
    assert tensors.posterior.numpy() == pytest.approx(posterior, abs=1e-13)


def test_only_rows_off_the_image_are_projected():
    utility = np.array([[4.0, 1.0, 1.0], [1.0, 3.0, 0.0], [0.0, 1.0, 2.0]])
    rows = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
    raw, projected = recalibrate(utility, rows), recalibrate(utility, rows, project=True)
    assert raw.in_image.tolist() == [True, False]
    assert raw.posterior[0].tolist() == projected.posterior[0].tolist()
    back = utility_weighted_prediction(utility, projected.posterior)
    assert back == pytest.approx(nearest_in_image(utility, rows))
    tensor = recalibrate(torch.tensor(utility), torch.tensor(rows), project=True)
    assert tensor.posterior.numpy() == pytest.approx(projected.posterior)


def test_scales_of_classes_and_actions_do_not_matter_to_floats():
    posterior = np.array([0.25, 0.75])
    for utility in ([[1e-20, 0], [0, 1e20]], [[1e-20, 2e-20], [1, 1]]):
        prediction = utility_weighted_prediction(utility, posterior)
        assert recalibrate(utility, prediction).posterior == pytest.approx(posterior, rel=1e-12)


def test_condition_numbers():
    assert condition_number([[F(99), F(0)], [F(0), F(1)]]) == pytest.approx(99)
    assert condition_number(torch.eye(3)) == pytest.approx(1)
    assert condition_number([[1, 2], [2, 4]]) == np.inf
    assert condition_number([[1, 0], [0, 1], [1, 1]]) == pytest.approx(3**0.5)
    assert condition_number([[1, 0, 1], [0, 1, 1]]) == np.inf
    assert condition_number([[1, 0], [0, 0]]) == np.inf


def test_a_condition_number_is_finite_where_the_posterior_is_determined():
    nearly = [[F(1), F(1)], [F(1), 1 + F(1, 10**20)]]
    for utility, known in (([[1e-10, 0], [0, 1e10]], 1e20), (nearly, 4e20)):
        assert condition_number(utility) == pytest.approx(known)
        assert determines_posterior(utility)
        assert recalibrate(utility, [F(1, 2), F(1, 2)]).condition_number == pytest.approx(known)
    for utility in ([[0.1, 0.2], [0.3, 0.6]], [[1.0, 1.0], [1.0, 1 + 4e-16]]):
        assert condition_number(utility) == np.inf
        assert not determines_posterior(utility)


@given(utilities(3, 2))
def test_condition_numbers_of_floats_and_fractions_agree(utility):
    exact, floats = condition_number(utility), condition_number(utility.astype(float))
    assert exact == pytest.approx(floats, rel=1e-12)
    assert determines_posterior(utility) == determines_posterior(utility.astype(float))


def test_every_instance_is_judged_on_its_own_scale():
    utilities = np.array([1e300 * np.eye(2), 1e-30 * np.eye(2), np.ones((2, 2))])
    assert condition_number(utilities).tolist() == [1, 1, np.inf]
    assert determines_posterior(utilities).tolist() == [True, True, False]
    exact = condition_number(as_fractions(utilities))
    assert exact.tolist() == pytest.approx([1, 1, np.inf])


@pytest.mark.parametrize(
    ("utility", "prediction", "message"),
    [
        ([[1.0, 2.0]], [1.0], "shape of utility is (1, 2): must be square"),
        ([[1.0, 2.0], [2.0, 4.0]], [0.5, 0.5], "utility is singular up to rounding: must be"),
        (
            [[1.0, 1.0], [0.0, 0.0]],
            [0.5, 0.5],
            "utility is singular up to rounding: must be invertible",
        ),
        ([[F(1), F(2)], [F(2), F(4)]], [F(1), F(0)], "utility is singular: must be invertible"),
        ([[1.0, 0.0], [0.0, 1.0]], [1.0], "number of entries of prediction is 1: must equal"),
        ([1.0, 2.0], [1.0, 0.0], "shape of utility is (2,): must be (n, m)"),
    ],
)
def test_what_cannot_be_inverted_is_named(utility, prediction, message):
    with pytest.raises(InputError, match=re.escape(message)):
        recalibrate(utility, prediction)


def test_sets_are_of_one_utility_and_one_prediction():
    with pytest.raises(InputError, match=r"shape of prediction is \(1, 2\)"):
        consistent_posteriors(np.eye(2), [[0.5, 0.5]])
    with pytest.raises(InputError, match=r"shape of utility is \(1, 2, 2\)"):
        consistent_posteriors(np.eye(2)[None], [0.5, 0.5])


@pytest.mark.parametrize("entries", [(0.3333333, 0.6666666), (0.33333333, 0.66666666)])
def test_decimals_that_nearly_sum_to_one_have_posteriors(entries):
    found = consistent_posteriors([[1, 0, 1], [0, 1, 1]], entries)
    assert found == pytest.approx(np.array([[0, 0.5, 0.5], [1 / 3, 2 / 3, 0]]))


@pytest.mark.parametrize("scale", [1e12, 1e20, 1e100])
def test_a_class_of_large_utility_hides_no_other(scale):
    utility = np.array([[scale, 0], [0, 1], [0, 0]])
    found = consistent_posteriors(utility, utility_weighted_prediction(utility, [0.5, 0.5]))
    assert found == pytest.approx(np.array([[0.5, 0.5]]))


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
        lambda shape: st.tuples(utilities(*shape), simplex(shape[1]))
    )
)
def test_predictions_in_single_precision_have_their_posteriors(problem):
    utility, posterior = (array.astype(np.float32) for array in problem)
    prediction = utility_weighted_prediction(utility, posterior)
    exact = consistent_posteriors(problem[0], utility_weighted_prediction(*problem))
    found = consistent_posteriors(utility, prediction)
    assert found.shape == exact.shape
    # a few roundings, magnified by the crossings of rows with entries from 1/12 to 1
    assert np.sort(found, axis=0) == pytest.approx(np.sort(exact.astype(float), axis=0), abs=1e-4)


def test_one_prediction_for_many_utilities_and_the_reverse():
    many = as_fractions([[[1, 0.5], [0, 0.5]], [[2, 0], [0, 1]]])
    prediction = as_fractions([0.25, 0.75])
    exact = recalibrate(many, prediction)
    assert exact.posterior.tolist() == [[F(-1, 2), F(3, 2)], [F(1, 7), F(6, 7)]]
    projected = recalibrate(many, prediction, project=True)
    assert projected.in_image.tolist() == [False, True]
    assert projected.posterior.tolist() == [[0, 1], [F(1, 7), F(6, 7)]]
    utility, entries = many.astype(float), prediction.astype(float)
    for arrays in ((utility, entries), (torch.tensor(utility), torch.tensor(entries))):
        found = recalibrate(*arrays, project=True)
        assert np.asarray(found.posterior) == pytest.approx(projected.posterior.astype(float))
    nearest = nearest_in_image(utility, entries)
    assert nearest == pytest.approx(np.array([[0.5, 0.5], [0.25, 0.75]]))
    with pytest.raises(InputError, match=r"leading axes of prediction is \(3,\): must fit"):
        recalibrate(utility, np.full((3, 2), 0.5))
