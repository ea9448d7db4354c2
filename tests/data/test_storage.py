"""Files: whole or not at all, told when damaged, hashed by content."""

import json

import numpy as np
import pytest

from mmsr_lite.data.storage import atomic, content_hash, read_json, write_json
from mmsr_lite.errors import MMSRError


def test_json_keeps_numbers_of_numpy_and_every_character(tmp_path):
    write_json(tmp_path / "a.json", {"é</script>": np.float64(0.5), "rows": np.arange(3)})
    assert read_json(tmp_path / "a.json") == {"é</script>": 0.5, "rows": [0, 1, 2]}


@pytest.mark.parametrize("record, error", [({"loss": float("nan")}, ValueError), ({"what": object()}, TypeError)])
def test_what_json_cannot_hold_is_refused_and_the_old_file_stays(tmp_path, record, error):
    write_json(tmp_path / "a.json", 1)
    with pytest.raises(error):
        write_json(tmp_path / "a.json", record)
    assert read_json(tmp_path / "a.json") == 1


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(MMSRError, match=r"there is no file .*a\.json"):
        read_json(tmp_path / "a.json")
    for damage in (b'{"a": ', b"\xff"):
        (tmp_path / "a.json").write_bytes(damage)
        with pytest.raises(MMSRError, match=r"a\.json. is not JSON"):
            read_json(tmp_path / "a.json")


def test_a_block_that_fails_leaves_the_old_file_and_no_trace(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(KeyError), atomic(tmp_path / "a") as tmp:
        tmp.write_text("half")
        raise KeyError
    assert [file.name for file in tmp_path.iterdir()] == ["a"] and (tmp_path / "a").read_text() == "old"


def test_the_hash_tells_types_shapes_and_borders_apart():
    parts = [b"ab", "ab", np.zeros(4), np.zeros((2, 2)), np.zeros(4, np.float32), [1, [2]]]
    assert len({*map(content_hash, parts), content_hash("a", "b")}) == len(parts) + 1
    assert content_hash({"a": 1, "b": 2}) == content_hash(json.loads('{"b": 2, "a": 1}'))
