"""Tables as people have them: nothing is misread in silence, whatever the form of the file."""

import codecs
import gzip
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mmsr_lite.data import load
from mmsr_lite.errors import MMSRError
from tests.properties import examples

pytestmark = pytest.mark.filterwarnings("ignore::mmsr_lite.data.reading.ReadingNote")
ROWS = [("u1", "a", 100), ("u1", "b", 200), ("u2", "a", 300)]


NAMES = ("user_id", "item_id", "timestamp")
RECORDS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
QUICK = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}


def text(separator: str = ",", heading: str = "user_id,item_id,timestamp", end: str = "") -> str:
    rows = [separator.join(map(str, row)) + end for row in ROWS]
    return "\n".join([heading.replace(",", separator), *rows]) + "\n"


def folder(place, interactions: str | bytes, items: str | bytes | None = None, name="interactions.csv", of="items.csv"):
    place.mkdir(exist_ok=True)
    for file, content in ((name, interactions), (of, items)):
        if content is not None:
            (place / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    return place


def pairs(dataset) -> list[tuple[str, str]]:
    return [(dataset.user_ids[u], dataset.item_ids[i]) for u, i in zip(dataset.user, dataset.item, strict=True)]


def assert_read(place, **options) -> None:
    dataset = load(place, min_count=1, **options)
    assert pairs(dataset) == [("u1", "a"), ("u1", "b"), ("u2", "a")] and dataset.time.tolist() == [100, 200, 300]


UNEVEN = {  # a file whose rows have more or fewer fields than its heading: what is said
    "a comma at the end of each row": (text(end=","), "row 1 has 4 fields, the heading 3 names: 'u1,a,100,'"),
    "a rating that is not named": (
        "user_id,item_id,timestamp\nu1,a,5,100\nu1,b,4,200\n",
        "row 1 has 4 fields, the heading 3 names",
    ),
    "a comma too many further down": (
        text() + "u3,a,4,\n",
        "row 4 has 4 fields, the heading 3 names: 'u3,a,4,'",
    ),
    "row names of R": ('"user_id","item_id"\n"1","u1","a"\n"2","u1","b"\n', "row 1 has 3 fields, the heading 2 names"),
    "a field too few": (text() + "u3,a\n", "row 4 has 2 fields, the heading 3 names: 'u3,a'"),
    "tabs with a field too many": (
        "user_id\titem_id\nu1\ta\t5\n",
        "row 1 has 3 fields, the heading 2 names",
    ),
    "a quotation mark never closed": (
        'user_id,item_id\nu1,a\nu1,"b\nu2,a\nu2,c\n',
        "a quotation mark is opened and never closed, in row 2",
    ),
    "a quotation mark that swallows rows": (
        'user_id,item_id\n"u1,a\nu1",b\nu2,a\n',
        "user_id goes over more than one line in row 1: 'u1,a u1'",
    ),
}


@pytest.mark.parametrize(("content", "says"), UNEVEN.values(), ids=UNEVEN)
def test_a_row_that_does_not_go_with_the_heading_is_named(tmp_path, content, says):
    with pytest.raises(MMSRError, match=says):
        load(folder(tmp_path / "d", content), min_count=1)


def test_the_same_holds_for_recboles_files(tmp_path):
    content = "user_id:token\titem_id:token\ttimestamp:float\nu\ta\t5\t100\n"
    with pytest.raises(MMSRError, match="row 1 has 4 fields, the heading 3 names: 'u a 5 100'"):
        load(folder(tmp_path / "d", content, name="x.inter"), min_count=1)


def test_the_same_holds_for_items_and_names_their_file(tmp_path):
    with pytest.raises(MMSRError, match=r"items.csv': row 2 has 3 fields, the heading 2 names: 'b,red hat, small'"):
        load(folder(tmp_path / "d", text(), "item_id,title\na,hat\nb,red hat, small\n"), min_count=1)


@pytest.mark.parametrize("heading", [",user_id,item_id,timestamp", '"",user_id,item_id,timestamp'])
def test_row_names_under_an_empty_name_are_left_out(tmp_path, heading):
    rows = "".join(f"{n},{u},{i},{t}\n" for n, (u, i, t) in enumerate(ROWS))
    assert_read(folder(tmp_path / "d", f"{heading}\n{rows}"))


def test_a_comma_at_the_end_of_the_heading_too_is_harmless(tmp_path):
    assert_read(folder(tmp_path / "d", text(heading="user_id,item_id,timestamp,", end=",")))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("interactions.csv", text(";")),
        ("interactions.csv", text("\t")),
        ("interactions.csv", text("|")),
        ("interactions.tsv", text("\t")),
        ("interactions.txt", text("\t")),
        ("interactions.tsv.gz", gzip.compress(text("\t").encode(), mtime=0)),
        ("interactions.csv", "\ufeff" + text()),
        ("interactions.csv", text().replace("\n", "\r\n")),
        ("interactions.csv", "\n\n" + text()),
        ("interactions.csv", text().rstrip("\n")),
        ("interactions.csv", text().replace("u1", '"u1"')),
        ("interactions.json", json.dumps(RECORDS)),
        ("interactions.jsonl", "\n".join(map(str, RECORDS))),
    ],
)
def test_every_form_of_the_same_table_says_the_same(tmp_path, name, content):
    assert_read(folder(tmp_path / "d", content, name=name))


