"""One HTML file that opens without a network: data as JSON, with the style sheets and scripts of `static`."""

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from mmsr_lite.records.explorer import Messages
from mmsr_lite.records.live_page import PageData
from mmsr_lite.views.base import View, check
from mmsr_lite.views.selection import Selection
from mmsr_lite.views.theme import EARLY, ON_DARK, for_record
from mmsr_lite.views.untrusted import clean

STATIC = Path(__file__).parent / "static"
POLICY = (  # only scripts with these hashes run, and no request is made
    "default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>{title}</title>
<style>{look}</style></head><body>{header}<main id="report"></main>{footer}
<script type="application/json" id="data">{data}</script>
{models}{scripts}</body></html>
"""
PARTS = {  # scripts and style sheets made of several files, in this order
    "msgraph.css": tuple(f"msgraph/{name}.css" for name in ("colours", "bar", "picture", "panel", "around")),
    "explorer.css": tuple(
        f"explorer/{name}.css" for name in ("layout", "history", "lens", "answer", "beside", "tour", "narrow")
    ),
    "msgraph.js": (
        "msgraph/elements.js",
        "msgraph/tools.js",
        "msgraph/record.js",
        "msgraph/layout.js",
        "msgraph/room.js",
        "msgraph/words.js",
        "msgraph/controls.js",
        "msgraph/edges.js",
        "msgraph/strip.js",
        "msgraph/nodes.js",
        "msgraph/drawing.js",
        "msgraph/painting.js",
        "msgraph/keyboard.js",
        "msgraph/panel.js",
        "msgraph/panel_flow.js",
        "msgraph/panel_gate.js",
        "msgraph/panel_attention.js",
        "msgraph/table.js",
        "msgraph/mount.js",
        "msgraph/widget.js",
    ),
    "explorer.js": (
        "explorer/history.js",
        "explorer/seeds.js",
        "explorer/lens.js",
        "explorer/stages.js",
        "explorer/answer.js",
        "explorer/bench.js",
        "explorer/differences.js",
        "explorer/beside.js",
        "explorer/tour.js",
        "explorer/fold.js",
        "explorer/explorer.js",
    ),
}
TABLE_ROWS = 60  # of a chart's table in a page
Opening = tuple[Mapping[str, Any], Mapping[str, Any], tuple[str, str]]  # two traces of one history, and their names


class ExplorerStart(TypedDict):
    """What the panels of the explorer show at first in a page."""

    message: Messages


def embed(value: Any) -> str:
    """Write a value as JSON that cannot end the script element around it.

    Args:
        value: Anything that JSON can hold; no infinite number.

    Returns:
        JSON in which the marks of HTML are written as escapes.

    Example:
        >>> embed("</script>")
        '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def static(*names: str) -> str:
    """Join scripts or style sheets of the folder `static`, in this order.

    Args:
        names: Names of files, or of scripts in `PARTS`, such as "msgraph.js".

    Returns:
        Their text. The files follow each other in one module: neither anywidget nor a page opened from a disk
        resolves imports between files.

    Example:
        >>> "export function mount" in static("msgraph.js")
        True
    """
    files = [part for name in names for part in PARTS.get(name, (name,))]
    return "\n".join((STATIC / file).read_text(encoding="utf-8") for file in files)


LIVE = ("answers", "address", "export", "page")
ENGINE = (
    "random",
    "graph",
    "layers",
    "flow",
    "edits",
    "random_edits",
    "model",
    "trace",
    "what_if",
    "seeds",
    "session",
)  # files, in this order


def engine() -> str:
    """Join the script that runs models in a page: its `engine.Session` answers the explorer's requests.

    Returns:
        One constant, `engine`, whose files share no names with the rest of a page.

    Example:
        >>> engine()[:23]
        'const engine = (() => {'
    """
    files = static(*(f"engine/{name}.js" for name in ENGINE))
    return f"const engine = (() => {{\n{files}\nreturn {{ Session, EngineError, SharedRandom }};\n}})();"


def policy(*scripts: str) -> str:
    """The Content-Security-Policy of a page that holds these scripts: no other script runs.

    Args:
        scripts: what stands between the tags of each script that may run.

    Returns:
        The policy, for the head of the page.

    Example:
        >>> policy("")[:77]
        "default-src 'none'; script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3"
    """
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    return POLICY.format(hashes=" ".join(f"'sha256-{digest}'" for digest in digests))


def _chart(view: Any) -> dict[str, object]:
    """A chart for the script of the page; the page itself writes title and caption, so that they wrap."""
    figure = json.loads(view.figure.to_json())
    chart = {part: figure.get(part, []) for part in ("data", "layout", "frames")}
    return chart | {"text": view.text, "table": view.table[:TABLE_ROWS]}


def _still(view: View) -> dict[str, object]:
    """A chart as a picture with its words and its table, for a page without plotly.js."""
    picture = base64.b64encode(view.drawn("svg")).decode()
    return {"picture": f"data:image/svg+xml;base64,{picture}", "text": view.text, "table": view.table[:TABLE_ROWS]}


def _with_looks(models: PageData) -> dict[str, object]:
    """The models of a page, each with the looks that its records need."""
    relations = models["relations"]
    looks = [for_record({"node_types": one["node_types"], "relations": relations}) for one in models["models"]]  # type: ignore[arg-type]
    return {**models, "models": [{**one, "style": look} for one, look in zip(models["models"], looks, strict=True)]}


def _side_by_side(opening: Opening | None) -> list[dict[str, object]]:
    """The selection of a page that begins with two traces side by side."""
    if opening is None:
        return []
    one, two, (name, other) = opening
    return [_user(one) | {"name": name, "beside": {"name": other, "record": check(two, "trace")}}]


def _user(trace: Mapping[str, Any]) -> dict[str, object]:
    """A trace with its looks."""
    record = check(trace, "trace")
    return {"record": record, "style": for_record(record)}  # type: ignore[arg-type]


def page(
    title: str,
    traces: Sequence[Mapping[str, Any]] = (),
    shared: Mapping[str, View] | None = None,
    header: str = "",
    selection: Selection | None = None,
    theme: str = "auto",
    explorer: ExplorerStart | None = None,
    models: PageData | None = None,
    stills: Mapping[str, View] | None = None,
    footer: str = "",
    opening: Opening | None = None,
    looks: Sequence[str] = (),
) -> str:
    """Write a whole page as HTML.

    Args:
        title: Of the page; untrusted text.
        traces: Traces of users, one of whom is shown at a time.
        shared: Charts below the picture, by name; plotly.js comes with them.
        header: HTML that was made here; everything else is data.
        selection: What is chosen in the picture at first.
        theme: auto, light, dark or projector.
        explorer: {"message": ...}, what the panels of the explorer begin with; None: the picture alone.
        models: What `mmsr_lite.explain.page_data.page_data` made: the page then runs these models by itself.
        stills: Charts as pictures below it, by name; a page with `shared` ones is five megabytes larger.
        footer: HTML that was made here and stands below everything else.
        opening: Two traces of one history, and their names, which stand side by side before any of `traces` is chosen.
        looks: Further style sheets of the folder `static`, such as "fusion.css".

    Returns:
        HTML that asks nothing of the network.

    Raises:
        MMSRError: One of `traces` is no trace.

    Example:
        >>> "<title>A &amp; B</title>" in page("A & B")
        True
    """
    data = {
        "users": [*_side_by_side(opening), *(_user(trace) for trace in traces)],
        "shared": {name: _chart(view) for name, view in (shared or {}).items()},
        "stills": {name: _still(view) for name, view in (stills or {}).items()},
        "selection": selection,
        "theme": theme,
        "explorer": explorer,
        "live": models is not None,
        "dark": {"colours": ON_DARK, "but": EARLY},
    }
    libraries = []
    if shared:
        from plotly.offline import get_plotlyjs

        libraries.append(get_plotlyjs())
    packed = ""
    look = static("msgraph.css", "explorer.css", "report.css", *looks)
    code = static("msgraph.js", "explorer.js", "report.js")
    if models is not None:
        packed = f'<script type="text/plain" id="models">{_packed(_with_looks(models))}</script>\n'
        live = static(*(f"live/{name}.js" for name in LIVE))
        look, code = f"{look}\n{static('live.css')}", f"{code}\n{engine()}\n{{\n{live}\n}}"
    elements = [f"<script>{text}</script>" for text in libraries]
    scripts = "\n".join([*elements, f'<script type="module">{code}</script>'])
    title = html.escape(clean(title, 90))
    header = header or f'<header class="unseen"><h1>{title}</h1></header>'
    parts = {"title": title, "look": look, "header": header, "data": embed(data), "models": packed, "scripts": scripts}
    return PAGE.format(**parts, footer=footer, policy=policy(*libraries, code))


def _packed(value: Any) -> str:
    """A value as JSON, compressed, in base64."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
