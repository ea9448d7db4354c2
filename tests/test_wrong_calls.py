"""Whatever a person passes to a public function, it works or one sentence says what was expected: no other error."""

import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import mmsr_lite as m
from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.errors import MMSRError
from mmsr_lite.views import show
from mmsr_lite.views.samples import sample

NOTHING = object()
WRONG = [None, -1, 0, 1.5, float("nan"), 10**30, "zz", "", b"x", True, [], {}, [None], ["zz"], {"zz": 1}, (1, 2, 3)]
WRONG += [NOTHING, np.int64(1), np.float32(0.5), np.array([1.5]), np.zeros((2, 2)), torch.tensor(2), pd.DataFrame()]
FEW = [None, -1, 1.5, "zz", [None], {"zz": 1}, NOTHING, np.zeros((2, 2)), pd.DataFrame()]  # for what takes long
ELSEWHERE = {  # public, and no function that is called with these: where its wrong calls are tried
    "Dataset": "tests/data/test_dataset.py checks its fields",
    "Modality": "a part of a data set",
    "Codebook": "made by fit_codebook",
    "MSGraph": "made by build_msgraph",
    "RunConfig": "tests/test_config.py tries wrong values of each setting",
    "MMSRConfig": "tests/test_config.py",
    "TrainConfig": "tests/test_config.py",
    "MarkovConfig": "tests/test_config.py",
    "Run": "made by open_run and fit",
    "Setting": "made by studies",
    "Reading": "made by studies",
    "drop_codes_at_test": "called by studies",
    "displace": "tests/training tries models that cannot be displaced",
    "load": "its options are those of prepare, and tests/data tries its sources",
    "prepare": "tests/data/test_prepare.py",
    "train": "trains; its configs are tried in tests/test_config.py",
    "fit": "trains",
    "stored": "tests/course/test_stored.py",
    "stored_study": "tests/course/test_stored.py",
    "open_run": "tests/training/test_fit.py",
    "codebooks": "fits many codebooks",
    "fusion_for": "trains",
    "faithfulness": "tests/explain/test_faithfulness.py",
    "copy_notebooks": "tests/course/test_copying.py",
    "command_line": "tests/test_cli.py",
    "paper_tables": "has no argument",
    "listen": "a context; tests/nn/test_probe.py",
    "show": "a module, whose functions stand here",
    "MMSRError": "the error itself",
}
ELSEWHERE |= dict.fromkeys(
    ("DEMO", "STUDIES", "ABLATIONS", "RELATIONS", "SELF", "HOMOGENEOUS", "HETEROGENEOUS"), "data"
)


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """Name -> function and arguments with which it works."""
    place = tmp_path_factory.mktemp("calls")
    world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4))
    books = m.fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    model = m.MMSR(m.MMSRConfig(dim=8), world.num_items, books).eval()
    config = m.RunConfig("wardrobe:match").with_settings(dim=8, codes=3, codes_per_item=1)
    test, last = m.split(world, validation=False).test, m.last_examples(world)
    gates, flows, record = m.gates(model, world), m.flow_table(model, world), m.trace(model, world, 0)
    runs, user = [np.array([[1.0, 2.0, 3.0]])] * 2, np.array([0, 1, 2])
    new = pd.DataFrame({"user_id": ["a", "a"], "item_id": world.item_ids[1:3]})
    (place / "a.json").write_text("[]")
    (place / "there").mkdir()
    study = sample("study")
    both = {"model": model, "dataset": world}
    quiet = {"progress": False}
    tables = {"one_has_seeds": True, "other_has_seeds": True, "same_models": False}
    drawn = {"num_codes": 3, "codes_per_item": 1, "dim": 8, "reduction": "pca", "distance": "cosine", "seed": 0}
    asked = {"user": 0, "history": None, "target": None}
    return {
        "read_histories": (m.read_histories, {"source": new, "dataset": world, "columns": None, "file_format": None}),
        "split": (m.split, {"dataset": world, "by": "auto", "test_share": 0.2, "validation": True, "max_history": 50}),
        "statistics": (m.statistics, {"dataset": world}),
        "missing": (m.missing, {"dataset": world, "modality": None, "rate": 0.5, "seed": 0}),
        "mismatched": (m.mismatched, {"dataset": world, "modality": None, "rate": 0.5, "seed": 0}),
        "shuffled": (m.shuffled, {"histories": test, "rate": 0.5, "seed": 0}),
        "fit_codebook": (m.fit_codebook, {"modality": world.modalities[0], **drawn}),
        "fit_codebooks": (m.fit_codebooks, {"dataset": world, **drawn}),
        "build_msgraph": (
            m.build_msgraph,
            {"history": [1, 2], "codes": {"a": {1: [1]}}, "global_attention": False, "steps": None},
        ),
        "build_model": (m.build_model, {"config": config, "dataset": world, "books": books}),
        "MMSR": (m.MMSR, {"config": m.MMSRConfig(dim=8), "num_items": world.num_items, "codebooks": books}),
        "Markov": (m.Markov, {"config": m.MarkovConfig(), "num_items": 9}),
        "evaluate": (m.evaluate, {"model": model, "examples": test, "candidates": None, "seed": 0, **quiet}),
        "ranks": (m.ranks, {"model": model, "examples": test, "ranking": "all", "batch": None, **quiet}),
        "leaks": (
            m.leaks,
            {"data": world, "tie_seeds": (0,), "decay": 0.5, "by": "auto", "learn": False, "seed": 0, **quiet},
        ),
        "recommend": (
            m.recommend,
            {"run": model, "dataset": world, "users": [0], "histories": None, "top": 3, "new_items_only": False}
            | {"explain": False, "batch": None, **quiet},
        ),
        "save_table": (m.save_table, {"table": new, "path": place / "a.csv"}),
        "trace": (m.trace, {**both, **asked, "top": 3}),
        "trace of a history": (m.trace, {**both, "user": None, "history": [1, 2], "target": 3, "replace": None}),
        "what_if": (m.what_if, {**both, **asked, "change": "shuffle", "repeats": 2, "seed": 0, "top": 3}),
        "gates": (m.gates, {**both, "examples": last, "batch": 8, "run": None, "seed": None, **quiet}),
        "gates_summary": (m.gates_summary, {"table": gates, "bins": 3}),
        "gates_beside": (m.gates_beside, {"tables": {"a": gates, "b": gates}}),
        "save_gates": (m.save_gates, {"table": gates, "path": place / "b.csv"}),
        "flow": (m.flow, {**both, **asked, "items": None, "top": 3}),
        "flow_table": (m.flow_table, {**both, "examples": last, "batch": 8, **quiet}),
        "flow_summary": (m.flow_summary, {"table": flows}),
        "stability": (m.stability, {"runs": [(model, world)] * 2, **asked, "change": None, "repeats": 1}),
        "stability_table": (m.stability_table, {"record": sample("stability")}),
        "codebook": (m.codebook, {**both, "modality": None, "most": 3}),
        "compare": (
            m.compare,
            {"models": {"a": model, "b": model}, "dataset": world, "examples": last, "draws": 3, "seed": 0, "most": 2},
        ),
        "compare_with_pyg": (m.compare_with_pyg, {**both, "user": 0, "history": None, "epochs": 1, "seed": 0}),
        "last_examples": (m.last_examples, {"dataset": world, "max_history": 50}),
        "explore": (m.explore, {**both, "user": 0, "theme": "auto", "seed": 0, "reduction": "pca"}),
        "save_report": (
            m.save_report,
            {"path": place / "r.html", "traces": record, "history": sample("history"), "metrics": None},
        ),
        "check": (m.check, {"exercise": "01.1"}),
        "stored_ranks": (m.stored_ranks, {"dataset": "amazon-beauty", "runs": []}),
        "stored_file": (m.stored_file, {"path": "benchmarks/README.md"}),
        "crossed": (m.crossed, {"one": runs, "other": runs, "user": user, "metric": "HR@5", **tables}),
        "paired": (
            m.paired,
            {"one": [runs[0][0]], "other": [runs[0][0]], "user": user, "metric": "HR@5"},
        ),
        "read_json": (m.read_json, {"path": place / "a.json"}),
        "show.msgraph": (show.msgraph, {"record": record, "selection": None, "theme": "auto"}),
        "show.attention": (show.attention, {"record": record, "layer": 0, "path": None, "phase": 0, "seeds": None}),
        "show.flow": (show.flow, {"record": sample("flow"), "item": None, "seeds": None}),
        "show.explorer": (show.explorer, {"record": record, "what_if": None, "theme": "auto"}),
        "show.step": (show.step, {"record": record, "stage": 0}),
        "show.gates": (show.gates, {"record": record, "seeds": None}),
        "show.what_if": (show.what_if, {"record": sample("what-if"), "seeds": None}),
        "show.study": (show.study, {"record": study}),
        "show.curves": (show.curves, {"record": study}),
        "show.differences": (show.differences, {"record": study, "metric": "HR@5", "ranking": None}),
        "show.ranking": (show.ranking, {"record": record, "most": 3}),
        "show.leaks": (show.leaks, {"record": sample("leaks"), "metric": "HR@5"}),
        "show.training": (show.training, {"history": sample("history")}),
        "show.colour": (show.colour, {"meaning": "item", "dark": False}),
        "show.glossary": (show.glossary, {"term": "update gate"}),
    }


