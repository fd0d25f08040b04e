"""`python -m empirical.compare`: its numbers, its files, its errors; the recorded results."""

from __future__ import annotations

import json
import math
import sys

import numpy as np
import pytest
from scipy import integrate, stats

from empirical import compare, compare_results
from empirical.compare_options import PROGRAM, argument_parser, checked, chosen_protocol
from empirical.compare_options import configuration as configured
from empirical.compare_recorded import ARGUMENTS, RESULTS
from empirical.compare_report import summary
from empirical.compare_statistics import paired, row, selected_interval, sign_flip
from empirical.regimes import (
    REGIMES_OF,
    emphasising_weights,
    inverse_probability_weights,
    measure,
    predictions,
)
from empirical.resolution import (
    THRESHOLDS,
    Recalibration,
    elementary_losses,
    incentive_ratio,
    incentive_slope,
    recovered_posterior,
)
from theory.command_line import InputError, run
from theory.incentives import marginal_value_of_information

TINY = ("--model=linear", "--preset=smoke", "--limit=150", "--seeds=2", "--threads=1")
LARGEST_FILE = 300_000  # bytes of a recorded comparison
RECORDED = sorted(path.stem for path in RESULTS.glob("*.json") if path.stem in ARGUMENTS)


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
    (("--out=x.json", "--show=y.json"), "must be given alone"),
    (("--plot=x.jpg",), "--plot is x.jpg: must end in"),
    (("--device=abacus",), "--device is abacus: must be usable"),
    (("--weights=x", "--preset=smoke"), "--weights is x: must exist"),
    (("--evaluate-every=0",), "--evaluate-every is 0"),
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


# Regimes, weights, statistics


def test_weights_keep_the_priors_loss_and_the_ratio():
    prior = np.array([0.5, 0.3, 0.2])
    for weights in (emphasising_weights(prior, 2, 99), inverse_probability_weights(prior)):
        weighted = -(weights * prior * np.log(prior)).sum()
        assert weighted == pytest.approx(-(prior * np.log(prior)).sum(), rel=1e-12)
    assert emphasising_weights(prior, 2, 99)[2] / emphasising_weights(prior, 2, 99)[0] == 99
    inverse = inverse_probability_weights(prior)
    assert inverse * prior == pytest.approx((inverse * prior)[0])
    with pytest.raises(InputError, match="frequency of class 1 is 0"):
        inverse_probability_weights([0.5, 0, 0.5])


def test_ex_post_predictions_are_equation_16_and_measures_their_definitions():
    generator = np.random.default_rng(0)
    logits, labels = generator.normal(size=(50, 3)), generator.integers(3, size=50)
    weights = np.array([3.0, 0.5, 0.1])
    shares = predictions(logits, "raw", weights)
    corrected = predictions(logits, "ex_post", weights)
    expected = shares * weights / (shares @ weights)[:, None]
    assert corrected == pytest.approx(expected, rel=1e-12)
    found = measure(corrected, labels, weights)
    chosen = corrected[np.arange(50), labels]
    right = corrected.argmax(axis=1) == labels
    assert found["weighted_loss"] == pytest.approx(-(weights[labels] * np.log(chosen)).mean())
    assert found["utility"] == pytest.approx((weights[labels] * right).mean())
    assert found["loss"] == pytest.approx(-np.log(chosen).mean())
    assert found["accuracy"] == right.mean()


def test_impossible_events_cost_infinitely_and_are_written_as_null(tmp_path):
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert measure(sure, np.array([1, 1]), np.ones(2))["loss"] == math.inf
    assert compare_results.rounded(math.inf) is None


def test_the_best_interval_is_the_first_of_equals_and_never_infinite():
    series = {"validation": {"weighted_loss": [math.inf, 2.0, 1.0, 1.0], "utility": [1, 3, 3, 2]}}
    assert selected_interval(series, "weighted_loss", "validation") == 2
    assert selected_interval(series, "utility", "validation") == 1


