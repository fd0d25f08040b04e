"""What can be checked of training on a GPU without one.

The meta device has shapes, types and places but no values: a step at the true size of a protocol
runs on it in a second, and fails where a tensor was left on the CPU.  Compilation runs through
torch's tracer with a backend that executes the traced graph as it is.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch._dynamo.utils import counters

from empirical import feed, together, train
from empirical.data import load
from empirical.models import build
from empirical.protocols import protocol

WEIGHTED = np.array([9.0] + [0.1] * 9)
FULL_SIZE = (
    ("cifar10", "resnet_fast", "full"),
    ("cifar100", "vit_small", "full"),
    ("cifar10", "vit_b16", "paper"),
    ("pediatric_xray", "densenet121", "full"),
    ("chestxray14", "densenet121", "paper"),
)


class StopTrainingError(Exception):
    """Raised after the first step."""


class HostGenerator(torch.Generator):
    """A generator on the CPU whatever device is asked for: the meta device has none."""

    def __new__(cls, device: str = "cpu") -> torch.Generator:
        return super().__new__(cls, "cpu")


@pytest.fixture
def meta(monkeypatch):
    """Let training run on the meta device, which has neither random numbers nor autocast."""
    monkeypatch.setattr(torch, "Generator", HostGenerator)
    monkeypatch.setattr(train, "precision", lambda *_: contextlib.nullcontext())


@pytest.fixture(scope="module")
def data():
    return load("digits", limit=40)


def one_step(call, *arguments):
    def stop(*_):
        raise StopTrainingError

    with pytest.raises(StopTrainingError):
        list(call(*arguments, device="meta", progress=stop))


@pytest.mark.parametrize(("dataset", "model", "preset"), FULL_SIZE)
def test_a_step_leaves_no_tensor_on_the_host(data, meta, dataset, model, preset):
    own = protocol(dataset, model, preset)
    changes = {"compile": False, "warmup_steps": 0, "schedule": "cosine"}
    chosen = replace(own, **changes, crop_padding=min(own.crop_padding, 3))

    def network():
        return build(model, 10, 1, chosen.image_size)

    one_step(train.train, data, chosen, WEIGHTED, 0, network)
    single = replace(chosen, precision="fp32")
    one_step(together.train_together, data, single, [None, WEIGHTED], 0, network)


def test_a_tensor_left_on_the_host_is_noticed(data, meta, monkeypatch):
    original = feed.normalisation
    monkeypatch.setattr(feed, "normalisation", lambda d, p, device: original(d, p, "cpu"))
    chosen = protocol("digits", "linear", "smoke")
    with pytest.raises(RuntimeError, match="device"):
        list(train.train(data, chosen, None, 0, lambda: build("linear", 10, 1, 8), device="meta"))


@pytest.mark.parametrize("model", ["resnet_fast", "vit_small"])
def test_networks_of_a_kind_are_compiled_once(data, monkeypatch, model):
    compiler = torch.compile
    monkeypatch.setattr(torch, "compile", lambda m, **k: compiler(m, backend="eager", **k))
    torch.compiler.reset()
    counters.clear()
    own = protocol("cifar10", model, "full")
    changes = {"image_size": 8, "crop_padding": 1, "warmup_steps": 1, "precision": "fp32"}
    chosen = replace(own, **changes, epochs=2, batch_size=16, most_steps=4)
    runs = {
        compiled: [
            list(
                train.train(
                    data,
                    replace(chosen, compile=compiled),
                    weights,
                    seed,
                    lambda: build(model, 10, 1, 8),
                )
            )
            for seed, weights in ((0, None), (0, WEIGHTED), (1, None))
        ]
        for compiled in (True, False)
    }
    assert counters["stats"]["unique_graphs"] == 1
    assert not counters["graph_break"]
    for with_compiler, without in zip(runs[True], runs[False], strict=True):
        for first, second in zip(with_compiler, without, strict=True):
            assert np.allclose(first.logits["test"], second.logits["test"], atol=1e-4)
