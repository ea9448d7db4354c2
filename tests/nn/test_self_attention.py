"""Blocks against `nn.TransformerEncoderLayer`, and what one, another or several sources of logits mean."""

import pytest
import torch
from torch import nn

from mmsr_lite.errors import MMSRError
from mmsr_lite.nn.probe import listen
from mmsr_lite.nn.self_attention import AttentionConfig, SelfAttention, blocks, causal

X = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(0))
MASK = causal(5, X.device)


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_block_equals_the_transformer_layer_of_torch(norm_first):
    (block,) = blocks(AttentionConfig(dim=8, layers=1, norm_first=norm_first)).eval()
    theirs = nn.TransformerEncoderLayer(8, 2, 8, batch_first=True, norm_first=norm_first).eval()
    ours, attention = block.attention, theirs.self_attn
    with torch.no_grad():
        for bias in (attention.in_proj_bias, attention.out_proj.bias):
            bias.zero_()
        attention.in_proj_weight.copy_(torch.cat([ours.query[0].weight, ours.key[0].weight, ours.value.weight]))
        attention.out_proj.weight.copy_(ours.out.weight)
    theirs.linear1, theirs.linear2 = block.feed_forward[0], block.feed_forward[3]
    theirs.norm1, theirs.norm2 = block.norms
    assert torch.allclose(block(X, MASK), theirs(X, src_mask=~MASK), atol=1e-6)


def test_logits_of_several_sources_add_up_and_a_silent_source_changes_nothing():
    many, one = SelfAttention(8, 2, 0.0, sources=3), SelfAttention(8, 2, 0.0)
    other = torch.randn_like(X)
    for name in ("value", "out"):
        getattr(one, name).load_state_dict(getattr(many, name).state_dict())
    logits = []
    for number, source in enumerate((X, other, 2 * other)):
        one.query[0], one.key[0] = many.query[number], many.key[number]
        with listen(one) as seen:
            one(X, torch.ones_like(MASK), lambda _, source=source: [source])
        logits.append(seen["probes.logits"])
    with listen(many) as seen:
        many(X, torch.ones_like(MASK), lambda x: [x, other, 2 * other])
    assert torch.allclose(seen["probes.logits"], sum(logits), atol=1e-6)
    one.query[0], one.key[0] = many.query[0], many.key[0]
    for number in (1, 2):
        nn.init.zeros_(many.query[number].weight)
    assert torch.allclose(many(X, MASK, lambda x: [x, other, other]), one(X, MASK), atol=1e-6)


def test_heads_must_divide_the_width():
    with pytest.raises(MMSRError, match="heads is 2 and dim is 9; expected heads to divide dim"):
        AttentionConfig(dim=9)
