"""Seven regimes on one split of the data: how predictions are made, corrected and acted on.

Two models are trained on the training rows: q(x) without weights, P^u(x) with utility-weighted
loss (`empirical.audit_training`).  From their predictions of held-out training rows a
recalibration map to posteriors and, if the actions are two classes, a threshold are learned.
Then, on the test rows:

================  ==================================================  =========================
regime            prediction p (n actions)                            action
================  ==================================================  =========================
``weighted``      P^u                                                 argmax p
``ex_post``       p^u(q), eq. (8)                                     argmax p
``weighted_cal``  p^u(map of P^u): recovered, recalibrated            argmax p
``ex_post_cal``   p^u(map of q): recalibrated                         argmax p
``raw``           q (none, if the actions are not the classes)        best for the likeliest class
``threshold``     none                                                second if q_1 >= threshold
``constant``      p^u(class shares)                                   best for the training rows
================  ==================================================  =========================

`weighted_cal` first takes the posterior behind P^u by Theorem 2, where U can be inverted (without
the recalibration that changes nothing: p^u of the recovered posterior is P^u), else it maps P^u
itself.  `empirical.audit_maps` has the map.

If every case has its own utility u_i, weighted training sees it in training only: costs are no
features, so P^u(x) is trained towards  sum_y q_y(x) E[u(., y) | x, y],  normalised.  Theorem 2 then
takes the mean utility of each class in the training rows for E[u | x, y], which is right if u does
not depend on x within classes, and else is left to the map.  Every other correction takes the
case's own u_i.

By the learning identity, what is left of the weighted loss after the recalibration is what was not
learned, and what the recalibration saves was lost by choosing.  Both are estimates: the map is
itself learned, which makes the learning part too large and the choosing part too small.

Source: Misaligned by Design, Theorems 1 and 2, Proposition 1, eqs. (6), (8), (9), (19), (20).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from empirical.audit_data import Cases
from empirical.audit_maps import fit_map
from empirical.audit_payoffs import Payoffs
from empirical.audit_training import trained
from theory.alignment import realised_loss
from theory.conditioning import condition_number
from theory.prediction import expected_utility, utility_weighted_prediction
from theory.recalibration import recalibrate
from theory.scoring_families import LOGARITHMIC

REGIMES = {
    "weighted": "weighted training",
    "ex_post": "ex post weighting",
    "weighted_cal": "weighted training, recalibrated",
    "ex_post_cal": "ex post weighting, recalibrated",
    "raw": "unweighted, raw",
    "threshold": "unweighted, tuned threshold",
    "constant": "one action for all, no model",
}
LARGEST_CONDITION = 1e8  # of a utility that Theorem 2 is asked to invert
MEASURES = ("payoff", "weighted_loss", "loss")


@dataclass(frozen=True)
class Outcome:
    """One model on one split.

    measures: regime -> measure -> mean over the test rows: ``payoff`` in the user's units,
        ``weighted_loss`` l^u, ``loss`` the plain log loss of the posterior; None where a regime
        has no such prediction.
    predictions: regime -> predictions of the actions (test rows, n);
    posteriors: regime -> posteriors (test rows, m); both empty unless asked for.
    settings: positions of the learner's setting, without and with weights.
    converged: whether all fits of the learner did.
    """

    rows: np.ndarray
    measures: dict[str, dict[str, float | None]]
    settings: tuple[int, int]
    converged: bool
    predictions: dict[str, np.ndarray] = field(default_factory=dict)
    posteriors: dict[str, np.ndarray] = field(default_factory=dict)


def evaluate(
    model: str,
    cases: Cases,
    payoffs: Payoffs,
    train: np.ndarray,
    test: np.ndarray,
    seed: int,
    tune: bool = True,
    keep: bool = False,
) -> Outcome:
    """Train on the rows `train`, apply every regime to the rows `test`.

    If not `tune`, both models have the learner's first setting.
    """
    classes, labels = len(cases.classes), cases.labels[train]
    own, utility = payoffs.of_cases(train), payoffs.of_cases(test)
    split = (train, test, seed, tune)
    plainly = trained(model, cases, np.eye(classes), *split)
    weightedly = trained(model, cases, payoffs.utility, *split)
    plain, weighted = plainly.predictions, weightedly.predictions
    trained_towards = class_means(own, labels)
    inner_recovered = _recovered(trained_towards, weightedly.held_out)
    from_plain = fit_map(plainly.held_out, labels, own, classes, True, seed)
    from_weighted = fit_map(
        inner_recovered, labels, own, classes, inner_recovered is not weightedly.held_out, seed
    )

    recovered = _recovered(trained_towards, weighted)
    posteriors = {
        "ex_post": plain,
        "ex_post_cal": from_plain(plain),
        "weighted_cal": from_weighted(recovered),
        "raw": plain,
        "constant": np.tile(_shares(labels, classes), (len(test), 1)),
    }
    if recovered is not weighted:
        posteriors["weighted"] = recovered
    predictions = {"weighted": weighted} | {
        regime: utility_weighted_prediction(utility, posteriors[regime])
        for regime in ("ex_post", "weighted_cal", "ex_post_cal", "constant")
    }
    actions = {regime: p.argmax(axis=1) for regime, p in predictions.items()}
    actions["constant"] = np.full(len(test), _best_constant(payoffs, labels, train))
    actions["raw"] = _best_for_class(payoffs.payoff, test, plain.argmax(axis=1))
    if payoffs.actions == cases.classes:
        predictions["raw"] = plain
    if classes == 2 and payoffs.actions == cases.classes:
        cut = tuned_threshold(plainly.held_out[:, 1], payoffs, labels, train)
        actions["threshold"] = (plain[:, 1] >= cut).astype(int)

    truth = cases.labels[test]
    measures: dict[str, dict[str, float | None]] = {}
    for regime, chosen in actions.items():
        payoff = float(payoffs.realised(chosen, truth, test).mean())
        measures[regime] = {
            "payoff": payoff,
            "weighted_loss": _mean_loss(utility, predictions.get(regime), truth),
            "loss": _mean_loss(np.eye(classes), posteriors.get(regime), truth),
        }
    chosen_settings = (plainly.setting, weightedly.setting)
    converged = plainly.converged and weightedly.converged
    if not keep:
        predictions, posteriors = {}, {}
    return Outcome(test, measures, chosen_settings, converged, predictions, posteriors)


def tuned_threshold(
    probability: np.ndarray, payoffs: Payoffs, labels: np.ndarray, rows: np.ndarray
) -> float:
    """The cut of `probability` (of the second class) with the highest payoff in a sample.

    Shapes (rows,).  The second action is taken from the cut upwards; inf if never.  Cases of equal
    probability are never parted; of equally good cuts the lowest counts.
    """
    ones = np.ones(len(rows), dtype=int)
    gain = payoffs.realised(ones, labels, rows) - payoffs.realised(0 * ones, labels, rows)
    order = np.argsort(probability, kind="stable")
    ordered = probability[order]
    first = np.append(True, ordered[1:] > ordered[:-1])  # where a new probability starts
    above = np.append(np.cumsum(gain[order][::-1])[::-1][first], 0.0)
    return float(np.append(ordered[first], np.inf)[int(above.argmax())])


def class_means(utility: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean of u(., y) over the cases of each class y, (n, m); one matrix for all stays itself.

    Shapes: utility (n, m) or (rows, n, m); labels (rows,), with every class.
    """
    if utility.ndim == 2:
        return utility
    columns = [utility[labels == label, :, label].mean(axis=0) for label in range(utility.shape[2])]
    return np.column_stack(columns)


