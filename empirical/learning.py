"""Solvers and auditors that learn the inspection game by trial: the command line.

`theory.learning_rules` has the rules, `theory.learning` runs many populations at once,
`empirical.policy_gradient` trains pairs of policies with torch.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from theory.command_line import InputError, Parser, parse_number, require, run
from theory.learning import Run, learn
from theory.learning_rules import RULES, Duel, error_bounds, external_regrets, plain_duel

PROGRAM = "python -m empirical.learning"
POLICY_GRADIENT = "policy-gradient"
PLOT_SUFFIXES = (".svg", ".pdf", ".png")
STARTS = (0.05, 0.95)  # initial strategies are uniform on this interval
PROGRESS_EVERY = 1.0  # seconds between two lines of progress
MOST = 10**9  # steps, and seeds
MOST_POPULATIONS = 10**6
KEPT = 4 * 10**6  # strategies kept over time: fewer records of more populations
SMALLEST, LARGEST = Fraction(1, 10**9), Fraction(10**9)


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Let populations of one solver (who may cheat) and one auditor (who may "
        "inspect) learn the inspection game, and compare what they do with its equilibrium: "
        "misconduct cost/reward, inspection gain/penalty.",
        epilog="Examples: --penalty 4 --reward 3;  --dynamics gradient --step-size 0.02 --plot "
        "cycle.svg;  --dynamics hedge --sampled --populations 1000 --json.  Exit codes: 0 done, "
        "2 bad input.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--dynamics",
        choices=[*RULES, POLICY_GRADIENT],
        default="regret",
        help="how both learn (default: regret matching)",
    )
    for name, value, text in (
        ("gain", "1", "what undetected misconduct pays the solver (> 0)"),
        ("penalty", "4", "what being caught costs the solver (> gain)"),
        ("cost", "1", "what an inspection costs the auditor (> 0)"),
        ("reward", "3", "what a catch is worth to the auditor (> cost)"),
        ("step-size", "0.05", "step of the rules that have one (> 0)"),
    ):
        parser.add_argument(f"--{name}", default=value, help=f"{text} (default: {value})")
    parser.add_argument("--decreasing", action="store_true", help="divide the step by sqrt(round)")
    parser.add_argument(
        "--sampled",
        action="store_true",
        help="agents see actions, not probabilities (always so with policy-gradient)",
    )
    for name, value in (("populations", 100), ("steps", 10_000), ("seed", 0)):
        parser.add_argument(f"--{name}", default=str(value), help=f"(default: {value})")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the run (.svg, .pdf, .png)")
    return parser


def _whole(text: str, argument: str, least: int, most: int) -> int:
    number = parse_number(text, argument)
    require(
        number.denominator == 1 and least <= number <= most,
        argument,
        text,
        f"be a whole number from {least} to {most:,}",
    )
    return int(number)


def _numbers(options: Any) -> dict[str, float]:
    found = {
        name: parse_number(getattr(options, name), f"--{name.replace('_', '-')}")
        for name in ("gain", "penalty", "cost", "reward", "step_size")
    }
    for name, value in found.items():
        argument, text = f"--{name.replace('_', '-')}", getattr(options, name)
        require(SMALLEST <= value <= LARGEST, argument, text, "lie between 1e-9 and 1e9")
    floats = {name: float(value) for name, value in found.items()}
    for name, other in (("penalty", "gain"), ("reward", "cost")):
        text = getattr(options, name)
        requirement = f"exceed --{other}, {getattr(options, other)}"
        require(floats[name] > floats[other], f"--{name}", text, requirement)
    return floats


def _check_plot(path: Path) -> None:
    require(
        path.suffix.lower() in PLOT_SUFFIXES, "--plot", path, f"end in {', '.join(PLOT_SUFFIXES)}"
    )
    require(path.parent.is_dir(), "--plot", path, f"lie in a folder that exists, not {path.parent}")
    require(not path.is_dir(), "--plot", path, "name a file, not a folder")


def _reporter() -> Callable[[int, int], None]:
    """Tell standard error how far a long run is, at most once in `PROGRESS_EVERY` seconds."""
    last = [time.monotonic()]

    def report(done: int, total: int) -> None:
        if time.monotonic() - last[0] >= PROGRESS_EVERY:
            print(f"{done:,} of {total:,} rounds", file=sys.stderr, flush=True)
            last[0] = time.monotonic()

    return report


def play(
    duel: Duel,
    dynamics: str,
    steps: int,
    populations: int,
    seed: int,
    *,
    step_size: float,
    decreasing: bool = False,
    sampled: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Run:
    """Run one kind of dynamics from random starts; the same seed gives the same run.

    Raises `InputError` for a combination that does not exist, or if torch is missing.
    """
    generator = np.random.default_rng(seed)
    records = max(2, min(200, KEPT // populations))
    if dynamics == POLICY_GRADIENT:
        require(not decreasing, "--decreasing", "given", "be left out with policy-gradient")
        try:
            from empirical.policy_gradient import policy_gradient
        except ImportError as error:
            raise InputError(f"--dynamics is {dynamics}: {error}") from None
        return policy_gradient(
            duel,
            steps,
            populations,
            step_size=step_size,
            seed=seed,
            records=records,
            progress=progress,
        )
    rule = RULES[dynamics]
    require(
        rule.sampled or not sampled, "--sampled", "given", f"be left out with --dynamics {dynamics}"
    )
    start = (generator.uniform(*STARTS, populations), generator.uniform(*STARTS, populations))
    return learn(
        duel,
        dynamics,
        steps,
        start,
        step_size=step_size,
        decreasing=decreasing,
        generator=generator if sampled else None,
        records=records,
        progress=progress,
    )


def summary(duel: Duel, played: Run) -> dict[str, Any]:
    """What the populations did, beside the equilibrium, as plain numbers."""
    x, y = duel.equilibrium
    mean_x, mean_y, caught = played.average_misconduct, played.average_inspection, played.caught
    regrets = external_regrets(duel, mean_x, mean_y, caught)
    (low, high), _ = error_bounds(duel, regrets)
    late = played.misconduct[len(played.times) // 2 :]
    return {
        "equilibrium": {"misconduct": x, "inspection": y},
        "average": {
            "misconduct": float(mean_x.mean()),
            "inspection": float(mean_y.mean()),
            "caught": float(caught.mean()),
            "misconduct_sd": float(mean_x.std()),
            "inspection_sd": float(mean_y.std()),
        },
        "regret": {"solver": float(regrets[0].mean()), "auditor": float(regrets[1].mean())},
        "misconduct_error": {
            "mean": float((mean_x - x).mean()),
            "proved_low": float(low.mean()),
            "proved_high": float(high.mean()),
        },
        "late_misconduct": {"low": float(late.min()), "high": float(late.max())},
        "last_distance": float(
            np.hypot(played.last_misconduct - x, played.last_inspection - y).mean()
        ),
    }


def _as_text(found: dict[str, Any]) -> str:
    error, late = found["misconduct_error"], found["late_misconduct"]
    rows = [f"{'':22}{'misconduct':>12}{'inspection':>12}"]
    for label, values in (
        ("equilibrium", found["equilibrium"]),
        ("average play", found["average"]),
    ):
        rows.append(f"{label:22}{values['misconduct']:12.4f}{values['inspection']:12.4f}")
    spread = [found["average"][f"{name}_sd"] for name in ("misconduct", "inspection")]
    rows.append(f"{'  sd over populations':22}{spread[0]:12.4f}{spread[1]:12.4f}")
    rows += [
        f"Regret per round: solver {found['regret']['solver']:.4f}, auditor "
        f"{found['regret']['auditor']:.4f}",
        f"Error of average misconduct: {error['mean']:+.4f}; proved to lie in "
        f"[{error['proved_low']:+.4f}, {error['proved_high']:+.4f}] at this regret",
        f"Misconduct in the second half: from {late['low']:.4f} to {late['high']:.4f}",
        f"Distance of the last strategies from equilibrium: {found['last_distance']:.4f}",
    ]
    return "\n".join(rows)


def main(arguments: Sequence[str]) -> None:
    """Parse, check, play, draw and print; see ``--help``."""
    options = _parser().parse_args(arguments)
    numbers = _numbers(options)
    populations = _whole(options.populations, "--populations", 1, MOST_POPULATIONS)
    steps = _whole(options.steps, "--steps", 1, MOST)
    seed = _whole(options.seed, "--seed", 0, MOST)
    if options.plot is not None:
        _check_plot(options.plot)
    duel = plain_duel(numbers["gain"], numbers["penalty"], numbers["cost"], numbers["reward"])
    played = play(
        duel,
        options.dynamics,
        steps,
        populations,
        seed,
        step_size=numbers["step_size"],
        decreasing=options.decreasing,
        sampled=options.sampled,
        progress=_reporter(),
    )
    if options.plot is not None:
        from figures.drawing import save
        from figures.ed_learning_dynamics import draw_run

        save(draw_run(duel, played, options.dynamics), options.plot)
    found = summary(duel, played)
    if options.json:
        given = {**numbers, "dynamics": options.dynamics, "populations": populations}
        given |= {"steps": steps, "seed": seed, "sampled": options.sampled}
        given |= {"decreasing": options.decreasing}
        print(json.dumps({"given": given, **found}))
    else:
        print(_as_text(found))


if __name__ == "__main__":
    run(main, PROGRAM)
