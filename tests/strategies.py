"""Random instances that several test files share: small rationals, which shrink well."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from theory.population import Subgroups

KINKS = tuple(Fraction(k, 12) for k in (0, 3, 4, 6, 8, 9, 12))


@st.composite
def laws(draw: st.DrawFn, max_atoms: int = 6, max_weight: int = 30) -> tuple[Fraction, ...]:
    """Masses of a covariate: positive, with sum 1; small weights make equal masses common."""
    largest = draw(st.sampled_from((1, 3, max_weight)))
    weights = draw(st.lists(st.integers(1, largest), min_size=1, max_size=max_atoms))
    return tuple(Fraction(weight, sum(weights)) for weight in weights)


def rates(max_denominator: int = 24) -> st.SearchStrategy[Fraction]:
    """A need rate in [0, 1], often where a case distinction of the paper changes."""
    anywhere = st.fractions(0, 1, max_denominator=max_denominator)
    return st.sampled_from(KINKS) | anywhere


@st.composite
def covariates(
    draw: st.DrawFn, max_atoms: int = 6, max_weight: int = 30
) -> tuple[Fraction, tuple[Fraction, ...]]:
    """A need rate with the masses of a covariate.

    Half of the rates sit where some event of mass q changes its role: at the ends of what can
    be induced (p = q/2 and p = (1 + q)/2) and at the targets (p = q and p = 1 - q).
    """
    masses = draw(laws(max_atoms, max_weight))
    chosen = draw(st.sets(st.sampled_from(range(len(masses)))))
    mass = sum((masses[i] for i in chosen), start=Fraction(0))
    special = st.sampled_from((mass / 2, (1 + mass) / 2, mass, 1 - mass))
    return draw(rates() | special), masses


@st.composite
def admissible(draw: st.DrawFn, p: Fraction, masses: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """A vector in [0, 1]^n that averages to p, often with entries of exactly 1/2."""
    entries = st.sampled_from((Fraction(0), Fraction(1, 2), Fraction(1))) | st.fractions(
        0, 1, max_denominator=6
    )
    start = draw(st.tuples(*(entries for _ in masses)))
    order = draw(st.permutations(range(len(masses))))
    vector = list(start)
    missing = p - sum(m * y for m, y in zip(masses, vector, strict=True))
    for i in order:
        room = (1 - vector[i] if missing > 0 else -vector[i]) * masses[i]
        step = min(missing, room) if missing > 0 else max(missing, room)
        vector[i] += step / masses[i]
        missing -= step
    return tuple(vector)


@st.composite
def populations(draw: st.DrawFn, max_groups: int = 5) -> Subgroups:
    """Exact subgroups; equal and mirrored rates (p and 1 - p) are common, so slopes coincide."""
    few = draw(st.lists(rates(), min_size=1, max_size=max_groups))
    mirrored = st.sampled_from([*few, *(1 - p for p in few)])
    extra = draw(st.lists(mirrored, max_size=max_groups - len(few)))
    chosen = draw(st.permutations(few + extra))
    weights = draw(st.lists(st.integers(1, 12), min_size=len(chosen), max_size=len(chosen)))
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    names = tuple(f"group {number}" for number in range(len(chosen)))
    return Subgroups(names, np.array(shares), np.array(chosen))
