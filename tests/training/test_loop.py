"""The training loop: it learns, repeats itself, resumes exactly, stops early and keeps what was saved."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmsr_lite.data.split import Split, headline
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.ranks import evaluate
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.training import loop
from mmsr_lite.training.device import pick_device
from mmsr_lite.training.loop import TrainConfig, batches, train

CONFIG = TrainConfig(epochs=4, batch=16, lr=0.01, device="cpu")


@pytest.fixture
def fresh(books):
    """Makes the same untrained model with dropout, or another one by seed."""

    def made(seed: int = 0) -> MMSR:
        torch.manual_seed(seed)
        return MMSR(MMSRConfig(dim=8, dropout=0.3), 12, books(1))

    return made


def plain(record: dict) -> dict:
    """The record without times."""
    epochs = [{name: value for name, value in entry.items() if name != "seconds"} for entry in record["epochs"]]
    return {**record, "seconds": None, "epochs": epochs}


def same(one: MMSR, other: MMSR) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_the_loss_falls_along_a_falling_rate_in_another_order_each_epoch(fresh, cycle, monkeypatch):
    model, targets = fresh(), []
    monkeypatch.setattr(model, "loss", lambda h, t, loss=model.loss: targets.append(t.tolist()) or loss(h, t))
    record = train(model, cycle, CONFIG, progress=False)
    losses, steps = [entry["loss"] for entry in record["epochs"]], len(targets)
    assert losses[-1] < 0.9 * losses[0] and not model.training and steps == 4 * -(-len(cycle.train) // 16)
    assert record["epochs"][-1]["lr"] == pytest.approx(0.01 / (steps - max(1, round(0.05 * steps))))
    assert set(record["epochs"][0]["beta"]) == {"item", "picture"} and targets[: steps // 4] != targets[-steps // 4 :]


def test_drawn_negatives_teach_what_all_items_do(fresh, cycle):
    long = replace(CONFIG, epochs=12, lr=0.05, selection="none")
    models = [fresh(), fresh()]
    few, full = (
        train(m, cycle, replace(long, negatives=n), progress=False) for m, n in zip(models, (4, 0), strict=True)
    )
    assert few["epochs"][-1]["loss"] < 0.7 * few["epochs"][0]["loss"] != 0.7 * full["epochs"][0]["loss"]
    assert all(evaluate(model, cycle.test)["HR@5"] > 90 for model in models)


def test_the_weights_of_the_best_epoch_are_what_stays(fresh, cycle, monkeypatch):
    model, judged, kept = fresh(), iter([1, 3, 2, 3]), []
    monkeypatch.setattr(loop, "evaluate", lambda *_: {"MRR@5": next(judged), "HR@5": 0})
    config = replace(CONFIG, ranking="all")

    def keep(record):
        kept.append({name: value.clone() for name, value in model.state_dict().items()})

    record = train(model, cycle, config, progress=False, on_epoch=keep)
    assert record["best_epoch"] == 2 and len(kept) == 4
    same = [all(torch.equal(value, model.state_dict()[name]) for name, value in one.items()) for one in kept]
    assert same == [False, True, False, False]


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(fresh, cycle):
    one, two, other = (train(fresh(), cycle, replace(CONFIG, seed=s), progress=False) for s in (0, 0, 1))
    assert plain(one) == plain(two) and plain(one)["epochs"] != plain(other)["epochs"]


@pytest.mark.parametrize("calls, kept", [(3, 0), (15, 2)])  # six batches an epoch
def test_ctrl_c_within_an_epoch_and_resume_give_the_uninterrupted_run(fresh, cycle, tmp_path, monkeypatch, calls, kept):
    whole, model = fresh(), fresh()
    wanted, left = train(whole, cycle, CONFIG, progress=False), iter(range(calls))

    def interrupted(history, target, loss=model.loss):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return loss(history, target)

    monkeypatch.setattr(model, "loss", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(model, cycle, CONFIG, folder=tmp_path, progress=False)
    assert len(list((tmp_path / "state").glob("*.safetensors"))) == min(kept, 1)
    again = fresh(9 if kept else 0)  # the checkpoint holds the weights
    record = train(again, cycle, replace(CONFIG, patience=99), folder=tmp_path, resume=True, progress=False)
    assert plain(record) == plain(wanted) and same(again, whole)
    done = train(fresh(9), cycle, CONFIG, folder=tmp_path, resume=True, progress=False)
    assert plain(done) == plain(wanted)  # nothing is left to do


def test_a_full_disk_is_told_and_the_earlier_checkpoint_goes_on(fresh, cycle, tmp_path, full_disk, monkeypatch):
    whole = fresh()
    wanted = train(whole, cycle, CONFIG, progress=False)

    def fill(record):
        if len(record["epochs"]) == 2:
            full_disk()

    with pytest.raises(MMSRError, match=r"could not write .*model\.safetensors': No space left"):
        train(fresh(), cycle, CONFIG, folder=tmp_path, progress=False, on_epoch=fill)
    monkeypatch.undo()
    again = fresh(9)
    record = train(again, cycle, CONFIG, folder=tmp_path, resume=True, progress=False)
    assert plain(record) == plain(wanted) and same(again, whole)


def test_a_checkpoint_of_another_config_is_refused(fresh, cycle, tmp_path):
    train(fresh(), cycle, replace(CONFIG, epochs=1), folder=tmp_path, progress=False)
    with pytest.raises(MMSRError, match=r"epochs is 1 there and 4 now; lr is 0\.01 there and 0\.1 now"):
        train(fresh(), cycle, replace(CONFIG, lr=0.1), folder=tmp_path, resume=True, progress=False)


def test_training_stops_when_nothing_improves(fresh, cycle):
    record = train(fresh(), cycle, replace(CONFIG, epochs=9, lr=1e-30, patience=2), progress=False)
    assert len(record["epochs"]) == 1 + 2 and record["best_epoch"] == 1


def test_stopping_after_an_epoch_leaves_the_schedule_of_the_others_as_it_is(fresh, cycle):
    whole, part = fresh(), fresh()
    plan = replace(CONFIG, selection="none")
    all_four = train(whole, cycle, plan, progress=False)["epochs"]
    first_two = train(part, cycle, replace(plan, stop_after=2), progress=False)["epochs"]
    assert [(e["loss"], e["lr"]) for e in first_two] == [(e["loss"], e["lr"]) for e in all_four[:2]]
    assert first_two[-1]["lr"] > 0.4 * CONFIG.lr and not same(whole, part)  # the rate has not come down
    with pytest.raises(MMSRError, match="stop_after is 5; expected 0"):
        replace(CONFIG, stop_after=5)


def test_selection_judges_by_what_it_is_told(fresh, cycle):
    last = train(fresh(), cycle, replace(CONFIG, selection="none", patience=1), progress=False)
    assert last["best_epoch"] == 4 == len(last["epochs"]) and "validation" not in last["epochs"][0]
    model = fresh()
    record = train(model, cycle, replace(CONFIG, selection="test", metric="HR@5", ranking="all"), progress=False)
    assert evaluate(model, cycle.test)["HR@5"] == max(entry["test"]["HR@5"] for entry in record["epochs"])
    bare = Split(cycle.train, cycle.validation.select(np.zeros(0, int)), cycle.test)
    with pytest.raises(MMSRError, match="selection='validation' needs examples to judge by"):
        train(fresh(), bare, CONFIG, progress=False)
    with pytest.raises(MMSRError, match="there are no training examples"):
        train(fresh(), replace(bare, train=bare.validation), CONFIG, progress=False)


@pytest.mark.parametrize("ranking, best", [("headline", 2), ("masked", 2), ("all", 3)])
def test_selection_uses_the_headline_or_the_ranking_it_is_told(fresh, cycle, monkeypatch, ranking, best):
    assert headline(cycle) == "masked"  # nobody of the ring takes an item twice
    judged = iter(
        [{"MRR@5": all_items, "masked MRR@5": masked} for all_items, masked in [(1, 1), (2, 9), (3, 2), (1, 1)]]
    )
    shown = {"HR@5": 0, "masked HR@5": 0}
    monkeypatch.setattr(loop, "evaluate", lambda *_: next(judged) | shown)
    record = train(fresh(), cycle, replace(CONFIG, ranking=ranking), progress=False)
    assert record["best_epoch"] == best and record["ranking"] == ("all" if ranking == "all" else "masked")


def test_losses_and_devices_that_cannot_be_are_refused(fresh, cycle, monkeypatch):
    with pytest.raises(MMSRError, match=r"the loss of epoch 1 is (nan|inf); lower lr"):
        train(fresh(), cycle, replace(CONFIG, lr=1e20), progress=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device().type == "cpu"
    for name, message in (("cuda:1", "torch sees no GPU"), ("gpu", "unknown device 'gpu'")):
        with pytest.raises(MMSRError, match=message):
            pick_device(name)


def test_a_numbered_gpu_becomes_the_current_one_and_must_be_there(monkeypatch):
    current = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    assert [pick_device("cuda"), pick_device("cuda:1")] == [torch.device("cuda"), torch.device("cuda:1")]
    assert current == [torch.device("cuda:1")]
    with pytest.raises(MMSRError, match="'cuda:2' was asked for, but torch sees 2 GPUs; choose from 0 to 1"):
        pick_device("cuda:2")


def test_batches_cover_every_row_once_in_another_order_each_epoch(cycle):
    first, second = (batches(cycle.train.lengths, 10, (0, epoch)) for epoch in (1, 2))
    for rows in (first, second):
        assert sorted(np.concatenate(rows).tolist()) == list(range(len(cycle.train)))
        assert max(map(len, rows)) == 10 and sum(len(batch) < 10 for batch in rows) <= 1
        assert max(np.ptp(cycle.train.lengths[batch]) for batch in rows) <= 2  # alike lengths, little padding
    assert [batch.tolist() for batch in first] != [batch.tolist() for batch in second]


def test_on_epoch_stops_training_by_returning_false(fresh, cycle):
    seen: list[int] = []

    def two(record: dict) -> bool:
        seen.append(len(record["epochs"]))
        return len(seen) < 2

    record = train(fresh(), cycle, CONFIG, progress=False, on_epoch=two)
    assert seen == [1, 2] and len(record["epochs"]) == 2 < CONFIG.epochs
