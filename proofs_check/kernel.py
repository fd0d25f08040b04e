"""The only maker of results.

A result is a :class:`Proof`, a :class:`Counterexample` or :class:`Unknown`.  Their
constructors refuse calls from anywhere else, so a verdict rests on something that one of
the functions below has computed:

* :func:`prove` — for all real values: the hypotheses can be met, and together with the
  negated goal they are unsatisfiable for Z3 and for cvc5;
* :func:`prove_all` — several such obligations, for example the base and the step of an
  induction, as one result;
* :func:`refute` — a counterexample to a statement about sets: the stated obligations, all
  proved, are what contradicts it at the stated data;
* :func:`derive` — a SymPy identity;
* :func:`certify` — one exact computation on stated data;
* :func:`exhaust` — an exact check of every element of a stated finite domain;
* :func:`sample` — random instances with shrinking (never counted as proof);
* :func:`replicate` — the mean of paired runs of a recorded experiment (never counted as proof);
* :func:`observe` — every value of a recorded experiment (never counted as proof);
* :func:`wait` — evidence that is not at hand: undecided, with what is missing;
* :func:`cite` — an external theorem that is used.

If the negated goal is satisfiable, :func:`prove` returns the simplest rational
counterexample that it can find, re-evaluated in exact arithmetic.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import z3
from scipy import stats

from empirical.compare_statistics import sign_flip
from proofs_check import smt, symbolic

_MINT = object()
CONFIDENCE = 0.95  # of the intervals that decide about experiments
LEAST_RUNS = 6  # below, the exact sign-flip test cannot reach the level
WAITING = "waiting"  # the kind of a result that more evidence would decide
REPLICATED, UNDETECTED = "replicated", "undetected"  # kinds of what experiments decide

Obligation = tuple[Sequence[z3.BoolRef], z3.BoolRef]


@dataclass(frozen=True)
class Result:
    """What was checked, how, and for how long; made by this module alone."""

    name: str
    kind: str
    method: str
    seconds: float
    mint: InitVar[object]

    def __post_init__(self, mint: object) -> None:
        if mint is not _MINT:
            raise TypeError(f"{type(self).__name__} can only be made by proofs_check.kernel")


@dataclass(frozen=True)
class Proof(Result):
    """The statement holds; `witness` meets the hypotheses (empty if there are none)."""

    engines: tuple[str, ...] = ()
    witness: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Counterexample(Result):
    """The statement fails at `data`, rechecked by exact arithmetic or by proof."""

    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unknown(Result):
    """Nothing was decided, because of `reason`."""

    reason: str = ""


def prove(
    name: str,
    given: Sequence[z3.BoolRef],
    goal: z3.BoolRef,
    *,
    order: Sequence[z3.ArithRef] | None = None,
    recheck: Callable[[Mapping[str, Fraction]], bool] | None = None,
) -> Result:
    """Prove `goal` from `given` for all real values of the free variables, or refute it.

    `order` lists the variables in which a counterexample is to be simplest (default: order
    of appearance).  `recheck` receives the counterexample and must confirm, from the
    definitions and without the closed forms, that the statement fails there.
    """
    clock = _Clock()
    given = list(given)
    negated = [*given, z3.Not(goal)]
    if divisor := smt.possible_zero_divisor(given, goal):
        return _unknown(name, clock, f"divides by {divisor}, which the hypotheses let be zero")
    first = smt.z3_answer(negated)
    if first == "unsat":
        witness = _satisfying(given)
        if witness is None:
            return _unknown(name, clock, "the hypotheses could not be shown to be satisfiable")
        second = smt.cvc5_answer(negated)
        if second == "sat":
            return _unknown(name, clock, "Z3 and cvc5 disagree")
        engines = ("Z3", "cvc5") if second == "unsat" else ("Z3",)
        return _proof(name, "proved", _unsat_by(engines), clock, engines, witness)
    if first == "unknown":
        if smt.cvc5_answer(negated) == "unsat" and (witness := _satisfying(given)) is not None:
            return _proof(name, "proved", _unsat_by(("cvc5",)), clock, ("cvc5",), witness)
        return _unknown(name, clock, "Z3 and cvc5 reached no decision in time")
    variables = list(order or ())
    known = {str(v) for v in variables}
    variables += [v for v in smt.free_variables(negated) if str(v) not in known]
    model = smt.simplest_model(negated, variables)
    if model is None:
        return _unknown(name, clock, "refuted by Z3, but no rational counterexample was confirmed")
    if recheck is not None and not recheck(model):
        return _unknown(name, clock, f"the definitions do not confirm the counterexample {model}")
    method = "Z3 model, simplest rationals, re-evaluated exactly"
    if recheck is not None:
        method += ", confirmed from the definitions"
    return _counterexample(name, method, clock, model)


def prove_all(name: str, how: str, obligations: Mapping[str, Obligation]) -> Result:
    """Prove every obligation; the first that is refuted or undecided decides the result.

    `how` says how the obligations add up to the statement (induction, cases, ...).
    """
    clock = _Clock()
    if not obligations:
        return _unknown(name, clock, "there is nothing to prove")
    engines = {"Z3", "cvc5"}
    witness: dict[str, str] = {}
    for label, (given, goal) in obligations.items():
        result = prove(f"{name}: {label}", given, goal)
        if isinstance(result, Counterexample):
            return _counterexample(name, f"{label}: {result.method}", clock, result.data)
        if not isinstance(result, Proof):
            reason = result.reason if isinstance(result, Unknown) else ""
            return _unknown(name, clock, f"{label}: {reason}")
        engines &= set(result.engines)
        witness.update({f"{label}: {key}": value for key, value in result.witness.items()})
    chosen = tuple(sorted(engines)) or ("Z3 or cvc5, each part by one of them",)
    method = f"{how} ({len(obligations)} obligations, {_unsat_by(chosen)})"
    return _proof(name, "proved", method, clock, chosen, witness)


def refute(
    name: str,
    how: str,
    at: Mapping[z3.ArithRef, Fraction],
    obligations: Mapping[str, Obligation],
    shown: Mapping[str, Any] | None = None,
) -> Result:
    """Refute a statement about sets at a point: the obligations, proved there, contradict it.

    `at` gives the variables their values; every obligation is proved with these equations
    among its hypotheses.  `how` says why the obligations contradict the statement; `shown`
    is further data for the reader.
    """
    clock = _Clock()
    equations = [variable == z3.RealVal(str(value)) for variable, value in at.items()]
    placed = {label: ([*given, *equations], goal) for label, (given, goal) in obligations.items()}
    result = prove_all(name, how, placed)
    if not isinstance(result, Proof):
        return _unknown(name, clock, f"the refutation did not go through: {result}")
    data = {str(variable): value for variable, value in at.items()}
    return _counterexample(name, result.method, clock, {**data, **(shown or {})})


def derive(name: str, identities: Mapping[str, Any]) -> Result:
    """Every expression of `identities` must reduce to zero in SymPy."""
    clock = _Clock()
    if not identities:
        return _unknown(name, clock, "there is nothing to derive")
    for label, expression in identities.items():
        if not symbolic.vanishes(expression):
            point = symbolic.nonzero_point(expression)
            if point is None:
                return _unknown(name, clock, f"SymPy does not simplify {label} to zero")
            return _counterexample(name, "SymPy, value at a point", clock, {**point, "at": label})
    return _proof(name, "derived", f"SymPy, {len(identities)} identities", clock, ("SymPy",), {})


def certify(name: str, statement: Callable[[], bool], data: Mapping[str, Any]) -> Result:
    """Evaluate `statement` once, in exact arithmetic, on the stated data."""
    clock = _Clock()
    if statement():
        return _proof(name, "certified", "exact arithmetic", clock, ("rationals",), data)
    return _counterexample(name, "exact arithmetic", clock, data)


def exhaust(
    name: str, domain: str, elements: Iterable[Any], holds: Callable[[Any], bool]
) -> Result:
    """Check every element of a finite domain, described by `domain`, exactly."""
    clock = _Clock()
    count = 0
    for element in elements:
        count += 1
        if not holds(element):
            data = element if isinstance(element, Mapping) else {"element": element}
            return _counterexample(name, f"exact search over {domain}", clock, data)
    if not count:
        return _unknown(name, clock, "the domain is empty")
    return _proof(name, "exhaustive", f"all {count} of: {domain}", clock, ("rationals",), {})


def sample(name: str, test: Callable[[], None], instances: int) -> Result:
    """Run a Hypothesis test; a failing example is shrunk by Hypothesis and reported."""
    clock = _Clock()
    try:
        test()
    except AssertionError as error:
        return _counterexample(name, "Hypothesis", clock, {"example": str(error)})
    return _proof(
        name, "tested", f"Hypothesis, {instances} random instances", clock, ("Hypothesis",), {}
    )


def replicate(name: str, experiment: str, differences: Sequence[float]) -> Result:
    """That a mean difference below zero is detected, from one paired difference per run (seed).

    Decided by the two-sided t interval of level `CONFIDENCE`, once, at the number of runs that was
    fixed before the first: a proof of kind "replicated" if it lies below zero; else a
    counterexample, of kind "replicated" if it lies above, "undetected" if it includes zero.
    `experiment` says what was run and measured.  The p-value of the exact sign-flip test, which
    needs no normal distribution, is shown beside it.
    """
    clock = _Clock()
    values = np.asarray(differences, dtype=float)
    count = len(values)
    if not np.isfinite(values).all():
        broken = f"infinite loss in {int((~np.isfinite(values)).sum())} of {count} runs"
        return _unknown(name, clock, f"{experiment}: {broken}, not compared")
    if count < LEAST_RUNS:
        return _unknown(name, clock, f"{experiment}: {LEAST_RUNS} runs are needed, not {count}")
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * values.std(ddof=1))
    half /= math.sqrt(count)
    mean = float(values.mean())
    shown = {
        "mean difference": f"{mean:.4g}",
        "95% interval": f"[{mean - half:.4g}, {mean + half:.4g}]",
        "sign-flip p": f"{sign_flip(values):.2g}",
        "runs": str(count),
    }
    method = f"{experiment}: " + ", ".join(f"{key} {value}" for key, value in shown.items())
    if mean + half < 0:
        return _proof(name, REPLICATED, method, clock, ("experiment",), shown)
    kind = REPLICATED if mean - half > 0 else UNDETECTED
    return Counterexample(name, kind, method, clock.seconds(), _MINT, shown)


def observe(name: str, experiment: str, differences: Mapping[str, float]) -> Result:
    """That every recorded difference is below zero; each has the name of its run or interval.

    It says what was seen in these runs, and nothing of others.
    """
    clock = _Clock()
    if not differences:
        return _unknown(name, clock, f"{experiment}: nothing was recorded")
    failing = {key: value for key, value in differences.items() if not value < 0}
    method = f"{experiment}: below zero in {len(differences) - len(failing)} of {len(differences)}"
    if not failing:
        return _proof(name, REPLICATED, method, clock, ("experiment",), {})
    key = next(iter(failing))
    data = {"first exception": key, "difference": f"{failing[key]:.4g}"}
    return Counterexample(name, REPLICATED, method, clock.seconds(), _MINT, data)


def wait(name: str, missing: str) -> Result:
    """Record that the statement is undecided for want of evidence: `missing` says which."""
    return _waiting(name, _Clock(), missing)


def cite(name: str, reference: str) -> Result:
    """Record that an external theorem is used."""
    return _proof(name, "cited", reference, _Clock(), (), {})


class _Clock:
    def __init__(self) -> None:
        self.start = time.perf_counter()

    def seconds(self) -> float:
        return time.perf_counter() - self.start


def _satisfying(given: Sequence[z3.BoolRef]) -> dict[str, str] | None:
    """A rational point that meets the hypotheses, or None; quantified ones only get Z3's word."""
    if not given:
        return {}
    quantified = any(_has_quantifier(formula) for formula in given)
    if quantified:
        return {"hypotheses": "satisfiable (Z3)"} if smt.z3_answer(given) == "sat" else None
    model = smt.simplest_model(given, smt.free_variables(given))
    return None if model is None else {key: _shown(value) for key, value in model.items()}


