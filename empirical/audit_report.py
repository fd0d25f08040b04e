"""The audit's record as text, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from empirical.audit_methods import REGIMES
from empirical.audit_verdict import TESTED, VERDICTS
from theory.tables import table

WIDTH = 96
MOST_CLASSES = 6  # classes whose calibration errors are shown one by one
COLUMNS = {  # measure: heading, "{unit}" stands for the user's unit
    "payoff": "{unit}",
    "weighted_loss": "weighted loss",
    "learning": "= learning",
    "choosing": "+ choosing",
    "loss": "log loss",
}


def as_text(record: Mapping[str, Any]) -> str:
    """The whole report."""
    return "\n".join(_lines(record))


def shown_payoff(value: float, unit: str) -> str:
    """A payoff in the user's unit: a cost without the minus sign it is kept with.

    >>> shown_payoff(-0.5, "cost"), shown_payoff(0.25, "utility")
    ('0.5', '0.25')
    """
    return f"{-value if unit == 'cost' else value:.4g}"


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    data = record["data"]
    for line in data_lines(record):
        yield from _wrapped(line, indent="")
    if data["payoff"] != "by case":
        yield from table(*payoff_rows(data))
    for remark in data["remarks"]:
        yield from _wrapped(f"Note: {remark}.")
    for model, found in record["models"].items():
        yield ""
        yield f"{model}, means of the test sets' means"
        yield from table(*regime_rows(found, data["unit"]))
        for measure, words in record["verdicts"][model].items():
            yield from _wrapped(f"{VERDICTS[measure]}: {words}.")
        yield from table(*calibration_rows(found))
        yield from _wrapped(loss_calibration_words(found))
        for warning in found["warnings"]:
            yield from _wrapped(f"Note: {warning}.")
    yield ""
    yield from _wrapped(record["summary"], indent="")


def data_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """What was audited and how, a line each."""
    data, settings = record["data"], record["settings"]
    shares = ", ".join(f"{name} {count:,}" for name, count in data["classes"].items())
    yield f"{data['name']}: {data['cases']:,} cases ({shares})"
    grouped = "" if data["groups"] is None else f", {data['groups']:,} groups kept whole"
    tuned = "settings chosen within training rows" if settings["tune"] else "fixed settings"
    yield (
        f"{data['numbers']} numeric and {data['categories']} category columns; "
        f"{settings['repeats']} x {settings['folds']} folds{grouped}, {tuned}, "
        f"seed {settings['seed']}"
    )
    yield "weighted losses are in units in which a case has total weight 1 on average"
    if data["payoff"] == "by case":
        yield f"{data['unit']} of each action and class: its own in every case"


def payoff_rows(data: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the matrix that the user gave, a row for each action."""
    sign = -1 if data["unit"] == "cost" else 1
    rows = [
        [action, *(f"{sign * value + 0.0:g}" for value in row)]
        for action, row in zip(data["actions"], data["payoff"], strict=True)
    ]
    return [data["unit"], *data["classes"]], rows


def regime_rows(found: Mapping[str, Any], unit: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a model's table: a regime each, its measures, "-" where it has none."""
    header = ["regime", *(heading.format(unit=unit) for heading in COLUMNS.values())]
    rows = []
    for regime, title in REGIMES.items():
        measures = found["regimes"].get(regime)
        if measures is None:
            continue
        row = [title]
        for measure in COLUMNS:
            value = measures[measure]["mean"] if measure in measures else None
            if value is None:
                row.append("-")
            else:
                row.append(shown_payoff(value, unit) if measure == "payoff" else f"{value:.4f}")
        rows.append(row)
    return header, rows


def calibration_rows(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows: a posterior each, its expected calibration error by class."""
    errors = {name: each["error"] for name, each in found["calibration"].items()}
    classes = list(next(iter(errors.values())))
    shown = classes if len(classes) <= MOST_CLASSES else []
    header = ["calibration error", "mean", *shown]
    rows = [
        [name, f"{sum(error.values()) / len(error):.3f}", *(f"{error[c]:.3f}" for c in shown)]
        for name, error in errors.items()
    ]
    return header, rows


def loss_calibration_words(found: Mapping[str, Any]) -> str:
    """The test that predictions are the best reply to what they tell, eq. (28)."""
    test = found["loss_calibration"]
    if test is None:
        return "loss calibration: not tested where costs differ by case or cases form groups."
    told = [
        f"{REGIMES[regime]}: {'rejected' if test[regime]['rejected'] else 'not rejected'} "
        f"(p = {test[regime]['p_value']:.2g})"
        for regime in TESTED
    ]
    return f"loss calibration, tested on {test['cases']:,} cases: {'; '.join(told)}."


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False
    )
