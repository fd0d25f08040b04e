"""The ChestX-ray14 table: how it is aggregated, and that the committed one is well formed."""

from __future__ import annotations

import csv
import gzip
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from theory.command_line import run
from theory.groups_csv import read_groups

FOLDER = Path(__file__).parent.parent / "figures" / "data"
TABLE = FOLDER / "chestxray14_subgroups.csv"
IMAGES, EXCLUDED = 112_120, 0

HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n"
)
SAMPLE = HEADER + (
    "1_000.png,Cardiomegaly,0,1,57,M,PA,2682,2749,0.143,0.143\n"
    "1_001.png,Cardiomegaly|Emphysema,1,1,59,M,PA,2894,2729,0.143,0.143\n"
    "2_000.png,No Finding,0,2,40,M,PA,2500,2048,0.168,0.168\n"
    "3_000.png,Hernia,0,3,17,F,AP,2048,2500,0.168,0.168\n"
    "4_000.png,No Finding,0,4,120,F,PA,2048,2500,0.168,0.168\n"
    "5_000.png,Edema,0,5,411,F,PA,2048,2500,0.168,0.168\n"
)


@pytest.fixture
def aggregate(monkeypatch, capsys, tmp_path):
    """Run the script in an empty folder: (exit code, standard output, error, table or None)."""
    spec = spec_from_file_location("make_table", FOLDER / "make_chestxray14_subgroups.py")
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
def test_sample_is_aggregated(aggregate, tmp_path, name):
    path = tmp_path / name
    data = SAMPLE.encode()
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    code, out, err, table = aggregate(path)
    assert (code, err) == (0, "")
    assert table == ("name,n,positives\nunder 18 F AP,1,1\n40-59 M PA,3,2\n80 and over F PA,1,0\n")
    assert "3 subgroups, 5 images" in out
    assert "with a finding: 3; left out for an age above 120: 1" in out


def test_missing_file_says_where_to_get_it(aggregate):
    code, out, err, table = aggregate()
    assert (code, out, table) == (2, "", None)
    assert err.count("\n") == 1
    assert "label file is data/Data_Entry_2017_v2020.csv: must exist" in err
    assert "NIH Clinical Center" in err
    assert "put it at data/Data_Entry_2017_v2020.csv" in err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",57,", ",057Y,", "line 2, Patient Age is '057Y': must be a whole number"),
        (",57,M,", ",57,X,", "line 2, Patient Gender is 'X': must be F or M"),
        (",F,AP,", ",F,LL,", "line 5, View Position is 'LL': must be AP or PA"),
        ("Patient Age", "Age", "must have ('Finding Labels', 'Patient Age'"),
        (",M,PA,2682,2749,0.143,0.143", "", "line 2, Patient Gender is '': must be F or M"),
    ],
)
def test_bad_labels_end_with_one_line(aggregate, tmp_path, old, new, message):
    path = tmp_path / "labels.csv"
    path.write_text(SAMPLE.replace(old, new, 1))
    code, out, err, table = aggregate(path)
    assert (code, out, table) == (2, "", None)
    assert message in err
    assert err.count("\n") == 1


def test_a_damaged_archive_ends_with_one_line(aggregate, tmp_path):
    path = tmp_path / "labels.csv.gz"
    data = bytearray(gzip.compress(SAMPLE.encode()))
    data[10:40] = bytes([255] * 30)  # no deflate stream
    path.write_bytes(data)
    code, out, err, table = aggregate(path)
    assert (code, out, table) == (2, "", None)
    assert "labels.csv.gz: must be readable CSV (Error -3 while decompressing" in err
    assert err.count("\n") == 1


def test_an_endless_field_ends_with_one_line(aggregate, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(SAMPLE.replace("1_000.png", "1" * 140_000))
    code, out, err, table = aggregate(path)
    assert (code, out, table) == (2, "", None)
    assert "must be readable CSV (field larger than field limit" in err
    assert err.count("\n") == 1


def test_a_folder_as_output_ends_with_one_line(aggregate, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(SAMPLE)
    code, out, err, _ = aggregate(path, "--output", tmp_path)
    assert (code, out) == (2, "")
    assert err == f"make: error: output file is {tmp_path}: must not be a folder\n"
    assert list(tmp_path.iterdir()) == [path]


def test_committed_table_covers_all_images():
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["n"]) for row in rows) == IMAGES - EXCLUDED
    assert len({row["name"] for row in rows}) == len(rows) == 20
    subgroups = read_groups(TABLE, exact=True)
    assert subgroups.names == tuple(row["name"] for row in rows)
    assert sum(subgroups.shares * subgroups.rates) * IMAGES == sum(
        int(row["positives"]) for row in rows
    )
