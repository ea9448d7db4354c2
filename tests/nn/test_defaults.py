"""What this package does where nothing is said: a default that changes changes what people get, so it stands here."""

from mmsr_lite import nn
from tests.defaults import changeable, defaults_of, limits_of, newer_than_runs

DEFAULTS = {
    "homogeneous_logits": {"slope": 0.01},
    "heterogeneous_logits": {"slope": 0.01},
    "Departures": {
        "tied_maps": False,
        "hohe_reads_input": False,
        "separate_gate": False,
        "item_features": False,
        "feature_start": 0.0,
        "cosine": 0.0,
        "together": False,
        "mask_own": False,
    },
    "OfferedDepartures": {"item_features": False, "cosine": 0.0, "mask_own": False},
    "Displacement": {"rate": 1.0, "seed": 0},
    "Fusion": {"invasive": False},
    "masked_cross_entropy": {"smoothing": 0.0},
    "AttentionConfig": {
        "dim": 128,
        "layers": 2,
        "heads": 2,
        "dropout": 0.2,
        "norm_first": True,
        "label_smoothing": 0.0,
        "max_history": 50,
        "mask_own": False,
    },
    "SelfAttention": {"sources": 1},
    "blocks": {"sources": 1},
    "linear_cross_entropy": {"smoothing": 0.0, "chunk": 2**24},
    "sampled_cross_entropy": {"smoothing": 0.0},
}


def test_where_nothing_is_said_the_numbers_are_these():
    assert defaults_of(nn) == DEFAULTS


def test_settings_have_these_limits():
    assert limits_of(nn) == {  # at least, above, at most, below
        "Departures.feature_start": [0, None, 1, None],
        "Departures.cosine": [0, None, None, None],
        "OfferedDepartures.cosine": [0, None, None, None],
        "AttentionConfig.dim": [1, None, 65536, None],
        "AttentionConfig.layers": [1, None, 100, None],
        "AttentionConfig.heads": [1, None, 1024, None],
        "AttentionConfig.dropout": [0, None, None, 1],
        "AttentionConfig.label_smoothing": [0, None, None, 1],
        "AttentionConfig.max_history": [1, None, 10000, None],
    }


def test_settings_that_came_after_runs_were_stored_are_not_in_their_ids():
    assert newer_than_runs(nn) == {
        "AttentionConfig.label_smoothing",
        "AttentionConfig.mask_own",
        "Departures.mask_own",
        "OfferedDepartures.cosine",
        "OfferedDepartures.item_features",
        "OfferedDepartures.mask_own",
    }


def test_what_is_made_once_cannot_be_changed():
    assert changeable(nn) == set()
