"""A mismatch within histories: items stay, modalities trade places, always alike for the same history."""

import numpy as np
import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.nn.displacement import MIX, Displacement, _keys, traded
from mmsr_lite.nn.modality import ItemModalities

HISTORY = torch.tensor([[3, 5, 7, 9, 11, 2], [8, 4, 1, 0, 0, 0], [6, 0, 0, 0, 0, 0]])


def test_every_position_shows_the_modality_of_another_one_of_the_same_history():
    (shown,) = Displacement(["a"])(HISTORY)
    assert (shown[:2] != HISTORY[:2])[HISTORY[:2] > 0].all()
    assert all(sorted(a) == sorted(b) for a, b in zip(shown.tolist(), HISTORY.tolist(), strict=True))
    assert shown[2].tolist() == HISTORY[2].tolist()  # one alone has nobody to trade with


def test_a_share_of_the_positions_trade_and_a_rate_of_0_none():
    (half,), (none,) = Displacement(["a"], rate=0.5)(HISTORY), Displacement(["a"], rate=0.0)(HISTORY)
    assert (half != HISTORY).sum(1).tolist() == [3, 2, 0] and torch.equal(none, HISTORY)


def test_one_modality_is_displaced_and_of_all_each_by_itself():
    one, other = Displacement(["a", "b"], "b")(HISTORY)
    assert torch.equal(one, HISTORY) and not torch.equal(other, HISTORY)
    one, other = Displacement(["a", "b"])(HISTORY)
    assert not torch.equal(one, other)


def test_a_history_is_displaced_alike_whatever_stands_beside_it_and_otherwise_by_another_seed():
    shown = Displacement(["a"], seed=3)
    (whole,), (alone,) = shown(HISTORY), shown(HISTORY[1:2, :3])
    assert torch.equal(whole[1:2, :3], alone) and torch.equal(shown(HISTORY)[0], whole)
    assert not torch.equal(Displacement(["a"], seed=4)(HISTORY)[0], whole)


def test_all_ways_to_trade_are_about_equally_likely():
    histories = torch.arange(1, 3 * 3000 + 1).view(3000, 3)
    (shown,) = Displacement(["a"])(histories)
    first = (shown[:, 0] == histories[:, 1]).double().mean()  # of three, two cycles leave none in its place
    assert abs(first - 0.5) < 4 * 0.5 / 3000**0.5


def test_the_keys_are_those_of_these_equations_in_whole_numbers_of_64_bits():
    """So a history is displaced alike by every version and on every machine."""
    step, first, second = (number % 2**64 for number in MIX)

    def mixed(value):
        value = (value ^ (value >> 30)) * first % 2**64
        value = (value ^ (value >> 27)) * second % 2**64
        return value ^ (value >> 31)

    seed, number = 3, 1
    found = _keys(HISTORY, seed, number)
    for row, history in enumerate(HISTORY.tolist()):
        total = sum(mixed(item * mixed(place) % 2**64) for place, item in enumerate(history, 1))
        start = mixed((total + mixed(256 * seed + number + 1)) % 2**64)
        for place in range(1, len(history) + 1):
            base = start + place * second
            keys = [(mixed(one % 2**64) >> 11) / 2**53 for one in (base, base + step)]
            assert [key[row, place - 1].item() for key in found] == keys


def test_the_chosen_trade_along_one_cycle():
    keys = torch.tensor([[0.9, 0.1, 0.2, 0.3]]), torch.tensor([[0.0, 0.8, 0.1, 0.5]])
    source = traded(torch.ones(1, 4, dtype=torch.bool), 0.75, keys)  # 1, 2, 3 trade, in the order 2, 3, 1
    assert source.tolist() == [[0, 2, 3, 1]]


def test_a_model_sees_the_modalities_of_other_positions_and_its_items_stay(books):
    reader = ItemModalities(books(2), 8)
    history = torch.tensor([[1, 2, 3, 4]])
    plain, has = reader(history)
    reader.displaced = Displacement(reader.names, reader.names[1])
    vectors, present = reader(history)
    (_, shown) = reader.displaced(history)
    assert torch.equal(vectors[:, :, 0], plain[:, :, 0]) and torch.equal(present[..., 0], has[..., 0])
    place = [history[0].tolist().index(item) for item in shown[0].tolist()]
    assert torch.equal(vectors[0, :, 1], plain[0, place, 1]) and torch.equal(present[0, :, 1], has[0, place, 1])
    assert np.array_equal(sorted(place), range(4))


def test_a_modality_that_is_not_there_is_told():
    with pytest.raises(MMSRError, match="unknown modality 'sound'; choose from: a, b"):
        Displacement(["a", "b"], "sound")
    with pytest.raises(MMSRError, match="rate is 2; expected a share"):
        Displacement(["a"], rate=2)
