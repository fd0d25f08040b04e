"""Four tabular problems with asymmetric costs, read from the files their authors distribute.

* ``german``: Statlog German credit (Hofmann 1994; UCI), 1,000 applicants, 20 attributes.  The
  documentation's cost matrix has a row for what an applicant *is* and a column for what he is
  called; here a row is the action and a column the class, as everywhere in the toolkit, so the
  matrix is transposed: calling a bad applicant good costs 5, calling a good one bad costs 1.
* ``churn``: customers of a TV subscription (Correa Bahnsen, Aouada and Ottersten 2015; costcla),
  9,379 rows, each with its own cost of a false positive, a false negative, a true positive and a
  true negative.
* ``digits``: scikit-learn's handwritten digits, 1,797 images of 8x8 pixels, part of that
  library; one digit counts 99 times as much as any other.
* ``xray_sample``: a sample of ChestX-ray14 (Wang et al. 2017): images with a single label among
  the four that the sample holds most of, as 8x8 block means, grouped by patient; Pneumonia
  counts 99 times as much as the other labels.

Nothing is downloaded.  A file that is missing is named, with where it comes from.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from theory.command_line import InputError, require

DATA_DIR_VARIABLE = "ALIGNMENT_DATA_DIR"
COST_COLUMNS = ("C_FP", "C_FN", "C_TP", "C_TN")
GERMAN_COSTS = np.array([[0.0, 5.0], [1.0, 0.0]])  # rows: call good, call bad; columns: good, bad
RATIO = 99.0  # weight of the emphasised class, the others have 1
HARDEST_DIGIT = 8
XRAY_CLASSES = ("No Finding", "Pneumonia", "Infiltration", "Effusion")
XRAY_SIDE, XRAY_BLOCK = 64, 8

GERMAN_SOURCE = "https://archive.ics.uci.edu/dataset/144/statlog+german+credit+data"
CHURN_SOURCE = (
    "the folder costcla/datasets/data of https://github.com/albahnsen/CostSensitiveClassification"
)
XRAY_SOURCE = (
    "the images of https://nihcc.app.box.com/v/ChestXray-NIHCC, as 64x64 gray PNGs in a column img "
    "beside finding_labels and patient_id,"
)


@dataclass(frozen=True)
class TabularData:
    """A table with a target, and what acting on a prediction costs or yields.

    `frame` holds features, target, groups and cost columns.  Exactly one of `cost` (actions,
    classes; in the order of the sorted labels), `weights` (one for each label) and
    `cost_columns` (false positive, false negative, true positive, true negative) is given.
    `sources` maps the name of a file that was read to its SHA-256.
    """

    name: str
    frame: pd.DataFrame
    target: str
    cost: np.ndarray | None = None
    weights: dict[str, float] | None = None
    cost_columns: tuple[str, str, str, str] | None = None
    positive: str | None = None
    groups: str | None = None
    ignored: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def data_directory(path: Path | None = None) -> Path:
    """`path`, or what the environment variable ALIGNMENT_DATA_DIR names, or ./data."""
    return path if path is not None else Path(os.environ.get(DATA_DIR_VARIABLE, "data"))


def sha256(path: Path) -> str:
    """The SHA-256 of the file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def german(data_dir: Path | None = None) -> TabularData:
    """German credit; the original ``german.data`` (spaces) or a copy with commas.

    Raises `InputError` if neither is found or the shape is not 1,000 x 21.
    """
    path = _find(data_dir, ("german.data", "german.csv"), "German credit", GERMAN_SOURCE)
    separator = "," if "," in path.read_text().partition("\n")[0] else r"\s+"
    frame = pd.read_csv(path, header=None, sep=separator)
    require(frame.shape == (1000, 21), f"shape of {path}", frame.shape, "be (1000, 21)")
    frame.columns = [*(f"attribute{number}" for number in range(1, 21)), "credit"]
    labels = frame["credit"].map({1: "1 good", 2: "2 bad"})
    require(not labels.isna().any(), f"last column of {path}",
            sorted(frame["credit"].unique()), "hold 1 (good) and 2 (bad)")  # fmt: skip
    frame["credit"] = labels
    return TabularData(
        "german", frame, "credit", cost=GERMAN_COSTS, sources={path.name: sha256(path)}
    )


