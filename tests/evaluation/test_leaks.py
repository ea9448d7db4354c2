"""leaks: a planted order at ties is named, honest data are not accused."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmsr_lite import leaks
from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.order import break_ties
from mmsr_lite.data.split import split
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation import leaks as module
from mmsr_lite.evaluation.counting_with_rules import Chain, choose_weights, ranks_with_rules
from mmsr_lite.evaluation.leaks import leaks_report
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.small_sasrec import SmallSASRec, SmallSASRecConfig
from tests.evaluation.planted import ITEMS, LENGTH, USERS, days


def effect(record: dict, name: str) -> dict:
    return next(one for one in record["effects"] if one["name"] == name)


def test_a_file_sorted_by_id_within_a_day_is_named_with_what_it_is_worth():
    record = leaks(days("by id"), learn=False)
    assert record["leaks"][0] == "tie order" and record["order"]["tied_rising"] == 100
    found, chance = effect(record, "tie order"), 100 * 5 / ITEMS
    assert found["before"] > 3 * chance and abs(found["after"] - chance) < 3 and found["clear"]
    assert "100.0 % of these pairs have rising ids" in found["sentence"]
    assert "which is that of the ids and not of what happened" in record["sentence"]


def test_the_same_days_in_a_random_order_are_not_accused():
    for seed in range(3):
        record = leaks(days("shuffled", seed), learn=False)
        assert record["leaks"] == [] and "no leak was found" in record["sentence"]
        assert effect(record, "tie order")["verdict"] == "none"


def test_any_fixed_order_is_found_not_only_that_of_the_ids():
    sorted_days = days("by id")
    other = np.random.default_rng(9).permutation(ITEMS)  # ids that say nothing about the order of the file
    ids = ("", *(f"B{number:04d}" for number in other))
    record = leaks(replace(sorted_days, item_ids=ids), learn=False)
    assert 40 < record["order"]["tied_rising"] < 60 and record["order"]["tied_agreement"] == 100
    assert record["leaks"] == ["tie order"] and "unless the file is known" in effect(record, "tie order")["sentence"]


def test_ids_that_rise_with_time_are_named_even_without_ties():
    record = leaks(days("by id", times=np.arange(LENGTH) * 86400), learn=False)
    assert record["order"]["tied"] == 0 and record["leaks"] == ["ids"]
    assert record["weights"]["file"]["ids"] > 1 and effect(record, "ids")["difference"] > 0


@pytest.mark.slow
def test_a_small_sasrec_falls_for_the_planted_order_too():
    """Of 1,200 users it learns the order: 25 % and more before, 7 % after. Of 300 it learns next to nothing."""
    record = leaks(days("by id", many=1200))
    learned = effect(record, "tie order, small SASRec")
    assert learned["before"] > learned["after"] + 10 and "not converged" in learned["sentence"]
    assert {row["system"] for row in record["rows"]} == {"counting", "small SASRec"}


def test_broken_ties_go_back_to_the_file_first_and_every_number_is_the_same_again():
    one, two = leaks(days("by id"), learn=False), leaks(break_ties(days("by id"), tie_seed=7), learn=False)
    assert one["rows"] == two["rows"] and one["effects"] == two["effects"]


def test_later_targets_and_those_of_the_same_time_stand_apart():
    record = leaks(days("by id", times=np.repeat([0, 86400], LENGTH // 2)), learn=False)
    rows = {row["group"]: row["targets"] for row in record["rows"] if row["rule"] is None and row["order"] == "file"}
    assert (
        rows["every"] == rows["same time"] == 2 * USERS
    )  # the last two of ten are of the second day, as is the one before
    text = leaks_report(record)
    assert "counting, ties as in the file" in text and "[leak]" in text


def test_own_items_that_come_back_are_an_effect_and_no_leak():
    rng = np.random.default_rng(0)
    loops = np.array([np.tile(rng.permutation(ITEMS)[:2] + 1, LENGTH // 2) for _ in range(USERS)])
    data = days("shuffled", times=np.arange(LENGTH) * 86400)
    record = leaks(
        Dataset("loops", data.user, loops.ravel(), data.time, data.user_ids, data.item_ids, data.titles), learn=False
    )
    assert record["headline"] == "all" and record["own_targets"] == 100
    assert record["leaks"] == [] and record["weights"]["file"]["repetition"] >= 0


def test_of_large_data_users_are_drawn_and_it_is_said(monkeypatch):
    monkeypatch.setattr(module, "MOST_INTERACTIONS", USERS * LENGTH // 2)
    record = leaks(days("by id"), learn=False)
    assert record["sampled"] == {"users": USERS // 2, "of": USERS} and record["leaks"][0] == "tie order"
    monkeypatch.setattr(module, "MOST_INTERACTIONS", 10**9)
    monkeypatch.setattr(module, "MOST_SCORES", 100 * ITEMS)
    record = leaks(days("by id"), learn=False)
    assert record["targets"] == 100 and "drawn at random: the targets of 50 of 300 users" in leaks_report(record)


def test_data_without_test_targets_and_no_seeds_are_refused():
    short = Dataset("short", np.zeros(2, int), np.array([1, 2]), np.arange(2), ("u",), tuple("-ab"), tuple("-ab"))
    with pytest.raises(MMSRError, match="'short' has no test targets"):
        leaks(short)
    with pytest.raises(MMSRError, match="tie_seeds is empty"):
        leaks(days("by id"), tie_seeds=())


def test_an_effect_is_what_is_after_less_what_was_before_and_the_report_has_a_column_for_each_metric():
    record = leaks(days("by id"), learn=False)
    for one in record["effects"]:
        assert one["difference"] == pytest.approx(one["after"] - one["before"])
    (head,) = [line for line in leaks_report(record).splitlines() if line.startswith("percent")]
    assert head.split()[1:] == ["HR@5", "MRR@5", "HR@20", "masked", "HR@5", "masked", "MRR@5", "masked", "HR@20"]


def test_the_learning_rate_of_the_small_sasrec_falls_to_zero(cycle, monkeypatch):
    asked = []

    class Watched(torch.optim.lr_scheduler.LambdaLR):
        def __init__(self, optimiser, share):
            super().__init__(optimiser, lambda step: asked.append(share(step)) or asked[-1])

    monkeypatch.setattr("torch.optim.lr_scheduler.LambdaLR", Watched)
    SmallSASRec(SmallSASRecConfig(epochs=2, batch=4), 12).learn(cycle.train)
    assert asked[0] == 1 and asked == sorted(asked, reverse=True) and asked[-1] == pytest.approx(0)


@pytest.mark.slow
def test_on_dated_beauty_the_alphabet_is_a_quarter_of_what_counting_hits(shared_data, monkeypatch):
    """On a tenth of the test targets; on all of them (`mmsr-lite leaks`, a minute) it is 7.88 before and 5.99 after."""
    monkeypatch.setattr(module, "MOST_SCORES", 40_000_000)
    monkeypatch.setattr(module, "MOST_VALIDATION", 500)
    record = leaks(load(shared_data / "amazon-beauty-dated", modalities=[]), tie_seeds=(0,), learn=False)
    assert round(record["order"]["tied"], 1) == 43.9 and record["order"]["tied_rising"] == 100
    found = effect(record, "tie order")
    assert found["before"] == pytest.approx(7.88, abs=1) and found["after"] == pytest.approx(5.99, abs=1)
    assert 0.15 < (found["before"] - found["after"]) / found["before"] < 0.35
    assert record["leaks"][:2] == ["tie order", "ids"] and record["headline"] == "masked"


def test_exactly_as_many_interactions_as_are_read_are_all_read_and_so_are_exactly_as_many_scores(monkeypatch):
    monkeypatch.setattr(module, "MOST_INTERACTIONS", USERS * LENGTH)
    monkeypatch.setattr(module, "MOST_SCORES", 2 * USERS * ITEMS)  # two test targets a user
    record = leaks(days("by id"), learn=False)
    assert record["sampled"] is None and record["targets"] == 2 * USERS
    assert "drawn at random" not in leaks_report(record)
    monkeypatch.setattr(module, "MOST_SCORES", 1)  # one user is ranked all the same
    assert leaks(days("by id"), learn=False)["sampled"] == {"users": 1, "of": USERS}


def test_every_order_is_counted_and_rules_in_the_files_order_and_in_the_first_random_one():
    record = leaks(days("by id"), tie_seeds=(5, 3, 9), learn=False, decay=0.25)
    rules = {}
    for row in record["rows"]:
        if row["group"] == "every":
            rules.setdefault((row["order"], row["tie_seed"]), []).append(row["rule"])
    names = [None, "ids", "repetition", "popularity", "popularity now"]
    assert rules == {("file", None): names, ("random", 5): names, ("random", 3): [None], ("random", 9): [None]}
    assert list(record["weights"]) == ["file", "random"] and record["tie_seeds"] == [5, 3, 9]
    assert [record[name] for name in ("decay", "num_users", "num_items")] == [0.25, USERS, ITEMS]
    assert record["leaks"] == [one["name"] for one in record["effects"] if one["verdict"] == "leak"]
    data = days("by id")
    parts = split(data, validation=False)
    chain = Chain(parts.train, ITEMS, 0.25)
    wanted = metrics(ranks_with_rules(chain, parts.test, [None])[0][0])
    (plain,) = [row for row in record["rows"] if (row["order"], row["rule"], row["group"]) == ("file", None, "every")]
    assert {name: plain[name] for name in wanted} == pytest.approx(wanted)


def test_weights_are_chosen_on_no_more_validation_targets_than_are_allowed_spread_over_all(monkeypatch):
    seen = []

    def chosen(dataset, parts, **given):
        seen.append(parts.validation)
        return choose_weights(dataset, parts, **given)

    monkeypatch.setattr(module, "choose_weights", chosen)
    whole = split(days("by id")).validation
    for most, wanted in ((4, np.linspace(0, len(whole) - 1, 4).astype(int)), (10**6, np.arange(len(whole)))):
        monkeypatch.setattr(module, "MOST_VALIDATION", most)
        leaks(days("by id"), learn=False)
        assert np.array_equal(seen[-2].end, whole.end[wanted])  # of the file's order; the last is of the random one


def test_the_report_shows_means_of_the_random_orders_in_columns_of_two_digits():
    labels = {"system": "counting", "rule": None, "group": "every", "targets": 9}
    shown = ("HR@5", "MRR@5", "HR@20", "masked HR@5", "masked MRR@5", "masked HR@20")

    def row(first, **more):
        return labels | {name: first + place for place, name in enumerate(shown)} | more

    rows = [row(1.0, order="file", tie_seed=None), row(2.0, order="random", tie_seed=0)]
    rows += [row(5.0, order="random", tie_seed=1), row(9.0, order="file", tie_seed=None, rule="ids")]
    rows += [row(7.0, order="file", tie_seed=None, group="later")]
    rows += [row(8.0, order="file", tie_seed=None, group="later", rule="ids")]  # groups are shown without rules
    effects = [{"name": "ids", "verdict": "none", "sentence": "No rule."}]
    record = {"dataset": "d", "num_users": 1234, "num_items": 5, "targets": 9000, "sampled": None, "rows": rows}
    record |= {"effects": effects, "sentence": "d: nothing.", "seconds": 2.6}
    lines = leaks_report(record).splitlines()
    assert lines[:2] == ["d: 1,234 users, 5 items; 9,000 test targets", ""]
    assert lines[2] == "percent".ljust(56) + "".join(name.rjust(14) for name in shown)
    found = {line[:56].strip(): line[56:].split() for line in lines[3:7]}
    assert found == {
        "counting, ties as in the file": [f"{1 + place:.2f}" for place in range(6)],
        "counting, ties at random": [f"{(2 + 5) / 2 + place:.2f}" for place in range(6)],
        "counting + rule of ids, ties as in the file": [f"{9 + place:.2f}" for place in range(6)],
        "counting, ties as in the file, later targets": [f"{7 + place:.2f}" for place in range(6)],
    }
    assert lines[7:] == ["", "ids [none]: No rule.", "", "d: nothing.", "(3 seconds)"]
    drawn = leaks_report(record | {"sampled": {"users": 1000, "of": 1234}}).splitlines()
    assert drawn[1] == "drawn at random: the targets of 1,000 of 1,234 users" and len(drawn) == len(lines) + 1
