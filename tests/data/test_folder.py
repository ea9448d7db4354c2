"""A folder of one's own: every form it may have, and every mistake it may hold."""

import gzip
import json
import time
from importlib import import_module

import numpy as np
import pytest
from PIL import Image

from mmsr_lite.data import Dataset, load
from mmsr_lite.data.sources import SOURCES
from mmsr_lite.data.split import split
from mmsr_lite.errors import MMSRError

HOSTILE = "</script><img src=x onerror=alert(1)>"


def test_every_usable_column_becomes_a_modality_by_itself(tiny_folder):
    dataset = load(tiny_folder, min_count=4)
    assert [(one.name, one.present.sum()) for one in dataset.modalities] == [("title", 6), ("tags", 6), ("photo", 6)]
    assert dataset.texts["tags"][1] == "warm, t0" and dataset.pictures[1].endswith("tiny/photos/0.png")
    assert dataset.pictures[0] is None and dataset.name == "tiny"


def test_a_hostile_title_survives_to_the_byte(tiny_folder):
    assert load(tiny_folder, modalities=[], min_count=4).titles[3] == HOSTILE


def test_modalities_are_taken_exactly_as_asked_none_at_all_included(tiny_folder):
    assert load(tiny_folder, modalities=[], min_count=4).modalities == ()
    two = load(tiny_folder, modalities=["photo", "title"], min_count=4)
    assert [one.name for one in two.modalities] == ["photo", "title"]


def test_ids_numbers_and_empty_columns_are_not_taken_but_a_number_may_be_asked_for(tiny_folder):
    records = [json.loads(line) for line in (tiny_folder / "items.jsonl").open()]
    extra = {"year": 1990, "price": 1.5, "shop_id": "s", "note": None, "blank": "", "box": {"a": 1}, "size": "12"}
    lines = [json.dumps(record | extra | {"nest": [["a", "b"], [row]]}) for row, record in enumerate(records)]
    (tiny_folder / "items.jsonl").write_text("\n\n".join(lines))
    dataset = load(tiny_folder, min_count=4)
    assert [one.name for one in dataset.modalities] == ["title", "tags", "photo", "nest"]
    assert dataset.texts["nest"][2] == "a, b, 1"
    assert load(tiny_folder, modalities=["year"], min_count=4).texts["year"][1] == "1990"


def test_dates_order_like_numbers(tmp_path):
    (tmp_path / "interactions.csv").write_text("user_id,item_id,timestamp\nu,b,2024-05-02\nu,a,2024-05-01T09:00\n")
    dataset = load(tmp_path, min_count=1)
    assert [dataset.item_ids[item] for item in dataset.item] == ["a", "b"]
    assert dataset.time[1] - dataset.time[0] == (24 - 9) * 3600


def test_a_user_with_one_item_falls_out_or_stays_without_examples(tiny_folder):
    with (tiny_folder / "interactions.csv").open("a") as file:
        file.write("lonely,i0,7\n")
    assert "lonely" not in load(tiny_folder, modalities=[], min_count=4).user_ids
    alone = load(tiny_folder, modalities=[], min_count=1)
    parts = split(alone)
    assert alone.user_ids[-1] == "lonely"
    assert alone.num_users - 1 not in {*parts.train.user, *parts.validation.user, *parts.test.user}


def test_pictures_that_cannot_be_read_are_absent_counted_and_told_once(tiny_folder):
    (tiny_folder / "photos/0.png").write_bytes(b"not a picture")
    (tiny_folder / "photos/1.png").unlink()
    with pytest.warns(UserWarning, match=r"cannot be read count as absent: 2") as told:
        dataset = load(tiny_folder, min_count=4)
    photo = dataset.modality("photo")
    assert len(told) == 1 and dataset.facts["unreadable"] == {"photo": ["i0", "i1"]}
    assert photo.present.tolist() == [False, False, False, True, True, True, True] and not photo.features[:3].any()
    assert dataset.pictures[:3] == (None, None, None)


@pytest.mark.parametrize("path", ["../secret.png", "/etc/passwd", "link/x.png"])
def test_a_picture_may_not_lead_out_of_the_folder(tiny_folder, path):
    (tiny_folder / "link").symlink_to(tiny_folder.parent)
    items = tiny_folder / "items.jsonl"
    items.write_text(items.read_text().replace("photos/0.png", path))
    with pytest.raises(MMSRError, match=r"photo '.*' leads out of"):
        load(tiny_folder, modalities=["photo"], min_count=4)


def test_encoders_are_one_for_all_or_one_each(tiny_folder):
    whole = load(tiny_folder, encoders="tfidf-svd", min_count=4)
    assert whole.modality("photo").features.shape[1] == 242  # the default of the other kind stays
    forced = load(tiny_folder, modalities=["photo"], encoders={"photo": "tfidf-svd"}, min_count=4)
    assert forced.texts["photo"][1] == "photos/0.png"
    for encoders, wrong in (("tfidf", "tfidf"), ({"title": "bert"}, "bert"), ({"colour": "sentence"}, "colour")):
        with pytest.raises(MMSRError, match=f"'{wrong}'; choose from"):
            load(tiny_folder, encoders=encoders, min_count=4)


