"""What a machine attains that has learned nothing, against brute force; Table 1's data."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize

from theory.command_line import InputError
from theory.printed_table1 import STATISTICS, TABLE1, Printed
from theory.uninformed import uninformed
from theory.utility import normalised_weights

COUNTS = st.lists(st.integers(1, 40), min_size=2, max_size=5)


@given(COUNTS, st.data())
def test_best_constant_is_the_best_and_below_the_prior(counts, data):
    prior = np.array(counts) / sum(counts)
    size = len(prior)
    weights = np.array(data.draw(st.lists(st.integers(1, 99), min_size=size, max_size=size)))
    bounds = uninformed(weights.astype(float), prior)

    def loss(logits):
        return float(weights * prior @ (np.logaddexp.reduce(logits) - logits))

    found = minimize(loss, np.log(prior), method="BFGS", options={"gtol": 1e-8})
    assert bounds.best_constant_loss == pytest.approx(found.fun, rel=1e-6)
    assert bounds.best_constant_loss <= bounds.prior_loss * (1 + 1e-12)
    assume(len(set(weights.tolist())) > 1)
    assert bounds.best_constant_loss < bounds.prior_loss


@given(COUNTS, st.integers(2, 99))
def test_normalised_weights_give_the_prior_its_entropy(counts, ratio):
    prior = np.array(counts) / sum(counts)
    weights = np.array([float(ratio)] + [1.0] * (len(prior) - 1))
    bounds = uninformed(normalised_weights(weights, prior), prior)
    assert bounds.prior_loss == pytest.approx(-(prior * np.log(prior)).sum(), rel=1e-12)


def test_utilities_are_exact():
    bounds = uninformed([Fraction(99), Fraction(1)], [Fraction(1, 100), Fraction(99, 100)])
    assert bounds.constant_utilities.tolist() == [Fraction(99, 100), Fraction(99, 100)]
    assert bounds.perfect_utility == Fraction(198, 100)
    assert bounds.best_constant_utility == Fraction(99, 100)


def test_ratios_that_underflow_leave_the_loss_finite():
    bounds = uninformed([1e-300, 1e300], [0.5, 0.5])
    # the first class has p^w = 1e-600, the second loses about as little
    assert bounds.best_constant_loss == pytest.approx(0.5e-300 * (600 * np.log(10) + 1), rel=1e-2)


def test_a_class_that_cannot_occur_costs_nothing():
    bounds = uninformed([1.0, 1.0, 5.0], [0.5, 0.5, 0.0])
    assert bounds.best_constant_loss == pytest.approx(np.log(2))
    assert bounds.prior_loss == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("weights", "prior", "message"),
    [
        ([0, 1], [0.5, 0.5], r"weights\[0\] is 0.0: must be positive"),
        ([1, 1], [0.2, 0.3, 0.5], r"shape of prior is \(3,\): must equal that of weights"),
        ([1, 1], [0.5, 0.6], r"prior is \[0.5, 0.6\]: must be at least 0 and sum to 1"),
    ],
)
def test_bad_input_is_named(weights, prior, message):
    with pytest.raises(InputError, match=message):
        uninformed(weights, prior)


def test_table_is_complete():
    assert [len(each.loss) + len(each.utility) for each in TABLE1] == [6] * 7
    for each in TABLE1:
        for measure in (each.loss, each.utility):
            assert tuple(measure) == STATISTICS
            for regime in ("weighted_training", "ex_post"):
                mean, low, high = (getattr(measure[name], regime).value for name in STATISTICS)
                assert low <= mean <= high


def test_printed_numbers_keep_their_digits():
    assert Printed("-0.30").resolution == Fraction(1, 100)
    assert Printed("-0.30").interval() == (Fraction(-61, 200), Fraction(-59, 200))
