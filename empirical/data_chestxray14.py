"""NIH ChestX-ray14 (Wang et al. 2017): 112,120 frontal chest X-rays of 30,805 patients.

Below ``chestxray14`` in the data folder: ``Data_Entry_2017*.csv`` (or ``.csv.gz``), the images
in any folders (``images_001/images/*.png`` ... as published, or one folder), and, for the official
split, ``train_val_list.txt`` and ``test_list.txt`` (or ``.gz``).  Without images, a sample is read
where there is one: ``sample_64.parquet`` with columns ``img`` {bytes, path}, ``finding_labels``,
``patient_id`` and ``official_split``; its labels are held against the label file.

As in Misaligned by Design (Appendix D.1) only images with one label are kept, "No Finding" being
one: 91,324 images, 15 classes.  Images are gray; the published ones are 1024x1024, scaled here to
`FULL_SIZE` unless a size is given.  Decoding them all takes long: where the environment variable
``ALIGNMENT_CACHE_DIR`` names a folder, the decoded pixels are kept there.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch

from empirical.data_sources import (
    Collection,
    Encoded,
    Publication,
    cached_pixels,
    decode,
    described,
    from_parquet,
    indices,
    read_parquet,
    stored_side,
)
from theory.command_line import InputError, require

FOLDER = "chestxray14"
CLASSES = (
    "No Finding", "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema",
    "Fibrosis", "Hernia", "Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia",
    "Pneumothorax",
)  # fmt: skip
ROWS = 112_120  # of the label file
FULL_SIZE = 224
SAMPLE_SIZE = 64
SEPARATOR = "|"
CACHE_VARIABLE = "ALIGNMENT_CACHE_DIR"
PUBLICATION = Publication(
    "NIH ChestX-ray14",
    "https://nihcc.app.box.com/v/ChestXray-NIHCC",
    f"Data_Entry_2017_v2020.csv and the image folders below {FOLDER}",
)


@dataclass(frozen=True)
class Entry:
    """A row of the label file."""

    image: str
    findings: str
    patient: int


def read(folder: Path, size: int | None) -> Collection:
    """The images with one label; `tested` where the official lists are there.

    Raises `InputError` if files are missing or damaged, an image is absent, a label is unknown,
    or the sample contradicts the label file.
    """
    below = folder / FOLDER
    files = {path.name: path for path in sorted(below.rglob("*.png"))}
    label_file = next(iter(sorted(below.glob("Data_Entry_2017*.csv*"))), None)
    sample = below / f"sample_{SAMPLE_SIZE}.parquet"
    if label_file is not None and files:
        return _read_images(below, label_file, files, size)
    if sample.is_file():
        return _read_sample(sample, label_file, size)
    raise PUBLICATION.missing(folder)


def read_labels(path: Path) -> list[Entry]:
    """All rows of the label file.  Raises `InputError` for a damaged or incomplete one."""
    columns = ("Image Index", "Finding Labels", "Patient ID")
    entries = []
    rows = csv.DictReader(_lines(path))
    missing = [name for name in columns if name not in (rows.fieldnames or ())]
    require(not missing, "file", path, f"have the columns {', '.join(columns)}")
    for row in rows:
        image, findings, patient = (row[name] for name in columns)
        whole = bool(image and findings and patient and patient.isdigit())
        require(whole, f"row {len(entries)} of {path.name}", dict(row), "be whole")
        entries.append(Entry(image, findings, int(patient)))
    require(len(entries) == ROWS, f"number of rows in {path}", len(entries), f"be {ROWS:,}")
    names = len({entry.image for entry in entries})
    require(names == len(entries), f"number of images in {path}", names, "be that of the rows")
    return entries


def single_label(entries: list[Entry]) -> list[Entry]:
    """The entries with one finding, "No Finding" included.

    >>> rows = [Entry("1.png", "Mass", 1), Entry("2.png", "Mass|Nodule", 1)]
    >>> [entry.image for entry in single_label(rows)]
    ['1.png']
    """
    return [entry for entry in entries if SEPARATOR not in entry.findings]


def _read_images(
    folder: Path, label_file: Path, files: dict[str, Path], size: int | None
) -> Collection:
    kept = single_label(read_labels(label_file))
    absent = [entry.image for entry in kept if entry.image not in files]
    require(
        not absent,
        "images",
        folder,
        f"have every image of {label_file.name} with one label ({len(absent):,} of "
        f"{len(kept):,} are missing, the first is {absent[0] if absent else None})",
    )
    tested, lists = _official(folder, kept)
    labels = indices([entry.findings for entry in kept], CLASSES, f"label in {label_file.name}")
    side = FULL_SIZE if size is None else size
    paths = [files[entry.image] for entry in kept]
    key = f"{side} " + " ".join(f"{path.name}:{path.stat().st_size}" for path in paths)
    encoded = [Encoded(path.name, path) for path in paths]
    pixels = cached_pixels(key, lambda: decode(encoded, "L", side), CACHE_VARIABLE)
    form = f"published PNG images (not hashed) scaled to {side}x{side}, images with one label"
    patients = torch.tensor([entry.patient for entry in kept])
    return Collection(
        CLASSES, pixels, labels, patients, tested, described(form, [label_file, *lists])
    )


def _official(folder: Path, kept: list[Entry]) -> tuple[torch.Tensor | None, list[Path]]:
    """Which images the official lists put into the test set, and the lists; None without them."""
    found = [
        next(iter(sorted(folder.glob(f"{name}.txt*"))), None)
        for name in ("train_val_list", "test_list")
    ]
    lists = [path for path in found if path is not None]
    if len(lists) < 2:
        return None, []
    train_val, test = ({line.strip() for line in _lines(path)} for path in lists)
    for entry in kept:
        once = (entry.image in train_val) != (entry.image in test)
        require(once, "image", entry.image, "be in one of the two official lists")
    return torch.tensor([entry.image in test for entry in kept]), lists


def _read_sample(path: Path, label_file: Path | None, size: int | None) -> Collection:
    columns = read_parquet(path, ("img", "finding_labels", "patient_id", "official_split"))
    encoded = from_parquet(path, columns["img"])
    names = [str(image.get("path")) for image in columns["img"]]
    rows = zip(names, columns["finding_labels"], columns["patient_id"], strict=True)
    entries = [Entry(name, str(findings), patient) for name, findings, patient in rows]
    if label_file is not None:
        published = {entry.image: entry for entry in read_labels(label_file)}
        for entry in entries:
            require(
                published.get(entry.image) == entry,
                f"entry of {path.name}",
                entry,
                f"match {label_file.name}, which has {published.get(entry.image)}",
            )
    kept = [row for row, entry in enumerate(entries) if SEPARATOR not in entry.findings]
    side = stored_side(size, SAMPLE_SIZE)
    tested = indices(columns["official_split"], ("train_val", "test"), "official_split") == 1
    return Collection(
        CLASSES,
        decode([encoded[row] for row in kept], "L", side, native=SAMPLE_SIZE),
        indices([entries[row].findings for row in kept], CLASSES, f"label in {path.name}"),
        torch.tensor([entries[row].patient for row in kept]),
        tested[kept],
        described(
            f"sample of {len(entries):,} images of 64x64 pixels, those with one label", [path]
        ),
    )


def _lines(path: Path) -> list[str]:
    """The lines of a text, compressed or not."""
    try:
        content = path.read_bytes()
        text = gzip.decompress(content) if path.suffix == ".gz" else content
        return text.decode("utf-8-sig").splitlines()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise InputError(f"file is {path}: must be whole ({error})") from None
