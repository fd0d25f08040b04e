"""What a comparison amounts to: one summary for machines, and a table for people.

The table has the layout of Table 1 of Misaligned by Design (mean, least and largest run; percent
gain), once with the training interval chosen on validation data and once, as in the paper, by the
best test value; below it what Table 1 leaves out: the paired differences with their intervals and
tests, what the choice of interval changes, and what was learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from empirical.compare_results import complete_runs
from empirical.compare_statistics import SELECTIONS, Paired, ordered_pointwise, paired, row
from empirical.regimes import TITLES
from empirical.resolution import comparison_slopes
from theory.tables import table

JUDGED = {"weighted_loss": "weighted loss", "utility": "classification utility"}
STATISTICS = ("mean", "min", "max")
SELECTED = {
    "validation": "training interval chosen on validation data",
    "test": "training interval chosen by the best test value, as in the paper",
}
LEARNED = {
    "learning": "weighted loss after like-for-like recalibration (what was not learned)",
    "choosing": "weighted loss lost by choosing badly given what was learned",
    "resolution": "resolution of the recovered posteriors (nats)",
}
SLOPE = {
    "incentive_slope": "slope of the relative loss at decision thresholds on the log incentive "
    "ratio (negative: worse where dampened)"
}


def summary(comparison: Mapping[str, Any]) -> dict[str, Any]:
    """Every number of the table, from a comparison with at least one complete pair of runs.

    ``rows``: one per selection and measure (see `compare_statistics.row`), ex post weighting
    against weighted training; ``raw``: unweighted raw against weighted training; ``optimism``:
    mean test value when chosen on validation data minus that of the best test value, by measure
    and regime; ``ordered``: how often ex post lies below; ``learning``: see `_learning`.
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
        "learning": _learning(comparison),
    }


def as_json(found: Mapping[str, Any]) -> dict[str, Any]:
    """The summary as plain data."""
    return {
        key: [part | {"difference": asdict(part["difference"])} for part in value]
        if key in ("rows", "raw")
        else {name: asdict(item) if isinstance(item, Paired) else item
              for name, item in value.items()}
        if key == "learning"
        else value
        for key, value in found.items()
    }  # fmt: skip


def title(comparison: Mapping[str, Any]) -> str:
    """The comparison in one line."""
    setting, data = comparison["configuration"], comparison["data"]
    weighting = (
        "inverse probability weights"
        if setting["emphasised"] is None
        else f"{setting['emphasised']} emphasised {setting['ratio']:g}:1"
    )
    return (
        f"{setting['dataset']}, {weighting}; {setting['model']}, preset {setting['preset']}, "
        f"{setting['epochs']} epochs on {data['train']:,} images"
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
    return "\n".join([*lines, "", *_learning_lines(found["learning"])])


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


def _learning(comparison: Mapping[str, Any]) -> dict[str, Any]:
    """Paired differences (weighted minus unweighted training) of what was learned.

    ``incentive_slope``: see `resolution.incentive_slope`, one per run; None without an
    emphasised class, or where it is not defined.
    """
    pairs = [pair for pair in comparison["runs"].values() if len(pair) == 2]
    found: dict[str, Any] = {}
    for name in LEARNED:
        first, second = (
            [pair[training]["learning"][name] for pair in pairs]
            for training in ("unweighted", "weighted")
        )
        found[name] = None if None in first + second else paired(first, second)
    slopes = comparison_slopes(comparison)
    valid = bool(slopes) and bool(np.isfinite(slopes).all())
    found["incentive_slope"] = paired([0.0] * len(slopes), slopes) if valid else None
    return found


def _learning_lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield "What was learned, weighted minus unweighted training"
    for name, text in (LEARNED | SLOPE).items():
        if found[name] is not None:
            yield f"  {text}:"
            yield f"    {_interval(found[name])}"
