"""Records: what the package makes is whole, what is not whole is refused with the place of the mistake."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.data.storage import write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.codebook import codebook
from mmsr_lite.explain.compare import compare
from mmsr_lite.explain.faithfulness import faithfulness
from mmsr_lite.explain.flow import flow
from mmsr_lite.explain.flow_table import flow_summary, flow_table
from mmsr_lite.explain.gates import gates, last_examples
from mmsr_lite.explain.gates_summary import gates_summary
from mmsr_lite.explain.pyg import compare_with_pyg
from mmsr_lite.explain.trace import trace
from mmsr_lite.explain.what_if import what_if
from mmsr_lite.models import MODELS
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.aggregators import AGGREGATORS
from mmsr_lite.nn.han import FUSIONS
from mmsr_lite.records import RECORDS, HistoryRecord, Record, TraceRecord, as_record, schema_table
from mmsr_lite.views.samples import sample
from tests.properties import examples

STORED = Path(__file__).resolve().parents[2] / "mmsr_lite/stored/runs"
FREE = {"truth", "draft", "probes", "texts"}  # fields that may hold anything, or whose names are the data set's


@pytest.fixture(scope="session")
def world():
    return load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())


@pytest.fixture(scope="module")
def written(world, books):
    """A record of each kind that `explain` makes, in JSON."""
    torch.manual_seed(0)
    model = MMSR(MMSRConfig(dim=8, layers=2), world.num_items, books(2, world.num_items)).eval()
    found = [
        trace(model, world, 0),
        flow(model, world, 0),
        flow_summary(flow_table(model, world)),
        what_if(model, world, 0, "shuffle", repeats=2),
        gates_summary(gates(model, world)),
        faithfulness(model, world, explains="beta", orders=1),
        codebook(model, world),
        compare_with_pyg(model, world, 0, epochs=1),
        compare({"one": model, "two": model}, world, last_examples(world), draws=5),
    ]
    return {record.kind: json.dumps(record) for record in found}


@pytest.fixture
def made(written):
    """A record of each kind that `explain` makes, as JSON gives it back; each test has its own to change."""
    return {kind: json.loads(record) for kind, record in written.items()}


@given(data=st.data())
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_trace_of_a_small_model_is_whole(data, world, books):
    modalities = data.draw(st.integers(0, 3))
    config = MMSRConfig(
        dim=8,
        layers=data.draw(st.integers(1, 2)),
        fusion=data.draw(st.sampled_from(sorted(FUSIONS))),
        aggregator=data.draw(st.sampled_from(sorted(AGGREGATORS))),
        global_attention=data.draw(st.booleans()),
    )
    torch.manual_seed(data.draw(st.integers(0, 9)))
    model = MMSR(config, world.num_items, books(modalities, world.num_items, seed=data.draw(st.integers(0, 9))))
    history = data.draw(st.lists(st.integers(1, world.num_items), min_size=1, max_size=9))
    record = trace(model, world, history=history)
    assert as_record(json.loads(json.dumps(record)), "trace") == record


def test_the_traces_of_all_other_models_are_whole(world, books):
    for name, kind in MODELS.items():
        sizes = {"dim": 8} if "dim" in kind.Config.__dataclass_fields__ else {}
        model = kind(kind.Config(**sizes), world.num_items, books(2, world.num_items))
        if not model.learns:
            model.count(last_examples(world))
        assert trace(model, world, 0).validate().model["name"] == name


def test_what_explain_makes_is_whole_and_typed(made):
    assert made.keys() == {
        "trace",
        "what-if",
        "gates",
        "faithfulness",
        "codebook",
        "pyg",
        "compare",
        "flow",
        "flow-summary",
    }
    for kind, record in made.items():
        opened = as_record(record)
        assert type(opened) is RECORDS[kind] and opened == record and len(repr(opened)) < 200


def leaves(value, path=""):
    """(path, container, key) of everything inside a record that has a declared type."""
    places = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in list(places):
        if key in FREE:
            continue
        here = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}".lstrip(".")
        yield here, value, key
        if isinstance(one, dict | list):
            yield from leaves(one, here)


@given(data=st.data())
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_wrong_field_of_a_trace_is_refused_with_its_path(data, written):
    record = json.loads(written["trace"])
    path, container, key = data.draw(st.sampled_from(list(leaves(record))))
    container[key] = {"wrong": True} if not isinstance(container[key], dict) else ["wrong"]
    with pytest.raises(MMSRError) as refused:
        as_record(record, "trace")
    if path != "schema":
        assert str(refused.value).startswith(f"trace: {path} is ")


@pytest.mark.parametrize(
    ("kind", "mutate", "message"),
    [
        ("trace", lambda r: r["layers"][0]["attention"]["hohe"][1]["weights"].pop(),
         r"^trace: layers\[0\].attention.hohe\[1\].weights has \d+ values, expected one for each of \d+ edges"),
        ("trace", lambda r: r["layers"][1]["beta"][2].__setitem__(0, 0.9),
         r"^trace: layers\[1\].beta\[2\] sums to .*, expected 1: the shares of hohe and heho"),
        ("trace", lambda r: r["layers"][1]["beta"].pop(), r"layers\[1\].beta has \d+ values, expected one for each of"),
        ("trace", lambda r: r["layers"][0]["norms"]["input"].pop(), r"layers\[0\].norms.input has \d+ values"),
        ("trace", lambda r: r["edges"][3].__setitem__(1, 10**6), r"^trace: edges\[3\]\[1\] is 1000000, expected 0 to"),
        ("trace", lambda r: r["edges"][3].pop(), r"edges\[3\] has 2 values, expected \[neighbour, centre, relation\]"),
        ("trace", lambda r: r["history"][1].__setitem__("node", -1), r"history\[1\].node is -1, expected 0 to"),
        ("trace", lambda r: r["history"].reverse(), r"history\[0\].position is \d+, expected 1 to 1"),
        ("trace", lambda r: r["history"].clear(), "history is empty"),
        ("trace", lambda r: r["nodes"][0].pop("positions"), r"^trace: nodes\[0\].positions is missing"),
        ("trace", lambda r: r["answer"]["top"][0].__setitem__("score", float("nan")), "score is nan, expected a"),
        ("trace", lambda r: r["target"].__setitem__("rank", True), "target.rank is True, expected a number"),
        ("trace", lambda r: r["stages"][3].__setitem__("path", "zz"), r"stages\[3\].path is 'zz', expected one of"),
        ("trace", lambda r: r["nodes"][0]["positions"].clear(), r"nodes\[0\].positions is empty, expected at least"),
        ("flow", lambda r: r["nodes"][0]["positions"].clear(), r"nodes\[0\].positions is empty, expected at least"),
        ("flow", lambda r: r["flow"]["groups"].__setitem__(4, "zz"), "flow.groups has no .time, then crossed., exp"),
        ("what-if", lambda r: r["clean"]["layers"].pop(), "clean.stages"),
        ("what-if", lambda r: r["nodes"][0]["beta"][0].__setitem__("clean", None),
         r"nodes\[0\].beta\[0\].delta is .*, expected null where clean or changed is null"),
        ("what-if", lambda r: r["measures"]["rank"]["draws"].pop(), "measures.rank.draws has 1 values, .* 2 repeats"),
        ("what-if", lambda r: r["measures"]["rank"]["band"].reverse() or r["measures"]["rank"]["band"].append(0),
         "measures.rank.band is"),
        ("what-if", lambda r: r["nodes"][0].__setitem__("changed", 999), r"nodes\[0\].changed is 999, expected 0 to"),
        ("gates", lambda r: r["by"]["type"][0].__setitem__("low", 2.0), r"by.type\[0\].low is"),
        ("gates", lambda r: r["histogram"][0]["counts"].pop(), r"histogram\[0\].counts has 19 values"),
        ("gates", lambda r: r["histogram"][0].__setitem__("type", "zz"), r"histogram\[0\].type is 'zz'"),
        ("compare", lambda r: r["means"]["MRR"].pop(), "means.MRR has 1 values, expected one for each of 2 models"),
        ("compare", lambda r: r["pairs"][0]["models"].__setitem__(0, 5), r"pairs\[0\].models is 5, expected 0 to 1"),
        ("faithfulness", lambda r: r["tests"]["deletion"]["ours"].pop(), "tests.deletion.ours has 10 values"),
        ("faithfulness", lambda r: r["tests"].pop("deletion"), "tests.deletion is missing"),
        ("faithfulness", lambda r: r["tests"].__setitem__("insertion", None), "tests.insertion is null, expected"),
        ("faithfulness", lambda r: r["tests"]["gradient"].pop("sentence"), "tests.gradient.sentence is missing"),
        ("codebook", lambda r: r["codes"][0].__setitem__("count", 1.5), r"codes\[0\].count is 1.5, expected a whole"),
        ("pyg", lambda r: r["edges"].pop(), "edges has .* edges of the trace"),
        ("pyg", lambda r: r["fidelity"].pop(), "fidelity has 3 values, expected one for each of 4 methods"),
    ],
)  # fmt: skip
def test_fields_that_do_not_agree_are_refused(made, kind, mutate, message):
    record = made[kind]
    as_record(record, kind)
    mutate(record)
    with pytest.raises(MMSRError, match=message):
        as_record(record, kind)


@pytest.mark.parametrize(
    ("kind", "mutate", "message"),
    [
        ("leaks", lambda r: r["rows"][0].pop("group"), r"^leaks: rows\[0\].group is missing"),
        ("leaks", lambda r: r["rows"][0].__setitem__("system", None), r"rows\[0\].system is None, expected text"),
        ("leaks", lambda r: r["rows"][0].__setitem__("HR@5", None), r"rows\[0\].HR@5 is None, expected a number"),
        ("leaks", lambda r: r["rows"][0].__setitem__("order", "zz"), r"rows\[0\].order is 'zz', expected `file` or"),
        ("study", lambda r: r["rows"][0].__setitem__("HR@5", "4"), r"^study: rows\[0\].HR@5 is '4', expected a"),
        ("stability", lambda r: r["rows"][0].__setitem__("type", None), r"^stability: rows\[0\].type is None, exp"),
        ("stability", lambda r: r["rows"][0].__setitem__("position", None), r"rows\[0\].position is null, exp"),
        ("stability", lambda r: r["rows"][-1].pop("group"), r"rows\[\d+\].group is None, expected one of \['"),
        ("stability", lambda r: r["agreements"].clear(), "agreements is empty, expected at least one"),
    ],
)  # fmt: skip
def test_what_a_picture_needs_of_a_row_is_there(kind, mutate, message):
    record = sample(kind)
    mutate(record)
    with pytest.raises(MMSRError, match=message):
        as_record(record, kind)


def test_attention_that_does_not_sum_to_one_is_refused(made):
    record = made["trace"]
    weights = record["layers"][0]["attention"]["hohe"][0]["weights"]
    place = next(place for place, weight in enumerate(weights) if weight is not None)
    weights[place] += 0.5
    with pytest.raises(MMSRError, match=r"attention.hohe\[0\].weights of centre \d+ sum to 1.5, expected 1"):
        as_record(record)


@pytest.mark.parametrize(
    "wrong", [None, [], {}, "trace", 3, {"schema": "other/2"}, {"schema": ["x"]}, {"schema": None}]
)
def test_what_is_no_record_is_told_in_one_sentence(wrong):
    for kind in (None, *RECORDS):
        with pytest.raises(MMSRError, match=r"expected a .*record, got"):
            as_record(wrong, kind)


def test_a_record_is_a_dict_with_attributes(made):
    record = as_record(made["trace"])
    assert record.nodes is record["nodes"] and record.probes is None
    assert json.dumps(record) == json.dumps(made["trace"])  # the same bytes
    changed = record | {"user": None}
    assert type(changed) is TraceRecord and changed.user is None and record.user is not None
    assert type(record.copy()) is type(copy.deepcopy(record)) is TraceRecord
    assert repr(TraceRecord(a=1)) == "TraceRecord(fields a)"


def test_a_saved_record_comes_back_and_a_wrong_one_is_not_saved(made, tmp_path):
    record = as_record(made["what-if"])
    record.save(tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == json.dumps(record, ensure_ascii=False)
    assert Record.open(tmp_path / "a.json") == type(record).open(tmp_path / "a.json") == record
    with pytest.raises(MMSRError, match=r"a\.json' is not a record that can be opened: expected a trace record, got"):
        TraceRecord.open(tmp_path / "a.json")
    del record["seed"]
    with pytest.raises(MMSRError, match="what-if: seed is missing"):
        record.save(tmp_path / "b.json")
    assert not (tmp_path / "b.json").exists()
    with pytest.raises(MMSRError, match=r"there is no file .*c\.json"):
        Record.open(tmp_path / "c.json")


def test_stored_records_of_older_versions_open():
    stored = sorted(STORED.glob("wardrobe-*/trace.json"))
    assert [file.parent.name for file in stored] == ["wardrobe-cycle", "wardrobe-match"]
    for file in stored:
        assert Record.open(file).kind == "trace"
        assert HistoryRecord.open(file.with_name("history.json")).best_epoch > 0
        assert Record.open(file.with_name("metrics.json")).kind == "metrics"
        assert Record.open(file.with_name("run.json")).kind == "run"


def test_a_history_says_at_which_epoch_and_step_kernels_took_over():
    history = {"epochs": [], "best_epoch": 0, "selection": "none", "kernels_from": {"epoch": 2}}
    with pytest.raises(MMSRError, match="history: kernels_from"):
        HistoryRecord(history).validate()
    HistoryRecord(history | {"kernels_from": {"epoch": 2, "step": 0}}).validate()


def test_the_reference_of_every_kind_names_every_field(made, tmp_path):
    for kind in RECORDS:
        table = schema_table(kind)
        assert table.count("\n| `") >= 4 and "|  |" not in table  # every field has a meaning
    lines = schema_table("trace").splitlines()
    assert "| `layers[].attention.*[].family` | text | " in schema_table("trace")
    assert lines[4] == "| `schema` | `mmsr-lite/trace/1` | names the kind and its version |"
    with pytest.raises(MMSRError, match="unknown record 'traces'; choose from: codebook, compare"):
        schema_table("traces")


def test_records_need_neither_torch_nor_pandas():
    code = "import sys, mmsr_lite.records; print({'torch', 'pandas', 'plotly'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_unwritable_value_is_refused_where_it_is(made, tmp_path):
    record = as_record(made["codebook"])
    record["codes"][0]["count"] = object()
    with pytest.raises(MMSRError, match=r"codes\[0\].count is <object"):
        record.save(tmp_path / "a.json")
    write_json(tmp_path / "a.json", {"schema": "mmsr-lite/codebook/1"})
    with pytest.raises(MMSRError, match=r"a\.json' is not a record that can be opened: codebook: dataset is missing"):
        Record.open(tmp_path / "a.json")
