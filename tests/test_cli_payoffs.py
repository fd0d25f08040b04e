"""`python -m theory.frontier --gain G --loss C`: general payoffs on the frontier's command line."""

from __future__ import annotations

import json
from fractions import Fraction as F

import pytest
from assertions import assert_one_line
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli_frontier import run_quietly

from theory import groups_csv
from theory.general_population import general_extremes_by_enumeration
from theory.groups_csv import EXACT_UP_TO


def answer(cli, *arguments: object):
    code, out, err = cli(*arguments, "--json", "--exact")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_one_and_one_change_nothing(cli):
    plain = cli("--p", "2/5", "--p", "0.65", "--alpha", "0.2")
    assert (
        cli("--p", "2/5", "--p", "0.65", "--alpha", "0.2", "--gain", "1", "--loss", "1.0") == plain
    )


def test_scaling_both_payoffs_scales_the_points(cli):
    plain, double = (answer(cli, "--p", "2/5", "--gain", g, "--loss", g) for g in ("1", "2"))
    assert double["slopes"] == plain["slopes"]
    assert double["alpha_thresholds"] == plain["alpha_thresholds"]
    for small, large in zip(plain["vertices"], double["vertices"], strict=True):
        assert [2 * F(x) for x in small] == [F(x) for x in large]


@settings(max_examples=60, deadline=None)
@given(
    p=st.fractions(0, 1, max_denominator=12),
    q=st.fractions(0, 1, max_denominator=12),
    gain=st.fractions(F(1, 4), 4, max_denominator=4),
    loss=st.fractions(F(1, 4), 4, max_denominator=4),
)
def test_no_covariate_is_beyond_the_printed_frontier(p, q, gain, loss):
    shown = json.loads(
        run_quietly([f"--p={p}", f"--gain={gain}", f"--loss={loss}", "--json", "--exact"])
    )
    vertices = [(F(x), F(y)) for x, y in shown["vertices"]]
    pair = general_extremes_by_enumeration(p, tuple(m for m in (q, 1 - q) if m), gain, loss)
    assert pair[0] <= vertices[-1][0]
    assert pair[1] <= vertices[0][1]
    for (x, y), slope in zip(vertices, map(F, shown["slopes"]), strict=False):
        assert pair[1] <= y + slope * (pair[0] - x)


def test_floats_agree_with_fractions(cli, write, monkeypatch):
    path = write("name,n,positives\nlow,30,4\nmiddle,40,17\nhigh,10,9\n")
    arguments = ("--groups", path, "--gain", "3", "--loss", "2", "--alpha", "0.3", "--json")
    exact = json.loads(cli(*arguments)[1])
    monkeypatch.setattr(groups_csv, "EXACT_UP_TO", 0)
    rounded = json.loads(cli(*arguments)[1])
    assert [g["choice"] for g in rounded["optimal"]["groups"]] == [
        g["choice"] for g in exact["optimal"]["groups"]
    ]
    for left, right in zip(exact["vertices"], rounded["vertices"], strict=True):
        assert left == pytest.approx(right, abs=1e-12)


def test_payoffs_beyond_the_floats_need_exact_numbers(cli, tmp_path):
    large = ("--p", "0.4", "--gain", "1e999")
    assert_one_line(cli(*large), "a result is too large for a decimal: use --exact")
    assert cli(*large, "--exact")[0] == 0
    picture = tmp_path / "frontier.svg"
    message = "a number is too large for floating-point arithmetic"
    assert_one_line(cli(*large, "--exact", "--plot", picture), message)
    assert not picture.exists()


def test_payoffs_with_subgroups_in_floats(cli, write):
    count = EXACT_UP_TO + 1
    groups = write("n,p\n" + "1,0.4\n" * count)
    message = "--loss is 1e-999: must lie in [1e-100, 1e+100], unless --exact is set"
    floats = ("--groups", groups, "--loss", "1e-999")
    assert_one_line(cli(*floats), message)


def test_plot(cli, tmp_path):
    target = tmp_path / "frontier.svg"
    assert cli("--p", "0.3", "--gain", "2", "--alpha", "0.4", "--plot", target)[0] == 0
    assert target.read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--p", "0.4", "--loss", "0"], "--loss is 0: must be above zero"),
        (["--p", "0.4", "--gain", "-1"], "--gain is -1: must be above zero"),
        (["--p", "0.4", "--gain", "much"], "--gain is 'much'"),
        (["--p", "0.4", "--gain", "2", "--tau", "0.1", "0.9"], "--tau is 0.1 0.9: must be 0 1"),
    ],
)
def test_bad_payoffs_end_with_one_line(cli, arguments, message):
    assert_one_line(cli(*arguments), message)
