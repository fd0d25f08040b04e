"""The recorder that a claim's test fills: parts, controls, and the verdict they amount to.

A claim may have several parts.  Each has a role:

* ``conclusion`` — the statement itself;
* ``step`` — an intermediate step of its printed derivation;
* ``prose`` — a sentence about it in the running text;
* ``reading`` — the statement under a literal reading that a charitable one replaces;
* ``confirmation`` — the same fact once more by another route; it adds no strength, and if it
  contradicts the rest the claim is open;
* ``control`` — a deliberately wrong variant, which the same engine must refute.

The verdict is a function of the results (:func:`verdict_of`); nobody types it in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import z3

from proofs_check import kernel
from proofs_check.kernel import Counterexample, Obligation, Proof, Result, Unknown

Role = Literal["conclusion", "step", "prose", "reading", "confirmation", "control"]
Verdict = Literal[
    "holds",
    "holds with a correction",
    "false as printed",
    "no difference detected",
    "contradicted by runs",
    "open",
]

HOLDS: Verdict = "holds"
CORRECTED: Verdict = "holds with a correction"
FALSE: Verdict = "false as printed"
UNDETECTED: Verdict = "no difference detected"
CONTRADICTED: Verdict = "contradicted by runs"
OPEN: Verdict = "open"

NO_CONTROL = "there is no negative control"


@dataclass(frozen=True)
class Part:
    """One checked part of a claim."""

    role: Role
    result: Result


@dataclass
class Check:
    """Collects the parts of one claim; `full` asks for the larger exhaustive domains."""

    slug: str
    full: bool = False
    parts: list[Part] = field(default_factory=list)

    def prove(
        self,
        name: str,
        given: Sequence[z3.BoolRef],
        goal: z3.BoolRef,
        *,
        role: Role = "conclusion",
        order: Sequence[z3.ArithRef] | None = None,
        recheck: Callable[[Mapping[str, Fraction]], bool] | None = None,
    ) -> Result:
        """See `kernel.prove`."""
        return self._record(role, kernel.prove(name, given, goal, order=order, recheck=recheck))

    def prove_all(
        self,
        name: str,
        how: str,
        obligations: Mapping[str, Obligation],
        *,
        role: Role = "conclusion",
    ) -> Result:
        """See `kernel.prove_all`."""
        return self._record(role, kernel.prove_all(name, how, obligations))

    def refute(
        self,
        name: str,
        how: str,
        at: Mapping[z3.ArithRef, Fraction],
        obligations: Mapping[str, Obligation],
        *,
        shown: Mapping[str, Any] | None = None,
        role: Role = "conclusion",
    ) -> Result:
        """See `kernel.refute`."""
        return self._record(role, kernel.refute(name, how, at, obligations, shown))

    def derive(
        self, name: str, identities: Mapping[str, Any], *, role: Role = "conclusion"
    ) -> Result:
        """See `kernel.derive`."""
        return self._record(role, kernel.derive(name, identities))

    def certify(
        self,
        name: str,
        statement: Callable[[], bool],
        data: Mapping[str, Any],
        *,
        role: Role = "conclusion",
    ) -> Result:
        """See `kernel.certify`."""
        return self._record(role, kernel.certify(name, statement, data))

    def exhaust(
        self,
        name: str,
        domain: str,
        elements: Iterable[Any],
        holds: Callable[[Any], bool],
        *,
        role: Role = "conclusion",
    ) -> Result:
        """See `kernel.exhaust`."""
        return self._record(role, kernel.exhaust(name, domain, elements, holds))

    def sample(
        self, name: str, test: Callable[[], None], instances: int, *, role: Role = "conclusion"
    ) -> Result:
        """See `kernel.sample`."""
        return self._record(role, kernel.sample(name, test, instances))

    def replicate(
        self,
        name: str,
        experiment: str,
        differences: Sequence[float],
        *,
        role: Role = "conclusion",
    ) -> Result:
        """See `kernel.replicate`."""
        return self._record(role, kernel.replicate(name, experiment, differences))

    def observe(
        self,
        name: str,
        experiment: str,
        differences: Mapping[str, float],
        *,
        role: Role = "conclusion",
    ) -> Result:
        """See `kernel.observe`."""
        return self._record(role, kernel.observe(name, experiment, differences))

    def wait(self, name: str, missing: str, *, role: Role = "conclusion") -> Result:
        """See `kernel.wait`; the claim is open, and its test passes (`assert_decided`)."""
        return self._record(role, kernel.wait(name, missing))

    def cite(self, name: str, reference: str, *, role: Role = "step") -> Result:
        """See `kernel.cite`; with role "conclusion" the claim's strength says that it is cited."""
        return self._record(role, kernel.cite(name, reference))

    def assert_decided(self) -> None:
        """Fail, with the reasons, unless the evidence decides the claim or is still to come.

        A claim that waits for evidence is open in the ledger, which tells what it waits for; it
        may have no control yet, but nothing else may be wrong with it.
        """
        waits = self.waits_for()
        undecided = [reason for reason in undecided_parts(self.parts) if reason not in waits]
        assert not undecided, f"{self.slug} is open: " + "; ".join(undecided)

    def waits_for(self) -> list[str]:
        """What evidence is still to come, one line for each part that waits."""
        return [
            f"{part.result.name}: {part.result.reason}"
            for part in self.parts
            if isinstance(part.result, Unknown) and part.result.kind == kernel.WAITING
        ]

    def _record(self, role: Role, result: Result) -> Result:
        self.parts.append(Part(role, result))
        return result


