"""One HTML file that opens with the network cut: metrics, a chooser of users, the MSGraph and the charts, linked."""

import html
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from mmsr_lite.data.storage import atomic
from mmsr_lite.views import show, style
from mmsr_lite.views.base import View, check
from mmsr_lite.views.msgraph import STATIC

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
        "users": [{"record": check(r, "trace"), "style": style.for_record(r)} for r in traces],
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
    title = html.escape(style.clean(title, 90))
    header = header or f'<header class="unseen"><h1>{title}</h1></header>'
    parts = {"policy": POLICY, "title": title, "look": look, "header": header, "data": embed(data)}
    return PAGE.format(**parts, library=library, code=code)


def _metrics(metrics: dict[str, Any]) -> str:
    """The model beside counting and the best reachable, percent, with bars on one scale in a column."""
    rows = {str(metrics.get("model", "model")): metrics["test"], **(metrics.get("counting") or {})}
    if metrics.get("reachable"):
        rows["best reachable"] = metrics["reachable"]
    names = [name for name, value in metrics["test"].items() if isinstance(value, int | float)]
    head = "".join(f'<th scope="col">{style.safe(name)}</th>' for name in names)
    body = ""
    for place, (label, row) in enumerate(rows.items()):
        cells = f'<th scope="row">{style.safe(label)}</th>'
        for name in names:
            value, most = row.get(name), max(float(r.get(name) or 0) for r in rows.values()) or 1
            bar = "" if value is None else f'<meter max="{most}" value="{value}"></meter><span>{value:.2f}</span>'
            cells += f"<td>{bar or '–'}</td>"
        body += f"<tr{' class=model' if place == 0 else ''}>{cells}</tr>"
    head = f"<caption>Test, percent</caption><thead><tr><td></td>{head}</tr></thead>"
    return f'<table class="metrics">{head}<tbody>{body}</tbody></table>'


def save_report(
    path: str | os.PathLike,
    traces: dict[str, Any] | Sequence[dict[str, Any]],
    history: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
) -> None:
    """Write the report of one or more traces, with the training history and the metrics where they are given.

    `traces` are records of `mmsr_lite.explain.trace`, `history` and `metrics` what training wrote as JSON.
    """
    traces = [traces] if isinstance(traces, dict) else list(traces)
    metrics = metrics or {}
    first = traces[0] if traces else {"dataset": {"name": "no data"}, "model": {"label": "no model"}}
    names = metrics.get("model", first["model"]["label"]), metrics.get("dataset", first["dataset"]["name"])
    model, dataset = map(style.safe, names)
    header = f"<header><div><h1>{model}</h1><p>on {dataset} · mmsr_lite</p></div>"
    header += (_metrics(metrics) if metrics.get("test") else "") + "</header>"
    shared = {"training": show.training(history)} if history and history.get("epochs") else {}
    text = page(" on ".join(map(str, names)), traces, shared, header, explorer={"told": {"stored": True}})
    with atomic(path) as place:
        place.write_text(text, encoding="utf-8")
