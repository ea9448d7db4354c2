"""Modality codes: features become a few shared code nodes (paper, section 4.1, "Node transformation and compositions").

features (V+1, F) -> linear autoencoder -> (V+1, D) -> k-means, C centres -> the k nearest centres by cosine
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.errors import MMSRError, choose

MINI_BATCH_FROM = 100_000  # items; above it k-means reads mini-batches


@dataclass(frozen=True)
class Codebook:
    """Codes of one modality: `codes` (V+1, k) in 1..C, nearest first, 0 where there is none; `centres` (C+1, D).

    `reduced` (V+1, D) holds what the codes were learned from, for models that read features instead of codes.

    >>> features = np.array([[0, 0], [1, 0], [.9, .1], [0, 1], [.1, .9]], np.float32)
    >>> toy = Modality("toy", features, np.array([False, True, True, True, True]))
    >>> codes = fit_codebook(toy, num_codes=2, codes_per_item=1).codes[:, 0]
    >>> codes[0] == 0 and codes[1] == codes[2] != codes[3] == codes[4]
    np.True_
    """

    name: str
    codes: np.ndarray
    centres: np.ndarray
    reduced: np.ndarray

    @property
    def num_codes(self) -> int:
        """C."""
        return len(self.centres) - 1


def fit_codebook(
    modality: Modality,
    *,
    num_codes: int = 30,
    codes_per_item: int = 3,
    dim: int = 128,
    reduction: str = "pca",
    distance: str = "cosine",
    seed: int = 0,
) -> Codebook:
    """Learn C centres of one modality and give each item that has it the k nearest; others have no code.

    The paper measures by cosine; the released code by Euclidean distance, over the reduction "sigmoid-autoencoder".
    With `num_codes` 0 there is no clustering: see `own_nodes`.

    Raises `MMSRError` when k > C or when the modality has fewer distinct features than C.
    """
    if num_codes == 0:
        return own_nodes(modality, dim=dim, reduction=reduction, seed=seed)
    choose("distance", distance, DISTANCES)
    present = np.flatnonzero(modality.present)
    distinct = len(np.unique(modality.features[present], axis=0)) if len(present) else 0
    if not 1 <= codes_per_item <= num_codes:
        raise MMSRError(f"codes_per_item is {codes_per_item}; expected 1 to num_codes, which is {num_codes}")
    if distinct < num_codes:
        told = f"has {distinct} different features, fewer than {num_codes} codes"
        raise MMSRError(f"modality {modality.name!r} {told}; lower num_codes to at most {distinct} or leave it out")
    points = REDUCTIONS[choose("reduction", reduction, REDUCTIONS)](modality.features[present], dim, seed)
    found = _kmeans(points, num_codes, seed)
    order = np.argsort(DISTANCES[distance](points, found), axis=1, kind="stable")[:, :codes_per_item]
    codes = np.zeros((len(modality.present), codes_per_item), np.int64)
    codes[present] = order + 1
    centres, reduced = (np.zeros((rows, dim), np.float32) for rows in (num_codes + 1, len(codes)))
    centres[1:, : found.shape[1]] = found
    reduced[present, : found.shape[1]] = points
    return Codebook(modality.name, codes, centres, reduced)


def own_nodes(modality: Modality, *, dim: int = 128, reduction: str = "pca", seed: int = 0) -> Codebook:
    """A codebook without clustering: each item that has the modality has a node of its own, shared with no other item.

    The paper compares this with modality codes (section 5.5, "not using modality codes"): features are nodes of the
    graph as they are.

    Args:
        modality: features (V+1, F) and which items have them.
        dim: D, the width that features are reduced to.
        reduction: how they are reduced, one of `REDUCTIONS`.
        seed: of the reduction.

    Returns:
        A codebook of one code an item: its own, which starts at the item's reduced features.

    Raises:
        MMSRError: when no item has the modality.

    Example:
        >>> features = np.array([[0, 0], [1, 0], [1, 0], [0, 0]], np.float32)
        >>> own_nodes(Modality("toy", features, np.array([False, True, True, False])), dim=2).codes[:, 0].tolist()
        [0, 1, 2, 0]
    """
    present = np.flatnonzero(modality.present)
    if not len(present):
        raise MMSRError(f"no item has the modality {modality.name!r}; leave it out")
    points = REDUCTIONS[choose("reduction", reduction, REDUCTIONS)](modality.features[present], dim, seed)
    codes = np.zeros((len(modality.present), 1), np.int64)
    codes[present, 0] = np.arange(1, len(present) + 1)
    centres, reduced = (np.zeros((rows, dim), np.float32) for rows in (len(present) + 1, len(codes)))
    centres[1:, : points.shape[1]] = points
    reduced[present, : points.shape[1]] = points
    return Codebook(modality.name, codes, centres, reduced)


def fit_codebooks(dataset: Dataset, **settings) -> tuple[Codebook, ...]:
    """One codebook for each modality of the data set, with the settings of `fit_codebook`."""
    return tuple(fit_codebook(modality, **settings) for modality in dataset.modalities)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


DISTANCES = {  # points (n, D), centres (C, D) -> (n, C), smaller is nearer
    "cosine": lambda points, centres: -_unit(points) @ _unit(centres).T,
    "euclidean": lambda points, centres: (centres**2).sum(axis=1) - 2 * points @ centres.T,  # but for |point|^2
}


def _kmeans(points: np.ndarray, num_codes: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans, MiniBatchKMeans

    kind = MiniBatchKMeans(batch_size=8192) if len(points) >= MINI_BATCH_FROM else KMeans()
    kind.set_params(n_clusters=num_codes, n_init=3, random_state=seed)
    return kind.fit(points).cluster_centers_.astype(np.float32)


def pca(features: np.ndarray, dim: int, seed: int) -> np.ndarray:
    """(n, min(D, F, n)) principal components: the optimum of a linear autoencoder with squared loss, exact."""
    from sklearn.decomposition import PCA

    solver = "covariance_eigh" if features.shape[1] <= 1024 else "auto"
    fitted = PCA(min(dim, *features.shape), svd_solver=solver, random_state=seed)
    return fitted.fit_transform(features - features.mean(axis=0))  # centred before, in float32: the last digits stay


def autoencoder(features: np.ndarray, dim: int, seed: int, sigmoid: bool = False) -> np.ndarray:
    """(n, min(D, F, n)) codes of a linear autoencoder trained by gradient, as the paper has it.

    With `sigmoid` they lie in (0, 1), as the released code has it.
    """
    import torch

    squash = torch.sigmoid if sigmoid else torch.nn.Identity()
    torch.manual_seed(seed)
    x = torch.from_numpy(features - features.mean(axis=0))
    x = x / x.std().clamp_min(1e-12)
    width = min(dim, *x.shape)
    encode, decode = torch.nn.Linear(x.shape[1], width, bias=False), torch.nn.Linear(width, x.shape[1], bias=False)
    optimiser = torch.optim.Adam([*encode.parameters(), *decode.parameters()], lr=1e-2)
    for _ in range(300):
        optimiser.zero_grad()
        (decode(squash(encode(x))) - x).square().mean().backward()
        optimiser.step()
    return squash(encode(x)).detach().numpy()


REDUCTIONS: dict[str, Callable[[np.ndarray, int, int], np.ndarray]] = {
    "pca": pca,
    "autoencoder": autoencoder,
    "sigmoid-autoencoder": partial(autoencoder, sigmoid=True),
}
