"""Misaligned by Design, Section 2.7: residual learning loss and its gradient.

The loss is arbitrary but for properness: its values are variables.  Sums over actions and
classes of any number are proved equal by induction (`proofs_check.losses`).
"""

from __future__ import annotations

from fractions import Fraction as F
from itertools import product
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check, Role
from proofs_check.kernel import Obligation
from proofs_check.losses import exchange, homogeneity, linearity
from proofs_check.smt import reals
from theory.arrays import as_array
from theory.incentives import (
    directional_derivative,
    residual_gradient,
    residual_learning_loss,
    residual_learning_loss_by_definition,
)
from theory.scoring_families import KINKED, LOGARITHMIC

HALF = z3.Q(1, 2)
STEP, D, G, Q, X = reals("t d g q x")


def kinked_expected(p: Any, q: Any) -> Any:
    """Brier plus zero-one loss of two classes, expected; ties are called class 1."""
    brier = q * 2 * (1 - p) * (1 - p) + (1 - q) * 2 * p * p
    return brier + z3.If(p >= HALF, 1 - q, q)


def supergradient(check: Check) -> None:
    """Record L(q) = H(U q), its supergradient, and concavity, for every proper loss."""
    residual, total = reals("residual total")
    check.prove_all(
        "L(q) = sum_a l_a (U q)_a = |U q| H(p^u(q)), any numbers of actions and classes",
        "exchange of the sums, then U q = |U q| p^u(q)",
        {
            **exchange(),
            **homogeneity(),
        },
    )
    other, expected, least, along = reals("other expected least along")
    check.prove_all(
        "L(q') <= L(q) + <l^u(p^u(q), .), q' - q> for all q, q'",
        "properness alone: p^u(q) is not a better prediction at q' than p^u(q'); the right side "
        "is |U q'| times its expected loss, by exchange and linearity",
        {
            **exchange(),
            **homogeneity(),
            **linearity(),
            "properness": (
                [total > 0, least <= expected, other == total * least,
                 residual + along == total * expected],
                other <= residual + along,
            ),
        },
    )  # fmt: skip
    first, second, mixed, at_first, at_second, at_mixed, u, v, ell = reals(
        "first second mixed at_first at_second at_mixed u v ell"
    )
    added = at_mixed == (1 - STEP) * at_first + STEP * at_second
    inside = [0 < STEP, STEP < 1, u >= 0, v >= 0]
    mixture = (1 - STEP) * u + STEP * v
    check.prove_all(
        "L is concave, at the edges and with infinite losses too",
        "the prediction p that is best at the mixture (1 - t) q + t q' costs sum_a l_a (U q)_a at "
        "q; an infinite l_a has (U mixture)_a = 0 where L(mixture) is finite, so it costs nothing "
        "at q and q' either",
        {
            **exchange(),
            "an action without utility at the mixture has none at the ends": (
                [*inside, mixture == 0],
                z3.And(u == 0, v == 0),
            ),
            "no action": ([at_mixed == 0, at_first == 0, at_second == 0], added),
            "one more action, of finite loss": (
                [*inside, added],
                at_mixed + ell * mixture
                == (1 - STEP) * (at_first + ell * u) + STEP * (at_second + ell * v),
            ),
            "the best predictions at both ends": (
                [0 <= STEP, STEP <= 1, added, mixed == at_mixed, first <= at_first,
                 second <= at_second],
                (1 - STEP) * first + STEP * second <= mixed,
            ),
        },
    )  # fmt: skip


def differentiable(check: Check) -> None:
    """Record that L has the gradient (13) where the entropy is differentiable at U q."""
    above, below, slope, along = reals("above below slope along")
    check.prove_all(
        "where H has a derivative along h, every supergradient g has <g, h> equal to it",
        "difference quotients are at most <g, h> ahead and at least <g, h> behind; their limit "
        "`slope` is within any eps > 0 of both",
        {
            "not above": (
                [above <= along, slope <= above + STEP, slope > along],
                slope - along <= STEP,
            ),
            "not below": (
                [below >= along, slope >= below - STEP, slope < along],
                along - slope <= STEP,
            ),
        },
    )
    error, size, moved, norm, least = reals("error size moved norm least")
    check.prove_all(
        "H(v + h) = H(v) + <l, h> + o(|h|) makes L(q + d) = L(q) + <U' l, d> + o(|d|)",
        "h = U d is at most |U| |d| long; <l, U d> = <U' l, d> by exchange",
        {
            **exchange(),
            "error": (
                [error <= least * moved, moved <= norm * size, least > 0, size > 0, norm > 0],
                error / size <= least * norm,
            ),
        },
    )


