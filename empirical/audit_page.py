"""The audit's record as one HTML page that needs nothing else: text, tables, pictures as SVG."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from empirical.audit_report import (
    calibration_rows,
    data_lines,
    loss_calibration_words,
    payoff_rows,
    regime_rows,
)
from empirical.audit_verdict import VERDICTS

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #202020; max-width: 56rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
p.answer { border-left: 4px solid #0072B2; padding: .4rem 1rem; background: #E4EEF5; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem .2rem 0; text-align: left; border-bottom: 1px solid #ddd; }
figure { margin: 1rem 0; overflow-x: auto; } svg { max-width: 100%; height: auto; }
.note, footer { color: #555; font-size: .9rem; }
"""
METHOD = (
    "Intervals and p-values are corrected for overlapping training sets (Nadeau and Bengio); "
    "p-values are adjusted for the number of models. The weighted loss is split by recalibrating "
    "predictions on held-out rows: what that saves was lost by choosing, what is left was not "
    "learned. The sample sizes that would tell are orders of magnitude."
)


def page(record: Mapping[str, Any]) -> str:
    """The whole page."""
    title = html.escape(f"Audit of weighted training: {record['data']['name']}")
    body = "\n".join(_body(record))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}'
        f"</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}\n</body>\n"
        "</html>\n"
    )


def _body(record: Mapping[str, Any]) -> Iterator[str]:
    from figures import md_audit

    data = record["data"]
    yield f'<p class="answer">{html.escape(record["summary"])}</p>'
    for line in data_lines(record):
        yield f"<p>{html.escape(line)}.</p>"
    if data["payoff"] != "by case":
        yield _table(*payoff_rows(data))
    for remark in data["remarks"]:
        yield f'<p class="note">Note: {html.escape(remark)}.</p>'
    yield _picture(md_audit.draw_against(record), "Ex post weighting against the other regimes")
    yield _picture(md_audit.draw_split(record), "Learning and choosing parts of the weighted loss")
    for model, found in record["models"].items():
        yield f"<h2>{html.escape(model)}</h2>"
        yield _table(*regime_rows(found, data["unit"]))
        for measure, words in record["verdicts"][model].items():
            yield f"<p><b>{VERDICTS[measure]}</b>: {html.escape(words)}.</p>"
        yield _table(*calibration_rows(found))
        yield f"<p>{html.escape(loss_calibration_words(found))}</p>"
        for warning in found["warnings"]:
            yield f'<p class="note">Note: {html.escape(warning)}.</p>'
        drawn = md_audit.draw_reliability(found["calibration"], model)
        if drawn is not None:
            yield _picture(drawn, f"Reliability of {model}")
    where = record["environment"]
    commit = where["commit"] or "no commit"
    yield f'<p class="note">{html.escape(METHOD)}</p>'
    yield f"<footer>{html.escape(where['command'])}<br>{html.escape(commit)}</footer>"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in header)
    lines = (
        f'<tr><th scope="row">{html.escape(first)}</th>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _picture(figure: Any, title: str) -> str:
    """The figure as an SVG element, its identifiers made its own."""
    from figures.drawing import styled

    stream = io.StringIO()
    with styled():
        figure.savefig(stream, format="svg", metadata={"Creator": None, "Date": None})
    drawn = stream.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    own = re.sub(r"\W+", "-", title.lower())
    drawn = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{own}-", drawn)
    label = html.escape(title, quote=True)
    drawn = drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return f"<figure>{drawn}<figcaption>{label}</figcaption></figure>"
