"""Image data: splits, statistics, digits, missing data, and the published data where at hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from image_files import pixels, refused

from empirical import data as image_data
from empirical import data_chestxray14
from empirical.data import channel_statistics, load, shares_of, shares_of_groups
from empirical.data_sources import data_folder
from theory.command_line import InputError

DATA = data_folder(None).resolve()
LABELS = DATA / "chestxray14" / "Data_Entry_2017_v2020.csv.gz"


# Splits


@given(
    strata=st.lists(st.integers(0, 4), min_size=1, max_size=60),
    cuts=st.tuples(st.floats(0.05, 0.9), st.floats(0.05, 0.9)),
    seed=st.integers(0, 99),
)
def test_strata_are_divided_in_the_given_shares(strata, cuts, seed):
    low, high = sorted(cuts)
    shares = (low, high - low, 1 - high)
    labels = torch.tensor(strata)
    parts = shares_of(labels, shares, torch.Generator().manual_seed(seed))
    assert sorted(torch.cat(parts).tolist()) == list(range(len(strata)))
    for part, share in zip(parts, shares, strict=True):
        # Rounding moves each of the two ends of a part by at most one half.
        assert abs(len(part) - share * len(strata)) <= 1 + 1e-9
        for label, count in Counter(strata).items():
            # Below a place t lie t c images of a stratum of c, up to one.  Summed over the
            # strata: the cut's t is off by at most (strata + 1/2) / N.  A part has two ends.
            off = 2 * (1 + count * (len(set(strata)) + 0.5) / len(strata))
            assert abs(int((labels[part] == label).sum()) - share * count) <= off


@given(
    labels=st.lists(st.integers(0, 3), min_size=20, max_size=80),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_no_patient_is_in_two_parts(labels, seed, data):
    size = len(labels)
    groups = data.draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))
    classes, members = torch.tensor(labels), torch.tensor(groups)
    random = torch.Generator().manual_seed(seed)
    parts = shares_of_groups(classes, members, (0.7, 0.1, 0.2), random)
    assert sorted(torch.cat(parts).tolist()) == list(range(size))
    found = [set(members[part].tolist()) for part in parts]
    assert not (found[0] & found[1] | found[0] & found[2] | found[1] & found[2])


def test_small_strata_fall_into_every_part():
    """One image of a class: over seeds its part has the chances of the shares."""
    strata = torch.tensor([0] * 90 + [1])
    chosen = Counter()
    for seed in range(400):
        parts = shares_of(strata, (0.5, 0.5), torch.Generator().manual_seed(seed))
        chosen[int(90 in parts[1].tolist())] += 1
    # 400 fair draws have a standard deviation of 10: five of them.
    assert abs(chosen[1] - 200) <= 50


def test_statistics_are_those_of_the_definition():
    images = torch.from_numpy(np.stack([pixels(5, 3, seed) for seed in range(7)]))
    images = images.permute(0, 3, 1, 2)
    mean, std = channel_statistics(images)
    unit = images.double() / 255
    assert mean == pytest.approx(unit.mean(dim=(0, 2, 3)).tolist(), rel=1e-13)
    # The variance is a difference of numbers of its size: some 1e-16 / variance is lost.
    assert std == pytest.approx(unit.std(dim=(0, 2, 3), correction=0).tolist(), rel=1e-13)


def test_constant_images_are_refused():
    with pytest.raises(InputError, match="standard deviation of a channel is 0"):
        channel_statistics(torch.full((2, 1, 3, 3), 7, dtype=torch.uint8))


# Digits


def test_digits():
    data = load("digits")
    assert (data.train.images.shape[1:], data.train.images.dtype) == ((1, 8, 8), torch.uint8)
    parts = (data.train, data.validation, data.test)
    assert sum(len(part.labels) for part in parts) == 1797
    assert data.train.images.max() == 255
    assert float(data.frequencies().sum()) == pytest.approx(1, abs=1e-15)
    assert data.frequencies().tolist() == pytest.approx([0.1] * 10, abs=0.005)
    assert "scikit-learn" in data.source
    again, other = load("digits"), load("digits", seed=1)
    assert torch.equal(data.train.images, again.train.images)
    assert not torch.equal(data.train.labels, other.train.labels)


def test_a_limit_keeps_the_held_out_parts_and_the_classes():
    whole, few = load("digits"), load("digits", limit=100)
    assert len(few.train.labels) == 100
    assert torch.equal(whole.test.images, few.test.images)
    assert torch.equal(whole.validation.labels, few.validation.labels)
    assert few.train.labels.bincount().tolist() == pytest.approx([10] * 10, abs=1)
    assert len(load("digits", limit=10**6).train.labels) == len(whole.train.labels)
    assert load("digits", size=4).train.images.shape[2:] == (4, 4)
    assert load("digits", size=99).train.images.shape[2:] == (8, 8)


def test_restricting_to_some_classes():
    data = load("digits")
    two = data.restricted(["8", "3"])
    assert two.classes == ("8", "3")
    eights = data.train.images[data.train.labels == 8]
    assert torch.equal(two.train.images[two.train.labels == 0], eights)
    assert set(two.test.labels.tolist()) == {0, 1}
    assert two.mean != data.mean
    one = load("digits", limit=1)
    absent = [name for name in one.classes if name != one.classes[int(one.train.labels[0])]]
    with pytest.raises(InputError, match=r"must (be above zero|occur in every part)"):
        one.restricted([one.classes[int(one.train.labels[0])], absent[0]])
    for wrong, message in (["8", "x"], "class is x"), (["8", "8"], "at least two, each named once"):
        with pytest.raises(InputError, match=message):
            data.restricted(wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "mnist"}, "--dataset is mnist: must be one of digits, cifar10"),
        ({"split": "paper"}, "split is paper: must be one of default (digits)"),
        ({"limit": 0}, "--limit is 0: must be at least 1"),
        ({"size": 0}, "size is 0: must be at least 1"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(InputError) as caught:
        load(**{"name": "digits", **options})
    assert message in str(caught.value)


@pytest.mark.parametrize("name", [name for name in image_data.DATASETS if name != "digits"])
def test_a_missing_data_set_says_where_to_get_it(name, tmp_path):
    refused(name, tmp_path, str(tmp_path), "get it from https://", "ALIGNMENT_DATA_DIR")


def test_the_folder_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("ALIGNMENT_DATA_DIR", str(tmp_path))
    with pytest.raises(InputError, match=str(tmp_path)):
        load("cifar10")


# The published data, where they are at hand


@pytest.mark.skipif(not LABELS.is_file(), reason=f"the ChestX-ray14 labels are not in {DATA}")
def test_the_published_labels_are_those_that_the_paper_counts():
    entries = data_chestxray14.read_labels(LABELS)
    kept = data_chestxray14.single_label(entries)
    assert (len(entries), len(kept)) == (112_120, 91_324)
    assert len({entry.patient for entry in entries}) == 30_805
    counts = Counter(entry.findings for entry in kept)
    assert set(counts) == set(data_chestxray14.CLASSES)
    # Misaligned by Design, Section 3, prints shares of its training part to three decimals: a
    # random 70 percent, whose share has a standard deviation of sqrt(share * 0.3 / 63,927).
    printed = {"Pneumonia": 0.003, "Cardiomegaly": 0.012, "Pneumothorax": 0.024,
               "Infiltration": 0.105}  # fmt: skip
    for name, share in printed.items():
        found = counts[name] / len(kept)
        assert abs(found - share) <= 0.0005 + 3 * (found * 0.3 / 63_927) ** 0.5, name


@pytest.mark.skipif(
    not (DATA / "pediatric_chest_xray.parquet").is_file(),
    reason=f"the pediatric X-rays are not in {DATA}",
)
def test_the_pediatric_x_rays_load():
    data = load("pediatric_xray", DATA, size=32)
    sizes = [len(part.labels) for part in (data.train, data.validation, data.test)]
    assert sum(sizes) == 5824
    assert np.allclose(np.array(sizes) / 5824, (0.7, 0.1, 0.2), atol=0.02)


@pytest.mark.slow
@pytest.mark.skipif(
    not any((DATA / name).exists() for name in ("cifar-10-batches-py", "cifar10_train.parquet")),
    reason=f"CIFAR-10 is not in {DATA}",
)
def test_cifar10_has_its_known_means():
    data = load("cifar10", DATA)
    assert len(data.train.labels) == 45_000
    assert data.mean == pytest.approx((0.4914, 0.4822, 0.4465), abs=1e-3)
    assert data.validation.labels.bincount().tolist() == [500] * 10
