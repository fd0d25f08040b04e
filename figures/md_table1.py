"""The paper's Table 1 beside small replications on data at hand.

Mean weighted loss of both regimes at the best test interval, as the paper selects it, with the
percent gain of ex post weighting; the paper's rows first, then ours.  They are not the same
experiments: networks, pretraining, data and sizes differ, and are named.
Claims: md_table1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from empirical.compare_recorded import SMALL
from empirical.compare_report import summary
from figures import drawing
from figures.md_fig4 import load
from theory.printed_table1 import RUNS, TABLE1

NETWORKS = {"ChestX-ray14": "DenseNet-121, pretrained", "CIFAR-10": "ViT-B/16, pretrained",
            "CIFAR-100": "ViT-B/16, pretrained"}  # fmt: skip
HEADER = ("emphasised", "data", "network", "runs", "weighted", "ex post", "% gain", "difference")
LEFT = (0.0, 0.15, 0.37, 0.59, 0.65, 0.73, 0.81, 0.89)  # where the columns start
LINE = 0.23  # inches


@dataclass(frozen=True)
class Row:
    """A line of the table: texts, and whether it is the paper's."""

    cells: tuple[str, ...]
    printed: bool


def data() -> list[Row]:
    """The paper's rows as printed, then ours with the 95% interval of the paired difference."""
    rows = []
    for panel in TABLE1:
        found = panel.loss["mean"]
        numbers = (found.weighted_training.text, found.ex_post.text, found.gain.text, "not given")
        cells = (panel.emphasised, panel.dataset, NETWORKS[panel.dataset], str(RUNS), *numbers)
        rows.append(Row(cells, True))
    return rows + [Row(_cells(name, load(name)), False) for name in SMALL]


def _cells(name: str, comparison: dict[str, Any] | None) -> tuple[str, ...]:
    if comparison is None:
        return ("", "not recorded yet", name, *[""] * (len(HEADER) - 3))
    setting, found = comparison["configuration"], summary(comparison)
    row = next(
        row
        for row in found["rows"]
        if (row["selection"], row["measure"]) == ("test", "weighted_loss")
    )
    means = {regime: spread["mean"] for regime, spread in row["spread"].items()}
    difference = row["difference"]
    heavy = setting["emphasised"]
    return (
        "inverse prob." if heavy is None else f"{heavy}, {setting['ratio']:g}:1",
        f"{setting['dataset']}, {comparison['data']['train']:,}",
        setting["model"],
        str(found["seeds"]),
        f"{means['weighted']:.3f}",
        f"{means['ex_post']:.3f}",
        f"{row['gain_percent']['mean']:.1f}",
        "one run" if difference.low is None else f"{difference.low:+.3f}, {difference.high:+.3f}",
    )


def draw() -> Figure:
    """The table, as text."""
    rows = data()
    lines = len(rows) + 4
    with drawing.styled():
        figure = Figure(figsize=(8.6, LINE * lines))
        place = iter(1 - (line + 0.7) / lines for line in range(lines))

        def write(cells: tuple[str, ...], height: float, **options: Any) -> None:
            for left, text in zip(LEFT, cells, strict=True):
                figure.text(0.015 + 0.97 * left, height, text, fontsize=8, **options)

        figure.text(0.015, next(place), "Weighted loss, best test interval", fontsize=9.5)
        write(HEADER, next(place), fontweight="bold")
        for printed in (True, False):
            for row in rows:
                if row.printed == printed:
                    write(row.cells, next(place), color=drawing.INK if printed else drawing.BLUE)
            note = (
                "Above: as printed.  Below: ours, other data and networks; numbers of training "
                "images; 95% interval of ex post minus weighted."
            )
            if printed:
                figure.text(0.015, next(place), note, fontsize=7.5, color=drawing.GREY)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "md_table1.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
