"""A bandit over penalty and audit reward, against the optimum computed from the equilibrium.

Each pull lets a fresh solver and auditor learn the game by sampled play.  Left: the principal's
equilibrium payoff on the grid.  Right: the mean cumulative regret of UCB1 and of Thompson
sampling whose agents match regrets, and of UCB1 whose agents take gradient steps so large that
they circle the corners: it settles on another arm, and its regret grows at a constant rate.
Claims: ed_reward_design, ed_ext_principal_optimum, ed_ext_bandit_bias, ed_ext_ucb.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from empirical.bandit import Arms, Search, grid_arms, learners, search
from figures import drawing
from theory.reward_design import Principal

PRINCIPAL = Principal(
    gain=1.0,
    cost=1.0,
    harm=5.0,
    audit_price=4.0,
    bounty_price=0.2,
    fine_price=0.1,
    penalty_upkeep=0.45,
    reward_upkeep=0.5,
)
PENALTIES, REWARDS = (1.5, 3.0, 6.0), (1.5, 3.0, 6.0)
ROUNDS, PULLS, REPETITIONS = 50, 250, 60
SCALE = 0.5  # about the standard deviation of one pull's payoff
LARGE_STEP = 10.0
SEED = 0
SETTINGS = {  # name: bandit, agents' rule, colour
    "UCB1": ("ucb1", "regret", drawing.BLUE),
    "Thompson sampling": ("thompson", "regret", drawing.GREEN),
    "UCB1, agents of large step": ("ucb1", "gradient", drawing.VERMILLION),
}


@dataclass(frozen=True)
class Design:
    """The arms and one search by each setting."""

    arms: Arms
    searches: dict[str, Search]


def data() -> Design:
    """The grid's equilibrium payoffs, and the bandits' choices."""
    arms = grid_arms(PRINCIPAL, PENALTIES, REWARDS)
    searches = {}
    for name, (policy, rule, _) in SETTINGS.items():
        generator = np.random.default_rng(SEED)
        pull = learners(PRINCIPAL, arms, ROUNDS, generator, rule, LARGE_STEP)
        searches[name] = search(arms, pull, policy, PULLS, REPETITIONS, generator, SCALE)
    return Design(arms, searches)


def draw() -> Figure:
    """The grid and the regret curves."""
    shown = data()
    with drawing.styled():
        figure = Figure(figsize=(6.9, 3.3))
        figure.subplots_adjust(left=0.085, right=0.98, bottom=0.15, top=0.91, wspace=0.28)
        grid, curves = figure.subplots(1, 2, width_ratios=(1, 1.35))
        _draw_grid(grid, shown)
        _draw_regret(curves, shown)
        return figure


def _draw_grid(axes: Axes, shown: Design) -> None:
    axes.set_title("Payoff in equilibrium")
    axes.set_xlabel("Penalty f")
    axes.set_ylabel("Audit reward r")
    values = shown.arms.value.reshape(len(PENALTIES), len(REWARDS)).T
    axes.pcolormesh(values, cmap="Blues", vmax=values.max() + 3)
    for (row, column), value in np.ndenumerate(values):
        best = value == values.max()
        weight = "bold" if best else "normal"
        axes.text(
            column + 0.5,
            row + 0.5,
            drawing.number(float(value)),
            horizontalalignment="center",
            verticalalignment="center",
            fontweight=weight,
        )
    axes.set_xticks(np.arange(len(PENALTIES)) + 0.5, [f"{f:g}" for f in PENALTIES])
    axes.set_yticks(np.arange(len(REWARDS)) + 0.5, [f"{r:g}" for r in REWARDS])


def _draw_regret(axes: Axes, shown: Design) -> None:
    axes.set_title(f"Regret, mean of {REPETITIONS} repetitions")
    axes.set_xlabel(f"Pulls, {ROUNDS} rounds of learning each")
    axes.set_ylabel("Cumulative regret in payoff")
    pulls = np.arange(1, PULLS + 1)
    for name, found in shown.searches.items():
        color = SETTINGS[name][2]
        axes.plot(pulls, found.regret.mean(axis=1), color=color)
        right = (found.recommended == shown.arms.best).mean()
        axes.plot([], [], color=color, label=f"{name}: {100 * right:.0f}% find the optimum")
    axes.set_xlim(0, PULLS)
    axes.set_ylim(0, 1.45 * max(found.regret.mean(axis=1)[-1] for found in shown.searches.values()))
    axes.legend(loc="upper left")


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ed_reward_design.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
