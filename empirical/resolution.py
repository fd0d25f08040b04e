"""What a trained model has learned, measured like for like across regimes.

A model's weighted loss has two parts (Proposition 1, `theory.alignment`): what it lost by not
learning more, and what it lost by not choosing well given what it learned.  To compare what
weighted and unweighted training *learned*, both are given the same means of choosing:

1. recover the posterior q behind the predictions: by Theorem 2, eq. (27), for weighted training;
   the predictions themselves for unweighted training;
2. recalibrate empirically: q' proportional to exp(b_y + a log q_y), with a temperature a and m
   biases b fitted on *validation* data (m + 1 numbers: the m^2 + m of
   `theory.calibration.fit_multinomial` are too many for a hundred classes), under equal weights or
   under
   those of the loss that is measured, but only if that lowers the loss under cross-validation
   within the validation data by more than one standard error (a heavy class may have few images
   there, and what fits them makes predictions of others worse);
3. read the loss of p^w(q') on *test* data.

No map of the predictions has a lower expected loss than p^w(Q), so the learning part is bounded
from above, and the choosing part (total minus learning) from below.  In the population the
choosing part is not negative; an estimate that is says that the recalibration did not carry over
to the test data.  Measured under plain cross
entropy, the learning part subtracted from the entropy of the class frequencies is the *resolution*
of the recovered posteriors: a lower bound of the information in nats that predictions carry.

Proposition 2 says where learning should suffer.  For one class against the rest, with weights w_1
and w_2, the residual loss is a mixture of the elementary losses of deciding at a threshold t,

    S_t(q, y) = (1 - t) [y = 1, q < t] + t [y = 0, q >= t],
    weighted loss = integral of S_t h(t) dt,   h(t) = w_1 w_2 / (t (1-t) (w_1 t + w_2 (1-t))),

where h is the curvature of residual learning loss, and 1 / (t (1-t)) that of plain log loss.  So
the machine's incentive to get decisions at threshold t right is multiplied by the
`incentive_ratio` w_1 w_2 / (w_1 t + w_2 (1-t)).  If dampened incentives hurt learning, weighted
training should do worse, by more, at thresholds where that ratio is small: `incentive_slope`.

Source: Misaligned by Design, Propositions 1 and 2, eqs. (12), (13), (18), (27); the mixture is
Schervish's (1989) representation of proper losses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from theory.alignment import realised_loss
from theory.incentives import marginal_value_of_information
from theory.prediction import utility_weighted_prediction
from theory.scoring_families import LOGARITHMIC
from theory.utility import class_weight_utility

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))
MOST_ITERATIONS = 100
FOLDS = 4
FITS = ("none", "equal weights", "weights")
STANDARD_ERRORS = 1.0  # of the cross-validated gain that a recalibration must exceed
PULL = 1e-3  # weight of the squared distance from "no recalibration"


def recovered_posterior(logits: np.ndarray, training: str, weights: np.ndarray) -> np.ndarray:
    """The posterior behind the predictions (N, m) of a training; weights (m,).

    Class weights are undone by class weights 1/w, eq. (27).
    """
    shares = np.asarray(softmax(np.asarray(logits, dtype=float), axis=-1))
    if training == "unweighted":
        return shares
    return np.asarray(utility_weighted_prediction(class_weight_utility(1 / weights), shares))


class Recalibration:
    """q' proportional to exp(b + a log q): a temperature and a bias for each class.

    Fitted to posteriors (N, m) and labels (N,) by minimising the mean loss of p^w(q') under the
    weights (m,), in units of their mean, plus `PULL` times the squared distance of (a, b) from
    (1, 0); convex.
    """

    def __init__(self, posterior: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> None:
        rows, classes = posterior.shape
        scores, tilt = _log(posterior), np.log(weights)
        share = weights[labels] / weights[labels].sum()

        def objective(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            shift = parameters - start
            logs = log_softmax(parameters[0] * scores + parameters[1:] + tilt, axis=-1)
            residual = np.exp(logs) * share[:, None]
            residual[np.arange(rows), labels] -= share
            slope = np.concatenate([[(residual * scores).sum()], residual.sum(axis=0)])
            loss = -share @ logs[np.arange(rows), labels]
            return float(loss + PULL * shift @ shift), slope + 2 * PULL * shift

        start = np.concatenate([[1.0], np.zeros(classes)])
        found = minimize(
            objective, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_ITERATIONS}
        )
        self.temperature, self.biases = float(found.x[0]), found.x[1:]

    def __call__(self, posterior: np.ndarray) -> np.ndarray:
        """The recalibrated posteriors; shapes (N, m)."""
        scores = self.temperature * _log(posterior) + self.biases
        return np.asarray(softmax(scores, axis=-1))


def best_recalibration(
    posterior: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> tuple[str, Callable[[np.ndarray], np.ndarray]]:
    """The map with the lowest cross-validated loss under `weights`, and its name in `FITS`.

    `Recalibration` under equal weights or under `weights`, refitted to all rows, if its mean gain
    over no recalibration exceeds `STANDARD_ERRORS` standard errors; else none.
    Shapes: posteriors (N, m), labels (N,), weights (m,).
    """
    utility = class_weight_utility(weights)
    under = dict(zip(FITS[1:], (np.ones_like(weights), weights), strict=True))
    fold = np.random.default_rng(0).permutation(len(labels)) % FOLDS
    plain = _losses(utility, posterior, labels)
    best, largest = FITS[0], 0.0
    for name, chosen in under.items():
        found = np.empty(len(labels))
        for left_out in range(FOLDS):
            kept, rest = fold != left_out, fold == left_out
            fit = Recalibration(posterior[kept], labels[kept], chosen)
            found[rest] = _losses(utility, fit(posterior[rest]), labels[rest])
        if not (np.isfinite(plain).all() and np.isfinite(found).all()):
            continue  # an infinite loss has no standard error
        gains = plain - found
        error = float(gains.std(ddof=1)) / math.sqrt(len(gains)) if len(gains) > 1 else math.inf
        if gains.mean() > max(STANDARD_ERRORS * error, largest):
            best, largest = name, float(gains.mean())
    if best == FITS[0]:
        return best, lambda held_out: held_out
    return best, Recalibration(posterior, labels, under[best])


def measure_learning(
    logits: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    training: str,
    weights: np.ndarray,
    emphasised: int | None,
) -> dict[str, Any]:
    """What one trained model learned; arrays by split, "validation" and "test".

    ``learning`` and ``choosing``: the two parts of the weighted test loss of the model's own
    predictions corrected to the weighted objective (p^w of the recovered posterior).
    ``resolution``: nats.  ``recalibration``: which of `FITS` each of the two rests on; with
    "none" the learning part is the total.  ``elementary``: mean elementary losses of the
    emphasised class against the rest at `THRESHOLDS` (None if no class is emphasised), of
    posteriors recalibrated under equal weights.
    """
    posterior = {name: recovered_posterior(values, training, weights) for name, values in
                 logits.items()}  # fmt: skip
    utility, plain = class_weight_utility(weights), np.eye(len(weights))
    truth, held_out = labels["validation"], labels["test"]
    total = _loss(utility, posterior["test"], held_out)
    known = posterior["validation"]
    name, best = best_recalibration(known, truth, weights)
    learning = _loss(utility, best(posterior["test"]), held_out)
    plain_name, plainly = best_recalibration(known, truth, np.ones_like(weights))
    recalibrated = plainly(posterior["test"])
    shares = np.bincount(held_out, minlength=len(weights)) / len(held_out)
    entropy = -float((shares[shares > 0] * np.log(shares[shares > 0])).sum())
    return {
        "total": total,
        "learning": learning,
        "choosing": total - learning,
        "resolution": entropy - _loss(plain, recalibrated, held_out),
        "recalibration": {"learning": name, "resolution": plain_name},
        "elementary": None
        if emphasised is None
        else elementary_losses(recalibrated[:, emphasised], held_out == emphasised),
    }


def elementary_losses(posterior: np.ndarray, occurred: np.ndarray) -> list[float]:
    """Mean of S_t over the rows, for each of `THRESHOLDS`; shapes (N,).

    >>> elementary_losses(np.array([0.0, 1.0]), np.array([False, True]))[:3]
    [0.0, 0.0, 0.0]
    """
    thresholds = np.array(THRESHOLDS)[:, None]
    missed = occurred & (posterior < thresholds)
    false_alarm = ~occurred & (posterior >= thresholds)
    losses: list[float] = (
        ((1 - thresholds) * missed + thresholds * false_alarm).mean(axis=1).tolist()
    )
    return losses


def incentive_ratio(threshold: Any, weight: float, other: float) -> Any:
    """w_1 w_2 / (w_1 t + w_2 (1-t)): the weighted incentive at threshold t over the plain one.

    >>> round(float(incentive_ratio(0.5, 1.98, 0.02)), 4)
    0.0396
    """
    weighted = marginal_value_of_information([weight, other], threshold)
    return weighted / marginal_value_of_information([1.0, 1.0], threshold)


def incentive_slope(
    weighted: Sequence[float], unweighted: Sequence[float], weight: float, other: float
) -> float:
    """Slope of (weighted - unweighted) relative elementary loss on the log of the incentive ratio.

    Each difference is divided by the mean of the two losses (thresholds where both are zero are
    left out; nan if fewer than three remain).  Negative: weighted training does worse where
    its incentive is dampened more.
    """
    first, second = np.asarray(weighted), np.asarray(unweighted)
    kept = first + second > 0
    if kept.sum() < 3:
        return float("nan")
    ratio = np.log(incentive_ratio(np.array(THRESHOLDS), weight, other))[kept]
    relative = 2 * (first - second)[kept] / (first + second)[kept]
    return float(np.polyfit(ratio, relative, 1)[0])


def comparison_slopes(comparison: Mapping[str, Any]) -> list[float]:
    """`incentive_slope` of every complete run of a comparison; empty if no class is emphasised.

    Also if all classes weigh the same (to the digits of a recorded weight): the incentive ratio
    does not vary with the threshold then.
    """
    heavy = comparison["configuration"]["emphasised"]
    if heavy is None:
        return []
    index, weights = comparison["data"]["classes"].index(heavy), comparison["data"]["class_weights"]
    other = weights[index - 1]  # all other classes weigh the same
    if math.isclose(weights[index], other, rel_tol=1e-5):
        return []
    curves = [
        [pair[training]["learning"]["elementary"] for training in ("weighted", "unweighted")]
        for pair in comparison["runs"].values()
        if len(pair) == 2
    ]
    return [incentive_slope(first, second, weights[index], other) for first, second in curves]


def _loss(utility: np.ndarray, posterior: np.ndarray, labels: np.ndarray) -> float:
    return float(_losses(utility, posterior, labels).mean())


def _losses(utility: np.ndarray, posterior: np.ndarray, labels: np.ndarray) -> np.ndarray:
    prediction = utility_weighted_prediction(utility, posterior)
    return np.asarray(realised_loss(LOGARITHMIC, utility, prediction, labels))


def _log(posterior: np.ndarray) -> np.ndarray:
    """Logarithms, those of zero replaced by that of the smallest positive float."""
    return np.asarray(np.log(np.maximum(posterior, np.finfo(float).tiny)))