def test_a_separator_that_is_seen_is_told_and_one_that_is_named_is_obeyed(tmp_path):
    seen = load(folder(tmp_path / "d", text(";")), min_count=1)
    assert any("separated by a semicolon" in note for note in seen.facts["reading"]["notes"])
    odd = folder(tmp_path / "odd", text("~"))
    assert_read(odd, file_format={"separator": "~"})
    with pytest.raises(MMSRError, match="has no column 'user_id'"):
        load(odd, min_count=1)


def test_decimal_commas_are_read_where_every_time_has_one_or_where_asked_for(tmp_path):
    content = text(";").replace("00\n", "00,0\n")
    assert_read(folder(tmp_path / "d", content))
    some = folder(tmp_path / "some", content.replace("200,0", "200"))
    with pytest.raises(MMSRError, match="timestamp is '100,0' in row 1"):
        load(some, min_count=1)
    assert_read(some, file_format={"decimal": ","})


NOT_UTF8 = {
    "Windows-1252": (
        text().replace("u2", "Zoë").encode("cp1252"),
        "it looks like Windows-1252; if so, say .*=win",
    ),
    "UTF-16 with its mark": (text().encode("utf-16"), "it is UTF-16; if so, say --file-format encoding=utf-16"),
    "UTF-16 without": (text().encode("utf-16-le"), "it looks like UTF-16; if so, say"),
    "UTF-32": (codecs.BOM_UTF32_LE + text().encode("utf-32-le"), "it is UTF-32"),
    "no text": (bytes(range(256)), "holds a byte of value zero in line 1"),
    "bytes that Windows-1252 lacks": (text().encode() + b"u3,\x81,1\n", "byte 0x81 in line 5.*save it as UTF-8"),
}


@pytest.mark.parametrize(("content", "says"), NOT_UTF8.values(), ids=NOT_UTF8)
@pytest.mark.parametrize("name", ["interactions.csv", "x.inter"])
def test_another_encoding_is_recognised_and_asked_about(tmp_path, content, says, name):
    with pytest.raises(MMSRError, match=says):
        load(folder(tmp_path / "d", content, name=name), min_count=1)


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16", "latin-1", "utf-8"])
def test_an_encoding_that_is_named_is_read(tmp_path, encoding):
    content = text().replace("u2", "Zoë").encode(encoding)
    dataset = load(folder(tmp_path / "d", content), min_count=1, file_format={"encoding": encoding})
    assert dataset.user_ids == ("u1", "Zoë")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"encoding": "klingon"}, "there is no encoding 'klingon'"),
        ({"encoding": "base64"}, "'base64' is no encoding of text"),
        ({"separator": ";;"}, "separator is ';;'; expected one sign"),
        ({"decimal": "."}, None),
        ({"decimal": "'"}, "decimal is"),
        ({"seperator": ";"}, r"file_format has no 'seperator' \(--file-format\); choose from: separator, decimal, enc"),
        ({"separator": 3}, r"file_format is \{'separator': 3\}"),
    ],
)
def test_a_form_that_does_not_exist_is_told(tmp_path, given, says):
    place = folder(tmp_path / "d", text())
    if says is None:
        return assert_read(place, file_format=given)
    with pytest.raises(MMSRError, match=says):
        load(place, min_count=1, file_format=given)


