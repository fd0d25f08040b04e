"""Friend or Foe, Appendix D, the proof of Claim 1: how a pair depends on rho."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    Pair,
    inducible,
    payoff,
    unit,
)
from proofs_check.encodings_ties import (
    forced,
    free,
    split_report,
)
from proofs_check.smt import reals
from theory.admissible_events import extremes_by_enumeration
from theory.delegation import best_targeting, worst_targeting
from theory.nature import tie_extremes_by_enumeration

Case = tuple[Fraction, Fraction, tuple[Fraction, ...]]


def _two_atom_cases(most: int) -> Iterator[Case]:
    """(p, rho, masses), simplest first."""
    for d in range(2, most + 1):
        for k in range(1, d):
            for rho in (Fraction(0), Fraction(1, 2)):
                for e in range(2, d + 1):
                    for j in range(1, e):
                        yield Fraction(k, d), rho, (Fraction(j, e), 1 - Fraction(j, e))


def _pairs(case: Case) -> tuple[Pair, Pair]:
    p, rho, masses = case
    extremes = extremes_by_enumeration(p, masses)
    return (extremes.worst.value, extremes.best.value), tie_extremes_by_enumeration(p, masses, rho)


def _printed_identity(case: Case) -> bool:
    p, rho, _ = case
    one, tied = _pairs(case)
    if 2 * p < 1:
        return tied == (rho * one[0], rho * one[1])
    certain = 2 * p - 1
    return tied == ((1 - rho) * one[0] + rho * certain, (1 - rho) * one[1] + rho * certain)


def test_ff_tie_proof(check: Check) -> None:
    half = Fraction(1, 2)
    check.exhaust(
        "identity for p < 1/2",
        "two atoms, denominators to 6",
        (case for case in _two_atom_cases(6) if case[0] < half),
        _printed_identity,
    )
    check.exhaust(
        "identity for p > 1/2",
        "two atoms, denominators to 6",
        (case for case in _two_atom_cases(6) if case[0] > half),
        _printed_identity,
    )
    check.exhaust(
        "at p = 1/2 every pair is (0,0)",
        "two atoms, denominators to 6",
        (case for case in _two_atom_cases(6) if case[0] == half),
        lambda case: _pairs(case)[1] == (0, 0),
    )
    p, q, rho, r1, r0 = sp.symbols("p q rho pi1 pi0")
    r0_value = (p - q * r1) / (1 - q)
    objective = q * (2 * r1 - 1) + rho * (1 - q) * (2 * r0 - 1)
    check.derive(
        "the substitution in the objective for p > 1/2",
        {
            "objective": objective.subs(r0, r0_value)
            - (1 - rho) * q * (2 * r1 - 1)
            - rho * (2 * p - 1)
        },
        role="step",
    )
    s, t, n, sure, rest = reals("s t n sure rest")
    rate = z3.Real("p")
    check.prove(
        "for p < 1/2 ties occur only if all treated atoms are tied",
        [*split_report(rate, s, t, n, sure, rest), 2 * rate < 1, t > 0],
        s == 0,
        role="step",
        order=[rate, s, t],
    )
    _free_control(check)


def _free_control(check: Check) -> None:
    p, s, t, n, sure, rest = reals("p s t n sure rest")
    check.prove(
        "every split is free",
        split_report(p, s, t, n, sure, rest),
        free(p, s + t),
        role="control",
    )


def _corrected_pair(case: Case) -> bool:
    """The pair under rho by the corrected statement, from the events under rho = 1."""
    p, rho, masses = case
    one, tied = _pairs(case)
    events = {Fraction(0), Fraction(1), *masses, *(1 - m for m in masses)}

    def is_free(m: Fraction) -> bool:
        if 2 * p == 1:
            return 0 < m
        return (m < 2 * p or m == 0) and (2 * p - 1 < m or m == 1)

    payoffs = [worst_targeting(p, m) for m in events if is_free(m)]
    if 2 * p < 1 and 2 * p in events:
        payoffs.append(rho * worst_targeting(p, 2 * p))
    if 2 * p > 1 and p < 1 and 2 * p - 1 in events:
        payoffs.append((1 - rho) * worst_targeting(p, 2 * p - 1) + rho * (2 * p - 1))
    return tied == (min(payoffs), one[1])


def test_ff_tie_proof_corrected(check: Check) -> None:
    p, s, t, n, sure, rest, rho = reals("p s t n sure rest rho")
    need_s, need_t = reals("need_sure need_tied")
    split = split_report(p, s, t, n, sure, rest)
    earned = (2 * need_s - s) + rho * (2 * need_t - t)
    truths = [0 <= need_s, need_s <= s, 0 <= need_t, need_t <= t, 0 <= p - need_s - need_t]
    check.prove_all(
        "every split is free or forced, and what it earns",
        "cases; only masses matter (ff_merge_atoms)",
        {
            "free or forced": (
                split,
                z3.Or(forced(p, s, t, n), z3.And(free(p, s), free(p, s + t))),
            ),
            "a free split earns a mixture": (
                [unit(rho), *truths],
                earned == (1 - rho) * payoff(s, need_s) + rho * payoff(s + t, need_s + need_t),
            ),
            "forced, p < 1/2: earns rho times the event's payoff": (
                [*split, forced(p, s, t, n), 2 * p < 1, need_s == 0],
                z3.And(earned == rho * payoff(2 * p, need_t), inducible(p, 2 * p)),
            ),
            "forced, p < 1/2: at most nothing": (
                [*split, unit(rho), *truths, forced(p, s, t, n), 2 * p < 1],
                earned <= 0,
            ),
            "forced, p > 1/2": (
                [*split, forced(p, s, t, n), 2 * p > 1, need_s + need_t == p],
                earned == (1 - rho) * payoff(2 * p - 1, need_s) + rho * (2 * p - 1),
            ),
            "forced, p = 1/2: nothing": (
                [*split, forced(p, s, t, n), 2 * p == 1, need_t == p, need_s == 0],
                earned == 0,
            ),
            "the forced splits exist": (
                [unit(p), p > 0, p < 1],
                z3.And(
                    z3.Implies(
                        2 * p < 1,
                        z3.And(*split_report(p, 0 * p, 2 * p, 1 - 2 * p, 0 * p, 0 * p)),
                    ),
                    z3.Implies(
                        2 * p > 1,
                        z3.And(*split_report(p, 2 * p - 1, 2 - 2 * p, 0 * p, 2 * p - 1, 0 * p)),
                    ),
                ),
            ),
            "free events need no tie": (
                [unit(p, s), free(p, s)],
                z3.Exists(
                    [sure, rest], z3.And(*split_report(p, s, z3.RealVal(0), 1 - s, sure, rest))
                ),
            ),
        },
    )
    check.prove_all(
        "the best case does not depend on rho",
        "the best event under rho = 1 is free, or earns what a free one does",
        {
            "p < 1/2: an inducible event is free, or earns nothing at best": (
                [unit(p, s), 2 * p < 1, inducible(p, s)],
                z3.Or(free(p, s), best_targeting(p, s) == 0),
            ),
            "p >= 1/2: an inducible event is free, or is the full one": (
                [unit(p, s), 2 * p >= 1, inducible(p, s)],
                z3.Or(free(p, s), s == 1),
            ),
        },
    )
    check.exhaust(
        "corrected pair against enumeration",
        "two atoms, denominators to " + ("12" if check.full else "6"),
        _two_atom_cases(12 if check.full else 6),
        _corrected_pair,
        role="confirmation",
    )
    _free_control(check)
