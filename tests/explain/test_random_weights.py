"""Shuffled weights: the same numbers in another order, several times, and part by part from the scores down."""

import numpy as np
import pytest
import torch

from mmsr_lite.explain.random_weights import parts_from_the_top, random_twins, random_weights, shuffled


def changed(model, twin):
    """The names of the weights that differ."""
    pairs = zip(model.named_parameters(), twin.parameters(), strict=True)
    return {name for (name, one), two in pairs if not torch.equal(one, two)}


def test_shuffled_weights_are_the_same_numbers(random_model):
    model = random_model()
    twin = shuffled(model, 3)
    for (name, one), two in zip(model.named_parameters(), twin.parameters(), strict=True):
        assert torch.equal(one.flatten().sort().values, two.flatten().sort().values)
        assert one.numel() == 2 or torch.equal(one, two) == name.startswith("codes")  # two numbers may stay


def test_draws_differ_from_each_other(random_model):
    model = random_model()
    (one, two, three), _ = random_twins(model, seed=0)
    assert changed(one, two) and changed(two, three) and changed(one, three)
    assert not changed(one, random_twins(model, seed=0)[0][0])


def test_parts_are_shuffled_from_the_layer_next_to_the_scores_down_each_with_all_above(random_model):
    model = random_model()
    _, cascade = random_twins(model, seed=0)
    assert [*cascade] == ["layer 2", "layer 1", "embeddings"] == [*parts_from_the_top(model)]
    prefixes = ("layers.1.", "layers.0.", "nodes.")
    for number, twin in enumerate(cascade.values(), 1):
        found = changed(model, twin)
        assert found and all(name.startswith(prefixes[:number]) for name in found)
        assert any(name.startswith(prefixes[number - 1]) for name in found)


def test_the_check_passes_where_every_draw_differs_and_says_each_part():
    draws = np.array([[0.1, 0.3, 0.2], [0.0, 0.2, 0.1]])
    found = random_weights(draws, {"layer 1": np.full(3, 0.9), "embeddings": np.full(3, 0.1)})
    assert found["spearman"] == pytest.approx(0.15) and found["draws"] == pytest.approx([0.2, 0.1]) and found["passed"]
    assert found["layers"][0] == {"part": "layer 1", "spearman": 0.9, "interval": [0.9, 0.9]}
    assert "Shuffled from the top down: layer 1 +0.90, embeddings +0.10." in found["sentence"]


def test_one_draw_that_comes_out_alike_fails_the_check():
    found = random_weights(np.array([[0.0, 0.1, 0.0], [0.7, 0.6, 0.8]]), {})
    assert found["interval"][1] < 0.5 and not found["passed"] and "hardly more than the graph" in found["sentence"]
