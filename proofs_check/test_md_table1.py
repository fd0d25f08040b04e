"""Misaligned by Design, Table 1: its arithmetic, and what Section 3.1 reads off it.

A printed number stands for every number that rounds to it, so what is said to follow from the
table is decided for whole intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction as F
from itertools import product
from typing import Any

from proofs_check.check import Check, Role
from theory.printed_table1 import (
    RUNS,
    STATISTICS,
    TABLE1,
    Comparison,
    Printed,
    Statistic,
    loss_gain,
    panel,
    utility_gain,
)

Bounds = tuple[F, F]

PANELS = "panels of Table 1"
NAMES = [each.emphasised for each in TABLE1]
EXCEPTION = "Infiltration"
EQUAL_IN_UTILITY = {"Cardiomegaly", "Infiltration"}


@dataclass(frozen=True)
class Cell:
    """One comparison of the table: where it stands, and how its gain is computed."""

    where: str
    shown: Comparison
    gain: Callable[[Any, Any], Any]

    def __str__(self) -> str:
        numbers = (self.shown.weighted_training, self.shown.ex_post, self.shown.gain)
        return f"{self.where}: {', '.join(number.text for number in numbers)}"


def cells() -> Iterator[Cell]:
    """All 42 comparisons."""
    for each in TABLE1:
        for measure, gain in (("loss", loss_gain), ("utility", utility_gain)):
            for statistic, comparison in getattr(each, measure).items():
                yield Cell(f"{each.emphasised}, {measure}, {statistic}", comparison, gain)


def _within(value: F, printed: Printed) -> bool:
    low, high = printed.interval()
    return low <= value <= high


def _gain_rounds(cell: Cell) -> bool:
    shown = cell.shown
    return _within(cell.gain(shown.weighted_training.value, shown.ex_post.value), shown.gain)


def _possible_gains(cell: Cell) -> Bounds:
    """Gains of all numbers that round to the printed ones: monotone in each, so at the ends."""
    ends = product(cell.shown.weighted_training.interval(), cell.shown.ex_post.interval())
    gains = [cell.gain(*pair) for pair in ends]
    return min(gains), max(gains)


def possible_mean_gains(emphasised: str) -> Bounds:
    return _possible_gains(Cell("", panel(emphasised).loss["mean"], loss_gain))


def _relative_to_ex_post(cell: Cell) -> bool:
    shown = cell.shown
    difference = abs(shown.weighted_training.value - shown.ex_post.value)
    return _within(100 * difference / shown.ex_post.value, shown.gain)


def columns() -> Iterator[dict[str, Any]]:
    """Mean, minimum and maximum of one regime's five runs."""
    for each in TABLE1:
        for measure, regime in product(("loss", "utility"), ("weighted_training", "ex_post")):
            numbers = [getattr(getattr(each, measure)[name], regime) for name in STATISTICS]
            yield {"where": f"{each.emphasised}, {measure}, {regime}", "numbers": numbers}


def _mean_is_possible(column: dict[str, Any]) -> bool:
    """Of five numbers, one is the least, one the greatest, and three lie between."""
    mean, least, greatest = (number.interval() for number in column["numbers"])
    others = RUNS - 1
    low = (others * least[0] + greatest[0]) / RUNS
    high = (least[1] + others * greatest[1]) / RUNS
    return bool(low <= mean[1] and mean[0] <= high)


def _rows_follow(check: Check) -> None:
    check.exhaust("gains follow from their rows", "cells of Table 1", cells(), _gain_rounds)
    check.exhaust(
        "five runs can have the mean", "regimes and measures of Table 1", columns(),
        _mean_is_possible,
    )  # fmt: skip
    check.exhaust(
        "gains relative to ex post weighting",
        "cells of Table 1",
        cells(),
        _relative_to_ex_post,
        role="control",
    )


def test_md_table1_arithmetic(check: Check) -> None:
    _rows_follow(check)
    formula = 100 * (F("0.749") - F("0.805")) / F("0.805")
    check.certify(
        "the formula of footnote 15 gives 6.96",
        lambda: _within(formula, panel("Pneumonia").loss["mean"].gain),
        {"100 (0.749 - 0.805) / 0.805": formula},
        role="step",
    )


