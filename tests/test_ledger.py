"""The ledger: verdicts follow from evidence by fixed rules; dependencies are respected."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import z3

from proofs_check.__main__ import PROGRAM, main
from proofs_check.check import CORRECTED, FALSE, HOLDS, OPEN, Check, strength_of, verdict_of
from proofs_check.claims_table import Claim, load_claims
from proofs_check.ledger import assemble, coverage, run_ledger
from proofs_check.report import README_END, README_START, markdown, show_lines, with_block
from theory.command_line import InputError

ROOT = Path(__file__).parent.parent
X = z3.Real("x")
TRUE = ([X > 1], X > 0)
WRONG = ([X > 1], X > 2)


def checked(*parts: tuple[str, tuple[list[z3.BoolRef], z3.BoolRef]]) -> Check:
    check = Check("slug")
    for role, (given, goal) in parts:
        check.prove(role, given, goal, role=role)  # type: ignore[arg-type]
    return check


@pytest.mark.parametrize(
    ("roles", "corrected", "verdict"),
    [
        ([("conclusion", TRUE), ("control", WRONG)], False, HOLDS),
        ([("conclusion", WRONG), ("control", WRONG)], True, FALSE),
        ([("conclusion", TRUE), ("step", WRONG), ("control", WRONG)], True, CORRECTED),
        ([("conclusion", TRUE), ("step", WRONG), ("control", WRONG)], False, FALSE),
        ([("conclusion", TRUE), ("reading", WRONG), ("control", WRONG)], True, CORRECTED),
        ([("conclusion", TRUE), ("prose", WRONG), ("control", WRONG)], True, CORRECTED),
        ([("conclusion", TRUE)], False, OPEN),
        ([("conclusion", TRUE), ("control", TRUE)], False, OPEN),
        ([("step", TRUE), ("control", WRONG)], False, OPEN),
        ([("conclusion", TRUE), ("confirmation", WRONG), ("control", WRONG)], True, OPEN),
        ([("conclusion", ([X > 1, X < 0], X > 0)), ("control", WRONG)], False, OPEN),
        ([], False, OPEN),
    ],
)
def test_verdicts_follow_from_the_evidence(roles, corrected, verdict) -> None:  # type: ignore[no-untyped-def]
    assert verdict_of(checked(*roles).parts, corrected) == verdict


def test_the_weakest_conclusion_decides_the_strength() -> None:
    check = checked(("conclusion", TRUE), ("control", WRONG))
    assert strength_of(check.parts) == "proved"
    check.exhaust("small", "two", [1, 2], lambda n: True)
    assert strength_of(check.parts) == "exhaustive"
    check.sample("random", lambda: None, 100)
    assert strength_of(check.parts) == "tested"


def claim(slug: str, **fields: object) -> Claim:
    return Claim(slug=slug, source="s", location="l", kind="result", statement="t", **fields)  # type: ignore[arg-type]


def test_a_claim_that_uses_an_open_one_is_open() -> None:
    good = tuple(checked(("conclusion", TRUE), ("control", WRONG)).parts)
    claims = {
        "ff_base": claim("ff_base"),
        "ff_middle": claim("ff_middle", uses=("ff_base",)),
        "ff_top": claim("ff_top", uses=("ff_middle",)),
    }
    evidence = {"ff_middle": (good, 0.0), "ff_top": (good, 0.0)}
    entries = assemble(claims, evidence)
    assert [entries[slug].verdict for slug in claims] == [OPEN, OPEN, OPEN]
    assert "ff_base" in entries["ff_middle"].reasons[0]
    entries = assemble(claims, {**evidence, "ff_base": (good, 0.0)})
    assert [entries[slug].verdict for slug in claims] == [HOLDS, HOLDS, HOLDS]


def test_a_refuted_claim_without_a_correction_that_holds_stays_false() -> None:
    bad_step = tuple(checked(("conclusion", TRUE), ("step", WRONG), ("control", WRONG)).parts)
    good = tuple(checked(("conclusion", TRUE), ("control", WRONG)).parts)
    claims = {
        "ff_printed": claim("ff_printed"),
        "ff_printed_corrected": claim("ff_printed_corrected", repairs="ff_printed", error="typo"),
    }
    alone = assemble(claims, {"ff_printed": (bad_step, 0.0)})
    assert alone["ff_printed"].verdict == FALSE
    both = assemble(claims, {"ff_printed": (bad_step, 0.0), "ff_printed_corrected": (good, 0.0)})
    assert both["ff_printed"].verdict == CORRECTED
    assert both["ff_printed"].corrected_by == ("ff_printed_corrected",)


def test_strength_is_the_weakest_along_what_is_used() -> None:
    good = tuple(checked(("conclusion", TRUE), ("control", WRONG)).parts)
    weak = checked(("conclusion", TRUE), ("control", WRONG))
    weak.exhaust("small", "two", [1, 2], lambda n: True)
    claims = {"ff_top": claim("ff_top", uses=("ff_base",)), "ff_base": claim("ff_base")}
    entries = assemble(claims, {"ff_top": (good, 0.0), "ff_base": (tuple(weak.parts), 0.0)})
    assert list(entries) == ["ff_top", "ff_base"]
    assert entries["ff_top"].strength == "exhaustive"


def test_a_correction_that_became_open_corrects_nothing() -> None:
    good = tuple(checked(("conclusion", TRUE), ("control", WRONG)).parts)
    step = tuple(checked(("conclusion", TRUE), ("step", WRONG), ("control", WRONG)).parts)
    fixed = claim("ff_fixed", repairs="ff_printed", error="typo", uses=("ff_unchecked",))
    claims = {
        "ff_printed": claim("ff_printed"),
        "ff_fixed": fixed,
        "ff_unchecked": claim("ff_unchecked"),
    }
    entries = assemble(claims, {"ff_printed": (step, 0.0), "ff_fixed": (good, 0.0)})
    assert entries["ff_fixed"].verdict == OPEN
    assert entries["ff_printed"].verdict == FALSE
    assert entries["ff_printed"].corrected_by == ()


def test_coverage_never_counts_numerical_evidence_as_proof() -> None:
    check = checked(("control", WRONG))
    check.sample("random", lambda: None, 100)
    entries = assemble({"ff_a": claim("ff_a")}, {"ff_a": (tuple(check.parts), 0.0)})
    score = coverage(entries)
    assert score["verdicts"][HOLDS] == 1
    assert score["strength of what holds"] == {"tested": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[ff_a]\nlocation="l"\nkind="result"\nstatement="s"\nverdict="holds"', "unknown fields"),
        ('[ff_a]\nlocation="l"\nkind="opinion"\nstatement="s"', "kind 'opinion'"),
        ('[ff_a]\nlocation="l"\nkind="result"\nstatement="s"\nuses=["ff_b"]', "not a claim"),
        ('[ff_a]\nlocation="l"\nkind="correction"\nstatement="s"', "belongs to kind correction"),
        ('[ff_a]\nlocation="l"\nkind="result"\nstatement="s"\nuses=["ff_a"]', "in a circle"),
    ],
)
def test_the_claims_table_is_checked(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "claims.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_claims(tmp_path)


def test_reports_name_the_counterexample_and_the_control() -> None:
    parts = tuple(checked(("conclusion", WRONG), ("control", WRONG)).parts)
    entries = assemble({"ff_a": claim("ff_a")}, {"ff_a": (parts, 0.0)})
    text = markdown(entries)
    assert "false as printed" in text
    assert "x = 2" in text
    assert any("[control]" in line for line in show_lines(entries["ff_a"], entries))


def test_the_generated_block_is_replaced_and_nothing_else() -> None:
    readme = f"before\n{README_START}\nold\n{README_END}\nafter\n"
    assert with_block(readme, f"{README_START}\nnew\n{README_END}") == readme.replace("old", "new")
    with pytest.raises(InputError, match="marker"):
        with_block("no markers", "block")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "proofs_check", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_show_on_the_command_line() -> None:
    shown = run("show", "ff_lemma_b1")
    assert shown.returncode == 0
    assert shown.stdout.startswith("ff_lemma_b1: false as printed")
    assert "p = 1, q = 1" in shown.stdout
    assert "corrected by ff_lemma_b1_corrected" in shown.stdout


def test_there_are_no_more_processes_than_claims() -> None:
    assert "ff_default_action" in run_ledger(["ff_default_action"], workers=100_000)


def test_json_on_the_command_line() -> None:
    result = run("--json", "--only", "ff_default_action")
    rows = {row["slug"]: row for row in json.loads(result.stdout)}
    row = rows["ff_default_action"]
    assert {
        "slug",
        "source",
        "location",
        "statement",
        "verdict",
        "evidence",
        "control",
        "counterexample",
        "corrected_by",
        "uses",
    } <= set(row)
    assert row["verdict"] == "holds"
    assert {"kind", "method", "seconds"} <= set(row["evidence"][0])
    assert row["control"][0]["outcome"] == "counterexample"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "ff_lemma_b"], "did you mean ff_lemma_b1"),
        (["show"], "must be empty or 'show SLUG'"),
        (["tell", "ff_lemma_b1"], "must be empty or 'show SLUG'"),
        (["--only", "ff_nothing"], "SLUG is ff_nothing"),
        (["--workers", "0"], "--workers is 0"),
        (["--workers", "many"], "argument --workers"),
        (["--readme", "missing.md"], "--readme is missing.md"),
        (["--readme", "LICENSE"], "lacks the marker lines"),
        (["--readme", "README.md", "--only", "ff_fact3"], "--only is ff_fact3: must be left out"),
        (["show", "ff_fact3", "--readme", "README.md"], "--readme is README.md: must be left out"),
        (["show", "ff_fact3", "--report", "new"], "--report is new: must be left out"),
        (["show", "ff_fact3", "--only", "ff_fact3"], "--only is ff_fact3: must be left out"),
        (["--report", "LICENSE"], "--report is LICENSE: must be a writable folder"),
        (["--work", "1"], "unrecognized arguments: --work"),
    ],
)
def test_bad_input_gets_one_line(in_process, monkeypatch, arguments, message) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(ROOT)
    code, out, err = in_process(main, PROGRAM)(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
