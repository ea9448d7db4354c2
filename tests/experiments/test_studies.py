"""Each study asks what the paper asked, and reads trained models as it says."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import mmsr_lite.experiments
from mmsr_lite.data.storage import read_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.ranks import evaluate, ranks
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.gate_readings import betas, forced
from mmsr_lite.experiments.points import at_point, trial, tuned
from mmsr_lite.experiments.run_names import run_id
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import BOTH, Reading
from mmsr_lite.experiments.table import METRICS, label_of, read_rows, system_of
from mmsr_lite.experiments.worker import drop_codes_at_test
from mmsr_lite.explain.edits import FORCED
from mmsr_lite.models import MODELS
from mmsr_lite.nn.probe import listen
from mmsr_lite.training.ingredients import build, codebooks, corrupt, displace, parts_of
from tests.experiments.conftest import QUICK

PAPER = read_json(Path(mmsr_lite.experiments.__file__).with_name("paper.json"))


@pytest.fixture
def setting(ring):
    return Setting.of(ring, QUICK)


@pytest.mark.parametrize("study", ["comparison", "aggregators", "ablation"])
def test_every_system_of_the_papers_table_is_there(setting, study):
    ours = {job.labels.get("variant") or job.labels["model"] for job in STUDIES[study].jobs(setting)}
    assert PAPER[study]["Beauty"].keys() <= ours


@pytest.mark.parametrize("study", STUDIES)
def test_systems_have_names_of_their_own_and_a_reference_among_them(setting, study):
    jobs = STUDIES[study].jobs(setting)
    systems = [system_of(job.labels | reading.labels) for job in jobs for reading in job.readings]
    assert len(set(systems)) == len(systems) > 1
    named = [job.labels | reading.labels for job in jobs for reading in job.readings]
    assert {system_of(labels | STUDIES[study].reference) for labels in named} <= set(systems)
    assert len({run_id(job.config, reading) for job in jobs for reading in job.readings}) == len(systems)


def test_the_study_of_the_codebooks_size_needs_one_c_for_all_modalities(ring):
    different = Setting.of(ring, QUICK | {"codes": {"a": 3, "b": 4}})
    with pytest.raises(MMSRError, match=r"codes is {'a': 3, 'b': 4}; the study of .* expected one C"):
        STUDIES["codebook"].jobs(different)


@pytest.mark.parametrize("name", [name for name in MODELS if MODELS[name].learns])
def test_the_number_of_layers_is_tried_for_every_model_that_learns(setting, ring, name):
    assert Setting.of(ring).space["layers"].values == (1, 2, 3)
    sizes, books = [], codebooks(setting.config(name), ring)
    for layers in (1, 2, 3):
        config = at_point(setting.config(name), {"layers": layers})
        model = build(config, ring, books).eval()
        assert model.config.layers == layers
        assert model.scores(torch.tensor([[1, 2, 3]])).isfinite()[:, 1:].all()
        sizes.append(sum(weight.numel() for weight in model.parameters()))
    shared = name in ("sr-gnn", "bm3")  # their steps share weights, or have none
    assert len(set(sizes)) == (1 if shared else 3)


def test_a_day_as_one_step_is_a_row_of_mmsr_where_times_tie_and_nowhere_else(ring, tied):
    rows = {
        dataset.name: {
            system_of(job.labels)[:2]: job.config.ties for job in STUDIES["departures"].jobs(Setting.of(dataset, QUICK))
        }
        for dataset in (ring, tied)
    }
    together = ("mmsr", "a day as one step")
    assert together not in rows["ring"] and rows["tied"].pop(together) == "together"
    assert set(rows["tied"].values()) == {"random"} and rows["tied"].keys() == rows["ring"].keys()


def test_a_departure_is_offered_to_every_model_that_has_the_setting(setting):
    rows = {system_of(job.labels)[:2] for job in STUDIES["departures"].jobs(setting)}
    both, own = {"features in the embeddings", "own items left out in training"}, {"own items left out in training"}
    learned = [name for name in MODELS if MODELS[name].learns]
    for model in learned:
        wanted = both if model in ("mmsr", "sasrec", "sasrec-f", "gru4rec", "gru4rec-f") else own
        assert {variant for name, variant in rows if name == model} >= wanted, model
    assert ("sr-gnn", "features in the embeddings") not in rows


def test_features_of_other_items_are_tuned_like_the_true_ones(setting):
    jobs = {system_of(job.labels)[:3]: job for job in STUDIES["feature_controls"].jobs(setting)}
    features = "features in the embeddings"
    assert {(model, features, kind) for model in ("mmsr", "sasrec") for kind in ("", "mismatched")} <= jobs.keys()
    assert ("mmsr", "cosine", "mismatched") in jobs and ("sasrec", "cosine", "") not in jobs  # it reads no modality
    for (model, variant, kind), job in jobs.items():
        assert job.like is None and (job.config.corruption or "") == kind
        assert model == "mmsr" or job.config.settings["item_features"]
        true = jobs[model, variant, ""].config
        assert job.config.with_settings(corruption=None) == true


def test_the_schedule_of_the_trial_is_the_schedule_of_the_run(setting):
    point = {"lr": 0.02, "epochs": 30}
    judged, final = trial(setting.config(), point), tuned(setting.config(), point, best_epoch=7, seed=3)
    assert judged.train.epochs == final.train.epochs == 30 and final.train.stop_after == 7
    assert (final.train.selection, final.train.seed) == ("none", 3)
    assert tuned(setting.config(), point, best_epoch=30, seed=3).train.stop_after == 0


def test_whether_a_run_would_refit_does_not_name_it_where_nothing_was_held_out(setting):
    config = setting.config().with_settings(selection="none")
    assert run_id(config) == run_id(config.with_settings(refit=True))
    config = config.with_settings(selection="validation")
    assert run_id(config) != run_id(config.with_settings(refit=True))


def test_without_codes_each_items_own_feature_is_a_node_and_without_modalities_there_is_none(setting, ring):
    rows = {job.labels["variant"]: job.config for job in STUDIES["codebook"].jobs(setting)}
    own, none = (build(rows[name], corrupt(rows[name], ring.with_modalities(*rows[name].modalities))) for name in (
        "no codes", "no modalities"
    ))  # fmt: skip
    assert own.node_types == ("item", "a", "b") and none.node_types == ("item",)
    graph = own.graphs(torch.tensor([[1, 2, 1, 3]]))
    assert [int((ids > 0).sum()) for ids in graph.ids] == [3, 3, 3]  # as many nodes as items, none shared


def test_one_family_alone_is_on_a_gcn_as_in_the_paper_and_on_attention_beside_it(setting):
    rows = {job.labels["variant"]: job.config.settings for job in STUDIES["ablation"].jobs(setting)}
    for name, fusion in (("ho", "homogeneous"), ("he", "heterogeneous")):
        assert (rows[name]["aggregator"], rows[name]["fusion"]) == ("gcn", fusion)
        assert rows[f"{name}, attention"]["fusion"] == fusion and "aggregator" not in rows[f"{name}, attention"]


def test_a_mismatch_within_histories_is_trained_with_and_read_off_the_undisturbed_model(setting, ring):
    jobs = STUDIES["fusion_order"].jobs(setting)
    early = [job for job in jobs if (job.labels["model"], job.labels["variant"]) == ("sasrec", "early")]
    cases = {(name, rate) for name in ("a", "b", "mixed") for rate in (0.5, 1.0)}
    trained = {(j.labels["modality"], j.labels["rate"]): j.config for j in early if j.labels.get("at") == BOTH}
    assert trained.keys() == cases and trained["mixed", 0.5].corrupted is None and trained["a", 1.0].corrupted == "a"
    read = {(r.labels["modality"], r.labels["rate"]): r for r in early[0].readings if r.displaced}
    assert read.keys() == cases and early[0].readings[0].beside and early[0].labels.keys() == {"model", "variant"}
    assert not any(job.labels.get("corruption") == "displaced" for job in jobs if job.labels["variant"] == "none")


@pytest.mark.parametrize("name", ["sasrec-f", "gru4rec-f", "nova", "dif-sr", "trans2d"])
def test_displaced_modalities_change_scores_and_nothing_else_of_a_model(setting, ring, name):
    config, test = setting.config(name), parts_of(setting.config(name), ring).test
    books = codebooks(config, ring)
    clean, other = (build(c, ring, books).eval() for c in (config, config.with_settings(corruption="displaced")))
    assert all(torch.equal(p, q) for p, q in zip(clean.parameters(), other.parameters(), strict=True))
    history = torch.from_numpy(test.histories())
    there = other.scores(history)
    assert not torch.equal(there, clean.scores(history)) and torch.equal(there, other.scores(history))
    displace(clean, None, 1.0, config.train.seed)
    assert torch.equal(clean.scores(history), there)  # at test only it is the same displacement
    with pytest.raises(
        MMSRError, match="MMSR, adaptive does not read the modalities of a history position by position"
    ):
        build(setting.config(corruption="displaced"), ring)


def test_the_paper_has_what_its_tables_say():
    beauty = PAPER["comparison"]["Beauty"]
    assert beauty["mmsr"] == {"HR@5": 7.1563, "MRR@5": 4.4429, "HR@20": 14.147, "MRR@20": 5.0433}
    assert beauty["dif-sr"]["HR@5"] == 6.5789 and PAPER["comparison"]["Phone"]["mmsr"]["MRR@20"] == 4.5747
    assert PAPER["aggregators"]["Sports"]["hgat"] == {"HR@5": 3.0458, "MRR@5": 1.8501}
    assert PAPER["ablation"]["Clothing"]["without type"] == {"HR@5": 2.037, "MRR@5": 1.2593}


@pytest.mark.parametrize("name", ["mmsr", "sasrec-f", "dif-sr"])
def test_a_modality_that_is_missing_at_test_only_changes_what_is_read_not_what_was_learned(setting, ring, name):
    config = setting.config(name)
    books, test = codebooks(config, ring), parts_of(config, ring).test
    model = build(config, ring, books).eval()
    same = drop_codes_at_test(model, config, ring, books, Reading(rate=0.0))
    assert np.array_equal(ranks(same, test), ranks(model, test))
    less = drop_codes_at_test(model, config, ring, books, Reading(rate=0.5, corrupted="a"))
    history = torch.from_numpy(test.histories())
    changed = (less.scores(history) != model.scores(history)).any(1)
    there = corrupt(config.with_settings(corruption="missing", rate=0.5, corrupted="a"), ring).modality("a").present
    whole = (there | (np.arange(13) == 0))[test.histories()].all(1)
    assert not changed.numpy()[whole].any() and changed.any()
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), less.parameters(), strict=True) if p.requires_grad)


def test_nothing_missing_is_clean(setting, ring):
    clean = setting.config()
    none = clean.with_settings(corruption="missing", rate=0.0)
    one, other = (build(config, corrupt(config, ring)).eval() for config in (clean, none))
    test = parts_of(clean, ring).test
    assert evaluate(one, test) == evaluate(other, test)


@pytest.mark.slow
def test_missing_at_test_is_read_off_one_trained_model(carry_out, monkeypatch):
    monkeypatch.setattr("mmsr_lite.experiments.missing.SYSTEMS", {"mmsr": {"": {}}})
    monkeypatch.setattr("mmsr_lite.experiments.missing.RATES", (0.5,))
    carry_out("missing", seeds=1)
    rows = {label_of(system_of(row)): row for row in read_rows(carry_out.place / "missing.csv")}
    cases = [f"{name}, 0.5, {at}" for at in ("test", "training and test") for name in ("a", "b", "mixed")]
    assert rows.keys() == {"mmsr", *(f"mmsr, missing, {case}" for case in cases)}
    assert len(read_json(carry_out.place / "missing.json")["runs"]) == 4  # the clean one and three of both


def test_forced_gates_walk_one_path(setting, ring):
    config = setting.config()
    test, model = parts_of(config, ring).test, build(config, ring).eval()
    scores = {}
    for gate in FORCED:
        with listen(model, forced(model, gate)):
            scores[gate] = model.scores(torch.from_numpy(test.histories()))[:, 1:]
    assert torch.allclose(scores["half"], (scores["hohe"] + scores["heho"]) / 2, atol=1e-5)  # one layer, eq. 17
    assert not torch.allclose(scores["hohe"], scores["heho"])


def test_the_mean_gate_of_the_table_is_that_of_the_model(setting, ring):
    model, test = build(setting.config(), ring).eval(), parts_of(setting.config(), ring).test
    table = pd.DataFrame(betas(model, ring, test, np.r_[0, np.full(12, 20)]))
    mean = table.query("by == 'all'").set_index("node_type")["beta"]
    assert mean.to_dict() == pytest.approx(model.mean_beta(torch.from_numpy(test.histories())), abs=1e-5)
    for by in ("position", "popularity"):
        items = table[(table["by"] == by) & (table["node_type"] == "item")]
        assert (items["beta"] * items["nodes"]).sum() / items["nodes"].sum() == pytest.approx(mean["item"])
    # all items are equally popular: 12 items in fifths of the interactions
    assert table.query("by == 'popularity'")["bin"].tolist() == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_gates_are_kept_for_every_seed(carry_out):
    carry_out("gates")
    kept, rows = pd.read_csv(carry_out.place / "gate_values.csv"), read_rows(carry_out.place / "gates.csv")
    assert set(kept["seed"]) == {0, 1} and {row["variant"] for row in rows} == {
        "own gates", "forced: hohe", "forced: heho", "forced: half"
    }  # fmt: skip
    assert all(np.isfinite([row[metric] for metric in METRICS]).all() for row in rows)


def test_the_reading_beside_others_is_no_run_of_another_study(setting):
    jobs = [STUDIES[name].jobs(setting)[0] for name in ("gates", "missing")]
    runs = {run_id(setting.config()), *(run_id(job.config, job.readings[0]) for job in jobs)}
    assert len(runs) == 3  # a GPU trains no model twice alike: each keeps the ranks of its own
