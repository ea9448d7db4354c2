"""The picture of early against late fusion, and its page: every system, every comparison, hostile names escaped."""

import html
import re

import pytest
from fixtures import HOSTILE, sample_fusion

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import show
from mmsr_lite.views.figures.fusion import APART, NOT_APART, OTHER
from mmsr_lite.views.fusion_page import save_fusion_page
from mmsr_lite.views.page import policy
from mmsr_lite.views.samples import sample


def test_systems_stand_in_the_first_panel_and_differences_in_the_second():
    marks = show.fusion(sample("fusion")).data.marks
    systems = {mark.label: (mark.value, mark.low, mark.high, mark.group) for mark in marks if mark.panel == 0}
    assert systems["early"] == (30.0, 30.0 - 1, 30.0 + 1, "early")
    assert systems["late"] == (21.0, 21.0 - 1.5, 21.0 + 1.5, "late")
    assert systems["counting"] == (12.0, 12.0, 12.0, OTHER)
    pairs = {mark.label: (mark.value, mark.low, mark.high, mark.group) for mark in marks if mark.panel == 1}
    assert pairs["early − late"] == (30.0 - 21, 9.0 - 3, 9.0 + 3, APART)
    assert pairs["adaptive-invasive − early"] == (29.0 - 30, -1.0 - 2.5, -1.0 + 2.5, NOT_APART)


def test_both_renderers_draw_each_panel_on_its_own_axes():
    chart = show.fusion(sample("fusion"))
    traces = [trace for trace in chart.figure.data if trace.type == "scatter"]
    assert {trace.name: trace.xaxis for trace in traces} == {
        **dict.fromkeys(("early", "late", OTHER), "x"),
        **dict.fromkeys((APART, NOT_APART), "x2"),
    }
    left, right = chart.to_matplotlib().axes
    assert [len(axes.lines) for axes in (left, right)] == [3, 2 + 1]  # the line at zero, too
    assert left.get_yticklabels()[2].get_text() == "early" and right.get_yticklabels()[0].get_text() == "early − late"


def test_the_page_says_the_verdict_and_every_number_and_no_name_gets_out(tmp_path):
    save_fusion_page(tmp_path / "page.html", sample_fusion())
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<h1>Early fusion is ahead by 9.0 points of HR@5, all items (6.0 to 12.0).</h1>" in text
    assert "600 of 5,000 users, drawn at random" in text and "so it reads what the modalities say" in text
    pair = "early − late <small>order of fusion</small></th><td>+9.00 <small>+6.00 to +12.00</small></td>"
    assert f"{pair}<td>0.001 <small>apart</small></td>" in text
    system = "early <small>gru4rec, 4 trials: lr 0.01, dropout 0.1, epochs 9</small></th>"
    assert f"{system}<td>30.00 <small>29.00 to 31.00</small></td>" in text
    assert HOSTILE not in text and "onerror=alert(1)>" not in text
    with pytest.raises(MMSRError, match="expected a fusion record"):
        save_fusion_page(tmp_path / "page.html", sample("leaks"))


def test_the_page_says_its_verdict_and_each_further_sentence_once(tmp_path):
    record = sample("fusion")
    save_fusion_page(tmp_path / "page.html", record)
    text = html.unescape((tmp_path / "page.html").read_text(encoding="utf-8"))
    said = [record["sentence"].removesuffix("."), *record["further"]]
    assert len(said) > 2 and [text.count(sentence) for sentence in said] == [1] * len(said)


def test_a_very_small_p_is_said_to_be_small_and_no_other_one(tmp_path):
    record = sample("fusion")
    for one, p in zip(record["comparisons"], (3.6e-5, 0.0004, 0.0006, 0.02, 1.0), strict=True):
        one["holm"] = p
    save_fusion_page(tmp_path / "page.html", record)
    said = re.findall(r"<td>([^<]*) <small>(?:not )?apart<", (tmp_path / "page.html").read_text(encoding="utf-8"))
    assert said == ["&lt; 0.001", "&lt; 0.001", "0.001", "0.020", "1.000"]


def test_the_page_draws_its_picture_without_a_library_and_each_mark_says_its_numbers(tmp_path):
    save_fusion_page(tmp_path / "page.html", sample("fusion"))
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(text.encode()) < 1.5e6  # plotly.js alone has 4.8 MB
    scripts = re.findall(r'<script type="module">(.*?)</script>', text, re.S)
    assert len(scripts) == 1 and f'content="{policy(*scripts)}"' in text  # this script runs, and no other
    said = re.findall("<title>(.*?)</title>", text)[1:]  # the first is of the page
    assert "early: 30, 29 to 31; early" in said
    assert "adaptive-invasive − early: -1, -3.5 to 1.5; not apart" in said
    assert len(said) == len(show.fusion(sample("fusion")).data.marks)
