"""Gates: beta of all nodes of many histories, as a table to group, select and export (paper, equations 16 and 17)."""

import os

import numpy as np
import pandas as pd
import torch
from tqdm.auto import tqdm

from mmsr_lite import __version__
from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.export import save_table
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.contributions import order_shares
from mmsr_lite.explain.inputs import count_of, label_of, refuse_other_items
from mmsr_lite.explain.interventions import rerun
from mmsr_lite.models.mmsr import MMSR

FLOW = ["flow_early", "flow_late"]  # columns of a table of gates, where it was asked for the flow
FLOW_BATCH = 64  # histories whose flow is computed at once; it takes memory


@checked(max_history=(1, 10**9))
def last_examples(dataset: Dataset, max_history: int = 50) -> Examples:
    """One example for each user with two items or more: the last item is the target, after all items before it.

    Args:
        dataset: the data set.
        max_history: how many items of a history are read.

    Returns:
        One example for each such user, in the order of the users.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> examples = last_examples(world)
        >>> len(examples), int(examples.targets[0]) == int(world.history(0)[-1])
        (4, True)
    """
    end = dataset.offsets[1:] - 1
    user = np.flatnonzero(end > dataset.offsets[:-1])
    return Examples(dataset.item, dataset.offsets[user], end[user], user, max_history)


def kinds_of(dataset: Dataset, examples: Examples) -> np.ndarray:
    """The planted kind of the user of each example.

    Args:
        dataset: the data set.
        examples: some of its examples.

    Returns:
        (E,) names of kinds; "" where the data set has none.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> kinds_of(world, last_examples(world)).tolist()
        ['', '', '', '']
    """
    if "user_kind" not in dataset.facts:
        return np.full(len(examples), "", object)
    return np.asarray(dataset.facts["user_kinds"], object)[np.asarray(dataset.facts["user_kind"], int)[examples.user]]


@checked(batch=(1, 10**9))
@torch.no_grad()
def gates(
    model: MMSR,
    dataset: Dataset,
    examples: Examples | None = None,
    *,
    batch: int = 512,
    flow: bool = False,
    progress: bool = False,
    run: str | None = None,
    seed: int | None = None,
) -> pd.DataFrame:
    """The update gates of all nodes of many histories, as a table (equations 16 and 17).

    A score reads only the state of the last item (section 4.4). So in the last layer, only the gate of the last item
    affects a score; the other gates of this layer were never trained.

    Args:
        model: an MMSR with fusion "adaptive".
        dataset: the data set that it was trained on.
        examples: the histories; None (the default): the last history of each user.
        batch: how many histories are run at once; with `flow` 64 at most.
        flow: whether to add the shares of early and of late fusion in the score of the item that the model ranks first,
            which beta does not show. It takes longer. Default False.
        progress: whether to show a bar.
        run: the id of the run, kept in `.attrs`.
        seed: the seed of the run, kept in `.attrs`.

    Returns:
        One row for each node of each history and layer, with the columns `user`; `layer` from 0; `type` and `id` of the
        node; `late`, the share of hohe; `position` of the node's last place, 1 is the end of the history; `places`, how
        many it has; `popularity`, the interactions that touch the node; `length` of the history; `kind` of the user,
        where the data set plants kinds; with `flow` also `flow_early` and `flow_late`, shares of the history's flow.

    Raises:
        MMSRError: the model has no gates.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> bool(gates(MMSR(MMSRConfig(dim=8), world.num_items), world)["late"].between(0, 1).all())
        True
    """
    if not isinstance(model, MMSR) or any(layer.gate is None for layer in model.layers):
        raise MMSRError(f"{label_of(model)} has no update gates; give an MMSR with fusion 'adaptive'")
    refuse_other_items(model, dataset)
    batch = min(count_of(batch, "batch"), FLOW_BATCH) if flow else count_of(batch, "batch")
    examples = last_examples(dataset, model.max_history) if examples is None else examples
    device, order = model.item_table().device, np.argsort(examples.lengths, kind="stable")
    touched = [np.bincount(dataset.item, minlength=dataset.num_items + 1)]  # interactions by item, then by code
    for vectors, codes in zip(model.nodes.tables[1:], model.codes, strict=True):
        of_item = touched[0].repeat(codes.shape[1])
        touched.append(np.bincount(codes.cpu().numpy().ravel(), of_item, len(vectors.weight)).astype(np.int64))
    batches = []
    for begin in tqdm(range(0, len(order), batch), "gates", disable=not progress):
        rows = order[begin : begin + batch]
        graph = model.graphs(torch.from_numpy(examples.histories(rows)).to(device))
        scores, seen = rerun(model, graph)
        row, slot = graph.exists.nonzero(as_tuple=True)
        occupied = torch.cat(graph.incidence, 2)  # (B, L, N)
        length, place = (graph.history > 0).sum(1), torch.arange(1, occupied.shape[1] + 1, device=device)
        position = length[:, None] + 1 - (occupied * place[:, None]).amax(1).long()  # (B, N)
        of_node = (torch.cat(graph.ids, 1), position, occupied.sum(1).long())  # (B, N) each
        late = [seen[f"layers.{index}.probes.beta"][row, slot, 0] for index in range(len(model.layers))]
        shares = order_shares(model, graph, seen, scores.argmax(1)) if flow else scores.new_zeros(len(rows), 2)
        columns = [row + begin, graph.types[slot], *(values[row, slot] for values in of_node), length[row]]
        columns += [shares[row, 0], shares[row, 1], *late]
        batches.append([column.cpu() for column in columns])
    columns = [torch.cat(parts).numpy() for parts in zip(*batches, strict=True)]
    row, kind, id, position, places, length, early_share, late_share, *late = columns
    types = pd.Categorical.from_codes(kind, list(model.node_types))
    popularity = np.concatenate(touched)[np.cumsum([0, *map(len, touched)])[kind] + id]
    about = {"position": position, "places": places, "popularity": popularity, "length": length}
    if "user_kind" in dataset.facts:
        about["kind"] = kinds_of(dataset, examples)[order][row]
    if flow:
        about |= dict(zip(FLOW, (early_share, late_share), strict=True))
    table = pd.concat(
        [
            pd.DataFrame({"user": examples.user[order][row], "layer": i, "type": types, "late": own, "id": id} | about)
            for i, own in enumerate(late)
        ],
        ignore_index=True,
    )
    table.attrs = {"dataset": dataset.name, "model": model.label, "run": run, "seed": seed, "version": __version__}
    return table


@checked()
def save_gates(table: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write the table as .csv or .parquet, with run, seed and version as columns; the file is whole or not there.

    Args:
        table: what `gates` or `gates_beside` gave.
        path: the file, which ends in .csv or .parquet.

    Raises:
        MMSRError: the ending is another one, or the file cannot be written.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> table = gates(MMSR(MMSRConfig(dim=8), world.num_items), world)
        >>> save_gates(table, "gates.txt")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ...
    """
    save_table(table.assign(**{name: table.attrs.get(name) for name in ("run", "seed", "version")}), path)
