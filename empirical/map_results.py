"""A map's results file: layout, points and table.

``{"format", "configuration", "seeds", "environment", "groups": {group: [record, ...]}}``, with one
record for each ratio and scale of the weights (`empirical.map`).  A point of the map is what its
seeds have in common.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from empirical.compare_statistics import paired
from theory.command_line import InputError, require
from theory.tables import table

FORMAT = "misaligned-by-design map, version 1"


def read(path: Path) -> dict[str, Any]:
    """The map in a file; raises `InputError` if it is not there or not a map."""
    require(path.is_file(), "results file", path, "exist")
    try:
        found: Any = json.loads(path.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"results file is {path}: must be JSON ({error})") from None
    fitting = isinstance(found, dict) and found.get("format") == FORMAT
    require(fitting, "results file", path, f"have the layout {FORMAT!r}")
    return dict(found)


def complete(found: Mapping[str, Any]) -> bool:
    """Whether every point has all seeds that were asked for."""
    setting = found["configuration"]
    axes = ("models", "sizes", "frequencies", "learning_rates")
    points = math.prod(len(setting[axis]) for axis in axes)
    return bool(len(found["groups"]) == points * found["seeds"])


def cells(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One record for each point of the map: its place, and the gain over its seeds.

    ``gain``: mean over seeds of 1 - ex post / weighted loss, with its t interval (None for one
    seed); ``resolution``: weighted minus unweighted training, mean over seeds.
    """
    points: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for key, records in found["groups"].items():
        place = key.rsplit("/", 1)[0].split("/")
        for record in records:
            spot = (*place, record["ratio"], record["weight_scale"])
            points.setdefault(spot, []).append(record)
    for (model, size, frequency, rate, ratio, scale), records in points.items():
        gains = [
            1 - record["ex_post"]["weighted_loss"] / record["weighted"]["weighted_loss"]
            for record in records
        ]
        gain = paired([0.0] * len(gains), gains)
        gaps = [r["weighted"]["resolution"] - r["ex_post"]["resolution"] for r in records]
        yield {
            "model": model,
            "size": int(size),
            "frequency": None if frequency == "-" else float(frequency),
            "learning_rate": float(rate),
            "ratio": ratio,
            "weight_scale": scale,
            "seeds": len(records),
            "gain": gain.mean,
            "low": gain.low,
            "high": gain.high,
            "resolution": float(np.mean(gaps)),
        }


def as_text(found: Mapping[str, Any]) -> str:
    """The map as a table."""
    setting = found["configuration"]
    header = ("network", "images", "frequency", "rate", "ratio", "scale", "gain %", "95% interval",
              "resolution")  # fmt: skip
    rows = []
    for cell in cells(found):
        interval = (
            "-" if cell["low"] is None else f"[{100 * cell['low']:.1f}, {100 * cell['high']:.1f}]"
        )
        frequency = "-" if cell["frequency"] is None else f"{cell['frequency']:g}"
        place = (cell["model"], f"{cell['size']:,}", frequency, f"{cell['learning_rate']:g}")
        more = (f"{cell['ratio']:g}", f"{cell['weight_scale']:g}", f"{100 * cell['gain']:.1f}")
        rows.append((*place, *more, interval, f"{cell['resolution']:+.3f}"))
    top = f"{setting['dataset']}, {setting['emphasised']} emphasised, {found['seeds']} seeds"
    note = "gain: weighted loss saved by ex post weighting; resolution: weighted minus unweighted"
    return "\n".join([top, note, *table(header, rows)])
