"""Friend or Foe, Section 6.1: from the definitions under bounds to masses of need.

Route to general finite covariates, as in `test_ff_model`: merging two atoms of the treated event,
or two of the rest, leaves the possible masses of need as they were, so by induction only the mass
of the event matters.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import event_masses, payoff, unit
from proofs_check.encodings_tau import (
    BEST,
    HIGH,
    LOW,
    WORST,
    P,
    Q,
    bernoulli_pair,
    best_of,
    inducible,
    ordered,
    report,
    some_covariate,
    truth,
    worst_of,
)
from proofs_check.partitions import partitions_as_masses
from proofs_check.smt import maximum, minimum, reals
from theory.admissible_events import extremes_by_enumeration

M, INSIDE, OUTSIDE, NEED = reals("m inside outside need")


def test_ff_merge_atoms_tau(check: Check) -> None:
    a, b, total, x, y = reals("a b total x y")
    masses = [a > 0, b > 0, 0 <= LOW, LOW <= HIGH, HIGH <= 1]

    def treated(mass: Any, need: Any) -> z3.BoolRef:
        return z3.And(mass <= 2 * need, LOW * mass <= need, need <= HIGH * mass)

    def untreated(mass: Any, need: Any) -> z3.BoolRef:
        return z3.And(2 * need < mass, LOW * mass <= need, need <= HIGH * mass)

    def true(mass: Any, need: Any) -> z3.BoolRef:
        return z3.And(LOW * mass <= need, need <= HIGH * mass)

    obligations = {}
    for label, possible in (("treated", treated), ("untreated", untreated), ("true", true)):
        part = [x == total * a / (a + b), y == total * b / (a + b)]
        obligations[f"{label}: two atoms add up"] = (
            [*masses, possible(a, x), possible(b, y), total == x + y],
            possible(a + b, total),
        )
        obligations[f"{label}: a joint mass splits in proportion"] = (
            [*masses, possible(a + b, total), *part],
            z3.And(possible(a, x), possible(b, y), x + y == total),
        )
    check.prove_all(
        "merging two atoms", "induction on the atoms of an event: each step merges two", obligations
    )
    check.prove(
        "an untreated event that may be reported at rate 1/2",
        [*masses, true(a, x), 2 * x <= a, true(b, y), 2 * y <= b, total == x + y],
        untreated(a + b, total),
        role="control",
    )


def test_ff_inducible_window_tau(check: Check) -> None:
    given = [ordered(), unit(M)]
    check.prove(
        "every mass with a report lies in the window",
        [*given, report(M, INSIDE, OUTSIDE)],
        inducible(M),
    )
    most, strict, room = reals("most strict room")
    # As high as possible on the event, which leaves as little as possible off it.
    report_ = [most == HIGH * M, strict == P - LOW * (1 - M), room == minimum(most, strict)]
    check.prove(
        "every mass of the window has a report",
        [*given, inducible(M), *report_, INSIDE == room, OUTSIDE == P - room],
        report(M, INSIDE, OUTSIDE),
    )
    closed = z3.And(M * (1 - 2 * LOW) <= 2 * (P - LOW), 2 * P - 1 <= M * (2 * HIGH - 1))
    check.prove(
        "window with its lower end closed",
        [*given, 2 * LOW < 1, 2 * HIGH >= 1, closed],
        inducible(M),
        role="control",
    )


def test_ff_event_extremes_tau(check: Check) -> None:
    choices = [ordered(), unit(M), report(M, INSIDE, OUTSIDE), truth(M, NEED)]
    least, most = needs(M)
    given = [ordered(), unit(M)]
    check.prove_all(
        "whatever a report gets treated, the payoff lies between w and b at its mass",
        "bounds, and truths that attain them",
        {
            "treated masses are inducible": (choices[:3], inducible(M)),
            "least": (choices, payoff(M, NEED) >= worst_of(M)),
            "greatest": (choices, payoff(M, NEED) <= best_of(M)),
            "least, attained": (
                [*given, NEED == least],
                z3.And(truth(M, NEED), payoff(M, NEED) == worst_of(M)),
            ),
            "greatest, attained": (
                [*given, NEED == most],
                z3.And(truth(M, NEED), payoff(M, NEED) == best_of(M)),
            ),
        },
    )
    check.prove(
        "every payoff is at least w at the mass that is left untreated",
        choices,
        payoff(M, NEED) >= worst_of(1 - M),
        role="control",
    )


def needs(m: Any) -> tuple[Any, Any]:
    """The least and the greatest true need that fits into an event of mass m."""
    return (
        maximum(LOW * m, P - HIGH * (1 - m)),
        minimum(HIGH * m, P - LOW * (1 - m)),
    )


def test_ff_two_point_tau(check: Check) -> None:
    two_valued = bernoulli_pair(Q)
    best = [z3.Implies(inducible(m), best_of(m) <= BEST) for m in event_masses(Q)]
    check.prove(
        "Ber(q*) keeps the best case and does not lower the worst, whatever the covariate: "
        "with the mass q* of the event of its best case its events include masses 0, 1 and 1 - q*",
        [*some_covariate(), *best],
        z3.And(two_valued[0] >= WORST, two_valued[1] == BEST),
    )
    steps = 8 if check.full else 6
    ends = [(Fraction(1, 6), Fraction(2, 3)), (Fraction(0), Fraction(1, 2))]
    cases = [
        (Fraction(k, 12), masses, bounds)
        for bounds in ends
        for k in range(13)
        if bounds[0] <= Fraction(k, 12) <= bounds[1]
        for masses in partitions_as_masses(steps, 5)
    ]
    check.exhaust(
        "from the definitions: each covariate against the two-valued one",
        f"bounds [1/6,2/3] and [0,1/2], p in twelfths, masses that are partitions of {steps} "
        "into at most 5 parts",
        cases,
        _dominated_by_two_points,
        role="confirmation",
    )
    check.prove(
        "the two-valued covariate has the same worst case",
        [*some_covariate(), *best],
        two_valued[0] == WORST,
        role="control",
    )


def _dominated_by_two_points(case: tuple[Fraction, Any, Any]) -> bool:
    p, masses, bounds = case
    rich = extremes_by_enumeration(p, masses, bounds)
    q = sum((masses[i] for i in rich.best.event), Fraction(0))
    poor = extremes_by_enumeration(p, tuple(m for m in (q, 1 - q) if m), bounds)
    return poor.best.value == rich.best.value and poor.worst.value >= rich.worst.value
