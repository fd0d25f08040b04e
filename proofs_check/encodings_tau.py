"""The definitions under bounds as formulas over the reals (Friend or Foe, Section 6.1).

As in `proofs_check.encodings`, with P(Y = 1 | X1) confined to [low, high] (Definition 8): only the
mass m of the treated event matters, the reported need inside and outside it, and the true need
inside it, all as masses (`ff_merge_atoms_tau`, by induction on the atoms).  `inducible` is
`report` with its existential variables eliminated (`ff_inducible_window_tau`); Nature's part are
the closed forms of `theory.bounded` (`ff_phi_tau`).  Shares and points that the paper writes as
fractions enter through product equalities, so nothing is divided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from proofs_check.encodings import OUT_OF_REACH, Pair, event_masses, unit
from proofs_check.smt import maximum, minimum, reals
from theory.bounded import best_targeting, worst_targeting

P, Q, LOW, HIGH, WORST, BEST = reals("p q low high worst best")
U, R, E = reals("u r e")


def ordered(p: Any = P, low: Any = LOW, high: Any = HIGH) -> z3.BoolRef:
    """0 <= low <= p <= high <= 1."""
    return z3.And(0 <= low, low <= p, p <= high, high <= 1)


BELOW = [ordered(), 2 * P < 1, 2 * HIGH >= 1]
"""The setting of Lemmas 4 and 5: low < 1/2 follows from low <= p."""
ABOVE = [ordered(), 2 * P > 1, 2 * LOW <= 1]
"""The setting of Lemmas E.3 and E.4: high > 1/2 follows from p <= high."""
SHARE = U * (HIGH - LOW) == P - LOW
"""u is q_T, the rate of the covariate behind T; with low < high."""
TIPPING = R * (1 - 2 * LOW) == 1 - 2 * P
"""r is q_H for p < 1/2; with low < 1/2."""


def report(m: Any, inside: Any, outside: Any, p: Any = P) -> z3.BoolRef:
    """Some admissible report gets exactly an event of mass m treated."""
    return z3.And(
        inside + outside == p,
        m <= 2 * inside,
        LOW * m <= inside,
        inside <= HIGH * m,
        LOW * (1 - m) <= outside,
        outside <= HIGH * (1 - m),
        z3.Or(2 * outside < 1 - m, z3.And(m == 1, outside == 0)),
    )


def truth(m: Any, need: Any, p: Any = P) -> z3.BoolRef:
    """Some admissible truth puts the mass `need` of the needy inside an event of mass m."""
    return z3.And(
        LOW * m <= need,
        need <= HIGH * m,
        LOW * (1 - m) <= p - need,
        p - need <= HIGH * (1 - m),
    )


def inducible(m: Any, p: Any = P, low: Any = LOW, high: Any = HIGH) -> z3.BoolRef:
    """Some admissible report gets an event of mass m treated; m in [0, 1]."""
    window = z3.And(
        0 < m,
        m < 1,
        2 * low < 1,
        2 * high >= 1,
        m * (1 - 2 * low) <= 2 * (p - low),
        2 * p - 1 < m * (2 * high - 1),
    )
    return z3.Or(z3.And(m == 0, 2 * p < 1), z3.And(m == 1, 2 * p >= 1), window)


def best_of(m: Any, low: Any = LOW, high: Any = HIGH) -> Any:
    """b_tau(p, m)."""
    return best_targeting(P, m, low, high)


def worst_of(m: Any, low: Any = LOW, high: Any = HIGH) -> Any:
    """w_tau(p, m)."""
    return worst_targeting(P, m, low, high)


def pair_of(
    masses: Sequence[Any], low: Any = LOW, high: Any = HIGH
) -> tuple[z3.ArithRef, z3.ArithRef]:
    """Lowest and highest payoff over the inducible ones among events of these masses."""
    reached = [(inducible(m, P, low, high), m) for m in masses]
    lowest = minimum(*[z3.If(can, worst_of(m, low, high), OUT_OF_REACH) for can, m in reached])
    highest = maximum(*[z3.If(can, best_of(m, low, high), -OUT_OF_REACH) for can, m in reached])
    return lowest, highest


def bernoulli_pair(q: Any, low: Any = LOW, high: Any = HIGH) -> tuple[z3.ArithRef, z3.ArithRef]:
    """The pair (worst, best) of the covariate Ber(q)."""
    return pair_of(event_masses(q), low, high)


def some_covariate(p: Any = P) -> list[z3.BoolRef]:
    """What is known of the pair (worst, best) of a covariate; q is the mass of its best event.

    As in `encodings.some_covariate`: its worst case is at most that of each inducible event of
    mass 0, q, 1 - q or 1.  Nothing else is assumed.
    """
    bounds = [z3.Implies(inducible(m), worst_of(m) >= WORST) for m in event_masses(Q)]
    return [ordered(p), unit(Q), inducible(Q), best_of(Q) == BEST, *bounds]


def below_line(point: Pair, left: Pair, right: Pair) -> z3.BoolRef:
    """`point` is on or below the line through `left` and `right`, where left[0] < right[0]."""
    return (point[1] - left[1]) * (right[0] - left[0]) <= (right[1] - left[1]) * (
        point[0] - left[0]
    )


def falls(left: Pair, right: Pair) -> z3.BoolRef:
    """`right` lies strictly to the right of and below `left`."""
    return z3.And(left[0] < right[0], left[1] > right[1])
