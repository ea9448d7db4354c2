"""What every view keeps, and what importing them costs."""

import base64
import json
import subprocess
import sys
import types
from functools import cache
from pathlib import Path

import pytest
from fixtures import record_for, sample_study

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import VIEWS, View

DRAW = View.drawn


@pytest.fixture(scope="module", params=VIEWS)
def view(request):
    """A view, whose picture is drawn once in each form: drawing takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(View, "drawn", cache(DRAW))
        yield VIEWS[request.param](record_for(request.param))


def test_a_view_shows_a_png_and_words_without_a_kernel(view):
    bundle = view._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == view.text and "text/html" not in bundle and len(bundle) == 2


def test_a_still_that_is_drawn_twice_has_the_same_bytes(view):
    assert DRAW(view, "svg") == view.drawn("svg")


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
        with pytest.raises(MMSRError, match=r"got|is 'trace'; expected"):
            make(wrong)


REPLAY = """import json, sys
from pathlib import Path
sys.modules["torch"] = sys.modules["torch_geometric"] = None
from mmsr_lite.views import VIEWS, save_report, show, to_pyvis
place = Path(sys.argv[1])
records = {path.stem: json.loads(path.read_text()) for path in place.glob("*.json")}
made = {name: VIEWS[name](records[name]) for name in VIEWS}
trace, change = records["explorer"], records["what_if"]
made |= {f"stage {i}": show.step(trace, i) for i in range(len(trace["stages"]))}
made |= {"what if": show.explorer(trace, change), "changed": show.msgraph(change["changed"])}
made |= {name: getattr(show, name)(records["study"]) for name in ("study", "curves", "differences")}
for name, view in made.items():
    view.save_html(place / f"{name}.html"), view.save_svg(place / f"{name}.svg")
    if name in ("explorer", "training", "ranking"):  # a PNG is drawn as an SVG is
        view.save_png(place / f"{name}.png")
    assert view.text and view.table and view.live()
explorer = made["what if"]
explorer.selection = {"edge": 0, "layer": 0}
explorer.widget.request = {"do": "page", "number": 1}
assert explorer.widget.message["page"].startswith("<!doctype html>") and "<iframe" in to_pyvis(trace)
save_report(place / "report.html", [trace], records["training"])
print(len(made))"""


@pytest.mark.slow
@pytest.mark.outside
def test_stored_records_replay_where_torch_cannot_be_imported(tmp_path):
    """Every view, every stage, the explorer with a change and the report; the trace is that of a stored run."""
    stored = Path(__file__).parents[2] / "mmsr_lite/stored/runs/wardrobe-cycle"
    records = {name: record_for(name) for name in VIEWS} | {"study": sample_study()}
    if stored.is_dir():
        records["explorer"] = json.loads((stored / "trace.json").read_text(encoding="utf-8"))
    for name, record in records.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(record))
    done = subprocess.run([sys.executable, "-c", REPLAY, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = int(done.stdout)
    for kind, count in {"html": made + 1, "svg": made, "png": 3}.items():  # the report is a page, too
        files = list(tmp_path.glob(f"*.{kind}"))
        assert len(files) == count and all(file.stat().st_size > 1000 for file in files)


def test_views_import_without_torch_or_a_drawing_library():
    heavy = {"torch", "plotly", "matplotlib", "ipywidgets", "anywidget", "PIL"}
    code = f"import sys, mmsr_lite.views; print(*sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
