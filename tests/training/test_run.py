"""What follows from a config: settings find their place, data are corrupted and split as it says."""

import numpy as np
import pytest

from mmsr_lite.errors import MMSRError
from mmsr_lite.training.ingredients import parts_of, prepare


def test_a_setting_goes_where_its_field_is(config):
    changed = config.with_settings(fusion="hohe", seed=3, codes=4)
    assert (changed.settings["fusion"], changed.train.seed, changed.codes) == ("hohe", 3, 4)
    assert changed.settings["dim"] == 8 and changed.id != config.id
    assert config.with_settings(lr=1, cosine=20) == config.with_settings(lr=1.0, cosine=20.0)
    assert type(config.with_settings(lr=1).train.lr) is float
    with pytest.raises(MMSRError, match=r"unknown setting 'learning_rate'; choose from: .*lr"):
        config.with_settings(learning_rate=1)


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


def test_names_that_moved_answer_from_their_old_place():
    from mmsr_lite.training import fit, run

    assert run.fit is fit.fit and run.open_run is fit.open_run and run.Run is fit.Run
    with pytest.raises(AttributeError, match="has no attribute 'learn'"):
        run.learn  # noqa: B018
