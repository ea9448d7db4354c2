"""Amazon's raw files: every edition and form gives the same data, and what is damaged is told or counted."""

import gzip
import hashlib
import json
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mmsr_lite.data import load
from mmsr_lite.data.features import AMAZON
from mmsr_lite.data.prepared import prepare
from mmsr_lite.data.sources import lines
from mmsr_lite.data.statistics import statistics
from mmsr_lite.errors import MMSRError
from tests.properties import examples

pytestmark = pytest.mark.usefixtures("own_cache")
DAY = 86_400
NAMES = {
    "2014": ("reviews_{}_5.json.gz", "meta_{}.json.gz"),
    "2014 csv": ("ratings_{}.csv", "meta_{}.json"),
    "2018": ("{}_5.json.gz", "meta_{}.json.gz"),
    "2023": ("{}.jsonl.gz", "meta_{}.jsonl.gz"),
}


def review(edition: str, user: str, item: str, time: int) -> str:
    if edition == "2014 csv":
        return f"{user},{item},5.0,{time}"
    said = {"overall": 5.0, "reviewText": "so {'asin': 'B0'} it's \"fine\"\n", "summary": "é"}
    if edition == "2023":
        return json.dumps(said | {"user_id": user, "parent_asin": item, "asin": "other", "timestamp": time * 1000})
    return json.dumps(said | {"reviewerID": user, "asin": item, "unixReviewTime": time})


def item(edition: str, own: str, title: str, categories: list[str]) -> str:
    """A line of metadata: a Python literal in 2014, JSON after."""
    address = f"http://x/{own}.jpg"
    if edition.startswith("2014"):
        return repr({"asin": own, "title": title, "categories": [categories], "imUrl": address, "price": None})
    if edition == "2018":
        return json.dumps({"asin": own, "title": title, "category": categories, "imageURLHighRes": [address]})
    sizes = {"thumb": "http://x/small.jpg", "large": address, "hi_res": None}
    return json.dumps({"parent_asin": own, "title": title, "categories": categories, "images": [sizes]})


def write(folder: Path, edition: str, reviews: list, items: list, category: str = "Beauty") -> str:
    """The two files of a category; texts are bytes or strings."""
    folder.mkdir(exist_ok=True)
    for name, rows in zip(NAMES[edition], (reviews, items), strict=True):
        content = b"\n".join(row if isinstance(row, bytes) else row.encode() for row in rows) + b"\n"
        packed = gzip.compress(content, 1) if name.endswith(".gz") else content
        (folder / name.format(category)).write_bytes(packed)
    return f"amazon:{folder}/{category}"


def small(edition: str) -> tuple[list, list]:
    """Six users who review the same six items, one a day."""
    reviews = [review(edition, f"u{u}", f"B{i:09}", DAY * (u + i)) for u in range(6) for i in range(6)]
    return reviews, [item(edition, f"B{i:09}", f"title {i}", ["Beauty", "Nails"]) for i in range(6)]


@pytest.fixture(scope="module")
def beauty(shared_data):
    """The filtered copy of the paper's Beauty, and its rows: user, item and day of each interaction."""
    known = load(shared_data / "amazon-beauty", modalities=[])
    users, ids = np.array(known.user_ids, object)[known.user], np.array(known.item_ids, object)[known.item]
    return known, pd.DataFrame({"user": users, "item": ids, "day": known.time.astype(int)})


def core_of_some(rows: pd.DataFrame) -> pd.DataFrame:
    """The 5-core of every third user."""
    left = rows[pd.factorize(rows.user)[0] % 3 == 0]
    while (few := sum(left.groupby(of)[of].transform("size") < 5 for of in ("user", "item")) > 0).any():
        left = left[~few]
    return left


