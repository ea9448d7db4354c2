"""A pairwise grid has fewer cases than all combinations, and loses no pair."""

import importlib.util
from itertools import combinations, product
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("root_conftest", Path(__file__).parents[1] / "conftest.py")
conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conftest)


@pytest.mark.parametrize(
    ("choices", "most"),
    [
        (["ab", "cd", "ef"], 4),
        ([range(9), range(4), range(4), [False, True]], 40),
        (["ab"], 2),
        ([range(3), range(2)], 6),
    ],
)
def test_any_two_values_meet_in_a_case(choices, most):
    cases = conftest.cases_with_every_pair(choices)
    for i, j in combinations(range(len(choices)), 2):
        assert {(case[i], case[j]) for case in cases} == set(product(choices[i], choices[j]))
    assert {case[0] for case in cases} == set(choices[0])
    assert len(cases) == len(set(cases)) <= most
