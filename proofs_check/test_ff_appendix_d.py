"""Friend or Foe, Appendix D, Claim 1: is breaking ties towards treatment without loss?"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    Pair,
    bernoulli_pair,
    inducible,
    payoff,
    same_pair,
    some_covariate,
    truth,
    unit,
)
from proofs_check.encodings_ties import (
    free,
    hedging_covariate,
    some_covariate_with_ties,
)
from proofs_check.geometry import supporting_lines
from proofs_check.kernel import Obligation
from proofs_check.smt import minimum, reals
from theory.delegation import worst_targeting
from theory.nature import tie_extremes_by_enumeration
from theory.points import hedge_point, trust_point


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
    check.prove_all(
        "conversely, T, H and D are approached under every rho as under rho = 1, where they are "
        "corners of the frontier, so that the frontier of the closure is the same",
        "covariates without the one event that depends on rho (ff_tie_proof_corrected), e -> 0",
        _corners_without_ties(),
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


def _corners_without_ties() -> dict[str, Obligation]:
    p, e = reals("p e")

    def yields(q: Any, corner: Pair) -> z3.BoolRef:
        """Ber(q) yields the corner, and no event of it is one that a tie forces or frees."""
        tied = z3.If(2 * p < 1, 2 * p, 2 * p - 1)
        apart = [z3.And(m != tied, free(p, m) == inducible(p, m)) for m in (q, 1 - q)]
        return z3.And(same_pair(bernoulli_pair(p, q), corner), *apart)

    trust, hedge = trust_point(p), hedge_point(p)
    trusted = z3.Or(3 * p < 1, z3.And(3 * p > 1, 3 * p < 2, 2 * p != 1), 3 * p > 2)
    return {
        "T, by Ber(p)": ([0 < p, p < 1, trusted], yields(p, trust)),
        "T at p = 1/2, by Ber(1/2 - e)": (
            [2 * p == 1, 0 < e, 2 * e < 1],
            z3.And(
                same_pair(bernoulli_pair(p, p - e), (trust[0] + e, trust[1] - e)),
                *[free(p, m) == inducible(p, m) for m in (p - e, p + e)],
            ),
        ),
        "H for p < 1/2, by Ber(1 - 2p - e)": (
            [3 * p >= 1, 2 * p < 1, 0 < e, e < 1 - 2 * p],
            yields(1 - 2 * p - e, (hedge[0] + e, hedge[1] - e)),
        ),
        "H for p > 1/2, by Ber(2 - 2p + e)": (
            [2 * p > 1, 3 * p <= 2, 0 < e, e < 2 * p - 1],
            yields(2 - 2 * p + e, (hedge[0] + e, hedge[1] - e)),
        ),
    }


def _rates(most: int) -> list[Fraction]:
    return sorted({Fraction(k, d) for d in range(1, most + 1) for k in range(d + 1)})
