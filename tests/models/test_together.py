"""MMSR with items of one time as one step: the order within a step does not exist, elsewhere nothing changes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.order import break_ties
from mmsr_lite.data.split import split
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.device_examples import DeviceExamples
from mmsr_lite.evaluation.ranks import both_ranks
from mmsr_lite.explain.trace import trace
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.aggregators import AGGREGATORS
from mmsr_lite.training.ingredients import build
from mmsr_lite.training.loop import TrainConfig, train
from mmsr_lite.training.run_config import RunConfig

CPU = torch.device("cpu")


def model_of(aggregator: str = "han-gnn", layers: int = 1, together: bool = True, **settings) -> MMSR:
    """A model with random weights over twelve items of two codes each."""
    rng = np.random.default_rng(0)
    codes = np.vstack([[0, 0], *(rng.choice(4, (1, 2), replace=False) + 1 for _ in range(12))])
    vectors = rng.normal(size=(13, 8)).astype(np.float32)
    book = Codebook("kind", codes, vectors[:5], reduced=vectors)
    torch.manual_seed(0)
    return MMSR(
        MMSRConfig(dim=8, aggregator=aggregator, layers=layers, together=together, **settings), 12, [book]
    ).eval()


def scores_of(model: MMSR, items: list[int], steps: list[int]) -> torch.Tensor:
    return model.scores(torch.tensor([[items, steps]]).transpose(1, 2))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("aggregator", AGGREGATORS)
def test_the_order_within_a_step_makes_no_difference_and_that_of_steps_does(aggregator, layers):
    model = model_of(aggregator, layers)
    one, steps = scores_of(model, [3, 1, 4, 5, 9, 2], [0, 0, 0, 1, 2, 2]), [0, 0, 0, 1, 2, 2]
    assert torch.allclose(one, scores_of(model, [4, 3, 1, 5, 2, 9], steps), atol=1e-5)
    assert not torch.allclose(one, scores_of(model, [5, 1, 4, 3, 9, 2], steps), atol=1e-3)  # 3 and 5 change steps


def test_without_ties_the_model_is_the_papers():
    plain, stepped = model_of(together=False), model_of()
    items = [3, 1, 4, 1, 9]
    assert torch.allclose(plain.scores(torch.tensor([items])), scores_of(stepped, items, [0, 1, 2, 3, 4]), atol=1e-5)


def test_pooling_is_the_mean_over_the_items_of_the_last_step():
    model = model_of()
    history = torch.tensor([[[3, 9, 2], [0, 1, 1]]]).transpose(1, 2)
    graph, states = model.states(history)
    slots = [graph.ids[0][0].tolist().index(item) for item in (9, 2)]
    assert torch.allclose(model.user_state(history)[0], states[0][0, slots].mean(0), atol=1e-6)


def test_examples_say_which_items_have_one_time():
    names = tuple(map(str, range(6)))
    users, items, times = np.array([0, 0, 0, 0, 1, 1]), np.array([1, 2, 3, 4, 5, 5]), np.array([5, 5, 7, 9, 9, 9])
    day = Dataset("d", users, items, times, ("u", "v"), names, names)
    train_part = split(day, test_share=0, validation=False).train
    history, target = DeviceExamples(train_part, CPU, steps=True)(torch.tensor([2, 3]), 3)
    assert history.tolist() == [[[1, 0], [2, 0], [3, 1]], [[5, 0], [0, 0], [0, 0]]] and target.tolist() == [4, 5]
    cut = DeviceExamples(replace(train_part, max_history=2), CPU, steps=True)(torch.tensor([2]), 2)[0]
    assert cut.tolist() == [[[2, 0], [3, 1]]]


def week(users: int = 30) -> Dataset:
    """Users who take three items on one day and the three next ones on the next day."""
    rng = np.random.default_rng(0)
    item = np.concatenate([np.concatenate([rng.permutation(3) + 1 + 3 * d for d in range(4)]) for _ in range(users)])
    names = tuple(map(str, range(13)))
    time = np.tile(np.repeat(np.arange(4), 3), users)
    return Dataset("week", np.repeat(np.arange(users), 12), item, time, tuple(map(str, range(users))), names, names)


def test_it_trains_and_ranks_and_the_seed_of_ties_makes_no_difference_to_a_history():
    torch.manual_seed(0)
    model = MMSR(MMSRConfig(dim=8, together=True, dropout=0.0, input_dropout=0.0), 12)
    parts = split(break_ties(week(), "together"))
    record = train(model, parts, TrainConfig(epochs=3, batch=64, device="cpu"), progress=False)
    assert record["epochs"][-1]["loss"] < record["epochs"][0]["loss"]
    whole_days = parts.train.select(~parts.train.same_time)
    other = split(break_ties(week(), "together", 1)).train
    other = other.select(~other.same_time)
    found = {}
    for name, examples in (("one", whole_days), ("two", other)):
        ranks = both_ranks(model, examples)["all"]
        found[name] = {
            (user, target): rank for user, target, rank in zip(examples.user, examples.targets, ranks, strict=True)
        }
    shared = found["one"].keys() & found["two"].keys()
    assert shared and all(found["one"][key] == pytest.approx(found["two"][key]) for key in shared)


def test_a_run_with_ties_together_builds_the_model_for_it_and_other_models_as_they_are():
    assert build(RunConfig("d", ties="together", settings={"dim": 8}), week(), ()).reads_steps
    assert not build(RunConfig("d", settings={"dim": 8}), week(), ()).reads_steps
    assert not build(RunConfig("d", model="sasrec", ties="together", settings={"dim": 8}), week(), ()).reads_steps


def test_a_trace_says_that_it_cannot_show_steps():
    with pytest.raises(MMSRError, match="takes items of one time as one step, which a trace cannot show"):
        trace(model_of(), week(), 0)
