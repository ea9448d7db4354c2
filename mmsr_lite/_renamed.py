"""Modules that moved in version 0.2: importing an old name gives the new module, and a warning that names it.

`mmsr_lite.data.sources.wardrobe.RETIRED` lists worlds that version 0.2 removed, with their replacements.
"""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MODULES: dict[str, str | tuple[str, ...]] = {  # old name -> new name, or the files that it became
    "mmsr_lite.cli_data": "mmsr_lite.commands.command",
    "mmsr_lite.evaluation.feed": "mmsr_lite.evaluation.device_examples",
    "mmsr_lite.experiments.page": "mmsr_lite.experiments.results_markdown",
    "mmsr_lite.experiments.perform": "mmsr_lite.experiments.worker",
    "mmsr_lite.experiments.record": "mmsr_lite.experiments.stored_study",
    "mmsr_lite.experiments.sidecar": "mmsr_lite.experiments.provenance",
    "mmsr_lite.explain.changes": "mmsr_lite.explain.edits",
    "mmsr_lite.explain.rerun": "mmsr_lite.explain.interventions",
    "mmsr_lite.explorer": "mmsr_lite.live_explorer",
    "mmsr_lite.models.fused": "mmsr_lite.models.early_late_fusion",
    "mmsr_lite.nn.fused": "mmsr_lite.kernels",
    "mmsr_lite.training.run": (
        "mmsr_lite.training.run_config",
        "mmsr_lite.training.ingredients",
        "mmsr_lite.training.runs",
        "mmsr_lite.training.fit",
    ),
    "mmsr_lite.views.bands": "mmsr_lite.views.figures.explanations",
    "mmsr_lite.views.brush": "mmsr_lite.views.widgets.user_browser",
    "mmsr_lite.views.charts": ("mmsr_lite.views.figures.trace", "mmsr_lite.views.chart"),
    "mmsr_lite.views.cockpit": "mmsr_lite.views.widgets.training_monitor",
    "mmsr_lite.views.explorer": "mmsr_lite.views.widgets.explorer",
    "mmsr_lite.views.lanes": "mmsr_lite.views.figures.msgraph",
    "mmsr_lite.views.msgraph": ("mmsr_lite.views.widgets.msgraph", "mmsr_lite.views.selection"),
    "mmsr_lite.views.play": "mmsr_lite.views.widgets.controls",
    "mmsr_lite.views.still": "mmsr_lite.views.figures.to_matplotlib",
    "mmsr_lite.views.studies": "mmsr_lite.views.figures.studies",
    "mmsr_lite.views.style": ("mmsr_lite.views.theme", "mmsr_lite.views.untrusted", "mmsr_lite.views.wording"),
}


class RenamedModules(MetaPathFinder, Loader):
    """Finds modules by their old names; Python asks it only when nothing else finds a module."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load the module `fullname` when it has been renamed."""
        if fullname not in MODULES:
            return None
        return ModuleSpec(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module of the old name with the contents of the new one, or of the files that replace it."""
        new = MODULES[module.__name__]
        homes = (new,) if isinstance(new, str) else new
        warnings.warn(f"{module.__name__} is now {', '.join(homes)}", DeprecationWarning, stacklevel=2)
        for home in homes:
            found = vars(import_module(home))
            vars(module).update({name: value for name, value in found.items() if not name.startswith("__")})


def install() -> None:
    """Let Python ask `RenamedModules`; a second call changes nothing."""
    if not any(isinstance(finder, RenamedModules) for finder in sys.meta_path):
        sys.meta_path.append(RenamedModules())
