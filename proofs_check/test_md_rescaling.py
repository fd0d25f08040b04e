"""Misaligned by Design, Section 2.8: a common factor on all weights.

It changes the size of losses and slopes, not their shape; gradient descent undoes it by the
learning rate, other optimisers do not, or need not.
"""

from __future__ import annotations

from typing import Any

import z3

from proofs_check.check import Check, Role
from proofs_check.kernel import Obligation
from proofs_check.losses import linearity
from proofs_check.smt import maximum, reals

HALF = z3.Q(1, 2)
D, Q, X, R, W, V = reals("d q x r w v")


def scaled(check: Check) -> None:
    """Record what a factor k on all weights does to prediction, residual loss and slopes."""
    k, total, own = reals("k total own")
    check.prove_all(
        "weights k w have the prediction of w, and k times its losses, residual loss and slopes",
        "every sum over actions has the factor k; any numbers of actions and classes",
        {
            **linearity(),
            "prediction": ([k > 0, total > 0], (k * own) / (k * total) == own / total),
            "residual, no action": ([X == 0, R == 0], X == k * R),
            "residual, one more action": ([X == k * R], X + (k * W) * V == k * (R + W * V)),
        },
    )


def gradient_descent(check: Check) -> None:
    """Record that a factor k on the loss and 1/k on the learning rate cancel."""
    k, rate, theta, slope, speed, other = reals("k rate theta slope speed other")
    check.prove_all(
        "stochastic gradient descent with rate eta/k on k times the loss follows the same path, "
        "with momentum too",
        "induction on the steps; the velocity of the scaled run is k times the other",
        {
            "start": ([theta == other, speed == 0], z3.And(theta == other, k * speed == 0)),
            "step": (
                [k > 0, theta == other],
                theta - rate / k * (k * (D * speed + slope)) == other - rate * (D * speed + slope),
            ),
            "velocity": ([k > 0], D * (k * speed) + k * slope == k * (D * speed + slope)),
        },
    )


def shape(check: Check) -> None:
    """Record that no factor makes the residual losses of unequal weights those of equal ones."""
    k, w1, w2 = reals("k w1 w2")
    quarter, three = z3.Q(1, 4), z3.Q(3, 4)

    def information(first: Any, second: Any, q: Any) -> Any:
        return first * second / (q * (1 - q) * (first * q + second * (1 - q)))

    check.prove(
        "no factor k gives unequal weights the shape of equal ones: k L_w = L_u only if w_1 = w_2",
        [
            k > 0, w1 > 0, w2 > 0,
            *(k * information(w1, w2, q) == information(HALF, HALF, q) for q in (quarter, three)),
        ],
        w1 == w2,
    )  # fmt: skip


def larger_weights(check: Check, role: Role) -> None:
    """50 times the weights (99, 1)/100 are (49.5, 0.5), none below (0.5, 0.5)."""
    lower, upper, best, ell = reals("lower upper best ell")
    obligations: dict[str, Obligation] = {
        "weights": (
            [W == z3.Q(99, 100), V == z3.Q(1, 100)],
            z3.And(50 * W >= HALF, 50 * V >= HALF),
        ),
        "no class": ([lower == 0, upper == 0], lower <= upper),
        "one more class": (
            [lower <= upper, X <= W, Q >= 0, ell >= 0],
            lower + X * Q * ell <= upper + W * Q * ell,
        ),
        "the best prediction": ([best <= lower, lower <= upper], best <= upper),
        "information, 50 w_1 w_2 / T against (1/4) / (1/2)": (
            [0 < Q, Q < 1, W == z3.Q(99, 100), V == z3.Q(1, 100)],
            50 * W * V / (W * Q + V * (1 - Q)) > HALF,
        ),
    }
    how = (
        "at the heavier weights' best prediction the lighter cost no more, and their own best "
        "costs no more than that; curvature by its formula"
    )
    if role == "reading":
        check.refute(
            "no factor on the weights lifts the incentive to that of equal weights",
            how,
            {},
            obligations,
            shown={"weights": "(99, 1)/100", "factor": 50},
            role=role,
        )
    else:
        check.prove_all(
            "the factor 50 lifts residual loss and value of information of (99, 1)/100 to at "
            "least those of (1/2, 1/2) at every q",
            how,
            obligations,
        )


def clipped(slope: Any, bound: Any) -> Any:
    """A slope clipped to the size `bound` > 0."""
    return z3.If(slope > bound, bound, z3.If(slope < -bound, -bound, slope))


def other_optimisers(check: Check, role: Role) -> None:
    """Clipping, weight decay, Adam: refuted as a reading, stated as conclusions."""
    k, rate, theta, slope, decay, root, bound = reals("k rate theta slope decay root bound")
    positive = [k > 0, k != 1, rate > 0]
    clipping = rate / k * clipped(k * slope, bound) == rate * clipped(slope, bound)
    decaying = rate / k * (k * slope + decay * theta) == rate * (slope + decay * theta)
    normalised = [root > 0, k > 1, rate > 0]
    adam = rate / k * (k * slope) / (k * root) == rate * slope / root
    if role == "reading":
        names = "gradient clipping", "weight decay", "Adam without its epsilon"
        cases = (
            ([*positive, bound == 1], clipping),
            ([*positive, decay > 0], decaying),
            (normalised, adam),
        )
        for name, (given, goal) in zip(names, cases, strict=True):
            check.prove(
                f"the rate eta/k offsets the factor k with {name}",
                given,
                goal,
                order=[k, rate, slope],
                role=role,
            )
        return
    size = maximum(slope, -slope)
    check.prove_all(
        "the step at eta/k on k times the loss is another one with clipping iff the larger slope "
        "exceeds the bound, with weight decay iff the parameter is not 0 (k other than 1); Adam: "
        "the same step at the same rate, but for its epsilon",
        "one step from the same point; `slope` stands for a clipped entry or, if the norm is "
        "clipped, for the size along the gradient; roots of second moments scale by k",
        {
            "clipping, k > 1": ([k > 1, rate > 0, bound > 0], clipping == (k * size <= bound)),
            "clipping, k < 1": (
                [0 < k, k < 1, rate > 0, bound > 0],
                clipping == (size <= bound),
            ),
            "weight decay": ([*positive, decay > 0], decaying == (theta == 0)),
            "Adam": (normalised, rate * (k * slope) / (k * root) == rate * slope / root),
            "Adam with epsilon": (
                [*normalised, slope > 0, decay > 0],
                rate * (k * slope) / (k * root + decay) > rate * slope / (root + decay),
            ),
        },
    )


def test_md_rescaling(check: Check) -> None:
    scaled(check)
    gradient_descent(check)
    shape(check)
    larger_weights(check, "reading")
    other_optimisers(check, "reading")
    unscaled_rate(check)


def test_md_rescaling_corrected(check: Check) -> None:
    scaled(check)
    gradient_descent(check)
    shape(check)
    larger_weights(check, "conclusion")
    other_optimisers(check, "conclusion")
    unscaled_rate(check)


def unscaled_rate(check: Check) -> None:
    """Control: the same rate on k times the loss."""
    k, rate, theta, slope = reals("k rate theta slope")
    check.prove(
        "gradient descent with the same rate follows the same path on k times the loss",
        [k > 0, rate > 0],
        theta - rate * (k * slope) == theta - rate * slope,
        role="control",
    )
