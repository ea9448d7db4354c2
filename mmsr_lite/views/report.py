"""One HTML file that opens with the network cut: the metrics, a chooser of users, the MSGraph picture and the charts, linked."""

from __future__ import annotations

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


def embed(record: Any) -> str:
    """`record` as JSON that cannot end the script element it stands in.

    >>> embed("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _chart(view: Any) -> dict[str, Any]:
    figure = json.loads(view.figure.to_json())
    return {
        "data": figure["data"],
        "layout": figure["layout"],
        "text": html.unescape(view.text),
        "table": view.table[:60],
    }


def _user(record: dict[str, Any]) -> dict[str, Any]:
    """One user of the report: the trace and its charts; attention by layer/order/phase."""
    check(record, "schema", "a trace")
    stops = [
        (i, path, p)
        for i, layer in enumerate(record["layers"])
        for path, ps in layer["attention"].items()
        for p in range(len(ps))
    ]
    matrices = {f"{i}/{path}/{p}": _chart(show.attention(record, i, path, p)) for i, path, p in stops}
    return {
        "record": record,
        "charts": {"gates": _chart(show.gates(record)), "ranking": _chart(show.ranking(record))},
        "attention": matrices,
    }


def page(title: str, traces: Sequence[dict] = (), shared: Mapping[str, View] | None = None, header: str = "", charts: bool = False,
         selection: dict | None = None, theme: str = "auto") -> str:  # fmt: skip
    """A whole page; `header` is trusted HTML, everything else is data."""
    users = [_user(record) if charts else {"record": record, "charts": {}, "attention": {}} for record in traces]
    for user in users:
        user["style"] = style.for_record(user["record"])
    data = {
        "users": users,
        "shared": {k: _chart(v) for k, v in (shared or {}).items()},
        "selection": selection,
        "theme": theme,
    }
    library = ""
    if charts or shared:
        from plotly.offline import get_plotlyjs

        library = f"<script>{get_plotlyjs()}</script>"
    css, code = ((STATIC / name).read_text("utf-8") for name in ("msgraph.css", "msgraph.js"))
    boot = (STATIC / "report.js").read_text("utf-8")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{html.escape(style.clean(html.unescape(title), 90))}</title>'
        f'<link rel="icon" href="data:,"><style>{css}\n{(STATIC / "report.css").read_text("utf-8")}</style></head><body>{header}<main id="report"></main>'
        f'<script type="application/json" id="data">{embed(data)}</script>{library}<script type="module">{code}\n{boot}</script></body></html>'
    )


def _metrics(metrics: dict[str, Any]) -> str:
    """The table of metrics: the model beside counting and the best reachable, percent, with bars on one scale a column."""
    rows = {str(metrics.get("model", "model")): metrics.get("test", {}), **(metrics.get("counting") or {})}
    if metrics.get("reachable"):
        rows["best reachable"] = metrics["reachable"]
    names = [
        name
        for name in metrics.get("test", {})
        if all(isinstance(row.get(name, 0.0), int | float) for row in rows.values())
    ]
    cells = []
    for i, (label, row) in enumerate(rows.items()):
        line = f'<th scope="row">{style.safe(label)}</th>'
        for name in names:
            most = max(r.get(name) or 0 for r in rows.values()) or 1
            value = row.get(name)
            line += (
                "<td>–</td>"
                if value is None
                else f'<td><meter min="0" max="{most}" value="{value}"></meter> {value:.2f}</td>'
            )
        cells.append(f'<tr class="{"model" if i == 0 else ""}">{line}</tr>')
    head = "".join(f'<th scope="col">{style.safe(name)}</th>' for name in names)
    return f'<table class="metrics"><caption>Test, percent</caption><thead><tr><th></th>{head}</tr></thead><tbody>{"".join(cells)}</tbody></table>'


def save_report(
    path: str | os.PathLike, traces: dict | Sequence[dict], history: dict | None = None, metrics: dict | None = None
) -> None:
    """Write the report of one or more traces, with the training history and the metrics where they are given."""
    traces = [traces] if isinstance(traces, dict) else list(traces)
    metrics, first = metrics or {}, traces[0] if traces else {"dataset": {"name": ""}, "model": {"label": ""}}
    dataset, model = metrics.get("dataset", first["dataset"]["name"]), metrics.get("model", first["model"]["label"])
    header = (
        f"<header><div><p>mmsr_lite report</p><h1>{style.safe(model)}</h1><p>trained on {style.safe(dataset)}</p></div>"
    )
    header += (_metrics(metrics) if metrics.get("test") else "") + "</header>"
    shared = {"training": show.training(history)} if history and history.get("epochs") else {}
    text = page(f"{model} on {dataset}", traces, shared, header, charts=True)
    with atomic(path) as place:
        place.write_text(text, encoding="utf-8")
