"""Friend or Foe, Appendix D as formulas: treating with probability rho at a report of exactly 1/2.

A report splits the atoms into those treated for sure (mass s), ties (t) and the rest (n).
`split_report` transcribes equation (D.1).  As in `ff_merge_atoms`, only masses matter.  Such a
split is either *free* — then the sure atoms alone, and sure atoms and ties together, can each
be treated without any tie, and the payoff is a mixture of theirs — or *forced*, with s = 0 and
t = 2p (p < 1/2), or s = 2p - 1 and n = 0 (p > 1/2).
"""

from __future__ import annotations

from typing import Any

import z3

from proofs_check.encodings import (
    event_masses,
    payoff,
    truth,
    unit,
)
from proofs_check.smt import reals
from theory.delegation import best_targeting, worst_targeting


def split_report(p: Any, s: Any, t: Any, n: Any, sure: Any, rest: Any) -> list[z3.BoolRef]:
    """Some admissible report splits the atoms into masses s, t, n (equation (D.1)).

    `sure` and `rest` are the reported need in the sure atoms (rates above 1/2) and in the
    rest (rates below 1/2); ties carry t/2.
    """
    return [
        unit(p, s, t, n),
        s + t + n == 1,
        2 * sure + t + 2 * rest == 2 * p,
        sure <= s,
        0 <= rest,
        z3.If(s == 0, sure == 0, 2 * sure > s),
        z3.If(n == 0, rest == 0, 2 * rest < n),
    ]


def free(p: Any, m: Any) -> z3.BoolRef:
    """An event of mass m can be treated, and it alone, by a report without ties."""
    return z3.And(
        z3.Or(m < 2 * p, m == 0), z3.Or(2 * p - 1 < m, m == 1), z3.Implies(2 * p == 1, m > 0)
    )


def forced(p: Any, s: Any, t: Any, n: Any) -> z3.BoolRef:
    """The splits that only a binding constraint produces."""
    return z3.Or(
        z3.And(2 * p < 1, s == 0, t == 2 * p),
        z3.And(2 * p > 1, n == 0, s == 2 * p - 1),
        z3.And(2 * p == 1, s == 0, n == 0),
    )


def some_covariate_with_ties(p: Any, q: Any, worst: Any, best: Any) -> list[z3.BoolRef]:
    """What is known of a pair under rho < 1 when p < 1/2 (see `ff_tie_proof_corrected`).

    The best case is that of a free event, of mass q say; the worst case is at most that of
    every free event.
    """
    bounds = [z3.Implies(free(p, m), worst <= worst_targeting(p, m)) for m in event_masses(q)]
    return [unit(p, q), free(p, q), best == best_targeting(p, q), *bounds]


def hedging_covariate(p: Any, rho: Any) -> tuple[list[z3.BoolRef], z3.ArithRef]:
    """Everything that can happen under Ber(1-2p), from equation (D.1), and its payoff.

    r1, r2 are the reported rates on the atoms of mass 1-2p and 2p; need1 is the true need on
    the first; an atom is treated with probability 1, rho or 0 as its report is above, at or
    below 1/2.
    """
    r1, r2, need1 = reals("r1 r2 need1")

    def chance(rate: z3.ArithRef) -> z3.ArithRef:
        return z3.If(2 * rate > 1, 1, z3.If(2 * rate == 1, rho, z3.RealVal(0)))

    first, second = 1 - 2 * p, 2 * p
    choices = [unit(r1, r2), first * r1 + second * r2 == p, truth(p, first, need1)]
    earned = chance(r1) * payoff(first, need1) + chance(r2) * payoff(second, p - need1)
    return choices, earned
