"""Protocols: presets, optimisers, schedules, and batches that two regimes can share."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, asdict, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from empirical.augment import IMAGENET_MEAN, IMAGENET_STD, augment, normalisation, prepared
from empirical.data import DATASETS, load
from empirical.models import MODELS, build
from empirical.protocols import (
    PRESETS,
    PROTOCOLS,
    REFERENCE_LEARNING_RATE,
    make_optimiser,
    make_schedule,
    protocol,
    rate_share,
)
from theory.command_line import InputError

PLAIN = replace(protocol("cifar10", "small_cnn", "small"), flip=False, crop_padding=0)
ALL = sorted(
    (dataset, model, preset)
    for dataset, known in PROTOCOLS.items()
    for model, kind in known
    for preset in ((kind, "smoke") if kind == "small" else (kind,))
)


@pytest.fixture(autouse=True)
def one_thread():
    """Small networks: more threads cost more than they bring."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def batch(images: int = 6, channels: int = 3, side: int = 8) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    shape = (images, channels, side, side)
    return torch.randint(0, 256, shape, generator=random, dtype=torch.uint8)


def rates(chosen, steps: int, losses: list[float] | None = None) -> list[float]:
    """The learning rate of each step; with `losses`, an evaluation after each."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1.0)
    schedule = make_schedule(optimiser, chosen, steps)
    found = []
    for step in range(steps):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
        if losses is not None:
            schedule.evaluated(losses[step])
    return found


# Presets


@pytest.mark.parametrize("key", ALL)
def test_every_protocol_names_a_network_that_takes_its_images(key):
    dataset, model, preset = key
    chosen = protocol(*key)
    assert (dataset in DATASETS, chosen.model in MODELS, preset in PRESETS) == (True, True, True)
    assert chosen.model == model
    patches = {"vit_b16": 16, "vit_small": 4}
    assert chosen.image_size % patches.get(model, 1) == 0
    if preset in ("smoke", "small"):  # for two CPU cores
        assert (chosen.precision, chosen.compile) == ("fp32", False)
    if preset == "smoke":
        small = protocol(dataset, model, "small")
        assert chosen == replace(small, epochs=1, warmup_steps=0)


def test_the_papers_protocols():
    """Misaligned by Design, Appendix D."""
    xray = asdict(protocol("chestxray14", "densenet121", "paper"))
    printed = {
        "optimiser": "adam", "betas": (0.9, 0.999), "learning_rate": 1e-4, "schedule": "plateau",
        "batch_size": 16, "image_size": 224, "flip": True, "epochs": 40,
        "normalisation": "imagenet", "evaluate_every": "epoch", "weight_decay": 0.0,
    }  # fmt: skip
    assert printed.items() <= xray.items()
    for name in ("cifar10", "cifar100"):
        cifar = protocol(name, "vit_b16", "paper")
        printed = {
            "optimiser": "sgd", "momentum": 0.9, "learning_rate": 0.03, "schedule": "cosine",
            "batch_size": 512, "clip_norm": 1.0, "evaluate_every": 100,
        }  # fmt: skip
        assert printed.items() <= asdict(cifar).items()
        assert cifar.warmup_steps > 0
        assert cifar.total_steps(45_000) == 10_000
        assert replace(cifar, learning_rate=REFERENCE_LEARNING_RATE).learning_rate == 0.01


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mnist", "mlp", "small"), "--dataset is mnist: must be one of digits"),
        (("digits", "mlp", "large"), "--preset is large: must be one of smoke, small, full, paper"),
        (("digits", "mlp", "paper"), "must exist for model mlp on digits (it does for no model)"),
        (
            ("cifar10", "densenet121", "paper"),
            "must exist for model densenet121 on cifar10 (it does for vit_b16)",
        ),
    ],
)
def test_combinations_that_do_not_exist(arguments, message):
    with pytest.raises(InputError) as caught:
        protocol(*arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate is 0.0: must be above zero"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": float("inf")}, "learning_rate is inf: must be finite"),
        ({"epochs": 0}, "epochs is 0: must be above zero"),
        ({"evaluate_every": 0}, "evaluate_every is 0: must be above zero"),
        ({"momentum": -1.0}, "momentum is -1.0: must be at least 0"),
        ({"crop_area": 1.5}, "crop_area is 1.5: must lie in"),
    ],
)
def test_values_that_cannot_be_trained_with(change, message):
    with pytest.raises(InputError) as caught:
        replace(PLAIN, **change)
    assert message in str(caught.value)


def test_protocols_are_frozen():
    with pytest.raises(FrozenInstanceError):
        PLAIN.epochs = 3


def test_steps():
    chosen = replace(PLAIN, batch_size=10, epochs=3)
    assert (chosen.steps_per_epoch(21), chosen.total_steps(21)) == (3, 9)
    assert replace(chosen, most_steps=4).total_steps(21) == 4


# Schedules


def test_cosine_after_warmup():
    chosen = replace(PLAIN, learning_rate=0.5, warmup_steps=4, schedule="cosine")
    found = rates(chosen, 14)
    assert found[:4] == pytest.approx([0.125, 0.25, 0.375, 0.5])
    expected = 0.25 * (1 + np.cos(np.pi * np.arange(10) / 10))
    assert found[4:] == pytest.approx(expected)
    assert rate_share(chosen, 14, 14) == pytest.approx(0)


def test_one_cycle_and_constant():
    chosen = replace(PLAIN, learning_rate=1.0, warmup_steps=2, schedule="one_cycle")
    assert rates(chosen, 6) == pytest.approx([0.5, 1, 1, 0.75, 0.5, 0.25])
    assert rates(replace(chosen, schedule="constant"), 4) == pytest.approx([0.5, 1, 1, 1])


def test_plateau():
    chosen = replace(PLAIN, learning_rate=1.0, schedule="plateau")
    losses = [5.0, 4.0, 4.5, 4.0, 3.0, float("nan"), 2.0]
    # Lower, equal and undefined losses: only a loss below the lowest so far keeps the rate.
    assert rates(chosen, 7, losses) == pytest.approx([1, 1, 1, 0.1, 0.01, 0.01, 0.001])
    unmoved = rates(replace(chosen, schedule="constant"), 7, losses)
    assert unmoved == pytest.approx([1] * 7)


def test_warmup_must_be_shorter_than_training():
    with pytest.raises(InputError, match=r"warmup_steps is 5: must be below .* steps, 5"):
        rates(replace(PLAIN, warmup_steps=5), 5)


@pytest.mark.parametrize("key", ALL)
def test_optimisers(key):
    chosen = protocol(*key)
    network = build("small_cnn", 3, 1, 8)
    optimiser = make_optimiser(network, chosen)
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
    assert type(optimiser) is kinds[chosen.optimiser]
    held = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    assert len(held) == len(list(network.parameters()))
    for group in optimiser.param_groups:
        flat = {parameter.ndim < 2 for parameter in group["params"]}
        assert len(flat) == 1
        assert group["weight_decay"] == (0 if flat == {True} else chosen.weight_decay)


# Batches


def test_without_augmentation_the_batch_is_untouched():
    images = batch()
    assert augment(images, torch.Generator(), PLAIN) is images


@pytest.mark.parametrize(
    "chosen",
    [
        replace(PLAIN, flip=True),
        replace(PLAIN, crop_padding=3),
        replace(PLAIN, flip=True, crop_padding=2),
        replace(PLAIN, flip=True, crop_area=0.05, image_size=12),
    ],
)
def test_equal_generators_make_equal_batches(chosen):
    images = batch(64)
    untouched = images.clone()
    first, second, other = (
        augment(images, torch.Generator().manual_seed(seed), chosen) for seed in (3, 3, 4)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.equal(images, untouched)


def test_flips():
    images = batch(400)
    found = augment(images, torch.Generator().manual_seed(0), replace(PLAIN, flip=True))
    same = (found == images).flatten(1).all(1)
    mirrored = (found == images.flip(3)).flatten(1).all(1)
    assert bool((same | mirrored).all())
    # 400 fair draws have a standard deviation of 10: five of them.
    assert abs(int(same.sum()) - 200) <= 50


@given(padding=st.integers(1, 4), seed=st.integers(0, 50))
def test_shifts_are_cuts_of_the_reflected_image(padding, seed):
    images = batch(3, 2, 5)
    chosen = replace(PLAIN, crop_padding=padding)
    found = augment(images, torch.Generator().manual_seed(seed), chosen).numpy()
    rim = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded = np.pad(images.numpy(), rim, mode="reflect")
    for index in range(3):
        cuts = [
            padded[index, :, y : y + 5, x : x + 5]
            for y in range(2 * padding + 1)
            for x in range(2 * padding + 1)
        ]
        assert any(np.array_equal(found[index], cut) for cut in cuts)


def test_random_crops_lie_inside_the_image():
    side = 16
    ramp = torch.arange(side).mul(16).to(torch.uint8).expand(200, 1, side, side)
    chosen = replace(PLAIN, crop_area=0.05, image_size=8)
    found = augment(ramp.contiguous(), torch.Generator().manual_seed(0), chosen)
    assert (found.shape, found.dtype) == ((200, 1, 8, 8), torch.float32)
    assert float(found.min()) >= 0
    assert float(found.max()) <= 240
    # Rows stay alike and columns rise: each crop is an upright rectangle.  Interpolation of
    # values below 256 in float32 is exact to some 1e-4.
    assert float((found - found[:, :, :1]).abs().max()) < 1e-3
    assert bool((found.diff(dim=3) >= -1e-3).all())
    # The ramp rises by 16 a pixel, and the 8 centres span 7/8 of the crop: away from the border
    # this tells its width, between sqrt(0.05 * 3/4) and all of the side.
    width = (found[:, 0, 0, -1] - found[:, 0, 0, 0]) / 16 / (7 / 8) / side
    assert 0.1 < float(width.min()) < 0.35
    assert 0.9 < float(width.max()) <= 1.1


def test_bad_batches():
    with pytest.raises(InputError, match=r"dtype of images is torch\.float32"):
        augment(batch().float(), torch.Generator(), PLAIN)
    with pytest.raises(InputError, match="shape of images"):
        augment(batch()[0], torch.Generator(), PLAIN)
    with pytest.raises(InputError, match="crop_padding is 8: must be below the side"):
        augment(batch(), torch.Generator(), replace(PLAIN, crop_padding=8))
    with pytest.raises(InputError, match="channels of images is 2: must be 1 or 3"):
        prepared(batch(channels=2), torch.zeros(3, 1, 1), torch.ones(3, 1, 1), 8)


def test_training_images_are_standardised():
    data = load("digits")
    statistics = normalisation(data, protocol("digits", "mlp", "small"))
    found = prepared(data.train.images, *statistics, 8)
    # Sums of 70,000 numbers of size one in float32, whose precision is 6e-8.
    assert float(found.mean()) == pytest.approx(0, abs=1e-4)
    assert float(found.std(correction=0)) == pytest.approx(1, abs=1e-4)


def test_normalisations():
    data = load("digits")
    paper = protocol("chestxray14", "densenet121", "paper")
    imagenet = normalisation(data, paper)
    found = prepared(data.test.images[:4], *imagenet, 32)
    assert found.shape == (4, 3, 32, 32)
    white = torch.full((1, 1, 4, 4), 255, dtype=torch.uint8)
    assert prepared(white, *imagenet, 4)[0, :, 0, 0].tolist() == pytest.approx(
        [(1 - m) / s for m, s in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)], rel=1e-5
    )
    half = normalisation(data, protocol("cifar10", "vit_b16", "paper"))
    black = torch.zeros(1, 1, 4, 4, dtype=torch.uint8)
    assert prepared(black, *half, 4).unique().tolist() == [-1]
    assert prepared(white, *half, 4).unique().tolist() == [1]


@pytest.mark.parametrize(
    ("dataset", "model"), [("chestxray14", "densenet121"), ("cifar10", "vit_small")]
)
def test_a_few_steps_of_the_papers_kind(dataset, model):
    """The papers' pipelines on a few images: augmentation, network, clipping, schedule."""
    preset = "paper" if model == "densenet121" else "full"
    size = 32 if model == "densenet121" else 8
    chosen = replace(protocol(dataset, model, preset), image_size=size, warmup_steps=1)
    data = load("digits", limit=16)
    torch.manual_seed(0)
    network = build(model, len(data.classes), 1, chosen.image_size)
    optimiser = make_optimiser(network, chosen)
    schedule = make_schedule(optimiser, chosen, 4)
    random, losses = torch.Generator().manual_seed(0), []
    statistics = normalisation(data, chosen)
    for _ in range(4):
        images = augment(data.train.images, random, replace(chosen, flip=False, crop_padding=0))
        logits = network(prepared(images, *statistics, chosen.image_size))
        loss = torch.nn.functional.cross_entropy(logits, data.train.labels)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), chosen.clip_norm or float("inf"))
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
