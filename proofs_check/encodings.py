"""Friend or Foe's definitions as formulas over the reals, and the closed forms built on them.

One subgroup with a share p in need.  A covariate with finitely many values splits it into
atoms; the AI's report gets some event E treated.  Only three numbers matter, as the claims
`ff_merge_atoms` and `ff_lemma_a1` prove for any number of atoms:

* m, the mass of E;
* the reported need inside and outside E, as masses `inside` and `outside`;
* the true need inside E, as a mass `need`.

Masses (mass times rate) instead of rates keep every formula linear in the AI's and
Nature's choices.  `report`, `truth` and `payoff` transcribe Definitions 1-2 and the decision
rule.  `inducible` is `report` with its existential variables eliminated, which is proved in
`ff_inducible_window`.  `worst_over` and `best_over` give the extreme payoffs over a finite
list of event masses, with the closed forms of `theory.delegation` for Nature's part, which
is proved in `ff_phi_w` and `ff_phi_b`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from proofs_check.smt import maximum, minimum
from theory.delegation import best_targeting, worst_targeting

Pair = tuple[Any, Any]

OUT_OF_REACH = 9


def unit(*terms: Any) -> z3.BoolRef:
    """Every term lies in [0, 1]."""
    return z3.And(*[z3.And(0 <= term, term <= 1) for term in terms])


def report(p: Any, m: Any, inside: Any, outside: Any) -> z3.BoolRef:
    """Some admissible report gets exactly an event of mass m treated.

    Reported rates are at least 1/2 on the event and below 1/2 off it, and average to p.
    """
    return z3.And(
        inside + outside == p,
        m <= 2 * inside,
        inside <= m,
        0 <= outside,
        z3.Or(2 * outside < 1 - m, z3.And(m == 1, outside == 0)),
    )


def truth(p: Any, m: Any, need: Any) -> z3.BoolRef:
    """Some admissible truth puts the mass `need` of the needy inside an event of mass m."""
    return z3.And(0 <= need, need <= m, 0 <= p - need, p - need <= 1 - m)


def payoff(m: Any, need: Any) -> Any:
    """The designer's payoff when a mass m is treated of which `need` needs it."""
    return 2 * need - m


def inducible(p: Any, m: Any) -> z3.BoolRef:
    """Some admissible report gets an event of mass m treated; p, m in [0, 1]."""
    return z3.And(m <= 2 * p, z3.Or(2 * p < 1 + m, m == 1))


def event_masses(q: Any) -> tuple[Any, Any, Any, Any]:
    """The masses of the events of the covariate Ber(q)."""
    return (0, q, 1 - q, 1)


def worst_over(p: Any, masses: Sequence[Any]) -> z3.ArithRef:
    """The lowest payoff over the inducible ones among events of these masses."""
    return minimum(*[z3.If(inducible(p, m), worst_targeting(p, m), OUT_OF_REACH) for m in masses])


def best_over(p: Any, masses: Sequence[Any]) -> z3.ArithRef:
    """The highest payoff over the inducible ones among events of these masses."""
    return maximum(*[z3.If(inducible(p, m), best_targeting(p, m), -OUT_OF_REACH) for m in masses])


def bernoulli_pair(p: Any, q: Any) -> tuple[z3.ArithRef, z3.ArithRef]:
    """The pair (worst, best) of the covariate Ber(q)."""
    return worst_over(p, event_masses(q)), best_over(p, event_masses(q))


def same_pair(left: Pair, right: Pair) -> z3.BoolRef:
    """Two points coincide."""
    return z3.And(left[0] == right[0], left[1] == right[1])


def dominates(left: Pair, right: Pair) -> z3.BoolRef:
    """`left` is at least `right` in both coordinates and above it in one."""
    return z3.And(
        left[0] >= right[0],
        left[1] >= right[1],
        z3.Or(left[0] > right[0], left[1] > right[1]),
    )


def on_segment(point: Pair, start: Pair, end: Pair, s: Any) -> Any:
    """`point` is the mixture (1 - s) start + s end with s in [0, 1]."""
    return z3.And(
        unit(s),
        point[0] == start[0] + s * (end[0] - start[0]),
        point[1] == start[1] + s * (end[1] - start[1]),
    )


def objective(alpha: Any, point: Pair) -> Any:
    """The designer's weighted sum of worst and best case, with weight alpha on the worst."""
    return alpha * point[0] + (1 - alpha) * point[1]


def some_covariate(p: Any, q: Any, worst: Any, best: Any) -> list[z3.BoolRef]:
    """What is known of the pair (worst, best) of a covariate with finitely many values.

    q is the mass of an event on which its best case is attained (there is one: the events
    are finitely many).  The masses of its events contain 0 and 1, and with q also 1 - q, so
    its worst case is at most that of each of these that is inducible.  Nothing else is
    assumed, so what follows from this holds for every covariate.
    """
    bounds = [z3.Implies(inducible(p, m), worst <= worst_targeting(p, m)) for m in event_masses(q)]
    return [unit(p, q), inducible(p, q), best == best_targeting(p, q), *bounds]
