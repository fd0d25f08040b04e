"""Recalibration maps of the audit: from predictions of unseen rows to posteriors.

A map is a multinomial regression on log probabilities (`theory.calibration.fit_multinomial`),
drawn towards changing nothing by a penalty.  Where the predictions are posteriors already, it may
also be a mere temperature, p^s normalised (Guo et al. 2017), or change nothing.  Which of them is
taken is decided by the utility-weighted log loss of p^u(map) on held-out parts of the sample: many
classes and few rows call for a small change, or none.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from theory.alignment import realised_loss
from theory.calibration import SMALLEST, fit_multinomial
from theory.prediction import utility_weighted_prediction
from theory.scoring_families import LOGARITHMIC

PENALTIES = (1e-4, 1e-2, 1.0)  # of fit_multinomial: from free to nearly fixed slopes
EXPONENTS = (0.05, 5.0)
PARTS = 3
MOST_ROWS = 50_000  # more rows no longer change a map of a few parameters per class

Map = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray], Map]


def fit_map(
    prediction: np.ndarray,
    labels: np.ndarray,
    utility: np.ndarray,
    classes: int,
    posterior: bool,
    seed: int,
) -> Map:
    """The best map of predictions (rows, n) to posteriors (rows, m), fitted on all rows.

    `labels` (rows,); `utility` (n, m) or (rows, n, m); `posterior` says whether the predictions
    are posteriors, which may stay as they are.
    """
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(len(labels))[:MOST_ROWS]
    prediction, labels = prediction[chosen], labels[chosen]
    utility = utility[chosen] if utility.ndim == 3 else utility
    fits = [_multinomial(penalty, classes) for penalty in PENALTIES]
    if posterior:
        fits += [_temperature, _unchanged]
    losses = [_held_out_loss(fit, prediction, labels, utility) for fit in fits]
    return fits[int(np.argmin(losses))](prediction, labels)


def _held_out_loss(
    fit: Fit, prediction: np.ndarray, labels: np.ndarray, utility: np.ndarray
) -> float:
    part = np.arange(len(labels)) % PARTS
    total = 0.0
    for held_out in range(PARTS):
        test = part == held_out
        found = fit(prediction[~test], labels[~test])(prediction[test])
        own = utility[test] if utility.ndim == 3 else utility
        best = utility_weighted_prediction(own, found)
        total += float(realised_loss(LOGARITHMIC, own, best, labels[test]).sum())
    return total


def _multinomial(penalty: float, classes: int) -> Fit:
    return lambda prediction, labels: fit_multinomial(
        prediction, labels, penalty=penalty, classes=classes
    )


def _temperature(prediction: np.ndarray, labels: np.ndarray) -> Map:
    """p^s, normalised, with the exponent s of the least log loss."""
    logarithms = np.log(prediction.clip(min=SMALLEST))
    chosen = np.arange(len(labels)), labels

    def loss(exponent: float) -> float:
        return -float(log_softmax(exponent * logarithms, axis=1)[chosen].mean())

    exponent = float(minimize_scalar(loss, bounds=EXPONENTS, method="bounded").x)
    return lambda given: softmax(exponent * np.log(given.clip(min=SMALLEST)), axis=1)


def _unchanged(prediction: np.ndarray, labels: np.ndarray) -> Map:
    return lambda given: given
