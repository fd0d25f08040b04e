"""What the figures share: one look, payoff axes, the frontier, files that repeat byte for byte.

A figure is made with matplotlib's objects alone (no pyplot, no global state).  The look is
`style.mplstyle` on top of matplotlib's own defaults, so a user's matplotlibrc has no effect.
Functions that make or save a figure run inside :func:`styled`.

Conventions of all figures: the frontier is a blue line, and the pairs that it dominates are
shaded; a filled marker is a pair that some covariate attains, a hollow one a limit of such
pairs.  Payoffs are in correct treatments per patient, net of unneeded ones, with one scale on
both axes, so a slope of -1 looks like one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from theory.command_line import InputError, write_whole
from theory.population import Frontier, Policy, Subgroups, optimal_policy

OUTPUT = Path(__file__).with_name("output")
STYLE = Path(__file__).with_name("style.mplstyle")

BLUE, VERMILLION, GREEN, ORANGE, INK, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#202020",
    "#8C8C8C",
)
SHADE = "#E4EEF5"
DOMINATED = "dominated by the frontier"
LIMIT = "limit, not attained"

UNIT = "correct treatments per patient, net of unneeded"
MOST_DRAWN = 2000  # points of a polyline: its chords then miss a concave curve by < 0.1 pixel
MOST_MARKED = 30  # vertices that get a marker each; of a longer frontier only the ends do
MOST_BIG = 9  # markers that are drawn at full size and named
MARGINS = (0.07, 0.19, 0.17, 0.12)  # room around a frontier: left, right, below, above
BEYOND, WITHIN = (2, 6), (-4, -6)  # names on the undominated and on the dominated side
ROUNDING = 1e-12  # payoffs this close are equal but for rounding
LABEL_GAP = 24.0  # least distance between two labelled points, in typographic points

# What matplotlib would otherwise stamp into a file: its version and the time.
_METADATA: dict[str, dict[str, Any]] = {
    ".svg": {"Creator": None, "Date": None},
    ".pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    ".png": {"Software": None},
}


def styled() -> AbstractContextManager[None]:
    """The look of all figures, as a ``with`` block."""
    return matplotlib.rc_context(fname=STYLE)


def save(figure: Figure, path: Path, title: str = "") -> None:
    """Write `figure` to `path` (.svg, .pdf or .png), the same bytes every time.

    `title` is stored in the file for people who cannot see the picture.  Raises `InputError`
    for another ending, or where the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in _METADATA:
        raise InputError(f"output file is {path}: its name must end in .svg, .pdf or .png")
    metadata = _METADATA[suffix] | ({"Title": title} if title else {})
    with styled():
        write_whole(
            path,
            lambda whole: figure.savefig(whole, format=suffix[1:], metadata=metadata),
        )


def number(value: Any) -> str:
    """`value` as a reader sees it: a small fraction exactly, else three significant digits.

    >>> number(Fraction(-1, 5)), number(Fraction(3)), number(-0.12345)
    ('−1/5', '3', '−0.123')
    """
    exact = isinstance(value, int | Fraction) and Fraction(value).denominator < 100
    return (str(value) if exact else f"{float(value):.3g}").replace("-", "−")


def pair(point: Sequence[Any]) -> str:
    """The pair as text.

    >>> pair((Fraction(-1, 5), Fraction(1, 5)))
    '(−1/5, 1/5)'
    """
    return f"({number(point[0])}, {number(point[1])})"


def as_floats(points: Any) -> np.ndarray:
    """Pairs of any kind of number as a float array (n, 2)."""
    return np.asarray(points, dtype=float).reshape(-1, 2)


