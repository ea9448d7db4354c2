"""The ranks of a study in one small file: exact at 5 and 20, older files are still read, the repository stays small."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from mmsr_lite.data.split import split
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.experiments.kept_ranks import as_bytes, from_bytes, load_ranks, pack, read_kept, save_ranks
from mmsr_lite.experiments.table import METRICS, read_rows

MOST = 15 * 2**20  # bytes of ranks in the repository
USER = np.array([0, 0, 1])


def test_every_metric_at_5_and_20_follows_from_a_byte_a_target():
    ranks = np.array([1, 1.5, 5, 5.5, 20, 20.5, 21, 12101])
    assert metrics(from_bytes(as_bytes(ranks))) == metrics(ranks)


def test_a_finished_study_has_a_file_that_gives_the_numbers_of_its_table(done, ring):
    table = pq.read_table(done.place / "tiny-ranks.parquet")
    rows = read_rows(done.place / "tiny.csv")
    runs = {row["run"] for row in rows}
    assert set(table.column_names) == {"user", *runs, *(f"masked {run}" for run in runs)}
    assert table.column("user").to_pylist() == split(ring).test.user.tolist()
    for file in (done.place / "ranks").glob("*"):
        file.unlink()  # the file alone is in the repository
    kept = read_kept(done.place, table.column_names[1:]).runs
    for row in rows:
        for begin in ("", "masked "):
            found = metrics(kept[f"{begin}{row['run']}"])
            assert {n: round(found[n], 4) for n in METRICS} == {m: row[f"{begin}{m}"] for m in METRICS}


def test_the_older_form_is_read_and_packed(tmp_path):
    save_ranks(tmp_path / "ranks" / "a.npz", np.array([1, 2.5, 300]))
    assert load_ranks(tmp_path / "ranks" / "a.npz").tolist() == [1, 2.5, 300]
    assert load_ranks(tmp_path / "ranks" / "b.npz") is None
    old = read_kept(tmp_path, ["a", "b"])
    assert old.user is None and old.runs["a"].tolist() == [1, 2.5, np.inf] and "b" not in old.runs
    pack(tmp_path, "study", ["a", "b"], USER)
    new = read_kept(tmp_path, ["b", "a"])
    assert new.user.tolist() == [0, 0, 1] and new.runs["a"].tolist() == [1, 2.5, np.inf]


def test_a_run_of_another_study_is_found_in_its_file(tmp_path):
    save_ranks(tmp_path / "ranks" / "a.npz", np.array([1, 2, 3]))
    pack(tmp_path, "one", ["a"], USER)
    (tmp_path / "ranks" / "a.npz").unlink()
    pack(tmp_path, "other", ["a"], USER)
    assert pq.read_schema(tmp_path / "other-ranks.parquet").names == ["user", "a"]
    assert pack(tmp_path, "third", ["b"], USER) is None


def test_ranks_of_other_targets_and_broken_files_are_told(tmp_path):
    save_ranks(tmp_path / "ranks" / "a.npz", np.array([1, 2]))
    with pytest.raises(MMSRError, match="run 'a' has 2 ranks for 3 test targets"):
        pack(tmp_path, "one", ["a"], USER)
    (tmp_path / "one-ranks.parquet").write_text("no file of ranks")
    with pytest.raises(MMSRError, match="is no file of ranks"):
        read_kept(tmp_path, ["a"])


def test_files_of_different_targets_do_not_mix(tmp_path):
    for name, user in (("a", USER), ("b", USER + 1)):
        save_ranks(tmp_path / "ranks" / f"{name}.npz", np.array([1, 2, 3]))
        pack(tmp_path, name, [name], user)
    with pytest.raises(MMSRError, match="has other test targets than the files beside it"):
        read_kept(tmp_path, ["a", "b"])


def test_all_ranks_in_the_repository_are_small_together():
    results = Path(__file__).parents[2] / "assets" / "results"
    assert sum(file.stat().st_size for file in results.rglob("*-ranks.parquet")) <= MOST


def test_a_target_takes_less_than_a_quarter_of_a_byte(tmp_path):
    chance, many = np.random.default_rng(0), 20_000
    for run in range(20):
        ranks = np.where(chance.random(many) < 0.14, chance.integers(1, 21, many), 500)  # as on Beauty: HR@20 of 14 %
        save_ranks(tmp_path / "ranks" / f"{run}.npz", ranks)
    path = pack(tmp_path, "big", map(str, range(20)), np.arange(many) // 2)
    assert path.stat().st_size < 0.25 * 20 * many
