"""Whatever reads a model together with a data set refuses the data set of other items, before anything is computed."""

import importlib
import inspect
import pkgutil
from dataclasses import replace

import pytest

import mmsr_lite.explain
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.codebook import codebook
from mmsr_lite.explain.faithfulness import faithfulness
from mmsr_lite.explain.flow import flow
from mmsr_lite.explain.flow_table import flow_summary, flow_table
from mmsr_lite.explain.gates import gates
from mmsr_lite.explain.gates_summary import gates_beside, gates_summary
from mmsr_lite.explain.page_data import page_data
from mmsr_lite.explain.page_model import refuse_elsewhere
from mmsr_lite.explain.pyg import compare_with_pyg
from mmsr_lite.explain.recommend import recommend
from mmsr_lite.explain.session import Session
from mmsr_lite.explain.trace import trace
from mmsr_lite.explain.what_if import what_if
from mmsr_lite.models.base import Catalogue
from mmsr_lite.models.sasrec import SASRec, SASRecConfig

CALLS = {
    codebook: lambda model, data: codebook(model, data),
    compare_with_pyg: lambda model, data: compare_with_pyg(model, data, 0, epochs=1),
    faithfulness: lambda model, data: faithfulness(model, data, orders=1, histories=2),
    flow: lambda model, data: flow(model, data, 0),
    flow_table: lambda model, data: flow_table(model, data),
    gates: lambda model, data: gates(model, data),
    page_data: lambda model, data: page_data([model], data),
    recommend: lambda model, data: recommend(model, data),
    refuse_elsewhere: lambda model, data: refuse_elsewhere(model, data),
    Session: lambda model, data: Session(model, data),
    trace: lambda model, data: trace(model, data, 0),
    what_if: lambda model, data: what_if(model, data, 0),
}
INNER = {  # what the functions above call once they have looked; and `compare`, whose models may be any
    "by_graph", "code_labels", "compare", "editable", "kept_items", "planted_test", "ranks_of_last",
    "refuse_other_items", "said_by", "telling_users", "trace_edited", "with_other_codes",
}  # fmt: skip


@pytest.fixture(scope="module")
def larger(world) -> Dataset:
    """The same histories in a data set of one more item, so that nothing but a refusal stops a call."""
    names = (*world.item_ids, "one more")
    return replace(world, item_ids=names, titles=names)


@pytest.mark.parametrize("call", CALLS.values(), ids=[one.__name__ for one in CALLS])
def test_the_data_set_of_other_items_is_refused(random_model, world, larger, call):
    made_by_hand, trained = random_model(), random_model(seed=2)
    trained.catalogue = Catalogue(world.name, world.num_items, world.item_hash)
    renamed = replace(world, item_ids=("", *(f"other {item}" for item in range(12))))  # as many items, but others
    for model, data in ((made_by_hand, larger), (trained, larger), (trained, renamed)):
        with pytest.raises(
            MMSRError, match=r"was made for (the )?12 items.* others; give it\s+the data set that it was"
        ):
            call(model, data)
    call(made_by_hand, world)
    call(trained, world)


def test_every_function_that_takes_a_model_and_a_data_set_is_tried():
    found = set()
    for module in pkgutil.walk_packages(mmsr_lite.explain.__path__, "mmsr_lite.explain."):
        for name, one in vars(importlib.import_module(module.name)).items():
            is_own = getattr(one, "__module__", "") == module.name and not name.startswith("_")
            if is_own and (inspect.isfunction(one) or inspect.isclass(one)):
                names = inspect.signature(one).parameters
                if "dataset" in names and {"model", "models", "run"} & set(names):
                    found.add(name)
    assert found == {one.__name__ for one in CALLS} | INNER


NEEDS_GRAPH = (codebook, compare_with_pyg, faithfulness, flow, flow_table, gates, page_data, Session, what_if)


@pytest.mark.parametrize("call", [CALLS[one] for one in NEEDS_GRAPH], ids=[one.__name__ for one in NEEDS_GRAPH])
def test_what_needs_a_graph_refuses_a_model_without_one(world, call):
    with pytest.raises(MMSRError, match=r"^SASRec.* give an (adaptive )?MMSR"):
        call(SASRec(SASRecConfig(dim=8), world.num_items), world)


def test_a_table_of_gates_is_no_table_of_flow_and_the_other_way_round(random_model, world):
    model = random_model()
    of_gates, of_flow = gates(model, world), flow_table(model, world)
    with pytest.raises(MMSRError, match=r"and no 'layer'; give what gates\(...\) gave"):
        gates_summary(of_flow)
    with pytest.raises(MMSRError, match=r"and no 'layer'; give what gates\(...\) gave"):
        gates_beside({"one": of_gates, "two": of_flow})
    with pytest.raises(MMSRError, match=r"and no 'example'; give what flow_table\(...\) gave"):
        flow_summary(of_gates)