def test_md_table1_arithmetic_corrected(check: Check) -> None:
    _rows_follow(check)
    check.exhaust(
        "the printed numbers leave the gain open by more than its last digit",
        "cells of Table 1",
        cells(),
        lambda cell: (
            _possible_gains(cell)[1] - _possible_gains(cell)[0] > cell.shown.gain.resolution
        ),
    )
    for name, low, high in (("Pneumonia", "6.83", "7.08"), ("Cat", "24.6", "29.9")):
        bounds = possible_mean_gains(name)
        check.certify(
            f"bounds of the mean gain with {name.lower()}",
            lambda bounds=bounds, low=low, high=high: F(low) <= bounds[0] < bounds[1] <= F(high),  # type: ignore[misc]
            {"bounds": bounds},
        )


# What Section 3.1 says


def lower_on_average(emphasised: str) -> bool:
    mean = panel(emphasised).loss["mean"]
    return mean.ex_post.interval()[1] < mean.weighted_training.interval()[0]


def worst_beats_best(emphasised: str) -> bool:
    loss = panel(emphasised).loss
    return loss["max"].ex_post.interval()[1] < loss["min"].weighted_training.interval()[0]


def _worst_fails_best(emphasised: str) -> bool:
    loss = panel(emphasised).loss
    return loss["max"].ex_post.interval()[0] >= loss["min"].weighted_training.interval()[1]


def test_md_table1_dominance(check: Check) -> None:
    check.exhaust("lower loss on average", PANELS, NAMES, lower_on_average)
    check.exhaust(
        "worst run against best run",
        PANELS,
        NAMES,
        lambda name: (_worst_fails_best if name == EXCEPTION else worst_beats_best)(name),
    )
    check.exhaust(
        f"{EXCEPTION} has the smallest mean gain",
        "the other panels of Table 1",
        [name for name in NAMES if name != EXCEPTION],
        lambda name: possible_mean_gains(name)[0] > possible_mean_gains(EXCEPTION)[1],
    )
    check.exhaust(
        "worst run against best run, without exception",
        PANELS,
        NAMES,
        worst_beats_best,
        role="control",
    )


# Five runs by two epochs with the printed summaries for pneumonia.
BEST_WEIGHTED = [F(text) for text in ("0.796", "0.812", "0.805", "0.806", "0.806")]
BEST_EX_POST = [F(text) for text in ("0.743", "0.755", "0.749", "0.749", "0.749")]


def _runs(first_epoch_ex_post: str) -> tuple[list[list[F]], list[list[F]]]:
    weighted = [[F("0.9"), best] for best in BEST_WEIGHTED]
    ex_post = [[F(first_epoch_ex_post), best] for best in BEST_EX_POST]
    return weighted, ex_post


def _has_the_summaries(runs: Sequence[list[list[F]]]) -> bool:
    printed = panel("Pneumonia").loss
    for regime, series in zip(("weighted_training", "ex_post"), runs, strict=True):
        best = [min(run) for run in series]
        found = {"mean": sum(best) / RUNS, "min": min(best), "max": max(best)}
        if any(getattr(printed[name], regime).value != found[name] for name in STATISTICS):
            return False
    return True


def _ahead_throughout(runs: Sequence[list[list[F]]]) -> bool:
    weighted, ex_post = runs
    pairs = zip(weighted, ex_post, strict=True)
    return all(b < a for one, other in pairs for a, b in zip(one, other, strict=True))


def test_md_ext_table1_scope(check: Check) -> None:
    always, behind_at_first = _runs("0.8"), _runs("0.95")
    check.certify(
        "runs with the printed summaries, ahead at every epoch",
        lambda: _has_the_summaries(always) and _ahead_throughout(always),
        {"weighted training": always[0], "ex post weighting": always[1]},
    )
    check.certify(
        "runs with the printed summaries, behind at the first epoch",
        lambda: _has_the_summaries(behind_at_first) and not _ahead_throughout(behind_at_first),
        {"weighted training": behind_at_first[0], "ex post weighting": behind_at_first[1]},
    )
    backwards = tuple([run[::-1] for run in series] for series in always)
    check.exhaust(
        "the printed summaries tell at which epoch a run is best",
        "two such series, one of them backwards",
        [always, backwards],
        lambda runs: not _has_the_summaries(runs) or all(run[-1] == min(run) for run in runs[1]),
        role="control",
    )
    check.certify(
        "the runs with the regimes exchanged have the printed summaries",
        lambda: _has_the_summaries(always[::-1]),
        {"weighted training": always[1], "ex post weighting": always[0]},
        role="control",
    )