def kink() -> dict[str, Obligation]:
    """Brier plus zero-one is strictly proper, and its L has a kink at G = 1/2 if U = identity."""
    p = reals("p")[0]

    def residual(q: Any) -> Any:
        return kinked_expected(q, q)

    return {
        "strictly proper": (
            [0 <= p, p <= 1, 0 <= Q, Q <= 1, p != Q],
            kinked_expected(p, Q) > kinked_expected(Q, Q),
        ),
        "to the right": (
            [G == HALF, 0 < STEP, STEP <= HALF],
            residual(G + STEP) - residual(G) <= -STEP,
        ),
        "to the left": (
            [G == HALF, 0 < STEP, STEP <= HALF],
            residual(G) - residual(G - STEP) >= STEP,
        ),
    }


def uniqueness() -> dict[str, Obligation]:
    """At G = 1/2 that loss has one best prediction, and both -1 and 1 as supergradients."""
    return {
        "unique minimiser": (
            [G == HALF, 0 <= X, X <= 1, X != G],
            kinked_expected(X, G) > kinked_expected(G, G),
        ),
        "supergradients": (
            [G == HALF, 0 <= Q, Q <= 1],
            z3.And(
                kinked_expected(Q, Q) <= kinked_expected(G, G) - (Q - G),
                kinked_expected(Q, Q) <= kinked_expected(G, G) + (Q - G),
            ),
        ),
    }


def no_gradient(check: Check) -> None:
    """Refute differentiability for every strictly proper loss, and the printed step to it."""
    check.refute(
        "L is differentiable for every strictly proper loss",
        "Brier plus zero-one is strictly proper, and at q = (1/2, 1/2) its L has the slope -1 to "
        "the right and 1 to the left; U is the identity",
        {G: F(1, 2)},
        kink(),
        shown={"loss": "Brier plus zero-one", "U": "identity", "q": "(1/2, 1/2)"},
    )
    check.refute(
        "a unique minimiser p^u(q) leaves a unique supergradient",
        "both -1 and 1 are supergradients along (1, -1) at one half, where the minimiser is unique",
        {G: F(1, 2)},
        uniqueness(),
        shown={"loss": "Brier plus zero-one", "U": "identity", "supergradients": (-1, 1)},
        role="step",
    )


def possible_kinks(check: Check) -> None:
    """Record that a kink of the entropy can become one of L, and that U can remove it."""
    check.prove_all(
        "a strictly proper loss whose entropy has a kink can give an L with that kink, where the "
        "minimiser is unique and the supergradient is not",
        "Brier plus zero-one, U = identity, q = (1/2, 1/2): slope -1 to the right, 1 to the left",
        {**kink(), **uniqueness()},
    )
    first, second = reals("first second")
    check.prove_all(
        "it need not: with U = ((2, 2), (1, 1)) the same loss gives a constant L = 7/3",
        "U q = (2, 1) at every q",
        {
            "U q": (
                [Q >= 0, Q <= 1, first == 2 * Q + 2 * (1 - Q), second == Q + (1 - Q)],
                z3.And(first == 2, second == 1),
            ),
            "L": (
                [X == z3.Q(2, 3)],
                3 * kinked_expected(X, X) == z3.Q(7, 3),
            ),
        },
    )


def infinite_at_an_edge(check: Check) -> None:
    """Literal reading: at q_y = 0 the logarithm's L can rise faster than any bound."""
    surprise, rest, bound = reals("surprise rest bound")
    check.refute(
        "L has a finite slope at the edge of the simplex",
        "L(t) = t (-log t) + (1-t) (-log(1-t)) with both terms >= 0, L(0) = 0, -log t -> inf",
        {},
        {
            "L(t)/t above every bound": (
                [0 < STEP, STEP < 1, surprise > bound, rest >= 0],
                (STEP * surprise + rest) / STEP > bound,
            )
        },
        shown={"loss": "logarithmic", "q": "(0, 1)", "U": "identity"},
        role="reading",
    )


