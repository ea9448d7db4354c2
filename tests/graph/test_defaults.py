"""What this package does where nothing is said: a default that changes changes what people get, so it stands here."""

from mmsr_lite import graph
from tests.defaults import changeable, defaults_of

DEFAULTS = {
    "GraphBatch": {"global_attention": False},
    "build_graphs": {"global_attention": False},
    "fit_codebook": {"num_codes": 30, "codes_per_item": 3, "dim": 128, "seed": 0},
    "planted_codebook": {"seed": 0},
    "fit_codebooks": {"num_codes": 30, "codes_per_item": 3},
    "own_nodes": {"dim": 128, "seed": 0},
    "msgraph_of": {"row": 0},
    "build_msgraph": {"global_attention": False},
    "autoencoder": {"sigmoid": False},
}


def test_where_nothing_is_said_the_numbers_are_these():
    assert defaults_of(graph) == DEFAULTS


def test_what_is_made_once_cannot_be_changed():
    assert changeable(graph) == set()
