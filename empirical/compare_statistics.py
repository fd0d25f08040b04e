"""From the series of paired runs to a table: selected intervals, intervals of confidence, tests.

A run (seed) has one series per regime, measured at the same training intervals on validation and
test data.  Which interval counts is decided in one of two ways:

* ``validation``: the interval with the lowest weighted loss on validation data, one for each
  regime and run, at which every measure is read on test data;
* ``test``: the best value on the test data themselves, as in the paper's Table 1, measure by
  measure.  It is optimistic: it takes the best of many noisy values.

Runs share their seed across regimes (initialisation, order, augmentation), so regimes are
compared by the paired differences d_i = ex post - weighted: a t interval (which takes the d_i for
draws of a normal distribution) and two tests of mean zero, Student's t and the exact sign-flip
test (which only asks that d_i and -d_i are equally likely).  With n runs the latter cannot fall
below 2^(1-n): 1/16 for five.  The data are the same in all runs, so these say how sure one can
be that *other seeds* on the same data give the same answer, not other data.

Source: Misaligned by Design, Table 1 and footnote 15.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy import stats

from empirical.regimes import LOSSES, TITLES
from theory.printed_table1 import loss_gain, utility_gain

SELECTIONS = ("validation", "test")
CONFIDENCE = 0.95
MOST_FLIPPED = 16  # runs up to which all sign patterns are enumerated

Series = Mapping[str, Mapping[str, Sequence[float]]]  # split -> measure -> value per interval


@dataclass(frozen=True)
class Paired:
    """Paired differences (one per run): mean, interval, tests.

    The last four are None where one run cannot tell, or where some run's value is not finite.
    """

    differences: tuple[float, ...]
    mean: float
    low: float | None
    high: float | None
    t_test: float | None
    sign_flip: float | None

    @property
    def infinite(self) -> int:
        """The number of runs without a finite difference."""
        return sum(not math.isfinite(value) for value in self.differences)

    @property
    def sign(self) -> int | None:
        """-1 or 1 if the interval lies below or above zero, else 0; None without an interval."""
        if self.low is None or self.high is None:
            return None
        return int(self.low > 0) - int(self.high < 0)


def selected_interval(series: Series, measure: str, selection: str) -> int:
    """Index of the interval that counts: the best on the split named by `selection`.

    On validation data the best by weighted loss, on test data by `measure`.  The first of equals;
    values that are not finite come last.
    """
    by = "weighted_loss" if selection == "validation" else measure
    values = np.asarray(series[selection][by], dtype=float)
    sign = 1 if by in LOSSES else -1
    return int(np.where(np.isfinite(values), sign * values, math.inf).argmin())


def selected_value(series: Series, measure: str, selection: str) -> float:
    """The measure on test data, at the interval that counts."""
    chosen = selected_interval(series, measure, selection)
    return float(series["test"][measure][chosen])


def paired(first: Sequence[float], second: Sequence[float]) -> Paired:
    """The differences ``second - first`` run by run, their interval and tests.

    Shapes (n,), n >= 1.  A test of differences that are all equal is exact: p = 0 unless
    they are zero, then p = 1.

    >>> found = paired([0.80, 0.81, 0.79], [0.75, 0.75, 0.73])
    >>> found.sign, round(found.mean, 3)
    (-1, -0.057)
    """
    with np.errstate(invalid="ignore"):
        differences = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
        count, mean = len(differences), float(differences.mean())
    as_tuple = tuple(differences.tolist())
    if count < 2 or not np.isfinite(differences).all():
        return Paired(as_tuple, mean, None, None, None, None)
    error = float(differences.std(ddof=1)) / math.sqrt(count)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    tail = stats.t.sf(abs(mean) / error, count - 1) if error > 0 else (mean == 0) / 2
    return Paired(as_tuple, mean, mean - half, mean + half, float(2 * tail), sign_flip(differences))


def sign_flip(differences: Sequence[float] | np.ndarray) -> float:
    """Two-sided p-value of mean zero under flipped signs: exact for up to `MOST_FLIPPED` runs.

    Beyond, 2^16 random sign patterns (fixed seed) together with the observed one.

    >>> sign_flip([-1.0, -2.0, -0.5, -1.5, -0.1])
    0.0625
    """
    values = np.asarray(differences, dtype=float)
    count = len(values)
    if count <= MOST_FLIPPED:
        signs = np.array(list(product((-1.0, 1.0), repeat=count)))
    else:
        generator = np.random.default_rng(0)
        signs = generator.choice((-1.0, 1.0), size=(2**MOST_FLIPPED, count))
        signs = np.vstack([signs, np.ones(count)])
    sums = np.abs(signs @ values)
    observed = abs(values.sum())
    return float((sums >= observed * (1 - 1e-12)).mean())


def gain_percent(first: float, second: float, measure: str) -> float:
    """By how many percent the second regime improves on the first; nan if the first is zero."""
    if first == 0 or not math.isfinite(first):
        return math.nan
    return float((loss_gain if measure in LOSSES else utility_gain)(first, second))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, least and largest of the runs, as Table 1 gives them."""
    return {"mean": float(np.mean(values)), "min": min(values), "max": max(values)}


