"""The names of two models that stand side by side can be read whole above the ranks that move."""

import pytest
import torch

from mmsr_lite import explore
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig

pytestmark = pytest.mark.browser
NAME = "MMSR with early fusion in invasive layers, width 128, seed 20261130"
READ = """all => all.map((one) => {
  const [box, panel] = [one.getBoundingClientRect(), one.closest(".columns > div").getBoundingClientRect()];
  const isWhole = one.scrollWidth <= one.clientWidth + 1 && one.scrollHeight <= one.clientHeight + 1;
  return [one.textContent, one.title, isWhole && box.left >= panel.left && box.right <= panel.right + 1];
})"""


@pytest.mark.parametrize("width", [390, 968, 1280])
def test_long_names_wrap_above_the_ranks_that_move(visit, made, tmp_path, width):
    model, world = made
    torch.manual_seed(1)
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    other = MMSR(MMSRConfig(dim=8, layers=1, fusion="heho"), world.num_items, books)
    explore(model, world, user=3, beside={NAME: other}).save_html(tmp_path / "live.html", live=True)
    page = visit(tmp_path / "live.html")
    page.set_viewport_size({"width": width, "height": 844})
    page.locator(".builder label:has-text('beside') select").select_option(NAME, force=True)
    page.wait_for_selector(".pane g.node")
    column = page.locator(".differences .columns > div", has_text="Ranks that move")
    assert NAME in column.inner_text()
    names = column.locator(".slope-names span").evaluate_all(READ)
    assert names == [["MMSR, adaptive", "MMSR, adaptive", True], [NAME, NAME, True]]
    titles = column.locator("svg text title").all_text_contents()
    assert set(titles) <= set(world.titles) and titles  # of items, whose names are cut in the picture
    assert page.evaluate("document.documentElement.scrollWidth") <= width
