"""What a page or an explorer begins with: a history on which early fusion is right and late wrong, with numbers."""

import numpy as np
import pytest
import torch

from mmsr_lite.course.stored import stored_pair
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.parts import TEST
from mmsr_lite.explain.opening import RIGHT, candidates, ranks_of_last, telling_users
from mmsr_lite.explain.page_model import rounded
from mmsr_lite.explain.trace import trace
from mmsr_lite.live_explorer import explore_run
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.views.differences import say_verdict

USER = 15  # of the stored world


@pytest.fixture(scope="module")
def pair():
    return stored_pair("worlds:both-small")


@pytest.fixture(scope="module")
def models(pair):
    return [run.model for run in pair.values()]


@pytest.fixture(scope="module")
def world(pair):
    return pair["early alone"].dataset


def rank_of_last(model, world, user):
    """Of one user alone: what stands beside a history in its batch changes no rank."""
    return ranks_of_last(model, world, [user])[0]


def test_the_first_user_is_a_test_user_on_whom_early_is_right_and_late_wrong(models, world):
    assert telling_users(models, world, 3)[0] == USER in candidates(world)
    assert world.facts["part"][world.offsets[USER + 1] - 1] == TEST
    assert [rank_of_last(model, world, USER) for model in models] == [2, 89]
    assert [rank_of_last(rounded(model), world, USER) for model in models] == [2, 89]  # as a page has them


def test_nobody_else_whom_late_must_miss_is_told_apart_more_by_the_two(models, world):
    lead = {}
    ranks = np.stack([ranks_of_last(model, world, candidates(world)) for model in models], 1)
    for user, (early, late) in zip(candidates(world), ranks.tolist(), strict=True):
        last = world.offsets[user + 1] - 1
        if world.facts["causes"][world.facts["cause"][last]] == "pick" and early <= RIGHT < late:
            lead[user] = late / early
    assert len(lead) > 5 and max(lead, key=lead.get) == USER and lead[USER] == 89 / 2


def test_any_two_models_can_be_told_apart_the_right_one_first(models, world):
    """The world's reason has to be that the second one loses, where it is of one order of fusion."""
    (user,) = telling_users(models, world, 1, panes=(1, 0))
    early, late = (rank_of_last(model, world, user) for model in models)
    cause = world.facts["causes"][world.facts["cause"][world.offsets[user + 1] - 1]]
    assert late <= RIGHT < early and cause == "clocks"


def test_early_names_the_bought_look_four_times_and_late_not_once(models, world):
    *past, target = world.history(USER).tolist()
    bought = world.facts["group"][target]
    for model, right in zip(models, (4, 0), strict=True):
        best = model.scores(torch.tensor([past]))[0].topk(RIGHT).indices.numpy()
        assert (world.facts["group"][best] == bought).sum() == right


def test_the_reason_names_the_garment_that_decided(models, world):
    (place,) = [place for place in world.facts["because"][world.offsets[USER + 1] - 1] if place >= 0]
    decided, target = world.history(USER)[[place, -1]]
    assert world.facts["theme"][decided] == 0 and world.facts["look"][decided] == world.facts["look"][target]
    session = world.facts["theme"][world.history(USER)[place - 1 : -1]]
    assert (session == 0).sum() == 1  # the one formal garment of its session
    early, late = (trace(model, world, USER) for model in models)
    says = say_verdict(early, late, ("a", "b"))
    title = world.titles[target]
    begins = f"Early fusion is right here and late fusion is wrong: what came next, {title}, has rank 2 in early fusion"
    why = f"It has the look of {world.titles[decided]} at position {place + 1}, the one formal garment"
    assert says.startswith(begins) and why in says
    assert say_verdict(late, early, ("a", "b")).startswith("Early fusion is right here and late fusion is wrong")
    assert "Why" not in say_verdict(early | {"truth": None}, late, ("a", "b"))
    assert say_verdict(early, early, ("a", "b")) == ""


@pytest.mark.slow
def test_a_run_of_that_world_is_explored_from_there_with_both_orders_side_by_side(pair):
    explorer = explore_run(pair["late alone"].folder)
    assert explorer.record["user"]["index"] == USER and explorer.beside["name"] == "late alone"
    ranks = explorer.record["target"]["rank"], explorer.beside["record"]["target"]["rank"]
    assert ranks == (2, 89) and explorer.record["model"]["fusion"].startswith("heho")
    named = explore_run(pair["late alone"].folder, 12)
    assert named.record["user"]["index"] == 12 and named.beside is None
    assert named.record["draft"]["beside"] == ["early alone", "late alone"]


def test_without_a_planted_world_all_users_with_a_past_are_looked_at():
    user, item = np.array([0, 0, 1, 2, 2]), np.array([1, 2, 1, 2, 1])
    names = ("", "a", "b")
    shop = Dataset("shop", user, item, np.arange(5), ("u", "v", "w"), names, names)
    assert candidates(shop) == [0, 2]


def test_rank_five_is_right_and_rank_six_is_wrong_for_whoever_is_shown_first(monkeypatch):
    ranks = {0: (5, 6), 1: (6, 600), 2: (1, 5), 3: (5, 50)}  # user -> rank in early and in late fusion
    models = [MMSR(MMSRConfig(dim=8, fusion=fusion), 2) for fusion in ("heho", "hohe")]
    monkeypatch.setattr(
        "mmsr_lite.explain.opening.ranks_of_last",
        lambda model, _, users: np.array([ranks[user][models.index(model)] for user in users]),
    )
    user, names = np.repeat(np.arange(4), 2), ("", "a", "b")
    shop = Dataset("shop", user, np.tile([1, 2], 4), np.arange(8), tuple("uvwx"), names, names)
    right_and_wrong, others = [3, 0], [1, 2]  # 50 / 5 is more than 6 / 5, and 600 / 6 more than 5 / 1
    assert telling_users(models, shop, 4) == right_and_wrong + others
