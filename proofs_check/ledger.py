"""The ledger: run the checks, compute every verdict, follow the dependencies.

A claim is checked by the function ``test_<slug>`` of a module ``proofs_check/test_*.py``.
A claim without one is open.  A claim that would hold but uses one that does not hold is
open too, and says so: nothing is stronger than what it rests on.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, get_args

from proofs_check import kernel
from proofs_check.check import (
    CORRECTED,
    HOLDS,
    OPEN,
    STRENGTH,
    Check,
    Part,
    Verdict,
    strength_of,
    undecided_parts,
    verdict_of,
)
from proofs_check.claims_table import Claim, load_claims
from proofs_check.kernel import Counterexample, Proof

CheckFunction = Callable[[Check], None]


@dataclass(frozen=True)
class Entry:
    """One row of the ledger: the claim, the evidence, and the verdict computed from it."""

    claim: Claim
    parts: tuple[Part, ...]
    verdict: Verdict
    strength: str | None
    corrected_by: tuple[str, ...]
    reasons: tuple[str, ...]
    seconds: float

    @property
    def experimental(self) -> bool:
        """Whether it rests on recorded runs, or waits for them."""
        return any(part.result.kind in _EXPERIMENTAL for part in self.parts)

    def as_json(self) -> dict[str, Any]:
        """The entry as plain data, with the keys that the ledger's users rely on."""
        counterexamples = [
            {"part": part.result.name, "role": part.role, "data": dict(part.result.data)}
            for part in self.parts
            if part.role != "control" and isinstance(part.result, Counterexample)
        ]
        return {
            "slug": self.claim.slug,
            "source": self.claim.source,
            "location": self.claim.location,
            "kind": self.claim.kind,
            "statement": self.claim.statement,
            "latex": self.claim.latex,
            "verdict": self.verdict,
            "strength": self.strength,
            "evidence": [_evidence(part) for part in self.parts if part.role != "control"],
            "control": [_evidence(part) for part in self.parts if part.role == "control"],
            "counterexample": counterexamples or None,
            "corrected_by": list(self.corrected_by),
            "repairs": self.claim.repairs or None,
            "error": self.claim.error or None,
            "uses": list(self.claim.uses),
            "reasons": list(self.reasons),
        }


def find_checks() -> dict[str, CheckFunction]:
    """The check of every claim that has one, by slug."""
    checks: dict[str, CheckFunction] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"proofs_check.{path.stem}")
        for name, function in vars(module).items():
            if name.startswith("test_") and function.__module__ == module.__name__:
                checks[name.removeprefix("test_")] = function
    return checks


def run_ledger(
    slugs: Iterable[str] | None = None,
    *,
    full: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int, str, float], None] = lambda done, total, slug, seconds: None,
) -> dict[str, Entry]:
    """Check the claims (all, or the named ones and what they need) and return the entries.

    `progress` is called after each claim with the number done, the total, the slug and the
    seconds it took.  There are `workers` processes (one per core if None), and never more than
    claims to check.  Entries come in the order of the claims table.
    """
    claims = load_claims()
    wanted = _closure(claims, slugs)
    checked = sorted(set(find_checks()) & wanted)
    evidence: dict[str, tuple[tuple[Part, ...], float]] = {}
    processes = max(1, min(workers or os.cpu_count() or 1, len(checked)))
    with ProcessPoolExecutor(processes, initializer=_end_when_interrupted) as pool:
        try:
            futures = {pool.submit(_run_one, slug, full): slug for slug in checked}
            for done, future in enumerate(as_completed(futures), start=1):
                slug = futures[future]
                evidence[slug] = future.result()
                progress(done, len(checked), slug, evidence[slug][1])
        except KeyboardInterrupt:
            for process in multiprocessing.active_children():
                process.terminate()
            raise
    return assemble({s: c for s, c in claims.items() if s in wanted}, evidence)


