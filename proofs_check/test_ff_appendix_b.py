"""Friend or Foe, Appendix B.1.1-B.1.4: feasible masses, Nature's answer, two-point covariates."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    bernoulli_pair,
    event_masses,
    inducible,
    payoff,
    same_pair,
    some_covariate,
    truth,
    unit,
)
from proofs_check.partitions import partitions_as_masses
from proofs_check.smt import maximum, reals
from theory.admissible_events import extremes_by_enumeration
from theory.delegation import best_targeting, worst_targeting


def printed_window(p: Any, q: Any) -> z3.BoolRef:
    """BP(p) as printed in Lemma B.1."""
    return z3.If(
        2 * p < 1,
        z3.And(0 <= q, q <= 2 * p),
        z3.If(2 * p == 1, z3.And(0 < q, q <= 2 * p), z3.And(2 * p - 1 < q, q <= 1)),
    )


def posteriors(p: Any, q: Any, r1: Any, r0: Any) -> list[z3.BoolRef]:
    """(BP-2) and (IC): the posteriors pi1, pi0 average to p and lie on the right sides of 1/2."""
    return [unit(p, q, r1, r0), q * r1 + (1 - q) * r0 == p, 2 * r1 >= 1, 2 * r0 < 1]


def test_ff_lemma_b1(check: Check) -> None:
    p, q, r1, r0 = reals("p q pi1 pi0")
    check.prove(
        "every incentive-compatible mass is in the printed set",
        posteriors(p, q, r1, r0),
        printed_window(p, q),
        order=[p, q],
        recheck=lambda at: extremes_by_enumeration(at["p"], (Fraction(1),)).best.event == (0,),
    )
    _window_is_reached(check)
    check.prove(
        "at p = 1/2 both posteriors may rise to 1/2 from below",
        [2 * p == 1, unit(q, r1, r0), 2 * r1 < 1, 2 * r0 < 1],
        posteriors(p, q, r1, r0)[2],
        role="step",
    )
    _window_steps(check)


def test_ff_lemma_b1_corrected(check: Check) -> None:
    p, q, r1, r0 = reals("p q pi1 pi0")
    check.prove(
        "every incentive-compatible mass is in the printed set, or is 1 at p = 1",
        posteriors(p, q, r1, r0),
        z3.Or(printed_window(p, q), z3.And(p == 1, q == 1)),
    )
    _window_is_reached(check)
    check.prove(
        "at p = 1/2, pi1 = 1 and pi0 < 1/2 reach every mass of (0, 1/(2-2 pi0)]",
        [2 * p == 1, r1 == 1, 0 <= r0, 2 * r0 < 1, q == (p - r0) / (r1 - r0)],
        z3.And(*posteriors(p, q, r1, r0), 0 < q, 2 * q * (1 - r0) == 1 - 2 * r0),
        role="step",
    )
    _window_steps(check)


def _window_is_reached(check: Check) -> None:
    p, q, r1, r0 = reals("p q pi1 pi0")
    apart = z3.If(q < 1, 1 - q, 1)
    mass = z3.If(q > 0, q, 1)
    witness = [
        r0 == z3.If(p >= q, z3.If(q < 1, (p - q) / apart, 0), 0),
        r1 == z3.If(p >= q, z3.RealVal(1), p / mass),
    ]
    check.prove(
        "every mass of the printed set, and 1 at p = 1, is reached by explicit posteriors",
        [unit(p, q), z3.Or(printed_window(p, q), z3.And(p == 1, q == 1)), *witness],
        z3.And(*posteriors(p, q, r1, r0)),
    )
    check.prove(
        "and so is 2p - 1 for p > 1/2",
        [unit(p, q, r0, r1), 2 * p > 1, p < 1, q == 2 * p - 1, *witness],
        z3.And(*posteriors(p, q, r1, r0)),
        role="control",
    )


def _window_steps(check: Check) -> None:
    p, r1, r0, s1, s0 = reals("p pi1 pi0 pi1_up pi0_up")

    def ratio(high: Any, low: Any) -> Any:
        return (p - low) / (high - low)

    ordered = [unit(p, r1, r0, s1, s0), r0 <= p, p <= r1, 2 * r0 < 1, 2 * r1 >= 1]
    check.prove_all(
        "the mass decreases (weakly) in both posteriors, and its extreme values",
        "one fact each",
        {
            "in pi1": ([*ordered, r1 <= s1], ratio(s1, r0) <= ratio(r1, r0)),
            "in pi0": ([*ordered, r0 <= s0, s0 <= p, 2 * s0 < 1], ratio(r1, s0) <= ratio(r1, r0)),
            "lowest, p < 1/2": ([unit(p), 2 * p < 1, r1 == 1, r0 == p], ratio(r1, r0) == 0),
            "lowest, p > 1/2: bound": ([*ordered, 2 * p > 1, p < 1], ratio(r1, r0) > 2 * p - 1),
            "highest, p <= 1/2": (
                [unit(p), 2 * p <= 1, 2 * r1 == 1, r0 == 0],
                ratio(r1, r0) == 2 * p,
            ),
            "highest, p > 1/2": ([unit(p), 2 * p > 1, r1 == p, r0 == 0], ratio(r1, r0) == 1),
        },
        role="step",
    )


def printed_phi_b(p: Any, q: Any) -> Any:
    """phi_B as printed in Section B.1.2."""
    return z3.If(q < p, q, 2 * p - q)


def printed_phi_w(p: Any, q: Any) -> Any:
    """phi_W as printed in Section B.1.2."""
    return z3.If(q <= 1 - p, -q, q - 2 * (1 - p))


def test_ff_phi_b(check: Check) -> None:
    p, q, need, r1, r0 = reals("p q need pi1 pi0")
    given = [unit(p, q)]
    phi = printed_phi_b(p, q)
    check.prove("bound", [*given, truth(p, q, need)], payoff(q, need) <= phi)
    check.prove(
        "attained at min(p,q)",
        [*given, need == z3.If(p < q, p, q)],
        z3.And(truth(p, q, need), payoff(q, need) == phi),
    )
    check.prove("equals b(p,q)", given, phi == best_targeting(p, q))
    check.prove(
        "the posteriors named in the text (q > 0; at q = 0 nobody is treated)",
        [
            *given,
            q > 0,
            r1 == z3.If(p > q, z3.RealVal(1), p / q),
            r0 == z3.If(p > q, (p - q) / z3.If(q < 1, 1 - q, 1), 0),
        ],
        z3.And(unit(r1, r0), q * r1 + (1 - q) * r0 == p, q * (2 * r1 - 1) == phi),
        role="step",
    )
    check.prove(
        "phi_B with its branches exchanged bounds the payoff below q = p",
        [*given, truth(p, q, need)],
        payoff(q, need) <= z3.If(q < p, 2 * q - p, 2 * p - q),
        role="control",
    )


def test_ff_phi_w(check: Check) -> None:
    p, q, need, r1, r0 = reals("p q need pi1 pi0")
    given = [unit(p, q)]
    phi = printed_phi_w(p, q)
    check.prove("bound", [*given, truth(p, q, need)], payoff(q, need) >= phi)
    check.prove(
        "attained at max(0, p + q - 1)",
        [*given, need == maximum(0, p + q - 1)],
        z3.And(truth(p, q, need), payoff(q, need) == phi),
    )
    check.prove("equals w(p,q)", given, phi == worst_targeting(p, q))
    check.prove(
        "the posteriors named in the text (0 < q < 1, or q = 1 and p > 0)",
        [
            *given,
            q > 0,
            z3.Or(q < 1, p > 0),
            r1 == z3.If(p <= 1 - q, z3.RealVal(0), 1 - (1 - p) / q),
            r0 == z3.If(p <= 1 - q, p / z3.If(q < 1, 1 - q, 1), z3.RealVal(1)),
        ],
        z3.And(unit(r1, r0), q * r1 + (1 - q) * r0 == p, q * (2 * r1 - 1) == phi),
        role="step",
    )
    check.prove(
        "the payoff is at least -(1-q) beyond 1 - p",
        [*given, truth(p, q, need), q > 1 - p],
        payoff(q, need) >= -(1 - q),
        role="control",
    )


def _two_point(check: Check) -> None:
    """Domination by the two-valued covariate, and footnote 15."""
    p, q, worst, best = reals("p q worst best")
    covariate = [
        *some_covariate(p, q, worst, best),
        *[z3.Implies(inducible(p, m), best_targeting(p, m) <= best) for m in event_masses(q)],
    ]
    two_valued = bernoulli_pair(p, q)
    check.prove(
        "Ber(q*) keeps the best case and does not lower the worst, whatever the covariate: "
        "with the mass q* of the event of its best case its events include masses 0, 1 and 1 - q*",
        covariate,
        z3.And(two_valued[0] >= worst, two_valued[1] == best),
    )
    steps = 16 if check.full else 8
    check.exhaust(
        "from the definitions: each covariate against the two-valued one",
        f"p in twelfths, masses that are partitions of {steps} into at most 6 parts",
        ((Fraction(k, 12), masses) for k in range(13) for masses in partitions_as_masses(steps, 6)),
        _dominated_by_two_points,
        role="confirmation",
    )
    lam, intercept_a, intercept_b, slope_a, slope_b, r, s = reals("lam ia ib sa sb r s")
    check.prove(
        "footnote 15, more actions: where one action is optimal at two posteriors it stays "
        "optimal at their average, so one value per action suffices",
        [
            unit(lam),
            intercept_a + slope_a * r >= intercept_b + slope_b * r,
            intercept_a + slope_a * s >= intercept_b + slope_b * s,
        ],
        intercept_a + slope_a * (lam * r + (1 - lam) * s)
        >= intercept_b + slope_b * (lam * r + (1 - lam) * s),
        role="prose",
    )
    check.certify(
        "footnote 15, third AI: with one that counts an unneeded treatment threefold, the "
        "two-valued covariate lowers the payoff that it leaves the designer",
        _third_type_loses,
        {"p": Fraction(1, 5), "masses": (Fraction(1, 20), Fraction(3, 10), Fraction(13, 20))},
        role="prose",
    )
    check.exhaust(
        "the two-valued covariate has the same worst case",
        "p in twelfths, masses that are partitions of 6",
        ((Fraction(k, 12), masses) for k in range(13) for masses in partitions_as_masses(6, 6)),
        lambda case: _two_point_pair(*case)[0] == extremes_by_enumeration(*case).worst.value,
        role="control",
    )


def test_ff_two_point(check: Check) -> None:
    p, q = reals("p q")
    _two_point(check)
    check.refute(
        "the frontier is a subset of the pairs of Bernoulli covariates",
        "the middle of T-H at p = 2/5 is on the frontier, and no Ber(q) yields it",
        {p: Fraction(2, 5)},
        {
            "no Ber(q)": (
                [unit(q)],
                z3.Not(same_pair(bernoulli_pair(p, q), (z3.RealVal("-2/5"), z3.RealVal("3/10")))),
            )
        },
        shown={"point": (Fraction(-2, 5), Fraction(3, 10))},
        role="step",
    )


def test_ff_two_point_corrected(check: Check) -> None:
    p, q, worst, best = reals("p q worst best")
    _two_point(check)
    pair = bernoulli_pair(p, q)
    check.prove(
        "every supporting half-plane (weights a, 1-a) of the Bernoulli pairs holds for every "
        "covariate, so the frontier lies in the closed convex hull of the Bernoulli pairs",
        some_covariate(p, q, worst, best),
        z3.And(worst <= pair[0], best <= pair[1]),
    )


def _two_point_pair(p: Fraction, masses: tuple[Fraction, ...]) -> tuple[Fraction, Fraction]:
    best = extremes_by_enumeration(p, masses).best
    q = sum((masses[i] for i in best.event), Fraction(0))
    reduced = extremes_by_enumeration(p, tuple(m for m in (q, 1 - q) if m))
    return reduced.worst.value, reduced.best.value


def _dominated_by_two_points(case: tuple[Fraction, tuple[Fraction, ...]]) -> bool:
    extremes = extremes_by_enumeration(*case)
    worst, best = _two_point_pair(*case)
    return best == extremes.best.value and worst >= extremes.worst.value


def _third_type_loses() -> bool:
    """p = 1/5, atoms 1/20, 3/10 and the rest; Nature is benevolent towards each AI.

    The aligned AI has 3/10 treated, 1/5 of them rightly.  That is worth less than nothing to
    the third AI, which has 1/20 treated instead.  When only the event of mass 3/10 is left it
    abstains, and the designer loses what it gave.
    """
    p, atoms = Fraction(1, 5), (Fraction(1, 20), Fraction(3, 10), Fraction(13, 20))
    subsets = [s for n in range(4) for s in combinations(atoms, n)]
    rich = [m for m in (sum(s, Fraction(0)) for s in subsets) if m <= 2 * p]

    def designer(m: Fraction) -> Fraction:
        return 2 * min(p, m) - m

    def third(m: Fraction) -> Fraction:
        return min(p, m) - 3 * (m - min(p, m))

    kept = max(rich, key=designer)
    poor = [m for m in (Fraction(0), kept, 1 - kept, Fraction(1)) if m <= 2 * p]
    return kept == atoms[1] and designer(max(rich, key=third)) > designer(max(poor, key=third))
