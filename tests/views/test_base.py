"""What every view keeps, and what importing them costs."""

import base64
import json
import subprocess
import sys
import types

import pytest
from fixtures import record_for

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import VIEWS, View


@pytest.fixture(params=VIEWS)
def view(request) -> View:
    return VIEWS[request.param](record_for(request.param))


def test_a_view_shows_a_png_and_words_without_a_kernel(view):
    bundle = view._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == view.text and "text/html" not in bundle and len(bundle) == 2


def test_a_view_is_live_in_a_kernel(view, monkeypatch):
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    kinds = {"application/vnd.jupyter.widget-view+json", "application/vnd.plotly.v1+json"}
    assert len(kinds & view._repr_mimebundle_().keys()) == 1


def test_a_view_saves_page_png_and_svg(view, tmp_path):
    view.save_html(tmp_path / "a.html"), view.save_png(tmp_path / "a.png"), view.save_svg(tmp_path / "a.svg")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page and "<script src" not in page and "onerror=alert(1)>" not in page
    assert (tmp_path / "a.png").read_bytes()[1:4] == b"PNG" and "<svg" in (tmp_path / "a.svg").read_text()


def test_a_view_has_a_table_of_finite_numbers(view):
    assert view.table and json.dumps(view.table, allow_nan=False)


@pytest.mark.parametrize("make", VIEWS.values(), ids=VIEWS)
def test_a_view_refuses_what_is_no_record(make):
    for wrong in ({}, {"schema": "other/2"}, "trace"):
        with pytest.raises(MMSRError, match="got"):
            make(wrong)


def test_views_import_without_torch_or_a_drawing_library():
    heavy = {"torch", "plotly", "matplotlib", "ipywidgets", "anywidget", "PIL"}
    code = f"import sys, mmsr_lite.views; print(*sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
