"""What a column of the items is taken for: words, pictures, web addresses, numbers; told where it is none."""

import datetime
import io
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mmsr_lite.data import load
from mmsr_lite.data.reading import Account, ReadingNote
from mmsr_lite.data.sources.columns import look_at, picture_paths
from mmsr_lite.errors import MMSRError

URL = "https://img.example.org/1.jpg"


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "JPEG")
    return out.getvalue()


KINDS = {  # values of a column "thing": its kind
    "words": (["red hat", "blue"], "text"),
    "a number among words": (["red hat", 1984], "text"),
    "numbers": ([1, 2.5], "other"),
    "numbers in words": (["1", "2.5"], "other"),
    "true and false": ([True, False], "other"),
    "dates": ([datetime.date(2020, 1, 1), None], "other"),
    "nothing": (["", None], "other"),
    "lists of words": ([["red", "hat"], []], "text"),
    "lists of tags by number": ([[1, 5], [2]], "text"),
    "lists of numbers": ([[0.5, 1.5], [0.25, 2.0]], "vector"),
    "arrays": ([np.array([0.5, 1.5]), np.array([1.5, 2.5])], "vector"),
    "records of words": ([{"en": "hat"}, {"en": "scarf", "de": "Schal"}], "text"),
    "records of numbers": ([{"n": 1}, {"n": 2}], "other"),
    "bytes of words": ([b"red hat", b"blue"], "text"),
    "bytes of pictures": ([b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"], "picture"),
    "bytes of neither": ([b"\x80\x81", b"\xff\xfe\x01"], "other"),
    "paths": (["img/1.jpg", "img/2.PNG"], "picture"),
    "lists of paths": ([["1.jpg", "2.jpg"], ["3.jpg"]], "picture"),
    "lists of paths as JSON": (['["1.jpg", "2.jpg"]', '["3.jpg"]'], "picture"),
    "lists of paths as Python": (["['1.jpg', '2.jpg']", "['3.jpg']"], "picture"),
    "paths with bars between": (["1.jpg|2.jpg", "3.jpg"], "picture"),
    "records of paths": ([{"path": "1.jpg", "bytes": None}, {"path": "2.jpg", "bytes": None}], "picture"),
    "addresses": ([URL, URL], "address"),
    "addresses with a query": ([URL + "?w=200", URL + "?w=200&h=3"], "address"),
    "addresses without an ending": (["http://x.org/a", "//cdn.x.org/b"], "address"),
    "lists of addresses": ([[URL, URL], [URL]], "address"),
    "lists of addresses as JSON": ([json.dumps([URL])] * 2, "address"),
    "records of addresses": ([[{"large": URL, "thumb": URL}]] * 2, "address"),
    "addresses of a cloud": (["s3://bucket/1.jpg", "gs://bucket/2.jpg"], "address"),
    "a picture in an address": (["data:image/png;base64,AAAA"] * 2, "address"),
    "words about addresses": (["see https://x.org", "see www.x.org for more"], "text"),
}


@pytest.mark.parametrize(("values", "kind"), KINDS.values(), ids=KINDS)
def test_a_column_is_taken_for_what_it_holds(values, kind):
    assert look_at(pd.DataFrame({"thing": pd.Series(values, dtype=object)}))["thing"][0] == kind


def test_titles_are_words_even_where_all_of_them_are_numbers():
    assert look_at(pd.DataFrame({"title": [1917, 300], "year": [1917, 300]})) == {
        "title": ("text", ""),
        "year": ("other", "numbers"),
    }


def test_a_column_that_is_no_modality_is_named_with_the_reason():
    reading = Account()
    look_at(
        pd.DataFrame({"item_id": ["a"], "shop_id": ["s"], "price": [3], "photo": [URL], "v": [[0.5, 1.5]]}), reading
    )
    reasons = {"shop_id": "ids", "price": "numbers", "photo": "web addresses", "v": "lists of numbers"}
    assert reading.unused == reasons
    assert "'photo' holds web addresses: they are neither fetched nor read as words; download" in reading.notes[0]
    assert "'v' holds lists of numbers" in reading.notes[1] and "features/v.parquet" in reading.notes[1]


@pytest.mark.parametrize(
    ("cell", "paths"),
    [
        ("1.jpg", ["1.jpg"]),
        (["1.jpg", ["2.jpg"]], ["1.jpg", "2.jpg"]),
        ("1.jpg; 2.png", ["1.jpg", "2.png"]),
        ("red, blue.jpg", ["red, blue.jpg"]),  # a comma in a name
        ("[1.jpg]", []),
        (None, []),
        (float("nan"), []),
        ("  ", []),
        ([], []),
    ],
)
def test_the_pictures_that_a_cell_names(cell, paths):
    assert picture_paths(cell) == paths


def shop(place, values, label="thing", name="items.jsonl"):
    place.mkdir()
    (place / "interactions.csv").write_text("user_id,item_id,timestamp\nu,a,1\nu,b,2\n")
    rows = [{"item_id": own, "title": f"a {own}", label: value} for own, value in zip("ab", values, strict=True)]
    if name.endswith("parquet"):
        pd.DataFrame(rows).to_parquet(place / name)
    else:
        (place / name).write_text("\n".join(map(json.dumps, rows)))
    return place


def test_the_first_picture_of_a_list_counts_and_a_note_says_how_many_there_are(tmp_path):
    place = shop(tmp_path / "d", [["1.png", "2.png", "1.png"], ["2.png"]])
    for name, colour in (("1.png", "red"), ("2.png", "blue")):
        Image.new("RGB", (8, 8), colour).save(place / name)
    with pytest.warns(ReadingNote, match="'thing': 1 items have more than one picture, 3 at most; the first counts"):
        dataset = load(place, min_count=1)
    assert [one.name for one in dataset.modalities] == ["title", "thing"]
    assert [path and path.rpartition("/")[2] for path in dataset.pictures] == [None, "1.png", "2.png"]


def test_addresses_are_never_words_not_even_when_they_are_asked_for(tmp_path):
    place = shop(tmp_path / "d", [URL, URL])
    with pytest.warns(ReadingNote, match="'thing' holds web addresses: they are neither fetched nor read as words"):
        dataset = load(place, min_count=1)
    assert [one.name for one in dataset.modalities] == ["title"] and "thing" not in dataset.texts
    with pytest.raises(MMSRError, match=r"'thing' of 'd' holds web addresses: .*; download the pictures as pictures/"):
        load(place, min_count=1, modalities=["thing"], encoders={"thing": "tfidf-svd"})


def test_pictures_kept_as_bytes_are_pictures(tmp_path):
    place = shop(
        tmp_path / "d", [{"bytes": jpeg(), "path": "../../x.jpg"}, {"bytes": None, "path": None}], name="items.parquet"
    )
    dataset = load(place, min_count=1)
    assert dataset.modality("thing").present.tolist() == [False, True, False]
    assert Image.open(dataset.pictures[1]).size == (8, 8) and "x.jpg" not in dataset.pictures[1]


@pytest.mark.parametrize("title", [1984, 19.5, True, b"caf\xc3\xa9", {"en": "hat"}, ["a", "b"], None, b"\x80"])
def test_every_title_is_a_string_whatever_the_cell_holds(tmp_path, title):
    place = tmp_path / "d"
    place.mkdir()
    (place / "interactions.csv").write_text("user_id,item_id\nu,a\nu,b\n")
    pd.DataFrame({"item_id": ["a", "b"], "title": [title, title]}).to_parquet(place / "items.parquet")
    with pytest.warns(ReadingNote):
        dataset = load(place, min_count=1)
    shown = {"1984": "1984", "19.5": "19.5", "True": "True", "b'caf\\xc3\\xa9'": "café"}
    shown |= {"{'en': 'hat'}": "hat", "['a', 'b']": "a, b"}
    assert dataset.titles[1] == shown.get(repr(title), "a")
    assert ("title" in [one.name for one in dataset.modalities]) == (title is not None and title != b"\x80")


def test_a_path_that_windows_wrote_is_found(tmp_path):
    place = shop(tmp_path / "d", ["img\\1.png", "img\\2.png"])
    (place / "img").mkdir()
    Image.new("RGB", (8, 8), "red").save(place / "img/1.png")
    with pytest.warns(ReadingNote, match="cannot be read count as absent: 1"):
        dataset = load(place, min_count=1)
    assert dataset.modality("thing").present.tolist() == [False, True, False]
