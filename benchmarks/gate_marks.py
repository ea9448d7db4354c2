"""Does a gate know the kind of its user? Marks for beta and the flow in the world `both`, beside what they must beat.

Users of one kind need early fusion, users of the other one late fusion, so the last item's gate should lean to late for
users of the kind "clocks". `marks` measures this on a random sample of test users: the area under the ROC curve of each
*reading*, 0.5 being chance and 1 perfect, once at the purchases and once at all targets.

    beta 1, beta 2     beta of hohe (late) at the last item, layer by layer
    flow               late / (early + late) of the flow to the item that the model ranks first
    forced             by how much forcing hohe rather than heho raises the log probability of this item

and, of what a reading must be ahead of,

    identity           counting: how often each item was the last one of users of each kind in training
    codes              the same for each look and theme
    random gate 1, 2   gates with random weights on the same states, whichever way they lean; the mean of `DRAWS`
    probe 1, 2         a logistic regression on the states that the gate reads, from training users: what could be told
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples, Split, split
from mmsr_lite.evaluation.decisive import decisive
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.ranks import rank_of
from mmsr_lite.explain.contributions import order_shares
from mmsr_lite.explain.edits import FORCED
from mmsr_lite.explain.interventions import rerun
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.gate import UpdateGate

TEST_USERS, TRAIN_USERS = 500, 1000  # of the samples
ALL_TARGETS = 1500  # at most so many, where every target counts
DRAWS = 5  # gates with random weights
BATCH = 256
LATE_KIND = "clocks"  # of the users who need late fusion


def marks(model: MMSR, data: Dataset) -> dict[str, float]:
    """The marks of a trained model with gates in a world that has users of the kind `LATE_KIND` and others.

    Args:
        model: an MMSR with gates.
        data: the world.

    Returns:
        "ROC <reading>" at the purchases and "ROC <reading>, all" at all targets; "right <reading>", the share in
        percent that is right where a reading above one half says late (the mean of both kinds, so 50 is chance); and
        "forced <order> <where>, HR@5 of <kind>" with the gate forced at every node or at the last item alone.
    """
    model.eval()
    rng = np.random.default_rng(0)
    parts = split(data)
    test = _of_users(parts.test, TEST_USERS, rng)
    train = _of_users(parts.train, TRAIN_USERS, rng)
    found: dict[str, float] = {}
    for suffix, of in (("", _decisive), (", all", _any)):
        examples, learned = of(data, test, rng), of(data, train, rng)
        is_late = _is_late(data, examples)
        seen, seen_in_training = _read(model, examples), _read(model, learned)
        readings = {name: value for name, value in seen.items() if not name.startswith("states")}
        readings |= _counted(data, Split(of(data, parts.train, None), learned, examples))
        for number in range(1, len(model.layers) + 1):
            states = seen[f"states {number}"]
            readings[f"probe {number}"] = _probe(seen_in_training[f"states {number}"], _is_late(data, learned), states)
            found[f"ROC random gate {number}{suffix}"] = _random_gates(states, is_late)
        for name, value in readings.items():
            found[f"ROC {name}{suffix}"] = float(roc_auc_score(is_late, value))
            if name.startswith(("beta", "flow")):
                found[f"right {name}{suffix}"] = 100 * float(balanced_accuracy_score(is_late, value > 0.5))
        if not suffix:
            found |= _forced_hits(model, data, examples)
    return found


def _of_users(examples: Examples, count: int, rng: np.random.Generator) -> Examples:
    """The examples of `count` users at random."""
    users = rng.permutation(np.unique(examples.user))[:count]
    return examples.select(np.isin(examples.user, users))


def _decisive(data: Dataset, examples: Examples, rng: np.random.Generator | None) -> Examples:
    """The examples whose target is decided by earlier items."""
    return decisive(data, examples)


def _any(data: Dataset, examples: Examples, rng: np.random.Generator | None) -> Examples:
    """All examples; with a generator `ALL_TARGETS` of them at most."""
    if rng is None or len(examples) <= ALL_TARGETS:
        return examples
    return examples.select(rng.permutation(len(examples))[:ALL_TARGETS])


def _is_late(data: Dataset, examples: Examples) -> np.ndarray:
    """(E,) whether the user needs late fusion."""
    return data.facts["user_kind"][examples.user] == data.facts["user_kinds"].index(LATE_KIND)


def _batches(model: MMSR, examples: Examples) -> Iterator[tuple[np.ndarray, Any]]:
    """The rows and the graphs of a batch of examples of like length, batch by batch."""
    order = np.argsort(examples.lengths, kind="stable")
    for begin in range(0, len(order), BATCH):
        rows = order[begin : begin + BATCH]
        histories = torch.from_numpy(examples.histories(rows)).to(model.item_table().device)
        yield rows, model.graphs(histories)


@torch.no_grad()
def _read(model: MMSR, examples: Examples) -> dict[str, np.ndarray]:
    """Each reading (E,), and the states (E, 2 D) that the gate of each layer reads at the last item."""
    found: dict[str, np.ndarray] = {}

    def keep(name: str, rows: np.ndarray, values: Tensor) -> None:
        own = values.cpu().numpy()
        found.setdefault(name, np.zeros((len(examples), *own.shape[1:]), own.dtype))[rows] = own

    for rows, graph in _batches(model, examples):
        scores, seen = rerun(model, graph)
        each = torch.arange(len(rows), device=scores.device)
        for index in range(len(model.layers)):
            name = f"layers.{index}.probes."
            keep(f"beta {index + 1}", rows, seen[f"{name}beta"][each, graph.last, 0])
            ends = [seen[f"{name}{path}"][0][each, graph.last] for path in ("hohe", "heho")]
            keep(f"states {index + 1}", rows, torch.cat(ends, 1))
        first = scores.argmax(1)
        early, late = order_shares(model, graph, seen, first).unbind(1)
        keep("flow", rows, late / (early + late).clamp_min(1e-12))
        log_probabilities = []
        for order in ("hohe", "heho"):
            forced = rerun(model, graph, beta=_forced(model, graph, order, "everywhere"))[0]
            log_probabilities.append(forced.log_softmax(1)[each, first])
        keep("forced", rows, log_probabilities[0] - log_probabilities[1])
    return found


def _forced(model: MMSR, graph: Any, order: str, where: str) -> Tensor:
    """(layers, B, N, 2) gates forced to one order at every node or at the last item."""
    beta = torch.full((len(model.layers), *graph.exists.shape, 2), torch.nan, device=graph.last.device)
    to = torch.tensor(FORCED[order], device=beta.device)
    if where == "everywhere":
        beta[:] = to
    else:
        beta[:, torch.arange(len(graph.last), device=beta.device), graph.last] = to
    return beta


@torch.no_grad()
def _forced_hits(model: MMSR, data: Dataset, examples: Examples) -> dict[str, float]:
    """HR@5 of each kind with the gates as they are, and forced."""
    ways: dict[str, tuple[str, str] | None] = {"free": None}
    for order, where in product(("heho", "hohe"), ("everywhere", "last")):
        ways[f"forced {order} {where}"] = (order, where)
    names, kinds = data.facts["user_kinds"], data.facts["user_kind"][examples.user]
    found = {}
    for way, how in ways.items():
        rank = np.zeros(len(examples))
        for rows, graph in _batches(model, examples):
            scores = rerun(model, graph, beta=None if how is None else _forced(model, graph, *how))[0]
            targets = torch.from_numpy(examples.targets[rows]).to(scores.device)
            rank[rows] = rank_of(scores, targets).cpu().numpy()
        for number, kind in enumerate(names):
            found[f"{way}, HR@5 of {kind}"] = metrics(rank[kinds == number])["HR@5"]
    return found


def _counted(data: Dataset, parts: Split) -> dict[str, np.ndarray]:
    """Of each example of `parts.test` the share of late users among training users with the same last item or cell."""
    last_in_training, last = (part.items[part.end - 1] for part in (parts.train, parts.test))
    is_late = _is_late(data, parts.train)
    cell = data.facts["group"]
    found = {}
    for name, key in (("identity", np.arange(len(cell))), ("codes", cell)):
        seen = np.bincount(key[last_in_training], minlength=len(cell))
        of_late = np.bincount(key[last_in_training], is_late, minlength=len(cell))
        share = (of_late + is_late.mean()) / (seen + 1)  # an item that was never seen has the mean
        found[name] = share[key[last]]
    return found


def _probe(states: np.ndarray, is_late: np.ndarray, of_test: np.ndarray) -> np.ndarray:
    """What a logistic regression from the states of training users says of those of test users."""
    made = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(states, is_late)
    return made.decision_function(of_test)


@torch.no_grad()
def _random_gates(states: np.ndarray, is_late: np.ndarray) -> float:
    """The mean ROC area of gates with random weights that read the same states, each turned to its better side."""
    areas = []
    for seed in range(DRAWS):
        torch.manual_seed(seed)
        beta = UpdateGate(states.shape[1] // 2)(*torch.from_numpy(states).chunk(2, 1))  # (E, 2)
        area = roc_auc_score(is_late, beta[:, 0].numpy())
        areas.append(max(area, 1 - area))
    return float(np.mean(areas))
