"""Facts about sums of any number of terms, as the bases and steps of inductions on that number.

In each step the partial sums up to some term are variables that satisfy the fact, and the next
term is appended; the base is the empty sum.  `check.prove_all` proves the obligations, which
makes the fact available for every number n of actions and m of classes.
"""

from __future__ import annotations

import z3

from proofs_check.kernel import Obligation
from proofs_check.smt import maximum, reals


def exchanged() -> dict[str, Obligation]:
    """sum_y q_y (sum_a l_a u_ay) = sum_a l_a (sum_y u_ay q_y), for any n and m.

    Outer induction on the actions; for the appended action a, L stands for sum_y q_y (l_a u_ay),
    R for sum_y u_ay q_y.  That its terms are added one class at a time is the last step:
    sum_y q_y (s_y + t_y) = sum_y q_y s_y + sum_y q_y t_y.
    """
    left, right, pulled, inner, loss, u, q = reals("left right pulled inner l u q")
    joint, first, second, s, t = reals("joint first second s t")
    return {
        "a factor leaves a sum over classes: base": (
            [pulled == 0, inner == 0],
            pulled == loss * inner,
        ),
        "a factor leaves a sum over classes: step": (
            [pulled == loss * inner],
            pulled + q * (loss * u) == loss * (inner + u * q),
        ),
        "sums over classes add: base": (
            [joint == 0, first == 0, second == 0],
            joint == first + second,
        ),
        "sums over classes add: step": (
            [joint == first + second],
            joint + q * (s + t) == (first + q * s) + (second + q * t),
        ),
        "actions: base": ([left == 0, right == 0], left == right),
        "actions: step": (
            [left == right, pulled == loss * inner],
            left + pulled == right + loss * inner,
        ),
    }


def scaled() -> dict[str, Obligation]:
    """sum_i c t_i = c sum_i t_i."""
    before, after, c, t = reals("before after c t")
    return {
        "factor: base": ([before == 0, after == 0], after == c * before),
        "factor: step": ([after == c * before], after + c * t == c * (before + t)),
    }


def linear() -> dict[str, Obligation]:
    """sum_i u_i (b q_i + c r_i) = b sum_i u_i q_i + c sum_i u_i r_i."""
    mixed, first, second, b, c, u, q, r = reals("mixed first second b c u q r")
    return {
        "mixture: base": ([mixed == 0, first == 0, second == 0], mixed == b * first + c * second),
        "mixture: step": (
            [mixed == b * first + c * second],
            mixed + u * (b * q + c * r) == b * (first + u * q) + c * (second + u * r),
        ),
    }


def positive_if_some_is() -> dict[str, Obligation]:
    """A sum of nonnegative terms is nonnegative, and positive iff the largest of them is."""
    total, largest, t = reals("total largest t")
    return {
        "positive: base": (
            [total == 0, largest == 0],
            z3.And(total >= 0, (total > 0) == (largest > 0)),
        ),
        "positive: step": (
            [total >= 0, (total > 0) == (largest > 0), t >= 0],
            z3.And(total + t >= 0, (total + t > 0) == (maximum(largest, t) > 0)),
        ),
    }


def ordered() -> dict[str, Obligation]:
    """If s_i <= t_i for every i, then sum_i w_i s_i <= sum_i w_i t_i for nonnegative w."""
    low, high, w, s, t = reals("low high w s t")
    return {
        "order: base": ([low == 0, high == 0], low <= high),
        "order: step": ([low <= high, w >= 0, s <= t], low + w * s <= high + w * t),
    }