def _recovered(utility: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Posteriors by Theorem 2, negative ones cut off; the prediction itself if U has no inverse."""
    if utility.shape[0] != utility.shape[1]:
        return prediction
    if not (utility.sum(axis=0) > 0).all() or not condition_number(utility) < LARGEST_CONDITION:
        return prediction
    posterior = np.asarray(recalibrate(utility, prediction).posterior).clip(min=1e-12)
    posterior = np.where(np.isfinite(posterior), posterior, 1.0)
    return posterior / posterior.sum(axis=1, keepdims=True)


def _best_for_class(payoff: np.ndarray, rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The action that is best where the class is `labels`."""
    own = payoff[rows] if payoff.ndim == 3 else payoff
    certain = np.eye(payoff.shape[-1])[labels]
    return np.asarray(expected_utility(own, certain)).argmax(axis=1)


def _best_constant(payoffs: Payoffs, labels: np.ndarray, rows: np.ndarray) -> int:
    """The action that, taken in every case, pays best on the training rows."""
    same = (np.full(len(rows), action) for action in range(len(payoffs.actions)))
    return int(np.argmax([payoffs.realised(taken, labels, rows).sum() for taken in same]))


def _shares(labels: np.ndarray, classes: int) -> np.ndarray:
    return np.bincount(labels, minlength=classes) / len(labels)


def _mean_loss(utility: np.ndarray, prediction: Any, labels: np.ndarray) -> float | None:
    if prediction is None:
        return None
    return float(np.mean(realised_loss(LOGARITHMIC, utility, prediction, labels)))
