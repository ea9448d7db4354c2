"""The search for a recipe: what its trials may see, and that they are always the same."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.search import SHOWN, SPACE, by_seen, draw, earlier, ranked, training_part
from mmsr_lite.data import load
from mmsr_lite.data.split import split
from mmsr_lite.experiments.run_names import run_id
from mmsr_lite.experiments.study import Job
from mmsr_lite.training.run_config import RunConfig


def test_trials_never_see_a_test_item_and_are_judged_on_what_comes_before():
    world = load("wardrobe:match", modalities=())
    inner, whole = training_part(world), split(world, validation=False)
    assert len(inner.item) == len(world.item) - len(whole.test)
    for user in (0, 7, world.num_users - 1):
        tested = whole.test.targets[whole.test.user == user]
        assert [*inner.history(user), *tested] == world.history(user).tolist()


def test_trials_are_the_same_whenever_they_are_drawn_and_keep_to_what_is_fixed():
    some = draw(5, {"dim": 16, "lr": [0.5]})
    assert some == draw(9, {"dim": 16, "lr": [0.5]})[:5] and len({str(one) for one in some}) == 5
    assert all(one["dim"] == 16 and one["lr"] == 0.5 and one["layers"] in SPACE["layers"] for one in some)


def test_hits_by_how_often_the_target_was_seen_are_means_over_seeds_and_targets():
    ranks = {"true": [np.array([1.0, 9.0, 30.0]), np.array([6.0, 1.0, 30.0])]}
    found = by_seen(np.array([0, 2, 51]), ranks)
    assert found.index.tolist() == ["0 to 2", "more"] and found["targets"].tolist() == [2, 1]
    assert found["true HR@5"].tolist() == [100 * (1 + 0 + 0 + 1) / 4, 0] and found["true HR@20"].tolist() == [100, 0]


def test_trials_are_ranked_by_the_mean_of_their_seeds_and_by_their_lesser_gain():
    trials = {
        name: Job({"variant": "true", "trial": name, "lr": lr}, RunConfig("x")) for name, lr in (("a", 1), ("b", 2))
    }
    made = [("a", 8.0, 6.0), ("b", 9.0, 5.5), ("b", 11.0, 4.9), ("earlier", 99.0, 99.0)]
    table = pd.DataFrame([{"trial": t, "HR@5": hr, "MRR@5": mrr, "HR@20": 0, "MRR@20": 0} for t, hr, mrr in made])
    found = ranked(table, trials, dict.fromkeys(SHOWN, 5.0))
    assert found.index.tolist() == ["a", "b"] and found.seeds.tolist() == [1, 2] and found.lr.tolist() == [1, 2]
    assert found.gain.tolist() == pytest.approx([6.0 / 5 - 1, (5.5 + 4.9) / 2 / 5 - 1])


def test_trials_of_earlier_calls_are_found_in_the_table_whatever_their_space(tmp_path):
    base = RunConfig("x", ("a",)).with_settings(selection="none")
    rows = []
    for variant, settings in (("true", {"epochs": 3, "cosine": 20}), ("shuffled", {"lr": 0.5, "item_features": True})):
        change = {"corruption": "mismatched"} if variant == "shuffled" else {}
        name = run_id(base.with_settings(**settings, **change))
        rows.append({"trial": name, "variant": variant, "seed": 0, "HR@5": 1.0} | settings)
    pd.DataFrame([*rows, rows[0] | {"trial": "of other data"}]).to_csv(tmp_path / "t.csv", index=False)
    found = earlier(pd.read_csv(tmp_path / "t.csv"), base)
    assert [*found] == [row["trial"] for row in rows] and [run_id(job.config) for job in found.values()] == [*found]
    name = rows[1]["trial"]
    assert found[name].labels == {"variant": "shuffled", "trial": name, "lr": 0.5, "item_features": True}
    assert found[rows[0]["trial"]].config.train.epochs == 3
