"""Where Table 1 lies between learning nothing and learning everything, for each weighting.

Weighted loss on the left: the prior's, which eq. (21) fixes, the best constant's, and the printed
means of both regimes.  Classification utility on the right: of the best constant class, printed,
and of perfect classification, with the weights of eq. (21).  Class frequencies are those of the
single-label images of ChestX-ray14, and equal ones for CIFAR.
Claims: md_ext_table1_bounds, md_weight_normalisation_corrected.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.printed_table1 import TABLE1, Panel
from theory.uninformed import Uninformed, uninformed
from theory.utility import normalised_weights

COUNTS = Path(__file__).with_name("data") / "chestxray14_class_counts.csv"
RATIO = 99
CIFAR_CLASSES = {"CIFAR-10": 10, "CIFAR-100": 100}
REGIMES = (
    ("weighted training", "weighted_training", drawing.VERMILLION, "s"),
    ("ex post weighting", "ex_post", drawing.BLUE, "o"),
)


@dataclass(frozen=True)
class Weighting:
    """One panel of Table 1 with its prior, its weights, and the bounds at normalised weights."""

    printed: Panel
    prior: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    bounds: Uninformed


def class_counts() -> dict[str, tuple[int, int]]:
    """ChestX-ray14 by label: images with this label alone, and all that have it."""
    with COUNTS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["label"]: (int(row["alone"]), int(row["any"])) for row in rows}


def setting(panel: Panel) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Class frequencies and weights of a panel: 99 for the emphasised class, 1 for the others.

    With inverse probability weights, one over the frequency.
    """
    if panel.dataset in CIFAR_CLASSES:
        classes = CIFAR_CLASSES[panel.dataset]
        prior = (Fraction(1, classes),) * classes
        return prior, (Fraction(RATIO), *[Fraction(1)] * (classes - 1))
    counts = class_counts()
    total = sum(alone for alone, _ in counts.values())
    prior = tuple(Fraction(alone, total) for alone, _ in counts.values())
    if panel.emphasised not in counts:
        return prior, tuple(1 / share for share in prior)
    return prior, tuple(Fraction(RATIO if name == panel.emphasised else 1) for name in counts)


def data() -> tuple[Weighting, ...]:
    """The panels in the order of the table, with floating-point bounds."""
    shown = []
    for panel in TABLE1:
        prior, weights = setting(panel)
        rates = np.array(prior, dtype=float)
        scaled = normalised_weights(np.array(weights, dtype=float), rates)
        shown.append(Weighting(panel, prior, weights, uninformed(scaled, rates)))
    return tuple(shown)


def draw() -> Figure:
    """Both measures, one line for each weighting."""
    with drawing.styled():
        figure = Figure(figsize=(6.9, 3.4))
        figure.subplots_adjust(left=0.145, right=0.985, bottom=0.26, top=0.91, wspace=0.08)
        left, right = figure.subplots(1, 2, sharey=True)
        shown = data()
        for line, each in enumerate(reversed(shown)):
            _loss_line(left, line, each)
            _utility_line(right, line, each)
        left.set_title("Weighted loss (lower is better)")
        right.set_title("Classification utility (higher is better)")
        left.set_yticks(range(len(shown)))
        left.set_yticklabels([_name(each.printed) for each in reversed(shown)])
        left.set(xlim=(0, 4.8), xlabel="Nats, weights normalised by (21)")
        right.set(xlim=(0, 1.02), xlabel="Utility, weights normalised by (21)")
        for axes in (left, right):
            axes.tick_params(axis="y", length=0)
        handles, labels = left.get_legend_handles_labels()
        named = dict(zip(labels, handles, strict=True))
        figure.legend(named.values(), named.keys(), loc="lower center", ncols=4)
        return figure


def _name(panel: Panel) -> str:
    suffix = "" if panel.dataset not in CIFAR_CLASSES else f"\n({panel.dataset})"
    return panel.emphasised.replace(" ", "\n", 1) if not suffix else panel.emphasised + suffix


def _loss_line(axes: Axes, line: int, each: Weighting) -> None:
    bounds = each.bounds
    axes.plot([0, float(bounds.prior_loss)], [line, line], color=drawing.GREY, linewidth=0.7)
    for value, marker, size, label in (
        (bounds.prior_loss, "|", 8, "predicting the prior"),
        (bounds.best_constant_loss, "x", 5, "best constant"),
    ):
        axes.plot(float(value), line, marker, color=drawing.INK, markersize=size, label=label)
    for label, field, color, marker in REGIMES:
        value = float(getattr(each.printed.loss["mean"], field).value)
        axes.plot(value, line, marker, color=color, label=label, markersize=4.5, fillstyle="none")


def _utility_line(axes: Axes, line: int, each: Weighting) -> None:
    low, high = float(each.bounds.best_constant_utility), float(each.bounds.perfect_utility)
    axes.plot([low, high], [line, line], color=drawing.GREY, linewidth=0.7)
    axes.plot(low, line, marker="x", linestyle="none", color=drawing.INK, markersize=5)
    axes.plot(high, line, marker="*", linestyle="none", color=drawing.INK, markersize=7)
    for _, field, color, marker in REGIMES:
        value = float(getattr(each.printed.utility["mean"], field).value)
        axes.plot(value, line, marker, color=color, markersize=4.5, fillstyle="none")
    if line == 0:
        drawing.note(axes, "perfect", (high, line), (-6, 5), fontsize=8)


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    title = __doc__.partition("\n")[0]
    drawing.save(draw(), folder / "md_table1_bounds.svg", title=title)


if __name__ == "__main__":
    main()
