"""What the wardrobe's generator knows of the next item: the rule of Bayes by hand, and what ranking by it earns."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmsr_lite.data.sources.wardrobe import CAUSES, load
from mmsr_lite.data.sources.wardrobe_truth import WORLDS, WardrobeConfig
from mmsr_lite.data.split import split
from tests.properties import examples

SMALL = WardrobeConfig(looks=5, themes=5, items_per_cell=2, users=4000, skew=0.5)


@cache
def made(world):
    return load(world, config=SMALL, modalities=())


@pytest.mark.parametrize("world", WORLDS)
def test_the_reachable_metrics_are_what_ranking_by_the_truth_earns(world):
    data, most = made(world), 20
    examples = split(data).test
    chance = data.facts["truth"].distributions(examples.histories())
    tied = chance + 1e-9 * np.random.default_rng(0).random(chance.shape)
    rank = 1 + (tied > tied[np.arange(len(tied)), examples.targets][:, None]).sum(1)
    for name, value in data.facts["truth"].reachable(examples, (5, most)).items():
        metric, cutoff = name.split("@")
        by = {"HR": 1, "MRR": rank, "NDCG": np.log2(1 + rank)}[metric]
        earned = np.where(rank <= int(cutoff), 100 / by, 0)
        assert abs(earned.mean() - value) < 3.5 * earned.std() / np.sqrt(len(rank)), name


@pytest.mark.parametrize("world", WORLDS)
@settings(max_examples=examples(25))
@given(history=st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_the_distribution_is_bayes_over_the_latents_by_hand(world, history):
    facts = made(world).facts
    look, theme, truth = facts["look"][1:], facts["theme"][1:], facts["truth"]
    first = np.isin(np.arange(1, 51), truth.cells[..., 0])
    weight = np.where(first, 1, 2**-0.5) / (1 + 2**-0.5)  # rank 1 and rank 2 of a cell, skew 0.5

    def follow(kind, d_look, d_theme, item):
        p, t = look[item - 1], theme[item - 1]
        if kind == "cycle":
            return weight * (look == (p + d_look) % 5) * (theme == (t + d_theme) % 5)
        return weight / 5 * ((look + 2 * theme) % 5 == (p + t) % 5)

    latents, prior = WORLDS[world]
    joint = np.array(prior)
    for item, then in pairwise(history):
        joint = joint * [0.1 / 50 + 0.9 * follow(*z, item)[then - 1] for z in latents]
    after = [0.1 / 50 + 0.9 * follow(*z, history[-1]) for z in latents]
    expected = joint / joint.sum() @ np.array(after)
    found, last = (truth.distributions(np.array([past]))[0] for past in (history, history[-1:]))
    np.testing.assert_allclose(found[1:], expected, rtol=1e-9)
    assert found[0] == 0 and abs(found.sum() - 1) < 1e-12
    if set(latents) == {("match", 0, 0)}:
        np.testing.assert_array_equal(found, last)  # earlier items add nothing


def test_without_noise_an_impossible_history_falls_back_to_the_prior():
    data = load("cycle", config=WardrobeConfig(looks=5, themes=5, items_per_cell=1, users=9, noise=0), modalities=())
    truth = data.facts["truth"]
    assert truth.posterior(np.array([[1, 1]])).tolist() == [[0.25] * 4]
    assert set(np.unique(data.facts["cause"])) == {CAUSES.index("first"), CAUSES.index("cycle")}


def test_a_world_with_fewer_items_than_ranks_can_be_hit_whole():
    """Nine garments: each is among the first twenty, whatever the ranking, so HR@20 is 100."""
    config = WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=20, size=8)
    data = load("cycle", config=config, modalities=())
    reached = data.facts["truth"].reachable(split(data).test)
    assert reached["HR@20"] == pytest.approx(100) and reached["HR@5"] < 100
