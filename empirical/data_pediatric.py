"""Chest X-rays of children (Kermany et al. 2018): normal, bacterial and viral pneumonia.

Read from the published folders, ``chest_xray/{train,test}/{NORMAL,PNEUMONIA}/*.jpeg`` (and
``val``, where a copy has it), else from ``pediatric_chest_xray.parquet`` with columns ``img``
{bytes, path}, ``label`` (0 normal, 1 bacterial, 2 viral) and ``patient``.

The names of the files tell patient and kind: ``person123_bacteria_45.jpeg``,
``person7_virus_8.jpeg``, ``IM-0115-0001.jpeg``, ``NORMAL2-IM-0666-0001.jpeg``.  One number can
stand with both kinds, and in both published parts; whether that is one child is not known, so a
number is taken for one patient throughout: a split by patient may then keep more together than it
must, but never separates images of one child.  Images are made gray and, from the folders, scaled
to `SIDE` unless a size is given.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch

from empirical.data_sources import (
    Collection,
    Encoded,
    Publication,
    decode,
    described,
    from_parquet,
    indices,
    numbered,
    read_parquet,
    stored_side,
)
from theory.command_line import InputError, require

CLASSES = ("normal", "bacterial", "viral")
SIDE = 224
FOLDER = "chest_xray"
PARTS = ("train", "val", "test")
PARQUET = "pediatric_chest_xray.parquet"
PUBLICATION = Publication(
    "the pediatric chest X-rays of Kermany et al. (2018)",
    "https://data.mendeley.com/datasets/rscbjbr9sj (ChestXRay2017.zip)",
    f"the unpacked folder {FOLDER}, or {PARQUET},",
)
_NORMAL = re.compile(r"((?:NORMAL2-)?IM-\d+)-\d+(?:-\d+)?")
_PNEUMONIA = re.compile(r"(person\d+)_(bacteria|virus)_\d+(?:_\d+)?")
_KINDS = {"bacteria": 1, "virus": 2}


def read(folder: Path, size: int | None) -> Collection:
    """All images; `tested` where the published folders tell (the Parquet copy does not).

    Raises `InputError` if the files are missing or damaged, or a name contradicts its folder.
    """
    if (folder / FOLDER).is_dir():
        return _read_folders(folder / FOLDER, size)
    if (folder / PARQUET).is_file():
        return _read_parquet(folder / PARQUET, size)
    raise PUBLICATION.missing(folder)


def patient_and_label(name: str) -> tuple[str, int]:
    """What a file name tells; `InputError` if it follows no known form.

    >>> patient_and_label("person123_virus_45.jpeg"), patient_and_label("IM-0115-0001.jpeg")
    (('person123', 2), ('IM-0115', 0))
    """
    stem = Path(name).stem
    if found := _PNEUMONIA.fullmatch(stem):
        return found[1], _KINDS[found[2]]
    if found := _NORMAL.fullmatch(stem):
        return found[1], 0
    raise InputError(
        f"image name is {name}: must read person1_bacteria_1, person1_virus_1, IM-0001-0001 or "
        "NORMAL2-IM-0001-0001"
    )


def _read_folders(folder: Path, size: int | None) -> Collection:
    paths = [
        path
        for part in PARTS
        for path in sorted((folder / part).glob("*/*.jpeg"))
        if not path.name.startswith(".")  # what some archives add to every file
    ]
    patients, labels, tested = [], [], []
    for path in paths:
        part, kind = path.parts[-3:-1]
        patient, label = patient_and_label(path.name)
        agrees = kind == ("PNEUMONIA" if label else "NORMAL")
        require(agrees, "image", path, "lie in the folder NORMAL or PNEUMONIA that its name tells")
        patients.append(patient)
        labels.append(label)
        tested.append(part == "test")
    for label, name in enumerate(CLASSES):
        require(label in labels, "folder", folder, f"have images of class {name}")
    side = SIDE if size is None else size
    encoded = [Encoded(f"{path.parts[-3]}/{path.parts[-2]}/{path.name}", path) for path in paths]
    return Collection(
        CLASSES,
        decode(encoded, "L", side),
        torch.tensor(labels),
        numbered(patients),
        torch.tensor(tested),
        f"published JPEG images (not hashed), {len(paths):,} of them, scaled to {side}x{side}",
    )


def _read_parquet(path: Path, size: int | None) -> Collection:
    columns = read_parquet(path, ("img", "label", "patient"))
    encoded = from_parquet(path, columns["img"])
    labels = indices(columns["label"], range(len(CLASSES)), f"label in {path.name}")
    for image, label, patient in zip(
        columns["img"], labels.tolist(), columns["patient"], strict=True
    ):
        told = patient_and_label(str(image.get("path")))
        require(told == (patient, label), f"name of an image in {path.name}", image.get("path"),
                f"agree with its patient and label, {patient} and {label}")  # fmt: skip
    form = "Parquet copy, JPEG images of 224x224 pixels"
    return Collection(
        CLASSES,
        decode(encoded, "L", stored_side(size, SIDE), native=SIDE),
        labels,
        numbered(columns["patient"]),
        None,
        described(form, [path]),
    )
