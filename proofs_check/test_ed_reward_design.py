"""Alignment as Equilibrium Design: the principal's optimum, and what a bandit can find of it."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check, Role
from proofs_check.inspection_encodings import CENTRED, CENTRED_GAME, penalty, reward, x_star, y_star
from proofs_check.smt import reals
from proofs_check.test_ed_constant_step import corner_cycle, last_orbit
from theory.learning_rules import external_regrets, plain_duel, positive_part
from theory.reward_design import (
    Principal,
    bias_bound,
    box_optimum,
    cross_effects,
    equilibrium_payoff,
    equilibrium_payoff_by_definition,
    grid_optimum,
    payoff_of_play,
)

weight, upkeep, z, best, low, high = reals("A u z s low high")
x, y, caught, e = reals("x y c e")
harm, price, per_catch = reals("h p t")
gap, one, other, first, second = reals("gap m1 m2 v1 v2")

# Learners with large constant steps average 1/2 at every arm: a dear penalty pays in
# equilibrium, and the cheap one with them.
MISLED = Principal(
    gain=Fraction(1),
    cost=Fraction(1),
    harm=Fraction(1),
    audit_price=Fraction(8),
    penalty_upkeep=Fraction(1, 2),
)
PENALTIES, REWARDS = (Fraction(2), Fraction(4)), (Fraction(3),)
# The best penalty of the continuous box is 3, between the two of the grid.
BETWEEN = Principal(
    gain=Fraction(1),
    cost=Fraction(1),
    harm=Fraction(1),
    audit_price=Fraction(9),
    penalty_upkeep=Fraction(1),
)


def loss(instrument: Any) -> Any:
    """What one instrument leaves to lose: A/z + u z."""
    return weight / instrument + upkeep * instrument


def optimum(check: Check) -> None:
    """Record the closed form of V and its maximisers."""
    g, f, k, r, h, c, tau, lam, uf, ur = sp.symbols("g f k r h c tau lam u_f u_r", positive=True)
    principal = Principal(g, k, h, c, tau, lam, uf, ur)
    x_eq, y_eq = plain_duel(g, f, k, r).equilibrium
    inspections, misconduct = cross_effects(principal)
    closed = equilibrium_payoff(principal, f, r)
    check.derive(
        "V in closed form, from the equilibrium's strategies",
        {
            "V": payoff_of_play(principal, f, r, x_eq, y_eq, x_eq * y_eq) - closed,
            "A and C": closed + inspections / f + uf * f + misconduct / r + ur * r,
        },
    )
    positive = [weight >= 0, upkeep > 0, 0 < low, low <= z, z <= high]
    check.prove_all(
        "each instrument: the nearest point of its interval to the root of A/u is the only best",
        "cases of where the root lies",
        {
            "inside": (
                [*positive, best > 0, upkeep * best * best == weight, z != best],
                loss(best) < loss(z),
            ),
            "at or below the low end": (
                [*positive, weight <= upkeep * low * low, z != low],
                loss(low) < loss(z),
            ),
            "at or above the high end": (
                [*positive, weight >= upkeep * high * high, z != high],
                loss(high) < loss(z),
            ),
            "no upkeep, something to save: more is better": (
                [weight > 0, 0 < z, z < high],
                weight / high < weight / z,
            ),
        },
    )


def test_ed_ext_principal_optimum(check: Check) -> None:
    optimum(check)
    check.prove(
        "the largest instrument is best with upkeep too",
        [weight > 0, upkeep > 0, 0 < z, z <= high],
        loss(high) <= loss(z),
        role="control",
    )
    check.prove(
        "without upkeep more is better even if there is nothing to save",
        [weight >= 0, 0 < z, z < high],
        weight / high < weight / z,
        role="control",
    )


def bias(check: Check, factor: Any = 1, role: Role = "conclusion") -> None:
    """Record the bound on the principal's payoff; the prices stand for any prices."""
    value = harm * x_star + price * y_star + per_catch * x_star * y_star
    got = harm * x + price * y + per_catch * caught
    solver, auditor, error, share, least = reals("e1 e2 d s k")
    regrets = external_regrets(CENTRED, x, y, caught)
    play = [0 <= caught, caught <= x, caught <= y, x + y - caught <= 1]
    follows = [
        solver >= 0,
        auditor >= 0,
        caught <= y_star * x + solver,
        caught <= y - y_star + y_star * x + solver,
        caught >= x_star * y - auditor,
        caught >= x - x_star + x_star * y - auditor,
    ]
    near = [*CENTRED_GAME, *play, *follows, e == factor * (solver + auditor)]
    across, up, both = x - x_star, y - y_star, caught - x_star * y_star
    terms, bounds = reals("dx dy dz"), reals("bx by bz")
    total = harm * bounds[0] + price * bounds[1] + per_catch * bounds[2]
    prices = [harm >= 0, price >= 0, per_catch >= 0]
    check.prove_all(
        f"payoffs of play are within the bias bound of V ({factor} e)",
        "what the regrets say, one frequency at a time, then their weighted sum",
        {
            "the positive parts of the external regrets": (
                [
                    *CENTRED_GAME,
                    *play,
                    solver * penalty == positive_part(regrets[0]),
                    auditor * reward == positive_part(regrets[1]),
                ],
                z3.And(*follows),
            ),
            "misconduct": (near, z3.And(across * (1 - y_star) <= e, -across * y_star <= e)),
            "inspection": (near, z3.And(up * x_star <= e, -up * (1 - x_star) <= e)),
            "catches, above": ([*near, across * (1 - y_star) <= e], both * (1 - y_star) <= e),
            "catches, below": ([*near, -up * (1 - x_star) <= e], -both * (1 - x_star) <= e),
            "the smaller share will do": (
                [error * share <= e, e >= 0, 0 < least, least <= share],
                error * least <= e,
            ),
            "their sum": (
                [
                    *prices,
                    *[
                        z3.And(-bound <= term, term <= bound)
                        for term, bound in zip(terms, bounds, strict=True)
                    ],
                    *[a == b for a, b in zip(terms, (across, up, both), strict=True)],
                ],
                z3.And(got - value <= total, value - got <= total),
            ),
        },
        role=role,
    )