TWICE = {
    "in a heading": ("interactions.csv", "user_id,item_id,user_id\nu,a,1\n", "has two columns 'user_id'"),
    "under two kinds": ("x.inter", "user_id:token\tuser_id:float\titem_id:token\nu\t1\ta\n", "two columns 'user_id'"),
    "a time under two kinds": (
        "x.inter",
        "user_id:token\titem_id:token\ttimestamp:float\ttimestamp:token\nu\ta\t1\tx\n",
        "two columns 'timestamp'",
    ),
}


@pytest.mark.parametrize(("name", "content", "says"), TWICE.values(), ids=TWICE)
def test_a_column_that_is_there_twice_is_told_with_its_file(tmp_path, name, content, says):
    with pytest.raises(MMSRError, match=f"{name}' has {says.removeprefix('has ')}"):
        load(folder(tmp_path / "d", content, name=name), min_count=1)


def test_a_column_twice_in_the_items_names_the_items_file(tmp_path):
    item = "item_id:token\ttitle:token_seq\ttitle:token\na\tHello\tx\n"
    inter = "user_id:token\titem_id:token\nu\ta\n"
    with pytest.raises(MMSRError, match=r"x\.item' has two columns 'title'"):
        load(folder(tmp_path / "d", inter, item, name="x.inter", of="x.item"), min_count=1)


ITEMS = [{"item_id": "a", "title": "red hat"}, {"item_id": "b", "title": "blue"}]
JSON_FORMS = {
    "an array": json.dumps(ITEMS),
    "an array over lines": json.dumps(ITEMS, indent=1),
    "one a line": "\n".join(map(json.dumps, ITEMS)),
    "Python literals": "\n".join(map(str, ITEMS)),
    "an entry that is an array": json.dumps({"version": 3, "items": ITEMS}),
    "by id": json.dumps({one["item_id"]: {"title": one["title"]} for one in ITEMS}),
    "by column": json.dumps({"item_id": ["a", "b"], "title": ["red hat", "blue"]}),
    "as pandas writes it": json.dumps({"item_id": {"0": "a", "1": "b"}, "title": {"0": "red hat", "1": "blue"}}),
}


@pytest.mark.parametrize("content", JSON_FORMS.values(), ids=JSON_FORMS)
@pytest.mark.parametrize("name", ["items.json", "items.json.gz"])
def test_every_form_of_json_says_the_same(tmp_path, content, name):
    packed = gzip.compress(content.encode()) if name.endswith(".gz") else content
    dataset = load(folder(tmp_path / "d", text(), packed, of=name), min_count=1)
    assert dataset.titles == ("", "red hat", "blue")


BAD_JSON = {
    "cut short": ('[{"item_id": "a"}, {"item_', "line 1 is not JSON by itself, nor is the whole"),
    "numbers": ("[1, 2]", r"line 1 is '\[1, 2\]'; expected an object in braces"),
    "a number": ("42", r"line 1 is '42'; expected an object|begins with '42'"),
    "columns of two lengths": ('{"item_id": ["a", "b"], "title": ["x"]}', "columns of different lengths"),
    "a mixed array": ('[{"item_id": "a"}, 7]', "entry 2 is 7; expected an object"),
    "a bad line": ('{"item_id": "a"}\n{"item_id": \n', "line 2 is not JSON"),
    "Windows-1252": ('{"item_id": "café"}'.encode("cp1252"), "looks like Windows-1252"),
    "UTF-16": ('{"item_id": "a"}'.encode("utf-16"), "it is UTF-16"),
    "half a pair": ('[{"item_id": "\\ud800"}]', "not JSON"),
}


@pytest.mark.parametrize(("content", "says"), BAD_JSON.values(), ids=BAD_JSON)
def test_json_that_is_no_table_is_told(tmp_path, content, says):
    with pytest.raises(MMSRError, match=says):
        load(folder(tmp_path / "d", text(), content, of="items.json"), min_count=1)


