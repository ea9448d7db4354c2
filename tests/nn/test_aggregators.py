"""Each aggregator on dense batches equals PyG's layer, or its paper's equations walked node by node."""

import math
import re
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import torch
from torch import nn
from torch_geometric.nn import GATConv, GCNConv, HeteroConv, RGATConv, SAGEConv

from mmsr_lite.errors import MMSRError
from mmsr_lite.graph.batch import build_graphs
from mmsr_lite.graph.relations import MATCH
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.aggregators import AGGREGATORS
from mmsr_lite.nn.aggregators.graphormer import FAR, shortest_paths
from mmsr_lite.nn.han import HANLayer
from mmsr_lite.nn.probe import listen

D = 6
HISTORIES = [[1, 2, 1], [3], [4, 4, 5, 6, 5, 2], [1, 7, 8, 9, 10, 11, 12]]
HISTORY = torch.tensor([past + [0] * (8 - len(past)) for past in HISTORIES])
OTHERS = [name for name, kind in AGGREGATORS.items() if kind is not HANLayer]


@pytest.fixture(params=range(4), ids=lambda m: f"M={m}")
def batch(request, books):
    """A batch of graphs over M modalities and random states of their nodes."""
    torch.manual_seed(request.param)
    kept = books(request.param, num_codes=5, seed=3)
    graph = build_graphs(HISTORY, [torch.from_numpy(book.codes) for book in kept])
    return graph, [torch.randn(*ids.shape, D, dtype=torch.float64) for ids in graph.ids]


def made(name: str, graph, residual: bool = False):
    """The layer with every parameter drawn at random."""
    layer = AGGREGATORS[name](len(graph.ids), MMSRConfig(dim=D, residual=residual, dropout=0.0)).double()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.7)
    return layer


def real(graph, states: list) -> torch.Tensor:
    """The rows of real nodes of what a layer gave, or of what PyG gave for flattened slots."""
    rows = torch.cat(states, 1).flatten(0, 1) if isinstance(states, list) else states
    return rows[graph.exists.flatten()]


def copy(own: nn.Module, names: dict[str, torch.Tensor]) -> nn.Module:
    """`own` with these weights and no others."""
    own.double().load_state_dict({**own.state_dict(), **names})
    return own


@pytest.mark.parametrize("name", ["gcn", "graphsage", "gat", "rgat"])
def test_it_equals_the_layer_of_pyg_with_the_same_weights(name, batch):
    graph, states = batch
    layer, x = made(name, graph), torch.cat(states, 1).flatten(0, 1)
    edges, relation = graph.edge_index()
    p = dict(layer.named_parameters())
    if name == "gcn":
        wanted = copy(GCNConv(D, D, bias=False), {"lin.weight": p["value.weight"]})(x, edges)
    elif name == "graphsage":
        weights = {"lin_l.weight": p["value.weight"], "lin_r.weight": p["own.weight"]}
        wanted = copy(SAGEConv(D, D, bias=False), weights)(x, edges)
    elif name == "gat":
        weights = {"lin.weight": p["value.weight"], "att_dst": p["centre.weight"][None]}
        weights["att_src"] = p["neighbour.weight"][None]
        wanted = copy(GATConv(D, D, bias=False, add_self_loops=False), weights)(x, edges)
    else:
        weights = {"weight": p["value"], "q": p["centre.weight"].T, "k": p["neighbour.weight"].T}
        wanted = copy(RGATConv(D, D, num_relations=5, bias=False), weights)(x, edges, relation)
    assert torch.allclose(real(graph, layer(states, graph)), real(graph, wanted), atol=1e-9, rtol=0)


@pytest.mark.parametrize("fusion, relations", [("homogeneous", range(4)), ("heterogeneous", (0, 4))])
def test_gcn_over_one_family_equals_gcn_of_pyg_over_the_edges_of_that_family(batch, fusion, relations):
    graph, states = batch
    config = MMSRConfig(dim=D, residual=False, dropout=0.0, aggregator="gcn", fusion=fusion)
    layer = AGGREGATORS["gcn"](len(graph.ids), config).double()
    nn.init.normal_(layer.value.weight)
    edges, relation = graph.edge_index()  # 0 to 3 are self, out, in, both; 4 is match
    kept = edges[:, torch.isin(relation, torch.tensor([*relations]))]
    weights = {"lin.weight": layer.value.weight}
    wanted = copy(GCNConv(D, D, bias=False), weights)(torch.cat(states, 1).flatten(0, 1), kept)
    assert torch.allclose(real(graph, layer(states, graph)), real(graph, wanted), atol=1e-9, rtol=0)


