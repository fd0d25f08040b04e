"""How sure the audit can be: overlapping folds, several models, and the sample that would tell.

Differences d_1, ..., d_J of two regimes on the J test sets of repeated cross-validation are not
independent: training sets overlap, and repeats use the same rows again.  Their variance s^2 then
understates that of the mean, and the *corrected resampled t* of Nadeau and Bengio (2003) takes

    standard error^2 = (1/J + n_test/n_train) s^2,        t with J - 1 degrees of freedom.

It assumes that d_j are roughly normal and that two of them are correlated by
n_test / (n_test + n_train), a rule of thumb that has held up in simulations; with few folds the
interval is wide.  It speaks of the *procedure* (training on a sample of this size), not of one
trained model.

A direction asks for at least `FEWEST` test sets whose differences are not all equal.  A few equal
ones (two folds with as many right decisions each) say nothing of the spread: there is no interval
then, and no p-value below 1.

The sample that would tell is found from  standard error ~ 1/sqrt(cases):  a difference d is found
at the 5% level with a chance of 80% from about  cases * ((t_.975 + t_.8) * standard error / d)^2
cases on.  This takes the observed difference and spread for the true ones and ignores that models
trained on more cases differ less; it is an order of magnitude.

With several models, p-values are adjusted by Holm (1979).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

LEVEL = 0.05
POWER = 0.8
FEWEST = 5  # test sets that a direction is told from
ROUNDING = 1e-9  # of the scale of what is compared: smaller differences are zero


@dataclass(frozen=True)
class Difference:
    """A mean difference over `folds` test sets with its 95% interval and two-sided p-value.

    `detectable` is the smallest difference that this number of cases would find with a chance of
    80%; `cases_needed` how many would find the observed one: None if it is zero, or if no
    finite number would.  If all differences are equal and not zero, the spread is unknown:
    `standard_error`, `low`, `high`, `detectable` and `cases_needed` are None.
    """

    mean: float
    standard_error: float | None
    low: float | None
    high: float | None
    p_value: float
    detectable: float | None
    cases_needed: int | None
    folds: int


def corrected_difference(differences: Sequence[float], test_share: float, cases: int) -> Difference:
    """The corrected resampled t test of mean zero.

    `differences` (J,), J >= 2, finite; `test_share` is n_test / n_train of a fold; `cases` all
    rows.

    >>> found = corrected_difference([1.0, 2.0, 3.0], 0.5, 90)
    >>> round(found.mean, 6), round(found.standard_error, 6), round(found.p_value, 4)
    (2.0, 0.912871, 0.1598)
    """
    values = np.asarray(differences, dtype=float)
    largest = float(np.abs(values).max())
    if largest == 0:
        return Difference(0.0, 0.0, 0.0, 0.0, 1.0, 0.0, None, len(values))
    parts = values / largest  # so that no square overflows or underflows
    mean = float(parts.mean())
    spread = float(parts.std(ddof=1))
    if spread <= ROUNDING:
        return Difference(largest * mean, None, None, None, 1.0, None, None, len(values))
    error = math.sqrt(1 / len(values) + test_share) * spread
    freedom = len(values) - 1
    reach = float(stdtrit(freedom, 1 - LEVEL / 2))
    p_value = float(2 * stdtr(freedom, -abs(mean) / error))
    to_find = (reach + float(stdtrit(freedom, POWER))) * error
    ratio = to_find / abs(mean) if abs(mean) > ROUNDING else math.inf
    needed = math.ceil(cases * ratio**2) if math.isfinite(ratio) else None
    low, high = (largest * (mean + sign * reach * error) for sign in (-1, 1))
    return Difference(
        largest * mean, largest * error, low, high, p_value, largest * to_find, needed, len(values)
    )


def without_rounding(values: np.ndarray, scale: float) -> np.ndarray:
    """Differences, 0 where at most `ROUNDING` times `scale`, the size of what was subtracted.

    >>> without_rounding(np.array([3e-17, -0.1]), 2.0).tolist()
    [0.0, -0.1]
    """
    return np.where(np.abs(values) <= ROUNDING * scale, 0.0, values)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the given order.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for position, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - position) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def favours(mean: float, adjusted: float, folds: int) -> int:
    """The sign of a mean difference of `folds` test sets with an adjusted p-value of at most 5%.

    0 if the p-value is larger, or if there are fewer than `FEWEST` test sets.

    >>> favours(-0.3, 0.01, 10), favours(-0.3, 0.06, 10), favours(-0.3, 0.01, 4)
    (-1, 0, 0)
    """
    return 0 if adjusted > LEVEL or folds < FEWEST else int(np.sign(mean))
