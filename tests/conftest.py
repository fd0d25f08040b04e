"""Fixtures that several test files share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

import pytest
from hypothesis import settings

from theory.command_line import run
from theory.frontier import PROGRAM, main

Outcome = tuple[int, str, str]

# No deadline per example: machines differ.  In CI the same examples every time.
settings.register_profile("toolkit", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("toolkit")


@pytest.fixture
def in_process(monkeypatch, capsys):
    """Make of a `main` and its name a call: (exit code, standard output, standard error)."""

    def make(main: Callable[[Sequence[str]], None], program: str) -> Callable[..., Outcome]:
        def call(*arguments: object) -> Outcome:
            monkeypatch.setattr(sys, "argv", [program, *map(str, arguments)])
            with pytest.raises(SystemExit) as stopped:
                run(main, program)
            printed = capsys.readouterr()
            return stopped.value.code, printed.out, printed.err

        return call

    return make


@pytest.fixture
def cli(in_process):
    """`python -m theory.frontier` in this process."""
    return in_process(main, PROGRAM)


@pytest.fixture
def write(tmp_path):
    """Write a CSV file and return its path."""

    def make(text: str | bytes, name: str = "groups.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make
