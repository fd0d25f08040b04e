"""Utility-weighted predictions on the simplex of three classes, and the way back.

Left: posteriors q, with lines of equal probability.  Middle: their predictions p^u(q) for an
invertible utility; the image is the triangle spanned by the normalised columns of U, p^u takes
lines to lines, and a prediction outside has no posterior.  Right: a singular utility, where all
posteriors on one segment lead to the same prediction.
Claims: md_theorem1, md_theorem2, md_lemma1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.prediction import utility_weighted_prediction
from theory.prediction_options import Problem
from theory.recalibration import consistent_posteriors

INVERTIBLE = np.array([[4, 1, 1], [1, 3, 0], [0, 1, 2]])
SINGULAR = np.array([[2, 0, 2], [0, 1, 1], [1, 1, 2]])  # the last column is the sum of the others
STEPS = 8  # of the grid
LEVELS = 9  # level sets drawn
POSTERIOR = (0.2, 0.3, 0.5)
OUTSIDE = (0.1, 0.69, 0.21)  # a prediction off the image of INVERTIBLE
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
NAMES = ("1", "2", "3")
MOST_BARS = 12  # vectors that one panel of bars shows


@dataclass(frozen=True)
class Shown:
    """The three panels.

    lines: (k, 2, 3), posteriors at the ends of the grid's lines; images: their predictions;
    image: (3, 3), the corners of the image of p^u; segments: (l, 2, 3), level sets of SINGULAR.
    """

    lines: Any
    images: Any
    image: Any
    segments: Any


def data() -> Shown:
    """The grid and its image, and level sets from their vertices."""
    lines = np.array(
        [
            [np.roll([step, STEPS - step, 0], turn), np.roll([step, 0, STEPS - step], turn)]
            for turn in range(3)
            for step in range(STEPS)
        ]
    )
    lines = lines / STEPS
    segments = []
    for step in range(1, LEVELS + 1):
        share = Fraction(step, LEVELS + 1)
        inside = np.array([share, 1 - share, Fraction(0)])
        segments.append(
            consistent_posteriors(SINGULAR, utility_weighted_prediction(SINGULAR, inside))
        )
    return Shown(
        lines,
        utility_weighted_prediction(INVERTIBLE, lines),
        utility_weighted_prediction(INVERTIBLE, np.eye(3)),
        np.array(segments, dtype=float),
    )


def draw() -> Figure:
    """Posteriors, predictions, level sets."""
    shown = data()
    with drawing.styled():
        figure = Figure(figsize=(6.9, 2.75))
        figure.subplots_adjust(left=0.03, right=0.97, bottom=0.09, top=0.88, wspace=0.24)
        left, middle, right = figure.subplots(1, 3)
        _triangle(left, "Posteriors q", "q", NAMES)
        _lines(left, shown.lines, drawing.BLUE)
        _triangle(middle, "Predictions, U invertible", "p", NAMES)
        _lines(middle, shown.images, drawing.BLUE)
        _lines(middle, _around(shown.image), drawing.BLUE, linewidth=1.6)
        prediction = utility_weighted_prediction(INVERTIBLE, POSTERIOR)
        _mark(left, POSTERIOR, "q", (5, 3))
        _mark(middle, prediction, "$p^u(q)$", (13, 5))
        _mark(middle, OUTSIDE, "no q", (0, -4), attained=False)
        _triangle(right, "Level sets, U singular", "q", NAMES)
        _lines(right, shown.segments, drawing.GREEN, linewidth=1.4)
        return figure


def draw_problem(problem: Problem) -> Figure:
    """The posteriors and predictions of the command line: on the simplex if both have three
    entries, else as bars; of each at most `MOST_BARS`.
    """
    pairs = [
        (posterior, utility_weighted_prediction(problem.utility, posterior))
        for posterior in problem.posteriors[:MOST_BARS]
    ]
    with drawing.styled():
        if problem.utility.shape == (3, 3):
            return _simplex_figure(problem, pairs)
        return _bars(problem, pairs)


def _simplex_figure(problem: Problem, pairs: list[tuple[Any, Any]]) -> Figure:
    figure = Figure(figsize=(6.9, 3.3))
    figure.subplots_adjust(left=0.05, right=0.95, bottom=0.1, top=0.9, wspace=0.3)
    left, right = figure.subplots(1, 2)
    _triangle(left, "Posteriors", "q", problem.classes)
    _triangle(right, "Predictions", "p", problem.actions)
    image = utility_weighted_prediction(problem.utility, np.eye(3, dtype=int))
    _lines(right, _around(image), drawing.BLUE, linewidth=1.6)
    for number, (posterior, prediction) in enumerate(pairs, start=1):
        _mark(left, posterior, str(number), (5, 3))
        _mark(right, prediction, str(number), (5, 3))
    for number, prediction in enumerate(problem.predictions[:MOST_BARS], start=1):
        vertices = consistent_posteriors(problem.utility, prediction)
        name = f"r{number}"
        _mark(right, prediction, name, (-5, -3), attained=len(vertices) > 0)
        for vertex in vertices:
            _mark(left, vertex, name, (-5, -3))
        if len(vertices) == 2:
            _lines(left, vertices[None], drawing.GREEN, linewidth=1.4)
    return figure


def _bars(problem: Problem, pairs: list[tuple[Any, Any]]) -> Figure:
    figure = Figure(figsize=(6.9, 3.3))
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.16, top=0.9, wspace=0.24)
    recovered = []
    for prediction in problem.predictions[:MOST_BARS]:
        vertices = consistent_posteriors(problem.utility, prediction)
        recovered += [(vertex, prediction) for vertex in vertices]
        recovered += [] if len(vertices) else [(None, prediction)]
    panels = (("Posterior", "class", problem.classes), ("Prediction", "action", problem.actions))
    for place, (axes, (title, kind, names)) in enumerate(
        zip(figure.subplots(1, 2), panels, strict=True)
    ):
        drawn = [pair[place] for pair in pairs + recovered]
        axes.set_title(title)
        axes.set_xlabel(kind.capitalize())
        axes.set_ylabel("Probability")
        axes.set_ylim(0, 1)
        at = np.arange(len(names))
        axes.set_xticks(at, names)
        width = 0.8 / max(len(drawn), 1)
        for number, vector in enumerate(drawn):
            if vector is not None:
                heights = np.asarray(vector, dtype=float)
                color = drawing.BLUE if number < len(pairs) else drawing.GREEN
                offset = (number + 0.5) * width - 0.4
                axes.bar(at + offset, heights, 0.9 * width, color=color)
    return figure


def _place(point: Any) -> Any:
    """Barycentric coordinates (..., 3) as points of the plane (..., 2)."""
    return np.asarray(point, dtype=float) @ CORNERS


def _around(corners: Any) -> Any:
    """The sides of a triangle, each from corner to corner."""
    return np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)


def _triangle(axes: Axes, title: str, letter: str, names: Any) -> None:
    axes.set_title(title)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_xlim(-0.09, 1.09)
    axes.set_ylim(-0.13, 1.02)
    axes.fill(*CORNERS.T, facecolor="none", edgecolor=drawing.INK, linewidth=0.9)
    for corner, name, offset in zip(CORNERS, names, ((0, -4), (0, -4), (0, 3)), strict=True):
        drawing.note(axes, f"{letter}({name}) = 1", corner, offset, fontsize=8)


def _lines(axes: Axes, ends: Any, color: str, linewidth: float = 0.6) -> None:
    for segment in _place(ends):
        axes.plot(*segment.T, color=color, linewidth=linewidth)


def _mark(
    axes: Axes, point: Any, name: str, offset: tuple[float, float], attained: bool = True
) -> None:
    place = _place(point)
    drawing.mark(axes, place, attained, color=drawing.VERMILLION, markersize=5)
    drawing.note(axes, name, place, offset, color=drawing.VERMILLION)


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "md_simplex.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
