"""The demo: whom its report shows, and what stands beside its run."""

from types import SimpleNamespace

import numpy as np
import pytest

from mmsr_lite import load
from mmsr_lite.commands import demo
from mmsr_lite.course import stored as home
from mmsr_lite.data.parts import TEST
from mmsr_lite.data.sources.wardrobe import WardrobeConfig
from mmsr_lite.data.sources.wardrobe import load as load_wardrobe
from mmsr_lite.data.split import split
from mmsr_lite.models.counting import Popularity, PopularityConfig


@pytest.fixture(scope="module")
def both():
    return load("worlds:both-small", modalities=[])


def test_two_test_users_of_each_kind_are_shown_whose_last_item_is_decided(both):
    users = demo.two_users_of_each_cause(both)
    last = both.offsets[1:][users] - 1
    causes = np.array(both.facts["causes"])[both.facts["cause"][last]]
    assert sorted(causes) == ["clocks", "clocks", "pick", "pick"]
    assert (both.facts["part"][last] == TEST).all()


def test_in_the_wardrobe_two_users_of_each_cause_are_shown():
    wardrobe = load_wardrobe("cycle", config=WardrobeConfig(items_per_cell=1, users=200, size=8), modalities=())
    users = demo.two_users_of_each_cause(wardrobe)
    causes = wardrobe.facts["cause"][wardrobe.offsets[1:] - 1]
    assert sorted(causes[users]) == sorted([*np.unique(causes)] * 2)


def test_the_run_stands_alone_where_no_other_run_of_its_world_is_stored(both, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(home, "RUNS", tmp_path)
    model, parts = Popularity(PopularityConfig(), both.num_items), split(both)
    model.count(parts.train)
    run = SimpleNamespace(model=model, dataset=both, split=parts)
    rows = demo.on_purchases(run, "both-small")
    ((name, row),) = rows.items()
    assert name == "this run" and list(row) == ["all users", "users of pick", "users of clocks"]
    demo.print_purchases(rows)
    printed = capsys.readouterr().out
    assert f"{row['users of clocks']:.1f}" in printed and demo.PURCHASES in printed
