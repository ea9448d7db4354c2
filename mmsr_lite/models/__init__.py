"""One recommender a file; `MODELS` is their index."""

from mmsr_lite.models.counting import Markov, Popularity
from mmsr_lite.models.mmsr import MMSR

MODELS = {
    "markov": Markov,
    "mmsr": MMSR,
    "popularity": Popularity,
}
