"""The losses that the toolkit offers, and which of them are proper.

With p_y the predicted probability of the class that occurs and |p|_a = (sum_k p_k^a)^(1/a):

    logarithmic       -log p_y                                        strictly proper
    Brier             sum_k (p_k - 1[k = y])^2                        strictly proper
    spherical         1 - p_y / |p|_2                                 strictly proper
    pseudo-spherical  (1 - (p_y / |p|_a)^(a-1)) / (a-1),      a > 1   strictly proper
    power (Tsallis)   (1 - a p_y^(a-1)) / (a-1) + sum_k p_k^a, a > 1  strictly proper
    kinked            Brier + zero-one        strictly proper, its entropy has a kink at ties
    zero-one          1 unless y is the class predicted as likeliest  proper, not strictly
    linear            1 - p_y                                         improper
    absolute          sum_k |p_k - 1[k = y]|                          improper

Both families are scaled such that they are 0 where the class was predicted for certain, that
a = 2 gives the spherical and the Brier loss, and that a -> 1 gives the logarithmic one.  Among
equally likely classes zero-one takes the first.  The least expected loss of an improper loss is
not reached by honesty; its evidence is a point where.

Sources: Gneiting & Raftery 2007, Section 4; claims md_strictly_proper_corrected and
md_ext_loss_families.
"""

from __future__ import annotations

from fractions import Fraction
from math import inf
from typing import Any

from theory.arrays import is_exact, logarithm, namespace, power
from theory.command_line import require
from theory.scoring import Loss, Witness, weighted

SMALL = 0.01  # below it, powers are so close to 1 that one minus them loses digits


def _logarithmic(prediction: Any) -> Any:
    return -logarithm(prediction)


def _shannon(posterior: Any) -> Any:
    return namespace(posterior).sum(weighted(posterior, _logarithmic(posterior)), axis=-1)


def _brier(prediction: Any) -> Any:
    squares = namespace(prediction).sum(prediction * prediction, axis=-1, keepdims=True)
    return 1 - 2 * prediction + squares


def _gini(posterior: Any) -> Any:
    return 1 - namespace(posterior).sum(posterior * posterior, axis=-1)


def _zero_one(prediction: Any) -> Any:
    xp = namespace(prediction)
    predicted = xp.argmax(prediction, axis=-1)[..., None]
    hit = xp.arange(prediction.shape[-1], device=prediction.device) == predicted
    return xp.where(hit, xp.zeros_like(prediction), xp.ones_like(prediction))


def _least_error(posterior: Any) -> Any:
    return 1 - namespace(posterior).max(posterior, axis=-1)


def _kinked(prediction: Any) -> Any:
    return _brier(prediction) + _zero_one(prediction)


def _linear(prediction: Any) -> Any:
    return 1 - prediction


def _absolute(prediction: Any) -> Any:
    xp = namespace(prediction)
    total = xp.sum(xp.abs(prediction), axis=-1, keepdims=True)
    return total - xp.abs(prediction) + xp.abs(1 - prediction)


def pseudo_spherical(alpha: Any) -> Loss:
    """(1 - (p_y / |p|_a)^(a-1)) / (a-1); its entropy is (1 - |q|_a) / (a-1).

    `alpha`, a finite number above 1 (else `InputError`).  Exact for exact predictions.
    """
    _check_order(alpha)

    def vector(prediction: Any) -> Any:
        return _shortfall(prediction / _norm(prediction, alpha), alpha - 1)

    def entropy(posterior: Any) -> Any:
        if is_exact(posterior) or alpha - 1 > SMALL:
            return (1 - _norm(posterior, alpha)[..., 0]) / _like(alpha - 1, posterior)
        xp, excess = namespace(posterior), float(alpha - 1)
        off = excess * xp.sum(posterior * _shortfall(posterior, excess), axis=-1)  # 1 - sum q^a
        return -xp.expm1(xp.log1p(-off) / float(alpha)) / excess

    return Loss(
        f"pseudo-spherical {alpha}", vector, entropy, "strictly proper", "md_ext_loss_families"
    )


def _norm(values: Any, alpha: Any) -> Any:
    """|values|_a, with the last axis kept."""
    xp = namespace(values)
    if is_exact(values):
        total = xp.sum(power(values, alpha), axis=-1, keepdims=True)
        return power(total, 1 / alpha if isinstance(alpha, float) else Fraction(1) / alpha)
    largest = xp.max(values, axis=-1, keepdims=True)  # its powers, unlike others, are not 0
    total = xp.sum(power(values / largest, alpha), axis=-1, keepdims=True)
    return largest * power(total, 1 / alpha)


def _check_order(alpha: Any) -> None:
    require(1 < alpha < inf, "alpha", alpha, "be above 1 and finite")


def _shortfall(values: Any, exponent: Any) -> Any:
    """(1 - values ** exponent) / exponent; near exponent 0 without cancellation."""
    if is_exact(values) or exponent > SMALL:
        return (1 - power(values, exponent)) / _like(exponent, values)
    return -namespace(values).expm1(float(exponent) * logarithm(values)) / float(exponent)


def _like(number: Any, array: Any) -> Any:
    """The number as what the array holds: exact beside exact entries, else a float."""
    return number if is_exact(array) else float(number)


def power_loss(alpha: Any) -> Loss:
    """(1 - a p_y^(a-1)) / (a-1) + sum_k p_k^a; its entropy is Tsallis's, (1 - sum q^a) / (a-1).

    `alpha`, a finite number above 1 (else `InputError`).  Exact for exact predictions.
    """
    _check_order(alpha)

    def vector(prediction: Any) -> Any:
        total = namespace(prediction).sum(power(prediction, alpha), axis=-1, keepdims=True)
        return _shortfall(prediction, alpha - 1) - power(prediction, alpha - 1) + total

    def entropy(posterior: Any) -> Any:
        return namespace(posterior).sum(posterior * _shortfall(posterior, alpha - 1), axis=-1)

    return Loss(f"power {alpha}", vector, entropy, "strictly proper", "md_ext_loss_families")


_TWO_THIRDS = (Fraction(2, 3), Fraction(1, 3))
_CERTAIN = Witness(_TWO_THIRDS, (Fraction(1), Fraction(0)))
_PROVED = "md_strictly_proper_corrected"

LOGARITHMIC = Loss("logarithmic", _logarithmic, _shannon, "strictly proper", _PROVED)
BRIER = Loss("Brier", _brier, _gini, "strictly proper", _PROVED)
SPHERICAL = pseudo_spherical(2)
KINKED = Loss(
    "kinked",
    _kinked,
    lambda posterior: _gini(posterior) + _least_error(posterior),
    "strictly proper, not differentiable",
    "md_ext_loss_families",
)
ZERO_ONE = Loss("zero-one", _zero_one, _least_error, "proper, not strictly", _CERTAIN)
LINEAR = Loss("linear", _linear, _least_error, "improper", _CERTAIN)
ABSOLUTE = Loss(
    "absolute", _absolute, lambda posterior: 2 * _least_error(posterior), "improper", _CERTAIN
)

LOSSES = (
    LOGARITHMIC,
    BRIER,
    SPHERICAL,
    pseudo_spherical(3),
    power_loss(3),
    KINKED,
    ZERO_ONE,
    LINEAR,
    ABSOLUTE,
)
