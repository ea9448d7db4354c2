"""Commands about a run refuse data that it was not made from, and leave its files as they are."""

import json
import random
import shutil

import pytest

from mmsr_lite import cli

FIVE = ("read", "skipped", "repeated", "tied", "absent")


@pytest.fixture
def run(ring, tmp_path, own_cache):
    """A folder of data of one's own, and a run on it."""
    shutil.copytree(ring, tmp_path / "data")
    settings = ["--dim", "8", "--codes", "3", "--codes-per-item", "1", "--epochs", "1", "--device", "cpu"]
    assert cli.main(["train", str(tmp_path / "data"), *settings, "--out", str(tmp_path / "run")]) == 0
    return tmp_path / "run"


def test_items_in_another_order_are_refused_by_every_command_and_nothing_is_written(run, tmp_path, capsys):
    items = tmp_path / "data" / "items.jsonl"
    lines = items.read_text().splitlines()
    random.Random(0).shuffle(lines)
    items.write_text("\n".join(lines))
    before = {file.name: file.read_bytes() for file in run.iterdir() if file.is_file()}
    for words in (["evaluate", run], ["explain", run, "--user", "0"], ["recommend", run]):
        capsys.readouterr()
        assert cli.main([*map(str, words)]) == 1
        assert "was made from other data: the same 6 items stand in another order" in capsys.readouterr().err
    assert before == {file.name: file.read_bytes() for file in run.iterdir() if file.is_file()}


def test_evaluate_writes_metrics_and_the_card_again(run):
    metrics, card = (run / "metrics.json").read_bytes(), (run / "model-card.md").read_bytes()
    (run / "model-card.md").unlink()
    assert cli.main(["evaluate", str(run), "--device", "cpu"]) == 0
    assert json.loads(metrics) == json.loads((run / "metrics.json").read_bytes())
    assert card == (run / "model-card.md").read_bytes()


def test_a_user_id_that_names_another_folder_writes_inside_the_run(ring, tmp_path, own_cache):
    shutil.copytree(ring, tmp_path / "data")
    file = tmp_path / "data" / "interactions.csv"
    file.write_text(file.read_text().replace("u0,", "../../ESC,"))
    out = tmp_path / "deep" / "run"
    settings = ["--dim", "8", "--codes", "3", "--codes-per-item", "1", "--epochs", "1", "--device", "cpu"]
    assert cli.main(["train", str(tmp_path / "data"), *settings, "--out", str(out)]) == 0
    outside = {place for place in tmp_path.rglob("*") if out not in place.parents}
    assert cli.main(["explain", str(out), "--user", "../../ESC"]) == 0
    assert (out / "user-..%2F..%2FESC.html").is_file()
    assert outside == {place for place in tmp_path.rglob("*") if out not in place.parents}


def test_train_prints_the_five_lines_of_the_account_for_a_folder(ring, tmp_path, capsys):
    settings = ["--model", "markov", "--device", "cpu"]
    assert cli.main(["train", str(ring), *settings, "--out", str(tmp_path / "run")]) == 0
    text = capsys.readouterr()
    lines = [line for line in text.out.splitlines() if line.split("  ")[0] in FIVE]
    assert [line.split()[0] for line in lines] == list(FIVE) and lines[0] == "read      interactions: 120; items: 6"
    assert "skipped" not in text.err  # it is told once


def test_where_a_user_has_taken_every_item_there_are_no_candidates_to_sample(run, capsys):
    metrics = (run / "metrics.json").read_bytes()
    capsys.readouterr()
    assert cli.main(["evaluate", str(run), "--device", "cpu", "--candidates", "5"]) == 1
    assert "some user has taken every item, so there are no candidates" in capsys.readouterr().err
    assert json.loads(metrics) == json.loads((run / "metrics.json").read_bytes())


def test_sampled_candidates_are_printed_with_the_reason_against_them_and_not_kept(tmp_path, own_cache, capsys):
    rows = [f"u{user},i{(user + step) % 30},{step}" for user in range(30) for step in range(10)]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "interactions.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows))
    place = str(tmp_path / "run")
    assert cli.main(["train", str(tmp_path / "data"), "--model", "popularity", "--device", "cpu", "--out", place]) == 0
    capsys.readouterr()
    assert cli.main(["evaluate", place, "--device", "cpu", "--candidates", "5"]) == 0
    shown = capsys.readouterr()
    assert "among 5 sampled candidates" in shown.out and "Krichene and Rendle" in shown.err
    assert not any("sampled" in name for name in json.loads((tmp_path / "run" / "metrics.json").read_text())["test"])