@pytest.mark.slow
@pytest.mark.parametrize("edition", NAMES)
def test_every_edition_gives_the_papers_beauty_back(beauty, tmp_path, edition):
    """Users, items, interactions, order and titles of the filtered copy, out of a raw file that holds more.

    All of them in the edition of the paper, the 5-core of a third of the users in the others.
    """
    known, wanted = beauty
    if edition != "2014":
        wanted = core_of_some(wanted)
    seen, ids = list(wanted.itertuples(index=False, name=None)), wanted.item.unique()
    rows = [review(edition, u, i, 1_300_000_000 + DAY * t) for u, i, t in seen]
    rows += [review(edition, f"RARE{n}", ids[n % 99], 10**9) for n in range(3000)]  # one each: no 5-core
    rows += rows[:500]
    rows += [review(edition, u, i, 1_399_999_999) for u, i, _ in seen[:99]]
    titles = dict(zip(known.item_ids[1:], known.titles[1:], strict=True))
    items = [item(edition, own, titles[own].replace("&", "&amp;"), ["Beauty"]) for own in reversed(titles)]
    source = write(tmp_path, edition, rows if edition == "2014" else sorted(rows, key=hash_of), items)
    found = load(source, modalities=[])
    histories = {found.user_ids[u]: [found.item_ids[i] for i in found.history(u)] for u in range(found.num_users)}
    assert histories == wanted.groupby("user")["item"].agg(list).to_dict()
    counts = statistics(found)
    assert (counts["users"], counts["items"], counts["interactions"]) == (len(histories), len(ids), len(seen))
    if edition == "2014":  # where the raw file has the copy's order, the numbers are the same too
        assert (found.user_ids, found.item_ids) == (known.user_ids, known.item_ids)
        assert np.array_equal(found.user, known.user) and np.array_equal(found.item, known.item)
        assert (len(histories), len(ids), len(seen)) == (22_363, 12_101, 198_502)
    expected = {own: " ".join(titles[own].split()) for own in ids}
    assert dict(zip(found.item_ids[1:], found.titles[1:], strict=True)) == expected and len(seen) > 5000
    reading = found.facts["reading"]
    assert reading["read"]["reviews"] == len(seen) + 3000 + 500 + 99
    assert list(reading["repeated"].values()) == [500, 99]


def hash_of(row: str) -> str:
    return hashlib.md5(row.encode()).hexdigest()


def test_text_of_every_shape_becomes_plain_and_addresses_are_kept_but_no_modality(tmp_path):
    reviews, items = small("2018")
    odd = {"asin": "B000000000", "title": "Fair &amp; White <b>  Gel\n", "category": []}
    odd["description"] = ["one", None, "two"]
    code = {"asin": "B000000001", "title": "var aPageStart = (new Date()).getTime();", "feature": ["soft", "warm"]}
    items[:2] = [json.dumps(odd | {"imageURLHighRes": ["http://x/1.jpg", "http://x/2.jpg"]}), json.dumps(code)]
    dataset = load(write(tmp_path / "raw", "2018", reviews, items), encoders="tfidf-svd")
    assert dataset.titles[1:3] == ("Fair & White <b> Gel", "B000000001")
    assert dataset.texts["description"][1] == "one, two" and dataset.texts["features"][2] == "soft, warm"
    assert dataset.texts["picture_url"][1] == "http://x/1.jpg"
    present = {one.name: one.present.tolist()[1:3] for one in dataset.modalities}
    wanted = {"title": [True, False], "categories": [False, False], "features": [False, True]}
    assert present == wanted | {"description": [True, False]}


def test_the_large_picture_is_named_in_the_edition_of_2023(tmp_path):
    dataset = load(write(tmp_path / "raw", "2023", *small("2023")), modalities=[])
    assert dataset.texts["picture_url"][1] == "http://x/B000000000.jpg" and dataset.time[1] - dataset.time[0] == DAY


def test_picture_features_and_pictures_beside_the_reviews_are_the_image(tmp_path):
    source, raw = write(tmp_path / "raw", "2014", *small("2014")), tmp_path / "raw"
    records = np.zeros(3, AMAZON)
    records["item_id"], records["features"] = [b"B000000004", b"ELSEWHERE0", b"B000000001"], np.arange(1, 4)[:, None]
    records.tofile(raw / "image_features_Beauty.b")
    (raw / "images").mkdir()
    Image.new("RGB", (9, 9), "red").save(raw / "images/B000000002.png")
    image = load(source).modality("image")
    assert image.present.tolist() == [n in (2, 5) for n in range(7)] and image.features[[2, 5], 4095].tolist() == [3, 1]
    assert load(source).pictures[3].endswith("B000000002.png")
    (raw / "image_features_Beauty.b").write_bytes(records.tobytes()[:-1])
    with pytest.raises(MMSRError, match=f"{3 * 16_394 - 1} bytes are not a whole number of records of 16394"):
        load(source)


