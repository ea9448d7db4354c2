"""The training monitor: what it is told it shows; a press of pause holds the training, of stop ends it."""

import threading

import pytest

from mmsr_lite.views import show


def training(epochs: int, begun: threading.Event):
    """Stands for the training loop: an epoch, a call, and an end when that says False."""

    def work(tell):
        history = {"epochs": [], "best_epoch": 1}
        for epoch in range(1, epochs + 1):
            history["epochs"].append({"epoch": epoch, "loss": 1 / epoch})
            begun.set()
            if tell(history) is False:
                break
        return history

    return work


def test_pause_holds_after_an_epoch_and_stop_ends_it():
    begun = threading.Event()
    monitor = show.training_monitor(training(5, begun))
    monitor.widget.children[0].children[0].value = True  # the pause button
    monitor.start()
    assert begun.wait(20)
    monitor._thread.join(0.2)
    assert monitor._thread.is_alive() and [row["epoch"] for row in monitor.record["epochs"]] == [1]
    assert bytes(monitor.widget.children[1].value)[1:4] == b"PNG" and list(monitor.figure.data[0].y) == [1]
    monitor.widget.children[0].children[1].click()  # stop
    assert monitor.wait()["epochs"] == [{"epoch": 1, "loss": 1}]


def test_an_error_in_the_training_is_raised_by_wait():
    monitor = show.training_monitor(lambda tell: 1 / 0).start()
    with pytest.raises(ZeroDivisionError):
        monitor.wait()
