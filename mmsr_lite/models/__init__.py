"""The recommenders, one file each; `MODELS` is their index."""

from mmsr_lite.models.base import Recommender
from mmsr_lite.models.bm3 import BM3
from mmsr_lite.models.counting import Markov, Popularity
from mmsr_lite.models.dif_sr import DIFSR
from mmsr_lite.models.gru4rec import GRU4Rec, GRU4RecF
from mmsr_lite.models.item_knn import ItemKNN
from mmsr_lite.models.mgat import MGAT
from mmsr_lite.models.mmgcn import MMGCN
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.models.nova import NOVA
from mmsr_lite.models.sasrec import SASRec, SASRecF
from mmsr_lite.models.sr_gnn import SRGNN
from mmsr_lite.models.trans2d import Trans2D

MODELS: dict[str, type[Recommender]] = {
    "bm3": BM3,
    "dif-sr": DIFSR,
    "gru4rec": GRU4Rec,
    "gru4rec-f": GRU4RecF,
    "item-knn": ItemKNN,
    "markov": Markov,
    "mgat": MGAT,
    "mmgcn": MMGCN,
    "mmsr": MMSR,
    "nova": NOVA,
    "popularity": Popularity,
    "sasrec": SASRec,
    "sasrec-f": SASRecF,
    "sr-gnn": SRGNN,
    "trans2d": Trans2D,
}
