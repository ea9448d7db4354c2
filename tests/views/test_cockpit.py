"""The cockpit: what it is told it shows; a press of pause holds the training, of stop ends it."""

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
    cockpit = show.cockpit(training(5, begun))
    cockpit.widget.children[0].children[0].value = True  # the pause button
    cockpit.start()
    assert begun.wait(20)
    cockpit._thread.join(0.2)
    assert cockpit._thread.is_alive() and [row["epoch"] for row in cockpit.record["epochs"]] == [1]
    assert bytes(cockpit.widget.children[1].value)[1:4] == b"PNG" and list(cockpit.figure.data[0].y) == [1]
    cockpit.widget.children[0].children[1].click()  # stop
    assert cockpit.wait()["epochs"] == [{"epoch": 1, "loss": 1}]


def test_an_error_in_the_training_is_raised_by_wait():
    cockpit = show.cockpit(lambda tell: 1 / 0).start()
    with pytest.raises(ZeroDivisionError):
        cockpit.wait()
