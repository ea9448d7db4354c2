"""A run: settings find their place, refitting reads what selection held out, and a folder gives back what went in."""

import numpy as np
import pytest
import torch

from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.training.run import RunConfig, fit, open_run, parts_of, prepare


@pytest.fixture
def config(tiny_folder):
    run = RunConfig(str(tiny_folder), ("title",), min_count=2)
    return run.with_settings(dim=8, codes=3, codes_per_item=1, epochs=2, batch=4, lr=0.01, device="cpu")


def test_a_setting_goes_where_its_field_is(config):
    changed = config.with_settings(fusion="hohe", seed=3, codes=4)
    assert (changed.settings["fusion"], changed.train.seed, changed.codes) == ("hohe", 3, 4)
    assert changed.settings["dim"] == 8 and changed.id != config.id
    assert config.with_settings(lr=1, cosine=20) == config.with_settings(lr=1.0, cosine=20.0)
    assert type(config.with_settings(lr=1).train.lr) is float
    with pytest.raises(MMSRError, match=r"unknown setting 'learning_rate'; choose from: .*lr"):
        config.with_settings(learning_rate=1)


def test_refitting_trains_again_on_the_whole_training_part(config, tmp_path):
    fit(config, tmp_path / "once", progress=False)
    fit(config.with_settings(refit=True), tmp_path / "twice", progress=False)
    once, twice = (read_json(tmp_path / name / "history.json") for name in ("once", "twice"))
    assert "refit" not in once and len(twice["refit"]) == twice["best_epoch"]
    # six interactions a user, of which int(0.2 * 6) = 1 is tested: 4 of 5 to train on while selecting, then all
    assert twice["epochs"][0]["loss"] == once["epochs"][0]["loss"] != twice["refit"][0]["loss"]


def test_an_opened_run_scores_as_it_did(config, tmp_path):
    model, dataset, _ = fit(config, tmp_path, progress=False)
    again, opened, data, parts = open_run(tmp_path, "cpu")
    assert again.id == config.id and data.item_ids == dataset.item_ids and len(parts.test) == 4
    history = torch.from_numpy(parts.test.histories())
    assert torch.equal(model.eval().scores(history), opened.scores(history))


def test_a_fresh_fit_leaves_no_older_checkpoint(config, tmp_path):
    fit(config.with_settings(refit=True), tmp_path, progress=False)
    with pytest.raises(MMSRError, match="lower num_codes"):  # a mistake costs nothing
        fit(config.with_settings(codes=7), tmp_path, progress=False)
    assert (tmp_path / "refit").exists()
    fit(config, tmp_path, progress=False)
    assert not (tmp_path / "refit").exists()


def test_what_is_no_run_of_this_version_is_told(config, tmp_path):
    with pytest.raises(MMSRError, match="holds no run"):
        open_run(tmp_path)
    write_json(tmp_path / "config.json", {"id": "x", "source": "wardrobe", "train": {"momentum": 1}})
    with pytest.raises(MMSRError, match=r"does not fit this version: .*momentum"):
        open_run(tmp_path)


def test_a_run_on_mismatched_modalities_trains_on_other_items_features(config):
    true, wrong = prepare(config).modalities[0], prepare(config.with_settings(corruption="mismatched")).modalities[0]
    assert np.array_equal(np.sort(true.features, axis=0), np.sort(wrong.features, axis=0))  # the same rows, elsewhere
    assert (true.features[1:] != wrong.features[1:]).any(axis=1).all()
    one = prepare(config.with_settings(corruption="missing", corrupted="title", rate=0.5)).modalities[0]
    assert one.present.sum() == 6 / 2
    with pytest.raises(MMSRError, match="unknown corruption 'scrambled'"):
        prepare(config.with_settings(corruption="scrambled"))


def test_a_run_in_disorder_has_the_same_targets_after_the_same_items_in_another_order(config):
    dataset = prepare(config)
    ordered, disordered = (parts_of(c, dataset).test for c in (config, config.with_settings(corruption="disordered")))
    assert np.array_equal(ordered.targets, disordered.targets) and np.array_equal(ordered.user, disordered.user)
    one, other = ordered.histories(), disordered.histories()
    assert np.array_equal(np.sort(one), np.sort(other)) and (one != other).any(axis=1).all()
