"""Trainings in several processes at a time: the same numbers as one after another, sooner.

Small networks gain little from many threads and leave a GPU idle.  Trainings are independent, so
each process (of joblib's) takes the next one that nobody has.  What it returns does not depend on
how many there are, but for rounding: on a CPU where the number of threads differs, on a GPU always
(its sums have no fixed order, so no training there repeats bit for bit).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from theory.command_line import InputError

if TYPE_CHECKING:
    from torch import Tensor

PROGRESS_EVERY = 2.0  # seconds between two lines of progress
LEAST_SHARE = 0.01  # of the work that is done before what is left is estimated


@dataclass(frozen=True)
class Workers:
    """`jobs` processes with `threads` threads each."""

    jobs: int
    threads: int

    @classmethod
    def chosen(cls, jobs: int, threads: int, device: str, tasks: int) -> Workers:
        """Those that were asked for, where 0 leaves the choice.

        By default a GPU gets one process, and a CPU one for two cores (at most one a task), among
        which the cores are divided: on two, a convolutional network trains as fast in one process
        of two threads as in two of one.
        """
        import torch

        cores = os.cpu_count() or 1
        jobs = min(jobs or (cores // 2 or 1 if device == "cpu" else 1), max(tasks, 1))
        return cls(jobs, threads or (torch.get_num_threads() if jobs == 1 else cores // jobs or 1))


@dataclass
class Reporter:
    """Progress of one task on standard error, at most every `PROGRESS_EVERY` seconds.

    `finished` of `tasks` had ended when it began; `start`: when the first began.  Of the tasks that
    began when none had ended, time counts from their first epochs: what a process needs to load
    and prepare does not repeat.
    """

    name: str
    finished: int
    tasks: int
    jobs: int
    start: float
    before: float = 0.0  # share of the work done at `start`

    def __post_init__(self) -> None:
        """The first line comes after `PROGRESS_EVERY` seconds."""
        self.last = time.monotonic()
        self.heard = False

    def __call__(self, done: float, total: float, loss: Tensor) -> None:
        """`done` of `total` epochs; `loss`: that of the last batch."""
        now = time.monotonic()
        # The tasks that run now are taken to be as far as this one.
        share = min((self.finished + self.jobs * done / total) / self.tasks, 1.0)
        if not self.heard:
            self.heard = True
            if self.finished == 0:
                self.start, self.before = now, share
        if now - self.last < PROGRESS_EVERY * self.jobs:
            return
        self.last = now
        text = f"{self.name}: epoch {done:.1f} of {total:g}, loss {float(loss):.4f}"
        made = share - self.before
        if made >= LEAST_SHARE:
            text += f"; about {_duration((now - self.start) * (1 - share) / made)} left"
        print(text, file=sys.stderr, flush=True)


def side_by_side(
    function: Callable[..., Any], tasks: Sequence[tuple[str, dict[str, Any]]], workers: Workers
) -> Iterator[tuple[int, Any]]:
    """Yield each task's position and ``function(**arguments, progress=...)``, as they end.

    `tasks`: name and arguments of each; `function` and arguments can be pickled.  The first
    exception of a task is raised after what had ended before.
    """
    from joblib import Parallel, delayed

    start, ended = time.monotonic(), 0

    def calls() -> Iterator[Any]:
        for place, (name, arguments) in enumerate(tasks):
            label = f"[{place + 1}/{len(tasks)}] {name}"
            report = Reporter(label, ended, len(tasks), workers.jobs, start)
            yield delayed(_call)(function, arguments, report, workers.threads, place)

    pool = Parallel(
        n_jobs=workers.jobs,
        pre_dispatch="n_jobs",
        batch_size=1,
        return_as="generator_unordered",
    )
    for place, found in pool(calls()):
        ended += 1
        yield place, found


def _call(
    function: Callable[..., Any],
    arguments: dict[str, Any],
    report: Reporter,
    threads: int,
    place: int,
) -> tuple[int, Any]:
    import torch

    torch.set_num_threads(threads)
    try:
        return place, function(**arguments, progress=report)
    except torch.OutOfMemoryError as error:
        line = str(error).partition(". ")[0]
        raise InputError(
            f"device is {arguments.get('device')}: must have the memory for {report.name} ({line})"
        ) from None


def _duration(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    return f"{hours:.1f} h" if hours >= 1 else f"{minutes:.0f} min" if minutes >= 1 else "a minute"
