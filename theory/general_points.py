"""Trust, hedge and distrust for a gain g of a correct treatment and a loss c of an unneeded one.

New results of this toolkit beside *Friend or Foe*, whose model has g = c = 1 (Section 3.1); the
ledger proves them (`ff_ext_general_*`).  Leaving alone pays 0; g and c are positive.  The designer
treats where the reported P(Y = 1 | X1) is at least k = c/(g+c), the rate at which treating breaks
even; without the AI everyone is treated from p = k upwards.  Write base = gp - c(1-p) for the
payoff of treating everyone.

One subgroup with a share p in need, from the lowest rates to the highest:

1. p < k/(1+k): the edge from T = (-cp, gp) to D = (0, 0), of slope -g/c.
2. k/(1+k) <= p < 1/(2-k): T = (-c(1-p), gp), the worst and the best payoff that exist.  Ber(p)
   lets a misaligned AI have exactly those treated who do not need it.
   a. Below both k and 1/2 there is a hedge corner H = (base, -(g/c) base), the limit of Ber(q) as
      q approaches 1 - p/k from below, and H-D has slope -g/c.
   b. Above both k and 1/2, H = (0, base (g+c)/g) is the pair of Ber((1-p)/(1-k)), and H-D has
      slope -c/g.
   c. Between k and 1/2, ends included, there is none: the frontier is the edge T-D, of slope
      -gp / (c(1-p)) for p < k, and -c(1-p) / (gp) for p >= k.
3. p >= 1/(2-k): the edge from T = (base - g(1-p), gp) to D = (base, base), of slope -c/g.

At p = k/(1+k), T is level with H and dominated; at p = 1/(2-k) the two coincide.  With g = c = 1
these are the points of `theory.points`; case c is then p = 1/2 alone.

A *point* is a pair (worst case, best case) of expected payoffs per patient, in the unit of g and
c.  The functions take rationals, floats, arrays or symbolic terms, as those of `theory.delegation`
do, and validate nothing.
"""

from __future__ import annotations

from typing import Any

from theory.piecewise import select


def treat_everyone(p: Any, gain: Any, loss: Any) -> Any:
    """Expected payoff gp - c(1-p) of treating everyone; p in [0, 1], any sign."""
    return gain * p - loss * (1 - p)


def is_low(p: Any, gain: Any, loss: Any) -> Any:
    """p < k/(1+k): a misaligned AI cannot have the other share, 1 - p, treated."""
    return (gain + 2 * loss) * p < loss


def is_high(p: Any, gain: Any, loss: Any) -> Any:
    """p >= 1/(2-k): a misaligned AI cannot have the share p left alone."""
    return (2 * gain + loss) * p >= gain + loss


def treats_by_default(p: Any, gain: Any, loss: Any) -> Any:
    """p >= k: without the AI everyone is treated."""
    return (gain + loss) * p >= loss


def general_trust_point(p: Any, gain: Any, loss: Any) -> tuple[Any, Any]:
    """Pair (worst, best) that the covariate Ber(p) yields; p in [0, 1].

    >>> from fractions import Fraction as F
    >>> general_trust_point(F(2, 5), 2, 1)
    (Fraction(-3, 5), Fraction(4, 5))
    """
    middle = -loss * (1 - p)
    high = gain * p - (gain + loss) * (1 - p)
    worst = select(is_low(p, gain, loss), -loss * p, select(is_high(p, gain, loss), high, middle))
    return worst, gain * p


def general_trust_end(p: Any, gain: Any, loss: Any) -> tuple[Any, Any]:
    """The undominated end of the frontier with the highest best case: T, but H at p = k/(1+k).

    >>> from fractions import Fraction as F
    >>> general_trust_end(F(1, 3), 1, 1)
    (Fraction(-1, 3), Fraction(1, 3))
    """
    worst, best = general_trust_point(p, gain, loss)
    return select((gain + 2 * loss) * p <= loss, -loss * p, worst), best


