"""Alignment as Equilibrium Design: constant steps, and looking one step ahead.

Exact rational orbits show what constant steps do to the time averages of projected gradient
play; extragradient play settles if it starts near enough.
"""

from __future__ import annotations

import operator
from fractions import Fraction
from functools import partial
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.inspection_encodings import (
    CENTRED,
    CENTRED_GAME,
    GAME,
    PLAIN,
    cost,
    distance,
    eta,
    gain,
    inside,
    penalty,
    reward,
    x,
    x_star,
    y,
    y_star,
)
from proofs_check.smt import maximum, minimum, reals
from theory.learning_rules import Duel, clip, gradient_step, plain_duel

a, b = reals("a b")
CORNER = (Fraction(0), Fraction(0))
CORNERS = [(0, 0), (1, 0), (1, 1), (0, 1)]
LARGE = [*GAME, eta > 0, eta * minimum(gain, penalty - gain, cost, reward - cost) >= 1]


def last_orbit(
    duel: Duel, step: Fraction, start: tuple[Fraction, Fraction] = CORNER
) -> tuple[int, tuple[Fraction, Fraction]]:
    """Period and average of the orbit that gradient play from `start` ends in; exact."""
    seen: dict[tuple[Fraction, Fraction], int] = {}
    point = start
    while point not in seen:
        seen[point] = len(seen)
        point = gradient_step(duel, point[0], point[1], step)
    orbit = list(seen)[seen[point] :]
    means = [sum(strategies) / len(orbit) for strategies in zip(*orbit, strict=True)]
    return len(orbit), (means[0], means[1])


def _from(corner: tuple[int, int]) -> tuple[Any, Any]:
    """Where gradient play goes from a corner."""
    return gradient_step(PLAIN, z3.RealVal(corner[0]), z3.RealVal(corner[1]), eta)


def _goes(reached: tuple[Any, Any], following: tuple[Any, Any]) -> z3.BoolRef:
    """The point reached is the following one."""
    return z3.And(reached[0] == following[0], reached[1] == following[1])


def corner_cycle(check: Check) -> None:
    """Record that gradient play with large steps goes from corner to corner."""
    check.prove_all(
        "large steps, from any corner: the four corners in turn, so that both average 1/2",
        "one corner each",
        {
            f"from {corner}": (
                LARGE,
                _goes(_from(corner), following),
            )
            for corner, following in zip(CORNERS, [*CORNERS[1:], CORNERS[0]], strict=True)
        },
    )


def test_ed_ext_constant_step(check: Check) -> None:
    start, total, pushed = reals("y0 total pushed")
    moved = y + eta * CENTRED.inspecting(x)
    check.prove_all(
        "eta r sum (x - x*) = change of y less the pushes of the projection",
        "induction on the rounds",
        {
            "base": ([y == start, total == 0, pushed == 0], y - start == total + pushed),
            "step": (
                [*CENTRED_GAME, y - start == total + pushed],
                clip(moved) - start
                == total + eta * reward * (x - x_star) + (pushed + clip(moved) - moved),
            ),
        },
    )
    corner_cycle(check)
    duel, step = plain_duel(*map(Fraction, (1, 2, 1, 3))), Fraction(2)
    start = (Fraction(133, 575), Fraction(1))
    means = (Fraction(21, 50), Fraction(13, 25))
    orbit = [
        (z3.RealVal(f"{point[0]}/575"), z3.RealVal(f"{point[1]}/575"))
        for point in [(133, 575), (0, 223), (258, 0), (575, 398)]
    ]
    fixed = [gain == 1, penalty == 2, cost == 1, reward == 3, eta == 2]
    check.prove_all(
        "not from every start: four other points in turn, which average (21/50, 13/25)",
        "one point each",
        {
            "the step is large": (fixed, z3.And(*LARGE)),
            **{
                f"from point {number}": (
                    fixed,
                    _goes(gradient_step(PLAIN, *here, eta), following),
                )
                for number, (here, following) in enumerate(
                    zip(orbit, [*orbit[1:], orbit[0]], strict=True), start=1
                )
            },
            "average": (
                fixed,
                z3.And(
                    *[
                        z3.Sum(*strategies) == 4 * z3.RealVal(str(mean))
                        for strategies, mean in zip(zip(*orbit, strict=True), means, strict=True)
                    ]
                ),
            ),
        },
    )
    check.prove(
        "for every step there is such a game, with another equilibrium",
        [eta > 0, gain * eta == 1, penalty * eta == 4, cost * eta == 1, reward * eta == 3],
        z3.And(*LARGE, cost * 2 != reward, gain * 2 != penalty),
    )
    check.prove(
        "the corners are visited in turn at half that step",
        [*GAME, eta > 0, 2 * eta * minimum(gain, penalty - gain, cost, reward - cost) >= 1],
        _from((0, 0))[0] == 1,
        role="control",
    )
    check.certify(
        "large steps average 1/2 from every start",
        lambda: last_orbit(duel, step, start)[1] == (Fraction(1, 2), Fraction(1, 2)),
        {"g, f, k, r": (1, 2, 1, 3), "step": step, "start": start, "average": means},
        role="control",
    )


