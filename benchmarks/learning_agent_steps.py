"""How many agent-steps a second the learning rules make, with expected and with sampled play.

An agent-step is one agent's strategy and its update in one round; a population has two agents.
The least that counts as fast enough is `LEAST`; all rates are measured in one run, best of
`REPEATS`.  With torch installed, the same run on tensors follows (on a GPU if there is one).

    python benchmarks/learning_agent_steps.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from timing import fastest

from theory.learning import learn
from theory.learning_rules import RULES, plain_duel

POPULATIONS, STEPS = 2000, 300
REPEATS = 3
LEAST = 10**6
DUEL = plain_duel(1.0, 4.0, 1.0, 3.0)
SEED = 0


def rate(start: Any, rule: str, generator: Callable[[], Any], device: str) -> float:
    """Agent-steps a second, the best of `REPEATS` runs; `generator` makes each run's, or None."""
    run = partial(learn, DUEL, rule, STEPS, start)
    return 2 * POPULATIONS * STEPS / fastest(lambda: run(generator=generator()), REPEATS, device)


def report(library: str, start: Any, generator: Callable[[], Any], device: str = "cpu") -> None:
    """Print the rates of every rule."""
    for rule, properties in RULES.items():
        found = {"expected": rate(start, rule, lambda: None, device)}
        if properties.sampled:
            found["sampled"] = rate(start, rule, generator, device)
        for play, steps in found.items():
            verdict = "" if steps >= LEAST else f"  BELOW {LEAST:,}"
            print(f"{library:12} {rule:14} {play:9} {steps / 1e6:8.1f} M agent-steps/s{verdict}")


def main() -> None:
    print(f"{POPULATIONS:,} populations of two agents, {STEPS} rounds")
    generator = np.random.default_rng(SEED)
    start = (generator.uniform(0.1, 0.9, POPULATIONS), generator.uniform(0.1, 0.9, POPULATIONS))
    report("NumPy", start, lambda: np.random.default_rng(SEED))
    try:
        import torch
    except ImportError:
        print("torch is not installed: no run on tensors")
        return
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tensors = tuple(torch.from_numpy(array).to(device) for array in start)
    report(f"torch {device}", tensors, lambda: torch.Generator(device).manual_seed(SEED), device)


if __name__ == "__main__":
    main()
