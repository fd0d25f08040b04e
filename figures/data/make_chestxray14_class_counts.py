"""Make `chestxray14_class_counts.csv` from the labels of the NIH ChestX-ray14 images.

    python figures/data/make_chestxray14_class_counts.py [Data_Entry_2017_v2020.csv[.gz]]

An image has one or several of fourteen findings, separated by "|", or the label "No Finding".  A
row of the table is a label, with the images that have this label alone, and all that have it.
Images with a single label, "No Finding" included, are those of the experiments in Misaligned by
Design (its Appendix D.1); their total is the sum of the column.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from theory.command_line import InputError, Parser, require, run, write_whole

UNREADABLE = (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error)

PROGRAM = "python figures/data/make_chestxray14_class_counts.py"
LABELS = Path("data") / "chestxray14" / "Data_Entry_2017_v2020.csv.gz"
TABLE = Path(__file__).with_name("chestxray14_class_counts.csv")
SOURCE = (
    "the NIH Clinical Center's ChestX-ray14 folder, https://nihcc.app.box.com/v/ChestXray-NIHCC"
)

COLUMN = "Finding Labels"
NO_FINDING = "No Finding"
FINDINGS = (
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
CLASSES = (NO_FINDING, *FINDINGS)

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
        labels = entry.split("|")
        for label in labels:
            where = f"line {line}, {COLUMN}"
            require(label in CLASSES, where, repr(entry), f"name labels out of {CLASSES}")
        distinct = len(set(labels)) == len(labels)
        lonely = NO_FINDING not in labels or len(labels) == 1
        require(distinct and lonely, f"line {line}, {COLUMN}", repr(entry),
                f"hold each label once, and {NO_FINDING} alone")  # fmt: skip
        any_of.update(labels)
        if len(labels) == 1:
            alone[entry] += 1
        images += 1
    return alone, any_of, images


def read_entries(path: Path) -> Iterable[str]:
    """The label column of the file, plain or compressed.  Raises `InputError` for another file."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            has = COLUMN in (reader.fieldnames or ())
            require(has, f"header of {path}", reader.fieldnames, f"have {COLUMN!r}")
            for row in reader:
                yield row[COLUMN]
    except FileNotFoundError:
        raise InputError(
            f"label file is {path}: must exist; take {LABELS.stem} from {SOURCE}, "
            f"and put it at {LABELS} or give its path"
        ) from None
    except UNREADABLE as error:
        raise InputError(f"label file is {path}: must be readable CSV ({error})") from None


def main(arguments: Sequence[str]) -> None:
    """Count, write the table, and say what it covers."""
    parser = Parser(prog=PROGRAM, description=__doc__.partition("\n")[0], allow_abbrev=False)
    parser.add_argument("labels", type=Path, nargs="?", default=LABELS, help=f"default: {LABELS}")
    parser.add_argument("--output", type=Path, default=TABLE, help="default: beside this script")
    options = parser.parse_args(arguments)
    alone, any_of, images = count_labels(read_entries(options.labels))

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("label", "alone", "any"))
            for label in CLASSES:
                writer.writerow((label, alone[label], any_of[label]))

    write_whole(options.output, write)
    print(f"{options.output}: {images:,} images, {alone.total():,} with a single label")


if __name__ == "__main__":
    run(main, PROGRAM)
