"""DIF-SR: without its sides it is SASRec's attention; its attribute predictor by hand."""

import math

import pytest
import torch
from torch import nn

from mmsr_lite.models.dif_sr import DIFSR, DIFSRConfig
from mmsr_lite.models.sasrec import SASRec, SASRecConfig

HISTORY, TARGET = torch.tensor([[1, 4, 2], [3, 0, 0]]), torch.tensor([5, 6])


def test_with_silent_sides_it_is_sasrec_without_positions(books):
    model, plain = DIFSR(DIFSRConfig(dim=8), 12, books(2)).eval(), SASRec(SASRecConfig(dim=8), 12).eval()
    encoder = plain.sequences[0]
    plain.items, encoder.blocks, encoder.norm = model.items, model.blocks, model.norm
    nn.init.zeros_(encoder.positions.weight)
    for block in model.blocks:
        for silent in block.attention.query[1:]:
            nn.init.zeros_(silent.weight)
    found = model.user_state(HISTORY)
    for block in model.blocks:
        block.attention.query, block.attention.key = block.attention.query[:1], block.attention.key[:1]
    assert torch.allclose(found, plain.user_state(HISTORY), atol=1e-6)


def test_the_attribute_loss_is_the_binary_cross_entropy_of_the_codes_of_targets_that_have_some(books):
    both = books(2)
    model = DIFSR(DIFSRConfig(dim=8, attribute_weight=3.0), 12, both).eval()
    state, wanted = model.user_state(HISTORY), 0.0
    for book, predict in zip(both, model.predictors, strict=True):
        for row, item in enumerate(TARGET.tolist()):
            chance, has = predict(state[row]).sigmoid().tolist(), set(book.codes[item]) - {0}
            terms = [math.log(p if code in has else 1 - p) for code, p in enumerate(chance, 1)]
            wanted -= 3.0 * bool(has) * sum(terms) / len(terms) / len(TARGET)
    plain = super(DIFSR, model).loss(HISTORY, TARGET)
    assert (model.loss(HISTORY, TARGET) - plain).item() == pytest.approx(wanted, rel=1e-4)
    assert {bool(set(book.codes[item]) - {0}) for book in both for item in TARGET.tolist()} == {True, False}
    bare = DIFSR(DIFSRConfig(dim=8, attribute_weight=0.0), 12, both).eval()
    assert bare.loss(HISTORY, TARGET).item() == pytest.approx(super(DIFSR, bare).loss(HISTORY, TARGET).item())
