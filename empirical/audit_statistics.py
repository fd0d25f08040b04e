"""How sure the audit can be: overlapping folds, several models, and the sample that would tell.

Differences d_1, ..., d_J of two regimes on the J test sets of repeated cross-validation are not
independent: training sets overlap, and repeats use the same rows again.  Their variance s^2 then
understates that of the mean, and the *corrected resampled t* of Nadeau and Bengio (2003) takes

    standard error^2 = (1/J + n_test/n_train) s^2,        t with J - 1 degrees of freedom.

It assumes that d_j are roughly normal and that two of them are correlated by
n_test / (n_test + n_train), a rule of thumb that has held up in simulations; with few folds the
interval is wide.  It speaks of the *procedure* (training on a sample of this size), not of one
trained model.

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


@dataclass(frozen=True)
class Difference:
    """A mean difference with its 95% interval and two-sided p-value.

    `detectable` is the smallest difference that this number of cases would find with a chance of
    80%; `cases_needed` how many would find the observed one: None if it is zero.
    """

    mean: float
    standard_error: float
    low: float
    high: float
    p_value: float
    detectable: float
    cases_needed: int | None


def corrected_difference(differences: Sequence[float], test_share: float, cases: int) -> Difference:
    """The corrected resampled t test of mean zero.

    `differences` (J,), J >= 2, finite; `test_share` is n_test / n_train of a fold; `cases` all
    rows.  Differences that are all equal leave no doubt by this formula: p = 0, or 1 if zero.

    >>> found = corrected_difference([1.0, 2.0, 3.0], 0.5, 90)
    >>> round(found.mean, 6), round(found.standard_error, 6), round(found.p_value, 4)
    (2.0, 0.912871, 0.1598)
    """
    values = np.asarray(differences, dtype=float)
    mean = float(values.mean())
    error = math.sqrt((1 / len(values) + test_share) * values.var(ddof=1))
    freedom = len(values) - 1
    reach = float(stdtrit(freedom, 1 - LEVEL / 2))
    p_value = float(2 * stdtr(freedom, -abs(mean) / error)) if error > 0 else float(mean == 0)
    to_find = (reach + float(stdtrit(freedom, POWER))) * error
    needed = None if mean == 0 else math.ceil(cases * (to_find / mean) ** 2)
    return Difference(
        mean, error, mean - reach * error, mean + reach * error, p_value, to_find, needed
    )


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


def favours(mean: float, adjusted: float) -> int:
    """1 or -1 by the sign of a mean difference whose adjusted p-value is at most 5%, else 0.

    >>> favours(-0.3, 0.01), favours(-0.3, 0.06)
    (-1, 0)
    """
    return 0 if adjusted > LEVEL else int(np.sign(mean))
