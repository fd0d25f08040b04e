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
    residual_learning_loss,
    residual_learning_loss_by_definition,
)
from theory.scoring_families import KINKED

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
    first, second, mixed = reals("first second mixed")
    check.prove_all(
        "L is concave",
        "supergradients at the mixture (1 - t) q + t q'; <g, q - mixture> and <g, q' - mixture> "
        "are -t D and (1 - t) D with D = <g, q' - q>",
        {
            "both ends": (
                [0 <= STEP, STEP <= 1, first <= mixed - STEP * D, second <= mixed + (1 - STEP) * D],
                (1 - STEP) * first + STEP * second <= mixed,
            )
        },
    )


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


def kink_is_a_counterexample(check: Check, role: Role) -> None:
    """Refute differentiability for every strictly proper loss, at one half."""
    p = reals("p")[0]

    def residual(q: Any) -> Any:
        return kinked_expected(q, q)

    check.refute(
        "L is differentiable for every strictly proper loss",
        "Brier plus zero-one is strictly proper, and at q = (1/2, 1/2) its L has the slope -1 to "
        "the right and 1 to the left; U is the identity",
        {G: F(1, 2)},
        {
            "strictly proper": (
                [0 <= p, p <= 1, 0 <= Q, Q <= 1, p != Q],
                kinked_expected(p, Q) > kinked_expected(Q, Q),
            ),
            "to the right": (
                [0 < STEP, STEP <= HALF],
                residual(G + STEP) - residual(G) <= -STEP,
            ),
            "to the left": ([0 < STEP, STEP <= HALF], residual(G) - residual(G - STEP) >= STEP),
        },
        shown={"loss": "Brier plus zero-one", "U": "identity", "q": "(1/2, 1/2)"},
        role=role,
    )


def two_supergradients(check: Check) -> None:
    """Refute the printed step from a unique minimiser to a unique supergradient."""
    check.refute(
        "a unique minimiser p^u(q) leaves a unique supergradient",
        "both -1 and 1 are supergradients along (1, -1) at one half, where the minimiser is unique",
        {G: F(1, 2)},
        {
            "unique minimiser": (
                [0 <= X, X <= 1, X != G],
                kinked_expected(X, G) > kinked_expected(G, G),
            ),
            "supergradients": (
                [0 <= Q, Q <= 1],
                z3.And(
                    kinked_expected(Q, Q) <= kinked_expected(G, G) - (Q - G),
                    kinked_expected(Q, Q) <= kinked_expected(G, G) + (Q - G),
                ),
            ),
        },
        shown={"loss": "Brier plus zero-one", "U": "identity", "supergradients": (-1, 1)},
        role="step",
    )


def infinite_at_the_edge(check: Check, role: Role) -> None:
    """At q_y = 0 the logarithm's L rises faster than any bound: L(t)/t >= -log t."""
    surprise, rest, bound = reals("surprise rest bound")
    name = "L has a finite slope at the edge of the simplex"
    steep: dict[str, Obligation] = {
        "L(t)/t above every bound": (
            [0 < STEP, STEP < 1, surprise > bound, rest >= 0],
            (STEP * surprise + rest) / STEP > bound,
        )
    }
    if role == "reading":
        how = "L(t) = t (-log t) + (1-t) (-log(1-t)) with both terms >= 0, L(0) = 0, -log t -> inf"
        check.refute(name, how, {}, steep, shown={"loss": "logarithmic", "q": "(0, 1)"}, role=role)
    else:
        check.prove_all(
            "logarithmic: where class y gains, the slope at q_y = 0 is infinite, as (13) says",
            "L(t)/t >= -log t",
            steep,
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
        "(13) is the partial derivative of the one-homogeneous extension; tangent derivatives "
        "are the same for -sum q log q",
        {
            "both are L on the simplex": (shannon - homogeneous).subs(on_simplex),
            "homogeneous": (sp.diff(homogeneous, x) + sp.log(x)).subs(on_simplex),
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
    kink_is_a_counterexample(check, "conclusion")
    two_supergradients(check)
    infinite_at_the_edge(check, "reading")
    extensions(check, "reading")
    wrong_gradient(check)


def test_md_prop2_corrected(check: Check) -> None:
    supergradient(check)
    differentiable(check)
    extensions(check, "conclusion")
    infinite_at_the_edge(check, "conclusion")
    shipped_matches(check)
    wrong_gradient(check)
