"""Own extension of Friend or Foe: a misaligned AI that detection and penalty may deter.

`encodings.some_covariate` gives what is known of every covariate, so the upper bounds hold for
all of them; Bernoulli covariates attain or approach them.
"""

from __future__ import annotations

from fractions import Fraction

import z3

from proofs_check.check import Check
from proofs_check.encodings import (
    bernoulli_pair,
    event_masses,
    inducible,
    payoff,
    some_covariate,
    truth,
    unit,
)
from proofs_check.smt import maximum, reals
from theory.delegation import default_action
from theory.strategic_delegation import (
    deterred_reach,
    largest_disclosure,
    smaller,
    span_of,
    strategic_payoff,
    strategic_value,
    trust_threshold,
    trusting_gain,
)

p, q, worst, best, alpha, bound, e, u = reals("p q worst best alpha B e u")
more = z3.Real("B2")
MOST, SINGLE = largest_disclosure(p)
REACH = deterred_reach(p, bound)
ANY = [unit(p, alpha), bound >= 0]
# The hedge point is approached and not attained below p = 1/2.
LIMIT = z3.And(REACH == SINGLE, SINGLE <= MOST, 2 * p < 1, bound < 3 * SINGLE)


def test_ed_ext_strategic_value(check: Check) -> None:
    covariate = some_covariate(p, q, worst, best)
    check.prove(
        "no covariate gives the designer more",
        [*covariate, *ANY],
        strategic_payoff(worst, best, alpha, bound) <= strategic_value(p, alpha, bound),
    )
    pair = bernoulli_pair(p, z3.If(2 * p <= 1, u, 1 - u))
    own = default_action(p) + u
    check.prove_all(
        "Bernoulli covariates attain it or come as close as wanted",
        "what deters, and what is trusted undeterred",
        {
            "the pair of disclosing u": (
                [unit(p), 0 <= u, u <= MOST],
                z3.And(pair[1] == own, pair[1] - pair[0] == span_of(p, u)),
            ),
            "reach deters": (
                [unit(p), bound >= 0, z3.Not(LIMIT)],
                z3.And(0 <= REACH, REACH <= MOST, span_of(p, REACH) <= bound),
            ),
            "all below reach deters": (
                [unit(p), bound >= 0, LIMIT, 0 < e, e <= REACH],
                span_of(p, REACH - e) <= bound,
            ),
            "trusted at m": (
                [*ANY, SINGLE < MOST],
                MOST - alpha * span_of(p, MOST) == MOST - alpha,
            ),
            "trusted just below min(c, m)": (
                [*ANY, 0 < e, e <= smaller(SINGLE, MOST), u == smaller(SINGLE, MOST) - e],
                u - alpha * span_of(p, u)
                == (1 - 2 * alpha) * smaller(SINGLE, MOST) - (1 - 2 * alpha) * e,
            ),
            "a lie undeterred is better for the designer deterred": (
                [unit(alpha), worst <= best, bound >= 0],
                strategic_payoff(worst, best, alpha, bound) >= alpha * worst + (1 - alpha) * best,
            ),
        },
    )
    check.prove(
        "reach is half the bound, up to full disclosure",
        [*covariate, *ANY, best - worst <= bound],
        best <= default_action(p) + smaller(bound / 2, SINGLE / 2),
        role="control",
    )


def test_ed_ext_strategic_thresholds(check: Check) -> None:
    threshold = trust_threshold(p, bound)
    inner = [0 < p, p < 1, 2 * p != 1]
    check.prove_all(
        "undeterred trust is best up to the threshold alone",
        "below, at and above it",
        {
            "below": ([*ANY, alpha < threshold], trusting_gain(p, alpha) > REACH),
            "from it on": ([*ANY, alpha >= threshold], trusting_gain(p, alpha) <= REACH),
            "range": (ANY, z3.And(0 <= threshold, 2 * threshold <= 1)),
            "formula": (
                [*ANY, *inner, SINGLE >= MOST, bound <= 2 * MOST],
                4 * MOST * threshold == 2 * MOST - bound,
            ),
            "no deterrence: 1/2": ([*inner, bound == 0], 2 * threshold == 1),
        },
    )
    check.prove_all(
        "more deterrence: never worse for the designer, never a later threshold",
        "two bounds",
        {
            "value": (
                [*ANY, bound <= more],
                strategic_value(p, alpha, bound) <= strategic_value(p, alpha, more),
            ),
            "threshold": ([*ANY, bound <= more], trust_threshold(p, more) <= threshold),
            "something is disclosed": ([*ANY, *inner, bound > 0], REACH > 0),
        },
    )
    check.prove(
        "between threshold and 1/2 less is disclosed than without deterrence (c >= m)",
        [*ANY, *inner, SINGLE >= MOST, bound < 2 * MOST, threshold <= alpha, 2 * alpha < 1],
        z3.And(
            REACH == bound / 2,
            REACH < MOST,
            trusting_gain(p, alpha) <= REACH,
            trusting_gain(p, alpha) == (1 - 2 * alpha) * MOST,
            trusting_gain(p, alpha) > 0,
        ),
    )
    two_fifths, three_tenths = Fraction(2, 5), Fraction(3, 10)
    check.certify(
        "without c >= m (and at alpha from the threshold on) B/2 is disclosed too",
        lambda: (
            trust_threshold(two_fifths, Fraction(1, 2)) > three_tenths
            or deterred_reach(two_fifths, Fraction(1, 2)) == Fraction(1, 4)
        ),
        {"p": two_fifths, "B": Fraction(1, 2), "alpha": three_tenths},
        role="control",
    )
    check.prove(
        "between 2c and 3c more penalty buys nothing",
        [*ANY, SINGLE < MOST, 2 * SINGLE <= bound, bound <= 3 * SINGLE],
        REACH == SINGLE,
    )
    check.prove(
        "a bound that turns trust into deterrence never lowers what is disclosed (c >= m)",
        [
            *[*ANY, *inner, SINGLE >= MOST, bound <= more],
            *[alpha < threshold, alpha >= trust_threshold(p, more)],
        ],
        deterred_reach(p, more) >= MOST,
        role="control",
    )


def test_ed_ext_worldwise(check: Check) -> None:
    need = z3.Real("need")
    world = [unit(p, q), truth(p, q, need)]
    told = maximum(0, payoff(q, need)) + maximum(0, payoff(1 - q, p - need))
    lies = dict(zip(event_masses(q), (0, need, p - need, p), strict=True))
    pair = bernoulli_pair(p, q)
    check.prove_all(
        "Ber(q): in every world a lie takes at most the span",
        "one treated event at a time",
        {
            f"event of mass {mass}": (
                [*world, inducible(p, mass)],
                told - payoff(mass, needed) <= pair[1] - pair[0],
            )
            for mass, needed in lies.items()
        },
    )
    low = [*world, 3 * p < 1, q <= p]
    check.prove_all(
        "p < 1/3: at most half the span, attained where the needy are all outside",
        "one treated event at a time, then a world",
        {
            "nobody": (low, told <= q),
            "the event of mass q": (low, told - payoff(q, need) <= q),
            "the other events cannot be had": (
                [*low, p > 0],
                z3.And(z3.Not(inducible(p, 1 - q)), z3.Not(inducible(p, z3.RealVal(1)))),
            ),
            "attained": ([*low, need == 0], told - payoff(q, need) == q),
            "the span": (low, pair[1] - pair[0] == 2 * q),
        },
    )
    check.prove(
        "half the span in general",
        [*world, inducible(p, q)],
        2 * (told - payoff(q, need)) <= pair[1] - pair[0],
        role="control",
    )
