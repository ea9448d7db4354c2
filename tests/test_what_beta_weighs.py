"""What the page "What beta weighs" and the glossary say of beta is what the models do."""

from pathlib import Path

import pytest

from benchmarks.flow_groups import groups_used, table_of_groups, table_of_runs
from mmsr_lite import show
from mmsr_lite.nn.han import FUSIONS
from mmsr_lite.views.glossary import define
from mmsr_lite.views.page import static

PAGE = (Path(__file__).parents[1] / "docs/what-beta-weighs.md").read_text(encoding="utf-8")
EARLY, LATE = "crossed, then time", "time, then crossed"


def test_the_page_has_the_table_of_groups_as_it_is_computed():
    assert table_of_groups() in PAGE


@pytest.mark.slow
@pytest.mark.outside
def test_the_page_has_the_shares_of_the_stored_runs_as_they_are_computed():
    assert table_of_runs() in PAGE


def test_of_one_layer_only_the_invasive_orders_are_early_or_late_fusion():
    assert {fusion for fusion in FUSIONS if EARLY in groups_used(fusion, 1)} == {"heho-invasive", "adaptive-invasive"}
    assert {fusion for fusion in FUSIONS if LATE in groups_used(fusion, 1)} == {"hohe-invasive", "adaptive-invasive"}


@pytest.mark.parametrize("term", ["beta", "heho", "hohe", "early fusion", "late fusion"])
def test_the_glossary_says_that_beta_is_no_share_of_early_or_late_fusion(term):
    text = define(term)
    assert any(said in text for said in ("is no share of", "are no share of", "only if it is invasive"))


def test_what_shows_the_gate_or_the_last_layers_split_says_so():
    assert "it is no share of early or late fusion" in (show.gates.__doc__ or "")
    assert "the last layer" in (show.ranking.__doc__ or "")
    assert '"the split is of the last layer alone"' in static("explorer.js")
