"""What recorded experiments say: comparisons of regimes as parts of a claim's check.

A file of results counts if `empirical.compare_accepted` accepts it; else the claim waits for it and
says why.  A statement about the mean over seeds is decided by the t interval of the paired
differences (`kernel.replicate`), once, at the planned number of seeds; one about every run or
every epoch by all recorded values (`kernel.observe`).

Controls are wrong statements about the same file which it could bear out, had it been mixed up:
that raw predictions serve the weighted objective better than corrected ones, that weighted
training serves the plain loss better than plain training does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from empirical.compare_accepted import accepted, accepted_map, refusal
from empirical.compare_recorded import MAPS, PAPER, command, map_command
from empirical.compare_report import title
from empirical.compare_results import complete_runs
from empirical.compare_statistics import selected_value
from empirical.regimes import LOSSES, TITLES
from proofs_check.check import Check, Role

PAIR = ("weighted", "ex_post")
RAW = ("raw", "weighted")
WRONG = {  # by the regimes compared: a measure (None: the same) and regimes of a wrong statement
    PAIR: (None, ("ex_post", "raw")),
    RAW: ("loss", ("raw", "weighted")),
}
IN_WORDS = {
    "weighted_loss": "weighted loss",
    "utility": "classification utility",
    "loss": "plain loss",
}
NEEDS = (
    "the paper's protocol, whose images, pretrained weights and GPU a user has to provide; "
    "the run: "
)


def loaded(check: Check, name: str) -> dict[str, Any] | None:
    """The recorded comparison or map; None, and the check waits, if it is not accepted."""
    reason = refusal(name)
    if reason is None:
        return accepted_map(name) if name in MAPS else accepted(name)
    run = map_command(name) if name in MAPS else command(name)
    missing = "" if reason.endswith("must exist") else f" ({reason})"
    if not any(part.result.name == name for part in check.parts):  # said once
        check.wait(name, f"{NEEDS if name in PAPER else 'the run: '}{run}{missing}")
    return None


def compare(
    check: Check,
    name: str,
    measure: str = "weighted_loss",
    regimes: tuple[str, str] = PAIR,
    selection: str = "validation",
    *,
    every_run: bool = False,
) -> None:
    """That the second regime does better by `measure` in the recorded comparison: on average over
    runs, and, if asked for, in every run."""
    if (found := loaded(check, name)) is None:
        return
    where = f"{title(found)}; interval chosen on {selection} data"
    statement, differences = _differences(found, measure, regimes, selection)
    decide(check, f"{statement} ({where})", differences)
    if every_run:
        by_run = {f"run {run}": value for run, value in enumerate(differences)}
        check.observe(f"{statement}, in every run ({where})", "recorded runs", by_run)
    other, wrong = WRONG[regimes]
    statement, differences = _differences(found, other or measure, wrong, selection)
    decide(check, statement, differences, role="control")


def decide(
    check: Check, statement: str, differences: Sequence[float], role: Role = "conclusion"
) -> None:
    """That the differences are below zero on average; waits if a run has no finite value."""
    broken = sum(not math.isfinite(value) for value in differences)
    if broken:
        number = f"infinite loss in {broken} of {len(differences)} runs: not compared"
        check.wait(statement, f"runs with finite losses ({number})", role=role)
    else:
        check.replicate(statement, "paired runs", differences, role=role)


def averaged(found: Mapping[str, Any], regime: str, measure: str = "weighted_loss") -> np.ndarray:
    """The measure on test data by training interval, averaged over runs."""
    runs = complete_runs(found)
    return np.asarray(np.mean([run[regime]["test"][measure] for run in runs], axis=0))


def _differences(
    found: Mapping[str, Any], measure: str, regimes: tuple[str, str], selection: str
) -> tuple[str, list[float]]:
    """That the second regime does better, in words, and by run: below zero where it does."""
    first, second = (
        [selected_value(run[regime], measure, selection) for run in complete_runs(found)]
        for regime in regimes
    )
    sign = 1 if measure in LOSSES else -1
    worse, better = (TITLES[regime] for regime in regimes)
    lower = "lower" if measure in LOSSES else "higher"
    with np.errstate(invalid="ignore"):
        values = sign * (np.array(second) - np.array(first))
    return f"{better} has the {lower} {IN_WORDS[measure]} than {worse}", values.tolist()
