"""MMSR (Hu et al., CIKM 2023): sequential recommendation that adapts the order of modality fusion, open to look into.

The idea is in three files: `models/mmsr.py` -> `nn/han.py` -> `graph/msgraph.py`. What most people need is here, in
five groups; `help(mmsr_lite.fit)` tells more about one name, `mmsr-lite --help` about the command line.

data
    load                a data set by name: "worlds:both", a folder, a prepared folder, raw files of a shop
    prepare             read and encode a source once, into a folder that opens at once
    Dataset, Modality   what `load` returns: interactions, items, and the features of each modality
    read_histories      histories that were not in training, read for the items of a data set
    split               training, validation and test examples, as in section 5 of the paper
    statistics          users, items, sparsity and what is missing, as a dict
    missing, mismatched, shuffled       damage on purpose: for controls and for Figures 1 and 4
    fit_codebook, fit_codebooks, Codebook           modality codes learned from features (section 4.1)
    build_msgraph, MSGraph, HOMOGENEOUS, HETEROGENEOUS          the graph of one history (section 4.2)

train
    RunConfig, DEMO     everything that decides a run; settings of the demo
    fit, open_run, Run  train and keep a run in a folder; open it again; what both return
    codebooks, build_model, displace    codes and untrained model of a run; a mismatch within histories
    MMSR, MMSRConfig    the paper's model
    TrainConfig, train  the only training loop
    evaluate, ranks     full ranking of test targets: metrics, or the rank of each target
    leaks               what the order of a file, ids, popularity and repetition alone predict
    fusion_for          early or late fusion for a data set: systems on equal terms, tests, a verdict
    Markov, MarkovConfig                counting, the baseline that learns nothing
    STUDIES, ABLATIONS, Setting, Reading, drop_codes_at_test    the paper's studies and ours

explain
    recommend, save_table               the best items of many users as a table, with what explains them; a file of it
    trace               everything that the network does with one history
    what_if             change one thing and run again, beside random changes of the same kind
    gates, gates_summary, gates_beside, save_gates  the update gates of a whole data set
    flow                what scores are the sum of: each node's part, by early, late and other paths
    flow_table, flow_summary            the same for the targets of a whole data set
    stability, stability_table          would another seed explain a history the same way
    codebook            the codes of a modality, with items that carry them
    faithfulness        tests of attention and of gates as explanations
    compare             models user by user, with intervals
    compare_with_pyg    the explainers of PyTorch Geometric beside ours
    listen              read or replace a value inside a model
    last_examples       the last example of each user
    RELATIONS, SELF     the relations of edges, and the number of the first one in a batch of graphs

show
    show                figures and widgets of records: show.msgraph(record), show.gates(record), show.training(history)
    explore             the explorer: edit a history and see what the model makes of it
    save_report         users, metrics and training in one HTML file

course
    check               what is wrong with an answer to an exercise, and whether it is right
    stored, stored_study, stored_ranks, stored_file     runs, studies and tables that come with the package
    copy_notebooks      the notebooks and their exercises, copied into a folder of yours
    paper_tables        the numbers of the paper's tables
    crossed, paired     the test that decides whether two systems differ; one that knows nothing of seeds
    read_json, command_line             a JSON file; a command of `mmsr-lite` from Python

MMSRError is raised for every mistake in what was given: it quotes the input and says what to do.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

from mmsr_lite import _renamed

__version__ = "0.2.0"

_GROUPS = {  # group -> public name -> where it lives; "module:name" where it has another name there
    "data": {
        "load": "mmsr_lite.data",
        "prepare": "mmsr_lite.data.prepared",
        "Dataset": "mmsr_lite.data.dataset",
        "Modality": "mmsr_lite.data.dataset",
        "read_histories": "mmsr_lite.data.histories",
        "split": "mmsr_lite.data.split",
        "statistics": "mmsr_lite.data.statistics",
        "missing": "mmsr_lite.data.corruption",
        "mismatched": "mmsr_lite.data.corruption",
        "shuffled": "mmsr_lite.data.corruption",
        "fit_codebook": "mmsr_lite.graph.codes",
        "fit_codebooks": "mmsr_lite.graph.codes",
        "Codebook": "mmsr_lite.graph.codes",
        "build_msgraph": "mmsr_lite.graph.msgraph",
        "MSGraph": "mmsr_lite.graph.msgraph",
        "HOMOGENEOUS": "mmsr_lite.graph.relations",
        "HETEROGENEOUS": "mmsr_lite.graph.relations",
    },
    "train": {
        "RunConfig": "mmsr_lite.training.run_config",
        "DEMO": "mmsr_lite.training.run_config",
        "fit": "mmsr_lite.training.fit",
        "open_run": "mmsr_lite.training.fit",
        "Run": "mmsr_lite.training.runs",
        "codebooks": "mmsr_lite.training.ingredients",
        "displace": "mmsr_lite.training.ingredients",
        "build_model": "mmsr_lite.training.ingredients:build",
        "MMSR": "mmsr_lite.models.mmsr",
        "MMSRConfig": "mmsr_lite.models.mmsr",
        "TrainConfig": "mmsr_lite.training.loop",
        "train": "mmsr_lite.training.loop",
        "evaluate": "mmsr_lite.evaluation.ranks",
        "ranks": "mmsr_lite.evaluation.ranks",
        "leaks": "mmsr_lite.evaluation.leaks",
        "fusion_for": "mmsr_lite.experiments.fusion_for",
        "Markov": "mmsr_lite.models.counting",
        "MarkovConfig": "mmsr_lite.models.counting",
        "STUDIES": "mmsr_lite.experiments",
        "ABLATIONS": "mmsr_lite.experiments.ablation:VARIANTS",
        "Setting": "mmsr_lite.experiments.setting",
        "Reading": "mmsr_lite.experiments.study",
        "drop_codes_at_test": "mmsr_lite.experiments.worker",
    },
    "explain": {
        "recommend": "mmsr_lite.explain.recommend",
        "save_table": "mmsr_lite.data.export",
        "trace": "mmsr_lite.explain.trace",
        "what_if": "mmsr_lite.explain.what_if",
        "gates": "mmsr_lite.explain.gates",
        "gates_summary": "mmsr_lite.explain.gates_summary",
        "gates_beside": "mmsr_lite.explain.gates_summary",
        "save_gates": "mmsr_lite.explain.gates",
        "flow": "mmsr_lite.explain.flow",
        "flow_table": "mmsr_lite.explain.flow_table",
        "flow_summary": "mmsr_lite.explain.flow_table",
        "stability": "mmsr_lite.explain.stability",
        "stability_table": "mmsr_lite.explain.stability",
        "codebook": "mmsr_lite.explain.codebook",
        "faithfulness": "mmsr_lite.explain.faithfulness",
        "compare": "mmsr_lite.explain.compare",
        "compare_with_pyg": "mmsr_lite.explain.pyg",
        "listen": "mmsr_lite.nn.probe",
        "last_examples": "mmsr_lite.explain.gates",
        "RELATIONS": "mmsr_lite.graph.relations",
        "SELF": "mmsr_lite.graph.relations",
    },
    "show": {
        "show": "mmsr_lite.views",
        "explore": "mmsr_lite.live_explorer",
        "save_report": "mmsr_lite.views.report",
    },
    "course": {
        "check": "mmsr_lite.course.check",
        "stored": "mmsr_lite.course.stored",
        "stored_study": "mmsr_lite.course.stored",
        "stored_ranks": "mmsr_lite.course.stored",
        "stored_file": "mmsr_lite.course.stored",
        "copy_notebooks": "mmsr_lite.course.copying",
        "paper_tables": "mmsr_lite.course.stored",
        "crossed": "mmsr_lite.experiments.statistics",
        "paired": "mmsr_lite.experiments.reported_tests",
        "read_json": "mmsr_lite.data.storage",
        "command_line": "mmsr_lite.cli:main",
        "MMSRError": "mmsr_lite.errors",
    },
}
_HOMES = {name: home for group in _GROUPS.values() for name, home in group.items()}

if TYPE_CHECKING:  # what editors and type checkers read; at run time `help(mmsr_lite)` stays a page without `__all__`
    from mmsr_lite.cli import main as command_line
    from mmsr_lite.course.check import check
    from mmsr_lite.course.copying import copy_notebooks
    from mmsr_lite.course.stored import paper_tables, stored, stored_file, stored_ranks, stored_study
    from mmsr_lite.data import load
    from mmsr_lite.data.corruption import mismatched, missing, shuffled
    from mmsr_lite.data.dataset import Dataset, Modality
    from mmsr_lite.data.export import save_table
    from mmsr_lite.data.histories import read_histories
    from mmsr_lite.data.prepared import prepare
    from mmsr_lite.data.split import split
    from mmsr_lite.data.statistics import statistics
    from mmsr_lite.data.storage import read_json
    from mmsr_lite.errors import MMSRError
    from mmsr_lite.evaluation.leaks import leaks
    from mmsr_lite.evaluation.ranks import evaluate, ranks
    from mmsr_lite.experiments import STUDIES
    from mmsr_lite.experiments.ablation import VARIANTS as ABLATIONS
    from mmsr_lite.experiments.fusion_for import fusion_for
    from mmsr_lite.experiments.reported_tests import paired
    from mmsr_lite.experiments.setting import Setting
    from mmsr_lite.experiments.statistics import crossed
    from mmsr_lite.experiments.study import Reading
    from mmsr_lite.experiments.worker import drop_codes_at_test
    from mmsr_lite.explain.codebook import codebook
    from mmsr_lite.explain.compare import compare
    from mmsr_lite.explain.faithfulness import faithfulness
    from mmsr_lite.explain.flow import flow
    from mmsr_lite.explain.flow_table import flow_summary, flow_table
    from mmsr_lite.explain.gates import gates, last_examples, save_gates
    from mmsr_lite.explain.gates_summary import gates_beside, gates_summary
    from mmsr_lite.explain.pyg import compare_with_pyg
    from mmsr_lite.explain.recommend import recommend
    from mmsr_lite.explain.stability import stability, stability_table
    from mmsr_lite.explain.trace import trace
    from mmsr_lite.explain.what_if import what_if
    from mmsr_lite.graph.codes import Codebook, fit_codebook, fit_codebooks
    from mmsr_lite.graph.msgraph import MSGraph, build_msgraph
    from mmsr_lite.graph.relations import HETEROGENEOUS, HOMOGENEOUS, RELATIONS, SELF
    from mmsr_lite.live_explorer import explore
    from mmsr_lite.models.counting import Markov, MarkovConfig
    from mmsr_lite.models.mmsr import MMSR, MMSRConfig
    from mmsr_lite.nn.probe import listen
    from mmsr_lite.training.fit import fit, open_run
    from mmsr_lite.training.ingredients import build as build_model
    from mmsr_lite.training.ingredients import codebooks, displace
    from mmsr_lite.training.loop import TrainConfig, train
    from mmsr_lite.training.run_config import DEMO, RunConfig
    from mmsr_lite.training.runs import Run
    from mmsr_lite.views import show
    from mmsr_lite.views.report import save_report

    __all__ = [
        "ABLATIONS", "DEMO", "HETEROGENEOUS", "HOMOGENEOUS", "MMSR", "RELATIONS", "SELF", "STUDIES", "Codebook",
        "Dataset", "MMSRConfig", "MMSRError", "MSGraph", "Markov", "MarkovConfig", "Modality", "Reading", "Run",
        "RunConfig", "Setting", "TrainConfig", "build_model", "build_msgraph", "check", "codebook", "codebooks",
        "command_line", "compare", "compare_with_pyg", "copy_notebooks", "crossed", "displace", "drop_codes_at_test",
        "evaluate", "explore", "faithfulness", "fit", "fit_codebook", "fit_codebooks", "flow", "flow_summary",
        "flow_table", "fusion_for", "gates", "gates_beside", "gates_summary", "last_examples", "leaks", "listen",
        "load", "mismatched", "missing", "open_run", "paired", "paper_tables", "prepare", "ranks", "read_histories",
        "read_json", "recommend", "save_gates", "save_report", "save_table", "show", "shuffled", "split", "stability",
        "stability_table", "statistics", "stored", "stored_file", "stored_ranks", "stored_study", "trace", "train",
        "what_if",
    ]  # fmt: skip


def __getattr__(name: str) -> object:
    """Load a public name on its first use, so that `import mmsr_lite` is quick and does not import torch."""
    if name in _HOMES:
        module, _, attribute = _HOMES[name].partition(":")
        value: object = getattr(_import_module(module), attribute or name)
    elif f"{__name__}.{name}" in _renamed.MODULES:
        value = _import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module 'mmsr_lite' has no attribute {name!r}; help(mmsr_lite) lists its names")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


_renamed.install()
