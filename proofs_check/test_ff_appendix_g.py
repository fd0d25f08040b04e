"""Friend or Foe, Appendix G, Lemmas G.1 to G.4: the four payoffs, and two-valued covariates.

Statements about every covariate are proved from what `proofs_check.hurwicz` knows of one with any
number of atoms; counterexamples are confirmed from the definitions by the exact minimax programs of
`theory.hurwicz_programs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations_with_replacement, compress, product

import z3

from proofs_check.check import Check, Role
from proofs_check.encodings import (
    bernoulli_pair,
    dominates,
    event_masses,
    inducible,
    payoff,
    same_pair,
    truth,
    unit,
)
from proofs_check.hurwicz import (
    Masses,
    bernoulli,
    pair_by_programs,
    proper,
    secured,
    some_hurwicz_covariate,
    weighted,
)
from proofs_check.smt import reals
from theory.admissible_cases import is_inducible_by_definition
from theory.admissible_events import extremes_by_enumeration
from theory.delegation import best_targeting
from theory.hurwicz_programs import four_payoffs

P, Q, BETA, NEED, MM, AM, AA = reals("p q beta need mm am aa")
LOW = [unit(P, Q), 3 * P < 1]
EVERYONE = [*some_hurwicz_covariate(P, Q, MM, AM, AA, NEED), 3 * P < 1]
WORST, BEST = weighted(BETA, MM, AM), weighted(BETA, 0 * P, AA)


def small_covariates(full: bool) -> Iterator[tuple[Fraction, Masses]]:
    """Rates below 1/3 with covariates of few atoms and small weights."""
    for atoms in range(1, 5 if full else 4):
        for weights in combinations_with_replacement(range(1, 4), atoms):
            masses = tuple(Fraction(weight, sum(weights)) for weight in weights)
            for numerator in range(12):
                yield Fraction(numerator, 36), masses


def test_ff_lemma_g1(check: Check) -> None:
    m, rate = reals("m rate")
    check.prove_all(
        "v_MA = 0 for every covariate",
        "the empty event can always be treated and earns 0; against the uninformative truth no "
        "event earns more",
        {
            "at least 0": (LOW, z3.And(inducible(P, 0 * P), payoff(0 * P, 0 * P) == 0)),
            "the uninformative truth is admissible": ([*LOW, unit(m)], truth(P, m, P * m)),
            "at most 0": ([*LOW, unit(m)], payoff(m, P * m) <= 0),
        },
    )
    check.prove_all(
        "the truth is an aligned AI's best report, and what it earns is a sum of nonnegative terms",
        "atom by atom",
        {
            "treating exactly the atoms from 1/2 up is best": (
                [unit(m, rate)],
                z3.If(2 * rate >= 1, payoff(m, m * rate) >= 0, payoff(m, m * rate) <= 0),
            ),
            "(G.1) is at least zero": (
                [unit(m, rate), 2 * rate >= 1],
                m * (2 * rate - 1) >= 0,
            ),
            "nobody is treated under the uninformative truth": (LOW, 2 * P < 1),
        },
        role="step",
    )
    check.prove(
        "the same for all p < 2/3",
        [unit(P, m), 3 * P < 2],
        payoff(m, P * m) <= 0,
        role="control",
    )


def _without_the_mean(p: Fraction, masses: Masses) -> Fraction:
    """The maximum over all f: X1 -> [0,1], not only those of mean p, of the worst event's payoff.

    Payoffs, sums of m (2f - 1) over an event, rise with f, so f = 1 attains it; the empty event
    bounds it by 0.
    """
    subsets = (
        tuple(compress(range(len(masses)), on)) for on in product((False, True), repeat=len(masses))
    )
    return min(
        sum((masses[i] * (2 * 1 - 1) for i in event), start=Fraction(0))
        for event in subsets
        if is_inducible_by_definition(p, masses, event)
    )


def _display_of_am(check: Check, p: Fraction, masses: Masses) -> None:
    value, displayed = four_payoffs(p, masses).values[1], _without_the_mean(p, masses)
    check.certify(
        "v_AM as the maximum over all f: X1 -> [0,1], as displayed (f = 1 leaves no event a loss)",
        lambda: value == displayed,
        {"p": p, "masses": masses, "v_AM": value, "displayed": displayed},
        role="reading",
    )


def test_ff_lemma_g2(check: Check) -> None:
    _aligned_nature(check)
    _display_of_am(check, Fraction(1, 4), bernoulli(Fraction(1, 2)))
    check.prove(
        "the designer chooses the conditional probability of need, 1 on X1 = 1: so what a "
        "misaligned AI can do to them, v_MM, is what it does at this truth",
        [*LOW, Q <= P],
        bernoulli_pair(P, Q)[0] == secured(P, Q, Q),
        role="prose",
        order=[P, Q],
    )


def test_ff_lemma_g2_corrected(check: Check) -> None:
    _aligned_nature(check)
    quarter, half = Fraction(1, 4), bernoulli(Fraction(1, 2))
    check.certify(
        "over the f of mean p v_AM is -1/4 for Ber(1/2), over all f it is 0",
        lambda: (
            four_payoffs(quarter, half).values[1] == -quarter
            and _without_the_mean(quarter, half) == 0
        ),
        {"p": quarter, "masses": half},
        role="step",
    )
    check.prove(
        "that truth secures 0, while Nature's choice gives v_MM = -q",
        [*LOW, Q <= P],
        z3.And(secured(P, Q, Q) == 0, bernoulli_pair(P, Q)[0] == -Q),
    )


def _aligned_nature(check: Check) -> None:
    """v_AM of Ber(q), with the steps of its proof."""
    m = reals("m")[0]
    own = [*LOW, Q <= P]
    check.prove_all(
        "v_AM <= 0, and 0 for q <= p",
        "the empty event; a truth that fills the value 1 leaves no event a negative payoff",
        {
            "at most 0": ([*LOW, truth(P, Q, NEED)], secured(P, Q, NEED) <= 0),
            "filling it is admissible": (own, truth(P, Q, Q)),
            "0 is secured": (own, secured(P, Q, Q) == 0),
        },
    )
    check.prove_all(
        "the steps of the proof",
        "one each",
        {
            "an event can be treated iff its mass is at most 2p": (
                [*LOW, unit(m)],
                inducible(P, m) == (m <= 2 * P),
            ),
            "the truth's rate at 0 is a probability below 1/2": (
                own,
                z3.And(0 <= P - Q, P - Q <= 1 - Q, 2 * (P - Q) < 1 - Q),
            ),
            "value 0 cannot be treated": (
                own,
                z3.And(1 - Q >= 1 - P, 1 - P > 2 * P, z3.Not(inducible(P, 1 - Q))),
            ),
            "an uninformative truth would lose": ([*own, Q > 0], payoff(Q, P * Q) < 0),
        },
        role="step",
    )
    check.prove(
        "the uninformative truth secures 0 too",
        own,
        secured(P, Q, P * Q) == 0,
        role="control",
    )


def _four_dominate(check: Check) -> None:
    """Each of the four payoffs of Ber(q*) is at least the covariate's."""
    pair = bernoulli_pair(P, Q)
    check.prove_all(
        "the four payoffs of Ber(q*) are at least those of the covariate",
        "E is an event of mass q* that attains v_AA; the events of Ber(q*) are events of the "
        "covariate, and a truth on the covariate merges to one on Ber(q*) (ff_merge_atoms)",
        {
            "v_MM": (EVERYONE, pair[0] >= MM),
            "v_AA": (EVERYONE, pair[1] >= AA),
            "v_AM: the merged truth is admissible and secures as much": (
                EVERYONE,
                z3.And(truth(P, Q, NEED), secured(P, Q, NEED) >= AM),
            ),
        },
    )
    highest = [z3.Implies(inducible(P, m), AA >= best_targeting(P, m)) for m in event_masses(Q)]
    check.prove(
        "v_AA is the same, as no event of the covariate earns more than E",
        [*EVERYONE, *highest],
        pair[1] == AA,
        role="step",
    )
    more = reals("mm2 am2 aa2")
    check.prove(
        "so both weighted sums are",
        [unit(BETA), more[0] >= MM, more[1] >= AM, more[2] >= AA],
        z3.And(weighted(BETA, more[0], more[1]) >= WORST, weighted(BETA, 0 * P, more[2]) >= BEST),
    )


