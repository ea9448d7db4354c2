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


def same(first, second) -> None:
    for name in ("name", "user_ids", "item_ids", "titles", "texts"):
        assert getattr(first, name) == getattr(second, name), name
    for name in ("user", "item", "time"):
        one, two = getattr(first, name), getattr(second, name)
        assert one.dtype == two.dtype and np.array_equal(one, two), name
    assert [one.name for one in first.modalities] == [one.name for one in second.modalities]
    for one, two in zip(first.modalities, second.modalities, strict=True):
        assert np.array_equal(one.present, two.present) and one.features.dtype == two.features.dtype
        assert np.array_equal(one.features, two.features), one.name


@pytest.mark.filterwarnings("ignore:.*absent")
def test_a_prepared_folder_is_read_back_as_it_was_without_any_encoder(tiny_folder, tmp_path, monkeypatch):
    (tiny_folder / "photos/2.png").unlink()
    dataset = load(tiny_folder, min_count=4)
    dataset = replace(dataset, facts=dataset.facts | {"told": [1, "a"], "tacit": np.arange(3)})
    folder = save_prepared(dataset, tmp_path / "ready")
    monkeypatch.setattr("mmsr_lite.data.sources.folder.encode", None)
    again = load(folder)
    same(dataset, again)
    assert again.facts == {"unreadable": {"photo": 1}, "told": [1, "a"]}
    assert Path(again.pictures[1]).read_bytes() == Path(dataset.pictures[1]).read_bytes()
    assert again.pictures[3] is None and str(folder.resolve()) in again.pictures[1]
    same(dataset.with_modalities("tags"), load(folder, modalities=["tags"]))
    same(dataset.with_modalities(), load(folder, modalities=[]))


def test_a_modality_that_nobody_has_any_more_and_an_odd_name_come_back_too(tiny_folder, tmp_path):
    dataset = missing(load(tiny_folder, modalities=["title"], min_count=4), modality="title", rate=1)
    odd = Modality("../odd/name", np.ones((7, 2), np.float32) * (np.arange(7) > 2)[:, None], np.arange(7) > 2)
    dataset = replace(dataset, modalities=(*dataset.modalities, odd))
    same(dataset, load(save_prepared(dataset, tmp_path / "ready")))


def test_a_prepared_folder_is_replaced_by_a_newer_one_but_no_other_folder_ever(tiny_folder, tmp_path):
    dataset = load(tiny_folder, min_count=4)
    save_prepared(dataset, tmp_path / "ready")
    save_prepared(dataset.with_modalities("title"), tmp_path / "ready")
    assert [one.name for one in load(tmp_path / "ready").modalities] == ["title"]
    with pytest.raises(MMSRError, match="not a prepared folder"):
        save_prepared(dataset, tiny_folder)
    assert (tiny_folder / "items.jsonl").is_file()


@pytest.mark.parametrize("failing", ["_copy", "write_json", "replace"])
def test_a_full_disk_leaves_the_old_folder_and_no_trace(tiny_folder, tmp_path, monkeypatch, failing):
    dataset = load(tiny_folder, min_count=4)
    save_prepared(dataset, tmp_path / "ready")
    before = sorted(tmp_path.rglob("*"))

    def full(source, target=None, *rest, **more):
        if failing != "replace" or Path(target).name == "ready":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return moved(source, target)

    moved = os.replace
    monkeypatch.setattr("os.replace" if failing == "replace" else f"mmsr_lite.data.prepared.{failing}", full)
    with pytest.raises(MMSRError, match="No space left on device"):
        save_prepared(dataset.with_modalities("title"), tmp_path / "ready")
    monkeypatch.undo()
    assert sorted(tmp_path.rglob("*")) == before
    same(dataset, load(tmp_path / "ready"))


def test_features_of_other_items_are_zero_and_absent_and_a_full_disk_keeps_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "f.safetensors"
    write_features(file, np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), ["b", "a"])
    features, present = read_features(file, ["", "a", "x"])
    assert features.tolist() == [[0, 0], [3, 4], [0, 0]] and present.tolist() == [False, True, False]
    before = file.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(MMSRError, match="No space left"):
        write_features(file, np.zeros((1, 2), np.float32), ["a"])
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["f.safetensors", "f.npz"])
def test_a_damaged_feature_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"damaged")
    with pytest.raises(MMSRError, match=f"{name}' holds no features"):
        read_features(tmp_path / name, ["a"])
