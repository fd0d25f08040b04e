"""Friend or Foe, Appendix D: breaking ties.

With a probability rho of treating at a reported rate of exactly 1/2, a report splits
the atoms into those treated for sure (mass s), ties (t) and the rest (n).  `split_report`
transcribes equation (D.1).  As in `ff_merge_atoms`, only masses matter.  Such a split is
either *free* — then the sure atoms alone, and sure atoms and ties together, can each be
treated without any tie, and the payoff is a mixture of theirs — or *forced*, with s = 0 and
t = 2p (p < 1/2), or s = 2p - 1 and n = 0 (p > 1/2).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    Pair,
    event_masses,
    inducible,
    payoff,
    some_covariate,
    truth,
    unit,
)
from proofs_check.geometry import supporting_lines
from proofs_check.kernel import Obligation
from proofs_check.smt import minimum, reals
from theory.admissible_events import extremes_by_enumeration
from theory.delegation import best_targeting, worst_targeting
from theory.nature import tie_extremes_by_enumeration
from theory.points import hedge_point

Case = tuple[Fraction, Fraction, tuple[Fraction, ...]]


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


def _pair_of_hedging_covariate(
    p: Any, rho: Any, where: list[z3.BoolRef], under_rho: Any
) -> dict[str, Obligation]:
    """Its pair is (under_rho, 1-2p): bounds on all reports and truths, some attain them."""
    choices, earned = hedging_covariate(p, rho)
    r1, r2, need1 = reals("r1 r2 need1")
    plain = [r1 == 1, 2 * p * r2 == 3 * p - 1]
    tied = [r1 == 0, 2 * r2 == 1]
    return {
        "at least": ([*where, *choices], earned >= under_rho),
        "at most": ([*where, *choices], earned <= 1 - 2 * p),
        "best attained": (
            [*where, *plain, need1 == 1 - 2 * p],
            z3.And(*choices, earned == 1 - 2 * p),
        ),
        "worst attained without a tie, or with one": (
            [*where, need1 == z3.If(under_rho == 2 * p - 1, z3.RealVal(0), 1 - 2 * p)]
            + [z3.If(under_rho == 2 * p - 1, a, b) for a, b in zip(plain, tied, strict=True)],
            z3.And(*choices, earned == under_rho),
        ),
    }


def test_ff_tie_claim(check: Check) -> None:
    p, q, worst, best, rho = reals("p q worst best rho")
    rate = Fraction(1, 3)
    where = [3 * p == 1, rho == 0]
    check.refute(
        "some covariate under rho = 1 weakly dominates the pair of every covariate under rho",
        "at p = 1/3 the pair of Ber(1/3) under rho = 0 is (-1/3, 1/3); no covariate under "
        "rho = 1 has both coordinates as high",
        {p: rate, rho: Fraction(0)},
        {
            **_pair_of_hedging_covariate(p, rho, where, 2 * p - 1),
            "no covariate": (
                [rho == 0, *some_covariate(p, q, worst, best)],
                z3.Not(z3.And(worst >= 2 * p - 1, best >= 1 - 2 * p)),
            ),
        },
        shown={
            "masses": (rate, 1 - rate),
            "pair under rho": tie_extremes_by_enumeration(rate, (rate, 1 - rate), Fraction(0)),
        },
    )
    check.prove(
        "the same refutation would go through at p = 1/4",
        [p == z3.RealVal("1/4"), *some_covariate(p, q, worst, best)],
        z3.Not(z3.And(worst >= -p, best >= p)),
        role="control",
    )


def test_ff_tie_claim_corrected(check: Check) -> None:
    p, q, worst, best, rho, m = reals("p q worst best rho m")
    low = [*some_covariate_with_ties(p, q, worst, best), 2 * p < 1]
    lines = {
        f"line {number}": (low, line)
        for number, line in enumerate(supporting_lines((worst, best), p), start=1)
    }
    check.prove_all(
        "p < 1/2: every pair under rho < 1 lies below the frontier's supporting lines",
        "one line each; so it is weakly dominated by a point of the frontier (ff_lemma1_corrected)",
        lines,
    )
    check.prove(
        "p < 1/3: Ber(best) dominates it under rho = 1",
        [*low, 3 * p < 1],
        z3.And(0 <= best, best <= p, worst <= -best),
    )
    check.prove_all(
        "p >= 1/2: the covariate itself dominates it under rho = 1",
        "every event inducible under rho = 1 is free, so the worst case is no lower under "
        "rho = 1; free splits are mixtures of inducible events, forced ones earn at most 2p-1",
        {
            "worst: inducible events are free": (
                [unit(p, m), 2 * p > 1, inducible(p, m)],
                free(p, m),
            ),
            "worst, p = 1/2: inducible events are free but for the full one, which earns 0": (
                [unit(m), 2 * p == 1, inducible(p, m), m < 1],
                free(p, m),
            ),
            "best: free events are inducible": (
                [unit(p, m), 2 * p >= 1, free(p, m)],
                inducible(p, m),
            ),
            "best: the forced split earns at most 2p-1": (
                [unit(p, rho, q), 2 * p > 1, truth(p, 2 * p - 1, q)],
                (1 - rho) * payoff(2 * p - 1, q) + rho * (2 * p - 1) <= 2 * p - 1,
            ),
        },
    )
    middle = [3 * p >= 1, 2 * p < 1, unit(rho), rho < 1]
    under_rho = minimum(2 * p - 1, rho * worst_targeting(p, 2 * p))
    check.prove(
        "p in [1/3, 1/2): under every rho < 1 no covariate matches Ber(1-2p)",
        [*middle, *some_covariate(p, q, worst, best)],
        z3.Not(z3.And(best >= 1 - 2 * p, worst >= under_rho)),
    )
    check.prove_all(
        "the pair of Ber(1-2p) under rho",
        "from equation (D.1): every report, every truth, two atoms",
        _pair_of_hedging_covariate(p, rho, middle, under_rho),
    )
    check.prove(
        "for rho <= 1/2 that pair is H",
        [*middle, 2 * rho <= 1],
        z3.And(under_rho == hedge_point(p)[0], 1 - 2 * p == hedge_point(p)[1]),
    )
    check.exhaust(
        "the pair of Ber(1-2p) under rho, by enumeration",
        "p in [1/3,1/2) with denominators to 12, rho in quarters below 1",
        (
            (k, Fraction(r, 4), (1 - 2 * k, 2 * k))
            for k in _rates(12)
            if Fraction(1, 3) <= k < Fraction(1, 2)
            for r in range(4)
        ),
        lambda case: (
            tie_extremes_by_enumeration(case[0], case[2], case[1])
            == (min(2 * case[0] - 1, case[1] * (4 * case[0] - 2)), 1 - 2 * case[0])
        ),
        role="confirmation",
    )
    check.prove(
        "p < 1/2: no event does more harm under rho = 1 than under rho",
        low,
        z3.And(
            *[
                z3.Implies(inducible(p, mass), worst <= worst_targeting(p, mass))
                for mass in (q, 1 - q)
            ]
        ),
        role="control",
    )


def _rates(most: int) -> list[Fraction]:
    return sorted({Fraction(k, d) for d in range(1, most + 1) for k in range(d + 1)})


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
