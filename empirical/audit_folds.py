"""Repeated cross-validation of the audit, paired: all models and regimes see the same folds."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from empirical.audit_data import Cases
from empirical.audit_methods import Outcome, evaluate
from empirical.audit_payoffs import Payoffs
from empirical.audit_splits import check_folds, splits

PROGRESS_EVERY = 3.0  # seconds between two lines of progress


@dataclass(frozen=True)
class Settings:
    """What is run: `models` by name, `repeats` of `folds`, the first seed, parallel `jobs`,
    and whether settings of the learners are chosen within training rows (`tune`) or fixed."""

    models: tuple[str, ...]
    repeats: int = 2
    folds: int = 5
    seed: int = 0
    jobs: int = 1
    tune: bool = True


def cross_validate(cases: Cases, payoffs: Payoffs, settings: Settings) -> dict[str, list[Outcome]]:
    """Outcomes of every model in the order of repeats and folds.

    Those of the first repeat, whose test sets together are all rows, keep their predictions.
    Results do not depend on `jobs`.  Progress goes to standard error.  Raises `InputError` for
    classes too rare for the folds.
    """
    check_folds(cases, settings.folds)
    everything = np.arange(len(cases))
    parts = [
        (settings.seed + repeat, repeat == 0, train, test)
        for repeat in range(settings.repeats)
        for train, test in splits(cases, everything, settings.folds, settings.seed + repeat)
    ]
    tasks = [(model, *part) for model in settings.models for part in parts]
    calls = (
        delayed(evaluate)(model, cases, payoffs, train, test, seed, settings.tune, keep)
        for model, seed, keep, train, test in tasks
    )
    outcomes: dict[str, list[Outcome]] = {model: [] for model in settings.models}
    begun = shown = time.perf_counter()
    results = Parallel(n_jobs=settings.jobs, return_as="generator")(calls)
    for done, (task, outcome) in enumerate(zip(tasks, results, strict=True), start=1):
        outcomes[task[0]].append(outcome)
        now = time.perf_counter()
        if now - shown >= PROGRESS_EVERY and done < len(tasks):
            left = (now - begun) / done * (len(tasks) - done)
            print(f"{task[0]}: {done}/{len(tasks)} splits, about {left:.0f} s left",
                  file=sys.stderr, flush=True)  # fmt: skip
            shown = now
    return outcomes
