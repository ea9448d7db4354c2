"""Departures from the paper are off by default, have flat names in the config, and leave the core's classes alone."""

from dataclasses import asdict, fields

import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn import departures
from mmsr_lite.nn.departures import Departures, FeatureNodeEmbedding, ReleasedHANLayer, SeparateGate
from mmsr_lite.nn.gate import UpdateGate
from mmsr_lite.nn.han import HANLayer
from mmsr_lite.nn.nodes import NodeEmbedding
from mmsr_lite.training.run_config import RunConfig


def test_without_departures_every_part_is_the_papers_own(books):
    model = MMSR(MMSRConfig(dim=8), 12, books(2))
    assert type(model.nodes) is NodeEmbedding and type(model.layers[0]) is HANLayer
    assert type(model.layers[0].gate) is UpdateGate
    vectors = torch.ones(2, 3)
    assert model.compared(vectors) is vectors and not any(asdict(Departures()).values())


def test_each_departure_changes_its_part_and_no_other(books):
    released = MMSR(MMSRConfig(dim=8, separate_gate=True), 12, books(2))
    assert type(released.layers[0]) is ReleasedHANLayer and type(released.layers[0].gate) is SeparateGate
    assert released.layers[0].query is not released.layers[0].value
    tied = MMSR(MMSRConfig(dim=8, tied_maps=True), 12, books(2)).layers[0]
    assert tied.query is tied.key is tied.value and type(tied.gate) is UpdateGate and not tied.hohe_reads_input
    assert type(MMSR(MMSRConfig(dim=8, item_features=True), 12, books(1)).nodes) is FeatureNodeEmbedding
    other = MMSR(MMSRConfig(dim=8, aggregator="gat", tied_maps=True), 12, books(2)).layers[0]
    assert not isinstance(other, HANLayer)


@pytest.mark.parametrize("name", [field.name for field in fields(Departures)])
def test_every_departure_keeps_its_flat_name_and_stands_in_the_table(name):
    value = 2.0 if name == "cosine" else 0.5 if name == "feature_start" else True
    settings = RunConfig("wardrobe").with_settings(**{name: value}).settings
    assert settings == {name: value} and getattr(MMSRConfig(**settings), name) == value
    assert f"| `{name}` |" in departures.__doc__


def test_an_item_with_features_is_its_identity_plus_the_sum_of_the_maps_of_all_modalities(books):
    for modalities in (1, 2):
        nodes = MMSR(MMSRConfig(dim=8, item_features=True), 12, books(modalities)).nodes
        wanted = nodes.tables[0].weight.clone()
        for reader in nodes.content.readers:
            torch.nn.init.normal_(reader.map.weight)
            wanted = wanted + reader.features @ reader.map.weight.T
        assert torch.allclose(nodes.items(), wanted, atol=1e-5)


@pytest.mark.parametrize(("share", "allowed"), [(0.0, True), (1.0, True), (-0.01, False), (1.01, False)])
def test_the_share_of_features_at_the_start_is_a_share(share, allowed):
    if allowed:
        assert MMSRConfig(feature_start=share).feature_start == share
    else:
        with pytest.raises(MMSRError, match="feature_start is "):
            MMSRConfig(feature_start=share)


def test_at_the_start_features_and_chance_are_mixed_by_the_share_without_changing_the_spread(books):
    (book,) = books(1)
    found = {}
    for share in (0.0, 0.36, 1.0):
        torch.manual_seed(0)
        found[share] = MMSR(MMSRConfig(dim=8, feature_start=share), 12, (book,)).nodes.tables[0].weight.detach()
    has = torch.from_numpy((book.codes > 0).any(1))
    assert torch.equal(found[1.0][~has], found[0.0][~has])
    mixed = 0.64**0.5 * found[0.0][has] + 0.36**0.5 * found[1.0][has]
    assert torch.allclose(found[0.36][has], mixed, atol=1e-6) and not torch.allclose(found[1.0][has], found[0.0][has])
