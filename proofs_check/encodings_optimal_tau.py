"""Bounds on informativeness as formulas, and the chain that bounds every choice of them at once.

With bounds low <= p <= high, a covariate's reports and truths lie in [low, high] at every atom
(Definition 8).  As without bounds only masses matter: values in [m_i low, m_i high] of atoms
with masses m_i add up to exactly the interval [m low, m high] of their union, which
`ff_prop3_corrected` proves.

`any_covariate` is what is known of a covariate with finitely many values: q is the mass of an
event on which its best case is attained; its events include those of mass 0, q, 1 - q and 1, so
its worst case is at most that of each of these that is inducible.  What follows from this holds
for every covariate, and all bounds are free variables, so it holds for every choice of them.

`relaxed_covariate` keeps, for p < 1/2, the part that the proofs use.  It is closed, so it is also
what is left of a covariate at p > 1/2 after treating and leaving alone have traded places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import z3

from proofs_check.encodings import event_masses, unit
from proofs_check.kernel import Obligation
from proofs_check.smt import maximum, minimum


def within(p: Any, low: Any, high: Any) -> z3.BoolRef:
    """The bounds are bounds: 0 <= low <= p <= high <= 1."""
    return z3.And(0 <= low, low <= p, p <= high, high <= 1)


def report_within(p: Any, low: Any, high: Any, m: Any, inside: Any, outside: Any) -> z3.BoolRef:
    """A report within the bounds gets exactly an event of mass m in (0, 1) treated."""
    return z3.And(
        inside + outside == p,
        m * low <= inside,
        inside <= m * high,
        (1 - m) * low <= outside,
        outside <= (1 - m) * high,
        m <= 2 * inside,
        2 * outside < 1 - m,
    )


def truth_within(p: Any, low: Any, high: Any, m: Any, need: Any) -> z3.BoolRef:
    """A truth within the bounds puts the mass `need` of the needy inside an event of mass m."""
    return z3.And(
        m * low <= need,
        need <= m * high,
        (1 - m) * low <= p - need,
        p - need <= (1 - m) * high,
    )


def inducible_within(p: Any, low: Any, high: Any, m: Any) -> z3.BoolRef:
    """Some report within the bounds gets an event of mass m in [0, 1] treated."""
    proper = z3.And(
        2 * high >= 1, 2 * low < 1, m + 2 * (1 - m) * low <= 2 * p, 2 * p < 2 * m * high + 1 - m
    )
    return z3.If(m == 0, 2 * p < 1, z3.If(m == 1, 2 * p >= 1, proper))


def worst_within(p: Any, low: Any, high: Any, m: Any) -> z3.ArithRef:
    """Nature's worst answer to treating a mass m."""
    return 2 * maximum(m * low, p - (1 - m) * high) - m


def best_within(p: Any, low: Any, high: Any, m: Any) -> z3.ArithRef:
    """Nature's best answer to treating a mass m."""
    return 2 * minimum(m * high, p - (1 - m) * low) - m


def any_covariate(p: Any, low: Any, high: Any, q: Any, worst: Any, best: Any) -> list[z3.BoolRef]:
    """What is known of (worst, best) of a covariate whose best case is on an event of mass q."""
    return [
        within(p, low, high),
        unit(q),
        inducible_within(p, low, high, q),
        best == best_within(p, low, high, q),
        *[
            z3.Implies(inducible_within(p, low, high, m), worst <= worst_within(p, low, high, m))
            for m in event_masses(q)
        ],
    ]


def bernoulli_within(p: Any, low: Any, high: Any, q: Any) -> tuple[z3.ArithRef, z3.ArithRef]:
    """The pair (worst, best) of Ber(q) under the bounds."""
    far = 9
    able = [(inducible_within(p, low, high, m), m) for m in event_masses(q)]
    worst = minimum(*[z3.If(can, worst_within(p, low, high, m), far) for can, m in able])
    best = maximum(*[z3.If(can, best_within(p, low, high, m), -far) for can, m in able])
    return worst, best


def relaxed_covariate(
    p: Any, low: Any, high: Any, q: Any, worst: Any, best: Any, strict: bool = False
) -> z3.BoolRef:
    """For p < 1/2: a constant's pair, or the closed conditions on an event of mass q.

    `strict` keeps the condition that the complement cannot be treated open, as it is.
    """
    spare = 1 - q + 2 * q * low - 2 * p
    proper = [
        0 < q,
        q < 1,
        2 * high >= 1,
        q + 2 * (1 - q) * low <= 2 * p,
        best == best_within(p, low, high, q),
        worst <= worst_within(p, low, high, q),
        z3.Or(spare > 0 if strict else spare >= 0, worst <= worst_within(p, low, high, 1 - q)),
    ]
    return z3.And(
        within(p, low, high), z3.Or(z3.And(q == 0, worst <= 0, best <= 0), z3.And(*proper))
    )


def chain(
    premises: Mapping[str, z3.BoolRef], links: Sequence[tuple[str, Sequence[str], z3.BoolRef]]
) -> dict[str, Obligation]:
    """Obligations of a proof in links: each follows from premises and links before it, by name.

    Once all are proved, the last link follows from the premises.  Raises `KeyError` for a link
    that refers to nothing established before.
    """
    known = dict(premises)
    obligations: dict[str, Obligation] = {}
    for label, used, goal in links:
        obligations[label] = ([known[name] for name in used], goal)
        known[label] = goal
    return obligations
