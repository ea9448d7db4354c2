"""Watch, pause and stop a training in a notebook.

The work runs in a thread of its own, so that the buttons respond; the chart is drawn again after each epoch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from mmsr_lite.records import HistoryRecord
from mmsr_lite.views.base import MimeBundle
from mmsr_lite.views.chart import Chart
from mmsr_lite.views.figures.training import training
from mmsr_lite.views.widgets.controls import box

OnEpoch = Callable[[HistoryRecord], bool]


class TrainingMonitor(Chart):
    """A training that can be watched, paused and stopped; it draws the history record of the training.

    Args:
        work: Trains: `work(on_epoch)` calls `on_epoch(history)` after each epoch and stops when that returns False.

    Example:
        >>> monitor = TrainingMonitor(lambda tell: [tell({"epochs": [{"epoch": e, "loss": 1 / e}]}) for e in (1, 2)])
        >>> monitor.start().wait()
        [True, True]
        >>> monitor.record["epochs"][-1]["loss"]
        0.5
    """

    def __init__(self, work: Callable[[OnEpoch], Any]):
        super().__init__({"epochs": [], "best_epoch": 0}, training, reads="history")
        self.result: Any = None
        self._error: BaseException | None = None
        self._work = work
        self._widget: Any = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._may_run, self._is_stopped = threading.Event(), threading.Event()
        self._may_run.set()

    def start(self) -> TrainingMonitor:
        """Begin the training, and return at once.

        Returns:
            This monitor.
        """
        self._thread.start()
        return self

    def wait(self) -> Any:
        """Wait until the training is over.

        Returns:
            What `work` returned.

        Raises:
            BaseException: What `work` raised.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self.result

    def pause(self, paused: bool = True) -> None:
        """Pause the training after this epoch, or go on.

        Args:
            paused: Whether to pause.
        """
        if paused:
            self._may_run.clear()
        else:
            self._may_run.set()

    def stop(self) -> None:
        """End the training after this epoch."""
        self._is_stopped.set()
        self._may_run.set()

    def tell(self, history: HistoryRecord) -> bool:
        """Draw the history so far, and wait while the training is paused.

        Args:
            history: A history record.

        Returns:
            False when the training is to stop.
        """
        record = HistoryRecord(history)
        self.record, self.data = record, training(record)
        if self._widget is not None:
            self._widget.children[1].value = self.drawn("png")
        self._may_run.wait()
        return not self._is_stopped.is_set()

    def _run(self) -> None:
        try:
            self.result = self._work(self.tell)
        except BaseException as error:  # for `wait` to raise: a notebook loses errors of threads
            self._error = error

    @property
    def widget(self) -> Any:
        """The buttons and the picture, made with ipywidgets."""
        import ipywidgets as widgets

        if self._widget is None:
            pause = widgets.ToggleButton(description="pause", icon="pause")
            stop = widgets.Button(description="stop", icon="stop")
            pause.observe(lambda change: self.pause(change.new), "value")
            stop.on_click(lambda _: self.stop())
            self._widget = box(widgets.HBox([pause, stop]), widgets.Image(value=self.drawn("png"), format="png"))
        return self._widget

    def live(self) -> MimeBundle:
        """The buttons while the training runs, then the chart that plays."""
        if not self._thread.is_alive():
            return super().live()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {"application/vnd.jupyter.widget-view+json": view}
