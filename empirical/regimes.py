"""Three ways to serve a weighted objective, and what is measured of their predictions.

Utilities are class weights (14): w_y for naming class y rightly.  A machine is trained

* with the class-weighted cross entropy (15): *weighted training*, whose predictions P^w are taken
  as they are;
* with plain cross entropy: its predictions P are corrected to p^w(P), eq. (16), *ex post
  weighting*, or taken as they are, *unweighted raw*.

So two trainings give three regimes.  All are judged by the weighted loss -w_y log p_y, by the
classification utility w_y [argmax p = y], by the plain loss and by accuracy.  Weights are scaled
such that predicting the class frequencies of the training data costs as much as under plain
cross entropy, eq. (21).

Source: Misaligned by Design, eqs. (14)-(16), (19)-(21), Section 3, footnote 13, Appendix C.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import softmax

from theory.command_line import require
from theory.prediction import utility_weighted_prediction
from theory.utility import class_weight_utility, normalised_weights

REGIMES_OF = {"weighted": ("weighted",), "unweighted": ("ex_post", "raw")}  # by training
TRAININGS = tuple(REGIMES_OF)
REGIMES = tuple(regime for regimes in REGIMES_OF.values() for regime in regimes)
TITLES = {"weighted": "weighted training", "ex_post": "ex post weighting", "raw": "unweighted raw"}
SPLITS = ("validation", "test")
MEASURES = ("weighted_loss", "utility", "loss", "accuracy")
LOSSES = ("weighted_loss", "loss")  # the smaller the better; of the others the larger


def emphasising_weights(frequencies: Any, emphasised: int, ratio: float) -> np.ndarray:
    """Weights that count class `emphasised` `ratio` times as much as any other, scaled by (21).

    `frequencies` (m,): class frequencies of the training data, in the simplex.  Raises
    `InputError` if the ratio is not positive and finite.

    >>> emphasising_weights([0.25, 0.25, 0.25, 0.25], 1, 97).tolist()
    [0.04, 3.88, 0.04, 0.04]
    """
    require(0 < ratio < float("inf"), "ratio", ratio, "be positive and finite")
    weights = np.ones(len(frequencies))
    weights[emphasised] = ratio
    return np.asarray(normalised_weights(weights, np.asarray(frequencies, dtype=float)))


def inverse_probability_weights(frequencies: Any) -> np.ndarray:
    """Weights w_y proportional to 1 / P(y), scaled by (21); footnote 13.

    `frequencies` (m,): class frequencies of the training data, all positive (else `InputError`).
    """
    prior = np.asarray(frequencies, dtype=float)
    rarest = int(prior.argmin())
    require(prior[rarest] > 0, f"frequency of class {rarest}", prior[rarest], "be above zero")
    return np.asarray(normalised_weights(1 / prior, prior))


def predictions(logits: np.ndarray, regime: str, weights: np.ndarray) -> np.ndarray:
    """What the regime predicts from the logits (N, m) of its training; weights (m,).

    In double precision, which keeps the logarithms of small predictions.
    """
    shares = np.asarray(softmax(np.asarray(logits, dtype=float), axis=-1))
    if regime != "ex_post":
        return shares
    return np.asarray(utility_weighted_prediction(class_weight_utility(weights), shares))


def measure(prediction: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """The four `MEASURES` of predictions (N, m) for labels (N,) under weights (m,).

    The means of eqs. (19) and (20) for class weights, all of them positive, and for none, without
    their m x m matrices.  A loss is infinite if some class that occurred was given no chance.
    """
    with np.errstate(divide="ignore"):
        losses = -np.log(prediction[np.arange(len(labels)), labels])
    right, own = prediction.argmax(axis=-1) == labels, weights[labels]
    values = (own * losses, own * right, losses, right)
    return {name: float(value.mean()) for name, value in zip(MEASURES, values, strict=True)}
