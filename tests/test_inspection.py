"""The inspection game, against the definition of equilibrium, Gambit and linear programs."""

from __future__ import annotations

from dataclasses import astuple
from fractions import Fraction as F

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from proofs_check.bimatrix import extreme_equilibria
from theory.command_line import InputError
from theory.inspection import (
    Commitment,
    InspectionGame,
    expected,
    mixed_cheating,
    mixed_inspection,
)
from theory.inspection_programs import commitment_by_programs

amounts = st.fractions(0, 4, max_denominator=3)
chances = st.fractions(0, 1, max_denominator=4)


@st.composite
def games(draw):
    """Any game; half of them on a boundary, where gains and losses balance exactly."""
    gain, penalty, cost, reward, harm = (draw(amounts) for _ in range(5))
    detection, alarm = draw(chances.filter(bool)), draw(chances)
    bonus = draw(st.fractions(-2, 4, max_denominator=3))
    if draw(st.booleans()):
        gain = max(F(0), (detection - alarm) * penalty)
    if draw(st.booleans()):
        cost = draw(st.sampled_from([detection * (reward + harm), max(F(0), alarm * bonus)]))
    return InspectionGame(gain, penalty, cost, reward, detection, alarm, harm, bonus)


def regret(matrix, cheat, inspect, row):
    """What the best pure deviation of the row or the column player would gain."""
    pure = [(F(n), inspect) if row else (cheat, F(n)) for n in (0, 1)]
    return max(expected(matrix, *profile) for profile in pure) - expected(matrix, cheat, inspect)


def is_equilibrium(game, cheat, inspect):
    solver, auditor = game.payoffs()
    regrets = regret(solver, cheat, inspect, True), regret(auditor, cheat, inspect, False)
    return regrets == (0, 0)


def test_payoffs_of_the_basic_game():
    solver, auditor = InspectionGame(F(1), F(3), F(2), F(5)).payoffs()
    assert solver == ((-2, 1), (0, 0))
    assert auditor == ((3, 0), (-2, 0))


def test_payoffs_average_over_what_an_inspection_finds():
    game = InspectionGame(F(1), F(3), F(2), F(5), F(3, 4), F(1, 8), F(7), F(4))
    solver, auditor = game.payoffs()
    found, missed = (F(1) - 3, F(5) - 2), (F(1), F(-7) - 2)
    accused, cleared = (F(-3), F(4) - 2), (F(0), F(-2))
    for player, matrix in enumerate((solver, auditor)):
        assert matrix[0][0] == F(3, 4) * found[player] + F(1, 4) * missed[player]
        assert matrix[1][0] == F(1, 8) * accused[player] + F(7, 8) * cleared[player]
    assert (solver[0][1], auditor[0][1]) == (1, -7)
    assert (solver[1][1], auditor[1][1]) == (0, 0)


@given(games())
@settings(max_examples=300, deadline=None)
def test_equilibria_are_those_of_gambit(game):
    extreme, maximal = extreme_equilibria(*game.payoffs())
    assert set(game.extreme_equilibria()) == extreme
    assert {frozenset(component.corners) for component in game.equilibria()} == maximal


@given(games())
@settings(deadline=None)
def test_a_profile_of_a_grid_is_an_equilibrium_iff_a_component_has_it(game):
    components = game.equilibria()
    assert components
    marks = {F(n, 4) for n in range(5)}
    cheats = marks | {x for x, _ in game.extreme_equilibria()}
    inspections = marks | {y for _, y in game.extreme_equilibria()}
    for x in cheats:
        for y in inspections:
            inside = any(
                c.cheat[0] <= x <= c.cheat[1] and c.inspect[0] <= y <= c.inspect[1]
                for c in components
            )
            assert is_equilibrium(game, x, y) == inside


@given(games())
def test_interior_games_have_the_mixed_closed_form(game):
    if game.interior:
        x = mixed_cheating(
            *(game.cost, game.reward, game.detection),
            *(game.false_alarm, game.harm, game.false_reward),
        )
        y = mixed_inspection(game.gain, game.penalty, game.detection, game.false_alarm)
        assert game.extreme_equilibria() == ((x, y),)
        assert 0 < x < 1
        assert 0 < y < 1


@given(games())
@settings(deadline=None)
def test_commitment_is_that_of_the_linear_programs(game):
    solved, closed = commitment_by_programs(*game.payoffs()), game.commitment()
    # Payoffs below 20 and HiGHS's feasibility tolerance of 1e-7
    assert solved.auditor == pytest.approx(float(closed.auditor), abs=1e-5)


