"""Tasks in one process and in two: the same results, progress, errors."""

from __future__ import annotations

import os

import pytest
import torch

from empirical import workers
from empirical.workers import Reporter, Workers, side_by_side
from theory.command_line import InputError


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_is_done_once_in_any_number_of_processes(jobs):
    tasks = [(f"task {value}", {"value": value}) for value in range(5)]
    threads = torch.get_num_threads()
    found = dict(side_by_side(lambda value, progress: value**2, tasks, Workers(jobs, threads)))
    assert found == {place: place**2 for place in range(5)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_a_task_is_the_callers(jobs):
    def reciprocal(value, progress):
        if value == 0:
            raise InputError("value is 0: must not be 0")
        return 1 / value

    tasks = [(f"task {value}", {"value": value}) for value in (1, 0)]
    with pytest.raises(InputError, match="value is 0: must not be 0"):
        list(side_by_side(reciprocal, tasks, Workers(jobs, torch.get_num_threads())))


def test_the_cores_are_divided_among_as_many_processes_as_help(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert Workers.chosen(0, 0, "cpu", tasks=20) == Workers(4, 2)
    assert Workers.chosen(0, 0, "cpu", tasks=3) == Workers(3, 2)
    assert Workers.chosen(2, 0, "cpu", tasks=20) == Workers(2, 4)
    assert Workers.chosen(4, 3, "cuda", tasks=20) == Workers(4, 3)
    assert Workers.chosen(0, 0, "cuda", tasks=20) == Workers(1, torch.get_num_threads())
    assert Workers.chosen(0, 5, "cpu", tasks=0) == Workers(1, 5)


def test_progress_names_the_task_and_says_what_is_left(monkeypatch, capsys):
    clock = iter([100.0, 101.0, 130.0])
    monkeypatch.setattr(workers.time, "monotonic", lambda: next(clock))
    report = Reporter("[2/4] seed 0", finished=1, tasks=4, jobs=2, start=70.0)
    report(0.1, 10, torch.tensor(1.0))
    assert capsys.readouterr().err == ""
    report(5, 10, torch.tensor(0.25))
    # Two of four are done after a minute: another minute.
    assert capsys.readouterr().err == (
        "[2/4] seed 0: epoch 5.0 of 10, loss 0.2500; about 1 min left\n"
    )


def test_time_counts_from_the_first_epochs_of_the_first_tasks(monkeypatch, capsys):
    clock = iter([0.0, 60.0, 61.0, 90.0])
    monkeypatch.setattr(workers.time, "monotonic", lambda: next(clock))
    report = Reporter("[1/2] seed 0", finished=0, tasks=2, jobs=1, start=0.0)
    report(0.01, 10, torch.tensor(1.0))  # after a minute of loading
    report(0.02, 10, torch.tensor(1.0))
    report(5.01, 10, torch.tensor(1.0))
    # A quarter of the work in half a minute: three times as long for the rest.
    assert capsys.readouterr().err == (
        "[1/2] seed 0: epoch 0.0 of 10, loss 1.0000\n"
        "[1/2] seed 0: epoch 5.0 of 10, loss 1.0000; about 1 min left\n"
    )


def test_too_little_memory_on_a_gpu_is_one_line():
    def hungry(device, progress):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 80 GiB.")

    with pytest.raises(InputError, match=r"device is cuda: must have the memory for \[1/1\] big "):
        list(side_by_side(hungry, [("big", {"device": "cuda"})], Workers(1, 1)))
