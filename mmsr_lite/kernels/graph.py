"""MSGraphs as small tables, made by one kernel: the fused last layer reads them instead of a `GraphBatch`.

Nodes are rows: type after type, and within a type B blocks of N_t rows, so row = begin_t + b N_t + slot. The slot of an
item is the position where it first occurs; the slot of a code counts first occurrences. Each position has n entries:
its item, then its codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import triton
from torch import Tensor

from mmsr_lite.kernels.launch import current_launch
from mmsr_lite.kernels.programs import graph as programs

SELF, OUT, IN = 1, 2, 4  # bits of a relation; OUT and IN together are "both"


@dataclass(frozen=True)
class Tables:
    """The MSGraphs of a batch as tables of int32; N is the number of rows of all graphs, W the widest N_t.

    `source` is the item of a node or, for a code, its row in the small tables of `NodeStates`; 0 where there is no
    node.

    Example:
        >>> one = torch.zeros(1, dtype=torch.int32)
        >>> Tables(one, *[one] * 6, widths=(50, 30)).widths
        (50, 30)
    """

    length: Tensor  # (B,) the number of items
    rows: Tensor  # (B, L, n) the row of the node of each entry; -1 for none
    begin: Tensor  # (B, n) the first row of the type of each entry
    relation: Tensor  # (B, n, W) the relations of the last item's entries to the slots of their types, as bits
    source: Tensor  # (N,) see above
    kind: Tensor  # (N,) the node type
    places: Tensor  # (N, words) a bit for each position, counted from the end, where the node occurs
    widths: tuple[int, ...]  # N_t of each node type


def graph_tables(history: Tensor, codes: Sequence[Tensor], sizes: Sequence[int], offset: int) -> Tables:
    """Make the tables of the MSGraphs of histories.

    Args:
        history: (B, L) items, padded on the right with 0.
        codes: (V+1, k) for each modality, 0 where an item has no code.
        sizes: C of each modality.
        offset: the row of the small tables at which the rows of codes begin.

    Returns:
        The tables, on the device of the histories.

    Example:
        >>> from mmsr_lite.kernels.launch import launched_by
        >>> def note(kernel, *grid): return lambda *arguments, **options: print(kernel.__name__, grid)
        >>> codes = [torch.tensor([[0], [1], [2], [2]])]  # one modality, one code for each of three items
        >>> with launched_by(note):  # one program for each history and node type: items, and codes of the modality
        ...     tables = graph_tables(torch.tensor([[3, 1, 3, 2]]), codes, sizes=[2], offset=10)
        write_tables (1, 2)
        >>> tables.widths  # at most four items and two codes
        (4, 2)
    """
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
