"""A picture or table with a control for each choice; without a kernel it shows the first choices."""

import base64
import os
import re
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from mmsr_lite.errors import MMSRError

SAVED_TYPES = "image/png", "text/plain"  # what a saved notebook keeps of a picture


class Interact:
    """`make(**chosen)` with a control for each argument: a list gives a choice, a range a slider.

    With MMSR_STRICT=1 the first and last choice of every control are tried at once, and an error in a callback is
    raised, not only shown.

    Args:
        make: Makes what is shown; its arguments have the names of `choices`.
        choices: What may be chosen for each argument; the first of each is shown first.

    Raises:
        MMSRError: There is no control, or one without a choice.

    Example:
        >>> Interact(lambda layer: f"layer {layer}", layer=range(2))
        layer 0
    """

    def __init__(self, make: Callable[..., Any], **choices: Sequence[Any]):
        empty = [name for name, choice in choices.items() if len(choice) == 0]
        if empty or not choices:
            raise MMSRError(f"a control needs something to choose from; got {', '.join(empty) or 'no control'}")
        self.make, self.choices = make, choices
        first = {name: choice[0] for name, choice in choices.items()}
        self.first = make(**first)
        if os.environ.get("MMSR_STRICT") == "1":
            for name, choice in choices.items():
                if choice[-1] != choice[0]:
                    _bundle(make(**first | {name: choice[-1]}))

    def widget(self) -> Any:
        """Make the controls with the picture below them; a change draws the picture again.

        Returns:
            A box of ipywidgets.
        """
        import ipywidgets as widgets

        controls = {name: _control(name, choice) for name, choice in self.choices.items()}
        output = widgets.Output(layout={"min_height": "12em"})

        def redraw(change: Any) -> None:
            chosen = {name: _chosen(control, self.choices[name]) for name, control in controls.items()}
            draw(output, lambda: self.make(**chosen))

        for control in controls.values():
            control.observe(redraw, "value")
        draw(output, lambda: self.first)
        return box(widgets.HBox(list(controls.values()), layout={"flex_flow": "row wrap"}), output)

    def __repr__(self) -> str:
        return str(_bundle(self.first)["text/plain"])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        bundle = _bundle(self.first)
        saved = {kind: bundle[kind] for kind in SAVED_TYPES if kind in bundle}
        try:
            live = self.widget()._repr_mimebundle_()
        except ImportError:
            return saved
        return {**live, **saved}, {"mmsr_lite": "interact"}


def box(*children: Any) -> Any:
    """Put widgets into a column whose controls keep their keys; Notebook 7 would use arrows and Enter for its cells.

    Args:
        children: Widgets of ipywidgets, from top to bottom.

    Returns:
        A VBox; its last child is invisible.

    Example:
        >>> import ipywidgets
        >>> len(box(ipywidgets.Label("a")).children)
        2
    """
    import ipywidgets

    return ipywidgets.VBox([*children, _keys()(layout={"display": "none"})]).add_class("mmsr-box")


@cache
def _keys() -> Any:
    import anywidget

    class Keys(anywidget.AnyWidget):
        """An invisible widget that marks the focused element of a box, because shortcuts look at that element first."""

        _esm = """export default { render() {
          const mark = ({ target }) => target.closest(".mmsr-box") &&
            target.setAttribute("data-lm-suppress-shortcuts", "true");
          document.addEventListener("focusin", mark);
          return () => document.removeEventListener("focusin", mark);
        } };"""

    return Keys


def draw(output: Any, make: Callable[[], Any]) -> None:
    """Show in an `Output` what `make` returns, or the error that it raises.

    Args:
        output: An Output of ipywidgets.
        make: Makes what is shown.

    Raises:
        Exception: With MMSR_STRICT=1, the error of `make`, after it is shown.

    Example:
        >>> import ipywidgets
        >>> output = ipywidgets.Output()
        >>> draw(output, lambda: "a text")
        >>> output.outputs[0]["data"]
        {'text/plain': 'a text'}
    """
    failure = None
    try:
        data = _bundle(make())
    except Exception as error:
        failure = error
        data = {"text/plain": "".join(traceback.format_exception_only(error)).strip()}
    output.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)  # at once: no flicker
    if failure is not None and os.environ.get("MMSR_STRICT") == "1":
        raise failure


def _control(name: str, choice: Sequence[Any]) -> Any:
    """A slider for a range, a list to choose from for anything else."""
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
        bundle = shown._repr_mimebundle_()
        return bundle[0] if isinstance(bundle, tuple) else bundle
    bundle = {"text/plain": re.sub(r" at 0x\w+", "", repr(shown))}  # without addresses, saved notebooks stay the same
    if hasattr(shown, "_repr_html_"):
        bundle["text/html"] = shown._repr_html_()
    if hasattr(shown, "_repr_png_"):
        bundle["image/png"] = base64.b64encode(shown._repr_png_()).decode()
    return {kind: value for kind, value in bundle.items() if value}
