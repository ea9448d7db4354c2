"""Gates: beta of every node of many histories, as a table to group, brush and export (paper, equations 16 and 17)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm.auto import tqdm

from mmsr_lite import __version__
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.data.storage import atomic
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.explain.rerun import rerun
from mmsr_lite.models.mmsr import MMSR

SCHEMA = "mmsr-lite/gates/1"
BINS = np.linspace(0, 1, 21)
FORMATS = {
    ".csv": lambda table, place: table.to_csv(place, index=False),
    ".parquet": lambda table, place: table.to_parquet(place, index=False),
}


def last_examples(dataset: Dataset, max_history: int = 50) -> Examples:
    """Of each user with two items or more: all before the last one, and the last one as target."""
    end = dataset.offsets[1:] - 1
    user = np.flatnonzero(end > dataset.offsets[:-1])
    return Examples(dataset.item, dataset.offsets[user], end[user], user, max_history)


@torch.no_grad()
def gates(
    model: MMSR,
    dataset: Dataset,
    examples: Examples | None = None,
    *,
    batch: int = 512,
    progress: bool = False,
    run: str | None = None,
    seed: int | None = None,
) -> pd.DataFrame:
    """One row for each gate of each history: user, layer, type, id, late (the weight of hohe), position (of the node's
    last place, 1 is the end), places (how many it holds), popularity (interactions that touch it), length.

    `examples` are the last histories of all users when None. `run` and `seed` are kept in `.attrs`. Raises `MMSRError`
    for a model without gates.

    >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
    >>> from mmsr_lite.models.mmsr import MMSRConfig
    >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
    >>> gates(MMSR(MMSRConfig(dim=8), world.num_items), world)["late"].between(0, 1).all()
    np.True_
    """
    if not isinstance(model, MMSR) or any(layer.gate is None for layer in model.layers):
        raise MMSRError(f"{model.label} has no update gates; give an MMSR with fusion 'adaptive'")
    examples = last_examples(dataset, model.max_history) if examples is None else examples
    device, order = model.item_table().device, np.argsort(examples.lengths, kind="stable")
    counts = torch.from_numpy(np.bincount(dataset.item, minlength=dataset.num_items + 1))
    touched = [counts]
    for codes in model.codes:
        codes = codes.cpu()
        once = codes.clone()
        for column in range(1, codes.shape[1]):  # an item touches a code once
            once[:, column] *= (codes[:, column, None] != codes[:, :column]).all(1)
        touched.append(torch.bincount(once.flatten(), counts.repeat_interleave(codes.shape[1])).long())
    found: list[list[torch.Tensor]] = []
    for begin in tqdm(range(0, len(order), batch), "gates", disable=not progress, leave=False):
        rows = order[begin : begin + batch]
        graph = model.graphs(torch.from_numpy(examples.histories(rows)).to(device))
        _, seen = rerun(model, graph)
        late = torch.stack([seen[f"layers.{i}.probes.beta"][..., 0] for i in range(len(model.layers))])
        row, slot = graph.exists.nonzero(as_tuple=True)
        at = torch.cat(graph.incidence, 2)  # (B, L, N)
        length, place = (graph.history > 0).sum(1), torch.arange(1, at.shape[1] + 1, device=device)
        position = length[:, None] - (at * place[:, None]).amax(1).long() + 1  # (B, N)
        kind = torch.repeat_interleave(torch.tensor(graph.widths, device=device))[slot]
        columns = [row + begin, kind, torch.cat(graph.ids, 1)[row, slot], position[row, slot], at.sum(1)[row, slot]]
        found.append([c.cpu() for c in (*columns, length[row], *late[:, row, slot])])
    columns = [torch.cat(parts).numpy() for parts in zip(*found, strict=True)]
    row, kind, id, position, places, length, *late = columns
    popularity = np.empty_like(id)
    for index, many in enumerate(touched):
        popularity[kind == index] = many.numpy()[id[kind == index]]
    layers, count = len(late), len(id)
    every = {
        "id": id,
        "position": position,
        "places": places.astype(np.int64),
        "popularity": popularity,
        "length": length,
    }
    table = pd.DataFrame({"user": np.tile(examples.user[order][row], layers)})
    table["layer"] = np.repeat(np.arange(layers, dtype=np.int8), count)
    table["type"] = pd.Categorical.from_codes(np.tile(kind, layers), list(model.node_types))
    table["late"] = np.concatenate(late)
    table = table.assign(**{name: np.tile(values, layers) for name, values in every.items()})
    table.attrs = {"dataset": dataset.name, "model": model.label, "run": run, "seed": seed, "version": __version__}
    return table


def save_gates(table: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write the table as .csv or .parquet, with run, seed and version as columns, in one move."""
    write = FORMATS[choose("format", Path(path).suffix, FORMATS)]
    with atomic(path) as place:
        write(table.assign(**{name: table.attrs.get(name) for name in ("run", "seed", "version")}), place)


def gates_summary(table: pd.DataFrame, bins: int = 8) -> dict[str, Any]:
    """The record of a table: histograms of late by layer and type; mean, median, 5 and 95 % by position, popularity,
    length and code, in `bins` groups of about as many rows."""
    types = list(table["type"].cat.categories)
    keys = ["layer", "type"]
    histogram = [
        {"layer": int(layer), "type": kind, "counts": np.histogram(some, BINS)[0].tolist()}
        for (layer, kind), some in table.groupby(keys, observed=True)["late"]
    ]
    by = {"type": _grouped(table, keys, None)}
    for name in ("position", "popularity", "length"):
        cuts = np.unique(np.quantile(table[name], np.linspace(0, 1, bins + 1), method="nearest"))
        by[name] = _grouped(table, keys, np.searchsorted(cuts[1:-1], table[name], side="left"), table[name])
    codes = table[table["type"] != types[0]]
    by["code"] = _grouped(codes, keys, codes["id"].to_numpy(), codes["id"])
    means = table.groupby("type", observed=True)["late"].mean()
    share = (table["late"] > 0.5).mean()
    each = ", ".join(f"{mean:.2f} for {name}" for name, mean in means.items())
    record = {"schema": SCHEMA, **table.attrs, "users": int(table["user"].nunique()), "rows": len(table)}
    record |= {"node_types": types, "layers": int(table["layer"].max()) + 1, "edges": BINS.round(2).tolist()}
    told = f"{100 * share:.0f} % of {len(table):,} gates lean to late fusion; its mean weight is {each}."
    return record | {"histogram": histogram, "by": by, "sentence": told}


def _grouped(table: pd.DataFrame, keys: list[str], group: Any, values: pd.Series | None = None) -> list[dict[str, Any]]:
    """A row for each layer, type and group, with the least and greatest of `values` in it."""
    whole = table.assign(group=0 if group is None else group, value=0 if values is None else values)
    if not len(whole):
        return []
    some = whole.groupby([*keys, "group"], observed=True)
    found = some["late"].agg(["count", "mean", "median"])
    found["low"], found["high"] = some["late"].quantile(0.05), some["late"].quantile(0.95)
    found["from"], found["to"] = some["value"].min(), some["value"].max()
    if values is None:
        found = found.drop(columns=["from", "to"])
    return found.reset_index().drop(columns="group").astype({"type": str}).to_dict("records")
