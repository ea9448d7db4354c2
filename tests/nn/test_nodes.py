"""Node embedding: `W [e ; type ; mean position]`, computed literally."""

import pytest
import torch

from mmsr_lite.graph.batch import build_graphs
from mmsr_lite.models.mmsr import MMSRConfig
from mmsr_lite.nn.departures import start_items
from mmsr_lite.nn.nodes import NodeEmbedding


@pytest.mark.parametrize("position, node_type", [(True, True), (False, True), (True, False), (False, False)])
@pytest.mark.parametrize("rows", [1, 40])  # tables larger and smaller than what is looked up
def test_a_state_is_w_times_identity_type_and_mean_position(books, rows, position, node_type):
    torch.manual_seed(0)
    kept, config = books(2), MMSRConfig(dim=8, max_history=6, position=position, node_type=node_type)
    nodes = NodeEmbedding(12, [torch.from_numpy(book.centres) for book in kept], config).double()
    for parameter in nodes.parameters():
        torch.nn.init.normal_(parameter)
    graph = build_graphs(torch.tensor([[1, 2, 1, 3, 0]] * rows), [torch.from_numpy(book.codes) for book in kept])
    states = nodes(graph)
    for t, codes in enumerate([None, *(book.codes for book in kept)]):
        for slot, node in enumerate(graph.ids[t][0].tolist()):
            from_end = [3 - p for p, item in enumerate([1, 2, 1, 3]) if node in ([item] if t == 0 else codes[item])]
            parts = [nodes.tables[t].weight[node]]
            parts += [nodes.types.weight[t]] if node_type else []
            parts += [nodes.positions.weight[from_end].mean(0)] if position else []
            assert torch.allclose(states[t][-1, slot], nodes.merge.weight @ torch.cat(parts))
    assert [nodes.positions is not None, nodes.types is not None] == [position, node_type]


def test_codes_start_at_their_centres_in_the_spread_of_the_other_embeddings(books):
    (book,) = books(1, num_codes=50, dim=64)
    centres = 5 * torch.from_numpy(book.centres)
    items, codes = (table.weight.detach() for table in NodeEmbedding(500, [centres], MMSRConfig(dim=64)).tables)
    assert torch.allclose(torch.cosine_similarity(codes[1:], centres[1:]), torch.ones(50))
    assert codes.std().item() == pytest.approx(items.std().item(), rel=0.05)
    assert not codes[0].any() and not items[0].any()


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_items_may_start_from_a_share_of_their_features_and_keep_the_spread(books, share):
    (book,) = books(1, items=400, num_codes=50, dim=64)
    nodes = NodeEmbedding(400, [torch.from_numpy(book.centres)], MMSRConfig(dim=64))
    features = torch.from_numpy(book.reduced)
    start_items(nodes, [features], share)
    items, has = nodes.tables[0].weight.detach(), features.any(1)
    assert torch.cosine_similarity(items[has], features[has]).mean().item() == pytest.approx(share**0.5, abs=0.05)
    assert items[has].std().item() == pytest.approx(64**-0.5, rel=0.1) and not items[0].any()
