"""What this package does where nothing is said: a default that changes changes what people get, so it stands here."""

from mmsr_lite import explain
from tests.defaults import changeable, defaults_of

DEFAULTS = {
    "codebook": {"most": 6},
    "bootstrap": {"draws": 2000, "seed": 0},
    "compare": {"draws": 2000, "seed": 0, "most": 20, "progress": False},
    "Draft": {"model": 0},
    "_shuffle": {"rate": 1.0},
    "_mismatch": {"rate": 1.0},
    "_noise": {"rate": 1.0},
    "faithfulness": {"histories": 100, "orders": 5, "seed": 0, "progress": False},
    "interval_in_words": {"scale": 1},
    "flow": {"top": 5},
    "flow_table": {"batch": 64, "progress": False},
    "last_examples": {"max_history": 50},
    "gates": {"batch": 512, "flow": False, "progress": False},
    "gates_summary": {"bins": 8},
    "count_of": {"least": 1},
    "trace_edited": {"top": 10},
    "with_other_codes": {"seed": 0},
    "compare_with_pyg": {"epochs": 100, "seed": 0},
    "random_twins": {"draws": 3},
    "recommend": {"top": 10, "new_items_only": False, "explain": False, "progress": False},
    "Session": {"user": 0, "seed": 0},
    "Session.find": {"most": 24},
    "Session.what_if": {"repeats": 20},
    "stability": {"repeats": 20},
    "trace": {"top": 10},
    "what_if": {"repeats": 20, "seed": 0, "top": 10, "shared_random": False},
}


def test_where_nothing_is_said_the_numbers_are_these():
    assert defaults_of(explain) == DEFAULTS


def test_what_is_made_once_cannot_be_changed():
    assert changeable(explain) == {"EditedHistory"}
