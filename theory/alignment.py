"""Measures of misalignment between two trained models, and a loss split into its two tasks.

Let P be the predictions of a model trained without weights, P^u those of one trained on the
utility-weighted loss l^u(p, y) = sum_a l(p, a) u(a, y), Y the class and delta the argmax.

* (19): weighted training is misaligned internally if  E[l^u(p^u(P), Y)] < E[l^u(P^u, Y)].
* (20): it is misaligned externally if  E[u(delta(p^u(P)), Y)] > E[u(delta(P^u), Y)].

Both gaps are signed such that a positive one says: ex post weighting does better.  They compare
two trained models, so they depend on the training; with the best of all models on both sides
(P the posterior given the features, P^u = p^u of it) both are zero.

With Q = P(Y | P), the learning identity (10) splits the weighted loss of one model in two:

    E[l^u(P, Y)]  =  E[<l^u(p^u(Q), .), Q>]  +  E[<l^u(P, .) - l^u(p^u(Q), .), Q>]
                       learning                  choosing

What is left of the loss after optimal post processing is what was not learned, eq. (12); the
rest, never negative by Theorem 1, is lost by not choosing well given what was learned.

Arguments throughout: `utility` (n, m) or (N, n, m), as in `theory.utility`; predictions (N, k);
`outcome` (N,) integers, the class of each row, N >= 1; `masses` (N,), probabilities of the rows
that sum to 1, if these are the atoms of a joint distribution and not N equally likely draws: a
row of mass zero adds nothing, be its loss infinite.  Fractions stay exact.  Losses are those of
`theory.scoring`, over the n actions.  Where one argument is a tensor, lists and NumPy arrays
become tensors beside it.  What does not fit raises `InputError`.

Source: Misaligned by Design, Section 2.9, eqs. (10), (12), (19), (20).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import nan, sqrt
from numbers import Real
from statistics import NormalDist
from typing import Any

import numpy as np

from theory.arrays import alongside, as_array, as_numpy, is_exact, namespace
from theory.command_line import require
from theory.outcomes import validated_outcomes
from theory.prediction import (
    decision,
    expected_utility,
    utility_weighted_prediction,
    validated_probabilities,
)
from theory.scoring import Loss, weighted
from theory.scoring_families import LOGARITHMIC

Fit = Callable[[Any, Any], Callable[[Any], Any]]


def realised_loss(loss: Loss, utility: Any, prediction: Any, outcome: Any) -> Any:
    """l^u(p, y) of eq. (6), row by row, with 0 times infinity = 0; shape (N,).

    Raises `InputError` where the numbers of rows, actions or classes do not fit.
    """
    prediction = as_array(prediction)
    utility = alongside(utility, prediction)
    prediction = alongside(prediction, utility)
    payoffs = _payoffs(utility, outcome, len(prediction))
    require(payoffs.shape == prediction.shape, "shape of prediction", tuple(prediction.shape),
            f"be rows by actions, {tuple(payoffs.shape)}")  # fmt: skip
    return weighted(payoffs, loss.vector(prediction)).sum(axis=-1)


def realised_utility(utility: Any, action: Any, outcome: Any) -> Any:
    """u(a, y) row by row; `action` (N,) integers; shape (N,).

    Raises `InputError` where the numbers of rows do not fit, and for actions or classes that the
    utility does not have.
    """
    payoffs = _payoffs(utility, outcome, len(outcome))
    rows, actions = payoffs.shape
    action = validated_outcomes(action, actions, rows, "action", "an action")
    return payoffs[namespace(payoffs).arange(rows), _index_of(payoffs, action)]


@dataclass(frozen=True)
class PairedGap:
    """How much better ex post weighting does than weighted training, on the same rows.

    `ex_post` and `weighted_training` are the two means, in units of loss (19) or utility (20);
    `gain` is positive where ex post weighting does better: nan if both losses are infinite, when
    (19) says nothing.  `differences` (N,) are the gains by row, `tied` the numbers of rows on
    which the decision of either regime is a tie, broken in favour of the first action.
    """

    ex_post: Any
    weighted_training: Any
    gain: Any
    differences: Any
    masses: Any = None
    groups: Any = None
    tied: tuple[int, int] = (0, 0)

    @property
    def misaligned(self) -> bool:
        """Whether the strict inequality (19) or (20) holds of the two means."""
        return bool(self.gain > 0)

    @property
    def standard_error(self) -> float:
        """Of the gain, paired by row; rows of one group (a patient's images) may depend.

        nan where `masses` make the gain a population value, where a loss is infinite, and for a
        single row (or group).
        """
        if not self._sampled():
            return nan
        sums, size = self._group_sums()
        centred = sums - size * sums.sum() / size.sum()
        return float(sqrt(len(sums) / (len(sums) - 1) * (centred**2).sum()) / size.sum())

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Normal interval for the gain in the population; needs many rows (or groups).

        nan where the standard error is.  Raises `InputError` for a level outside (0, 1).
        """
        require(0 < level < 1, "level", level, "lie between 0 and 1")
        half = NormalDist().inv_cdf((1 + level) / 2) * self.standard_error
        return float(self.gain) - half, float(self.gain) + half

    def bootstrap_interval(
        self, level: float = 0.95, resamples: int = 2000, seed: int = 0
    ) -> tuple[float, float]:
        """Percentile interval for the gain from resampled rows (or whole groups).

        nan where the standard error is.  Raises `InputError` for a level outside (0, 1) and for
        fewer than one resample.
        """
        require(0 < level < 1, "level", level, "lie between 0 and 1")
        require(resamples >= 1, "resamples", resamples, "be at least 1")
        if not self._sampled():
            return nan, nan
        sums, size = self._group_sums()
        generator = np.random.default_rng(seed)
        gains = np.empty(resamples)
        for index in range(resamples):
            drawn = generator.integers(len(sums), size=len(sums))
            gains[index] = sums[drawn].sum() / size[drawn].sum()
        low, high = np.quantile(gains, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def _sampled(self) -> bool:
        """Whether rows were drawn whose spread tells how far the gain may be off."""
        if self.masses is not None:
            return False
        sums, _ = self._group_sums()
        return len(sums) > 1 and bool(np.isfinite(sums).all())

    def _group_sums(self) -> tuple[Any, Any]:
        rows = as_numpy(self.differences).astype(float)
        if self.groups is None:
            return rows, np.ones(len(rows))
        _, index = np.unique(np.asarray(self.groups), return_inverse=True)
        return np.bincount(index, rows), np.bincount(index)


def internal_gap(
    utility: Any,
    unweighted: Any,
    trained_weighted: Any,
    outcome: Any,
    *,
    loss: Loss = LOGARITHMIC,
    masses: Any = None,
    groups: Any = None,
) -> PairedGap:
    """The gap of eq. (19): what ex post weighting saves in weighted loss.

    `unweighted` (N, m) are the predictions P of the model trained without weights,
    `trained_weighted` (N, n) the P^u of the one trained with them; `groups` (N,) labels rows that
    may depend.
    """
    corrected = utility_weighted_prediction(utility, unweighted)
    ours = realised_loss(loss, utility, corrected, outcome)
    theirs = realised_loss(loss, utility, trained_weighted, outcome)
    return _gap(ours, theirs, -1, masses, groups)


def external_gap(
    utility: Any,
    unweighted: Any,
    trained_weighted: Any,
    outcome: Any,
    *,
    masses: Any = None,
    groups: Any = None,
) -> PairedGap:
    """The gap of eq. (20): what ex post weighting gains in utility; arguments as above.

    Of several best actions the first is taken; `tied` counts such rows, on which (20) leaves the
    decision, and with it the gap, open.
    """
    prediction = as_array(trained_weighted)
    ours = realised_utility(utility, decision(utility, unweighted), outcome)
    chosen = namespace(prediction).argmax(prediction, axis=-1)
    theirs = realised_utility(utility, chosen, outcome)
    tied = (_ties(expected_utility(utility, unweighted)), _ties(prediction))
    return _gap(ours, theirs, 1, masses, groups, tied)


@dataclass(frozen=True)
class LossSplit:
    """A model's weighted loss, by row (N,): in total, and what is left after optimal choice."""

    total_rows: Any
    learning_rows: Any
    masses: Any = None

    @property
    def total(self) -> Any:
        """E[l^u(P, Y)]."""
        return _mean(self.total_rows, self.masses)

    @property
    def learning(self) -> Any:
        """The part that is lost by not learning more."""
        return _mean(self.learning_rows, self.masses)

    @property
    def choosing(self) -> Any:
        """The part that is lost by not choosing well given what was learned."""
        return self.total - self.learning


def split_loss(
    utility: Any,
    prediction: Any,
    posterior: Any,
    *,
    loss: Loss = LOGARITHMIC,
    masses: Any = None,
) -> LossSplit:
    """The split where Q is known: `posterior` (N, m) is P(Y | P = prediction) of each row.

    `theory.calibration.observed_posterior` gives it for a finite joint distribution.
    """
    payoffs = expected_utility(utility, posterior)
    prediction = alongside(prediction, payoffs)
    shape = tuple(prediction.shape)
    require(shape == payoffs.shape, "shape of prediction", shape,
            f"be rows by actions, {tuple(payoffs.shape)}")  # fmt: skip
    best = utility_weighted_prediction(utility, posterior)
    learning = weighted(payoffs, loss.vector(best)).sum(axis=-1)
    return LossSplit(
        weighted(payoffs, loss.vector(prediction)).sum(axis=-1),
        learning,
        _validated_masses(masses, learning),
    )


def estimated_split(
    utility: Any,
    prediction: Any,
    outcome: Any,
    fit: Fit,
    *,
    loss: Loss = LOGARITHMIC,
    folds: int = 5,
    seed: int = 0,
    groups: Any = None,
) -> LossSplit:
    """The split from a sample, with Q estimated on the other folds.

    `fit(prediction, outcome)` returns a map from predictions to posteriors (such as those of
    `theory.calibration`); rows of one group stay in one fold.  The total is unbiased.  No map of
    P has a lower expected loss than p^u(Q), so the learning part is biased upwards and the
    choosing part downwards, by the divergence between p^u(estimate) and p^u(Q): the more, the
    fewer the rows and the poorer the map.  Fitted on the same rows, the bias would be the other
    way.  Raises `InputError` for fewer than two folds or fewer groups than folds.
    """
    utility, prediction = as_numpy(as_array(utility)), as_numpy(as_array(prediction))
    rows = len(prediction)
    outcome = as_numpy(validated_outcomes(outcome, utility.shape[-1], rows))
    labels = np.arange(rows) if groups is None else np.asarray(groups)
    require(len(labels) == rows, "number of groups' labels", len(labels), f"be {rows}")
    distinct, index = np.unique(labels, return_inverse=True)
    require(2 <= folds <= len(distinct), "folds", folds, f"lie in [2, {len(distinct)}]")
    fold = np.random.default_rng(seed).permutation(len(distinct))[index] % folds
    learning = np.empty(rows)
    for held_out in range(folds):
        test = fold == held_out
        recalibrate = fit(prediction[~test], outcome[~test])
        own = utility[test] if utility.ndim == 3 else utility
        best = utility_weighted_prediction(own, recalibrate(prediction[test]))
        learning[test] = realised_loss(loss, own, best, outcome[test])
    return LossSplit(realised_loss(loss, utility, prediction, outcome), learning)


def _payoffs(utility: Any, outcome: Any, rows: int) -> Any:
    """u(., y) of each row's class, shape (N, n)."""
    utility = as_array(utility)
    shape = tuple(utility.shape)
    fits = len(shape) == 2 or (len(shape) == 3 and shape[0] == rows)
    require(fits, "shape of utility", shape, f"be (n, m), or ({rows}, n, m)")
    outcome = _index_of(utility, validated_outcomes(outcome, shape[-1], rows))
    if len(shape) == 2:
        return utility.T[outcome]
    return utility[namespace(utility).arange(rows), :, outcome]


def _index_of(array: Any, numbers: Any) -> Any:
    """Integers as an index into the array: of its library, on its device."""
    if isinstance(array, np.ndarray):
        return as_numpy(numbers)
    return namespace(array).asarray(numbers, device=array.device)


def _ties(values: Any) -> int:
    """On how many rows the largest entry occurs twice."""
    best = namespace(values).max(values, axis=-1, keepdims=True)
    return int(((values == best).sum(axis=-1) > 1).sum())


def _mean(rows: Any, masses: Any) -> Any:
    if masses is not None:
        return weighted(masses, rows).sum()
    return rows.sum() * Fraction(1, len(rows)) if is_exact(rows) else rows.mean()


def _validated_masses(masses: Any, rows: Any) -> Any:
    """Masses beside the rows, if they are probabilities of these; symbols go unchecked."""
    if masses is None:
        return None
    masses = as_array(masses)
    shape = tuple(masses.shape)
    require(shape == (len(rows),), "shape of masses", shape, f"be ({len(rows)},)")
    if not is_exact(masses) or all(isinstance(mass, Real) for mass in masses):
        validated_probabilities(masses, "masses")
    return alongside(masses, rows)


def _gap(
    ours: Any, theirs: Any, sign: int, masses: Any, groups: Any, tied: tuple[int, int] = (0, 0)
) -> PairedGap:
    ours = alongside(ours, theirs)
    theirs = alongside(theirs, ours)
    require(len(ours) > 0, "number of rows", 0, "be at least 1")
    labelled = len(ours) if groups is None else len(groups)
    require(labelled == len(ours), "number of groups' labels", labelled, f"be {len(ours)}")
    masses = _validated_masses(masses, ours)
    one, other = _mean(ours, masses), _mean(theirs, masses)
    with np.errstate(invalid="ignore"):  # inf - inf is nan, as documented
        gain, differences = sign * (one - other), sign * (ours - theirs)
    return PairedGap(one, other, gain, differences, masses, groups, tied)