def general_hedge_point(p: Any, gain: Any, loss: Any) -> tuple[Any, Any]:
    """Pair (worst, best) of the hedge corner, for p in cases a and b (see the module's text).

    >>> from fractions import Fraction as F
    >>> general_hedge_point(F(3, 10), 2, 1), general_hedge_point(F(11, 20), 2, 1)
    ((Fraction(-1, 10), Fraction(1, 5)), (Fraction(0, 1), Fraction(39, 40)))
    """
    base = treat_everyone(p, gain, loss)
    treats = treats_by_default(p, gain, loss)
    worst = select(treats, 0 * p, base)
    return worst, select(treats, base * (gain + loss) / gain, -base * gain / loss)


def general_distrust_point(p: Any, gain: Any, loss: Any) -> tuple[Any, Any]:
    """Pair (worst, best) that a constant covariate yields: the better uniform action.

    >>> from fractions import Fraction as F
    >>> general_distrust_point(F(3, 5), 2, 1)
    (Fraction(4, 5), Fraction(4, 5))
    """
    payoff = select(treats_by_default(p, gain, loss), treat_everyone(p, gain, loss), 0 * p)
    return payoff, payoff


def general_hedge_share(p: Any, gain: Any, loss: Any) -> Any:
    """Rate of the Bernoulli covariate behind the hedge corner: 1 - p/k, or (1-p)/(1-k) from k on.

    >>> from fractions import Fraction as F
    >>> general_hedge_share(F(3, 10), 2, 1), general_hedge_share(F(11, 20), 2, 1)
    (Fraction(1, 10), Fraction(27, 40))
    """
    total = gain + loss
    return select(treats_by_default(p, gain, loss), (1 - p) * total / gain, 1 - p * total / loss)


def general_trust_hedge_slope(p: Any, gain: Any, loss: Any) -> Any:
    """Slope of the edge T-H, where H exists: best case lost per worst case gained.

    It falls from 0 at p = k/(1+k), and rises back to 0 at p = 1/(2-k).

    >>> from fractions import Fraction as F
    >>> general_trust_hedge_slope(F(2, 5), 1, 1), general_trust_hedge_slope(F(3, 10), 2, 1)
    (Fraction(-1, 2), Fraction(-2, 3))
    """
    left = (loss - (gain + 2 * loss) * p) / (loss * p)
    right = (gain - (2 * gain + loss) * (1 - p)) / (gain * (1 - p))
    return select(treats_by_default(p, gain, loss), right, left)


def general_last_slope(p: Any, gain: Any, loss: Any) -> Any:
    """Slope of the edge that ends at D; p in (0, 1).

    >>> from fractions import Fraction as F
    >>> general_last_slope(F(1, 10), 2, 1), general_last_slope(F(2, 5), 2, 1)
    (Fraction(-2, 1), Fraction(-3, 4))
    """
    straight = is_straight(p, gain, loss)
    odds = select(straight, gain * p / (loss * (1 - p)), gain / (loss + 0 * p))
    return select(treats_by_default(p, gain, loss), -1 / odds, -odds)


def has_hedge(p: Any, gain: Any, loss: Any) -> Any:
    """Whether H is a corner (cases a and b), or the trust end itself (p = k/(1+k) and 1/(2-k)).

    >>> from fractions import Fraction as F
    >>> [has_hedge(p, 2, 1) for p in (F(3, 10), F(2, 5), F(11, 20))]
    [True, False, True]
    """
    total = gain + loss
    left = (total * p < loss) & (2 * p < 1) & ((gain + 2 * loss) * p >= loss)
    right = (total * p > loss) & (2 * p > 1) & ((2 * gain + loss) * p <= total)
    return left | right


def is_straight(p: Any, gain: Any, loss: Any) -> Any:
    """Whether p lies between k and 1/2, ends included (case c): there T-D is one edge."""
    total = gain + loss
    return ((total * p >= loss) & (2 * p <= 1)) | ((total * p <= loss) & (2 * p >= 1))
