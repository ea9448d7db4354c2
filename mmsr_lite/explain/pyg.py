"""The explainers of PyTorch Geometric on the same model and history, beside our attention on each edge.

For each edge of the MSGraph, "attention" is the weight with which its centre takes the value of its neighbour: orders
are weighted by beta, and the mean is over the layers. "flow" is the part of it that reaches the answer (rollout). An
edge mask of PyG multiplies the attention of this edge in both phases and all layers, as in PyG's own attention layers:
the message is scaled, and the softmax is not computed again. GNNExplainer learns a mask that keeps the answer of the
model; gradients measure how much each entry of a mask of ones matters.
"""

import copy
from importlib.util import find_spec
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.explain import CaptumExplainer, Explainer, Explanation, GNNExplainer
from torch_geometric.explain.algorithm import ExplainerAlgorithm
from torch_geometric.explain.algorithm.utils import clear_masks, set_masks
from torch_geometric.explain.metric import fidelity
from torch_geometric.nn import MessagePassing

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.faithfulness_scores import rank_correlation
from mmsr_lite.explain.inputs import HistoryLike, UserLike, count_of, label_of
from mmsr_lite.explain.interventions import replacements, rerun
from mmsr_lite.explain.rollout import carried, rollout
from mmsr_lite.explain.trace import trace
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.msgraph import msgraph_of
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import PyGRecord

CONFIG = {"mode": "multiclass_classification", "task_level": "graph", "return_type": "raw"}
COMPARED = (
    "For each edge: our attention (with which the centre takes the neighbour's value, orders weighed by beta, mean "
    "over layers) and the flow of it that reaches the answer, beside the edge masks of PyG's explainers, which scale "
    "the attention in both phases and all layers."
)


class _EdgeMask(MessagePassing):
    """Gives back the mask that an explainer has set: one message of 1 along each edge, not gathered."""

    def forward(self, edge_index: Tensor, ones: Tensor) -> Tensor:
        return self.propagate(edge_index, ones=ones)

    def message(self, ones_j: Tensor) -> Tensor:
        return ones_j

    def aggregate(self, inputs: Tensor) -> Tensor:
        return inputs


class AsPyG(nn.Module):
    """An MMSR on one MSGraph, called as PyG calls a model: `x` (N, D) and `edge_index` (2, E) give scores (1, V).

    The first score is that of item 1. The weights are a frozen copy. The attributes `x` and `edge_index` are those of
    the graph.

    Args:
        model: an MMSR.
        graph: the graph of one history.

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> one = AsPyG(MMSR(MMSRConfig(dim=8), 3), build_graphs(torch.tensor([[1, 2]]), []))
        >>> one(one.x, one.edge_index).shape
        torch.Size([1, 3])
    """

    def __init__(self, model: MMSR, graph: GraphBatch):
        super().__init__()
        self.model, self.graph, self.mask = copy.deepcopy(model).eval().requires_grad_(False), graph, _EdgeMask()
        self.x, self.edge_index = torch.cat(self.model.nodes(graph), 1)[0], graph.edge_index()[0]

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """Score all items.

        Args:
            x: (N, D) the states of the nodes.
            edge_index: (2, E) edges, neighbour and centre.

        Returns:
            (1, V) scores; each edge's attention counts times what the explainer has set for it.
        """
        neighbour, centre = edge_index
        scale = self.mask(edge_index, x.new_ones(len(x), 1))[:, 0]  # (E,)
        full = x.new_zeros(len(x), len(x)).index_put((centre, neighbour), scale)[None]  # (1, N, N)
        states = list(x[None].split(self.graph.widths, 1))
        probes = replacements(self.model, self.graph, None, full)
        return rerun(self.model, self.graph, extra=probes | {"layers.0.probes.input": lambda _: states})[0][:, 1:]


class EdgeGradient(ExplainerAlgorithm):
    """The importance of each edge: |d log p / d mask| at a mask of ones, which is gradient times input for edges.

    Example:
        >>> EdgeGradient().supports()
        True
    """

    def forward(self, model, x, edge_index, *, target, index=None) -> Explanation:  # as PyG calls it
        """Explain the score of an item.

        Args:
            model: a model as PyG calls it.
            x: (N, D) the states of the nodes.
            edge_index: (2, E) edges, neighbour and centre.
            target: (1,) the index of the score.
            index: not used.

        Returns:
            An explanation with the importance of each edge (E,).
        """
        mask = nn.Parameter(torch.ones(edge_index.shape[1], device=x.device))
        set_masks(model, mask, edge_index, apply_sigmoid=False)
        chance = model(x, edge_index).log_softmax(-1).gather(1, target[:, None]).sum()
        clear_masks(model)
        return Explanation(edge_mask=torch.autograd.grad(chance, mask)[0].abs())

    def supports(self) -> bool:
        """Whether this algorithm can do what is asked: always."""
        return True


