"""What `python -m theory.deterrence` prints: one JSON object, or lines for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from theory.command_line import InputError
from theory.enforcement import Enforcement
from theory.inspection import Commitment, InspectionGame, expected
from theory.tables import as_decimal

Report = Mapping[str, Any]


def enforcement_report(cheapest: Enforcement | None) -> Report:
    """The cheapest regime, or that there is none."""
    if cheapest is None:
        return {"deterrable": False, "detection": None, "penalty": None, "cost": None}
    return {
        "deterrable": True,
        "detection": cheapest.detection,
        "penalty": cheapest.penalty,
        "cost": cheapest.cost,
    }


def inspection_report(game: InspectionGame) -> Report:
    """Payoffs, equilibria and commitment of the inspection game.

    The gain from commitment is the auditor's; it is left out where equilibria differ in it.
    """
    solver, auditor = game.payoffs()
    extreme = [
        {
            "cheat": cheat,
            "inspect": inspect,
            "undetected": game.undetected(cheat, inspect),
            "solver": expected(solver, cheat, inspect),
            "auditor": expected(auditor, cheat, inspect),
        }
        for cheat, inspect in game.extreme_equilibria()
    ]
    best = game.commitment()
    played = {row["auditor"] for row in extreme}
    return {
        "payoffs": {"solver": solver, "auditor": auditor},
        "interior": game.interior,
        "equilibria": [
            {"cheat": component.cheat, "inspect": component.inspect}
            for component in game.equilibria()
        ],
        "extreme_equilibria": extreme,
        "best_commitment": _commitment(best),
        "gain_from_commitment": best.auditor - played.pop() if len(played) == 1 else None,
        "deterring_commitment": _commitment(game.deterrence()),
    }


def _commitment(commitment: Commitment | None) -> Report | None:
    if commitment is None:
        return None
    return {
        "inspect": commitment.inspect,
        "solver_cheats": commitment.cheats,
        "auditor": commitment.auditor,
    }


def as_json(report: Report, exact: bool) -> str:
    """One line; numbers are floats, or strings such as "1/2" if `exact`.

    Raises `InputError` if a number is not finite, which JSON cannot say.
    """
    try:
        return json.dumps(_plain(report, exact), allow_nan=False)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError("a result is not finite: must be, for --json") from None


def as_text(report: Report, exact: bool) -> str:
    """One line for each entry, nested ones indented."""
    return "\n".join(_lines(_plain(report, exact), 0))


def _plain(value: Any, exact: bool) -> Any:
    """The report as JSON's own types."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item, exact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, exact) for item in value]
    if not exact:
        return as_decimal(value)
    if not isinstance(value, int | Fraction):
        raise InputError(
            f"--exact is set: must be left out where a result is not rational, as {value:.6g} here"
        )
    return str(value)


def _lines(value: Mapping[str, Any], depth: int) -> list[str]:
    lines: list[str] = []
    for key, item in value.items():
        label = "  " * depth + key.replace("_", " ")
        nested = item if isinstance(item, list) else [item]
        if nested and all(isinstance(each, dict) for each in nested):
            for each in nested:
                lines += [label, *_lines(each, depth + 1)]
        else:
            lines.append(f"{label:<32}{_text(item)}")
    return lines


def _text(item: Any) -> str:
    if isinstance(item, list):
        return "(" + ", ".join(map(_text, item)) + ")"
    if isinstance(item, bool):
        return "yes" if item else "no"
    if item is None:
        return "none"
    return item if isinstance(item, str) else f"{item:.6g}"
