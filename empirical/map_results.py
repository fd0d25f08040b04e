"""A map's results file: layout, points and table.

``{"format", "configuration", "environments", "groups": {group: {"records", "seconds",
"environment"}}}``, with one record for each ratio and scale of the weights (`empirical.map_groups`)
and the index of the environment (`empirical.provenance`) that the group ran in.  The configuration
has the seeds, planned before the first run, and the protocols whole.  A point of the map is what
its seeds have in common.  Losses of trainings that diverged are null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from empirical.compare_results import MOST_SEEDS, rounded
from empirical.compare_statistics import paired
from empirical.layout import read_json
from theory.command_line import require, write_whole
from theory.tables import table

PAIR = ("weighted", "ex_post")
FORMAT = "misaligned-by-design map, version 2"
GROUPED = ("models", "sizes", "frequencies", "learning_rates")  # in the name of a group
AXES = (*GROUPED, "ratios", "weight_scales")
VALUES = ("weighted_loss", "utility", "learning", "resolution", "validation_loss")
SHAPE = {  # see `empirical.layout`
    "format": str,
    "configuration": {
        **dict.fromkeys(("dataset", "emphasised", "source"), str),
        **dict.fromkeys(("first_seed", "seeds"), int),
        **{axis: [float] for axis in ("ratios", "learning_rates", "weight_scales")},
        "protocols": {str: {"epochs": int}},
        "sizes": [int],
        "models": [str],
        "frequencies": [(float, None)],
    },
    "environments": [{"source_sha256": str, "commit": (str, None)}],
    "groups": {
        str: {
            "records": [
                {
                    **dict.fromkeys(("ratio", "weight_scale"), float),
                    **dict.fromkeys(PAIR, dict.fromkeys(VALUES, (float, None))),
                }
            ],
            "seconds": float,
            "environment": int,
        }
    },
}


def read(path: Path) -> dict[str, Any]:
    """The map in a file; raises `InputError` if it is not there or not a map."""
    found: dict[str, Any] = read_json(path, FORMAT, SHAPE)
    setting, count = found["configuration"], len(found["environments"])
    require(0 < setting["seeds"] <= MOST_SEEDS, f"number of seeds in {path}", setting["seeds"],
            f"lie in [1, {MOST_SEEDS:,}]")  # fmt: skip
    for axis in AXES:
        values = setting[axis]
        fitting = 0 < len(values) == len(set(values))
        require(fitting, f"{axis} of {path}", values, "be different values, at least one")
    seeds = range(setting["first_seed"], setting["first_seed"] + setting["seeds"])
    places = [*({_text(v, axis) for v in setting[axis]} for axis in GROUPED), set(map(str, seeds))]
    records = list(product(setting["ratios"], setting["weight_scales"]))
    for key, group in found["groups"].items():
        parts = key.split("/")
        named = len(parts) == len(places) and all(map(set.__contains__, places, parts))
        require(named, f"group of {path}", key, "be one of those planned")
        own = [(record["ratio"], record["weight_scale"]) for record in group["records"]]
        require(own == records, f"records of group {key} of {path}", own, f"be those of {records}")
        where = group["environment"]
        require(where in range(count), f"environment of {key} of {path}", where, "be in the file")
    return found


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Write the map in one step, a line for each group."""
    text = json.dumps(rounded(found), separators=(",", ":"), allow_nan=False)
    text = text.replace('},"', '},\n"')
    write_whole(path, lambda whole: whole.write_text(text + "\n", encoding="utf-8"))


def complete(found: Mapping[str, Any]) -> bool:
    """Whether every point has all seeds that were planned."""
    setting = found["configuration"]
    points = math.prod(len(setting[axis]) for axis in GROUPED)
    return bool(len(found["groups"]) == points * setting["seeds"])


