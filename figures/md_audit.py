"""Weighted training against ex post weighting on four small data sets, audited.

The recorded audits `empirical/results/audit_*.json` (``python -m empirical.audit``).  Left: how
much less weighted log loss ex post weighting leaves, with 95% intervals corrected for overlapping
folds.  Right: the weighted loss of both, split into what was not learned and what was lost by
choosing badly given what was learned.  Losses are in shares of the loss of one prediction for all
cases, which needs no features.

The other functions draw one audit for its page.
Claims: md_alignment_metrics, md_prop1.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.command_line import InputError

RESULTS = Path(__file__).parent.parent / "empirical" / "results"
RECORDED = {  # recorded audit: how the figure names it
    "german": "German credit",
    "churn": "TV churn",
    "digits": "digits (8)",
    "xray_sample": "X-ray sample",
}
REGIME_NAMES = {"weighted": "weighted", "ex_post": "ex post"}
OTHERS = {  # regime compared with ex post weighting: colour, name
    "weighted": (drawing.VERMILLION, "weighted training"),
    "weighted_cal": (drawing.ORANGE, "weighted, recalibrated"),
    "ex_post_cal": (drawing.GREEN, "ex post, recalibrated"),
    "raw": (drawing.INK, "unweighted, raw"),
    "threshold": (drawing.GREY, "tuned threshold"),
}
POSTERIORS = {  # colour of each posterior in the reliability diagrams
    "unweighted": drawing.BLUE,
    "unweighted, recalibrated": drawing.GREEN,
    "weighted, recovered": drawing.ORANGE,
    "weighted, recalibrated": drawing.INK,
    "weighted, as they are": drawing.VERMILLION,
}
MOST_PANELS = 4


@dataclass(frozen=True)
class Bar:
    """One model on one data set, in shares: gain of ex post weighting, and both losses' parts."""

    name: str
    gain: float
    low: float | None  # None where the spread is unknown
    high: float | None
    learning: tuple[float, float]  # weighted, ex post
    choosing: tuple[float, float]


def data() -> list[Bar]:
    """Every recorded model; raises `InputError` naming a record that is missing."""
    bars = []
    for name, title in RECORDED.items():
        path = RESULTS / f"audit_{name}.json"
        if not path.is_file():
            made = f"python -m empirical.audit --dataset {name} --out {path}"
            raise InputError(f"recorded audit is {path}: must exist (made by {made})")
        record = json.loads(path.read_text(encoding="utf-8"))
        for model, found in record["models"].items():
            bars.append(_bar(f"{title}, {model}", found))
    return bars


def draw() -> Figure:
    """The gains with their intervals, and the parts of both losses."""
    bars = data()[::-1]
    with drawing.styled():
        figure = Figure(figsize=(6.9, 0.9 + 0.36 * len(bars)))
        figure.subplots_adjust(left=0.23, right=0.98, bottom=0.2, top=0.9, wspace=0.08)
        gains, parts = figure.subplots(1, 2, sharey=True)
        gains.set_title("Weighted loss saved ex post")
        gains.set_xlabel("Share of the loss without features (%)")
        gains.axvline(0, color=drawing.GREY, lw=0.8)
        for place, bar in enumerate(bars):
            values = (None if x is None else 100 * x for x in (bar.gain, bar.low, bar.high))
            _interval(gains, place, *values, drawing.BLUE)
        gains.set_yticks(range(len(bars)), [bar.name for bar in bars])
        _draw_parts(parts, bars)
        return figure


def draw_against(record: Mapping[str, Any]) -> Figure:
    """What ex post weighting earns (saves) per case beyond each other regime, by model."""
    models = list(record["models"].items())[::-1]
    regimes = [r for r in OTHERS if r in models[0][1]["against_ex_post"]][::-1]
    with drawing.styled():
        figure = Figure(figsize=(6.9, 1.2 + 0.24 * len(models) * (len(regimes) + 1)))
        figure.subplots_adjust(left=0.31, right=0.97, bottom=0.55 / figure.get_figheight(),
                               top=1 - 0.3 / figure.get_figheight())  # fmt: skip
        axes = figure.subplots()
        verb = "saved" if record["data"]["unit"] == "cost" else "earned"
        axes.set_title(f"{verb.capitalize()} per case by ex post weighting, beyond")
        axes.set_xlabel(f"{record['data']['unit'].capitalize()} per case, 95% interval")
        axes.axvline(0, color=drawing.GREY, lw=0.8)
        ticks = []
        for block, (model, found) in enumerate(models):
            for row, regime in enumerate(regimes):
                place = block * (len(regimes) + 1) + row
                each = found["against_ex_post"][regime]
                colour, name = OTHERS[regime]
                _interval(axes, place, each["mean"], each["low"], each["high"], colour)
                ticks.append((place, f"{model}: {name}"))
        axes.set_yticks([place for place, _ in ticks], [name for _, name in ticks])
        return figure


