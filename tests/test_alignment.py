"""The gaps of (19) and (20) and the split of a weighted loss into choosing and learning."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from statistics import NormalDist

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from theory.alignment import (
    estimated_split,
    external_gap,
    internal_gap,
    realised_loss,
    realised_utility,
    split_loss,
)
from theory.calibration import fit_bins, fit_multinomial, observed_posterior
from theory.command_line import InputError
from theory.prediction import utility_weighted_prediction
from theory.scoring_families import BRIER, LOGARITHMIC

F = Fraction
WEIGHTS = np.diag([99.0, 1.0])
MATRIX = np.array([[3.0, 1.0, 0.5], [0.2, 2.0, 0.1], [1.0, 0.0, 4.0]])


@st.composite
def finite_laws(draw: st.DrawFn):
    """An exact joint law of (P, Y) with two classes, and a nonnegative nondegenerate U."""
    entry = st.integers(0, 3)
    utility = [[F(draw(entry)), F(draw(entry))] for _ in range(2)]
    utility[0] = [value + 1 for value in utility[0]]
    rows = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=1, max_size=6))
    prediction = [[F(p, 4), 1 - F(p, 4)] for p, _ in rows]
    weights = draw(st.lists(st.integers(1, 5), min_size=len(rows), max_size=len(rows)))
    masses = [F(weight, sum(weights)) for weight in weights]
    return utility, prediction, [y for _, y in rows], masses


def as_object(values):
    return np.array(values, dtype=object)


@given(finite_laws())
def test_the_split_adds_up_and_choosing_never_gains(law):
    utility, prediction, outcome, masses = law
    posterior = observed_posterior(as_object(prediction), outcome, 2, as_object(masses))
    split = split_loss(utility, as_object(prediction), posterior, loss=BRIER, masses=masses)
    rows = realised_loss(BRIER, utility, as_object(prediction), outcome)
    assert split.total == sum(as_object(masses) * rows)  # the learning identity (10)
    assert split.choosing >= 0
    best = utility_weighted_prediction(utility, posterior)
    again = split_loss(utility, best, posterior, loss=BRIER, masses=masses)
    assert again.choosing == 0
    assert again.total == split.learning


@given(finite_laws())
def test_best_models_on_both_sides_leave_no_gap(law):
    utility, prediction, outcome, masses = law
    posterior = observed_posterior(as_object(prediction), outcome, 2, as_object(masses))
    trained = utility_weighted_prediction(utility, posterior)
    arguments = (utility, posterior, trained, outcome)
    assert internal_gap(*arguments, loss=BRIER, masses=masses).gain == 0
    assert external_gap(*arguments, masses=masses).gain == 0


def test_realised_values_by_hand():
    utility = [[F(2), F(0)], [F(1), F(3)]]
    prediction = as_object([[F(1, 4), F(3, 4)], [F(1), F(0)]])
    # l(p, a) of the Brier loss is 9/8, 1/8 at the first row and 0, 2 at the second
    assert realised_loss(BRIER, utility, prediction, [0, 1]).tolist() == [F(19, 8), F(6)]
    assert realised_utility(utility, [1, 0], [0, 1]).tolist() == [F(1), F(0)]


def test_zero_utility_forgives_an_impossible_prediction():
    rows = realised_loss(LOGARITHMIC, WEIGHTS, np.array([[1.0, 0.0], [1.0, 0.0]]), [0, 1])
    assert rows.tolist() == [0.0, np.inf]


def test_two_infinite_losses_have_no_gap():
    certain = np.array([[1.0, 0.0], [0.0, 1.0]])
    gap = internal_gap(WEIGHTS, certain, certain, [1, 1])
    assert np.isnan(gap.gain)
    assert not gap.misaligned
    assert np.isnan(gap.standard_error)


def test_ties_are_counted_and_go_to_the_first_action():
    tie = [F(1, 100), F(99, 100)]
    gap = external_gap([[F(99), F(0)], [F(0), F(1)]], as_object([tie]), as_object([[0, F(1)]]), [0])
    assert gap.tied == (1, 0)
    assert (gap.ex_post, gap.weighted_training, gap.gain) == (99, 0, 99)


def test_utilities_by_instance():
    stacked = np.stack([WEIGHTS, np.eye(2)])
    prediction = np.array([[0.2, 0.8], [0.6, 0.4]])
    rows = realised_loss(LOGARITHMIC, stacked, prediction, np.array([0, 1]))
    assert rows == pytest.approx([-99 * np.log(0.2), -np.log(0.4)], rel=1e-14)
    assert realised_utility(stacked, np.array([0, 0]), np.array([0, 1])).tolist() == [99.0, 0.0]


def sample(rows, seed, bend=0.0):
    """(P, Y) with three classes and known posteriors; `bend` makes the predictions too sharp."""
    generator = np.random.default_rng(seed)
    posterior = generator.dirichlet([0.5, 1.0, 2.0], rows)
    outcome = (generator.random(rows)[:, None] >= posterior.cumsum(axis=1)).sum(axis=1)
    shown = posterior ** (1 + bend)
    return shown / shown.sum(axis=1, keepdims=True), posterior, np.minimum(outcome, 2)


def test_torch_agrees_with_numpy():
    unweighted, posterior, outcome = sample(50, 0, 0.3)
    trained = utility_weighted_prediction(MATRIX, posterior)
    tensors = [torch.tensor(each) for each in (MATRIX, unweighted, trained, outcome)]
    for measure in (internal_gap, external_gap):
        one, other = measure(MATRIX, unweighted, trained, outcome), measure(*tensors)
        assert float(other.gain) == pytest.approx(one.gain, rel=1e-12)
        assert other.standard_error == pytest.approx(one.standard_error, rel=1e-12)


def test_paired_error_and_bootstrap():
    unweighted, posterior, outcome = sample(400, 1, 0.5)
    gap = internal_gap(MATRIX, posterior, utility_weighted_prediction(MATRIX, unweighted), outcome)
    rows = gap.differences
    assert gap.standard_error == pytest.approx(rows.std(ddof=1) / np.sqrt(len(rows)), rel=1e-12)
    low, high = gap.interval(0.9)
    half = NormalDist().inv_cdf(0.95) * gap.standard_error
    assert (low, high) == pytest.approx((gap.gain - half, gap.gain + half))
    ends = gap.bootstrap_interval(0.9, resamples=500)
    # 500 resamples of 400 rows: the two intervals differ by some percent of their length
    assert ends == pytest.approx((low, high), abs=0.2 * (high - low))


def test_rows_of_one_group_count_once():
    unweighted, posterior, outcome = sample(60, 2, 0.5)
    trained = utility_weighted_prediction(MATRIX, unweighted)
    single = internal_gap(MATRIX, posterior, trained, outcome)
    twice = [np.concatenate([each, each]) for each in (posterior, trained, outcome)]
    groups = np.tile(np.arange(60), 2)
    doubled = internal_gap(MATRIX, *twice, groups=groups)
    assert doubled.gain == pytest.approx(single.gain)
    assert doubled.standard_error == pytest.approx(single.standard_error)
    ungrouped = internal_gap(MATRIX, *twice)
    assert ungrouped.standard_error < 0.75 * single.standard_error


def test_estimated_split_is_near_the_known_one():
    shown, posterior, outcome = sample(20_000, 3, 0.5)
    prediction = utility_weighted_prediction(np.diag([9.0, 1.0, 1.0]), shown)
    utility = np.diag([9.0, 1.0, 1.0])
    known = split_loss(utility, prediction, posterior)
    found = estimated_split(utility, prediction, outcome, fit_multinomial)
    error = found.total_rows.std() / np.sqrt(len(outcome))
    assert abs(found.total - known.total) < 4 * error
    assert known.choosing > 0.1
    # the recalibration is of the right form, so only its noise (some 10 parameters) is left
    assert found.choosing == pytest.approx(known.choosing, rel=0.15)


def test_a_coarse_map_overstates_what_was_not_learned():
    prediction, posterior, outcome = sample(5000, 4)
    known = split_loss(MATRIX, utility_weighted_prediction(MATRIX, posterior), posterior)
    coarse = estimated_split(
        MATRIX,
        utility_weighted_prediction(MATRIX, prediction),
        outcome,
        partial(fit_bins, bins=1),
    )
    assert coarse.learning > known.learning


def test_groups_stay_in_one_fold():
    prediction, _, outcome = sample(40, 5)
    groups = np.arange(40) // 10
    seen = []

    def fit(rows, _):
        seen.append(len(rows))
        return lambda each: each

    estimated_split(MATRIX, prediction, outcome, fit, folds=4, groups=groups)
    assert seen == [30] * 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": [0, 2]}, "outcome is 2: must be a class, 0 to 1"),
        ({"outcome": [0, -1]}, "outcome is -1: must be a class, 0 to 1"),
        ({"outcome": [0]}, r"shape of outcome is \(1,\): must be \(2,\)"),
        ({"outcome": [True, False]}, "type of outcome is bool: must be integers"),
        ({"outcome": np.array([True, True])}, "type of outcome is bool: must be integers"),
        ({"outcome": torch.tensor([True, True])}, "type of outcome is torch.bool: must be"),
        ({"outcome": [0.0, 1.0]}, "type of outcome is float64: must be integers"),
        ({"outcome": [[0], [1]]}, r"shape of outcome is \(2, 1\): must be \(2,\)"),
        ({"prediction": [[0.2, 0.3, 0.5]] * 2}, r"shape of prediction is \(2, 3\): must be rows"),
        ({"utility": np.ones((5, 2, 2))}, r"shape of utility is \(5, 2, 2\): must be .*\(2, n, m"),
        ({"utility": np.ones((1, 2, 2))}, r"shape of utility is \(1, 2, 2\): must be \(n, m\), or"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"utility": WEIGHTS, "prediction": [[0.5, 0.5]] * 2, "outcome": [0, 1]} | change
    with pytest.raises(InputError, match=message):
        realised_loss(LOGARITHMIC, **arguments)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ([0, -1], "action is -1: must be an action, 0 to 1"),
        ([0, 5], "action is 5: must be an action, 0 to 1"),
        ([True, False], "type of action is bool: must be integers"),
        ([0], r"shape of action is \(1,\): must be \(2,\)"),
    ],
)
def test_an_action_that_does_not_exist_is_named(action, message):
    with pytest.raises(InputError, match=message):
        realised_utility(WEIGHTS, action, [0, 1])


HALVES = [[0.5, 0.5]] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"masses": [1.0]}, r"shape of masses is \(1,\): must be \(2,\)"),
        ({"masses": [1, 1]}, r"masses is \[1.0, 1.0\]: must be at least 0 and sum to 1"),
        ({"masses": [F(3, 2), F(-1, 2)]}, r"masses is .*: must be at least 0 and sum to 1"),
        ({"groups": [0]}, "number of groups' labels is 1: must be 2"),
    ],
)
@pytest.mark.parametrize("gap", [internal_gap, external_gap])
def test_bad_masses_and_groups_are_named(gap, options, message):
    with pytest.raises(InputError, match=message):
        gap(WEIGHTS, HALVES, HALVES, [0, 1], **options)


def test_no_rows_have_no_gap():
    with pytest.raises(InputError, match="number of rows is 0: must be at least 1"):
        internal_gap(WEIGHTS, np.empty((0, 2)), np.empty((0, 2)), np.empty(0, dtype=int))


@pytest.mark.parametrize("level", [-1, 0, 1, 1.5])
def test_levels_lie_between_zero_and_one(level):
    gap = internal_gap(WEIGHTS, HALVES, HALVES, [0, 1])
    for interval in (gap.interval, gap.bootstrap_interval):
        with pytest.raises(InputError, match=f"level is {level}: must lie between 0 and 1"):
            interval(level)


def test_resamples_are_needed():
    with pytest.raises(InputError, match="resamples is 0: must be at least 1"):
        internal_gap(WEIGHTS, HALVES, HALVES, [0, 1]).bootstrap_interval(resamples=0)


def test_an_impossible_row_adds_nothing_even_if_its_loss_is_infinite():
    gap = internal_gap(WEIGHTS, [[0.5, 0.5], [1.0, 0.0]], HALVES, [0, 1], masses=[1.0, 0.0])
    assert gap.gain == pytest.approx(99 * np.log(99 / 50), rel=1e-14)
    posterior = [[1.0, 0.0], [0.0, 1.0]]
    split = split_loss(WEIGHTS, [[0.5, 0.5], [1.0, 0.0]], posterior, masses=[1.0, 0.0])
    assert split.total == pytest.approx(99 * np.log(2), rel=1e-14)


@pytest.mark.parametrize(
    ("prediction", "options"),
    [(HALVES, {"masses": [0.5, 0.5]}), ([[0.5, 0.5], [1.0, 0.0]], {}), (HALVES[:1], {})],
)
def test_no_interval_where_nothing_tells_the_spread(prediction, options):
    """Of a population value, of an infinite mean, of one row."""
    rows = len(prediction)
    gap = internal_gap(WEIGHTS, prediction, HALVES[:rows], [0, 1][:rows], **options)
    assert np.isnan(gap.standard_error)
    assert np.isnan([gap.interval(), gap.bootstrap_interval()]).all()


def test_lists_and_arrays_go_with_tensors():
    unweighted, posterior, outcome = sample(20, 6, 0.3)
    trained = utility_weighted_prediction(MATRIX, posterior)
    masses = np.full(20, 1 / 20)
    for measure in (internal_gap, external_gap):
        known = measure(MATRIX, unweighted, trained, outcome, masses=masses).gain
        for place in range(4):
            arguments = [MATRIX.tolist(), unweighted, trained, outcome.tolist()]
            arguments[place] = torch.tensor(np.asarray(arguments[place]))
            found = measure(*arguments, masses=masses.tolist()).gain
            assert float(found) == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize("folds", [1, 3])
def test_folds_must_fit(folds):
    with pytest.raises(InputError, match=rf"folds is {folds}: must lie in \[2, 2\]"):
        estimated_split(WEIGHTS, [[0.5, 0.5]] * 2, [0, 1], fit_bins, folds=folds)
