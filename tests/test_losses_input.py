"""What the torch losses refuse, and how they say so."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from empirical.losses import (
    UtilityWeightedBrier,
    UtilityWeightedCrossEntropy,
    utility_weighted_brier,
    utility_weighted_cross_entropy,
)
from theory.command_line import InputError

LOSSES = (utility_weighted_cross_entropy, utility_weighted_brier)
MODULES = (UtilityWeightedCrossEntropy, UtilityWeightedBrier)


@pytest.mark.parametrize(
    ("utility", "message"),
    [
        ([[1.0, float("nan")], [0.0, 1.0]], r"utility\[0, 1\] is nan: must be finite"),
        ([[1.0, -2.0], [0.0, 1.0]], r"utility\[0, 1\] is -2.0: must be at least 0"),
        ([[1.0, 0.0], [1.0, 0.0]], "column 1 of utility is without a positive entry"),
        ([1.0, 0.0], r"weights\[1\] is 0.0: must be positive and finite"),
        (np.ones((5, 2, 2)), r"shape of utility is \(5, 2, 2\): must be \(n, m\) or \(m,\)"),
        (3.0, r"shape of utility is \(\): must be \(n, m\)"),
    ],
)
def test_modules_refuse_what_is_no_utility(utility, message):
    with pytest.raises(InputError, match=message):
        UtilityWeightedCrossEntropy(utility)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("entry", [1e-50, 1e39])
def test_modules_refuse_what_single_precision_cannot_hold(module, entry):
    for utility in ([entry, 1.0], [[entry, 0.5], [0.5, 1.0]]):
        with pytest.raises(InputError, match=r"must neither overflow nor vanish in torch\.float32"):
            module(utility)


@pytest.mark.parametrize("loss", LOSSES)
def test_utilities_of_functions_are_tensors(loss):
    for utility, kind in (([1.0, 2.0], "list"), (np.eye(2), "ndarray")):
        with pytest.raises(InputError, match=f"utility is a {kind}: must be a tensor"):
            loss(torch.zeros(1, 2), torch.tensor([0]), utility)
    with pytest.raises(InputError, match=r"shape of logits is \(\): must be \(\.\.\., n\)"):
        loss(torch.tensor(1.0), torch.tensor(0), torch.ones(1))


def test_modules_refuse_an_unknown_reduction():
    with pytest.raises(InputError, match="reduction is avg: must be one of none, sum, mean"):
        UtilityWeightedBrier([1.0, 2.0], reduction="avg")


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("logits", "target", "utility", "message"),
    [
        ((6, 4), (6,), (3, 3), "number of logits is 4: must equal that of actions, 3"),
        ((6, 4), (6,), (3,), "number of logits is 4: must equal that of actions, 3"),
        ((6, 4), (5,), (4, 3), r"shape of target is \(5,\): must be \(6,\)"),
        ((6, 4), (6, 4), (4, 3), r"shape of target is \(6, 4\): must be \(6, 3\)"),
        ((6, 4), (6,), (5, 4, 3), r"shape of utility is \(5, 4, 3\): must be \(m,\), \(n, m\) or"),
    ],
)
def test_losses_refuse_shapes_that_do_not_fit(loss, logits, target, utility, message):
    labels = torch.rand(target) if len(target) > 1 else torch.zeros(target, dtype=torch.long)
    with pytest.raises(InputError, match=message):
        loss(torch.zeros(logits), labels, torch.ones(utility))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("utility", [torch.ones(3), torch.ones(3, 3), torch.ones(6, 3, 3)])
@pytest.mark.parametrize("label", [-1, 3])
def test_an_unknown_class_is_an_error_and_not_the_last_class(loss, utility, label):
    target = torch.tensor([0, 1, label, 2, 0, 1])
    with pytest.raises((IndexError, RuntimeError)):
        loss(torch.zeros(6, 3), target, utility)
