"""Friend or Foe, Section 4: the benchmark payoffs and subgroups with informative priors.

The benchmark payoffs are compared with their definitions as extreme values: the bound
holds for every admissible position of the needy, and some position attains it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    bernoulli_pair,
    dominates,
    event_masses,
    inducible,
    objective,
    on_segment,
    payoff,
    same_pair,
    some_covariate,
    truth,
    unit,
    worst_over,
)
from proofs_check.smt import maximum, minimum, reals
from theory.admissible_events import extremes_by_enumeration
from theory.delegation import best_targeting, default_action, worst_targeting
from theory.points import distrust_point, trust_point


def informative(p: Any) -> z3.BoolRef:
    """p lies in [0, 1] outside [1/3, 2/3]."""
    return z3.And(unit(p), z3.Or(3 * p < 1, 3 * p > 2))


def attained(p: Any, q: Any, value: Any) -> z3.BoolRef:
    """Some position of the needy gives this payoff when a mass q is treated."""
    need = z3.Real("need")
    return z3.Exists([need], z3.And(truth(p, q, need), payoff(q, need) == value))


def test_ff_default_action(check: Check) -> None:
    p = reals("p")[0]
    check.prove(
        "best of treating all and none", [unit(p)], default_action(p) == maximum(0, 2 * p - 1)
    )
    check.prove(
        "both payoffs of a constant covariate",
        [unit(p)],
        same_pair(bernoulli_pair(p, z3.RealVal(0)), distrust_point(p)),
    )
    check.prove(
        "treating everyone from p = 1/3 on",
        [unit(p)],
        z3.If(3 * p < 1, z3.RealVal(0), 2 * p - 1) == maximum(0, 2 * p - 1),
        role="control",
    )


def test_ff_best_targeting(check: Check) -> None:
    p, q, need = reals("p q need")
    given = [unit(p, q)]
    check.prove("bound", [*given, truth(p, q, need)], payoff(q, need) <= best_targeting(p, q))
    check.prove("attained", given, attained(p, q, best_targeting(p, q)))
    check.prove(
        "derivation for q > p: a share p/q of the treated needs it",
        [*given, q > p],
        q * (2 * (p / q) - 1) == 2 * p - q,
        role="step",
    )
    check.prove(
        "b(p,p) is the full-information payoff: no treatment plan earns more",
        [*given, truth(p, q, need)],
        z3.And(best_targeting(p, p) == p, payoff(q, need) <= best_targeting(p, p)),
    )
    check.prove(
        "b with p and q exchanged bounds the payoff",
        [*given, truth(p, q, need)],
        payoff(q, need) <= best_targeting(q, p),
        role="control",
    )


def test_ff_worst_targeting(check: Check) -> None:
    p, q = _worst_targeting_is_the_minimum(check)
    check.prove(
        "derivation for p + q > 1, as printed",
        [unit(p, q), p + q > 1],
        (p + 1 - q) - (1 - p) == 2 * p + q - 2,
        role="step",
    )


def test_ff_worst_targeting_corrected(check: Check) -> None:
    p, q = _worst_targeting_is_the_minimum(check)
    check.prove(
        "derivation for p + q > 1: rightly minus wrongly treated",
        [unit(p, q), p + q > 1],
        z3.And((p + q - 1) - (1 - p) == 2 * p + q - 2, 0 <= p + q - 1, p + q - 1 <= q),
        role="step",
    )


def _worst_targeting_is_the_minimum(check: Check) -> tuple[z3.ArithRef, z3.ArithRef]:
    p, q, need = reals("p q need")
    given = [unit(p, q)]
    check.prove("bound", [*given, truth(p, q, need)], payoff(q, need) >= worst_targeting(p, q))
    check.prove("attained", given, attained(p, q, worst_targeting(p, q)))
    check.prove(
        "w(p,q) without the overlap that p + q > 1 forces",
        [*given, truth(p, q, need)],
        payoff(q, need) >= worst_targeting(p, q) + z3.If(p + q > 1, p + q - 1, 0),
        role="control",
    )
    return p, q


def test_ff_prop1(check: Check) -> None:
    p, q, worst, best, x, y, s, t, z = reals("p q worst best x y s t z")
    trust, distrust = trust_point(p), distrust_point(p)
    printed = (worst_targeting(p, p), best_targeting(p, p))
    check.prove("T as printed", [informative(p)], same_pair(printed, trust))
    check.prove_all(
        "one subgroup: the frontier is the segment of slope -1",
        "supporting lines for every covariate; then geometry",
        {
            "line of slope -1": (
                [informative(p), *some_covariate(p, q, worst, best)],
                z3.And(worst + best <= 2 * distrust[0], worst <= distrust[0], best <= printed[1]),
            ),
            "both ends on the line": (
                [informative(p)],
                z3.And(sum(printed) == 2 * distrust[0], sum(distrust) == 2 * distrust[0]),
            ),
            "points above level D are on the segment or dominated": (
                [
                    informative(p),
                    x + y <= 2 * distrust[0],
                    distrust[1] <= y,
                    y <= printed[1],
                ],
                z3.And(
                    x <= 2 * distrust[0] - y,
                    printed[0] <= 2 * distrust[0] - y,
                    2 * distrust[0] - y <= distrust[0],
                ),
            ),
            "points of the segment are undominated": (
                [
                    informative(p),
                    x + y <= 2 * distrust[0],
                    on_segment((s, t), printed, distrust, z),
                ],
                z3.Not(dominates((x, y), (s, t))),
            ),
        },
    )
    check.prove(
        "the same segment for every p",
        [unit(p), *some_covariate(p, q, worst, best)],
        z3.Implies(same_pair(bernoulli_pair(p, p), (worst, best)), worst == worst_targeting(p, p)),
        role="control",
    )


def test_ff_prop2(check: Check) -> None:
    p, q, worst, best, alpha = reals("p q worst best alpha")

    trust, distrust = trust_point(p), distrust_point(p)
    everyone = [informative(p), unit(alpha), *some_covariate(p, q, worst, best)]
    check.prove_all(
        "optimal point, subgroup by subgroup (ff_additivity adds them up)",
        "cases of alpha",
        {
            "(i) D above 1/2": (
                [*everyone, 2 * alpha > 1],
                objective(alpha, (worst, best)) <= objective(alpha, distrust),
            ),
            "(ii) T below 1/2": (
                [*everyone, 2 * alpha < 1],
                objective(alpha, (worst, best)) <= objective(alpha, trust),
            ),
            "(iii) either at 1/2": (
                [*everyone, 2 * alpha == 1],
                z3.And(
                    objective(alpha, (worst, best)) <= objective(alpha, trust),
                    objective(alpha, trust) == objective(alpha, distrust),
                ),
            ),
        },
    )
    check.prove(
        "implementers",
        [informative(p)],
        z3.And(
            same_pair(bernoulli_pair(p, p), trust),
            same_pair(bernoulli_pair(p, z3.RealVal(0)), distrust),
        ),
    )
    check.prove(
        "(ii) up to 2/3",
        [*everyone, 3 * alpha < 2],
        objective(alpha, (worst, best)) <= objective(alpha, trust),
        role="control",
    )


def test_ff_cor1(check: Check) -> None:
    p, q, m, share = reals("p q m c")
    low = [unit(p, q), 3 * p < 1]
    check.prove(
        "Ber(q) implements (-q, q)", [*low, q <= p], same_pair(bernoulli_pair(p, q), (-q, q))
    )
    check.prove(
        "these points fill the segment from T to D",
        [*low, q <= p],
        z3.And(
            same_pair((-p, p), trust_point(p)),
            same_pair((0, 0), distrust_point(p)),
            trust_point(p)[0] <= -q,
        ),
    )
    cluster = [*low, unit(m, share), share <= p, z3.Or(m <= share, m >= 1 - share)]
    check.prove(
        "isolated share: an event of isolated atoms, with or without the rest, is treated only "
        "if it is without the rest",
        [*cluster, inducible(p, m)],
        z3.And(m <= share, worst_targeting(p, m) >= -share, best_targeting(p, m) <= share),
        role="prose",
    )
    check.prove(
        "the isolated share can be treated, with either payoff",
        [*low, share <= p, 0 <= share],
        z3.And(
            inducible(p, share),
            worst_targeting(p, share) == -share,
            best_targeting(p, share) == share,
        ),
        role="prose",
    )
    check.prove(
        "p = 3/10 and 10%: the other 90% cannot be treated",
        [p == z3.RealVal("3/10")],
        z3.Not(inducible(p, z3.RealVal("9/10"))),
        role="prose",
    )
    check.prove(
        "Ber(q) implements (-q, q) for q beyond p",
        [*low, q <= 2 * p],
        same_pair(bernoulli_pair(p, q), (-q, q)),
        role="control",
    )


def _best_share(check: Check) -> tuple[list[z3.BoolRef], z3.ArithRef, z3.ArithRef]:
    """The best q at weights alpha < beta: what is known of them, and they."""
    p, alpha, beta, q, later, r = reals("p alpha beta q q_later r")

    def is_best(weight: Any, share: Any) -> z3.BoolRef:
        return z3.And(
            0 <= share,
            share <= p,
            z3.Implies(2 * weight < 1, share == p),
            z3.Implies(2 * weight > 1, share == 0),
        )

    low = [unit(p, alpha), 0 < p, 3 * p < 1, 0 <= r, r <= p]
    value, other = (objective(alpha, (-share, share)) for share in (q, r))
    check.prove_all(
        "the best q is p below alpha = 1/2 and 0 above, and any of [0, p] at 1/2",
        "among the pairs (-q, q) of Ber(q)",
        {
            "none is better": ([*low, is_best(alpha, q)], other <= value),
            "the others are worse": (
                [*low, is_best(alpha, q), z3.Not(is_best(alpha, r))],
                other < value,
            ),
        },
    )
    check.prove(
        "below 1/2 a smaller q is as good",
        [*low, 2 * alpha < 1, q == p],
        other >= value,
        role="control",
    )
    given = [*low, unit(beta), alpha < beta, is_best(alpha, q), is_best(beta, later)]
    return given, q, later


def test_ff_weight_and_share(check: Check) -> None:
    given, q, later = _best_share(check)
    check.prove("a higher weight calls for no higher q", given, later <= q)
    alpha, beta = reals("alpha beta")
    check.prove(
        "a higher weight calls for a lower q, where the best q is unique",
        [*given, 2 * alpha != 1, 2 * beta != 1],
        later < q,
        role="reading",
    )


def test_ff_weight_and_share_corrected(check: Check) -> None:
    _best_share(check)


def _example2(check: Check) -> None:
    """The example's numbers, footnote 9, and which events can be treated."""
    rate = Fraction(2, 5)
    extremes = extremes_by_enumeration(rate, (rate, 1 - rate))
    check.certify(
        "worst case from the definitions",
        lambda: extremes.worst.value == Fraction(-3, 5) and extremes.worst.event == (1,),
        {"p": rate, "masses": (rate, 1 - rate)},
    )
    p = reals("p")[0]
    check.prove(
        "footnote 9: below 1/3 the event X1 = 0 of Ber(p) cannot be treated",
        [unit(p), 3 * p < 1],
        z3.And(2 * p < 1 - p, z3.Not(inducible(p, 1 - p))),
        role="step",
    )
    check.prove(
        "from 1/3 to 1/2 either event can be treated",
        [3 * p >= 1, 2 * p <= 1],
        z3.And(inducible(p, p), inducible(p, 1 - p)),
        role="prose",
    )
    check.prove(
        "worst case of Ber(p) is w(p,p) up to 1/2",
        [unit(p), 2 * p <= 1],
        worst_over(p, event_masses(p)) == worst_targeting(p, p),
        role="control",
    )


def _mistreated(p: Any, m: Any) -> z3.ArithRef:
    """The largest mass that can be treated without need in an event of mass m."""
    return minimum(m, 1 - p)


def test_ff_example2(check: Check) -> None:
    p = reals("p")[0]
    _example2(check)
    check.prove(
        "for p in (1/3, 2/3) the AI can have more than half mistreated under Ber(p)",
        [3 * p > 1, 3 * p < 2],
        z3.Or(
            *[z3.And(inducible(p, m), 2 * _mistreated(p, m) > 1) for m in event_masses(p)],
        ),
        role="prose",
    )


def test_ff_example2_corrected(check: Check) -> None:
    p, m = reals("p m")
    _example2(check)
    check.prove(
        "for p in [1/3, 1/2) the AI can have more than half mistreated under Ber(p)",
        [3 * p >= 1, 2 * p < 1],
        z3.And(inducible(p, 1 - p), 2 * _mistreated(p, 1 - p) > 1),
    )
    check.prove(
        "for p < 1/3 not under Ber(p), for p >= 1/2 under no covariate",
        [unit(p, m), inducible(p, m), z3.Or(2 * p >= 1, z3.And(3 * p < 1, m == p), m == 0)],
        2 * _mistreated(p, m) <= 1,
    )