def test_ed_ext_small_step_orbits(check: Check) -> None:
    orbits = [
        ((1, 4, 1, 3), Fraction(1, 2), 6, (Fraction(5, 12), Fraction(11, 24))),
        ((1, 4, 1, 4), Fraction(1, 4), 10, (Fraction(1, 4), Fraction(9, 20))),
    ]
    for game, step, period, means in orbits:
        duel = plain_duel(*map(Fraction, game))
        check.certify(
            f"smaller steps: g, f, k, r = {game}",
            partial(operator.eq, last_orbit(duel, step), (period, means)),
            {"step": step, "period": period, "average": means, "equilibrium": duel.equilibrium},
        )
    duel, step = plain_duel(*map(Fraction, (1, 4, 1, 3))), Fraction(1, 2)
    check.certify(
        "the average of the first orbit is the equilibrium",
        lambda: last_orbit(duel, step)[1] == duel.equilibrium,
        {"average": last_orbit(duel, step)[1], "equilibrium": duel.equilibrium},
        role="control",
    )


def _unclipped(duel: Duel, start: tuple[Any, Any], seen: tuple[Any, Any]) -> tuple[Any, Any]:
    """A gradient step from `start` with the advantages at `seen`, if nothing is projected."""
    return (
        start[0] + eta * duel.cheating(seen[1]),
        start[1] + eta * duel.inspecting(seen[0]),
    )


def test_ed_ext_extragradient(check: Check) -> None:
    ahead = _unclipped(CENTRED, (x, y), (x, y))
    final = _unclipped(CENTRED, (x, y), ahead)
    square = eta * eta * reward * penalty
    across = a - eta * penalty * (b + eta * reward * a)
    up = b + eta * reward * (a - eta * penalty * b)
    factor = 1 - square + square * square
    check.prove_all(
        "inside, the squared distance shrinks by the factor 1 - s^2 + s^4",
        "the step of `extragradient_step` without its projections, then the identity",
        {
            "what lies inside is not moved": (inside(a), clip(a) == a),
            "from the equilibrium": (
                [*CENTRED_GAME, a == x - x_star, b == y - y_star],
                z3.And(final[0] - x_star == across, final[1] - y_star == up),
            ),
            "identity": ([], distance(across, up) == factor * distance(a, b)),
            "below 1": ([0 < square, square < 1], z3.And(0 < factor, factor < 1)),
        },
    )
    edges = [
        reward * x_star * x_star,
        reward * (1 - x_star) * (1 - x_star),
        penalty * y_star * y_star,
        penalty * (1 - y_star) * (1 - y_star),
    ]
    check.prove_all(
        "starts with (1 + s^2) E at most the least of the edges: no step is ever clipped",
        "the point looked at has (1 + s^2) E, the point reached less than E",
        {
            "looking ahead": (
                [],
                distance(a - eta * penalty * b, b + eta * reward * a)
                == (1 + square) * distance(a, b),
            ),
            "x stays inside": (
                [*CENTRED_GAME, distance(a, b) <= edges[0], distance(a, b) <= edges[1]],
                z3.And(-x_star <= a, a <= 1 - x_star),
            ),
            "y stays inside": (
                [*CENTRED_GAME, distance(a, b) <= edges[2], distance(a, b) <= edges[3]],
                z3.And(-y_star <= b, b <= 1 - y_star),
            ),
        },
    )
    check.prove(
        "gradient play without looking ahead comes closer",
        [*CENTRED_GAME, eta > 0, distance(a, b) > 0, maximum(a, b) < 1],
        distance(a - eta * penalty * b, b + eta * reward * a) < distance(a, b),
        role="control",
    )
