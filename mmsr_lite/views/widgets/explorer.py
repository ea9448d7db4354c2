"""The explorer: five linked panels around the MSGraph, one selection, live where something answers (explorer.js).

It reads a trace, and perhaps a record of `what_if`; who answers its requests is handed in, so nothing here needs torch.
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from mmsr_lite.errors import MMSRError
from mmsr_lite.records import Record
from mmsr_lite.views import theme
from mmsr_lite.views.page import STATIC, page
from mmsr_lite.views.selection import resolve_selection
from mmsr_lite.views.widgets.msgraph import MSGraphView, msgraph_widget


class ExplorerBackend(Protocol):
    """Who is asked: `do(request)` gives what is to be told beside the `record` that it leaves."""

    record: Record

    def do(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a request says."""


class Explorer(MSGraphView):
    """History and graph, gate lens, step through, what-if bench and answer of one user, all on one selection.

    `selection` is what `resolve_selection` returns: set any of it, another user too, or read what was clicked. Without
    `answers` the explorer replays the record it was given, and editing is off.
    """

    def __init__(
        self,
        record: dict[str, Any],
        selection: dict[str, Any] | None = None,
        theme: str = "auto",
        what_if: dict[str, Any] | None = None,
        answers: ExplorerBackend | None = None,
    ):
        super().__init__(record, selection, theme)
        self.answers = answers
        self._told: dict[str, Any] = {"what_if": what_if, "stored": answers is None}

    @property
    def what_if(self) -> dict[str, Any] | None:
        """The record of the change that the bench shows."""
        return self._told["what_if"]

    def ask(self, **request: Any) -> None:
        """What a press of a control does, such as `ask(do="remove", position=2)`; raises `MMSRError`."""
        if self.answers is None:
            raise MMSRError("this explorer replays a stored record; for edits use mmsr_lite.explore(model, dataset)")
        at, told = self.selection, self.answers.do(request)
        if self.answers.record is not self.record:  # the selection stays on what it was on, or goes to what was edited
            nodes, self.record = self.record["nodes"], self.answers.record
            last, place = len(self.record["history"]), request.get("to", request.get("position"))
            same: dict[str, Any] = {"node": None}
            if request["do"] in ("add", "move", "replace"):
                same = {"position": min(place or last, last)}
            elif at["node"] is not None:
                key = [nodes[at["node"]][name] for name in ("type", "id")]
                keys = [[node["type"], node["id"]] for node in self.record["nodes"]]
                same = {"node": keys.index(key) if key in keys else None}
            self._selection, told = resolve_selection(self.record, at, same), {"what_if": None, **told}
        self._tell(**{"error": None, "found": None, "page": None, **told})

    def _tell(self, **news: Any) -> None:
        self._told = self._told | news
        if self._widget:
            with self._widget.hold_sync():
                self._widget.record, self._widget.told = self.record, self._told
                self._widget.selection = self._selection

    def _goes(self, asked: dict[str, Any]) -> None:
        if self.answers is not None and asked.get("user") not in (None, self.selection["user"]):
            self.ask(do="user", user=asked["user"])

    def _make(self) -> Any:
        widget = _widget()(told=self._told, **self._traits())
        widget.observe(self._heard, "request")
        return widget

    def _heard(self, change: Any) -> None:
        request = {name: value for name, value in change.new.items() if name != "number"}
        self._selection = self.selection
        try:
            self._tell(page=self.html()) if request.get("do") == "page" else self.ask(**request)
        except Exception as error:  # told on the screen: a callback would swallow it
            expected = isinstance(error, MMSRError)
            self._tell(
                error=str(error) if expected else f"{type(error).__name__}: {error}", number=change.new["number"]
            )
            if os.environ.get("MMSR_STRICT") == "1" and not expected:
                raise

    @property
    def text(self) -> str:
        """The picture in words, after the stage that is shown."""
        stage = self.selection["stage"]
        if stage is None:
            return super().text
        now = self.record["stages"][stage]
        what = f"Stage {stage + 1} of {len(self.record['stages'])}, {now['stage']}, {tuple(now['shape'])}"
        return f"{what}{' at ' + now['probe'] if now['probe'] else ''}: {theme.STAGES[now['stage']]} {super().text}"

    def html(self) -> str:
        """The explorer as one page: all but editing works, with the change that was made last."""
        title = f"{self.record['model']['label']} on {self.record['dataset']['name']}"
        stored = {"told": {"what_if": self.what_if, "stored": True}}
        return page(title, [self.record], selection=self.selection, theme=self.theme, explorer=stored)


@cache
def _widget() -> Any:
    import traitlets

    class ExplorerWidget(msgraph_widget()):  # type: ignore[misc]
        """Two more traits: what is asked of Python, and what is told beside the record."""

        _esm, _css = (
            "\n".join((STATIC / f"{name}.{kind}").read_text(encoding="utf-8") for name in ("msgraph", "explorer"))
            for kind in ("js", "css")
        )
        request = traitlets.Dict().tag(sync=True)
        told = traitlets.Dict().tag(sync=True)

    return ExplorerWidget
