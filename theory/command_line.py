"""What every command line of the toolkit shares: number parsing, one-line errors, safe files."""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?|[+-]?\d+/\d+")


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
        raise InputError(f"{argument} is {text!r}: expected a decimal or a fraction such as 2/5")
    try:
        return Fraction(stripped)
    except ZeroDivisionError:
        raise InputError(f"{argument} is {text!r}: the denominator must not be zero") from None


def require(condition: bool, argument: str, value: object, requirement: str) -> None:
    """Raise `InputError` "ARGUMENT is VALUE: must REQUIREMENT" unless `condition` holds."""
    if not condition:
        raise InputError(f"{argument} is {value}: must {requirement}")


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary neighbour of `path`, then move it there in one step.

    A failure leaves no half-written file behind, and an existing file as it was.  The
    temporary name keeps the suffix of `path`.  Raises `InputError` if the folder does not
    exist, if it or the file cannot be written, and if `path` is a folder itself.
    """
    if path.is_dir():
        raise InputError(f"output file is {path}: must not be a folder")
    if not path.parent.is_dir():
        raise InputError(f"output file is {path}: its folder {path.parent} must exist")
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise InputError(f"output file is {path}: cannot be written ({error.strerror})") from None
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"output file is {path}: cannot be written ({reason})") from None
    finally:
        temporary.unlink(missing_ok=True)


def run(main: Callable[[Sequence[str]], None], program: str) -> NoReturn:
    """Run `main` on the process's arguments; bad input ends with one line and exit code 2.

    Exact answers may have as many digits as the input calls for.
    """
    sys.set_int_max_str_digits(0)
    try:
        main(sys.argv[1:])
        sys.stdout.flush()
    except InputError as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(0)
