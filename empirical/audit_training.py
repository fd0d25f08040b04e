"""Training on one split, with or without weights: the same code, with another utility matrix.

With the identity for U the utility-weighted loss is the plain one, so unweighted training is the
special case of weights that are all 1.  Three folds within the training rows choose the learner's
setting by the loss that it is trained on, and give predictions of rows that the models did not
see, for whatever is fitted to predictions later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from empirical.audit_data import Cases
from empirical.audit_models import MODELS, Learner, expanded
from empirical.audit_splits import INNER, INNER_FOLDS, splits
from theory.alignment import realised_loss
from theory.scoring_families import LOGARITHMIC


@dataclass(frozen=True)
class Trained:
    """What training gave: probabilities of the n actions.

    `held_out` (training rows, n), by models that did not see the row; `predictions` (test rows, n),
    by the model trained on all training rows; `setting`, the position of the learner's setting;
    `converged`, whether all its fits did.
    """

    held_out: np.ndarray
    predictions: np.ndarray
    setting: int
    converged: bool


def trained(
    model: str,
    cases: Cases,
    utility: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    seed: int,
    tune: bool,
) -> Trained:
    """Train on the rows `train` with the loss weighted by `utility`, (n, m) or (rows, n, m).

    If not `tune`, the learner has its first setting.
    """
    settings = range(len(MODELS[model]) if tune else 1)
    inner = splits(cases, train, INNER_FOLDS, seed, INNER)
    place = np.empty(len(cases), dtype=np.int64)
    place[train] = np.arange(len(train))
    best: tuple[float, int, np.ndarray] | None = None
    converged = True
    for setting in settings:
        predicted = np.empty((len(train), utility.shape[-2]))
        for fitted, left_out in inner:
            learner = _fitted(model, setting, cases, utility, fitted, seed)
            predicted[place[left_out]] = learner.predict(cases.features.take(left_out))
            converged &= learner.converged
        losses = realised_loss(LOGARITHMIC, _own(utility, train), predicted, cases.labels[train])
        loss = float(losses.mean())
        if best is None or loss < best[0]:
            best = (loss, setting, predicted)
    assert best is not None
    learner = _fitted(model, best[1], cases, utility, train, seed)
    predictions = learner.predict(cases.features.take(test))
    return Trained(best[2], predictions, best[1], converged and learner.converged)


def _fitted(
    model: str, setting: int, cases: Cases, utility: np.ndarray, rows: np.ndarray, seed: int
) -> Learner:
    copies, actions, weights = expanded(_own(utility, rows), cases.labels[rows])
    learner = Learner(model, setting, utility.shape[-2], seed)
    return learner.fit(cases.features.take(rows), actions, copies, weights)


def _own(utility: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return utility[rows] if utility.ndim == 3 else utility
