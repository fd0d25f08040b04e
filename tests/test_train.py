"""Training: weighted and unweighted runs of a seed are pairs; side by side is the same as alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from empirical import feed
from empirical.data import load
from empirical.feed import batches
from empirical.models import build
from empirical.protocols import protocol
from empirical.together import train_together
from empirical.train import train
from theory.command_line import InputError

WEIGHTS = np.array([0.1] * 8 + [9.0, 0.2])


@pytest.fixture(autouse=True)
def one_thread():
    """Small networks are faster on one thread, and results repeat exactly."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data():
    return load("digits", limit=160)


def short(model="linear", **changes):
    return replace(protocol("digits", model, "smoke"), **{"epochs": 2} | changes)


def network(model="linear"):
    return lambda: build(model, 10, 1, 8)


def logits(intervals):
    return [interval.logits["test"] for interval in intervals]


def test_batches_are_passes_over_the_data():
    found = list(batches(10, 4, 6, seed=3))
    assert [len(batch) for batch in found] == [4, 4, 2, 4, 4, 2]
    for first in (0, 3):
        assert sorted(torch.cat(found[first : first + 3]).tolist()) == list(range(10))
    assert not torch.equal(found[0], found[3])
    again = list(batches(10, 4, 6, seed=3))
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True))
    assert not torch.equal(found[0], next(batches(10, 4, 6, seed=4)))


@pytest.mark.parametrize("model", ["linear", "small_cnn"])
def test_unit_weights_are_no_weights(data, model):
    chosen = short(model, flip=True, crop_padding=1)
    plain = list(train(data, chosen, None, 5, network(model)))
    ones = list(train(data, chosen, np.ones(10), 5, network(model)))
    for one, other in zip(logits(plain), logits(ones), strict=True):
        assert np.array_equal(one, other)


def test_weighted_and_unweighted_training_start_alike_and_part(data):
    chosen = short(learning_rate=1e-12, epochs=1, evaluate_every=1)
    plain = next(train(data, chosen, None, 5, network()))
    weighted = next(train(data, chosen, WEIGHTS, 5, network()))
    assert np.allclose(plain.logits["test"], weighted.logits["test"], atol=1e-6)
    moved = [list(train(data, short(), w, 5, network()))[-1] for w in (None, WEIGHTS)]
    assert not np.allclose(moved[0].logits["test"], moved[1].logits["test"], atol=1e-2)


def test_augmentation_is_the_same_in_both_regimes(data, monkeypatch):
    seen: list[torch.Tensor] = []
    original = feed.augment

    def spy(images, generator, chosen):
        seen.append(original(images, generator, chosen))
        return seen[-1]

    monkeypatch.setattr(feed, "augment", spy)
    chosen = short(flip=True, crop_padding=1)
    for weights in (None, WEIGHTS):
        list(train(data, chosen, weights, 5, network()))
    half = len(seen) // 2
    assert half > 0
    assert all(torch.equal(a, b) for a, b in zip(seen[:half], seen[half:], strict=True))


def test_the_weighted_loss_is_the_mean_over_images_of_equation_15(data):
    chosen = short(learning_rate=1e-12, epochs=1, batch_size=160)
    interval = next(train(data, chosen, WEIGHTS, 5, network()))
    torch.manual_seed(5)
    model = network()()
    mean, std = data.mean[0], data.std[0]
    with torch.no_grad():
        logs = torch.log_softmax(model((data.train.images / 255 - mean) / std), dim=-1)
    labels = data.train.labels
    expected = -(torch.tensor(WEIGHTS)[labels] * logs[torch.arange(160), labels]).mean()
    assert interval.training_loss == pytest.approx(float(expected), rel=1e-5)


def test_intervals_by_steps_end_with_the_last_step(data):
    chosen = short(batch_size=40, evaluate_every=3)
    found = list(train(data, chosen, None, 0, network()))
    assert [interval.step for interval in found] == [3, 6, 8]
    assert [interval.epoch for interval in found] == [0.75, 1.5, 2.0]
    assert found[0].logits["validation"].shape == (len(data.validation.labels), 10)


def test_a_loss_that_explodes_is_refused(data):
    with pytest.raises(InputError, match="training loss is nan"):
        list(train(data, short("mlp", learning_rate=1e30), WEIGHTS, 0, network("mlp")))


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        ("linear", {"clip_norm": 0.05, "optimiser": "sgd", "momentum": 0.9, "weight_decay": 0.1}),
        ("small_cnn", {}),
    ],
)
def test_side_by_side_is_the_same_as_alone(data, model, changes):
    chosen = short(model, **changes)
    alone = [list(train(data, chosen, w, 7, network(model))) for w in (None, WEIGHTS)]
    both = list(train_together(data, chosen, [None, WEIGHTS], 7, network(model)))
    for copy, intervals in enumerate(alone):
        for interval, stacked in zip(intervals, both, strict=True):
            assert stacked[copy].step == interval.step
            # Batched products round differently; training amplifies the difference a little.
            assert np.allclose(stacked[copy].logits["test"], interval.logits["test"], atol=1e-3)


def test_a_batch_in_parts_is_the_same_step(data):
    chosen = short("mlp", batch_size=50)
    whole, parted = (
        list(train(data, replace(chosen, micro_batch=size), WEIGHTS, 5, network("mlp")))
        for size in (None, 16)
    )
    for first, second in zip(whole, parted, strict=True):
        assert second.training_loss == pytest.approx(first.training_loss, rel=1e-5)
        assert np.allclose(second.logits["test"], first.logits["test"], atol=1e-4)


@pytest.mark.parametrize(("field", "value"), [("schedule", "plateau"), ("precision", "bf16")])
def test_plateaus_and_16_bits_cannot_be_trained_together(data, field, value):
    with pytest.raises(InputError, match=f"{field} is {value}"):
        next(train_together(data, short(**{field: value}), [None], 0, network()))
