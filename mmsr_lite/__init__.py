"""MMSR (Hu et al., CIKM 2023): sequential recommendation with an adaptive order of modality fusion, open to look into.

The idea is in three files: `models/mmsr.py` -> `nn/han.py` -> `graph/msgraph.py`. The names below load what they need
on first use, so `import mmsr_lite` is quick and does not import torch.

>>> import mmsr_lite
>>> mmsr_lite.MMSRError.__mro__[1]
<class 'ValueError'>
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "MMSRError": "mmsr_lite.errors",
    "Dataset": "mmsr_lite.data.dataset",
    "Modality": "mmsr_lite.data.dataset",
    "load": "mmsr_lite.data",
    "split": "mmsr_lite.data.split",
    "Codebook": "mmsr_lite.graph.codes",
    "MSGraph": "mmsr_lite.graph.msgraph",
    "MMSR": "mmsr_lite.models.mmsr",
    "MMSRConfig": "mmsr_lite.models.mmsr",
    "evaluate": "mmsr_lite.evaluation.ranks",
    "leaks": "mmsr_lite.evaluation.leaks",
    "TrainConfig": "mmsr_lite.training.loop",
    "train": "mmsr_lite.training.loop",
    "trace": "mmsr_lite.explain.trace",
    "what_if": "mmsr_lite.explain.what_if",
    "gates": "mmsr_lite.explain.gates",
    "faithfulness": "mmsr_lite.explain.faithfulness",
    "compare": "mmsr_lite.explain.compare",
    "compare_with_pyg": "mmsr_lite.explain.pyg",
    "explore": "mmsr_lite.live_explorer",
    "show": "mmsr_lite.views",
    "check": "mmsr_lite.course.check",
    "stored": "mmsr_lite.course.stored",
    "stored_study": "mmsr_lite.course.stored",
}
__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:  # what editors and type checkers read
    from mmsr_lite.course.check import check
    from mmsr_lite.course.stored import stored, stored_study
    from mmsr_lite.data import load
    from mmsr_lite.data.dataset import Dataset, Modality
    from mmsr_lite.data.split import split
    from mmsr_lite.errors import MMSRError
    from mmsr_lite.evaluation.leaks import leaks
    from mmsr_lite.evaluation.ranks import evaluate
    from mmsr_lite.explain.compare import compare
    from mmsr_lite.explain.faithfulness import faithfulness
    from mmsr_lite.explain.gates import gates
    from mmsr_lite.explain.pyg import compare_with_pyg
    from mmsr_lite.explain.trace import trace
    from mmsr_lite.explain.what_if import what_if
    from mmsr_lite.graph.codes import Codebook
    from mmsr_lite.graph.msgraph import MSGraph
    from mmsr_lite.live_explorer import explore
    from mmsr_lite.models.mmsr import MMSR, MMSRConfig
    from mmsr_lite.training.loop import TrainConfig, train
    from mmsr_lite.views import show


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mmsr_lite' has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
