"""What the events of a covariate can do under bounds, proved from the definitions.

The other proofs about the best bounds rest on these: which masses a report can have treated,
how far Nature's answers go, that atoms of equal role merge, and that `relaxed_covariate` keeps
what is true of every covariate on both sides of p = 1/2.
"""

from __future__ import annotations

import z3

from proofs_check import optimal_tau_chain as upper
from proofs_check.check import Check
from proofs_check.encodings_optimal_tau import (
    any_covariate,
    best_within,
    inducible_within,
    relaxed_covariate,
    report_within,
    truth_within,
    within,
    worst_within,
)
from proofs_check.optimal_tau_chain import BEST, HIGH, LOW, WORST, P, Q
from proofs_check.smt import reals


def bounds_foundation(check: Check) -> None:
    """What a covariate's events can do under bounds, from the definitions."""
    m, inside, outside, need, extra = reals("m inside outside need extra")
    proper = [within(P, LOW, HIGH), 0 < m, m < 1]
    able = inducible_within(P, LOW, HIGH, m)
    off = (1 - m) * LOW
    filled = z3.If(P - off <= m * HIGH, P - off, m * HIGH)
    check.prove_all(
        "windows, Nature's answers, and atoms of equal role that merge",
        "each direction from the definitions",
        {
            "reports need the window": (
                [*proper, report_within(P, LOW, HIGH, m, inside, outside)],
                able,
            ),
            "the window has a report": (
                [*proper, able],
                report_within(P, LOW, HIGH, m, filled, P - filled),
            ),
            "truths lie between the extremes": (
                [*proper, truth_within(P, LOW, HIGH, m, need)],
                z3.And(
                    worst_within(P, LOW, HIGH, m) <= 2 * need - m,
                    2 * need - m <= best_within(P, LOW, HIGH, m),
                ),
            ),
            "the extremes are truths": (
                proper,
                z3.And(
                    *[
                        truth_within(P, LOW, HIGH, m, (answer(P, LOW, HIGH, m) + m) / 2)
                        for answer in (worst_within, best_within)
                    ]
                ),
            ),
            "two atoms merge": (
                [
                    *[within(P, LOW, HIGH), m > 0, extra > 0, inside * (m + extra) == need * m],
                    *[(m + extra) * LOW <= need, need <= (m + extra) * HIGH],
                ],
                z3.And(m * LOW <= inside, inside <= m * HIGH),
            ),
        },
        role="step",
    )
    check.prove_all("lemmas that all rows share", "chain of lemmas", upper.shared(), role="step")
    check.prove_all(
        "at p < 1/2 any covariate is a relaxed one; at p > 1/2 it is one of the mirrored subgroup",
        "the two sides of 1/2",
        {
            "below": (
                [*any_covariate(P, LOW, HIGH, Q, WORST, BEST), 2 * P < 1],
                relaxed_covariate(P, LOW, HIGH, Q, WORST, BEST),
            ),
            "below, keeping the open condition": (
                [*any_covariate(P, LOW, HIGH, Q, WORST, BEST), 2 * P < 1],
                relaxed_covariate(P, LOW, HIGH, Q, WORST, BEST, strict=True),
            ),
            "above": (
                [*any_covariate(P, LOW, HIGH, Q, WORST, BEST), 2 * P > 1],
                relaxed_covariate(
                    1 - P, 1 - HIGH, 1 - LOW, 1 - Q, WORST - 2 * P + 1, BEST - 2 * P + 1
                ),
            ),
        },
        role="step",
    )
