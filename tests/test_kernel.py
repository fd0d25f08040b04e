"""The kernel: only it makes results, and what it calls proved or refuted is so."""

from __future__ import annotations

import dataclasses
import pickle
from fractions import Fraction

import pytest
import sympy as sp
import z3

from proofs_check import kernel, smt
from proofs_check.check import Check, verdict_of
from proofs_check.kernel import Counterexample, Proof, Unknown
from proofs_check.rational import evaluate, simplest_rationals, unit_rationals
from proofs_check.smt import cvc5_answer, maximum, minimum, reals, z3_answer
from proofs_check.symbolic import vanishes
from theory.piecewise import select
from theory.points import trust_hedge_slope, trust_point

X, Y = reals("x y")


def test_results_cannot_be_made_elsewhere() -> None:
    with pytest.raises(TypeError, match=r"only be made by proofs_check\.kernel"):
        Proof("claim", "proved", "by hand", 0.0, object())


def test_a_valid_statement_is_proved_by_both_engines_with_a_witness() -> None:
    result = kernel.prove("square", [X > 1], X * X > X)
    assert isinstance(result, Proof)
    assert result.engines == ("Z3", "cvc5")
    assert Fraction(result.witness["x"]) > 1


def test_an_invalid_statement_is_refuted_at_the_simplest_rationals() -> None:
    result = kernel.prove("square", [X >= 0, X <= 1], X * X == X)
    assert isinstance(result, Counterexample)
    assert result.data == {"x": "1/2"}


def test_order_decides_what_is_kept_simple() -> None:
    given = [X + Y == z3.RealVal("5/6"), X > 0, Y > 0]
    first = kernel.prove("sum", given, X == Y, order=[X])
    second = kernel.prove("sum", given, X == Y, order=[Y])
    assert isinstance(first, Counterexample)
    assert isinstance(second, Counterexample)
    assert first.data["x"] == second.data["y"] == "1/2"


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ([3 * X == 17], "17/3"),
        ([13 * X > 1, 12 * X < 1, X > 0], "2/25"),
        ([2 * X > 5, X * X < 50], "3"),
        ([2 * X < -5, X * X > 7], "-3"),
    ],
)
def test_beyond_the_listed_rationals_the_choice_is_not_the_solvers(given, value) -> None:
    result = kernel.prove("outside", given, X < X)
    assert isinstance(result, Counterexample)
    assert result.data == {"x": value}


def test_hypotheses_that_cannot_be_met_prove_nothing() -> None:
    result = kernel.prove("vacuous", [X > 1, X < 0], X == 7)
    assert isinstance(result, Unknown)
    assert "satisfiable" in result.reason


def test_irrational_counterexamples_are_not_passed_off_as_rational() -> None:
    result = kernel.prove("root", [X > 0], X * X != 2)
    assert isinstance(result, Unknown)
    assert "no rational counterexample" in result.reason


def test_a_counterexample_that_the_definitions_deny_is_not_believed() -> None:
    result = kernel.prove("square", [X >= 0], X * X >= X, recheck=lambda at: False)
    assert isinstance(result, Unknown)


def test_disagreement_between_the_engines_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "cvc5_answer", lambda formulas: "sat")
    result = kernel.prove("square", [X > 1], X * X > X)
    assert isinstance(result, Unknown)
    assert "disagree" in result.reason


def test_one_engine_alone_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "cvc5_answer", lambda formulas: "unknown")
    result = kernel.prove("square", [X > 1], X * X > X)
    assert isinstance(result, Proof)
    assert result.engines == ("Z3",)


def test_an_engine_out_of_time_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "z3_answer", lambda formulas: "unknown")
    monkeypatch.setattr(smt, "cvc5_answer", lambda formulas: "unknown")
    assert isinstance(kernel.prove("square", [X > 1], X * X > X), Unknown)


def test_one_failed_obligation_fails_them_all() -> None:
    result = kernel.prove_all("two", "cases", {"good": ([X > 1], X > 0), "bad": ([X > 1], X > 2)})
    assert isinstance(result, Counterexample)
    assert "bad" in result.method


