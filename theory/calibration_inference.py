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

Classes with equal columns of U are one class here, since xi is the same for both.  The null comes
in three forms:

* "exact" (U of full column rank): the null then fixes the law of the classes given the
  predictions, Y ~ the posterior behind them (Theorem 2, with a left inverse for n > m), so T is
  compared with its values for classes drawn from it.  The level is exact for every N, up to the
  rounding of the predictions.  A prediction that no posterior explains (off the image of p^u)
  rejects the null by itself.
* "betting" (any U): a gambler stakes a share c of the wealth on g(P_i) xi_ia for every row in turn,
  so that  prod_i (1 + c g(P_i) xi_ia)  has mean 1 under the null as long as no factor can be
  negative.  So has the mean of these products over instruments, actions, both signs and shares c
  of halving size, and 1 over it is a p-value for every N and U (Markov's inequality).  The price
  is power: in simulations a 5% test rejected a true null in less than 1% of samples.
* "wild" (any U, large N): the rows xi_i change their signs at random.  The level is right in the
  limit only, and much too high while the sums hang on a few cases of a rare class with a high
  weight.  With weights 99:1 and 2.4% of the cases in the heavy class a 5% test rejects a true null
  in 35% to 42% of samples of 100 cases, depending on the instruments, in 21% to 29% of 300 and in
  8% to 15% of 1,000; with 1% heavy cases in 55% of 100.  `CalibrationTest.effective_cases` tells.

All assume independent rows.  Source: Misaligned by Design, Appendix A.5, eq. (28), says that loss
calibration is testable; the test is ours.  Conditional moment tests: Bierens (1982); the wild
bootstrap: Wu (1986), Mammen (1993); drawing classes from the predictions: Broecker and Smith
(2007); Monte Carlo tests of exact level: Dwass (1957); testing by betting: Shafer (2021).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from theory.arrays import as_array, as_numpy
from theory.calibration import calibration_moments
from theory.command_line import require
from theory.outcomes import validated_outcomes
from theory.prediction import SIMPLEX_TOLERANCE, validated_probabilities
from theory.utility import validated_utility

Family = Literal["linear", "bins", "kernel"]
Null = Literal["auto", "exact", "betting", "wild"]

FAMILIES = ("linear", "bins", "kernel")
NULLS = ("auto", "exact", "betting", "wild")
BINS = 5  # per action
BUMPS = 25
OFF_IMAGE = SIMPLEX_TOLERANCE  # single precision leaves a prediction no further from the image
LEAST_SINGULAR_VALUE = 1e-4  # then such rounding moves the posterior's coordinates by some 1%
LEAST_P_VALUE = 1e-300
LEAST_BOUND = 1e-12  # of the largest moment: the least that a bet is secured against
ENOUGH_CASES = 30  # effective cases from which the wild null keeps its level
WILD_ROWS = 100  # sign vectors at a time


@dataclass(frozen=True)
class CalibrationTest:
    """The outcome of `loss_calibration_test`.

    `statistic` is T; for the betting null the logarithm of the mean final wealth.  `p_value` is in
    (0, 1], or 0 where predictions off the image of p^u reject the null for certain; `off_image` is
    their number, None for the other nulls, which do not count them.  `effective_cases`, for the
    wild null alone: on how many cases of equal size the sums in T rest, which is a squared second
    moment over a fourth, in the harmonic mean over the sums, weighted by what they add to T.  One
    more case of every class is counted in, so that a heavy class without a case makes them few too.
    """

    statistic: float
    p_value: float
    instruments: Family
    null: Literal["exact", "betting", "wild"]
    draws: int
    off_image: int | None
    effective_cases: float | None = None

    @property
    def reliable(self) -> bool:
        """Whether the level can be trusted: always, but for a wild null with few effective cases.

        In simulations with weights from 2:1 to 99:1, tests of 5% with at least `ENOUGH_CASES`
        effective cases rejected a true null 5% to 8% of the time; with 3 to 30, up to 14%.
        """
        return self.effective_cases is None or self.effective_cases >= ENOUGH_CASES


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

    "auto" takes the exact null where the predictions determine the posterior, which takes a U whose
    distinct columns, scaled to sum 1, have no singular value below `LEAST_SINGULAR_VALUE`; else the
    betting null.  So its level holds for every N.  The smallest p-value of the exact and the wild
    null is 1 / (draws + 1).  Raises `InputError` for invalid utilities, predictions, classes and
    options, and for "exact" where U does not determine the posterior.
    """
    require(null in NULLS, "null", repr(null), f"be one of {', '.join(NULLS)}")
    require(draws >= 19, "draws", draws, "be at least 19, which is what a 5% level needs")
    utility = validated_utility(as_numpy(as_array(utility)).astype(float))
    require(utility.ndim == 2, "shape of utility", utility.shape, "be (n, m)")
    prediction = validated_probabilities(as_numpy(as_array(prediction)).astype(float), "prediction")
    actions, classes = utility.shape
    fits = prediction.ndim == 2 and prediction.shape[1] == actions
    require(fits, "shape of prediction", prediction.shape, f"be rows by actions, (N, {actions})")
    prediction /= prediction.sum(axis=1, keepdims=True)
    outcome = as_numpy(validated_outcomes(outcome, classes, len(prediction)))
    utility, outcome = _merged(utility, outcome)
    least = _least_singular_value(utility)
    identified = least >= LEAST_SINGULAR_VALUE
    require(null != "exact" or identified, "utility", f"of shape {(actions, classes)}",
            "determine the posterior for the exact null: the least singular value of its distinct "
            f"columns, scaled to sum 1, is {least:.2g} and must be at least "
            f"{LEAST_SINGULAR_VALUE:g}")  # fmt: skip
    generator = np.random.default_rng(seed)
    family = instrument_values(prediction, instruments, generator)
    moments = calibration_moments(utility, prediction, outcome)
    if null == "betting" or (null == "auto" and not identified):
        wealth = _logarithmic_wealth(family, moments, _by_class(utility, prediction))
        p_value = max(float(np.exp(-max(wealth, 0.0))), LEAST_P_VALUE)
        return CalibrationTest(wealth, p_value, instruments, "betting", 0, None)
    if null == "wild":
        scale = (family**2).sum(axis=0)[:, None] * (moments**2).mean(axis=0)
        statistic = _statistic(family, moments, scale)
        p_value = _p_value(statistic, _wild(family, moments, scale, draws, generator))
        effective = _effective_cases(family, moments, scale, _by_class(utility, prediction))
        return CalibrationTest(statistic, p_value, instruments, "wild", draws, None, effective)
    posterior, explained = _recovered(utility, prediction)
    scale = (family**2).T @ _null_variances(posterior, _by_class(utility, prediction))
    statistic = _statistic(family, moments, scale)
    off_image = int((~explained).sum())
    p_value = 0.0
    if not off_image:
        simulated = _drawn(family, utility, prediction, posterior, scale, draws, generator)
        p_value = _p_value(statistic, simulated)
    return CalibrationTest(statistic, p_value, instruments, "exact", draws, off_image)


def instrument_values(prediction: Any, family: Family, generator: np.random.Generator) -> Any:
    """The instruments g(P_i) >= 0 of a family, shape (N, number of instruments).

    Functions of the predictions alone, as all nulls require; `generator` picks the centres of
    the bumps.  Raises `InputError` for an unknown family.
    """
    require(family in FAMILIES, "instruments", repr(family), f"be one of {', '.join(FAMILIES)}")
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


def _merged(utility: Any, outcome: Any) -> tuple[Any, Any]:
    """Distinct columns of U in their first order, and the classes by these."""
    _, first, index = np.unique(utility, axis=1, return_index=True, return_inverse=True)
    kept = np.sort(first)
    return utility[:, kept], np.searchsorted(kept, first)[index.ravel()][outcome]


def _least_singular_value(utility: Any) -> float:
    """Of U with columns scaled to sum 1; zero where they are more than the rows."""
    columns = utility / utility.sum(axis=0)
    if columns.shape[1] > columns.shape[0]:
        return 0.0
    return float(np.linalg.svd(columns, compute_uv=False)[-1])


def _by_class(utility: Any, prediction: Any) -> Iterator[Any]:
    """The moments (N, n) that the rows would have if all were of class 0, of class 1, ..."""
    rows, classes = len(prediction), utility.shape[1]
    return (calibration_moments(utility, prediction, np.full(rows, y)) for y in range(classes))


def _recovered(utility: Any, prediction: Any) -> tuple[Any, Any]:
    """The posteriors to which the predictions are the best reply, and where they are it.

    Coordinates lambda with C lambda = p, as in `theory.recalibration`, for C = U with columns
    scaled to sum 1; negative ones count as zero, and the row is explained if its prediction is
    then within rounding of p.
    """
    sums = utility.sum(axis=0)
    columns = utility / sums
    shares = np.maximum(prediction @ np.linalg.pinv(columns).T, 0)
    shares[~shares.any(axis=1)] = 1
    shares /= shares.sum(axis=1, keepdims=True)
    explained = abs(shares @ columns.T - prediction).max(axis=1) <= OFF_IMAGE
    weights = shares / sums
    return weights / weights.sum(axis=1, keepdims=True), explained


def _null_variances(posterior: Any, by_class: Iterator[Any]) -> Any:
    """The variances of the moments given the predictions if the classes follow `posterior`."""
    return sum(
        chances[:, None] * moments**2
        for chances, moments in zip(posterior.T, by_class, strict=True)
    )


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


def _logarithmic_wealth(family: Any, moments: Any, by_class: Iterator[Any]) -> float:
    """Logarithm of the mean over all bets of what a stake of 1 has become.

    A share 2^-k of what the worst case of any class allows is staked, for every k up to log2 N:
    the best share falls as 1 / sqrt(N) near the least deviation that can be seen.
    """
    worst, best = np.full_like(moments, np.inf), np.full_like(moments, -np.inf)
    for each in by_class:
        worst, best = np.minimum(worst, each), np.maximum(best, each)
    least = LEAST_BOUND * max(-worst.min(), best.max())
    if least <= 0:
        return 0.0
    shares = 0.5 ** np.arange(1, 2 + np.ceil(np.log2(len(moments))))
    logarithms = []
    for instrument in family.T[:, :, None]:
        gains = instrument * moments
        for sign, losses in ((1, -worst), (-1, best)):
            bound = np.maximum((instrument * losses).max(axis=0), least)
            logarithms += [np.log1p(sign * share / bound * gains).sum(axis=0) for share in shares]
    wealth = np.concatenate(logarithms)
    return float(np.logaddexp.reduce(wealth) - np.log(len(wealth)))


def _effective_cases(family: Any, moments: Any, scale: Any, by_class: Iterator[Any]) -> float:
    """See `CalibrationTest`; infinite where all moments are zero."""
    squares = family.T**2
    second, fourth = squares @ moments**2, squares**2 @ moments**4
    for each in by_class:
        case = squares @ each**2 / len(moments)
        second, fourth = second + case, fourth + case**2
    added = second / np.where(scale > 0, scale, np.inf)
    if not added.any():
        return float("inf")
    return float(added.sum() / (added * fourth / np.where(second > 0, second**2, 1)).sum())


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