@given(games())
def test_commitment_beats_every_equilibrium(game):
    solver, auditor = game.payoffs()
    best = game.commitment()
    reply = F(int(best.cheats))
    assert expected(solver, reply, best.inspect) >= expected(solver, 1 - reply, best.inspect)
    for x, y in game.extreme_equilibria():
        assert best.auditor >= expected(auditor, x, y)


@given(games())
def test_value_of_commitment_in_the_interior(game):
    if not game.interior:
        return
    ((x, y),) = game.extreme_equilibria()
    auditor = game.payoffs()[1]
    n = game.inspecting_pays(F(1)) - game.inspecting_pays(F(0))
    lead = y - game.harm / n
    gain = game.commitment().auditor - expected(auditor, x, y)
    assert gain == max(game.inspecting_pays(F(1)) * lead, game.inspecting_pays(F(0)) * lead)
    assert game.commitment().cheats == (lead > 0)
    assert game.deterrence().auditor - expected(auditor, x, y) == (
        game.inspecting_pays(F(0)) * lead
    )


def test_deterrence_costs_an_auditor_without_harm():
    game = InspectionGame(F(1), F(2), F(1), F(2))
    assert game.deterrence() == Commitment(F(1, 2), False, F(-1, 2))
    assert game.commitment() == Commitment(F(1, 2), True, F(1, 2))
    harmed = InspectionGame(F(1), F(2), F(1), F(2), harm=F(4))
    assert harmed.commitment() == Commitment(F(1, 2), False, F(-1, 2))
    assert InspectionGame(F(3), F(2), F(1), F(2)).deterrence() is None


@pytest.mark.parametrize(
    ("numbers", "components"),
    [
        ((1, 2, 1, 4), [((F(1, 4), F(1, 4)), (F(1, 2), F(1, 2)))]),
        ((1, 2, 0, 4), [((0, 0), (F(1, 2), 1))]),
        ((1, 2, 4, 4), [((1, 1), (0, F(1, 2)))]),
        ((1, 2, 5, 4), [((1, 1), (0, 0))]),
        ((2, 2, 1, 4), [((F(1, 4), 1), (1, 1))]),
        ((3, 2, 1, 4), [((1, 1), (1, 1))]),
        ((3, 2, 4, 4), [((1, 1), (0, 1))]),
        ((0, 2, 1, 4), [((0, F(1, 4)), (0, 0))]),
        ((0, 0, 0, 0), [((0, 1), (0, 1))]),
        ((0, 0, 1, 4), [((F(1, 4), 1), (1, 1)), ((0, F(1, 4)), (0, 0))]),
    ],
)
def test_regions_and_their_continua(numbers, components):
    found = InspectionGame(*map(F, numbers)).equilibria()
    expected_boxes = set(components)
    if numbers == (0, 0, 1, 4):  # and the segment that joins the two
        expected_boxes.add(((F(1, 4), F(1, 4)), (0, 1)))
    assert {(c.cheat, c.inspect) for c in found} == expected_boxes


@given(games())
def test_exact_and_floating_point_agree(game):
    # Where only certain inspection deters, rounding may decide whether anything does.
    assume(game.gain != (game.detection - game.false_alarm) * game.penalty)
    rounded = InspectionGame(*map(float, astuple(game)))
    assert rounded.commitment().auditor == pytest.approx(float(game.commitment().auditor), abs=1e-9)
    if game.interior and rounded.interior:
        ((x, y),) = game.extreme_equilibria()
        profiles = rounded.extreme_equilibria()
        assert len(profiles) == 1
        assert profiles[0] == pytest.approx((float(x), float(y)), abs=1e-9)
    assert all(isinstance(number, F) for number in game.extreme_equilibria()[0])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"gain": F(-1)}, "gain is -1: must be finite and at least 0"),
        ({"penalty": float("nan")}, "penalty is nan: must be finite and at least 0"),
        ({"cost": float("inf")}, "cost is inf: must be finite and at least 0"),
        ({"detection": F(0)}, "detection is 0: must lie in (0, 1]"),
        ({"false_alarm": F(3, 2)}, "false_alarm is 3/2: must lie in [0, 1]"),
        ({"harm": F(-1, 2)}, "harm is -1/2: must be finite and at least 0"),
        ({"false_reward": float("inf")}, "false_reward is inf: must be finite"),
    ],
)
def test_bad_input_is_named(changed, message):
    numbers = {"gain": F(1), "penalty": F(2), "cost": F(1), "reward": F(4)} | changed
    with pytest.raises(InputError) as raised:
        InspectionGame(**numbers)
    assert str(raised.value) == message
