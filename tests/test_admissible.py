"""The three engines of `theory.admissible`: certified, in agreement, and exact at the edges.

Property tests that load or call a solver have no deadline: its first call takes a second.
"""

from __future__ import annotations

import random
from fractions import Fraction as F

import pytest
import sympy
from assertions import assert_certified, values
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import admissible, covariates, laws, rates

from theory import subset_sums
from theory.admissible import (
    ENGINES,
    Case,
    EngineLimit,
    extremes_by_enumeration,
    extremes_by_program,
    extremes_by_search,
    is_inducible_by_definition,
    joint_extremes,
    payoff,
    verify_case,
)
from theory.admissible_cases import report_inducing
from theory.admissible_programs import weak_duality_bound
from theory.command_line import InputError

HALF = F(1, 2)


def million_law(atoms: int, seed: int) -> tuple[F, ...]:
    """Masses with unrelated denominators up to a million."""
    generator = random.Random(seed)
    masses = []
    for _ in range(atoms - 1):
        denominator = generator.randint(10**5, 10**6)
        masses.append(F(round(denominator * generator.uniform(0.5, 1) / atoms), denominator))
    return (*masses, 1 - sum(masses))


# --- known values ---------------------------------------------------------------------------

KNOWN = [
    (F(2, 5), (F(2, 5), F(3, 5)), (F(-3, 5), F(2, 5))),
    (F(2, 3), (F(2, 3), F(1, 3)), (F(0), F(2, 3))),
    (F(1, 3), (F(1, 3), F(2, 3)), (F(-2, 3), F(1, 3))),
    (F(0), (HALF, HALF), (F(0), F(0))),
    (F(1), (HALF, HALF), (F(1), F(1))),
    (HALF, (F(1),), (F(0), F(0))),
    (F(1, 4), (F(1),), (F(0), F(0))),
    (F(3, 4), (F(1),), (HALF, HALF)),
    # The window of event masses 2p - 1 < q <= 2p: its upper end counts, its lower end does not.
    (F(1, 4), (HALF, HALF), (-HALF, F(0))),
    (F(3, 4), (HALF, HALF), (HALF, HALF)),
    (HALF, (HALF, HALF), (-HALF, HALF)),
]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
@pytest.mark.parametrize(("p", "masses", "expected"), KNOWN)
def test_known_values(engine, p, masses, expected):
    extremes = engine(p, masses)
    assert_certified(p, masses, extremes)
    assert values(extremes) == expected


# --- agreement of routes --------------------------------------------------------------------


@given(covariates(max_atoms=7))
def test_enumeration_and_search_agree(covariate):
    p, masses = covariate
    enumerated = extremes_by_enumeration(p, masses)
    assert_certified(p, masses, enumerated)
    with_bitset = extremes_by_search(p, masses)
    assert_certified(p, masses, with_bitset)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subset_sums, "BITSET_BITS", 0)
        with_halves = extremes_by_search(p, masses)
    assert_certified(p, masses, with_halves)
    assert values(enumerated) == values(with_bitset) == values(with_halves)


def assert_program_agrees(p, masses):
    program = extremes_by_program(p, masses)
    assert_certified(p, masses, program)
    assert values(program) == values(extremes_by_enumeration(p, masses))
    every_event = 2 ** len(masses)
    for case in (program.worst, program.best):
        assert case.duality_gap == 0
        # HiGHS meets its constraints to 1e-7 each, and there are two per event and atom.
        tolerance = 1e-7 * 2 * every_event * len(masses)
        assert abs(case.solver_value - case.value) <= tolerance
        assert len(case.multipliers) + len(case.excluded) == every_event
        assert not any(is_inducible_by_definition(p, masses, event) for event in case.excluded)


@settings(max_examples=25, deadline=None)
@given(covariates(max_atoms=4, max_weight=12))
def test_program_agrees(covariate):
    assert_program_agrees(*covariate)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(covariates(max_atoms=8, max_weight=1000))
def test_program_agrees_on_more_atoms(covariate):
    assert_program_agrees(*covariate)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(covariates(max_atoms=12, max_weight=10**6))
def test_search_agrees_on_more_atoms(covariate):
    p, masses = covariate
    search = extremes_by_search(p, masses)
    assert_certified(p, masses, search)
    assert values(search) == values(extremes_by_enumeration(p, masses))


# --- the definitions themselves -------------------------------------------------------------


