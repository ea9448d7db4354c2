"""What MMSR's late order can do in `pick`, step by step: the benchmark, its table, and what the page says of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import late_in_pick
from benchmarks.late_in_pick import EARLY, EARLY_ALONE, LATE_ALONE, WHOLE, Catalogue, made
from mmsr_lite.data.sources.worlds.pick import PickConfig
from mmsr_lite.explain.contributions import GROUPS

PAGE = (Path(__file__).parents[1] / "docs/worlds.md").read_text(encoding="utf-8")
SMALL = PickConfig(looks=3, themes=2, garments=2, basics=2)


@pytest.fixture(scope="module")
def items():
    return Catalogue(SMALL)


def test_a_session_has_one_formal_garment_whose_look_is_bought(items):
    some = items.sessions(200, np.random.default_rng(0))
    history = some.history.numpy()
    formal = items.theme[history] == 0
    assert (formal.sum(1) == 1).all() and set(some.age) == {1, 2, 3}
    assert (items.look[history][formal] == some.right).all()
    assert (items.look[some.bought.numpy()] == some.right).all() and (some.bought >= items.basics.min()).all()
    assert (formal[np.arange(200), 3 - some.age]).all()


def flowing(system, items):
    """The groups of paths by which anything reaches a score of a model with random weights."""
    torch.manual_seed(0)
    model = made(system, items)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.normal_(std=0.5)
    parts = late_in_pick.lead(model, items, items.sessions(20, np.random.default_rng(0)))
    return {group for group, size in zip(GROUPS, np.abs(parts).max(0), strict=True) if size > 1e-6}


def test_without_the_crossing_of_layer_1_no_path_crosses_first_and_follows_time_then(items):
    assert "crossed, then time" in flowing(WHOLE, items) & flowing(EARLY_ALONE, items)
    assert "crossed, then time" not in flowing(LATE_ALONE, items)
    assert "time, then crossed" in flowing(LATE_ALONE, items)


def test_garments_that_were_forgotten_differ_by_their_codes_alone(items):
    model = made(WHOLE, items)
    late_in_pick.forget(model, items)
    table = model.nodes.tables[0].weight
    assert (table[1 : items.basics.min()] == 0).all() and (table[items.basics.min() :] != 0).any()
    twins = torch.from_numpy(np.stack([items.garments[[0, 1, 2], 1, 0], items.garments[[0, 1, 2], 1, 1]]))
    one, other = model.eval().scores(twins)
    assert torch.allclose(one, other, atol=1e-6)


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(late_in_pick.PLACE)


def test_the_page_has_the_table_that_was_measured(table):
    assert [row for row in late_in_pick.page_rows(table) if row not in PAGE.splitlines()] == []


def test_without_its_first_crossing_the_late_order_stays_at_what_pictures_alone_tell(table):
    short = table[table["steps"] == 500]
    mean = short.groupby("system").mean(numeric_only=True)
    assert sorted(short[short["system"] == LATE_ALONE]["seed"]) == [0, 1, 2]
    assert short[short["system"] == LATE_ALONE]["right"].max() < 49.1 + 2  # and chance of 1,000 sessions
    assert mean.loc[EARLY_ALONE, ["right at age 1", "right at age 2"]].min() > 99  # one step back is its reach
    assert mean.loc[EARLY, "right"] > 1.5 * mean.loc[LATE_ALONE, "right"]


def test_the_whole_late_order_leaps_to_all_and_its_first_crossing_steers_and_does_not_carry(table):
    flat = " ".join(PAGE.split())
    whole = table[table["system"] == WHOLE].sort_values("steps").drop_duplicates("seed", keep="last")
    whole = whole.sort_values("seed")
    assert (whole["right"] == 100).all()
    passed = [
        next(100 * at for at, one in enumerate(told.split(), 1) if float(one) > 80) for told in whole["right by step"]
    ]
    assert "it passes 80 % after {}, {} and {} batches".format(*passed) in flat
    carried = sorted(abs(round(value, 2)) for value in whole["lead: crossed, then time"])
    assert "{:.2f}, {:.2f} and {:.2f} points come along".format(*carried) in flat
    late = whole["lead: time, then crossed"]
    assert f'and {late.min():.1f} to {late.max():.1f} along "time, then crossed"' in flat
