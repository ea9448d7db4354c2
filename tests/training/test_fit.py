"""A run: made once, kept in a folder, opened again, and refused for other data than its own."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.records import HistoryRecord, MetricsRecord, Record, RunRecord
from mmsr_lite.training.fit import fit, open_run
from mmsr_lite.training.ingredients import prepare
from mmsr_lite.training.kept_codes import CODES
from mmsr_lite.training.provenance import data_hash, differences, refuse_other_data
from mmsr_lite.training.runs import Run


def test_what_selection_held_out_is_learned_in_the_end_unless_asked_not_to(config, tmp_path):
    fit(config.with_settings(refit=False), tmp_path / "once", progress=False)
    fit(config, tmp_path / "twice", progress=False)
    once, twice = (read_json(tmp_path / name / "history.json") for name in ("once", "twice"))
    assert "refit" not in once and len(twice["refit"]) == twice["best_epoch"]
    # six interactions a user, of which int(0.2 * 6) = 1 is tested: 4 of 5 to train on while selecting, then all
    assert twice["epochs"][0]["loss"] == once["epochs"][0]["loss"] != twice["refit"][0]["loss"]


def test_refitting_goes_along_the_schedule_that_was_judged(config, tmp_path):
    plan = config.with_settings(epochs=6, lr=0.5, patience=1, batch=2)  # this high a rate, and nothing gets better
    fit(plan, tmp_path, progress=False)
    record = read_json(tmp_path / "history.json")
    assert record["best_epoch"] < 6
    for judged, again in zip(record["epochs"], record["refit"], strict=False):
        assert again["lr"] == pytest.approx(judged["lr"], rel=0.1)  # a few steps more in an epoch
    assert record["refit"][-1]["lr"] > 0.05


def test_an_opened_run_scores_as_it_did(config, tmp_path):
    run = fit(config, tmp_path, progress=False)
    opened = open_run(tmp_path, "cpu")
    assert opened.config == config and opened.dataset.item_ids == run.dataset.item_ids and len(run.split.test) == 4
    history = torch.from_numpy(run.split.test.histories())
    assert torch.equal(run.model.eval().scores(history), opened.model.scores(history))
    assert opened.history == run.history and opened.metrics == run.metrics and opened.record == run.record


def test_a_fresh_fit_leaves_no_older_checkpoint(config, tmp_path):
    fit(config, tmp_path, progress=False)
    with pytest.raises(MMSRError, match=r"k of .title. .*--codes-per-item"):  # a mistake costs nothing
        fit(config.with_settings(codes_per_item=4), tmp_path, progress=False)
    assert (tmp_path / "refit").exists()
    fit(config.with_settings(refit=False), tmp_path, progress=False)
    assert not (tmp_path / "refit").exists()


def test_what_is_no_run_of_this_version_is_told(config, tmp_path):
    with pytest.raises(MMSRError, match="holds no run"):
        open_run(tmp_path)
    write_json(tmp_path / "config.json", {"id": "x", "source": "wardrobe", "train": {"momentum": 1}})
    with pytest.raises(MMSRError, match=r"has the setting .momentum., which this version"):
        open_run(tmp_path)


def test_a_run_keeps_typed_records_and_a_card(config, tmp_path):
    run = fit(config, tmp_path, progress=False)
    assert type(run.history) is HistoryRecord and type(run.metrics) is MetricsRecord
    for name in ("history", "metrics", "run"):
        assert Record.open(tmp_path / f"{name}.json").kind == name
    assert run.record.owner is None and RunRecord.open(tmp_path / "run.json") == run.record
    card = repr(run).splitlines()
    assert card[0] == f"Run {config.id}: MMSR, adaptive on tiny (4 users, 6 items, title)"
    assert card[1].startswith("  2 epochs, the best is ") and card[2].startswith("  HR@5 ") and len(card) == 4
    assert repr(Run(config)) == f"Run {config.id}: mmsr on {config.source}, not trained"  # and nothing was loaded


def test_the_owner_stands_in_the_folder_while_a_run_is_written(config, tmp_path, monkeypatch):
    seen, learn = [], Run.learn

    def watched(run, **how):
        seen.append(read_json(tmp_path / "run.json"))
        return learn(run, **how)

    monkeypatch.setattr(Run, "learn", watched)
    fit(config, tmp_path, progress=False)
    assert seen[0]["owner"]["process"] > 0 and read_json(tmp_path / "run.json")["owner"] is None


def shuffle_items(folder):
    lines = (folder / "items.jsonl").read_text().splitlines()
    random.Random(1).shuffle(lines)
    (folder / "items.jsonl").write_text("\n".join(lines) + "\n")


def rename_an_item(folder):
    for file in folder.glob("i*.*"):
        file.write_text(file.read_text().replace("i5", "other"))


def add_an_interaction(folder):
    with (folder / "interactions.csv").open("a") as file:
        file.write("u3,i1,999999\n")


def exchange_two_interactions(folder):
    text = (folder / "interactions.csv").read_text()
    (folder / "interactions.csv").write_text(text.replace("u0,i1,1", "u0,i2,1").replace("u0,i2,2", "u0,i1,2"))


def move_a_time(folder):
    text = (folder / "interactions.csv").read_text()
    (folder / "interactions.csv").write_text(text.replace("u0,i1,1\n", "u0,i1,1.5\n"))


def change_a_title(folder):
    text = (folder / "items.jsonl").read_text()
    (folder / "items.jsonl").write_text(text.replace("green hat", "wool scarf"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (shuffle_items, "the same 6 items stand in another order"),
        (rename_an_item, "some of its 6 items have other ids"),
        (add_an_interaction, "it has 25 interactions now and had 24"),
        (exchange_two_interactions, "some of its 24 interactions, or their order, are others"),
        (move_a_time, "some times of its 24 interactions, or the split that comes with them, are others"),
        (change_a_title, "modality 'title' has 14 numbers an item now and had 15"),
    ],
)
def test_a_run_refuses_other_data_than_its_own_and_says_how_they_differ(
    config, tiny_folder, tmp_path, own_cache, change, message
):
    out = tmp_path / "out"
    fit(config, out, progress=False)
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}
    change(tiny_folder)
    for use in (lambda: open_run(out, "cpu"), lambda: fit(config, out, resume=True, progress=False)):
        with pytest.raises(MMSRError, match=f"the run in .*out' was made from other data: .*{message}.*; give it the"):
            use()
    assert before == {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}


def test_features_that_differ_by_rounding_are_noted_and_others_refused(config):
    dataset = prepare(config)
    there = data_hash(dataset)
    rng = np.random.default_rng(0)

    def with_features(features):
        return data_hash(replace(dataset, modalities=(replace(dataset.modalities[0], features=features),)))

    features = dataset.modalities[0].features
    rounded = with_features(features * (1 + 1e-5 * rng.normal(size=features.shape)).astype(np.float32))
    with pytest.warns(UserWarning, match="the features of 'title' differ in their last digits"):
        refuse_other_data("the run", there, rounded)
    swapped = features.copy()
    swapped[[1, 2]] = swapped[[2, 1]]
    assert list(differences(there, with_features(swapped))) == ["modality 'title' has other features"]
    wide = np.pad(features, ((0, 0), (0, 1)))
    assert next(differences(there, with_features(wide))).startswith("modality 'title' has ")
    none = data_hash(dataset.with_modalities())
    assert list(differences(there, none)) == ["modality 'title' is missing"]
    assert list(differences(none, there)) == ["modality 'title' is new"]


def test_a_run_without_hashes_opens_with_a_note(config, tmp_path):
    fit(config, tmp_path, progress=False)
    (tmp_path / "run.json").unlink()
    with pytest.warns(UserWarning, match=r"is older than 0\.2 and does not say which data it was made from"):
        assert open_run(tmp_path, "cpu").metrics is not None


def test_a_run_from_before_times_were_hashed_opens(config, tmp_path):
    fit(config, tmp_path, progress=False)
    saved = read_json(tmp_path / "run.json")
    del saved["data"]["time_hash"]
    write_json(tmp_path / "run.json", saved)
    assert open_run(tmp_path, "cpu").record.data == saved["data"]


def test_a_run_refuses_another_split_of_the_same_interactions(config, tiny_folder, tmp_path, own_cache):
    rows = (tiny_folder / "interactions.csv").read_text().splitlines()
    parts = ["train", "train", "train", "train", "valid", "test"]
    for column in (parts, [*parts[:4], "train", "test"]):
        lines = [f"{rows[0]},split", *(f"{row},{column[place % 6]}" for place, row in enumerate(rows[1:]))]
        (tiny_folder / "interactions.csv").write_text("\n".join(lines) + "\n")
        if column is parts:
            fit(config, tmp_path, progress=False)
    with pytest.raises(MMSRError, match="or the split that comes with them, are others"):
        open_run(tmp_path, "cpu")


def test_a_broken_record_of_a_run_is_told(config, tmp_path):
    fit(config, tmp_path, progress=False)
    saved = json.loads((tmp_path / "run.json").read_text())
    saved["data"]["features"]["title"]["sketch"] = "near"
    write_json(tmp_path / "run.json", saved)
    with pytest.raises(MMSRError, match=r"run\.json' is not a record .* run: data\.features\.title\.sketch is 'near'"):
        open_run(tmp_path)


def test_a_new_run_leaves_nothing_of_the_old_one_when_it_is_killed_early(config, tmp_path, monkeypatch):
    fit(config, tmp_path, progress=False)

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "learn", killed)
    with pytest.raises(KeyboardInterrupt):
        fit(config.with_settings(seed=1), tmp_path, progress=False)
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_file()) == [CODES, "config.json", "run.json"]
    with pytest.raises(MMSRError, match=r"there is no file .*model"):
        open_run(tmp_path)


def test_the_name_of_a_stored_run_in_place_of_a_folder_is_told_where_that_run_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MMSRError, match=r"stored\('wardrobe-match'\) in Python, for commands the folder ") as told:
        open_run("wardrobe-match")
    assert Path(str(told.value).rpartition(" the folder ")[2], "config.json").is_file()
    with pytest.raises(MMSRError) as told:
        open_run("runs/wardrobe-match")
    assert str(told.value).endswith("that mmsr-lite train or demo wrote")