def _coarsening_by_search(check: Check, reverse: bool, role: Role) -> None:
    def holds(case: tuple[Fraction, Masses]) -> bool:
        p, masses = case
        extremes = extremes_by_enumeration(p, masses)
        share = sum((masses[i] for i in extremes.best.event), start=Fraction(0))
        two, many = four_payoffs(p, bernoulli(share)).values, four_payoffs(p, masses).values
        if reverse:
            two, many = many, two
        return all(a >= b for a, b in zip(two, many, strict=True))

    check.exhaust(
        "the four payoffs, solved exactly" + (", the other way round" if reverse else ""),
        "p in 36ths below 1/3, weights to 3, to " + ("4" if check.full else "3") + " atoms",
        small_covariates(check.full),
        holds,
        role=role,
    )


def test_ff_lemma_g3(check: Check) -> None:
    quarter, masses = Fraction(1, 4), (Fraction(1, 4),) * 4
    _four_dominate(check)
    check.refute(
        "dominates in the sense of Definition 2, with one inequality strict",
        "the pair (0,0) of a constant is dominated by no Ber(q)",
        {P: quarter, BETA: Fraction(1, 2)},
        {
            "no covariate dominates (0,0)": (
                [*EVERYONE, proper(BETA)],
                z3.Not(dominates((WORST, BEST), (0 * P, 0 * P))),
            ),
            "which a constant yields": (
                LOW,
                z3.And(
                    same_pair(bernoulli_pair(P, 0 * P), (0 * P, 0 * P)),
                    secured(P, 0 * P, 0 * P) == 0,
                ),
            ),
        },
        shown={"mu": "constant"},
        role="reading",
    )
    _display_of_am(check, quarter, masses)
    _coarsening_by_search(check, True, "control")


