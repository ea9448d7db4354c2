"""Is it an explanation? Tests of attention and of beta, each with a number, an interval and one plain sentence.

What is tested, history by history, is an order of units. For attention a unit is a node, its importance the attention
rollout (Abnar and Zuidema, 2020) from the last item, and taking it away removes the node. For beta a unit is a node's
gate, its importance how far beta is from half, and taking it away forces the gate to half. Watched is the item that
the model puts first.

- deletion, insertion: its probability while units go, or come, in this order, against random orders;
- fidelity: PyG's `fidelity` for explanations of a model; S is the better half of the units, fid+ the share of histories
  whose first item changes without S, fid- the share in which it changes when only S is left;
- gradient: rank correlation of the importance with |gradient x input| of the log probability;
- random_weights: the same for models whose weights are shuffled (Adebayo et al., 2018), see `random_weights.py`: a high
  one means that the explanation shows the graph, not what was learned;
- forced_gate: does beta lean to the order that, forced at the last item, makes the watched item more probable?
- planted: on worlds whose cause is known, the share of steps whose beta leans to the order of the cause.
"""

from itertools import chain
from typing import Any

import numpy as np
import torch
from scipy.integrate import trapezoid
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from torch import Tensor
from tqdm.auto import tqdm

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.explain.compare import bootstrap
from mmsr_lite.explain.edits import FORCED
from mmsr_lite.explain.gates import gates, last_examples
from mmsr_lite.explain.interventions import remove_edges, rerun
from mmsr_lite.explain.random_weights import random_twins, random_weights
from mmsr_lite.explain.rollout import rollout
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import FaithfulnessRecord

