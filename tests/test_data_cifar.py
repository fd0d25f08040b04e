"""CIFAR from pickles and from Parquet copies: whole ones are read, damaged ones refused by name."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from image_files import encoded, pixels, refused, write_parquet

from empirical import data_cifar
from empirical.data import load


@pytest.fixture
def small_cifar(monkeypatch):
    """CIFAR-10 as if 20 training and 2 test images of each class had been published."""
    layout = replace(data_cifar.LAYOUTS["cifar10"], per_class=(20, 2))
    monkeypatch.setitem(data_cifar.LAYOUTS, "cifar10", layout)


def batch(rows: int, seed: int) -> dict[bytes, object]:
    """A batch as published: rows of 3,072 bytes, channel after channel."""
    data = np.random.default_rng(seed).integers(0, 256, (rows, 3072), dtype=np.uint8)
    return {b"data": data, b"labels": [row % 10 for row in range(rows)]}


def write_pickles(folder: Path, **changes: object) -> Path:
    """Five batches of 40 and a test batch of 20 images; `changes` replace entries of the first."""
    below = folder / "cifar-10-batches-py"
    below.mkdir()
    for seed, name in enumerate([*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]):
        content = batch(20 if name == "test_batch" else 40, seed)
        if seed == 0:
            content |= {key.encode(): value for key, value in changes.items()}
        (below / name).write_bytes(pickle.dumps(content, protocol=4))
    return below


def test_cifar_pickles(tmp_path, small_cifar):
    write_pickles(tmp_path)
    data = load("cifar10", tmp_path)
    sizes = [len(part.labels) for part in (data.train, data.validation, data.test)]
    assert sizes == [180, 20, 20]
    assert data.validation.labels.bincount().tolist() == [2] * 10
    test = batch(20, 5)
    assert np.array_equal(data.test.images.numpy().reshape(20, -1), test[b"data"])
    assert data.test.labels.tolist() == test[b"labels"]
    assert data.classes[3] == "cat"
    assert data.source.count("sha256") == 6
    assert torch.equal(load("cifar10", tmp_path, seed=1).test.images, data.test.images)
    assert load("cifar10", tmp_path, size=16).train.images.shape[1:] == (3, 16, 16)


def test_class_names():
    assert len(set(data_cifar.CIFAR100_CLASSES)) == 100
    assert list(data_cifar.CIFAR100_CLASSES) == sorted(data_cifar.CIFAR100_CLASSES)
    assert data_cifar.CIFAR100_CLASSES[47] == "maple_tree"


class Harmful:
    """What a pickle may ask for, and must not get."""

    def __reduce__(self):
        return (print, ("code from a file has run",))


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"data": np.zeros((40, 3071), np.uint8)}, ("data_batch_1", "must be (N, 3072)")),
        ({"data": np.zeros((39, 3072), np.uint8)}, ("labels in", "data_batch_1 is 40: must be 39")),
        ({"labels": [10] * 40}, ("data_batch_1 in row 0 is 10",)),
        ({"labels": [0] * 40}, ("number of training images of class airplane", "must be 20")),
        ({"labels": None}, ("number of labels", "is None")),
        ({"data": Harmful()}, ("data_batch_1", "asks for builtins.print")),
    ],
)
def test_damaged_pickles(tmp_path, small_cifar, capsys, changes, parts):
    write_pickles(tmp_path, **changes)
    refused("cifar10", tmp_path, *parts)
    assert capsys.readouterr().out == ""


def test_incomplete_pickles(tmp_path, small_cifar):
    below = write_pickles(tmp_path)
    whole = (below / "data_batch_3").read_bytes()
    (below / "data_batch_3").write_bytes(whole[:1000])
    refused("cifar10", tmp_path, "data_batch_3", "must be a pickled dictionary")
    (below / "data_batch_3").unlink()
    refused("cifar10", tmp_path, "data_batch_3", "is incomplete")


def write_cifar_parquet(folder: Path, form: str = "PNG", nested: bool = False, **images: bytes):
    """A Parquet copy of the small CIFAR-10; `images` replaces the bytes of the row ``rowN``."""
    for part, rows in (("train", 200), ("test", 20)):
        cells = [
            {"bytes": encoded(pixels(seed=row), form), "path": f"{part}/{row}"}
            for row in range(rows)
        ]
        for name, content in images.items():
            if part == "train":
                cells[int(name[3:])]["bytes"] = content
        file = f"cifar10/plain_text/{part}-00000-of-00001.parquet"
        path = folder / (file if nested else f"cifar10_{part}.parquet")
        write_parquet(path, {"img": cells, "label": [row % 10 for row in range(rows)]})


@pytest.mark.parametrize("nested", [False, True])
def test_cifar_parquet(tmp_path, small_cifar, nested):
    write_cifar_parquet(tmp_path, nested=nested)
    data = load("cifar10", tmp_path)
    assert [len(part.labels) for part in (data.train, data.validation, data.test)] == [180, 20, 20]
    for row in range(20):
        assert np.array_equal(data.test.images[row].permute(1, 2, 0).numpy(), pixels(seed=row))
    assert "re-encoded" not in data.source


def test_a_lossy_copy_is_called_one(tmp_path, small_cifar):
    write_cifar_parquet(tmp_path, "JPEG")
    assert load("cifar10", tmp_path).source.startswith("Parquet copy, re-encoded as JPEG (lossy): ")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (encoded(pixels())[:900], "cannot be decoded"),
        (encoded(pixels(), "JPEG")[:600], "cannot be decoded"),
        (b"no image", "cannot be decoded"),
        (encoded(pixels(31)), "is 31x31: must be 32x32 pixels"),
    ],
)
def test_damaged_images_are_refused_by_name(tmp_path, small_cifar, content, part):
    write_cifar_parquet(tmp_path, row7=content)
    refused("cifar10", tmp_path, "image train/7 in cifar10_train.parquet", part)


def test_damaged_parquet_files(tmp_path, small_cifar):
    write_cifar_parquet(tmp_path)
    path = tmp_path / "cifar10_train.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    refused("cifar10", tmp_path, "cifar10_train.parquet", "must be a Parquet file")
    write_parquet(path, {"img": [{"bytes": b"", "path": ""}]})
    refused("cifar10", tmp_path, "cifar10_train.parquet", "must have the columns img, label")