@given(st.data(), covariates(max_atoms=5))
def test_no_admissible_pair_does_better(data, covariate):
    p, masses = covariate
    reported = data.draw(admissible(p, masses))
    true = data.draw(admissible(p, masses))
    worst, best = values(extremes_by_search(p, masses))
    assert worst <= payoff(masses, reported, true) <= best


@given(st.data(), covariates(max_atoms=5))
def test_an_event_is_inducible_iff_the_widest_report_induces_it(data, covariate):
    p, masses = covariate
    event = tuple(sorted(data.draw(st.sets(st.sampled_from(range(len(masses)))))))
    report = report_inducing(p, masses, event)
    induces = all((report[i] >= HALF) == (i in event) for i in range(len(masses)))
    inside = all(0 <= x <= 1 for x in report)
    assert is_inducible_by_definition(p, masses, event) == (inside and induces)


@given(st.data(), covariates(max_atoms=5))
def test_what_a_report_induces_is_inducible(data, covariate):
    p, masses = covariate
    reported = data.draw(admissible(p, masses))
    event = {i for i, x in enumerate(reported) if x >= HALF}
    assert is_inducible_by_definition(p, masses, event)


@given(st.data(), covariates(max_atoms=5), st.integers(-3, 3), st.sampled_from((1, -1)))
def test_weak_duality_holds_for_every_multiplier(data, covariate, multiplier, sign):
    p, masses = covariate
    event = tuple(sorted(data.draw(st.sets(st.sampled_from(range(len(masses)))))))
    true = data.draw(admissible(p, masses))
    paid = sum((masses[i] * (2 * true[i] - 1) for i in event), start=F(0))
    assert sign * weak_duality_bound(p, masses, event, multiplier, sign) <= sign * paid


def test_verify_case_names_what_fails():
    p, masses = F(2, 5), (F(2, 5), F(3, 5))
    case = extremes_by_search(p, masses).worst
    spoilt = [
        (Case(case.value + 1, case.event, case.reported, case.true), "U"),
        (Case(case.value, (), case.reported, case.true), "treated"),
        (Case(case.value, case.event, (F(1), F(1)), case.true), r"P averages 1"),
        (Case(case.value, case.event, case.reported, (F(4), F(-2))), r"P\*\[0\] is 4"),
        (Case(case.value, case.event, case.reported, (p,)), "1 entries for 2 atoms"),
    ]
    for wrong, message in spoilt:
        with pytest.raises(ValueError, match=message):
            verify_case(p, masses, wrong)


# --- many atoms -----------------------------------------------------------------------------


@pytest.mark.parametrize("p", [F(0), F(1, 3), F(2, 5), HALF, F(2, 3), F(1)])
def test_forty_equal_masses(p):
    """Only k/40 can be treated, so k is next to the target within the window."""
    masses = (F(1, 40),) * 40
    extremes = extremes_by_search(p, masses)
    assert_certified(p, masses, extremes)
    inducible = [F(k, 40) for k in range(40) if 2 * p - 1 < F(k, 40) <= 2 * p] + [F(1)] * (
        p >= HALF
    )
    assert extremes.worst.value == min(2 * max(0, p + q - 1) - q for q in inducible)
    assert extremes.best.value == max(2 * min(p, q) - q for q in inducible)


def test_three_hundred_atoms():
    weights = [1 + k % 9 for k in range(300)]
    masses = tuple(F(weight, sum(weights)) for weight in weights)
    p = F(600, sum(weights))
    extremes = extremes_by_search(p, masses)
    assert_certified(p, masses, extremes)
    assert values(extremes) == (p - 1, p)


def test_forty_unrelated_masses_find_a_planted_event():
    """No payoff is below p - 1 or above p; an event of mass p reaches both, being inducible."""
    masses = million_law(40, seed=1)
    planted = random.Random(2).sample(range(40), 18)
    p = sum(masses[i] for i in planted)
    assert F(1, 3) < p < F(2, 3)
    extremes = extremes_by_search(p, masses)
    assert_certified(p, masses, extremes)
    assert values(extremes) == (p - 1, p)


def test_forty_nearly_equal_masses_differ_far_beyond_floats():
    """Masses that floats cannot tell apart: 2^40 events, and only exact arithmetic sees them."""
    generator = random.Random(3)
    shifts = [F(generator.randrange(10**6), 10**60) for _ in range(39)]
    masses = [F(1, 40) + shift for shift in shifts]
    masses.append(1 - sum(masses))
    assert len({float(mass) for mass in masses}) == 1
    planted = generator.sample(range(40), 17)
    p = sum(masses[i] for i in planted)
    extremes = extremes_by_search(p, masses)
    assert_certified(p, masses, extremes)
    assert values(extremes) == (p - 1, p)


