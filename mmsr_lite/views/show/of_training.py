"""Pictures of a training, while it runs and afterwards."""

from collections.abc import Callable, Mapping
from typing import Any

from mmsr_lite.arguments import checked
from mmsr_lite.views.chart import Chart
from mmsr_lite.views.figures.training import training as training_figure
from mmsr_lite.views.widgets.training_monitor import OnEpoch, TrainingMonitor


@checked()
def training(history: Mapping[str, Any]) -> Chart:
    """Show loss, validation metrics and gate over the epochs of a run.

    Args:
        history: A history record, from `history.json` of a run or from `fit`.

    Returns:
        The chart, which plays as an animation.

    Raises:
        MMSRError: `history` is no history record.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> training(sample("history")).data.title
        'The loss fell from 6.400 to 4.816 nats in 3 epochs; epoch 2 is the best'
    """
    return Chart(history, training_figure, reads="history")


def training_monitor(work: Callable[[OnEpoch], Any]) -> TrainingMonitor:
    """Watch, pause and stop a training.

    Args:
        work: Trains: `work(on_epoch)` calls `on_epoch(history)` after each epoch and stops when that returns False,
            such as `lambda on_epoch: train(model, parts, config, on_epoch=on_epoch)`.

    Returns:
        The monitor; `.start()` begins the training.

    Example:
        >>> training_monitor(lambda on_epoch: on_epoch({"epochs": []})).start().wait()
        True
    """
    return TrainingMonitor(work)
