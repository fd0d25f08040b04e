"""A test of loss calibration, P = p^u(P(Y | P)), that needs no estimate of the posterior.

Under the null the vectors xi = U e_Y - P (1' U e_Y) have mean zero given P
(`theory.calibration`), so for every function g of P the products g(P) xi have mean zero.  The
statistic adds up the squared standardised sums of these products over a family of instruments g
and over the actions:

    T = sum over g, a of  (sum_i g(P_i) xi_ia)^2 / sum_i g(P_i)^2 v_ia,

where v_ia is the variance of xi_ia given P_i, or where that is not known the mean of xi_ia^2.
(Dividing by each cell's own squares instead lets cells that met no rare class dominate T.)

What it has power against is what the instruments correlate with E[xi | P], and nothing else:

* "linear": 1 and the predictions.  Offsets and slopes in the prediction; blind to a deviation
  that is uncorrelated with both, such as one symmetric about the mean prediction.
* "bins": the bins of every action's prediction.  Any deviation in one action's prediction that
  does not cancel within its bins; a pure interaction of two predictions may.
* "kernel": Gaussian bumps around cases of the sample, the predictions measured in standard
  deviations.  Any continuous deviation, as N and then the number of bumps grow; the less the more
  dimensions there are.

The law of T under the null, given the predictions, comes from one of two sources:

* "exact" (U square and invertible): the null then fixes the law of the classes, Y ~ U^-1 P
  normalised (Theorem 2), so they are drawn from it.  The level is exact for every N.  A
  prediction that no posterior explains (off the image of p^u) rejects the null by itself.
* "wild" (any U): the rows xi_i change their signs at random.  The level is right for large N, but
  a rare class with a high weight makes it too high while its cases are few: with weights 99:1
  and some hundred rows a 5% test rejects up to 20% of the time.  The exact null has more power.

Both assume independent rows.  Source: Misaligned by Design, Appendix A.5, eq. (28), says that loss
calibration is testable; the test is ours.  Conditional moment tests: Bierens (1982); the wild
bootstrap: Wu (1986), Mammen (1993); drawing classes from the predictions: Broecker and Smith
(2007); Monte Carlo tests of exact level: Dwass (1957).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from theory.arrays import as_array
from theory.calibration import calibration_moments
from theory.command_line import require
from theory.prediction import validated_probabilities
from theory.recalibration import recalibrate
from theory.utility import validated_utility

Family = Literal["linear", "bins", "kernel"]
Null = Literal["auto", "exact", "wild"]

BINS = 5  # per action
BUMPS = 25
LARGEST_CONDITION = 1e8  # beyond it, recovering the posterior leaves few digits
OFF_IMAGE = 1e-6  # a recovered probability below minus this is no rounding error
WILD_ROWS = 100  # sign vectors at a time


@dataclass(frozen=True)
class CalibrationTest:
    """The outcome of `loss_calibration_test`.

    `p_value` in (0, 1], or 0 where predictions off the image of p^u reject the null for certain;
    `off_image` is their number, None where U cannot be inverted and it was not counted.
    """

    statistic: float
    p_value: float
    instruments: Family
    null: Literal["exact", "wild"]
    draws: int
    off_image: int | None


def loss_calibration_test(
    utility: Any,
    prediction: Any,
    outcome: Any,
    *,
    instruments: Family = "bins",
    null: Null = "auto",
    draws: int = 499,
    seed: int = 0,
) -> CalibrationTest:
    """Test that predictions (N, n) are loss-calibrated to `utility` (n, m), given classes (N,).

    "auto" takes the exact null where U is square and well conditioned, else the wild bootstrap.
    The smallest p-value is 1 / (draws + 1).  Raises `InputError` for invalid utilities,
    predictions or classes, and for "exact" where U cannot be inverted.
    """
    utility = validated_utility(np.asarray(as_array(utility), dtype=float))
    prediction = validated_probabilities(np.asarray(prediction, dtype=float), "prediction")
    outcome = np.asarray(outcome)
    actions, classes = utility.shape
    require(prediction.shape == (len(outcome), actions), "shape of prediction", prediction.shape,
            f"be rows by actions, {(len(outcome), actions)}")  # fmt: skip
    outside = outcome[(outcome < 0) | (outcome >= classes)]
    require(not len(outside), "outcome", outside[:1], f"be a class, 0 to {classes - 1}")
    require(draws >= 19, "draws", draws, "be at least 19, which is what a 5% level needs")
    invertible = actions == classes and np.linalg.cond(utility) <= LARGEST_CONDITION
    require(null != "exact" or invertible, "utility", f"of shape {utility.shape}",
            "be square and invertible for the exact null")  # fmt: skip
    generator = np.random.default_rng(seed)
    family = instrument_values(prediction, instruments, generator)
    moments = calibration_moments(utility, prediction, outcome)
    if null == "wild" or not invertible:
        scale = (family**2).sum(axis=0)[:, None] * (moments**2).mean(axis=0)
        statistic = _statistic(family, moments, scale)
        p_value = _p_value(statistic, _wild(family, moments, scale, draws, generator))
        return CalibrationTest(statistic, p_value, instruments, "wild", draws, None)
    posterior, explained = _recovered(utility, prediction)
    variances = _null_variances(utility, prediction, posterior)
    scale = (family**2).T @ variances
    statistic = _statistic(family, moments, scale)
    off_image = int((~explained).sum())
    p_value = 0.0
    if not off_image:
        simulated = _drawn(family, utility, prediction, posterior, scale, draws, generator)
        p_value = _p_value(statistic, simulated)
    return CalibrationTest(statistic, p_value, instruments, "exact", draws, off_image)


def instrument_values(prediction: Any, family: Family, generator: np.random.Generator) -> Any:
    """The instruments g(P_i) of a family, shape (N, number of instruments).

    Functions of the predictions alone, as both nulls require; `generator` picks the centres of
    the bumps.  Raises `InputError` for an unknown family.
    """
    known = ("linear", "bins", "kernel")
    require(family in known, "instruments", repr(family), f"be one of {', '.join(known)}")
    rows = len(prediction)
    if family == "linear":
        return np.column_stack([np.ones(rows), prediction[:, 1:]])
    if family == "bins":
        columns = []
        for column in prediction.T:
            edges = np.unique(np.quantile(column, np.arange(1, BINS) / BINS))
            cell = np.searchsorted(edges, column, side="right")
            columns.append(np.eye(len(edges) + 1)[cell])
        return np.column_stack(columns)
    spread = prediction.std(axis=0)
    scaled = prediction / np.where(spread > 0, spread, 1)
    centres = scaled[generator.choice(rows, size=min(BUMPS, rows), replace=False)]
    squares = ((scaled[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    return np.exp(-squares / 2)


def _statistic(family: Any, moments: Any, scale: Any) -> float:
    """T; an instrument that never meets a nonzero moment adds nothing."""
    sums = family.T @ moments
    return float((sums**2 / np.where(scale > 0, scale, np.inf)).sum())


def _recovered(utility: Any, prediction: Any) -> tuple[Any, Any]:
    """The posteriors of which the predictions are the best reply, and where there is one.

    Where there is none the row is a distribution all the same, of no meaning.
    """
    found = recalibrate(utility, prediction).posterior
    explained = (found >= -OFF_IMAGE).all(axis=1)  # false where there is no total to divide by
    found = np.where(explained[:, None], np.maximum(found, 0), 1.0)
    return found / found.sum(axis=1, keepdims=True), explained


def _null_variances(utility: Any, prediction: Any, posterior: Any) -> Any:
    """The variances of the moments given the predictions if the classes follow `posterior`."""
    rows = len(prediction)
    variances = np.zeros_like(prediction)
    for label in range(utility.shape[1]):
        moments = calibration_moments(utility, prediction, np.full(rows, label))
        variances += posterior[:, [label]] * moments**2
    return variances


def _drawn(
    family: Any,
    utility: Any,
    prediction: Any,
    posterior: Any,
    scale: Any,
    draws: int,
    generator: np.random.Generator,
) -> Any:
    """T for classes drawn from the posteriors."""
    steps = np.cumsum(posterior, axis=1)
    steps /= steps[:, -1:]
    result = np.empty(draws)
    for index in range(draws):
        drawn = (generator.random(len(steps))[:, None] >= steps).sum(axis=1)
        moments = calibration_moments(utility, prediction, drawn)
        result[index] = _statistic(family, moments, scale)
    return result


def _wild(family: Any, moments: Any, scale: Any, draws: int, generator: np.random.Generator) -> Any:
    """T for moments with random signs, which leave its scale as it is."""
    rows = len(moments)
    products = (
        family[:, :, None] * moments[:, None, :] / np.sqrt(np.where(scale > 0, scale, np.inf))
    )
    products = products.reshape(rows, -1)
    result = []
    for start in range(0, draws, WILD_ROWS):
        size = (min(WILD_ROWS, draws - start), rows)
        signs = 2.0 * generator.integers(0, 2, size=size) - 1
        result.append(((signs @ products) ** 2).sum(axis=1))
    return np.concatenate(result)


def _p_value(statistic: float, simulated: Any) -> float:
    """The rank of the statistic among itself and its simulated values."""
    rounding = 1e-9 * max(1.0, statistic)
    return float((1 + (simulated >= statistic - rounding).sum()) / (1 + len(simulated)))
