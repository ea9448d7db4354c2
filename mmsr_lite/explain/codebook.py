"""The codes of a modality as a record: how many items have each, and some for which it is the nearest."""

import numpy as np

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import choose
from mmsr_lite.explain.cards import item_card
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import CodebookRecord


def codebook(model: MMSR, dataset: Dataset, modality: str | None = None, most: int = 6) -> CodebookRecord:
    """The codes of `modality` (None: the first), each with `most` items whose nearest code it is, popular ones first.

    Raises `MMSRError` for a modality that the model has no codes of.
    """
    names = list(model.node_types[1:])
    name = choose("modality", names[0] if modality is None and names else modality, names)
    codes, slot = model.codes[names.index(name)].cpu().numpy(), names.index(name) + 1  # (V+1, k), nearest first
    count = np.bincount(codes[codes > 0], minlength=len(model.nodes.tables[slot].weight))
    order = np.argsort(-np.bincount(dataset.item, minlength=len(codes)), kind="stable")
    nearest = [order[codes[order, 0] == code][:most].tolist() for code in range(len(count))]
    rows = [
        {"id": code, "count": int(count[code]), "items": [item_card(dataset, item) for item in nearest[code]]}
        for code in range(1, len(count))
    ]
    return CodebookRecord(schema=CodebookRecord.schema, dataset=dataset.name, modality=name, codes=rows)
