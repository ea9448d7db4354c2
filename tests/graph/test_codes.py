"""Codes: the nearest centres by cosine, none for what is missing, PCA as the autoencoder's optimum."""

import numpy as np
import pytest

from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.errors import MMSRError
from mmsr_lite.graph import codes as module
from mmsr_lite.graph.codes import fit_codebook, fit_codebooks
from mmsr_lite.graph.reductions import autoencoder, pca


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
    with pytest.raises(MMSRError, match=r"k of 'text' \(.*--codes-per-item\) is 4; expected 1 to C .* 3"):
        fit_codebook(modality(), num_codes=3, codes_per_item=4)
    with pytest.raises(MMSRError, match=r"C of 'text' \(num_codes, on the command line --codes\) is -1; expected 1 or"):
        fit_codebook(modality(), num_codes=-1)
    with pytest.raises(MMSRError, match="no item has the modality 'text'"):
        fit_codebook(Modality("text", np.zeros((3, 2), np.float32), np.zeros(3, bool)), num_codes=1, codes_per_item=1)
    with pytest.raises(MMSRError, match="unknown reduction 'umap'; choose from: autoencoder, pca"):
        fit_codebook(modality(), num_codes=5, reduction="umap")
    with pytest.raises(MMSRError, match="unknown distance 'hamming'; choose from: cosine, euclidean"):
        fit_codebook(modality(), num_codes=5, distance="hamming")


@pytest.mark.parametrize(("different", "codes", "k"), [(9, 9, 3), (2, 2, 2), (1, 1, 1)])
def test_a_column_with_few_values_gets_a_code_for_each_and_a_note_says_so(different, codes, k):
    features = np.eye(10, 12, dtype=np.float32)[np.arange(41) % different]
    brand = Modality("brand", features, np.arange(41) > 0)
    with pytest.warns(UserWarning, match=f"'brand' has {different} different features, fewer than 30 codes .--codes"):
        book = fit_codebook(brand, num_codes=30, codes_per_item=3)
    assert book.num_codes == codes and book.codes.shape == (41, k)
    nearest = {(value, code) for value, code in zip(np.arange(1, 41) % different, book.codes[1:, 0], strict=True)}
    assert len(nearest) == len({code for _, code in nearest}) == different


def two_modalities() -> Dataset:
    rows = np.array([0])
    ids = tuple(map(str, range(81)))
    both = (modality(name="title"), modality(name="brand"))
    return Dataset("d", rows, rows + 1, rows, ("u",), ids, ids, modalities=both)


def test_each_modality_has_its_own_c_and_k():
    data = two_modalities()
    books = fit_codebooks(data, num_codes={"title": 12, "brand": 2}, codes_per_item={"title": 4, "brand": 1})
    assert [(book.name, book.num_codes, book.codes.shape[1]) for book in books] == [("title", 12, 4), ("brand", 2, 1)]
    whole, half = fit_codebooks(data, num_codes={"brand": 2})
    assert (whole.num_codes, whole.codes.shape[1], half.num_codes, half.codes.shape[1]) == (30, 3, 2, 2)
    same = fit_codebooks(data, num_codes=12, codes_per_item=4)[0]
    assert np.array_equal(same.codes, books[0].codes)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"num_codes": {"colour": 3}}, r"C \(.*--codes\) names the modality 'colour'; the data set has: title, brand"),
        ({"codes_per_item": {"colour": 3}}, r"k \(.*--codes-per-item\) names the modality 'colour'"),
        ({"num_codes": {"title": "many"}}, "C of 'title' .* is 'many'; expected a whole number"),
        ({"num_codes": 2.5}, "is 2.5; expected a whole number"),
        ({"num_codes": True}, "is True; expected a whole number"),
        ({"num_codes": {"title": 2}, "codes_per_item": {"title": 3}}, "k of 'title' .* is 3; expected 1 to C"),
    ],
)
def test_a_wrong_c_or_k_of_a_modality_is_told_with_the_option_that_a_person_types(given, says):
    with pytest.raises(MMSRError, match=says):
        fit_codebooks(two_modalities(), **given)


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


def test_a_catalogue_of_one_code_gives_each_item_one_code_whatever_was_meant_for_others():
    features = np.eye(5, dtype=np.float32)
    one, two = (Modality(name, features, np.arange(5) > 0) for name in ("title", "brand"))
    rows, ids = np.array([0]), ("", "a", "b", "c", "d")
    data = Dataset("d", rows, rows + 1, rows, ("u",), ids, ids, modalities=(one, two))
    found = fit_codebooks(data, num_codes={"title": 4, "brand": 1}, codes_per_item=2)
    assert [(book.num_codes, book.codes.shape[1]) for book in found] == [(4, 2), (1, 1)]
    with pytest.raises(MMSRError):  # who names the modality means it
        fit_codebooks(data, num_codes={"title": 4, "brand": 1}, codes_per_item={"title": 2, "brand": 2})


@pytest.mark.filterwarnings("error")
def test_features_that_are_all_equal_have_no_direction_and_no_warning():
    assert not pca(np.full((6, 3), 2.5, np.float32), dim=2, seed=0).any()
