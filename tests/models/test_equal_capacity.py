"""Twins: one order of fusion, as wide as it takes to have as many parameters as the other order."""

import numpy as np
import pytest
from torch import nn

from mmsr_lite.errors import MMSRError
from mmsr_lite.graph.codes import planted_codebook
from mmsr_lite.models import MODELS
from mmsr_lite.models.equal_capacity import equal_width, fusion_twin, num_parameters

ITEMS = 50
CLASSES = np.array([-1, *(np.arange(ITEMS) % 4)])
OTHER = {"early": "late", "late": "early"}


def books(dim):
    return [planted_codebook(name, CLASSES, dim) for name in ("look", "theme")]


def model_of(name, config):
    return MODELS[name](config, ITEMS, books(config.dim))


@pytest.mark.parametrize("counted", ["all", "encoders"])
@pytest.mark.parametrize("order", ["early", "late"])
@pytest.mark.parametrize("name", ["gru4rec", "sasrec"])
def test_no_other_width_is_nearer_to_the_other_orders_number_of_parameters(name, order, counted):
    settings = {"dim": 24, "fusion": order} | ({"heads": 2} if name == "sasrec" else {})
    step = settings.get("heads", 1)
    other = num_parameters(model_of(name, MODELS[name].Config(**settings | {"fusion": OTHER[order]})), counted)
    twin = fusion_twin(MODELS[name], settings, ITEMS, books, like=OTHER[order], counted=counted)
    assert twin.fusion == order and twin.dim % step == 0

    def distance(dim):
        config = MODELS[name].Config(**settings | {"dim": dim})
        return abs(num_parameters(model_of(name, config), counted) - other)

    assert distance(twin.dim) <= min(distance(twin.dim - step), distance(twin.dim + step))
    assert distance(twin.dim) < 0.12 * other  # at D = 24 two neighbouring widths differ by a twelfth and more
    assert (twin.dim > 24) == (order == "early")


def test_late_fusion_of_gru4rec_has_two_more_grus():
    early, late = (model_of("gru4rec", MODELS["gru4rec"].Config(dim=8, fusion=order)) for order in OTHER)
    assert num_parameters(late) - num_parameters(early) == 2 * (6 * 8 * 8 + 6 * 8)
    tables = (ITEMS + 1) * 8 + 2 * (4 + 1) * 8  # items, and the codes of two modalities; each with its padding
    assert num_parameters(early) - num_parameters(early, "encoders") == tables


def test_an_embedding_is_a_table_and_what_is_not_learned_is_not_counted():
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2))
    model[1].bias.requires_grad = False
    assert num_parameters(model) == 5 * 3 + 3 * 2
    assert num_parameters(model, "encoders") == 3 * 2


def test_of_two_widths_that_are_as_near_the_smaller_is_taken():
    def linear(dim):
        return nn.Linear(dim, 2, bias=False)  # 2 dim parameters

    assert equal_width(linear, 7) == 3
    assert equal_width(linear, 8) == 4
    assert equal_width(linear, 1) == 1
    assert equal_width(linear, 9, multiple_of=4) == 4


def test_a_number_of_parameters_that_no_width_reaches_is_refused():
    with pytest.raises(MMSRError, match="no width up to 65,536 gives 1,000,000,000 parameters"):
        equal_width(lambda dim: nn.Linear(1, dim), 10**9)
    with pytest.raises(MMSRError, match="unknown count 'some'; choose from: all, encoders"):
        num_parameters(nn.Linear(1, 1), "some")


def test_planted_codes_are_the_classes_and_items_without_one_share_a_code():
    book = planted_codebook("look", np.array([-1, 2, 0, -1, -1]), dim=3)
    assert book.codes[:, 0].tolist() == [0, 3, 1, 4, 4]
    assert book.num_codes == 4
    assert (book.centres[0] == 0).all() and (book.reduced[2] == book.centres[1]).all()
