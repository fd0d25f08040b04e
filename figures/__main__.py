"""Regenerate the figures: ``python -m figures [SLUG ...] [--report DIR] [--list]``."""

from __future__ import annotations

import pkgutil
import re
import shutil
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import figures
from figures import drawing
from theory.command_line import InputError, Parser, require_folder, run, write_whole

PROGRAM = "python -m figures"
NOT_FIGURES = {"__main__", "drawing", "recorded"}


def slugs() -> list[str]:
    """The slugs of all figures: every other module of the package, ff_fig9 before ff_fig10."""
    modules = {module.name for module in pkgutil.iter_modules(figures.__path__)}
    return sorted(modules - NOT_FIGURES, key=_by_number)


def title(slug: str) -> str:
    """What the figure shows: the first line of its script's docstring."""
    return (import_module(f"figures.{slug}").__doc__ or "").partition("\n")[0]


def regenerate(slug: str, report: Path | None) -> Path:
    """Write the figure to `drawing.OUTPUT`; return its path.

    A copy goes to `report`/figures, which must exist, unless `report` is None.
    """
    import_module(f"figures.{slug}").main(drawing.OUTPUT)
    written = drawing.OUTPUT / f"{slug}.svg"
    if report is not None:
        write_whole(report / "figures" / written.name, lambda copy: _copy(written, copy))
    return written


def main(arguments: Sequence[str]) -> None:
    """Parse the arguments, and list or regenerate the figures, one line each."""
    parser = Parser(
        prog=PROGRAM, description="Regenerate the figures as vector files.", allow_abbrev=False
    )
    parser.add_argument("slugs", metavar="SLUG", nargs="*", help="figures to make (all by default)")
    parser.add_argument("--report", metavar="DIR", type=Path, help="copy them to DIR/figures too")
    parser.add_argument("--list", action="store_true", help="list the slugs and stop")
    options = parser.parse_intermixed_args(arguments)
    known = slugs()
    for slug in options.slugs:
        if slug not in known:
            raise InputError(f"SLUG is {slug!r}: must be one of {', '.join(known)}")
    chosen = list(dict.fromkeys(options.slugs)) or known
    if options.list:
        width = max(map(len, chosen))
        for slug in chosen:
            print(f"{slug:{width}}  {title(slug)}")
        return
    if options.report is not None:
        require_folder("--report", options.report / "figures")
    for position, slug in enumerate(chosen, start=1):
        start = time.perf_counter()
        written = regenerate(slug, options.report)
        seconds = time.perf_counter() - start
        print(f"[{position}/{len(chosen)}] {slug:16} {seconds:4.1f} s  {written}", flush=True)


def _by_number(slug: str) -> list[tuple[str, int]]:
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D+)(\d*)", slug)]


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


if __name__ == "__main__":
    run(main, PROGRAM)
