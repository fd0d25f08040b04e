"""The first two engines: Z3 decides, cvc5 decides again from the same SMT-LIB text.

Formulas are Z3 terms over the reals.  `theory.piecewise.select` is taught Z3 conditions
here, so the closed forms of `theory` evaluate to Z3 terms: the function that a user calls
is the function that is proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain
from typing import Any, Literal

import cvc5
import z3

from proofs_check.rational import evaluate, simplest_rationals
from theory.piecewise import select

Answer = Literal["sat", "unsat", "unknown"]
TIMEOUT_SECONDS = 60


@select.register(z3.BoolRef)
def _(condition: z3.BoolRef, if_true: Any, if_false: Any) -> Any:
    return z3.If(condition, _real(if_true), _real(if_false))


def _real(value: Any) -> Any:
    return value if isinstance(value, z3.ExprRef) else z3.RealVal(str(value))


def reals(names: str) -> list[z3.ArithRef]:
    """Real variables with the given space-separated names."""
    return [z3.Real(name) for name in names.split()]


def minimum(*terms: Any) -> z3.ArithRef:
    """The least of some real terms."""
    least, *others = (_real(term) for term in terms)
    for other in others:
        least = z3.If(other < least, other, least)
    return least


def maximum(*terms: Any) -> z3.ArithRef:
    """The greatest of some real terms."""
    return -minimum(*(-_real(term) for term in terms))


def z3_answer(formulas: Sequence[z3.BoolRef], seconds: float = TIMEOUT_SECONDS) -> Answer:
    """Whether the conjunction of `formulas` is satisfiable, according to Z3."""
    solver = _solver(formulas, seconds)
    return _named(str(solver.check()))


def cvc5_answer(formulas: Sequence[z3.BoolRef], seconds: float = TIMEOUT_SECONDS) -> Answer:
    """The same question put to cvc5, which reads it as SMT-LIB 2.6 text."""
    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    solver.setLogic("QF_NRA" if _plain(formulas) else "ALL")
    solver.setOption("tlimit-per", str(int(seconds * 1000)))
    parser = cvc5.InputParser(solver)
    text = _solver(formulas, seconds).to_smt2()
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "query")
    symbols = parser.getSymbolManager()
    output = ""
    while not (command := parser.nextCommand()).isNull():
        output += str(command.invoke(solver, symbols))
    return _named(output.strip())


def simplest_model(
    formulas: Sequence[z3.BoolRef],
    variables: Sequence[z3.ArithRef],
    seconds: float = TIMEOUT_SECONDS,
) -> dict[str, Fraction] | None:
    """A rational model, each variable in turn as simple as those before it allow.

    The formulas are re-evaluated in exact arithmetic at the model that is returned.  None
    if there is no model, or none was found that is rational.
    """
    solver = _solver(formulas, seconds)
    if solver.check() != z3.sat:
        return None
    model: dict[str, Fraction] = {}
    for variable in variables:
        for candidate in simplest_rationals():
            solver.push()
            solver.add(variable == z3.RealVal(str(candidate)))
            if solver.check() == z3.sat:
                model[variable.decl().name()] = candidate
                break
            solver.pop()
        else:
            value = _forced_value(solver, variable)
            if value is None:
                return None
            solver.add(variable == z3.RealVal(str(value)))
            model[variable.decl().name()] = value
    try:
        return model if all(evaluate(formula, model) for formula in formulas) else None
    except (KeyError, ZeroDivisionError, NotImplementedError):
        return None


def _forced_value(solver: z3.Solver, variable: z3.ArithRef) -> Fraction | None:
    """A value of `variable` where none of `simplest_rationals` is one.

    The first that there is of: the only value; the simplest of [0, 1] up to 1/60; the integer of
    least size up to 100; what the solver happens to find, the only choice that depends on it.
    None if there is none of these, and what it finds is irrational.
    """
    if solver.check() != z3.sat:
        return None
    found = solver.model().eval(variable, model_completion=True)
    rational = z3.is_rational_value(found)
    value = Fraction(found.numerator_as_long(), found.denominator_as_long()) if rational else None
    if rational and solver.check(variable != found) == z3.unsat:
        return value
    known_not_to_be = set(simplest_rationals())
    for candidate in chain(simplest_rationals(0, 1, 60), simplest_rationals(-100, 100, 1)):
        equation = variable == z3.RealVal(str(candidate))
        if candidate not in known_not_to_be and solver.check(equation) == z3.sat:
            return candidate
    return value


def possible_zero_divisor(given: Sequence[z3.BoolRef], goal: z3.BoolRef) -> str | None:
    """A divisor of the formulas that is not shown to be nonzero where it is used, or None.

    SMT-LIB makes x/0 some number, so a division is only meaningful where `given` and the
    conditions on the way to it (of conditionals, implications, and earlier conjuncts)
    exclude zero.
    """
    dividing: dict[int, bool] = {}
    plain = [formula for formula in given if not _divides(formula, dividing)]
    seen: set[tuple[int, ...]] = set()
    for divisor, path in _divisions(z3.And(*given, goal), (), dividing):
        key = (divisor.get_id(), *sorted({condition.get_id() for condition in path}))
        if key in seen:
            continue
        seen.add(key)
        if z3_answer([*plain, *path, divisor == 0]) != "unsat":
            return str(divisor)
    return None


def _needs_care(term: z3.ExprRef) -> bool:
    """A division, but not one by a number other than zero."""
    if not z3.is_div(term):
        return False
    divisor = term.children()[1]
    return not (z3.is_rational_value(divisor) and divisor.numerator_as_long())


def _divides(term: z3.ExprRef, known: dict[int, bool]) -> bool:
    """Whether a division occurs in `term`; `known` remembers the answers for subterms."""
    key = term.get_id()
    if key not in known:
        below = [term.body()] if z3.is_quantifier(term) else term.children()
        known[key] = _needs_care(term) or any(_divides(child, known) for child in below)
    return known[key]


def _divisions(
    term: z3.ExprRef, path: tuple[z3.BoolRef, ...], dividing: dict[int, bool]
) -> Iterator[tuple[z3.ArithRef, tuple[z3.BoolRef, ...]]]:
    """The divisors in `term`, each with the division-free conditions under which it is reached."""
    if not _divides(term, dividing):
        return
    if z3.is_quantifier(term):
        yield from _divisions(term.body(), path, dividing)
        return
    arguments = term.children()
    if _needs_care(term):
        yield arguments[1], path
    chain = z3.is_and(term) or z3.is_implies(term)
    conditional = not chain and term.decl().kind() == z3.Z3_OP_ITE
    for place, argument in enumerate(arguments):
        yield from _divisions(argument, path, dividing)
        if chain and not _divides(argument, dividing):
            path = (*path, argument)
        elif conditional and not _divides(arguments[0], dividing):
            base = path if place == 0 else path[:-1]
            path = (*base, arguments[0] if place == 0 else z3.Not(arguments[0]))


def free_variables(formulas: Sequence[z3.ExprRef]) -> list[z3.ArithRef]:
    """The real variables of quantifier-free formulas, in order of first appearance."""
    found: dict[str, z3.ArithRef] = {}
    seen: set[int] = set()

    def visit(term: z3.ExprRef) -> None:
        if term.get_id() in seen:
            return
        seen.add(term.get_id())
        if z3.is_quantifier(term):
            visit(term.body())
        elif (
            z3.is_const(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED and z3.is_real(term)
        ):
            found.setdefault(term.decl().name(), term)
        else:
            for child in term.children():
                visit(child)

    for formula in formulas:
        visit(formula)
    return list(found.values())


def _solver(formulas: Sequence[z3.BoolRef], seconds: float) -> z3.Solver:
    solver = z3.Solver()
    solver.set("timeout", int(seconds * 1000))
    solver.add(*formulas)
    return solver


def _plain(formulas: Sequence[z3.ExprRef]) -> bool:
    """Neither quantifiers nor uninterpreted functions occur."""
    return all(
        not z3.is_quantifier(term)
        and not (term.num_args() and term.decl().kind() == z3.Z3_OP_UNINTERPRETED)
        and _plain(term.children())
        for term in formulas
    )


def _named(text: str) -> Answer:
    return "sat" if text == "sat" else "unsat" if text == "unsat" else "unknown"