def verdict(difference: Paired, measure: str, regimes: tuple[str, str]) -> str:
    """What the interval says, in words; "no difference" is a possible answer."""
    lower_is_better = measure in LOSSES
    if difference.infinite:
        count = difference.infinite
        return f"infinite loss in {count} run{'s' * (count > 1)}: not compared"
    if difference.sign is None:
        return "one run: no interval"
    if difference.sign == 0:
        return f"no difference detected in {len(difference.differences)} runs"
    better = (difference.sign < 0) == lower_is_better
    winner = TITLES[regimes[1 if better else 0]]
    order = "lower" if lower_is_better else "higher"
    return f"{winner} has the {order} {measure.replace('_', ' ')}"


def row(
    runs: Sequence[Mapping[str, Series]],
    measure: str,
    selection: str,
    regimes: tuple[str, str] = ("weighted", "ex_post"),
) -> dict[str, Any]:
    """One comparison of Table 1: spreads of two regimes, gains, the paired difference."""
    values = {
        regime: [selected_value(run[regime], measure, selection) for run in runs]
        for regime in regimes
    }
    first, second = (values[regime] for regime in regimes)
    spreads = {regime: spread(found) for regime, found in values.items()}
    gains = {
        name: gain_percent(spreads[regimes[0]][name], spreads[regimes[1]][name], measure)
        for name in ("mean", "min", "max")
    }
    difference = paired(first, second)
    return {
        "selection": selection,
        "measure": measure,
        "regimes": list(regimes),
        "values": values,
        "spread": spreads,
        "gain_percent": gains,
        "difference": difference,
        "verdict": verdict(difference, measure, regimes),
    }


def ended_at_last(runs: Sequence[Mapping[str, Series]], regime: str) -> int:
    """In how many runs the interval chosen on validation data is the last one: training may have
    been cut short there."""
    return sum(
        selected_interval(run[regime], "weighted_loss", "validation")
        == len(run[regime]["test"]["weighted_loss"]) - 1
        for run in runs
    )


def ordered_pointwise(
    runs: Sequence[Mapping[str, Series]],
    measure: str = "weighted_loss",
    regimes: tuple[str, str] = ("weighted", "ex_post"),
) -> dict[str, float]:
    """How often the second regime's test loss lies below the first's: by interval and run.

    ``each``: share of all (run, interval); ``average``: share of intervals of the averaged runs.
    """
    first, second = (
        np.array([run[regime]["test"][measure] for run in runs], dtype=float) for regime in regimes
    )
    return {
        "each": float((second < first).mean()),
        "average": float((second.mean(axis=0) < first.mean(axis=0)).mean()),
    }
