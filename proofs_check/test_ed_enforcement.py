"""Alignment as Equilibrium Design: what deters at least cost.

As in `test_ed_deterrence`, utilities are uninterpreted reals: `ua`, `ub` of an offender
unpunished and punished with the smaller fine, `ub2` with the larger one, `uc` of who abstains.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from itertools import product
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check, Role
from proofs_check.encodings import unit
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from theory.enforcement import Enforcement, Task, cheapest_enforcement, sufficient_detection
from theory.offender import (
    Regime,
    Utility,
    advantage,
    detection_that_deters,
    neutral_threshold,
    offending_pays,
)

G, FINE, LARGEST, PI, E, K = reals("g f largest pi e k")
UA, UB, UB2, UC = reals("ua ub ub2 uc")
AVERSE = Utility("crra", 2)  # U = -1/x
PRICED = [unit(PI), 0 <= FINE, FINE <= LARGEST, K > 0]


def _largest_fine_is_cheapest(check: Check) -> None:
    least = reals("least")[0]
    given = [G > 0, G <= LARGEST, least * LARGEST == G, K > 0]
    regime = [*PRICED, neutral_threshold(PI, FINE) >= G]
    check.prove_all(
        "f = F with pi = g/F",
        "it deters, nothing that deters is cheaper, and nothing else is as cheap",
        {
            "deters": (given, z3.And(unit(least), neutral_threshold(least, LARGEST) >= G)),
            "cheapest": ([*given, *regime], K * PI >= K * least),
            "alone": (
                [*given, *regime, K * PI == K * least],
                z3.And(FINE == LARGEST, PI == least),
            ),
        },
    )


def _whatever_the_attitude_to_risk() -> dict[str, Obligation]:
    """Whatever a fine deters with some detection, a larger fine deters with less."""
    pi2 = reals("pi2")[0]
    smaller = advantage(UA, UB, UC, UC, PI)
    increasing = [unit(PI), UB2 < UB, UB < UA, UC < UA, smaller <= 0]
    return {
        "what deters with f deters with F": (increasing, advantage(UA, UB2, UC, UC, PI) < 0),
        "the least detection that deters with F is less": (
            [*increasing, advantage(UA, UB2, UC, UC, pi2) == 0],
            z3.And(0 < pi2, pi2 < PI),
        ),
    }


def _with_mistakes() -> dict[str, Obligation]:
    """Where a fine deters with pi <= 1, a larger one does with less (products for quotients).

    `ratio` is how many times as much an innocent loses by a fine as an offender.
    """
    pi2, ratio = reals("pi2 ratio")
    loss, loss2, gained = UA - UB, UA - UB2, UA - UC
    cara = [
        *(PI * loss == gained + E * ratio * loss, pi2 * loss2 == gained + E * ratio * loss2),
        *(0 < loss, loss < loss2, gained > 0, ratio > 0, unit(E), PI <= 1),
    ]
    neutral = [
        *(PI * FINE == G + E * FINE, pi2 * LARGEST == G + E * LARGEST),
        *(0 < FINE, FINE < LARGEST, G > 0, unit(E), PI <= 1),
    ]
    less = z3.And(0 <= pi2, pi2 < PI)
    return {
        "risk neutral": (neutral, less),
        "CARA: an innocent loses a fixed multiple": (cara, less),
    }


def _least_detection() -> dict[str, Any]:
    """What `_with_mistakes` assumes of risk neutrality and of CARA, from the utilities."""
    w, g, e, aversion = sp.symbols("w g e A", real=True)
    f = sp.Symbol("f", positive=True)

    def cara(wealth: Any) -> Any:
        return -sp.exp(-aversion * wealth) / aversion

    loss, innocent = cara(w + g) - cara(w + g - f), cara(w) - cara(w - f)
    ratio = sp.exp(aversion * g)
    least = detection_that_deters(cara(w + g), cara(w + g - f), cara(w), cara(w - f), e)
    return {
        "CARA: an innocent loses e^{A g} times as much": innocent - ratio * loss,
        "CARA: least detection": least * loss - (cara(w + g) - cara(w) + e * ratio * loss),
        "risk neutral: least detection": (
            detection_that_deters(w + g, w + g - f, w, w - f, e) * f - (g + e * f)
        ),
    }


def _nothing_deters() -> Obligation:
    return [*PRICED, unit(E), G > (1 - E) * LARGEST], neutral_threshold(PI, FINE, E) < G


def _half_of_the_largest(check: Check) -> None:
    check.prove(
        "half of the largest fine with the same detection",
        [*PRICED, G > 0, neutral_threshold(PI, LARGEST) >= G],
        neutral_threshold(PI, LARGEST / 2) >= G,
        role="control",
    )


def test_ed_maximal_fine(check: Check) -> None:
    _largest_fine_is_cheapest(check)
    grid = [F(n, 6) for n in range(1, 7)]

    def nothing_cheaper(case: tuple[F, F, F]) -> bool:
        gain, largest, cost = case
        best = cheapest_enforcement(Task(gain, largest, cost))
        regimes = [Regime(pi, largest * part) for pi, part in product(grid, grid)]
        sufficient = [regime for regime in regimes if offending_pays(gain, regime) <= 0]
        if best is None:
            return not sufficient
        deters = offending_pays(gain, Regime(best.detection, best.penalty)) <= 0
        return deters and all(cost * regime.detection >= best.cost for regime in sufficient)

    check.exhaust(
        "against a grid of regimes",
        "g, F in halves up to 3, k in {1, 2}, regimes in sixths",
        product([F(n, 2) for n in range(1, 7)], [F(n, 2) for n in range(1, 7)], [F(1), F(2)]),
        nothing_cheaper,
        role="confirmation",
    )
    check.prove(
        "fails under a bound below g: nothing deters",
        [*PRICED, G > LARGEST],
        neutral_threshold(PI, FINE) < G,
        role="prose",
    )
    check.prove_all(
        "fails under error",
        "nothing deters some gains up to F, and pi = g/F none",
        {
            "(1 - e) F < g": _nothing_deters(),
            "such gains are there": (
                [unit(E), E > 0, LARGEST > 0, G == LARGEST],
                z3.And((1 - E) * LARGEST < G, 0 < G),
            ),
            "pi = g/F": (
                [unit(E), E > 0, 0 < G, G <= LARGEST, PI * LARGEST == G],
                neutral_threshold(PI, LARGEST, E) < G,
            ),
        },
        role="prose",
    )
    exact = Task(F(4), F(4), F(1))
    check.certify(
        "mistakes at g = F = 4",
        lambda: (
            cheapest_enforcement(exact) == Enforcement(F(1), F(4), F(1))
            and cheapest_enforcement(replace(exact, mistake=F(1, 4))) is None
        ),
        {"g": 4, "F": 4, "k": 1, "e": "0, then 1/4"},
        role="confirmation",
    )
    _risk_borne(check, "prose")
    check.refute(
        "fails under risk aversion, in what deters one agent at least cost",
        "for this agent every fine below F needs more detection than F",
        {UA: F(-1, 5), UB2: F(-1, 2), UC: F(-1, 4)},
        _whatever_the_attitude_to_risk(),
        shown={"U": "-1/x", "w": 4, "g": 1, "F": 3},
        role="reading",
    )
    check.refute(
        "fails under error alone, in that a smaller fine becomes cheaper",
        "for this risk-neutral agent every fine below F needs more detection than F",
        {G: F(1), LARGEST: F(4), E: F(1, 4)},
        {"risk neutral": _with_mistakes()["risk neutral"]},
        role="reading",
    )
    _half_of_the_largest(check)


def test_ed_maximal_fine_corrected(check: Check) -> None:
    _largest_fine_is_cheapest(check)
    check.prove_all(
        "whatever the attitude to risk, without mistakes",
        "a larger fine deters with less detection",
        _whatever_the_attitude_to_risk(),
    )
    check.prove_all("mistakes alone", "a larger fine needs less detection", _with_mistakes())
    check.derive("the least detection, risk neutral and for CARA", _least_detection())
    halfway, double = (PI + E) / 2, 2 * FINE
    check.prove_all(
        "bounds",
        "too low a bound, and none; risk neutral",
        {
            "(1 - e) F < g": _nothing_deters(),
            "else pi = e + g/F deters": (
                [0 < G, G <= (1 - E) * LARGEST, unit(E), PI * LARGEST == G + E * LARGEST],
                z3.And(unit(PI), neutral_threshold(PI, LARGEST, E) >= G),
            ),
            "no bound: half of pi - e, twice the fine": (
                [unit(PI, E), FINE > 0, K > 0, G > 0, neutral_threshold(PI, FINE, E) >= G],
                z3.And(neutral_threshold(halfway, double, E) >= G, K * halfway < K * PI),
            ),
        },
    )
    price, root = reals("price root")  # price = s e, root^2 = k g / price
    harm = [price > 0, root > 0, FINE > 0, K * G == price * root * root]
    check.prove_all(
        "harm to the innocent: k (e + g/f) + s e f is least at the root, or at F below it",
        "costs compared after multiplication by the fines",
        {
            "which fines deter": (
                [FINE > 0, unit(E), PI * FINE == G + E * FINE],
                (PI <= 1) == (G <= (1 - E) * FINE),
            ),
            "at the root": (
                [*harm, FINE != root],
                K * G + price * FINE * FINE > FINE * price * (root + root),
            ),
            "cost at the root": (harm, K * G + price * root * root == root * price * 2 * root),
            "F below the root": (
                [*harm, FINE < LARGEST, LARGEST <= root],
                FINE * (K * G + price * LARGEST**2) < LARGEST * (K * G + price * FINE**2),
            ),
            "g / (1 - e) above the root": (
                [*harm, root <= FINE, FINE < LARGEST],
                LARGEST * (K * G + price * FINE**2) < FINE * (K * G + price * LARGEST**2),
            ),
        },
    )
    _exact_failures(check)
    _half_of_the_largest(check)


def _exact_failures(check: Check) -> None:
    task = Task(F(1), F(4), F(1), mistake=F(1, 4), innocent_harm=F(1))
    check.certify(
        "harm to the innocent makes f = 2 better than F = 4",
        lambda: (
            cheapest_enforcement(task) is not None
            and sufficient_detection(task, F(2)) + F(1, 4) * 2
            < sufficient_detection(task, F(4)) + F(1, 4) * 4
        ),
        {"g": 1, "F": 4, "k": 1, "s": 1, "e": F(1, 4), "pi": (F(3, 4), F(1, 2))},
    )
    gain, wealth, mistake = F(1), F(4), F(1, 10)
    averse = Task(gain, F(7, 2), F(1), AVERSE, wealth, mistake)
    pi = sufficient_detection(averse, F(3))

    def pays(fine: F) -> F:
        value: F = offending_pays(gain, Regime(pi, fine, mistake), AVERSE, wealth)
        return value

    check.certify(
        "risk aversion with mistakes: f = 3 deters with detection that does not do at F = 7/2",
        lambda: pays(F(3)) <= 0 < pays(F(7, 2)) and pi == F(5, 12),
        {"U": "-1/x", "g": 1, "w": 4, "e": mistake, "F": F(7, 2), "pi": F(5, 12)},
    )
    _risk_borne(check, "conclusion")


def _risk_borne(check: Check, role: Role) -> None:
    """A smaller fine is better where the risk of who is not deterred counts as a loss."""
    wealth, largest = F(2), F(2)
    pi, fine = F(7, 10), F(5, 4)
    regime = Regime(pi, fine)
    check.certify(
        "risk that undeterred offenders bear: the loss at f = 5/4",
        lambda: (
            offending_pays(F(1), regime, AVERSE, wealth) == 0
            and offending_pays(F(4), regime, AVERSE, wealth) > 0
            and _welfare_loss(pi, fine) == F(119, 1200) < F(1, 10)
        ),
        {
            "agents": "U = -1/x, w = 2, gains 1 and 4, half each",
            "k, F": "1/10, 2",
            "pi": pi,
            "f": fine,
            "loss": F(119, 1200),
        },
        role=role,
    )
    unpunished, punished, clean = AVERSE(wealth + 1), AVERSE(wealth + 1 - largest), AVERSE(wealth)
    check.prove_all(
        "risk that undeterred offenders bear: F = 2 loses at least 1/10",
        "whatever detection deters the gain of 1 with F",
        {
            "which detection does": (
                [unit(PI)],
                (advantage(unpunished, punished, clean, clean, PI) <= 0) == (PI >= F(1, 4)),
            ),
            "none deters the gain of 4": (
                [unit(PI)],
                advantage(AVERSE(wealth + 4), AVERSE(wealth + 4 - largest), clean, clean, PI) > 0,
            ),
            "the loss": ([F(1, 4) <= PI, PI <= 1], _welfare_loss(PI, largest) >= F(1, 10)),
        },
        role=role,
    )


def _welfare_loss(pi: Any, fine: F) -> Any:
    """Detection at 1/10 and the risk premium, for U = -1/x and w = 2, of the half that gains 4."""
    kept, fined = F(6), F(6) - fine
    mean = (1 - pi) * kept + pi * fined
    certain = 1 / ((1 - pi) / kept + pi / fined)  # -1/x of it is the expected utility
    return pi / 10 + (mean - certain) / 2
