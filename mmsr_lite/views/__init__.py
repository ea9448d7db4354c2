"""What people see: a record in, a picture out; nothing here needs torch, and drawing libraries load when first used.

`VIEWS` lists every view: name -> function of its record that returns a `View`.
"""

from mmsr_lite.views import show
from mmsr_lite.views.base import View
from mmsr_lite.views.report import save_report
from mmsr_lite.views.widgets.msgraph import MSGraphView, to_pyvis

VIEWS = {
    "explorer": show.explorer,
    "msgraph": show.msgraph,
    "gates": show.gates,
    "flow": show.flow,
    "attention": show.attention,
    "ranking": show.ranking,
    "training": show.training,
    "step": show.step,
    "what_if": show.what_if,
    "inspector": show.inspector,
    "leaks": show.leaks,
    "fusion": show.fusion,
    "stability": show.stability,
    "compare": show.compare,
    "fidelity": show.fidelity,
    "codebook": show.codebook,
}

__all__ = ["VIEWS", "MSGraphView", "View", "save_report", "show", "to_pyvis"]
