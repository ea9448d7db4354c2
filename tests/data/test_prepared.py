"""Prepared folders: exact round trip, whole or not at all."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmsr_lite.data import load
from mmsr_lite.data.corruption import missing
from mmsr_lite.data.dataset import Modality
from mmsr_lite.data.prepared import read_features, save_prepared, write_features
from mmsr_lite.errors import MMSRError


def assert_same(first, second) -> None:
    for name in ("name", "user_ids", "item_ids", "titles", "texts"):
        assert getattr(first, name) == getattr(second, name), name
    both = (first, second)
    arrays = [[d.user, d.item, d.time, *(a for m in d.modalities for a in (m.features, m.present))] for d in both]
    assert all(one.dtype == two.dtype and np.array_equal(one, two) for one, two in zip(*arrays, strict=True))
    assert [m.name for m in first.modalities] == [m.name for m in second.modalities]


def full(*_, **__) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.filterwarnings("ignore:.*absent")
def test_a_prepared_folder_is_read_back_as_it_was_without_any_encoder(tiny_folder, tmp_path, monkeypatch):
    (tiny_folder / "photos/2.png").unlink()
    dataset = load(tiny_folder, min_count=4)
    dataset = replace(dataset, facts=dataset.facts | {"told": [1, "a"], "tacit": np.arange(3)})
    folder = save_prepared(dataset, tmp_path / "ready")
    monkeypatch.setattr("mmsr_lite.data.sources.folder.encode", None)
    again = load(folder)
    assert_same(dataset, again)
    assert again.facts == {"unreadable": {"photo": 1}, "told": [1, "a"]}
    assert Path(again.pictures[1]).read_bytes() == Path(dataset.pictures[1]).read_bytes()
    assert again.pictures[3] is None and str(folder.resolve()) in again.pictures[1]
    assert_same(dataset.with_modalities("tags"), load(folder, modalities=["tags"]))


def test_a_modality_that_nobody_has_any_more_and_an_odd_name_come_back_too(tiny_folder, tmp_path):
    dataset = missing(load(tiny_folder, modalities=["title"], min_count=4), modality="title", rate=1)
    odd = Modality("../odd/name", np.ones((7, 2), np.float32) * (np.arange(7) > 2)[:, None], np.arange(7) > 2)
    dataset = replace(dataset, modalities=(*dataset.modalities, odd))
    assert_same(dataset, load(save_prepared(dataset, tmp_path / "ready")))


@pytest.mark.parametrize("failing", ["os.replace", "shutil.copyfile", "mmsr_lite.data.prepared.write_json"])
def test_a_full_disk_leaves_no_trace_and_what_exists_is_never_overwritten(tiny_folder, tmp_path, monkeypatch, failing):
    dataset, before = load(tiny_folder, min_count=4), sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(failing, full)
    with pytest.raises(MMSRError, match="No space left on device"):
        save_prepared(dataset, tmp_path / "ready")
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(MMSRError, match="tiny' exists; remove it"):
        save_prepared(dataset, tiny_folder)


def test_features_of_other_items_are_zero_and_absent_and_a_full_disk_keeps_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "f.safetensors"
    write_features(file, np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), ["b", "a"])
    features, present = read_features(file, ["", "a", "x"])
    assert features.tolist() == [[0, 0], [3, 4], [0, 0]] and present.tolist() == [False, True, False]
    before = file.read_bytes()
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(MMSRError, match="No space left"):
        write_features(file, np.zeros((1, 2), np.float32), ["a"])
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["f.safetensors", "f.npz"])
def test_a_damaged_feature_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"damaged")
    with pytest.raises(MMSRError, match=f"{name}' holds no features"):
        read_features(tmp_path / name, ["a"])
