"""A data set of some users: their interactions in order, every item, and no fact of the others."""

import numpy as np

from mmsr_lite.data.sources.worlds import load
from mmsr_lite.data.sources.worlds.both import BothConfig
from mmsr_lite.data.users import drawn_users, of_users


def test_histories_and_facts_are_those_of_the_users_that_stay():
    world = load("both", config=BothConfig(garments=2, users=30), modalities=(), drawn=False)
    stay = np.arange(30) % 3 == 0
    some = of_users(world, stay)
    assert some.num_users == 10 and some.num_items == world.num_items and "truth" not in some.facts
    for new, old in enumerate(np.flatnonzero(stay)):
        rows = slice(world.offsets[old], world.offsets[old + 1])
        mine = slice(some.offsets[new], some.offsets[new + 1])
        assert some.user_ids[new] == world.user_ids[old]
        assert some.history(new).tolist() == world.history(old).tolist()
        for name in ("cause", "because", "part"):
            assert np.array_equal(some.facts[name][mine], world.facts[name][rows])
    assert some.facts["user_kind"].tolist() == world.facts["user_kind"][stay].tolist()


def test_users_are_drawn_until_the_next_would_be_too_much():
    counts = np.array([5, 1, 1, 1])
    for seed in range(9):
        drawn = drawn_users(counts, 3, np.random.default_rng(seed))
        order = np.random.default_rng(seed).permutation(4)
        assert drawn.sum() == (np.cumsum(counts[order]) <= 3).sum() and counts[drawn].sum() <= 3
    assert drawn_users(counts, 8, np.random.default_rng(0)).all()
