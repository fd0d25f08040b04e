"""What every command line shares: how a process ends, and where files can be written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from theory.command_line import (
    InputError,
    parse_number,
    require_folder,
    require_writable,
    write_whole,
)

FRONTIER = [sys.executable, "-m", "theory.frontier", "--p", "0.4"]
INTERRUPTED = """
import time
from theory.command_line import run
def main(arguments):
    print("ready", flush=True)
    time.sleep(60)
run(main, "program")
"""


def ended(main: str, **options: object) -> subprocess.CompletedProcess[str]:
    """A process that runs `main`, the body of a function of the arguments."""
    code = f"from theory.command_line import run\ndef main(arguments):\n    {main}\nrun(main, 'p')"
    return subprocess.run(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, check=False, **options
    )  # type: ignore[call-overload, no-any-return]


def test_ctrl_c_ends_with_one_line():
    command = [sys.executable, "-c", INTERRUPTED]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "program: interrupted\n")


def test_an_interruption_may_say_what_was_kept():
    found = ended("raise KeyboardInterrupt('finished runs are kept in x.json')")
    assert found.returncode == 130
    assert found.stderr == "p: interrupted: finished runs are kept in x.json\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_full_output_ends_with_one_line(unbuffered, arguments):
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            [*FRONTIER, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=environment,
        )
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1
    assert "error: standard output: No space left on device" in found.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_closed_output_ends_with_one_line():
    found = subprocess.run(
        ["sh", "-c", '"$0" "$@" >&-', *FRONTIER], stderr=subprocess.PIPE, text=True, check=False
    )
    assert found.returncode == 2
    assert found.stderr.endswith("error: standard output is closed: must be open\n")
    assert found.stderr.count("\n") == 1


def test_a_name_that_the_output_cannot_encode_is_escaped():
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    found = ended(r"print('caf\u00e9')", stdout=subprocess.PIPE, env=environment)
    assert (found.returncode, found.stdout, found.stderr) == (0, "caf\\xe9\n", "")


@pytest.mark.parametrize(
    ("main", "line"),
    [
        ("float(10**400)", "p: error: a number is too large for floating-point arithmetic\n"),
        ("open('no/such')", "p: error: no/such: No such file or directory\n"),
    ],
)
def test_a_failure_ends_with_one_line(main, line):
    found = ended(main)
    assert (found.returncode, found.stderr) == (2, line)


def test_a_writable_path_is_left_as_it_was(tmp_path):
    path = tmp_path / "old.json"
    path.write_text("old")
    require_writable("--out", None)
    require_writable("--out", path)
    require_writable("--out", tmp_path / "new.json")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "old"


def test_an_unwritable_path_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for path, reason in (
        (tmp_path, "Is a directory"),
        (tmp_path / "no" / "x.json", "No such file or directory"),
        (tmp_path / "file" / "x.json", "Not a directory"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        with pytest.raises(InputError) as refused:
            require_writable("--out", path)
        assert str(refused.value) == f"--out is {path}: must be writable ({reason})"


def test_a_folder_is_made_or_refused(tmp_path):
    require_folder("--report", tmp_path / "new" / "report")
    assert list((tmp_path / "new" / "report").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"--report is .*file: must be a writable folder"):
        require_folder("--report", tmp_path / "file")


def write(path: Path) -> None:
    path.write_text("new")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_permissions_are_those_of_the_file_or_of_the_process(tmp_path):
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("old")
    old.chmod(0o600)
    mask = os.umask(0o027)
    try:
        write_whole(old, write)
        write_whole(new, write)
    finally:
        os.umask(mask)
    assert [path.stat().st_mode & 0o777 for path in (old, new)] == [0o600, 0o640]
    assert old.read_text() == new.read_text() == "new"


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_is_written_through(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "folder" / "link.txt"
    target.write_text("old")
    link.parent.mkdir()
    link.symlink_to(target)
    write_whole(link, write)
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert [path.name for path in link.parent.iterdir()] == ["link.txt"]


def test_a_long_exponent_is_named():
    with pytest.raises(InputError, match=r"--p is '1e-5000': expected an exponent of at most 3"):
        parse_number("1e-5000", "--p")
    with pytest.raises(InputError, match=r"--p is 'e5000': expected a decimal"):
        parse_number("e5000", "--p")