def ranking(check: Check) -> None:
    """Record that means within less than half the gap of V keep the best arm best."""
    check.prove(
        "means within less than half the gap keep the order",
        [
            gap > 0,
            first - second >= gap,
            one > first - gap / 2,
            other <= second + gap / 2,
        ],
        one > other,
    )


def test_ed_ext_bandit_bias(check: Check) -> None:
    bias(check)
    ranking(check)
    boss = Principal(*map(Fraction, (1, 1, 5, 2, 1, 1)))
    duel = plain_duel(*map(Fraction, (1, 4, 1, 3)))
    check.certify(
        "the program's bound",
        lambda: (
            duel.equilibrium == (Fraction(1, 3), Fraction(1, 4))
            and bias_bound(boss, Fraction(4), Fraction(3), Fraction(1))
            == 5 / Fraction(1, 4) + 2 / Fraction(1, 3) + 7 / Fraction(2, 3)
        ),
        {"g, f, k, r": (1, 4, 1, 3), "harm": 5},
        role="confirmation",
    )
    bias(check, Fraction(1, 2), "control")
    half, one_unit = Fraction(1, 2), Fraction(1)
    payer = Principal(half, half, Fraction(0), bounty_price=one_unit)
    play = (Fraction(9, 16), Fraction(17, 32), Fraction(13, 32))
    regrets = external_regrets(plain_duel(half, one_unit, half, one_unit), *play)
    off = abs(
        payoff_of_play(payer, one_unit, one_unit, *play)
        - equilibrium_payoff(payer, one_unit, one_unit)
    )
    check.certify(
        "signed regrets will do: one agent's regret below 0 makes up for the other's",
        lambda: off <= bias_bound(payer, one_unit, one_unit, sum(regrets)),
        {"x, y, caught": play, "R, S": regrets, "f, r": (1, 1), "|payoff - V|": off},
        role="control",
    )
    check.prove(
        "means within half the gap, equality allowed, keep the order",
        [gap > 0, first - second >= gap, one >= first - gap / 2, other <= second + gap / 2],
        one > other,
        role="control",
    )


