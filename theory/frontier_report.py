"""What `python -m theory.frontier` prints: one JSON object, or tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.bounded import UNBOUNDED
from theory.bounded_population import bounded_points
from theory.command_line import InputError
from theory.general_points import (
    general_distrust_point,
    general_hedge_point,
    general_trust_point,
    has_hedge,
)
from theory.points import distrust_point, hedge_point, trust_point
from theory.population import Frontier, Policy, Subgroups

BLOCK = 4096  # subgroups put into words at a time
SHOWN = 20  # rows of a table for people
LONGEST_NAME = 40

Payoffs = tuple[Any, Any]  # the gain from a correct treatment, and the loss from an unneeded one


def as_json(
    subgroups: Subgroups,
    frontier: Frontier,
    policy: Policy | None,
    exact: bool,
    payoffs: Payoffs | None = None,
) -> Iterator[str]:
    """The JSON object, in pieces; numbers are floats, or strings such as "-1/5" if `exact`."""
    points = zip(*(_numbers(column, exact) for column in frontier.vertices.T), strict=True)
    head = {
        "vertices": list(points),
        "slopes": _numbers(frontier.slopes, exact),
        "alpha_thresholds": _numbers(frontier.alpha_thresholds, exact),
    }
    yield json.dumps(head).removesuffix("}") + ', "groups": ['
    yield from _rows_as_json(
        _groups(subgroups, block, exact, payoffs) for block in _blocks(subgroups)
    )
    if policy is not None:
        best = {
            "point": _numbers(policy.point, exact),
            "value": _numbers([policy.value], exact)[0],
        }
        yield '], "optimal": ' + json.dumps(best).removesuffix("}") + ', "groups": ['
        yield from _rows_as_json(
            _choices(subgroups, policy, block, exact) for block in _blocks(subgroups)
        )
        yield "]}}\n"
    else:
        yield "]}\n"


def as_text(
    subgroups: Subgroups,
    frontier: Frontier,
    policy: Policy | None,
    exact: bool,
    payoffs: Payoffs | None = None,
) -> Iterator[str]:
    """The lines for people; a long table is cut after `SHOWN` rows."""
    count, first = len(subgroups.names), slice(0, SHOWN)
    if payoffs is None:
        yield "Payoffs are pairs (worst case, best case), in correct treatments per patient."
    else:
        yield "Payoffs are pairs (worst case, best case) per patient, in the unit of gain and loss."
    yield ""
    yield f"{count:,} subgroup{'s' if count > 1 else ''}"
    rows = [
        [
            _short(group["name"]),
            _text(group["share"]),
            _text(group["p"]),
            *(_pair(group[point]) for point in ("trust", "hedge", "distrust")),
        ]
        for group in _groups(subgroups, first, exact, payoffs)
    ]
    yield from _table(["name", "share", "p", "trust", "hedge", "distrust"], rows, count)
    yield ""
    yield "Efficient frontier, from trust to distrust; alpha is the weight on the worst case"
    yield from _table(
        ["vertex", "worst", "best", "optimal for alpha from", "to", "slope to the next"],
        _vertices(frontier, exact),
        len(frontier.vertices),
    )
    if policy is not None:
        yield ""
        yield from _advice(subgroups, policy, exact)


def _vertices(frontier: Frontier, exact: bool) -> list[list[str]]:
    worst, best = (_numbers(column, exact) for column in frontier.vertices[:SHOWN].T)
    thresholds = map(_text, _numbers(frontier.alpha_thresholds[:SHOWN], exact))
    bounds = ["0", *thresholds, "1"]
    slopes = [*map(_text, _numbers(frontier.slopes[:SHOWN], exact)), "-"]
    return [
        [str(index), _text(x), _text(y), bounds[index], bounds[index + 1], slopes[index]]
        for index, (x, y) in enumerate(zip(worst, best, strict=True))
    ]


def _advice(subgroups: Subgroups, policy: Policy, exact: bool) -> Iterator[str]:
    alpha, value = _numbers([policy.alpha, policy.value], exact)
    point = _pair(_numbers(policy.point, exact))
    yield f"Optimal at alpha = {_text(alpha)}: {point}, of value {_text(value)}"
    rows = [
        [
            _short(group["name"]),
            group["choice"],
            _disclosure(group),
            "attained" if group["attained"] else "only approached",
        ]
        for group in _choices(subgroups, policy, slice(0, SHOWN), exact)
    ]
    yield from _table(["name", "choice", "disclose", "its point is"], rows, len(subgroups.names))
    if not policy.attained.all():
        yield "Only approached: rates just below the one given come as close to the point as one"
        yield "likes; the rate itself lets a misaligned AI do more harm."


def _disclosure(group: dict[str, Any]) -> str:
    """What to show the AI about this subgroup."""
    if group["choice"] == "distrust":
        return "nothing (a constant covariate)"
    rate = f"{'' if group['attained'] else 'just under '}{_text(group['q'])}"
    return f"a yes/no covariate, yes for {rate} of the subgroup"


def _points(
    subgroups: Subgroups, p: NDArray[Any], payoffs: Payoffs | None
) -> tuple[NDArray[np.bool_], list[tuple[Any, Any]]]:
    """Which of the subgroups have a hedge point, and the trust, hedge and distrust points."""
    if payoffs is not None:
        hedged = has_hedge(p, *payoffs).astype(bool)
        worst, best = np.zeros_like(p), np.zeros_like(p)
        worst[hedged], best[hedged] = general_hedge_point(p[hedged], *payoffs)
        trust, distrust = general_trust_point(p, *payoffs), general_distrust_point(p, *payoffs)
        return hedged, [trust, (worst, best), distrust]
    if subgroups.bounds != UNBOUNDED:
        hedged, *points = bounded_points(p, *subgroups.ends)
        return hedged, points
    return (3 * p >= 1) & (3 * p <= 2), [trust_point(p), hedge_point(p), distrust_point(p)]


def _groups(
    subgroups: Subgroups, block: slice, exact: bool, payoffs: Payoffs | None
) -> list[dict[str, Any]]:
    """What the JSON object says about each of these subgroups."""
    p = subgroups.rates[block]
    has_hedge_point, points = _points(subgroups, p, payoffs)
    trust, hedge, distrust = (
        zip(*(_numbers(coordinate, exact) for coordinate in point), strict=True) for point in points
    )
    return [
        {"name": name, "share": share, "p": rate, "trust": t, "hedge": h, "distrust": d}
        for name, share, rate, t, h, d in zip(
            subgroups.names[block],
            _numbers(subgroups.shares[block], exact),
            _numbers(p, exact),
            trust,
            [pair if there else None for pair, there in zip(hedge, has_hedge_point, strict=True)],
            distrust,
            strict=True,
        )
    ]


def _choices(
    subgroups: Subgroups, policy: Policy, block: slice, exact: bool
) -> list[dict[str, Any]]:
    """What the JSON object says about the best choice in each of these subgroups."""
    disclosed = policy.choices[block] != "distrust"
    q = np.full(len(disclosed), None, dtype=object)
    q[disclosed] = _numbers(policy.q[block][disclosed], exact)
    return [
        {"name": name, "choice": choice, "q": rate, "attained": attained}
        for name, choice, rate, attained in zip(
            subgroups.names[block],
            policy.choices[block].tolist(),
            q,
            policy.attained[block].tolist(),
            strict=True,
        )
    ]


def _rows_as_json(blocks: Iterable[list[dict[str, Any]]]) -> Iterator[str]:
    """The elements of a JSON list, without its brackets."""
    separator = ""
    for rows in blocks:
        yield separator + json.dumps(rows)[1:-1]
        separator = ", "


def _blocks(subgroups: Subgroups) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, len(subgroups.names), BLOCK))


def _numbers(values: Any, exact: bool) -> list[Any]:
    """Numbers as the JSON object has them; 0.0 is added because -0.0 would print its sign."""
    if exact:
        return [str(value) for value in values]
    try:
        floats: list[Any] = (np.asarray(values, dtype=float) + 0.0).tolist()
    except OverflowError:
        raise InputError("a result is too large for a decimal: use --exact") from None
    return floats


def _text(number: str | float) -> str:
    return number if isinstance(number, str) else f"{number:.6g}"


def _pair(point: Sequence[str | float] | None) -> str:
    return "-" if point is None else f"({_text(point[0])}, {_text(point[1])})"


def _short(name: str) -> str:
    """The name on one line, cut if it is long."""
    line = " ".join(name.split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


def _table(header: list[str], rows: list[list[str]], total: int) -> Iterator[str]:
    """The rows below the header, columns aligned, and how many of the `total` rows are missing."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in [header, *rows]:
        yield "  " + "  ".join(map(str.ljust, row, widths)).rstrip()
    if total > len(rows):
        yield f"  ... and {total - len(rows):,} more (all of them with --json)"
