"""Friend or Foe, Sections 5.1-5.2: trust, hedge and distrust of one subgroup, every p.

"Yields" and "implements" are decided from the events of the covariate, its inducible masses
and Nature's extreme payoffs; the printed formulas are transcribed here, and the corrected
ones are those of `theory.points`.  Counterexamples are confirmed by enumerating the treated
events of the covariate at hand (`theory.admissible`).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check, Role
from proofs_check.encodings import Pair, bernoulli_pair, same_pair, some_covariate, unit
from proofs_check.geometry import chain_is_frontier, literal_frontier_gap
from proofs_check.smt import reals
from theory.admissible_events import extremes_by_enumeration
from theory.delegation import best_targeting, worst_targeting
from theory.points import distrust_point, hedge_point, trust_hedge_slope, trust_point


def printed_trust(p: Any) -> Pair:
    """Equation (2) as printed."""
    off = z3.Or(3 * p < 1, 3 * p > 2)
    return z3.If(off, worst_targeting(p, p), worst_targeting(p, 1 - p)), best_targeting(p, p)


def pair_of_bernoulli(p: Fraction, q: Fraction) -> Pair:
    """(worst, best) of Ber(q), enumerated from the definitions."""
    masses = tuple(m for m in (q, 1 - q) if m > 0)
    extremes = extremes_by_enumeration(p, masses)
    return extremes.worst.value, extremes.best.value


def test_ff_trust_point(check: Check) -> None:
    p = reals("p")[0]

    def fails(at: Mapping[str, Fraction]) -> bool:
        return pair_of_bernoulli(at["p"], at["p"]) != (
            worst_targeting(at["p"], 1 - at["p"]),
            best_targeting(at["p"], at["p"]),
        )

    check.prove(
        "what Ber(p) yields, as printed",
        [unit(p)],
        same_pair(bernoulli_pair(p, p), printed_trust(p)),
        recheck=fails,
    )
    check.prove(
        "on the middle range the payoff at 1-p is lower than at p",
        [3 * p >= 1, 3 * p <= 2],
        worst_targeting(p, 1 - p) < worst_targeting(p, p),
        role="prose",
    )
    _trust_control(check)


def test_ff_trust_point_corrected(check: Check) -> None:
    p = reals("p")[0]
    check.prove(
        "what Ber(p) yields, for every p",
        [unit(p)],
        same_pair(bernoulli_pair(p, p), trust_point(p)),
    )
    check.prove(
        "it is the printed T but for p = 2/3, where it is H",
        [unit(p)],
        z3.If(
            3 * p == 2,
            same_pair(trust_point(p), hedge_point(p)),
            same_pair(trust_point(p), printed_trust(p)),
        ),
    )
    check.prove(
        "the payoff at 1-p is the lower one on the middle range but for p = 1/2",
        [3 * p >= 1, 3 * p <= 2],
        z3.And(
            worst_targeting(p, 1 - p) <= worst_targeting(p, p),
            (worst_targeting(p, 1 - p) == worst_targeting(p, p)) == (2 * p == 1),
        ),
    )
    _trust_control(check)


def _trust_control(check: Check) -> None:
    p = reals("p")[0]
    check.prove(
        "with w(p,p) on the middle range too",
        [unit(p)],
        same_pair(bernoulli_pair(p, p), (worst_targeting(p, p), best_targeting(p, p))),
        role="control",
    )


def test_ff_hedge_point(check: Check) -> None:
    p, e, q, worst, best = reals("p e q worst best")
    hedge, distrust = hedge_point(p), distrust_point(p)
    low, high = [3 * p >= 1, 2 * p < 1], [2 * p >= 1, 3 * p <= 2]
    check.prove(
        "values",
        [3 * p >= 1, 3 * p <= 2],
        same_pair(
            hedge, (z3.If(2 * p <= 1, 2 * p - 1, 0), z3.If(2 * p <= 1, 1 - 2 * p, 4 * p - 2))
        ),
    )
    check.prove(
        "limit from below for p < 1/2: Ber(1-2p-e) yields H + (e, -e)",
        [*low, 0 < e, e <= 1 - 2 * p],
        same_pair(bernoulli_pair(p, 1 - 2 * p - e), (hedge[0] + e, hedge[1] - e)),
    )
    check.prove("attained for p >= 1/2", high, same_pair(bernoulli_pair(p, 2 - 2 * p), hedge))
    check.prove(
        "at p = 1/2 H is D, and Ber(q) yields (-q, q) for all q up to 1/2, where it is T",
        [2 * p == 1, 0 <= q, 2 * q <= 1],
        z3.And(
            same_pair(hedge, distrust),
            same_pair(bernoulli_pair(p, q), (-q, q)),
            same_pair(printed_trust(p), (-p, p)),
        ),
    )
    check.prove(
        "no covariate whose pair is on the line of slope -1 has a better best case than H, "
        "except at p = 1/2",
        [*some_covariate(p, q, worst, best), 3 * p >= 1, 3 * p <= 2, 2 * p != 1],
        z3.Implies(worst + best == 2 * distrust[0], best <= hedge[1]),
    )
    check.prove(
        "attained by Ber(1-2p) for p < 1/2",
        low,
        same_pair(bernoulli_pair(p, 1 - 2 * p), hedge),
        role="control",
    )


def test_ff_lemma1(check: Check) -> None:
    chain_is_frontier(check)
    check.refute(
        "Lemma 1 (b) with Definition 2 as printed",
        "the undominated points of C leave out the open edge T-H for 1/3 < p < 1/2",
        {reals("p")[0]: Fraction(2, 5)},
        literal_frontier_gap(),
        role="reading",
    )


def test_ff_lemma1_corrected(check: Check) -> None:
    chain_is_frontier(check)


def test_ff_lemma2(check: Check) -> None:
    p = reals("p")[0]
    check.prove(
        "(a) T is implemented by Ber(p)",
        [unit(p)],
        same_pair(bernoulli_pair(p, p), printed_trust(p)),
        recheck=lambda at: pair_of_bernoulli(at["p"], at["p"])[0] != -1 + at["p"],
    )
    _hedge_is_approached(check)
    _distrust_is_implemented(check)
    _implementer_control(check)


def test_ff_lemma2_corrected(check: Check) -> None:
    p, e, q, worst, best = reals("p e q worst best")
    check.prove(
        "(a) but for p = 2/3",
        [unit(p), 3 * p != 2],
        same_pair(bernoulli_pair(p, p), printed_trust(p)),
    )
    two_thirds = z3.RealVal("2/3")
    check.prove(
        "(a) at p = 2/3 Ber(p) implements H",
        [p == two_thirds],
        same_pair(bernoulli_pair(p, p), hedge_point(p)),
    )
    check.prove(
        "(a) at p = 2/3 the printed T is limit-implemented: Ber(2/3 - e)",
        [p == two_thirds, 0 < e, 6 * e <= 1],
        same_pair(bernoulli_pair(p, p - e), (printed_trust(p)[0] + e, printed_trust(p)[1] - e)),
    )
    _hedge_is_approached(check)
    check.prove(
        "(b) H is implemented for p in [1/2, 2/3]",
        [2 * p >= 1, 3 * p <= 2],
        same_pair(bernoulli_pair(p, 2 - 2 * p), hedge_point(p)),
    )
    check.prove(
        "(b) no covariate implements H for p in [1/3, 1/2)",
        [*some_covariate(p, q, worst, best), 3 * p >= 1, 2 * p < 1],
        z3.Not(same_pair((worst, best), hedge_point(p))),
    )
    _distrust_is_implemented(check)
    _implementer_control(check)


def _hedge_is_approached(check: Check) -> None:
    p, e = reals("p e")
    hedge = hedge_point(p)
    check.prove_all(
        "(b) H is limit-implemented",
        "an explicit sequence of Bernoulli rates, e -> 0",
        {
            "p < 1/2": (
                [3 * p >= 1, 2 * p < 1, 0 < e, e <= 1 - 2 * p],
                same_pair(bernoulli_pair(p, 1 - 2 * p - e), (hedge[0] + e, hedge[1] - e)),
            ),
            "p >= 1/2, constant sequence": (
                [2 * p >= 1, 3 * p <= 2],
                same_pair(bernoulli_pair(p, 2 - 2 * p), hedge),
            ),
        },
    )


def _distrust_is_implemented(check: Check) -> None:
    p = reals("p")[0]
    check.prove(
        "(c) D is implemented by a constant",
        [unit(p)],
        same_pair(bernoulli_pair(p, z3.RealVal(0)), distrust_point(p)),
    )


def _implementer_control(check: Check) -> None:
    p = reals("p")[0]
    check.prove(
        "H is implemented by Ber(1-2p)",
        [3 * p >= 1, 2 * p <= 1],
        same_pair(bernoulli_pair(p, 1 - 2 * p), hedge_point(p)),
        role="control",
    )


def test_ff_sigma(check: Check) -> None:
    p = reals("p")[0]
    _slope_formulas(check)
    trust, hedge = printed_trust(p), hedge_point(p)
    check.prove(
        "each unit of best case costs more than a unit of worst case",
        [3 * p > 1, 3 * p < 2],
        hedge[0] - trust[0] > trust[1] - hedge[1],
        role="prose",
    )
    check.prove(
        "the frontier consists of two distinct segments for every p strictly inside",
        [3 * p > 1, 3 * p < 2],
        z3.Not(same_pair(hedge, distrust_point(p))),
        role="prose",
    )


def test_ff_sigma_corrected(check: Check) -> None:
    p = reals("p")[0]
    _slope_formulas(check)
    trust, hedge = printed_trust(p), hedge_point(p)
    cost, gain = hedge[0] - trust[0], trust[1] - hedge[1]
    check.prove(
        "more than a unit strictly inside but for 1/2",
        [3 * p > 1, 3 * p < 2, 2 * p != 1],
        z3.And(cost > gain, gain > 0),
    )
    check.prove("a unit at 1/2", [2 * p == 1], z3.And(cost == gain, gain > 0))
    check.prove(
        "two distinct segments strictly inside but for 1/2, where H = D",
        [3 * p > 1, 3 * p < 2],
        same_pair(hedge, distrust_point(p)) == (2 * p == 1),
    )
    check.prove("nothing gained at the ends", [z3.Or(3 * p == 1, 3 * p == 2)], gain == 0)


def _slope_formulas(check: Check) -> None:
    p = reals("p")[0]
    trust, hedge = printed_trust(p), hedge_point(p)
    run, rise = trust[0] - hedge[0], trust[1] - hedge[1]
    left, right = (1 - 3 * p) / p, (3 * p - 2) / (1 - p)
    middle = [3 * p >= 1, 3 * p <= 2]
    check.prove_all(
        "slope of T-H",
        "cases of p",
        {
            "[1/3, 1/2]": ([3 * p >= 1, 2 * p <= 1], z3.And(run < 0, rise == left * run)),
            "[1/2, 2/3]": ([2 * p >= 1, 3 * p <= 2], z3.And(run < 0, rise == right * run)),
            "at 1/2": ([2 * p == 1], z3.And(left == right, left == -1)),
            "bounds": (middle, z3.And(trust_hedge_slope(p) >= -1, trust_hedge_slope(p) <= 0)),
            "as shipped": (middle, trust_hedge_slope(p) * run == rise),
        },
    )
    check.prove("(1-3p)/p on the whole middle range", middle, rise == left * run, role="control")


def test_ff_example3(check: Check) -> None:
    q = reals("q")[0]
    p = z3.RealVal("2/5")
    _example3_points(check)
    check.prove(
        "Ber(q) for q in [0, 1/5]",
        [q >= 0, 5 * q <= 1],
        same_pair(bernoulli_pair(p, q), (-q, q)),
        recheck=lambda at: pair_of_bernoulli(Fraction(2, 5), at["q"]) != (-at["q"], at["q"]),
    )
    check.prove(
        "Ber(q) for q in [1/5, 2/5]",
        [5 * q >= 1, 5 * q <= 2],
        same_pair(bernoulli_pair(p, q), (-(1 - q), q)),
        recheck=lambda at: pair_of_bernoulli(Fraction(2, 5), at["q"]) != (at["q"] - 1, at["q"]),
    )
    _example3_mixtures(check, "prose")


def _example3_mixtures(check: Check, role: Role) -> None:
    """At p = 2/5 the points of T-H other than T are no mixtures of pairs of covariates."""
    check.refute(
        "the points of T-H are pairs of randomised covariates",
        "a pair on the line T-H is T itself, so no mixture is another point of it",
        {reals("p")[0]: Fraction(2, 5)},
        literal_frontier_gap(),
        role=role,
    )


def test_ff_example3_corrected(check: Check) -> None:
    q = reals("q")[0]
    p = z3.RealVal("2/5")
    _example3_points(check)
    check.prove(
        "Ber(q) for q in [0, 1/5)",
        [q >= 0, 5 * q < 1],
        same_pair(bernoulli_pair(p, q), (-q, q)),
    )
    check.prove(
        "Ber(q) for q in [1/5, 2/5]",
        [5 * q >= 1, 5 * q <= 2],
        same_pair(bernoulli_pair(p, q), (-q - z3.RealVal("1/5"), q)),
    )
    check.prove(
        "pairs of Ber(1/5 - e), e -> 0, approach H, and mixtures with T every point of T-H",
        [0 < q, 5 * q <= 1],
        same_pair(
            bernoulli_pair(p, z3.RealVal("1/5") - q),
            (q - z3.RealVal("1/5"), z3.RealVal("1/5") - q),
        ),
    )


def _example3_points(check: Check) -> None:
    p = Fraction(2, 5)
    fifth = Fraction(1, 5)
    data = {"p": p}
    check.certify(
        "D, H and T",
        lambda: (
            distrust_point(p) == (0, 0)
            and hedge_point(p) == (-fifth, fifth)
            and trust_point(p) == (-3 * fifth, 2 * fifth) == pair_of_bernoulli(p, p)
        ),
        data,
    )
    check.certify(
        "Ber(1/5) yields H",
        lambda: pair_of_bernoulli(p, fifth) == (-fifth, fifth),
        data,
        role="control",
    )
