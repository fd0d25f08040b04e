"""Checks that several test files share."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from theory.admissible_cases import Extremes, verify_case


def assert_certified(p: Fraction, masses: Sequence[Fraction], extremes: Extremes) -> None:
    """Both cases are what their distributions attain, and they are exact and in order."""
    for case in (extremes.worst, extremes.best):
        assert isinstance(case.value, Fraction)
        verify_case(p, masses, case)
    assert -1 <= extremes.worst.value <= extremes.best.value <= 1


def values(extremes: Extremes) -> tuple[Fraction, Fraction]:
    """The pair (worst case, best case)."""
    return extremes.worst.value, extremes.best.value
