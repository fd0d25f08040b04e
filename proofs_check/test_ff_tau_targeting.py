"""Friend or Foe, Definitions 9 and 10 and Section E.2: Nature's answers under bounds."""

from __future__ import annotations

import z3

from proofs_check.check import Check
from proofs_check.encodings import payoff, unit
from proofs_check.encodings_tau import (
    HIGH,
    LOW,
    SHARE,
    P,
    Q,
    U,
    best_of,
    ordered,
    truth,
    worst_of,
)
from proofs_check.smt import maximum, reals
from proofs_check.test_ff_tau_model import NEED, needs
from theory.delegation import best_targeting, worst_targeting


def _best_is_greatest(check: Check) -> None:
    given = [ordered(), unit(Q)]
    fits = P >= Q * HIGH + (1 - Q) * LOW
    printed = z3.If(fits, Q * (2 * HIGH - 1), 2 * (P - (1 - Q) * LOW) - Q)
    check.prove_all(
        "b_tau is the greatest payoff of treating a share q",
        "a bound for every truth, a truth that attains it, and the shipped function",
        {
            "bound": ([*given, truth(Q, NEED)], payoff(Q, NEED) <= printed),
            "attained": (
                [*given, NEED == needs(Q)[1]],
                z3.And(truth(Q, NEED), payoff(Q, NEED) == printed),
            ),
            "shipped": (given, best_of(Q) == printed),
        },
    )
    check.prove_all(
        "what the text says of the two cases",
        "one sentence each",
        {
            "a fraction `high` of the treated can need it exactly in the first case": (
                given,
                truth(Q, HIGH * Q) == fits,
            ),
            "in the second at most (p - (1-q) low)/q of the treated need it": (
                [*given, z3.Not(fits), truth(Q, NEED)],
                NEED <= P - (1 - Q) * LOW,
            ),
            "it reduces to b(p,q)": (
                [*given, LOW == 0, HIGH == 1],
                printed == best_targeting(P, Q),
            ),
        },
        role="prose",
    )
    check.prove(
        "with the cases exchanged",
        [*given, NEED == needs(Q)[1]],
        payoff(Q, NEED) == z3.If(fits, 2 * (P - (1 - Q) * LOW) - Q, Q * (2 * HIGH - 1)),
        role="control",
    )


def _unclosed(text: str) -> int:
    """How many more brackets open than close."""
    return text.count("(") - text.count(")")


def test_ff_tau_best(check: Check) -> None:
    _best_is_greatest(check)
    printed = "(2(p-(1-q)low)-q"
    check.certify(
        "the second case, as printed, closes every bracket that it opens",
        lambda: _unclosed(printed) == 0,
        {"second case": printed, "not closed": _unclosed(printed)},
        role="reading",
    )


def test_ff_tau_best_corrected(check: Check) -> None:
    _best_is_greatest(check)
    corrected = "2(p-(1-q)low)-q"
    check.certify(
        "its brackets close", lambda: _unclosed(corrected) == 0, {"second case": corrected}
    )


def _worst_is_least(check: Check) -> None:
    given = [ordered(), unit(Q)]
    fits = P <= Q * LOW + (1 - Q) * HIGH
    printed = z3.If(fits, Q * (2 * LOW - 1), 2 * (P - (1 - Q) * HIGH) - Q)
    check.prove_all(
        "w_tau is the least payoff of treating a share q",
        "a bound for every truth, a truth that attains it, and the shipped function",
        {
            "bound": ([*given, truth(Q, NEED)], payoff(Q, NEED) >= printed),
            "attained": (
                [*given, NEED == needs(Q)[0]],
                z3.And(truth(Q, NEED), payoff(Q, NEED) == printed),
            ),
            "shipped": (given, worst_of(Q) == printed),
            "a fraction `low` of the treated can need it exactly in the first case": (
                given,
                truth(Q, LOW * Q) == fits,
            ),
            "it reduces to w(p,q)": (
                [*given, LOW == 0, HIGH == 1],
                printed == worst_targeting(P, Q),
            ),
        },
    )
    check.prove(
        "the payoff of `low` on all of the treated, whatever p",
        [*given, truth(Q, NEED), NEED == needs(Q)[0]],
        payoff(Q, NEED) == Q * (2 * LOW - 1),
        role="control",
    )


def test_ff_tau_worst(check: Check) -> None:
    _worst_is_least(check)
    wrongly = reals("wrongly_treated")[0]
    check.prove(
        "beyond the threshold at most (p - (1-q) high)/q of the treated are false positives",
        [
            ordered(),
            unit(Q),
            P > Q * LOW + (1 - Q) * HIGH,
            truth(Q, NEED),
            wrongly == Q - NEED,
        ],
        wrongly <= P - (1 - Q) * HIGH,
        role="prose",
        order=[LOW, HIGH, P, Q],
    )


