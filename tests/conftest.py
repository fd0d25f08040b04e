"""Fixtures that several test files share."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import settings

from theory.command_line import run
from theory.frontier import PROGRAM, main

# No deadline per example: machines differ.  In CI the same examples every time.
settings.register_profile("toolkit", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("toolkit")


@pytest.fixture
def cli(monkeypatch, capsys):
    """Call the command line in this process: (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["theory.frontier", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            run(main, PROGRAM)
        printed = capsys.readouterr()
        return stopped.value.code, printed.out, printed.err

    return call


@pytest.fixture
def write(tmp_path):
    """Write a CSV file and return its path."""

    def make(text: str | bytes, name: str = "groups.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make
