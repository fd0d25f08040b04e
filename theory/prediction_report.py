"""What `python -m theory.prediction` computes and prints: one JSON object, or tables."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from theory.command_line import InputError, bind_negatives
from theory.conditioning import condition_number, determines_posterior
from theory.options import check_plot
from theory.prediction import decision, expected_utility, utility_weighted_prediction
from theory.prediction_options import PROGRAM, Problem, argument_parser, read_problem
from theory.recalibration import consistent_posteriors, nearest_in_image, recalibrate
from theory.tables import number, numbers, shown, table

__all__ = ["PROGRAM", "main"]


def main(arguments: Sequence[str]) -> None:
    """Parse, check, compute, draw and print; see ``--help``."""
    values = ("--q", "--weights", "--recalibrate")
    options = argument_parser().parse_args(bind_negatives(arguments, values))
    check_plot(options.plot)
    problem = read_problem(options)
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            report = report_of(problem, options.project)
    except (FloatingPointError, OverflowError):
        message = "a number is too large or too small for floating-point arithmetic: use --exact"
        raise InputError(message) from None
    if options.plot is not None:
        from figures.drawing import save
        from figures.md_simplex import draw_problem

        save(draw_problem(problem), options.plot)
    print(as_json(report, options.exact) if options.json else as_text(report, options.exact))


def report_of(problem: Problem, project: bool) -> dict[str, Any]:
    """All results: predictions, decisions and expected utilities; what recalibration finds."""
    utility, posteriors = problem.utility, problem.posteriors
    report: dict[str, Any] = {
        "actions": list(problem.actions),
        "classes": list(problem.classes),
        "posterior": posteriors,
        "expected_utility": expected_utility(utility, posteriors),
        "prediction": utility_weighted_prediction(utility, posteriors),
        "decision": [problem.actions[index] for index in _decisions(utility, posteriors)],
    }
    condition = float(condition_number(utility))
    report["determines_posterior"] = bool(determines_posterior(utility))
    report["condition_number"] = condition if condition < math.inf else None
    report["recalibrated"] = [
        _recalibrated(utility, prediction, project) for prediction in problem.predictions
    ]
    return report


def _decisions(utility: Any, posteriors: Any) -> Any:
    return decision(utility, posteriors) if len(posteriors) else []


def _recalibrated(utility: Any, prediction: Any, project: bool) -> dict[str, Any]:
    """What is known of the posterior behind one prediction.

    ``posterior`` is the only one, or where the formula of an invertible utility leaves the
    simplex, its value; ``posteriors`` are the vertices of the set of all.
    """
    nearest = None
    try:
        found = recalibrate(utility, prediction)
    except InputError:  # not invertible
        vertices = consistent_posteriors(utility, prediction)
        in_image = len(vertices) > 0
        if project and not in_image:
            nearest = nearest_in_image(utility, prediction)
            vertices = consistent_posteriors(utility, nearest)
        posterior = vertices[0] if len(vertices) == 1 else None
        total = None
    else:
        in_image, total = bool(found.in_image), found.total
        if project and not in_image:
            nearest = nearest_in_image(utility, prediction)
            found = recalibrate(utility, prediction, project=True)
        posterior = found.posterior if nearest is not None or total != 0 else None
        vertices = [posterior] if in_image or nearest is not None else []
    return {
        "prediction": prediction,
        "in_image": in_image,
        "nearest": nearest,
        "total": total,
        "posterior": posterior,
        "posteriors": vertices,
    }


def as_json(report: dict[str, Any], exact: bool) -> str:
    """One line; numbers are floats, or strings such as "1/2" if `exact`."""
    return json.dumps(_plain(report, exact))


def _plain(value: Any, exact: bool) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, dict):
        return {
            key: _plain(item, exact and key != "condition_number") for key, item in value.items()
        }
    if isinstance(value, list):
        return [_plain(item, exact) for item in value]
    if isinstance(value, np.ndarray):
        return numbers(value, exact) if value.ndim == 1 else [_plain(row, exact) for row in value]
    return number(value, exact)


def as_text(report: dict[str, Any], exact: bool) -> str:
    """A table of the predictions and one of the recalibrations, where there are any."""
    return "\n".join([*_predictions(report, exact), *_recalibrations(report, exact)])


def _predictions(report: dict[str, Any], exact: bool) -> Iterator[str]:
    if len(report["posterior"]) == 0:
        return
    yield "Utility-weighted predictions"
    header = [
        *(f"q({name})" for name in report["classes"]),
        *(f"p({name})" for name in report["actions"]),
        "decision",
        "expected utility",
    ]
    rows = []
    places = zip(
        report["posterior"],
        report["prediction"],
        report["decision"],
        report["expected_utility"],
        strict=True,
    )
    for posterior, prediction, choice, utilities in places:
        cells = [shown(entry, exact) for entry in (*posterior, *prediction)]
        rows.append([*cells, choice, shown(max(utilities), exact)])
    yield from table(header, rows)


def _recalibrations(report: dict[str, Any], exact: bool) -> Iterator[str]:
    found = report["recalibrated"]
    if not found:
        return
    condition = report["condition_number"]
    known = "too large for a float" if condition is None else shown(condition, False)
    if not report["determines_posterior"]:
        known = "infinite, so that some predictions have several posteriors"
    yield f"Recalibrated predictions (condition number of the utility: {known})"
    header = [
        *(f"p({name})" for name in report["actions"]),
        *(f"q({name})" for name in report["classes"]),
        "",
    ]
    rows = []
    for each in found:
        given = [shown(entry, exact) for entry in each["prediction"]]
        several = len(each["posteriors"]) > 1
        listed = each["posteriors"] if several else [each["posterior"]]
        remark = "a vertex of the set" if several else "the only posterior"
        if each["nearest"] is not None:
            remark = f"{remark} of the nearest prediction"
        elif not each["in_image"]:
            remark = "no posterior leads to this prediction"
        for vector in listed:
            entries = [None] * len(report["classes"]) if vector is None else vector
            rows.append([*given, *(shown(entry, exact) for entry in entries), remark])
    yield from table(header, rows)