def cells(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One record for each point of the map: its place, and the gain over its seeds.

    ``gain``: mean over seeds of 1 - ex post / weighted loss, with its t interval (None for one
    seed, all three None if a training of the point diverged or its weighted loss is zero);
    ``resolution``: weighted minus unweighted training, mean over seeds; ``weighted``, ``ex_post``:
    mean losses on test data, and ``validation``: those on validation data.
    """
    points: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for key, group in found["groups"].items():
        place = key.rsplit("/", 1)[0].split("/")
        for record in group["records"]:
            spot = (*place, record["ratio"], record["weight_scale"])
            points.setdefault(spot, []).append(record)
    for (model, size, frequency, rate, ratio, scale), records in points.items():
        losses = {
            regime: [_finite(record[regime]["weighted_loss"]) for record in records]
            for regime in PAIR
        }
        pairs = zip(losses["ex_post"], losses["weighted"], strict=True)
        gains = [1 - ex_post / weighted if weighted else math.nan for ex_post, weighted in pairs]
        gain = paired([0.0] * len(gains), gains) if np.isfinite(gains).all() else None
        gaps = [_finite(r["weighted"]["resolution"]) - _finite(r["ex_post"]["resolution"])
                for r in records]  # fmt: skip
        yield {
            "model": model,
            "size": int(size),
            "frequency": None if frequency == "-" else float(frequency),
            "learning_rate": float(rate),
            "ratio": ratio,
            "weight_scale": scale,
            "seeds": len(records),
            "gain": gain and gain.mean,
            "low": gain and gain.low,
            "high": gain and gain.high,
            "resolution": _or_none(np.mean(gaps)),
            **{regime: _or_none(np.mean(values)) for regime, values in losses.items()},
            "validation": {
                regime: _or_none(np.mean([_finite(r[regime]["validation_loss"]) for r in records]))
                for regime in PAIR
            },
        }


def counts(points: Iterable[Mapping[str, Any]]) -> tuple[int, int, int]:
    """At how many points the 95% interval of the gain lies above zero, includes it, lies below.

    The points whose trainings diverged, or that have one seed, are left out.
    """
    known = [point for point in points if point["low"] is not None]
    above = sum(point["low"] > 0 for point in known)
    below = sum(point["high"] < 0 for point in known)
    return above, len(known) - above - below, below


def _text(value: Any, axis: str) -> str:
    """A value on an axis as it stands in the name of a group (`empirical.map_grid.Group`)."""
    if axis in ("models", "sizes"):
        return str(value)
    return "-" if value is None else f"{value:g}"


def _finite(value: float | None) -> float:
    return math.nan if value is None else value


def _or_none(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def as_text(found: Mapping[str, Any]) -> str:
    """The map as a table."""
    setting = found["configuration"]
    header = ("network", "images", "frequency", "rate", "ratio", "scale", "gain %", "95% interval",
              "resolution")  # fmt: skip
    rows = []
    for cell in cells(found):
        frequency = "-" if cell["frequency"] is None else f"{cell['frequency']:g}"
        place = (cell["model"], f"{cell['size']:,}", frequency, f"{cell['learning_rate']:g}")
        more = (f"{cell['ratio']:g}", f"{cell['weight_scale']:g}", *_gain(cell))
        gap = cell["resolution"]
        rows.append((*place, *more, "-" if gap is None else f"{gap:+.3f}"))
    top = f"{setting['dataset']}, {setting['emphasised']} emphasised, {_seeds(setting['seeds'])}"
    note = "gain: weighted loss saved by ex post weighting; resolution: weighted minus unweighted"
    above, none, below = counts(cells(found))
    summed = (
        f"95% intervals, {above + none + below} points: ex post better at {above}, weighted "
        f"training at {below}, neither at {none} (some by chance: the points are many)"
    )
    return "\n".join([top, note, *table(header, rows), summed])


def _seeds(count: int) -> str:
    return f"{count} seed{'s' * (count > 1)}"


def _gain(cell: Mapping[str, Any]) -> tuple[str, str]:
    if cell["gain"] is None:
        return "-", "diverged" if cell["weighted"] != 0 else "no loss"
    interval = "-"
    if cell["low"] is not None:
        interval = f"[{100 * cell['low']:.1f}, {100 * cell['high']:.1f}]"
    return f"{100 * cell['gain']:.1f}", interval
