"""One HTML file that opens with the network cut: data as JSON, the looks and the scripts of `static`, joined here."""

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmsr_lite.views.base import View, check
from mmsr_lite.views.theme import clean, for_record

STATIC = Path(__file__).parent / "static"
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>{title}</title>
<style>{look}</style></head><body>{header}<main id="report"></main>
<script type="application/json" id="data">{data}</script>
{library}<script type="module">{code}</script></body></html>
"""


def embed(record: Any) -> str:
    """`record` as JSON that cannot end the script element it stands in.

    >>> embed("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _static(*names: str) -> str:
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)


def _chart(view: Any) -> dict[str, Any]:
    figure = json.loads(view.figure.to_json())
    kept = {part: figure.get(part, []) for part in ("data", "layout", "frames")}
    return kept | {"text": view.text, "table": view.table[:60]}


def page(
    title: str,
    traces: Sequence[dict] = (),
    shared: Mapping[str, View] | None = None,
    header: str = "",
    selection: dict[str, Any] | None = None,
    theme: str = "auto",
    explorer: dict[str, Any] | None = None,
) -> str:
    """A whole page; `header` is HTML made here, all else is data. plotly.js comes with charts.

    `explorer` is what the panels of the explorer are told; None: the picture alone.
    """
    data = {
        "users": [{"record": check(r, "trace"), "style": for_record(r)} for r in traces],
        "shared": {name: _chart(view) for name, view in (shared or {}).items()},
        "selection": selection,
        "theme": theme,
        "explorer": explorer,
    }
    library = ""
    if shared:
        from plotly.offline import get_plotlyjs

        library = f"<script>{get_plotlyjs()}</script>\n"
    look, code = _static("msgraph.css", "explorer.css", "report.css"), _static("msgraph.js", "explorer.js", "report.js")
    title = html.escape(clean(title, 90))
    header = header or f'<header class="unseen"><h1>{title}</h1></header>'
    parts = {"policy": POLICY, "title": title, "look": look, "header": header, "data": embed(data)}
    return PAGE.format(**parts, library=library, code=code)
