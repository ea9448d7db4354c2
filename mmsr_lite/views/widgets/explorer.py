"""The explorer: five linked panels around the MSGraph, one selection, live where a backend answers (explorer.js).

It reads a trace and, optionally, a what-if record. It is given its backend, so nothing here needs torch.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mmsr_lite.errors import MMSRError
from mmsr_lite.records import TraceRecord, WhatIfRecord
from mmsr_lite.records.explorer import Beside, Messages
from mmsr_lite.views import theme as looks
from mmsr_lite.views.base import Frame, save
from mmsr_lite.views.page import page
from mmsr_lite.views.selection import Selection, resolve_selection
from mmsr_lite.views.widgets.msgraph import MSGraphView

if TYPE_CHECKING:
    from mmsr_lite.views.widgets.anywidgets import ExplorerWidget


class ExplorerBackend(Protocol):
    """Answers the explorer's requests: returns messages for the page and updates `record`.

    `mmsr_lite.explain.session.Session` is one.

    Example:
        >>> from mmsr_lite.errors import MMSRError
        >>> class Deaf:
        ...     record = TraceRecord()
        ...     def do(self, request):
        ...         raise MMSRError(f"cannot {request['do']}")
        >>> backend: ExplorerBackend = Deaf()
    """

    record: TraceRecord

    def do(self, request: Mapping[str, Any]) -> Messages:
        """Carry out a request of the page.

        Args:
            request: What to do under "do", such as "remove", and its arguments, such as "position".

        Returns:
            Messages for the page by name, such as "found" (items of a search) and "what_if" (a record).

        Raises:
            MMSRError: The request cannot be carried out; the page shows why.
        """


class Explorer(MSGraphView):
    """Five panels about one user with one selection: history and graph, gates, steps, what-if bench, answer.

    It reads a trace, and for its bench a what-if record.

    Args:
        record: A trace.
        selection: What is chosen at first, any key of `resolve_selection`.
        theme: auto, light, dark or projector.
        what_if: The record that the bench shows.
        beside: `name` and `record` of another trace of the same history, which stands beside this one.
        answers: Answers the requests of the page; None: the explorer replays the record, and editing is off.

    Raises:
        MMSRError: `record` is no trace, or there is no such theme.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> explorer = Explorer(sample("trace"), {"position": 1}, what_if=sample("what-if"))
        >>> explorer.selection["node"], explorer.answers is None  # no edits
        (0, True)
    """

    def __init__(
        self,
        record: Mapping[str, Any],
        selection: Mapping[str, Any] | None = None,
        theme: str = "auto",
        what_if: WhatIfRecord | None = None,
        answers: ExplorerBackend | None = None,
        beside: Beside | None = None,
    ):
        super().__init__(record, selection, theme)
        self.answers = answers
        self._message: Messages = {"what_if": what_if, "stored": answers is None, "beside": beside}

    @property
    def what_if(self) -> WhatIfRecord | None:
        """The record of the change that the bench shows."""
        return self._message["what_if"]

    @property
    def beside(self) -> Beside | None:
        """`name` and `record` of what stands beside the record, or None."""
        return self._message["beside"]

    def ask(self, **request: Any) -> None:
        """Make a request, as a control of the page does.

        Args:
            request: What to do and its arguments, such as `do="remove", position=2`.

        Raises:
            MMSRError: The explorer replays a stored record, or the request cannot be carried out.
        """
        if self.answers is None:
            raise MMSRError("this explorer replays a stored record; for edits use mmsr_lite.explore(model, dataset)")
        selection = self.selection
        message = self.answers.do(request)
        if self.answers.record is not self.record:
            before, self.record = self.record, self.answers.record
            self._selection = resolve_selection(self.record, selection, self._same_node(before, selection, request))
            message = {"what_if": None, **message}
        self._send({"error": None, "found": None, "page": None, "product": None, **message})

    def _same_node(self, before: TraceRecord, at: Selection, request: Mapping[str, Any]) -> dict[str, int | None]:
        """What to select in the new record: what was edited, else the node that was selected in the record `before`."""
        if request["do"] in ("add", "move", "replace"):
            last = len(self.record["history"])
            position = request.get("to", request.get("position"))
            return {"position": min(position or last, last)}
        if at["node"] is None:
            return {"node": None}
        chosen = before["nodes"][at["node"]]
        for n, node in enumerate(self.record["nodes"]):
            if (node["type"], node["id"]) == (chosen["type"], chosen["id"]):
                return {"node": n}
        return {"node": None}

    def _send(self, news: Messages) -> None:
        """Send record, selection and messages to the page."""
        self._message = {**self._message, **news}
        if self._widget:
            with self._widget.hold_sync():
                self._widget.record, self._widget.message = self.record, self._message
                self._widget.look = looks.for_record(self.record)  # another model may have other node types
                self._widget.selection = self._selection

    def _change_user(self, asked: Mapping[str, Any]) -> None:
        if self.answers is not None and asked.get("user") not in (None, self.selection["user"]):
            self.ask(do="user", user=asked["user"])

    def _make_widget(self) -> ExplorerWidget:
        from mmsr_lite.views.widgets.anywidgets import ExplorerWidget

        widget = ExplorerWidget(message=self._message, **self._traits())
        widget.observe(self._on_request, "request")
        return widget

    def _on_request(self, change: Any) -> None:
        """Answer a request of the page."""
        request = {name: value for name, value in change.new.items() if name != "number"}
        self._selection = self.selection
        try:
            if request.get("do") == "page":
                self._send({"page": self._whole_page()})
            else:
                self.ask(**request)
        except Exception as error:  # shown on the page, since a callback would hide it
            expected = isinstance(error, MMSRError)
            text = str(error) if expected else f"{type(error).__name__}: {error}"
            self._send({"error": text, "number": change.new["number"]})
            if os.environ.get("MMSR_STRICT") == "1" and not expected:
                raise

    def _whole_page(self) -> str:
        """The page to save: with the model in it or, for a model that no page can run, a replay of what is shown."""
        try:
            return self.live_html()
        except MMSRError:
            return self.html()

    @property
    def text(self) -> str:
        """The picture in words, after the stage that is shown."""
        stage = self.selection["stage"]
        if stage is None:
            return super().text
        step = self.record["stages"][stage]
        heading = f"Stage {stage + 1} of {len(self.record['stages'])}, {step['stage']}, {tuple(step['shape'])}"
        if step["probe"]:
            heading += f" at {step['probe']}"
        return f"{heading}: {looks.STAGES[step['stage']]} {super().text}"

    def html(self) -> str:
        """The explorer as one page with the last change; everything works but editing."""
        message: Messages = {"what_if": self.what_if, "stored": True, "beside": self.beside}
        if "name" in self._message:
            message["name"] = self._message["name"]
        return page(
            self._title, [self.record], selection=self.selection, theme=self.theme, explorer={"message": message}
        )

    def live_html(self, users: Sequence[Any] = (), pseudonyms: bool | None = None) -> str:
        """The explorer as one page that runs its models by itself: edits, what-ifs and other users need no Python.

        Args:
            users: Users beside the one that is shown, by number or id.
            pseudonyms: Whether ids of users and items are replaced; None: unless the data set is a made-up world.

        Raises:
            MMSRError: The explorer replays a stored record, or a model cannot run in a page.
        """
        made = getattr(self.answers, "page_data", None)
        if made is None:
            raise MMSRError(
                "this explorer replays a stored record; for a live page use mmsr_lite.explore(model, dataset)"
            )
        models = made(users, pseudonyms)
        if self.what_if is not None:  # the page repeats this comparison
            models["start"] |= {"change": self.what_if["changes"], "repeats": self.what_if["repeats"]}
        return page(self._title, selection=self.selection, theme=self.theme, models=models)

    @property
    def _title(self) -> str:
        return f"{self.record['model']['label']} on {self.record['dataset']['name']}"

    def save_html(
        self,
        path: str | os.PathLike[str],
        live: bool = False,
        users: Sequence[Any] = (),
        pseudonyms: bool | None = None,
    ) -> None:
        """Write one page that opens offline and stays interactive.

        Args:
            path: The file to write.
            live: Whether the page holds the model, and those that can stand beside it, and answers by itself; else it
                replays what is shown.
            users: Of a live page: users beside the one that is shown, by number or id.
            pseudonyms: Of a live page: whether ids of users and items are replaced; None: unless the data set is a
                made-up world.

        Raises:
            MMSRError: A live page is asked of an explorer that replays a stored record, or a model cannot run in it.
        """
        if live:
            save(path, self.live_html(users, pseudonyms).encode("utf-8", "replace"))
        else:
            super().save_html(path)

    def embed(
        self, height: int = 900, live: bool | None = None, users: Sequence[Any] = (), pseudonyms: bool | None = None
    ) -> Frame:
        """The page in a cell's output, in a sandboxed frame: it works without a kernel, also in a saved notebook.

        Args:
            height: The height of the frame in pixels.
            live: Whether the page holds the model; None: where there is one.
            users: Of a live page, as `save_html` takes them.
            pseudonyms: Of a live page, as `save_html` takes them.

        Returns:
            The frame; a notebook shows it.
        """
        if live is None:
            live = hasattr(self.answers, "page_data")
        text = self.live_html(users, pseudonyms) if live else self.html()
        return Frame(text, self._title, height)
