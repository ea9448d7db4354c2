"""MMSR: its loss by hand, that it can learn, and what its gates tell."""

import numpy as np
import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.han import FUSIONS
from mmsr_lite.nn.probe import listen

HISTORY, TARGET = torch.tensor([[1, 2, 1], [3, 0, 0]]), torch.tensor([4, 12])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_minus_the_log_of_the_softmax_over_real_items(books, smoothing):
    model = MMSR(MMSRConfig(dim=8, label_smoothing=smoothing), 12, books(2)).eval()
    scores = model.scores(HISTORY).detach().double().numpy()[:, 1:]
    log_p = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    wanted = -((1 - smoothing) * log_p[[0, 1], [4 - 1, 12 - 1]] + smoothing * log_p.mean(1)).mean()
    assert model.loss(HISTORY, TARGET).item() == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("separate", [False, True])
def test_thirty_examples_are_learned_beyond_what_the_last_item_tells(books, separate):
    torch.manual_seed(0)
    history = torch.cartesian_prod(torch.arange(1, 13), torch.arange(1, 13))[torch.randperm(144)[:30]]
    target = torch.randint(1, 13, (30,))
    model = MMSR(MMSRConfig(dim=32, dropout=0, input_dropout=0, separate_gate=separate), 12, books(2, dim=32))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.004)
    for _ in range(75):
        optimiser.zero_grad()
        model.loss(history, target).backward()
        optimiser.step()
    by_last_alone = sum(target[history[:, 1] == last].bincount(minlength=1).max().item() for last in range(1, 13))
    assert (model.scores(history).argmax(1) == target).sum().item() >= 26 > by_last_alone + 5


def test_mean_beta_is_the_mean_over_real_nodes_and_layers_by_node_type(books):
    model = MMSR(MMSRConfig(dim=8, layers=2), 12, books(2)).eval()
    with listen(model) as seen:
        graph, _ = model.states(HISTORY)
    late = torch.stack([seen[f"layers.{layer}.probes.beta"][:, : graph.widths[0], 0] for layer in (0, 1)])
    found = model.mean_beta(HISTORY)
    assert list(found) == ["item", "picture", "text"] and all(0 < beta < 1 for beta in found.values())
    assert found["item"] == pytest.approx((late[:, 0, :2].sum() + late[:, 1, 0].sum()).item() / 6)  # 2 and 1 items


def test_only_gated_fusions_have_a_beta_and_unknown_ones_are_told():
    gated = {name for name in FUSIONS if MMSR(MMSRConfig(dim=4, fusion=name), 12).mean_beta(HISTORY)}
    assert gated == {"adaptive", "adaptive-invasive"}
    with pytest.raises(MMSRError, match="unknown fusion 'late'; choose from: adaptive, "):
        MMSR(MMSRConfig(fusion="late"), 12)


def test_with_cosine_a_score_is_the_scaled_cosine_of_state_and_item(books):
    torch.manual_seed(0)
    history = torch.tensor([[3, 1, 4], [5, 0, 0]])
    plain, model = (MMSR(MMSRConfig(dim=8, cosine=scale), 12, books(2, dim=8)).eval() for scale in (0.0, 20.0))
    model.load_state_dict(plain.state_dict())
    state, items = plain.user_state(history), plain.item_table()
    want = 20 * torch.cosine_similarity(state[:, None], items[None], dim=-1)[:, 1:]
    assert torch.allclose(model.scores(history)[:, 1:], want, atol=1e-5) and want.abs().max() <= 20


def test_with_item_features_an_item_is_its_identity_and_a_map_of_its_features_in_the_graph_and_in_the_score(books):
    kept = books(2)
    model = MMSR(MMSRConfig(dim=8, item_features=True, position=False, node_type=False), 12, kept).eval()
    readers, identity = model.nodes.content.readers, model.nodes.tables[0].weight
    told = sum(reader.features @ reader.map.weight.T for reader in readers)
    table = model.item_table()
    assert torch.allclose(table, identity + told, atol=1e-6) and not table[0].any()
    bare = ~(np.stack([book.codes for book in kept]) > 0).any((0, 2))
    assert bare[1:].any() and torch.equal(table[bare], identity[bare])  # without modalities: the identity alone
    (items, *_), graph = model.nodes(model.graphs(HISTORY)), model.graphs(HISTORY)
    assert torch.allclose(items, table[graph.ids[0]] @ model.nodes.merge.weight.T, atol=1e-6)
    model.loss(HISTORY, TARGET).backward()
    assert all(reader.map.weight.grad.any() for reader in readers)
    assert not hasattr(MMSR(MMSRConfig(dim=8, item_features=True), 12).nodes, "content")
