"""The paper's Table 1 beside small replications on data at hand.

The paper's rows first: mean weighted loss and classification utility of both regimes at the best
test interval.  Then ours, once selected as in the paper and once at the interval that validation
data choose, with the 95% interval of the paired difference.  They are not the same experiments:
networks, pretraining, data and sizes differ, and are named.
Claims: md_table1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from empirical.compare_recorded import SMALL
from empirical.compare_report import summary
from empirical.replication_report import numbers
from figures import drawing
from figures.recorded import load
from theory.printed_table1 import RUNS, TABLE1

NETWORKS = {"ChestX-ray14": "DenseNet-121, pretrained", "CIFAR-10": "ViT-B/16, pretrained",
            "CIFAR-100": "ViT-B/16, pretrained"}  # fmt: skip
HEADER = ("emphasised", "data", "network", "runs", "best on test", "validation-chosen",
          "difference", "utility", "difference")  # fmt: skip
LEFT = (0.0, 0.105, 0.285, 0.47, 0.5, 0.585, 0.695, 0.805, 0.89)  # where the columns start
SHORT = {"chestxray14_sample_pneumonia": "ChestX-ray14, 3-class sample, 842"}
LINE = 0.23  # inches


@dataclass(frozen=True)
class Row:
    """A line of the table: texts, and whether it is the paper's."""

    cells: tuple[str, ...]
    printed: bool


def data() -> list[Row]:
    """The paper's rows as printed, then ours; losses and utilities as weighted / ex post."""
    rows = []
    for panel in TABLE1:
        loss, utility = panel.loss["mean"], panel.utility["mean"]
        best, useful = (f"{m.weighted_training.text} / {m.ex_post.text}" for m in (loss, utility))
        cells = (panel.emphasised, panel.dataset, NETWORKS[panel.dataset], str(RUNS))
        rows.append(Row((*cells, best, "", "", useful, ""), True))
    return rows + [Row(_cells(name, load(name)), False) for name in SMALL]


def _cells(name: str, comparison: dict[str, Any] | None) -> tuple[str, ...]:
    if comparison is None:
        return ("", "not recorded yet", name, *[""] * (len(HEADER) - 3))
    setting = comparison["configuration"]
    runs, *values = numbers(summary(comparison))
    chosen, ex_chosen, gap, best, ex_best, useful, ex_useful, useful_gap = values
    heavy = setting["emphasised"]
    copy = ", JPEG copy" if "re-encoded" in comparison["data"]["source"] else ""
    return (
        "inverse prob." if heavy is None else f"{heavy}, {setting['ratio']:g}:1",
        SHORT.get(name, f"{setting['dataset']}{copy}, {comparison['data']['train']:,}"),
        f"{setting['model']}, from scratch, {setting['epochs']} epochs",
        runs,
        f"{best} / {ex_best}",
        f"{chosen} / {ex_chosen}",
        gap,
        f"{useful} / {ex_useful}",
        useful_gap,
    )


def draw() -> Figure:
    """The table, as text."""
    rows = data()
    lines = len(rows) + 4
    with drawing.styled():
        figure = Figure(figsize=(12.4, LINE * lines))
        place = iter(1 - (line + 0.7) / lines for line in range(lines))

        def write(cells: tuple[str, ...], height: float, **options: Any) -> None:
            for left, text in zip(LEFT, cells, strict=True):
                figure.text(0.015 + 0.97 * left, height, text, fontsize=8, **options)

        figure.text(
            0.015,
            next(place),
            "Weighted loss and classification utility: weighted training / ex post weighting",
            fontsize=9.5,
        )
        write(HEADER, next(place), fontweight="bold")
        for printed in (True, False):
            for row in rows:
                if row.printed == printed:
                    write(row.cells, next(place), color=drawing.INK if printed else drawing.BLUE)
            note = (
                "Above: as printed (utility, too, at its best test interval).  Below: ours, other "
                "data and networks; numbers of training images; utility at the interval chosen on "
                "validation data; 95% intervals of ex post minus weighted."
            )
            if printed:
                figure.text(0.015, next(place), note, fontsize=7.5, color=drawing.GREY)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "md_table1.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