def test_paired_intervals_and_tests_agree_with_scipy():
    generator = np.random.default_rng(1)
    first, second = generator.normal(size=(2, 7))
    found = paired(first, second)
    reference = stats.ttest_rel(second, first)
    assert found.t_test == pytest.approx(reference.pvalue, rel=1e-12)
    interval = reference.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx(tuple(interval), rel=1e-12)
    flips = stats.permutation_test(
        (second - first,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert found.sign_flip == pytest.approx(flips.pvalue, rel=1e-12)
    assert sign_flip(np.full(20, -1.0)) < 1e-3


def test_one_run_has_no_interval_and_a_regime_does_not_beat_itself():
    assert paired([1.0], [0.5]).sign is None
    same = paired([1.0, 2.0], [1.0, 2.0])
    assert (same.sign, same.t_test, same.sign_flip) == (0, 1.0, 1.0)


def test_verdicts_name_the_better_regime():
    def runs(first, second):
        return [
            {
                "weighted": {s: {"utility": [a]} for s in ("validation", "test")},
                "ex_post": {s: {"utility": [b]} for s in ("validation", "test")},
            }
            for a, b in zip(first, second, strict=True)
        ]

    high, low = [0.9, 0.91, 0.92], [0.5, 0.52, 0.51]
    assert row(runs(low, high), "utility", "test")["verdict"].startswith(
        "ex post weighting has the higher"
    )
    assert row(runs(high, low), "utility", "test")["verdict"].startswith("weighted training")
    assert row(runs(high, high), "utility", "test")["verdict"] == "no difference detected"


# What was learned


def test_the_posterior_behind_weighted_predictions_is_recovered():
    weights = np.array([9.0, 1.0, 0.5])
    posterior = np.random.default_rng(2).dirichlet(np.ones(3), size=20)
    logits = np.log(posterior * weights)
    assert recovered_posterior(logits, "weighted", weights) == pytest.approx(posterior)
    assert recovered_posterior(np.log(posterior), "unweighted", weights) == pytest.approx(posterior)


def test_recalibration_undoes_temperature_and_bias():
    generator = np.random.default_rng(3)
    posterior = generator.dirichlet(np.ones(3), size=20_000)
    labels = (posterior.cumsum(axis=1) < generator.random(20_000)[:, None]).sum(axis=1)
    distorted = posterior**2 * np.array([1.0, 3.0, 0.5])
    distorted /= distorted.sum(axis=1, keepdims=True)
    for weights in (np.ones(3), np.array([5.0, 1.0, 0.2])):
        found = Recalibration(distorted, labels, weights)
        assert found.temperature == pytest.approx(0.5, abs=0.05)  # sampling error, and the penalty
        assert np.abs(found(distorted) - posterior).mean() < 0.02


@pytest.mark.parametrize("posterior", [0.03, 0.4, 0.97])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.98, 0.02), (0.3, 1.7)])
def test_losses_are_mixtures_of_elementary_losses(posterior, weights):
    """The weighted loss of p^w(q) is the integral of S_t(q, y) times the curvature at t."""
    total = weights[0] * posterior + weights[1] * (1 - posterior)
    exact = (
        -weights[0] * math.log(weights[0] * posterior / total),
        -weights[1] * math.log(weights[1] * (1 - posterior) / total),
    )

    def curvature(threshold):
        return float(marginal_value_of_information(list(weights), threshold))

    missed, _ = integrate.quad(lambda t: (1 - t) * curvature(t), posterior, 1)
    false_alarm, _ = integrate.quad(lambda t: t * curvature(t), 0, posterior)
    assert (missed, false_alarm) == pytest.approx(exact, rel=1e-6)


def test_elementary_losses_count_decisions_on_the_wrong_side():
    found = elementary_losses(np.array([0.2, 0.6]), np.array([True, False]))
    threshold = THRESHOLDS.index(0.5)
    assert found[threshold] == pytest.approx((0.5 + 0.5) / 2)
    assert found[0] == pytest.approx(0.05 / 2)


def test_a_loss_that_grows_with_dampening_has_a_negative_slope():
    ratio = incentive_ratio(np.array(THRESHOLDS), 1.98, 0.02)
    assert ratio[0] > ratio[-1]
    plain = np.full(len(THRESHOLDS), 0.1)
    assert incentive_slope(plain / ratio**0.1, plain, 1.98, 0.02) < 0
    assert incentive_slope(plain, plain, 1.98, 0.02) == pytest.approx(0)
    assert math.isnan(incentive_slope(0 * plain, 0 * plain, 1.98, 0.02))


# The recorded results


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_comparisons_are_complete_small_and_made_by_their_command(name):
    path = RESULTS / f"{name}.json"
    comparison = compare_results.read(path)
    assert compare_results.missing(comparison) == []
    assert path.stat().st_size < LARGEST_FILE
    options = checked(argument_parser().parse_args(ARGUMENTS[name]))
    assert comparison["seeds"] == options.seeds
    stored = comparison["configuration"]
    setting = configured(options, chosen_protocol(options), stored["emphasised"], None)
    skipped = {"pretrained_sha256"}
    assert {k: v for k, v in stored.items() if k not in skipped} == {
        k: v for k, v in compare_results.rounded(setting).items() if k not in skipped
    }
    assert (stored["emphasised"] is None) == options.inverse_probability
    assert options.emphasise in (None, stored["emphasised"])
    assert summary(comparison)["seeds"] == options.seeds
    frequencies = np.array(comparison["data"]["frequencies"])
    weights = np.array(comparison["data"]["class_weights"])
    entropy = -(frequencies * np.log(frequencies)).sum()
    assert -(weights * frequencies * np.log(frequencies)).sum() == pytest.approx(entropy, rel=1e-4)
