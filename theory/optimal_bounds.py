"""The best bounds on informativeness, together with the best covariate: closed forms.

Source: *Friend or Foe*, Section 6.3, Proposition 3 and Appendix F, corrected and carried on to
every p.  One subgroup in which a share p needs treatment.  The designer picks bounds
low <= p <= high and a covariate; the AI's report and the truth must keep to the bounds at
every value of the covariate, and the designer treats where the report is at least 1/2.  The
objective is alpha * worst case + (1 - alpha) * best case.

For p <= 1/2 the best upper bound is 1, and with

    t = sqrt(2 alpha (1 - p)),   d = sqrt((1 - p)(1 - 2p) / 2),   r = d / (1 - p + d)

the optimum is the first of these that applies:

* p = 0 or t >= 1 (or p = 1/2 <= alpha): *distrust*, low = p, a constant covariate, value 0;
* p < 1/3 and t <= 1 - p: *trust*, low = 0, Ber(p), value p (1 - 2 alpha);
* p >= 1/3 and alpha (1 - 2d) <= p - r: *trust*, low = 0, Ber(p), value p - alpha; a misaligned
  AI can have the other share treated, and the designer accepts that;
* p >= 1/3 and t <= 1 - r: *hedge*, low = p - d, Ber(r), value r - 2 alpha d, approached by
  bounds just above this one, not attained;
* else: *trust* with low = 1 - (1 - p) / t, Ber(1 - t), value (1 - t)^2.

Treating and leaving alone trade places when p, low, high turn into 1 - p, 1 - high, 1 - low,
so the optimum for p > 1/2 is the mirror image of that for 1 - p, with 2p - 1 added to the
value; there hedge is attained, because a report of exactly 1/2 means treatment.

The ledger's `ff_prop3_corrected` and `ff_prop3_extended` prove, for all real parameters, that
no bounds and no covariate do better.  The regret of bounds with upper bound 1 and of their
trust covariate Ber(q) is ((1 - q) - t)^2 / (1 - q), which is where t comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from theory.command_line import require
from theory.surds import Exact, enclosure, square_root

ExtremePoint = Literal["trust", "hedge", "distrust"]

THIRD, HALF = Fraction(1, 3), Fraction(1, 2)
NUDGE = Fraction(1, 2**40)  # how far above a lower bound that is only approached to stay


@dataclass(frozen=True)
class OptimalBounds:
    """The optimum at (`p`, `alpha`).

    `low`, `high`: the bounds; `q`: the rate of the Bernoulli covariate, None for a constant;
    `point`: (worst case, best case), and `value` their weighted sum; `attained`: False where
    bounds just above `low` come as close to the point as one likes but `low` itself does not.
    """

    p: Fraction
    alpha: Fraction
    low: Exact
    high: Exact
    q: Exact | None
    point: tuple[Exact, Exact]
    value: Exact
    extreme_point: ExtremePoint
    attained: bool


def least_interior_weight(p: Any) -> Any:
    """The weight on the worst case up to which low = 0 is best (p <= 1/3): (1 - p) / 2."""
    return (1 - p) / 2


def distrust_weight(p: Any) -> Any:
    """The weight on the worst case from which distrust is best (p < 1/2): 1 / (2 (1 - p))."""
    return 1 / (2 * (1 - p))


def interior_low(p: Any, t: Any) -> Any:
    """Best lower bound where it is interior; `t` = sqrt(2 alpha (1 - p)) in (0, 1]."""
    return 1 - (1 - p) / t


def interior_share(t: Any) -> Any:
    """Share treated at the interior optimum; `t` as in `interior_low`."""
    return 1 - t


def interior_value(t: Any) -> Any:
    """Value of the interior optimum; `t` as in `interior_low`."""
    return (1 - t) * (1 - t)


def hedge_low(p: Any, d: Any) -> Any:
    """Least lower bound whose trust covariate has a share 1 - q that no AI can get treated.

    `p` in [1/3, 1/2], `d` = sqrt((1 - p)(1 - 2p) / 2).
    """
    return p - d


def hedging_share(p: Any, d: Any) -> Any:
    """Share r treated at those bounds; `p`, `d` as in `hedge_low`."""
    return d / (1 - p + d)


def hedge_value(p: Any, alpha: Any, d: Any) -> Any:
    """Value of those bounds, which is approached from above; `p`, `d` as in `hedge_low`."""
    return hedging_share(p, d) - 2 * alpha * d


def optimal_bounds(p: Fraction, alpha: Fraction) -> OptimalBounds:
    """The optimum for `p`, `alpha` in [0, 1]; exact: `Fraction`, or `Surd` where a root is left.

    Of several optima one that is attained is given, and of these the one with the highest worst
    case.  Raises `InputError` for numbers outside [0, 1].

    >>> optimum = optimal_bounds(Fraction(1, 4), Fraction(1, 2))
    >>> str(optimum.low), str(optimum.q), str(optimum.value), optimum.extreme_point
    ('1 - sqrt(3)/2', '1 - sqrt(3)/2', '7/4 - sqrt(3)', 'trust')
    >>> optimum = optimal_bounds(Fraction(1, 4), Fraction(1, 4))
    >>> optimum.low, optimum.q, optimum.value
    (Fraction(0, 1), Fraction(1, 4), Fraction(1, 8))
    """
    p, alpha = Fraction(p), Fraction(alpha)
    require(0 <= p <= 1, "p", p, "lie in [0, 1]")
    require(0 <= alpha <= 1, "alpha", alpha, "lie in [0, 1]")
    if p > HALF:
        return _mirrored(_up_to_half(1 - p, alpha, prefer_hedge=True))
    return _up_to_half(p, alpha, prefer_hedge=False)


def _up_to_half(p: Fraction, alpha: Fraction, prefer_hedge: bool) -> OptimalBounds:
    """The optimum for p in [0, 1/2]; `prefer_hedge` over trust where the two are equal."""
    zero, one = Fraction(0), Fraction(1)
    square = 2 * alpha * (1 - p)
    distrusts = p == 0 or square >= 1 or (p == HALF and alpha >= HALF)
    if distrusts:
        return OptimalBounds(p, alpha, p, one, None, (zero, zero), zero, "distrust", True)
    if p < THIRD:
        if alpha <= least_interior_weight(p):
            value = p * (1 - 2 * alpha)
            return OptimalBounds(p, alpha, zero, one, p, (-p, p), value, "trust", True)
        return _interior(p, alpha, square)
    d: Any = square_root((1 - p) * (1 - 2 * p) / 2)
    r: Any = hedging_share(p, d)
    lead: Any = p - r - alpha * (1 - 2 * d)
    if lead > 0 or (lead == 0 and not prefer_hedge):
        return OptimalBounds(p, alpha, zero, one, p, (p - 1, p), p - alpha, "trust", True)
    if square <= (1 - r) * (1 - r):
        value = hedge_value(p, alpha, d)
        low: Any = hedge_low(p, d)
        return OptimalBounds(p, alpha, low, one, r, (2 * p - 1, r), value, "hedge", False)
    return _interior(p, alpha, square)


def _interior(p: Fraction, alpha: Fraction, square: Fraction) -> OptimalBounds:
    t: Any = square_root(square)
    low, q, value = interior_low(p, t), interior_share(t), interior_value(t)
    return OptimalBounds(
        p, alpha, low, Fraction(1), q, (q * (2 * low - 1), q), value, "trust", True
    )


def _mirrored(optimum: OptimalBounds) -> OptimalBounds:
    """The optimum for 1 - p, from that for p < 1/2."""
    p = 1 - optimum.p
    shift = 2 * p - 1
    worst, best = optimum.point
    return OptimalBounds(
        p=p,
        alpha=optimum.alpha,
        low=1 - optimum.high,
        high=1 - optimum.low,
        q=None if optimum.q is None else 1 - optimum.q,
        point=(worst + shift, best + shift),
        value=optimum.value + shift,
        extreme_point=optimum.extreme_point,
        attained=True,
    )


def rational_choice(optimum: OptimalBounds) -> tuple[Fraction, Fraction, Fraction]:
    """Rational bounds and rate (low, high, q) that come within 2^-36 of the optimum.

    An irrational bound is rounded away from the one that is 0 or 1, and so is one that is only
    approached; the rate is that of the trust covariate of the rounded bounds.  For distrust the
    rate is 0 or 1, which stands for a constant covariate.
    """
    if optimum.p > HALF:
        low, high, q = rational_choice(_mirrored_back(optimum))
        return 1 - high, 1 - low, 1 - q
    if optimum.q is None:
        return optimum.p, Fraction(1), Fraction(0)
    nudge = Fraction(0) if optimum.attained else NUDGE
    low = min(enclosure(optimum.low)[1] + nudge, optimum.p)
    return low, Fraction(1), (optimum.p - low) / (1 - low)


def _mirrored_back(optimum: OptimalBounds) -> OptimalBounds:
    return _up_to_half(1 - optimum.p, optimum.alpha, prefer_hedge=True)
