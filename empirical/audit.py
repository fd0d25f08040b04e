"""Whether to weight in training, audited on a table of one's own: the command line.

`empirical.audit_data` reads the table and `empirical.audit_payoffs` the stakes,
`empirical.audit_methods` has the regimes, `empirical.audit_folds` runs them on paired folds,
`empirical.audit_record` and `empirical.audit_statistics` say what came out, and
`empirical.audit_report` and `empirical.audit_page` show it.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Sequence
from typing import Any

import pandas as pd

from empirical.audit_folds import cross_validate
from empirical.audit_options import PROGRAM, argument_parser, problem, settings
from empirical.audit_record import audit_record, rounded
from empirical.audit_report import as_text
from empirical.provenance import environment
from theory.command_line import run, write_whole


def audit(arguments: Sequence[str]) -> tuple[dict[str, Any], Any]:
    """The record of an audit, floats rounded to six digits, and the parsed options."""
    options = argument_parser().parse_args(arguments)
    chosen = settings(options)
    begun = time.perf_counter()
    name, cases, payoffs, sources = problem(options)
    outcomes = cross_validate(cases, payoffs, chosen)
    record = audit_record(name, cases, payoffs, chosen, outcomes)
    where = environment(
        "empirical.audit", "cpu", 1, f"{PROGRAM} {shlex.join(arguments)}", jobs=chosen.jobs
    )
    where["versions"] = where["versions"] | {"pandas": pd.__version__}
    record["environment"] = where | {"seconds": time.perf_counter() - begun, "sha256": sources}
    return rounded(record), options


def main(arguments: Sequence[str]) -> None:
    """Parse, check, run, print and write; see ``--help``."""
    record, options = audit(arguments)
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    print(text if options.json else as_text(record), flush=True)
    if options.out is not None:
        write_whole(options.out, lambda path: path.write_text(text + "\n", encoding="utf-8"))
    if options.html is not None:
        from empirical.audit_page import page

        html = page(record)
        write_whole(options.html, lambda path: path.write_text(html, encoding="utf-8"))


if __name__ == "__main__":
    run(main, PROGRAM)