SHARES = np.linspace(0, 1, 11)
HALF = 5  # of SHARES
CHUNK = 25  # histories at once
ORDERS = {"cycle": "hohe", "match": "heho"}  # a planted cause and the order of fusion that sees it
UNITS = {
    "attention": "a node, by attention rollout from the last item; taking it away removes it from the graph",
    "beta": "a node's gate, by how far beta is from half; taking it away forces it to half",
}


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
    """Whether "attention" or "beta" explains what `model` does, over `histories` of `examples` (None: all users' last).

    Raises `MMSRError` for beta of a model without gates.

    >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
    >>> from mmsr_lite.models.mmsr import MMSRConfig
    >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
    >>> record = faithfulness(MMSR(MMSRConfig(dim=8), world.num_items), world, explains="beta", orders=1)
    >>> list(record["tests"])
    ['deletion', 'insertion', 'fidelity', 'gradient', 'random_weights', 'forced_gate', 'planted']
    """
    choose("explanation", explains, UNITS)
    if not isinstance(model, MMSR) or (explains == "beta" and model.layers[0].gate is None):
        raise MMSRError(f"{model.label} has no {'gates' if explains == 'beta' else 'MSGraph'}; give an adaptive MMSR")
    examples = last_examples(dataset, model.max_history) if examples is None else examples
    if not len(examples):
        raise MMSRError("there are no examples to explain; give users with two items or more")
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(examples))[:histories]
    rows = rows[np.argsort(examples.lengths[rows], kind="stable")]
    twins, cascade = random_twins(model, seed)
    random = [*twins, *cascade.values()]
    found = []
    for some in tqdm(np.array_split(rows, -(-len(rows) // CHUNK)), explains, disable=not progress):
        graph = model.graphs(torch.from_numpy(examples.histories(some)).to(model.item_table().device))
        importance, gradient, watched, late = _importance(model, graph, explains)
        drawn = [torch.from_numpy(rng.random(importance.shape)).to(importance) for _ in range(orders)]
        asked = [one.masked_fill(importance.isnan(), -torch.inf) for one in (importance, *drawn)]
        lean = np.stack([late.cpu(), _forced(model, graph, watched)]) if explains == "beta" else np.empty((2, 0))
        each = (importance, gradient, *(_importance(twin, graph, explains)[0] for twin in random))
        found.append((_curves(model, graph, watched, asked, explains), lean, *map(_plain, each)))
    curves, leans, own, slope, *others = zip(*found, strict=True)
    chance, same = np.concatenate(curves, -1)  # (2, orders, shares, histories)
    own, slope, *others = (list(chain(*parts)) for parts in (own, slope, *others))
    alike = [_correlations(own, other) for other in others]  # of each model with shuffled weights
    tests: dict[str, Any] = {
        name: _curve(name, explains, chance[i]) for i, name in enumerate(("deletion", "insertion"))
    }
    tests |= {"fidelity": _fidelity(1 - same), "gradient": _agreement(own, slope)}
    by_part = dict(zip(cascade, alike[len(twins) :], strict=True))
    tests["random_weights"] = random_weights(np.stack(alike[: len(twins)]), by_part)
    tests |= {"forced_gate": None, "planted": None}
    if explains == "beta":
        tests["forced_gate"] = _forced_gate(*np.concatenate(leans, 1))
        tests["planted"] = _planted(model, dataset, examples)
    passed = [test["passed"] for test in tests.values() if test]
    record = {"schema": FaithfulnessRecord.schema, "dataset": dataset.name, "model": model.label, "explains": explains}
    record |= {"histories": len(rows), "unit": UNITS[explains], "tests": tests}
    told = f"{explains.capitalize()} passes {sum(passed)} of {len(passed)} tests of an explanation."
    return FaithfulnessRecord(record, sentence=told)


def _importance(model: MMSR, graph: GraphBatch, explains: str) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """(B, N) importance of each unit and its |gradient x input|, NaN where there is no unit; (B,) the item put first;
    (B,) beta of the last item's node in the last layer."""
    leaves: list[Tensor] = []

    def leaf(value: Any) -> Any:
        if isinstance(value, list):
            return [leaf(one) for one in value]
        leaves.append(value.detach().requires_grad_())
        return leaves[-1]

    betas = [f"layers.{i}.probes.beta" for i, layer in enumerate(model.layers) if layer.gate is not None]
    with torch.enable_grad():
        places = betas if explains == "beta" else ["layers.0.probes.input"]
        scores, seen = rerun(model, graph, extra=dict.fromkeys(places, leaf))
        watched = scores.argmax(1)
        log = scores.log_softmax(1).gather(1, watched[:, None]).sum()
        grads = torch.autograd.grad(log, leaves, materialize_grads=True)
    place = torch.arange(len(watched), device=watched.device)
    units, late = graph.exists.clone(), seen[betas[-1]][place, graph.last, 0].detach() if betas else None
    if explains == "beta":
        importance = torch.stack([(beta[..., 0] - 0.5).abs() for beta in leaves]).mean(0).detach()
        slope = sum(((beta.detach() - 0.5) * grad).sum(2).abs() for beta, grad in zip(leaves, grads, strict=True))
    else:
        importance, units[place, graph.last] = rollout(model, graph, seen)[0].detach(), False
        slope = (torch.cat(leaves, 1).detach() * torch.cat(grads, 1)).sum(2).abs()
    return importance.masked_fill(~units, torch.nan), slope.masked_fill(~units, torch.nan), watched, late


@torch.no_grad()
def _curves(model: MMSR, graph: GraphBatch, watched: Tensor, importances: list[Tensor], explains: str) -> np.ndarray:
    """(2, 2, orders, shares, B): the watched item's probability, and whether it is still put first; while the best
    units go, and while they come; -inf in `importances` (B, N) is no unit."""
    found = []
    for importance in importances:
        units = importance.isfinite()
        rank = (-importance).argsort(1).argsort(1)  # (B, N), 0 is the best
        for share in SHARES:
            best = rank < (share * units.sum(1, keepdim=True)).round()
            for gone in (best & units, ~best & units):
                if explains == "beta":
                    half = torch.where(gone[..., None], 0.5, torch.nan).expand(len(model.layers), -1, -1, 2)
                    scores, _ = rerun(model, graph, beta=half)
                else:
                    scores, _ = rerun(model, graph, remove_edges(gone))
                chance = scores.softmax(1).gather(1, watched[:, None])[:, 0]
                found.append(torch.stack([chance, scores.argmax(1) == watched]))
    every = torch.stack(found).cpu().numpy().reshape(len(importances), len(SHARES), 2, 2, -1)
    return every.transpose(3, 2, 0, 1, 4)


def _curve(name: str, explains: str, values: np.ndarray) -> dict[str, Any]:
    """`values` (orders, shares, B), the explanation's own order first."""
    area = trapezoid(values, SHARES, axis=1)  # (orders, B)
    mean, interval = bootstrap(area[0] - area[1:].mean(0))
    passed = interval[1] < 0 if name == "deletion" else interval[0] > 0
    random = values[1:].mean(2)  # (orders - 1, shares)
    verbs = ("Taking units away", "falls") if name == "deletion" else ("Bringing units in", "rises")
    told = f"{verbs[0]} by {explains}, the first item's probability {verbs[1]} {'' if passed else 'no '}faster than in"
    told += f" random orders: the area under it differs by {mean:+.3f} ({_told(interval)})."
    found = {"share": SHARES.tolist(), "ours": values[0].mean(1).tolist(), "random": random.mean(0).tolist()}
    found |= {"band": [random.min(0).tolist(), random.max(0).tolist()], "passed": passed, "sentence": told}
    areas = {"ours": float(area[0].mean()), "random": float(area[1:].mean())}
    return found | {"area": areas | {"difference": mean, "interval": interval}}


def _fidelity(changed: np.ndarray) -> dict[str, Any]:
    """Fidelity of the better half of the units against random halves, with intervals over histories.

    `changed` (2, orders, shares, B): whether another item is put first while units go, and while they come; the
    explanation's own order first.
    """
    half = changed[:, :, HALF].astype(float)  # (2, orders, B)
    plus, minus = half[:, 0].mean(1).tolist()
    random_plus, random_minus = half[:, 1:].mean((1, 2)).tolist()
    more = half[:, 0] - half[:, 1:].mean(1)  # (2, B) than random halves
    (more_plus, more_minus), (around_plus, around_minus) = bootstrap(more)
    told = (
        f"The first item changes without the better half of the units in {100 * plus:.0f} % of the histories (fid+; a "
        f"random half {100 * random_plus:.0f} %; difference {_told(around_plus, 100)}), with that half alone in "
        f"{100 * minus:.0f} % (fid-; random {100 * random_minus:.0f} %; difference {_told(around_minus, 100)})."
    )
    found = {"plus": plus, "minus": minus, "random_plus": random_plus, "random_minus": random_minus}
    found |= {"difference_plus": more_plus, "difference_minus": more_minus}
    found |= {"interval_plus": around_plus, "interval_minus": around_minus}
    return found | {"share": 0.5, "passed": around_plus[0] > 0 and around_minus[1] < 0, "sentence": told}


def _agreement(own: list[np.ndarray], other: list[np.ndarray]) -> dict[str, Any]:
    mean, interval = bootstrap(_correlations(own, other))
    told = f"It {'agrees' if interval[0] > 0 else 'does not agree'} with gradient x input: mean rank correlation"
    told += f" {mean:+.2f} ({_told(interval)})."
    return {"spearman": mean, "interval": interval, "passed": interval[0] > 0, "sentence": told}


def rank_correlation(one: np.ndarray, two: np.ndarray) -> float:
    """Spearman's; none, 0, where one side is constant; 1 where both are.

    >>> rank_correlation(np.arange(3), np.array([1, 2, 9])), rank_correlation(np.arange(3), np.ones(3))
    (1.0, 0.0)
    """
    flat = [np.ptp(values) <= 1e-6 * np.abs(values).max() for values in (one, two)]
    return float(all(flat)) if any(flat) else float(spearmanr(one, two).statistic)


def _correlations(own: list[np.ndarray], other: list[np.ndarray]) -> np.ndarray:
    """The rank correlation in each history of three units or more."""
    found = [rank_correlation(*pair) for pair in zip(own, other, strict=True) if len(pair[0]) > 2]
    if not found:
        raise MMSRError("no history has three units to put in order; give longer histories")
    return np.array(found)


@torch.no_grad()
def _forced(model: MMSR, graph: GraphBatch, watched: Tensor) -> np.ndarray:
    """(B,) how much more log probability the watched item has with hohe at the last item than with heho."""
    log = []
    for to in ("hohe", "heho"):
        beta = torch.full((len(model.layers), *graph.exists.shape, 2), torch.nan, device=watched.device)
        beta[:, torch.arange(len(watched)), graph.last] = torch.tensor(FORCED[to], device=watched.device)
        log.append(rerun(model, graph, beta=beta)[0].log_softmax(1).gather(1, watched[:, None])[:, 0])
    return (log[0] - log[1]).cpu().numpy()


def _forced_gate(late: np.ndarray, effect: np.ndarray) -> dict[str, Any]:
    (rho,) = _correlations([late], [effect]).tolist()
    wide = 1.96 * np.sqrt((1 + rho**2 / 2) / max(1, len(late) - 3))  # Bonett and Wright, 2000
    interval = np.tanh(np.arctanh(np.clip(rho, -0.999999, 0.999999)) + np.array([-wide, wide])).tolist()
    told = f"At the last item beta {'leans' if interval[0] > 0 else 'does not lean'} to the order that, forced, makes"
    told += f" the first item more probable: rank correlation over histories {rho:+.2f} ({_told(interval)})."
    return {"spearman": rho, "interval": interval, "passed": interval[0] > 0, "sentence": told}


def _planted(model: MMSR, dataset: Dataset, examples: Examples) -> dict[str, Any] | None:
    """How often beta of the last item's node in the last layer leans to the order of the cause, where that is known."""
    named = np.array(dataset.facts.get("causes", ()))[dataset.facts.get("cause", np.array([], int))]  # (I,)
    steps = examples.select(np.isin(named[examples.end], [*ORDERS])) if len(named) else ()
    if not len(steps):
        return None
    steps = steps.select(np.argsort(steps.lengths, kind="stable"))  # as `gates` goes through them
    table = gates(model, dataset, steps)
    last = (table["layer"] == len(model.layers) - 1) & (table["type"] == model.node_types[0]) & (table["position"] == 1)
    late = table["late"][last].to_numpy()
    cause = named[steps.end]
    said, truth = late > 0.5, np.array([ORDERS[name] == "hohe" for name in cause])
    hit = (said == truth).astype(float)
    share, interval = bootstrap(hit)
    chance = float(said.mean() * truth.mean() + (1 - said.mean()) * (1 - truth.mean()))
    auc = float(roc_auc_score(truth, late)) if truth.any() and not truth.all() else None
    told = (
        f"Beta names the planted cause in {100 * share:.1f} % of {len(truth):,} steps ({_told(interval, 100)}), chance"
    )
    told += f" in {100 * chance:.1f} %"
    told += "." if auc is None else f"; the area under its ROC curve is {auc:.2f}, chance 0.50."
    by = {name: float(hit[cause == name].mean()) for name in ORDERS if name in cause}
    found = {"share": share, "chance": chance, "interval": interval, "auc": auc, "steps": len(truth), "by": by}
    return found | {"passed": interval[0] > chance, "sentence": told}


def _plain(importance: Tensor) -> list[np.ndarray]:
    return [row[~np.isnan(row)] for row in importance.double().cpu().numpy()]


def _told(interval: list[float], scale: int = 1) -> str:
    return f"95 % interval {scale * interval[0]:.3g} to {scale * interval[1]:.3g}"
