"""Modality codes: features become a few shared code nodes (paper, section 4.1, "Node transformation and compositions").

features (V+1, F) -> linear autoencoder -> (V+1, D) -> k-means, C centres -> the k nearest centres by cosine
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.graph.code_counts import DEFAULT_CODES, DEFAULT_PER_ITEM, by_modality, capped, check_counts
from mmsr_lite.graph.reductions import REDUCTIONS
from mmsr_lite.shared_settings import MOST_DIM

MINI_BATCH_FROM = 100_000  # items; above it k-means reads mini-batches


@dataclass(frozen=True)
class Codebook:
    """Codes of one modality (section 4.1).

    Args:
        name: the modality.
        codes: (V+1, k) in 1..C, nearest first; 0 where there is none.
        centres: (C+1, D), row 0 is zero.
        reduced: (V+1, D) what the codes were learned from, for models that read features instead of codes.

    Example:
        >>> features = np.array([[0, 0], [1, 0], [.9, .1], [0, 1], [.1, .9]], np.float32)
        >>> toy = Modality("toy", features, np.array([False, True, True, True, True]))
        >>> book = fit_codebook(toy, num_codes=2, codes_per_item=1)
        >>> book
        Codebook('toy', codes=2, codes_per_item=1)
        >>> codes = book.codes[:, 0]
        >>> bool(codes[0] == 0 and codes[1] == codes[2] != codes[3] == codes[4])
        True
    """

    name: str
    codes: np.ndarray
    centres: np.ndarray
    reduced: np.ndarray

    def __repr__(self) -> str:
        return f"Codebook({self.name!r}, codes={self.num_codes}, codes_per_item={self.codes.shape[1]})"

    @property
    def num_codes(self) -> int:
        """C."""
        return len(self.centres) - 1


@checked(dim=(1, MOST_DIM), seed=SEED)
def fit_codebook(
    modality: Modality,
    *,
    num_codes: int = DEFAULT_CODES,
    codes_per_item: int = DEFAULT_PER_ITEM,
    dim: int = 128,
    reduction: str = "pca",
    distance: str = "cosine",
    seed: int = 0,
) -> Codebook:
    """Learn the C centres of one modality, and give each item that has the modality its k nearest ones as codes.

    Items without the modality have no code. A modality with fewer different features than C gets one code for each of
    them, and k is lowered to this number where it is greater; a warning says so. With `num_codes` 0 there is no
    clustering: see `own_nodes`.

    Args:
        modality: features (V+1, F) and who has them.
        num_codes: C, default 30; 0 gives each item a node of its own.
        codes_per_item: k, at most C, default 3.
        dim: D, the width that features are reduced to, default 128.
        reduction: one of `REDUCTIONS`, default "pca".
        distance: one of `DISTANCES`, default "cosine", as in the paper. The released code uses "euclidean" together
            with the reduction "sigmoid-autoencoder".
        seed: the seed of k-means and of the reduction, default 0.

    Returns:
        The codebook: (V+1, k) codes of the items, nearest first, and (C+1, D) centres, of which row 0 is zero.

    Raises:
        MMSRError: k > C, no item has the modality, or a setting does not exist.

    Source:
        Section 4.1 of the paper, composite codes.

    Example:
        >>> features = np.array([[0, 0], [1, 0], [1, 0.1], [0, 1]], np.float32)
        >>> one = Modality("picture", features, np.array([False, True, True, True]))
        >>> book = fit_codebook(one, num_codes=2, codes_per_item=1, dim=2)
        >>> bool(book.codes[1] == book.codes[2]), bool(book.codes[1] == book.codes[3])
        (True, False)
    """
    if num_codes == 0:
        return own_nodes(modality, dim=dim, reduction=reduction, seed=seed)
    choose("distance", distance, DISTANCES)
    choose("reduction", reduction, REDUCTIONS)
    check_counts(modality.name, num_codes, codes_per_item)
    present = np.flatnonzero(modality.present)
    num_codes, codes_per_item = capped(modality, present, num_codes, codes_per_item)
    points = REDUCTIONS[reduction](modality.features[present], dim, seed)
    centres_found = _kmeans(points, num_codes, seed)
    order = np.argsort(DISTANCES[distance](points, centres_found), axis=1, kind="stable")[:, :codes_per_item]
    codes = np.zeros((len(modality.present), codes_per_item), np.int64)
    codes[present] = order + 1
    centres, reduced = (np.zeros((rows, dim), np.float32) for rows in (num_codes + 1, len(codes)))
    centres[1:, : centres_found.shape[1]] = centres_found
    reduced[present, : centres_found.shape[1]] = points
    return Codebook(modality.name, codes, centres, reduced)


def planted_codebook(name: str, classes: np.ndarray, dim: int, *, seed: int = 0) -> Codebook:
    """A codebook without clustering: the code of an item is the class that a made-up world gave it.

    Args:
        name: the modality.
        classes: (V+1,) the class of each item, counted from 0, or -1 for none; items without a class share one further
            code. Row 0 is the padding.
        dim: D, the width of the centres, which are drawn at random.
        seed: of the centres.

    Returns:
        A codebook of one code an item.

    Example:
        >>> planted_codebook("look", np.array([-1, 0, 2, -1]), dim=4).codes[:, 0].tolist()
        [0, 1, 3, 4]
    """
    codes = np.where(classes < 0, classes.max() + 1, classes) + 1
    codes[0] = 0
    centres = np.random.default_rng(seed).normal(size=(codes.max() + 1, dim)).astype(np.float32)
    centres[0] = 0
    return Codebook(name, codes[:, None].astype(np.int64), centres, centres[codes])


@checked()
def fit_codebooks(
    dataset: Dataset,
    *,
    num_codes: int | Mapping[str, int] = DEFAULT_CODES,
    codes_per_item: int | Mapping[str, int] = DEFAULT_PER_ITEM,
    **settings: Any,
) -> tuple[Codebook, ...]:
    """One codebook for each modality of the data set, each with a C and a k of its own if asked for.

    Args:
        dataset: the data set.
        num_codes: C of all modalities, or of each by name; those not named have 30.
            0 gives each item a code of its own.
        codes_per_item: k of all modalities, or of each by name; those not named have 3, or their C where that is less.
        settings: further settings of `fit_codebook`.

    Returns:
        One codebook for each modality, in the order of the data set.

    Raises:
        MMSRError: a name is no modality of the data set, or a codebook cannot be learned.

    Example:
        >>> features = np.eye(5, dtype=np.float32)
        >>> one, two = (Modality(name, features, np.arange(5) > 0) for name in ("title", "brand"))
        >>> ids = ("", "a", "b", "c", "d")
        >>> rows = np.array([0])
        >>> data = Dataset("d", rows, rows + 1, rows, ("u",), ids, ids, modalities=(one, two))
        >>> [book.num_codes for book in fit_codebooks(data, num_codes={"title": 4, "brand": 2}, codes_per_item=1)]
        [4, 2]
    """
    names = [modality.name for modality in dataset.modalities]
    sizes = by_modality("C", num_codes, DEFAULT_CODES, names)
    shares = by_modality("k", codes_per_item, DEFAULT_PER_ITEM, names)
    if isinstance(num_codes, Mapping):  # a smaller C of one modality lowers the k that was meant for all
        named = codes_per_item if isinstance(codes_per_item, Mapping) else {}
        shares = {name: k if name in named else min(k, max(sizes[name], 1)) for name, k in shares.items()}
    return tuple(
        fit_codebook(modality, num_codes=sizes[modality.name], codes_per_item=shares[modality.name], **settings)
        for modality in dataset.modalities
    )


def own_nodes(modality: Modality, *, dim: int = 128, reduction: str = "pca", seed: int = 0) -> Codebook:
    """A codebook without clustering: each item that has the modality has a node of its own, shared with no other item.

    The paper compares this with modality codes (section 5.5, "not using modality codes"): there the features
    themselves are nodes of the graph.

    Args:
        modality: features (V+1, F) and which items have them.
        dim: D, the width that features are reduced to, default 128.
        reduction: how they are reduced, one of `REDUCTIONS`, default "pca".
        seed: the seed of the reduction, default 0.

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


def _unit(rows: np.ndarray) -> np.ndarray:
    """The rows (n, D), each of length one; a row of zeros stays zero."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


# Points (n, D) and centres (C, D) -> (n, C); a smaller number is nearer. "euclidean" leaves out |point|^2, which is the
# same for all centres of a point.
DISTANCES = {
    "cosine": lambda points, centres: -_unit(points) @ _unit(centres).T,
    "euclidean": lambda points, centres: (centres**2).sum(axis=1) - 2 * points @ centres.T,
}


def _kmeans(points: np.ndarray, num_codes: int, seed: int) -> np.ndarray:
    """(C, D) centres of the points (n, D)."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    kind = MiniBatchKMeans(batch_size=8192) if len(points) >= MINI_BATCH_FROM else KMeans()
    kind.set_params(n_clusters=num_codes, n_init=3, random_state=seed)
    return kind.fit(points).cluster_centers_.astype(np.float32)
