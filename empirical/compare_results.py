"""The file of a comparison: what was run, on what, by which code, and every measured value.

One JSON object:

* ``format``: this layout's name;
* ``configuration``: what determines the numbers but for the seeds; a run with another one is
  refused, key by key;
* ``data``: classes, sizes, class frequencies, the weights used, where the images came from;
* ``environments``: see `empirical.provenance`; a training names the one it ran in by its index, so
  a comparison may be continued elsewhere, but never within a pair (`PAIRED_BY`);
* ``seeds``: the number of runs, fixed before the first;
* ``runs``: ``{seed: {training: record}}``, where a record has the training ``steps`` and
  ``epochs`` of its intervals, its ``series`` (regime, split, measure: one value per interval), the
  ``learning`` measured of the predictions (`empirical.resolution`), ``seconds`` and
  ``environment``.

Infinite values are written as null.  The file holds values, never pictures or images.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from empirical.layout import read_json
from empirical.regimes import MEASURES, REGIMES_OF, SPLITS
from empirical.resolution import THRESHOLDS
from theory.command_line import require, write_whole

FORMAT = "misaligned-by-design comparison, version 2"
DIGITS = 6  # significant digits of a recorded value
MODULE = "empirical.recording"  # makes the numbers
PAIRED_BY = ("device", "source_sha256", "torch")  # what both trainings of a pair share
MOST_SEEDS = 10_000
LEARNING = ("total", "learning", "choosing", "resolution")
SHAPE = {  # see `empirical.layout`
    "format": str,
    "configuration": {
        **dict.fromkeys(("dataset", "split", "model", "preset"), str),
        "classes": ([str], None),
        "emphasised": (str, None),
        "ratio": (float, None),
        "epochs": int,
    },
    "data": {
        **dict.fromkeys(("train", *SPLITS), int),
        "classes": [str],
        "frequencies": [float],
        "class_weights": [float],
        "source": str,
    },
    "environments": [
        {
            **dict.fromkeys(("device", "source_sha256"), str),
            "commit": (str, None),
            "versions": {"torch": (str, None)},
        }
    ],
    "seeds": int,
    "runs": {
        str: {
            str: {
                "steps": [int],
                "epochs": [float],
                "series": {str: {str: {str: [(float, None)]}}},
                "learning": {
                    **dict.fromkeys(LEARNING, (float, None)),
                    "recalibration": {"learning": str, "resolution": str},
                    "elementary": ([float], None),
                },
                "seconds": float,
                "environment": int,
            }
        }
    },
}


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
    runs that were not planned, series whose lengths differ.
    """
    found: dict[str, Any] = read_json(path, FORMAT, SHAPE)
    setting, data, count = found["configuration"], found["data"], len(found["environments"])
    weights, planned = data["class_weights"], found["seeds"]
    require(0 < planned <= MOST_SEEDS, f"number of seeds in {path}", planned,
            f"lie in [1, {MOST_SEEDS:,}]")  # fmt: skip
    fitting = len(weights) == len(data["classes"]) and min(weights, default=0) > 0
    wished = "be positive, one for each class"
    require(fitting, f"class weights of {path}", _short(weights), wished)
    heavy, ratio = setting["emphasised"], setting["ratio"]
    known = (heavy in data["classes"] and ratio is not None) if heavy is not None else ratio is None
    require(known, f"emphasised class of {path}", heavy, "be one of its classes, with a ratio")
    seeds = {str(seed) for seed in range(planned)}
    lengths = {len(r["steps"]) for run in found["runs"].values() for r in run.values()}
    wished = "be one and the same, above zero"
    require(not lengths or (len(lengths) == 1 and 0 not in lengths),
            f"number of intervals in {path}", sorted(lengths), wished)  # fmt: skip
    for seed, trainings in found["runs"].items():
        require(seed in seeds, f"seed of a run in {path}", seed, f"be one of the {planned} planned")
        for training, record in trainings.items():
            where = f"run {seed}/{training} of {path}"
            _check_record(record, training, where)
            length = len(record["learning"]["elementary"] or [])
            wished = 0 if heavy is None else len(THRESHOLDS)
            require(length == wished, f"elementary losses of {where}", length, f"be {wished}")
            known = record["environment"] in range(count)
            require(known, f"environment of {where}", record["environment"], "be in the file")
    return found


def write(path: Path, comparison: Mapping[str, Any]) -> None:
    """Write the comparison in one step; an interruption leaves the file as it was."""
    text = json.dumps(rounded(comparison), separators=(",", ":"), allow_nan=False)
    # One line per top-level key and per training keeps the file both small and comparable.
    text = text.replace('},"', '},\n"')
    write_whole(path, lambda whole: whole.write_text(text + "\n", encoding="utf-8"))