def payoff_axes(vertices: Any, title: str) -> tuple[Figure, Axes]:
    """A figure whose axes hold the frontier through `vertices`, with what it dominates shaded."""
    line = thin(as_floats(vertices))
    figure = Figure()
    axes = figure.subplots()
    axes.set_title(title)
    label_payoff_axes(axes)
    fit(axes, line, MARGINS)
    left, bottom = axes.get_xlim()[0], axes.get_ylim()[0]
    outline = np.array([(left, bottom), (left, line[0, 1]), *line, (line[-1, 0], bottom)])
    axes.fill(*outline.T, facecolor=SHADE, linewidth=0, zorder=0, label=DOMINATED)
    return figure, axes


def label_payoff_axes(axes: Axes) -> None:
    """Name both axes, with their unit."""
    axes.set_xlabel(f"Worst-case payoff\n({UNIT})")
    axes.set_ylabel(f"Best-case payoff\n({UNIT})")


def fit(axes: Axes, points: Any, margins: tuple[float, float, float, float]) -> None:
    """Set limits that hold `points`, with one scale on both axes.

    `margins`: room left, right, below and above the points, as fractions of the axes.
    """
    left, right, below, above = margins
    low, high = as_floats(points).min(axis=0), as_floats(points).max(axis=0)
    inches = _inches(axes)
    inner = inches * [1 - left - right, 1 - below - above]
    scale = max((high - low) / inner)  # payoff per inch
    if scale < ROUNDING:  # a single point: any scale shows it
        scale = 0.1
    middle = (low + high) / 2 + inches * scale * [(right - left) / 2, (above - below) / 2]
    start, end = middle - inches * scale / 2, middle + inches * scale / 2
    axes.set_xlim(start[0], end[0])
    axes.set_ylim(start[1], end[1])


def _inches(axes: Axes) -> np.ndarray:
    """Width and height of the axes, in inches."""
    assert isinstance(axes.figure, Figure)
    return np.asarray(axes.get_position().size * axes.figure.get_size_inches())


def draw_frontier(axes: Axes, vertices: Any, label: str = "frontier") -> None:
    """The frontier through `vertices`, from trust (left) to distrust (right)."""
    axes.plot(*thin(as_floats(vertices)).T, color=BLUE, zorder=2, label=label)


def thin(line: np.ndarray) -> np.ndarray:
    """At most `MOST_DRAWN` vertices of a polyline (n, 2), evenly spread along it, ends kept."""
    if len(line) <= MOST_DRAWN:
        return line
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    reached = np.searchsorted(along, np.linspace(0, along[-1], MOST_DRAWN - 1))
    kept = np.unique(np.append(reached, len(line) - 1))
    return np.take(line, kept, axis=0)


def legend(axes: Axes, location: str = "lower left") -> None:
    """Name the labelled lines and markers once each, and the shade last."""
    handles, labels = axes.get_legend_handles_labels()
    named = dict(zip(labels, handles, strict=True))
    shade = [DOMINATED] if DOMINATED in named else []
    order = [label for label in named if label not in shade] + shade
    drawn = axes.legend([named[label] for label in order], order, loc=location)
    for patch in drawn.get_patches():
        patch.set(edgecolor=GREY, linewidth=0.7)


def mark(
    axes: Axes, point: Sequence[Any], attained: bool = True, color: str = BLUE, **options: Any
) -> None:
    """A filled marker on a pair that some covariate attains, a hollow one on a mere limit."""
    fixed: dict[str, Any] = {
        "marker": "o",
        "linestyle": "none",
        "color": color,
        "zorder": 3,
        "clip_on": False,
    }
    if not attained:
        fixed |= {"markerfacecolor": "white", "label": LIMIT}
    axes.plot(float(point[0]), float(point[1]), **fixed | options)


def note(
    axes: Axes, text: str, point: Sequence[Any], offset: tuple[float, float], **options: Any
) -> None:
    """Write `text` beside `point`: `offset` in typographic points, away from it on both axes."""
    across, up = offset
    axes.annotate(
        text,
        (float(point[0]), float(point[1])),
        xytext=offset,
        textcoords="offset points",
        annotation_clip=False,
        **{
            "horizontalalignment": "left" if across > 0 else "right" if across < 0 else "center",
            "verticalalignment": "bottom" if up > 0 else "top" if up < 0 else "center",
        }
        | options,
    )


