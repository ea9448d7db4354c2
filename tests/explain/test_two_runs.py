"""What differs between two runs, by hand: the bands of gates."""

import numpy as np
import pytest

from mmsr_lite.explain.two_runs import _bands, changed_edges
from mmsr_lite.views.samples import sample

CLEAN, CHANGED = 0, 1  # the first two runs


def test_a_band_is_that_of_the_repeats_less_the_clean_run_wherever_the_node_stands_in_each():
    late = np.full((2, 4, 2), np.nan)  # two layers, two repeats, two slots
    late[:, CLEAN, 1], late[:, CHANGED, 0] = [0.25, 0.5], 0.9  # the change itself is in no band
    late[:, 2, 0], late[:, 3, 1] = [0.5, 0.5], [0.75, 0.25]
    slots = np.array([[False, True], [True, False], [True, False], [False, True]])
    one, two = _bands(late, slots)
    assert one == pytest.approx([0.25 + 0.05 * 0.25, 0.25 + 0.95 * 0.25])  # between 0.5 - 0.25 and 0.75 - 0.25
    assert two == pytest.approx([-0.25 + 0.05 * 0.25, -0.25 + 0.95 * 0.25])
    slots[3] = False
    assert _bands(late, slots) == [[0.25, 0.25], [0.0, 0.0]]  # one repeat that has the node is enough


def test_there_is_no_band_where_the_clean_run_or_every_repeat_lacks_the_node():
    late, here = np.full((2, 3, 1), 0.5), np.ones((3, 1), bool)
    assert _bands(late, here) == [[0.0, 0.0], [0.0, 0.0]]
    for run in (CLEAN, 2):
        there = here.copy()
        there[run] = False
        assert _bands(late, there) == [None, None]
    there = here.copy()
    there[CHANGED] = False
    assert _bands(late, there) == [[0.0, 0.0], [0.0, 0.0]]


def test_an_edge_whose_relation_changes_is_one_edge_with_its_place_in_both_runs():
    clean, changed = sample("trace"), sample("trace")
    other = next(place for place, edge in enumerate(changed.edges) if changed.relations[edge[2]] == "out")
    changed.edges[other][2] = changed.relations.index("both")
    moved = changed.edges.pop(0)
    changed.edges.append(moved)
    for layer in changed.layers:
        for phases in layer["attention"].values():
            for phase in phases:
                phase["weights"].append(phase["weights"].pop(0))
    found = changed_edges(clean, changed)
    last = len(clean.edges) - 1
    others = [{"clean": place, "changed": place - 1} for place in range(1, last + 1)]
    assert found["edges"] == [{"clean": 0, "changed": last}, *others]
    deltas = [delta for path in found["attention"][0].values() for phase in path for delta in phase]
    assert set(deltas) == {0.0, None}