def test_what_was_read_is_kept_by_the_files_content(tmp_path, monkeypatch):
    source = write(tmp_path / "raw", "2014", *small("2014"))
    first = load(source, modalities=[])
    (kept,) = (tmp_path / "cache" / "reviews").iterdir()
    kept.write_bytes(b"damaged")
    assert np.array_equal(load(source, modalities=[]).item, first.item)
    monkeypatch.setattr("mmsr_lite.data.sources.amazon.record", lambda line: line.startswith(b"{'") and eval(line))
    assert np.array_equal(load(source, modalities=[]).item, first.item)  # no review was read: only metadata


BAD_REVIEWS = {
    "words": b"no record",
    "an open brace": b"{",
    "a list": b"[1, 2]",
    "null": b"null",
    "a number": b"42",
    "a string": b'"text"',
    "half a literal": b"{'reviewerID': }",
    "code": b"{'reviewerID': __import__('os').getcwd()}",
    "a set": b"{1, 2}",
    "not UTF-8": b'{"reviewerID": "\xff\xfe"}',
    "zeros": b"\0" * 99,
    "deep JSON": b"[" * 100_000,
    "deep literal": b"{'a':" + b"(" * 300 + b")" * 300 + b"}",
    "two in a line": b'{"reviewerID": "u"}{"reviewerID": "v"}',
    "a cut line": review("2018", "u0", "B000000000", 1)[:-9].encode(),
    "no user": b'{"asin": "B", "parent_asin": "B", "unixReviewTime": 1, "timestamp": 1}',
    "no item": b'{"reviewerID": "u", "user_id": "u", "unixReviewTime": 1, "timestamp": 1}',
    "no time": b'{"reviewerID": "u", "user_id": "u", "asin": "B", "parent_asin": "B"}',
}
BAD_FIELDS = ["null", '""', "7", "[]", "{}", "true", '"\\ud800"']
BAD_TIMES = ["null", '"soon"', "NaN", "1e999", "[]", "1" + "0" * 400, '"' + "9" * 5000 + '"']
FORM = '{"reviewerID": %s, "user_id": %s, "asin": %s, "parent_asin": %s, "unixReviewTime": %s, "timestamp": %s}'
for value in BAD_FIELDS:
    BAD_REVIEWS[f"user {value}"] = (FORM % (value, value, '"B"', '"B"', "1", "1")).encode()
    BAD_REVIEWS[f"item {value}"] = (FORM % ('"u"', '"u"', value, value, "1", "1")).encode()
for value in BAD_TIMES:
    BAD_REVIEWS[f"time {value[:9]}"] = (FORM % ('"u"', '"u"', '"B"', '"B"', value, value)).encode()


@pytest.mark.parametrize("edition", ["2014", "2023"])
@pytest.mark.parametrize("line", BAD_REVIEWS.values(), ids=BAD_REVIEWS)
def test_a_line_that_is_no_review_is_skipped_counted_and_told(tmp_path, edition, line):
    reviews, items = small(edition)
    source = write(tmp_path / "raw", edition, [*reviews[:7], line, b"", *reviews[7:]], items)
    with pytest.warns(UserWarning, match="skipped   lines "):
        dataset = load(source, modalities=[])
    reading = dataset.facts["reading"]
    assert sum(reading["skipped"].values()) == 1 and len(dataset.item) == 36
    assert len(reading["examples"]) == 1 and "line 8 of " in reading["examples"][0]


USERS = [f"A{n:013X}" for n in range(6)]
ASINS = [f"B{n:09}" for n in range(6)]


