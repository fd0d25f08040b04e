"""Figures of recorded experiments: what they read, and what stands in where a record is missing.

The records are `empirical/results/*.json`, one for each name in `empirical.compare_recorded`; a
file that is not the experiment its name says (`empirical.compare_accepted`) counts as missing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from empirical.compare_accepted import accepted, accepted_map, refusal
from empirical.compare_recorded import MAPS, command, map_command
from figures import drawing


@dataclass(frozen=True)
class RecordedFigure:
    """The parts of a figure's script whose data are recorded comparisons or maps.

    `slug` names script and file; the first line of `docstring`, the script's, is the file's title;
    `results` are the records' names, and `picture` draws the records, given in that order.
    """

    slug: str
    docstring: str
    results: Sequence[str]
    picture: Callable[..., Figure]

    def data(self) -> dict[str, dict[str, Any] | None]:
        """The records by name; None for one that is missing."""
        return {name: load(name) for name in self.results}

    def draw(self) -> Figure:
        """The picture, or a notice of the records that it still lacks."""
        records = self.data()
        lacking = [name for name, record in records.items() if record is None]
        return notice(lacking) if lacking else self.picture(*records.values())

    def main(self, folder: Path = drawing.OUTPUT) -> None:
        """Write the figure into `folder`."""
        title = self.docstring.partition("\n")[0]
        drawing.save(self.draw(), folder / f"{self.slug}.svg", title=title)


def load(name: str) -> dict[str, Any] | None:
    """The recorded comparison or map of this name; None if it is not there or not accepted."""
    if refusal(name) is not None:
        return None
    return accepted_map(name) if name in MAPS else accepted(name)


def notice(names: Sequence[str]) -> Figure:
    """A figure that names the commands which make the records of these names."""
    with drawing.styled():
        figure = Figure(figsize=(7.2, 1.2 + 0.55 * len(names)))
        figure.text(0.03, 0.86, "Not recorded yet", fontsize=11, fontweight="bold")
        figure.text(
            0.03, 0.70, "These commands make the results, and python -m figures the figure:"
        )
        for index, name in enumerate(names):
            made = map_command(name) if name in MAPS else command(name)
            words = textwrap.fill(made, 95, subsequent_indent="    ", break_on_hyphens=False)
            height = 0.5 - 0.5 * index / len(names)
            figure.text(0.03, height, words, fontsize=7, family="monospace", va="top")
        figure.text(0.97, 0.02, "no data", ha="right", fontsize=7, color=drawing.GREY)
        return figure
