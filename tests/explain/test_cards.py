"""The reason that a world gives for a target names each garment with its position, as the page counts positions."""

import numpy as np
import pytest

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.explain.cards import reason_of, truth_of

WHY = {"pick": ("late", "the theme of {1}, the look of {0}")}


def world(history, because, titles=("", "hat", "tie", "sock", "coat")) -> Dataset:
    """One user of a made-up world in which two garments decide the last one."""
    last = len(history) - 1
    facts = {"causes": ("browse", "pick"), "cause": np.array([*[0] * last, 1]), "reasons": WHY}
    facts["because"] = np.array([*[[-1, -1]] * last, because])
    rows = np.zeros(len(history), int), np.array(history), np.arange(len(history))
    return Dataset("w", *rows, ("u",), ("", "a", "b", "c", "d"), tuple(titles), facts=facts)


def test_a_garment_that_occurs_twice_is_told_apart_by_its_position():
    first, second = (truth_of(world([1, 2, 1, 3, 4], [place, 1]), 0) for place in (0, 2))
    assert first["reason"] == "the theme of tie at position 2, the look of hat at position 1"
    assert second["reason"] == "the theme of tie at position 2, the look of hat at position 3"
    assert reason_of(world([1, 2, 1, 3, 4], [2, 1]), 0) == ["the theme of ", "tie", 1, ", the look of ", "hat", 2]


@pytest.mark.parametrize(
    ("read", "tie", "hat"),
    [
        (4, "tie at position 2", "hat at position 3"),
        (3, "tie at position 1", "hat at position 2"),
        (2, "tie before position 1", "hat at position 1"),
        (1, "tie before position 1", "hat before position 1"),
    ],
)
def test_positions_begin_at_the_first_item_that_the_model_reads(read, tie, hat):
    assert truth_of(world([1, 2, 1, 3, 4], [2, 1]), 0, read)["reason"] == f"the theme of {tie}, the look of {hat}"


def test_braces_in_a_title_are_no_place_and_an_id_is_not_shown():
    odd = world([1, 2, 1, 3, 4], [2, 1], ("", "{0} {}", "b", "sock", "coat"))
    assert truth_of(odd, 0)["reason"] == "the theme of item 2 at position 2, the look of {0} {} at position 3"