@checked(epochs=(1, 10**6), seed=SEED)
def compare_with_pyg(
    model: MMSR,
    dataset: Dataset,
    user: UserLike | None = None,
    *,
    history: HistoryLike | None = None,
    epochs: int = 100,
    seed: int = 0,
) -> PyGRecord:
    """Compare attention, GNNExplainer and gradients on each edge of one history, for the item that is ranked first.

    Fidelity is that of PyG, for the more important half of the edges. With captum installed, IntegratedGradients is
    compared too.

    Args:
        model: an MMSR.
        dataset: the data set that it was trained on.
        user: a number or an id; the history is all of the user's items before the last one.
        history: in place of `user`: items from 1, the oldest first.
        epochs: the number of steps in which GNNExplainer learns its mask.
        seed: the seed of these steps.

    Returns:
        The trace and for each of its edges one number of each method; see `mmsr_lite.records.PyGRecord`.

    Raises:
        MMSRError: the model has no MSGraph, or a user or item does not exist.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> record = compare_with_pyg(MMSR(MMSRConfig(dim=8), world.num_items), world, 0, epochs=2)
        >>> record["methods"][:4], len(record["edges"]) == len(record["trace"]["edges"])
        (['attention', 'flow', 'GNNExplainer', 'gradient'], True)
    """
    if not isinstance(model, MMSR):
        raise MMSRError(f"{label_of(model)} has no MSGraph to explain; give an MMSR")
    epochs = count_of(epochs, "epochs")
    record = trace(model, dataset, user, history=history)
    past = torch.tensor([[step["item"] for step in record.history]], device=model.item_table().device)
    with torch.no_grad():
        graph = model.graphs(past)
        _, seen = rerun(model, graph)
        layers = [carried(model, graph, seen, index) for index in range(len(model.layers))]
        attention = torch.stack(layers).mean(0)[0]  # (N, N)
        flow = rollout(model, graph, seen)[1][0]  # (N, N)
        adapter = AsPyG(model, graph)
    neighbour, centre, _ = np.array(record.edges).T
    _, slots = msgraph_of(graph, model.node_types)
    adapter.edge_index = torch.from_numpy(np.stack([slots[neighbour], slots[centre]])).to(past)  # in the record's order
    neighbours, centres = adapter.edge_index
    masks = {"attention": attention[centres, neighbours], "flow": flow[centres, neighbours]}
    algorithms: dict[str, Any] = {"GNNExplainer": GNNExplainer(epochs=epochs), "gradient": EdgeGradient()}
    if find_spec("captum"):
        algorithms["IntegratedGradients"] = CaptumExplainer("IntegratedGradients")
    with torch.random.fork_rng(devices=[past.device] if past.is_cuda else []):
        torch.manual_seed(seed)
        for name, algorithm in algorithms.items():
            adapter.mask = _EdgeMask()  # PyG leaves a parameter behind, which hides the next explainer's mask from it
            explainer = Explainer(adapter, algorithm, "model", CONFIG, edge_mask_type="object")
            explanation = explainer(adapter.x, adapter.edge_index)
            masks[name] = explanation.edge_mask.detach().abs()
    values = {name: mask.double().cpu().numpy() for name, mask in masks.items()}
    fidelities = []
    for mask in masks.values():
        best = torch.zeros_like(mask)
        best[mask.argsort(descending=True)[: (len(mask) + 1) // 2]] = 1
        explanation.edge_mask = best
        plus, minus = fidelity(explainer, explanation)
        fidelities.append({"plus": plus, "minus": minus})
    names = list(values)
    agreement = [
        {"methods": [one, two], "spearman": rank_correlation(values[names[one]], values[names[two]])}
        for one, two in combinations(range(len(names)), 2)
    ]
    return PyGRecord(
        schema=PyGRecord.schema,
        trace=record,
        item=record.answer["top"][0]["item"],
        methods=names,
        edges=np.stack(list(values.values()), 1).tolist(),
        agreement=agreement,
        fidelity=fidelities,
        told=COMPARED,
        sentence=_sentence(values, agreement),
    )


def _sentence(values: dict[str, np.ndarray], agreement: list[dict[str, Any]]) -> str:
    attention, flow = (next(one["spearman"] for one in agreement if one["methods"] == [own, 2]) for own in (0, 1))
    best = [set(np.argsort(-values[name], kind="stable")[:10].tolist()) for name in ("flow", "GNNExplainer")]
    return (
        f"Over {len(values['flow'])} edges GNNExplainer has rank correlation {attention:+.2f} with our attention and "
        f"{flow:+.2f} with its flow to the answer; of the {len(best[0])} strongest edges of flow and mask "
        f"{len(best[0] & best[1])} are the same."
    )
