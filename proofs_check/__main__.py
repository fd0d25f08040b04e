"""The ledger on the command line.

python -m proofs_check                    check everything, print the table
python -m proofs_check --json             the entries as JSON
python -m proofs_check show SLUG          one claim with all its evidence
python -m proofs_check --full --report report   larger exhaustive domains; write the report
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from proofs_check import report
from proofs_check.claims_table import load_claims
from proofs_check.ledger import run_ledger
from theory.command_line import (
    InputError,
    Parser,
    require,
    require_folder,
    require_writable,
    run,
    write_whole,
)

PROGRAM = "python -m proofs_check"


def main(arguments: Sequence[str]) -> None:
    """Parse the arguments, run the checks, print."""
    options = _options(arguments)
    slugs = _chosen([options.show] if options.show else options.only)
    entries = run_ledger(slugs, full=options.full, workers=options.workers, progress=_progress)
    if options.show:
        print(
            json.dumps(entries[options.show].as_json(), indent=1)
            if options.json
            else "\n".join(report.show_lines(entries[options.show], entries))
        )
        return
    if options.report:
        report.write_report(entries, options.report)
    if options.readme:
        text = report.with_block(_readme(options.readme), report.readme_block(entries))
        write_whole(options.readme, lambda path: path.write_text(text, encoding="utf-8"))
    if options.json:
        print(json.dumps([entry.as_json() for entry in entries.values()], indent=1))
        return
    print("\n".join([*report.table_lines(entries.values()), "", *report.summary_lines(entries)]))
    if options.report:
        names = ("index.html", "ledger.md", "ledger.json")
        print("Report: " + ", ".join(str(options.report / name) for name in names))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog=PROGRAM,
        usage="%(prog)s [show SLUG] [options]",
        description="Check the claims of the sources and compute a verdict for each.",
        epilog=f"example: {PROGRAM} show ff_lemma_b1",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("show", nargs="*", metavar="show SLUG", help="one claim with all its evidence")
    add("--only", nargs="+", default=[], metavar="SLUG", help="these claims, and what they use")
    add("--full", action="store_true", help="larger exhaustive domains")
    add("--json", action="store_true", help="print the entries as JSON")
    add(
        "--report",
        type=Path,
        metavar="DIR",
        help="write index.html, ledger.md and ledger.json there",
    )
    add("--readme", type=Path, metavar="FILE", help="renew the generated part of this README")
    add("--workers", type=int, metavar="N", help="processes (default: one per core)")
    options = parser.parse_args(arguments)
    words = options.show
    if words and (words[0] != "show" or len(words) != 2):
        raise InputError(f"arguments are {' '.join(words)!r}: must be empty or 'show SLUG'")
    options.show = words[1] if words else None
    if options.workers is not None:
        require(options.workers >= 1, "--workers", options.workers, "be at least 1")
    if options.show:
        for name in ("only", "report", "readme"):
            value = getattr(options, name)
            require(not value, f"--{name}", _words(value), "be left out with show SLUG")
    if options.readme:
        whole = "be left out with --readme, which needs the verdict of every claim"
        require(not options.only, "--only", _words(options.only), whole)
        report.with_block(_readme(options.readme), "")
        require_writable("--readme", options.readme)
    if options.report:
        require_folder("--report", options.report)
    return options


def _words(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _readme(path: Path) -> str:
    """The text of the README; raises `InputError` if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--readme is {path}: must be a text file ({error})") from None


def _chosen(slugs: list[str]) -> list[str] | None:
    known = load_claims()
    for slug in slugs:
        near = [other for other in known if slug in other][:5]
        hint = f" (did you mean {', '.join(near)}?)" if near else ""
        require(slug in known, "SLUG", slug, f"be a claim of the table{hint}")
    return slugs or None


def _progress(done: int, total: int, slug: str, seconds: float) -> None:
    print(f"[{done:3}/{total}] {slug} ({seconds:.1f} s)", file=sys.stderr, flush=True)


if __name__ == "__main__":
    run(main, PROGRAM)
