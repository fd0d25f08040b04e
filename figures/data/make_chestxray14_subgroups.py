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

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from figures.data.chestxray14_labels import (
    FINDINGS,
    NO_FINDING,
    chosen_files,
    read_rows,
    write_table,
)
from theory.command_line import require, run

PROGRAM = "python figures/data/make_chestxray14_subgroups.py"
TABLE = Path(__file__).with_name("chestxray14_subgroups.csv")

OLDEST = 120
BRACKETS = ((0, "under 18"), (18, "18-39"), (40, "40-59"), (60, "60-79"), (80, "80 and over"))
SEXES = ("F", "M")
VIEWS = ("AP", "PA")
COLUMNS = (FINDINGS, "Patient Age", "Patient Gender", "View Position")

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


def main(arguments: Sequence[str]) -> None:
    """Aggregate, write the table, and say what it covers."""
    labels, table = chosen_files(arguments, PROGRAM, __doc__.partition("\n")[0], TABLE)
    images, findings, excluded = count_images(read_rows(labels, COLUMNS))
    order = [(name, sex, view) for _, name in BRACKETS for sex in SEXES for view in VIEWS]
    present = [subgroup for subgroup in order if images[subgroup]]
    rows = [(" ".join(subgroup), images[subgroup], findings[subgroup]) for subgroup in present]
    write_table(table, ("name", "n", "positives"), rows)
    print(f"{table}: {len(present)} subgroups, {images.total():,} images")
    print(f"with a finding: {findings.total():,}; left out for an age above {OLDEST}: {excluded}")


if __name__ == "__main__":
    run(main, PROGRAM)
