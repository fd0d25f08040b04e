"""From outcomes by fold to what the audit says: one JSON object.

``data``, ``settings`` and ``environment`` say what was run on what; ``models`` has for each model

* ``regimes``: mean of every measure and its values by fold.  Of `weighted` and `ex_post` also the
  ``learning`` and ``choosing`` parts of the weighted loss (see `empirical.audit_methods`);
* ``comparisons``: ex post weighting against weighted training, positive where ex post is better, in
  ``payoff`` (what is earned or saved per case), ``weighted_loss``, ``learning``, ``choosing``;
* ``against_ex_post``: payoff of ex post weighting minus that of every other regime;
* ``calibration``: expected calibration error of each posterior by class, and its bins;
* ``loss_calibration``: the test that predictions are the best reply to what they tell (28),
  or None where utilities differ by case or cases form groups;
* ``settings`` of the learner by fold, without and with weights; ``warnings``.

``verdicts`` has one sentence per model and measure, ``summary`` the answer.  p-values of a measure
are adjusted across models.  Intervals are None where all test sets differ alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from empirical.audit_data import Cases
from empirical.audit_folds import Settings
from empirical.audit_methods import MEASURES, Outcome
from empirical.audit_payoffs import Payoffs
from empirical.audit_statistics import ROUNDING, corrected_difference, holm, without_rounding
from empirical.audit_verdict import TESTED, VERDICTS, sentence, summary
from theory.calibration import reliability
from theory.calibration_inference import loss_calibration_test

FORMAT = "audit of weighted training, version 2"
COMPARED = ("payoff", "weighted_loss", "learning", "choosing")
SPLIT = {"weighted": "weighted_cal", "ex_post": "ex_post_cal"}  # regime: its recalibrated form
TESTED_ROWS = 2000  # rows of the test of loss calibration: its cost grows with them
SHOWN_CLASSES = 4  # classes whose reliability is recorded bin by bin
DIGITS = 6
UNEQUAL = 1.5  # largest test set in means, from which on it is remarked
TELLTALE = 0.01  # log loss below which a feature may tell the class
IDLE = "one action for all cases does at least as well as this model, with weights or without"
OWN_COSTS = (
    "every case has its own costs: weighted training sees them in training only and decides by the "
    "features, as costs are none, while ex post weighting decides by each case's costs; the "
    "comparison includes that difference"
)


def audit_record(
    name: str,
    cases: Cases,
    payoffs: Payoffs,
    settings: Settings,
    outcomes: Mapping[str, Sequence[Outcome]],
) -> dict[str, Any]:
    """The record, without environment, time and sources."""
    models = {
        model: _model_record(cases, payoffs, settings, results)
        for model, results in outcomes.items()
    }
    for measure in COMPARED:
        compared = [record["comparisons"][measure] for record in models.values()]
        for comparison, adjusted in zip(
            compared, holm([each["p_value"] for each in compared]), strict=True
        ):
            comparison["p_adjusted"] = adjusted
    models = rounded(models)  # first, so that the words are those of the recorded numbers
    data = _data_record(name, cases, payoffs)
    data["remarks"] += _fold_remarks(outcomes)
    verdicts = {
        model: {
            measure: sentence(record["comparisons"][measure], measure, data) for measure in VERDICTS
        }
        for model, record in models.items()
    }
    return {
        "format": FORMAT,
        "data": data,
        "settings": asdict(settings) | {"test_share": _test_share(outcomes, len(cases))},
        "summary": summary(
            {m: r["comparisons"]["payoff"] for m, r in models.items()},
            data,
            all(IDLE in r["warnings"] for r in models.values()),
        ),
        "verdicts": verdicts,
        "models": models,
    }


def rounded(value: Any) -> Any:
    """The record with floats of six significant digits."""
    if isinstance(value, float | np.floating):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def _data_record(name: str, cases: Cases, payoffs: Payoffs) -> dict[str, Any]:
    counts = np.bincount(cases.labels, minlength=len(cases.classes))
    groups = cases.groups
    features = cases.features
    return {
        "name": name,
        "cases": len(cases),
        "classes": dict(zip(cases.classes, counts.tolist(), strict=True)),
        "numbers": len(features.number_names),
        "categories": len(features.code_names),
        "groups": None if groups is None else len(np.unique(groups)),
        "actions": list(payoffs.actions),
        "unit": payoffs.unit,
        "payoff": "by case" if payoffs.per_case else payoffs.payoff.tolist(),
        "utility": "by case" if payoffs.per_case else payoffs.utility.tolist(),
        "remarks": [*cases.remarks, *payoffs.remarks, *([OWN_COSTS] if payoffs.per_case else [])],
    }


def _fold_remarks(outcomes: Mapping[str, Sequence[Outcome]]) -> list[str]:
    sizes = [len(outcome.rows) for outcome in next(iter(outcomes.values()))]
    if max(sizes) <= UNEQUAL * np.mean(sizes):
        return []
    return [
        f"groups of unequal size: the largest test set has {max(sizes):,} cases, the mean "
        f"{np.mean(sizes):,.0f}; each counts the same in means and intervals, which are made for "
        "test sets of one size and are rough here"
    ]


def _test_share(outcomes: Mapping[str, Sequence[Outcome]], cases: int) -> float:
    first = next(iter(outcomes.values()))
    tested = float(np.mean([len(outcome.rows) for outcome in first]))
    return tested / (cases - tested)


def _model_record(
    cases: Cases, payoffs: Payoffs, settings: Settings, outcomes: Sequence[Outcome]
) -> dict[str, Any]:
    series = _series(outcomes)
    share = _test_share({"": outcomes}, len(cases))

    def difference(ours: Sequence[float], theirs: Sequence[float], scale: float) -> dict[str, Any]:
        gains = without_rounding(np.asarray(ours) - np.asarray(theirs), scale).tolist()
        return asdict(corrected_difference(gains, share, len(cases))) | {"by_fold": gains}

    ours, theirs = series["ex_post"], series["weighted"]
    unit = float(np.abs(payoffs.payoff).mean())
    losses = max(theirs["weighted_loss"] + ours["weighted_loss"])
    comparisons = {"payoff": difference(ours["payoff"], theirs["payoff"], unit)} | {
        loss: difference(theirs[loss], ours[loss], losses) for loss in COMPARED[1:]
    }
    others = {
        regime: difference(ours["payoff"], measures["payoff"], unit)
        for regime, measures in series.items()
        if regime != "ex_post"
    }
    first = outcomes[: settings.folds]
    warnings = []
    means = {regime: np.mean(measures["payoff"]) for regime, measures in series.items()}
    if means["constant"] >= max(means["ex_post"], means["weighted"]) - ROUNDING * unit:
        warnings.append(IDLE)
    if np.mean(ours["loss"]) < TELLTALE:
        warnings.append("nearly perfect predictions: does a column tell the class?")
    if not all(outcome.converged for outcome in outcomes):
        warnings.append("some fits ran out of iterations")
    return {
        "regimes": {
            regime: {
                measure: {"mean": float(np.mean(values)), "by_fold": values}
                for measure, values in measures.items()
            }
            for regime, measures in series.items()
        },
        "comparisons": comparisons,
        "against_ex_post": others,
        "calibration": _calibration(cases, payoffs, first),
        "loss_calibration": _loss_calibration(cases, payoffs, settings, first),
        "settings": [list(outcome.settings) for outcome in outcomes],
        "warnings": warnings,
    }


def _series(outcomes: Sequence[Outcome]) -> dict[str, dict[str, list[float]]]:
    """Regime -> measure -> value by fold, with the split of the weighted loss."""
    series: dict[str, dict[str, list[float]]] = {}
    for regime, measures in outcomes[0].measures.items():
        kept = [measure for measure in MEASURES if measures[measure] is not None]
        series[regime] = {
            measure: [float(outcome.measures[regime][measure] or 0.0) for outcome in outcomes]
            for measure in kept
        }
    for regime, recalibrated in SPLIT.items():
        total = series[regime]["weighted_loss"]
        learning = series[recalibrated]["weighted_loss"]
        series[regime]["learning"] = list(learning)
        series[regime]["choosing"] = [t - left for t, left in zip(total, learning, strict=True)]
    return series


def _pooled(outcomes: Sequence[Outcome], what: str, regime: str) -> np.ndarray | None:
    """Predictions or posteriors of the first repeat's test sets, one after the other."""
    parts = [getattr(outcome, what).get(regime) for outcome in outcomes]
    return None if any(part is None for part in parts) else np.concatenate(parts)


