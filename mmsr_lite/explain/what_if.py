"""What if: a history that was changed on purpose, beside the unchanged one, and a band of random changes.

A record has both traces, the differences of nodes and edges, and the deltas of N repeats. In a repeat, each choice of
the person (position, item, node, edge, order) is drawn at random; all repeats run in one batch. Where there are at most
N other choices, each of them is made once, and the record has the place of the change among them.

    edits of a history (`edits`) -> graphs and forced gates (`interventions`) -> both runs and the repeats (here)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.ranks import rank_of
from mmsr_lite.explain.changed_graphs import graphs_with
from mmsr_lite.explain.edited_history import EditedHistory
from mmsr_lite.explain.edits import apply, filled
from mmsr_lite.explain.inputs import HistoryLike, UserLike, label_of, refuse_other_items
from mmsr_lite.explain.interventions import editable, forces, rerun, trace_edited
from mmsr_lite.explain.random_edits import other_choices, repeat
from mmsr_lite.explain.shared_random import RandomSource, SharedRandom
from mmsr_lite.explain.trace import trace
from mmsr_lite.explain.two_runs import BAND, best_of_both, changed_edges, changed_nodes, named_edges
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import WhatIfRecord
from mmsr_lite.records.cards import Edit
from mmsr_lite.records.explanations import Measure

MOST_REPEATS = 1000  # all are rerun in one batch
Change = str | Mapping[str, Any]


@checked(repeats=(1, MOST_REPEATS), seed=SEED)
@torch.no_grad()
def what_if(
    model: MMSR,
    dataset: Dataset,
    user: UserLike | None = None,
    change: Change | Sequence[Mapping[str, Any]] = "shuffle",
    *,
    history: HistoryLike | None = None,
    target: int | None = None,
    repeats: int = 20,
    seed: int = 0,
    top: int = 10,
    shared_random: bool = False,
) -> WhatIfRecord:
    """Compare a history with the same history after a change.

    The watched item is the target or, where there is none, the item that the unchanged run ranks first. A change of a
    modality is a change of codes; in a model with `item_features`, the embeddings of items still read the old features.

    Args:
        model: an MMSR.
        dataset: the data set that it was trained on.
        user: a number or an id; the history is all of the user's items before the last one, which is the target.
        change: a name in `edits.CHANGES`, such as "shuffle", or a dict with the fields of one, such as
            `{"do": "drop", "modality": "picture", "position": 2}`, or several dicts, done in order.
        history: in place of `user`: items from 1, the oldest first.
        target: with `history`, the item that is watched.
        repeats: the number of random changes of the same kind in the band; where there are no more other choices than
            this, each of them is made once.
        seed: the seed of all random choices.
        top: the number of the best items of each run in the record.
        shared_random: whether to draw from `SharedRandom`, which pages have too, in place of NumPy's generator; default
            False.

    Returns:
        Both traces, what differs, and the band; see `mmsr_lite.records.WhatIfRecord`.

    Raises:
        MMSRError: the change cannot be done to this history or this model.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> record = what_if(MMSR(MMSRConfig(dim=8), world.num_items), world, 0, {"do": "gate", "to": "hohe"})
        >>> record["measures"]["beta"]["changed"], record["measures"]["beta"]["outside"]
        (1.0, False)
    """
    if not isinstance(model, MMSR):
        raise MMSRError(f"{label_of(model)} has no MSGraph to change; give an MMSR")
    refuse_other_items(model, dataset)
    asked: Any = change if isinstance(change, list | tuple) else [change]
    changes = [filled(one) for one in asked]
    if not changes:
        raise MMSRError("there is no change to make; give one such as 'shuffle'")
    if any(one["do"] == "gate" for one in changes) and model.layers[0].gate is None:
        raise MMSRError(f"{model.label} has no update gates to force; give an MMSR with fusion 'adaptive'")
    clean = trace(model, dataset, user, history=history, target=target, top=top)
    goal = clean.target or clean.answer["top"][0]
    watched = {name: goal[name] for name in ("item", "item_id", "title")}
    start = editable(model, dataset, [step["item"] for step in clean.history], named_edges(clean))
    draw: Callable[[int], RandomSource] = lambda number: np.random.default_rng([seed, number])  # noqa: E731
    if shared_random:
        draw = lambda number: SharedRandom(seed, number)  # noqa: E731
    phrases = apply(changing := start.fresh(), changes, draw(0))
    others = other_choices(start, changes)
    is_exact = bool(others) and len(others or ()) <= repeats
    runs = [start.fresh(), changing, *_repeats(start, changes, others, repeats, draw)]
    for run in runs:
        run.history = run.history[-model.max_history :]
    changed = trace_edited(model, dataset, runs[1], target=goal["item"], top=top)
    changed["user"] = clean.user
    if clean.target is None:
        changed["target"] = None
    graph, scores, late, measures = _measure(model, runs, goal["item"], is_exact)
    record = WhatIfRecord(
        schema=WhatIfRecord.schema,
        changes=changes,
        told=phrases,
        repeats=len(runs) - 2,
        seed=seed,
        exact=is_exact,
        watched=watched,
        clean=clean,
        changed=changed,
        measures=measures,
        nodes=changed_nodes(clean, changed, graph, late),
        **changed_edges(clean, changed),
        top=best_of_both(clean, changed, scores),
    )
    return record | {"sentence": _sentence(record)}


def _repeats(
    start: EditedHistory,
    changes: Sequence[Edit],
    others: list[Edit] | None,
    repeats: int,
    draw: Callable[[int], RandomSource],
) -> list[EditedHistory]:
    """The history after all other choices, or after `repeats` random ones, none of which is the tested one."""
    rngs = [draw(number) for number in range(1, repeats + 1)]
    if not others:
        runs = [start.fresh() for _ in rngs]
        for run, rng in zip(runs, rngs, strict=True):
            repeat(run, changes, rng)
        return runs
    if len(others) > repeats:
        places = draw(0).permutation(len(others))[:repeats]
        others = [others[place] for place in sorted(places.tolist())]
    runs = [start.fresh() for _ in others]
    for run, other, rng in zip(runs, others, rngs, strict=False):
        apply(run, [other], rng)
    return runs


def _measure(
    model: MMSR, runs: Sequence[EditedHistory], watched: int, is_exact: bool
) -> tuple[GraphBatch, Tensor, np.ndarray | None, dict[str, Measure | None]]:
    """All runs in one batch.

    Returns:
        The graphs; scores (S, V+1); the share of hohe (layers, S, N), NaN where there is no node, None without gates;
        and each measure.
    """
    graph = graphs_with(model, [run.history for run in runs], [run.codes for run in runs])
    force = forces(model, graph, runs)
    scores, seen = rerun(model, graph, None if force.keep.all() else force.keep, force.beta)
    item = torch.full((len(runs),), watched, device=scores.device)
    values = {
        "rank": rank_of(scores, item),
        "score": scores[:, watched],
        "probability": scores.softmax(1)[:, watched],
    }
    late = None
    if model.layers[0].gate is not None:
        late = torch.stack([seen[f"layers.{index}.probes.beta"][..., 0] for index in range(len(model.layers))])
        late = late.masked_fill(~graph.exists | force.gone, torch.nan)  # (layers, S, N)
        values["beta"] = late.nanmean((0, 2))
    measures: dict[str, Measure | None] = {"beta": None}
    for name, of_runs in values.items():
        measures[name] = _measured(of_runs.double().cpu().numpy(), name == "probability", is_exact)
    return graph, scores, None if late is None else late.cpu().numpy(), measures


def _measured(values: np.ndarray, is_probability: bool, is_exact: bool) -> Measure:
    """Both runs, the delta, and its band, of `values` (S,): clean, changed, then the repeats.

    Rows of a batch differ by rounding, so a delta is outside of the band only when it is so by more than that. The
    band of all other choices, `is_exact`, is their whole range, and the place among them is known.
    """
    delta, draws = values[1] - values[0], values[2:] - values[0]
    low, high = np.quantile(draws, (0, 1) if is_exact else BAND)
    rounding = 1e-5 * max(1.0, abs(values[0]))
    if is_probability:  # which may be tiny
        rounding = 1e-4 * values[:2].max()
    place = {"place": 1 + int((np.abs(draws) > abs(delta) + rounding).sum())} if is_exact else {}
    return place | {  # type: ignore[return-value]
        "clean": float(values[0]),
        "changed": float(values[1]),
        "delta": float(delta),
        "band": [float(low), float(high)],
        "outside": not low - rounding <= delta <= high + rounding,
        "alike": bool(np.ptp([delta, *draws]) <= rounding),
        "draws": draws.tolist(),
    }


def _sentence(record: WhatIfRecord) -> str:
    """What the change does to the rank, or, where no run moves that, to the probability."""
    phrases, watched = "; ".join(record.told), record.watched
    name, scale, unit = "rank", 1, ""
    rank = record.measures["rank"]
    if rank is not None and not any([rank["delta"], *rank["draws"]]):
        name, scale, unit = "probability", 100, " %"
    measure: Any = record.measures[name]
    before, after, low, high = (scale * value for value in (measure["clean"], measure["changed"], *measure["band"]))
    title = watched["title"] or watched["item_id"]
    sentence = f"{phrases[0].upper()}{phrases[1:]}: the {name} of “{title}” goes from {before:.3g}{unit} to {after:.3g}"
    sentence += unit
    if measure["alike"]:
        return f"{sentence}; every change of this kind does the same, so there is no band to hold it against."
    if record["exact"]:
        number = record.repeats + 1
        place = {1: "the largest", number: "the smallest"}.get(measure["place"], f"number {measure['place']} by size")
        others = f"the others give {low:+.3g} to {high:+.3g}{unit}"
        return f"{sentence}, {place} of all {number} changes of this kind; {others}."
    band = f"{record.repeats} random changes of the same kind ({low:+.3g} to {high:+.3g}{unit})"
    side = "outside" if measure["outside"] else "inside"
    return f"{sentence}, which is {side} the band of {band}."
