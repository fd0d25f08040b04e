"""The label file of the NIH ChestX-ray14 images, and what the scripts that count its rows share.

The file has a row for each image.  Its column `FINDINGS` holds one or several of fourteen findings,
separated by `SEPARATOR`, or the label `NO_FINDING`.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from theory.command_line import InputError, Parser, require, require_writable, write_whole

LABELS = Path("data") / "chestxray14" / "Data_Entry_2017_v2020.csv"
COMPRESSED = LABELS.with_name(f"{LABELS.name}.gz")
SOURCE = (
    "the NIH Clinical Center's ChestX-ray14 folder, https://nihcc.app.box.com/v/ChestXray-NIHCC"
)
FINDINGS = "Finding Labels"
SEPARATOR = "|"
NO_FINDING = "No Finding"
UNREADABLE = (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error)


def chosen_files(
    arguments: Sequence[str], program: str, description: str, table: Path
) -> tuple[Path, Path]:
    """The label file and the table to write; `table` is where it goes by default."""
    parser = Parser(prog=program, description=description, allow_abbrev=False)
    labels = COMPRESSED if COMPRESSED.is_file() else LABELS
    parser.add_argument(
        "labels", type=Path, nargs="?", default=labels, help=f"default: {LABELS}, or .csv.gz"
    )
    parser.add_argument("--output", type=Path, default=table, help="default: beside this script")
    options = parser.parse_args(arguments)
    require_writable("--output", options.output)
    return options.labels, options.output


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Rows of the label file, plain or compressed; an absent cell is empty.

    Raises `InputError` for a file that is not there, is damaged, or lacks one of the `columns`.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            has = set(columns) <= set(reader.fieldnames or ())
            names = ", ".join(columns)
            require(has, f"header of {path}", reader.fieldnames, f"have the columns {names}")
            yield from reader
    except FileNotFoundError:
        raise InputError(
            f"label file is {path}: must exist; take {LABELS.name} from {SOURCE}, "
            f"and put it at {LABELS} or give its path"
        ) from None
    except UNREADABLE as error:
        raise InputError(f"label file is {path}: must be readable CSV ({error})") from None


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write the table as CSV, whole or not at all."""

    def write(whole: Path) -> None:
        with whole.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)

    write_whole(path, write)