def slopes_at_the_edge(check: Check) -> None:
    """Record the logarithm's slope at q_y = 0 towards e_y, infinite or finite, as (13) says."""
    quotient, ahead, behind, there, here, cost, surprise, bound, others, u = reals(
        "quotient ahead behind there here cost surprise bound others u"
    )
    total, low, eps = reals("total low eps")
    check.prove_all(
        "logarithmic, at q_y = 0 towards e_y: the slope is infinite iff some action a with "
        "u(a, y) > 0 has (U q)_a = 0, and else (13) less L(q): as (13) says, any U",
        "q_t = q + t (e_y - q): the difference quotient lies between <g_t, e_y - q> and "
        "<g_0, e_y - q>, where g_t is (13) at q_t; <g_t, q> is finite, as actions with "
        "(U q)_a = 0 cost nothing in it, and tends to L(q)",
        {
            **exchange(),
            "not below the supergradient at q_t": (
                [STEP > 0, here <= there - STEP * ahead, quotient == (there - here) / STEP],
                quotient >= ahead,
            ),
            "not above that at q, where finite": (
                [STEP > 0, there <= here + STEP * behind, quotient == (there - here) / STEP],
                quotient <= behind,
            ),
            "finite: the quotient tends to the slope of (13), as (13) is continuous there": (
                [quotient >= ahead, quotient <= behind, eps > 0, ahead >= behind - eps],
                z3.And(quotient - behind <= eps, behind - quotient <= eps),
            ),
            "infinite: p_a = t u(a, y)/|U q_t| falls below every eps": (
                [STEP > 0, u > 0, low > 0, total >= low, eps > 0, STEP * u < eps * low],
                STEP * u / total < eps,
            ),
            "infinite: so its surprise, and the quotient, exceed every bound": (
                [u > 0, others >= 0, u * surprise > bound + cost,
                 ahead == u * surprise + others - cost, quotient >= ahead],
                quotient > bound,
            ),
        },
    )  # fmt: skip
    t = sp.Symbol("t", positive=True)
    utility = as_array([[sp.Integer(2), sp.Integer(1)], [sp.Integer(1), sp.Integer(2)]])
    along = residual_learning_loss_by_definition(LOGARITHMIC, utility, as_array([1 - t, t]))
    printed = residual_gradient(LOGARITHMIC, utility, as_array([sp.Integer(1), sp.Integer(0)]))
    check.derive(
        "for example U = ((2, 1), (1, 2)) at q = (1, 0): the slope towards class 2 is log 2, "
        "the difference of the entries of (13)",
        {
            "slope of L": sp.expand_log(sp.diff(along, t).subs(t, 0), force=True) - sp.log(2),
            "(13)": sp.expand_log(printed[1] - printed[0], force=True) - sp.log(2),
        },
    )


def extensions(check: Check, role: Role) -> None:
    """Ambient partial derivatives of two extensions of L beyond the simplex."""
    x, r, rest = sp.symbols("x r C", positive=True)
    shannon = -x * sp.log(x) - rest
    homogeneous = -x * sp.log(x) + (x + r) * sp.log(x + r) - rest
    on_simplex = {r: 1 - x}
    if role == "reading":
        check.derive(
            "(13) is the partial derivative of -sum q log q, which is L on the simplex",
            {"difference": sp.diff(shannon, x) + sp.log(x)},
            role=role,
        )
        return
    first, second = sp.symbols("x_1 x_2", positive=True)
    check.derive(
        "(13) is the partial derivative of the one-homogeneous extension; those of -sum q log q "
        "are less by 1 for every y, tangent derivatives the same",
        {
            "both are L on the simplex": (shannon - homogeneous).subs(on_simplex),
            "homogeneous": (sp.diff(homogeneous, x) + sp.log(x)).subs(on_simplex),
            "less by 1 for every y": sp.diff(shannon, x) - (-sp.log(x) - 1),
            "tangent": (sp.log(first) - sp.log(second))
            - ((sp.log(first) + 1) - (sp.log(second) + 1)),
        },
    )


def wrong_gradient(check: Check) -> None:
    """Control: the supergradient inequality for a prediction scored by an improper loss."""
    first, second = reals("first second")
    check.prove(
        "L(q') <= L(q) + <l^u(p^u(q), .), q' - q> for linear loss",
        [0 <= first, first <= 1, 0 <= second, second <= 1],
        2 * second * (1 - second)
        <= 2 * first * (1 - first) + (second - first) * ((1 - first) - first),
        role="control",
    )


def shipped_matches(check: Check) -> None:
    """The shipped functions say so: two routes to L, and the kink, on exact grids."""
    utility = as_array([[F(2), F(1), F(0)], [F(1, 2), F(0), F(3)]])
    grid = [as_array([F(i, 6), F(j, 6), F(6 - i - j, 6)]) for i in range(7) for j in range(7 - i)]

    def holds(pair: tuple[Any, Any]) -> bool:
        q, other = pair
        value = residual_learning_loss(KINKED, utility, q)
        along = directional_derivative(KINKED, utility, q, other - q)
        return bool(
            value == residual_learning_loss_by_definition(KINKED, utility, q)
            and residual_learning_loss(KINKED, utility, other) <= value + along
        )

    check.exhaust(
        "shipped: both routes agree and the shipped vector is a supergradient",
        "all pairs of posteriors of three classes with denominator 6, two actions, kinked loss",
        product(grid, grid),
        holds,
        role="confirmation",
    )


def test_md_prop2(check: Check) -> None:
    supergradient(check)
    no_gradient(check)
    infinite_at_an_edge(check)
    extensions(check, "reading")
    wrong_gradient(check)


def test_md_prop2_corrected(check: Check) -> None:
    supergradient(check)
    differentiable(check)
    extensions(check, "conclusion")
    slopes_at_the_edge(check)
    possible_kinks(check)
    shipped_matches(check)
    wrong_gradient(check)
