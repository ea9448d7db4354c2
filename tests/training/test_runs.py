"""A run in memory: what follows from its config is made once, and it still unpacks as it did."""

import warnings

import pytest

from mmsr_lite.training import runs
from mmsr_lite.training.fit import fit, open_run
from mmsr_lite.training.runs import Run


def test_nothing_is_made_twice(config, tmp_path, monkeypatch):
    made = []
    for name in ("prepare", "codebooks", "parts_of"):
        original = getattr(runs, name)
        monkeypatch.setattr(runs, name, lambda *args, name=name, do=original: made.append(name) or do(*args))
    run = fit(config.with_settings(refit=True), tmp_path, progress=False)
    assert run.split is run.split and run.codebooks is run.codebooks
    run.evaluate()
    assert sorted(made) == ["codebooks", "parts_of", "parts_of", "prepare"]  # with and without validation items


def test_a_run_still_unpacks_as_before_with_a_warning(config, tmp_path):
    run = fit(config, tmp_path, progress=False)
    with pytest.warns(DeprecationWarning, match=r"use run\.model, run\.dataset, run\.metrics instead"):
        model, dataset, metrics = run
    assert model is run.model and dataset is run.dataset and metrics is run.metrics
    with pytest.warns(DeprecationWarning, match=r"use run\.config, run\.model, run\.dataset, run\.split instead"):
        again, _, _, parts = open_run(tmp_path, "cpu")
    assert again == config and len(parts.test) == 4
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model, dataset = Run(config)  # what `trace(*run)` takes