def continued(
    path: Path, configuration: Mapping[str, Any], data: Mapping[str, Any], seeds: int
) -> dict[str, Any]:
    """The comparison in `path` if it has this configuration and data, a fresh one if no file.

    Raises `InputError` naming the first setting that differs.  The number of seeds is one of
    them: an experiment that goes on until its interval leaves zero has no error rate.
    """
    if not path.exists():
        return empty(configuration, data, seeds)
    found = read(path)
    planned = f"be {found['seeds']} as planned in {path} (or choose another --out)"
    require(seeds == found["seeds"], "--seeds", seeds, planned)
    for part, new in (("configuration", configuration), ("data", data)):
        old, wanted = found[part], rounded(new)
        for key in dict.fromkeys([*wanted, *old]):
            require(
                wanted.get(key) == old.get(key),
                key,
                _short(wanted.get(key)),
                f"be {_short(old.get(key))} as in {path} (or choose another --out)",
            )
    return found


def missing(comparison: Mapping[str, Any]) -> list[tuple[int, str]]:
    """The trainings that were asked for and are not there, in the order they are run."""
    runs = comparison["runs"]
    return [
        (seed, training)
        for seed in range(comparison["seeds"])
        for training in REGIMES_OF
        if training not in runs.get(str(seed), {})
    ]


def with_training(
    comparison: dict[str, Any], seed: int, training: str, found: Mapping[str, Any]
) -> dict[str, Any]:
    """The comparison with one more training; seeds and trainings in order."""
    runs = comparison["runs"]
    runs = {**runs, str(seed): {**runs.get(str(seed), {}), training: found}}
    ordered = {
        key: {name: runs[key][name] for name in REGIMES_OF if name in runs[key]}
        for key in sorted(runs, key=int)
    }
    return comparison | {"runs": ordered}


def without_halves_from_elsewhere(
    comparison: dict[str, Any], where: Mapping[str, Any]
) -> dict[str, Any]:
    """The comparison without those trainings whose partner is missing and would be made in an
    environment, `where`, that differs in `PAIRED_BY`: the pair is run anew."""
    environments = comparison["environments"]
    runs = {
        seed: trainings
        for seed, trainings in comparison["runs"].items()
        if len(trainings) == len(REGIMES_OF)
        or all(_pairing(environments[r["environment"]]) == _pairing(where)
               for r in trainings.values())
    }  # fmt: skip
    return comparison | {"runs": runs}


def mixed_pairs(comparison: Mapping[str, Any]) -> list[str]:
    """The seeds whose two trainings ran in environments that differ in `PAIRED_BY`."""
    environments = comparison["environments"]
    return [
        seed
        for seed, trainings in comparison["runs"].items()
        if len({_pairing(environments[r["environment"]]) for r in trainings.values()}) > 1
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


def environment_index(comparison: dict[str, Any], found: dict[str, Any]) -> int:
    """The position of an environment in the comparison, which gains it if it is new."""
    if found not in comparison["environments"]:
        comparison["environments"].append(found)
    return int(comparison["environments"].index(found))


def _pairing(found: Mapping[str, Any]) -> tuple[Any, ...]:
    values = {**found, "torch": found["versions"]["torch"]}
    return tuple(values[key] for key in PAIRED_BY)


def _check_record(record: Any, training: str, where: str) -> None:
    require(training in REGIMES_OF, "training", training, f"be one of {', '.join(REGIMES_OF)}")
    regimes = tuple(record["series"])
    require(regimes == REGIMES_OF[training], f"series of {where}", regimes, "be its regimes")
    for regime, splits in record["series"].items():
        require(tuple(splits) == SPLITS, f"{regime} of {where}", tuple(splits), "have both splits")
        for split, measures in splits.items():
            name = f"{regime} {split} of {where}"
            require(tuple(measures) == MEASURES, name, tuple(measures), "have the four measures")
            axes = (record["steps"], record["epochs"])
            lengths = {len(values) for values in (*measures.values(), *axes)}
            require(len(lengths) == 1, f"length of {name}", sorted(lengths), "be one and the same")


def rounded(value: Any) -> Any:
    """Plain data as it is written: `DIGITS` significant digits, None for what is not finite."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def flattened(setting: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by path; one that is None counts like one that is not there.

    >>> flattened({"protocols": {"mlp": {"epochs": 2, "most_steps": None}}})
    {'protocols.mlp.epochs': 2, 'protocols.mlp.most_steps': None}
    """
    found: dict[str, Any] = {}
    for key, value in setting.items():
        path = f"{prefix}{key}"
        found |= flattened(value, f"{path}.") if isinstance(value, Mapping) else {path: value}
    return found


def _restored(values: list[float | None], measure: str) -> list[float]:
    infinite = math.inf if "loss" in measure else math.nan
    return [infinite if value is None else value for value in values]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