def test_ff_tau_worst_corrected(check: Check) -> None:
    _worst_is_least(check)
    check.prove(
        "beyond the threshold at least (p - (1-q) high)/q of the treated are true positives, "
        "and so few can be",
        [ordered(), unit(Q), P > Q * LOW + (1 - Q) * HIGH],
        z3.And(
            truth(Q, P - (1 - Q) * HIGH),
            z3.Implies(truth(Q, NEED), NEED >= P - (1 - Q) * HIGH),
        ),
    )


def _phi(check: Check) -> None:
    given = [ordered(), LOW < HIGH, SHARE, unit(Q)]
    greatest = z3.If(Q <= U, Q * (2 * HIGH - 1), 2 * P - 2 * (1 - Q) * LOW - Q)
    least = z3.If(Q <= 1 - U, Q * (2 * LOW - 1), 2 * P - 2 * (1 - Q) * HIGH - Q)
    r1, r0 = reals("pi1 pi0")
    rates = [LOW <= r1, r1 <= HIGH, LOW <= r0, r0 <= HIGH, Q * r1 + (1 - Q) * r0 == P]
    check.prove_all(
        "phi_B and phi_W",
        "bounds over the posteriors, needs that attain them, and the definitions 9 and 10",
        {
            "phi_B bounds": ([*given, *rates], Q * (2 * r1 - 1) <= greatest),
            "phi_W bounds": ([*given, *rates], Q * (2 * r1 - 1) >= least),
            "b_tau, attained (ff_tau_best_corrected)": (given, greatest == best_of(Q)),
            "w_tau, attained (ff_tau_worst)": (given, least == worst_of(Q)),
            "(E.1)": (given[:3], (LOW + HIGH >= 2 * P) == (U <= 1 - U)),
        },
    )
    panels = {
        "(a)": (z3.And(2 * P <= 1, 2 * P <= LOW + HIGH), True, 0 * P),
        "(b)": (z3.And(2 * P > 1, 2 * P <= LOW + HIGH), True, 2 * P - 1),
        "(c)": (z3.And(2 * P > 1, 2 * P > LOW + HIGH), False, 2 * P - 1),
        "(d)": (z3.And(2 * P <= 1, 2 * P > LOW + HIGH), False, 0 * P),
    }
    check.prove_all(
        "footnote 17: which of the two turns first, and where the uninformed end is",
        "one panel each",
        {
            panel: (
                [*given[:3], where],
                z3.And(
                    (U <= 1 - U) == first,
                    default == maximum(0, 2 * P - 1),
                    z3.Or(default == 0, best_of(z3.RealVal(1)) == default),
                ),
            )
            for panel, (where, first, default) in panels.items()
        },
        role="prose",
    )
    check.prove(
        "phi_B with `low` and `high` exchanged in its second case",
        given,
        best_of(Q) == z3.If(Q <= U, Q * (2 * HIGH - 1), 2 * P - 2 * (1 - Q) * HIGH - Q),
        role="control",
    )


def test_ff_phi_tau(check: Check) -> None:
    _phi(check)
    q, e = Q, reals("e")[0]
    check.prove(
        "the best case is always increasing at first, here between any two shares up to u",
        [ordered(), LOW < P, 2 * P < 1, 2 * HIGH >= 1, SHARE, 0 < e, unit(q), q + e <= U],
        best_of(q + e) > best_of(q),
        role="prose",
        order=[LOW, HIGH, P],
    )


def test_ff_phi_tau_corrected(check: Check) -> None:
    _phi(check)
    q, e = Q, reals("e")[0]
    given = [ordered(), LOW < HIGH, SHARE, 0 < e, unit(q, q + e)]
    inner = [ordered(), LOW < P, P < HIGH, SHARE]
    rises, falls = 2 * HIGH > 1, 2 * LOW < 1
    check.prove_all(
        "for low < 1/2 < high and low < p < high the best case rises up to u and then falls, the "
        "worst case falls up to 1 - u and then rises",
        "one piece each, and no piece is empty",
        {
            "0 < u < 1": (inner, z3.And(0 < U, U < 1)),
            "best rises": ([*given, rises, q + e <= U], best_of(q + e) > best_of(q)),
            "best falls": ([*given, falls, q >= U], best_of(q + e) < best_of(q)),
            "worst falls": ([*given, falls, q + e <= 1 - U], worst_of(q + e) < worst_of(q)),
            "worst rises": ([*given, rises, q >= 1 - U], worst_of(q + e) > worst_of(q)),
        },
    )
    check.prove(
        "for high <= 1/2 the best case never rises, and for low >= 1/2 it never falls",
        given,
        z3.And(
            z3.Implies(2 * HIGH <= 1, best_of(q + e) <= best_of(q)),
            z3.Implies(2 * LOW >= 1, best_of(q + e) >= best_of(q)),
        ),
    )
