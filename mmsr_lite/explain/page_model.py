"""Page model: the weights, codes and settings of one model, as the JavaScript engine of a page reads them.

Weights are 16-bit floats; `rounded` makes the model that has in Python the same numbers as in the page. The engine is
in views/static/engine, and the other content of a page in explain/page_data.py.
"""

import base64
import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.flow_fields import has_flow
from mmsr_lite.explain.inputs import label_of, refuse_other_items
from mmsr_lite.explain.trace import model_card
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.departures import FeatureNodeEmbedding, SeparateGate
from mmsr_lite.nn.gate import UpdateGate
from mmsr_lite.nn.han import HANLayer
from mmsr_lite.records.live_page import (
    PageCodes,
    PageGate,
    PageLayer,
    PageLinear,
    PageMatrix,
    PageModel,
    PageSettings,
    PageWeights,
)


@torch.no_grad()
def rounded(model: MMSR) -> MMSR:
    """A copy of a model with weights rounded to 16-bit floats.

    Args:
        model: an MMSR.

    Returns:
        The copy; its arithmetic is that of the model.

    Raises:
        MMSRError: a weight is too large for a 16-bit float, or not a number.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=2)
        >>> (rounded(model).item_table() - model.item_table()).abs().max().item() < 1e-3
        True
    """
    other = copy.deepcopy(model)
    for name, parameter in other.named_parameters():
        if parameter.is_floating_point():
            parameter.copy_(parameter.half())
            if not parameter.isfinite().all():
                raise MMSRError(f"weight {name!r} of {model.label} holds what no 16-bit float can; train it anew")
    return other.eval()


def refuse_elsewhere(model: Any, dataset: Dataset) -> None:
    """Raise when a model cannot run in a page, or belongs to another data set.

    Args:
        model: any recommender.
        dataset: the data set of the page.

    Raises:
        MMSRError: it is no MMSR of HAN-GNN layers, reads steps, or was made for other items.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> refuse_elsewhere(MMSR(MMSRConfig(dim=8), num_items=2), world)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: MMSR, adaptive was made for 2 items, and 'wardrobe-match' has 9 others; give it
        the data set that it was trained on
    """
    if not has_flow(model):
        raise MMSRError(f"{label_of(model)} cannot run in a page; give an MMSR with aggregator 'han-gnn'")
    if model.reads_steps:
        raise MMSRError(f"{model.label} takes items of one time as one step, which a page cannot; use ties='random'")
    refuse_other_items(model, dataset)


def model_fields(model: MMSR, rows: np.ndarray) -> PageModel:
    """Settings, codes and weights of one model.

    Args:
        model: an MMSR of HAN-GNN layers.
        rows: (K+1,) the items that the page holds, 0 first.

    Returns:
        The model as JSON can hold it; matrices are 16-bit floats in base64.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> model_fields(model, np.arange(10))["weights"]["items"]["shape"]
        [10, 8]
    """
    config, nodes = model.config, model.nodes
    fusion = model.layers[0].fusion
    settings: PageSettings = {
        "dim": config.dim,
        "scale": config.scale,
        "slope": config.slope,
        "residual": config.residual,
        "max_history": config.max_history,
        "cosine": config.cosine,
        "global_attention": config.global_attention,
        "hohe_reads_input": config.hohe_reads_input,
        "paths": {path: list(own) for path, own in fusion.paths.items()},
        "merge": fusion.merge,
        "invasive": fusion.invasive,
        "papers_products": type(model.layers[0]) is HANLayer,  # else `explain.products` refuses, too
    }
    places = torch.from_numpy(rows)
    features = None
    if isinstance(nodes, FeatureNodeEmbedding):
        features = _matrix((nodes.items() - nodes.tables[0].weight)[places])
    weights: PageWeights = {
        "items": _matrix(nodes.tables[0].weight[places]),
        "features": features,
        "codes": [_matrix(table.weight) for table in nodes.tables[1:]],
        "types": None if nodes.types is None else _matrix(nodes.types.weight),
        "positions": None if nodes.positions is None else _matrix(nodes.positions.weight),
        "merge": _matrix(nodes.merge.weight),
        "layers": [_layer(layer) for layer in model.layers],
    }
    codes = [_codes(table[places]) for table in model.codes]
    card = model_card(model)
    return {
        "card": card,
        "settings": settings,
        "node_types": list(model.node_types),
        "codes": codes,
        "weights": weights,
    }


def _layer(layer: HANLayer) -> PageLayer:
    """The maps of one layer, one matrix for each node type."""
    return {
        "query": [_matrix(linear.weight) for linear in layer.query.maps],
        "key": [_matrix(linear.weight) for linear in layer.key.maps],
        "value": [_matrix(linear.weight) for linear in layer.value.maps],
        "relation": _matrix(layer.relation),
        "gate": None if layer.gate is None else _gate(layer.gate),
        "join": None if layer.join is None else _linear(layer.join),
    }


def _gate(gate: UpdateGate) -> PageGate:
    """Both maps of the gate's MLP."""
    first, second = gate.mlp[0], gate.mlp[2]
    return {"first": _linear(first), "second": _linear(second), "separate": isinstance(gate, SeparateGate)}


def _linear(linear: nn.Linear) -> PageLinear:
    """A linear map with its bias."""
    return {"weight": _matrix(linear.weight), "bias": _matrix(linear.bias)}


def _matrix(weight: Tensor) -> PageMatrix:
    """A matrix as 16-bit floats in base64; a vector is a matrix of one row."""
    with np.errstate(over="ignore"):  # what is too large becomes infinite, which the next line refuses
        values = np.atleast_2d(weight.detach().cpu().numpy()).astype("<f2")
    if not np.isfinite(values).all():
        raise MMSRError("a weight of the model holds what no 16-bit float can; train it anew")
    return {"shape": list(values.shape), "data": base64.b64encode(values.tobytes()).decode()}


def _codes(table: Tensor) -> PageCodes:
    """(rows, k) codes as 16-bit whole numbers in base64."""
    codes = table.cpu().numpy()
    if codes.max(initial=0) >= 2**16:
        raise MMSRError(f"the model has {codes.max()} codes of one modality; a page holds up to {2**16 - 1}")
    return {"k": codes.shape[1], "data": base64.b64encode(codes.astype("<u2").tobytes()).decode()}
