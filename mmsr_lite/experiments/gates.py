"""What the update gates do (paper, section 4.3.2): beta by layer, node type, position and popularity; forced gates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.data.split import Examples
from mmsr_lite.experiments.study import Job, Reading, Setting, Study
from mmsr_lite.models.base import Recommender
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.probe import listen

FORCED = {"hohe": (1.0, 0.0), "heho": (0.0, 1.0), "half": (0.5, 0.5)}  # beta of late and of early fusion


def jobs(setting: Setting) -> list[Job]:
    """MMSR, read with its own gates and with each that is forced."""
    forced = (Reading({"variant": f"forced: {name}"}, gate=name) for name in FORCED)
    labels = {"model": "mmsr", "variant": "own gates"}
    return [Job(labels, setting.config(), readings=(Reading(), *forced), betas=True)]


STUDY = Study("-", "What do the gates do, and do they matter?", jobs, lambda labels: labels | {"variant": "own gates"})


def forced(model: Recommender, gate: str) -> dict[str, Callable[[Tensor], Tensor]]:
    """What `listen` has to put into the gates of `model` for `gate`, one of FORCED.

    >>> model = torch.nn.ModuleDict({"probes": torch.nn.ModuleDict({"beta": torch.nn.Identity()})})
    >>> forced(model, "half")["probes.beta"](torch.tensor([[0.9, 0.1]])).tolist()
    [[0.5, 0.5]]
    """

    def put(beta: Tensor) -> Tensor:
        return beta.new_tensor(FORCED[gate]).expand_as(beta)

    return {name: put for name, _ in model.named_modules() if name.endswith("probes.beta")}


@torch.no_grad()
def betas(model: MMSR, examples: Examples, counts: np.ndarray, *, most: int = 4096) -> list[dict[str, Any]]:
    """Mean weight of late fusion (beta[0]) over the nodes of `most` histories: a row for each layer, node type and bin.

    `by` is "all", "position" (of the node's latest item, from the end: 1 is the last) or, for item nodes, "popularity":
    fifths of the interactions, items in the order of `counts` (V+1,), 1 the least popular.
    """
    fifth = np.zeros(len(counts), np.int64)
    order = np.argsort(counts, kind="stable")
    fifth[order] = np.minimum(5 * (counts[order].cumsum() - 1) // max(1, counts.sum()), 4) + 1
    device, found = model.item_table().device, []
    fifths = torch.from_numpy(fifth).to(device)
    model.eval()
    some = np.linspace(0, len(examples) - 1, min(most, len(examples))).astype(int)
    for rows in np.array_split(some, -(-len(some) // 256)):
        with listen(model) as seen:
            graph, _ = model.states(torch.from_numpy(examples.histories(rows)).to(device))
        length = (graph.history > 0).sum(1)[:, None]  # (B, 1)
        place = torch.arange(1, graph.history.shape[1] + 1, device=device)
        position = length + 1 - ((graph.occupancy > 0) * place).amax(2)  # (B, N)
        types = torch.repeat_interleave(torch.arange(len(graph.widths)), torch.tensor(graph.widths)).to(device)
        popular = torch.where(types == 0, fifths[torch.cat(graph.ids, 1).clamp_max(len(counts) - 1)], 0)
        for layer in range(len(model.layers)):
            late = seen[f"layers.{layer}.probes.beta"][..., 0]
            bins = torch.stack([types.expand_as(late), position, popular], -1)[graph.exists]  # (nodes, 3)
            found.append((layer + 1, bins.cpu().numpy(), late[graph.exists].double().cpu().numpy()))
    rows = []
    for layer in range(1, len(model.layers) + 1):
        bins, late = (np.concatenate([f[i] for f in found if f[0] == layer]) for i in (1, 2))
        for kind, name in enumerate(model.node_types):
            for by, values in (("all", 0 * bins[:, 0]), ("position", bins[:, 1]), ("popularity", bins[:, 2])):
                for value in np.unique(values[bins[:, 0] == kind]) if by != "popularity" or kind == 0 else ():
                    some = late[(bins[:, 0] == kind) & (values == value)]
                    told = {"layer": layer, "node_type": name, "by": by, "bin": int(value)}
                    rows.append(told | {"beta": some.mean(), "sd": some.std(), "nodes": len(some)})
    return rows
