"""A canary: hostile texts in every place of every record run no script and ask nothing of a server that listens."""

import html
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from windows import close_tab, window

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import save_report, show
from mmsr_lite.views.samples import sample

pytestmark = pytest.mark.browser
VIEWS = {
    "trace": (show.msgraph, show.explorer, show.gates, show.attention, show.ranking),
    "what-if": (show.what_if,),
    "history": (show.training,),
    "faithfulness": (show.fidelity,),
    "study": (show.study, show.curves, show.differences),
    "codebook": (show.codebook,),
    "flow": (show.flow,),
    "leaks": (show.leaks,),
}


class Listener(BaseHTTPRequestHandler):
    heard: list[str]

    def do_GET(self):
        self.heard.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def canary():
    """A server that anybody may ask: its address, and what it was asked for."""
    made = type("Own", (Listener,), {"heard": []})
    listening = ThreadingHTTPServer(("127.0.0.1", 0), made)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}", made.heard
    listening.shutdown()


@pytest.fixture
def opened(chromium, canary):
    """Open a file in a browser that may reach the canary; its page, whether a script called, what was shown."""
    page = window("online").new_page()
    called = []
    page.expose_function("called", lambda: called.append(page.url))
    page.on("dialog", lambda dialog: (called.append("dialog"), dialog.dismiss()))

    def go(path, after: str = "", ready: str = "body[data-ready]"):
        page.goto(path.as_uri() + after)
        if ready:
            page.wait_for_selector(ready, state="attached")
        page.wait_for_timeout(150)
        return page

    go.called = called
    yield go
    close_tab(page)


def attacks(address: str) -> list[str]:
    """Texts that call the canary when they are taken for HTML, each in its way."""
    ask = f"called();fetch('{address}/fetched')"
    return [
        f"</script><script>{ask}</script>",
        f'"><img src=x onerror="{ask}">',
        f"<img src={address}/picture>",
        f"' onmouseover='{ask}' onfocus='{ask}' autofocus='",
        f"<svg onload={ask.replace(';', '%3B')}><style>@import '{address}/style';</style>",
        f'<iframe srcdoc="<img src=\'{address}/frame\'>"></iframe><a href="javascript:{ask}">x</a>',
    ]


def texts_in(value) -> set[str]:
    """All texts of a record, names of fields as well."""
    if isinstance(value, dict):
        return set(value) | {text for one in value.values() for text in texts_in(one)}
    if isinstance(value, list):
        return {text for one in value for text in texts_in(one)}
    return {value} if isinstance(value, str) else set()


def hostile(record, draw, texts: list[str], address: str):
    """The record with a hostile text for each of its texts that may be any, and how many those are."""

    def replaced(value, old: str, new: str):
        if isinstance(value, dict):
            return {new if key == old else key: replaced(one, old, new) for key, one in value.items()}
        if isinstance(value, list):
            return [replaced(one, old, new) for one in value]
        return new if value == old else value

    changed = 0
    for old in sorted(texts_in(record)):
        new = f"{address}/picture.png" if old.startswith("data:") else f"{texts[changed % len(texts)]}{changed}"
        trial = replaced(dict(record), old, new)
        try:
            draw(trial).text  # noqa: B018
        except (MMSRError, KeyError, ValueError):
            continue  # it is a name out of a list, and was checked
        record, changed = trial, changed + 1
    return record, changed


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "draw"), [(kind, draw) for kind, draws in VIEWS.items() for draw in draws])
def test_hostile_texts_of_a_record_run_nothing_and_reach_nobody(kind, draw, canary, opened, tmp_path):
    address, heard = canary
    record, changed = hostile(sample(kind), draw, attacks(address), address)
    assert changed or kind == "history"  # which holds numbers alone
    draw(record).save_html(tmp_path / "page.html")
    page = opened(tmp_path / "page.html", "?a=<img src=x onerror=called()>#<script>called()</script>")
    assert page.locator("img[src^=http], script[src], iframe, object, embed, [onerror], [onmouseover]").count() == 0
    assert opened.called == [] and heard == []


def test_a_report_with_hostile_texts_runs_nothing_and_reaches_nobody(canary, opened, tmp_path):
    address, heard = canary
    record, changed = hostile(sample("trace"), show.explorer, attacks(address), address)
    texts = attacks(address)
    metrics = {"model": texts[0], "dataset": texts[1], "test": {"HR@5": 1.0}, "counting": {texts[2]: {"HR@5": 1.0}}}
    metrics |= {"reachable": None}
    save_report(tmp_path / "page.html", [record, record], sample("history"), metrics)
    opened(tmp_path / "page.html")
    assert changed > 2 and opened.called == [] and heard == []


def test_what_gets_into_a_page_as_html_does_not_run_either(canary, opened, tmp_path):
    """As if escaping had failed somewhere: the policy of the page stops what escaping did not."""
    address, heard = canary
    show.explorer(sample("trace")).save_html(tmp_path / "whole.html")
    whole = (tmp_path / "whole.html").read_text(encoding="utf-8")
    broken = whole.replace("<main", "".join(attacks(address)).removeprefix("</script>") + "<main", 1)
    (tmp_path / "page.html").write_text(broken, encoding="utf-8")
    opened(tmp_path / "page.html", ready="")  # the pieces swallow the picture
    assert opened.called == [] and heard == []
    policy = whole[whole.index('content="default-src') :].split('"')[1]
    assert "unsafe-inline" not in html.unescape(policy).partition("script-src")[2].partition(";")[0]
    (tmp_path / "page.html").write_text(broken.replace(policy, ""), encoding="utf-8")
    opened(tmp_path / "page.html", ready="")  # without the policy the canary sings, so that this test can fail
    assert opened.called != [] and {"/picture", "/fetched"} <= set(heard)
