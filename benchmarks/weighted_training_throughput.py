"""What the weighted loss costs in training throughput, and what the hardware gives.

In one run: images a second of training steps with plain and with class-weighted cross entropy,
alternating, best of `REPEATS` (the weighted loss should cost at most `MOST_COST`); the share of
the measured rate of matrix products in bf16 (fp32 on a CPU) that training reaches; and a pair of
trainings one after the other against both stacked in one (`empirical.together`).

    python benchmarks/weighted_training_throughput.py [--model resnet_fast] [--batch 512] [--tiny]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from empirical.losses import utility_weighted_cross_entropy
from empirical.models import MODELS, build
from empirical.together import Stack

CLASSES, CHANNELS, SIZE = 10, 3, 32
REPEATS, STEPS, WARM_UP = 5, 50, 10
MOST_COST = 0.02
MATRIX = 8192
SEED = 0


def seconds(call: Callable[[], object], steps: int, device: str) -> float:
    """Seconds per call, after the device has finished."""
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(steps):
        call()
    if device == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / steps


def matrix_rate(device: str, size: int) -> float:
    """Floating-point operations a second of a product of square matrices."""
    kind = torch.bfloat16 if device == "cuda" else torch.float32
    left, right = (torch.randn(size, size, device=device, dtype=kind) for _ in range(2))
    calls = [seconds(lambda: left @ right, 10, device) for _ in range(REPEATS)]
    return 2 * size**3 / min(calls[1:])


def trainer(model: nn.Module, loss: Callable[..., Any], batch: Any, device: str) -> Any:
    """One training step of `model` on `batch` as a function without arguments."""
    images, labels = batch
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    run = torch.compile(model) if device == "cuda" else model

    def step() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            value = loss(run(images), labels)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()

    return step


def stacked_trainer(model: nn.Module, losses: Sequence[Any], batch: Any, device: str) -> Any:
    """One step of two stacked trainings."""
    images, labels = batch
    stack = Stack(model, len(losses))
    optimiser = torch.optim.SGD(list(stack.parameters.values()), lr=0.01, momentum=0.9)

    def step() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            logits = stack(images)
            pairs = zip(losses, logits, strict=True)
            value = sum(loss(own, labels) for loss, own in pairs)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", choices=MODELS, default="resnet_fast")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--tiny", action="store_true", help="few steps, to see that it runs")
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    steps, size = (2, 512) if options.tiny else (STEPS, MATRIX if device == "cuda" else 2048)
    torch.manual_seed(SEED)
    images = torch.randn(options.batch, CHANNELS, SIZE, SIZE, device=device)
    batch = images, torch.randint(CLASSES, (options.batch,), device=device)
    weights = torch.ones(CLASSES, device=device)
    weights[3] = 99.0

    def weighted(logits: Any, labels: Any) -> Any:
        return utility_weighted_cross_entropy(logits, labels, weights)

    def network() -> nn.Module:
        return build(options.model, CLASSES, CHANNELS, SIZE).to(device)

    losses = {"plain": cross_entropy, "weighted": weighted}
    trainers = {name: trainer(network(), loss, batch, device) for name, loss in losses.items()}
    trainers["stacked"] = stacked_trainer(network(), list(losses.values()), batch, device)
    for step in trainers.values():
        seconds(step, 1 if options.tiny else WARM_UP, device)
    found: dict[str, list[float]] = {name: [] for name in trainers}
    for _ in range(REPEATS):  # alternating, so that drift hits all alike
        for name, step in trainers.items():
            found[name].append(seconds(step, steps, device))
    best = {name: min(values) for name, values in found.items()}
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    print(f"{options.model}, batch {options.batch}, {name}")
    for kind in losses:
        print(f"{kind:9} {options.batch / best[kind]:12,.0f} images/s")
    cost = best["weighted"] / best["plain"] - 1
    verdict = "" if cost <= MOST_COST else f"  ABOVE {MOST_COST:.0%}"
    print(f"cost of the weighted loss: {cost:+.1%}{verdict}")
    model = network()
    with FlopCounterMode(display=False) as counter:
        cross_entropy(model(images), batch[1]).backward()
    rate = matrix_rate(device, size)
    share = counter.get_total_flops() / best["plain"] / rate
    print(f"matrix products: {rate / 1e12:.2f} Tflop/s; training reaches {share:.0%} of it")
    pair = best["plain"] + best["weighted"]
    print(f"a pair of trainings, stacked: {pair / best['stacked']:.2f} times as fast")


if __name__ == "__main__":
    main()
