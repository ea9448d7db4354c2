"""The user-item graph: what it keeps of the training part, and that a history in it is one more user."""

import numpy as np
import pytest
import torch

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples, split
from mmsr_lite.models import MODELS
from mmsr_lite.nn.interactions import InteractionGraph
from mmsr_lite.training.loop import TrainConfig, train
from mmsr_lite.training.weights import load_weights, save_tensors

ITEMS = {0: [1, 2, 3], 1: [3, 4, 3, 2]}  # user 1 came back to item 3
PREFIXES = Examples(
    np.array([9, *ITEMS[0], *ITEMS[1], 8]),  # places 0 and 8 are of nobody's training part
    start=np.array([1, 1, 4, 4, 4]),
    end=np.array([2, 3, 5, 6, 7]),
    user=np.array([0, 0, 1, 1, 1]),
)
COLLABORATIVE = ["bm3", "mgat", "mmgcn"]


def nodes(model, history):
    """The state of every node of the model's graph, taken where histories and items are taken from."""
    graph, kept = model.graph, []
    split = graph.split
    graph.split = lambda x, history: (kept.append(x), split(x, history))[1]
    model.encode(history)
    return kept[0]


def make(name, books, modalities=2):
    torch.manual_seed(0)
    model = MODELS[name](MODELS[name].Config(dim=8), 12, books(modalities))
    model.observe(PREFIXES)
    return model.eval()


def test_each_interaction_of_the_training_part_is_an_edge_both_ways_and_a_history_only_hears():
    graph = InteractionGraph(12)
    graph.observe(PREFIXES)
    pairs = [(item, 13 + user) for user, items in ITEMS.items() for item in items]
    history = torch.tensor([[4, 1, 4], [2, 0, 0]])
    heard = [(4, 15), (1, 15), (4, 15), (2, 16), (0, 0), (0, 0)]
    assert graph(history).T.tolist() == [list(pair) for pair in pairs + [pair[::-1] for pair in pairs] + heard]
    items = torch.randn(13, 8)
    start = graph.start(items, history)
    wanted = [items[chosen].mean(0) for chosen in (*ITEMS.values(), [4, 1, 4], [2])]
    assert torch.equal(start[:13], items) and torch.allclose(start[13:], torch.stack(wanted))


@pytest.mark.parametrize("modalities", range(4))
@pytest.mark.parametrize("name", COLLABORATIVE)
def test_a_history_that_holds_all_of_a_users_items_has_the_users_state(books, name, modalities):
    model = make(name, books, modalities).double()
    found = nodes(model, torch.tensor([[3, 2, 1, 0], ITEMS[1]]))  # in any order
    assert torch.allclose(found[13:15], found[15:17], atol=1e-12) and not torch.allclose(found[13], found[14])


@pytest.mark.parametrize("name", COLLABORATIVE)
def test_the_graph_matters_and_is_saved_with_the_weights(books, name, tmp_path):
    model, history = make(name, books), torch.tensor([[1, 2, 5]])
    save_tensors(tmp_path / "model.safetensors", model.state_dict())
    other = MODELS[name](model.config, 12, books(2)).eval()
    load_weights(tmp_path / "model.safetensors", other)
    assert torch.equal(other.scores(history), model.scores(history))
    before = model.scores(history)
    model.observe(PREFIXES.select(np.array([0])))
    assert not torch.allclose(model.scores(history)[:, 1:], before[:, 1:])


@pytest.mark.parametrize("name", COLLABORATIVE)
def test_whoever_likes_a_kind_of_item_gets_more_of_it(books, name):
    taste = np.repeat([0, 6], 8)[:, None] + np.array([np.random.default_rng(u).permutation(6) for u in range(16)])
    user, step = np.repeat(np.arange(16), 6), np.tile(np.arange(6), 16)
    names = tuple(map(str, range(16)))
    parts = split(Dataset("two tastes", user, 1 + taste.flatten(), step, names, names[:13], names[:13]))
    model = make(name, books)
    train(model, parts, TrainConfig(epochs=30, batch=16, device="cpu", selection="none"), progress=False)
    best = model.scores(torch.tensor([[1, 4], [12, 9]])).topk(6).indices
    assert best.sort().values.tolist() == [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]
