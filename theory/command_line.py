"""What every command line of the toolkit shares: number parsing, one-line errors, safe files."""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import re
import stat
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?|[+-]?\d+/\d+")

_FAILED_OUTPUT = {errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG}  # where no file is named


class InputError(ValueError):
    """Bad input: the message is one line naming the argument, its value and what is required."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line on stderr, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


def bind_negatives(arguments: Sequence[str], options: Collection[str]) -> list[str]:
    """Write ``--p -1/2`` as ``--p=-1/2`` for the named options, so that a negative value reaches
    the check of its range and is not taken for an option.

    >>> bind_negatives(["--p", "-1/2", "--json"], ["--p"])
    ['--p=-1/2', '--json']
    """
    bound: list[str] = []
    for argument in arguments:
        if bound and bound[-1] in options and re.match(r"-[\d.]", argument):
            bound[-1] += f"={argument}"
        else:
            bound.append(argument)
    return bound


def parse_number(text: str, argument: str) -> Fraction:
    """The exact value of a decimal such as ``0.4`` or ``1e-3``, or a fraction such as ``2/5``.

    Raises `InputError` naming `argument` and `text` if it is neither.

    >>> parse_number("0.4", "--p"), parse_number("1/3", "--p")
    (Fraction(2, 5), Fraction(1, 3))
    """
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        if re.fullmatch(r"[+-]?[\d.]*\d[\d.]*[eE][+-]?\d{4,}", stripped):
            raise InputError(f"{argument} is {text!r}: expected an exponent of at most 3 digits")
        raise InputError(f"{argument} is {text!r}: expected a decimal or a fraction such as 2/5")
    try:
        return Fraction(stripped)
    except ZeroDivisionError:
        raise InputError(f"{argument} is {text!r}: the denominator must not be zero") from None


def require(condition: bool, argument: str, value: object, requirement: str) -> None:
    """Raise `InputError` "ARGUMENT is VALUE: must REQUIREMENT" unless `condition` holds."""
    if not condition:
        raise InputError(f"{argument} is {value}: must {requirement}")


def require_writable(argument: str, path: Path | None) -> None:
    """Raise `InputError` "ARGUMENT is PATH: must be writable (REASON)" if no file can go there.

    For the start of a command line, before the work that the file is to hold.  A temporary
    file is made beside `path` and removed; an existing file stays as it was.  None passes.
    """
    if path is None:
        return
    try:
        _neighbour(path).unlink()
    except OSError as error:
        raise InputError(
            f"{argument} is {path}: must be writable ({error.strerror or error})"
        ) from None


def require_folder(argument: str, path: Path) -> None:
    """Make the folder `path` if need be; raise `InputError` unless files can be written there.

    For the start of a command line, like `require_writable`.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{argument} is {path}: must be a writable folder ({reason})") from None


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary neighbour of `path`, then move it there in one step.

    A failure leaves no half-written file behind, and an existing file as it was.  The
    temporary name keeps the suffix of `path`.  An existing file keeps its permissions, a new
    one gets those of the process; where `path` is a link, the file it leads to is written.
    Raises `InputError` if the folder does not exist, if it or the file cannot be written, and
    if `path` is a folder itself.
    """
    if path.is_dir():
        raise InputError(f"output file is {path}: must not be a folder")
    if not path.parent.is_dir():
        raise InputError(f"output file is {path}: its folder {path.parent} must exist")
    temporary: Path | None = None
    try:
        target = path.resolve()
        temporary = _neighbour(target)
        write(temporary)
        temporary.chmod(_permissions(target))
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"output file is {path}: cannot be written ({reason})") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _neighbour(path: Path) -> Path:
    """A new, empty temporary file in the folder of the file that `path` names (or leads to)."""
    target = path.resolve()
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    handle, name = tempfile.mkstemp(prefix=".", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    return Path(name)


def _permissions(path: Path) -> int:
    """The permissions of the file at `path`; for a new file, those the process gives."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def run(main: Callable[[Sequence[str]], None], program: str) -> NoReturn:
    """Run `main` on the process's arguments, and end the process.

    Exit code 2 and one line on stderr: bad input, a number too large for a float, closed or full
    standard output.  Exit code 130 and one line: interrupted (Ctrl-C); the line ends with the
    message of the `KeyboardInterrupt`, if it has one.  Exact answers may have as many digits as
    the input calls for; characters that the output cannot encode are written as escapes.
    """
    sys.set_int_max_str_digits(0)
    code, message = 0, ""
    try:
        if sys.stdout is None:
            raise InputError("standard output is closed: must be open")
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            main(sys.argv[1:])
        finally:
            sys.stdout.flush()
    except InputError as error:
        code, message = 2, f"error: {error}"
    except OverflowError:
        code, message = 2, "error: a number is too large for floating-point arithmetic"
    except KeyboardInterrupt as interrupt:
        code, message = 130, f"interrupted{': ' if str(interrupt) else ''}{interrupt}"
    except BrokenPipeError:
        _drop_output()
    except OSError as error:
        where = "standard output" if error.errno in _FAILED_OUTPUT else "a system call"
        code, message = 2, f"error: {error.filename or where}: {error.strerror or error}"
        _drop_output()
    if message:
        print(f"{program}: {message}", file=sys.stderr)
    raise SystemExit(code)


def _drop_output() -> None:
    """Send what is left of standard output nowhere, so that the process can end quietly."""
    with contextlib.suppress(io.UnsupportedOperation):  # not a file of the system
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