def undecided_parts(parts: Sequence[Part]) -> list[str]:
    """Why the parts do not decide the claim; empty if they do.

    Needed: at least one conclusion, no unknown, no confirmation that contradicts, and at
    least one control, every one of them refuted.  A claim that waits for evidence has its
    controls still to come.
    """
    reasons = []
    if not any(part.role == "conclusion" for part in parts):
        reasons.append("no part states the conclusion")
    waits = any(part.result.kind == kernel.WAITING for part in parts)
    if not waits and not any(part.role == "control" for part in parts):
        reasons.append(NO_CONTROL)
    for part in parts:
        if isinstance(part.result, Unknown):
            reasons.append(f"{part.result.name}: {part.result.reason}")
        elif part.role == "control" and not isinstance(part.result, Counterexample):
            reasons.append(f"the negative control {part.result.name!r} was not refuted")
        elif part.role == "confirmation" and isinstance(part.result, Counterexample):
            reasons.append(f"{part.result.name}: contradicted at {dict(part.result.data)}")
    return reasons


def verdict_of(parts: Sequence[Part], corrected: bool) -> Verdict:
    """The verdict that the evidence amounts to.

    `open` unless the parts decide the claim; `false as printed` if a conclusion is refuted;
    `holds with a correction` if only steps, prose or the literal reading are refuted and a
    corrected statement holds (`corrected`); `holds` if everything is proved.  What recorded runs
    alone speak against is no error of a text: `contradicted by runs`, or, where all that fails is
    that a difference is detected, `no difference detected`.
    """
    if undecided_parts(parts):
        return OPEN
    failing = [p for p in parts if isinstance(p.result, Counterexample) and p.role != "control"]
    refuted = {part.role for part in failing}
    if not refuted:
        return HOLDS
    kinds = {part.result.kind for part in failing}
    if kinds <= {kernel.REPLICATED, kernel.UNDETECTED}:
        return CONTRADICTED if kernel.REPLICATED in kinds else UNDETECTED
    if "conclusion" in refuted or not corrected:
        return FALSE
    return CORRECTED


STRENGTH = ("proved", "derived", "certified", "exhaustive", "replicated", "tested", "cited")


def strength_of(parts: Sequence[Part]) -> str | None:
    """The weakest kind of evidence behind the conclusions that were proved; None if none was."""
    kinds = [
        part.result.kind
        for part in parts
        if part.role == "conclusion" and isinstance(part.result, Proof)
    ]
    return max(kinds, key=STRENGTH.index) if kinds else None
