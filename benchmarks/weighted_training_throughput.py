"""What the weighted loss costs in training throughput, and how several trainings share a device.

In one run:

* images a second of training steps with plain and with class-weighted cross entropy, alternating,
  best of `REPEATS`: the weighted loss may cost at most `MOST_COST`, else the exit code is 1;
* the share of the measured rate of matrix products (bf16 on a GPU, fp32 on a CPU) that they reach;
* `--trainings` of them one after the other, and side by side: stacked in one network
  (`empirical.together`, in single precision), on streams of their own (GPU), in processes of their
  own (`empirical.workers`, of one thread each on a CPU).

    python benchmarks/weighted_training_throughput.py [--model resnet_fast] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from timing import seconds
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from empirical.losses import utility_weighted_cross_entropy
from empirical.models import MODELS, build
from empirical.provenance import environment
from empirical.together import Stack
from theory.command_line import Parser, require, require_writable, run, write_whole

PROGRAM = "python benchmarks/weighted_training_throughput.py"
CLASSES, CHANNELS, SIZE = 10, 3, 32
REPEATS, STEPS, WARM_UP = 5, 50, 10
MOST_COST = 0.02
MATRIX = {"cuda": 8192, "cpu": 2048}
SEED = 0
Step = Callable[[], None]


def matrix_rate(device: str, size: int) -> float:
    """Floating-point operations a second of a product of square matrices."""
    kind = torch.bfloat16 if device == "cuda" else torch.float32
    left, right = (torch.randn(size, size, device=device, dtype=kind) for _ in range(2))
    calls = [seconds(lambda: left @ right, 10, device) for _ in range(REPEATS)]
    return 2 * size**3 / min(calls[1:])


def given(batch: int, device: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Images, labels and class weights."""
    weights = torch.ones(CLASSES, device=device)
    weights[3] = 99.0
    images = torch.randn(batch, CHANNELS, SIZE, SIZE, device=device)
    return images, torch.randint(CLASSES, (batch,), device=device), weights


def network(model: str, device: str) -> nn.Module:
    """A fresh network from the seed of the benchmark."""
    torch.manual_seed(SEED)
    return build(model, CLASSES, CHANNELS, SIZE).to(device)


def trainer(model: str, batch: Any, device: str, *, weighted: bool) -> Step:
    """One training step as a function; compiled and in bf16 on a GPU."""
    images, labels, weights = batch
    trained = network(model, device)
    optimiser = torch.optim.SGD(trained.parameters(), lr=0.01, momentum=0.9)
    run = torch.compile(trained, dynamic=False) if device == "cuda" else trained

    def step() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            logits = run(images)
            loss = (
                utility_weighted_cross_entropy(logits, labels, weights)
                if weighted
                else cross_entropy(logits, labels)
            )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return step


def stacked(model: str, batch: Any, device: str, trainings: int) -> Step:
    """One step of several trainings in one stack."""
    images, labels, weights = batch
    stack = Stack(network(model, device), trainings)
    optimiser = torch.optim.SGD(list(stack.parameters.values()), lr=0.01, momentum=0.9)

    def step() -> None:
        logits = stack(images).flatten(0, 1)
        loss = utility_weighted_cross_entropy(
            logits, labels.repeat(trainings), weights, reduction="sum"
        )
        optimiser.zero_grad(set_to_none=True)
        (loss / len(labels)).backward()
        optimiser.step()

    return step


def streamed(model: str, batch: Any, trainings: int) -> Step:
    """One step of several trainings, each on its own stream of the GPU."""
    steps = [trainer(model, batch, "cuda", weighted=True) for _ in range(trainings)]
    streams = [torch.cuda.Stream() for _ in steps]

    def step() -> None:
        for one, stream in zip(steps, streams, strict=True):
            with torch.cuda.stream(stream):
                one()

    return step


