"""Codes: the nearest centres by cosine, none for what is missing, PCA as the autoencoder's optimum."""

import numpy as np
import pytest

from mmsr_lite.data.dataset import Modality
from mmsr_lite.errors import MMSRError
from mmsr_lite.graph import codes as module
from mmsr_lite.graph.codes import autoencoder, fit_codebook, pca


def modality(items: int = 80, width: int = 6, name: str = "text") -> Modality:
    rng = np.random.default_rng(3)
    groups = rng.normal(size=(5, width)) * 4
    features = (groups[rng.integers(5, size=items + 1)] + rng.normal(size=(items + 1, width))).astype(np.float32)
    present = np.arange(items + 1) % 4 > 0
    return Modality(name, features * present[:, None], present)


@pytest.mark.parametrize("reduction", ["pca", "autoencoder"])
@pytest.mark.parametrize("mini_batch", [False, True])
def test_an_item_has_the_k_centres_of_greatest_cosine_nearest_first(monkeypatch, reduction, mini_batch):
    monkeypatch.setattr(module, "MINI_BATCH_FROM", 10 if mini_batch else 1000)
    toy = modality()
    book = fit_codebook(toy, num_codes=7, codes_per_item=3, dim=9, reduction=reduction, seed=1)
    points = module.REDUCTIONS[reduction](toy.features[toy.present], 9, 1)
    assert book.codes.shape == (81, 3) and book.centres.shape == (7 + 1, 9) and book.num_codes == 7
    assert not book.codes[~toy.present].any() and not book.centres[0].any()
    assert not book.centres[:, 6:].any()  # the features are 6 wide
    for point, codes in zip(points, book.codes[toy.present], strict=True):
        cosines = [point @ c[:6] / (np.linalg.norm(point) * np.linalg.norm(c)) for c in book.centres[1:]]
        assert np.allclose([cosines[code - 1] for code in codes], sorted(cosines, reverse=True)[:3], atol=1e-6)
        assert len(set(codes)) == 3
    again = fit_codebook(toy, num_codes=7, codes_per_item=3, dim=9, reduction=reduction, seed=1)
    assert np.array_equal(again.codes, book.codes) and np.array_equal(again.centres, book.centres)


def test_pca_is_the_optimum_that_a_linear_autoencoder_nears():
    features = modality(200, 12).features
    centred = features - features.mean(0)
    optimum = (np.linalg.svd(centred, compute_uv=False)[3:] ** 2).sum()  # Eckart and Young: no three numbers do better

    def error(points):
        assert points.shape == (201, 3)
        return ((points @ np.linalg.lstsq(points, centred, rcond=None)[0] - centred) ** 2).sum()

    assert error(pca(features, 3, 0)) == pytest.approx(optimum, rel=1e-4)
    assert optimum * (1 - 1e-4) < error(autoencoder(features, 3, 0)) < optimum * 1.05
    assert pca(features[:4], 8, 0).shape == (4, 4)  # fewer items than dimensions


def test_what_cannot_be_learned_is_told():
    with pytest.raises(MMSRError, match="codes_per_item is 4; expected 1 to num_codes, which is 3"):
        fit_codebook(modality(), num_codes=3, codes_per_item=4)
    same = Modality("text", np.ones((9, 2), np.float32), np.arange(9) > 0)
    with pytest.raises(MMSRError, match="'text' has 1 different features, fewer than 5 codes"):
        fit_codebook(same, num_codes=5)
    with pytest.raises(MMSRError, match="'text' has 0 different features"):
        fit_codebook(Modality("text", np.zeros((3, 2), np.float32), np.zeros(3, bool)), num_codes=1, codes_per_item=1)
    with pytest.raises(MMSRError, match="unknown reduction 'umap'; choose from: autoencoder, pca"):
        fit_codebook(modality(), num_codes=5, reduction="umap")
    with pytest.raises(MMSRError, match="unknown distance 'hamming'; choose from: cosine, euclidean"):
        fit_codebook(modality(), num_codes=5, distance="hamming")


def test_the_released_codes_are_the_centres_nearest_in_space_over_a_sigmoid():
    toy = modality()
    points = module.REDUCTIONS["sigmoid-autoencoder"](toy.features[toy.present], 4, 1)
    assert (points > 0).all() and (points < 1).all()
    settings = {"num_codes": 7, "codes_per_item": 2, "dim": 4, "seed": 1, "reduction": "sigmoid-autoencoder"}
    book = fit_codebook(toy, **settings, distance="euclidean")
    gaps = np.linalg.norm(points[:, None] - book.centres[None, 1:], axis=2)  # (n, C)
    assert np.array_equal(book.codes[toy.present], gaps.argsort(axis=1)[:, :2] + 1)
    assert not np.array_equal(book.codes, fit_codebook(toy, **settings).codes)


def test_without_clustering_each_item_has_a_node_of_its_own_that_starts_at_its_feature():
    toy = modality()
    book = fit_codebook(toy, num_codes=0, codes_per_item=3, dim=9)
    assert book.num_codes == toy.present.sum() == 60 and book.codes.shape == (81, 1)
    own = book.codes[toy.present, 0]
    assert sorted(own) == [*range(1, 61)] and not book.codes[~toy.present].any()
    assert np.array_equal(book.centres[own], book.reduced[toy.present]) and not book.centres[0].any()
    same = np.zeros((3, 2), np.float32)  # alike features are still nodes of their own
    assert fit_codebook(Modality("same", same, np.array([False, True, True])), num_codes=0).codes.tolist() == [
        [0],
        [1],
        [2],
    ]
    with pytest.raises(MMSRError, match="no item has the modality 'none'"):
        fit_codebook(Modality("none", same, np.zeros(3, bool)), num_codes=0)
