"""Many populations of one solver and one auditor each that learn the inspection game at once.

`theory.learning_rules` has the rules; here they are run, for all populations at once, with
expected or with sampled play, and the record is kept: frequencies, strategies over time.
Populations may differ in their game and in where they start.  NumPy arrays give a run on the
processor; torch tensors give the same run wherever they lie, a GPU for example.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from theory.learning_rules import RULES, Duel, namespace
from theory.piecewise import select


@dataclass(frozen=True)
class Run:
    """What the populations did: arrays (populations,), and (records, populations) over time.

    `average_*` are frequencies over all rounds (of actions if play was sampled), `caught` the
    frequency of misconduct that was inspected; `last_*` the strategies after the last round;
    `misconduct`, `inspection` the strategies played in the rounds `times`, and `mean_*` the
    frequencies up to them.
    """

    average_misconduct: Any
    average_inspection: Any
    caught: Any
    last_misconduct: Any
    last_inspection: Any
    times: np.ndarray
    misconduct: Any
    inspection: Any
    mean_misconduct: Any
    mean_inspection: Any


def learn(
    duel: Duel,
    rule: str,
    steps: int,
    start: tuple[Any, Any],
    *,
    step_size: float = 0.1,
    decreasing: bool = False,
    generator: Any = None,
    records: int = 200,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Run:
    """Let populations of one solver and one auditor each play `steps` rounds by `RULES[rule]`.

    `start`: initial strategies (x, y), floating-point arrays (populations,) of NumPy or torch
    (in (0, 1) for ``hedge``; for ``regret`` what is played while no regret is positive).  The
    step is `step_size`, over the root of the round's number if `decreasing`.  With a
    `generator` (NumPy's, or torch's for tensors) play is sampled.  `progress` is told the
    rounds done and their total at each of the at most `records` recorded rounds.

    Raises `ValueError` for fewer than one step, or for a rule that cannot be sampled.
    """
    chosen = RULES[rule]
    if steps < 1:
        raise ValueError(f"steps is {steps}: must be at least 1")
    if generator is not None and not chosen.sampled:
        raise ValueError(f"rule is {rule}: must be played with expected payoffs, not sampled")
    xp = namespace(start[0])
    if xp is not np:
        select.register(type(start[0]), xp.where)
    marks = np.unique(np.linspace(steps, 1, min(records, steps)).round().astype(int))
    recorded: list[list[Any]] = [[], [], [], []]
    state = chosen.begin(*start)
    sums = [0 * start[0], 0 * start[0], 0 * start[0]]
    following = 0
    for time in range(1, steps + 1):
        x, y = strategies = chosen.strategies(state)
        if generator is not None:
            x, y = (_act(probability, generator) for probability in strategies)
        state = chosen.update(duel, state, x, y, step_size / time**0.5 if decreasing else step_size)
        sums = [sums[0] + x, sums[1] + y, sums[2] + x * y]
        if time == marks[following]:
            values = (*strategies, sums[0] / time, sums[1] / time)
            for column, value in zip(recorded, values, strict=True):
                column.append(value + 0 * start[0])
            following += 1
            progress(time, steps)
    averages = [total / steps for total in sums]
    last = chosen.strategies(state)
    overtime = [xp.stack(column) for column in recorded]
    return Run(averages[0], averages[1], averages[2], last[0], last[1], marks, *overtime)


def _act(probability: Any, generator: Any) -> Any:
    """1 with the given probabilities, else 0."""
    if isinstance(generator, np.random.Generator):
        return (generator.random(probability.shape) < probability).astype(probability.dtype)
    drawn = import_module("torch").rand(
        probability.shape, generator=generator, device=generator.device, dtype=probability.dtype
    )
    return (drawn < probability).to(probability.dtype)