def ucb(check: Check, factor: int = 2, role: Role = "conclusion") -> None:
    """Record what pulling a worse arm says about its bonus, and so about its pulls."""
    mean, best_mean, bonus, best_bonus, pulls, scale, log = reals("i b wi wb n s L")
    given = [
        first - second == gap,
        gap > 0,
        best_mean >= first - best_bonus,
        mean <= second + bonus,
        mean + bonus >= best_mean + best_bonus,
    ]
    check.prove_all(
        f"a worse arm is pulled only while its gap is at most {factor} bonuses",
        "then the number of its pulls, from the bonus s sqrt(2 L / n), L = ln t",
        {
            "gap": (given, gap <= factor * bonus),
            "pulls": (
                [
                    gap > 0,
                    pulls > 0,
                    bonus > 0,
                    scale > 0,
                    bonus * bonus * pulls == 2 * scale * scale * log,
                    gap <= factor * bonus,
                ],
                gap * gap * pulls <= 2 * factor * factor * scale * scale * log,
            ),
        },
        role=role,
    )


def test_ed_ext_ucb(check: Check) -> None:
    ucb(check)
    ucb(check, 1, "control")


def misled() -> tuple[Any, Any]:
    """The best arm in equilibrium, and the best with learners of large constant step; exact."""
    best_arm = grid_optimum(MISLED, PENALTIES, REWARDS)
    played = {}
    for f in PENALTIES:
        period, (x_mean, y_mean) = last_orbit(
            plain_duel(MISLED.gain, f, MISLED.cost, REWARDS[0]), Fraction(1)
        )
        catches = Fraction(1, period)  # of the four corners, one is a catch
        played[f] = payoff_of_play(MISLED, f, REWARDS[0], x_mean, y_mean, catches)
    return best_arm.penalty, max(played, key=lambda f: played[f])


def finds(check: Check) -> None:
    """Record what holds for every game: the optimum, the bias, the ranking, UCB1."""
    optimum(check)
    bias(check)
    ranking(check)
    ucb(check)
    check.cite(
        "a sample mean leaves its bonus with probability at most t^-4",
        "Hoeffding 1963; Auer, Cesa-Bianchi & Fischer 2002, Theorem 1, for independent pulls of "
        "range s; the means of an arm do not change, as agents start anew at every pull",
        role="conclusion",
    )


def test_ed_reward_design(check: Check) -> None:
    finds(check)
    check.certify(
        "whatever the agents' way of learning",
        lambda: len(set(misled())) == 1,
        {"equilibrium's penalty": misled()[0], "learned play's penalty": misled()[1]},
        role="reading",
    )
    best_arm = grid_optimum(BETWEEN, PENALTIES, REWARDS)
    inner = (Fraction(3), REWARDS[0])
    check.certify(
        "the best arm of the grid is the optimum over all penalties in its range",
        lambda: best_arm.value >= equilibrium_payoff(BETWEEN, *inner),
        {
            "penalties": PENALTIES,
            "best arm": best_arm.penalty,
            "better": box_optimum(BETWEEN, PENALTIES, (REWARDS[0], REWARDS[0])).penalty,
        },
        role="reading",
    )
    ucb(check, 1, "control")


def test_ed_reward_design_corrected(check: Check) -> None:
    finds(check)
    half, quarter = z3.RealVal("1/2"), z3.RealVal("1/4")
    names = ("harm", "audit_price", "bounty_price", "fine_price", "penalty_upkeep")
    prices = dict(zip((*names, "reward_upkeep"), reals("h p b l uf ur"), strict=True))
    boss = SimpleNamespace(**prices)
    given = [value >= 0 for value in prices.values()]
    arm = reals("f r")
    corner_cycle(check)
    check.prove(
        "agents that circle the corners (a catch in one round of four): the lower the penalty, "
        "the more the principal gets",
        [*given, boss.fine_price + boss.penalty_upkeep > 0, 0 < low, low < arm[0], arm[1] > 0],
        payoff_of_play(boss, low, arm[1], half, half, quarter)
        > payoff_of_play(boss, arm[0], arm[1], half, half, quarter),
    )
    check.certify(
        "with gradient agents of step 1 the best arm is another",
        lambda: misled() == (PENALTIES[1], PENALTIES[0]),
        {"equilibrium's penalty": misled()[0], "learned play's penalty": misled()[1]},
        role="confirmation",
    )
    check.certify(
        "V from the equilibrium at both arms, by both routes",
        lambda: all(
            equilibrium_payoff(MISLED, f, REWARDS[0])
            == equilibrium_payoff_by_definition(MISLED, f, REWARDS[0])
            for f in PENALTIES
        ),
        {"penalties": PENALTIES},
        role="confirmation",
    )
    check.prove(
        "means within the whole gap keep the order",
        [gap > 0, first - second >= gap, one > first - gap, other <= second + gap],
        one > other,
        role="control",
    )
