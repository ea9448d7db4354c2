"""The tables that `recommend` writes."""

import pandas as pd
import pytest

from mmsr_lite import cli


@pytest.fixture(scope="module")
def run(ring, tmp_path_factory):
    place = tmp_path_factory.mktemp("trained") / "run"
    settings = ["--dim", "8", "--codes", "3", "--codes-per-item", "1", "--epochs", "1", "--device", "cpu"]
    assert cli.main(["train", str(ring), *settings, "--out", str(place)]) == 0
    return place


def recommend(run, *words) -> int:
    return cli.main(["recommend", str(run), "--device", "cpu", *map(str, words)])


def test_all_users_as_parquet_and_as_csv(run, tmp_path, capsys):
    assert recommend(run, "--top", 4, "-o", tmp_path / "a.parquet") == 0
    assert recommend(run, "--top", 4, "-o", tmp_path / "a.csv") == 0
    assert f"Saved {tmp_path / 'a.csv'}: 48 rows for 12 users" in capsys.readouterr().out  # 12 users x 4
    one, other = pd.read_parquet(tmp_path / "a.parquet"), pd.read_csv(tmp_path / "a.csv")
    assert one["item_id"].tolist() == other["item_id"].tolist() and len(one) == 48


def test_one_user_explained_into_the_folder_of_the_run(run):
    assert recommend(run, "--user", "u3", "--explain", "--top", 2) == 0
    table = pd.read_csv(run / "recommendations.csv")
    assert table["user_id"].tolist() == ["u3", "u3"] and {"from_item", "late_fusion", "edge_3"} <= set(table)


def test_new_histories_are_accounted_for(run, tmp_path, capsys):
    (tmp_path / "new.csv").write_text("who,item_id,timestamp\nx,i1,5\nx,i2,6\ny,nothing,7\n")
    words = ["--histories", tmp_path / "new.csv", "--columns", "user_id=who", "-o", tmp_path / "a.csv"]
    assert recommend(run, *words, "--new-items-only") == 0
    out = capsys.readouterr().out
    assert "skipped   rows of items that the data set does not have: 1" in out and "row 3: y, nothing, 7" in out
    table = pd.read_csv(tmp_path / "a.csv")
    assert table["user_id"].unique().tolist() == ["x"] and not {"i1", "i2"} & set(table["item_id"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "a.xlsx"], "unknown format '.xlsx'"),
        (["--user", "nobody"], "there is no user 'nobody'"),
        (["--columns", "user_id=x"], "--columns and --file-format say how"),
        (["--histories", "nothing.csv"], "there is no file 'nothing.csv'"),
    ],
)
def test_mistakes_are_one_sentence(run, words, message, capsys):
    assert recommend(run, *words) == 1
    assert message in capsys.readouterr().err
