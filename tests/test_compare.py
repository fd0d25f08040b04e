"""`python -m empirical.compare`: its numbers, its files, its errors; the recorded results."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from empirical import compare, compare_accepted, compare_recorded, compare_results, provenance
from empirical.compare_options import PROGRAM
from empirical.compare_recorded import ARGUMENTS, MAPS, result_path
from empirical.compare_report import as_text, learned, summary
from empirical.regimes import (
    REGIMES_OF,
)
from empirical.replication_report import replication_section
from theory.command_line import InputError, run
from theory.printed_table1 import TABLE1

TINY = (
    "--model=linear",
    "--preset=smoke",
    "--limit=150",
    "--seeds=2",
    "--threads=1",
    "--device=cpu",
    "--jobs=1",
)
LARGEST_FILE = 300_000  # bytes of a recorded comparison


@pytest.fixture
def cli(monkeypatch, capsys):
    """Call the command line in this process: (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["empirical.compare", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            run(compare.main, PROGRAM)
        printed = capsys.readouterr()
        return stopped.value.code, printed.out, printed.err

    return call


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The text of a finished tiny comparison's file."""
    path = tmp_path_factory.mktemp("compare") / "tiny.json"
    compare.main([*TINY, "--out", str(path)])
    return path.read_text()


@pytest.fixture
def recorded(finished, tmp_path):
    """A finished tiny comparison."""
    path = tmp_path / "tiny.json"
    path.write_text(finished)
    return path


# The command line and its file


def test_a_comparison_is_written_shown_verified_and_drawn(cli, recorded, tmp_path):
    comparison = compare_results.read(recorded)
    assert compare_results.missing(comparison) == []
    assert [set(run) for run in comparison["runs"].values()] == [set(REGIMES_OF)] * 2
    environment = comparison["environments"][0]
    assert {"commit", "source_sha256", "versions", "cpu", "command"} <= set(environment)
    assert "complete, 2 paired runs" in cli("--verify", recorded)[1]
    code, text, _ = cli("--show", recorded, "--plot", tmp_path / "curves.svg")
    assert code == 0
    assert "as in the paper" in text
    assert (tmp_path / "curves.svg").read_bytes().startswith(b"<?xml")
    found = json.loads(cli("--show", recorded, "--json")[1])
    assert found["seeds"] == 2
    assert len(found["rows"]) == len(found["raw"]) == 4


def test_an_interrupted_comparison_continues_and_ends_the_same(cli, recorded):
    whole = compare_results.read(recorded)
    partial = json.loads(recorded.read_text())
    del partial["runs"]["0"]["unweighted"], partial["runs"]["1"]
    compare_results.write(recorded, partial)
    code, _, err = cli("--verify", recorded)
    assert code == 2
    assert "missing: 0/unweighted, 1/weighted, 1/unweighted" in err
    assert cli(*TINY, "--out", recorded)[0] == 0
    again = compare_results.read(recorded)
    for seed, trainings in whole["runs"].items():
        for training, record in trainings.items():
            for key in ("steps", "series", "learning"):
                assert again["runs"][seed][training][key] == record[key]


def test_trainings_in_two_processes_give_the_same_numbers(recorded, tmp_path):
    path = tmp_path / "both.json"
    compare.main([*TINY[:-1], "--jobs=2", "--out", str(path)])
    alone, both = compare_results.read(recorded), compare_results.read(path)
    assert both["environments"][0]["jobs"] == 2
    assert list(both["runs"]) == list(alone["runs"])
    for seed, trainings in alone["runs"].items():
        assert list(both["runs"][seed]) == list(trainings)
        for training, record in trainings.items():
            for key in ("steps", "series", "learning"):
                assert both["runs"][seed][training][key] == record[key]


def test_a_finished_training_survives_an_interruption(cli, tmp_path, monkeypatch):
    path, original, calls = tmp_path / "tiny.json", compare.record, []

    def interrupted(*arguments, **options):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments, **options)

    monkeypatch.setattr(compare, "record", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare.main([*TINY, "--out", str(path)])
    assert set(compare_results.read(path)["runs"]["0"]) == set(REGIMES_OF)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (("--ratio=98",), "ratio is 98"),
        (("--emphasise=3",), 'emphasised is "3"'),
        (("--epochs=2",), "epochs is 2"),
        (("--limit=149",), "limit is 149"),
        (("--learning-rate=0.1",), "learning_rate is 0.1"),
    ],
)
def test_another_configuration_is_refused_by_name(cli, recorded, changed, named):
    before = recorded.read_bytes()
    code, out, err = cli(*TINY, *changed, "--out", recorded)
    assert (code, out) == (2, "")
    assert named in err
    assert "must be" in err
    assert err.count("\n") == 1
    assert recorded.read_bytes() == before


