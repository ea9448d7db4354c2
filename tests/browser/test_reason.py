"""The reason of a world names positions in a page as in Python, of models that read more or less of the history."""

from dataclasses import replace

import pytest

from mmsr_lite.data import load
from mmsr_lite.explain.page_data import page_data
from mmsr_lite.explain.page_model import rounded
from mmsr_lite.explain.session import Session
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.views.page import engine

pytestmark = pytest.mark.browser
ASK = """(data) => {
  const session = new engine.Session(data);
  const requests = [{ do: "remove", position: 1 }, { do: "undo" }];
  return [session.record.truth, ...requests.map((request) => { session.do(request); return session.record.truth; })];
}"""


@pytest.fixture(scope="module")
def world():
    return replace(load("worlds:both-small", modalities=()), pictures=())


@pytest.mark.parametrize(("user", "garments"), [(15, 1), (21, 2)])  # of pick and of clocks
def test_positions_are_counted_from_the_first_item_that_a_model_reads(chromium, world, user, garments):
    page, reasons = chromium.new_page(), []
    page.add_script_tag(content=f"{engine()}\nwindow.engine = engine;")
    for reads in (50, 3, 2):
        model = rounded(MMSR(MMSRConfig(dim=4, max_history=reads), world.num_items))
        truth = Session(model, world, user).record["truth"]
        data = page_data([model], world, [user], pseudonyms=False)
        assert page.evaluate(ASK, data) == [truth, None, truth]  # an edited history has no reason
        reasons.append(truth["reason"])
    page.close()
    assert reasons[0].count(" at position ") == garments and len(set(reasons)) == 3
    assert " before position 1" in reasons[2]
