"""A small file that would unfold to a full memory is refused, whatever its form; files of data are read."""

import gzip
import io
import json
import zipfile

import numpy as np
import pandas as pd
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from mmsr_lite.data import load, unpacking
from mmsr_lite.data.features import read_features
from mmsr_lite.data.sources.lines import lines
from mmsr_lite.errors import MMSRError

ROWS = "".join(f"u{n % 40},i{n % 7},{n}\n" for n in range(400))


@pytest.fixture(autouse=True)
def small_limit(monkeypatch):
    """Bombs of 2 MB do for 64."""
    monkeypatch.setattr(unpacking, "FREE", 1 << 20)


def zeros(times: int = 1 << 21) -> bytes:
    return gzip.compress(b"x" * times)


@pytest.mark.parametrize("name", ["interactions.csv.gz", "interactions.jsonl.gz", "interactions.json.gz"])
def test_a_table_that_is_a_gzip_bomb_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(zeros())
    with pytest.raises(MMSRError, match=r"unfolds to [\d,]+ or more; no data do that"):
        load(str(tmp_path), min_count=1)


def test_a_bomb_behind_a_heading_is_refused_while_it_is_read(tmp_path):
    (tmp_path / "interactions.csv.gz").write_bytes(gzip.compress(b"user_id,item_id\nu,i\n") + zeros())
    with pytest.raises(MMSRError, match="no data do that"):
        load(str(tmp_path), min_count=1)


def test_lines_of_a_bomb_are_refused(tmp_path):
    (tmp_path / "reviews.json.gz").write_bytes(gzip.compress(b"{}\n" * (1 << 20)))
    with pytest.raises(MMSRError, match="no data do that"):
        list(lines(tmp_path / "reviews.json.gz"))


def test_a_parquet_file_of_more_rows_than_bytes_allow_is_refused(tmp_path):
    alike = arrow.DictionaryArray.from_arrays(np.zeros(3_000_000, np.int32), ["u"])
    parquet.write_table(arrow.table({"user_id": alike, "item_id": alike}), tmp_path / "interactions.parquet")
    assert (tmp_path / "interactions.parquet").stat().st_size < 20_000
    with pytest.raises(MMSRError, match="no data do that"):
        load(str(tmp_path), min_count=1)


def test_features_in_a_zip_bomb_are_refused(tmp_path):
    held = io.BytesIO()
    np.save(held, np.zeros((2, 300_000), np.float32))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("features.npy", held.getvalue())
    with pytest.raises(MMSRError, match="no data do that"):
        read_features(tmp_path / "a.npz", ["", "a", "b"])


def test_packed_data_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "FREE", 0)
    (tmp_path / "interactions.csv.gz").write_bytes(gzip.compress(f"user_id,item_id,timestamp\n{ROWS}".encode()))
    text = "\n".join(json.dumps({"item_id": f"i{n}", "words": "red hat"}) for n in range(7))
    (tmp_path / "items.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    dataset = load(str(tmp_path), min_count=1)
    assert (len(dataset.item), dataset.num_users, dataset.num_items) == (400, 40, 7)
    pd.DataFrame({"user_id": ["u"] * 5000, "item_id": ["i0"] * 5000}).to_parquet(tmp_path / "other.parquet")
    table = load(str(tmp_path), min_count=1, files={"interactions": "other.parquet"})
    assert len(table.item) == 5000
