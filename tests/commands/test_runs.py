"""What commands print of a run: the headline ranking first, later and same-time targets apart where times tie."""

import sys

import numpy as np
import pytest

from mmsr_lite.commands.runs import print_metrics, typed_name
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.order import break_ties
from mmsr_lite.data.prepared import save_prepared
from mmsr_lite.records import MetricsRecord
from mmsr_lite.training.fit import fit
from mmsr_lite.training.run_config import RunConfig


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Of counting on users who walk round a ring, two items a day."""
    user, step = np.repeat(np.arange(24), 10), np.tile(np.arange(10), 24)
    item, names = (user + step) % 12 + 1, tuple(f"i{item}" for item in range(13))
    data = Dataset("days", user, item, step // 2, tuple(f"u{u}" for u in range(24)), names, names)
    place = tmp_path_factory.mktemp("days")
    source = str(save_prepared(data, place / "data"))
    config = RunConfig(source, (), model="item-knn", tie_seed=1, min_count=0)
    return fit(config, place / "run", progress=False)


def test_the_record_tells_later_from_same_time_targets_and_names_its_order(run):
    targets = run.metrics.rankings["model"]["targets"]
    assert targets["every"] == 24 * 2 == targets["later"] + targets["same time"]
    assert run.record.ranking == {"ties": "random", "tie_seed": 1, "candidates": "all, and own items masked"}
    assert RunConfig("wardrobe").ties == "random"
    for ranking in ("all", "masked"):
        found = run.metrics.rankings["model"][ranking]
        shares = [targets[group] / 48 * found[group]["HR@5"] for group in ("later", "same time")]
        assert sum(shares) == pytest.approx(found["every"]["HR@5"])


def test_the_headline_is_printed_first_and_the_groups_after_counting(run, capsys):
    print_metrics(run.metrics)
    told = capsys.readouterr().out
    assert "0.00 % of the targets lie in their own history, so the headline is: own items masked" in told
    assert told.index("own items masked    ") < told.index("all items    ")
    later = run.metrics.rankings["model"]["targets"]["later"]
    assert f"later targets ({later})" in told and "same time targets" in told
    number = f"{run.metrics.rankings['model']['masked']['later']['HR@5']:7.2f}"
    assert number in next(line for line in told.splitlines() if f"later targets ({later})" in line)
    assert repr(run).splitlines()[2].strip().startswith(f"HR@5 {run.metrics.test['masked HR@5']:.2f}")
    assert "% (own items masked); HR@5" in repr(run)


def test_an_older_record_is_printed_with_all_items_alone(capsys):
    row = dict.fromkeys(("HR@5", "MRR@5", "HR@20", "MRR@20"), 7.0)
    old = MetricsRecord(dataset="d", model="m", examples=3, test=row, reachable=row, counting={"markov": row})
    print_metrics(old)
    told = capsys.readouterr().out
    assert "all items" in told and "masked" not in told and "best reachable" in told
    assert repr(old) == "MetricsRecord(m on d: HR@5 7.00, MRR@5 7.00 % (all items))"


def test_the_best_reachable_stands_in_the_ranking_that_it_is_known_of(capsys):
    row = {"HR@5": 7.0, "MRR@5": 3.0, "HR@20": 9.0, "MRR@20": 4.0}
    both = row | {f"masked {name}": value for name, value in row.items()}
    record = MetricsRecord(dataset="d", model="m", examples=3, test=both, reachable=row, counting={}, headline="masked")
    tables = record.tables()
    assert list(tables) == ["own items masked", "all items"]
    assert ["best reachable" in rows for rows in tables.values()] == [False, True]
    print_metrics(record)
    assert "The best reachable is known of the ranking of all items alone." in capsys.readouterr().out


def test_file_order_is_noted_too():
    ids = ("", "a", "b")
    data = Dataset("d", np.zeros(2, int), np.array([1, 2]), np.zeros(2), ("u",), ids, ids)
    from mmsr_lite.training.provenance import ranking_of

    assert ranking_of(break_ties(data, "file"))["tie_seed"] is None and ranking_of(data)["ties"] == "file"
    assert ranking_of(break_ties(data, "together", 3))["tie_seed"] == 3


def test_where_the_environment_is_not_activated_the_command_has_its_path(tmp_path, monkeypatch):
    own = tmp_path / ".venv" / "bin" / "mmsr-lite"
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(own.with_name("python")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert typed_name() == ".venv/bin/mmsr-lite"
    monkeypatch.setenv("PATH", str(own.parent))
    assert typed_name() == "mmsr-lite"
