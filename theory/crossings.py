"""Where two class weightings of binary cross entropy reward learning alike: certified brackets.

For weights w = (w_1, w_2), probability q of class 1, q' = 1 - q and T = w_1 q + w_2 q', the
residual learning loss, its slope (18) and its curvature are

    L(q) = -w_1 q log(w_1 q / T) - w_2 q' log(w_2 q' / T),
    L'(q) = -w_1 log(w_1 q / T) + w_2 log(w_2 q' / T),      -L''(q) = w_1 w_2 / (q q' T).

For a second pair v with S = v_1 q + v_2 q', the difference D of the two residual losses has

    D'' = (v_1 v_2 T - w_1 w_2 S) / (q q' T S),

whose numerator is affine in q.  So D'' changes sign at most once in (0, 1), at a rational point
that is known exactly; D' vanishes at most twice, and D, which is zero at 0 and 1, at most once
in between.  On the pieces between these points the functions are monotone, and bisection with
exact signs (`theory.log_bounds`) encloses each root between rationals as close as desired.
Roots may be as close to 0 as exp(-w_1 / |w_1 - v_1|): bisection is of the exponent there, and
stops at `EDGE`.

The same holds for |L'|, the size of the marginal incentive: the slopes of equal size and
opposite sign are the roots of the sum of the two falling functions L'.

Source: Misaligned by Design, Section 2.8 and Figure 2; claim md_ext_crossings.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from theory.command_line import require
from theory.log_bounds import Bounds, Terms, combination_sign

Weights = tuple[Fraction, Fraction]
Sign = Callable[[Fraction], int]

WIDTH = Fraction(1, 10**9)  # of a bracket, relative to its distance from 0 and from 1
EDGE = Fraction(1, 2**1000)  # roots closer to 0 or 1 are in the bracket from there to `EDGE`


def residual_terms(weights: Weights, probability: Fraction) -> Terms:
    """L(q) as terms (c, x) of  sum c log x;  none at q = 0 and q = 1, where L is zero."""
    if probability in (0, 1):
        return []
    (first, second), (p, rest) = weights, _prediction(weights, probability)
    return [(-first * probability, p), (-second * (1 - probability), rest)]


def marginal_terms(weights: Weights, probability: Fraction) -> Terms:
    """L'(q), eq. (18), as terms (c, x) of  sum c log x;  0 < q < 1."""
    (first, second), (p, rest) = weights, _prediction(weights, probability)
    return [(-first, p), (second, rest)]


def curvature_crossing(weights: Weights, other: Weights) -> Fraction | None:
    """Where in (0, 1) both weightings value a little information alike; None if nowhere.

    For weights of sum 1 against (1/2, 1/2) it is at w_2 exactly.  Raises `InputError` for weights
    that are not positive, or two pairs that are the same.

    >>> curvature_crossing((Fraction(99, 100), Fraction(1, 100)), (Fraction(1, 2), Fraction(1, 2)))
    Fraction(1, 100)
    """
    for name, pair in (("weights", weights), ("other", other)):
        require(min(pair) > 0, name, tuple(map(str, pair)), "be positive")
    require(weights != other, "other", tuple(map(str, other)), "differ from weights")
    ours, theirs = weights[0] * weights[1], other[0] * other[1]
    start = theirs * weights[1] - ours * other[1]
    end = theirs * weights[0] - ours * other[0]
    return start / (start - end) if start * end < 0 else None


def marginal_crossings(weights: Weights, other: Weights, width: Fraction = WIDTH) -> list[Bounds]:
    """Brackets of the probabilities at which both weightings have the same slope L', in order.

    Each holds exactly one; there are at most two, none elsewhere.  A bracket is at most `width`
    times as wide as it is far from 0 and from 1, or it ends at 0 or 1 and is at most `EDGE` wide.
    Raises `InputError` as `curvature_crossing`.
    """
    bend = curvature_crossing(weights, other)

    def sign(probability: Fraction) -> int:
        return combination_sign(
            [*marginal_terms(weights, probability), *_negative(marginal_terms(other, probability))]
        )

    pieces = _pieces(bend)
    # At the edges D' = (w_1 - v_1) log(1/q) + ... and (w_2 - v_2) log(q') + ...: infinite, or,
    # where these weights agree, of the sign of D' at the end that the formula below gives.
    ends = (_edge_sign(weights, other, 0), _edge_sign(weights, other, 1))
    return _roots(sign, pieces, ends, width)