BAD = [
    (("--dataset=mnist",), "invalid choice: 'mnist'"),
    (("--emphasise=ten",), "--emphasise is 'ten': must be a class or its index"),
    (("--ratio=-1",), "--ratio is -1: must lie between"),
    (("--ratio=x",), "--ratio is 'x': expected a decimal"),
    (("--seeds=0",), "--seeds is 0: must be a whole number from 1"),
    (("--preset=huge",), "--preset is huge: must be one of"),
    (("--preset=paper",), "--preset is paper: must exist for model mlp on digits"),
    (("--inverse-probability", "--ratio=3"), "--ratio is 3: must be left out"),
    (("--show=missing.json",), "results file is missing.json: must exist"),
    (("--out=x.txt",), "--out is x.txt: must end in .json"),
    (("--out=no/x.json",), "--out is no/x.json: must lie in a folder"),
    (("--out=x.json", "--show=y.json"), "--out is x.json: must be left out with --show"),
    (("--verify=y.json", "--plot=p.svg"), "--plot is p.svg: must be left out with --verify"),
    (("--seeds=77", "--show=y.json"), "--seeds is 77: must be left out with --show"),
    (("--out=/proc/x.json",), "--out is /proc/x.json: must be writable"),
    (("--plot=/proc/x.svg",), "--plot is /proc/x.svg: must be writable"),
    (("--ratio=1e999",), "--ratio is 1e999: must lie between 1e-9 and 1e9"),
    (("--learning-rate=1e999",), "--learning-rate is 1e999: must lie between"),
    (("--emphasise=",), "--emphasise is '': must not be empty"),
    (("--limit=1",), "--limit is 1: must leave training images of two classes"),
    (("--plot=x.jpg",), "--plot is x.jpg: must end in"),
    (("--device=abacus",), "--device is abacus: must be cpu, cuda"),
    (("--device=cuda:99",), "--device is cuda:99: must be usable"),
    (("--weights=x", "--preset=smoke"), "--weights is x: must exist"),
    (("--evaluate-every=0",), "--evaluate-every is 0"),
    (
        ("--dataset=chestxray14", "--model=densenet121", "--preset=paper"),
        "--preset is paper: must come with --weights",
    ),
    (
        ("--dataset=chestxray14", "--preset=paper", "--weights=x.pth", "--evaluate-every=5"),
        "--evaluate-every is 5: must be left out here",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_arguments_end_with_one_line(cli, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", '{"format": "other"}', "\x00"])
def test_files_that_are_no_comparison_are_refused(cli, tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    code, _, err = cli("--show", path)
    assert code == 2
    assert f"results file is {path}" in err


def test_damaged_series_are_refused_by_name(recorded):
    found = json.loads(recorded.read_text())
    found["runs"]["1"]["weighted"]["series"]["weighted"]["test"]["utility"].append(1.0)
    compare_results.write(recorded, found)
    with pytest.raises(InputError, match="length of weighted test of run 1/weighted"):
        compare_results.read(recorded)


def test_help_has_an_example(cli):
    code, out, _ = cli("--help")
    assert code == 0
    assert "Examples: " in out


def test_equal_weights_have_no_incentive_slope(cli, tmp_path):
    path = tmp_path / "equal.json"
    arguments = (*TINY[:-3], "--threads=1", "--jobs=1", "--ratio=1", "--out", path, "--json")
    code, out, _ = cli(*arguments)
    assert code == 0
    assert json.loads(out)["learning"]["incentive_slope"] is None
    assert json.loads(cli("--show", path, "--json")[1])["learning"]["incentive_slope"] is None


# The recorded results


@pytest.mark.parametrize("name", [*ARGUMENTS, *MAPS])
def test_recorded_files_are_small_and_what_their_name_says(name):
    path = result_path(name)
    if not path.is_file():
        pytest.skip(f"not recorded: {name}")
    reason = compare_accepted.refusal(name)
    if reason is not None and "layout" in reason:
        pytest.skip(reason)
    assert reason is None
    assert path.stat().st_size < LARGEST_FILE
    found = json.loads(path.read_text())
    assert all(each["source_sha256"] and each["commit"] for each in found["environments"])
    if name in MAPS:
        return
    assert summary(found)["seeds"] == found["seeds"]
    frequencies = np.array(found["data"]["frequencies"])
    weights = np.array(found["data"]["class_weights"])
    entropy = -(frequencies * np.log(frequencies)).sum()
    assert -(weights * frequencies * np.log(frequencies)).sum() == pytest.approx(entropy, rel=1e-4)


@pytest.fixture
def named(monkeypatch, recorded):
    """The tiny comparison as a recorded one, with a function that changes and checks it."""
    monkeypatch.setitem(compare_recorded.ARGUMENTS, "tiny", TINY)
    monkeypatch.setattr(compare_recorded, "RESULTS", recorded.parent)

    def refused(change=lambda found: None):
        found = json.loads(recorded.read_text())
        for each in found["environments"]:
            each["commit"] = each["commit"] or "a" * 40
        change(found)
        recorded.write_text(json.dumps(found))
        return compare_accepted.refusal("tiny")

    return refused


def test_a_file_that_its_command_made_is_accepted(named):
    assert named() is None


def _set(path, value):
    def change(found):
        *parents, last = path
        for key in parents:
            found = found[key]
        found[last] = value

    return change


def _copied(found):
    found["runs"]["1"] = found["runs"]["0"]


def _mixed(found):
    found["environments"].append(found["environments"][0] | {"source_sha256": "other"})
    found["runs"]["1"]["weighted"]["environment"] = 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set(["configuration", "epochs"], 7), "another configuration"),
        (_set(["configuration", "emphasised"], "3"), "emphasised is '3'"),
        (_set(["configuration", "pretrained_sha256"], None), None),
        (_set(["seeds"], 3), "number of seeds is 3: must be 2"),
        (_set(["runs", "1"], {}), "number of missing trainings is 2"),
        (_set(["environments", 0, "commit"], None), "commit is None"),
        (_copied, "seeds 0 and 1 are the same run"),
        (_mixed, "seeds with trainings of two environments is 1"),
    ],
)
def test_a_file_that_is_another_experiment_is_refused(named, change, reason):
    found = named(change)
    assert found is None if reason is None else reason in found


def test_pairs_never_mix_environments(cli, recorded, monkeypatch):
    found = json.loads(recorded.read_text())
    del found["runs"]["1"]["unweighted"]
    found["environments"][0]["device"] = "cuda: another"
    recorded.write_text(json.dumps(found))
    assert cli(*TINY, "--out", recorded)[0] == 0
    again = compare_results.read(recorded)
    assert compare_results.mixed_pairs(again) == []
    assert {r["environment"] for r in again["runs"]["1"].values()} == {1}
    again["runs"]["1"]["weighted"]["environment"] = 0
    compare_results.write(recorded, again)
    code, _, err = cli("--verify", recorded)
    assert code == 2
    assert "not so: seed 1" in err


def test_the_number_of_runs_is_fixed(cli, recorded):
    code, _, err = cli(*TINY, "--seeds=3", "--out", recorded)
    assert code == 2
    assert "--seeds is 3: must be 2 as planned" in err


def test_infinite_losses_are_not_compared(cli, recorded):
    found = json.loads(recorded.read_text())
    for split in ("validation", "test"):
        values = found["runs"]["0"]["unweighted"]["series"]["ex_post"][split]
        values["weighted_loss"] = [None] * len(values["weighted_loss"])
    recorded.write_text(json.dumps(found))
    text = cli("--show", recorded)[1]
    assert "infinite loss in 1 run: not compared" in text
    shown = json.loads(cli("--show", recorded, "--json")[1], parse_constant=pytest.fail)
    difference = shown["rows"][0]["difference"]
    assert difference["infinite"] == 1
    assert difference["low"] is difference["t_test"] is difference["sign_flip"] is None


def test_a_split_with_a_negative_part_is_not_estimated(recorded):
    comparison = compare_results.read(recorded)
    for pair in comparison["runs"].values():
        pair["weighted"]["learning"]["choosing"] = -0.1
    found = learned(comparison)
    assert not found["estimable"]
    assert found["learning"] is found["choosing"] is None
    assert found["resolution"] is not None
    assert "not estimable" in as_text(summary(comparison))


def test_the_digest_covers_what_the_numbers_depend_on_and_nothing_else():
    names = {path.stem for path in provenance.sources("empirical.recording")}
    assert {"recording", "resolution", "train", "protocols", "incentives", "alignment"} <= names
    assert not {"compare_report", "compare", "audit", "estimator"} & names
    assert "map_grid" in {path.stem for path in provenance.sources("empirical.map_groups")}


def test_a_copy_without_a_repository_takes_its_commit_from_a_variable(monkeypatch):
    monkeypatch.setattr(provenance, "_git", lambda *arguments: None)
    monkeypatch.delenv(provenance.COMMIT, raising=False)
    assert provenance.environment("empirical.recording", "cpu", 1, "")["commit"] is None
    monkeypatch.setenv(provenance.COMMIT, "0123abc")
    found = provenance.environment("empirical.recording", "cpu", 1, "")
    assert (found["commit"], found["changed"]) == ("0123abc", None)


def test_the_section_on_replication_has_every_row_of_the_paper():
    text = replication_section()
    for panel in TABLE1:
        assert panel.loss["mean"].weighted_training.text in text
    for name in ARGUMENTS:
        assert name in text or compare_accepted.refusal(name) is None
