"""Make `chestxray14_class_counts.csv` from the labels of the NIH ChestX-ray14 images.

    python figures/data/make_chestxray14_class_counts.py [Data_Entry_2017_v2020.csv[.gz]]

An image has one or several of fourteen findings, separated by "|", or the label "No Finding".  A
row of the table is a label, with the images that have this label alone, and all that have it.
Images with a single label, "No Finding" included, are those of the experiments in Misaligned by
Design (its Appendix D.1); their total is the sum of the column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from figures.data.chestxray14_labels import (
    FINDINGS,
    NO_FINDING,
    SEPARATOR,
    chosen_files,
    read_rows,
    write_table,
)
from theory.command_line import require, run

PROGRAM = "python figures/data/make_chestxray14_class_counts.py"
TABLE = Path(__file__).with_name("chestxray14_class_counts.csv")

CLASSES = (
    NO_FINDING,
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Effusion",
    "Emphysema",
    "Fibrosis",
    "Hernia",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pleural_Thickening",
    "Pneumonia",
    "Pneumothorax",
)
Counts = Counter[str]


def count_labels(entries: Iterable[str]) -> tuple[Counts, Counts, int]:
    """Images with a label alone, images with it at all, and the number of images.

    Raises `InputError` for an unknown label, for one that occurs twice in an image, and for "No
    Finding" beside a finding.
    """
    alone: Counts = Counter()
    any_of: Counts = Counter()
    images = 0
    for line, entry in enumerate(entries, start=2):
        labels = entry.split(SEPARATOR)
        for label in labels:
            where = f"line {line}, {FINDINGS}"
            require(label in CLASSES, where, repr(entry), f"name labels out of {CLASSES}")
        distinct = len(set(labels)) == len(labels)
        lonely = NO_FINDING not in labels or len(labels) == 1
        require(distinct and lonely, f"line {line}, {FINDINGS}", repr(entry),
                f"hold each label once, and {NO_FINDING} alone")  # fmt: skip
        any_of.update(labels)
        if len(labels) == 1:
            alone[entry] += 1
        images += 1
    return alone, any_of, images


def main(arguments: Sequence[str]) -> None:
    """Count, write the table, and say what it covers."""
    labels, table = chosen_files(arguments, PROGRAM, __doc__.partition("\n")[0], TABLE)
    alone, any_of, images = count_labels(row[FINDINGS] for row in read_rows(labels, [FINDINGS]))
    rows = [(label, alone[label], any_of[label]) for label in CLASSES]
    write_table(table, ("label", "alone", "any"), rows)
    print(f"{table}: {images:,} images, {alone.total():,} with a single label")


if __name__ == "__main__":
    run(main, PROGRAM)
