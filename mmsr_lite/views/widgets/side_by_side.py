"""Two traces of one history: as two panes of the explorer, as a still, and their differences in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mmsr_lite.records import TraceRecord
from mmsr_lite.records.explorer import Beside
from mmsr_lite.records.schema import TableRow
from mmsr_lite.views.base import check
from mmsr_lite.views.differences import say_differences, say_verdict, table_of
from mmsr_lite.views.figures.msgraph import draw_all
from mmsr_lite.views.selection import resolve_selection
from mmsr_lite.views.widgets.explorer import Explorer

if TYPE_CHECKING:
    import matplotlib.figure


class SideBySide(Explorer):
    """Two traces in two panes with one layout and one selection; a sentence says what differs.

    Args:
        one: A trace.
        two: Another trace: of another model, another seed, other codes, or of the history before an edit.
        names: What the two are called; None: their models' labels.
        selection: What is chosen at first, any key of `resolve_selection`.
        theme: auto, light, dark or projector.

    Raises:
        MMSRError: One of them is no trace, or there is no such theme.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> view = SideBySide(sample("trace"), sample("trace"), ("seed 0", "seed 1"))
        >>> view.text[:40], view.table[0]
        ('Both rank the next item, Green skirt, 3;', {'of': 'rank of the next item', 'seed 0': 3.0, 'seed 1': 3.0})
    """

    def __init__(
        self,
        one: Mapping[str, Any],
        two: Mapping[str, Any],
        names: Sequence[str] | None = None,
        selection: Mapping[str, Any] | None = None,
        theme: str = "auto",
    ):
        other: TraceRecord = check(two, "trace")  # type: ignore[assignment]
        super().__init__(one, selection, theme, beside={"name": "", "record": other})
        labels = names or [record["model"]["label"] for record in (self.record, other)]
        if len(set(labels)) < 2:
            labels = [f"{labels[0]} (1)", f"{labels[-1]} (2)"]
        self.names = tuple(labels)
        self._other: Beside = {"name": self.names[1], "record": other}
        self._message = {**self._message, "beside": self._other, "name": self.names[0]}

    @property
    def other(self) -> TraceRecord:
        """The second trace."""
        return self._other["record"]

    @property
    def text(self) -> str:
        """Which of them is right, where only one is, and how they differ."""
        says = [say(self.record, self.other, self.names) for say in (say_verdict, say_differences)]
        return " ".join(filter(None, says))

    @property
    def table(self) -> list[TableRow]:
        """Ranks, scores, flows and gates of both, one row for each number."""
        return table_of(self.record, self.other, self.names)

    def to_matplotlib(self) -> matplotlib.figure.Figure:
        """Both pictures, one below the other, each with its name."""
        at = self.selection
        theirs = resolve_selection(self.other, {name: at[name] for name in ("layer", "path", "phase")})
        return draw_all([(self.record, at, self.names[0]), (self.other, theirs, self.names[1])])
