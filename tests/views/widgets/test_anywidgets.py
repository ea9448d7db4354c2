"""The traits of the live pictures: what cannot be is refused in one sentence, and stays as it was."""

import pytest
import traitlets
from fixtures import sample_gates, sample_trace

from mmsr_lite import MMSRError
from mmsr_lite.views import show
from mmsr_lite.views.widgets.anywidgets import ExplorerWidget, MSGraphWidget


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("theme", "pink", "theme got 'pink'; expected any of: auto, light, dark, projector"),
        ("selection", {"nod": 3}, "selection got 'nod'; expected any of: user, position, node, edge, layer, path"),
        ("record", sample_gates(), "got schema 'mmsr-lite/gates/1'"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_changes_nothing(trait, value, message):
    widget = show.msgraph(sample_trace(3)).widget
    before = getattr(widget, trait)
    for kind in (MMSRError, traitlets.TraitError):
        with pytest.raises(kind, match=message):
            setattr(widget, trait, value)
    assert getattr(widget, trait) == before


def test_a_request_says_what_to_do():
    widget = ExplorerWidget()
    with pytest.raises(MMSRError, match="expected what to do under the key 'do'"):
        widget.request = {"position": 2}


def test_the_widgets_are_classes_with_few_traits():
    own = {name for name, trait in MSGraphWidget.class_own_traits().items() if trait.metadata.get("sync")}
    assert own == {"record", "look", "selection", "theme"} | {name for name in own if name.startswith("_")}
    assert issubclass(ExplorerWidget, MSGraphWidget)
    assert {"request", "message"} <= set(ExplorerWidget.class_own_traits())


def test_a_view_with_a_theme_that_does_not_exist_is_an_error():
    with pytest.raises(MMSRError, match="unknown theme 'pink'"):
        show.explorer(sample_trace(3), theme="pink")
