"""A HAN-GNN layer: its probes, and what it starts as."""

import pytest
import torch

from mmsr_lite.graph.batch import build_graphs
from mmsr_lite.models.mmsr import MMSRConfig
from mmsr_lite.nn.han import FUSIONS, HANLayer
from mmsr_lite.nn.probe import Probe, listen


@pytest.mark.parametrize("fusion", FUSIONS)
def test_every_probe_of_a_layer_sees_something(fusion, books):
    layer = HANLayer(3, MMSRConfig(dim=8, fusion=fusion))
    graph = build_graphs(torch.tensor([[3, 1, 3]]), [torch.from_numpy(book.codes) for book in books(2)])
    with listen(layer) as seen:
        layer([torch.rand(1, width, 8) for width in graph.widths], graph)
    probes = {name for name, part in layer.named_modules() if isinstance(part, Probe)}
    idle = {"probes.beta"} if layer.gate is None else set()
    assert set(seen) == probes - idle
    phases = [family for families in layer.fusion.paths.values() for family in families]
    assert sum(name.endswith("_weights") for name in probes) == len(phases)
