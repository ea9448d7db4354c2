"""Watch, pause and stop a training in a notebook.

The work runs in a thread of its own, so that the buttons answer; the chart is drawn anew after each epoch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from mmsr_lite.records import HistoryRecord
from mmsr_lite.views.chart import Chart
from mmsr_lite.views.figures.training import training
from mmsr_lite.views.widgets.controls import box

Tell = Callable[[dict[str, Any]], bool]


class TrainingMonitor(Chart):
    """A training that is watched: `work(tell)` trains and calls `tell(history)` after each epoch, False means stop.

    >>> monitor = TrainingMonitor(lambda tell: [tell({"epochs": [{"epoch": e, "loss": 1 / e}]}) for e in (1, 2)])
    >>> monitor.start().wait()
    [True, True]
    >>> monitor.record["epochs"][-1]["loss"]
    0.5
    """

    def __init__(self, work: Callable[[Tell], Any]):
        super().__init__({"epochs": [], "best_epoch": 0}, training, reads="history")
        self.result: Any = None
        self._error: BaseException | None = None
        self._work, self._widget = work, None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._go, self._stopped = threading.Event(), threading.Event()
        self._go.set()

    def start(self) -> TrainingMonitor:
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
        self.record, self.figure = HistoryRecord(history), training(history)
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
