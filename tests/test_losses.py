"""The torch losses: against their definition, torch's own losses and Theorem 1."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy, one_hot

from empirical.losses import (
    UtilityWeightedBrier,
    UtilityWeightedCrossEntropy,
    utility_weighted_brier,
    utility_weighted_cross_entropy,
)
from theory.incentives import utility_weighted_loss
from theory.prediction import utility_weighted_prediction
from theory.scoring_families import BRIER, LOGARITHMIC

LOSSES = (utility_weighted_cross_entropy, utility_weighted_brier)
MODULES = (UtilityWeightedCrossEntropy, UtilityWeightedBrier)
BATCH, ACTIONS, CLASSES = 6, 4, 3
DOUBLE = 1e-12  # sums of a dozen terms of size one hundred at most, in double precision
SINGLE = 1e-5  # the same in single precision


def drawn(seed: int = 0, actions: int = ACTIONS, classes: int = CLASSES):
    """Logits (BATCH, actions), class indices (BATCH,) and a utility (actions, classes)."""
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(BATCH, actions, generator=generator, dtype=torch.float64)
    target = torch.randint(classes, (BATCH,), generator=generator)
    utility = 100 * torch.rand(actions, classes, generator=generator, dtype=torch.float64)
    return logits, target, utility


def by_definition(loss, logits, target, utility):
    """Eq. (6) in a loop, one number at a time."""
    losses = []
    for row, label in zip(torch.softmax(logits, -1).tolist(), target.tolist(), strict=True):
        total = 0.0
        for action, payoff in enumerate(utility[:, label].tolist()):
            if loss is utility_weighted_cross_entropy:
                total -= payoff * np.log(row[action])
            else:
                total += payoff * sum((p - (k == action)) ** 2 for k, p in enumerate(row))
        losses.append(total)
    return torch.tensor(losses, dtype=logits.dtype)


def by_theory(loss, logits, target, utility):
    """The shipped formula (6), which takes probabilities."""
    base = LOGARITHMIC if loss is utility_weighted_cross_entropy else BRIER
    losses = utility_weighted_loss(base, utility, torch.softmax(logits, -1))
    return losses.gather(-1, target[:, None])[:, 0]


def same(first, second, tolerance=DOUBLE):
    return torch.testing.assert_close(first, second, rtol=tolerance, atol=tolerance)


# What they compute


@pytest.mark.parametrize("loss", LOSSES)
@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), actions=st.integers(1, 5), classes=st.integers(1, 5))
def test_losses_are_their_definition(loss, seed, actions, classes):
    logits, target, utility = drawn(seed, actions, classes)
    expected = by_definition(loss, logits, target, utility)
    same(by_theory(loss, logits, target, utility), expected)
    same(loss(logits, target, utility, reduction="none"), expected)
    same(loss(logits, target, utility, reduction="sum"), expected.sum())
    same(loss(logits, target, utility), expected.mean())
    weights = utility[:, target].sum()
    same(loss(logits, target, utility, reduction="weighted_mean"), expected.sum() / weights)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean", "weighted_mean"])
def test_one_loss_however_the_utility_is_given(loss, reduction):
    """Class weights or their matrix, shared or per instance, labels or one-hot, batch or grid."""
    logits, target, _ = drawn(actions=CLASSES)
    weights = torch.tensor([99.0, 1.0, 0.5], dtype=torch.float64)
    certain = one_hot(target, CLASSES).double()
    plain = loss(logits, target, weights, reduction=reduction)
    each = torch.diag(weights).expand(BATCH, -1, -1)
    for utility in (torch.diag(weights), weights, each):
        same(loss(logits, target, utility, reduction=reduction), plain)
        same(loss(logits, certain, utility, reduction=reduction), plain)
    grid = loss(
        logits.view(2, 3, CLASSES), target.view(2, 3), torch.diag(weights), reduction=reduction
    )
    same(grid.flatten(), plain.flatten())


@pytest.mark.parametrize("loss", LOSSES)
def test_each_instance_may_have_its_own_utility(loss):
    logits, target, _ = drawn()
    utilities = torch.stack([drawn(seed)[2] for seed in range(BATCH)])
    found = loss(logits, target, utilities, reduction="none")
    for i in range(BATCH):
        same(found[i], loss(logits[i], target[i], utilities[i], reduction="none"))


@pytest.mark.parametrize("loss", LOSSES)
def test_soft_targets_average_the_losses_of_the_classes(loss):
    logits, _, utility = drawn()
    generator = torch.Generator().manual_seed(1)
    shares = torch.softmax(
        torch.randn(BATCH, CLASSES, generator=generator, dtype=torch.float64), -1
    )
    expected = sum(
        shares[:, label] * loss(logits, torch.full((BATCH,), label), utility, reduction="none")
        for label in range(CLASSES)
    )
    same(loss(logits, shares, utility, reduction="none"), expected)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("utility", [drawn()[2], drawn()[2][:CLASSES]])
def test_the_gradient_vanishes_at_the_prediction_of_theorem_1(loss, utility):
    posterior = torch.tensor([[0.2, 0.5, 0.3]], dtype=torch.float64)
    best = utility_weighted_prediction(utility, posterior).log().requires_grad_()
    loss(best, posterior, utility).backward()
    same(best.grad, torch.zeros_like(best), tolerance=1e-12 * float(utility.sum()))
    logits = best.detach()
    worse = [loss(logits + 0.1 * torch.randn_like(logits), posterior, utility) for _ in range(20)]
    assert min(worse) > loss(logits, posterior, utility)


# Beside torch's own cross entropy


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_class_weights_and_label_smoothing_are_a_utility_matrix(smoothing):
    logits, target, _ = drawn(actions=CLASSES)
    weights = torch.tensor([99.0, 1.0, 0.5], dtype=torch.float64)
    uniform = torch.full((CLASSES, CLASSES), 1 / CLASSES, dtype=torch.float64)
    smoothed = (1 - smoothing) * torch.eye(CLASSES, dtype=torch.float64) + smoothing * uniform
    utility = weights[:, None] * smoothed
    for reduction in ("none", "sum"):
        theirs = cross_entropy(
            logits, target, weight=weights, label_smoothing=smoothing, reduction=reduction
        )
        same(utility_weighted_cross_entropy(logits, target, utility, reduction=reduction), theirs)
    total = utility_weighted_cross_entropy(logits, target, utility, reduction="sum")
    theirs = cross_entropy(logits, target, weight=weights, label_smoothing=smoothing)
    same(theirs, total / weights[target].sum())
    ours = utility_weighted_cross_entropy(logits, target, utility, reduction="weighted_mean")
    divisor = ((1 - smoothing) * weights + smoothing * weights.mean())[target].sum()
    same(ours, total / divisor)


def test_weighted_mean_is_torchs_mean_for_class_weights_and_mean_is_not():
    logits, target, _ = drawn(actions=CLASSES)
    weights = torch.tensor([99.0, 1.0, 0.5], dtype=torch.float64)
    target[0] = -100
    theirs = cross_entropy(logits, target, weight=weights)
    for utility in (weights, torch.diag(weights)):
        ours = utility_weighted_cross_entropy(logits, target, utility, reduction="weighted_mean")
        same(ours, theirs)
        same(
            utility_weighted_cross_entropy(logits, target, utility),
            theirs * weights[target[1:]].sum() / (BATCH - 1),
        )


def test_torchs_mean_divides_by_the_batch_size_when_targets_are_probabilities():
    logits, target, _ = drawn(actions=CLASSES)
    weights = torch.tensor([99.0, 1.0, 0.5], dtype=torch.float64)
    certain = one_hot(target, CLASSES).double()
    theirs = cross_entropy(logits, certain, weight=weights)
    same(utility_weighted_cross_entropy(logits, certain, weights), theirs)
    same(utility_weighted_cross_entropy(logits, target, weights), theirs)


@pytest.mark.parametrize("loss", LOSSES)
def test_means_over_batches_average_to_the_whole(loss):
    logits, target, utility = drawn()
    whole = loss(logits, target, utility)
    parts = [loss(logits[i : i + 2], target[i : i + 2], utility) for i in range(0, BATCH, 2)]
    same(torch.stack(parts).mean(), whole)


# What may be left out, and extremes


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("utility", [torch.tensor([99.0, 1.0, 2.0]), torch.ones(3, 3) * 2])
@pytest.mark.parametrize("ignored", [-100, 1])
def test_ignored_instances_do_not_count(loss, utility, ignored):
    logits, target, _ = drawn(actions=CLASSES)
    target[:2], target[2:] = ignored, torch.tensor([0, 2, 2, 0])
    logits.requires_grad_()
    for reduction in ("sum", "mean", "weighted_mean"):
        options = {"reduction": reduction, "ignore_index": ignored}
        found = loss(logits, target, utility, **options)
        same(found, loss(logits[2:], target[2:], utility, **options))
    (gradient,) = torch.autograd.grad(loss(logits, target, utility, ignore_index=ignored), logits)
    assert (gradient[:2] == 0).all()
    assert (gradient[2:] != 0).any()
    none = loss(logits, target, utility, reduction="none", ignore_index=ignored)
    assert (none[:2] == 0).all()
    assert loss(logits[:2], target[:2], utility, ignore_index=ignored).isnan()


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_those_of_the_loss(loss):
    logits, target, utility = drawn()
    logits.requires_grad_()
    each = torch.stack([drawn(seed)[2] for seed in range(BATCH)])
    for given_utility in (utility, each):
        assert torch.autograd.gradcheck(lambda x, u=given_utility: loss(x, target, u), logits)
    square = utility[:CLASSES, 0]
    assert torch.autograd.gradcheck(lambda x: loss(x[:, :CLASSES], target, square), logits)


@pytest.mark.parametrize("loss", LOSSES)
def test_utilities_and_soft_targets_have_gradients_too(loss):
    """Also where they are zero: what is left out there is 0 times infinity alone."""
    logits, target, utility = drawn(actions=CLASSES)
    utility[0] = torch.tensor([0.0, 2.0, 0.0])
    weights = utility.diagonal() + torch.tensor([1.0, 1, 2], dtype=torch.float64)
    for given_utility in (weights, utility, torch.stack([utility] * BATCH)):
        given_utility = given_utility.clone().requires_grad_()
        certain = one_hot(target, CLASSES).double().requires_grad_()
        for labels in (target, certain.detach()):
            assert torch.autograd.gradcheck(lambda u, t=labels: loss(logits, t, u), given_utility)
        fixed = given_utility.detach()
        # From 0 down a weight would be negative, which these formulas allow.
        assert torch.autograd.gradcheck(lambda t, u=fixed: loss(logits, t, u), certain)


@pytest.mark.parametrize("loss", LOSSES)
def test_an_instance_without_weight_counts_as_nothing(loss):
    """A utility of zeros, or one that is degenerate in the class that padding borrows."""
    logits, target, _ = drawn(actions=CLASSES)
    target = torch.tensor([0, 1, 2, -100, -100, 1])
    utility = torch.eye(CLASSES, dtype=torch.float64).repeat(BATCH, 1, 1)
    utility[1] = 0
    utility[3:5, :, 0] = 0
    logits.requires_grad_()
    found = loss(logits, target, utility, reduction="sum")
    kept = [0, 2, 5]
    same(found, loss(logits[kept], target[kept], utility[kept], reduction="sum"))
    (gradient,) = torch.autograd.grad(found, logits)
    assert (gradient[[1, 3, 4]] == 0).all()
    assert gradient.isfinite().all()
    padded = one_hot(target.clamp(min=0), CLASSES).double()
    padded[3:5] = 0
    assert loss(logits, padded, torch.ones(CLASSES).double()).isfinite()


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32])
@pytest.mark.parametrize("loss", LOSSES)
def test_labels_may_be_integers_of_any_size(loss, dtype):
    logits, target, utility = drawn(actions=CLASSES)
    for given_utility in (utility, utility.diagonal(), utility.expand(BATCH, -1, -1)):
        same(loss(logits, target.to(dtype), given_utility), loss(logits, target, given_utility))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("loss", LOSSES)
def test_extreme_logits_stay_finite(loss, dtype):
    logits = torch.tensor([[6e4, 0.0, -6e4], [-6e4, 6e4, 6e4]]).to(dtype).requires_grad_()
    utility = torch.tensor([[99.0, 0.5, 1.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
    for u in (utility, utility.diagonal()):
        found = loss(logits, torch.tensor([1, 0]), u)
        (gradient,) = torch.autograd.grad(found, logits)
        assert found.dtype == torch.float32
        assert found.isfinite()
        assert gradient.isfinite().all()


@pytest.mark.parametrize(
    "utility", [torch.ones(3), torch.tensor([[1.0, 1, 0], [0, 1, 1], [0, 0, 1]])]
)
def test_a_masked_class_of_weight_zero_costs_nothing(utility):
    logits = torch.tensor([[1.0, 0.0, float("-inf")]], requires_grad=True)
    for target in (torch.tensor([0]), torch.tensor([[0.5, 0.5, 0.0]])):
        found = utility_weighted_cross_entropy(logits, target, utility)
        (gradient,) = torch.autograd.grad(found, logits)
        assert found.isfinite()
        assert gradient.isfinite().all()
    assert utility_weighted_cross_entropy(logits, torch.tensor([2]), utility).isposinf()


@pytest.mark.parametrize("reduction", ["none", "sum", "mean", "weighted_mean"])
def test_a_masked_label_of_weight_zero_costs_nothing(reduction):
    logits = torch.tensor([[1.0, float("-inf"), 0.0], [0.0, 1.0, 2.0]], requires_grad=True)
    weights, target = torch.tensor([1.0, 0.0, 2.0]), torch.tensor([1, 2])
    options = {"reduction": reduction}
    found = utility_weighted_cross_entropy(logits, target, weights, **options)
    same(found, utility_weighted_cross_entropy(logits, target, weights.diag(), **options), SINGLE)
    (gradient,) = torch.autograd.grad(found.sum(), logits)
    assert gradient.isfinite().all()


def test_brier_of_a_right_and_certain_prediction_is_nil():
    logits = torch.tensor([[40.0, 0.0, 0.0]])
    found = utility_weighted_brier(logits, torch.tensor([0]), torch.tensor([99.0, 1.0, 1.0]))
    assert float(found) < 1e-30


@pytest.mark.parametrize("loss", LOSSES)
def test_autocast_leaves_the_loss_in_single_precision(loss):
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(BATCH, 5, generator=generator)
    layer = torch.nn.Linear(5, CLASSES)
    shares = torch.softmax(torch.randn(BATCH, CLASSES, generator=generator), -1)
    utility = drawn(actions=CLASSES)[2].float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = layer(features)
        found = [loss(logits, target, utility) for target in (drawn()[1], shares)]
    assert logits.dtype == torch.bfloat16
    for value, target in zip(found, (drawn()[1], shares), strict=True):
        same(value, loss(logits.float(), target, utility), SINGLE)
        assert value.dtype == torch.float32


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("utility", [[99.0, 1.0, 2.0], [[2.0, 1, 0], [0, 1, 1], [0, 3, 1]]])
def test_losses_compile_without_a_graph_break(module, utility):
    """`aot_eager` traces forward and backward; only the generation of code is left out."""
    logits, target, _ = drawn(actions=CLASSES)
    loss = module(utility)
    torch._dynamo.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    for labels in (target, torch.softmax(logits, -1)):
        inputs = logits.float().requires_grad_()
        gradients = [torch.autograd.grad(f(inputs, labels), inputs)[0] for f in (loss, compiled)]
        same(*gradients, tolerance=SINGLE)


# Modules


@pytest.mark.parametrize(("loss", "module"), list(zip(LOSSES, MODULES, strict=True)))
def test_a_module_is_its_function(loss, module):
    logits, target, utility = drawn()
    for given_utility in (utility, utility.numpy(), utility.tolist()):
        made = module(given_utility, reduction="sum").double()
        expected = loss(logits, target, utility, reduction="sum")
        same(made(logits, target), expected, SINGLE)  # the utility was kept in single precision
    assert list(made.state_dict()) == ["utility"]
    assert copy.deepcopy(made)(logits, target) == made(logits, target)


def test_a_diagonal_matrix_is_kept_as_class_weights():
    assert UtilityWeightedCrossEntropy(np.diag([99.0, 1.0])).utility.tolist() == [99.0, 1.0]
    assert UtilityWeightedCrossEntropy([[1.0, 1.0]]).utility.shape == (1, 2)
