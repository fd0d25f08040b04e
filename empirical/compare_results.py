"""The file of a comparison: what was run, on what, by which code, and every measured value.

One JSON object:

* ``format``: this layout's name;
* ``configuration``: what determines the numbers but for the seeds; a run with another one is
  refused, key by key;
* ``data``: classes, sizes, class frequencies, the weights used, where the images came from;
* ``environments``: commit, digests of the source files, versions, hardware, command; a training
  names the one it ran in by its index, so a comparison may be continued elsewhere;
* ``seeds``: how many runs were asked for;
* ``runs``: ``{seed: {training: record}}``, where a record has the training ``steps`` and
  ``epochs`` of its intervals, its ``series`` (regime, split, measure: one value per interval), the
  ``learning`` measured of the predictions (`empirical.resolution`), ``seconds`` and
  ``environment``.

Infinite values are written as null.  The file holds values, never pictures or images.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from empirical.regimes import MEASURES, REGIMES_OF, SPLITS
from theory.command_line import InputError, require, write_whole

FORMAT = "misaligned-by-design comparison, version 1"
DIGITS = 6  # significant digits of a recorded value
SOURCES = (  # the files that the numbers depend on, below the project's root
    "empirical/*.py",
    *(
        f"theory/{name}.py"
        for name in ("alignment", "arrays", "prediction", "scoring_families", "utility")
    ),
)
KEYS = {"format", "configuration", "data", "environments", "seeds", "runs"}
RECORD_KEYS = {"steps", "epochs", "series", "learning", "seconds", "environment"}


def empty(configuration: Mapping[str, Any], data: Mapping[str, Any], seeds: int) -> dict[str, Any]:
    """A comparison before its first run."""
    return {
        "format": FORMAT,
        "configuration": dict(configuration),
        "data": dict(data),
        "environments": [],
        "seeds": seeds,
        "runs": {},
    }


def read(path: Path) -> dict[str, Any]:
    """The comparison in a file, its layout checked.

    Raises `InputError` naming the file and what is wrong: not there, not JSON, not this layout,
    series whose lengths differ.
    """
    require(path.is_file(), "results file", path, "exist")
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"results file is {path}: must be JSON ({error})") from None
    fitting = isinstance(found, dict) and found.get("format") == FORMAT and set(found) == KEYS
    require(fitting, "results file", path, f"have the layout {FORMAT!r}")
    for seed, trainings in found["runs"].items():
        for training, record in trainings.items():
            _check_record(record, training, f"run {seed}/{training} of {path}")
    comparison: dict[str, Any] = found
    return comparison


def write(path: Path, comparison: Mapping[str, Any]) -> None:
    """Write the comparison in one step; an interruption leaves the file as it was."""
    text = json.dumps(_rounded(comparison), separators=(",", ":"), allow_nan=False)
    # One line per top-level key and per training keeps the file both small and comparable.
    text = text.replace('},"', '},\n"')
    write_whole(path, lambda whole: whole.write_text(text + "\n", encoding="utf-8"))


def continued(
    path: Path, configuration: Mapping[str, Any], data: Mapping[str, Any], seeds: int
) -> dict[str, Any]:
    """The comparison in `path` if it has this configuration and data, a fresh one if no file.

    Raises `InputError` naming the first setting that differs.
    """
    if not path.exists():
        return empty(configuration, data, seeds)
    found = read(path)
    for part, new in (("configuration", configuration), ("data", data)):
        old, wanted = found[part], _rounded(new)
        for key in dict.fromkeys([*wanted, *old]):
            require(
                wanted.get(key) == old.get(key),
                key,
                _short(wanted.get(key)),
                f"be {_short(old.get(key))} as in {path} (or choose another --out)",
            )
    return found | {"seeds": max(seeds, found["seeds"])}


def missing(comparison: Mapping[str, Any]) -> list[tuple[int, str]]:
    """The trainings that were asked for and are not there, in the order they are run."""
    runs = comparison["runs"]
    return [
        (seed, training)
        for seed in range(comparison["seeds"])
        for training in REGIMES_OF
        if training not in runs.get(str(seed), {})
    ]


def complete_runs(comparison: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The series of every regime, for each seed whose trainings are all there: a list of
    ``{regime: {split: {measure: values}}}`` with infinite values restored."""
    runs = []
    for seed in sorted(comparison["runs"], key=int):
        trainings = comparison["runs"][seed]
        if set(trainings) == set(REGIMES_OF):
            runs.append(
                {
                    regime: {
                        split: {m: _restored(values, m) for m, values in measures.items()}
                        for split, measures in splits.items()
                    }
                    for record in trainings.values()
                    for regime, splits in record["series"].items()
                }
            )
    return runs


def environment(device: str, threads: int, command: str) -> dict[str, Any]:
    """Where a training runs: commit, source digests, versions, hardware, the command."""
    root = Path(__file__).parent.parent
    names = ("torch", "numpy", "scipy", "scikit-learn", "pillow", "pyarrow")
    return {
        "command": command,
        "commit": _git(root, "rev-parse", "HEAD"),
        "changed": _git(root, "status", "--porcelain", "--untracked-files=no") not in (None, ""),
        "source_sha256": source_digest(root),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in names},
        "device": device,
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
    }


def source_digest(root: Path) -> str:
    """SHA-256 over the names and contents of the files that the numbers depend on."""
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(root.glob(pattern)):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def environment_index(comparison: dict[str, Any], found: dict[str, Any]) -> int:
    """The position of an environment in the comparison, which gains it if it is new."""
    if found not in comparison["environments"]:
        comparison["environments"].append(found)
    return int(comparison["environments"].index(found))


def _check_record(record: Any, training: str, where: str) -> None:
    require(training in REGIMES_OF, "training", training, f"be one of {', '.join(REGIMES_OF)}")
    fitting = isinstance(record, dict) and set(record) == RECORD_KEYS
    require(fitting, where, "a record", f"have the keys {', '.join(sorted(RECORD_KEYS))}")
    regimes = tuple(record["series"])
    require(regimes == REGIMES_OF[training], f"series of {where}", regimes, "be its regimes")
    for regime, splits in record["series"].items():
        require(tuple(splits) == SPLITS, f"{regime} of {where}", tuple(splits), "have both splits")
        for split, measures in splits.items():
            name = f"{regime} {split} of {where}"
            require(tuple(measures) == MEASURES, name, tuple(measures), "have the four measures")
            lengths = {len(values) for values in measures.values()} | {len(record["steps"])}
            require(len(lengths) == 1, f"length of {name}", sorted(lengths), "be one and the same")
            valid = all(
                v is None or isinstance(v, int | float) for vs in measures.values() for v in vs
            )
            require(valid, name, "not numbers", "hold numbers or null")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _restored(values: list[float | None], measure: str) -> list[float]:
    infinite = math.inf if "loss" in measure else math.nan
    return [infinite if value is None else value for value in values]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _git(root: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
