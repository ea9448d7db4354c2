"""The figure of a training run, made from a history record; it plays as an animation without a kernel."""

from dataclasses import replace

from mmsr_lite.records import HistoryRecord
from mmsr_lite.views import theme, untrusted
from mmsr_lite.views.figures.data import FigureData, Look
from mmsr_lite.views.figures.kit import Series, empty_figure, lines

DASHES = ("solid", "dash", "dot", "dashdot")


def training(history: HistoryRecord) -> FigureData:
    """Loss, validation metrics and mean update gate of a run, epoch by epoch.

    Args:
        history: A history record, as training writes it: `epochs` and `best_epoch`.

    Returns:
        Up to three panels: loss in nats, HR and MRR on the validation users in percent, and the mean of the gate for
        each node type, from 0 (heho) to 1 (hohe).

    Example:
        >>> training({"epochs": [{"epoch": 1, "loss": 6.0}, {"epoch": 2, "loss": 4.5}], "best_epoch": 2}).title
        'The loss fell from 6.000 to 4.500 nats in 2 epochs; epoch 2 is the best'
    """
    rows, caption = history["epochs"], "Loss (nats), validation metrics (percent) and gate β, by epoch"
    if not rows:
        return empty_figure(f"Training: {caption}", "No epoch was trained.")
    epochs = [row["epoch"] for row in rows]

    def values(part: str, name: str) -> list[float | None]:
        return [(row.get(part) or {}).get(name) for row in rows]

    losses = [row["loss"] for row in rows]
    metrics = [name for name in rows[0].get("validation") or {} if name.startswith(("HR", "MRR"))]
    metric_lines: list[Series] = [
        (name, Look(theme.SERIES[i % len(theme.SERIES)], dash=DASHES[i % 4]), epochs, values("validation", name))
        for i, name in enumerate(metrics)
    ]
    gate_lines: list[Series] = []
    for i, name in enumerate(rows[0].get("beta") or {}):
        fill, _, shape = theme.kind(i)
        gate_lines.append(
            (f"β {untrusted.clean(name)}", Look(fill, shape, DASHES[i % 4]), epochs, values("beta", name))
        )
    panels: list[tuple[str, str, list[Series]]] = [
        ("epoch", "loss, nats", [("loss", Look(theme.SOFT), epochs, losses)]),
        ("epoch", "percent", metric_lines),
        ("epoch", "β hohe, mean", gate_lines),
    ]
    panels = [panel for panel in panels if panel[2]]
    changes = []
    for *_, series in panels:
        for name, _, _, all_values in series:
            first, last = all_values[0], all_values[-1]
            if first is not None and last is not None:
                changes.append(f"{name} {first:.3f} to {last:.3f}")
    best = history.get("best_epoch")
    text = f"First to last epoch: {', '.join(changes)}; best epoch {best or 'unknown'}."
    data = FigureData(title=_finding(losses, best), caption=caption, text=text, height=270, plays=True, **lines(panels))
    if not best:
        return data
    return replace(data, panels=tuple(replace(panel, lines_at_x=(best,)) for panel in data.panels))


def _finding(losses: list[float], best: int | None) -> str:
    """The title: how the loss changed, and which epoch is the best."""
    first, last = losses[0], losses[-1]
    if len(losses) == 1:
        return f"The loss is {last:.3f} nats after one epoch"
    verb = "fell" if last < first else "rose" if last > first else "stayed"
    found = f"The loss {verb} from {first:.3f} to {last:.3f} nats in {len(losses)} epochs"
    return f"{found}; epoch {best} is the best" if best else found