def test_ready_features_are_used_instead_of_encoding(tiny_folder):
    (tiny_folder / "features").mkdir()
    features = np.arange(4, dtype=np.float64).reshape(2, 2)
    np.savez(tiny_folder / "features" / "sound.npz", features=features, item_ids=np.array(["i4", "i1"]))
    dataset = load(tiny_folder, modalities=["sound"], min_count=4)
    assert dataset.modality("sound").features.tolist() == [[0, 0]] * 2 + [[2, 3]] + [[0, 0]] * 2 + [[0, 1]] + [[0, 0]]
    assert [one.name for one in load(tiny_folder, min_count=4).modalities] == ["title", "tags", "photo", "sound"]
    np.savez(tiny_folder / "features" / "sound.npz", features=features * np.nan, item_ids=np.array(["i4", "i1"]))
    with pytest.raises(MMSRError, match="'sound': features of item 2 hold NaN"):
        load(tiny_folder, modalities=["sound"], min_count=4)
    np.savez(tiny_folder / "features" / "sound.npz", features=features, item_ids=np.array(["i4"]))
    with pytest.raises(MMSRError, match=r"sound.npz' holds no features"):
        load(tiny_folder, modalities=["sound"], min_count=4)


MISTAKES = {
    "missing column": ("interactions.csv", b"user,item_id\nu,i0\n", "has no column 'user_id'; found: user, item_id"),
    "no bytes": ("interactions.csv", b"", "cannot be read: No columns"),
    "no rows": ("interactions.csv", b"user_id,item_id,timestamp\n", "holds no interactions"),
    "not UTF-8": ("interactions.csv", b"user_id,item_id\nu,caf\xe9\n", "is not UTF-8"),
    "ragged": ("interactions.csv", b"user_id,item_id\nu,i0\nu,i0,1,2\n", "row 2 has 4 fields, the heading 2 names"),
    "empty id": ("interactions.csv", b"user_id,item_id\nu,i0\n,i1\n", "user_id is empty in row 2"),
    "no time": ("interactions.csv", b"user_id,item_id,timestamp\nu,i0,1\nu,i1,NaN\n", "timestamp is 'NaN' in row 2"),
    "bad JSON": ("items.jsonl", b'{"item_id": "i0"}\n{"item_id": \n', "line 2 is not JSON"),
    "half a pair": ("items.jsonl", b'{"item_id": "i0", "title": "\\ud800"}\n', "line 1 is not JSON"),
    "deep JSON": ("items.jsonl", b'{"a":' + b"[" * 100_000, "line 1 is not JSON"),
    "no object": ("items.jsonl", b"[1, 2]\n", r"line 1 is '\[1, 2\]'; expected an object"),
    "no items": ("items.jsonl", b"\n", "has no column 'item_id'; found: no columns"),
    "Latin items": ("items.jsonl", b'{"item_id": "caf\xe9"}\n', "is not UTF-8"),
    "cut short": ("items.jsonl.gz", gzip.compress(b'{"item_id": "i0"}\n' * 99)[:-12], "cannot be read"),
    "no parquet": ("items.parquet", b"PAR1 or not", "cannot be read"),
    "twice": ("items.jsonl", b'{"item_id": "i0"}\n{"item_id": "i0", "title": "x"}\n', "listed more than once: 'i0'"),
    "unknown": ("items.jsonl", b'{"item_id": "I0"}\n', "none of the 6 items in the interactions is in the items file"),
}


