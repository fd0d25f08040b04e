"""Misaligned by Design: what Sections 3 and 4.2 and Appendices C and D say in words of Table 1.

Decided for the printed numbers and, where it says so, for all numbers that round to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction as F
from math import comb
from typing import Any

from figures.md_table1_bounds import CIFAR_CLASSES, class_counts
from proofs_check.check import Check
from proofs_check.test_md_table1 import (
    EXCEPTION,
    NAMES,
    PANELS,
    lower_on_average,
    possible_mean_gains,
    worst_beats_best,
)
from theory.printed_table1 import RUNS, STATISTICS, TABLE1, Comparison, Panel, panel

# Differences in loss and in utility


def _difference(shown: Comparison) -> F:
    return abs(shown.ex_post.value - shown.weighted_training.value)


def _possible_difference(shown: Comparison) -> tuple[F, F]:
    """Bounds of the difference of numbers that round to the printed ones."""
    slack = shown.ex_post.resolution
    return max(_difference(shown) - slack, F(0)), _difference(shown) + slack


@dataclass(frozen=True)
class Row:
    """A line of a panel: one statistic of both measures."""

    where: str
    loss: Comparison
    utility: Comparison

    def __str__(self) -> str:
        return f"{self.where}: {self.loss.gain.text}% in loss, {self.utility.gain.text}% in utility"


def _rows() -> Iterator[Row]:
    for each in TABLE1:
        for name in STATISTICS:
            yield Row(f"{each.emphasised}, {name}", each.loss[name], each.utility[name])


def _range(shown: Any, regime: str) -> F:
    low, high = (getattr(shown[name], regime).value for name in ("min", "max"))
    return F(high - low)


def _noisier(each: Panel) -> bool:
    """The ranges of the runs, relative to the difference of the means, are wider in utility."""
    spread = {
        measure: sum(
            (_range(getattr(each, measure), regime) for regime in ("weighted_training", "ex_post")),
            F(0),
        )
        for measure in ("loss", "utility")
    }
    loss, utility = _difference(each.loss["mean"]), _difference(each.utility["mean"])
    return spread["utility"] * loss > spread["loss"] * utility


def _smaller_and_noisier(check: Check) -> None:
    check.exhaust(
        "the difference in utility is smaller than that in loss, as printed",
        "rows of Table 1",
        _rows(),
        lambda row: _difference(row.utility) < _difference(row.loss),
    )
    check.exhaust("the differences in utility are noisier", PANELS, TABLE1, _noisier)
    check.exhaust(
        "the differences in utility are half of those in loss at most",
        "rows of Table 1",
        _rows(),
        lambda row: 2 * _difference(row.utility) <= _difference(row.loss),
        role="control",
    )


def _smaller_in_percent(row: Row) -> bool:
    return bool(row.utility.gain.value < row.loss.gain.value)


def test_md_prose_utility_differences(check: Check) -> None:
    _smaller_and_noisier(check)
    check.exhaust(
        "the gain in utility is smaller than that in loss, in percent as printed",
        "rows of Table 1",
        _rows(),
        _smaller_in_percent,
        role="reading",
    )


IN_PERCENT = {"Pneumonia, max", "Inverse Probability, mean", "Inverse Probability, min"}
OPEN_TO_ROUNDING = {"Infiltration, min", "Infiltration, max"}


def test_md_prose_utility_differences_corrected(check: Check) -> None:
    _smaller_and_noisier(check)
    check.exhaust(
        "in percent it is smaller in all rows but three, as printed",
        "rows of Table 1",
        _rows(),
        lambda row: _smaller_in_percent(row) != (row.where in IN_PERCENT),
    )
    check.exhaust(
        "whatever numbers were rounded, the difference is smaller in all rows but two",
        "rows of Table 1",
        _rows(),
        lambda row: (
            (_possible_difference(row.utility)[1] < _possible_difference(row.loss)[0])
            != (row.where in OPEN_TO_ROUNDING)
        ),
    )


# Complexity


def _classes(each: Panel) -> int:
    return CIFAR_CLASSES.get(each.dataset, len(class_counts()))


@dataclass(frozen=True)
class Pair:
    """Two panels, the first with fewer classes."""

    fewer: Panel
    more: Panel

    def __str__(self) -> str:
        return ", ".join(
            f"{each.emphasised} ({_classes(each)} classes): {each.loss['mean'].gain.text}%"
            for each in (self.fewer, self.more)
        )


def _pairs() -> Iterator[Pair]:
    for fewer in TABLE1:
        for more in TABLE1:
            if _classes(fewer) < _classes(more):
                yield Pair(fewer, more)


def _may_gain_more(pair: Pair) -> bool:
    """Some numbers that round to the printed ones give the panel with more classes more."""
    fewer, more = (possible_mean_gains(each.emphasised) for each in (pair.fewer, pair.more))
    return fewer[0] < more[1]


def _strict_and_significant(check: Check) -> None:
    check.exhaust("the mean loss is lower, whatever was rounded", PANELS, NAMES, lower_on_average)
    check.exhaust(
        "all runs of the one regime beat all of the other",
        f"panels but {EXCEPTION}",
        [name for name in NAMES if name != EXCEPTION],
        worst_beats_best,
    )
    check.certify(
        "if the ten runs were alike, this would have a chance below 1%, on both sides together",
        lambda: F(2, comb(2 * RUNS, RUNS)) < F(1, 100),
        {"orders": comb(2 * RUNS, RUNS), "of these separate": 2},
    )
    check.exhaust(
        "all runs beat all of the other regime in every panel",
        PANELS,
        NAMES,
        worst_beats_best,
        role="control",
    )


def test_md_prose_complexity(check: Check) -> None:
    _strict_and_significant(check)
    check.exhaust(
        "the gain grows with the number of classes",
        "pairs of panels with different numbers of classes",
        _pairs(),
        _may_gain_more,
        role="prose",
    )


def test_md_prose_complexity_corrected(check: Check) -> None:
    _strict_and_significant(check)
    gains = {name: possible_mean_gains(name) for name in NAMES}
    lost = {each.emphasised: _possible_difference(each.loss["mean"]) for each in TABLE1}
    check.certify(
        "in percent, the gain falls from 10 to 100 classes, whatever was rounded",
        lambda: gains["Maple Tree"][1] < gains["Cat"][0],
        {name: gains[name] for name in ("Cat", "Maple Tree")},
    )
    check.certify(
        "with 15 classes it takes values below 2 and above 6",
        lambda: gains["Infiltration"][1] < 2 and gains["Pneumonia"][0] > 6,
        {name: gains[name] for name in ("Infiltration", "Pneumonia")},
    )
    check.certify(
        "in units of loss, it rises from 10 to 100 classes, and with 15 takes values below that "
        "with 10 and above that with 100",
        lambda: (
            lost["Cat"][1] < lost["Maple Tree"][0]
            and lost["Infiltration"][1] < lost["Cat"][0]
            and lost["Maple Tree"][1] < lost["Pneumonia"][0]
        ),
        {name: lost[name] for name in ("Infiltration", "Cat", "Maple Tree", "Pneumonia")},
    )


# Figure 7's caption

BALANCED = "Inverse Probability"


def _ahead_in_all_runs(check: Check) -> None:
    check.certify(
        "all runs of ex post weighting have a lower loss than all of weighted training",
        lambda: worst_beats_best(BALANCED),
        {"panel": BALANCED},
    )
    loss = panel(BALANCED).loss
    check.certify(
        "by a tenth of the loss",
        lambda: 10 * (loss["min"].weighted_training.value - loss["max"].ex_post.value)
        >= loss["min"].weighted_training.value,
        {"panel": BALANCED},
        role="control",
    )  # fmt: skip


def _utilities_reach_losses() -> bool:
    """Some printed utility is as high as the lowest printed loss."""
    each = panel(BALANCED)
    highest = max(
        shown.interval()[1]
        for row in each.utility.values()
        for shown in (row.weighted_training, row.ex_post)
    )
    lowest = min(
        shown.interval()[0]
        for row in each.loss.values()
        for shown in (row.weighted_training, row.ex_post)
    )
    return highest >= lowest


def test_md_prose_fig7_caption(check: Check) -> None:
    _ahead_in_all_runs(check)
    check.certify(
        "a point on a line of weighted losses can denote the run's maximal classification utility",
        _utilities_reach_losses,
        {"highest utility": panel(BALANCED).utility["max"].ex_post.text,
         "lowest loss": panel(BALANCED).loss["min"].ex_post.text},
        role="prose",
    )  # fmt: skip


def test_md_prose_fig7_caption_corrected(check: Check) -> None:
    _ahead_in_all_runs(check)
    check.certify(
        "utilities lie below all losses, so that the points of a figure of losses are not these",
        lambda: not _utilities_reach_losses(),
        {"highest utility": panel(BALANCED).utility["max"].ex_post.text,
         "lowest loss": panel(BALANCED).loss["min"].ex_post.text},
    )  # fmt: skip
