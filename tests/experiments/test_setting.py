"""Equal terms: what all systems on a data set share, and the orders in which equal times stand."""

import re
from dataclasses import replace

import pytest

from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.points import at_point, trial
from mmsr_lite.experiments.run_names import run_id
from mmsr_lite.experiments.setting import BASES, TIE_SEEDS, Setting, in_order
from mmsr_lite.models import MODELS
from mmsr_lite.training.run_config import DEMO_OF_WORLDS
from tests.experiments.conftest import QUICK


@pytest.fixture
def setting(ring):
    return Setting.of(ring, QUICK)


def test_all_models_are_on_equal_terms(setting):
    for name in MODELS:
        config = setting.config(name)
        own = MODELS[name].Config(**config.settings)
        assert config.train.batch == 64 and getattr(own, "dim", 8) == 8
        points = setting.points(name)
        if MODELS[name].learns:
            assert [point["lr"] for point in points] == [0.01, 0.02]
            judged = [trial(config, point) for point in points]
            terms = {(t.train.seed, t.train.selection, t.train.epochs, t.refit) for t in judged}
            assert terms == {(0, "validation", 2, False)}
            assert {value for t in judged for n, value in t.settings.items() if n.endswith("dropout")} <= {0.1}


def test_every_system_that_has_something_to_choose_has_the_same_trials(ring):
    setting, shared = Setting.of(ring), ("lr", "epochs", "weight_decay", "dropout", "label_smoothing", "layers")
    points = {name: setting.points(name) for name in MODELS}
    assert {len(some) for name, some in points.items() if name != "popularity"} == {16} and not points["popularity"]
    for name in MODELS:
        if MODELS[name].learns:
            assert [[point[n] for n in shared] for point in points[name]] == [
                [point[n] for n in shared] for point in points["mmsr"]
            ]
    assert {*points["markov"][0]} == {"decay", "max_history"}
    assert {*points["item-knn"][0]} == {"max_history", "neighbours"}
    point = {"lr": 0.002, "dropout": 0.5, "label_smoothing": 0.1}
    for name in ("mmsr", "bm3", "sasrec", "gru4rec", "sr-gnn"):
        config = at_point(setting.config(name), point)
        assert config.settings["label_smoothing"] == 0.1 and config.train.lr == 0.002
        assert {value for n, value in config.settings.items() if n.endswith("dropout")} == {0.5}
    assert {"dropout", "input_dropout"} <= at_point(setting.config(), point).settings.keys()  # MMSR has two


def test_a_world_is_studied_with_the_sizes_of_its_demo_and_any_other_data_with_those_of_a_folder(ring):
    world = replace(ring, name="world-pick-small")
    assert Setting.of(world).config().model_config.dim == DEMO_OF_WORLDS["dim"]
    assert Setting.of(world).config().train.patience == DEMO_OF_WORLDS["patience"]
    assert Setting.of(replace(ring, name="worldly goods")).config().model_config.dim == BASES["folder"]["dim"]


def test_three_orders_are_used_where_times_tie_and_one_elsewhere(ring, tied):
    assert Setting.of(tied).tie_seeds == TIE_SEEDS == (0, 1, 2) and Setting.of(tied).ties == "random"
    assert (Setting.of(ring).tie_seeds, Setting.of(ring).ties) == ((0,), "file")
    file = Setting.of(tied, {"ties": "file"})
    assert file.tie_seeds == (0,) and file.dataset.item.tolist() == tied.item.tolist()
    assert Setting.of(tied, {"tie_seed": 5}).config().tie_seed == 5
    assert run_id(file.config()) != run_id(Setting.of(tied).config())
    again = in_order(in_order(tied, "random", 1), "file", 0)
    assert again.item.tolist() == tied.item.tolist() and in_order(again, "file", 0) is again


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", 1], "lr has the values 'a', 1; expected a number, or a list of numbers"),
        ([[1]], "lr has the values 1; expected a number"),
        ({"x": 1}, "lr has the values x=1; expected a number"),
        ([], "lr has the values nothing; expected a number"),
        (None, "lr has the values None; expected a number"),
        (True, "lr has the values True; expected a number"),
        ([0.01, -1], "lr is -1; expected a number greater than 0"),
    ],
)
def test_values_that_no_trial_can_have_are_refused_in_a_sentence(circle, values, message):
    with pytest.raises(MMSRError, match=re.escape(message)):
        Setting.of(circle, {"lr": values})


def test_one_value_of_a_setting_of_the_space_fixes_it(circle):
    assert Setting.of(circle, {"lr": 0.1}).space["lr"].values == (0.1,)
