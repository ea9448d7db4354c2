"""Names for the codes of a model, which the explorer shows."""

from mmsr_lite.data.code_names import name_codes
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import TraceRecord
from mmsr_lite.records.cards import GraphNode

Labels = dict[tuple[str, int], str]


def code_labels(model: MMSR, dataset: Dataset) -> Labels:
    """Name the codes of a model by their characteristic words, or by titles of their most popular items.

    Args:
        model: an MMSR, which holds the codes of all items.
        dataset: the data set that it was trained on.

    Returns:
        (modality, code) -> the name; long ones are cut.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> code_labels(MMSR(MMSRConfig(dim=8), world.num_items), world)  # no modality, no codes
        {}
    """
    tables = zip(model.node_types[1:], (codes.cpu().numpy() for codes in model.codes), strict=True)
    return {
        (modality, code["code"]): code["name"]
        for modality, codes in tables
        for code in name_codes(dataset, modality, codes)
    }


def labelled(record: TraceRecord, labels: Labels) -> list[GraphNode]:
    """The nodes of a trace, with names for the codes.

    Args:
        record: a trace.
        labels: what `code_labels` gave.

    Returns:
        The nodes.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> len(labelled(sample("trace"), {})) == len(sample("trace")["nodes"])
        True
    """
    nodes: list[GraphNode] = []
    for node in record["nodes"]:
        name = labels.get((record["node_types"][node["type"]], node["id"])) if node["type"] else None
        nodes.append(node if name is None else node | {"name": name})
    return nodes
