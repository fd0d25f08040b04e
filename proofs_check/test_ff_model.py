"""Friend or Foe, Sections 1-3 and Appendix A: from the definitions to three masses.

Route to general finite covariates: `ff_merge_atoms` is the step of an induction on the
number of atoms.  It shows that, for a given treated event E of mass m, the masses of
reported and of true need inside and outside E range over the intervals of
`encodings.report` and `encodings.truth` whatever the number of atoms is, and the payoff
2 * need - m depends on nothing else.  From there on everything is arithmetic in p, m and
those masses.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    bernoulli_pair,
    best_over,
    inducible,
    payoff,
    report,
    same_pair,
    truth,
    unit,
    worst_over,
)
from proofs_check.rational import evaluate
from proofs_check.smt import maximum, minimum, reals
from theory.admissible_events import extremes_by_enumeration
from theory.delegation import best_targeting, worst_targeting
from theory.points import distrust_point, hedge_point, trust_hedge_slope

HALF = Fraction(1, 2)


def test_ff_merge_atoms(check: Check) -> None:
    a, b, total, x, y = reals("a b total x y")
    masses = [a > 0, b > 0]

    def splits(low_a: z3.BoolRef, low_b: z3.BoolRef) -> z3.BoolRef:
        return z3.Exists([x, y], z3.And(x + y == total, low_a, low_b))

    treated = splits(z3.And(a <= 2 * x, x <= a), z3.And(b <= 2 * y, y <= b))
    untreated = splits(z3.And(0 <= x, 2 * x < a), z3.And(0 <= y, 2 * y < b))
    true = splits(z3.And(0 <= x, x <= a), z3.And(0 <= y, y <= b))
    check.prove_all(
        "merging two atoms",
        "induction on the atoms of an event: each step merges two",
        {
            "treated, reported": (
                masses,
                treated == z3.And(a + b <= 2 * total, total <= a + b),
            ),
            "untreated, reported": (masses, untreated == z3.And(0 <= total, 2 * total < a + b)),
            "true": (masses, true == z3.And(0 <= total, total <= a + b)),
        },
    )
    check.prove(
        "an untreated event that may be reported at rate 1/2",
        [*masses, 0 <= total, 2 * total <= a + b, 0 <= x, x + y == total, x <= a, y <= b],
        2 * total < a + b,
        role="control",
    )


def test_ff_inducible_window(check: Check) -> None:
    p, m, inside, outside = reals("p m inside outside")
    given = [unit(p, m)]
    exists = z3.Exists([inside, outside], report(p, m, inside, outside))
    check.prove("window", given, exists == inducible(p, m))
    check.prove(
        "window with its lower end closed",
        [*given, m <= 2 * p, 2 * p <= 1 + m],
        inducible(p, m),
        role="control",
    )


def test_ff_event_extremes(check: Check) -> None:
    p, m, inside, outside, need = reals("p m inside outside need")
    masses = reals("m1 m2 m3 m4")
    some = [unit(p, *masses), z3.Or(*[inducible(p, mass) for mass in masses])]
    choices = [
        *some,
        z3.Or(*[m == mass for mass in masses]),
        report(p, m, inside, outside),
        truth(p, m, need),
    ]
    low, high = worst_over(p, masses), best_over(p, masses)
    check.prove("least", choices, payoff(m, need) >= low)
    check.prove("greatest", choices, payoff(m, need) <= high)

    def attained(value: z3.ArithRef, share: Callable[[z3.ArithRef], z3.ArithRef]) -> z3.BoolRef:
        return z3.Or(
            *[
                z3.And(
                    inducible(p, mass),
                    truth(p, mass, share(mass)),
                    payoff(mass, share(mass)) == value,
                )
                for mass in masses
            ]
        )

    check.prove("least, attained", some, attained(low, lambda mass: maximum(0, p + mass - 1)))
    check.prove("greatest, attained", some, attained(high, lambda mass: minimum(p, mass)))
    steps = 24 if check.full else 8
    check.exhaust(
        "Ber(q) from the definitions, by enumeration of events",
        f"p and q in multiples of 1/{steps}",
        (
            (Fraction(i, steps), Fraction(j, steps))
            for i in range(steps + 1)
            for j in range(steps + 1)
        ),
        _bernoulli_agrees,
        role="confirmation",
    )
    check.prove(
        "the least payoff is that over all masses, inducible or not",
        some,
        low == minimum(*[worst_targeting(p, mass) for mass in masses]),
        role="control",
    )


def _bernoulli_agrees(case: tuple[Fraction, Fraction]) -> bool:
    p, q = case
    extremes = extremes_by_enumeration(p, tuple(mass for mass in (q, 1 - q) if mass))
    at = {"p": p, "q": q}
    pair = [evaluate(term, at) for term in bernoulli_pair(*reals("p q"))]
    return pair == [extremes.worst.value, extremes.best.value]


def test_ff_lemma_a1(check: Check) -> None:
    p, q, inside, outside, need = reals("p q inside outside need")
    r1, r0, t1, t0 = reals("pi1 pi0 pi1_star pi0_star")
    program = [
        unit(p, q, r1, r0, t1, t0),
        q * t1 + (1 - q) * t0 == p,
        q * r1 + (1 - q) * r0 == p,
        2 * r1 >= 1,
        2 * r0 < 1,
    ]
    check.prove_all(
        "rates to masses",
        "a point of the program gives a report and a truth with its value",
        {
            "report": (
                [*program, inside == q * r1, outside == (1 - q) * r0],
                report(p, q, inside, outside),
            ),
            "truth": ([*program, need == q * t1], truth(p, q, need)),
            "value": ([*program, need == q * t1], payoff(q, need) == q * (2 * t1 - 1)),
        },
    )
    masses = [unit(p, q), report(p, q, inside, outside), truth(p, q, need)]
    rates = [
        r1 == z3.If(q > 0, inside / z3.If(q > 0, q, 1), 1),
        r0 == z3.If(q < 1, outside / z3.If(q < 1, 1 - q, 1), 0),
        t1 == z3.If(q > 0, need / z3.If(q > 0, q, 1), 1),
        t0 == z3.If(q < 1, (p - need) / z3.If(q < 1, 1 - q, 1), 0),
    ]
    check.prove(
        "masses to rates",
        [*masses, *rates],
        z3.And(*program, payoff(q, need) == q * (2 * t1 - 1)),
    )
    check.prove(
        "program without the incentive constraint on the untreated",
        [f for f in program if not f.eq(program[-1])] + [inside == q * r1, outside == (1 - q) * r0],
        report(p, q, inside, outside),
        role="control",
    )


def _intro_example(check: Check) -> None:
    """The 40/60 example and the other two numerical remarks of the introduction."""
    q = Fraction(2, 5)
    need, masses = q, (q, 1 - q)
    extremes = extremes_by_enumeration(need, masses)
    data = {"p": need, "masses": masses}

    def lie_works(lie: tuple[Fraction, Fraction]) -> bool:
        return (
            sum(m * r for m, r in zip(masses, lie, strict=True)) == need
            and [r >= HALF for r in lie] == [False, True]
            and extremes.worst.value == -masses[1]
            and extremes.worst.event == (1,)
        )

    check.certify(
        "best case treats exactly those in need",
        lambda: extremes.best.value == need and extremes.best.event == (0,),
        data,
    )
    check.certify(
        "the lie is consistent and has the larger group treated, none of whom need it",
        lambda: lie_works((Fraction(0), Fraction(2, 3))),
        data,
    )
    check.certify(
        "so does the consistent report of 2/3 on the smaller group and 2/9 on the larger",
        lambda: lie_works((Fraction(2, 3), Fraction(2, 9))),
        data,
        role="control",
    )
    p, m = reals("p m")
    check.prove(
        "25% need, 1% attribute: the larger group cannot be treated",
        [p == z3.RealVal("1/4"), m == z3.RealVal("99/100")],
        z3.Not(inducible(p, m)),
        role="prose",
    )
    check.prove(
        "50% need, 1%/99%: either group can be treated",
        [p == z3.RealVal("1/2")],
        z3.And(inducible(p, z3.RealVal("1/100")), inducible(p, z3.RealVal("99/100"))),
        role="prose",
    )


def test_ff_intro_example(check: Check) -> None:
    p = reals("p")[0]
    _intro_example(check)
    check.prove(
        "at 50% need the tradeoff is worse than in the informative case: the slope is not -1",
        [2 * p == 1],
        trust_hedge_slope(p) > -1,
        role="prose",
    )


def test_ff_intro_example_corrected(check: Check) -> None:
    p = reals("p")[0]
    _intro_example(check)
    check.prove(
        "strictly between 1/3 and 2/3 the first edge is flatter than -1, except at 1/2",
        [3 * p > 1, 3 * p < 2],
        z3.And(trust_hedge_slope(p) >= -1, (trust_hedge_slope(p) == -1) == (2 * p == 1)),
    )
    check.prove(
        "at 1/2 the hedge point is D, so the frontier is one segment of slope -1",
        [2 * p == 1],
        same_pair(hedge_point(p), distrust_point(p)),
    )


def _segments_of_low_need(check: Check) -> None:
    """What the best case treats where p < 1/2."""
    p, q, need = reals("p q need")
    best = [unit(p), truth(p, q, need), payoff(q, need) == best_targeting(p, q)]
    check.prove_all(
        "p < 1/2: what the best case treats at T and at H is at most p, and all in need",
        "shares up to p; T has the share p, H the share 1 - 2p",
        {
            "all in need": ([*best, 0 < q, q <= p, 2 * p < 1], z3.And(need == q, 2 * q < 1)),
            "the share of H": ([3 * p >= 1, 2 * p < 1], z3.And(0 < 1 - 2 * p, 1 - 2 * p <= p)),
        },
    )
    check.prove(
        "at H nobody in need is left untreated",
        [*best, 3 * p >= 1, 2 * p < 1, q == 1 - 2 * p],
        need == p,
        role="control",
    )


def test_ff_rare_segments(check: Check) -> None:
    _segments_of_low_need(check)
    p, m = reals("p m")
    check.prove(
        "for every p: what reaches the best case of T, p, treats half at most",
        [0 < p, p < 1, 0 <= m, m <= 1, inducible(p, m), best_targeting(p, m) == p],
        2 * m <= 1,
        role="reading",
        order=[p, m],
    )


def test_ff_rare_segments_corrected(check: Check) -> None:
    _segments_of_low_need(check)
    p, m, need = reals("p m need")
    best = [unit(p), truth(p, m, need), payoff(m, need) == best_targeting(p, m)]
    check.prove_all(
        "p > 1/2: what the best case leaves untreated at T and at H is at most 1 - p, and nobody "
        "in it is in need",
        "shares from p on; T has the share p, H the share 2 - 2p",
        {
            "nobody in need": (
                [*best, 2 * p > 1, p < 1, m >= p],
                z3.And(p - need == 0, 1 - m <= 1 - p, 2 * (1 - m) < 1),
            ),
            "the share of H": ([2 * p > 1, 3 * p <= 2], z3.And(2 - 2 * p >= p, 2 - 2 * p < 1)),
            "the best case of T is reached by the share p alone": (
                [unit(p, m), best_targeting(p, m) == p],
                m == p,
            ),
        },
    )


def test_ff_best_report_truth(check: Check) -> None:
    mass, reported, true = reals("mass reported_rate true_rate")
    rest_any, rest_truthful = reals("rest_any rest_truthful")

    def earned(rate: z3.ArithRef) -> z3.ArithRef:
        return z3.If(2 * rate >= 1, mass * (2 * true - 1), 0)

    atom = [mass > 0, unit(reported, true)]
    check.prove_all(
        "reporting the truth is best at every truth",
        "induction on the atoms of (X0, X1): the best report is at least the truth, and no "
        "report beats it",
        {
            "one atom": (atom, earned(reported) <= earned(true)),
            "one more atom": (
                [*atom, rest_any <= rest_truthful],
                rest_any + earned(reported) <= rest_truthful + earned(true),
            ),
        },
    )
    check.prove(
        "overstating the need costs nothing",
        [*atom, reported >= true],
        earned(reported) >= earned(true),
        role="control",
    )
