"""Weights on disk: what comes back, what is refused and how it is told."""

import pytest
import torch
from torch import nn

from mmsr_lite.errors import MMSRError
from mmsr_lite.models.counting import Markov, MarkovConfig
from mmsr_lite.training.weights import load_weights, save_tensors


def test_a_counting_model_takes_the_sizes_it_was_saved_with(cycle, tmp_path):
    model, other = Markov(MarkovConfig(), 12), Markov(MarkovConfig(), 12)
    model.count(cycle.train)
    save_tensors(tmp_path / "a.safetensors", model.state_dict())
    load_weights(tmp_path / "a.safetensors", other)
    assert len(other.weight) == len(model.weight) > 0 and torch.equal(other.begin, model.begin)
    save_tensors(tmp_path / "b.safetensors", {"begin": model.begin, "weight": model.weight})
    with pytest.raises(MMSRError, match="another config: 'follower' is missing there"):
        load_weights(tmp_path / "b.safetensors", other)


def test_weights_of_another_config_are_refused_and_change_nothing(tmp_path):
    model, file = nn.Linear(2, 2, bias=False), tmp_path / "a.safetensors"
    before, zeros = model.weight.clone(), torch.zeros
    for tensors, message in (
        ({"weight": zeros(3, 2)}, r"'weight' is \(3, 2\) there and \(2, 2\) in this model; use the config.json"),
        ({}, "'weight' is missing there"),
        ({"weight": zeros(2, 2).T, "bias": zeros(2)}, r"'bias' is \(2,\) there and unknown in this model"),
    ):
        save_tensors(file, tensors)
        with pytest.raises(MMSRError, match=message):
            load_weights(file, model)
    assert torch.equal(model.weight, before)


def test_numbers_that_a_file_keeps_shorter_come_back_in_the_models_types_and_no_others(tmp_path):
    file = tmp_path / "a.safetensors"
    for shorter, own in ((torch.float16, torch.float32), (torch.int16, torch.int64)):
        model = nn.Module()
        model.table = nn.Parameter(torch.zeros(2, dtype=own), requires_grad=False)
        save_tensors(file, {"table": torch.tensor([3, 7], dtype=shorter)})
        load_weights(file, model)
        assert model.table.dtype == own and model.table.tolist() == [3, 7]
        other = {torch.float16: torch.int16, torch.int16: torch.float16}[shorter]  # another kind of number
        save_tensors(file, {"table": torch.tensor([3, 7], dtype=other)})
        with pytest.raises(MMSRError, match="'table' holds 1 axes of"):
            load_weights(file, model)


def test_a_file_that_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(MMSRError, match=r"there is no file .*a\.safetensors'; train first"):
        load_weights(tmp_path / "a.safetensors", nn.Linear(2, 2))
    (tmp_path / "a.safetensors").write_bytes(b"damaged")
    with pytest.raises(MMSRError, match=r"a\.safetensors' cannot be read as safetensors"):
        load_weights(tmp_path / "a.safetensors", nn.Linear(2, 2))


def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, full_disk):
    save_tensors(tmp_path / "a.safetensors", {"weight": torch.ones(1, 1)})
    full_disk()
    with pytest.raises(MMSRError, match=r"could not write .*a\.safetensors': No space left on device; free space"):
        save_tensors(tmp_path / "a.safetensors", {"weight": torch.zeros(1, 1)})
    load_weights(tmp_path / "a.safetensors", model := nn.Linear(1, 1, bias=False))
    assert model.weight.item() == 1 and len(list(tmp_path.iterdir())) == 1
