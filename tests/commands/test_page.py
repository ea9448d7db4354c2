"""`mmsr-lite page`: one file of runs of the same data, for people who have no Python."""

import base64
import gzip
import json
import re

import pytest

from mmsr_lite import cli
from mmsr_lite.errors import MMSRError
from mmsr_lite.live_explorer import explore_run

SMALL = ["--modalities", "words", "--dim", "8", "--codes", "3", "--codes-per-item", "1", "--batch", "32"]


@pytest.fixture(scope="module")
def runs(ring, tmp_path_factory):
    """An early and a late run of one data set."""
    folder = tmp_path_factory.mktemp("runs")
    for fusion in ("heho", "hohe"):
        argv = ["train", str(ring), *SMALL, "--epochs", "1", "--fusion", fusion, "--out", str(folder / fusion)]
        assert cli.main(argv) == 0
    return str(folder / "heho"), str(folder / "hohe")


def held(path) -> dict:
    """What is packed in a page."""
    packed = re.search('id="models">([^<]*)<', path.read_text())[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def test_a_page_of_two_runs_holds_both_and_hides_ids(runs, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert cli.main(["page", *runs, "-o", str(page)]) == 0
    out = capsys.readouterr().out
    assert "Inside: 8 users with history, 6 items, 2 models; ids are pseudonyms." in out
    data = held(page)
    assert [model["name"] for model in data["models"]] == ["MMSR, heho", "MMSR, hohe"]
    assert "u3" not in json.dumps(data["users"]) and data["items"]["id"][1] == "item 1"


def test_users_are_chosen_by_name_and_runs_of_one_label_by_their_folder(runs, tmp_path):
    page = tmp_path / "page.html"
    argv = ["page", runs[0], runs[0], "-o", str(page), "--user", "u7", "2", "--no-pseudonyms"]
    assert cli.main(argv) == 0
    data = held(page)
    assert [user["id"] for user in data["users"]] == ["u7", "u2"]
    assert [model["name"] for model in data["models"]] == ["MMSR, heho, heho (1)", "MMSR, heho, heho (2)"]


@pytest.fixture(scope="module")
def other_seed(ring, runs, tmp_path_factory):
    """The early run again, with another seed."""
    place = str(tmp_path_factory.mktemp("seed") / "heho-1")
    argv = ["train", str(ring), *SMALL, "--epochs", "1", "--fusion", "heho", "--seed", "1", "--out", place]
    assert cli.main(argv) == 0
    return place


def test_runs_that_are_the_same_but_for_their_seed_are_a_group_of_the_page(runs, other_seed, tmp_path):
    page = tmp_path / "page.html"
    assert cli.main(["page", *runs, other_seed, "-o", str(page)]) == 0
    assert held(page)["seeds"] == [[0, 2]]
    assert cli.main(["page", runs[0], runs[0], runs[1], "-o", str(page)]) == 0
    assert held(page)["seeds"] == []  # one run twice is no other seed


def test_a_run_is_explored_with_runs_of_other_seeds_and_with_no_other_ones(runs, other_seed):
    record = explore_run(runs[0], 2, [other_seed]).record
    assert record["draft"]["models"] == ["MMSR, heho", "seed 1"]
    assert {one["of"] for one in record["draft"]["seeds"]} == {2}
    with pytest.raises(
        MMSRError, match="differ in more than their seed: fusion is 'heho' in one and 'hohe' in another"
    ):
        explore_run(runs[0], 2, [runs[1]])


def test_runs_of_other_data_and_folders_without_a_run_are_told(runs, tiny_folder, tmp_path, capsys):
    other = tmp_path / "other"
    train = ["train", str(tiny_folder), "--min-count", "1", "--modalities", "--dim", "8", "--epochs", "1"]
    assert cli.main([*train, "--out", str(other)]) == 0
    for folder, says in ((other, "is of other data than"), (tmp_path / "no", "holds no run")):
        assert cli.main(["page", runs[0], str(folder), "-o", str(tmp_path / "page.html")]) == 1
        assert says in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


def test_a_run_of_another_model_than_mmsr_is_refused(ring, tmp_path, capsys):
    place = str(tmp_path / "counting")
    assert cli.main(["train", str(ring), "--modalities", "--model", "markov", "--out", place]) == 0
    assert cli.main(["page", place, "-o", str(tmp_path / "page.html")]) != 0
    assert "a page runs MMSR, so name runs of it" in capsys.readouterr().err
