"""Files that are damaged anywhere: one sentence or a reading, never a traceback, and nothing that hangs."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.prepared import save_prepared
from mmsr_lite.errors import MMSRError
from tests.properties import examples

pytestmark = pytest.mark.filterwarnings("ignore")
QUICK = {"max_examples": examples(25), "deadline": None}
QUICK["suppress_health_check"] = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
DAMAGE = st.tuples(st.floats(0, 1), st.integers(0, 9), st.binary(max_size=12))  # where, how many bytes go, what comes


def reads_or_explains(source) -> bool:
    """Whether loading ends in data with text for titles, or in an error of one sentence; others are raised."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = load(source, min_count=1)
    except MMSRError as error:
        return len(str(error)) > 10 and "\n" not in str(error) and "Traceback" not in str(error)
    return len(dataset.item) > 0 and all(isinstance(title, str) for title in dataset.titles)


def damaged(content: bytes, damage: tuple[float, int, bytes]) -> bytes:
    where, gone, added = damage
    place = int(where * len(content))
    return content[:place] + added + content[place + gone :]


MOVIELENS = {
    "u.data": "1\t1\t3\t100\n1\t2\t4\t200\n2\t1\t5\t300\n",
    "u.item": "".join(f"{own}|Film {own}|01-Jan-1999||http://x|{'0|' * 18}1\n" for own in (1, 2)),
}


@settings(**QUICK)
@given(file=st.sampled_from(sorted(MOVIELENS)), damage=DAMAGE)
def test_movielens_damaged_anywhere(tmp_path, file, damage):
    for name, content in MOVIELENS.items():
        (tmp_path / name).write_bytes(damaged(content.encode(), damage) if name == file else content.encode())
    assert reads_or_explains(f"movielens:{tmp_path}")


@pytest.fixture
def shop(tmp_path) -> Path:
    """A folder with a table of every binary form."""
    place = tmp_path / "shop"
    (place / "features").mkdir(parents=True)
    rows = {"user_id": ["u", "u", "v"], "item_id": ["0", "1", "1"], "timestamp": [1, 2, 3]}
    pd.DataFrame(rows).to_parquet(place / "interactions.parquet")
    pd.DataFrame({"item_id": ["0", "1"], "title": ["hat", "coat"]}).to_parquet(place / "items.parquet")
    np.savez(place / "features/one.npz", features=np.ones((2, 2), np.float32), item_ids=np.array(["0", "1"]))
    np.save(place / "features/two.npy", np.ones((2, 2), np.float32))
    pd.DataFrame({"item_id": ["0", "1"], "three": [[1.0, 2.0], [3.0, 4.0]]}).to_parquet(
        place / "features/three.parquet"
    )
    (place / "i_id_mapping.csv").write_text("asin\titemID\nB0\t0\nB1\t1\n")
    return place


FILES = ["interactions.parquet", "items.parquet", "features/one.npz", "features/two.npy", "features/three.parquet"]


@settings(**QUICK)
@given(damage=DAMAGE, file=st.sampled_from([*FILES, "i_id_mapping.csv"]))
def test_a_binary_file_damaged_anywhere(shop, file, damage):
    content = (shop / file).read_bytes()
    (shop / file).write_bytes(damaged(content, damage))
    fine = reads_or_explains(shop)
    (shop / file).write_bytes(content)
    assert fine


@settings(**QUICK)
@given(name=st.sampled_from(["schema", "name", "kinds", "facts", "modalities", "outputs"]), value=JSON)
def test_a_manifest_with_anything_in_it(shop, tmp_path, name, value):
    out = tmp_path / "out"
    if not out.exists():
        save_prepared(load(shop, modalities=["title"], min_count=1), out)
    manifest = (out / "manifest.json").read_text()
    (out / "manifest.json").write_text(json.dumps(json.loads(manifest) | {name: value}))
    fine = reads_or_explains(out)
    (out / "manifest.json").write_text(manifest)
    assert fine


@settings(**QUICK)
@given(value=JSON, file=st.sampled_from(["state.json", "dataset_dict.json"]))
def test_a_hugging_face_folder_with_anything_in_it(tmp_path, value, file):
    (tmp_path / "d").mkdir(exist_ok=True)
    (tmp_path / "d" / file).write_text(json.dumps(value))
    assert reads_or_explains(tmp_path / "d")


CELLS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5) | JSON


@settings(**QUICK)
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4))
@example(rows=[(False, False, b"\x80")])
def test_tables_in_memory_with_anything_in_a_cell(rows):
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"], dtype=object)
    columns = {"user_id": "title", "timestamp": "note"}
    items = None
    if all(isinstance(row[1], str) for row in rows):
        items = table.rename(columns=columns).drop_duplicates("item_id", ignore_index=True)
    try:
        dataset = Dataset.from_frames(table, items, min_count=1)
    except MMSRError as error:
        assert "\n" not in str(error)
    else:
        assert len(dataset.item) <= len(rows) and all(isinstance(own, str) for own in dataset.user_ids)
