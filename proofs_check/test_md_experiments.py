"""Misaligned by Design, Section 3 and Appendix C: verdicts computed from recorded results.

A claim about an experiment is decided by the paired differences between two regimes, one per run,
in a results file that `empirical.compare` wrote: their mean has the claimed sign if the 95% t
interval says so (`kernel.replicate`).  Where a file is not there or not complete, or the interval
includes zero, the claim is open and says what it waits for.  The paper's own claims need its
protocol (`empirical.compare_recorded.PAPER`); the small replications are claims of this toolkit.

Controls: no regime beats itself, and what was replicated is refuted with the regimes exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from empirical.compare_recorded import PAPER, command, map_command, result_path
from empirical.compare_report import title
from empirical.compare_results import complete_runs, missing, read
from empirical.compare_statistics import selected_value
from empirical.map_results import complete
from empirical.map_results import read as read_map
from empirical.regimes import LOSSES, TITLES
from empirical.resolution import comparison_slopes
from proofs_check.check import Check
from proofs_check.kernel import Proof

Runs = list[dict[str, Any]]
NEEDS = (
    "the paper's protocol, whose images, pretrained weights and GPU a user has to provide; "
    "the run: "
)
XRAYS = [name for name in PAPER if name not in ("paper_cat", "paper_maple_tree")]
PAIR = ("weighted", "ex_post")
IN_WORDS = {"weighted_loss": "weighted loss", "utility": "classification utility"}


def test_md_xray_comparison(check: Check) -> None:
    for name in XRAYS:
        _compare(check, name, selection="test")


def test_md_cifar_comparison(check: Check) -> None:
    for name in ("paper_cat", "paper_maple_tree"):
        _compare(check, name, selection="test")


def test_md_raw_worse(check: Check) -> None:
    for measure in IN_WORDS:
        _compare(check, "paper_pneumonia", measure, ("raw", "weighted"), "test")


def test_md_fig1(check: Check) -> None:
    if (runs := _runs(check, "paper_pneumonia")) is None:
        return
    losses = [[run[regime]["test"]["weighted_loss"] for regime in PAIR] for run in runs]
    largest = [max(b - a for a, b in zip(*pair, strict=True)) for pair in losses]
    _decide(check, "ex post below weighted training at the epoch that favours it least", largest)
    late = [min(curve[:10]) - min(curve[10:]) for pair in losses for curve in pair]
    _decide(check, "the lowest loss within ten epochs is below that of later epochs", late)


def test_md_fig4(check: Check) -> None:
    _compare(check, "paper_pneumonia", selection="test")
    _compare(check, "paper_pneumonia", "weighted_loss", ("raw", "weighted"), "test")


def test_md_fig5(check: Check) -> None:
    _compare(check, "paper_pneumonia", "utility", selection="test")


def test_md_fig6(check: Check) -> None:
    for name in ("paper_cardiomegaly", "paper_infiltration", "paper_pneumothorax"):
        _compare(check, name, selection="test")


def test_md_fig7(check: Check) -> None:
    _compare(check, "paper_inverse_probability", selection="test")


def test_md_fig8(check: Check) -> None:
    _compare(check, "paper_cat", selection="test")


def test_md_fig9(check: Check) -> None:
    _compare(check, "paper_maple_tree", selection="test")


def test_md_table1(check: Check) -> None:
    for name in PAPER:
        _compare(check, name, selection="test")


def test_md_small_digits(check: Check) -> None:
    _compare(check, "digits_8")


def test_md_small_digits_raw(check: Check) -> None:
    _compare(check, "digits_8", "weighted_loss", ("raw", "weighted"))


def test_md_small_digits_learning(check: Check) -> None:
    _learning(check, "digits_8")


def test_md_small_digits_dampening(check: Check) -> None:
    if _runs(check, "digits_8") is not None:
        slopes = comparison_slopes(read(result_path("digits_8")))
        _decide(check, "slope of the relative loss on the log incentive ratio is negative", slopes)


def test_md_small_pediatric_viral(check: Check) -> None:
    _compare(check, "pediatric_viral")


def test_md_small_pediatric_viral_best_test(check: Check) -> None:
    _compare(check, "pediatric_viral", selection="test")


def test_md_small_pediatric_viral_utility(check: Check) -> None:
    _compare(check, "pediatric_viral", "utility")


def test_md_small_pediatric_viral_raw(check: Check) -> None:
    _compare(check, "pediatric_viral", "weighted_loss", ("raw", "weighted"))


def test_md_small_pediatric_viral_learning(check: Check) -> None:
    _learning(check, "pediatric_viral")


def test_md_small_pediatric_normal(check: Check) -> None:
    _compare(check, "pediatric_normal")


def test_md_small_pediatric_bacterial(check: Check) -> None:
    _compare(check, "pediatric_bacterial")


def test_md_small_pediatric_inverse_probability(check: Check) -> None:
    _compare(check, "pediatric_inverse_probability")


def test_md_small_chestxray14(check: Check) -> None:
    _compare(check, "chestxray14_sample_pneumonia")


def test_md_small_cifar10_cat(check: Check) -> None:
    _compare(check, "cifar10_cat")


def test_md_small_cifar100_maple_tree(check: Check) -> None:
    _compare(check, "cifar100_maple_tree")


def test_md_small_moderate_ratio(check: Check) -> None:
    path = result_path("map_digits")
    if not path.is_file() or not complete(read_map(path)):
        check.wait("map_digits", f"the run: {map_command('map_digits')}")
        return
    records = [
        record
        for key, group in read_map(path)["groups"].items()
        for record in group
        if key.startswith("linear/1000/") and record["ratio"] == 10
    ]
    differences = [r["weighted"]["weighted_loss"] - r["ex_post"]["weighted_loss"] for r in records]
    _decide(check, "weighted training has the lower weighted loss at 10:1", differences)


def test_md_small_digits_moderate(check: Check) -> None:
    _compare(check, "digits_moderate")


def _compare(
    check: Check,
    name: str,
    measure: str = "weighted_loss",
    regimes: tuple[str, str] = PAIR,
    selection: str = "validation",
) -> None:
    """That the second regime does better by `measure` in the recorded comparison `name`."""
    if (runs := _runs(check, name)) is None:
        return
    first, second = (
        [selected_value(run[regime], measure, selection) for run in runs] for regime in regimes
    )
    sign = 1 if measure in LOSSES else -1
    differences = [sign * (b - a) for a, b in zip(first, second, strict=True)]
    worse, better = (TITLES[regime] for regime in regimes)
    lower = "lower" if measure in LOSSES else "higher"
    statement = f"{better} has the {lower} {IN_WORDS[measure]} than {worse}"
    where = title(read(result_path(name)))
    _decide(check, f"{statement} ({where}; interval chosen on {selection} data)", differences)


def _learning(check: Check, name: str) -> None:
    """That weighted training has learned less, by both measures."""
    if _runs(check, name) is None:
        return
    trainings = read(result_path(name))["runs"].values()
    for key, sign in (("learning", -1), ("resolution", 1)):
        differences = [
            sign * (pair["weighted"]["learning"][key] - pair["unweighted"]["learning"][key])
            for pair in trainings
        ]
        _decide(check, f"{key} of weighted training is worse than of unweighted", differences)


def _decide(check: Check, statement: str, differences: Sequence[float]) -> None:
    """That the differences are below zero on average, with its controls."""
    found = check.replicate(statement, "paired runs", differences)
    zeros = [value - value for value in differences]
    check.replicate("a regime does better than itself", "paired runs", zeros, role="control")
    if isinstance(found, Proof):
        exchanged = [-value for value in differences]
        check.replicate(f"exchanged: {statement}", "paired runs", exchanged, role="control")


def _runs(check: Check, name: str) -> Runs | None:
    """The runs of a recorded comparison; None, and the check waits, if it is not complete."""
    path = result_path(name)
    if path.is_file() and not missing(read(path)):
        return complete_runs(read(path))
    check.wait(name, (NEEDS if name in PAPER else "the run: ") + command(name))
    return None
