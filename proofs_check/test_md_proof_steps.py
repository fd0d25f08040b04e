"""Misaligned by Design, Appendix B: every displayed step of the five proofs.

v, w are entries of U q and U q', T and R their totals; sums of any length enter through the
inductions of `proofs_check.finite_sums`.  What the steps add up to is checked under the claims
of the results themselves.
"""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import z3

from proofs_check import finite_sums
from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.smt import minimum, reals
from proofs_check.test_md_lemma1 import suppose_not

ALPHA, T, R, P, V, W, Q = reals("alpha T R p v w q")
ZERO, HALF, ONE = (z3.RealVal(text) for text in ("0", "1/2", "1"))
KINKED = z3.RealVal("1/4"), z3.RealVal("5/4")  # l(1/2, 1), l(1/2, 0) of `kinked_loss`


def kinked_loss(p: Any) -> tuple[Any, Any]:
    """Binary loss (y = 1, y = 0): the Brier score plus 1 if the likelier class is wrong.

    At p = 1/2 class 1 counts as the likelier one, whence the loss (1/4, 5/4) there.
    """
    return (1 - p) ** 2 + z3.If(2 * p < 1, ONE, ZERO), p * p + z3.If(2 * p >= 1, ONE, ZERO)


def expected(losses: tuple[Any, Any], q: Any) -> Any:
    """q l(p, 1) + (1 - q) l(p, 0)."""
    return q * losses[0] + (1 - q) * losses[1]


def test_md_proof_steps(check: Check) -> None:
    _theorem1(check)
    _theorem2(check)
    _lemma1(check)
    _proposition1(check)
    _concave(check)
    _subgradient_is_not_unique(check)
    _misprinted_converse(check)
    _control(check)


def test_md_proof_steps_corrected(check: Check) -> None:
    _theorem1(check)
    _theorem2(check)
    _lemma1(check)
    _proposition1(check)
    _concave(check)
    _continuous_losses(check)
    suppose_not(check)
    _control(check)


def _control(check: Check) -> None:
    check.prove(
        "dividing an objective by a number of any sign keeps its minimisers",
        [T != 0, V < W],
        V / T < W / T,
        role="control",
    )


def _theorem1(check: Check) -> None:
    own, other = reals("own other")
    check.prove_all(
        "Theorem 1: the total of expected utilities is positive",
        "a nonnegative expected utility is positive for some action",
        finite_sums.positive_if_some_is(),
    )
    check.prove_all(
        "Theorem 1: the display of expected utility-weighted loss",
        "exchange of sums, by induction",
        finite_sums.exchanged(),
    )
    check.prove(
        "Theorem 1: dividing the objective by the total keeps its minimisers",
        [T > 0],
        z3.And((own < other) == (own / T < other / T), (own == other) == (own / T == other / T)),
    )


def _theorem2(check: Check) -> None:
    alpha, total, entry = reals("alpha total entry")
    check.prove_all(
        "Theorem 2: the multiplier, and the inverse",
        "entry by entry, with U^-1 U q = q",
        {
            "alpha (1' U q) = 1 has the one solution 1 / T": (
                [T > 0],
                (alpha * T == 1) == (alpha == 1 / T),
            ),
            "it is positive": ([T > 0, alpha == 1 / T], alpha > 0),
            **finite_sums.scaled(),
            "U^-1 p = alpha q is at least 0": ([alpha > 0, Q >= 0, entry == alpha * Q], entry >= 0),
            "alpha = 1' U^-1 p": ([alpha > 0, Q == 1, total == alpha * Q], total == alpha),
            "q = U^-1 p / (1' U^-1 p)": (
                [alpha > 0, entry == alpha * Q, total == alpha],
                entry / total == Q,
            ),
        },
    )


def _lemma1(check: Check) -> None:
    beta = reals("beta")[0]
    check.prove_all(
        "Lemma 1: first claim, and the last display",
        "entry by entry",
        {
            "U q = beta U q' gives equal predictions": (
                [R > 0, beta > 0, V == beta * W, T == beta * R],
                V / T == W / R,
            ),
            **finite_sums.linear(),
            "display": (
                [V == beta * W],
                ALPHA * V + (1 - ALPHA) * W == (ALPHA * beta + (1 - ALPHA)) * W,
            ),
            "the factor is positive": (
                [unit(ALPHA), beta > 0],
                ALPHA * beta + (1 - ALPHA) > 0,
            ),
        },
    )


def _proposition1(check: Check) -> None:
    value, rest, loss, mass, weight = reals("value rest l mass weight")
    check.prove_all(
        "Proposition 1: the five lines, for a finite support",
        "l(P, Y) = <l(P, .), delta(Y)>; averaging over P, then over Y given P; the loss leaves the "
        "inner average; E[delta_y(Y) | P] = P(Y = y | P) = Q_y",
        {
            "the indicator picks the entry of the class at hand": (
                [value == 0, rest == 0],
                value + 1 * loss + rest == loss,
            ),
            "the other entries add nothing": ([rest == 0], rest + 0 * loss == 0),
            **finite_sums.linear(),
            **finite_sums.scaled(),
            "given P": (
                [weight > 0, mass >= 0, value == mass / weight],
                weight * (value * loss) == mass * loss,
            ),
        },
    )


