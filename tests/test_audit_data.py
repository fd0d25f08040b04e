"""The audit's reading of tables: what becomes a feature, what is refused."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from empirical.audit_data import read_cases, read_table
from theory.command_line import InputError


def frame(rows: int = 60) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": generator.normal(40, 10, rows),
            "town": generator.choice(["a", "b", "c"], rows),
            "person": generator.integers(0, 10, rows),
            "cost": generator.random(rows),
            "bad": generator.choice(["no", "yes"], rows),
        }
    )


def test_target_groups_and_left_out_columns_are_no_features():
    cases = read_cases(frame(), "bad", "person", ["cost"])
    assert cases.features.number_names == ("age",)
    assert cases.features.code_names == ("town",)
    assert cases.classes == ("no", "yes")
    assert cases.groups is not None
    assert len(cases) == len(cases.features) == 60


def test_kinds_of_columns():
    table = frame().assign(
        flag=lambda t: t["age"] > 40, number=range(60), note=list(map(str, range(60)))
    )
    table["fixed"] = 7
    table.loc[3, "age"] = np.nan
    table.loc[4, "town"] = None
    cases = read_cases(table, "bad", leave_out=["cost", "person"])
    assert cases.features.number_names == ("age", "flag", "number")
    assert np.isnan(cases.features.numbers[3, 0])
    assert cases.features.codes[4, 0] == -1
    remarks = " | ".join(cases.remarks)
    assert "'number' holds a different whole number in every row" in remarks
    assert "'note' holds text that differs in every row: left out" in remarks
    assert "constant, left out: 'fixed'" in remarks
    assert "2 missing feature values" in remarks


def test_text_is_named_and_numbers_in_it_are_pointed_out():
    table = frame().drop(columns=["person", "cost"])
    table["dose"] = [*map(str, range(59)), "unknown"]
    table["euro"] = [f"{number % 7},5" for number in range(60)]
    remarks = " | ".join(read_cases(table, "bad").remarks)
    assert "text, taken as categories (--help tells how): 'town', 'euro'" in remarks
    assert "'dose' holds mostly numbers but is read as text, as 1 of its" in remarks
    assert "first 'unknown'" in remarks
    assert "'euro' holds numbers with a comma such as '0,5'" in remarks
    assert "town' holds" not in remarks


def test_dates_and_decimals_are_numbers():
    days = pd.date_range("1970-01-02", periods=60, freq="36h")
    table = frame().assign(
        date=days,
        zoned=days.tz_localize("UTC"),
        plain=[day.date() for day in days],
        time=pd.to_timedelta(np.arange(60), unit="h"),
        price=[Decimal(number) / 4 for number in range(60)],
    )
    table.loc[3, ["plain", "price"]] = None
    cases = read_cases(table, "bad")
    numbers = dict(zip(cases.features.number_names, cases.features.numbers.T, strict=True))
    np.testing.assert_allclose(numbers["date"], 1 + 1.5 * np.arange(60))
    np.testing.assert_allclose(numbers["zoned"], numbers["date"])
    np.testing.assert_allclose(numbers["time"], np.arange(60) / 24, rtol=1e-6)
    known = np.arange(60) != 3
    np.testing.assert_allclose(numbers["plain"][known], np.floor(numbers["date"])[known])
    np.testing.assert_allclose(numbers["price"][known], np.arange(60)[known] / 4)
    assert np.isnan([numbers["plain"][3], numbers["price"][3]]).all()
    assert "taken as a number of days: 'date', 'zoned', 'plain', 'time'" in " ".join(cases.remarks)


def test_precision_is_kept_where_it_matters():
    fine = 1e9 + np.arange(60) / 100
    features = read_cases(frame().assign(fine=fine), "bad").features
    np.testing.assert_array_equal(features.numbers[:, features.number_names.index("fine")], fine)
    assert read_cases(frame(), "bad").features.numbers.dtype == np.float32


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        ([1.0, 2.0] * 30, ("1", "2")),
        ([True, False] * 30, ("False", "True")),
        ([10, 9] * 30, ("9", "10")),
        (["b ", "a"] * 30, ("a", "b")),
    ],
)
def test_labels_are_sorted_and_named(target, classes):
    cases = read_cases(frame().assign(bad=target), "bad")
    assert cases.classes == classes
    assert cases.labels[0] == classes.index(str(target[0]).strip().removesuffix(".0"))


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"target": "worse"}, "--target is 'worse': must be a column"),
        ({}, {"groups": "clinic"}, "--groups is 'clinic': must be a column"),
        ({}, {"leave_out": ["nothing"]}, "'nothing': must be a column"),
        ({"bad": ["x"] * 60}, {}, "'x' in every row: must have two classes"),
        ({"bad": range(60)}, {"leave_out": []}, None),
        ({"bad": [None] + ["x", "y"] * 29 + ["x"]}, {}, "missing in 1 rows"),
        ({"bad": ["x", "x "] * 30}, {}, "must have labels that differ"),
        ({"age": [np.inf] + [0.0] * 59}, {}, "row 1 of column 'age' is inf: must be finite"),
        (
            {"age": [1e200] + [0.0] * 59},
            {},
            "row 1 of column 'age' is 1e+200: must be at most 1e+37",
        ),
        ({"age": [[1, 2]] * 60}, {}, "row 1 of column 'age' is a list: must be a number, a text"),
        ({"bad": [[1, 2]] * 60}, {}, "row 1 of column 'bad' is a list"),
        ({"person": [[1, 2]] * 60}, {"groups": "person"}, "row 1 of column 'person' is a list"),
        ({"person": [None] * 60}, {"groups": "person"}, "--groups person is missing in 60 rows"),
        ({}, {"leave_out": ["age", "town", "person", "cost"]}, "number of feature columns is 0"),
    ],
)
def test_bad_tables_are_refused(change, options, message):
    arguments = {"target": "bad"} | options
    if message is None:
        read_cases(frame().assign(**change), **arguments)
        return
    with pytest.raises(InputError) as caught:
        read_cases(frame().assign(**change), **arguments)
    assert message in str(caught.value)


def test_a_quantity_is_no_target():
    table = frame(200).assign(bad=np.linspace(0, 1, 200))
    with pytest.raises(InputError, match=r"200 different values.*a quantity, not a class"):
        read_cases(table, "bad")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "must not be empty"),
        (b"a,b\n", "number of rows"),
        (b"a,b,a\n1,2,3\n", "'a' stands twice"),
        (b"a,b\n1,2\n3,4,5\n", "line 3, is 3: must be 2, as in the first line"),
        (b"a,b\n1,2,3\n4,5,6\n", "line 2, is 3"),  # no unnamed first column of row names
        (b"a,b\n1,2,\n4,5,\n", "line 2, is 3"),
        (b"a,b\n1,2\n\n3\n", "line 4, is 1"),
        (b'a,b\n1,"2\n' + b"x" * 200_000, "cannot be read as a table"),
        (b"a,b\n\xff\xfe,2\n", "cannot be read as a table"),
    ],
)
def test_bad_files_are_named(write, text, message):
    path = write(text, "table.csv")
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_are_read(tmp_path):
    for name, write_to in (
        ("t.csv", "to_csv"),
        ("t.csv.gz", "to_csv"),
        ("t.parquet", "to_parquet"),
    ):
        getattr(frame(), write_to)(tmp_path / name, index=False)
        assert list(read_table(tmp_path / name).columns) == list(frame().columns)
    (tmp_path / "broken.csv.gz").write_bytes(b"not compressed")
    with pytest.raises(InputError, match=r"broken\.csv\.gz"):
        read_table(tmp_path / "broken.csv.gz")
    with pytest.raises(InputError, match="must be a file that exists"):
        read_table(tmp_path / "absent.csv")
