"""MSGraphs as small tables, made by one kernel: what the fused last layer reads instead of a `GraphBatch`.

Nodes are rows, type after type, B blocks of N_t in each: row = begin_t + b N_t + slot. An item's slot is the position
where it first stands, a code's slot counts first appearances. Each position has n entries: its item, then its codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import triton
from torch import Tensor

from mmsr_lite.kernels.launch import current_launch
from mmsr_lite.kernels.programs import graph as programs

SELF, OUT, IN = 1, 2, 4  # bits; `out` and `in` together are "both"


@dataclass(frozen=True)
class Tables:
    """All int32. `source` is the item, or the row of `NodeStates`' small tables; 0 where a slot holds no node."""

    length: Tensor  # (B,)
    rows: Tensor  # (B, L, n) the node of each entry, -1 for none
    begin: Tensor  # (B, n) the first row of each entry's type
    relation: Tensor  # (B, n, W) bits, from the last item's entries to the slots of their types
    source: Tensor  # (N,), N rows in all graphs
    kind: Tensor  # (N,) node type
    places: Tensor  # (N, words) a bit for each position, from the end, at which the node stands
    widths: tuple[int, ...]  # N_t


def graph_tables(history: Tensor, codes: Sequence[Tensor], sizes: Sequence[int], offset: int) -> Tables:
    """The tables of `history` (B, L), given each modality's codes (V+1, k), C, and where code rows begin."""
    graphs, length = history.shape
    counts = (1, *(table.shape[1] for table in codes))  # entries of each type
    widths = (length, *(min(size, length * k) for size, k in zip(sizes, counts[1:], strict=True)))
    n, widest, nodes = sum(counts), max(widths), graphs * sum(widths)
    sections = [-(-part // 4) * 4 for part in (nodes, nodes * -(-length // 32), graphs * n * widest)]  # aligned
    where = {"dtype": torch.int32, "device": history.device}
    source, places, relation = torch.zeros(sum(sections), **where).split(sections)
    source, places = source[:nodes], places[: nodes * -(-length // 32)].view(nodes, -1)
    relation = relation[: graphs * n * widest].view(graphs, n, widest)
    kind, count = torch.empty(nodes, **where), torch.empty(graphs, **where)
    rows, begin = torch.empty(graphs, length, n, **where), torch.empty(graphs, n, **where)
    powers = tuple(triton.next_power_of_2(k) for k in counts)
    padded = max(16, triton.next_power_of_2(length))
    entries = padded * max(powers)
    current_launch()(programs.write_tables, graphs, len(counts))(
        history.contiguous(), (history, *codes), count, rows, begin, relation, source, kind, places, length, n, widest,
        OFFSET=offset - 1, SIZES=(0, *sizes), KS=counts, KPS=powers, LP=padded,
        CHUNK=max(2, min(32, 8192 // entries)), num_warps=4 if entries <= 256 else 8,
    )  # fmt: skip
    return Tables(count, rows, begin, relation, source, kind, places, widths)
