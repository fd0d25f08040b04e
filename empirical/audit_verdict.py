"""The audit's answer in plain words.

The direction is told only where the p-value, adjusted for the number of models, is at most 5% and
there are enough test sets; else the words are "no difference at this sample size", with what would
tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from empirical.audit_statistics import FEWEST, LEVEL, favours

VERDICTS = {  # measure: what it judges
    "payoff": "decisions",
    "weighted_loss": "predictions",
    "learning": "learning",
}
TESTED = ("weighted", "ex_post", "ex_post_cal")  # regimes tested for loss calibration
NOTHING = "no difference at this sample size"
MOST_CASES = 10**9  # more cases than that are not worth naming


def direction(comparison: Mapping[str, Any]) -> int:
    """1 where ex post weighting is better, -1 where weighted training is, 0 where neither shows."""
    return favours(comparison["mean"], comparison["p_adjusted"], comparison["folds"])


def quantity(measure: str, unit: str) -> tuple[str, str]:
    """What ex post weighting does where it is better, and the name of the measure.

    >>> quantity("payoff", "cost"), quantity("weighted_loss", "cost")
    (('saves', 'cost per case'), ('saves', 'weighted log loss'))
    """
    if measure == "payoff":
        return ("earns", "utility per case") if unit == "utility" else ("saves", "cost per case")
    return "saves", {"weighted_loss": "weighted log loss", "learning": "learning loss"}[measure]


def sentence(comparison: Mapping[str, Any], measure: str, data: Mapping[str, Any]) -> str:
    """One comparison of ex post weighting with weighted training, in words."""
    verb, name = quantity(measure, data["unit"])
    mean, low, high = comparison["mean"], comparison["low"], comparison["high"]
    sign = -1 if mean < 0 else 1
    ahead, behind = ("ex post weighting", "weighted training")[::sign]
    if low is None:
        return (
            f"{NOTHING}: {ahead} is ahead by {abs(mean):.3g} of {name} in every test set alike, "
            "so that the spread is unknown; take more repeats"
        )
    low, high = sorted((sign * low, sign * high))
    span = f"95% interval {low:.3g} to {high:.3g}"
    if direction(comparison):
        return (
            f"{ahead} {verb} {abs(mean):.3g} of {name} against {behind} "
            f"({span}, adjusted p = {comparison['p_adjusted']:.2g})"
        )
    if mean == low == high == 0:
        return f"{NOTHING}: {name} is the same in every fold"
    needed = comparison["cases_needed"]
    if comparison["folds"] < FEWEST:
        tell = f"a direction takes at least {FEWEST} test sets: take more folds or repeats"
    elif comparison["p_value"] <= LEVEL:
        tell = "it would show by itself, but not after adjustment for the number of models"
    elif needed is None or needed > MOST_CASES:
        tell = "no attainable number of cases would find this"
    else:
        tell = f"it would take about {float(f'{needed:.1e}'):,.0f} cases to find this"
    return (
        f"{NOTHING}: {ahead} is ahead by {abs(mean):.3g} of {name} ({span}); {tell}; "
        f"{data['cases']:,} cases find a difference of {comparison['detectable']:.2g} or more"
    )


def summary(
    comparisons: Mapping[str, Mapping[str, Any]], data: Mapping[str, Any], idle: bool = False
) -> str:
    """The answer to "should I weight in training", from the payoff of every model.

    `idle`: whether one action for all cases does at least as well as every model.
    """
    answer = _answer(comparisons, data)
    if idle:
        answer += " But one action for all cases does at least as well: no model is needed."
    return answer


def _answer(comparisons: Mapping[str, Mapping[str, Any]], data: Mapping[str, Any]) -> str:
    told = {model: direction(comparison) for model, comparison in comparisons.items()}
    ex_post = [model for model, sign in told.items() if sign > 0]
    weighted = [model for model, sign in told.items() if sign < 0]
    measure = quantity("payoff", data["unit"])[1]
    if ex_post and weighted:
        return (
            f"It depends on the model: by {measure}, do not weight in training for "
            f"{_listed(ex_post)}; weight for {_listed(weighted)}."
        )
    if ex_post:
        return (
            f"Do not weight in training: with {_listed(ex_post)}, correcting unweighted "
            f"predictions afterwards does better by {measure}{_rest(told, ex_post)}."
        )
    if weighted:
        return (
            f"Weight in training: with {_listed(weighted)} it does better by {measure} than "
            f"correcting unweighted predictions afterwards{_rest(told, weighted)}."
        )
    return (
        f"No difference at this sample size between weighting in training and correcting "
        f"afterwards, by {measure}. A model trained without weights serves any costs, so that "
        "they can change without training it again."
    )


def _rest(told: Mapping[str, int], named: list[str]) -> str:
    others = [model for model in told if model not in named]
    return f" (no difference shown with {_listed(others)})" if others else ""


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
