"""The user pages: their claims and links exist.  (That their code runs is tested as doctests.)"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proofs_check.claims_table import load_claims

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(DOCS.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_claims_and_links_of_a_page_exist(page):
    text = page.read_text()
    assert set(re.findall(r"`(md_\w+)`", text)) <= set(load_claims())
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (DOCS / target).is_file(), target


def test_the_index_lists_every_page():
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (DOCS / "index.md").read_text()))
    assert listed == {page.name for page in PAGES} - {"index.md"}
