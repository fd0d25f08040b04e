"""The report as one page for a browser: the Markdown of the ledger, rendered, without scripts."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: 0.9rem }
th, td { border: 1px solid #ccc; padding: 0.3rem 0.6rem; text-align: left; vertical-align: top }
th { background: #f2f2f2 }
code { background: #f5f5f5; padding: 0 0.2rem }
h3 { margin-top: 2.5rem; border-top: 1px solid #ddd; padding-top: 1rem }
img { max-width: 100% }
"""


def html_page(title: str, markdown: str) -> str:
    """A self-contained HTML page that shows `markdown` (CommonMark with tables and anchors).

    >>> "<h1>Ledger</h1>" in html_page("t", "# Ledger")
    True
    """
    # Formulas between $$ stay as they are written: an indented line is shown as code.
    markdown = re.sub(r"^\$\$(.*)\$\$$", r"    \1", markdown, flags=re.MULTILINE)
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    )
