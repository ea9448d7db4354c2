"""Values in their plain form."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmsr_lite.values import expected, plain_value, quoted


@pytest.mark.parametrize(
    ("value", "kind", "plain"),
    [
        (np.float32(0.5), float, 0.5),
        (np.int16(7), int, 7),
        ([["a", 1]], tuple[tuple[str, int], ...], (("a", 1),)),
        ({"a": "b"}, str | dict[str, str] | None, {"a": "b"}),
        (Path("a"), str, "a"),
        ({1}, Any, {1}),
    ],
)
def test_what_says_the_same_is_taken(value, kind, plain):
    found = plain_value(value, kind)
    assert found == plain and type(found) is type(plain)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, int),
        (1.0, int),
        (True, float),
        (float("inf"), float),
        ("1", float),
        ("ab", tuple[str, ...]),
        ((1,), tuple[int, int]),
        (5, dict[str, str]),
        ({5: "a"}, dict[str, str]),
        (None, str),
        (0, bool),
    ],
)
def test_what_says_something_else_is_refused(value, kind):
    with pytest.raises((TypeError, ValueError)):
        plain_value(value, kind)


def test_what_was_expected_is_said_in_words():
    assert expected(tuple[int, int], " of at least 1") == "a list of 2 whole numbers of at least 1"
    assert expected(bool) == "true or false" and expected(Path) == "a Path"


def test_a_long_value_is_shortened_where_it_is_quoted():
    assert quoted("a" * 58) == repr("a" * 58)  # 60 characters with its quotes
    assert quoted("a" * 59) == repr("a" * 59)[:60] + "..."
