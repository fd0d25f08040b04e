"""Misaligned by Design, Table 1 and Section 3: class frequencies, and the scale of the numbers.

Class frequencies are those of the images themselves, counted by
`figures/data/make_chestxray14_class_counts.py`.  What the table says of losses and utilities is
compared with what a machine attains that has learned nothing, or everything; logarithms are
enclosed in rational bounds.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction as F
from math import comb

from figures import ff_chestxray14, md_table1_bounds
from figures.md_table1_bounds import CIFAR_CLASSES, class_counts, setting
from proofs_check.check import Check
from theory.log_bounds import Bounds, combination_bounds
from theory.printed_table1 import STATISTICS, TABLE1, Panel, Printed, panel

IMAGES, SINGLE_LABEL, FINDINGS = 112_120, 91_324, 14
NAMES = [each.emphasised for each in TABLE1]
TRAINING_SHARE = F(7, 10)
PRINTED_RATES = {
    "Pneumonia": Printed("0.003"),
    "Cardiomegaly": Printed("0.012"),
    "Pneumothorax": Printed("0.024"),
    "Infiltration": Printed("0.105"),
}


def _scale(weights: Sequence[F], prior: Sequence[F]) -> Bounds:
    """The factor of (21), enclosed: the loss of the prior without weights over the one with."""
    plain = combination_bounds([(-mu, mu) for mu in prior])
    weighted = combination_bounds([(-w * mu, mu) for w, mu in zip(weights, prior, strict=True)])
    return plain[0] / weighted[1], plain[1] / weighted[0]


def _best_constant(weights: Sequence[F], prior: Sequence[F]) -> Bounds:
    """Weighted loss of predicting w mu / <w, mu>, for the weights as they are."""
    earned = [w * mu for w, mu in zip(weights, prior, strict=True)]
    return combination_bounds([(-each, each / sum(earned)) for each in earned])


def _printed(each: Panel, measure: str) -> Iterator[Bounds]:
    for statistic in STATISTICS:
        shown = getattr(each, measure)[statistic]
        yield from (shown.weighted_training.interval(), shown.ex_post.interval())


def _loss_within(emphasised: str) -> bool:
    each = panel(emphasised)
    prior, weights = setting(each)
    lowest = _best_constant(weights, prior)[0] * _scale(weights, prior)[0]
    return all(0 < low and high < lowest for low, high in _printed(each, "loss"))


def _utility_bounds(emphasised: str, scale: Bounds) -> tuple[Bounds, Bounds]:
    """Enclosures of the utility of the best constant class and of perfect classification."""
    prior, weights = setting(panel(emphasised))
    earned = [w * mu for w, mu in zip(weights, prior, strict=True)]
    least, most = max(earned), sum(earned, F(0))
    return (least * scale[0], least * scale[1]), (most * scale[0], most * scale[1])


def _normalised(emphasised: str) -> bool:
    """All numbers that round to a printed utility lie between the bounds."""
    prior, weights = setting(panel(emphasised))
    lowest, highest = _utility_bounds(emphasised, _scale(weights, prior))
    printed = _printed(panel(emphasised), "utility")
    return all(lowest[1] < low and high < highest[0] for low, high in printed)


def _possible(emphasised: str, scale: Bounds) -> bool:
    """Some number that rounds to each printed utility lies between the bounds."""
    lowest, highest = _utility_bounds(emphasised, scale)
    printed = _printed(panel(emphasised), "utility")
    return all(lowest[0] <= high and low <= highest[1] for low, high in printed)


def _exactly(scale: F) -> Bounds:
    return scale, scale


OTHER_SCALES: dict[str, Callable[[Sequence[F], Sequence[F]], F]] = {
    "weights 99 and 1": lambda weights, prior: F(1),
    "weights that sum to 1": lambda weights, prior: 1 / sum(weights, F(0)),
    "weights that sum to m": lambda weights, prior: len(weights) / sum(weights, F(0)),
    "perfect utility 1": lambda weights, prior: (
        1 / sum((w * mu for w, mu in zip(weights, prior, strict=True)), F(0))
    ),
}


def _fits_throughout(name: str) -> bool:
    def fits(emphasised: str) -> bool:
        prior, weights = setting(panel(emphasised))
        return _possible(emphasised, _exactly(OTHER_SCALES[name](weights, prior)))

    return all(map(fits, NAMES))


def test_md_ext_table1_bounds(check: Check) -> None:
    panels = "panels of Table 1"
    check.exhaust("losses below the best constant's", panels, NAMES, _loss_within)
    check.exhaust("utilities, weights of (21)", panels, NAMES, _normalised)
    check.exhaust(
        "no other scale fits throughout",
        ", ".join(OTHER_SCALES),
        OTHER_SCALES,
        lambda name: not _fits_throughout(name),
    )
    check.exhaust(
        "the shipped bounds, in floating point",
        panels,
        md_table1_bounds.data(),
        _shipped_agree,
        role="confirmation",
    )
    check.exhaust(
        "utilities with weights 99 and 1",
        "panels with X-rays",
        [each.emphasised for each in TABLE1 if each.dataset not in CIFAR_CLASSES],
        lambda name: _possible(name, _exactly(F(1))),
        role="control",
    )


def _shipped_agree(each: md_table1_bounds.Weighting) -> bool:
    """To a relative 1e-9: sums of at most 100 products, each with a few rounding errors."""
    scale = _scale(each.weights, each.prior)
    loss = _best_constant(each.weights, each.prior)
    least, most = _utility_bounds(each.printed.emphasised, scale)
    exact = {
        "prior_loss": combination_bounds([(-mu, mu) for mu in each.prior]),
        "best_constant_loss": (scale[0] * loss[0], scale[1] * loss[1]),
        "best_constant_utility": least,
        "perfect_utility": most,
    }
    rounding = F(1, 10**9)
    return all(
        low * (1 - rounding) <= F(float(getattr(each.bounds, name))) <= high * (1 + rounding)
        for name, (low, high) in exact.items()
    )


# Class frequencies


def _chance_of_rounding(cases: int, drawn: int, printed: Printed) -> F:
    """Chance that a share of `drawn` of the single-label images rounds to `printed`.

    `cases` of the images are of the class; their number in the sample is hypergeometric.  The
    counts of samples follow from one another by exact integer division.
    """
    low, high = printed.interval()
    others = SINGLE_LABEL - cases
    ways, favourable = comb(others, drawn), 0
    for count in range(cases + 1):
        if low <= F(count, drawn) < high:
            favourable += ways
        remaining = (cases - count) * (drawn - count)
        ways = ways * remaining // ((count + 1) * (others - drawn + count + 1))
    return F(favourable, comb(SINGLE_LABEL, drawn))


def _all_images() -> int:
    with ff_chestxray14.TABLE.open(newline="", encoding="utf-8") as file:
        return sum(int(row["n"]) for row in csv.DictReader(file))


def test_md_class_rates(check: Check) -> None:
    counts = class_counts()
    alone = {label: count for label, (count, _) in counts.items()}
    check.certify(
        "single-label images and findings",
        lambda: sum(alone.values()) == SINGLE_LABEL and len(counts) == FINDINGS + 1,
        {"images with a single label": sum(alone.values()), "labels": len(counts)},
    )
    check.certify(
        "all images, from the counts by age, sex and view",
        lambda: _all_images() == IMAGES,
        {"images": _all_images()},
    )
    for label, printed in PRINTED_RATES.items():
        sizes = [int(TRAINING_SHARE * SINGLE_LABEL) + extra for extra in (0, 1)]
        chances = [_chance_of_rounding(alone[label], drawn, printed) for drawn in sizes]
        check.certify(
            f"{label}: {printed.text} in a random 70% is no rarity",
            lambda chances=chances: min(chances) > F(2, 5),  # type: ignore[misc]
            {"images": alone[label], "chance, rounded": f"{float(min(chances)):.3f}"},
        )
    pneumonia = F(counts["Pneumonia"][1], IMAGES)
    check.certify(
        "one percent of all images, to one digit, are labelled with pneumonia, among others",
        lambda: _rounds(pneumonia, Printed("0.01")),
        {"with the label": counts["Pneumonia"][1], "alone": alone["Pneumonia"]},
    )
    check.exhaust(
        "the printed frequencies are those of all single-label images",
        "the four classes",
        ({"label": label, "share": F(alone[label], SINGLE_LABEL)} for label in PRINTED_RATES),
        lambda row: _rounds(row["share"], PRINTED_RATES[row["label"]]),
        role="control",
    )


def _rounds(value: F, printed: Printed) -> bool:
    low, high = printed.interval()
    return low <= value <= high
