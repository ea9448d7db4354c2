"""The report of a run, one HTML file: metrics, a choice of users, the MSGraph and the training."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from mmsr_lite.arguments import checked
from mmsr_lite.data.lock import atomic_alone
from mmsr_lite.records import MetricsRecord
from mmsr_lite.views import untrusted
from mmsr_lite.views.base import check
from mmsr_lite.views.chart import Chart
from mmsr_lite.views.figures.training import training
from mmsr_lite.views.page import page


def _metrics(metrics: Mapping[str, Any]) -> str:
    """A table for each ranking, the headline first: the model, counting and the best reachable, in percent."""
    tables = MetricsRecord(metrics).tables()
    text = "".join(_table(f"Test, percent: {words}", rows) for words, rows in tables.items())
    notes = []
    own = (metrics.get("rankings") or {}).get("model", {}).get("own_targets")
    if own is not None:
        notes.append(f"{own:.2f} % of the test targets lie in their own history, so {next(iter(tables))} stands first.")
    elif len(tables) == 1:
        notes.append("This run was ranked by an older version, which had the ranking of all items alone.")
    if metrics.get("reachable") and len(tables) > 1:
        notes.append("The best reachable is known of the ranking of all items alone.")
    if notes:
        text += "".join(f"<p>{untrusted.safe(note, 200)}</p>" for note in notes)
    return text


def _table(caption: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    """One table of metrics in percent, with bars; a column has one scale, and the first row is the model."""
    names = list(next(iter(rows.values())))
    greatest = {name: max(float(row.get(name) or 0) for row in rows.values()) or 1 for name in names}
    head = "".join(f'<th scope="col">{untrusted.safe(name)}</th>' for name in names)
    body = ""
    for number, (label, row) in enumerate(rows.items()):
        cells = f'<th scope="row">{untrusted.safe(label)}</th>'
        for name in names:
            value = row.get(name)
            bar = "–"
            if value is not None:
                bar = f'<meter max="{greatest[name]}" value="{value}"></meter><span>{value:.2f}</span>'
            cells += f"<td>{bar}</td>"
        mark = " class=model" if number == 0 else ""
        body += f"<tr{mark}>{cells}</tr>"
    head = f"<caption>{untrusted.safe(caption)}</caption><thead><tr><td></td>{head}</tr></thead>"
    return f'<div class="wide"><table class="metrics">{head}<tbody>{body}</tbody></table></div>'


@checked()
def save_report(
    path: str | os.PathLike[str],
    traces: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    history: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    tables: Mapping[str, Mapping[str, Mapping[str, float]]] | None = None,
    opening: Sequence[Any] | None = None,
) -> None:
    """Write the report of one or more traces as one HTML file that opens without a network.

    Args:
        path: The file to write.
        traces: A trace, or several of the same model, from `mmsr_lite.trace`.
        history: The history record of the training, from `history.json` of a run.
        metrics: What `metrics.json` of a run holds.
        tables: More tables of percentages that stand first: caption -> row -> column -> value; the first row is the
            model.
        opening: Two traces of one history, and their names: they stand side by side first, and all tables below them.

    Raises:
        MMSRError: One of the records is of another kind.

    Example:
        >>> import tempfile, pathlib
        >>> from mmsr_lite.views.samples import sample
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "report.html")
        ...     save_report(file, sample("trace"), sample("history"))
        ...     file.read_text(encoding="utf-8")[:15]
        '<!doctype html>'
    """
    traces = [check(trace, "trace") for trace in ([traces] if isinstance(traces, Mapping) else traces)]
    if metrics is not None and len(metrics):
        metrics = check(metrics, "metrics")
    metrics = metrics or {}
    first: Mapping[str, Any] = traces[0] if traces else {"dataset": {"name": "no data"}, "model": {"label": "no model"}}
    model = str(metrics.get("model", first["model"]["label"]))
    dataset = str(metrics.get("dataset", first["dataset"]["name"]))
    title = f"<div><h1>{untrusted.safe(model)}</h1><p>on {untrusted.safe(dataset)} · mmsr_lite</p></div>"
    numbers = "".join(_table(caption, rows) for caption, rows in (tables or {}).items())
    if metrics.get("test"):
        numbers += _metrics(metrics)
    header, footer = f"<header>{title}{numbers}</header>", ""
    if opening is not None:  # the picture comes first
        header, footer = f"<header>{title}</header>", f'<section class="told" aria-label="Metrics">{numbers}</section>'
    stills = {}
    is_empty = history is None or (isinstance(history, Mapping) and not history)
    if history is not None and not is_empty and check(history, "history")["epochs"]:
        stills["training"] = Chart(history, training, reads="history")
    text = page(
        f"{model} on {dataset}",
        traces,
        header=header,
        footer=footer,
        explorer={"message": {"stored": True}},
        stills=stills,
        opening=None if opening is None else tuple(opening),
    )
    with atomic_alone(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace")  # half a surrogate pair cannot be encoded
