"""Samples: a whole record of every kind that a view reads, and no picture of a real item."""

import pytest

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import VIEWS
from mmsr_lite.views.samples import _texts, sample

KINDS = ("trace", "history", "what-if", "gates", "compare", "faithfulness", "codebook", "study", "flow", "leaks")
KINDS += ("fusion", "stability")
READS = {"training": "history", "what_if": "what-if", "inspector": "gates", "compare": "compare"}
READS |= {
    "fidelity": "faithfulness",
    "codebook": "codebook",
    "flow": "flow",
    "leaks": "leaks",
    "fusion": "fusion",
    "stability": "stability",
}


def test_there_is_a_sample_of_every_kind_that_a_view_reads():
    assert tuple(_texts()) == KINDS
    for name, make in VIEWS.items():
        view = make(sample(READS.get(name, "trace")))
        assert view.text and view.table
    with pytest.raises(MMSRError, match="unknown sample 'tracce'"):
        sample("tracce")


def test_a_sample_is_new_at_each_call():
    first = sample("trace")
    first["nodes"].clear()
    assert len(sample("trace")["nodes"]) == 7
