"""Hits on the decisive targets of a world, in all and by the kind of user."""

from dataclasses import replace

import numpy as np
import pytest

from mmsr_lite.data import load
from mmsr_lite.data.sources.wardrobe import WardrobeConfig
from mmsr_lite.data.sources.wardrobe import load as load_wardrobe
from mmsr_lite.data.split import split
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation import decisive as module
from mmsr_lite.evaluation.decisive import decisive, decisive_hits


@pytest.fixture(scope="module")
def both():
    return load("worlds:both-small", modalities=())


def test_a_model_that_serves_one_kind_hits_all_of_its_purchases_and_no_other(both, monkeypatch):
    examples = split(both).test
    served = both.facts["user_kinds"].index("clocks")

    def ranks_of(model, some):
        assert (both.facts["because"][some.end, 0] >= 0).all()  # the browses are left out
        return np.where(both.facts["user_kind"][some.user] == served, 5.0, 6.0)

    monkeypatch.setattr(module, "ranks", ranks_of)
    found = decisive_hits(None, both, examples)
    assert (found["users of pick"], found["users of clocks"]) == (0, 100)
    share = (both.facts["user_kind"][decisive(both, examples).user] == served).mean()
    assert found["all users"] == pytest.approx(100 * share)


def test_data_that_do_not_say_what_decides_are_refused():
    wardrobe = load_wardrobe("match", config=WardrobeConfig(items_per_cell=1, users=20, size=8), modalities=())
    with pytest.raises(MMSRError, match="wardrobe-match does not say what decides"):
        decisive(wardrobe, split(wardrobe).test)


def test_an_interaction_that_the_very_first_item_decided_is_decisive(both):
    examples = split(both).test
    first = replace(both, facts=both.facts | {"because": np.zeros_like(both.facts["because"])})
    assert len(decisive(first, examples)) == len(examples) > len(decisive(both, examples))
