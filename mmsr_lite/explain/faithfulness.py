"""Is it an explanation? Tests of attention and of beta, each with a number, an interval and one plain sentence.

The tests look at units, in each history by itself. For attention a unit is a node: its importance is the attention
rollout (Abnar and Zuidema, 2020) from the last item, and taking it away removes the node from the graph. For beta a
unit is the gate of a node: its importance is the distance of beta from one half, and taking it away forces beta to one
half. Every test watches one item, the one that the model ranks first.

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

SHARES = np.linspace(0, 1, 11)  # shares of the units that are taken away, or brought in
HALF = 5  # the place of one half in SHARES
CHUNK = 25  # how many histories are computed at once
LEAST_UNITS = 3  # a history with fewer units says nothing about their order
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
    """Test whether attention or beta explains what a model does.

    Args:
        model: An MMSR; beta needs one with gates (`fusion="adaptive"`).
        dataset: The data set that the model was trained on.
        examples: The histories to choose from; None: the last history of each user.
        explains: What is tested, "attention" or "beta".
        histories: How many histories are tested at most; they are drawn at random.
        orders: How many random orders the order of the explanation is compared with.
        seed: The seed of histories, random orders and shuffled weights.
        progress: Whether to show a bar.

    Returns:
        A record. Its field `tests` has `passed`, `sentence` and the numbers of each test, None for a test that does not
        apply; its field `sentence` says how many tests were passed.

    Raises:
        MMSRError: The model has no such explanation, there are no examples, or all histories are too short.

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
    if examples is None:
        examples = last_examples(dataset, model.max_history)
    if not len(examples):
        raise MMSRError("there are no examples to explain; give users with two items or more")
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(examples))[:histories]
    rows = rows[np.argsort(examples.lengths[rows], kind="stable")]  # histories of like length together: little padding
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
    correlations = [_correlations(importances, of_model) for of_model in importances_shuffled]
    of_twins, of_cascade = correlations[: len(twins)], correlations[len(twins) :]
    tests: dict[str, dict[str, Any] | None] = {
        "deletion": _curve("deletion", explains, probability[0]),
        "insertion": _curve("insertion", explains, probability[1]),
        "fidelity": _fidelity(1 - is_first),
        "gradient": _agreement(importances, slopes),
        "random_weights": random_weights(np.stack(of_twins), dict(zip(cascade, of_cascade, strict=True))),
        "forced_gate": None,
        "planted": None,
    }
    if explains == "beta":
        tests["forced_gate"] = _forced_gate(np.concatenate(betas_of_last), np.concatenate(effects_of_forcing))
        tests["planted"] = _planted(model, dataset, examples)
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
        model: An MMSR.
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
        model: An MMSR.
        graph: B graphs of N node slots.
        watched: (B,) the item whose probability is read.
        importances: The importance (B, N) of each unit, one for each order; -inf where there is no unit.
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


def _curve(name: str, explains: str, values: np.ndarray) -> dict[str, Any]:
    """Compare the curve of the explanation with those of random orders, by the area under it.

    Args:
        name: "deletion" or "insertion".
        explains: "attention" or "beta".
        values: (orders, shares, B) the probability of the watched item; the order of the explanation comes first.

    Returns:
        The numbers of the test.
    """
    areas = trapezoid(values, SHARES, axis=1)  # (orders, B)
    difference, interval = bootstrap(areas[0] - areas[1:].mean(0))
    if name == "deletion":
        passed = interval[1] < 0
        action, change = "Taking units away", "falls"
    else:
        passed = interval[0] > 0
        action, change = "Bringing units in", "rises"
    faster = "faster" if passed else "no faster"
    random = values[1:].mean(2)  # (orders - 1, shares)
    return {
        "share": SHARES.tolist(),
        "ours": values[0].mean(1).tolist(),
        "random": random.mean(0).tolist(),
        "band": [random.min(0).tolist(), random.max(0).tolist()],
        "passed": passed,
        "sentence": (
            f"{action} by {explains}, the first item's probability {change} {faster} than in random orders: "
            f"the area under it differs by {difference:+.3f} ({_interval_text(interval)})."
        ),
        "area": {
            "ours": float(areas[0].mean()),
            "random": float(areas[1:].mean()),
            "difference": difference,
            "interval": interval,
        },
    }


def _fidelity(changed: np.ndarray) -> dict[str, Any]:
    """Fidelity of the more important half of the units compared with random halves.

    Args:
        changed: (2, orders, shares, B) whether another item is ranked first, while units are taken away and while they
            are brought in; the order of the explanation comes first.

    Returns:
        The numbers of the test, with intervals over histories.
    """
    half = changed[:, :, HALF].astype(float)  # (2, orders, B)
    plus, minus = half[:, 0].mean(1).tolist()
    random_plus, random_minus = half[:, 1:].mean((1, 2)).tolist()
    differences, intervals = bootstrap(half[:, 0] - half[:, 1:].mean(1))  # of (2, B)
    interval_plus, interval_minus = intervals
    return {
        "plus": plus,
        "minus": minus,
        "random_plus": random_plus,
        "random_minus": random_minus,
        "difference_plus": differences[0],
        "difference_minus": differences[1],
        "interval_plus": interval_plus,
        "interval_minus": interval_minus,
        "share": 0.5,
        "passed": interval_plus[0] > 0 and interval_minus[1] < 0,
        "sentence": (
            f"The first item changes without the better half of the units in {100 * plus:.0f} % of the histories "
            f"(fid+; a random half {100 * random_plus:.0f} %; difference {_interval_text(interval_plus, 100)}), with "
            f"that half alone in {100 * minus:.0f} % (fid-; random {100 * random_minus:.0f} %; difference "
            f"{_interval_text(interval_minus, 100)})."
        ),
    }