def test_a_refutation_needs_its_obligations_at_the_point_it_names() -> None:
    at = {X: Fraction(2, 5)}
    good = kernel.refute("set", "because", at, {"fact": ([], X < 1)}, {"seen": (1, 2)})
    assert isinstance(good, Counterexample)
    assert good.data == {"x": "2/5", "seen": "(1, 2)"}
    for obligations in ({"fact": ([], X > 1)}, {"fact": ([X > 1], X > 0)}, {}):
        assert isinstance(kernel.refute("set", "because", at, obligations), Unknown)


def test_nothing_proves_nothing() -> None:
    assert isinstance(kernel.prove_all("none", "cases", {}), Unknown)
    assert isinstance(kernel.derive("none", {}), Unknown)


@pytest.mark.parametrize(
    ("given", "goal", "decided"),
    [
        ([X >= 0], X / X == 1, False),
        ([X > 0], X / X == 1, True),
        ([X >= 0], z3.Implies(X > 0, X / X == 1), True),
        ([X >= 0], z3.If(X > 0, X / X, 1) == 1, True),
        ([X >= 0], z3.If(X > 0, 1, X / X) == 1, False),
        ([X >= 0, X != 0, Y == 1 / X], Y * X == 1, True),
        ([X == 0, Y == 1 / X], Y == Y, False),
        ([X >= 0], X / 2 <= X, True),
    ],
)
def test_division_by_what_may_be_zero_decides_nothing(
    given: list[z3.BoolRef], goal: z3.BoolRef, decided: bool
) -> None:
    result = kernel.prove("division", given, goal)
    assert isinstance(result, Proof) == decided
    assert decided or (isinstance(result, Unknown) and "divides by" in result.reason)


def test_results_cannot_be_relabelled() -> None:
    result = kernel.prove("square", [X > 1], X * X > X)
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(result, name="another")


def test_exhaustive_checks_report_the_first_failure_and_refuse_an_empty_domain() -> None:
    assert isinstance(kernel.exhaust("d", "three", [1, 2, 3], lambda n: n > 0), Proof)
    failed = kernel.exhaust("d", "three", [1, 2, 3], lambda n: n < 2)
    assert isinstance(failed, Counterexample)
    assert failed.data == {"element": "2"}
    assert isinstance(kernel.exhaust("d", "none", [], lambda n: True), Unknown)


def test_identities() -> None:
    x = sp.Symbol("x")
    assert isinstance(kernel.derive("d", {"zero": (x + 1) ** 2 - x**2 - 2 * x - 1}), Proof)
    refuted = kernel.derive("d", {"zero": x - x**2})
    assert isinstance(refuted, Counterexample)
    assert refuted.data == {"x": "1/3", "at": "zero"}
    y = sp.Symbol("y", positive=True)
    hard = sp.sqrt(y**2 + 2 * sp.sqrt(y**2 + 1) + 2) - 1 - sp.sqrt(y**2 + 1)
    assert not isinstance(kernel.derive("d", {"hard, but zero": hard}), Counterexample)
    assert vanishes(select(x > 0, x, x) - x)


def test_results_survive_the_way_between_processes() -> None:
    result = kernel.prove("square", [X > 1], X * X > X)
    assert pickle.loads(pickle.dumps(result)).witness == result.witness


@pytest.mark.parametrize("value", unit_rationals(6))
def test_closed_forms_mean_the_same_to_the_prover_and_to_the_program(value: Fraction) -> None:
    p = z3.Real("p")
    for index in (0, 1):
        assert evaluate(trust_point(p)[index], {"p": value}) == trust_point(value)[index]
    if Fraction(1, 3) <= value <= Fraction(2, 3):
        assert evaluate(trust_hedge_slope(p), {"p": value}) == trust_hedge_slope(value)