NAMES = [
    "read_histories",
    "split",
    "statistics",
    "missing",
    "mismatched",
    "shuffled",
    "fit_codebook",
    "fit_codebooks",
    "build_msgraph",
    "build_model",
    "MMSR",
    "Markov",
    "evaluate",
    "ranks",
    "leaks",
    "recommend",
    "save_table",
    "trace",
    "what_if",
    "gates",
    "gates_summary",
    "gates_beside",
    "save_gates",
    "flow",
    "flow_table",
    "flow_summary",
    "stability",
    "stability_table",
    "codebook",
    "compare",
    "compare_with_pyg",
    "last_examples",
    "explore",
    "save_report",
    "check",
    "stored_ranks",
    "stored_file",
    "crossed",
    "paired",
    "read_json",
    "show.msgraph",
    "show.attention",
    "show.flow",
    "show.explorer",
    "show.step",
    "show.gates",
    "show.what_if",
    "show.study",
    "show.curves",
    "show.differences",
    "show.ranking",
    "show.leaks",
    "show.training",
    "show.colour",
    "show.glossary",
]
LONG = (
    "stability",
    "fit_codebook",
    "fit_codebooks",
    "compare",
    "compare_with_pyg",
    "what_if",
    "leaks",
    "show.explorer",
)


def test_every_public_name_is_tried_here_or_elsewhere():
    tried = {name.partition(".")[0] for name in NAMES} | set(ELSEWHERE)
    assert set(m._HOMES) <= tried


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, "trace of a history"])
def test_a_wrong_argument_gets_one_sentence_or_works(calls, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where "zz" as a path would be written
    function, arguments = calls[name]
    if name not in ("check", "save_report"):
        function(**arguments)
    raised = []
    for argument in arguments:
        for value in FEW if name in LONG else WRONG:
            try:
                result = function(**arguments | {argument: value})
                if hasattr(result, "text"):
                    result.text  # noqa: B018
            except MMSRError as error:
                if len(str(error)) > 700 or "\n" in str(error):
                    raised.append((argument, value, f"{len(str(error))} letters"))
            except Exception as error:
                raised.append((argument, value, repr(error)))
    assert raised == []


def test_a_wrong_argument_is_quoted_with_what_was_expected(calls):
    trace, arguments = calls["trace"]
    with pytest.raises(MMSRError, match=r"^top is 'zz'; expected a whole number$"):
        trace(**arguments | {"top": "zz"})
    with pytest.raises(MMSRError, match=r"^top is 2.0; expected a whole number$"):
        trace(**arguments | {"top": 2.0})
    with pytest.raises(MMSRError, match=r"^dataset is 'x'; expected a data set, such as load\('wardrobe:match'\)$"):
        trace(**arguments | {"dataset": "x"})
    with pytest.raises(MMSRError, match=r"^repeats is 1000000000; expected a whole number from 1 to 1,000$"):
        m.what_if(**calls["what_if"][1] | {"repeats": 10**9})
    with pytest.raises(MMSRError, match=r"^validation is None; expected true or false$"):
        m.split(**calls["split"][1] | {"validation": None})


def test_natural_forms_work(calls):
    trace, arguments = calls["trace"]
    world, user = arguments["dataset"], arguments["dataset"].user_ids[1]
    assert trace(**arguments | {"user": np.int64(1)}) == trace(**arguments | {"user": user})
    assert trace(**arguments | {"top": np.int32(3)}) == trace(**arguments | {"top": torch.tensor(3)})
    given = {"user": None, "target": np.int64(2)}
    history = [1, 2, 3]
    forms = (tuple(history), np.array(history), np.array(history, np.uint8), torch.tensor(history))
    expected = trace(**arguments | given | {"history": history})
    assert all(trace(**arguments | given | {"history": form}) == expected for form in forms)
    assert m.split(world, validation=np.False_).test.targets.tolist() == m.split(world).test.targets.tolist()
    table = m.recommend(calls["recommend"][1]["run"], world, users=np.array([1, 0]), top=np.int64(2))
    assert table["user_id"].tolist() == [world.user_ids[1]] * 2 + [world.user_ids[0]] * 2
    m.save_table(table, str(Path(calls["save_table"][1]["path"])))


def test_where_nothing_is_said_draws_have_the_seed_0_and_no_bar_is_shown():
    found = {"seed": set(), "progress": set()}
    for name in m._HOMES:
        if inspect.isfunction(getattr(m, name)):
            parameters = inspect.signature(getattr(m, name)).parameters
            for asked, values in found.items():
                values |= {(name, one.default) for one in parameters.values() if one.name == asked}
    said = {name: value for name, value in found["seed"] if value is not inspect.Parameter.empty}
    assert {name: value for name, value in said.items() if value != 0} == {"gates": None}  # which only notes one
    shows = {"fit", "train"}  # what takes minutes shows how far it is
    assert {name for name, value in found["progress"] if value} == shows


def test_every_public_function_checks_its_arguments():
    functions = {name: getattr(m, name) for name in m._HOMES if inspect.isfunction(getattr(m, name))}
    without = {name for name, one in functions.items() if not hasattr(one, "__wrapped__")}
    assert without == {"command_line", "paper_tables"}  # the first takes any words, the second nothing


def test_a_figure_of_something_else_than_a_record_says_where_a_record_comes_from():
    with pytest.raises(MMSRError, match=r"record is 5; expected a record .* such as trace\(model, dataset, user=12\)"):
        show.msgraph(5)
