"""The rational offender, the cheapest deterrence and the inspection game: the command line.

`theory.offender` decides for one agent and for a population, `theory.enforcement` finds what
deters at least cost, `theory.inspection` solves the game with an auditor;
`theory.deterrence_options` reads the options and `theory.deterrence_report` prints.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from theory.command_line import InputError, bind_negatives, run
from theory.deterrence_options import (
    NUMERIC,
    PROGRAM,
    argument_parser,
    attitude,
    largest_number,
    law_of_gains,
    number,
)
from theory.deterrence_report import (
    Report,
    as_json,
    as_text,
    enforcement_report,
    inspection_report,
)
from theory.enforcement import Task, cheapest_enforcement
from theory.inspection import InspectionGame
from theory.offender import (
    Gains,
    Regime,
    Utility,
    largest_deterred_gain,
    offence_rate,
    offence_rate_slopes,
    offending_pays,
)
from theory.options import check_plot

Draw = Callable[[], Any]  # makes the figure, importing the drawing code only then


def offender(options: argparse.Namespace) -> tuple[Report, Draw]:
    """One agent: whether it offends, and by how much that pays."""
    if options.gain is None:
        return population(options)
    utility, wealth = attitude(options)
    regime, gain = _regime(options), number(options, "gain")
    pays = offending_pays(gain, regime, utility, wealth)
    report = {
        "offends": bool(pays > 0),
        "offending_pays": pays,
        "largest_deterred_gain": _threshold(regime, utility, wealth),
    }

    def draw() -> Any:
        top = 2 * max(regime.penalty, gain, Fraction(1, 1000))
        if utility.family == "crra":  # no outcome may leave the agent without wealth
            bound = wealth if regime.mistake > 0 else wealth + gain
            top = min(top, (regime.penalty + bound) / 2)
        task = Task(gain, top, Fraction(0), utility, wealth, regime.mistake)
        return _regions().draw_agent(task, (regime.detection, regime.penalty))

    return report, draw


def population(options: argparse.Namespace) -> tuple[Report, Draw]:
    """A population: the share that offends, and how it moves where gains have a density."""
    utility, wealth = attitude(options)
    regime, law = _regime(options), law_of_gains(options.gain_distribution)
    threshold = _threshold(regime, utility, wealth)
    slopes = None
    if not isinstance(law, Gains) and utility.family == "neutral" and threshold is not None:
        by = offence_rate_slopes(float(law.pdf(float(threshold))), regime)
        slopes = dict(zip(("detection", "penalty", "gains"), by, strict=True))
    report = {
        "offence_rate": offence_rate(law, regime, utility, wealth),
        "largest_deterred_gain": threshold,
        "slopes": slopes,
    }
    return report, lambda: _regions().draw_population(law, regime, utility, wealth)


def enforce(options: argparse.Namespace) -> tuple[Report, Draw]:
    """The cheapest regime that deters."""
    utility, wealth = attitude(options)
    task = Task(
        number(options, "gain"),
        number(options, "max_penalty"),
        number(options, "unit_cost"),
        utility,
        wealth,
        number(options, "false_positive", "lie in [0, 1]"),
        number(options, "innocent_harm"),
    )
    cheapest = cheapest_enforcement(task)
    best = None if cheapest is None else (cheapest.detection, cheapest.penalty)
    return enforcement_report(cheapest), lambda: _regions().draw_agent(task, best)


def inspect(options: argparse.Namespace) -> tuple[Report, Draw]:
    """Equilibria of the inspection game, and commitment."""
    gain, penalty, cost, reward = (
        number(options, name) for name in ("gain", "penalty", "cost", "reward")
    )
    game = InspectionGame(
        gain,
        penalty,
        cost,
        reward,
        number(options, "detection", "lie in (0, 1]"),
        number(options, "false_alarm", "lie in [0, 1]"),
        number(options, "harm"),
        number(options, "false_reward", ""),
    )

    def draw() -> Any:
        from figures.ed_inspection_equilibrium import draw_game

        return draw_game(game)

    return inspection_report(game), draw


def _regime(options: argparse.Namespace) -> Regime:
    return Regime(
        number(options, "detection", "lie in [0, 1]"),
        number(options, "penalty"),
        number(options, "false_positive", "lie in [0, 1]"),
    )


def _threshold(regime: Regime, utility: Utility, wealth: Fraction) -> Any:
    """The largest deterred gain; None where none is, or where CRRA does not define it."""
    if utility.family == "crra" and regime.penalty >= wealth:
        return None
    return largest_deterred_gain(regime, utility, wealth)


def _regions() -> Any:
    from figures import ed_deterrence_regions

    return ed_deterrence_regions


COMMANDS = {"offender": offender, "enforce": enforce, "inspect": inspect}


def main(arguments: Sequence[str]) -> None:
    """Parse, check, compute, draw and print; see ``--help``."""
    options = argument_parser().parse_args(bind_negatives(arguments, NUMERIC))
    check_plot(options.plot)
    try:
        report, draw = COMMANDS[options.command](options)
        text = (as_json if options.json else as_text)(report, options.exact)
        if options.plot is not None:
            from figures.drawing import save

            save(draw(), options.plot)
    except OverflowError:
        option, text = largest_number(options)
        raise InputError(
            f"{option} is {text}, the largest number: too large for floating-point arithmetic"
        ) from None
    print(text)


if __name__ == "__main__":
    run(main, PROGRAM)