def _concave(check: Check) -> None:
    """F(q) = <l^u(p^u(q), .), q>; a, b: a loss vector of p at q and at q', whatever p."""
    at_mixture, at_q, at_other, a, b = reals("F_mixture F_q F_other a b")
    check.prove_all(
        "Proposition 2: (30), and the residual loss is concave",
        "by Theorem 1 the prediction at the mixture is no better at q and q' than theirs",
        {
            **finite_sums.linear(),
            "mixture": (
                [unit(ALPHA), at_mixture == ALPHA * a + (1 - ALPHA) * b, at_q <= a, at_other <= b],
                at_mixture >= ALPHA * at_q + (1 - ALPHA) * at_other,
            ),
        },
    )


def _subgradient_is_not_unique(check: Check) -> None:
    p = reals("p")[0]
    other = KINKED[1], KINKED[0]
    residual = Q * (1 - Q) + minimum(Q, 1 - Q)
    inside = [0 <= Q, Q <= 1]
    small = reals("e")[0]
    obligations: dict[str, tuple[list[z3.BoolRef], z3.BoolRef]] = {
        "the loss is strictly proper": (
            [*inside, 0 <= p, p <= 1, p != Q],
            expected(kinked_loss(p), Q) > expected(kinked_loss(Q), Q),
        ),
        "its minimum is q (1 - q) + min(q, 1 - q)": (
            inside,
            expected(kinked_loss(Q), Q) == residual,
        ),
        "the loss at p = q = 1/2": (
            [],
            z3.And(*[x == y for x, y in zip(kinked_loss(HALF), KINKED, strict=True)]),
        ),
    }
    for label, vector in (("l(1/2, .)", KINKED), ("(5/4, 1/4)", other)):
        obligations[f"{label} touches at 1/2"] = ([Q == HALF], expected(vector, Q) == residual)
        obligations[f"{label} is a supergradient there"] = (
            inside,
            expected(vector, Q) >= residual,
        )
    check.refute(
        "Proposition 2: a unique minimiser at q makes l^u(p^u(q), .) the only subgradient there",
        "a strictly proper loss (u = 1{a = y}, two classes) with two of them at q = 1/2",
        {},
        obligations,
        shown={"loss": "(p - y)^2 + [the likelier class is not y]", "q": F(1, 2),
               "subgradients (y = 1, y = 0)": ((F(1, 4), F(5, 4)), (F(5, 4), F(1, 4)))},
        role="step",
    )  # fmt: skip
    right = (HALF - small) * (HALF + small) + HALF - small - z3.RealVal("3/4")
    check.refute(
        "Proposition 2: hence the residual loss is differentiable at q",
        "the quotients of F(1/2 +- e) with step e, F = q (1 - q) + min(q, 1 - q), are at most -1 "
        "on the right and at least 1 on the left",
        {},
        {
            "right": ([0 < small, small < HALF], right / small <= -1),
            "left": ([0 < small, small < HALF], -right / small >= 1),
        },
        shown={"q": F(1, 2)},
        role="step",
    )


def _misprinted_converse(check: Check) -> None:
    """U q = (2, 2) and U q' = (1, 1)."""
    gamma = reals("gamma")[0]
    check.refute(
        "Lemma 1: (U q)_y = gamma (U q')_y' and (U q')_y != gamma (U q')_y' imply that the "
        "predictions differ",
        "U q = 2 U q' gives equal predictions, and y = y' = 1, gamma = 2 meet both conditions",
        {gamma: F(2)},
        {
            "both conditions": (
                [V == 2, W == 1],
                z3.And(V == gamma * W, W != gamma * W),
            ),
            "equal predictions": ([T == 4, R == 2, V == 2, W == 1], V / T == W / R),
        },
        shown={"U": ((2, 1), (2, 1)), "q": (1, 0), "q'": (0, 1)},
        role="step",
    )


def _continuous_losses(check: Check) -> None:
    """Along q + t d: D(t) = <l^u(p^u(q + t d), .), d>, and g any subgradient times d."""
    here, at_t, base_t, at_zero, t, g = reals("F0 D_t A_t D_0 t g")
    later, earlier, eps = reals("D_later D_earlier eps")
    check.prove_all(
        "Proposition 2: l^u(p^u(q), .), a subgradient as it is never below the minimum, is the "
        "only one along directions into the simplex on both sides, if l^u is continuous in p at "
        "p^u(q)",
        "F(q + t d) = A(t) + t D(t) with A(t) >= F(q), as p^u(q + t d) is no better at q than "
        "p^u(q); so D(t) <= g for t > 0 and g <= D(t) for t < 0, and D(t) -> D(0)",
        {
            "t > 0": ([t > 0, base_t >= here, base_t + t * at_t <= here + t * g], at_t <= g),
            "t < 0": ([t < 0, base_t >= here, base_t + t * at_t <= here + t * g], at_t >= g),
            "limit": (
                [later <= g, g <= earlier, eps > 0, later >= at_zero - eps,
                 earlier <= at_zero + eps],
                z3.And(at_zero - eps <= g, g <= at_zero + eps),
            ),
        },
    )  # fmt: skip
