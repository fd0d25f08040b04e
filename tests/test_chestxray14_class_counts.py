"""The class counts of ChestX-ray14: how they are made, and that the committed ones are right."""

from __future__ import annotations

import gzip
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from theory.command_line import run

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "figures" / "data"
TABLE = FOLDER / "chestxray14_class_counts.csv"
DATA = Path(os.environ.get("ALIGNMENT_DATA_DIR", ROOT / "data"))
LABELS = DATA / "chestxray14" / "Data_Entry_2017_v2020.csv.gz"

SAMPLE = (
    "Image Index,Finding Labels,Follow-up #\n"
    "1_000.png,Cardiomegaly,0\n"
    "1_001.png,Cardiomegaly|Emphysema,1\n"
    "2_000.png,No Finding,0\n"
    "3_000.png,Hernia,0\n"
)


@pytest.fixture
def count(monkeypatch, capsys, tmp_path):
    """Run the script in an empty folder: (exit code, standard output, error, table or None)."""
    path = FOLDER / "make_chestxray14_class_counts.py"
    spec = spec_from_file_location("make_class_counts", path)
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    table = tmp_path / "table.csv"

    def call(*arguments: object):
        monkeypatch.chdir(tmp_path)
        output = () if "--output" in arguments else ("--output", table)
        monkeypatch.setattr(sys, "argv", ["make", *map(str, (*arguments, *output))])
        with pytest.raises(SystemExit) as stopped:
            run(script.main, "make")
        printed = capsys.readouterr()
        text = table.read_text() if table.exists() else None
        return stopped.value.code, printed.out, printed.err, text

    return call


@pytest.mark.parametrize("name", ["labels.csv", "labels.csv.gz"])
def test_sample_is_counted(count, tmp_path, name):
    path = tmp_path / name
    data = SAMPLE.encode()
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    code, out, err, table = count(path)
    assert (code, err) == (0, "")
    rows = dict(line.split(",", 1) for line in table.splitlines())
    assert (rows["Cardiomegaly"], rows["Emphysema"], rows["No Finding"]) == ("1,2", "0,1", "1,1")
    assert "4 images, 3 with a single label" in out


def test_missing_file_says_where_to_get_it(count):
    code, out, err, table = count()
    assert (code, out, table) == (2, "", None)
    assert err.count("\n") == 1
    assert "label file is data/chestxray14/Data_Entry_2017_v2020.csv.gz: must exist" in err
    assert "NIH Clinical Center" in err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Hernia", "Hernias", "line 5, Finding Labels is 'Hernias': must name labels"),
        ("Cardiomegaly|E", "E", "line 3, Finding Labels is 'Emphysema|': must name labels"),
        ("Cardiomegaly|Emphysema", "Mass|Mass", "'Mass|Mass': must hold each label once"),
        ("Cardiomegaly|Emphysema", "Mass|No Finding", "and No Finding alone"),
        ("Finding Labels", "Labels", "must have 'Finding Labels'"),
    ],
)
def test_bad_labels_end_with_one_line(count, tmp_path, old, new, message):
    path = tmp_path / "labels.csv"
    text = SAMPLE.replace(old, new, 1)
    path.write_text(text.replace("Emphysema,1", "Emphysema|,1") if new == "E" else text)
    code, out, err, table = count(path)
    assert (code, out, table) == (2, "", None)
    assert message in err
    assert err.count("\n") == 1


def test_a_damaged_archive_ends_with_one_line(count, tmp_path):
    path = tmp_path / "labels.csv.gz"
    data = bytearray(gzip.compress(SAMPLE.encode()))
    data[10:40] = bytes([255] * 30)  # no deflate stream
    path.write_bytes(data)
    code, out, err, table = count(path)
    assert (code, out, table) == (2, "", None)
    assert "labels.csv.gz: must be readable CSV (Error -3 while decompressing" in err
    assert err.count("\n") == 1


def test_an_endless_field_ends_with_one_line(count, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(SAMPLE.replace("1_000.png", "1" * 140_000))
    code, out, err, table = count(path)
    assert (code, out, table) == (2, "", None)
    assert "must be readable CSV (field larger than field limit" in err
    assert err.count("\n") == 1


def test_a_folder_as_output_ends_with_one_line(count, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(SAMPLE)
    code, out, err, _ = count(path, "--output", tmp_path)
    assert (code, out) == (2, "")
    assert err == f"make: error: output file is {tmp_path}: must not be a folder\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not LABELS.exists(), reason=f"needs the labels of ChestX-ray14 at {LABELS}")
def test_committed_table_is_what_the_labels_give(count):
    code, out, _, table = count(LABELS.resolve())
    assert code == 0
    assert table == TABLE.read_text()
    assert "112,120 images, 91,324 with a single label" in out