@pytest.mark.parametrize(
    ("name", "order", "heading", "told"),
    [
        ("ratings_Toys.csv", "ui", "", False),
        ("ratings_Toys.csv", "iu", "", True),  # the columns of 2018 under the name of 2014
        ("Toys.csv", "iu", "", False),
        ("Toys.csv", "ui", "", True),
        ("Toys.csv.gz", "iu", "", False),
        ("Toys.csv", "ui", "user_id,parent_asin,rating,timestamp", False),  # the edition of 2023
    ],
)
def test_in_a_file_of_ratings_alone_the_ids_show_who_is_the_user(tmp_path, name, order, heading, told):
    rows = []
    for u, user in enumerate(USERS):
        for i, own in enumerate(ASINS):
            time = DAY * (u + i) * (1000 if heading else 1)
            rows.append(",".join((*((user, own) if order == "ui" else (own, user)), "5.0", str(time))))
    content = "\n".join([heading] * bool(heading) + rows).encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = load(f"amazon:{tmp_path}/Toys")
    assert dataset.user_ids == tuple(USERS) and dataset.item_ids[1:] == tuple(ASINS) and dataset.time[1] == DAY
    assert any("the columns are read as" in note for note in dataset.facts["reading"]["notes"]) == told


def test_quotation_marks_around_ids_are_no_part_of_them(tmp_path):
    rows = [f'"{user}","{own}",5,{DAY * n}' for user in USERS for n, own in enumerate(ASINS)]
    (tmp_path / "ratings_Toys.csv").write_text("\n".join(rows))
    assert load(f"amazon:{tmp_path}/Toys").item_ids[1:] == tuple(ASINS)


BAD_CSV = "u,B,5.0 u,B,5.0,soon ,B,5.0,1 u,,5.0,1 u,B,5.0,1,2 user,item,rating,timestamp u,B,5.0,inf"


@pytest.mark.parametrize("line", BAD_CSV.split())
def test_a_row_of_ratings_that_is_none_is_skipped_and_counted(tmp_path, line):
    reviews, items = small("2014 csv")
    with pytest.warns(UserWarning, match="skipped   lines "):
        dataset = load(write(tmp_path / "raw", "2014 csv", [line, *reviews], items), modalities=[])
    assert dataset.facts["reading"]["skipped"] == {"lines without user, item or time": 1} and len(dataset.item) == 36


BAD_ITEMS = {  # a line about B000000000, what is counted
    "words": (b"'asin': 'B000000000' and more", "that are no record"),
    "half a literal": (b"{'asin': 'B000000000', 'title': }", "that are no record"),
    "JSON in JSON": (b'"{\\"asin\\": \\"B000000000\\"}"', "that are no record"),
    "no id": (b'{"title": "x"}', "without an id"),
    "number for an id": (b'{"asin": 7, "title": "x"}', "without an id"),
    "again": (b"{'asin': 'B000000001', 'title': 'other'}", "about an item that was listed before"),
}


@pytest.mark.parametrize(("line", "why"), BAD_ITEMS.values(), ids=BAD_ITEMS)
def test_a_line_that_tells_no_item_is_skipped_and_counted(tmp_path, line, why):
    reviews, items = small("2014")
    with pytest.warns(UserWarning, match="skipped   lines of the metadata"):
        dataset = load(write(tmp_path / "raw", "2014", reviews, [*items[1:], line]), modalities=[])
    assert dataset.facts["reading"]["skipped"] == {f"lines of the metadata {why}": 1}
    assert dataset.facts["reading"]["absent"]["items without metadata"] == 1
    assert dataset.titles[1:3] == ("B000000000", "title 1")


ODD_FIELDS = [None, 7, True, {"a": 1}, [], [None], [["x", None]], [{"large": 3}]]
ODD_FIELDS += ["&#xD800;", "\ud800", "\0", " ", "a" * 100_000]


