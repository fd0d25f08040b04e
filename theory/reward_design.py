"""The principal behind the inspection game: which penalty and which audit reward to set.

She sets the penalty f of a caught solver and the reward r of an auditor who catches one; the
two then play the inspection game of `theory.learning_rules` with gain g and inspection cost k.
Per round, with misconduct x, inspection y and frequency of catches z, she gets

    -harm x - audit_price y - (bounty_price r + fine_price f) z - penalty_upkeep f - reward_upkeep r

In equilibrium x = k/r, y = g/f and z = x y where f > g and r > k, so there

    V(f, r) = -A/f - penalty_upkeep f - C/r - reward_upkeep r,
    A = (audit_price + bounty_price k) g,   C = (harm + fine_price g) k.

The two instruments separate, and each crosses over to the other side: the penalty buys less
inspection, the audit reward less misconduct.  Without upkeep the penalty should be as large as
it can be if A > 0, the audit reward if C > 0; with upkeep the optimum is f^2 = A /
penalty_upkeep, r^2 = C / reward_upkeep (`ed_ext_principal_optimum`).  Where f < g the solver
always cheats, and is inspected iff r > k; where r < k nobody inspects and everybody cheats.  At
f = g or r = k the equilibrium is not unique, and V is undefined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from theory.learning_rules import plain_duel


@dataclass(frozen=True)
class Principal:
    """The game's gain and cost (> 0) and the principal's prices (>= 0), each per unit and round."""

    gain: Any
    cost: Any
    harm: Any
    audit_price: Any = 0
    bounty_price: Any = 0
    fine_price: Any = 0
    penalty_upkeep: Any = 0
    reward_upkeep: Any = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("gain", "cost") and not value > 0:
                raise ValueError(f"{field.name} is {value}: must be positive")
            if not value >= 0:
                raise ValueError(f"{field.name} is {value}: must not be negative")


def payoff_of_play(principal: Any, penalty: Any, reward: Any, x: Any, y: Any, caught: Any) -> Any:
    """What the principal gets per round at these frequencies of cheating, inspecting, catching."""
    per_catch = principal.bounty_price * reward + principal.fine_price * penalty
    upkeep = principal.penalty_upkeep * penalty + principal.reward_upkeep * reward
    return -principal.harm * x - principal.audit_price * y - per_catch * caught - upkeep


def equilibrium_payoff_by_definition(principal: Principal, penalty: Any, reward: Any) -> Any:
    """V from the equilibrium strategies themselves.

    Raises `ValueError` where the equilibrium is not unique.
    """
    if penalty == principal.gain:
        raise ValueError(f"penalty is {penalty}: must differ from the gain")
    if reward == principal.cost:
        raise ValueError(f"reward is {reward}: must differ from the cost of inspection")
    if penalty > principal.gain and reward > principal.cost:
        x, y = plain_duel(principal.gain, penalty, principal.cost, reward).equilibrium
    else:
        x, y = 1, int(reward > principal.cost)
    return payoff_of_play(principal, penalty, reward, x, y, x * y)


def equilibrium_payoff(principal: Any, penalty: Any, reward: Any) -> Any:
    """V in closed form, for penalty > gain and reward > cost.

    >>> from fractions import Fraction as F
    >>> boss = Principal(gain=F(1), cost=F(1), harm=F(4), audit_price=F(1), penalty_upkeep=F(1, 9))
    >>> equilibrium_payoff(boss, F(3), F(2))
    Fraction(-8, 3)
    """
    inspections, misconduct = cross_effects(principal)
    return (
        -inspections / penalty
        - principal.penalty_upkeep * penalty
        - misconduct / reward
        - principal.reward_upkeep * reward
    )


def cross_effects(principal: Any) -> tuple[Any, Any]:
    """(A, C): what the penalty saves on inspection, and the reward on misconduct."""
    return (
        (principal.audit_price + principal.bounty_price * principal.cost) * principal.gain,
        (principal.harm + principal.fine_price * principal.gain) * principal.cost,
    )


@dataclass(frozen=True)
class Optimum:
    """A best pair of penalty and audit reward, and what it brings."""

    penalty: Any
    reward: Any
    value: Any


def grid_optimum(principal: Principal, penalties: Sequence[Any], rewards: Sequence[Any]) -> Optimum:
    """The best arm of a grid, from the equilibrium; the first of equally good ones.

    Exact for rationals.  Raises `ValueError` for an empty grid, or where V is undefined.
    """
    values = [
        Optimum(f, r, equilibrium_payoff_by_definition(principal, f, r))
        for f in penalties
        for r in rewards
    ]
    if not values:
        raise ValueError("the grid is empty: must hold at least one penalty and one reward")
    return max(values, key=lambda arm: arm.value)


def box_optimum(
    principal: Principal, penalties: tuple[Any, Any], rewards: tuple[Any, Any]
) -> Optimum:
    """The best pair of a box (low, high) x (low, high) above gain and cost.

    V is strictly concave in each instrument or monotone, so the stationary point is moved to
    the nearest end of its interval.  An end that binds is returned as it was given, a
    stationary point as a float.  An instrument that changes nothing stays at its low end.
    Raises `ValueError` unless gain < low <= high, and likewise for the reward.
    """
    inspections, misconduct = cross_effects(principal)
    for name, (low, high), least in (
        ("penalties", penalties, principal.gain),
        ("rewards", rewards, principal.cost),
    ):
        if not least < low <= high:
            raise ValueError(f"{name} are {low} to {high}: must satisfy {least} < low <= high")
    penalty = _stationary(inspections, principal.penalty_upkeep, *penalties)
    reward = _stationary(misconduct, principal.reward_upkeep, *rewards)
    return Optimum(penalty, reward, equilibrium_payoff(principal, penalty, reward))


def _stationary(weight: Any, upkeep: Any, low: Any, high: Any) -> Any:
    """The maximiser of -weight/z - upkeep z on [low, high]."""
    if weight <= upkeep * low * low:
        return low
    if weight >= upkeep * high * high:
        return high
    return float(weight / upkeep) ** 0.5


def bias_bound(principal: Any, penalty: Any, reward: Any, regret: Any) -> Any:
    """How far payoffs of play can be from V when the agents' regrets are small (proved).

    `regret` is e = R+/f + S+/r >= 0, the positive parts of the solver's and the auditor's
    average external regret in the play; either may be negative, and must then count as 0.
    Then x, y and z are within e times 1/min(y*, 1 - y*), 1/min(x*, 1 - x*) and the larger of
    1/(1 - x*), 1/(1 - y*) of their equilibrium values (`ed_ext_bandit_bias`).

    Raises `ValueError` for a negative `regret`.

    >>> from fractions import Fraction as F
    >>> boss = Principal(gain=F(1), cost=F(1), harm=F(5), audit_price=F(2))
    >>> bias_bound(boss, F(4), F(3), F(1, 13))
    Fraction(2, 1)
    """
    if regret < 0:
        raise ValueError(f"regret is {regret}: must not be negative, a sum of positive parts")
    x, y = plain_duel(principal.gain, penalty, principal.cost, reward).equilibrium
    per_catch = principal.bounty_price * reward + principal.fine_price * penalty
    return regret * (
        principal.harm / min(y, 1 - y)
        + principal.audit_price / min(x, 1 - x)
        + per_catch / min(1 - x, 1 - y)
    )
