"""Play: a picture or table with a control for each thing that may be chosen; without a kernel, the first choice."""

import base64
import os
import re
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from mmsr_lite.errors import MMSRError

SHOWN = "image/png", "text/plain"


class Interact:
    """`make(**chosen)` with a control for each argument: a list gives a choice, a range a slider.

    With MMSR_STRICT=1 the ends of every control are made at once, and an error in a callback is raised, not only shown.

    >>> Interact(lambda layer: f"layer {layer}", layer=range(2))
    layer 0
    """

    def __init__(self, make: Callable[..., Any], **choices: Sequence[Any]):
        empty = [name for name, choice in choices.items() if len(choice) == 0]
        if empty or not choices:
            raise MMSRError(f"a control needs something to choose from; got {', '.join(empty) or 'no control'}")
        self.make, self.choices = make, choices
        self.strict = os.environ.get("MMSR_STRICT") == "1"
        first = {name: choice[0] for name, choice in choices.items()}
        self.first = make(**first)
        for name, choice in choices.items() if self.strict else ():
            if choice[-1] != choice[0]:
                _bundle(make(**first | {name: choice[-1]}))

    def widget(self) -> Any:
        """The controls with the picture below; a change draws it anew in its place."""
        import ipywidgets as widgets

        controls = {name: _control(name, choice) for name, choice in self.choices.items()}
        output = widgets.Output(layout={"min_height": "12em"})

        def show(change: Any = None) -> None:
            chosen = {name: _chosen(control, self.choices[name]) for name, control in controls.items()}
            draw(output, lambda: self.first if change is None else self.make(**chosen))

        for control in controls.values():
            control.observe(show, "value")
        show()
        return box(widgets.HBox(list(controls.values()), layout={"flex_flow": "row wrap"}), output)

    def __repr__(self) -> str:
        return str(_bundle(self.first)["text/plain"])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        bundle = _bundle(self.first)
        kept = {kind: bundle[kind] for kind in SHOWN if kind in bundle}
        try:
            live = self.widget()._repr_mimebundle_()
        except ImportError:
            return kept
        return {**live, **kept}, {"mmsr_lite": "interact"}


def box(*children: Any) -> Any:
    """A VBox whose controls keep their keys: Notebook 7 would take arrows and Enter for its cells."""
    import ipywidgets

    return ipywidgets.VBox([*children, _keys()(layout={"display": "none"})]).add_class("mmsr-box")


@cache
def _keys() -> Any:
    import anywidget

    class Keys(anywidget.AnyWidget):
        """Unseen: marks what has the focus in a box; shortcuts look at the element itself before those around it."""

        _esm = """export default { render() {
          const mark = ({ target }) => target.closest(".mmsr-box") &&
            target.setAttribute("data-lm-suppress-shortcuts", "true");
          document.addEventListener("focusin", mark);
          return () => document.removeEventListener("focusin", mark);
        } };"""

    return Keys


def draw(output: Any, make: Callable[[], Any]) -> None:
    """Show in an `Output` what `make` gives, or the error that it raises."""
    failed = None
    try:
        data = _bundle(make())
    except Exception as error:
        failed, data = error, {"text/plain": "".join(traceback.format_exception_only(error)).strip()}
    output.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)  # at once: no flicker
    if failed and os.environ.get("MMSR_STRICT") == "1":
        raise failed


def _control(name: str, choice: Sequence[Any]) -> Any:
    import ipywidgets as widgets

    style, label = {"description_width": "initial"}, name.replace("_", " ")
    if isinstance(choice, range):
        limits = {"min": choice[0], "max": choice[-1], "step": choice.step, "value": choice[0]}
        return widgets.IntSlider(description=label, continuous_update=False, style=style, **limits)
    options = [(str(value), number) for number, value in enumerate(choice)]
    return widgets.Dropdown(description=label, options=options, value=0, style=style)


def _chosen(control: Any, choice: Sequence[Any]) -> Any:
    return control.value if isinstance(choice, range) else choice[control.value]


def _bundle(shown: Any) -> dict[str, Any]:
    """The media types of anything that a cell can show."""
    if isinstance(shown, str):
        return {"text/plain": shown}
    if hasattr(shown, "_repr_mimebundle_"):
        found = shown._repr_mimebundle_()
        return found[0] if isinstance(found, tuple) else found
    bundle = {"text/plain": re.sub(r" at 0x\w+", "", repr(shown))}  # no address: saved notebooks stay the same
    if hasattr(shown, "_repr_html_"):
        bundle["text/html"] = shown._repr_html_()
    if hasattr(shown, "_repr_png_"):
        bundle["image/png"] = base64.b64encode(shown._repr_png_()).decode()
    return {kind: value for kind, value in bundle.items() if value}
