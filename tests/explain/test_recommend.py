"""Recommendations: the model's best items for every user, whoever asks, and explanations that add up to the score."""

import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from mmsr_lite.data.histories import read_histories
from mmsr_lite.data.reading import ReadingNote
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.recommend import recommend
from mmsr_lite.models import MODELS
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.han import FUSIONS


def scores_of(model, history) -> np.ndarray:
    with torch.no_grad():
        return model.scores(torch.as_tensor(history)[None])[0].numpy()


def test_each_user_gets_the_best_items_after_the_whole_history(random_model, world):
    model = random_model(2)
    table = recommend(model, world, top=3)
    assert list(table) == ["user_id", "rank", "item_id", "title", "score"] and len(table) == 12 * 3
    assert table["user_id"].drop_duplicates().tolist() == list(world.user_ids)  # users of one item, too
    for number in range(12):
        scores = scores_of(model, world.history(number))
        best = np.argsort(-scores)[:3]
        own = table[table["user_id"] == f"u{number}"]
        assert own["item_id"].tolist() == [world.item_ids[item] for item in best]
        assert own["score"].to_numpy() == pytest.approx(scores[best], abs=1e-5) and own["rank"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("batch", [1, 5, 100])
def test_batches_change_nothing(random_model, world, batch):
    model = random_model(2)
    one, other = recommend(model, world, top=4), recommend(model, world, top=4, batch=batch)
    pd.testing.assert_frame_equal(one, other, atol=1e-5)


def test_without_own_items_nothing_of_the_history_comes_back_and_short_lists_are_short(random_model, world):
    table = recommend(random_model(1), world, top=12, new_items_only=True)
    for number in range(12):
        own = {world.item_ids[item] for item in world.history(number)}
        answers = table["item_id"][table["user_id"] == f"u{number}"]
        assert not own & set(answers) and len(answers) == 12 - len(own)
    assert np.isfinite(table["score"]).all()


def test_users_are_named_by_id_or_number_and_count_once(random_model, world):
    model = random_model(1)
    table = recommend(model, world, users=["u3", 3, np.int64(1), "u1"], top=1)
    assert table["user_id"].tolist() == ["u3", "u1"]
    assert recommend(model, world, users="u3", top=1)["user_id"].tolist() == ["u3"]
    for users, message in (
        ("nobody", "no user 'nobody'"),
        ([99], "no user 99"),
        ([], "users is empty"),
        (1.5, "float"),
    ):
        with pytest.raises(MMSRError, match=message):
            recommend(model, world, users=users)


def test_a_new_history_gets_what_the_same_history_of_a_known_user_gets(random_model, world):
    model = random_model(2)
    rows = {"user_id": ["new"] * 9, "item_id": [world.item_ids[item] for item in world.history(2)]}
    with pytest.warns(ReadingNote, match="no column timestamp"):
        new = recommend(model, world, histories=rows, top=5)
    known = recommend(model, world, users=2, top=5)
    assert new["user_id"].unique().tolist() == ["new"] and new["item_id"].tolist() == known["item_id"].tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReadingNote)
        read = read_histories(rows, world)
    assert recommend(model, world, histories=read, top=5).equals(new)


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("modalities", [0, 2])
def test_the_parts_by_node_type_add_up_to_the_score(random_model, world, fusion, modalities):
    model = random_model(modalities, fusion=fusion)
    table = recommend(model, world, users=[0, 1, 9], top=4, explain=True)
    parts = table[[name for name in table if name.startswith("from_")]]
    assert list(parts) == [*["from_item", "from_picture", "from_text"][: 1 + modalities], "from_no_node"]
    assert parts.sum(axis=1).to_numpy() == pytest.approx(table["score"].to_numpy(), abs=1e-4)
    assert ("late_fusion" in table) == fusion.startswith("adaptive")
    if "late_fusion" in table:
        assert table["late_fusion"].between(0, 1).all()