def _utility_pair(emphasised: str, statistic: Statistic) -> tuple[F, F]:
    shown = panel(emphasised).utility[statistic]
    return shown.weighted_training.value, shown.ex_post.value


def _improves(emphasised: str) -> bool:
    """Mean higher, extremes not lower, as printed."""
    pairs = {name: _utility_pair(emphasised, name) for name in STATISTICS}
    return pairs["mean"][0] < pairs["mean"][1] and all(a <= b for a, b in pairs.values())


def _means_of_utility(check: Check) -> None:
    def as_said(emphasised: str) -> bool:
        weighted, ex_post = _utility_pair(emphasised, "mean")
        return weighted == ex_post if emphasised in EQUAL_IN_UTILITY else weighted < ex_post

    check.exhaust("printed mean utilities", PANELS, NAMES, as_said)
    utility = panel("Pneumonia").utility
    for name, statistic, role in (("worst", "min", "conclusion"), ("best", "max", "control")):
        ex_post = utility[statistic].ex_post.value  # type: ignore[index]
        chosen: Role = role  # type: ignore[assignment]
        check.certify(
            f"the {name} run with pneumonia and the best of weighted training have 0.296",
            lambda ex_post=ex_post: (  # type: ignore[misc]
                ex_post == utility["max"].weighted_training.value == F("0.296")
            ),
            {"ex post": ex_post, "weighted training": utility["max"].weighted_training.value},
            role=chosen,
        )


def test_md_table1_utility(check: Check) -> None:
    _means_of_utility(check)
    check.exhaust(
        "classification utility improved consistently",
        PANELS,
        NAMES,
        _improves,
        role="prose",
    )
    shown = panel("Pneumonia").loss["mean"]
    losses = F("0.8046"), F("0.7491")
    check.certify(
        "6.96 follows from the rounded losses with pneumonia, and losses that round to them have a "
        "gain that rounds to 6.9",
        lambda: (
            _within(loss_gain(shown.weighted_training.value, shown.ex_post.value), shown.gain)
            and _within(losses[0], shown.weighted_training)
            and _within(losses[1], shown.ex_post)
            and _within(loss_gain(*losses), Printed("6.9"))
        ),
        {"losses": losses, "gain": loss_gain(*losses)},
    )


def test_md_table1_utility_corrected(check: Check) -> None:
    _means_of_utility(check)
    check.exhaust(
        "utility improved in the other five applications",
        "panels but Cardiomegaly and Infiltration",
        [name for name in NAMES if name not in EQUAL_IN_UTILITY],
        _improves,
    )
    for name, worse in (("Cardiomegaly", {"min", "max"}), ("Infiltration", {"min"})):
        pairs: dict[str, Any] = {
            statistic: _utility_pair(name, statistic) for statistic in STATISTICS
        }
        check.certify(
            f"{name}: which statistics are worse as printed",
            lambda pairs=pairs, worse=worse: {k for k, (a, b) in pairs.items() if b < a} == worse,  # type: ignore[misc]
            pairs,
        )
    worst = panel("Cardiomegaly").utility["min"]
    best = panel("Cardiomegaly").utility["max"]
    check.certify(
        "Cardiomegaly: the worst run is worse for all numbers that round to the printed ones; "
        "whether the best is, they leave open",
        lambda: (
            worst.ex_post.interval()[1] < worst.weighted_training.interval()[0]
            and best.weighted_training.interval()[0] <= best.ex_post.interval()[1]
        ),
        {
            "worst runs": (worst.weighted_training.text, worst.ex_post.text),
            "best runs": (best.weighted_training.text, best.ex_post.text),
        },
    )
