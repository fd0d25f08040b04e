"""What checks about losses share: sums of any length, logarithms, losses that fail.

Obligations for `Check.prove_all`.  A sum over m classes is a variable; an induction on m proves
an identity between sums, with one more class in the step.  Where a loss is general, its values
are variables, constrained by properness alone.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from math import lcm
from typing import Any

import sympy as sp
import z3

from proofs_check.check import Check, Role
from proofs_check.kernel import Obligation
from proofs_check.smt import maximum, reals
from theory.arrays import as_array
from theory.log_bounds import Terms
from theory.scoring import Loss, Witness, expected_loss
from theory.scoring_families import ABSOLUTE, LINEAR, ZERO_ONE


def linearity() -> dict[str, Obligation]:
    """sum_y (c_y + l u_y) q_y = sum_y c_y q_y + l sum_y u_y q_y, for any number of classes y."""
    total, kept, added, c, u, q, ell = reals("total kept added c u q ell")
    claim = total == kept + ell * added
    return {
        "linearity, no class": ([total == 0, kept == 0, added == 0], claim),
        "linearity, one more class": (
            [claim],
            total + (c + ell * u) * q == (kept + c * q) + ell * (added + u * q),
        ),
    }


def exchange() -> dict[str, Obligation]:
    """sum_y l^u(y) q_y = sum_a l_a (U q)_a, for any numbers of classes y and actions a.

    One more action with loss l and utilities u_y adds l u_y to l^u(y), for every y.
    """
    by_class, by_action, ell, utility = reals("by_class by_action ell utility")
    return {
        **linearity(),
        "exchange, no action": ([by_class == 0, by_action == 0], by_class == by_action),
        "exchange, one more action": (
            [by_class == by_action],
            by_class + ell * utility == by_action + ell * utility,
        ),
    }


def homogeneity() -> dict[str, Obligation]:
    """sum_a l_a v_a = T sum_a l_a p_a where v_a = T p_a, for any number of actions."""
    raw, normal, scale, ell, v, p = reals("raw normal scale ell v p")
    return {
        "scaling, no action": ([raw == 0, normal == 0], raw == scale * normal),
        "scaling, one more action": (
            [raw == scale * normal, v == scale * p],
            raw + ell * v == scale * (normal + ell * p),
        ),
    }


def positive_sum(given: list[z3.BoolRef], term: Any, differ: Any) -> dict[str, Obligation]:
    """A sum of `term`s is at least 0, and above 0 if some `differ` does.

    One class has the hypotheses `given`, the nonnegative square `differ`, and the term.
    """
    total, square = reals("total square")
    claim = z3.And(total >= 0, square >= 0, z3.Implies(square > 0, total > 0))
    moved = total + term
    return {
        "sign, no class": ([total == 0, square == 0], claim),
        "sign, one more class": (
            [*given, claim],
            z3.And(moved >= 0, square + differ >= 0, z3.Implies(square + differ > 0, moved > 0)),
        ),
    }


def tangent_of_logarithm(check: Check, role: Role = "step") -> None:
    """Record log x <= x - 1, with equality at 1 alone, from the derivative of the difference."""
    at = sp.Symbol("x", positive=True)
    gap = at - 1 - sp.log(at)
    check.derive(
        "x - 1 - log x is 0 at 1 and has the derivative (x - 1)/x",
        {"at 1": gap.subs(at, 1), "derivative": sp.diff(gap, at) - (at - 1) / at},
        role=role,
    )
    x = reals("x")[0]
    check.prove(
        "(x - 1)/x falls below 0 before 1 and is above 0 after it, so log x <= x - 1",
        [x > 0],
        z3.And(z3.Implies(x < 1, (x - 1) / x < 0), z3.Implies(x > 1, (x - 1) / x > 0)),
        role=role,
    )


def tangent(log_ratio: Any, over: Any, under: Any) -> z3.BoolRef:
    """What log(over / under) = log_ratio satisfies, for positive over and under: log x <= x - 1.

    Written without a division: under * log_ratio <= over - under.
    """
    return z3.And(
        under * log_ratio <= over - under,
        z3.Implies(over != under, under * log_ratio < over - under),
    )


def honesty_is_best(loss: Loss, witness: Witness, strictly: bool) -> bool:
    """Whether honesty costs less (`strictly`), or no more, than the witness's other prediction."""
    q, p = as_array(witness.posterior), as_array(witness.prediction)
    honest, other = expected_loss(loss, q, q), expected_loss(loss, p, q)
    return bool(honest < other if strictly else honest <= other)


UNFIT = ((ZERO_ONE, True), (LINEAR, False), (ABSOLUTE, False))  # honesty is not the one best


def improper_losses(check: Check) -> None:
    """Controls: that losses are proper, or strictly so, which are not."""
    for loss, strictly in UNFIT:
        assert isinstance(loss.evidence, Witness)
        check.certify(
            f"{loss.name} loss is {'strictly ' * strictly}proper",
            partial(honesty_is_best, loss, loss.evidence, strictly),
            {"q": loss.evidence.posterior, "p": loss.evidence.prediction},
            role="control",
        )


def not_strictly_proper(check: Check) -> None:
    """Record, for every number of classes, which losses are improper or proper but not strictly."""
    for loss, strictly in UNFIT:
        witness = loss.evidence
        assert isinstance(witness, Witness)
        fails = partial(dishonesty_pays, loss, witness, strictly)
        check.certify(
            f"{loss.name} loss is {'not strictly proper' if strictly else 'improper'}: at q the "
            f"prediction p costs {'no more than' if strictly else 'less than'} honesty",
            fails,
            {"q": witness.posterior, "p": witness.prediction},
        )
        check.exhaust(
            f"{loss.name} loss: so it does with further classes",
            "up to four classes more, of probability 0 under both",
            range(5),
            fails,
            role="confirmation",
        )
    expected, q, p, cost, largest, total = reals("expected q p cost largest total")
    absent = [q == 0, p == 0]
    check.prove_all(
        "their witnesses serve for every number of classes",
        "a class of probability 0 under both changes neither the losses in the other classes nor "
        "what is expected; one class after the other",
        {
            "expected loss": (absent, expected + q * cost == expected),
            "absolute: the loss gains |p| = 0": (
                absent,
                total + z3.If(p >= 0, p, -p) == total,
            ),
            "zero-one: the likeliest stay likeliest": (
                [*absent, largest > 0],
                maximum(largest, p) == largest,
            ),
        },
    )
    chosen, likeliest = reals("chosen likeliest")
    check.prove(
        "zero-one loss is proper: a prediction costs 1 - q_k for some class k, honesty 1 - max q",
        [chosen <= likeliest],
        1 - chosen >= 1 - likeliest,
    )


def dishonesty_pays(loss: Loss, witness: Witness, strictly: bool, more: int = 0) -> bool:
    """Whether honesty is not best at the witness, with `more` classes of probability 0."""
    zeros = (Fraction(0),) * more
    longer = Witness((*witness.posterior, *zeros), (*witness.prediction, *zeros))
    return not honesty_is_best(loss, longer, strictly)


def sign_by_powers(terms: Terms) -> int:
    """The sign of  sum c log x  by comparing two products of integer powers."""
    common = lcm(*(c.denominator for c, _ in terms))
    above = below = 1
    for c, x in terms:
        exponent = int(c * common)
        up, down = (x.numerator, x.denominator)[:: 1 if exponent >= 0 else -1]
        above, below = above * up ** abs(exponent), below * down ** abs(exponent)
    return (above > below) - (above < below)
