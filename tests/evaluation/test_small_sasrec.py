"""The small SASRec: windows and batches by hand, states by its own parts, how many steps it takes, that it learns."""

import numpy as np
import torch

from mmsr_lite.data.split import Examples
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.evaluation.small_sasrec import SmallSASRec, SmallSASRecConfig, _batches, _windows
from mmsr_lite.nn.self_attention import causal

SMALL = SmallSASRecConfig(dim=8, epochs=3, batch=2, dropout=0.0)


def test_windows_hold_each_users_items_in_pieces_that_share_one_item():
    items = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9])
    some = Examples(items, np.array([0, 0, 0, 0, 5, 5]), np.array([1, 2, 3, 4, 6, 7]), np.array([0, 0, 0, 0, 1, 1]))
    assert [one.tolist() for one in _windows(some, 2)] == [[1, 2, 3], [3, 4, 5], [6, 7, 8]]
    assert [one.tolist() for one in _windows(some, 3)] == [[1, 2, 3, 4], [4, 5], [6, 7, 8]]
    assert [one.tolist() for one in _windows(some, 50)] == [[1, 2, 3, 4, 5], [6, 7, 8]]


def test_batches_hold_every_window_once_beside_those_of_like_lengths_and_padding_at_the_right():
    windows = [np.arange(1, 1 + length) for length in (4, 2, 5, 2, 3)]
    found = [batch.tolist() for batch in _batches(windows, 2, (0, 0))]
    by_size = sorted(found, key=lambda batch: (len(batch[0]), -len(batch)))
    assert by_size == [[[1, 2], [1, 2]], [[1, 2, 3, 0], [1, 2, 3, 4]], [[1, 2, 3, 4, 5]]]
    assert found == [batch.tolist() for batch in _batches(windows, 2, (0, 0))]
    many = [tuple(len(batch[0]) for batch in _batches(windows, 2, (0, epoch))) for epoch in range(20)]
    assert len(set(many)) > 1  # in another order in another epoch


def test_a_state_is_that_of_the_blocks_on_items_and_places_scaled_by_the_root_of_the_width():
    model = SmallSASRec(SMALL, 6).eval()
    history = torch.tensor([[3, 1, 2], [5, 0, 0]])
    x = (model.items(history) + model.positions.weight[:3]) * 8**0.5
    for block in model.blocks:
        x = block(x, causal(3, history.device))
    wanted = model.norm(x)
    assert torch.allclose(model.states(history), wanted)
    assert torch.allclose(model.user_state(history), torch.stack([wanted[0, 2], wanted[1, 0]]))
    assert not model.items.weight[0].any() and len(model.items.weight) == 7 and len(model.blocks) == 1


def test_it_takes_the_steps_of_all_epochs_ends_where_it_ranks_and_depends_on_its_seed(cycle, monkeypatch):
    steps = []
    monkeypatch.setattr(
        torch.optim.Adam, "step", lambda self, before=torch.optim.Adam.step: steps.append(1) or before(self)
    )

    def learned(seed: int) -> SmallSASRec:
        torch.manual_seed(0)  # of the weights that it starts with
        model = SmallSASRec(SmallSASRecConfig(dim=8, epochs=3, batch=5, dropout=0.0, seed=seed), 12)
        model.learn(cycle.train)
        return model

    one = learned(0)
    windows = len(np.unique(cycle.train.user))
    assert len(steps) == 3 * -(-windows // 5) and not one.training
    same, other = learned(0), learned(1)
    assert torch.equal(one.items.weight, same.items.weight) and not torch.equal(one.items.weight, other.items.weight)


def test_it_learns_what_comes_next_on_a_circle(cycle):
    torch.manual_seed(0)
    model = SmallSASRec(SmallSASRecConfig(dim=16, epochs=40, batch=12), 12)
    before = ranks(model, cycle.test).mean()
    model.learn(cycle.train)
    assert ranks(model, cycle.test).mean() < 3 < before
