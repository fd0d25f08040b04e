"""Chest X-rays from published folders and from Parquet copies; damaged ones are refused by name."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import torch
from image_files import encoded, pixels, refused, write_parquet

from empirical import data as image_data
from empirical import data_chestxray14, data_pediatric, data_sources
from empirical.data import load

# ChestX-ray14

ROWS = [  # image, findings, patient, in the test list
    ("a.png", "No Finding", 1, False),
    ("b.png", "Mass|Nodule", 1, False),
    ("c.png", "Mass", 1, False),
    *((f"d{k}.png", "No Finding", 10 + k, k % 3 == 0) for k in range(20)),
    *((f"e{k}.png", "Pneumonia", 40 + k // 2, k // 2 % 3 == 0) for k in range(12)),
]


def write_labels(folder: Path, rows: list, compressed: bool = False) -> None:
    text = "Image Index,Finding Labels,Follow-up #,Patient ID\n"
    text += "".join(f"{image},{findings},0,{patient}\n" for image, findings, patient, _ in rows)
    folder.mkdir(exist_ok=True)
    if compressed:
        (folder / "Data_Entry_2017_v2020.csv.gz").write_bytes(gzip.compress(text.encode()))
    else:
        (folder / "Data_Entry_2017.csv").write_text(text)


@pytest.fixture
def small_chestxray14(tmp_path, monkeypatch):
    """The published folders in small: two image folders, the label file and the two lists."""
    monkeypatch.setattr(data_chestxray14, "ROWS", len(ROWS))
    below = tmp_path / "chestxray14"
    write_labels(below, ROWS)
    for index, (name, *_) in enumerate(ROWS):
        folder = below / f"images_00{1 + index % 2}" / "images"
        folder.mkdir(parents=True, exist_ok=True)
        channels = 4 if index == 3 else 1  # some of the published images are RGBA
        (folder / name).write_bytes(encoded(pixels(64, channels, index)))
    for name, tested in (("train_val_list", False), ("test_list", True)):
        (below / f"{name}.txt").write_text("\n".join(row[0] for row in ROWS if row[3] == tested))
    return tmp_path


def test_chestxray14_folders(small_chestxray14):
    data = load("chestxray14", small_chestxray14, size=16, split="official")
    parts = (data.train, data.validation, data.test)
    assert sum(len(part.labels) for part in parts) == len(ROWS) - 1  # but for the two findings
    assert data.train.images.shape[1:] == (1, 16, 16)
    tested = sorted(row[2] for row in ROWS if row[3])
    assert sorted(data.test.groups.tolist()) == tested
    assert len(data.classes) == 15
    assert data.source.count("sha256") == 3
    assert not set(data.train.groups.tolist()) & set(data.validation.groups.tolist())
    default = load("chestxray14", small_chestxray14, size=16)
    assert not set(default.train.groups.tolist()) & set(default.test.groups.tolist())
    paper = load("chestxray14", small_chestxray14, size=16, split="paper")
    sizes = [len(part.labels) for part in (paper.train, paper.validation, paper.test)]
    assert sizes == [24, 3, 7]  # 70-10-20 percent of 34
    assert load("chestxray14", small_chestxray14).train.images.shape[2] == 224


def test_long_decoding_tells_its_progress(small_chestxray14, monkeypatch, capsys):
    load("chestxray14", small_chestxray14, size=16)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(data_sources, "PROGRESS_EVERY", 0.0)
    image_data._read.cache_clear()
    load("chestxray14", small_chestxray14, size=16)
    assert "decoded 12 of 34 images\n" in capsys.readouterr().err


def test_decoded_pixels_are_kept_where_asked(small_chestxray14, tmp_path, monkeypatch):
    first = load("chestxray14", small_chestxray14, size=16)
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setenv(data_chestxray14.CACHE_VARIABLE, str(cache))
    for _ in range(2):
        image_data._read.cache_clear()
        again = load("chestxray14", small_chestxray14, size=16)
        assert torch.equal(again.train.images, first.train.images)
        assert [path.suffix for path in cache.iterdir()] == [".npy"]


def test_damaged_chestxray14(small_chestxray14, monkeypatch):
    below = small_chestxray14 / "chestxray14"
    image = below / "images_001" / "images" / "c.png"
    content = image.read_bytes()
    image.write_bytes(content[:500])
    refused("chestxray14", small_chestxray14, "image c.png cannot be decoded")
    image.unlink()
    refused("chestxray14", small_chestxray14, "1 of 34 are missing, the first is c.png")
    image.write_bytes(content)
    (below / "test_list.txt").write_text("c.png")
    refused("chestxray14", small_chestxray14, "must be in one of the two official lists")
    (below / "test_list.txt").unlink()
    refused("chestxray14", small_chestxray14, "split is official", split="official")
    wrong = [("a.png", "Broken leg", 1, False), *ROWS[1:]]
    write_labels(below, wrong)
    refused("chestxray14", small_chestxray14, "row 0 is Broken leg: must be one of No Finding")
    write_labels(below, ROWS[:-1])
    refused("chestxray14", small_chestxray14, "number of rows", "is 34: must be 35")
    write_labels(below, [ROWS[1], *ROWS[1:]])
    refused("chestxray14", small_chestxray14, "number of images", "must be that of the rows")
    (below / "Data_Entry_2017.csv").write_text("Image Index,Patient ID\n")
    refused("chestxray14", small_chestxray14, "must have the columns Image Index, Finding Labels")


def write_sample(folder: Path, rows: list) -> None:
    columns = {
        "img": [{"bytes": encoded(pixels(64, 1)), "path": row[0]} for row in rows],
        "finding_labels": [row[1] for row in rows],
        "patient_id": [row[2] for row in rows],
        "official_split": ["test" if row[3] else "train_val" for row in rows],
    }
    write_parquet(folder / "chestxray14" / "sample_64.parquet", columns)


def test_chestxray14_sample(tmp_path, monkeypatch):
    monkeypatch.setattr(data_chestxray14, "ROWS", len(ROWS))
    write_sample(tmp_path, ROWS)
    data = load("chestxray14", tmp_path, split="official")
    assert sorted(data.test.groups.tolist()) == sorted(row[2] for row in ROWS if row[3])
    assert data.source.startswith("sample of 35 images of 64x64 pixels, those with one label")
    image_data._read.cache_clear()
    write_labels(tmp_path / "chestxray14", ROWS, compressed=True)
    assert torch.equal(load("chestxray14", tmp_path, split="official").test.labels,
                       data.test.labels)  # fmt: skip
    write_sample(tmp_path, [("a.png", "Mass", 1, False), *ROWS[1:]])
    refused("chestxray14", tmp_path, "entry of sample_64.parquet", "must match Data_Entry_2017")
    whole = (tmp_path / "chestxray14" / "Data_Entry_2017_v2020.csv.gz").read_bytes()
    (tmp_path / "chestxray14" / "Data_Entry_2017_v2020.csv.gz").write_bytes(whole[:-20])
    refused("chestxray14", tmp_path, "Data_Entry_2017_v2020.csv.gz", "must be whole")


# Pediatric X-rays


def write_pediatric(folder: Path) -> Path:
    """Ten patients of each class in the published folders; one number stands for both kinds."""
    below = folder / "chest_xray"
    for number in range(10):
        part = "test" if number < 2 else "train"
        names = (
            ("NORMAL", f"IM-{number:04}-0001.jpeg"),
            ("PNEUMONIA", f"person{number}_bacteria_1.jpeg"),
            ("PNEUMONIA", f"person{number + 5}_virus_{number}.jpeg"),
        )
        for seed, (kind, name) in enumerate(names):
            (below / part / kind).mkdir(parents=True, exist_ok=True)
            image = pixels(40, 3 if seed else 1, number)[: 30 + number]
            (below / part / kind / name).write_bytes(encoded(image, "JPEG"))
    return below


def test_pediatric_folders(tmp_path):
    write_pediatric(tmp_path)
    data = load("pediatric_xray", tmp_path, size=16)
    assert data.train.images.shape[1:] == (1, 16, 16)
    assert data.classes == ("normal", "bacterial", "viral")
    groups = [set(part.groups.tolist()) for part in (data.train, data.validation, data.test)]
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]
    assert len(set.union(*groups)) == 10 + 15
    official = load("pediatric_xray", tmp_path, size=16, split="official")
    assert official.test.labels.bincount().tolist() == [2, 2, 2]


def test_damaged_pediatric_folders(tmp_path):
    below = write_pediatric(tmp_path)
    path = below / "train" / "NORMAL" / "IM-0005-0001.jpeg"
    path.rename(path.with_name("scan5.jpeg"))
    refused("pediatric_xray", tmp_path, "image name is scan5.jpeg")
    path.with_name("scan5.jpeg").rename(path.with_name("person5_virus_1.jpeg"))
    refused("pediatric_xray", tmp_path, "person5_virus_1.jpeg", "folder NORMAL or PNEUMONIA")
    path.with_name("person5_virus_1.jpeg").unlink()
    path.write_bytes(b"")
    refused("pediatric_xray", tmp_path, "image train/NORMAL/IM-0005-0001.jpeg cannot be decoded")


def test_pediatric_parquet(tmp_path):
    names = [f"IM-{k:04}-0001.jpeg" for k in range(8)]
    names += [f"person{k}_bacteria_1.jpeg" for k in range(8)]
    names += [f"NORMAL2-IM-{k:04}-0001-0002.jpeg" for k in range(8)]
    names += [f"person{k + 4}_virus_1.jpeg" for k in range(8)]
    told = [data_pediatric.patient_and_label(name) for name in names]
    columns = {
        "img": [{"bytes": encoded(pixels(224, 1), "JPEG"), "path": name} for name in names],
        "label": [label for _, label in told],
        "patient": [patient for patient, _ in told],
    }
    path = tmp_path / "pediatric_chest_xray.parquet"
    write_parquet(path, columns)
    data = load("pediatric_xray", tmp_path, size=8)
    assert data.train.images.shape[1:] == (1, 8, 8)
    refused("pediatric_xray", tmp_path, "split is official", "does not say", split="official")
    write_parquet(path, columns | {"label": [1, *columns["label"][1:]]})
    refused("pediatric_xray", tmp_path, "IM-0000-0001.jpeg", "agree with its patient", seed=1)