@pytest.mark.slow
@pytest.mark.parametrize("p", [F(1, 4), F(17, 31), F(5, 7)])
def test_forty_unrelated_masses_in_another_order(p):
    """The answer cannot depend on which atoms are dealt to which half."""
    masses = million_law(40, seed=4)
    shuffled = random.Random(5).sample(masses, len(masses))
    found, again = extremes_by_search(p, masses), extremes_by_search(p, shuffled)
    assert_certified(p, masses, found)
    assert_certified(p, shuffled, again)
    assert values(found) == values(again)


# --- several subgroups ----------------------------------------------------------------------


@given(st.lists(covariates(max_atoms=3), min_size=1, max_size=3), st.data())
def test_joint_payoffs_add_with_the_shares(groups, data):
    shares = data.draw(laws(max_atoms=3).filter(lambda law: len(law) == len(groups)))
    joint = joint_extremes(shares, [p for p, _ in groups], [law for _, law in groups])
    parts = [values(extremes_by_enumeration(p, law)) for p, law in groups]
    assert joint.worst.value == sum(s * w for s, (w, _) in zip(shares, parts, strict=True))
    assert joint.best.value == sum(s * b for s, (_, b) in zip(shares, parts, strict=True))


# --- input ----------------------------------------------------------------------------------

BAD = [
    (F(6, 5), (F(1),), r"^p is 6/5: must lie in \[0, 1\]$"),
    (0.4, (F(1),), r"^p is 0\.4: must be rational"),
    (True, (F(1),), "^p is True: must be rational"),
    (HALF, (F(1), F(0)), r"^masses\[1\] is 0: must be above zero$"),
    (HALF, (F(3, 2), -HALF), r"^masses\[1\] is -1/2: must be above zero$"),
    (HALF, (HALF, F(1, 3)), r"^masses is 1/2,1/3: must sum to exactly 1 \(the sum is 5/6\)$"),
    (HALF, (), r"must sum to exactly 1 \(the sum is 0\)$"),
    (HALF, (HALF, HALF + F(1, 10**99)), r"\(the sum is about 1 \+ 1e-99\)$"),
]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
@pytest.mark.parametrize(("p", "masses", "message"), BAD)
def test_bad_input_is_named(engine, p, masses, message):
    with pytest.raises(InputError, match=message):
        engine(p, masses)


@pytest.mark.parametrize(
    ("engine", "most"), [(extremes_by_enumeration, 16), (extremes_by_program, 8)]
)
def test_too_many_atoms(engine, most):
    atoms = most + 1
    with pytest.raises(EngineLimit, match=f"^masses has {atoms} atoms: must have at most {most} "):
        engine(HALF, (F(1, atoms),) * atoms)


def test_too_many_sums(monkeypatch):
    monkeypatch.setattr(subset_sums, "BITSET_BITS", 0)
    monkeypatch.setattr(subset_sums, "KEPT_SUMS", 10)
    weights = [2**k for k in range(6)]
    with pytest.raises(EngineLimit, match=r"^masses has 6 atoms: must have at most .* sums"):
        extremes_by_search(HALF, tuple(F(weight, sum(weights)) for weight in weights))


def test_masses_that_drown_in_the_solver_are_refused_or_right():
    """Far below the solver's tolerance the program certifies its answer or gives none."""
    for exponent in (6, 9, 12, 20):
        tiny = F(1, 10**exponent)
        for p in (HALF + tiny, tiny, F(1, 3)):
            masses = (tiny, HALF, HALF - tiny)
            try:
                extremes = extremes_by_program(p, masses)
            except EngineLimit:
                continue
            assert values(extremes) == values(extremes_by_enumeration(p, masses))


def test_joint_input_is_checked():
    law = (F(1),)
    with pytest.raises(InputError, match=r"^rates has 1 entries"):
        joint_extremes((HALF, HALF), (HALF,), (law, law))
    with pytest.raises(InputError, match=r"^shares is 1/2: must sum"):
        joint_extremes((HALF,), (HALF,), (law,))


@given(rates())
def test_other_rationals_are_taken_as_they_are(p):
    exact = sympy.Rational(p.numerator, p.denominator)
    assert values(extremes_by_search(exact, (1,))) == values(extremes_by_search(p, (F(1),)))