def _has_quantifier(term: z3.ExprRef) -> bool:
    return z3.is_quantifier(term) or any(_has_quantifier(child) for child in term.children())


def _shown(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "(" + ", ".join(_shown(item) for item in value) + ")"
    return str(value)


def _unsat_by(engines: Sequence[str]) -> str:
    return f"negation unsatisfiable: {', '.join(engines)}"


def _proof(
    name: str,
    kind: str,
    method: str,
    clock: _Clock,
    engines: tuple[str, ...],
    witness: Mapping[str, Any],
) -> Proof:
    shown = {key: _shown(value) for key, value in witness.items()}
    return Proof(name, kind, method, clock.seconds(), _MINT, engines, shown)


def _counterexample(
    name: str, method: str, clock: _Clock, data: Mapping[str, Any]
) -> Counterexample:
    shown = {key: _shown(value) for key, value in data.items()}
    return Counterexample(name, "certified", method, clock.seconds(), _MINT, shown)


def _waiting(name: str, clock: _Clock, missing: str) -> Unknown:
    return Unknown(name, WAITING, "none", clock.seconds(), _MINT, f"waits for: {missing}")


def _unknown(name: str, clock: _Clock, reason: str) -> Unknown:
    return Unknown(name, "none", "none", clock.seconds(), _MINT, reason)