def note_slope(axes: Axes, start: Sequence[Any], end: Sequence[Any], slope: Any) -> None:
    """Write the slope of a frontier's edge, in [-1, 0], at its middle on the undominated side."""
    middle = as_floats([start, end]).mean(axis=0)
    note(axes, f"slope {number(slope)}", middle, (5, 4), color=BLUE, fontsize=8)


def draw_population_frontier(
    subgroups: Subgroups, frontier: Frontier, policy: Policy | None = None
) -> Figure:
    """The frontier of one or many subgroups, with the point that `policy` reaches.

    Few vertices are all marked, and named where there is room; of many, only the ends are.
    """
    with styled():
        figure, axes = payoff_axes(frontier.vertices, population_title(subgroups))
        draw_frontier(axes, frontier.vertices)
        mark_vertices(axes, subgroups, frontier)
        if policy is not None:
            mark_optimal(axes, policy)
        legend(axes)
        return figure


def population_title(subgroups: Subgroups) -> str:
    """How many subgroups there are; the share in need where it is one."""
    rates = subgroups.rates
    return (
        f"{len(rates):,} subgroups" if len(rates) > 1 else f"One subgroup, p = {number(rates[0])}"
    )


def mark_vertices(
    axes: Axes,
    subgroups: Subgroups,
    frontier: Frontier,
    offset: tuple[float, float] = BEYOND,
) -> None:
    """Mark the vertices, or a long frontier's ends, and name the few that have room.

    `offset`: where the names stand, see :func:`note`.
    """
    last = len(frontier.vertices) - 1
    marked = list(range(last + 1)) if last < MOST_MARKED else [0, last]
    few = len(marked) <= MOST_BIG
    size: dict[str, Any] = {} if few else {"markersize": 3.5, "markeredgewidth": 1.0}
    policies = {index: _policy_at(subgroups, frontier, index) for index in marked}
    for index, policy in policies.items():
        mark(axes, frontier.vertices[index], bool(policy.attained.all()), **size)
    named = marked if few else [0, last]
    for position in _with_room(axes, as_floats(frontier.vertices[named])):
        index = named[position]
        if len(subgroups.rates) == 1:  # the initial of trust, hedge or distrust
            name = policies[index].choices[0][0].upper()
        else:
            name = "D" if index == last else "T" if index == 0 else f"H$^{{({index})}}$"
        note(axes, name, frontier.vertices[index], offset, fontweight="bold")


def _policy_at(subgroups: Subgroups, frontier: Frontier, index: int) -> Policy:
    """The policy that reaches a vertex: optimal at a weight between its two thresholds."""
    bounds = [0, *frontier.alpha_thresholds, 1]
    return optimal_policy(subgroups, Fraction(1, 2) * (bounds[index] + bounds[index + 1]))


def _with_room(axes: Axes, points: np.ndarray) -> list[int]:
    """Which of the points (n, 2) have room for a label: the two ends first, then in order."""
    limits = np.array([axes.get_xlim(), axes.get_ylim()])
    scale = 72 * _inches(axes) / (limits[:, 1] - limits[:, 0])
    chosen: list[int] = []
    for index in dict.fromkeys([0, len(points) - 1, *range(len(points))]):
        distances = np.hypot(*((points[chosen] - points[index]) * scale).T)
        if not chosen or distances.min() >= LABEL_GAP:
            chosen.append(index)
    return chosen


def mark_optimal(axes: Axes, policy: Policy, color: str = VERMILLION) -> None:
    """A diamond on the point that `policy` reaches, behind the vertices' own markers."""
    attained = bool(policy.attained.all())
    label = f"optimal at α = {number(policy.alpha)}{'' if attained else ' (a limit)'}"
    options = {"marker": "D", "markersize": 8, "zorder": 2.5, "label": label}
    mark(axes, policy.point, attained, color, **options)
