"""MGAT: Multimodal Graph Attention Network for Recommendation (Tao et al., Inf. Process. Manag. 57(5), 2020).

The layers are those of MMGCN, but a node weighs its neighbours, and a gate says how much of each gets through. With
z = W_1m x_m,

    h_m = LeakyReLU(sum_j a_ij g_ij z_j),      a_ij = softmax_j(z_i . z_j),      g_ij = sigmoid(z_i . z_j / sqrt(|N_i|))

This is the paper's inner-product gate, the best of its three. Its released code has the gate inside the softmax, and
concatenates the layers; here the last layer is read. Features are mapped by a matrix alone, as in all models here.
Users, histories and loss are as in MMGCN.
"""

import torch
from torch import Tensor, nn

from mmsr_lite.models.modality_graphs import ModalityGraphs
from mmsr_lite.nn.probe import Probe


class GatedAttention(nn.Module):
    """The gated and weighted sum of the neighbours of each node.

    The weights and gates (B, L) of the items of histories go through the probes; these edges are the last ones.

    Args:
        dim: D, the width of the states.

    Example:
        >>> layer, history = GatedAttention(4), torch.tensor([[1]])
        >>> layer(torch.zeros(3, 4), torch.tensor([[1], [2]]), history).shape  # item 1 sends to node 2, the history
        torch.Size([3, 4])
    """

    def __init__(self, dim: int):
        super().__init__()
        self.value = nn.Linear(dim, dim, bias=False)
        self.probes = nn.ModuleDict({name: Probe() for name in ("weights", "gate")})

    def forward(self, x: Tensor, edges: Tensor, history: Tensor) -> Tensor:
        """Sum the neighbours, weighted and gated.

        Args:
            x: (N, D) the states of all nodes.
            edges: (2, E) `[source, target]`; the last B x L are those of the histories.
            history: (B, L) items, padded on the right with 0.

        Returns:
            (N, D) what each node receives.
        """
        from torch_geometric.utils import softmax  # here: importing it takes longer than importing torch

        z = self.value(x)  # (N, D)
        source, target = edges  # (E,) each
        # `index_select`, because the gradient of z[source] sorts all edges
        sent = z.index_select(0, source)  # (E, D)
        near = (z.index_select(0, target) * sent).sum(1)  # (E,)
        degree = near.new_zeros(len(z)).index_add(0, target, torch.ones_like(near))  # (N,)
        weights = self._probed("weights", softmax(near, target, num_nodes=len(z)), history)
        gate = self._probed("gate", (near * degree.index_select(0, target).rsqrt()).sigmoid(), history)
        messages = (weights * gate)[:, None] * sent  # (E, D)
        return messages.new_zeros(z.shape).index_add(0, target, messages)

    def _probed(self, name: str, values: Tensor, history: Tensor) -> Tensor:
        """The values (E,) of all edges; those of the histories' edges go through a probe."""
        rest, own = values.split([len(values) - history.numel(), history.numel()])
        return torch.cat([rest, self.probes[name](own.view_as(history)).flatten()])


class MGAT(ModalityGraphs):
    """Gated attention over the neighbours in the graph of each modality.

    Example:
        >>> MGAT(MGAT.Config(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    hear = GatedAttention