def test_hgnn_equals_a_graphsage_of_pyg_for_each_pair_of_node_types(batch):
    graph, states = batch
    layer, types = made("hgnn", graph), range(len(graph.ids))
    edges, _ = graph.edge_index()
    n, begin = sum(graph.widths), np.cumsum([0, *graph.widths])
    place = torch.tensor([t for t in types for _ in range(graph.widths[t])])[edges % n]  # (2, E) types
    inside = [(edges // n) * graph.widths[t] + edges % n - begin[t] for t in types]
    convs, index = {}, {}
    for s in types:
        for t in types:
            weights = {"lin_l.weight": layer.value[t][s].weight}
            weights |= {"lin_r.weight": layer.own[t].weight} if s == t else {}
            key, chosen = (str(s), "to", str(t)), (place[0] == s) & (place[1] == t)
            convs[key] = copy(SAGEConv(D, D, bias=False, root_weight=s == t), weights)
            index[key] = torch.stack([inside[s][0, chosen], inside[t][1, chosen]])
    theirs = HeteroConv(convs, aggr="sum")({str(t): state.flatten(0, 1) for t, state in enumerate(states)}, index)
    wanted = [theirs[str(t)].view_as(states[t]) for t in types]
    assert torch.allclose(real(graph, layer(states, graph)), real(graph, wanted), atol=1e-9, rtol=0)


def leaky(x: float) -> float:
    return x if x > 0 else 0.2 * x


def test_hgat_equals_its_equations_walked_node_by_node(batch):
    graph, states = batch
    layer = made("hgat", graph)
    p = {name: value.detach().numpy() for name, value in layer.named_parameters()}
    with listen(layer) as seen:
        found = torch.cat(layer(states, graph), 1).detach().numpy()
    types = [t for t, width in enumerate(graph.widths) for _ in range(width)]
    for row, h in enumerate(torch.cat(states, 1).numpy()):
        edges = graph.edges[row].numpy()
        degree = (edges > 0).sum(1)
        for i in np.flatnonzero(graph.exists[row]):
            around, alpha = np.flatnonzero(edges[i]), []
            for t in range(len(states)):
                of_type = sum((h[j] / math.sqrt(degree[i] * degree[j]) for j in around if types[j] == t), np.zeros(D))
                alpha.append(leaky(p["type_centre.weight"][t] @ h[i] + p["type_neighbour.weight"][t] @ of_type))
            alpha = np.exp(alpha) / np.exp(alpha).sum()
            node = [p["centre.weight"][0] @ h[i] + p["neighbour.weight"][0] @ h[j] for j in around]
            b = np.exp([leaky(alpha[types[j]] * both) for j, both in zip(around, node, strict=True)])
            beta = b / b.sum()
            wanted = sum(w * p[f"value.{types[j]}.weight"] @ h[j] for w, j in zip(beta, around, strict=True))
            assert np.allclose(found[row, i], wanted, atol=1e-9, rtol=0)
            assert np.allclose(seen["probes.neighbours_1_weights"][0][row, i, around].detach(), beta, atol=1e-9, rtol=0)


def test_shortest_paths_are_those_of_networkx_and_the_edge_encoding_is_the_mean_along_all_of_them(batch):
    graph, _ = batch
    weight = torch.randn(FAR - 1, MATCH + 1, dtype=torch.float64)
    distance, along = shortest_paths(graph.edges, weight)
    for row, edges in enumerate(graph.edges.numpy()):
        net = nx.from_numpy_array(edges > 0)
        for i in np.flatnonzero(graph.exists[row]):
            for j, length in nx.single_source_shortest_path_length(net, i).items():
                assert distance[row, i, j] == min(length, FAR)
                paths = list(nx.all_shortest_paths(net, i, j)) if 0 < length < FAR else []
                hops = [weight[n, edges[pair]] for path in paths for n, pair in enumerate(pairwise(path))]
                assert along[row, i, j].item() == pytest.approx(float(np.mean(hops)) if hops else 0)
    assert (distance == FAR).any()  # the last history is long


def test_six_hops_and_more_are_one_distance():
    line = torch.diag_embed(torch.ones(1, 9)) + torch.diag_embed(torch.ones(1, 8), 1)
    distance, _ = shortest_paths(line.long(), torch.zeros(5, MATCH + 1))
    assert distance[0, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 6, 6]


def test_a_graphormer_has_a_number_for_each_distance_from_none_to_six_hops_and_for_each_hop_up_to_five():
    layer = AGGREGATORS["graphormer"](2, MMSRConfig(dim=8))
    assert layer.spatial.shape == (1 + 6, 1)
    assert layer.edge.shape == (6 - 1, MATCH + 1)


def test_graphormer_equals_the_encoder_layer_of_torch_given_its_encodings(batch):
    graph, states = batch
    layer = made("graphormer", graph)
    theirs = nn.TransformerEncoderLayer(D, 1, D, 0.0, "gelu", batch_first=True, norm_first=True)
    p = dict(layer.named_parameters())
    bias = torch.cat([p["query.bias"], p["key.bias"], torch.zeros(D)])
    weights = {"self_attn.in_proj_weight": torch.cat([p[f"{which}.weight"] for which in ("query", "key", "value")])}
    weights |= {"self_attn.in_proj_bias": bias, "self_attn.out_proj.weight": torch.eye(D)}
    same = {"feed_forward.0": "linear1", "feed_forward.2": "linear2", "norm": "norm1", "norm_2": "norm2"}
    for mine, other in same.items():
        weights |= {f"{other}.{what}": p[f"{mine}.{what}"] for what in ("weight", "bias")}
    copy(theirs, weights)
    h = torch.cat(states, 1)
    before, after = torch.zeros_like(graph.edges[..., 0]), torch.zeros_like(graph.edges[..., 0])
    for b, i, j in graph.edges.nonzero().tolist():
        before[b, i] += int(graph.edges[b, i, j]) in (3, 4, MATCH)
        after[b, i] += int(graph.edges[b, i, j]) in (2, 4, MATCH)
    x = h + p["before.weight"][before] + p["after.weight"][after]
    distance, along = shortest_paths(graph.edges, p["edge"])
    mask = (p["spatial"][distance][..., 0] + along).masked_fill(~graph.exists[:, None], -torch.inf)
    wanted = (theirs(x, mask) - h).unflatten(1, (-1,))
    assert torch.allclose(real(graph, layer(states, graph)), wanted[graph.exists], atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", OTHERS)
def test_weights_pass_a_probe_and_only_neighbours_have_any(name, batch):
    graph, states = batch
    layer = made(name, graph, residual=True)
    with listen(layer) as seen:
        end = torch.cat(layer(states, graph), 1)
    weights = seen["probes.neighbours_1_weights"][0]
    heard = graph.exists[:, None].expand_as(weights) if name == "graphormer" else graph.edges > 0
    assert torch.equal((weights > 0)[graph.exists], heard[graph.exists])
    parts = torch.cat(seen["probes.neighbours"], 1) + torch.cat(seen["probes.input"], 1)
    assert torch.equal(end, parts) and torch.equal(end, torch.cat(seen["probes.output"], 1))
    silent = {"probes.neighbours_1_weights": lambda value: (torch.zeros_like(value[0]),)}
    with listen(layer, silent):
        assert not torch.allclose(torch.cat(layer(states, graph), 1)[graph.exists], end[graph.exists])


@pytest.mark.pairwise(name=OTHERS, modalities=range(4), everywhere=[False, True])
def test_padding_has_no_influence_and_every_parameter_gets_a_gradient(books, name, everywhere, modalities):
    torch.manual_seed(0)
    config = MMSRConfig(dim=8, layers=2, aggregator=name, global_attention=everywhere, dropout=0, input_dropout=0)
    model = MMSR(config, 12, books(modalities, k=3)).double()
    for parameter in model.layers.parameters():
        nn.init.normal_(parameter, std=0.5)
    state = model.user_state(HISTORY)
    for row, past in enumerate(HISTORIES):
        assert torch.allclose(model.user_state(torch.tensor([past])), state[row : row + 1], atol=1e-9, rtol=0)
    model.loss(HISTORY, torch.tensor([1, 5, 8, 3])).backward()
    silent = {n for n, p in model.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())}
    unheard = {"hgnn": r"layers\.1\.(own|value)\.[1-9]", "hgat": "-" if modalities else ".*type_"}.get(name, "-")
    assert not [n for n in silent if not re.match(unheard, n)]  # last pooling reads an item; one type is no choice


@pytest.mark.parametrize("name", AGGREGATORS)
def test_histories_with_one_right_answer_are_learned(books, cycle, name):
    torch.manual_seed(0)
    model = MMSR(MMSRConfig(dim=16, aggregator=name, dropout=0, input_dropout=0), 12, books(2, dim=16))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    history, target = (torch.from_numpy(a) for a in (cycle.train.histories(), cycle.train.targets))
    for _ in range(30):
        optimiser.zero_grad()
        model.loss(history, target).backward()
        optimiser.step()
    assert torch.equal(model.eval().scores(history).argmax(1), target)


def test_an_unknown_aggregator_is_told_the_choices():
    with pytest.raises(MMSRError, match="unknown aggregator 'gnn'; choose from: gat, gcn, graphormer, graphsage, han"):
        MMSRConfig(aggregator="gnn")


def test_a_new_graphormer_tells_nodes_apart_neither_by_their_edges_nor_by_distance():
    layer = AGGREGATORS["graphormer"](2, MMSRConfig(dim=8))
    for start in (layer.before.weight, layer.after.weight, layer.spatial, layer.edge):
        assert not start.any()
