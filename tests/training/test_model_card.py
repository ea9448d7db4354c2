"""The model card: its numbers are those of the run's records, and text of the data cannot become markup."""

import json

import pytest

from mmsr_lite.data.storage import read_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.training.fit import fit, open_run
from mmsr_lite.training.model_card import model_card
from mmsr_lite.training.run_config import RunConfig
from mmsr_lite.training.runs import Run


@pytest.fixture
def config(tiny_folder):
    run = RunConfig(str(tiny_folder), ("title",), min_count=2)
    return run.with_settings(dim=8, codes=3, codes_per_item=1, epochs=1, batch=4, lr=0.01, device="cpu", refit=False)


def test_the_card_stands_beside_the_weights_and_holds_hashes_settings_and_both_rankings(config, tmp_path):
    run = fit(config, tmp_path, progress=False)
    card = (tmp_path / "model-card.md").read_text(encoding="utf-8")
    assert card == model_card(run) == model_card(open_run(tmp_path, "cpu"))
    assert card.startswith("# MMSR, adaptive on tiny\n")
    data = read_json(tmp_path / "run.json")["data"]
    for value in (data["item_hash"], data["interaction_hash"], data["features"]["title"]["hash"], config.id):
        assert value in card
    assert "| codes | 3 |" in card and "| lr | 0.01 |" in card
    test = read_json(tmp_path / "metrics.json")["test"]
    for prefix in ("", "masked "):
        names = ("HR@5", "MRR@5", "NDCG@5", "HR@20", "MRR@20", "NDCG@20")
        row = " | ".join(f"{test[f'{prefix}{name}']:.2f}" for name in names)
        assert f"| MMSR, adaptive | {row} |" in card
    assert "It knows 6 items" in card and "0.00 % of the items have none of the modalities." in card


def test_what_is_damaged_or_tied_is_said(config, tiny_folder, tmp_path):
    rows = [f"u{user},i{(user + step) % 6},86400" for user in range(4) for step in range(6)]
    (tiny_folder / "interactions.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows))
    run = fit(config.with_settings(corruption="missing", rate=0.5), tmp_path, progress=False)
    card = model_card(run)
    assert "damaged on purpose: missing, rate 0.5" in card and "100.0 % of neighbouring interactions share" in card


def test_names_out_of_the_data_are_escaped(config, tiny_folder, tmp_path):
    lines = [json.loads(line) for line in (tiny_folder / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    name = "a|<b>[x](http://y)"
    lines = [{"item_id": line["item_id"], name: line["title"]} for line in lines]
    (tiny_folder / "items.jsonl").write_text("\n".join(map(json.dumps, lines)))
    plain = RunConfig(str(tiny_folder), None, min_count=2)
    settings = {"dim": 8, "codes": 3, "codes_per_item": 1, "epochs": 1, "device": "cpu", "refit": False}
    fit(plain.with_settings(**settings), tmp_path, progress=False)
    assert "features: a\\|&lt;b>\\[x](http://y)" in (tmp_path / "model-card.md").read_text(encoding="utf-8")


def test_a_run_that_was_not_trained_has_no_card(config):
    with pytest.raises(MMSRError, match="has no history or no metrics to put on its card"):
        model_card(Run(config))
