"""MGAT: Multimodal Graph Attention Network for Recommendation (Tao et al., Inf. Process. Manag. 57(5), 2020).

MMGCN's layers, but a node weighs its neighbours, and a gate says how much of each gets through: with z = W_1m x_m,

    h_m = LeakyReLU(sum_j a_ij g_ij z_j),      a_ij = softmax_j(z_i . z_j),      g_ij = sigmoid(z_i . z_j / sqrt(|N_i|))

which is the paper's inner-product gate, the best of its three; its released code has the gate inside the softmax, and
concatenates the layers where this reads the last one. Features are mapped by a matrix alone, as for every model here.
Users, histories and loss as in MMGCN.
"""

import torch
from torch import Tensor, nn
from torch_geometric.utils import softmax

from mmsr_lite.models.modality_graphs import ModalityGraphs
from mmsr_lite.nn.probe import Probe


class GatedAttention(nn.Module):
    """States (N, D) and edges (2, E) `[source, target]` -> what each node hears (N, D).

    What the histories (B, L), the last edges, take of their items passes the probes, (B, L).
    """

    def __init__(self, dim: int):
        super().__init__()
        self.value = nn.Linear(dim, dim, bias=False)
        self.probes = nn.ModuleDict({name: Probe() for name in ("weights", "gate")})

    def forward(self, x: Tensor, edges: Tensor, history: Tensor) -> Tensor:
        """The sum of neighbours, weighed and gated."""
        z, (source, target) = self.value(x), edges
        near = (z[target] * z[source]).sum(1)  # (E,)
        degree = near.new_zeros(len(z)).index_add(0, target, torch.ones_like(near))  # (N,)
        weights = self._told("weights", softmax(near, target, num_nodes=len(z)), history)
        gate = self._told("gate", (near * degree[target].rsqrt()).sigmoid(), history)
        heard = (weights * gate)[:, None] * z[source]  # (E, D)
        return heard.new_zeros(z.shape).index_add(0, target, heard)

    def _told(self, name: str, values: Tensor, history: Tensor) -> Tensor:
        rest, own = values.split([len(values) - history.numel(), history.numel()])
        return torch.cat([rest, self.probes[name](own.view_as(history)).flatten()])


class MGAT(ModalityGraphs):
    """Gated attention over neighbours in each modality's graph.

    >>> MGAT(MGAT.Config(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
    torch.Size([1, 4])
    """

    hear = GatedAttention
