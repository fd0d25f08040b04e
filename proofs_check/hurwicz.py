"""Appendix G as formulas: what is known of the four payoffs of any covariate.

Notation as in `proofs_check.encodings`; v_MM, v_AM, v_MA, v_AA as in `theory.hurwicz_programs`,
with Nature's alignment first.  Nature's truth for v_AM is attained (finitely many events, a compact
set of truths); `need` is the mass of need that it puts into the event of v_AA, of mass q.  By
`ff_merge_atoms` these numbers are all that matters, for any number of atoms.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check.encodings import (
    event_masses,
    inducible,
    payoff,
    some_covariate,
    truth,
)
from proofs_check.smt import maximum, minimum
from theory.hurwicz_programs import four_payoffs

Masses = tuple[Fraction, ...]


def needs(p: Any, need: Any) -> tuple[Any, Any, Any, Any]:
    """Need inside the events of `event_masses`, when the event of mass q has `need`."""
    return (0 * p, need, p - need, p)


def answers(p: Any, q: Any, need: Any, bound: Any) -> list[z3.BoolRef]:
    """The truth earns at least `bound` on every inducible event among ∅, E, its complement, all."""
    return [
        z3.Implies(inducible(p, m), payoff(m, n) >= bound)
        for m, n in zip(event_masses(q), needs(p, need), strict=True)
    ]


def some_hurwicz_covariate(
    p: Any, q: Any, mm: Any, am: Any, aa: Any, need: Any
) -> list[z3.BoolRef]:
    """What is known of v_MM, v_AM and v_AA of a covariate with finitely many values."""
    return [*some_covariate(p, q, mm, aa), truth(p, q, need), *answers(p, q, need, am)]


def secured(p: Any, q: Any, need: Any) -> z3.ArithRef:
    """The least payoff of a truth over the inducible events of Ber(q)."""
    out_of_reach = 9
    return minimum(
        *[
            z3.If(inducible(p, m), payoff(m, n), out_of_reach)
            for m, n in zip(event_masses(q), needs(p, need), strict=True)
        ]
    )


def best_need(p: Any, q: Any) -> Any:
    """A truth that attains v_AM of Ber(q): it makes both events lose equally where both can be
    treated, and else fills the rarer value first (p < 1/2) or last."""
    half = z3.RealVal("1/2")
    first, last = minimum(p, q), maximum(0, p + q - 1)
    rarer_first, rarer_last = z3.If(2 * q <= 1, first, last), z3.If(2 * q <= 1, last, first)
    both = z3.And(inducible(p, q), inducible(p, 1 - q))
    return z3.If(both, (p + q - half) / 2, z3.If(2 * p < 1, rarer_first, rarer_last))


def nature_helps(p: Any, q: Any) -> Any:
    """v_AM of Ber(q), 0 < q < 1: p - 1/2 where both values can be treated, else d(p)."""
    both = z3.And(inducible(p, q), inducible(p, 1 - q))
    return z3.If(both, p - z3.RealVal("1/2"), default(p))


def default(p: Any) -> Any:
    """d(p) = v_MA."""
    return z3.If(2 * p < 1, 0, 2 * p - 1)


def weighted(beta: Any, adversarial: Any, benevolent: Any) -> Any:
    """The payoff when Nature is adversarial with weight beta."""
    return beta * adversarial + (1 - beta) * benevolent


def proper(beta: Any) -> z3.BoolRef:
    """beta strictly between 0 and 1, as Appendix G has it."""
    return z3.And(0 < beta, beta < 1)


def bernoulli(q: Fraction) -> Masses:
    """Masses of Ber(q)."""
    return tuple(mass for mass in (q, 1 - q) if mass)


def pair_by_programs(p: Fraction, q: Fraction, beta: Fraction) -> tuple[Fraction, Fraction]:
    """(worst, best) of Ber(q), solved exactly."""
    return four_payoffs(p, bernoulli(q)).pair(beta)
