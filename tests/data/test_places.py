"""Which files of a folder are read, which are named as unread, and what no reader may hang on."""

import json
import os
import signal

import pandas as pd
import pytest
from PIL import Image

from mmsr_lite.data import load
from mmsr_lite.data.prepared import prepare
from mmsr_lite.data.reading import ReadingNote
from mmsr_lite.errors import MMSRError

pytestmark = pytest.mark.filterwarnings("ignore::mmsr_lite.data.reading.ReadingNote")
HEAD = "user_id,item_id,timestamp\n"


@pytest.fixture(autouse=True)
def ten_seconds():
    """A reader that waits for a pipe fails here instead of hanging."""

    def stop(*_):
        raise TimeoutError("the reader hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def shop(tmp_path):
    place = tmp_path / "shop"
    place.mkdir()
    (place / "interactions.csv").write_text(HEAD + "u,a,1\nu,b,2\n")
    return place


def picture(file, colour="red"):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(file)


def items(place, **columns):
    rows = [{"item_id": own} | {name: values[row] for name, values in columns.items()} for row, own in enumerate("ab")]
    (place / "items.jsonl").write_text("\n".join(map(json.dumps, rows)))


def notes(dataset) -> str:
    return " ".join(dataset.facts["reading"]["notes"])


@pytest.mark.parametrize("place", ["pictures/01/a.png", "images/a.png", "posters/x/y/z/a.PNG"])
def test_pictures_named_by_id_are_found_in_subfolders_too(shop, place):
    picture(shop / place)
    dataset = load(shop, min_count=1)
    assert dataset.modality("picture").present.tolist() == [False, True, False]
    assert dataset.pictures[1].endswith(place) and prepare(shop, shop.parent / "out", min_count=1)


def test_of_two_pictures_of_one_id_the_first_counts_and_a_note_says_so(shop):
    picture(shop / "images/1/a.png", "red")
    picture(shop / "images/2/a.png", "blue")
    dataset = load(shop, min_count=1)
    assert dataset.pictures[1].endswith("images/1/a.png")
    assert "1 items have more than one picture, such as 'a': the first counts" in notes(dataset)


def test_pictures_of_nobody_are_told(shop):
    picture(shop / "pictures/0001.png")
    dataset = load(shop, min_count=1)
    assert dataset.modalities == ()
    assert "None of 1 pictures has the id of an item as its name: there is '0001', but an item 'a'" in notes(dataset)


def test_files_that_look_like_data_and_are_not_read_are_named(shop):
    for name in ("articles.csv", "items.xlsx", "old.parquet", "README.md", "notes.pdf"):
        (shop / name).write_text("x")
    picture(shop / "photos/1.png")
    assert "Not read: articles.csv, items.xlsx, old.parquet, photos/." in notes(load(shop, min_count=1))
    items(shop, photo=["photos/1.png", "photos/1.png"])
    assert "Not read: articles.csv, items.xlsx, old.parquet." in notes(load(shop, min_count=1))


@pytest.mark.parametrize(
    "names", [("interactions-1.csv", "interactions-2.csv"), ("interactions/a.csv", "interactions/b.csv")]
)
def test_parts_of_one_table_are_read_one_after_the_other(shop, names):
    (shop / "interactions.csv").unlink()
    (shop / "interactions").mkdir()
    for name, row in zip(names, ("u,a,1\n", "u,b,1\n"), strict=True):
        (shop / name).write_text(HEAD + row)
    if names[0].startswith("interactions-"):
        (shop / "interactions").rmdir()
    dataset = load(shop, min_count=1)
    assert [dataset.item_ids[one] for one in dataset.item] == ["a", "b"] and "2 files in all" in notes(dataset)
    (shop / names[1]).write_text("user_id,item_id,when\nu,b,1\n")
    with pytest.raises(MMSRError, match="has the columns user_id, item_id, when, but"):
        load(shop, min_count=1)


def test_two_forms_of_one_table_are_a_mistake(shop):
    (shop / "interactions").mkdir()
    (shop / "interactions/part.csv").write_text(HEAD)
    with pytest.raises(MMSRError, match=r"has both 'interactions.csv' and the folder 'interactions'; keep one of them"):
        load(shop, min_count=1)
    (shop / "interactions.csv").unlink()
    (shop / "interactions/part.parquet").write_bytes(b"")
    with pytest.raises(MMSRError, match=r"has both 'part\.csv' and 'part\.parquet'; keep files of one form"):
        load(shop, min_count=1)


def test_a_link_to_itself_and_a_circle_of_folders_are_no_pictures(shop):
    (shop / "pictures").mkdir()
    (shop / "pictures/a.png").symlink_to("a.png")
    (shop / "pictures/round").symlink_to("..")
    picture(shop / "pictures/b.png")
    assert load(shop, min_count=1).modality("picture").present.tolist() == [False, False, True]
    items(shop, photo=["pictures/a.png", "pictures/b.png"])
    with pytest.warns(ReadingNote, match="cannot be read count as absent: 1"):
        assert load(shop, min_count=1).modality("photo").present.tolist() == [False, False, True]


def test_a_pipe_is_no_picture_no_table_and_no_features_and_nothing_waits_for_it(shop):
    (shop / "pictures").mkdir()
    os.mkfifo(shop / "pictures/a.png")
    picture(shop / "pictures/b.png")
    assert load(shop, min_count=1).modality("picture").present.tolist() == [False, False, True]
    items(shop, photo=["pictures/a.png", "pictures/b.png"])
    assert load(shop, min_count=1).modality("photo").present.tolist() == [False, False, True]
    assert prepare(shop, shop.parent / "out", min_count=1)
    (shop / "interactions.csv").unlink()
    os.mkfifo(shop / "interactions.csv")
    with pytest.raises(MMSRError, match=r"has no interactions\.csv"):
        load(shop, min_count=1)


@pytest.mark.parametrize("path", ["pictures/a\0.png", "\0", "x" * 5000 + ".png", "pictures", "."])
def test_a_path_that_cannot_be_one_is_an_absent_picture(shop, path):
    picture(shop / "pictures/b.png")
    items(shop, photo=[path, "pictures/b.png"], other=["1.png", "2.png"])
    dataset = load(shop, min_count=1, modalities=["photo"], encoders={"photo": "colour-edges"})
    assert dataset.modality("photo").present.tolist() == [False, False, True]


def test_a_nul_in_an_id_or_a_title_is_kept_or_told(shop):
    items(shop, title=["a\0b", "c"])
    assert load(shop, min_count=1).titles[1] == "a\0b"
    (shop / "interactions.csv").write_text(HEAD + "u\0,a,1\n")
    with pytest.raises(MMSRError, match="holds a byte of value zero in line 2"):
        load(shop, min_count=1)


def test_an_id_that_looks_like_a_path_becomes_none(shop, tmp_path):
    (shop / "interactions.csv").write_text(HEAD + "../../../ESC,../x,1\n../../../ESC,/etc/y,2\n")
    (shop / "items.jsonl").write_text(
        '{"item_id": "../x", "../title": "red"}\n{"item_id": "/etc/y", "../title": "blue"}'
    )
    dataset = load(shop, min_count=1)
    assert dataset.user_ids == ("../../../ESC",) and [one.name for one in dataset.modalities] == ["../title"]
    prepare(shop, tmp_path / "out", min_count=1)
    assert {path.name for path in tmp_path.iterdir()} == {"shop", "out"}
    assert load(tmp_path / "out").item_ids == ("", "../x", "/etc/y")


def test_the_same_row_of_an_item_twice_counts_once_and_two_rows_of_it_are_a_mistake(shop):
    rows = [{"item_id": "a", "title": "red"}, {"item_id": "a", "title": "red"}, {"item_id": "b", "title": "blue"}]
    pd.DataFrame(rows).to_csv(shop / "items.csv", index=False)
    reading = load(shop, min_count=1).facts["reading"]
    assert reading["repeated"] == {"rows of items that are the same in every column (counted once)": 1}
    pd.DataFrame([*rows, {"item_id": "a", "title": "green"}]).to_csv(shop / "items.csv", index=False)
    with pytest.raises(MMSRError, match="1 item id is listed more than once: 'a'; keep one line for each item"):
        load(shop, min_count=1)
