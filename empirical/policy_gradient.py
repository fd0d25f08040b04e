"""A pair of softmax policies trained by REINFORCE (Williams 1992) on the inspection game; torch.

Each agent has one logit, sees nothing but the payoffs of its own actions, and follows the
sampled gradient of its expected payoff, minus a running mean payoff as a baseline.  Both learn
at once, in many independent populations.  What is measured here has no proof behind it: the
expected flow is a gradient flow whose speed depends on the strategy, so it cycles around the
equilibrium and its time average is the equilibrium (`ed_ext_gradient_flow`), but these are
sampled steps of fixed size.

torch is an optional extra of this project; without it, importing this module fails with an
`ImportError` that says how to install it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

try:
    import torch
except ImportError as error:
    raise ImportError(
        "policy gradients need torch: pip install 'alignment-theory-checks[empirical]'"
    ) from error

from theory.learning import Run
from theory.learning_rules import Duel

BASELINE_MEMORY = 0.99  # weight of the past in the running mean payoff


def policy_gradient(
    duel: Duel,
    steps: int,
    populations: int,
    *,
    start: tuple[float, float] = (0.5, 0.5),
    step_size: float = 0.1,
    batch: int = 16,
    seed: int = 0,
    device: str = "cpu",
    records: int = 200,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Run:
    """Train `populations` pairs for `steps` updates of `batch` sampled rounds each.

    `duel`: floats, the same game for all.  `start`: initial misconduct and inspection, in
    (0, 1).  Payoffs are those of the duel: honesty and not inspecting pay 0.  The averages of
    the returned run are frequencies of the sampled actions, its `last_*` and trajectories
    strategies; all are NumPy arrays.
    """
    generator = torch.Generator(device).manual_seed(seed)
    odds = torch.tensor([float(np.log(p / (1 - p))) for p in start], device=device)
    logits = odds[:, None].repeat(1, populations).requires_grad_()
    baseline = torch.zeros(2, 1, populations, device=device)
    optimizer = torch.optim.SGD([logits], lr=step_size)
    marks = np.unique(np.linspace(steps, 1, min(records, steps)).round().astype(int))
    sums = torch.zeros(3, populations, device=device, dtype=torch.float64)
    recorded: list[Any] = []
    following = 0
    for time in range(1, steps + 1):
        strategies = torch.sigmoid(logits.detach())
        drawn = torch.rand(2, batch, populations, generator=generator, device=device)
        actions = (drawn < strategies[:, None]).float()
        cheats, inspects = actions
        payoffs = torch.stack(
            [cheats * duel.cheating(inspects), inspects * duel.inspecting(cheats)]
        )
        log_probability = -torch.nn.functional.binary_cross_entropy_with_logits(
            logits[:, None].expand_as(actions), actions, reduction="none"
        )
        # Populations are independent: the sum over them leaves each one's gradient as it is.
        loss = -((payoffs - baseline) * log_probability).mean(dim=1).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        mean = payoffs.mean(dim=1, keepdim=True)
        baseline = BASELINE_MEMORY * baseline + (1 - BASELINE_MEMORY) * mean
        sums += torch.stack([cheats.mean(0), inspects.mean(0), (cheats * inspects).mean(0)])
        if time == marks[following]:
            recorded.append(torch.cat([strategies.double(), sums[:2] / time]).numpy(force=True))
            following += 1
            progress(time, steps)
    averages = (sums / steps).numpy(force=True)
    last = torch.sigmoid(logits.detach()).double().numpy(force=True)
    overtime = np.stack(recorded, axis=1)
    return Run(
        averages[0],
        averages[1],
        averages[2],
        last[0],
        last[1],
        marks,
        overtime[0],
        overtime[1],
        overtime[2],
        overtime[3],
    )