def in_processes(model: str, batch: int, device: str, trainings: int, steps: int) -> float:
    """Seconds of a step of all trainings, each in a process, started at the same moment."""
    context = multiprocessing.get_context("spawn")
    barrier, spent = context.Barrier(trainings), context.SimpleQueue()
    processes = [
        context.Process(target=_work, args=(model, batch, device, steps, barrier, spent))
        for _ in range(trainings)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        return float("nan")
    return max(spent.get() for _ in processes)


def _work(model: str, batch: int, device: str, steps: int, barrier: Any, spent: Any) -> None:
    torch.set_num_threads(1)
    step = trainer(model, given(batch, device), device, weighted=True)
    seconds(step, min(steps, WARM_UP), device)
    barrier.wait()
    spent.put(min(seconds(step, steps, device) for _ in range(REPEATS)))


def best_of(steps: dict[str, Step], calls: int, device: str) -> dict[str, float]:
    """Least seconds of each; they alternate, so that drift hits all alike."""
    for step in steps.values():
        seconds(step, min(calls, WARM_UP), device)
    found = dict.fromkeys(steps, float("inf"))
    for _ in range(REPEATS):
        for name, step in steps.items():
            found[name] = min(found[name], seconds(step, calls, device))
    return found


def measured(options: argparse.Namespace, device: str) -> dict[str, Any]:
    """Every number of the benchmark; times in seconds a step."""
    calls, matrix = (2, 512) if options.tiny else (STEPS, MATRIX[device])
    model, trainings, batch = options.model, options.trainings, given(options.batch, device)
    alone = {
        "plain": trainer(model, batch, device, weighted=False),
        "weighted": trainer(model, batch, device, weighted=True),
    }
    spent = best_of(alone, calls, device)
    with FlopCounterMode(display=False) as counter:
        cross_entropy(network(model, device)(batch[0]), batch[1]).backward()
    rate = matrix_rate(device, matrix)
    together = {"stacked, fp32": stacked(model, batch, device, trainings)}
    if device == "cuda":
        together["streams"] = streamed(model, batch, trainings)
    ways = {"one after another": trainings * spent["weighted"], **best_of(together, calls, device)}
    ways["processes"] = in_processes(model, options.batch, device, trainings, calls)
    return {
        "model": model,
        "batch": options.batch,
        "images_per_second": {name: options.batch / value for name, value in spent.items()},
        "cost_of_weights": spent["weighted"] / spent["plain"] - 1,
        "matrix_flops": rate,
        "share_of_matrix_rate": counter.get_total_flops() / spent["plain"] / rate,
        "trainings": trainings,
        "seconds_of_a_step_of_all": ways,
        "environment": environment(
            "empirical.together", device, torch.get_num_threads(), " ".join(sys.argv)
        ),
    }


def as_text(found: dict[str, Any]) -> str:
    """The numbers for people."""
    cost, ways = found["cost_of_weights"], found["seconds_of_a_step_of_all"]
    lines = [f"{found['model']}, batch {found['batch']}, {found['environment']['device']}"]
    lines += [
        f"{name:9} {rate:12,.0f} images/s" for name, rate in found["images_per_second"].items()
    ]
    limit = "at most" if cost <= MOST_COST else "ABOVE"
    lines += [
        f"cost of the weighted loss: {cost:+.1%} ({limit} {MOST_COST:.0%})",
        f"matrix products: {found['matrix_flops'] / 1e12:.2f} Tflop/s; training reaches "
        f"{found['share_of_matrix_rate']:.0%} of it",
        f"{found['trainings']} trainings, times as fast as one after another:",
    ]
    first = ways["one after another"]
    return "\n".join(
        [*lines, *(f"  {name:18} {first / spent:.2f}" for name, spent in ways.items())]
    )


def main(arguments: Sequence[str]) -> None:
    parser = Parser(prog=PROGRAM, description=__doc__.partition("\n")[0], allow_abbrev=False)
    parser.add_argument("--model", choices=MODELS, default="resnet_fast")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--trainings", type=int, default=2)
    parser.add_argument("--threads", type=int, help="on a CPU, of all but the processes")
    parser.add_argument("--tiny", action="store_true", help="few steps, to see that it runs")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the numbers (.json)")
    options = parser.parse_args(arguments)
    for name in ("batch", "trainings", "threads"):
        value = getattr(options, name)
        require(value is None or value >= 1, f"--{name}", value, "be at least 1")
    require_writable("--out", options.out)
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    found = measured(options, "cuda" if torch.cuda.is_available() else "cpu")
    print(as_text(found))
    if options.out is not None:
        text = json.dumps(found, indent=1) + "\n"
        write_whole(options.out, lambda path: path.write_text(text, encoding="utf-8"))
    if found["cost_of_weights"] > MOST_COST:
        raise SystemExit(1)


if __name__ == "__main__":
    run(main, PROGRAM)
