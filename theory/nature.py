"""Worst and best case when the designer breaks ties at random, from the definitions.

Source: *Friend or Foe* (Fudenberg & Liang, arXiv 2509.14396v1), Appendix D, equation (D.1).  At a
reported P(Y = 1 | x1) above 1/2 the designer treats, below 1/2 not, and at exactly 1/2 with a
probability rho.  A report splits the atoms into those treated for sure (S), the ties (T), and the
rest; S, T and the truth P* determine the expected payoff

    U(P, P*) = sum over S of m_i (2 P*_i - 1)  +  rho * sum over T of m_i (2 P*_i - 1).

Which pairs (S, T) can a report induce?  It has P > 1/2 on S, P = 1/2 on T and P < 1/2 on the
rest R, so its mean runs over an interval from (m(S) + m(T))/2, attained only if S is empty, to
m(S) + m(T)/2 + m(R)/2, attained only if R is empty; p must lie in it.  There are at most 3^n
pairs, and for each the truths form a compact polytope on which U is linear.  So infimum and
supremum are attained, although the reports that induce a pair do not form a closed set: U is
constant on that set and jumps only at its boundary, where a report induces another pair.

The truth places need where a unit of it counts 2 (S), 2 rho (T) or 0 (R), so the worst truth
fills R, then T, then S, and the best truth the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import lcm

from theory.admissible_cases import EngineLimit, Exact, check_masses, check_rate

TIE_ATOMS = 9
_REST, _TIE, _SURE = range(3)


def tie_extremes_by_enumeration(
    p: Fraction, masses: Sequence[Fraction], tie_probability: Fraction
) -> tuple[Fraction, Fraction]:
    """Infimum and supremum of the payoff, both attained, when ties are treated at random.

    `p` and `tie_probability` in [0, 1]; `masses` positive with sum 1, at most `TIE_ATOMS` of
    them.  Rational in, exact out; payoffs in net correct treatments per patient.  With
    `tie_probability` 1 this is the rule of equation (1).  Raises `InputError` for other input
    and `EngineLimit` for more atoms.

    >>> F = Fraction
    >>> tie_extremes_by_enumeration(F(1, 4), (F(1, 2), F(1, 2)), F(1))
    (Fraction(-1, 2), Fraction(0, 1))
    >>> tie_extremes_by_enumeration(F(1, 4), (F(1, 2), F(1, 2)), F(1, 3))
    (Fraction(-1, 6), Fraction(0, 1))
    """
    p, masses = check_rate(p), check_masses(masses)
    rho = check_rate(tie_probability, "tie_probability")
    if len(masses) > TIE_ATOMS:
        raise EngineLimit(f"{len(masses)} atoms", f"have at most {TIE_ATOMS} with random ties")
    scale = lcm(p.denominator, *(mass.denominator for mass in masses))
    need = int(p * scale)
    weights = tuple(int(mass * scale) for mass in masses)
    # A unit of payoff on an atom, in units of 1 / (scale * rho.denominator).
    units = {_REST: 0, _TIE: rho.numerator, _SURE: rho.denominator}

    payoffs = []
    for split in product((_REST, _TIE, _SURE), repeat=len(weights)):
        if not is_split_inducible(need, weights, split):
            continue
        rising = sorted(range(len(weights)), key=lambda i: split[i])
        payoffs += [
            _payoff_of_filling(need, weights, [units[part] for part in split], order)
            for order in (rising, rising[::-1])
        ]
    # Never empty: the report that is p everywhere induces one of the splits.
    return (
        Fraction(min(payoffs), scale * rho.denominator),
        Fraction(max(payoffs), scale * rho.denominator),
    )


def is_split_inducible(p: Exact, masses: Sequence[Exact], split: Sequence[int]) -> bool:
    """Whether an admissible report lies below, at and above 1/2 just as `split` says.

    `split` has 0, 1 or 2 for each atom: below, exactly at, above 1/2.  `p` in [0, 1] and
    `masses` positive with sum 1, or both multiplied by one positive number.

    >>> F = Fraction
    >>> is_split_inducible(F(1, 4), (F(1, 2), F(1, 2)), (1, 0))
    True
    >>> is_split_inducible(F(1, 4), (F(1, 2), F(1, 2)), (2, 0))
    False
    """
    smallest = sum(m for m, part in zip(masses, split, strict=True) if part != _REST)
    largest = sum(2 * m if part == _SURE else m for m, part in zip(masses, split, strict=True))
    above_smallest = smallest < 2 * p or (smallest == 2 * p and _SURE not in split)
    below_largest = 2 * p < largest or (2 * p == largest and _REST not in split)
    return above_smallest and below_largest


def _payoff_of_filling(
    need: int, weights: Sequence[int], units: Sequence[int], order: Sequence[int]
) -> int:
    """Scaled payoff when need fills the atoms in this order."""
    total = 0
    for i in order:
        filled = min(need, weights[i])
        need -= filled
        total += units[i] * (2 * filled - weights[i])
    return total
