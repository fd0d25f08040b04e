"""Intervals, adjustment, sample sizes and words of the audit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from empirical.audit_statistics import corrected_difference, holm, without_rounding
from empirical.audit_verdict import sentence, summary

DATA = {"unit": "cost", "cases": 1000}


def comparison(differences, adjusted=None, cases=1000, repeats=2) -> dict:
    """Every difference `repeats` times, as too few of them give no direction."""
    found = corrected_difference(list(differences) * repeats, 0.25, cases).__dict__
    return found | {"p_adjusted": found["p_value"] if adjusted is None else adjusted}


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=30))
def test_without_overlap_it_is_students_test(values):
    found = corrected_difference(values, 0.0, 100)
    if found.standard_error is None:
        assert np.std(values) <= 1e-9 * np.abs(values).max()
        return
    if found.standard_error > 1e-6:
        reference = stats.ttest_1samp(values, 0)
        interval = reference.confidence_interval(0.95)
        assert found.p_value == pytest.approx(reference.pvalue)
        assert (found.low, found.high) == pytest.approx(tuple(interval))
    wider = corrected_difference(values, 0.25, 100)
    assert wider.standard_error >= found.standard_error
    assert wider.p_value >= found.p_value


@pytest.mark.parametrize("count", [2, 10])
def test_equal_differences_say_nothing_of_their_spread(count):
    none = corrected_difference([0.0] * count, 0.25, 10)
    assert (none.p_value, none.low, none.high, none.cases_needed) == (1, 0, 0, None)
    for value in (1.0, 0.1, -1e-30):
        alike = corrected_difference([value] * count, 0.25, 10)
        assert alike.mean == pytest.approx(value)
        assert (alike.p_value, alike.low, alike.high, alike.cases_needed) == (1, None, None, None)
        words = sentence(alike.__dict__ | {"p_adjusted": 1.0}, "payoff", DATA)
        assert "in every test set alike, so that the spread is unknown" in words


def test_few_test_sets_give_no_direction():
    few = comparison([1.0, 1.0001], repeats=1)
    assert few["p_value"] < 0.001
    assert "a direction takes at least 5 test sets" in sentence(few, "payoff", DATA)
    assert summary({"a": few}, DATA).startswith("No difference at this sample size")


@pytest.mark.parametrize("scale", [1e90, 1e-90, 1e200, 1e-200])
def test_the_unit_does_not_matter(scale):
    values = [1.0, -0.5, 2.0, 0.3, 0.1]
    ours = corrected_difference(values, 0.25, 100)
    theirs = corrected_difference([scale * value for value in values], 0.25, 100)
    assert theirs.p_value == pytest.approx(ours.p_value)
    assert theirs.cases_needed == ours.cases_needed
    assert theirs.low / scale == pytest.approx(ours.low)


def test_rounding_is_no_difference():
    noise = without_rounding(np.array([3e-17, 3e-17, 2.9e-17, 3.1e-17, 3e-17]), 1.0)
    found = corrected_difference(noise.tolist(), 0.25, 100)
    assert (found.mean, found.p_value) == (0, 1)


def test_the_correction_holds_the_level():
    """Differences that share half the data with each other, as training sets do: correlated by
    rho = share / (1 + share), the correction's own rule.  Its level is then right; without the
    correction false alarms are several times as many."""
    generator = np.random.default_rng(0)
    share, folds, runs = 0.25, 10, 2000
    rho = share / (1 + share)
    common = generator.normal(size=(runs, 1)) * np.sqrt(rho)
    draws = common + generator.normal(size=(runs, folds)) * np.sqrt(1 - rho)
    alarms = np.mean([corrected_difference(row, share, 100).p_value <= 0.05 for row in draws])
    naive = np.mean([corrected_difference(row, 0.0, 100).p_value <= 0.05 for row in draws])
    spread = 3 * np.sqrt(0.05 * 0.95 / runs)
    assert abs(alarms - 0.05) <= spread
    assert naive > 0.15


def test_the_sample_that_would_tell_does():
    """With the named number of cases the noncentral t finds the difference with a chance of
    about 80% (the formula takes t quantiles for the noncentral law, hence the tolerance)."""
    generator = np.random.default_rng(1)
    differences = generator.normal(0.1, 1, 25)
    found = corrected_difference(differences, 0.25, 1000)
    error = found.standard_error * np.sqrt(1000 / found.cases_needed)
    reach = stats.t(24).ppf(0.975)
    power = stats.nct(24, abs(found.mean) / error).sf(reach)
    assert power == pytest.approx(0.8, abs=0.02)
    assert found.detectable == pytest.approx((reach + stats.t(24).ppf(0.8)) * found.standard_error)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_by_its_closed_test(p_values):
    """Holm's is Bonferroni's closure: the largest over all sets that hold the hypothesis."""
    sets = range(1, 2 ** len(p_values))
    for index, adjusted in enumerate(holm(p_values)):
        members = [[i for i in range(len(p_values)) if s >> i & 1] for s in sets if s >> index & 1]
        bonferroni = [min(1.0, len(each) * min(p_values[i] for i in each)) for each in members]
        assert adjusted == pytest.approx(max(bonferroni))


@pytest.mark.parametrize(
    ("differences", "adjusted", "words"),
    [
        ([1.0, 1.1, 0.9], 0.01, "ex post weighting saves 1 of cost per case against weighted"),
        ([-1.0, -1.1, -0.9], 0.01, "weighted training saves 1 of cost per case against ex post"),
        ([1.0, -1.2, 0.1], None, "no difference at this sample size: weighted training is ahead"),
        ([0.0, 0.0, 0.0], None, "cost per case is the same in every fold"),
        ([1.0, 1.1, 0.9], 0.2, "not after adjustment for the number of models"),
        ([1.0, -1.0, 1e-7], None, "no attainable number of cases would find this"),
    ],
)
def test_sentences(differences, adjusted, words):
    assert words in sentence(comparison(differences, adjusted), "payoff", DATA)


def test_summaries():
    up, down, flat = (comparison(each, repeats=3) for each in ([1, 1.1], [-1, -1.1], [1, -1]))
    up["p_adjusted"] = down["p_adjusted"] = 0.01
    for models, start in (
        ({"a": up}, "Do not weight in training: with a,"),
        ({"a": up, "b": flat}, "Do not weight in training: with a,"),
        ({"a": down, "b": down}, "Weight in training: with a and b"),
        ({"a": up, "b": down}, "It depends on the model"),
        ({"a": flat}, "No difference at this sample size"),
    ):
        assert summary(models, DATA).startswith(start)
    assert summary({"a": up}, DATA, idle=True).endswith("no model is needed.")
    assert "(no difference shown with b)" in summary({"a": up, "b": flat}, DATA)
