"""The repository itself: names, imports, the README's generated part, the committed files."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from proofs_check.claims_table import load_claims
from proofs_check.ledger import find_checks, run_ledger
from proofs_check.report import README_END, README_START, readme_block

ROOT = Path(__file__).parent.parent
PACKAGES = ("theory", "proofs_check", "figures", "empirical")
MAY_IMPORT = {
    "theory": set(),
    "figures": {"theory", "empirical"},
    "empirical": {"theory"},
    "proofs_check": {"theory", "figures", "empirical"},
}
LONGEST_FILE = 400


def sources() -> list[Path]:
    folders = [*PACKAGES, "tests", "benchmarks"]
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_every_check_is_named_after_a_claim_and_every_correction_is_checked() -> None:
    claims, checks = load_claims(), find_checks()
    assert set(checks) <= set(claims)
    own = {slug for slug, claim in claims.items() if claim.kind in {"correction", "lemma"}}
    assert own <= set(checks)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    """Module-level imports only: a command line may reach for drawing when asked to plot."""
    others = set(PACKAGES) - {package}
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            used = {name.split(".")[0] for name in names} & others
            assert used <= MAY_IMPORT[package], f"{path.relative_to(ROOT)} imports {used}"


def test_files_stay_readable() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources()
        if (count := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert not long


def test_modules_say_what_they_hold() -> None:
    missing = [
        str(path) for path in sources() if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not missing


def test_every_claim_of_a_figure_has_its_script_and_file() -> None:
    for slug in (slug for slug in load_claims() if re.fullmatch(r"ff_fig\d+", slug)):
        if slug in find_checks():
            assert (ROOT / "figures" / f"{slug}.py").is_file()
            assert (ROOT / "figures" / "output" / f"{slug}.svg").is_file()


def test_constraints_pin_every_dependency() -> None:
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    text = (ROOT / "pyproject.toml").read_text()
    wanted = {
        name.lower() for name in re.findall(r'"([A-Za-z][\w.-]*?)(?:[>=<]=?[\w.]+)?"[,\]]', text)
    }
    named = {
        "numpy",
        "scipy",
        "sympy",
        "cvxpy",
        "matplotlib",
        "z3-solver",
        "cvc5",
        "torch",
        "pytest",
    }
    assert named <= wanted | pinned
    assert named <= pinned


def test_data_sets_are_not_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, check=False, cwd=ROOT
    ).stdout.split()
    assert not [name for name in listed if name.endswith((".parquet", ".gz", ".pt", ".npz"))]


def readme_commands() -> list[tuple[str, str]]:
    """The README's whole console examples: a command and what it prints."""
    blocks = re.findall(
        r"```console\n\$ python ([^\n]*)\n(.*?)\n```", (ROOT / "README.md").read_text(), re.S
    )
    return [(command, shown) for command, shown in blocks if not shown.endswith("...")]


@pytest.mark.parametrize(("command", "shown"), readme_commands())
def test_the_readme_shows_real_output(command: str, shown: str) -> None:
    result = subprocess.run(
        [sys.executable, *shlex.split(command)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert result.stdout.rstrip("\n") == shown


def test_the_readme_tells_the_ledgers_verdicts() -> None:
    readme = (ROOT / "README.md").read_text()
    start, end = readme.index(README_START), readme.index(README_END) + len(README_END)
    assert readme[start:end] == readme_block(run_ledger())