@pytest.mark.parametrize("file, content, message", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_in_a_sentence_that_quotes_it(tiny_folder, file, content, message):
    for old in tiny_folder.glob(f"{file.split('.')[0]}.*"):
        old.unlink()
    (tiny_folder / file).write_bytes(content)
    with pytest.raises(MMSRError, match=message):
        load(tiny_folder, min_count=4)


def test_other_mistakes_of_the_folder(tiny_folder, tmp_path):
    with pytest.raises(MMSRError, match=r"there is no data set 'wardrob'; expected 'wardrobe', .* or the path"):
        load("wardrob")
    with pytest.raises(
        MMSRError, match=r"columns \(user_id=who\) can be given for folders; the columns of 'wardrobe' are"
    ):
        load("wardrobe", columns={"user_id": "who"})
    with pytest.raises(MMSRError, match="no modality 'colour' among its items; choose from: title, tags, photo"):
        load(tiny_folder, modalities=["colour"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(MMSRError, match=r"has no interactions\.csv"):
        load(tmp_path / "empty")
    (tiny_folder / "interactions.parquet").touch()
    with pytest.raises(MMSRError, match=r"has both 'interactions.parquet' and 'interactions.csv'"):
        load(tiny_folder)


def test_a_column_with_nothing_to_read_is_told(tiny_folder):
    for file in (tiny_folder / "photos").iterdir():
        file.write_bytes(b"")
    with pytest.raises(MMSRError, match="nothing in 'photo' can be read"):
        load(tiny_folder, modalities=["photo"], min_count=4)


def recbole(folder, inter, item=None):
    folder.mkdir(exist_ok=True)
    (folder / "ml.inter").write_text(inter)
    if item is not None:
        (folder / "ml.item").write_text(item)
    return folder


def test_recboles_atomic_files_are_read_as_they_are(tmp_path):
    inter = "user_id:token\titem_id:token\trating:float\ttimestamp:float\nu\t01\t3\t20.5\nu\t02\t4\t10\n"
    item = (
        'item_id:token\tmovie_title:token_seq\ty:float\tv:float_seq\n01\t"M" is red\t1931\t0.1 0.2\n02\tAlien\t\t1 2\n'
    )
    folder = recbole(tmp_path / "ml", inter, item)
    dataset = load(folder, min_count=1, columns={"title": "movie_title"})
    assert dataset.history(0).tolist() == [2, 1] and dataset.titles == ("", '"M" is red', "Alien")
    assert [one.name for one in dataset.modalities] == ["title"]
    with pytest.raises(MMSRError, match="has the list '4', which does not end where the row before it did"):
        load(recbole(tmp_path / "ml", inter.replace("rating", "item_id_list")), min_count=1)
    with pytest.raises(MMSRError, match="timestamp is 'soon' in row 2"):
        load(recbole(tmp_path / "ml", inter.replace("10", "soon")), min_count=1)


def test_pictures_named_by_id_need_no_column(tiny_folder):
    items = tiny_folder / "items.jsonl"
    items.write_text("\n".join(json.dumps({"item_id": f"i{n}", "title": "a hat"}) for n in range(6)))
    (tiny_folder / "photos").rename(tiny_folder / "pictures")
    for n in range(5):
        (tiny_folder / f"pictures/{n}.png").rename(tiny_folder / f"pictures/i{n}.png")
    dataset = load(tiny_folder, min_count=4)
    assert dataset.modality("picture").present.tolist() == [False, *[True] * 5, False]
    items.unlink()
    assert [one.name for one in load(tiny_folder, min_count=4).modalities] == ["picture"]


def test_interactions_alone_are_enough(tiny_folder):
    (tiny_folder / "items.jsonl").unlink()
    dataset = load(tiny_folder, min_count=4)
    assert dataset.modalities == () and dataset.titles == dataset.item_ids


def test_a_world_of_the_wardrobe_is_passed_on(monkeypatch, circle):
    asked = []

    def load_world(**options):
        asked.append(options)
        return circle

    monkeypatch.setattr("mmsr_lite.data.sources.wardrobe.load", load_world)
    load("wardrobe:cycle", modalities=["text"], seed=3)
    load("wardrobe")
    assert asked[0] == {"world": "cycle", "modalities": ["text"], "encoders": None, "seed": 3}
    assert asked[1]["world"] == "cycle"


def test_every_source_reads_or_loads():
    modules = {name: import_module(home) for name, home in SOURCES.items()}
    worlds = {"wardrobe", "worlds"}  # they make their data, the others read it
    assert all(callable(one.load if name in worlds else one.read) for name, one in modules.items())


def test_beauty_loads_filters_and_splits_in_two_seconds_of_cpu(shared_data):
    def seconds() -> float:
        begin = time.process_time()
        split(load(shared_data / "amazon-beauty", modalities=[]))
        return time.process_time() - begin

    assert any(seconds() < 2 for _ in range(4))  # the first time also imports what is needed


@pytest.mark.slow
def test_ml_100k_has_words_and_pictures(shared_data):
    dataset = load(shared_data / "ml-100k", modalities=["plot", "image"], min_count=0)
    assert [int(one.present.sum()) for one in dataset.modalities] == [1_679, 1_669]
    assert Image.open(dataset.pictures[1]).size[0] > 0 and dataset.titles[1] == "Toy Story (1995)"
    assert len(split(dataset).test) == 19_633


def test_a_column_that_may_be_the_time_is_named_in_the_note_that_none_was_read(tmp_path):
    (tmp_path / "interactions.csv").write_text("user_id,item_id,when\nu,a,2024-05-01\nu,b,2024-05-02\n")
    (note,) = load(tmp_path, min_count=1).facts["reading"]["notes"]
    assert note.startswith("There is no column timestamp") and "Not read: when; if one of them is the time" in note
    timed = load(tmp_path, min_count=1, columns={"timestamp": "when"}).facts["reading"]
    assert timed["notes"] == []


def test_a_column_under_a_wrong_name_of_ours_is_shown_under_its_own(tmp_path):
    (tmp_path / "interactions.csv").write_text("customer,item_id\nu,a\n")
    with pytest.raises(MMSRError, match="has no column 'user_id'; found: customer, item_id"):
        load(tmp_path, min_count=1, columns={"user": "customer"})
    with pytest.raises(MMSRError, match="has no column 'user_id'; found: customer, item_id"):
        Dataset.from_frames({"customer": ["u"], "item_id": ["a"]}, columns={"user": "customer"}, min_count=1)