def assemble(
    claims: Mapping[str, Claim], evidence: Mapping[str, tuple[tuple[Part, ...], float]]
) -> dict[str, Entry]:
    """Compute all verdicts from the evidence, in the order in which claims rest on each other.

    See `check.verdict_of`.  An entry is open if one that it uses does not hold; its strength
    is the weakest along everything that it uses; a correction counts only if it holds, all
    this considered.
    """
    entries: dict[str, Entry] = {}
    order = TopologicalSorter(
        {
            slug: [
                *(used for used in claim.uses if used in claims),
                *(other.slug for other in claims.values() if other.repairs == slug),
            ]
            for slug, claim in claims.items()
        }
    )
    for slug in order.static_order():
        claim, (parts, seconds) = claims[slug], evidence.get(slug, ((), 0.0))
        repaired_by = tuple(
            other.slug
            for other in claims.values()
            if other.repairs == slug and entries[other.slug].verdict == HOLDS
        )
        used = [entries[other] for other in claim.uses if other in entries]
        verdict = verdict_of(parts, bool(repaired_by))
        reasons = tuple(undecided_parts(parts)) if parts else ("nothing checks it yet",)
        weak = [entry for entry in used if entry.verdict != HOLDS]
        if verdict != OPEN and weak:
            verdict = OPEN
            named = ", ".join(f"{entry.claim.slug} ({entry.verdict})" for entry in weak)
            reasons = (f"uses {named}",)
        strength = strength_of(parts) if verdict in (HOLDS, CORRECTED) else None
        if strength:
            kinds = [strength, *(entry.strength for entry in used if entry.strength)]
            strength = max(kinds, key=STRENGTH.index)
        entries[slug] = Entry(claim, parts, verdict, strength, repaired_by, reasons, seconds)
    return {slug: entries[slug] for slug in claims}


def coverage(entries: Mapping[str, Entry]) -> dict[str, dict[str, int]]:
    """How many claims of the sources have each verdict, and how strong the evidence is.

    Corrections and the toolkit's own lemmas are counted apart, under ``own entries``, and of
    these again those that say what recorded runs show, under ``own experiments``.
    """
    printed = [e for e in entries.values() if e.claim.kind not in {"correction", "lemma"}]
    own = [e for e in entries.values() if e.claim.kind in {"correction", "lemma"}]
    one_engine = sum(
        isinstance(part.result, Proof)
        and part.result.kind == "proved"
        and len(part.result.engines) < 2
        for entry in entries.values()
        for part in entry.parts
    )
    return {
        "verdicts": {v: sum(e.verdict == v for e in printed) for v in _VERDICTS},
        "strength of what holds": {
            kind: count
            for kind in STRENGTH
            if (count := sum(e.strength == kind and e.verdict == HOLDS for e in printed))
        },
        "own entries": {
            v: sum(e.verdict == v for e in own if not e.experimental) for v in _VERDICTS
        },
        "own experiments": {
            v: sum(e.verdict == v for e in own if e.experimental) for v in _VERDICTS
        },
        "proofs by one engine only": {"parts": one_engine},
    }


_VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
_EXPERIMENTAL = {kernel.REPLICATED, kernel.UNDETECTED, kernel.WAITING}


def _end_when_interrupted() -> None:
    """Let Ctrl-C end this process quietly; the one that waits for it says so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _run_one(slug: str, full: bool) -> tuple[tuple[Part, ...], float]:
    start = time.perf_counter()
    check = Check(slug, full)
    find_checks()[slug](check)
    return tuple(check.parts), time.perf_counter() - start


def _closure(claims: Mapping[str, Claim], slugs: Iterable[str] | None) -> set[str]:
    if slugs is None:
        return set(claims)
    wanted: set[str] = set()
    todo = list(slugs)
    while todo:
        slug = todo.pop()
        if slug not in wanted:
            wanted.add(slug)
            todo += claims[slug].uses
            todo += [c.slug for c in claims.values() if c.repairs == slug]
            todo += [claims[slug].repairs] if claims[slug].repairs else []
    return wanted


def _evidence(part: Part) -> dict[str, Any]:
    result = part.result
    row: dict[str, Any] = {
        "part": result.name,
        "role": part.role,
        "outcome": type(result).__name__.lower(),
        "kind": result.kind,
        "method": result.method,
        "seconds": round(result.seconds, 3),
    }
    if isinstance(result, Proof) and result.witness:
        row["witness"] = dict(result.witness)
    if isinstance(result, Counterexample):
        row["data"] = dict(result.data)
    return row
