"""The vectors of an item's modalities, by hand from its codes and its features."""

import numpy as np
import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.nn.modality import FeatureReader, ItemModalities

ITEMS = torch.tensor([[1, 2, 3, 12], [4, 7, 0, 0]])


def test_codes_read_as_the_mean_of_their_embeddings_which_start_at_the_centres(books):
    first, second = books(2)
    vectors, present = ItemModalities((first, second), dim=8)(ITEMS)
    assert vectors.shape == (2, 4, 2, 8) and present.shape == (2, 4, 2)
    for m, book in enumerate((first, second)):
        scale = 8**-0.5 / torch.from_numpy(book.centres[1:]).std()
        for row, place in torch.cartesian_prod(torch.arange(2), torch.arange(4)):
            codes = [code for code in book.codes[ITEMS[row, place]] if code]
            wanted = scale * torch.from_numpy(book.centres[codes]).mean(0) if codes else torch.zeros(8)
            assert torch.allclose(vectors[row, place, m], wanted, atol=1e-6)
            assert present[row, place, m] == bool(codes)


def test_features_start_as_themselves_with_the_spread_of_embeddings(books):
    (book,) = books(1)
    vectors, present = ItemModalities((book,), dim=8, reads="features")(torch.arange(13))
    assert vectors[present].std().item() == pytest.approx(8**-0.5) and not present.all() and present.any()
    ratio = vectors[present] / torch.from_numpy(book.reduced)[present[:, 0]]
    assert torch.allclose(ratio, ratio[0, 0].expand_as(ratio)) and (vectors[~present] == 0).all()


@pytest.mark.parametrize("reads", ["codes", "features"])
def test_a_missing_modality_and_padding_stay_zero_after_a_step_of_training(books, reads):
    module = ItemModalities(books(2), dim=8, reads=reads)
    optimiser = torch.optim.SGD(module.parameters(), lr=1)
    (module(torch.arange(13))[0] - 1).square().sum().backward()
    optimiser.step()
    vectors, present = module(torch.arange(13))
    assert (vectors[~present] == 0).all() and not present[0].any() and (vectors[present] != 0).any()


def test_no_modalities_give_an_empty_axis_and_unknown_readings_are_told(books):
    vectors, present = ItemModalities((), dim=8)(ITEMS)
    assert vectors.shape == (2, 4, 0, 8) and present.shape == (2, 4, 0) and present.dtype == torch.bool
    with pytest.raises(MMSRError, match="unknown reads 'pixels'; choose from: codes, features"):
        ItemModalities(books(1), dim=8, reads="pixels")


def test_an_item_whose_codes_are_all_the_first_has_its_features_too():
    rows = np.array([[0, 0], [1, 2], [3, 1]], np.float32)
    book = Codebook("toy", np.array([[0], [1], [2]]), rows, rows)
    vectors = FeatureReader(book, 2)(torch.tensor([0, 1, 2]))
    spread = 2**-0.5 / np.std(rows[1:], ddof=1)
    assert torch.allclose(vectors, torch.from_numpy(rows * spread), atol=1e-6)
