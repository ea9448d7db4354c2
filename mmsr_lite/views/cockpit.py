"""Training: its chart, which plays without a kernel, and the cockpit that watches, pauses and stops it in a notebook.

The work runs in a thread of its own, so that the buttons are heard; the chart is drawn anew after each epoch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from mmsr_lite.views import style
from mmsr_lite.views.charts import CLEAR, Chart, _empty, _figure, lines
from mmsr_lite.views.play import box

Tell = Callable[[dict[str, Any]], bool]


def training(history: dict[str, Any]):
    """Loss (nats), validation metrics (percent) and mean gate by node type, epoch by epoch; plays as an animation."""
    rows, title = history["epochs"], "Training: loss (nats), validation metrics (percent) and gate β, by epoch"
    if not rows:
        return _empty(title, "No epoch was trained.")
    first, colours, x = rows[0], ("#D55E00", "#CC79A7", "#56B4E9", style.INK), [row["epoch"] for row in rows]
    shown = [name for name in first.get("validation") or {} if name.startswith(("HR", "MRR"))]
    series = lambda part, name: [(row.get(part) or {}).get(name) for row in rows]  # noqa: E731
    panels: list[tuple[str, list]] = [("loss, nats", [("loss", style.SOFT, x, [row["loss"] for row in rows])])]
    panels.append(("percent", [(n, colours[i % 4], x, series("validation", n)) for i, n in enumerate(shown)]))
    kinds = enumerate(first.get("beta") or {})
    gated = [(f"β {style.safe(n)}", style.kind(i)[0], x, series("beta", n)) for i, n in kinds]
    panels.append(("β hohe (late), mean", gated))
    panels = [panel for panel in panels if panel[1]]
    span = [f"{n} {v[0]:.3f} to {v[-1]:.3f}" for _, all_ in panels for n, _, _, v in all_ if None not in (v[0], v[-1])]
    best = history.get("best_epoch")
    figure = _figure(title, f"First to last epoch: {', '.join(span)}; best epoch {best or 'unknown'}.", 420)
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


class Cockpit(Chart):
    """A training that is watched: `work(tell)` trains and calls `tell(history)` after each epoch, False means stop.

    >>> cockpit = Cockpit(lambda tell: [tell({"epochs": [{"epoch": e, "loss": 1 / e}]}) for e in (1, 2)])
    >>> cockpit.start().wait()
    [True, True]
    >>> cockpit.record["epochs"][-1]["loss"]
    0.5
    """

    def __init__(self, work: Callable[[Tell], Any]):
        super().__init__({"epochs": []}, training, reads="history")
        self.result: Any = None
        self._error: BaseException | None = None
        self._work, self._widget = work, None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._go, self._stopped = threading.Event(), threading.Event()
        self._go.set()

    def start(self) -> Cockpit:
        """Begin, and return at once."""
        self._thread.start()
        return self

    def wait(self) -> Any:
        """Stay until the training is over; what it returned."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self.result

    def pause(self, paused: bool = True) -> None:
        """Hold the training after this epoch, or go on."""
        (self._go.clear if paused else self._go.set)()

    def stop(self) -> None:
        """End the training after this epoch."""
        self._stopped.set()
        self._go.set()

    def tell(self, history: dict[str, Any]) -> bool:
        """Take the history so far; False when the training is to stop."""
        self.record, self.figure = history, training(history)
        if self._widget is not None:
            self._widget.children[1].value = self._drawn("png")
        self._go.wait()
        return not self._stopped.is_set()

    def _run(self) -> None:
        try:
            self.result = self._work(self.tell)
        except BaseException as error:  # told by `wait`; a thread's own errors are lost in a notebook
            self._error = error

    @property
    def widget(self) -> Any:
        """Buttons and picture, of ipywidgets."""
        import ipywidgets as w

        if self._widget is None:
            pause, stop = w.ToggleButton(description="pause", icon="pause"), w.Button(description="stop", icon="stop")
            pause.observe(lambda change: self.pause(change.new), "value")
            stop.on_click(lambda _: self.stop())
            self._widget = box(w.HBox([pause, stop]), w.Image(value=self._drawn("png"), format="png"))
        return self._widget

    def live(self) -> dict[str, Any]:
        """The buttons while the training runs, then the chart that plays."""
        if not self._thread.is_alive():
            return super().live()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {"application/vnd.jupyter.widget-view+json": view}
