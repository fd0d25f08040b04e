"""Equilibrium of the inspection game as the penalty and the cost of inspections move.

A higher penalty beyond the gain leaves misconduct where it is and lowers inspections, so more
misconduct goes undetected; a higher cost of inspections raises misconduct and leaves inspections.
Vertical pieces are continua of equilibria at one parameter value.  Everything is computed in
exact fractions from the equilibria of each game.
Claims: ed_inspection_game, ed_inspection_regions, ed_prose_penalties.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.inspection import InspectionGame

GAME = InspectionGame(gain=Fraction(1), penalty=Fraction(2), cost=Fraction(1), reward=Fraction(3))
STEPS = 120
TEXTS = {"penalty": "Penalty, f", "cost": "Cost of an inspection, k"}
LINES = (
    ("misconduct", drawing.VERMILLION, "-"),
    ("inspection", drawing.BLUE, "--"),
    ("undetected misconduct", drawing.INK, ":"),
)

Profile = tuple[Any, Any]


@dataclass(frozen=True)
class Sweep:
    """Extreme equilibria (x, y) along one parameter, in an order that joins them up."""

    parameter: str
    values: tuple[Any, ...]
    profiles: tuple[Profile, ...]
    undetected: tuple[Any, ...]


def sweep(game: InspectionGame, parameter: str, largest: Any, kinks: Sequence[Any]) -> Sweep:
    """The equilibria as `parameter` runs from 0 to `largest`, through the `kinks` in between."""
    grid = {largest * Fraction(step, STEPS) for step in range(STEPS + 1)}
    values = sorted(grid | {kink for kink in kinks if 0 <= kink <= largest})
    games = [replace(game, **{parameter: value}) for value in values]
    sets = [list(each.extreme_equilibria()) for each in games]
    rows: list[tuple[Any, Profile, Any]] = []
    last = min(sets[0], key=lambda profile: -_distance(profile, sets[1][0]))
    for value, each, corners in zip(values, games, sets, strict=True):
        while corners:
            last = min(corners, key=lambda profile: _distance(profile, last))
            corners.remove(last)
            rows.append((value, last, each.undetected(*last)))
    columns = zip(*rows, strict=True)
    along, profiles, undetected = (tuple(column) for column in columns)
    return Sweep(parameter, along, profiles, undetected)


def _distance(one: Profile, other: Profile) -> Any:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def sweeps(game: InspectionGame) -> tuple[Sweep, Sweep]:
    """Equilibria along the penalty and along the cost, well beyond where their kind changes."""
    net = game.detection - game.false_alarm
    deterring = game.gain / net if net > 0 else game.gain
    bonus, worth = game.false_alarm * game.false_reward, game.detection * (game.reward + game.harm)
    least = Fraction(1, 1000)
    largest_penalty = max(4 * deterring, Fraction(3, 2) * game.penalty, least)
    largest_cost = Fraction(3, 2) * max(worth, bonus, game.cost, least)
    return (
        sweep(game, "penalty", largest_penalty, [deterring]),
        sweep(game, "cost", largest_cost, [worth, bonus]),
    )


def data() -> tuple[Sweep, Sweep]:
    """The two sweeps of `GAME`."""
    return sweeps(GAME)


def draw() -> Figure:
    """Both panels."""
    return draw_game(GAME, marked=False)


def draw_game(game: InspectionGame, marked: bool = True) -> Figure:
    """The equilibria around `game`; its own are marked."""
    with drawing.styled():
        figure = Figure(figsize=(6.6, 3.3))
        figure.subplots_adjust(left=0.075, right=0.985, bottom=0.25, top=0.91, wspace=0.18)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, shown in zip(panels, sweeps(game), strict=True):
            _draw_sweep(axes, shown)
            if marked:
                _mark(axes, game, shown.parameter)
        shared = f"Gain {drawing.number(game.gain)}, reward {drawing.number(game.reward)}"
        panels[0].set_title(f"{shared}, cost {drawing.number(game.cost)}")
        panels[1].set_title(f"{shared}, penalty {drawing.number(game.penalty)}")
        panels[0].set_ylabel("Probability")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles[:3], labels[:3], loc="lower center", ncols=3)
        return figure


def _draw_sweep(axes: Axes, shown: Sweep) -> None:
    cheat, inspect = zip(*shown.profiles, strict=True)
    for (name, color, style), column in zip(LINES, (cheat, inspect, shown.undetected), strict=True):
        line = drawing.as_floats(list(zip(shown.values, column, strict=True))).T
        axes.plot(*line, color=color, linestyle=style, label=name)
    axes.set(
        xlabel=TEXTS[shown.parameter],
        xlim=(-0.02 * float(shown.values[-1]), float(shown.values[-1])),
        ylim=(-0.03, 1.03),
    )


def _mark(axes: Axes, game: InspectionGame, parameter: str) -> None:
    for cheat, inspect in game.extreme_equilibria():
        heights = cheat, inspect, game.undetected(cheat, inspect)
        for (_, color, _), height in zip(LINES, heights, strict=True):
            drawing.mark(axes, (getattr(game, parameter), height), color=color)


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    title = __doc__.partition("\n")[0]
    drawing.save(draw(), folder / "ed_inspection_equilibrium.svg", title=title)


if __name__ == "__main__":
    main()
