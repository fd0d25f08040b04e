"""Alignment as Equilibrium Design: why simultaneous learners do not settle, and where they go.

Regret matching conserves a weighted sum of its four regrets; gradient play and Hedge, with
steps common to both agents, have a distance from the equilibrium that never falls.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.inspection_encodings import (
    BOX,
    CENTRED,
    CENTRED_GAME,
    GAME,
    PLAIN,
    cost,
    distance,
    eta,
    gain,
    one_of,
    penalty,
    reward,
    x,
    x_star,
    y,
    y_star,
)
from proofs_check.smt import minimum, reals
from theory.learning_rules import (
    RULES,
    Duel,
    clip,
    energy,
    gradient_step,
    matched,
    plain_duel,
)

R1, R2, S1, S2, p, q = reals("R1 R2 S1 S2 p q")
a, b, u = reals("a b u")
REGRETS = (R1, R2, S1, S2)


def weighted(regrets: Any) -> Any:
    """k R1 + (r-k) R2 + g S1 + (f-g) S2, the regrets of cheating, honesty, inspecting, not."""
    return (
        cost * regrets[0]
        + (reward - cost) * regrets[1]
        + gain * regrets[2]
        + (penalty - gain) * regrets[3]
    )


def regrets_are_conserved(check: Check) -> None:
    """Record the conserved quantity of regrets, for any play of a round, mixed or pure."""
    after = RULES["regret"].update(PLAIN, (*REGRETS, p, q), x, y, eta)
    check.prove(
        "regrets: a weighted sum of the four stays as it is, whatever is played",
        GAME,
        weighted(after) == weighted(REGRETS),
    )


def always_pure_or_default(check: Check) -> None:
    """Record that two regret matchers that begin without regrets never both mix freely."""
    check.prove(
        "regret matching: at every time some agent plays a pure or its default strategy",
        [*GAME, weighted(REGRETS) == 0],
        z3.Or(
            one_of(matched(R1, R2, p), 0, 1, p),
            one_of(matched(S1, S2, q), 0, 1, q),
        ),
    )


def energy_has_a_floor(check: Check) -> None:
    """Record that projected gradient play keeps its distance from the equilibrium."""
    moved = x + eta * CENTRED.cheating(y), y + eta * CENTRED.inspecting(x)
    edges = (
        (0 - x_star, b, reward * x_star * x_star),
        (1 - x_star, b, reward * (1 - x_star) * (1 - x_star)),
        (a, 0 - y_star, penalty * y_star * y_star),
        (a, 1 - y_star, penalty * (1 - y_star) * (1 - y_star)),
    )
    check.prove_all(
        "gradient play: the distance never falls below the least of its start and the edges",
        "cases of the projection: nothing is clipped, or a coordinate is put on an edge",
        {
            "what a step does": (
                CENTRED_GAME,
                z3.And(
                    moved[0] - x_star == (x - x_star) - eta * penalty * (y - y_star),
                    moved[1] - y_star == (y - y_star) + eta * reward * (x - x_star),
                ),
            ),
            "unclipped": (
                [penalty > 0, reward > 0],
                distance(a - eta * penalty * b, b + eta * reward * a)
                == (1 + eta * eta * reward * penalty) * distance(a, b),
            ),
            "clipping": ([], z3.Or(clip(u) == u, clip(u) == 0, clip(u) == 1)),
            **{
                f"edge {number}": (CENTRED_GAME, distance(across, up) >= least)
                for number, (across, up, least) in enumerate(edges, start=1)
            },
            "edges are away from the equilibrium": (
                CENTRED_GAME,
                minimum(*[least for _, _, least in edges]) > 0,
            ),
        },
    )


def rests_only_at_the_equilibrium(check: Check) -> None:
    """Record that projected gradient play with a constant step has one fixed point."""
    after = gradient_step(CENTRED, x, y, eta)
    check.prove(
        "gradient play, constant step: what stays where it is is at the equilibrium",
        [*CENTRED_GAME, *BOX, eta > 0, after[0] == x, after[1] == y],
        z3.And(x == x_star, y == y_star),
    )


def steps_of_their_own(check: Check) -> None:
    """Record, as a control, that the distance may fall if the steps are not common."""
    duel = plain_duel(*map(Fraction, (1, 2, 1, 2)))
    start = (Fraction(3, 4), Fraction(3, 4))
    after = (gradient_step(duel, *start, Fraction(1, 2))[0], start[1])
    check.certify(
        "the distance never falls either if only one agent moves",
        lambda: energy(duel, *after) >= energy(duel, *start),
        {
            "g, f, k, r": (1, 2, 1, 2),
            "steps": (Fraction(1, 2), 0),
            "start": start,
            "distances": (energy(duel, *start), energy(duel, *after)),
        },
        role="control",
    )


def test_ed_ext_never_settles(check: Check) -> None:
    regrets_are_conserved(check)
    always_pure_or_default(check)
    energy_has_a_floor(check)
    rests_only_at_the_equilibrium(check)
    f, r, xs, ys, across, up = sp.symbols("f r x_s y_s x y", positive=True)
    duel = Duel(f * ys, f * ys - f, r - r * xs, -r * xs)
    square = r * (across - xs) ** 2 + f * (up - ys) ** 2
    check.derive("the distance is the program's", {"energy": energy(duel, across, up) - square})
    L, M, K, N, left, right, left_after, right_after = reals("L M K N l m l2 m2")
    check.prove(
        "Hedge: the divergence from the equilibrium never falls, with any common steps",
        [
            *CENTRED_GAME,
            *BOX,
            K == L + eta * CENTRED.cheating(y),
            N == M + eta * CENTRED.inspecting(x),
            left_after >= left + x * (K - L),  # l = ln(1 + e^L) is convex with slope x
            right_after >= right + y * (N - M),
        ],
        reward * (left_after - x_star * K) + penalty * (right_after - y_star * N)
        >= reward * (left - x_star * L) + penalty * (right - y_star * M),
    )
    log_odds, at = sp.symbols("L x_s", real=True)
    chance = 1 / (1 + sp.exp(-log_odds))
    softplus = sp.log(1 + sp.exp(log_odds))
    divergence = at * (sp.log(at) - (log_odds - softplus)) + (1 - at) * (sp.log(1 - at) + softplus)
    check.derive(
        "Hedge: ln(1 + e^L) has slope x and curvature x(1-x) > 0; less x* L it is the divergence",
        {
            "slope": sp.diff(softplus, log_odds) - chance,
            "curvature": sp.diff(softplus, log_odds, 2) - chance * (1 - chance),
            "divergence": divergence
            - (softplus - at * log_odds + at * sp.log(at) + (1 - at) * sp.log(1 - at)),
        },
    )
    check.prove(
        "the plain sum of the regrets is conserved",
        GAME,
        sum(RULES["regret"].update(PLAIN, (*REGRETS, p, q), x, y, eta)[:4]) == sum(REGRETS),
        role="control",
    )
    steps_of_their_own(check)


def test_ed_ext_gradient_flow(check: Check) -> None:
    f, r, xs, ys = sp.symbols("f r x_s y_s", positive=True)
    t, A, phase, odds = sp.symbols("t A phi theta", real=True)
    across, up = sp.symbols("x y", real=True)
    speed, other = sp.Function("u")(across), sp.Function("v")(up)
    x_dot, y_dot = speed * f * (ys - up), other * r * (across - xs)
    check.derive(
        "conserved, and the time average telescopes",
        {
            "conserved": r * (across - xs) / speed * x_dot + f * (up - ys) / other * y_dot,
            "inspection": x_dot / speed - f * (ys - up),
            "misconduct": y_dot / other - r * (across - xs),
        },
    )
    omega = sp.sqrt(r * f)
    orbit = (
        xs + A * sp.cos(omega * t + phase),
        ys + A * sp.sqrt(r / f) * sp.sin(omega * t + phase),
    )
    period = (t, 0, 2 * sp.pi / omega)
    check.derive(
        "gradient flow: the ellipses, their period and their means",
        {
            "x": sp.diff(orbit[0], t) - f * (ys - orbit[1]),
            "y": sp.diff(orbit[1], t) - r * (orbit[0] - xs),
            "mean misconduct": sp.integrate(orbit[0] - xs, period),
            "mean inspection": sp.integrate(orbit[1] - ys, period),
        },
    )
    chance = 1 / (1 + sp.exp(-odds))
    slope = sp.diff(chance, odds)
    check.derive(
        "speeds of Hedge, d theta = advantage, and softmax policy gradient, d theta = x(1-x) "
        "times it",
        {
            "Hedge": slope - chance * (1 - chance),
            "policy gradient": slope * slope - (chance * (1 - chance)) ** 2,
        },
    )
    check.derive(
        "the unweighted distance is conserved",
        {"x and y": (across - xs) * x_dot / speed + (up - ys) * y_dot / other},
        role="control",
    )
