"""Make `chestxray14_subgroups.csv` from the labels of the NIH ChestX-ray14 images.

    python figures/data/make_chestxray14_subgroups.py [Data_Entry_2017_v2020.csv[.gz]]

A subgroup is an age bracket, a sex and a view position (PA: standing, AP: mostly bedside).  Its
images are the patients of the model, and any finding (a label other than "No Finding") counts as
need of treatment.  These are images, not persons: 30,805 patients have 112,120 of them, and the
labels were extracted from radiologists' reports by text mining.

Images with an age above `OLDEST`, an error of entry, are left out and counted.  The release of
2020 (`Data_Entry_2017_v2020.csv`) holds none: its ages end at 95, and the table covers all images.
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

PROGRAM = "python figures/data/make_chestxray14_subgroups.py"
LABELS = Path("data") / "Data_Entry_2017_v2020.csv"
TABLE = Path(__file__).with_name("chestxray14_subgroups.csv")
SOURCE = (
    "the NIH Clinical Center's ChestX-ray14 folder, https://nihcc.app.box.com/v/ChestXray-NIHCC"
)

OLDEST = 120
BRACKETS = ((0, "under 18"), (18, "18-39"), (40, "40-59"), (60, "60-79"), (80, "80 and over"))
SEXES = ("F", "M")
VIEWS = ("AP", "PA")
NO_FINDING = "No Finding"
COLUMNS = ("Finding Labels", "Patient Age", "Patient Gender", "View Position")

Subgroup = tuple[str, str, str]
Counts = Counter[Subgroup]


def count_images(rows: Iterable[dict[str, str]]) -> tuple[Counts, Counts, int]:
    """Images, and images with a finding, by subgroup; and how many an impossible age excludes.

    Raises `InputError` for a row with an unknown age, sex or view position.
    """
    images: Counts = Counter()
    findings: Counts = Counter()
    excluded = 0
    for line, row in enumerate(rows, start=2):
        labels, age, sex, view = (row[column] for column in COLUMNS)
        require(age.isdecimal(), f"line {line}, Patient Age", repr(age), "be a whole number")
        require(sex in SEXES, f"line {line}, Patient Gender", repr(sex), "be F or M")
        require(view in VIEWS, f"line {line}, View Position", repr(view), "be AP or PA")
        if int(age) > OLDEST:
            excluded += 1
            continue
        bracket = next(name for start, name in reversed(BRACKETS) if int(age) >= start)
        images[bracket, sex, view] += 1
        findings[bracket, sex, view] += labels != NO_FINDING
    return images, findings, excluded


def read_rows(path: Path) -> Iterable[dict[str, str]]:
    """Rows of the label file, plain or compressed.  Raises `InputError` if it is another file."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = set(COLUMNS) - set(reader.fieldnames or ())
            require(not missing, f"header of {path}", reader.fieldnames, f"have {COLUMNS}")
            yield from reader
    except FileNotFoundError:
        raise InputError(
            f"label file is {path}: must exist; take {LABELS.name} from {SOURCE}, "
            f"and put it at {LABELS} or give its path"
        ) from None
    except UNREADABLE as error:
        raise InputError(f"label file is {path}: must be readable CSV ({error})") from None


def main(arguments: Sequence[str]) -> None:
    """Aggregate, write the table, and say what it covers."""
    parser = Parser(prog=PROGRAM, description=__doc__.partition("\n")[0], allow_abbrev=False)
    parser.add_argument("labels", type=Path, nargs="?", default=LABELS, help=f"default: {LABELS}")
    parser.add_argument("--output", type=Path, default=TABLE, help="default: beside this script")
    options = parser.parse_args(arguments)
    images, findings, excluded = count_images(read_rows(options.labels))
    order = [(name, sex, view) for _, name in BRACKETS for sex in SEXES for view in VIEWS]
    present = [subgroup for subgroup in order if images[subgroup]]

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("name", "n", "positives"))
            for subgroup in present:
                writer.writerow((" ".join(subgroup), images[subgroup], findings[subgroup]))

    write_whole(options.output, write)
    print(f"{options.output}: {len(present)} subgroups, {images.total():,} images")
    print(f"with a finding: {findings.total():,}; left out for an age above {OLDEST}: {excluded}")


if __name__ == "__main__":
    run(main, PROGRAM)
