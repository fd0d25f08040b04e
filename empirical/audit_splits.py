"""Folds of the audit: stratified by class, groups kept whole, checked before training."""

from __future__ import annotations

import itertools
import math

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from empirical.audit_data import Cases
from theory.command_line import require

INNER_FOLDS = 3  # within the training rows, for recalibration and threshold
INNER = "the folds within the training rows"

Split = tuple[np.ndarray, np.ndarray]


def splits(
    cases: Cases, rows: np.ndarray, folds: int, seed: int, what: str = "--folds"
) -> list[Split]:
    """Pairs of training and test rows that part `rows` into `folds` test sets.

    Raises `InputError` naming a class with fewer rows (or groups) than folds, or one that some
    training part would lack.
    """
    labels = cases.labels[rows]
    groups = None if cases.groups is None else cases.groups[rows]
    for name, count in class_counts(cases, rows).items():
        unit = "rows" if groups is None else "groups"
        require(count >= folds, f"class {name!r} of the target", f"found in {count} {unit}",
                f"be found in at least {folds}, as many as {what}")  # fmt: skip
    if groups is None:
        cut = StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, labels)
    else:
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        cut = splitter.split(rows, labels, groups)
    parts = [(rows[train], rows[test]) for train, test in cut]
    for number, (train, _) in enumerate(parts):
        present = np.bincount(cases.labels[train], minlength=len(cases.classes)) > 0
        for label in np.flatnonzero(~present):
            require(False, f"class {cases.classes[label]!r} of the target",
                    f"absent from training part {number} of {what}",
                    "be spread over more groups")  # fmt: skip
    return parts


def check_folds(cases: Cases, folds: int) -> None:
    """Raise `InputError` for a class too rare to be in every part of every split.

    A class with c rows keeps at least c - ceil(c / folds) in training, which must be as many as
    the folds within.
    """
    unit = "rows" if cases.groups is None else "groups"
    for name, count in class_counts(cases, np.arange(len(cases))).items():
        least = next(c for c in itertools.count(folds) if c - math.ceil(c / folds) >= INNER_FOLDS)
        require(count >= least, f"class {name!r} of the target", f"found in {count} {unit}",
                f"be found in at least {least} for --folds {folds}: each test set needs one, and "
                f"the rest {INNER_FOLDS} (merge or drop rare classes)")  # fmt: skip


def class_counts(cases: Cases, rows: np.ndarray) -> dict[str, int]:
    """How many of the rows (of the groups, where there are any) have each class."""
    labels = cases.labels[rows]
    if cases.groups is None:
        counts = np.bincount(labels, minlength=len(cases.classes))
        return dict(zip(cases.classes, counts.tolist(), strict=True))
    groups = cases.groups[rows]
    return {
        name: len(np.unique(groups[labels == label])) for label, name in enumerate(cases.classes)
    }
