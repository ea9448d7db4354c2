"""One-liners: `show.msgraph(record)` in a cell shows the picture, `.save_html(path)` keeps it."""

from __future__ import annotations

from typing import Any

from mmsr_lite.views import charts
from mmsr_lite.views.charts import Chart
from mmsr_lite.views.msgraph import MSGraphView


def msgraph(record: dict[str, Any], selection: dict | None = None, theme: str = "auto") -> MSGraphView:
    """The MSGraph of a trace; `theme` is auto, light, dark or projector."""
    return MSGraphView(record, selection, theme)


def gates(record: dict[str, Any]) -> Chart:
    """The update gate, node by node and layer by layer."""
    return Chart(record, charts.gates)


def attention(record: dict[str, Any], layer: int = 0, path: str | None = None, phase: int = 0) -> Chart:
    """The attention weights of one layer, order and phase (counted from 0) as a matrix."""
    return Chart(record, lambda trace: charts.attention(trace, layer, path, phase))


def ranking(record: dict[str, Any], most: int = 10) -> Chart:
    """The best items with pictures and the share of each order in their scores."""
    return Chart(record, lambda trace: charts.ranking(trace, most))


def training(history: dict[str, Any]) -> Chart:
    """Loss, validation metrics and gate over the epochs of a run."""
    return Chart(history, charts.training, reads="history")
