"""Whether plain data, as read from JSON, have the layout that nested shapes describe.

A shape is one of: ``float``, a number that is not too large to compute with (an integer too);
``int``, ``str``, ``bool``; ``None``, null; ``[shape]``, a list; ``{key: shape}``, an object with at
least these keys; ``{str: shape}``, an object with any keys; ``(shape, ...)``, any one of these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from theory.command_line import InputError, require

LARGEST = 1e100  # in size, of a number
WORDS = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}


def read_json(path: Path, name: str, shape: Any) -> Any:
    """What the JSON file at `path` holds, if it is an object with the ``format`` called `name` and
    has the `shape`; raises `InputError` saying what is wrong."""
    require(not path.is_dir(), "results file", path, "be a file, not a folder")
    require(path.is_file(), "results file", path, "exist")
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"results file is {path}: must be readable ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"results file is {path}: must be JSON ({error})") from None
    fitting = isinstance(found, dict) and found.get("format") == name
    require(fitting, "results file", path, f"have the layout {name!r}")
    wrong = next(misfits(found, shape), None)
    require(wrong is None, "results file", path, f"have the layout {name!r} ({wrong})")
    return found


def misfits(value: Any, shape: Any, place: str = "it") -> Iterator[str]:
    """What of the value does not fit the shape, a line for each place.

    >>> list(misfits({"a": [1, "x"]}, {"a": [float], "b": str}))
    ['a.1 must be a number', 'b is missing']
    """
    below = "" if place == "it" else f"{place}."
    if isinstance(shape, tuple):
        found = [list(misfits(value, each, place)) for each in shape]
        yield from [] if [] in found else found[0]
    elif isinstance(shape, list):
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from misfits(item, shape[0], f"{below}{index}")
        else:
            yield f"{place} must be a list"
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{place} must be an object"
        elif str in shape:
            for key, item in value.items():
                yield from misfits(item, shape[str], f"{below}{key}")
        else:
            for key, part in shape.items():
                if key in value:
                    yield from misfits(value[key], part, f"{below}{key}")
                else:
                    yield f"{below}{key} is missing"
    elif shape is None:
        if value is not None:
            yield f"{place} must be null"
    elif not _is(value, shape):
        yield f"{place} must be {WORDS[shape]}"


def _is(value: Any, kind: type) -> bool:
    if kind is float:
        known = isinstance(value, int | float) and not isinstance(value, bool)
        return known and abs(value) <= LARGEST
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
