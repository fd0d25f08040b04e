"""Alignment as Equilibrium Design: learning agents reach the equilibrium on average, and circle it.

The claim and its correction are put together from parts: regret bounds the error of averages
and vanishes (`test_ed_regret`), nobody settles (`test_ed_dynamics`), and constant steps miss
(`test_ed_constant_step`).
"""

from __future__ import annotations

from fractions import Fraction

from proofs_check.check import Check
from proofs_check.inspection_encodings import (
    CENTRED,
    CENTRED_GAME,
    eta,
    penalty,
    reward,
    x,
    y,
)
from proofs_check.smt import reals
from proofs_check.test_ed_constant_step import last_orbit
from proofs_check.test_ed_dynamics import (
    always_pure_or_default,
    energy_has_a_floor,
    regrets_are_conserved,
    rests_only_at_the_equilibrium,
    steps_of_their_own,
)
from proofs_check.test_ed_regret import (
    FREQUENCIES,
    caught,
    d,
    e,
    error_after,
    gradient_rate,
    regret_bound,
    regret_matching_rate,
    within_bounds,
)
from theory.learning_rules import external_regrets, gradient_step, plain_duel


def averages_arrive_and_nobody_settles(check: Check) -> None:
    """Record what holds of both rules."""
    regret_bound(check)
    regret_matching_rate(check)
    gradient_rate(check)
    error_after(check)
    regrets_are_conserved(check)
    always_pure_or_default(check)
    energy_has_a_floor(check)


def test_ed_learning(check: Check) -> None:
    averages_arrive_and_nobody_settles(check)
    plain = plain_duel(*map(Fraction, (1, 4, 1, 3)))
    step = Fraction(1, 2)
    check.certify(
        "on time average with a constant step too",
        lambda: last_orbit(plain, step)[1] == plain.equilibrium,
        {"g, f, k, r": (1, 4, 1, 3), "step": step, "average": last_orbit(plain, step)[1]},
        role="reading",
    )
    check.certify(
        "from every start",
        lambda: gradient_step(plain, *plain.equilibrium, step) != plain.equilibrium,
        {"g, f, k, r": (1, 4, 1, 3), "step": step, "start": plain.equilibrium},
        role="reading",
    )
    regret_bound(check, Fraction(1, 2), "control")


def test_ed_learning_corrected(check: Check) -> None:
    averages_arrive_and_nobody_settles(check)
    s = reals("s")[0]
    check.prove(
        "constant step: regret per round tends to at most eta D^2/2, so the averages come "
        "within a multiple of the step",
        [
            *CENTRED_GAME,
            *FREQUENCIES,
            eta > 0,
            external_regrets(CENTRED, x, y, caught)[0] <= eta * d * d / 2,
            external_regrets(CENTRED, x, y, caught)[1] <= eta * s * s / 2,
            e == eta * (d * d / penalty + s * s / reward) / 2,
        ],
        within_bounds(1),
    )
    rests_only_at_the_equilibrium(check)
    regret_bound(check, Fraction(1, 2), "control")
    steps_of_their_own(check)
