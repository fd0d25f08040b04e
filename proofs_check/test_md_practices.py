"""Beyond Misaligned by Design, A.5: the posterior behind predictions trained with the focal loss.

phi(p) = -(1 - p)^gamma log p is differentiated by SymPy.  Its logarithm then enters through the
bounds 1 - 1/p <= log p <= p - 1, and phi at two points through strict convexity.  The optimality
of p for q is proved class by class: on the support of q, where q phi'(p) has one value, and off it.
"""

from __future__ import annotations

import sympy as sp

from proofs_check.check import Check
from proofs_check.smt import reals
from theory.training_practices import focal_slope


def test_md_focal_posterior(check: Check) -> None:
    p, gamma = sp.symbols("p gamma", positive=True)
    log_p = sp.log(p)
    phi = -((1 - p) ** gamma) * log_p
    curvature = gamma * (1 - gamma) * p**2 * log_p + 2 * gamma * p * (1 - p) + (1 - p) ** 2
    check.derive(
        "the program's slope is |phi'| p, and phi'' p^2 (1-p)^(2-gamma) is the curvature below",
        {
            "slope": sp.diff(phi, p) * p + focal_slope(p, log_p, gamma),
            "curvature": sp.simplify(sp.diff(phi, p, 2) * p**2 * (1 - p) ** (2 - gamma))
            - curvature,
        },
    )
    check.cite("1 - 1/p <= log p <= p - 1", "concavity of the logarithm, tangents at 1")
    at, log_at, g = reals("p log_p gamma")
    inside = [0 < at, at < 1, at - 1 <= at * log_at, log_at <= at - 1, g >= 0]
    check.prove(
        "phi decreases on (0, 1)",
        inside,
        (1 - at) - g * at * log_at > 0,
    )
    check.prove(
        "phi is strictly convex there: its curvature is positive",
        inside,
        g * (1 - g) * at * at * log_at + 2 * g * at * (1 - at) + (1 - at) * (1 - at) > 0,
    )
    q, here, there, at_here, at_there, slope, multiplier, off = reals(
        "q here there at_here at_there slope multiplier off"
    )
    tangent = [at_there > at_here + slope * (there - here), q > 0, q * slope == multiplier]
    check.prove_all(
        "q phi'(p) equal on the support, p = 0 off it: p is the only minimiser",
        "class by class; the differences of two predictions sum to zero",
        {
            "on the support": (tangent, q * at_there > q * at_here + multiplier * (there - here)),
            "off the support": ([multiplier < 0, off >= 0], multiplier * (0 - off) >= 0),
        },
    )
    other, other_slope = reals("other_q other_slope")
    slopes = [slope < other_slope, other_slope < 0]
    check.prove(
        "a class predicted with more has the higher posterior",
        [q > 0, q * slope == multiplier, other * other_slope == multiplier, *slopes],
        q < other,
    )
    check.derive(
        "the focal loss is proper",
        {"q = p would need a constant": focal_slope(p, log_p, gamma) - 1},
        role="control",
    )
