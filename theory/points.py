"""The trust, hedge and distrust points of one subgroup, and their implementers.

Source: *Friend or Foe*, Sections 5.1-5.2, equation (2), Lemmas 1 and 2.  For a subgroup in
which a fraction p needs treatment, the frontier of (worst case, best case) pairs has the
extreme points

* trust T, the pair that the covariate Ber(p) yields,
* hedge H, only for 1/3 <= p <= 2/3: the limit of Ber(q) as q approaches 1 - 2p from below
  (p <= 1/2; approached, not attained, unless p = 1/2), or the pair that Ber(2 - 2p) yields
  (p > 1/2; attained),
* distrust D, the pair that a constant covariate yields.

The frontier is T-H-D where H exists and T-D elsewhere; T-H has slope `trust_hedge_slope`
and every other edge has slope -1.  At p = 1/3 the point T lies level with H and is
dominated by it; at p = 2/3 the two coincide.  (The paper's equation (2) prints another
worst case for T at p = 2/3, which Ber(2/3) does not yield: see `ff_trust_point` in the
ledger.)  What these functions return is what the ledger proves; `theory.admissible`
computes the same pairs from the definitions without them.
"""

from __future__ import annotations

from typing import Any

from theory.delegation import best_targeting, default_action, worst_targeting
from theory.piecewise import select


def trust_point(p: Any) -> tuple[Any, Any]:
    """Pair (worst, best) that the covariate Ber(p) yields; p in [0, 1].

    From p = 1/3 on (and below 2/3) a misaligned AI can have the other share, 1 - p, treated.

    >>> from fractions import Fraction as F
    >>> trust_point(F(2, 5))
    (Fraction(-3, 5), Fraction(2, 5))
    >>> trust_point(F(1, 4))
    (Fraction(-1, 4), Fraction(1, 4))
    """
    own_share = worst_targeting(p, p)
    other_share = worst_targeting(p, 1 - p)
    worst = select(3 * p < 1, own_share, select(3 * p < 2, other_share, own_share))
    return worst, best_targeting(p, p)


def hedge_point(p: Any) -> tuple[Any, Any]:
    """Pair (worst, best) of the hedge point; p in [1/3, 2/3].

    >>> from fractions import Fraction as F
    >>> hedge_point(F(2, 5)), hedge_point(F(3, 5))
    ((Fraction(-1, 5), Fraction(1, 5)), (Fraction(0, 1), Fraction(2, 5)))
    """
    share = hedge_share(p)
    return worst_targeting(p, share), best_targeting(p, share)


def distrust_point(p: Any) -> tuple[Any, Any]:
    """Pair (worst, best) that a constant covariate yields; p in [0, 1].

    >>> from fractions import Fraction as F
    >>> distrust_point(F(3, 4))
    (Fraction(1, 2), Fraction(1, 2))
    """
    payoff = default_action(p)
    return payoff, payoff


def hedge_share(p: Any) -> Any:
    """Rate q of the Bernoulli covariate behind the hedge point; p in [1/3, 2/3].

    1 - 2p up to p = 1/2 and 2 - 2p above.
    """
    return select(2 * p <= 1, 1 - 2 * p, 2 - 2 * p)


def trust_hedge_slope(p: Any) -> Any:
    """Slope of the edge T-H: best case lost per worst case gained; p in [1/3, 2/3].

    It falls from 0 at p = 1/3 to -1 at p = 1/2 and rises back to 0 at p = 2/3
    (Section 5.2).

    >>> from fractions import Fraction as F
    >>> trust_hedge_slope(F(2, 5)), trust_hedge_slope(F(13, 20))
    (Fraction(-1, 2), Fraction(-1, 7))
    """
    rarer = select(2 * p <= 1, p, 1 - p)
    return (1 - 3 * rarer) / rarer


def alpha_threshold(slope: Any) -> Any:
    """Weight on the worst case at which an edge of this slope is worth walking down.

    The designer maximises alpha * worst + (1 - alpha) * best, so indifference is
    alpha = -slope / (1 - slope); `slope` in [-1, 0], result in [0, 1/2] (Section 5.3).

    >>> from fractions import Fraction as F
    >>> alpha_threshold(F(-1, 2)), alpha_threshold(F(-1))
    (Fraction(1, 3), Fraction(1, 2))
    """
    return -slope / (1 - slope)
