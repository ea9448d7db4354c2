"""The report of a run: metrics, a chooser of users, the MSGraph and the training, linked, in one HTML file."""

import os
from collections.abc import Sequence
from typing import Any

from mmsr_lite.data.storage import atomic
from mmsr_lite.views import theme
from mmsr_lite.views.chart import Chart
from mmsr_lite.views.figures.training import training
from mmsr_lite.views.page import page


def _metrics(metrics: dict[str, Any]) -> str:
    """The model beside counting and the best reachable, percent, with bars on one scale in a column."""
    rows = {str(metrics.get("model", "model")): metrics["test"], **(metrics.get("counting") or {})}
    if metrics.get("reachable"):
        rows["best reachable"] = metrics["reachable"]
    names = [name for name, value in metrics["test"].items() if isinstance(value, int | float)]
    head = "".join(f'<th scope="col">{theme.safe(name)}</th>' for name in names)
    body = ""
    for place, (label, row) in enumerate(rows.items()):
        cells = f'<th scope="row">{theme.safe(label)}</th>'
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
    model, dataset = map(theme.safe, names)
    header = f"<header><div><h1>{model}</h1><p>on {dataset} · mmsr_lite</p></div>"
    header += (_metrics(metrics) if metrics.get("test") else "") + "</header>"
    shared = {"training": Chart(history, training, reads="history")} if history and history.get("epochs") else {}
    text = page(" on ".join(map(str, names)), traces, shared, header, explorer={"told": {"stored": True}})
    with atomic(path) as place:
        place.write_text(text, encoding="utf-8")