@pytest.mark.parametrize("formulas", [[X > 0, X < 0], [X * X == 2, X > 0], [X / Y == 1, Y > X]])
def test_both_engines_read_the_same_formula(formulas: list[z3.BoolRef]) -> None:
    assert z3_answer(formulas) == cvc5_answer(formulas) != "unknown"


def test_extremes_and_exact_evaluation() -> None:
    at = {"x": Fraction(1, 3), "y": Fraction(1, 2)}
    assert evaluate(minimum(X, Y, 1), at) == Fraction(1, 3)
    assert evaluate(maximum(X, Y, 0), at) == Fraction(1, 2)
    assert evaluate(z3.And(X < Y, z3.Or(X > Y, z3.Not(X == Y)), z3.Implies(X > Y, X == 0)), at)
    with pytest.raises(KeyError):
        evaluate(X, {})


def test_simplest_rationals_come_by_denominator_without_repetition() -> None:
    listed = list(simplest_rationals(0, 1, 7))
    assert len(set(listed)) == len(listed)
    assert [x.denominator for x in listed] == sorted(x.denominator for x in listed)


def test_experiments_are_decided_by_the_interval_of_paired_differences() -> None:
    below = [-1.0, -1.1, -0.9, -1.0, -1.2, -0.8]
    lower = kernel.replicate("lower", "runs", below)
    assert isinstance(lower, Proof)
    assert lower.kind == kernel.REPLICATED
    assert "sign-flip p 0.031" in lower.method
    higher = kernel.replicate("lower", "runs", [-value for value in below])
    assert isinstance(higher, Counterexample)
    assert higher.kind == kernel.REPLICATED
    for differences in ([-1.0, 1.2, -0.9, 0.8, -0.2, 0.3], [0.0] * 6):
        none = kernel.replicate("lower", "runs", differences)
        assert isinstance(none, Counterexample)
        assert none.kind == kernel.UNDETECTED
    for differences, reason in (
        ([], "6 runs are needed"),
        (below[:5], "6 runs are needed, not 5"),
        ([*below, float("-inf")], "infinite loss in 1 of 7 runs, not compared"),
    ):
        found = kernel.replicate("lower", "runs", differences)
        assert isinstance(found, Unknown)
        assert found.kind != kernel.WAITING
        assert reason in found.reason


def test_an_observation_is_about_every_recorded_value() -> None:
    assert isinstance(kernel.observe("below", "runs", {"run 0": -1.0, "run 1": -0.1}), Proof)
    for value in (0.0, 0.1, float("nan")):
        found = kernel.observe("below", "runs", {"run 0": -1.0, "run 1": value})
        assert isinstance(found, Counterexample)
        assert found.data["first exception"] == "run 1"
    assert isinstance(kernel.observe("below", "runs", {}), Unknown)


def test_what_runs_speak_against_is_no_error_of_a_text() -> None:
    below = [-1.0, -1.1, -0.9, -1.0, -1.2, -0.8]
    around = [-1.0, 1.2, -0.9, 0.8, -0.2, 0.3]

    def verdict(*conclusions: list[float]) -> str:
        check = Check("slug")
        for differences in conclusions:
            check.replicate("lower", "runs", differences)
        check.replicate("wrong", "runs", around, role="control")
        check.assert_decided()
        return verdict_of(check.parts, corrected=False)

    assert verdict(below) == "holds"
    assert verdict(below, around) == "no difference detected"
    assert verdict(around, [-value for value in below]) == "contradicted by runs"


def test_a_claim_may_wait_for_evidence_but_for_nothing_else() -> None:
    waiting = Check("slug")
    waiting.wait("run", "the GPU")
    waiting.assert_decided()
    assert waiting.waits_for() == ["run: waits for: the GPU"]
    assert verdict_of(waiting.parts, corrected=False) == "open"
    waiting.prove("wrong", [X > 1], X > 0, role="control")
    with pytest.raises(AssertionError, match="was not refuted"):
        waiting.assert_decided()
    with pytest.raises(AssertionError, match="no negative control"):
        Check("slug", parts=[]).assert_decided()
