"""The chart of a training run, which plays as an animation without a kernel."""

from typing import Any

from mmsr_lite.views import theme
from mmsr_lite.views.figures.kit import CLEAR, empty_figure, figure_of, lines


def training(history: dict[str, Any]):
    """Loss (nats), validation metrics (percent) and mean gate by node type, epoch by epoch; plays as an animation."""
    rows, title = history["epochs"], "Training: loss (nats), validation metrics (percent) and gate β, by epoch"
    if not rows:
        return empty_figure(title, "No epoch was trained.")
    first, colours, x = rows[0], ("#D55E00", "#CC79A7", "#56B4E9", theme.INK), [row["epoch"] for row in rows]
    shown = [name for name in first.get("validation") or {} if name.startswith(("HR", "MRR"))]
    series = lambda part, name: [(row.get(part) or {}).get(name) for row in rows]  # noqa: E731
    panels: list[tuple[str, list]] = [("loss, nats", [("loss", theme.SOFT, x, [row["loss"] for row in rows])])]
    panels.append(("percent", [(n, colours[i % 4], x, series("validation", n)) for i, n in enumerate(shown)]))
    kinds = enumerate(first.get("beta") or {})
    gated = [(f"β {theme.safe(n)}", theme.kind(i)[0], x, series("beta", n)) for i, n in kinds]
    panels.append(("β hohe (late), mean", gated))
    panels = [panel for panel in panels if panel[1]]
    span = [f"{n} {v[0]:.3f} to {v[-1]:.3f}" for _, all_ in panels for n, _, _, v in all_ if None not in (v[0], v[-1])]
    best = history.get("best_epoch")
    figure = figure_of(title, f"First to last epoch: {', '.join(span)}; best epoch {best or 'unknown'}.", 420)
    lines(figure, panels, "epoch", best or None)
    return _animated(figure, x)


def _animated(figure, epochs: list[int]):
    """The same figure with a button that plays it and a slider, epoch by epoch; both work without a kernel."""
    import plotly.graph_objects as go

    whole = [list(trace.y) for trace in figure.data]
    cut = [[{"y": [v if i <= last else None for i, v in enumerate(y)]} for y in whole] for last in range(len(epochs))]
    figure.frames = [go.Frame(data=data, name=str(epoch)) for data, epoch in zip(cut, epochs, strict=True)]
    halt = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}
    pace = {"frame": {"duration": 350, "redraw": False}, "transition": {"duration": 0}, "fromcurrent": True}
    act = lambda label, *args: {"label": label, "method": "animate", "args": list(args)}  # noqa: E731
    buttons, steps = [act("▶", None, pace), act("❚❚", [None], halt)], [act(str(e), [str(e)], halt) for e in epochs]
    menu = {"type": "buttons", "direction": "left", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}
    slider = {"active": len(epochs) - 1, "steps": steps, "currentvalue": {"prefix": "epoch "}, "y": -0.12, "len": 1}
    return figure.update_layout(
        updatemenus=[{**menu, "buttons": buttons, "bgcolor": CLEAR}], sliders=[slider], margin={"b": 110}
    )
