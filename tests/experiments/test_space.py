"""The space of trials: the same points for everybody, different from each other, wider where the best is at an edge."""

import pytest

from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.space import SPACE, TRIALS, Values, changed, draw, edges, extended


def test_sixteen_different_points_are_drawn_and_always_the_same_ones():
    points = draw(SPACE, ["lr", "dropout", "epochs"])
    assert len(points) == TRIALS == 16 and len({tuple(point.values()) for point in points}) == 16
    assert points == draw(SPACE, ["lr", "dropout", "epochs"]) != draw(SPACE, ["lr", "dropout", "epochs"], seed=1)
    assert all(value in SPACE[name].values for point in points for name, value in point.items())


def test_systems_that_share_a_setting_meet_its_values_in_the_same_trials():
    shared = ["lr", "epochs", "weight_decay", "label_smoothing"]
    many, few = draw(SPACE, ["dropout", *shared]), draw(SPACE, shared)
    alike = [[a[name] for name in shared] == [*b.values()] for a, b in zip(many, few, strict=True)]
    assert all(alike[:8])  # later ones may stand in the place of a point that repeats


def test_a_small_space_is_tried_whole():
    space = {"decay": Values((0.3, 0.6)), "max_history": Values((5, 50))}
    assert draw(space, ["decay", "max_history"]) == [
        {"decay": a, "max_history": b} for a in (0.3, 0.6) for b in (5, 50)
    ]


def test_a_list_that_somebody_gave_is_the_space_and_a_single_value_is_fixed():
    space = changed(SPACE, {"lr": [0.02, 0.01], "epochs": 3, "dim": 8})
    assert space["lr"].values == (0.01, 0.02) and space["epochs"].values == (3,) and "dim" not in space
    assert edges(space, {"lr": 0.02, "epochs": 3}, ["epochs"]) == {}  # neither is extended
    with pytest.raises(MMSRError, match="each higher than the last"):
        Values((0.2, 0.1))


def test_an_end_that_cannot_be_passed_is_no_edge():
    best = {"lr": 0.0005, "dropout": 0.0, "weight_decay": 0.0, "label_smoothing": 0.0, "decay": 0.5}
    assert edges(SPACE, best) == {"lr": 0.00025}
    assert edges(SPACE, {"dropout": 0.7, "weight_decay": 0.3, "max_history": 50}) == {
        "dropout": pytest.approx(0.805), "weight_decay": pytest.approx(0.9), "max_history": 100
    }  # fmt: skip
    assert edges(SPACE | {"dropout": Values((0.0, 0.9), 1.15, 0.0, 0.9)}, {"dropout": 0.9}) == {}


def test_many_epochs_are_an_edge_only_where_the_last_epoch_was_the_best():
    assert edges(SPACE, {"epochs": 30}) == {} and edges(SPACE, {"epochs": 30}, ["epochs"]) == {"epochs": 60}


def test_the_wider_space_has_the_value_beyond_and_its_trials_go_there():
    best = {"lr": 0.02, "dropout": 0.3, "epochs": 30}
    wider, trials = extended(SPACE, best, {"lr": 0.04})
    assert wider["lr"].values == (*SPACE["lr"].values, 0.04) and trials[0] == best | {"lr": 0.04}
    assert len(trials) == 4 and {trial["lr"] for trial in trials} == {0.04}
    assert wider["lr"].beyond(0.04) == 0.08 and extended(SPACE, best, {"lr": 0.04})[1] == trials
