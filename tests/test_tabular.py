"""Loaders of the tabular data sets: formats, which way round costs are, what is refused."""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from empirical import tabular
from theory.command_line import InputError

GERMAN_ROWS = 1000


def german_rows(separator: str) -> str:
    good = separator.join(["A11", "6", *["A34"] * 17, "A201", "1"])
    bad = separator.join(["A12", "48", *["A32"] * 17, "A201", "2"])
    return "\n".join([good, good, bad, good] * (GERMAN_ROWS // 4)) + "\n"


@pytest.mark.parametrize(("name", "separator"), [("german.data", " "), ("german.csv", ",")])
def test_german_credit_in_both_formats(tmp_path, name, separator):
    (tmp_path / name).write_text(german_rows(separator))
    data = tabular.german(tmp_path)
    assert data.frame.shape == (GERMAN_ROWS, 21)
    assert data.frame["credit"].value_counts().to_dict() == {"1 good": 750, "2 bad": 250}
    assert list(data.sources) == [name]
    # Rows are actions: calling a bad applicant (class 1) good (action 0) is the dear mistake.
    assert data.cost[0, 1] == 5
    assert data.cost[1, 0] == 1


def test_german_costs_are_those_of_the_documentation():
    names = tabular.data_directory() / "tabular" / "german.names"
    if not names.is_file():
        pytest.skip(f"{names} is not here")
    text = names.read_text()
    rows = re.findall(r"^ +([12]) +(\d) +(\d)$", text, re.MULTILINE)
    documented = np.array([[float(first), float(second)] for _, first, second in rows])
    assert "rows represent the actual classification" in text
    np.testing.assert_array_equal(tabular.GERMAN_COSTS, documented.T)


def test_german_credit_of_another_shape_is_refused(tmp_path):
    path = tmp_path / "german.data"
    path.write_text(german_rows(" ")[:400])
    with pytest.raises(InputError, match=r"shape of .*german\.data"):
        tabular.german(tmp_path)
    path.write_text(german_rows(" ").replace(" 2\n", " 3\n"))
    with pytest.raises(InputError, match=r"hold 1 \(good\) and 2 \(bad\)"):
        tabular.german(tmp_path)


@pytest.mark.parametrize("name", ["german", "churn", "xray_sample"])
def test_missing_data_get_one_message(tmp_path, name, monkeypatch):
    monkeypatch.setenv(tabular.DATA_DIR_VARIABLE, str(tmp_path))
    with pytest.raises(InputError) as caught:
        tabular.LOADERS[name](None)
    message = str(caught.value)
    assert "\n" not in message
    assert str(tmp_path) in message
    assert "https://" in message
    assert "--data-dir" in message


def churn_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"id": [0, 1], "x1": [0.5, 1.5], "C_FP": [3, 4], "C_FN": [90, 80], "C_TP": [9, 8],
         "C_TN": [0, 0], "target": [0.0, 1.0]}
    )  # fmt: skip


def test_churn(tmp_path):
    (tmp_path / "tabular").mkdir()
    churn_frame().to_csv(tmp_path / "tabular" / "churn_tv_subscriptions.csv.gz", index=False)
    data = tabular.churn(tmp_path)
    assert data.frame["target"].tolist() == ["0", "1"]
    assert (data.positive, data.ignored) == ("1", ("id",))
    path = tmp_path / "churn_tv_subscriptions.csv"
    churn_frame().drop(columns="C_TP").to_csv(path, index=False)
    with pytest.raises(InputError, match=r"columns of .* must include C_TP"):
        tabular.churn(tmp_path)


def test_digits_need_no_file():
    data = tabular.digits()
    assert len(data.frame) == 1797
    assert data.weights["8"] == 99
    assert sum(data.weights.values()) == 108


def png(pixels: np.ndarray) -> dict[str, bytes]:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return {"bytes": stream.getvalue()}


def xray_frame(images: list[dict[str, bytes]], labels: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"img": images, "finding_labels": labels, "patient_id": range(len(labels))})


def test_xray_sample(tmp_path):
    pixels = np.zeros((64, 64), dtype=np.uint8)
    pixels[:8, 8:16] = 255
    labels = ["Pneumonia", "Pneumonia|Edema", "No Finding"]
    xray_frame([png(pixels)] * 3, labels).to_parquet(tmp_path / "sample_64.parquet")
    data = tabular.xray_sample(tmp_path)
    assert data.frame["finding"].tolist() == ["Pneumonia", "No Finding"]
    assert data.frame["patient"].tolist() == [0, 2]
    blocks = data.frame.filter(like="block").to_numpy()
    assert blocks.shape == (2, 64)
    assert blocks[0].tolist() == [0.0, 1.0] + [0.0] * 62


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ({"bytes": b"no image"}, "image 0 of .* is unreadable"),
        (png(np.zeros((32, 64), dtype=np.uint8)), r"shape of image 0 .* must be \(64, 64\)"),
    ],
)
def test_bad_images_are_named(tmp_path, image, message):
    xray_frame([image], ["Pneumonia"]).to_parquet(tmp_path / "sample_64.parquet")
    with pytest.raises(InputError, match=message):
        tabular.xray_sample(tmp_path)


@pytest.mark.parametrize(
    ("name", "rows", "sources"),
    [("german", 1000, "german"), ("churn", 9379, "churn"), ("xray_sample", 1316, "sample_64")],
)
def test_real_files(name, rows, sources):
    try:
        data = tabular.LOADERS[name](None)
    except InputError as error:
        pytest.skip(str(error))
    assert len(data.frame) == rows
    assert next(iter(data.sources)).startswith(sources)
