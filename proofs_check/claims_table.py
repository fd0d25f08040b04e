"""Reading `claims/*.toml`: what is claimed, where, and what it rests on; never a verdict."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

CLAIMS_DIRECTORY = Path(__file__).parent / "claims"
SOURCES = {
    "ff": "Friend or Foe",
    "md": "Misaligned by Design",
    "ed": "Alignment as Equilibrium Design",
}
KINDS = {"definition", "result", "step", "prose", "example", "figure", "lemma", "correction"}
ERRORS = {
    "typo",
    "boundary case",
    "wrong step, right conclusion",
    "missing assumption",
    "definition",
    "wrong conclusion",
    "prose",
}
_FIELDS = {"location", "kind", "statement", "latex", "uses", "repairs", "error"}


@dataclass(frozen=True)
class Claim:
    """One row of the ledger before anything is checked.

    `repairs` names the printed claim that a correction mends, and `error` says what sort of
    error that was; both are empty elsewhere.
    """

    slug: str
    source: str
    location: str
    kind: str
    statement: str
    latex: str = ""
    uses: tuple[str, ...] = ()
    repairs: str = ""
    error: str = ""


def load_claims(directory: Path = CLAIMS_DIRECTORY) -> dict[str, Claim]:
    """All claims by slug, in the order of the files and of their tables.

    Raises `ValueError` naming the file and slug for unknown fields, kinds or errors, for
    slugs that occur twice, for references to slugs that do not exist, and for claims that use
    each other in a circle.
    """
    claims: dict[str, Claim] = {}
    for path in sorted(directory.glob("*.toml")):
        for slug, table in tomllib.loads(path.read_text()).items():
            where = f"{path.name}: {slug}"
            if unknown := set(table) - _FIELDS:
                raise ValueError(f"{where} has unknown fields {sorted(unknown)}")
            if slug in claims:
                raise ValueError(f"{where} occurs twice")
            claim = Claim(
                slug=slug,
                source=SOURCES[slug.split("_")[0]],
                **{**table, "uses": tuple(table.get("uses", ()))},
            )
            if claim.kind not in KINDS:
                raise ValueError(f"{where} has kind {claim.kind!r}, not one of {sorted(KINDS)}")
            if (claim.kind == "correction") != bool(claim.repairs):
                raise ValueError(f"{where}: `repairs` belongs to kind correction, and to it alone")
            if claim.repairs and claim.error not in ERRORS:
                raise ValueError(f"{where} has error {claim.error!r}, not one of {sorted(ERRORS)}")
            claims[slug] = claim
    for claim in claims.values():
        for other in (*claim.uses, *filter(None, [claim.repairs])):
            if other not in claims:
                raise ValueError(f"{claim.slug} refers to {other!r}, which is not a claim")
    try:
        TopologicalSorter({claim.slug: claim.uses for claim in claims.values()}).prepare()
    except CycleError as error:
        raise ValueError(f"claims use each other in a circle: {error.args[1]}") from None
    return claims
