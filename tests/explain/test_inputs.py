"""What people pass comes to one form; what cannot be meant is quoted in one sentence."""

import numpy as np
import pytest
import torch

from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.codebook import codebook
from mmsr_lite.explain.compare import compare
from mmsr_lite.explain.gates import gates, last_examples
from mmsr_lite.explain.inputs import count_of, is_whole, items_of, user_index
from mmsr_lite.explain.pyg import compare_with_pyg
from mmsr_lite.explain.session import Session
from mmsr_lite.explain.what_if import what_if
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.models.sasrec import SASRec, SASRecConfig


@pytest.fixture(scope="module")
def world():
    return load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())


@pytest.fixture(scope="module")
def model(world):
    return MMSR(MMSRConfig(dim=8), world.num_items)


def test_an_id_goes_before_a_number_that_is_written_as_text(world):
    from dataclasses import replace

    swapped = replace(world, user_ids=("3", "2", "1", "0"))
    assert [user_index(swapped, user) for user in ("3", "0", 3, np.int8(0))] == [0, 3, 3, 0]


@pytest.mark.parametrize(
    "user", [-1, 4, "4", "x", "²", "-1", "", 1.0, None, True, [0], np.nan, b"u0000", torch.ones(2)]
)
def test_what_is_no_user_is_quoted(world, user):
    with pytest.raises(MMSRError, match=r"there is no user .* in 'wardrobe-match'; give an id such as 'u0000', or"):
        user_index(world, user)


@pytest.mark.parametrize(
    "history", [None, "12", 3, [], [0], [1, None], [1.0], [True], np.ones((2, 2)), {1: 2}, [10**9]]
)
def test_what_is_no_history_is_quoted(world, history):
    with pytest.raises(MMSRError, match=r"^history .*; expected (items from 1 to 9|one axis)"):
        items_of(world, history)


def test_whole_numbers_are_those_of_python_numpy_and_torch():
    assert all(map(is_whole, (1, np.int8(1), np.uint64(1), torch.tensor(1))))
    assert not any(map(is_whole, (True, 1.0, "1", None, torch.tensor(1.0), torch.tensor([1]))))
    assert type(count_of(np.int64(3), "top")) is int


def test_a_what_if_a_comparison_and_a_session_take_the_same_forms(world, model):
    past = world.history(0)[:-1]
    asked = {"change": {"do": "remove", "position": np.int64(1)}, "repeats": np.int64(2)}
    records = [what_if(model, world, history=history, **asked) for history in (past, past.tolist(), torch.tensor(past))]
    assert records[0] == records[1] == records[2]
    assert what_if(model, world, "u0000", **asked) == what_if(model, world, 0, **asked)
    assert compare_with_pyg(model, world, "u0001", epochs=1) == compare_with_pyg(model, world, np.int64(1), epochs=1)
    assert Session(model, world, "u0002").record == Session(model, world, 2).record


def test_a_model_that_does_not_fit_is_named(world, model):
    other = SASRec(SASRecConfig(dim=8), world.num_items)
    for call in (
        lambda: what_if(other, world, 0),
        lambda: compare_with_pyg(other, world, 0),
        lambda: gates(other, world),
        lambda: gates("mmsr", world),
        lambda: codebook(model, world),
        lambda: compare([model, model], world, last_examples(world)),
    ):
        with pytest.raises(MMSRError, match=r"has no (MSGraph|update gates|codes)|models is \["):
            call()
