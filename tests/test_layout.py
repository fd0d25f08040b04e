"""Results files that are damaged, anywhere in any way: shown or refused, without another error."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from empirical import compare, compare_results, map_results
from empirical import map as gain_map
from empirical.compare_recorded import result_path
from empirical.layout import misfits
from theory.command_line import InputError

WRONG = (None, -1, 0.5, 10**400, "7", [], {})


def damaged(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every kind of place in the value: of a list its first item."""
    yield steps
    if isinstance(value, dict):
        for key, item in value.items():
            yield from damaged(item, (*steps, key))
    elif isinstance(value, list) and value:
        yield from damaged(value[0], (*steps, 0))


def replaced(whole: Any, steps: tuple[Any, ...], wrong: Any) -> Any:
    found = copy.deepcopy(whole)
    *parents, last = steps
    inner = found
    for key in parents:
        inner = inner[key]
    inner[last] = wrong
    return found


@pytest.fixture
def comparison():
    """A recorded comparison, its first run."""
    found = compare_results.read(result_path("pediatric_viral"))
    return found | {"seeds": 1, "runs": {"0": found["runs"]["0"]}}


@pytest.fixture
def gains():
    """A recorded map, its first seed."""
    found = map_results.read(result_path("map_digits_moderate"))
    found["configuration"]["seeds"] = 1
    return found | {"groups": dict(list(found["groups"].items())[:1])}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: str(wrong)[:4] or "none")
@pytest.mark.parametrize("kind", ["comparison", "gains"])
def test_any_damage_is_refused_or_harmless(kind, wrong, request, tmp_path, capsys):
    path, whole = tmp_path / "results.json", request.getfixturevalue(kind)
    calls = [(gain_map.main, ["--show", "--json"])]
    if kind == "comparison":
        calls = [(compare.main, [option]) for option in ("--show", "--verify")]
    for place, steps in enumerate(list(damaged(whole))[1:]):
        path.write_text(json.dumps(replaced(whole, steps, wrong)))
        main, (option, *more) = calls[place % len(calls)]
        with suppress(InputError):
            main([option, str(path), *more])
    capsys.readouterr()


def _run_beyond_the_plan(found):
    found["runs"]["7"] = found["runs"]["0"]


def _fewer_intervals(found):
    record = copy.deepcopy(found["runs"]["0"])
    found["runs"]["1"], found["seeds"] = record, 2
    for training in record.values():
        training["steps"], training["epochs"] = training["steps"][:1], training["epochs"][:1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_run_beyond_the_plan, "seed of a run in .* is 7: must be one of the 1 planned"),
        (_fewer_intervals, r"number of intervals in .* is \[1, 10\]: must be one and the same"),
        (lambda found: found["configuration"].clear(), "configuration.dataset is missing"),
        (lambda found: found["environments"][0].pop("versions"), "versions is missing"),
        (lambda found: found.update(seeds=10**8), "number of seeds .* must lie in"),
    ],
)
def test_a_damaged_comparison_is_not_complete(comparison, tmp_path, change, message):
    path = tmp_path / "results.json"
    change(comparison)
    path.write_text(json.dumps(comparison))
    with pytest.raises(InputError, match=message):
        compare.verified(path)


def _group_beyond_the_plan(found):
    found["groups"]["linear/1000/-/1/7"] = next(iter(found["groups"].values()))


def _twice_a_ratio(found):
    found["configuration"]["ratios"] *= 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_group_beyond_the_plan, "group of .* is linear/1000/-/1/7: must be one of those planned"),
        (_twice_a_ratio, "ratios of .* must be different values"),
        (lambda found: found["groups"].update(x={}), "x.records is missing"),
    ],
)
def test_a_damaged_map_is_refused(gains, tmp_path, change, message):
    path = tmp_path / "results.json"
    change(gains)
    path.write_text(json.dumps(gains))
    with pytest.raises(InputError, match=message):
        map_results.read(path)


def test_a_weighted_loss_of_zero_has_no_gain(gains):
    (group,) = gains["groups"].values()
    group["records"][0]["weighted"]["weighted_loss"] = 0
    (cell,) = map_results.cells(gains)
    assert cell["gain"] is None
    assert "no loss" in map_results.as_text(gains)


@pytest.mark.parametrize("text", ["[" * 100_000, "NaN", "\x00", '{"format": 1e999}'])
@pytest.mark.parametrize("read", [compare_results.read, map_results.read])
def test_files_that_are_no_results_are_refused(tmp_path, read, text):
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(InputError, match="results file is "):
        read(path)
    with pytest.raises(InputError, match="must be a file, not a folder"):
        read(tmp_path)


def test_an_unreadable_file_is_refused(monkeypatch, tmp_path):
    def refuse(self, **options):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "results.json"
    path.touch()
    monkeypatch.setattr(type(path), "read_text", refuse)
    with pytest.raises(InputError, match=r"must be readable \(Permission denied\)"):
        compare_results.read(path)


def test_a_shape_may_have_alternatives():
    shape = {"a": (float, None), "b": [bool]}
    assert list(misfits({"a": None, "b": [True]}, shape)) == []
    assert list(misfits({"a": True, "b": [1]}, shape)) == [
        "a must be a number",
        "b.0 must be true or false",
    ]