def test_ff_lemma_g3_corrected(check: Check) -> None:
    _four_dominate(check)
    _coarsening_by_search(check, False, "confirmation")
    _coarsening_by_search(check, True, "control")


def test_ff_lemma_g4(check: Check) -> None:
    quarter, half = Fraction(1, 4), Fraction(1, 2)
    pair, at_p = bernoulli_pair(P, Q), bernoulli_pair(P, P)
    beyond = [*LOW, 0 < P, P < Q, 2 * Q <= 1]
    check.refute(
        "some q' in [0, p) weakly dominates",
        "at q = p the best case is (1-beta) p, which no q' < p reaches",
        {P: quarter, BETA: half},
        {
            "best case of Ber(p)": (LOW, at_p[1] == P),
            "best case of Ber(q'), q' < p": ([*LOW, Q < P], pair[1] == Q),
            "weighted": ([*LOW, Q < P, proper(BETA)], (1 - BETA) * Q < (1 - BETA) * P),
        },
        shown={"q": quarter, "pair": pair_by_programs(quarter, quarter, half)},
    )

    def enumerated(at: Mapping[str, Fraction]) -> bool:
        own, other = (
            four_payoffs(at["p"], bernoulli(at["q"])),
            four_payoffs(at["p"], bernoulli(at["p"])),
        )
        return own.values[0] >= other.values[0]

    check.prove(
        "v_MM(q) < v_MM(p) for p < q <= 1/2",
        beyond,
        pair[0] < at_p[0],
        role="step",
        order=[P, Q],
        recheck=enumerated,
    )
    check.prove(
        "displayed: worst case of Ber(q) at most that of Ber(p)",
        [*beyond, proper(BETA), AM <= 0, z3.Implies(pair[0] == 0, AM == 0)],
        weighted(BETA, pair[0], AM) <= weighted(BETA, at_p[0], 0 * P),
        role="step",
        order=[P, Q, BETA],
        recheck=lambda at: (
            pair_by_programs(at["p"], at["q"], at["beta"])[0]
            > pair_by_programs(at["p"], at["p"], at["beta"])[0]
        ),
    )
    check.prove(
        "displayed: best case of Ber(q) equal to that of Ber(p)",
        [*beyond, proper(BETA)],
        (1 - BETA) * pair[1] == (1 - BETA) * at_p[1],
        role="step",
        order=[P, Q, BETA],
    )
    check.prove(
        "v_AA(q) < v_AA(p) for p < q <= 1/2, p = 0 included",
        [*LOW, P < Q, 2 * Q <= 1],
        pair[1] < at_p[1],
        role="step",
        order=[P, Q],
        recheck=lambda at: (
            four_payoffs(at["p"], bernoulli(at["q"])).values[3]
            >= four_payoffs(at["p"], bernoulli(at["p"])).values[3]
        ),
    )
    _beyond_p(check)


def _beyond_p(check: Check) -> None:
    """What does hold for q > p, and the control."""
    pair, at_p = bernoulli_pair(P, Q), bernoulli_pair(P, P)
    beyond = [*LOW, P < Q, 2 * Q <= 1]
    check.prove_all(
        "q > p gains nothing",
        "facts about Ber(q)",
        {
            "v_AA(q) < v_AA(p) if p > 0": ([*beyond, 0 < P], pair[1] < at_p[1]),
            "p = 0: v_MM and v_AA are 0": ([*beyond, P == 0], same_pair(pair, (0 * P, 0 * P))),
            "v_AM(q) <= 0": ([*beyond, truth(P, Q, NEED)], secured(P, Q, NEED) <= 0),
            "symmetry": (LOW, same_pair(pair, bernoulli_pair(P, 1 - Q))),
        },
        role="step",
    )
    check.prove("v_AA(q) = q for all q", LOW, pair[1] == Q, role="control")


def test_ff_lemma_g4_corrected(check: Check) -> None:
    pair = bernoulli_pair(P, Q)
    other = z3.If(Q <= P, Q, z3.If(Q <= 2 * P, P, 0 * P))
    target = bernoulli_pair(P, other)
    low = [*LOW, 2 * Q <= 1]
    check.prove_all(
        "q' = q up to p, q' = p up to 2p, q' = 0 beyond: in [0,p], and no payoff is lower",
        "v_MM, v_AA and v_AM; v_MA is 0 (ff_lemma_g1)",
        {
            "q' in [0,p]": (low, z3.And(0 <= other, other <= P)),
            "v_MM": (low, target[0] >= pair[0]),
            "v_AA": (low, target[1] >= pair[1]),
            "v_AM": ([*low, truth(P, Q, NEED)], secured(P, Q, NEED) <= secured(P, other, other)),
        },
    )
    _beyond_p(check)
