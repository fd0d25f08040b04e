"""Whether a results file is the experiment that its name says: the gate of ledger and figures.

A file under `empirical/results` counts only if it was made by the settings of its recorded command
(`empirical.compare_recorded`), with the planned number of seeds, all different, each pair of
trainings made by one version of the code on one device, and if it names the commit that this was.
Replications under the paper's protocol also need pretrained weights, for the X-rays those that
torchvision published (whose file's SHA-256 begins as its name says).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from empirical import map as gain_map
from empirical import map_results
from empirical.compare_options import argument_parser, checked, chosen_protocol, class_index
from empirical.compare_options import configuration as configured
from empirical.compare_recorded import ARGUMENTS, MAPS, RESULTS, result_path
from empirical.compare_results import flattened, missing, mixed_pairs, read, rounded
from empirical.regimes import REGIMES_OF
from theory.command_line import InputError, require

DENSENET121_SHA256 = "a639ec97"  # its first digits


def accepted(name: str) -> dict[str, Any]:
    """The recorded comparison of this name; raises `InputError` for what is wrong with it."""
    path = result_path(name)
    found = read(path)
    options = checked(argument_parser().parse_args(ARGUMENTS[name]))
    stored = found["configuration"]
    emphasised = class_index(options, tuple(found["data"]["classes"]))
    label = None if emphasised is None else found["data"]["classes"][emphasised]
    pretrained = stored.get("pretrained_sha256")
    wanted = configured(options, chosen_protocol(options), label, pretrained)
    _same(stored, wanted, name)
    require(found["seeds"] == options.seeds, "number of seeds", found["seeds"],
            f"be {options.seeds} in {path.name}, as planned")  # fmt: skip
    gaps = missing(found)
    require(not gaps, "number of missing trainings", len(gaps), f"be 0 in {path.name}")
    mixed = mixed_pairs(found)
    require(not mixed, "seeds with trainings of two environments", ", ".join(mixed),
            f"be none in {path.name}")  # fmt: skip
    if options.preset == "paper":
        known = DENSENET121_SHA256 if options.model == "densenet121" else ""
        fitting = pretrained is not None and pretrained.startswith(known)
        wished = f"be that of the pretrained weights ({known or 'any'}...) in {path.name}"
        require(fitting, "pretrained_sha256", pretrained, wished)
    for training in REGIMES_OF:
        _different({seed: run[training]["series"] for seed, run in found["runs"].items()}, name)
    _from_a_commit(found["environments"], name)
    return found


def accepted_map(name: str) -> dict[str, Any]:
    """The recorded map of this name, likewise."""
    path = result_path(name)
    found = map_results.read(path)
    options = gain_map.checked(gain_map.argument_parser().parse_args(MAPS[name]))
    stored = found["configuration"]
    grid = gain_map.chosen_grid(options)
    wanted = gain_map.configuration(options, grid, stored["emphasised"], stored["source"])
    _same(stored, wanted, name)
    require(options.emphasise == stored["emphasised"], "emphasised class", stored["emphasised"],
            f"be {options.emphasise} in {path.name}")  # fmt: skip
    complete = map_results.complete(found)
    require(complete, "number of groups", len(found["groups"]), f"be complete in {path.name}")
    places: dict[str, dict[str, Any]] = {}
    for key, group in found["groups"].items():
        place, _, seed = key.rpartition("/")
        places.setdefault(place, {})[seed] = group["records"]
    for seeds in places.values():
        _different(
            {s: r for s, r in seeds.items() if r[0]["weighted"]["weighted_loss"] is not None}, name
        )
    _from_a_commit(found["environments"], name)
    return found


def refusal(name: str) -> str | None:
    """Why the file of a recorded comparison or map does not count; None if it does."""
    try:
        accepted_map(name) if name in MAPS else accepted(name)
    except InputError as error:
        return str(error).replace(f"{RESULTS}/", "empirical/results/")
    return None


def _same(stored: Mapping[str, Any], wanted: Mapping[str, Any], name: str) -> None:
    found, expected = flattened(stored), flattened(rounded(wanted))
    for key in dict.fromkeys([*expected, *found]):
        if found.get(key) != expected.get(key):
            raise InputError(
                f"{key} is {found.get(key)!r} in {name}.json: must be {expected.get(key)!r} "
                "(it was made with another configuration)"
            )


def _different(series: Mapping[str, Any], name: str) -> None:
    seen: dict[str, str] = {}
    for seed, values in series.items():
        text = json.dumps(values, sort_keys=True)
        if text in seen:
            raise InputError(f"seeds {seen[text]} and {seed} are the same run in {name}.json: "
                             "must be different runs")  # fmt: skip
        seen[text] = seed


def _from_a_commit(environments: list[dict[str, Any]], name: str) -> None:
    for found in environments:
        for key in ("commit", "source_sha256"):
            require(bool(found.get(key)), key, found.get(key), f"be recorded in {name}.json")