def test_ids_that_an_empty_cell_made_fractions_are_whole_numbers_again(tmp_path):
    (tmp_path / "d").mkdir()
    frame = pd.DataFrame({"user_id": [1.0, 1.0, 2.0], "item_id": ["7", "8", "7"], "timestamp": [1, 2, 3]})
    frame.to_parquet(tmp_path / "d/interactions.parquet")
    dataset = load(tmp_path / "d", min_count=1)
    assert dataset.user_ids == ("1", "2")
    assert any("user_id is read as whole numbers, 1 and not 1.0" in note for note in dataset.facts["reading"]["notes"])


def test_a_column_that_pandas_kept_as_its_index_is_a_column(tmp_path):
    (tmp_path / "d").mkdir()
    frame = pd.DataFrame(ROWS, columns=["user_id", "item_id", "timestamp"]).set_index("user_id")
    frame.to_parquet(tmp_path / "d/interactions.parquet")
    assert_read(tmp_path / "d")


@pytest.mark.parametrize("kind", ["Int64", "Float64", "datetime64[ns]"])
def test_a_time_that_is_missing_in_parquet_is_told(tmp_path, kind):
    (tmp_path / "d").mkdir()
    times = pd.array([2, None], dtype=kind) if kind != "datetime64[ns]" else pd.to_datetime(["2020-01-01", None])
    frame = pd.DataFrame({"user_id": ["u", "u"], "item_id": ["a", "b"], "timestamp": times})
    frame.to_parquet(tmp_path / "d/interactions.parquet")
    with pytest.raises(MMSRError, match=r"timestamp is <NA>, an empty cell, in row 2 \(1 such rows\); expected"):
        load(tmp_path / "d", min_count=1)


def test_a_numpy_file_of_objects_is_refused_and_not_unpickled(tmp_path):
    place = folder(tmp_path / "d", text())
    (place / "features").mkdir()
    np.save(place / "features/sound.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    with pytest.raises(MMSRError, match="holds no features"):
        load(place, min_count=1)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters='"\r\n,;\t|\x00\ufeff'), min_size=1, max_size=8).filter(
    lambda word: word.strip() == word and word
)


@settings(max_examples=examples(50), **QUICK)
@given(rows=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5), separator=st.sampled_from(",;\t|"))
def test_whatever_ids_are_written_come_back(tmp_path, rows, separator):
    lines = [separator.join(("user_id", "item_id")), *(separator.join(row) for row in rows)]
    dataset = load(folder(tmp_path / "d", "\n".join(lines)), min_count=1)
    assert sorted(pairs(dataset)) == sorted(rows)


@settings(max_examples=examples(150), **QUICK)
@given(content=st.binary(max_size=120), place=st.integers(0, 60), name=st.sampled_from(["csv", "jsonl", "json", "tsv"]))
@example(content=b'"', place=30, name="csv")
@example(content=b"\xff\xfe", place=0, name="jsonl")
def test_bytes_anywhere_in_a_table_are_told_or_read_and_never_a_traceback(tmp_path, content, place, name):
    whole = {"csv": text(), "tsv": text("\t")}.get(name) or "\n".join(map(json.dumps, RECORDS))
    written = whole.encode()[:place] + content + whole.encode()[place:]
    target = folder(tmp_path / "d", written, name=f"interactions.{name}")
    try:
        dataset = load(target, min_count=1)
    except MMSRError as error:
        assert 10 < len(str(error)) < 1000 and "\n" not in str(error)
    else:
        assert len(dataset.item) >= 1
    (target / f"interactions.{name}").unlink()


@settings(max_examples=examples(60), **QUICK)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    )
)
def test_a_cell_of_any_shape_is_read_or_told(tmp_path, value):
    rows = [{"item_id": "a", "title": "red hat", "note": value}, {"item_id": "b", "title": value, "note": "warm"}]
    place = folder(tmp_path / "d", text(), "\n".join(map(json.dumps, rows)), of="items.jsonl")
    try:
        dataset = load(place, min_count=1)
    except MMSRError:
        return
    assert all(isinstance(title, str) for title in dataset.titles) and dataset.titles[1] == "red hat"
    assert all(isinstance(word, str) for words in dataset.texts.values() for word in words)
