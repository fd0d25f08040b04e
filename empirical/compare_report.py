"""What a comparison amounts to: one summary for machines, and a table for people.

The table has the layout of Table 1 of Misaligned by Design (mean, least and largest run; percent
gain), once with the training interval chosen by the weighted loss on validation data and once, as
in the paper, by the best test value; below it what Table 1 leaves out: the paired differences with
their intervals and tests, what the choice of interval changes, and what was learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from empirical.compare_results import complete_runs, rounded
from empirical.compare_statistics import (
    SELECTIONS,
    Paired,
    ended_at_last,
    ordered_pointwise,
    paired,
    row,
)
from empirical.regimes import REGIMES, TITLES, TRAININGS
from empirical.resolution import comparison_slopes
from theory.tables import table

JUDGED = {"weighted_loss": "weighted loss", "utility": "classification utility"}
STATISTICS = ("mean", "min", "max")
SELECTED = {
    "validation": "training interval chosen by the weighted loss on validation data",
    "test": "training interval chosen by the best test value, as in the paper",
}
LEARNED = {
    "learning": "weighted loss after like-for-like recalibration (what was not learned)",
    "choosing": "weighted loss lost by choosing badly given what was learned",
    "resolution": "resolution of the recovered posteriors (nats)",
}
SLOPE = (
    "slope of the relative loss at decision thresholds on the log incentive ratio (negative: "
    "worse where dampened)"
)


def summary(comparison: Mapping[str, Any]) -> dict[str, Any]:
    """Every number of the table, from a comparison with at least one complete pair of runs.

    ``rows``: one per selection and measure (see `compare_statistics.row`), ex post weighting
    against weighted training; ``raw``: unweighted raw against weighted training; ``optimism``:
    mean test value when chosen on validation data minus that of the best test value, by measure
    and regime; ``ordered``: how often ex post lies below;
    ``ended_at_last``: runs whose best interval is the last, by regime; ``learning``: see `learned`.
    """
    runs = complete_runs(comparison)
    rows = [row(runs, measure, selection) for selection in SELECTIONS for measure in JUDGED]
    raw = [
        row(runs, measure, selection, ("weighted", "raw"))
        for selection in SELECTIONS
        for measure in JUDGED
    ]
    by_key = {(found["selection"], found["measure"]): found["spread"] for found in rows}
    optimism = {
        measure: {
            regime: by_key["validation", measure][regime]["mean"]
            - by_key["test", measure][regime]["mean"]
            for regime in ("weighted", "ex_post")
        }
        for measure in JUDGED
    }
    return {
        "title": title(comparison),
        "seeds": len(runs),
        "rows": rows,
        "raw": raw,
        "optimism": optimism,
        "ordered": ordered_pointwise(runs),
        "ended_at_last": {regime: ended_at_last(runs, regime) for regime in REGIMES},
        "learning": learned(comparison),
    }


def as_json(found: Mapping[str, Any]) -> dict[str, Any]:
    """The summary as plain data, rounded as in the file; None for what is not finite."""
    plain: dict[str, Any] = rounded(_plain(found))
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Paired):
        return asdict(value) | {"infinite": value.infinite}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def title(comparison: Mapping[str, Any]) -> str:
    """The comparison in one line: data (which copy, which classes), weights; network, images."""
    setting, data = comparison["configuration"], comparison["data"]
    weighting = (
        "inverse probability weights"
        if setting["emphasised"] is None
        else f"{setting['emphasised']} emphasised {setting['ratio']:g}:1"
    )
    notes = [
        *(["JPEG copy"] if "re-encoded" in data["source"] else []),
        *([f"{len(setting['classes'])} classes"] if setting["classes"] else []),
    ]
    copy = f" ({', '.join(notes)})" if notes else ""
    return (
        f"{setting['dataset']}{copy}, {weighting}; {setting['model']}, preset {setting['preset']}, "
        f"{setting['epochs']} epoch{'s' * (setting['epochs'] > 1)} on {data['train']:,} images"
    )


def as_text(found: Mapping[str, Any]) -> str:
    """The table and what goes with it."""
    count = found["seeds"]
    lines = [
        found["title"],
        f"{count} paired run{'s' * (count > 1)}; test data; differences with 95% t intervals",
    ]
    for selection in SELECTIONS:
        rows = [part for part in found["rows"] if part["selection"] == selection]
        lines += ["", SELECTED[selection].capitalize(), *_printed_rows(rows)]
        lines += [f"  {line}" for part in rows for line in _difference(part)]
    lines += ["", "Unweighted raw against weighted training (validation)"]
    raw = [part for part in found["raw"] if part["selection"] == "validation"]
    lines += [f"  {line}" for part in raw for line in _difference(part)]
    lines += ["", "What choosing the interval on test data adds (validation minus test value)"]
    for measure, by_regime in found["optimism"].items():
        shown = ", ".join(f"{TITLES[name]} {value:+.4f}" for name, value in by_regime.items())
        lines.append(f"  {JUDGED[measure]}: {shown}")
    share = found["ordered"]
    lines.append(
        f"  ex post below weighted at {share['average']:.0%} of intervals on average over runs, "
        f"at {share['each']:.0%} of all intervals and runs"
    )
    ended = found["ended_at_last"]
    if any(ended.values()):
        shown = ", ".join(f"{TITLES[regime]} {number}" for regime, number in ended.items())
        lines.append(
            f"  best interval (validation) is the last, by runs of {count}: {shown}; training "
            "may have been cut short"
        )
    return "\n".join([*lines, "", *_learning_lines(found["learning"], count)])


def _printed_rows(rows: list[dict[str, Any]]) -> Iterator[str]:
    header = [""]
    for part in rows:
        header += [f"{part['measure'].split('_')[-1]}: weighted", "ex post", "% gain"]
    cells = [
        [
            name,
            *(
                text
                for part in rows
                for text in (
                    *(f"{part['spread'][regime][name]:.4f}" for regime in part["regimes"]),
                    f"{part['gain_percent'][name]:.2f}",
                )
            ),
        ]
        for name in STATISTICS
    ]
    return table(header, cells)


def _difference(part: Mapping[str, Any]) -> Iterator[str]:
    first, second = (TITLES[regime] for regime in part["regimes"])
    yield f"{JUDGED[part['measure']]}, {second} minus {first}:"
    yield f"    {_interval(part['difference'])}: {part['verdict']}"


def _interval(found: Paired) -> str:
    if found.low is None:
        return f"{found.mean:+.4f}"
    return (
        f"{found.mean:+.4f} in [{found.low:+.4f}, {found.high:+.4f}], "
        f"p = {found.t_test:.2g} (t), {found.sign_flip:.2g} (signs)"
    )


def learned(comparison: Mapping[str, Any]) -> dict[str, Any]:
    """What was learned, by training and as paired differences (weighted minus unweighted).

    ``levels``: means over runs of `LEARNED`, by training, None where a value is not finite.
    ``recalibrated``: by training, in how many runs a recalibration helped the weighted loss (in
    the others the learning part is the total).  ``estimable``: whether the choosing part, which
    is not negative in the population, is not negative on average in either training; if it is,
    the split says nothing.  ``learning``, ``choosing``, ``resolution``: the differences (None if
    not estimable, or not finite).  ``incentive_slope``: see `resolution.incentive_slope`, one
    per run; None without an emphasised class, or where it is not defined.
    """
    pairs = [pair for pair in comparison["runs"].values() if len(pair) == 2]
    values = {
        training: {name: [pair[training]["learning"][name] for pair in pairs] for name in LEARNED}
        for training in TRAININGS
    }
    levels = {
        training: {
            name: None if None in part else float(np.mean(part)) for name, part in own.items()
        }
        for training, own in values.items()
    }
    estimable = all(own["choosing"] is not None and own["choosing"] >= 0 for own in levels.values())
    found: dict[str, Any] = {
        "levels": levels,
        "recalibrated": {
            training: sum(
                pair[training]["learning"]["recalibration"]["learning"] != "none" for pair in pairs
            )
            for training in TRAININGS
        },
        "estimable": estimable,
    }
    for name in LEARNED:
        first, second = values["unweighted"][name], values["weighted"][name]
        known = None not in first + second and (estimable or name == "resolution")
        found[name] = paired(first, second) if known else None
    slopes = comparison_slopes(comparison)
    valid = bool(slopes) and bool(np.isfinite(slopes).all())
    found["incentive_slope"] = paired([0.0] * len(slopes), slopes) if valid else None
    return found


def _learning_lines(found: Mapping[str, Any], count: int) -> Iterator[str]:
    yield "What was learned (means over runs; differences: weighted minus unweighted training)"
    for name, text in LEARNED.items():
        yield f"  {text}:"
        shown = ", ".join(
            f"{training} training {'infinite' if own[name] is None else format(own[name], '.4f')}"
            for training, own in found["levels"].items()
        )
        if found[name] is not None:
            yield f"    {shown}; difference {_interval(found[name])}"
        else:
            yield f"    {shown}; not estimable"
    if not found["estimable"]:
        yield "    (choosing cannot be negative but is: recalibration did not carry over)"
    helped = ", ".join(f"{name} training {n}" for name, n in found["recalibrated"].items())
    yield f"  runs of {count} in which recalibration helped (else learning is the total): {helped}"
    if found["incentive_slope"] is not None:
        yield f"  {SLOPE}:"
        yield f"    {_interval(found['incentive_slope'])}"
