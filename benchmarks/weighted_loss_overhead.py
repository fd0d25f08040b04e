"""How much a training step costs with a utility-weighted loss, relative to plain cross entropy.

A step is forward, loss, backward of a two-layer network; the losses take turns in each round, and
a ratio is between the best of `ROUNDS`.  Runs on a GPU if there is one.

    python benchmarks/weighted_loss_overhead.py
"""

from __future__ import annotations

from functools import partial

import torch
from timing import seconds

from empirical.losses import UtilityWeightedBrier, UtilityWeightedCrossEntropy

BATCH, FEATURES, WIDTH = 512, 1024, 512
CLASSES = (10, 100, 1000)
ROUNDS, STEPS = 10, 20


def ratios(classes: int, device: str) -> dict[str, float]:
    """Time of a step with each loss over that with plain cross entropy."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(FEATURES, WIDTH), torch.nn.ReLU(), torch.nn.Linear(WIDTH, classes)
    ).to(device)
    features = torch.randn(BATCH, FEATURES, device=device)
    target = torch.randint(classes, (BATCH,), device=device)
    matrix = torch.rand(classes, classes) + torch.eye(classes)
    losses = {
        "plain": torch.nn.CrossEntropyLoss(),
        "torch's class weights": torch.nn.CrossEntropyLoss(weight=matrix[0]),
        "class weights": UtilityWeightedCrossEntropy(matrix[0]),
        "utility matrix": UtilityWeightedCrossEntropy(matrix),
        "utility matrix, Brier": UtilityWeightedBrier(matrix),
    }

    def step(loss: torch.nn.Module) -> None:
        network.zero_grad()
        loss(network(features), target).backward()

    best = dict.fromkeys(losses, float("inf"))
    for _ in range(ROUNDS):
        for name, loss in losses.items():
            spent = seconds(partial(step, loss.to(device)), STEPS, device)
            best[name] = min(best[name], spent)
    return {name: least / best["plain"] for name, least in best.items()}


def main() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"{device}: batch {BATCH}, {FEATURES} features, {WIDTH} hidden units")
    for classes in CLASSES:
        for name, ratio in ratios(classes, device).items():
            print(f"{classes:5} classes  {name:22} {ratio:6.3f}")


if __name__ == "__main__":
    main()