def _calibration(
    cases: Cases, payoffs: Payoffs, outcomes: Sequence[Outcome]
) -> dict[str, dict[str, Any]]:
    labels = cases.labels[np.concatenate([outcome.rows for outcome in outcomes])]
    posteriors = {
        "unweighted": _pooled(outcomes, "posteriors", "ex_post"),
        "unweighted, recalibrated": _pooled(outcomes, "posteriors", "ex_post_cal"),
        "weighted, recovered": _pooled(outcomes, "posteriors", "weighted"),
        "weighted, recalibrated": _pooled(outcomes, "posteriors", "weighted_cal"),
    }
    if payoffs.actions == cases.classes:
        posteriors["weighted, as they are"] = _pooled(outcomes, "predictions", "weighted")
    found: dict[str, dict[str, Any]] = {}
    for name, posterior in posteriors.items():
        if posterior is None:
            continue
        tables = reliability(posterior, labels)
        bins = {
            cases.classes[table.action]: {
                "predicted": table.predicted.tolist(),
                "observed": table.observed.tolist(),
                "count": table.count.tolist(),
            }
            for table in tables
        }
        found[name] = {"error": {cases.classes[table.action]: table.error for table in tables}}
        if len(cases.classes) <= SHOWN_CLASSES:
            found[name]["bins"] = bins
    return found


def _loss_calibration(
    cases: Cases, payoffs: Payoffs, settings: Settings, outcomes: Sequence[Outcome]
) -> dict[str, Any] | None:
    """The test on some rows, if it is known for such data, else None.

    It takes one utility matrix and independent rows.  (One row of each group would be independent
    of the others, but of another population: large groups would count as much as small ones.)
    """
    if payoffs.per_case or cases.groups is not None:
        return None
    rows = np.concatenate([outcome.rows for outcome in outcomes])
    generator = np.random.default_rng(settings.seed)
    chosen = generator.permutation(len(rows))[:TESTED_ROWS]
    tests: dict[str, Any] = {"cases": len(chosen)}
    for regime in TESTED:
        prediction = _pooled(outcomes, "predictions", regime)
        assert prediction is not None
        found = loss_calibration_test(
            payoffs.utility, prediction[chosen], cases.labels[rows[chosen]], seed=settings.seed
        )
        tests[regime] = asdict(found) | {"rejected": found.p_value <= 0.05}
    return tests