def churn(data_dir: Path | None = None) -> TabularData:
    """TV subscription churn with the four costs of every customer.

    Raises `InputError` if the file is not found or a column is missing.
    """
    names = ("churn_tv_subscriptions.csv.gz", "churn_tv_subscriptions.csv")
    path = _find(data_dir, names, "TV subscription churn", CHURN_SOURCE)
    frame = pd.read_csv(path)
    for column in ("id", "target", *COST_COLUMNS):
        require(column in frame, f"columns of {path}", list(frame.columns), f"include {column}")
    frame["target"] = frame["target"].astype(int).astype(str)
    return TabularData(
        "churn",
        frame,
        "target",
        cost_columns=COST_COLUMNS,
        positive="1",
        ignored=("id",),
        sources={path.name: sha256(path)},
    )


def digits(data_dir: Path | None = None) -> TabularData:
    """Handwritten digits with one of them emphasised 99 to 1; `data_dir` is not needed."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    frame = pd.DataFrame(loaded.data, columns=[f"pixel{index}" for index in range(64)])
    frame["digit"] = loaded.target.astype(str)
    weights = {str(label): RATIO if label == HARDEST_DIGIT else 1.0 for label in range(10)}
    return TabularData(
        "digits",
        frame,
        "digit",
        weights=weights,
        sources={"sklearn.datasets.load_digits": hashlib.sha256(loaded.data.tobytes()).hexdigest()},
    )


def xray_sample(data_dir: Path | None = None) -> TabularData:
    """Single-label images of the ChestX-ray14 sample: 64 block means, label, patient.

    Raises `InputError` if the file is not found, a column is missing or an image is not
    64x64 and gray.
    """
    path = _find(data_dir, ("sample_64.parquet",), "the ChestX-ray14 sample", XRAY_SOURCE)
    frame = pd.read_parquet(path)
    for column in ("img", "finding_labels", "patient_id"):
        require(column in frame, f"columns of {path}", list(frame.columns), f"include {column}")
    frame = frame[frame["finding_labels"].isin(XRAY_CLASSES)].reset_index(drop=True)
    blocks = np.stack([_block_means(image, row, path) for row, image in enumerate(frame["img"])])
    pixels = pd.DataFrame(blocks, columns=[f"block{index}" for index in range(blocks.shape[1])])
    table = pixels.assign(finding=frame["finding_labels"], patient=frame["patient_id"])
    weights = {label: RATIO if label == "Pneumonia" else 1.0 for label in XRAY_CLASSES}
    remark = (
        f"{len(table)} images of 64x64 pixels: far too few for a study of ChestX-ray14; this shows "
        "the procedure on real images, with Pneumonia far more frequent than in the full set"
    )
    return TabularData(
        "xray_sample",
        table,
        "finding",
        weights=weights,
        groups="patient",
        sources={path.name: sha256(path)},
        remarks=(remark,),
    )


LOADERS: dict[str, Callable[[Path | None], TabularData]] = {
    "german": german,
    "churn": churn,
    "digits": digits,
    "xray_sample": xray_sample,
}


def _find(data_dir: Path | None, names: tuple[str, ...], what: str, source: str) -> Path:
    folder = data_directory(data_dir)
    for place in (folder, folder / "tabular", folder / "chestxray14"):
        for name in names:
            if (place / name).is_file():
                return place / name
    raise InputError(
        f"{what} is not in {folder}: get {' or '.join(names)} from {source} and put it there "
        f"(another folder: --data-dir or {DATA_DIR_VARIABLE})"
    )


def _block_means(image: Any, row: int, path: Path) -> np.ndarray:
    """Means over 8x8 blocks of a 64x64 gray image, in [0, 1], shape (64,), single precision."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(image["bytes"])) as opened:
            pixels = np.asarray(opened.convert("L"), dtype=np.float32) / 255
    except (UnidentifiedImageError, OSError, TypeError, KeyError):
        raise InputError(f"image {row} of {path} is unreadable: must be a PNG") from None
    require(pixels.shape == (XRAY_SIDE, XRAY_SIDE), f"shape of image {row} of {path}",
            pixels.shape, f"be ({XRAY_SIDE}, {XRAY_SIDE})")  # fmt: skip
    side = XRAY_SIDE // XRAY_BLOCK
    return pixels.reshape(side, XRAY_BLOCK, side, XRAY_BLOCK).mean(axis=(1, 3)).ravel()
