"""Losses: honesty is the best prediction exactly where the table says so; three array kinds."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from theory.arrays import as_array
from theory.command_line import InputError
from theory.scoring import Witness, expected_loss, regret, savage, weighted
from theory.scoring_families import (
    BRIER,
    LOGARITHMIC,
    LOSSES,
    SPHERICAL,
    ZERO_ONE,
    power_loss,
    pseudo_spherical,
)

FRACTIONAL = (power_loss(1.5), pseudo_spherical(2.5))
PROPER = [loss for loss in (*LOSSES, *FRACTIONAL) if loss.propriety != "improper"]
STRICT = [loss for loss in PROPER if loss.propriety.startswith("strictly")]
SMOOTH = [loss for loss in STRICT if loss.propriety == "strictly proper"]
IMPROPER = [loss for loss in LOSSES if loss.propriety == "improper"]
# A regret is a difference of sums of at most five terms of size up to 40, each rounded.
ROUNDING = 40 * 5 * 4 * np.finfo(float).eps


def name(loss):
    return loss.name


@st.composite
def simplex(draw, classes=4, least=0):
    weights = draw(st.lists(st.integers(least, 20), min_size=classes, max_size=classes))
    if not any(weights):
        weights[draw(st.integers(0, classes - 1))] = 1
    return np.array([F(weight, sum(weights)) for weight in weights])


def floats(vector):
    return vector.astype(float)


@pytest.mark.parametrize("loss", PROPER, ids=name)
@given(simplex(), simplex())
def test_no_prediction_beats_honesty(loss, p, q):
    p, q = floats(p), floats(q)
    assert abs(regret(loss, q, q)) <= ROUNDING
    assert regret(loss, p, q) >= -ROUNDING


@pytest.mark.parametrize("loss", STRICT, ids=name)
@given(simplex(3), simplex(3))
def test_strictly_proper_losses_punish_every_other_prediction(loss, p, q):
    """Distinct points with denominators up to 60 differ by 1/3600 somewhere."""
    if (p != q).any():
        assert regret(loss, floats(p), floats(q)) > ROUNDING


@pytest.mark.parametrize("loss", [*IMPROPER, ZERO_ONE], ids=name)
def test_witnesses(loss):
    assert isinstance(loss.evidence, Witness)
    q, p = as_array(loss.evidence.posterior), as_array(loss.evidence.prediction)
    honest, other = expected_loss(loss, q, q), expected_loss(loss, p, q)
    assert (p != q).any()
    assert other == honest if loss is ZERO_ONE else other < honest


@pytest.mark.parametrize("loss", LOSSES, ids=name)
@given(st.data())
def test_entropy_is_the_least_expected_loss(loss, data):
    """Honesty reaches it for proper losses, certainty of the likeliest class for improper ones."""
    q = data.draw(simplex(3))
    best = q if loss in PROPER else np.array([F(int(k == q.argmax())) for k in range(3)])
    assert expected_loss(loss, floats(best), floats(q)) == pytest.approx(
        float(loss.entropy(floats(q))), abs=ROUNDING
    )
    assert regret(loss, floats(data.draw(simplex(3))), floats(q)) >= -ROUNDING


@pytest.mark.parametrize("loss", LOSSES, ids=name)
@given(simplex(), simplex(), st.fractions(0, 1, max_denominator=9))
def test_entropies_are_concave(loss, p, q, t):
    t = float(t)
    mixed = loss.entropy((1 - t) * floats(p) + t * floats(q))
    assert mixed >= (1 - t) * loss.entropy(floats(p)) + t * loss.entropy(floats(q)) - ROUNDING


@pytest.mark.parametrize("loss", SMOOTH, ids=name)
@given(simplex(4, least=1))
def test_losses_are_gradients_of_extended_entropies(loss, q):
    """v -> |v| H(v / |v|), differentiated by torch."""
    v = torch.tensor(floats(q), requires_grad=True)
    (v.sum() * loss.entropy(v / v.sum())).backward()
    np.testing.assert_allclose(v.grad.numpy(), loss.vector(floats(q)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("loss", LOSSES, ids=name)
def test_batches_and_torch_agree_with_single_vectors(loss):
    batch = np.random.default_rng(0).dirichlet([1.0] * 5, (3, 2))
    rows = np.array([[loss.vector(vector) for vector in row] for row in batch])
    # Sums of five terms in another order.
    np.testing.assert_allclose(loss.vector(batch), rows, rtol=1e-14)
    np.testing.assert_allclose(loss.vector(torch.tensor(batch)).numpy(), rows, rtol=1e-13)
    entropies = loss.entropy(torch.tensor(batch)).numpy()
    np.testing.assert_allclose(entropies, loss.entropy(batch), rtol=1e-12)
    single = torch.tensor(batch, dtype=torch.float32)
    assert loss.vector(single).dtype == torch.float32


@pytest.mark.parametrize("loss", LOSSES, ids=name)
def test_exact_in_exact_out(loss):
    p, q = as_array([F(1, 2), F(1, 4), F(1, 4)]), as_array([F(2, 3), F(1, 3), F(0)])
    value = expected_loss(loss, p, q)
    assert not isinstance(value, float)
    assert float(value) == pytest.approx(
        float(expected_loss(loss, floats(p), floats(q))), abs=1e-15
    )


def test_infinite_losses():
    certain = np.array([1.0, 0.0])
    assert LOGARITHMIC.vector(certain).tolist() == [0, np.inf]
    assert expected_loss(LOGARITHMIC, certain, certain) == 0
    assert regret(LOGARITHMIC, certain, np.array([0.5, 0.5])) == np.inf
    assert LOGARITHMIC.entropy(torch.tensor(certain)) == 0


def test_both_families_tend_to_the_logarithm():
    """At a = 1 + h they differ from it by O(h log(p)^2)."""
    p, h = np.array([0.1, 0.3, 0.6]), 1e-7
    for family in (power_loss, pseudo_spherical):
        np.testing.assert_allclose(family(1 + h).vector(p), LOGARITHMIC.vector(p), atol=20 * h)


def test_both_families_are_accurate_near_one_and_far_from_it():
    """1 + 1e-13 rounds to 1 + 1.0014e-13; the logarithm is 1e-12 away from there."""
    p = np.array([0.1, 0.3, 0.6])
    for family in (power_loss, pseudo_spherical):
        near = family(1 + 1e-13)
        np.testing.assert_allclose(near.vector(p), LOGARITHMIC.vector(p), rtol=1e-11)
        np.testing.assert_allclose(near.entropy(p), LOGARITHMIC.entropy(p), rtol=1e-11)
    far = pseudo_spherical(1000)
    np.testing.assert_allclose(far.vector(p), [1 / 999, 1 / 999, 0], atol=1e-15)
    assert far.entropy(p) == pytest.approx(0.4 / 999, rel=1e-12)


def test_order_two_of_both_families():
    p = as_array([F(1, 2), F(1, 3), F(1, 6)])
    assert (power_loss(2).vector(p) == BRIER.vector(p)).all()
    assert (pseudo_spherical(F(2)).vector(p) == SPHERICAL.vector(p)).all()


@given(simplex(), simplex())
def test_savage_loss_of_an_entropy_is_the_loss(p, q):
    made = savage("made", BRIER.entropy, lambda at: -2 * at)
    assert (made.vector(p) == BRIER.vector(p)).all()
    assert regret(made, p, q) == ((p - q) ** 2).sum()


def test_savage_loss_of_an_infinite_slope():
    def slope(p):
        with np.errstate(divide="ignore"):
            return -np.log(p) - 1

    made = savage("made", LOGARITHMIC.entropy, slope)
    assert made.vector(np.array([1.0, 0.0])).tolist() == [0, np.inf]


def test_tensors_and_exact_numbers_combine_with_lists():
    assert expected_loss(BRIER, torch.tensor([0.3, 0.7]), [0.5, 0.5]).item() == pytest.approx(0.58)
    assert expected_loss(BRIER, [0.3, 0.7], torch.tensor([0.5, 0.5])).item() == pytest.approx(0.58)
    assert regret(BRIER, [0, 1], [F(1, 3), F(2, 3)]) == F(2, 9)


def test_gradients_reach_the_prediction():
    logits = torch.tensor([0.3, -1.0, 0.2], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    expected_loss(LOGARITHMIC, torch.softmax(logits, dim=0), target).backward()
    expected = torch.softmax(logits, dim=0) - target
    torch.testing.assert_close(logits.grad, expected.detach())


def test_nothing_times_infinity_is_nothing():
    assert weighted(np.array([0.0, 2.0]), np.array([np.inf, np.inf])).tolist() == [0, np.inf]


@pytest.mark.parametrize("family", [power_loss, pseudo_spherical])
@pytest.mark.parametrize("alpha", [1, 0.5, F(1), -2, np.inf, np.nan])
def test_orders_must_exceed_one(family, alpha):
    with pytest.raises(InputError, match=r"alpha is .*: must be above 1"):
        family(alpha)
