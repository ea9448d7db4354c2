"""What this package does where nothing is said: a default that changes changes what people get, so it stands here."""

from mmsr_lite import evaluation
from tests.defaults import changeable, defaults_of, limits_of, newer_than_runs

DEFAULTS = {
    "DeviceExamples": {"steps": False},
    "leaks": {"decay": 0.5, "learn": True, "seed": 0, "progress": False},
    "candidates_of": {"seed": 0},
    "both_ranks": {"progress": False},
    "ranks": {"progress": False},
    "sampled_ranks": {"seed": 0, "progress": False},
    "evaluate": {"seed": 0, "progress": False},
    "SmallSASRecConfig": {
        "dim": 32,
        "layers": 1,
        "heads": 1,
        "dropout": 0.2,
        "norm_first": True,
        "label_smoothing": 0.0,
        "max_history": 50,
        "mask_own": False,
        "epochs": 8,
        "batch": 128,
        "lr": 0.01,
        "negatives": 512,
        "seed": 0,
    },
}


def test_where_nothing_is_said_the_numbers_are_these():
    assert defaults_of(evaluation) == DEFAULTS


def test_settings_have_these_limits():
    assert limits_of(evaluation) == {  # at least, above, at most, below
        "SmallSASRecConfig.dropout": [0, None, None, 1],
        "SmallSASRecConfig.label_smoothing": [0, None, None, 1],
        "SmallSASRecConfig.max_history": [1, None, 10000, None],
    }


def test_settings_that_came_after_runs_were_stored_are_not_in_their_ids():
    assert newer_than_runs(evaluation) == {"SmallSASRecConfig.label_smoothing", "SmallSASRecConfig.mask_own"}


def test_what_is_made_once_cannot_be_changed():
    assert changeable(evaluation) == set()
