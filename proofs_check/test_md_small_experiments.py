"""Small replications of Misaligned by Design on data at hand: other data, other networks.

Four rows for every recorded comparison, whatever they say: weighted loss, classification utility,
unweighted raw against weighted training, what was learned; and one more where a class is
emphasised: whether what is not learned follows the dampened incentive of Proposition 2.  The
checks are made from the list of recorded comparisons, `md_small_<name>` and its suffixes, so that
none can be left out for what it shows.  Rows on maps come last; those with three seeds say what was
seen in each of them, and nothing of others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from empirical.compare_recorded import SMALL
from empirical.resolution import comparison_slopes
from proofs_check.check import Check, Role
from proofs_check.experiments import RAW, compare, decide, loaded

MAP_AXES = ("model", "size", "frequency", "learning_rate", "ratio")
Points = dict[tuple[str, int, float, float, float], float]
STEEP = 1.0  # a slope this far below zero: relative losses inverse to the incentive


def _loss(check: Check, name: str) -> None:
    compare(check, name)


def _utility(check: Check, name: str) -> None:
    compare(check, name, "utility")


def _raw(check: Check, name: str) -> None:
    compare(check, name, "weighted_loss", RAW)


def _learning(check: Check, name: str) -> None:
    if (found := loaded(check, name)) is None:
        return
    by_training = [
        [float("nan") if (v := run[training]["learning"]["resolution"]) is None else v
         for run in found["runs"].values()]
        for training in ("unweighted", "weighted")
    ]  # fmt: skip
    lost = [weighted - plain for plain, weighted in zip(*by_training, strict=True)]
    decide(check, "weighted training has the lower resolution of recovered posteriors", lost)
    doubled = [2 * weighted - plain for plain, weighted in zip(*by_training, strict=True)]
    decide(check, "it has less than half of it", doubled, role="control")


def _dampening(check: Check, name: str) -> None:
    if (found := loaded(check, name)) is None:
        return
    slopes = comparison_slopes(found)
    decide(check, "slope of the relative loss on the log incentive ratio is negative", slopes)
    steep = [slope + STEEP for slope in slopes]
    decide(check, f"it is below -{STEEP:g}", steep, role="control")


KINDS: dict[str, Callable[[Check, str], None]] = {
    "": _loss,
    "_utility": _utility,
    "_raw": _raw,
    "_learning": _learning,
    "_dampening": _dampening,
}


def _checked(kind: str, name: str) -> Callable[[Check], None]:
    def run(check: Check) -> None:
        KINDS[kind](check, name)

    return run


for _name, _arguments in SMALL.items():
    for _kind in KINDS:
        if _kind != "_dampening" or "--inverse-probability" not in _arguments:
            globals()[f"test_md_small_{_name}{_kind}"] = _checked(_kind, _name)


def test_md_small_moderate_ratio(check: Check) -> None:
    _moderate(check, "map_digits_moderate")


def test_md_small_moderate_ratio_3(check: Check) -> None:
    _moderate(check, "map_digits_moderate_3")


def _moderate(check: Check, name: str) -> None:
    """The map's one point with fresh seeds."""
    if (found := loaded(check, name)) is None:
        return
    records = [record for group in found["groups"].values() for record in group["records"]]
    weighted, ex_post = (
        [record[regime]["weighted_loss"] for record in records]
        for regime in ("weighted", "ex_post")
    )
    differences = [a - b for a, b in zip(weighted, ex_post, strict=True)]
    decide(check, "weighted training has the lower weighted loss at 10:1", differences)
    halved = [a - b / 2 for a, b in zip(weighted, ex_post, strict=True)]
    decide(check, "it has less than half of the loss", halved, role="control")


def test_md_small_map(check: Check) -> None:
    if (gains := _gains(check, "map_cifar10")) is None:
        return
    saved = [-float(np.mean(list(by_point.values()))) for by_point in gains]
    _in_each(check, "ex post weighting has the lower weighted loss on average over the map", saved)
    half = [0.5 + value for value in saved]
    _in_each(check, "it has less than half of weighted training's loss", half, role="control")


def test_md_small_map_frequency(check: Check) -> None:
    _contrast(check, "frequency", 0.01, 0.5)


def test_md_small_map_ratio(check: Check) -> None:
    _contrast(check, "ratio", 999.0, 10.0)


def test_md_small_map_rates(check: Check) -> None:
    if (found := loaded(check, "map_cifar10_rates")) is None:
        return
    losses: dict[str, dict[float, list[tuple[float, float]]]] = {}
    for key, group in found["groups"].items():
        rate = float(key.split("/")[3])
        (record,) = group["records"]
        for regime in ("weighted", "ex_post"):
            own = [record[regime][name] for name in ("validation_loss", "weighted_loss")]
            pair = (float("inf"), float("nan")) if None in own else (own[0], own[1])
            losses.setdefault(regime, {}).setdefault(rate, []).append(pair)
    best = {
        regime: min(by_rate.values(), key=lambda pairs: float(np.mean(pairs, axis=0)[0]))
        for regime, by_rate in losses.items()
    }
    weighted, ex_post = ([test for _, test in best[r]] for r in ("weighted", "ex_post"))
    differences = [b - a for a, b in zip(weighted, ex_post, strict=True)]
    _in_each(check, "each at its best rate, ex post weighting has the lower loss", differences)
    halved = [b - a / 2 for a, b in zip(weighted, ex_post, strict=True)]
    _in_each(check, "it has less than half of the loss", halved, role="control")


def _in_each(
    check: Check, statement: str, differences: list[float], role: Role = "conclusion"
) -> None:
    """That the difference is below zero in every recorded seed: three are too few for more."""
    by_seed = {f"seed {seed}": value for seed, value in enumerate(differences)}
    check.observe(f"{statement}, in every recorded seed", "recorded seeds", by_seed, role=role)


def _contrast(check: Check, axis: str, more: float, less: float) -> None:
    """That the share saved is larger at one value of an axis than at another."""
    if (gains := _gains(check, "map_cifar10")) is None:
        return
    place = MAP_AXES.index(axis)

    def mean(by_point: Points, value: float) -> float:
        return float(np.mean([gain for point, gain in by_point.items() if point[place] == value]))

    lost = [mean(by_point, less) - mean(by_point, more) for by_point in gains]
    _in_each(check, f"the share saved is larger at {axis} {more:g} than at {less:g}", lost)
    wide = [1 + value for value in lost]
    _in_each(check, "it is larger by the whole loss", wide, role="control")


def _gains(check: Check, name: str) -> list[Points] | None:
    """By seed: the share of weighted training's loss that ex post weighting saves at each point
    of the map (see `MAP_AXES`); nan where a training diverged."""
    if (found := loaded(check, name)) is None:
        return None
    seeds: dict[str, Points] = {}
    for key, group in found["groups"].items():
        model, size, frequency, rate, seed = key.split("/")
        for record in group["records"]:
            losses = [record[regime]["weighted_loss"] for regime in ("weighted", "ex_post")]
            gain = float("nan") if None in losses else 1 - losses[1] / losses[0]
            point = (model, int(size), float(frequency), float(rate), record["ratio"])
            seeds.setdefault(seed, {})[point] = gain
    return list(seeds.values())
