"""HAN-GNN on dense batches equals equations 11 to 17 walked node by node, neighbour by neighbour, over MSGraph."""

import numpy as np
import pytest
import torch

from mmsr_lite.graph.batch import build_graphs
from mmsr_lite.graph.msgraph import build_msgraph
from mmsr_lite.models.mmsr import MMSRConfig
from mmsr_lite.nn.han import FUSIONS, HANLayer
from mmsr_lite.nn.probe import listen

D = 5
HISTORIES = [[1, 2, 1], [3], [4, 4, 5, 6, 5, 2]]
TWO = {"adaptive": ("hohe", "heho"), "synchronous": ("homogeneous", "heterogeneous")}
PHASES = {"hohe": ("ho", "he"), "heho": ("he", "ho"), "homogeneous": ("ho",), "heterogeneous": ("he",)}
LISTENS_TO = {"ho": ("self", "out", "in", "both"), "he": ("self", "match")}


class Slow:
    """The paper's layer in numpy: h is a list of vectors, one a node; `weights` keeps alpha of each path and phase."""

    def __init__(self, layer: HANLayer, graph, scale: bool, slope: float):
        self.p = {name: value.detach().numpy() for name, value in layer.named_parameters()}
        self.graph, self.scale, self.slope, self.weights, self.beta = graph, scale, slope, {}, None
        self.types = [graph.node_types.index(node.type) for node in graph.nodes]

    def map(self, what, node, h):
        return self.p[f"{what}.maps.{self.types[node]}.weight"] @ h[node]

    def aggregate(self, family, read, summed, name):
        out, alpha = [], np.zeros((len(read), len(read)))
        for i in range(len(read)):
            around, e = [], []
            for edge in self.graph.edges:
                if edge.centre != i or edge.relation not in LISTENS_TO[family]:
                    continue
                j = edge.neighbour
                if family == "ho":  # equation 12
                    a = self.p["relation"][LISTENS_TO["ho"].index(edge.relation)]
                    logit = a @ (self.map("value", i, read) * self.map("value", j, read))
                else:  # equation 13
                    logit = self.map("query", j, read) @ self.map("key", i, read) / (D**0.5 if self.scale else 1)
                around.append(j)
                e.append(logit if logit > 0 else self.slope * logit)
            alpha[i, around] = np.exp(e) / np.exp(e).sum()  # equation 11
            out.append(sum(alpha[i, j] * self.map("value", j, summed) for j in around))  # equation 14
        self.weights[name] = alpha
        return out

    def layer(self, h, fusion: str, residual: bool):
        name, _, invasive = fusion.partition("-")
        ends = []
        for path in TWO.get(name, (name,)):
            first, *second = PHASES[path]
            end = self.aggregate(first, h, h, f"{path}_1")
            if second:
                end = self.aggregate(second[0], end, end if invasive else h, f"{path}_2")
            ends.append(np.array(end))
        merged = ends[0]
        if name == "synchronous":  # equation 15
            merged = np.concatenate(ends, 1) @ self.p["join.weight"].T + self.p["join.bias"]
        if name == "adaptive":  # equations 16 and 17
            hidden = np.maximum(0, np.concatenate(ends, 1) @ self.p["gate.mlp.0.weight"].T + self.p["gate.mlp.0.bias"])
            score = np.exp(hidden @ self.p["gate.mlp.2.weight"].T + self.p["gate.mlp.2.bias"])
            self.beta = score / score.sum(1, keepdims=True)
            merged = self.beta[:, :1] * ends[0] + self.beta[:, 1:] * ends[1]
        return merged + h if residual else merged


@pytest.mark.parametrize("modalities", range(4))
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_weights_beta_and_states_equal_the_equations(books, fusion, scale, modalities):
    torch.manual_seed(len(fusion) + modalities)
    kept = books(modalities, items=6, num_codes=4, seed=modalities)
    slope = 0.01 if scale else 0.2  # the default, and GAT's
    settings = {} if scale else {"slope": slope}
    config = MMSRConfig(dim=D, fusion=fusion, scale=scale, residual=not scale, dropout=0.0, **settings)
    layer = HANLayer(1 + modalities, config).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    history = torch.tensor([past + [0] * (6 - len(past)) for past in HISTORIES])
    graph = build_graphs(history, [torch.from_numpy(book.codes) for book in kept])
    states = [torch.randn(*ids.shape, D, dtype=torch.float64) for ids in graph.ids]
    with listen(layer) as seen:
        found = torch.cat(layer(states, graph), 1).detach().numpy()
    begin = np.cumsum([0, *graph.widths])
    for row, past in enumerate(HISTORIES):
        msgraph = build_msgraph(past, {book.name: book.codes for book in kept})
        slow = Slow(layer, msgraph, scale, slope)
        ids = [ids[row].tolist() for ids in graph.ids]
        slots = [begin[t] + ids[t].index(node.id) for t, node in zip(slow.types, msgraph.nodes, strict=True)]
        wanted = slow.layer(torch.cat(states, 1)[row].numpy()[slots], fusion, residual=not scale)
        assert np.allclose(found[row, slots], wanted, atol=1e-9, rtol=0)
        assert len(slow.weights) == sum("weights" in name for name in seen)
        for name, alpha in slow.weights.items():
            dense = torch.block_diag(*(block[row] for block in seen[f"probes.{name}_weights"])).detach().numpy()
            assert np.allclose(dense[np.ix_(slots, slots)], alpha, atol=1e-9, rtol=0)
        assert ("probes.beta" in seen) == (slow.beta is not None)
        if slow.beta is not None:
            assert np.allclose(seen["probes.beta"][row].detach().numpy()[slots], slow.beta, atol=1e-9, rtol=0)
