"""The paper's numbers and ours, what differs between the two and why: a section in Markdown.

Every number of ours is read from an accepted results file (`empirical.compare_accepted`) when the
section is made; every number of the paper comes from `theory.printed_table1`.

Source: Misaligned by Design, Table 1, Appendix D.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from empirical.compare_accepted import accepted, accepted_map, refusal
from empirical.compare_recorded import FULL, PAPER, SMALL, command, map_command
from empirical.compare_report import summary, title
from empirical.compare_statistics import Paired
from empirical.map_results import cells, counts
from theory.printed_table1 import RUNS, TABLE1

DIFFERENCES = (
    (
        "X-rays",
        "DenseNet-121, pretrained on ImageNet, 224 pixels, 91,324 single-label images of "
        "ChestX-ray14, split by image",
        "a small convolutional network from random weights, 64 pixels; pediatric X-rays with three "
        "classes, and a sample of ChestX-ray14 with three of its classes and 842 training images; "
        "both split by patient",
        "the 45 GB of images, the pretrained weights and a GPU are not part of this toolkit; a "
        "split by image puts pictures of one patient on both sides",
    ),
    (
        "CIFAR",
        "ViT-B/16, pretrained on ImageNet-21k, 384 pixels",
        "a small convolutional network from random weights, 32 pixels, on copies of the images "
        "that are re-encoded as JPEG (lossy)",
        "likewise; the copies are what was at hand",
    ),
    (
        "learning rate on CIFAR",
        "0.03 is printed; the implementation that the text says it otherwise leaves as it is has "
        "0.01 for ViT-B/16 on CIFAR-10",
        "that of the small network's protocol; commands for the paper's protocol exist with both",
        "the printed text does not settle which was used",
    ),
    (
        "training interval",
        "the best on test data, by measure",
        "chosen by the weighted loss on validation data; the best on test data is beside it",
        "the best of many noisy test values flatters whichever regime varies more",
    ),
    (
        "runs",
        f"{RUNS}, without intervals",
        "at least 6, the number fixed before the first; paired, with 95% t intervals",
        "with 5 the exact sign-flip test cannot fall below 1/16",
    ),
)
MAPS_SHOWN = {
    "map_digits": "The map over ratio, number of images and network (digits)",
    "map_cifar10": "The map over ratio, number of images, network and class frequency (CIFAR-10)",
}
LIMITS = (
    "Ours are other data sets, networks without pretraining and smaller images: agreement does "
    "not confirm the printed numbers, and disagreement does not refute them.",
    "The intervals are over seeds (initial weights, order, augmentation) on fixed data.  They say "
    "nothing of other data; where the emphasised class has few test images (25 of pneumonia in "
    "the sample) that is the larger uncertainty.",
    "Several comparisons are shown and none is corrected for their number: of twenty without any "
    "difference one is expected to show one.",
    "Where the best interval is the last, training may have been cut short, and the order could "
    "change with more of it.",
)


def replication_section() -> str:
    """The section, from a heading of the second level on."""
    lines = ["## The paper's experiments and ours", "", *_printed(), "", *_ours()]
    lines += [*_maps(), "", "### What differs, and why", ""]
    header = ("", "the paper", "here", "why")
    lines += [*_table(header, DIFFERENCES), "", "### What this evidence can carry", ""]
    lines += [*(f"- {limit}" for limit in LIMITS), ""]
    lines += ["### The paper's protocol", ""]
    lines += ["With its images and weights at hand, these commands run it:", ""]
    lines += [f"- `{command(name)}`" for name in PAPER]
    return "\n".join([*lines, *_waiting_for_a_gpu()]) + "\n"


def _waiting_for_a_gpu() -> Iterator[str]:
    """The larger runs that are not recorded."""
    absent = [name for name in FULL if refusal(name) is not None]
    if absent:
        yield from ("", "### Not recorded: larger networks on one GPU, from random weights", "")
        yield from (f"- `{command(name)}`" for name in absent)
        yield f"- `{map_command('map_cifar10_full')}`"


def _printed() -> Iterator[str]:
    yield "### As printed in Table 1 (mean of the best test values of five runs)"
    yield ""
    header = ("emphasised", "data", "loss: weighted", "ex post", "% gain", "utility: weighted",
              "ex post", "% gain")  # fmt: skip
    rows = []
    for panel in TABLE1:
        loss, utility = panel.loss["mean"], panel.utility["mean"]
        parts = (loss.weighted_training, loss.ex_post, loss.gain)
        parts += (utility.weighted_training, utility.ex_post, utility.gain)
        rows.append((panel.emphasised, panel.dataset, *(part.text for part in parts)))
    yield from _table(header, rows)


def _ours() -> Iterator[str]:
    yield "### Ours (mean over runs; difference: ex post minus weighted, 95% interval)"
    yield ""
    header = ("comparison", "runs", "loss, validation-chosen: weighted", "ex post", "difference",
              "loss, best on test: weighted", "ex post", "utility: weighted", "ex post",
              "difference")  # fmt: skip
    absent = {name: reason for name in SMALL if (reason := refusal(name)) is not None}
    rows = []
    for name in (*SMALL, *FULL):
        if name not in absent and (name in SMALL or refusal(name) is None):
            comparison = accepted(name)
            rows.append((title(comparison), *numbers(summary(comparison))))
    yield from _table(header, rows)
    for name, reason in absent.items():
        yield ""
        yield f"Not recorded: {name} ({reason}); the run: `{command(name)}`"


def numbers(found: Mapping[str, Any]) -> tuple[str, ...]:
    """Runs; validation-chosen losses and their difference; best test losses; utilities at the
    validation-chosen interval and their difference; from `compare_report.summary`."""
    rows = {(row["selection"], row["measure"]): row for row in found["rows"]}

    def means(selection: str, measure: str) -> list[str]:
        row = rows[selection, measure]
        return [f"{row['spread'][regime]['mean']:.3f}" for regime in row["regimes"]]

    loss, utility = rows["validation", "weighted_loss"], rows["validation", "utility"]
    return (
        str(found["seeds"]),
        *means("validation", "weighted_loss"),
        interval(loss["difference"]),
        *means("test", "weighted_loss"),
        *means("validation", "utility"),
        interval(utility["difference"]),
    )


def interval(difference: Paired) -> str:
    """The interval in short, or why there is none.

    >>> interval(Paired((-1.0, 1.0), 0.0, -2.0, 2.0, 1.0, 1.0))
    '-2.000 to +2.000'
    """
    if difference.infinite:
        return f"infinite in {difference.infinite}"
    if difference.low is None or difference.high is None:
        return "one run"
    return f"{difference.low:+.3f} to {difference.high:+.3f}"


def _maps() -> Iterator[str]:
    for name, title_ in MAPS_SHOWN.items():
        yield from ("", f"### {title_}", "")
        if (reason := refusal(name)) is not None:
            yield f"Not recorded ({reason}); the run: `{map_command(name)}`"
            continue
        points = list(cells(accepted_map(name)))
        above, none, below = counts(points)
        yield (
            f"At {above} of {len(points)} points the 95% interval over {points[0]['seeds']} seeds "
            f"says that ex post weighting has the lower weighted loss, at {below} that weighted "
            f"training has, at {none} neither."
            + "  The points at which weighted training does better:"
            * bool(below)
        )
        yield ""
        for point in points:
            if point["high"] is not None and point["high"] < 0:
                place = f"{point['model']}, {point['size']:,} images, {point['ratio']:g}:1"
                if point["frequency"] is not None:
                    place += f", {point['frequency']:.0%} of the data"
                yield f"- {place}: {100 * point['gain']:.1f}% saved by ex post weighting"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield f"| {' | '.join(row)} |"
