"""A misaligned AI that can be caught and fined: what deterrence does to optimal disclosure.

This project's own extension of *Friend or Foe* by the rational offender; in neither source.

**Model.**  The designer shows a covariate; it yields the pair (worst, best).  With probability
alpha the AI is misaligned.  An aligned AI yields `best`, a misaligned one that lies yields
`worst`, as in the paper, where each type comes with the Nature that suits it.  Here the
misaligned AI may also report as an aligned one would, which yields `best`.  By lying it takes
from the designer the *span* best - worst, which is worth gamma per unit to it; a lie is
detected with probability pi, and then costs it f.  So it lies unless

    best - worst <= B,    B = pi f / gamma   (the *bound*; at equality it does not lie),

and the designer gets `best` at a covariate that deters and alpha worst + (1 - alpha) best at
another.  Randomising over covariates gains nothing: what counts is the covariate that is drawn.

**Why the span.**  In a given world P* the lie P takes U(P*, P*) - U(P, P*) <= best - worst.  So
the condition deters in every world: it is what a designer who does not know P* can rely on.
It is sufficient in each world and not necessary (`ed_ext_worldwise`).

**Solution for one subgroup** with rate p (any in [0, 1]).  Let m = min(p, 1 - p) and
c = |1 - 2p|; disclosure is measured by what it adds to the best case, u = best - d(p) in
[0, m].  The least span that buys u is 2u for u up to c and 2u + c beyond, where the other
share of a Bernoulli covariate can be got treated too.  Everything is proved for all p, alpha
and B (`ed_ext_strategic_value`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from theory.delegation import default_action
from theory.piecewise import select


def deterred(worst: Any, best: Any, bound: Any) -> Any:
    """Whether a misaligned AI behaves as an aligned one at a covariate with this pair."""
    return best - worst <= bound


def strategic_payoff(worst: Any, best: Any, alpha: Any, bound: Any) -> Any:
    """The designer's payoff at a covariate with this pair; alpha in [0, 1], bound >= 0.

    >>> from fractions import Fraction as F
    >>> strategic_payoff(F(-1, 5), F(1, 5), F(3, 5), F(2, 5))
    Fraction(1, 5)
    >>> strategic_payoff(F(-1, 5), F(1, 5), F(3, 5), F(1, 5))
    Fraction(-1, 25)
    """
    return select(deterred(worst, best, bound), best, alpha * worst + (1 - alpha) * best)


def smaller(first: Any, second: Any) -> Any:
    """The smaller of two numbers or terms."""
    return select(first <= second, first, second)


def larger(first: Any, second: Any) -> Any:
    """The larger of two numbers or terms."""
    return select(first <= second, second, first)


def largest_disclosure(p: Any) -> tuple[Any, Any]:
    """(m, c): full disclosure adds m = min(p, 1 - p); below c = |1 - 2p| there is one lie only."""
    return smaller(p, 1 - p), select(2 * p <= 1, 1 - 2 * p, 2 * p - 1)


def span_of(p: Any, adds: Any) -> Any:
    """Span best - worst of the Bernoulli covariate that adds u; p in [0, 1], u in [0, m].

    Its rate is u for p <= 1/2 and 1 - u above.  At u = c the covariate is still on the lower
    branch for p > 1/2 and already on the upper one for p <= 1/2.

    >>> from fractions import Fraction as F
    >>> span_of(F(2, 5), F(1, 10)), span_of(F(2, 5), F(1, 5)), span_of(F(3, 5), F(1, 5))
    (Fraction(1, 5), Fraction(3, 5), Fraction(2, 5))
    """
    single = largest_disclosure(p)[1]
    lower = select(2 * p <= 1, adds < single, adds <= single)
    return 2 * adds + select(lower, 0 * single, single)


def deterred_reach(p: Any, bound: Any) -> Any:
    """The most, u, that a covariate (or a limit of some) can add while it deters.

    p in [0, 1], bound >= 0.  It rises by 1/2 per unit of bound up to c, stands still while the
    bound grows from 2c to 3c (if c < m), and rises again to m.

    >>> from fractions import Fraction as F
    >>> [str(deterred_reach(F(2, 5), F(b, 10))) for b in (0, 2, 4, 5, 6, 8, 10)]
    ['0', '1/10', '1/5', '1/5', '1/5', '3/10', '2/5']
    """
    most, single = largest_disclosure(p)
    return larger(
        smaller(bound / 2, smaller(single, most)),
        smaller((bound - single) / 2, most),
    )


def trusting_gain(p: Any, alpha: Any) -> Any:
    """The most that a covariate (or a limit) adds if nothing deters: the better of T, H and D."""
    most, single = largest_disclosure(p)
    return larger(larger((1 - 2 * alpha) * smaller(single, most), most - alpha), 0 * alpha)


def strategic_value(p: Any, alpha: Any, bound: Any) -> Any:
    """The designer's best payoff over all covariates (a supremum); closed form, proved.

    >>> from fractions import Fraction as F
    >>> strategic_value(F(1, 4), F(3, 5), F(1, 5)), strategic_value(F(1, 4), F(3, 5), F(0))
    (Fraction(1, 10), Fraction(0, 1))
    """
    return default_action(p) + larger(deterred_reach(p, bound), trusting_gain(p, alpha))


def trust_threshold(p: Any, bound: Any) -> Any:
    """The weight alpha up to which trusting undeterred beats deterring; p in (0, 1), bound >= 0.

    1/2 without deterrence.  Where reach is u, trusting pays (1 - 2 alpha) min(c, m) or
    m - alpha, whichever is more; the later of the two indifference points counts.  Zero if
    full disclosure deters.

    >>> from fractions import Fraction as F
    >>> trust_threshold(F(1, 4), F(0)), trust_threshold(F(1, 4), F(1, 4))
    (Fraction(1, 2), Fraction(1, 4))
    """
    most, single = largest_disclosure(p)
    reach = deterred_reach(p, bound)
    first = smaller(single, most)
    gentle = select(first > 0, (1 - reach / select(first > 0, first, 1 + 0 * p)) / 2, 0 * p)
    return larger(larger(gentle, most - reach), 0 * p)


@dataclass(frozen=True)
class Disclosure:
    """The designer's best choice: the rate q of a Bernoulli covariate, and what it brings.

    `adds` is u = best - d(p) in units of correct treatments per patient; `attained` says
    whether Ber(q) itself yields `value`, or only the rates just short of it.
    """

    q: Any
    adds: Any
    deters: bool
    attained: bool
    value: Any


def optimal_disclosure(p: Any, alpha: Any, bound: Any) -> Disclosure:
    """The best disclosure in one subgroup; numbers p, alpha in [0, 1] and bound >= 0.

    Of equally good ones a deterring one is taken, then the one that discloses least.

    >>> from fractions import Fraction as F
    >>> best = optimal_disclosure(F(1, 4), F(3, 5), F(1, 5))
    >>> best.q, best.deters, best.value
    (Fraction(1, 10), True, Fraction(1, 10))
    """
    most, single = largest_disclosure(p)
    reach = deterred_reach(p, bound)
    value = strategic_value(p, alpha, bound)
    default = default_action(p)
    if default + reach == value:
        adds, deters = reach, True
    else:
        deters = False
        adds = smaller(single, most)
        if default + (1 - 2 * alpha) * adds != value:
            adds = most
    best = default + adds
    own = strategic_payoff(best - span_of(p, adds), best, alpha, bound)
    return Disclosure(adds if 2 * p <= 1 else 1 - adds, adds, deters, bool(own == value), value)
