"""Learning agents circle the equilibrium of the inspection game; their averages reach it.

Above: simultaneous gradient play spirals out to the largest orbit that fits, its running
average goes to the equilibrium, and agents that look one step ahead settle (from nearby).
Below: the running average of misconduct under three rules, and average misconduct after many
rounds of sampled regret matching as the penalty grows, for three audit rewards: it stays at k/r.

Claims: ed_learning, ed_ext_never_settles, ed_ext_extragradient, ed_ext_regret_rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.learning import Run, learn
from theory.learning_rules import Duel, plain_duel

GAIN, PENALTY, COST, REWARD = 1.0, 2.5, 1.0, 2.5
START = (0.55, 0.4)
STEP, ROUNDS = 0.04, 1000
LATE_ROUNDS = 1500  # rounds of the comparison by penalty
POPULATIONS = 40
PENALTIES = np.array([1.25, 1.5, 2.0, 3.0, 4.0, 6.0])
REWARDS = (1.25, 2.0, 4.0)
SEED = 0
RULES = {  # rule, colour, how the legend names it
    "gradient": (drawing.BLUE, "gradient play"),
    "extragradient": (drawing.GREEN, "looking one step ahead"),
    "regret": (drawing.ORANGE, "regret matching"),
}


@dataclass(frozen=True)
class Learning:
    """The game, one run by each rule, and average misconduct by audit reward and penalty."""

    duel: Duel
    runs: dict[str, Run]
    by_penalty: np.ndarray


def data() -> Learning:
    """Runs with expected play, and the averages of sampled play (rewards, penalties)."""
    duel = plain_duel(GAIN, PENALTY, COST, REWARD)
    start = (np.array([START[0]]), np.array([START[1]]))
    runs = {
        rule: learn(duel, rule, ROUNDS, start, step_size=STEP, records=ROUNDS) for rule in RULES
    }
    shape = (len(REWARDS), len(PENALTIES), POPULATIONS)
    penalties = np.broadcast_to(PENALTIES[None, :, None], shape).ravel()
    rewards = np.broadcast_to(np.array(REWARDS)[:, None, None], shape).ravel()
    halves = (np.full(penalties.size, 0.5), np.full(penalties.size, 0.5))
    played = learn(
        plain_duel(GAIN, penalties, COST, rewards),
        "regret",
        LATE_ROUNDS,
        halves,
        generator=np.random.default_rng(SEED),
        records=1,
    )
    return Learning(duel, runs, played.average_misconduct.reshape(shape).mean(axis=2))


def draw() -> Figure:
    """Phase plane, misconduct over time, running averages, and misconduct by penalty."""
    shown = data()
    with drawing.styled():
        figure = Figure(figsize=(6.9, 6.1))
        figure.subplots_adjust(
            left=0.09, right=0.97, bottom=0.08, top=0.95, wspace=0.26, hspace=0.36
        )
        panels = figure.subplots(2, 2)
        _draw_plane(panels[0, 0], shown.duel, {k: shown.runs[k] for k in RULES if k != "regret"})
        gradient, ahead = shown.runs["gradient"], shown.runs["extragradient"]
        _draw_strategies(panels[0, 1], shown.duel, {"gradient": gradient, "extragradient": ahead})
        _draw_averages(panels[1, 0], shown)
        _draw_by_penalty(panels[1, 1], shown)
        return figure


def _label(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)


def _draw_plane(axes: Axes, duel: Duel, runs: dict[str, Run]) -> None:
    _label(axes, "Strategies and running average", "Misconduct", "Inspection")
    for rule, played in runs.items():
        width = 0.9 if rule == "gradient" else 1.4
        color = RULES[rule][0]
        axes.plot(played.misconduct[:, 0], played.inspection[:, 0], color=color, lw=width)
    played = runs["gradient"]
    axes.plot(
        played.mean_misconduct[:, 0],
        played.mean_inspection[:, 0],
        color=drawing.VERMILLION,
        lw=1.2,
        label="its running average",
    )
    drawing.mark(axes, duel.equilibrium, color=drawing.INK, markersize=5, label="equilibrium")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.1)
    axes.legend(loc="upper right", ncols=2)


def _draw_strategies(axes: Axes, duel: Duel, runs: dict[str, Run]) -> None:
    _label(axes, "Misconduct over time", "Round", "Probability of misconduct")
    for rule, played in runs.items():
        axes.plot(played.times, played.misconduct[:, 0], color=RULES[rule][0], lw=1.2)
    axes.axhline(duel.equilibrium[0], color=drawing.INK, lw=0.8, ls="--")
    last = next(iter(runs.values())).times[-1]
    drawing.note(axes, "k/r", (last, duel.equilibrium[0]), (-2, 3))
    axes.set_xlim(0, last)
    axes.set_ylim(0, 1)


def _draw_averages(axes: Axes, shown: Learning) -> None:
    _label(axes, "Average misconduct so far", "Round", "Share of rounds with misconduct")
    for rule, played in shown.runs.items():
        color, name = RULES[rule]
        axes.plot(played.times, played.mean_misconduct[:, 0], color=color, lw=1.3, label=name)
    axes.axhline(shown.duel.equilibrium[0], color=drawing.INK, lw=0.8, ls="--")
    drawing.note(axes, "k/r", (ROUNDS, shown.duel.equilibrium[0]), (-2, -4))
    axes.set_xlim(0, ROUNDS)
    axes.set_ylim(0.2, 0.7)
    axes.legend(loc="upper right")


def _draw_by_penalty(axes: Axes, shown: Learning) -> None:
    _label(axes, "The penalty does not move misconduct", "Penalty f / gain g", "Average misconduct")
    colors = (drawing.BLUE, drawing.VERMILLION, drawing.GREEN)
    for reward, row, color in zip(REWARDS, shown.by_penalty, colors, strict=True):
        axes.axhline(COST / reward, color=color, lw=0.9, ls="--")
        axes.plot(PENALTIES / GAIN, row, color=color, marker="o", ls="none", markersize=4.5)
        drawing.note(axes, f"r/k = {reward / COST:g}", (6.0, COST / reward), (0, 5), color=color)
    axes.plot([], [], color=drawing.GREY, ls="--", lw=0.9, label="equilibrium, k/r")
    axes.plot(
        [], [], color=drawing.GREY, marker="o", ls="none", markersize=4.5, label="regret matching"
    )
    axes.set_xlim(1, 6.4)
    axes.set_ylim(0, 1)
    axes.legend(loc="lower left", ncols=2)


def draw_run(duel: Duel, played: Run, name: str) -> Figure:
    """Any run: the first population's strategies, and all populations' misconduct over time."""
    with drawing.styled():
        figure = Figure(figsize=(6.9, 3.4))
        figure.subplots_adjust(left=0.09, right=0.97, bottom=0.15, top=0.91, wspace=0.26)
        plane, over_time = figure.subplots(1, 2)
        _label(plane, "Strategies and running average", "Misconduct", "Inspection")
        plane.plot(
            played.misconduct[:, 0], played.inspection[:, 0], color=drawing.BLUE, lw=0.7, label=name
        )
        plane.plot(
            played.mean_misconduct[:, 0],
            played.mean_inspection[:, 0],
            color=drawing.VERMILLION,
            label="running average",
        )
        drawing.mark(plane, duel.equilibrium, color=drawing.INK, markersize=5, label="equilibrium")
        plane.set_xlim(0, 1)
        plane.set_ylim(0, 1)
        plane.legend(loc="upper right")
        _label(over_time, "Misconduct, mean of the populations", "Round", "Misconduct")
        over_time.plot(played.times, played.misconduct.mean(axis=1), color=drawing.BLUE, lw=0.7)
        over_time.plot(played.times, played.mean_misconduct.mean(axis=1), color=drawing.VERMILLION)
        over_time.axhline(duel.equilibrium[0], color=drawing.INK, lw=0.8, ls="--")
        over_time.set_ylim(0, 1)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ed_learning_dynamics.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
