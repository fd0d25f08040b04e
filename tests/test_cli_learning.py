"""`python -m empirical.learning`: its JSON, its table, its picture, one line per bad input."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from empirical import learning
from empirical.learning import PROGRAM, main
from theory.learning_rules import RULES

SHORT = ("--steps", "300", "--populations", "20")


@pytest.fixture
def cli(in_process):
    """Call the command line in this process: (exit code, standard output, standard error)."""
    return in_process(main, PROGRAM)


@pytest.mark.parametrize("dynamics", RULES)
def test_json(cli, dynamics):
    code, out, err = cli("--dynamics", dynamics, *SHORT, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["given"]["dynamics"] == dynamics
    assert found["equilibrium"] == pytest.approx({"misconduct": 1 / 3, "inspection": 1 / 4})
    error = found["misconduct_error"]
    assert error["proved_low"] <= error["mean"] <= error["proved_high"]
    assert found["late_misconduct"]["low"] <= found["late_misconduct"]["high"]
    assert cli("--dynamics", dynamics, *SHORT, "--json")[1] == out


def test_sampled_play_depends_on_the_seed(cli):
    outs = {cli("--sampled", *SHORT, "--seed", seed)[1] for seed in (0, 1)}
    assert len(outs) == 2


def test_table(cli):
    code, out, _ = cli(*SHORT, "--penalty", "5/2", "--reward", "2.5")
    assert code == 0
    lines = out.splitlines()
    assert lines[1].split() == ["equilibrium", "0.4000", "0.4000"]
    assert "proved to lie in" in out


def test_progress_of_long_runs(cli, monkeypatch):
    monkeypatch.setattr(learning, "PROGRESS_EVERY", 0.0)
    _, _, err = cli(*SHORT)
    assert err.splitlines()[-1] == "300 of 300 rounds"


def test_policy_gradient(cli):
    pytest.importorskip("torch", reason="torch, an optional extra, is not installed")
    arguments = ("--dynamics", "policy-gradient", "--steps", "30", "--populations", "5", "--json")
    code, out, _ = cli(*arguments)
    assert code == 0
    assert 0 < json.loads(out)["average"]["misconduct"] < 1


def test_missing_torch_is_one_line(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "empirical.policy_gradient", raising=False)
    code, out, err = cli("--dynamics", "policy-gradient", *SHORT)
    assert (code, out) == (2, "")
    assert err.startswith(f"{PROGRAM}: error: --dynamics is policy-gradient: ")
    assert "pip install" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("suffix", [".svg", ".PNG"])
def test_plot(cli, tmp_path, suffix):
    path = tmp_path / f"run{suffix}"
    assert cli("--dynamics", "gradient", *SHORT, "--plot", path)[0] == 0
    assert path.read_bytes()[:5] in (b"<?xml", b"\x89PNG\r")
    assert list(tmp_path.iterdir()) == [path]


BAD = [
    (["--dynamics=fictitious"], "argument --dynamics: invalid choice: 'fictitious'"),
    (["--gain=0"], "--gain is 0: must lie between 1e-9 and 1e9"),
    (["--cost=-1"], "--cost is -1: must lie between 1e-9 and 1e9"),
    (["--penalty=1e999"], "--penalty is 1e999: must lie between 1e-9 and 1e9"),
    (["--penalty=1/2"], "--penalty is 1/2: must exceed --gain, 1"),
    (["--penalty=1.00000000000000000001"], "must exceed --gain, 1"),
    (["--reward=1"], "--reward is 1: must exceed --cost, 1"),
    (["--reward=nan"], "--reward is 'nan': expected a decimal"),
    (["--steps=0"], "--steps is 0: must be a whole number from 1 to 1,000,000,000"),
    (["--steps=1.5"], "--steps is 1.5: must be a whole number"),
    (["--populations=1e7"], "--populations is 1e7: must be a whole number from 1 to 1,000,000"),
    (["--seed=-1"], "--seed is -1: must be a whole number from 0"),
    (["--step-size=0"], "--step-size is 0: must lie between"),
    (["--dynamics=extragradient", "--sampled"], "--sampled is given: must be left out with"),
    (["--dynamics=policy-gradient", "--decreasing"], "--decreasing is given: must be left out"),
    (["--plot=run.jpg"], "--plot is run.jpg: must end in .svg, .pdf, .png"),
    (["--plot=absent/run.svg"], "--plot is absent/run.svg: must lie in a folder that exists"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_ends_with_one_line(cli, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"{PROGRAM}: error: ")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_from_a_shell():
    command = [sys.executable, "-m", "empirical.learning", *SHORT, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["given"]["steps"] == 300