def residual_crossings(weights: Weights, other: Weights, width: Fraction = WIDTH) -> list[Bounds]:
    """Brackets of the probabilities inside (0, 1) at which both residual losses are the same.

    There is at most one; widths and errors as in `marginal_crossings`.
    """
    slopes = marginal_crossings(weights, other, width)
    if len(slopes) < 2:  # D rises or falls throughout, or has one peak: zero only at both ends
        return []

    def sign(probability: Fraction) -> int:
        return combination_sign(
            [*residual_terms(weights, probability), *_negative(residual_terms(other, probability))]
        )

    # D has the sign of D' near 0 up to the first root of D', the other one from the second on.
    at_low = _edge_sign(weights, other, 0)
    return [_bisect(sign, slopes[0][0], slopes[1][1], at_low, width)]


def size_crossings(weights: Weights, other: Weights, width: Fraction = WIDTH) -> list[Bounds]:
    """Brackets of the probabilities at which |L'| is the same under both weightings, in order.

    Those of `marginal_crossings` and the one root of the sum of both slopes, which falls from
    inf to -inf; widths and errors as there.
    """
    crossings = marginal_crossings(weights, other, width)

    def sign(probability: Fraction) -> int:
        return combination_sign(
            [*marginal_terms(weights, probability), *marginal_terms(other, probability)]
        )

    opposite = _roots(sign, _pieces(None), (1, -1), width)
    return sorted({*crossings, *opposite})


def peak(weights: Weights, width: Fraction = WIDTH) -> Bounds:
    """A bracket of the probability at which the residual loss is largest, where L' = 0.

    >>> low, high = peak((Fraction(1, 2), Fraction(1, 2)))
    >>> low <= Fraction(1, 2) <= high
    True
    """

    def sign(probability: Fraction) -> int:
        return combination_sign(marginal_terms(weights, probability))

    return _roots(sign, _pieces(None), (1, -1), width)[0]


def _prediction(weights: Weights, probability: Fraction) -> Weights:
    """p^w(q), eq. (16), and its complement."""
    first, second = weights[0] * probability, weights[1] * (1 - probability)
    return first / (first + second), second / (first + second)


def _negative(terms: Terms) -> Terms:
    return [(-coefficient, argument) for coefficient, argument in terms]


def _edge_sign(weights: Weights, other: Weights, edge: int) -> int:
    """The sign of D' near q = 0 or q = 1."""
    first, second = weights[0] - other[0], weights[1] - other[1]
    if edge == 0:
        if first:
            return 1 if first > 0 else -1
        # w_1 = v_1 = c:  D' -> w_2 log 1 - c log(1/w_2) + c log(1/v_2) = c log(w_2 / v_2)
        return 1 if second > 0 else -1
    if second:
        return -1 if second > 0 else 1
    return -1 if first > 0 else 1


def _pieces(bend: Fraction | None) -> list[Bounds]:
    """(0, 1), cut at `bend` if there is one."""
    zero, one = Fraction(0), Fraction(1)
    return [(zero, one)] if bend is None else [(zero, bend), (bend, one)]


def _roots(
    sign: Sign, pieces: list[Bounds], ends: tuple[int, int], width: Fraction
) -> list[Bounds]:
    """Brackets of the roots of a function that is strictly monotone on each piece of (0, 1).

    `ends`: its signs near 0 and near 1.
    """
    found: list[Bounds] = []
    for low, high in pieces:
        at_low = ends[0] if low == 0 else sign(low)
        at_high = ends[1] if high == 1 else sign(high)
        if at_high == 0:
            found.append((high, high))
        elif at_low * at_high < 0:
            found.append(_bisect(sign, low, high, at_low, width))
    return found


def _bisect(sign: Sign, low: Fraction, high: Fraction, at_low: int, width: Fraction) -> Bounds:
    """Halve a bracket with a change of sign until it is narrow beside its distance from 0 and 1.

    `at_low`: the sign at `low`, or near it where it is 0.
    """
    for end, inner in ((low, min(EDGE, high)), (high, max(1 - EDGE, low))):
        if end not in (0, 1):
            continue
        at_inner = sign(inner)
        if at_inner == 0:
            return inner, inner
        if (at_inner == at_low) == (end == 1):
            return min(end, inner), max(end, inner)
        low, high = (inner, high) if end == 0 else (low, inner)
    while high - low > width * min(low, 1 - high):
        middle = _between(low, high)
        at_middle = sign(middle)
        if at_middle == 0:
            return middle, middle
        low, high = (middle, high) if at_middle == at_low else (low, middle)
    return low, high


def _between(low: Fraction, high: Fraction) -> Fraction:
    """A point inside: one half, halfway, or, far closer to 0 or 1 at one end, in the exponent."""
    half = Fraction(1, 2)
    if low >= half:
        return 1 - _between(1 - high, 1 - low)
    if high > half:
        return half
    if high <= 16 * low:
        return (low + high) / 2
    return Fraction(2) ** ((_exponent(low) + _exponent(high)) // 2)


def _exponent(value: Fraction) -> int:
    """The binary exponent, or the next."""
    return value.numerator.bit_length() - value.denominator.bit_length()
