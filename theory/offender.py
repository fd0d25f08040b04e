"""The rational offender: one agent, and a population of agents that differ in what they gain.

Source: the deterrence model of Becker (1968), as *Alignment as Equilibrium Design* applies it.
An agent of wealth w can gain g by misconduct.  An offender is punished with probability pi,
somebody who abstains is punished by mistake with probability e (0 unless said), and punishment
takes f from wealth.  With utility U the agent offends iff

    (1 - pi) U(w + g) + pi U(w + g - f)  >  (1 - e) U(w) + e U(w - f),

so an agent that is indifferent abstains.  Risk neutral, this is g > (pi - e) f.  Here pi is the
whole probability that an offender is punished; where detection (probability d) and mistakes
(probability a) strike independently of each other, pi = d + (1 - d) a and e = a.

Utilities: risk neutral; constant absolute risk aversion A, U = -exp(-A x) / A; constant relative
risk aversion c, U = x^(1 - c) / (1 - c), or log x for c = 1.  A negative A or c is a risk lover.
CRRA is defined for positive wealth only, so every outcome that can occur must be positive.

Exact input gives exact output where U is rational: risk neutral, and CRRA of whole c other than 1.
What deters at least cost is in `theory.enforcement`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol

from theory.command_line import require

Family = Literal["neutral", "cara", "crra"]
_LARGEST_EXPONENT = 700.0  # exp overflows at 709.8


def is_finite(number: Any) -> bool:
    """Whether a number is finite; rationals are, however large."""
    return isinstance(number, int | Fraction) or math.isfinite(number)


def advantage(
    unpunished: Any, punished: Any, clean: Any, accused: Any, detection: Any, mistake: Any = 0
) -> Any:
    """Expected utility of offending minus that of abstaining, from the four utilities.

    `unpunished`, `punished`: of the offender; `clean`, `accused`: of who abstains.  `detection`
    is the probability that an offender is punished, `mistake` that somebody else is.  Numbers,
    arrays or symbolic terms.  The agent offends iff the result is above 0.
    """
    return ((1 - detection) * unpunished + detection * punished) - (
        (1 - mistake) * clean + mistake * accused
    )


def neutral_threshold(detection: Any, penalty: Any, mistake: Any = 0) -> Any:
    """The largest gain that is deterred under risk neutrality, (pi - e) f.

    Negative for e > pi, f > 0: then even a gain of 0 is taken.

    >>> neutral_threshold(Fraction(1, 4), 8), neutral_threshold(Fraction(1, 4), 8, Fraction(1, 8))
    (Fraction(2, 1), Fraction(1, 1))
    """
    return (detection - mistake) * penalty


def detection_that_deters(
    unpunished: Any, punished: Any, clean: Any, accused: Any, mistake: Any
) -> Any:
    """The least pi at which offending does not pay, from the four utilities of `advantage`.

    `punished` < `unpunished`.  The result lies above 1 where no detection deters.
    """
    abstaining = (1 - mistake) * clean + mistake * accused
    return (unpunished - abstaining) / (unpunished - punished)


@dataclass(frozen=True)
class Utility:
    """Risk attitude: `family` with its coefficient `aversion` (0 for risk neutrality).

    Raises `InputError` for an unknown family, a coefficient that is not finite, risk neutrality
    with a coefficient, or CARA without one.

    >>> Utility("crra", 2)(Fraction(4))
    Fraction(-1, 4)
    """

    family: Family = "neutral"
    aversion: Any = 0

    def __post_init__(self) -> None:
        known = ("neutral", "cara", "crra")
        require(self.family in known, "family", self.family, f"be one of {', '.join(known)}")
        require(is_finite(self.aversion), "aversion", self.aversion, "be finite")
        if self.family == "neutral":
            require(self.aversion == 0, "aversion", self.aversion, "be 0 for risk neutrality")
        if self.family == "cara":
            require(self.aversion != 0, "aversion", self.aversion, "differ from 0 for CARA")

    @property
    def exact(self) -> bool:
        """Whether rational wealth has rational utility."""
        whole = self.aversion == int(self.aversion)
        return self.family == "neutral" or (self.family == "crra" and whole and self.aversion != 1)

    def __call__(self, wealth: Any) -> Any:
        """Utility of `wealth`, which must be positive for CRRA."""
        if self.family == "neutral":
            return wealth
        if self.family == "cara":
            exponent = -float(self.aversion) * float(wealth)
            require(exponent < _LARGEST_EXPONENT, "aversion * wealth", -exponent, "be above -700")
            return -math.exp(exponent) / float(self.aversion)
        require(wealth > 0, "wealth in some outcome", wealth, "be positive for CRRA")
        if self.aversion == 1:
            return math.log(wealth)
        if self.exact:
            return wealth ** (1 - int(self.aversion)) / (1 - int(self.aversion))
        return float(wealth) ** (1 - float(self.aversion)) / (1 - float(self.aversion))


NEUTRAL = Utility()


@dataclass(frozen=True)
class Regime:
    """Enforcement: `detection` pi and `mistake` e in [0, 1], `penalty` f >= 0."""

    detection: Any
    penalty: Any
    mistake: Any = 0

    def __post_init__(self) -> None:
        for name in ("detection", "mistake"):
            value = getattr(self, name)
            require(0 <= value <= 1, name, value, "lie in [0, 1]")
        finite = 0 <= self.penalty and is_finite(self.penalty)
        require(finite, "penalty", self.penalty, "be finite and at least 0")


def offending_pays(
    gain: Any, regime: Regime, utility: Utility = NEUTRAL, wealth: Any = Fraction(0)
) -> Any:
    """By how much offending is worth more than abstaining, in utility; it offends iff above 0.

    CARA is measured from `wealth`, which changes the unit and not the sign.  Outcomes of
    probability 0 do not count.  Raises `InputError` where CRRA meets an outcome <= 0.

    >>> offending_pays(Fraction(3), Regime(Fraction(1, 4), Fraction(8)))
    Fraction(1, 1)
    """
    base = 0 * wealth if utility.family == "cara" else wealth
    pi, e, f = regime.detection, regime.mistake, regime.penalty

    def value(outcome: Any, probability: Any) -> Any:
        return utility(outcome) if probability > 0 else 0 * pi

    return advantage(
        value(base + gain, 1 - pi),
        value(base + gain - f, pi),
        value(base, 1 - e),
        value(base - f, e),
        pi,
        e,
    )


def largest_deterred_gain(
    regime: Regime, utility: Utility = NEUTRAL, wealth: Any = Fraction(0)
) -> Any:
    """The largest gain g >= 0 that is deterred; None if even g = 0 is not (e > pi, f > 0).

    Every smaller gain is deterred too, and every larger one is not, since offending pays more
    the larger the gain is, and abstaining does not.  Closed form but for CRRA, where the zero is
    bracketed by 0 and f (a gain of f covers the penalty); CRRA needs f < `wealth`.

    >>> largest_deterred_gain(Regime(Fraction(1, 4), Fraction(8)))
    Fraction(2, 1)
    """
    pi, e, f = regime.detection, regime.mistake, regime.penalty
    if e > pi and f > 0:
        return None
    if utility.family == "neutral":
        return neutral_threshold(pi, f, e)
    if utility.family == "cara":
        return _cara_threshold(float(pi), float(f), float(e), float(utility.aversion))
    require(f < wealth, "penalty", f, f"be below the wealth {wealth} for CRRA")
    if f == 0 or pi == e:
        return 0 * pi
    if pi == 1 and e == 0:
        return f
    from scipy.optimize import brentq

    smooth = Regime(float(pi), float(f), float(e))
    return brentq(
        lambda g: offending_pays(g, smooth, utility, float(wealth)), 0.0, float(f), xtol=1e-14
    )


def _cara_threshold(pi: float, f: float, e: float, aversion: float) -> float:
    """(log M(pi) - log M(e)) / A with M(x) = 1 - x + x exp(A f), the multiple of -U(w)."""

    def log_multiple(x: float) -> float:
        growth = aversion * f
        if growth <= 0:
            return math.log1p(x * math.expm1(growth)) if x < 1 else growth
        return growth + math.log(x + (1 - x) * math.exp(-growth)) if x > 0 else 0.0

    return (log_multiple(pi) - log_multiple(e)) / aversion


class Distribution(Protocol):
    """What is used of a frozen continuous distribution of `scipy.stats`."""

    def sf(self, x: float) -> Any:
        """The probability of a gain above x."""

    def pdf(self, x: float) -> Any:
        """The density of gains at x."""


@dataclass(frozen=True)
class Gains:
    """Finitely many gains: `values` with positive `weights` that sum to one.

    Fractions must sum to one exactly, floats up to 1e-12 times their number.  Raises
    `InputError` naming what is wrong.
    """

    values: tuple[Any, ...]
    weights: tuple[Any, ...]

    def __post_init__(self) -> None:
        count = len(self.values)
        require(count > 0, "number of gains", count, "be at least 1")
        require(len(self.weights) == count, "number of weights", len(self.weights), f"be {count}")
        for value, weight in zip(self.values, self.weights, strict=True):
            require(is_finite(value), "gain", value, "be finite")
            require(weight > 0, f"weight of gain {value}", weight, "be positive")
        total = sum(self.weights)
        exact = all(isinstance(weight, int | Fraction) for weight in self.weights)
        slack = 0 if exact else 1e-12 * count
        require(abs(total - 1) <= slack, "sum of weights", total, "be one")


def offence_rate(
    gains: Gains | Distribution,
    regime: Regime,
    utility: Utility = NEUTRAL,
    wealth: Any = Fraction(0),
) -> Any:
    """The share of a population that offends.

    For `Gains`, every agent decides for itself (`offending_pays`).  A distribution must have
    gains >= 0 only; its rate is P(G > largest deterred gain).

    >>> gains = Gains((Fraction(1), Fraction(2), Fraction(3)), (Fraction(1, 3),) * 3)
    >>> offence_rate(gains, Regime(Fraction(1, 4), Fraction(8)))
    Fraction(1, 3)
    """
    if isinstance(gains, Gains):
        pays = [offending_pays(value, regime, utility, wealth) > 0 for value in gains.values]
        offending = (w for w, offends in zip(gains.weights, pays, strict=True) if offends)
        return sum(offending, start=0 * gains.weights[0])
    threshold = largest_deterred_gain(regime, utility, wealth)
    return 1.0 if threshold is None else float(gains.sf(float(threshold)))


def offence_rate_slopes(density: float, regime: Regime) -> tuple[float, float, float]:
    """Derivatives of a risk-neutral population's offence rate 1 - F((pi - e) f).

    `density` is that of the gains at (pi - e) f.  By detection: -f density; by penalty:
    -(pi - e) density; by a shift of all gains upwards: +density.
    """
    pi, e, f = float(regime.detection), float(regime.mistake), float(regime.penalty)
    return -f * density, -(pi - e) * density, density
