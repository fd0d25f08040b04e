"""Alignment as Equilibrium Design: what deters at least cost.

As in `test_ed_deterrence`, utilities are uninterpreted reals: `ua`, `ub` of an offender
unpunished and punished with the smaller fine, `ub2` with the larger one, `uc` of who abstains.
"""

from __future__ import annotations

from fractions import Fraction as F
from itertools import product

import z3

from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from theory.enforcement import Task, cheapest_enforcement, sufficient_detection
from theory.offender import Regime, Utility, advantage, neutral_threshold, offending_pays

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
    """The least sufficient detection (from utilities, products for quotients) falls in f."""
    pi2, ratio = reals("pi2 ratio")
    loss, loss2, gained = UA - UB, UA - UB2, UA - UC
    cara = [
        *(PI * loss == gained + E * ratio * loss, pi2 * loss2 == gained + E * ratio * loss2),
        *(0 < loss, loss < loss2, gained > 0, ratio > 0, unit(E)),
    ]
    deters = [PI * FINE == G + E * FINE, pi2 * LARGEST == G + E * LARGEST]
    return {
        "risk neutral": ([*deters, G > 0, 0 < FINE, FINE < LARGEST, unit(E)], pi2 < PI),
        "CARA: an innocent loses a fixed multiple": (cara, pi2 < PI),
    }


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
    check.refute(
        "fails under risk aversion",
        "for this agent every fine below F needs more detection than F",
        {UA: F(-1, 5), UB2: F(-1, 2), UC: F(-1, 4)},
        _whatever_the_attitude_to_risk(),
        shown={"U": "-1/x", "w": 4, "g": 1, "F": 3},
        role="prose",
    )
    check.refute(
        "fails under error alone",
        "for this risk-neutral agent every fine below F needs more detection than F",
        {G: F(1), LARGEST: F(4), E: F(1, 4)},
        {"risk neutral": _with_mistakes()["risk neutral"]},
        role="prose",
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
    half, double = PI / 2, 2 * FINE
    check.prove_all(
        "bounds",
        "too low a bound, and none",
        {
            "F < g": ([*PRICED, G > LARGEST], neutral_threshold(PI, FINE) < G),
            "no bound: half the detection, twice the fine": (
                [unit(PI), FINE > 0, K > 0, G > 0, neutral_threshold(PI, FINE) >= G],
                z3.And(neutral_threshold(half, double) >= G, K * half < K * PI),
            ),
        },
    )
    price, root = reals("price root")  # price = s e, root^2 = k g / price
    harm = [price > 0, root > 0, FINE > 0, K * G == price * root * root]
    check.prove_all(
        "harm to the innocent: k (e + g/f) + s e f is least at the root, or at F below it",
        "costs compared after multiplication by the fines",
        {
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
    check.certify(
        "risk that undeterred offenders bear: f = 1 is better than F = 2",
        lambda: _welfare_loss(F(1), F(1)) < _welfare_loss(F(1, 4), F(2)),
        {"U": "-1/x", "w": 2, "gains": "1 and 4, half each", "k": F(1, 10), "F": 2},
    )


def _welfare_loss(pi: F, fine: F) -> F:
    """Detection at 1/10 and the risk premium of the half that gains 4; gains of 1 are deterred."""
    wealth, regime = F(2), Regime(pi, fine)
    assert (
        offending_pays(F(1), regime, AVERSE, wealth)
        <= 0
        < offending_pays(F(4), regime, AVERSE, wealth)
    )
    kept, fined = wealth + 4, wealth + 4 - fine
    mean = (1 - pi) * kept + pi * fined
    certain = 1 / ((1 - pi) / kept + pi / fined)  # -1/x of it is the expected utility
    return F(1, 10) * pi + (mean - certain) / 2
