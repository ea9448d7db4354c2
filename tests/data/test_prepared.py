"""Prepared folders: exact round trip, whole or not at all."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmsr_lite.data import load
from mmsr_lite.data.corruption import missing
from mmsr_lite.data.dataset import Modality
from mmsr_lite.data.features import read_features, write_features
from mmsr_lite.data.manifest import read_manifest
from mmsr_lite.data.pictures import open_picture
from mmsr_lite.data.prepared import prepare, save_prepared
from mmsr_lite.errors import MMSRError


def assert_same(first, second) -> None:
    for name in ("name", "user_ids", "item_ids", "titles", "texts"):
        assert getattr(first, name) == getattr(second, name), name
    both = (first, second)
    arrays = [[d.user, d.item, d.time, *(a for m in d.modalities for a in (m.features, m.present))] for d in both]
    assert all(one.dtype == two.dtype and np.array_equal(one, two) for one, two in zip(*arrays, strict=True))
    assert [m.name for m in first.modalities] == [m.name for m in second.modalities]


@pytest.mark.filterwarnings("ignore:.*absent")
def test_a_prepared_folder_is_read_back_as_it_was_without_any_encoder(tiny_folder, tmp_path, monkeypatch):
    (tiny_folder / "photos/2.png").unlink()
    dataset = load(tiny_folder, min_count=4)
    dataset = replace(dataset, facts=dataset.facts | {"told": [1, "a"], "tacit": np.arange(3)})
    folder = save_prepared(dataset, tmp_path / "ready")
    monkeypatch.setattr("mmsr_lite.data.prepare.encode", None)
    again = load(folder)
    assert_same(dataset, again)
    assert again.facts == {name: fact for name, fact in dataset.facts.items() if name != "tacit"}
    assert again.facts["unreadable"] == {"photo": ["i2"]} and again.facts["reading"]["read"]["interactions"] == 24
    assert Image.open(again.pictures[1]).size == (40, 30) and again.pictures[1].endswith(".jpg")
    assert again.pictures[3] is None and str(folder.resolve()) in again.pictures[1]
    assert_same(dataset.with_modalities("tags"), load(folder, modalities=["tags"]))


def test_a_modality_that_nobody_has_any_more_and_an_odd_name_come_back_too(tiny_folder, tmp_path):
    dataset = missing(load(tiny_folder, modalities=["title"], min_count=4), modality="title", rate=1)
    odd = Modality("../odd/name", np.ones((7, 2), np.float32) * (np.arange(7) > 2)[:, None], np.arange(7) > 2)
    dataset = replace(dataset, modalities=(*dataset.modalities, odd))
    assert_same(dataset, load(save_prepared(dataset, tmp_path / "ready")))


@pytest.mark.parametrize(
    "failing", ["os.replace", "mmsr_lite.data.prepared.open_picture", "mmsr_lite.data.prepared.write_json"]
)
def test_a_full_disk_leaves_no_trace_and_what_exists_is_never_overwritten(tiny_folder, tmp_path, full_disk, failing):
    dataset, before = load(tiny_folder, min_count=4), sorted(tmp_path.rglob("*"))
    full_disk(failing)
    with pytest.raises(MMSRError, match="No space left on device"):
        save_prepared(dataset, tmp_path / "ready")
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(MMSRError, match="tiny' exists; remove it"):
        save_prepared(dataset, tiny_folder)


def test_features_of_other_items_are_zero_and_absent_and_a_full_disk_keeps_the_old_file(tmp_path, full_disk):
    file = tmp_path / "f.safetensors"
    write_features(file, np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), ["b", "a"])
    features, present = read_features(file, ["", "a", "x"])
    assert features.tolist() == [[0, 0], [3, 4], [0, 0]] and present.tolist() == [False, True, False]
    before = file.read_bytes()
    full_disk("os.replace")
    with pytest.raises(MMSRError, match="No space left"):
        write_features(file, np.zeros((1, 2), np.float32), ["a"])
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["f.safetensors", "f.npz"])
def test_a_damaged_feature_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"damaged")
    with pytest.raises(MMSRError, match=f"{name}' holds no features"):
        read_features(tmp_path / name, ["a"])


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_input_gives_the_same_bytes_and_a_second_run_does_nothing(tiny_folder, tmp_path, monkeypatch):
    for name in ("one", "two"):
        monkeypatch.setenv("MMSR_CACHE", str(tmp_path / f"cache of {name}"))
        assert prepare(tiny_folder, tmp_path / name, min_count=4, encoders={"title": "tfidf-svd"})
    assert content(tmp_path / "one") == content(tmp_path / "two")
    monkeypatch.setattr("mmsr_lite.data.load", None)  # would fail if anything were read
    assert not prepare(tiny_folder, tmp_path / "one", min_count=4, encoders={"title": "tfidf-svd"})


def test_the_manifest_tells_command_inputs_counts_and_what_was_written(tiny_folder, tmp_path):
    prepare(tiny_folder, tmp_path / "out", min_count=4, modalities=["title", "photo"], encoders={"title": "tfidf-svd"})
    manifest = read_manifest(tmp_path / "out")
    options = "--seed 0 --modalities title photo --min-count 4 --encoder title=tfidf-svd -o DIR"
    assert manifest["command"] == f"mmsr-lite prepare {tiny_folder} {options}"
    assert set(manifest["inputs"]) == {
        f"tiny/{n}" for n in ("items.jsonl", "interactions.csv", *(f"photos/{i}.png" for i in range(6)))
    }
    assert manifest["counts"]["interactions"] == 24 and manifest["versions"]["numpy"] == np.__version__
    assert {*manifest["outputs"], "manifest.json"} == {*content(tmp_path / "out")}


def test_a_prepared_folder_is_not_mistaken_for_another_nor_a_damaged_one_for_whole(tiny_folder, tmp_path):
    prepare(tiny_folder, tmp_path / "out", min_count=4)
    before = content(tmp_path / "out")
    for options, says in (({"min_count": 3}, "other 'command'"), ({"min_count": 4}, "other 'inputs'")):
        with pytest.raises(MMSRError, match=f"out' was prepared from {says}; remove it or choose another place"):
            prepare(tiny_folder, tmp_path / "out", **options)
        (tiny_folder / "photos/0.png").write_bytes((tiny_folder / "photos/1.png").read_bytes())
    assert content(tmp_path / "out") == before
    (tmp_path / "out" / "items.parquet").write_bytes(b"damaged")
    with pytest.raises(MMSRError, match=r"out' is damaged \('items.parquet'\)"):
        prepare(tiny_folder, tmp_path / "out", min_count=4)
    with pytest.raises(MMSRError, match="lies in the source"):
        prepare(tiny_folder, tiny_folder / "out", min_count=4)


def test_a_prepared_folder_that_is_not_as_it_was_written_is_not_read(tiny_folder, tmp_path):
    prepare(tiny_folder, tmp_path / "out", min_count=4)
    file = tmp_path / "out/features/tags.safetensors"
    content = file.read_bytes()
    file.unlink()
    with pytest.raises(MMSRError, match="out' is not whole: the features of 'tags' are missing; prepare it again"):
        load(tmp_path / "out")
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(MMSRError, match=r"out' is damaged \('features/tags.safetensors' is not as it was written\)"):
        load(tmp_path / "out")
    file.write_bytes(content)
    assert load(tmp_path / "out").modality("tags").present.sum() == 6
    next((tmp_path / "out/pictures").iterdir()).write_bytes(b"")
    with pytest.raises(MMSRError, match="out' is damaged"):
        load(tmp_path / "out")


BAD_MANIFESTS = {
    "another version": (
        {"schema": "mmsr-lite/prepared/9"},
        "was prepared in the form 'mmsr-lite/prepared/9', and",
    ),
    "no name": ({"name": None}, "is damaged: its entry 'name' is None"),
    "a path for a name": ({"name": "../../OUTSIDE"}, "'../../OUTSIDE' cannot be the name of a data set"),
    "no kinds": ({"kinds": []}, r"its entry 'kinds' is \[\]"),
    "a number for a modality": ({"modalities": [3]}, "its modalities and kinds are not all words"),
    "a path for a modality": ({"modalities": ["../../x"]}, "the features of '../../x' are missing"),
    "no hashes": ({"outputs": None}, "its entry 'outputs' is None"),
}


@pytest.mark.parametrize(("change", "says"), BAD_MANIFESTS.values(), ids=BAD_MANIFESTS)
def test_a_manifest_that_does_not_fit_is_told(tiny_folder, tmp_path, change, says):
    prepare(tiny_folder, tmp_path / "out", min_count=4)
    file = tmp_path / "out/manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(MMSRError, match=says):
        load(tmp_path / "out")


@pytest.mark.parametrize("wrong", ["{}", "[]", "null", "without its schema"])
def test_a_prepared_folder_whose_manifest_lost_its_schema_is_not_read_as_an_ordinary_one(tiny_folder, tmp_path, wrong):
    prepare(tiny_folder, tmp_path / "out", min_count=4)
    file = tmp_path / "out/manifest.json"
    manifest = json.loads(file.read_text())
    del manifest["schema"]
    file.write_text(json.dumps(manifest) if wrong.startswith("without") else wrong)
    with pytest.raises(MMSRError, match=r"manifest\.json' is damaged: its entry 'schema' is missing"):
        load(tmp_path / "out")


def test_a_manifest_of_something_else_does_not_matter(tiny_folder, tmp_path):
    prepare(tiny_folder, tmp_path / "out", min_count=4)
    (tmp_path / "out/manifest.json").write_text('{"name": "an app", "version": 2}')
    assert load(tmp_path / "out", min_count=1).num_items == 6
    (tiny_folder / "manifest.json").write_text("{}")
    assert load(tiny_folder, min_count=4).num_items == 6


def test_pictures_that_were_made_before_a_stop_are_not_made_again(tiny_folder, tmp_path, monkeypatch):
    made = []

    def third_stops(path, side):
        made.append(path)
        if len(made) == 3:
            raise KeyboardInterrupt
        return open_picture(path, side)

    monkeypatch.setattr("mmsr_lite.data.prepared.open_picture", third_stops)
    with pytest.raises(KeyboardInterrupt):
        prepare(tiny_folder, tmp_path / "out", min_count=4)
    assert not (tmp_path / "out").exists() and len(list((tmp_path / ".out.part/pictures").iterdir())) == 2
    (tmp_path / ".out.part/pictures/of-before.jpg").write_bytes(b"")
    prepare(tiny_folder, tmp_path / "out", min_count=4)
    assert len(made) == 3 + 4 and len(list((tmp_path / "out/pictures").iterdir())) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "tiny"]


def test_a_large_picture_is_kept_in_display_size_and_one_shown_twice_only_once(tiny_folder, tmp_path):
    for row in (0, 1):
        Image.new("RGB", (900, 600), "red").save(tiny_folder / f"photos/{row}.png")
    prepare(tiny_folder, tmp_path / "out", min_count=4)
    dataset = load(tmp_path / "out")
    assert Image.open(dataset.pictures[1]).size == (256, 171) and dataset.pictures[1] == dataset.pictures[2]
    assert len(list((tmp_path / "out/pictures").iterdir())) == 5