def draw_split(record: Mapping[str, Any]) -> Figure:
    """The learning and choosing parts of the weighted loss, by model."""
    bars = [_bar(model, found) for model, found in record["models"].items()][::-1]
    with drawing.styled():
        figure = Figure(figsize=(6.9, 1.4 + 0.4 * len(bars)))
        high = figure.get_figheight()
        figure.subplots_adjust(left=0.2, right=0.97, bottom=0.82 / high, top=1 - 0.3 / high)
        axes = figure.subplots()
        _draw_parts(axes, bars)
        axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
        return figure


def draw_reliability(found: Mapping[str, Any], model: str) -> Figure | None:
    """Frequency against probability, a panel per class (up to four); None where not recorded."""
    shown = {name: each["bins"] for name, each in found.items() if "bins" in each}
    shown = {name: bins for name, bins in shown.items() if name in POSTERIORS}
    if not shown:
        return None
    classes = list(next(iter(shown.values())))[:MOST_PANELS]
    classes = classes[-1:] if len(classes) == 2 else classes  # the two panels would mirror
    with drawing.styled():
        figure = Figure(figsize=(max(3.2, 1.75 * len(classes)), 2.9))
        figure.subplots_adjust(left=0.17 if len(classes) == 1 else 0.09, right=0.98, bottom=0.17,
                               top=0.88, wspace=0.15)  # fmt: skip
        panels = figure.subplots(1, len(classes), sharey=True, squeeze=False)[0]
        for axes, label in zip(panels, classes, strict=True):
            axes.set_title(f"{model}: {label}")
            axes.plot([0, 1], [0, 1], color=drawing.GREY, lw=0.8)
            for name, bins in shown.items():
                each = bins[label]
                axes.plot(each["predicted"], each["observed"], marker="o", markersize=3, lw=1.0,
                          color=POSTERIORS[name], label=name)  # fmt: skip
            axes.set_xlabel("Probability")
        panels[0].set_ylabel("Frequency")
        panels[0].legend(loc="upper left", fontsize=6)
        return figure


def _bar(name: str, found: Mapping[str, Any]) -> Bar:
    mean = {
        regime: {measure: each["mean"] for measure, each in found["regimes"][regime].items()}
        for regime in (*REGIME_NAMES, "constant")
    }
    saved, scale = found["comparisons"]["weighted_loss"], mean["constant"]["weighted_loss"]
    gain, low, high = (
        None if saved[key] is None else saved[key] / scale for key in ("mean", "low", "high")
    )
    learning, choosing = (
        (mean["weighted"][part] / scale, mean["ex_post"][part] / scale)
        for part in ("learning", "choosing")
    )
    return Bar(name, gain, low, high, learning, choosing)


def _interval(
    axes: Axes, place: int, middle: float, low: float | None, high: float | None, colour: str
) -> None:
    if low is not None:
        axes.plot([low, high], [place, place], color=colour, lw=1.4, solid_capstyle="butt")
    axes.plot([middle], [place], marker="o", markersize=4.5, color=colour)


def _draw_parts(axes: Axes, bars: Sequence[Bar]) -> None:
    axes.set_title("Parts of the weighted loss")
    axes.set_xlabel("Share of the loss without features (%)")
    for place, bar in enumerate(bars):
        for index, name in enumerate(REGIME_NAMES.values()):
            height = place + (0.18, -0.18)[index]
            colour = (drawing.VERMILLION, drawing.BLUE)[index]
            left, more = 100 * bar.learning[index], 100 * bar.choosing[index]
            first = place == len(bars) - 1
            axes.barh(height, left, 0.3, color=colour, label=f"{name}: learning" if first else None)
            axes.barh(height, more, 0.3, left=left, color=colour, alpha=0.35,
                      label=f"{name}: choosing" if first else None)  # fmt: skip
    widest = max(100 * (b.learning[i] + max(b.choosing[i], 0)) for b in bars for i in (0, 1))
    axes.set_xlim(0, math.ceil(widest / 10) * 10)
    assert isinstance(axes.figure, Figure)
    axes.figure.legend(loc="lower right", ncols=4, fontsize=7, columnspacing=1.2)


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "md_audit.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
