"""Two classes: when a cost matrix amounts to a threshold on the probability of the positive class.

With costs c(a, y), class 1 positive and q its probability, the extra risk of the positive action is

    risk(1) - risk(0) = A (1 - q) - B q,   A = c(1,0) - c(0,0),   B = c(0,1) - c(1,1),

A what a false positive costs more than a true negative, B what a false negative costs more than a
true positive.  If A + B > 0, acting positively is optimal iff q >= A / (A + B), Elkan's threshold,
which lies in [0, 1] iff A and B are both nonnegative.  If A + B < 0 the inequality turns round, and
if A + B = 0 the best action is the same for every q, or both are best for every q.

Source: Misaligned by Design, Appendix A.1, after Elkan (2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from theory.arrays import as_array, as_fractions, is_exact, namespace
from theory.command_line import require

Side = Literal["at least", "at most", "always", "never", "indifferent"]


@dataclass(frozen=True)
class BinaryRule:
    """For which q the positive action has the lowest risk: q `side` `threshold`.

    `threshold` is None if the answer does not depend on q ("always", "never", "indifferent");
    otherwise both actions have the same risk there, and it may lie outside [0, 1].
    """

    side: Side
    threshold: Any | None

    def is_positive_best(self, q: Any) -> bool:
        """Whether the positive action is a best one at `q` in [0, 1]."""
        if self.side == "at least":
            return bool(q >= self.threshold)
        if self.side == "at most":
            return bool(q <= self.threshold)
        return self.side != "never"


def indifference_probability(cost: Any) -> Any:
    """The q at which both actions have the same risk, A / (A + B).

    `cost` has shape (2, 2), ``cost[a, y]``.  Raises `InputError` for another shape, and if A + B
    is zero: the risks then differ by a constant.

    >>> from fractions import Fraction
    >>> indifference_probability([[0, Fraction(99)], [1, 0]])
    Fraction(1, 100)
    """
    false_positive, total = _slopes(cost)
    wanted = "not be zero: no probability makes the actions equally good, or all do"
    require(not bool(total == 0), "A + B", total, wanted)
    return false_positive / total


def binary_rule(cost: Any) -> BinaryRule:
    """The posteriors at which the positive action is best, for any cost matrix (2, 2).

    Floats count as the numbers that they are: 0.3 and 0.1 + 0.2 are not equal, and a difference of
    A + B from zero by rounding alone makes a threshold far outside [0, 1].  Raises `InputError` for
    another shape, and for floats that are not finite.

    >>> from fractions import Fraction
    >>> binary_rule([[Fraction(1), 0], [0, 1]])
    BinaryRule(side='at most', threshold=Fraction(1, 2))
    >>> binary_rule([[0, 0], [1, 1]])
    BinaryRule(side='never', threshold=None)
    """
    cost = as_array(cost)
    finite = is_exact(cost) or bool(namespace(cost).isfinite(cost).all())
    require(finite, "cost", cost.tolist(), "be finite")
    false_positive, total = _slopes(cost)
    if total == 0:
        constant: Side = "never" if false_positive > 0 else "always"
        return BinaryRule("indifferent" if false_positive == 0 else constant, None)
    return BinaryRule("at least" if total > 0 else "at most", indifference_probability(cost))


def _slopes(cost: Any) -> tuple[Any, Any]:
    """A and A + B."""
    cost = as_array(cost)
    shape = tuple(cost.shape)
    require(shape == (2, 2), "shape of cost", shape, "be (2, 2)")
    if is_exact(cost):
        cost = as_fractions(cost)
    false_positive = cost[1, 0] - cost[0, 0]
    false_negative = cost[0, 1] - cost[1, 1]
    return false_positive, false_positive + false_negative