def test_late_fusion_is_the_mean_over_layers_of_the_weight_of_late_fusion(random_model, world):
    model = random_model(2)
    with torch.no_grad():
        for layer, weights in zip(model.layers, ([3.0, 1.0], [1.0, 4.0]), strict=True):  # of late, of early fusion
            for parameter in layer.gate.parameters():
                parameter.zero_()
            layer.gate.mlp[-1].bias.copy_(torch.tensor(weights).log())
    late = recommend(model, world, users=[0], top=2, explain=True)["late_fusion"]
    assert late.tolist() == pytest.approx([(3 / (3 + 1) + 1 / (1 + 4)) / 2] * 2)


def test_three_edges_of_the_history_are_named_and_none_where_there_is_none(random_model, world):
    table = recommend(random_model(2), world, users=[0], top=2, explain=True)
    edges = table.loc[0, ["edge_1", "edge_2", "edge_3"]].tolist()
    assert len(set(edges)) == 3 and all(" -> " in edge for edge in edges)
    weights = [float(edge.rpartition(", ")[2].rstrip(")")) for edge in edges]
    assert weights == sorted(weights, reverse=True) and weights[0] > 0
    assert recommend(random_model(0), world, users=[9], top=1, explain=True)["edge_1"].tolist() == [""]  # one item


@pytest.mark.parametrize("name", ["markov", "popularity", "sasrec", "gru4rec"])
def test_every_model_recommends_and_one_without_a_graph_refuses_to_explain(world, name):
    model = MODELS[name](MODELS[name].Config(), world.num_items)
    assert len(recommend(model, world, top=3)) == 36
    with pytest.raises(MMSRError, match="has no MSGraph to explain by"):
        recommend(model, world, explain=True)


def test_items_of_one_time_may_be_one_step_but_are_not_explained(random_model, world):
    model = random_model(2, together=True)
    assert len(recommend(model, world, top=3)) == 36
    with pytest.raises(MMSRError, match="one time as one step"):
        recommend(model, world, explain=True)


def test_wrong_calls_are_one_sentence_and_the_mode_of_the_model_stays(random_model, world):
    model = random_model(1).train()
    assert recommend(model, world, top=100).groupby("user_id").size().max() == 12 and model.training
    for call, message in (
        (lambda: recommend(model), "a model without its data set"),
        (lambda: recommend("runs/demo"), "recommend got a str"),
        (lambda: recommend(model, world, top=0), "top is 0"),
        (lambda: recommend(model, world, batch=0), "batch is 0"),
    ):
        with pytest.raises(MMSRError, match=message):
            call()


class Watched(Recommender):
    """Scores all items alike, and notes how many histories it is asked about at once."""

    def __init__(self):
        super().__init__(None)
        self.sizes = []

    def scores(self, history):
        self.sizes.append(len(history))
        return torch.zeros(len(history), 13).index_fill(1, torch.tensor([0]), -torch.inf)


@pytest.mark.parametrize(
    ("scores", "largest"), [(12 * 20, 20), (12, 16), (10**9, 256)], ids=["few scores", "16 at least", "256 at most"]
)
def test_as_many_users_are_scored_at_once_as_keep_the_scores_small(world, monkeypatch, scores, largest):
    monkeypatch.setattr("mmsr_lite.explain.recommend.SCORES", scores)
    number = np.arange(300)
    ids = tuple(map(str, number))
    many = replace(world, user=number, item=number % 12 + 1, time=number, user_ids=ids, facts={})
    model = Watched()
    assert len(recommend(model, many, top=1)) == 300
    assert max(model.sizes) == model.sizes[0] == largest and sum(model.sizes) == 300


def test_a_run_brings_its_data_set_unless_another_one_is_given(random_model, world):
    model = random_model(2)
    renamed = replace(world, user_ids=tuple(f"other {number}" for number in range(12)))
    run = SimpleNamespace(model=model, dataset=renamed)
    assert recommend(run, users=0, top=1)["user_id"].tolist() == ["other 0"]
    assert recommend(run, world, users=0, top=1)["user_id"].tolist() == ["u0"]
    for lacking in (SimpleNamespace(model=model), SimpleNamespace(dataset=world), Path("runs/demo")):
        with pytest.raises(MMSRError, match=f"recommend got a {type(lacking).__name__}; give a run"):
            recommend(lacking, users=0)
