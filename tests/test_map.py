"""`python -m empirical.map` in miniature: gains, groups, files, errors."""

from __future__ import annotations

import json
import sys

import pytest
import torch

from empirical import map as gain_map
from empirical.data import ImageData, Split, load
from empirical.map_grid import PRESETS, Group, groups, places, restricted
from empirical.map_results import write
from theory.command_line import InputError, run

TINY = (
    *("--models=linear", "--sizes=120", "--ratios=1,99", "--epochs=2"),
    *("--seeds=2", "--threads=1", "--device=cpu", "--jobs=1"),
)


@pytest.fixture
def cli(monkeypatch, capsys):
    """Call the command line in this process: (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["empirical.map", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            run(gain_map.main, gain_map.PROGRAM)
        printed = capsys.readouterr()
        return stopped.value.code, printed.out, printed.err

    return call


def points(text):
    return {(cell["ratio"], cell["weight_scale"]): cell for cell in json.loads(text)}


def test_equal_weights_gain_nothing_side_by_side_or_alone(cli):
    alone, together = (points(cli(*TINY, "--json", *extra)[1]) for extra in ((), ("--together",)))
    for found in (alone, together):
        assert found[1.0, 1.0]["gain"] == pytest.approx(0, abs=1e-5)
        assert found[99.0, 1.0]["low"] <= found[99.0, 1.0]["gain"] <= found[99.0, 1.0]["high"]
    assert alone[99.0, 1.0]["gain"] == pytest.approx(together[99.0, 1.0]["gain"], abs=1e-3)


def test_a_map_continues_is_shown_and_drawn(cli, tmp_path):
    path = tmp_path / "map.json"
    assert cli(*TINY, "--out", path)[0] == 0
    found = gain_map.read(path)
    first = {"linear/120/-/1/0": found["groups"]["linear/120/-/1/0"]}
    assert found["environments"][0]["commit"] is None or found["environments"][0]["source_sha256"]
    assert first["linear/120/-/1/0"]["seconds"] > 0
    write(path, found | {"groups": first})
    code, _, err = cli(*TINY, "--out", path)
    assert code == 0
    assert err == ""  # quicker than the first line of progress
    assert first.items() <= gain_map.read(path)["groups"].items()
    code, out, _ = cli("--show", path, "--plot", tmp_path / "map.svg")
    assert code == 0
    assert "gain %" in out
    assert (tmp_path / "map.svg").is_file()
    code, _, err = cli(*TINY, "--sizes=130", "--out", path)
    assert code == 2
    assert "sizes is [130]: must be [120]" in err
    code, _, err = cli(*TINY, "--seeds=3", "--out", path)
    assert code == 2
    assert "seeds is 3: must be 2" in err


def test_scales_of_the_weights_and_learning_rates_are_axes(cli):
    arguments = (*TINY, "--seeds=1", "--weight-scales=1,10", "--learning-rates=1,3", "--json")
    found = json.loads(cli(*arguments)[1])
    assert len(found) == 8
    assert {cell["learning_rate"] for cell in found} == {1.0, 3.0}


def test_under_sgd_a_scale_of_the_weights_is_a_learning_rate(cli):
    arguments = (*TINY, "--ratios=99", "--seeds=1", "--optimiser=sgd", "--json")
    scaled = json.loads(cli(*arguments, "--weight-scales=10", "--learning-rates=0.1")[1])
    faster = json.loads(cli(*arguments, "--weight-scales=1", "--learning-rates=1")[1])
    assert scaled[0]["weighted"] == pytest.approx(faster[0]["weighted"], rel=1e-3)


def test_diverged_trainings_are_no_points(cli, tmp_path):
    arguments = (*TINY, "--ratios=99", "--optimiser=sgd", "--learning-rates=1e30", "--together")
    code, out, _ = cli(*arguments, "--plot", tmp_path / "map.svg")
    assert code == 0
    assert (tmp_path / "map.svg").is_file()
    assert "diverged" in out
    assert json.loads(cli(*arguments, "--json")[1])[0]["gain"] is None


def test_groups_have_the_frequency_and_size_they_name():
    data = load("digits")
    for size, frequency in ((200, 0.5), (100, 0.02), (150, None)):
        part = restricted(data, Group("linear", size, frequency, 1.0, 0), emphasised=8)
        assert len(part.train.labels) == size
        if frequency is not None:
            for split in (part.train, part.validation, part.test):
                share = float((split.labels == 8).double().mean())
                assert share == pytest.approx(frequency, abs=1 / len(split.labels))
    with pytest.raises(InputError, match=r"--sizes has 900: must lie in \[2, "):
        restricted(data, Group("linear", 900, 0.5, 1.0, 0), emphasised=8)


@pytest.mark.parametrize("preset", ["full", "images"])
def test_presets_for_images_fit_cifar_10(preset):
    def split(per_class):
        labels = torch.arange(10).repeat_interleave(per_class)
        return Split(torch.zeros(len(labels), 1, 1, 1, dtype=torch.uint8), labels, None)

    parts = split(4500), split(500), split(1000)
    data = ImageData("cifar10", tuple("abcdefghij"), *parts, (0.5,), (0.5,), "counts alone")
    options = gain_map.checked(
        gain_map.argument_parser().parse_args(["--dataset=cifar10", f"--preset={preset}"])
    )
    grid, chosen = PRESETS[preset], gain_map.chosen_protocols(options, PRESETS[preset])
    for group in groups(grid, range(1)):
        kept = places(data, group, emphasised=3)
        protocol = chosen[group.model]
        steps = protocol.total_steps(len(kept["train"]))
        assert steps == options.steps
        assert protocol.warmup_steps <= steps / 5
        assert protocol.evaluate_every == steps / 5
        assert len(kept["test"]) >= 2000


def test_impossible_groups_are_refused_before_the_first_training(cli, tmp_path):
    path = tmp_path / "map.json"
    arguments = (*TINY, "--sizes=120,900", "--frequencies=0.5", "--out", path)
    code, _, err = cli(*arguments)
    assert code == 2
    assert "--sizes has 900: must lie in" in err
    assert not path.exists()


def test_one_diverged_training_leaves_the_others(cli):
    arguments = (*TINY, "--seeds=1", "--ratios=99", "--optimiser=sgd", "--learning-rates=1,1e30")
    found = {cell["learning_rate"]: cell for cell in json.loads(cli(*arguments, "--json")[1])}
    assert found[1.0]["gain"] is not None
    assert found[1e30]["gain"] is None


def test_groups_in_two_processes_give_the_same_map(cli):
    alone, both = (cli(*TINY[:-1], f"--jobs={jobs}", "--json")[1] for jobs in (1, 2))
    assert alone == both


def test_a_length_in_steps_holds_for_every_size(cli, tmp_path):
    path = tmp_path / "map.json"
    arguments = (*(part for part in TINY if "epochs" not in part), "--steps=20", "--sizes=60,120")
    assert cli(*arguments, "--out", path)[0] == 0
    protocol = gain_map.read(path)["configuration"]["protocols"]["linear"]
    assert (protocol["most_steps"], protocol["evaluate_every"]) == (20, 4)
    code, _, err = cli(*TINY, "--steps=20")
    assert code == 2
    assert "--steps is 20: must be left out with --epochs" in err


def test_every_preset_names_each_group_once():
    for grid in PRESETS.values():
        keys = [group.key for group in groups(grid, range(2))]
        assert len(keys) == len(set(keys)) > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sizes=1",), "--sizes is 1: must be a whole number from 2"),
        (("--ratios=0",), "--ratios is 0: must lie between 1e-9 and 1e9"),
        (("--models=deep", "--sizes=100"), "--preset is smoke: must exist for model deep"),
        (("--frequencies=2", "--sizes=100"), "--frequencies is 2.0: must lie in (0, 1)"),
        (("--frequencies=0.01", "--sizes=20"), "class is 0.01: must leave images of it"),
        (("--frequencies=0.1000001,0.1000002",), "must list 0.1 once"),
        (("--ratios=99,9,99.0",), "--ratios is 99,9,99.0: must list 99 once"),
        (("--weight-scales=1,1",), "must list 1 once"),
        (("--sizes=100,100",), "must list 100 once"),
        (("--models=mlp,mlp",), "must list mlp once"),
        (("--ratios=1e999",), "--ratios is 1e999: must lie between"),
        (("--learning-rates=1e400",), "must lie between 1e-9 and 1e30"),
        (("--device=meta",), "--device is meta: must be cpu, cuda"),
        (("--device=cuda:99",), "--device is cuda:99: must be usable"),
        (("--protocol=nope",), "--protocol is nope: must be one of smoke"),
        (("--out=/proc/map.json",), "--out is /proc/map.json: must be writable"),
        (("--out=map.txt",), "--out is map.txt: must end in .json"),
        (("--show=x.json", "--ratios=3"), "--ratios is 3: must be left out with --show"),
        (("--emphasise=",), "--emphasise is '': must not be empty"),
        (("--emphasise=ten",), "--emphasise is 'ten'"),
        (("--show=missing.json",), "results file is missing.json: must exist"),
        (("--out=no/map.json",), "--out is no/map.json"),
    ],
)
def test_bad_arguments_end_with_one_line(cli, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert message in err.splitlines()[-1]
    assert "Traceback" not in err
