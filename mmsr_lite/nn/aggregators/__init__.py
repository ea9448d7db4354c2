"""The layers of Table 3, each another way for a node to read its neighbours; `AGGREGATORS` is their index."""

from mmsr_lite.nn.aggregators.attention import GAT, HGAT, RGAT
from mmsr_lite.nn.aggregators.convolution import GCN, HGNN, GraphSAGE
from mmsr_lite.nn.aggregators.graphormer import Graphormer
from mmsr_lite.nn.han import HANLayer

AGGREGATORS = {
    "gcn": GCN,
    "graphsage": GraphSAGE,
    "gat": GAT,
    "graphormer": Graphormer,
    "rgat": RGAT,
    "hgnn": HGNN,
    "hgat": HGAT,
    "han-gnn": HANLayer,
}
