"""The tables of ChestX-ray14: how its label file is counted, and that the committed ones are so."""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path

import pytest

from figures.data import make_chestxray14_class_counts, make_chestxray14_subgroups
from theory.groups_csv import read_groups

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("ALIGNMENT_DATA_DIR", ROOT / "data"))
LABELS = DATA / "chestxray14" / "Data_Entry_2017_v2020.csv.gz"
CLASS_COUNTS, SUBGROUPS = make_chestxray14_class_counts, make_chestxray14_subgroups
IMAGES = 112_120

SAMPLE = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n"
    "1_000.png,Cardiomegaly,0,1,57,M,PA,2682,2749,0.143,0.143\n"
    "1_001.png,Cardiomegaly|Emphysema,1,1,59,M,PA,2894,2729,0.143,0.143\n"
    "2_000.png,No Finding,0,2,40,M,PA,2500,2048,0.168,0.168\n"
    "3_000.png,Hernia,0,3,17,F,AP,2048,2500,0.168,0.168\n"
    "4_000.png,No Finding,0,4,120,F,PA,2048,2500,0.168,0.168\n"
    "5_000.png,Edema,0,5,411,F,PA,2048,2500,0.168,0.168\n"
)
both = pytest.mark.parametrize("script", [CLASS_COUNTS, SUBGROUPS])


@pytest.fixture
def count(in_process, monkeypatch, tmp_path):
    """Run a script in an empty folder: (exit code, standard output, error, table or None)."""
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "table.csv"

    def call(script, *arguments: object):
        output = () if "--output" in arguments else ("--output", table)
        code, out, err = in_process(script.main, "make")(*arguments, *output)
        return code, out, err, table.read_text() if table.exists() else None

    return call


@pytest.fixture
def refused(count):
    """Run a script on a label file that it should refuse, with one line: that line."""

    def call(script, *arguments: object) -> str:
        code, out, err, table = count(script, *arguments)
        assert (code, out, table) == (2, "", None)
        assert err.count("\n") == 1
        return err

    return call


# What the two scripts count


def test_labels_are_counted(count, write):
    code, out, err, table = count(CLASS_COUNTS, write(SAMPLE, "labels.csv"))
    assert (code, err) == (0, "")
    rows = dict(line.split(",", 1) for line in table.splitlines())
    assert (rows["Cardiomegaly"], rows["Emphysema"], rows["No Finding"]) == ("1,2", "0,1", "2,2")
    assert "6 images, 5 with a single label" in out


def test_subgroups_are_counted(count, write):
    code, out, err, table = count(SUBGROUPS, write(SAMPLE, "labels.csv"))
    assert (code, err) == (0, "")
    assert table == ("name,n,positives\nunder 18 F AP,1,1\n40-59 M PA,3,2\n80 and over F PA,1,0\n")
    assert "3 subgroups, 5 images" in out
    assert "with a finding: 3; left out for an age above 120: 1" in out


@pytest.mark.parametrize(
    ("script", "old", "new", "message"),
    [
        (CLASS_COUNTS, "Hernia", "Hernias", "line 5, Finding Labels is 'Hernias': must name"),
        (CLASS_COUNTS, "Cardiomegaly|E", "|E", "line 3, Finding Labels is '|Emphysema': must name"),
        (CLASS_COUNTS, "Cardiomegaly|Emphysema", "Mass|Mass", "must hold each label once"),
        (CLASS_COUNTS, "Cardiomegaly|Emphysema", "Mass|No Finding", "and No Finding alone"),
        (CLASS_COUNTS, "Finding Labels", "Labels", "must have the columns Finding Labels"),
        (SUBGROUPS, ",57,", ",057Y,", "line 2, Patient Age is '057Y': must be a whole number"),
        (SUBGROUPS, ",57,M,", ",57,X,", "line 2, Patient Gender is 'X': must be F or M"),
        (SUBGROUPS, ",F,AP,", ",F,LL,", "line 5, View Position is 'LL': must be AP or PA"),
        (SUBGROUPS, "Patient Age", "Age", "must have the columns Finding Labels, Patient Age"),
        (SUBGROUPS, ",M,PA,2682,2749,0.143,0.143", "", "line 2, Patient Gender is '': must be F"),
    ],
)
def test_bad_labels_end_with_one_line(refused, write, script, old, new, message):
    assert message in refused(script, write(SAMPLE.replace(old, new, 1), "labels.csv"))


# What they share: finding and reading the label file, writing the table


@both
def test_a_compressed_file_counts_the_same(count, write, script):
    plain = count(script, write(SAMPLE, "labels.csv"))
    assert count(script, write(gzip.compress(SAMPLE.encode()), "labels.csv.gz")) == plain


@both
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_label_file_is_found_in_the_data_folder(count, tmp_path, script, suffix):
    path = tmp_path / "data" / "chestxray14" / f"Data_Entry_2017_v2020.csv{suffix}"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(SAMPLE.encode()) if suffix else SAMPLE.encode())
    code, out, err, _ = count(script)
    assert (code, err) == (0, "")
    assert " images" in out


@both
def test_missing_file_says_where_to_get_it(refused, script):
    err = refused(script)
    assert "label file is data/chestxray14/Data_Entry_2017_v2020.csv: must exist" in err
    assert "NIH Clinical Center" in err
    assert "put it at data/chestxray14/Data_Entry_2017_v2020.csv" in err


@both
def test_a_damaged_archive_ends_with_one_line(refused, write, script):
    archive = bytearray(gzip.compress(SAMPLE.encode()))
    archive[10:40] = bytes([255] * 30)  # no deflate stream
    err = refused(script, write(bytes(archive), "labels.csv.gz"))
    assert "labels.csv.gz: must be readable CSV (Error -3 while decompressing" in err


@both
def test_an_endless_field_ends_with_one_line(refused, write, script):
    err = refused(script, write(SAMPLE.replace("1_000.png", "1" * 140_000), "labels.csv"))
    assert "must be readable CSV (field larger than field limit" in err


@both
def test_a_folder_as_output_ends_with_one_line(refused, write, tmp_path, script):
    path = write(SAMPLE, "labels.csv")
    err = refused(script, path, "--output", tmp_path)
    assert err == f"make: error: --output is {tmp_path}: must be writable (Is a directory)\n"
    assert list(tmp_path.iterdir()) == [path]


# The committed tables


@both
@pytest.mark.skipif(not LABELS.exists(), reason=f"needs the labels of ChestX-ray14 at {LABELS}")
def test_committed_table_is_what_the_labels_give(count, script):
    code, out, _, table = count(script, LABELS.resolve())
    assert code == 0
    assert table == script.TABLE.read_text()
    assert f"{IMAGES:,} images" in out


def test_committed_counts_are_those_of_the_published_images():
    with CLASS_COUNTS.TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(row["label"] for row in rows) == CLASS_COUNTS.CLASSES
    assert sum(int(row["alone"]) for row in rows) == 91_324


def test_committed_subgroups_cover_all_images():
    with SUBGROUPS.TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["n"]) for row in rows) == IMAGES
    assert len({row["name"] for row in rows}) == len(rows) == 20
    subgroups = read_groups(SUBGROUPS.TABLE, exact=True)
    assert subgroups.names == tuple(row["name"] for row in rows)
    assert sum(subgroups.shares * subgroups.rates) * IMAGES == sum(
        int(row["positives"]) for row in rows
    )
