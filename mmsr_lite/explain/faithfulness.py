"""Does attention or beta explain the model? Tests, each with a number, an interval and one plain sentence.

The tests look at units, in each history by itself. For attention, a unit is a node: its importance is the attention
rollout (Abnar and Zuidema, 2020) from the last item, and to take it away means to remove the node from the graph. For
beta, a unit is the gate of a node: its importance is the distance of beta from one half, and to take it away means to
force beta to one half. Each test watches one item, the one that the model ranks first.

- deletion, insertion: the probability of this item while units are taken away, or brought in, in the order of their
  importance; compared with random orders;
- fidelity: `fidelity` of PyG for explanations of a model. S is the more important half of the units. fid+ is the share
  of histories whose first item changes without S; fid- is the share whose first item changes when only S is left;
- gradient: the rank correlation of the importance with |gradient x input| of the log probability;
- random_weights: the rank correlation of the importance with that in models whose weights are shuffled (Adebayo et al.,
  2018), see `random_weights.py`. A high correlation means that the explanation shows the graph and not what the model
  learned;
- forced_gate: does beta prefer the order of fusion that makes the watched item more probable when it is forced?
- planted: in worlds whose cause is known, the share of steps whose beta prefers the order that sees the cause.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.explain.changed_graphs import remove_edges
from mmsr_lite.explain.edits import FORCED
from mmsr_lite.explain.faithfulness_planted import planted_test
from mmsr_lite.explain.faithfulness_scores import (
    SHARES,
    correlations_of,
    curve_test,
    fidelity_test,
    forced_gate_test,
    gradient_test,
)
from mmsr_lite.explain.gates import last_examples
from mmsr_lite.explain.inputs import refuse_other_items
from mmsr_lite.explain.interventions import rerun
from mmsr_lite.explain.random_weights import random_twins, random_weights
from mmsr_lite.explain.rollout import rollout
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import FaithfulnessRecord
from mmsr_lite.records.evidence import FaithfulnessTest

CHUNK = 25  # how many histories are computed at once


UNITS = {
    "attention": "a node, by attention rollout from the last item; taking it away removes it from the graph",
    "beta": "a node's gate, by how far beta is from half; taking it away forces it to half",
}


@checked(histories=(1, 10**9), orders=(1, 10**6), seed=SEED)
def faithfulness(
    model: MMSR,
    dataset: Dataset,
    examples: Examples | None = None,
    *,
    explains: str = "attention",
    histories: int = 100,
    orders: int = 5,
    seed: int = 0,
    progress: bool = False,
) -> FaithfulnessRecord:
    """Test whether attention or beta explains what a model does.

    Args:
        model: an MMSR; beta needs one with gates (`fusion="adaptive"`).
        dataset: the data set that the model was trained on.
        examples: the histories to choose from; None: the last history of each user.
        explains: what is tested, "attention" or "beta".
        histories: how many histories are tested at most; they are drawn at random.
        orders: how many random orders the order of the explanation is compared with.
        seed: the seed of histories, random orders and shuffled weights.
        progress: whether to show a bar.

    Returns:
        A record. Its field `tests` has `passed`, `sentence` and the numbers of each test, None for a test that does not
        apply; its field `sentence` says how many tests were passed.

    Raises:
        MMSRError: the model has no such explanation, there are no examples, or all histories are too short.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> record = faithfulness(MMSR(MMSRConfig(dim=8), world.num_items), world, explains="beta", orders=1)
        >>> list(record["tests"])
        ['deletion', 'insertion', 'fidelity', 'gradient', 'random_weights', 'forced_gate', 'planted']
    """
    choose("explanation", explains, UNITS)
    if not isinstance(model, MMSR):
        part = "gates" if explains == "beta" else "MSGraph"
        raise MMSRError(f"{model.label} has no {part}; give an adaptive MMSR")
    if explains == "beta" and model.layers[0].gate is None:
        raise MMSRError(f"{model.label} has no gates; give an adaptive MMSR")
    refuse_other_items(model, dataset)
    if examples is None:
        examples = last_examples(dataset, model.max_history)
    if not len(examples):
        raise MMSRError("there are no examples to explain; give users with two items or more")
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(examples))[:histories]
    rows = rows[np.argsort(examples.lengths[rows], kind="stable")]  # similar lengths together need little padding
    twins, cascade = random_twins(model, seed)
    shuffled_models = [*twins, *cascade.values()]

    curves: list[np.ndarray] = []  # of each chunk of b histories: (2, 2, 1 + orders, shares, b)
    betas_of_last: list[np.ndarray] = []  # of each chunk: (b,)
    effects_of_forcing: list[np.ndarray] = []  # of each chunk: (b,)
    importances: list[np.ndarray] = []  # of each history: (units,)
    slopes: list[np.ndarray] = []  # of each history: (units,)
    importances_shuffled: list[list[np.ndarray]] = [[] for _ in shuffled_models]  # the same in each shuffled model
    num_chunks = -(-len(rows) // CHUNK)
    for chunk in tqdm(np.array_split(rows, num_chunks), explains, disable=not progress):
        histories_of_chunk = torch.from_numpy(examples.histories(chunk))  # (b, L)
        graph = model.graphs(histories_of_chunk.to(model.item_table().device))
        importance, slope, watched, beta_of_last = _importance(model, graph, explains)
        random_orders = [torch.from_numpy(rng.random(importance.shape)).to(importance) for _ in range(orders)]
        ordered = [one.masked_fill(importance.isnan(), -torch.inf) for one in (importance, *random_orders)]
        curves.append(_curves(model, graph, watched, ordered, explains))
        if explains == "beta":
            assert beta_of_last is not None  # a model without gates was refused above
            betas_of_last.append(beta_of_last.cpu().numpy())
            effects_of_forcing.append(_forced(model, graph, watched))
        importances += _units_of_histories(importance)
        slopes += _units_of_histories(slope)
        for shuffled_model, of_model in zip(shuffled_models, importances_shuffled, strict=True):
            of_model += _units_of_histories(_importance(shuffled_model, graph, explains)[0])

    probability, is_first = np.concatenate(curves, -1)  # (2, 1 + orders, shares, histories) each
    correlations = [correlations_of(importances, of_model) for of_model in importances_shuffled]
    of_twins, of_cascade = correlations[: len(twins)], correlations[len(twins) :]
    tests: dict[str, FaithfulnessTest | None] = {
        "deletion": curve_test("deletion", explains, probability[0]),
        "insertion": curve_test("insertion", explains, probability[1]),
        "fidelity": fidelity_test(1 - is_first),
        "gradient": gradient_test(importances, slopes),
        "random_weights": random_weights(np.stack(of_twins), dict(zip(cascade, of_cascade, strict=True))),
        "forced_gate": None,
        "planted": None,
    }
    if explains == "beta":
        tests["forced_gate"] = forced_gate_test(np.concatenate(betas_of_last), np.concatenate(effects_of_forcing))
        tests["planted"] = planted_test(model, dataset, examples)
    passed = [test["passed"] for test in tests.values() if test is not None]
    return FaithfulnessRecord(
        schema=FaithfulnessRecord.schema,
        dataset=dataset.name,
        model=model.label,
        explains=explains,
        histories=len(rows),
        unit=UNITS[explains],
        tests=tests,
        sentence=f"{explains.capitalize()} passes {sum(passed)} of {len(passed)} tests of an explanation.",
    )


def _importance(model: MMSR, graph: GraphBatch, explains: str) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """How important each unit is, by the explanation and by the gradient.

    Args:
        model: an MMSR.
        graph: B graphs of N node slots.
        explains: "attention" or "beta".

    Returns:
        (B, N) the importance of each unit, NaN where there is no unit; (B, N) its |gradient x input| of the log
        probability; (B,) the item that the model ranks first; (B,) beta of the last item's node in the last layer, None
        for a model without gates.
    """
    inputs: list[Tensor] = []

    def with_gradient(value: Any) -> Any:
        """Put the same numbers into a probe, as a new tensor that the gradient is taken for."""
        if isinstance(value, list):
            return [with_gradient(one) for one in value]
        inputs.append(value.detach().requires_grad_())
        return inputs[-1]

    gate_probes = [f"layers.{i}.probes.beta" for i, layer in enumerate(model.layers) if layer.gate is not None]
    probes = gate_probes if explains == "beta" else ["layers.0.probes.input"]
    with torch.enable_grad():
        scores, seen = rerun(model, graph, extra=dict.fromkeys(probes, with_gradient))
        watched = scores.argmax(1)  # (B,)
        log_probability = scores.log_softmax(1).gather(1, watched[:, None]).sum()
        gradients = torch.autograd.grad(log_probability, inputs, materialize_grads=True)
    row = torch.arange(len(watched), device=watched.device)
    beta_of_last = None
    if gate_probes:
        beta_of_last = seen[gate_probes[-1]][row, graph.last, 0].detach()  # (B,)
    is_unit = graph.exists.clone()  # (B, N)
    if explains == "beta":
        importance = torch.stack([(beta[..., 0] - 0.5).abs() for beta in inputs]).mean(0).detach()  # (B, N)
        pairs = zip(inputs, gradients, strict=True)
        slope = sum(((beta.detach() - 0.5) * gradient).sum(2).abs() for beta, gradient in pairs)  # (B, N)
    else:
        importance = rollout(model, graph, seen)[0].detach()  # (B, N)
        is_unit[row, graph.last] = False  # the node of the last item cannot be taken away
        slope = (torch.cat(inputs, 1).detach() * torch.cat(gradients, 1)).sum(2).abs()  # (B, N)
    return importance.masked_fill(~is_unit, torch.nan), slope.masked_fill(~is_unit, torch.nan), watched, beta_of_last


@torch.no_grad()
def _curves(model: MMSR, graph: GraphBatch, watched: Tensor, importances: list[Tensor], explains: str) -> np.ndarray:
    """Run the model while the most important units are taken away, and while they are brought in.

    Args:
        model: an MMSR.
        graph: B graphs of N node slots.
        watched: (B,) the item whose probability is read.
        importances: the importance (B, N) of each unit, one for each order; -inf where there is no unit.
        explains: "attention" or "beta".

    Returns:
        (2, 2, orders, shares, B): the probability of the watched item and whether it is still ranked first (first
        axis), while units are taken away and while they are brought in (second axis).
    """
    readings: list[Tensor] = []  # (2, B) each
    for importance in importances:
        is_unit = importance.isfinite()  # (B, N)
        rank = (-importance).argsort(1).argsort(1)  # (B, N), 0 is the most important one
        for share in SHARES:
            is_chosen = rank < (share * is_unit.sum(1, keepdim=True)).round()  # (B, N)
            for removed in (is_chosen & is_unit, ~is_chosen & is_unit):
                if explains == "beta":
                    beta = torch.where(removed[..., None], 0.5, torch.nan)  # (B, N, 1)
                    scores, _ = rerun(model, graph, beta=beta.expand(len(model.layers), -1, -1, 2))
                else:
                    scores, _ = rerun(model, graph, remove_edges(removed))
                probability = scores.softmax(1).gather(1, watched[:, None])[:, 0]  # (B,)
                readings.append(torch.stack([probability, scores.argmax(1) == watched]))
    shape = (len(importances), len(SHARES), 2, 2, -1)  # orders, shares, away or in, probability or first, B
    return torch.stack(readings).cpu().numpy().reshape(shape).transpose(3, 2, 0, 1, 4)


@torch.no_grad()
def _forced(model: MMSR, graph: GraphBatch, watched: Tensor) -> np.ndarray:
    """(B,) the log probability of the watched item with hohe forced at the last item, minus that with heho."""
    log_probabilities = []
    for order in ("hohe", "heho"):
        beta = torch.full((len(model.layers), *graph.exists.shape, 2), torch.nan, device=watched.device)
        beta[:, torch.arange(len(watched)), graph.last] = torch.tensor(FORCED[order], device=watched.device)
        scores, _ = rerun(model, graph, beta=beta)
        log_probabilities.append(scores.log_softmax(1).gather(1, watched[:, None])[:, 0])  # (B,)
    return (log_probabilities[0] - log_probabilities[1]).cpu().numpy()


def _units_of_histories(importance: Tensor) -> list[np.ndarray]:
    """The numbers (units,) of each history, out of (B, N) with NaN where there is no unit."""
    return [row[~np.isnan(row)] for row in importance.double().cpu().numpy()]
