"""The picture of the three orders: one drawing for README, site, notebooks and slides."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mmsr_lite import MMSRError, show
from mmsr_lite.views import theme
from mmsr_lite.views.figures import mental_model
from mmsr_lite.views.figures.mental_model import ORDERS, Arrow, Box

ROOT = Path(__file__).parents[3]


def texts(order):
    return [part.text for part in order.parts if isinstance(part, Box)]


def test_early_mixes_before_it_reads_and_late_after():
    early, late, adaptive = map(texts, ORDERS)
    assert early.index("mix each item") < early.index("read the sequence")
    assert late.count("read it") == 2 and late.index("mix what was read") > late.index("read it")
    assert {"early path", "late path", "a gate weighs them"} <= set(adaptive)


def test_orders_have_the_colours_that_they_have_in_every_picture():
    assert [order.colour for order in ORDERS] == [theme.EARLY, theme.LATE, theme.INK]
    fills = {part.text: part.fill for part in ORDERS[2].parts if isinstance(part, Box)}
    assert (fills["early path"], fills["late path"]) == (theme.EARLY, theme.LATE)
    assert fills["pictures"] == theme.COLOURS["modality 1"].light


def test_every_arrow_begins_at_a_box_and_ends_at_one():
    for order in ORDERS:
        boxes = [part for part in order.parts if isinstance(part, Box)]
        for arrow in (part for part in order.parts if isinstance(part, Arrow)):
            starts = [box for box in boxes if abs(arrow.x - box.x) < box.width / 2 and 0 < arrow.y - box.y <= 20]
            ends = [box for box in boxes if abs(arrow.to_x - box.x) < box.width / 2 and 0 < box.y - arrow.to_y <= 20]
            assert len(starts) == len(ends) == 1, (order.name, arrow)


def test_the_file_of_readme_and_site_is_this_drawing():
    file = ROOT / "docs" / "early-late-adaptive.svg"
    assert file.read_text(encoding="utf-8") == mental_model.whole_svg() + "\n"
    ET.fromstring(file.read_text(encoding="utf-8"))
    for page, place in (("README.md", "docs/"), ("docs/index.md", "")):
        assert f"]({place}early-late-adaptive.svg)" in (ROOT / page).read_text(encoding="utf-8")


def test_the_title_fits_into_the_drawing():
    drawing = ET.fromstring(mental_model.whole_svg())
    (title,) = [text for text in drawing.iter() if text.text == mental_model.TITLE]
    letters = 0.6 * float(title.get("font-size")) * len(title.text)  # the widest of its fonts
    assert letters < float(drawing.get("viewBox").split()[2])


def test_the_view_has_picture_page_table_and_words():
    view = show.fusion_orders()
    assert view._repr_mimebundle_().keys() == {"image/png", "text/plain"}
    assert mental_model.whole_svg() in view.html() and len(view.table) == 3


def test_one_order_can_be_drawn_alone_and_another_name_is_refused():
    view = show.fusion_orders("late")
    assert [row["of"] for row in view.table] == ["late fusion"] and len(view.to_matplotlib().axes) == 1
    assert view.html().count("<marker") == 1
    with pytest.raises(MMSRError, match="'middle'"):
        show.fusion_orders("middle")