def _agreement(importances: list[np.ndarray], slopes: list[np.ndarray]) -> dict[str, Any]:
    """Compare the importance with |gradient x input|, an array (units,) for each history in both."""
    mean, interval = bootstrap(_correlations(importances, slopes))
    passed = interval[0] > 0
    verb = "agrees" if passed else "does not agree"
    return {
        "spearman": mean,
        "interval": interval,
        "passed": passed,
        "sentence": f"It {verb} with gradient x input: mean rank correlation {mean:+.2f} ({_interval_text(interval)}).",
    }


def rank_correlation(one: np.ndarray, two: np.ndarray) -> float:
    """Spearman's rank correlation, also where all values of a side are equal.

    Args:
        one: (U,) values.
        two: (U,) values of the same units.

    Returns:
        The correlation, from -1 to 1; 0 where all values of one side are equal, 1 where those of both sides are.

    Example:
        >>> rank_correlation(np.arange(3), np.array([1, 2, 9])), rank_correlation(np.arange(3), np.ones(3))
        (1.0, 0.0)
    """
    constant = [np.ptp(values) <= 1e-6 * np.abs(values).max() for values in (one, two)]
    if all(constant):
        return 1.0
    if any(constant):
        return 0.0
    return float(spearmanr(one, two).statistic)


def _correlations(importances: list[np.ndarray], others: list[np.ndarray]) -> np.ndarray:
    """The rank correlation in each history that has `LEAST_UNITS` units or more, (H,)."""
    pairs = zip(importances, others, strict=True)
    correlations = [rank_correlation(one, other) for one, other in pairs if len(one) >= LEAST_UNITS]
    if not correlations:
        raise MMSRError("no history has three units to put in order; give longer histories")
    return np.array(correlations)


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


def _forced_gate(late: np.ndarray, effect: np.ndarray) -> dict[str, Any]:
    """Compare beta of the last item with the effect of forcing it.

    Args:
        late: (H,) beta of the last item's node in the last layer.
        effect: (H,) how much more log probability the watched item has with hohe than with heho.

    Returns:
        The numbers of the test; the interval is that of Bonett and Wright (2000).
    """
    correlation = float(_correlations([late], [effect])[0])
    error = np.sqrt((1 + correlation**2 / 2) / max(1, len(late) - 3))
    centre = np.arctanh(np.clip(correlation, -0.999999, 0.999999))
    interval = np.tanh(centre + 1.96 * error * np.array([-1, 1])).tolist()
    passed = interval[0] > 0
    verb = "leans" if passed else "does not lean"
    return {
        "spearman": correlation,
        "interval": interval,
        "passed": passed,
        "sentence": (
            f"At the last item beta {verb} to the order that, forced, makes the first item more probable: "
            f"rank correlation over histories {correlation:+.2f} ({_interval_text(interval)})."
        ),
    }


def _planted(model: MMSR, dataset: Dataset, examples: Examples) -> dict[str, Any] | None:
    """How often beta of the last item's node in the last layer prefers the order of fusion that sees the cause.

    Args:
        model: An MMSR with gates.
        dataset: The data set; a generated world knows the cause of each interaction.
        examples: The examples whose targets have such a cause are tested.

    Returns:
        The numbers of the test; None where no target has a known cause.
    """
    if not {"causes", "cause"} <= dataset.facts.keys():
        return None
    cause_of = np.array(dataset.facts["causes"])[dataset.facts["cause"]]  # (I,) name of each interaction's cause
    steps = examples.select(np.isin(cause_of[examples.end], list(ORDERS)))
    if not len(steps):
        return None
    steps = steps.select(np.argsort(steps.lengths, kind="stable"))  # in the order of the rows of `gates`
    table = gates(model, dataset, steps)
    is_last_layer = table["layer"] == len(model.layers) - 1
    is_last_item = (table["type"] == model.node_types[0]) & (table["position"] == 1)
    late = table["late"][is_last_layer & is_last_item].to_numpy()  # (S,)
    cause = cause_of[steps.end]  # (S,)
    prefers_hohe = late > 0.5
    needs_hohe = np.array([ORDERS[name] == "hohe" for name in cause])
    is_right = (prefers_hohe == needs_hohe).astype(float)
    share, interval = bootstrap(is_right)
    chance = float(prefers_hohe.mean() * needs_hohe.mean() + (1 - prefers_hohe.mean()) * (1 - needs_hohe.mean()))
    sentence = (
        f"Beta names the planted cause in {100 * share:.1f} % of {len(cause):,} steps "
        f"({_interval_text(interval, 100)}), chance in {100 * chance:.1f} %"
    )
    auc = None
    if needs_hohe.any() and not needs_hohe.all():  # a ROC curve needs steps of both kinds
        auc = float(roc_auc_score(needs_hohe, late))
        sentence += f"; the area under its ROC curve is {auc:.2f}, chance 0.50"
    return {
        "share": share,
        "chance": chance,
        "interval": interval,
        "auc": auc,
        "steps": len(cause),
        "by": {name: float(is_right[cause == name].mean()) for name in ORDERS if name in cause},
        "passed": interval[0] > chance,
        "sentence": f"{sentence}.",
    }


def _units_of_histories(importance: Tensor) -> list[np.ndarray]:
    """The numbers (units,) of each history, out of (B, N) with NaN where there is no unit."""
    return [row[~np.isnan(row)] for row in importance.double().cpu().numpy()]


def _interval_text(interval: list[float], scale: int = 1) -> str:
    """The interval as sentences name it; a scale of 100 gives percent."""
    return f"95 % interval {scale * interval[0]:.3g} to {scale * interval[1]:.3g}"
