"""The live pictures as anywidget classes; Python and JavaScript share a few typed, validated traits.

Importing this file needs anywidget; `MSGraphView.widget` and `Explorer.widget` import it when they are first shown.
"""

from typing import Any

import anywidget
import traitlets

from mmsr_lite.errors import MMSRError
from mmsr_lite.views.base import check
from mmsr_lite.views.page import static
from mmsr_lite.views.selection import KEYS
from mmsr_lite.views.theme import THEMES


class TraitValueError(MMSRError, traitlets.TraitError):
    """A trait of a widget was set to a value that is not possible.

    Example:
        >>> issubclass(TraitValueError, MMSRError)
        True
    """


def _names(where: str, given: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """`given` when all its names are known."""
    for name in given:
        if name not in known:
            raise TraitValueError(f"{where} got {name!r}; expected any of: {', '.join(known)}")
    return given


class MSGraphWidget(anywidget.AnyWidget):
    """The MSGraph picture of a trace in a notebook.

    Traits: `record` (a trace), `look` (from `theme.for_record`), `selection` (keys of `resolve_selection`) and `theme`
    (auto, light, dark or projector). A click sets `selection`; setting `selection` in Python moves the picture.

    Raises:
        TraitValueError: A trait was set to a value that is not possible; it is an `MMSRError`.

    Example:
        >>> try:
        ...     MSGraphWidget(theme="pink")
        ... except MMSRError as error:
        ...     print(error)
        theme got 'pink'; expected any of: auto, light, dark, projector
    """

    _esm: Any = static("msgraph.js")
    _css: Any = static("msgraph.css")
    record = traitlets.Dict().tag(sync=True)
    look = traitlets.Dict().tag(sync=True)
    selection = traitlets.Dict().tag(sync=True)
    theme = traitlets.Unicode("auto").tag(sync=True)

    @traitlets.validate("record")
    def _check_record(self, proposal: Any) -> Any:
        try:
            return check(proposal["value"], "trace")
        except MMSRError as error:
            raise TraitValueError(str(error)) from None

    @traitlets.validate("selection")
    def _check_selection(self, proposal: Any) -> Any:
        return _names("selection", proposal["value"], KEYS)

    @traitlets.validate("theme")
    def _check_theme(self, proposal: Any) -> Any:
        if proposal["value"] not in THEMES:
            raise TraitValueError(f"theme got {proposal['value']!r}; expected any of: {', '.join(THEMES)}")
        return proposal["value"]


class ExplorerWidget(MSGraphWidget):
    """The explorer in a notebook: the picture with the panels of explorer.js.

    Two more traits: `request`, what the page asks of Python ({"do": ..., "number": ...}), and `message`, what Python
    answers beside the record ({"what_if", "stored", "error", "found", "page", ...}).

    Example:
        >>> ExplorerWidget().message
        {}
    """

    _esm: Any = static("msgraph.js", "explorer.js")
    _css: Any = static("msgraph.css", "explorer.css")
    request = traitlets.Dict().tag(sync=True)
    message = traitlets.Dict().tag(sync=True)

    @traitlets.validate("request")
    def _check_request(self, proposal: Any) -> Any:
        request = proposal["value"]
        if request and not isinstance(request.get("do"), str):
            raise TraitValueError(f"request got {request!r}; expected what to do under the key 'do'")
        return request