@pytest.mark.parametrize("value", ODD_FIELDS, ids=lambda value: repr(value)[:12])
def test_a_field_of_any_shape_makes_text_that_can_be_written(tmp_path, value):
    reviews, items = small("2018")
    items = [json.dumps(json.loads(line) | {"brand": "somebody"}) for line in items]
    items[0] = json.dumps({"asin": "B000000000", **dict.fromkeys(("title", "category", "brand", "imageURL"), value)})
    assert prepare(write(tmp_path / "raw", "2018", reviews, items), tmp_path / "out")
    assert load(tmp_path / "out").num_items == 6


def whole(edition: str = "2014") -> bytes:
    return gzip.compress("\n".join(small(edition)[0]).encode())


REVIEWS = "reviews_Beauty_5.json.gz"
BAD_FILES = {  # file, content, what is said
    "cut short": (REVIEWS, whole()[:-20], "damaged or cut short"),
    "no gzip": (REVIEWS, gzip.decompress(whole()), "damaged or cut short"),
    "a changed byte": (REVIEWS, whole()[:60] + b"\xff\xff\xff" + whole()[63:], "damaged or cut short"),
    "no bytes": (REVIEWS, b"", "holds 0 reviews"),
    "no lines": (REVIEWS, gzip.compress(b""), "holds 0 reviews"),
    "another edition": (REVIEWS, whole("2023"), "36 lines that are none"),
    "half of it words": (REVIEWS, gzip.compress(b"x\n" * 99), "99 lines that are none"),
    "one giant line": (REVIEWS, gzip.compress(b"x" * 9999, 1), "a line of more than 5,000 bytes"),
    "metadata cut": ("meta_Beauty.json.gz", gzip.compress(b"{'asin': 'B'}\n" * 999)[:-9], "damaged or cut short"),
    "two of reviews": ("reviews_Beauty.json.gz", b"", r"is any of .*; name one: amazon:"),
}


@pytest.mark.parametrize(("file", "content", "says"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_damaged_file_is_told_and_nothing_half_written_remains(tmp_path, monkeypatch, file, content, says):
    monkeypatch.setattr(lines, "LONGEST", 5000)
    source = write(tmp_path / "raw", "2014", *small("2014"))
    (tmp_path / "raw" / file).write_bytes(content)
    with pytest.raises(MMSRError, match=says):
        prepare(source, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} <= {"raw", "cache"}
    assert not list((tmp_path / "cache").rglob("*.tmp"))


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere/Beauty", "categories there: none"),
        ("raw/Toys", "there are no reviews at .*Toys'; .*categories there: Beauty, Books"),
        ("raw", "is any of 'Books.jsonl.gz', 'reviews_Beauty_5.json.gz'"),
        ("raw/meta_Beauty.json.gz", "there are no reviews"),
    ],
)
def test_a_category_that_is_not_there_is_told_with_those_that_are(tmp_path, path, says):
    write(tmp_path / "raw", "2014", *small("2014"))
    write(tmp_path / "raw", "2023", *small("2023"), category="Books")
    with pytest.raises(MMSRError, match=says):
        load(f"amazon:{tmp_path}/{path}")
    assert load(f"amazon:{tmp_path}/raw/reviews_Beauty_5.json.gz", modalities=[]).name == "Beauty"


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.lists(st.tuples(st.integers(0, 36), st.binary(max_size=60)), max_size=12))
def test_no_noise_between_the_lines_costs_a_review(tmp_path, noise):
    reviews, items = small("2014")
    rows: list = [row.encode() for row in reviews]
    for place, junk in sorted(noise, reverse=True):
        rows.insert(place, junk)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(load(write(tmp_path / "raw", "2014", rows, items), modalities=[]).item) == 36


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(end=st.integers(0, len(whole()) - 1), place=st.integers(0, len(whole()) - 1), byte=st.integers(0, 255))
def test_a_cut_or_changed_file_is_told_or_read_as_it_was(tmp_path, end, place, byte):
    source, known = write(tmp_path / "raw", "2014", *small("2014")), whole()
    for content in (known[:end], known[:place] + bytes([byte]) + known[place + 1 :]):
        (tmp_path / "raw" / "reviews_Beauty_5.json.gz").write_bytes(content)
        with suppress(MMSRError):
            assert len(load(source, modalities=[]).item) == 36
