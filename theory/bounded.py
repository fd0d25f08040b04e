"""Targeting, trust, hedge and distrust when the AI's knowledge is bounded: closed forms.

Source: *Friend or Foe* (Fudenberg & Liang, arXiv 2509.14396v1), Sections 6.1-6.2, Definitions
8-10, equation (5), Lemmas 3-5, and Appendix E.  The designer knows that P(Y = 1 | X1) lies in
[low, high] for every value of X1 (the paper's tau), with low <= p <= high; [0, 1] is the model
of `theory.points`.  Write u = (p - low)/(high - low) for the largest share that can be told
apart at rate `high` (`trust_share`).

Where low < 1/2 < high, a subgroup's frontier has the extreme points

* trust T, the pair that the covariate Ber(u) yields,
* hedge H, for p in [p1, p2] below 1/2 and in [p2, p3] above: the limit of Ber(q) as q rises to
  (1 - 2p)/(1 - 2 low) (p < 1/2, approached only), or what Ber((2 high - 2p)/(2 high - 1)) yields,
* distrust D, the pair that a constant covariate yields,

with p1 = (high - 2 low^2)/(1 + 2 high - 4 low), p2 = (low + high)/2 and
p3 = (2 high^2 - low)/(4 high - 2 low - 1).  The frontier is T-H-D strictly between p1 and p2, and
strictly between p2 and p3; H-D at p1, where T lies level with H; T-D elsewhere.  Otherwise, if
high <= 1/2 or low >= 1/2, it is D alone.  (The paper prints another p3, and counts high = 1/2 and
low = 1/2 among the cases with a trust point: see `ff_tau_p3`, `ff_lemma4` and `ff_lemma_e3` in
the ledger.)  Of these thresholds the functions use only cross-multiplied forms, so nothing is
divided by zero.

`p`, `q`, `low` and `high` are rationals, floats, arrays or symbolic terms, as in
`theory.delegation`; none is validated, except by `check_bounds` and `parse_bounds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from theory.command_line import parse_number, require
from theory.delegation import default_action
from theory.piecewise import select

UNBOUNDED = (Fraction(0), Fraction(1))

Bounds = tuple[Fraction, Fraction]


def best_targeting(p: Any, q: Any, low: Any, high: Any) -> Any:
    """Payoff of treating a share q, as needy as the bounds allow (Definition 9).

    A fraction `high` of the treated needs it, or less if the others, of whom at least `low` do,
    use up p.

    >>> from fractions import Fraction as F
    >>> best_targeting(F(2, 5), F(1, 5), F(1, 5), F(4, 5))
    Fraction(3, 25)
    >>> best_targeting(F(2, 5), F(1, 2), F(0), F(1))
    Fraction(3, 10)
    """
    fits = p >= q * high + (1 - q) * low
    return select(fits, q * (2 * high - 1), 2 * (p - (1 - q) * low) - q)


def worst_targeting(p: Any, q: Any, low: Any, high: Any) -> Any:
    """Payoff of treating a share q, as little in need as the bounds allow (Definition 10).

    >>> from fractions import Fraction as F
    >>> worst_targeting(F(2, 5), F(1, 5), F(1, 5), F(4, 5))
    Fraction(-3, 25)
    """
    fits = p <= q * low + (1 - q) * high
    return select(fits, q * (2 * low - 1), 2 * (p - (1 - q) * high) - q)


def trust_share(p: Any, low: Any, high: Any) -> Any:
    """Rate of the Bernoulli covariate behind T, in [0, 1]; 0 where low = p = high.

    >>> from fractions import Fraction as F
    >>> trust_share(F(2, 5), F(1, 5), F(4, 5))
    Fraction(1, 3)
    """
    return (p - low) / select(low < high, high - low, 1)


def hedge_share(p: Any, low: Any, high: Any) -> Any:
    """Rate of the Bernoulli covariate behind H; meant for `has_hedge`.

    >>> from fractions import Fraction as F
    >>> hedge_share(F(2, 5), F(0), F(1)), hedge_share(F(3, 5), F(0), F(1))
    (Fraction(1, 5), Fraction(4, 5))
    """
    below = (1 - 2 * p) / select(2 * low < 1, 1 - 2 * low, 1)
    above = (2 * high - 2 * p) / select(2 * high > 1, 2 * high - 1, 1)
    return select(2 * p <= 1, below, above)


def has_discretion(low: Any, high: Any) -> Any:
    """Whether reports on both sides of 1/2 are possible, one of them at 1/2 at most.

    If not, everybody is treated (low >= 1/2) or nobody (high < 1/2), whatever the covariate.
    """
    return (2 * low < 1) & (2 * high >= 1)


def other_share_excess(p: Any, low: Any, high: Any) -> Any:
    """Sign says whether the AI can have the other value of Ber(u), of mass 1 - u, treated.

    For p <= 1/2 it can where the result is at least 0 (from p1 on), for p > 1/2 where it is
    above 0 (below p3).

    >>> from fractions import Fraction as F
    >>> other_share_excess(F(1, 3), F(0), F(1)), other_share_excess(F(1, 2), F(0), F(1))
    (Fraction(0, 1), Fraction(1, 2))
    """
    below = (p - low) * (1 - 2 * low) - (1 - 2 * p) * (high - low)
    above = (high - p) * (2 * high - 1) - (2 * p - 1) * (high - low)
    return select(2 * p <= 1, below, above)


def trust_point(p: Any, low: Any, high: Any, tied: float = 0) -> tuple[Any, Any]:
    """Pair (worst, best) that the covariate Ber(u) yields; every p and bounds.

    An `other_share_excess` within `tied` of 0 counts as 0, for rounded numbers.

    >>> from fractions import Fraction as F
    >>> trust_point(F(2, 5), F(1, 5), F(4, 5))
    (Fraction(-2, 5), Fraction(1, 5))
    >>> trust_point(F(3, 10), F(1, 5), F(4, 5))
    (Fraction(-1, 10), Fraction(1, 10))
    >>> trust_point(F(1, 5), F(1, 5), F(2, 5))
    (Fraction(0, 1), Fraction(0, 1))
    """
    share = trust_share(p, low, high)
    excess = other_share_excess(p, low, high)
    own_share = worst_targeting(p, share, low, high)
    other_share = worst_targeting(p, 1 - share, low, high)
    worst = select(
        2 * p <= 1,
        select(excess >= -tied, other_share, own_share),
        select(excess > tied, other_share, own_share),
    )
    default, discretion = default_action(p), has_discretion(low, high)
    return (
        select(discretion, worst, default),
        select(discretion, best_targeting(p, share, low, high), default),
    )


def hedge_point(p: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """Pair (worst, best) of the hedge point; for `has_hedge`.

    >>> from fractions import Fraction as F
    >>> hedge_point(F(9, 20), F(1, 5), F(4, 5)), hedge_point(F(1, 2), F(1, 5), F(3, 5))
    ((Fraction(-1, 10), Fraction(1, 10)), (Fraction(0, 1), Fraction(0, 1)))
    """
    share = hedge_share(p, low, high)
    return worst_targeting(p, share, low, high), best_targeting(p, share, low, high)


def has_hedge(p: Any, low: Any, high: Any, tied: float = 0) -> Any:
    """Whether the subgroup has a hedge point: p in [p1, p2] up to 1/2, in [p2, p3] from 1/2 on.

    H is a corner of its own where no end of these intervals, nor p = 1/2, is met: it coincides
    with D at 1/2 and with T at p3, and lies on the segment T-D at p2.  Differences up to `tied`
    count as none, for rounded numbers.

    >>> from fractions import Fraction as F
    >>> [has_hedge(F(k, 10), F(0), F(1)) for k in (3, 4, 5, 6, 7)]
    [False, True, True, True, False]
    """
    inside = (2 * low < 1) & (2 * high > 1) & (low < p) & (p < high)
    reached = other_share_excess(p, low, high) >= -tied
    early, late = 2 * p <= low + high + tied, 2 * p >= low + high - tied
    return inside & reached & (((2 * p <= 1) & early) | ((2 * p >= 1) & late))


def trust_distrust_slope(p: Any, low: Any, high: Any) -> Any:
    """Slope of the segment T-D between p2 and 1/2; low < 1/2 < high, low < p < high.

    In [-1, 0), and `ray_slope` at p2.

    >>> from fractions import Fraction as F
    >>> trust_distrust_slope(F(2, 5), F(0), F(3, 5)), trust_distrust_slope(F(3, 5), F(2, 5), F(1))
    (Fraction(-2, 5), Fraction(-2, 5))
    """
    treated = (p - low) * (2 * high - 1)
    untreated = (high - p) * (1 - 2 * low)
    return select(2 * p <= 1, -treated / untreated, -untreated / treated)


def trust_hedge_slope(p: Any, low: Any, high: Any) -> Any:
    """Slope of the edge T-H, in [-1, 0]; for `has_hedge` and low < p < high.

    The sum of T's coordinates is 2p - 1, as is the worst case of H for p <= 1/2, so the slope is
    the ratio of the best cases, less 1; above 1/2 the same holds of the share left untreated.

    >>> from fractions import Fraction as F
    >>> trust_hedge_slope(F(2, 5), F(0), F(1)), trust_hedge_slope(F(9, 20), F(1, 5), F(4, 5))
    (Fraction(-1, 2), Fraction(-3, 5))
    """
    below = (1 - 2 * p) * (high - low) / ((1 - 2 * low) * (p - low))
    above = (2 * p - 1) * (high - low) / ((2 * high - 1) * (high - p))
    return select(2 * p <= 1, below, above) - 1


def ray_slope(p: Any, low: Any, high: Any) -> Any:
    """Slope of the edge from H to D, or from T to D below p1 and above p3; low < 1/2 < high.

    Up to p = 1/2 treating a share more wins 2 high - 1 or loses 1 - 2 low of it; beyond, so does
    treating a share less, the other way round.

    >>> from fractions import Fraction as F
    >>> ray_slope(F(1, 3), F(1, 3), F(3, 4)), ray_slope(F(2, 3), F(1, 3), F(3, 4))
    (Fraction(-3, 2), Fraction(-2, 3))
    """
    rise, run = 2 * high - 1, 1 - 2 * low
    return select(2 * p <= 1, -rise / run, -run / rise)


def check_bounds(
    bounds: Sequence[Any], argument: str = "bounds", shown: str | None = None
) -> tuple[Any, Any]:
    """The bounds (low, high); raises `InputError` unless 0 <= low <= high <= 1."""
    low, high = bounds
    text = f"{low} {high}" if shown is None else shown
    require(bool(0 <= low <= high <= 1), argument, text, "meet 0 <= LOW <= HIGH <= 1")
    return low, high


def parse_bounds(texts: Sequence[str] | None) -> Bounds:
    """The bounds given as ``--tau LOW HIGH``, or [0, 1] if they are not.

    >>> parse_bounds(["0.2", "4/5"])
    (Fraction(1, 5), Fraction(4, 5))
    """
    if texts is None:
        return UNBOUNDED
    low, high = (parse_number(text, "--tau") for text in texts)
    return check_bounds((low, high), "--tau", " ".join(texts))


def require_rate_within(p: Any, bounds: Sequence[Any], argument: str) -> None:
    """Raise `InputError` naming `argument` unless low <= p <= high."""
    low, high = bounds
    require(bool(low <= p <= high), argument, p, f"lie within the bounds [{low}, {high}]")
