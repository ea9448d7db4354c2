"""The codes of a modality as a record: how many items have each, and a few of the items nearest it (section 4.1)."""

import numpy as np

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.explain.cards import item_card
from mmsr_lite.explain.inputs import count_of, label_of, refuse_other_items
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import CodebookRecord


@checked()
def codebook(model: MMSR, dataset: Dataset, modality: str | None = None, most: int = 6) -> CodebookRecord:
    """The codes of one modality, each with items whose nearest code it is.

    Args:
        model: an MMSR with codes.
        dataset: the data set it was trained on.
        modality: the modality; None (the default): the first one.
        most: how many items are listed for each code, popular ones first.

    Returns:
        The record that `show.codebook` draws.

    Raises:
        MMSRError: the model has no codes of the modality.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.graph.codes import fit_codebooks
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4))
        >>> books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
        >>> codebook(MMSR(MMSRConfig(dim=8), world.num_items, books), world, "picture")
        CodebookRecord(picture of wardrobe-match: 3 codes)
    """
    names = list(getattr(model, "node_types", ("item",)))[1:]
    if not names:
        raise MMSRError(f"{label_of(model)} has no codes; give an MMSR that was made with codebooks")
    refuse_other_items(model, dataset)
    name = names[0] if modality is None else choose("modality", modality, names)
    most = count_of(most, "most", least=0)
    number = names.index(name)
    codes = model.codes[number].cpu().numpy()  # (V+1, k), nearest first
    num_codes = len(model.nodes.tables[number + 1].weight)  # C+1
    counts = np.bincount(codes[codes > 0], minlength=num_codes)  # (C+1,)
    popular = np.argsort(-np.bincount(dataset.item, minlength=len(codes)), kind="stable")  # (V+1,) items
    rows = []
    for code in range(1, num_codes):
        items = popular[codes[popular, 0] == code][:most].tolist()
        cards = [item_card(dataset, item) for item in items]
        rows.append({"id": code, "count": int(counts[code]), "items": cards})
    return CodebookRecord(schema=CodebookRecord.schema, dataset=dataset.name, modality=name, codes=rows)
