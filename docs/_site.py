"""Pages of the site that are made: reference, record schemas, gallery, notebooks, results; and the list of all pages.

MkDocs calls `on_config`, `on_files` and `on_page_content`. Nothing here or on a page reads the network.
"""

import io
import posixpath
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from importlib.util import find_spec
from pathlib import Path
from pprint import pformat
from typing import Any

import nbformat
from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

import mmsr_lite

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
PAGES = {  # file of the repository -> page of the site
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "notebooks/README.md": "notebooks/index.md",
    "notebooks/TEACHING.md": "notebooks/teaching.md",
    "assets/results/measured.md": "results/index.md",
    "assets/results/README.md": "results/tables.md",
    "assets/results/protocol.md": "results/protocol.md",
    "benchmarks/README.md": "results/benchmarks.md",
    "benchmarks/NOTES.md": "results/notes.md",
} | {f"notebooks/{name}.ipynb": f"notebooks/{name}.md" for name in NOTEBOOKS}
MADE = {  # place in the repository -> the page of the site that is made of it
    "mmsr_lite/views/figures": "gallery/index.md",
    "mmsr_lite/views/figures/msgraph.py": "gallery/msgraph.html",
    "mmsr_lite/data": "reference/data.md",
    "mmsr_lite/training": "reference/train.md",
    "mmsr_lite/explain": "reference/explain.md",
    "mmsr_lite/views/show": "reference/show.md",
    "mmsr_lite/commands": "reference/command-line.md",
}
CONCEPTS = (
    "worlds.md",
    "early-or-late.md",
    "what-beta-weighs.md",
    "live-pages.md",
    "another-seed.md",
    "open-choices.md",
    "order-that-is-not-order.md",
)
CARRIED = (".csv", ".json", ".png")  # files that a page links to and the site carries
GROUPS = {
    "data": "What goes in: interactions, items, modalities, codes, graphs.",
    "train": "The model, its training and its ranking.",
    "explain": "Records of what a trained model does, and what happens when something is changed.",
    "show": "Figures and widgets: each takes a record.",
    "course": "What the notebooks need beside the rest.",
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the list of pages; a concept page appears when its file does."""
    concepts = [name for name in CONCEPTS if _exists(name)]
    config.nav = [
        {"Start": ["index.md", "own-data.md", "data.md", "contributing.md", "changelog.md"]},
        {"Notebooks": ["notebooks/index.md", "notebooks/teaching.md", *(f"notebooks/{n}.md" for n in NOTEBOOKS)]},
        {"Gallery": ["gallery/index.md"]},
        *([{"Concepts": [*concepts, *_others()]}] if concepts or _others() else []),
        {
            "Results": [
                "results/index.md",
                {"All tables": "results/tables.md"},
                {"The protocol": "results/protocol.md"},
                {"Searches and controls": "results/benchmarks.md"},
                {"Speed": "results/notes.md"},
            ]
        },
        {"Reference": [f"reference/{name}.md" for name in (*GROUPS, "records", "command-line")]},
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    made: dict[str, str | bytes] = {}
    # pages that are written; their links may lead to files of the repository, as GitHub reads them
    written = {f"docs/{path.name}": path.name for path in (ROOT / "docs").glob("*.md")}
    for source, uri in (PAGES | written).items():
        for name, content in _page(source, uri):
            made[name] = content
    made |= {f"reference/{group}.md": _reference(group) for group in GROUPS}
    made |= {"reference/records.md": _records(), "reference/command-line.md": _command_line()}
    made |= dict(_gallery())
    made |= _live_pages(made)
    for uri, content in made.items():
        own = files.get_file_from_path(uri)
        if own is not None:
            files.remove(own)
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_content(html: str, **_: Any) -> str:
    """Turn mathematics into MathML, which browsers draw without a script or a font."""
    return re.sub(r'<(span|div) class="arithmatex">(.*?)</\1>', _mathml, html, flags=re.DOTALL)


def _mathml(found: re.Match) -> str:
    tex = found[2].strip().removeprefix("\\(").removesuffix("\\)").removeprefix("\\[").removesuffix("\\]")
    for escaped, plain in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        tex = tex.replace(escaped, plain)
    return convert(tex.strip(), display="block" if found[1] == "div" else "inline")


def _exists(name: str) -> bool:
    return (ROOT / "docs" / name).is_file()


def _others() -> list[str]:
    """Pages in docs/ that no list names, so that none is lost."""
    named = {"index.md", "own-data.md", *CONCEPTS}
    return sorted(path.name for path in (ROOT / "docs").glob("*.md") if path.name not in named)


def _page(source: str, uri: str) -> Iterator[tuple[str, str | bytes]]:
    """The page `uri` made of a file of the repository, and the files that it needs beside it."""
    carried: dict[str, Path] = {}
    if source == "README.md":
        return  # the start page is written for the site: docs/index.md
    if source.endswith(".ipynb"):
        notebook = nbformat.read(ROOT / source, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                folded = cell.source.replace("<details>", '<details markdown="1">')  # Markdown is read in there, too
                cell.source = relink(folded, source, uri, carried)
        text, resources = MarkdownExporter().from_notebook_node(notebook)
        folder = Path(source).stem
        for name, content in resources.get("outputs", {}).items():
            yield f"notebooks/{folder}/{name}", content
        yield uri, re.sub(r"^!\[png\]\(", f"![output]({folder}/", text, flags=re.MULTILINE)
    else:
        yield uri, relink((ROOT / source).read_text(encoding="utf-8"), source, uri, carried)
    for name, path in carried.items():
        yield name, path.read_bytes()


def relink(text: str, source: str, uri: str, carried: dict[str, Path]) -> str:
    """Make links between files of the repository links between pages; a file without a page becomes its path.

    Args:
        text: Markdown.
        source: The path of its file in the repository.
        uri: The page it becomes.
        carried: Files that the site must carry are added here, by their place in it.
    """

    def link(found: re.Match) -> str:
        words, target, anchor = found[1], found[2], found[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if place := (PAGES | MADE).get(path):
            return f"[{words}]({posixpath.relpath(place, posixpath.dirname(uri))}{anchor})"
        if path.startswith("docs/"):
            return f"[{words}]({posixpath.relpath(path.removeprefix('docs/'), posixpath.dirname(uri))}{anchor})"
        if path.endswith(CARRIED) and (ROOT / path).is_file():
            place = f"files/{path}"
            carried[place] = ROOT / path
            return f"[{words}]({posixpath.relpath(place, posixpath.dirname(uri))})"
        return words if words.strip("`") == path else f"{words} (`{path}`)"

    parts = re.split(r"(^```.*?^```)", text, flags=re.MULTILINE | re.DOTALL)  # every second one is code
    parts[::2] = [re.sub(r"\[([^\]]+)\]\((?!https?://|#)([^)\s#]+)(#[^)]*)?\)", link, part) for part in parts[::2]]
    return "".join(parts)


def _reference(group: str) -> str:
    """The public names of a group, from their docstrings."""
    lines = [f"# {group.capitalize()}", "", GROUPS[group], ""]
    for name, home in mmsr_lite._GROUPS[group].items():
        module, _, attribute = home.partition(":")
        if name == "show":
            lines += _figures()
            continue
        value = getattr(mmsr_lite, name)
        if not callable(value):
            lines += [f'### mmsr_lite.{name} {{ data-toc-label="{name}" }}', "", "```python", _shown(value), "```", ""]
            continue
        options = f"{{heading: mmsr_lite.{name}, toc_label: {name}}}"
        lines += [f"::: {module}.{attribute or name}", f"    options: {options}", ""]
    return "\n".join(lines)


def _figures() -> list[str]:
    """The functions of `mmsr_lite.show`, one after the other."""
    lines = []
    for name in mmsr_lite.show.__all__:
        module = getattr(mmsr_lite.show, name).__module__
        options = f"{{heading: mmsr_lite.show.{name}, toc_label: {name}}}"
        lines += [f"::: {module}.{name}", f"    options: {options}", ""]
    return lines


def _shown(value: Any) -> str:
    """A constant as Python shows it; of a dict of objects the names."""
    if isinstance(value, dict) and not all(isinstance(one, str | int | float | dict) for one in value.values()):
        value = list(value)
    return pformat(value, width=100, sort_dicts=False)


def _records() -> str:
    """The schemas of all records, from `mmsr_lite.records`."""
    lines = [
        "# Records",
        "",
        "A record is what one part of the package leaves for another: a plain dict that can be written as JSON. Views",
        'read nothing else. Its `schema` says its kind and version, such as "mmsr-lite/trace/1".',
        "",
    ]
    if find_spec("mmsr_lite.records") is None:
        return "\n".join(lines)
    from mmsr_lite import records

    for kind in records.RECORDS:
        lines += [f"## {kind}", "", records.schema_table(kind), ""]
    return "\n".join(lines)


def _command_line() -> str:
    """The help of each command."""
    overview = _help()
    lines = ["# Command line", "", "```text", overview, "```", ""]
    for name in re.findall(r"^ {4}([a-z]+)(?= {2,}|$)", overview, re.MULTILINE):
        lines += [f"## mmsr-lite {name}", "", "```text", _help(name), "```", ""]
    return "\n".join(lines)


def _help(*command: str) -> str:
    """What `mmsr-lite COMMAND --help` prints."""
    shown = io.StringIO()
    with redirect_stdout(shown), suppress(SystemExit):
        mmsr_lite.command_line([*command, "--help"])
    return shown.getvalue().rstrip()


def _gallery() -> Iterator[tuple[str, str | bytes]]:
    """Every view, drawn from what comes with the package: a picture and a page that moves."""
    from plotly.offline import get_plotlyjs

    from mmsr_lite import show

    lines = [
        "# Gallery",
        "",
        "Every figure that `mmsr_lite.show` makes, drawn from runs and tables that come with the package. The picture",
        "is what a page on paper shows; the link below it opens the same figure live: it moves, and needs no network.",
        "",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name, make in _views().items():
            view, call = make()
            sentence = (getattr(show, name).__doc__ or "").strip().partition("\n")[0]
            view.save_png(Path(folder, "view.png"))
            view.save_html(Path(folder, "view.html"))
            page, library = Path(folder, "view.html").read_text(encoding="utf-8"), get_plotlyjs()
            if library in page:  # five megabytes: the site has them once
                page = page.replace(f"<script>{library}</script>", '<script src="plotly.js"></script>')
                page = page.replace("script-src ", "script-src 'self' file: ", 1)
                yield "gallery/plotly.js", library
            drawn = ROOT / "assets/explorer.png" if name == "explorer" else Path(folder, "view.png")
            yield f"gallery/{name}.png", drawn.read_bytes()
            yield f"gallery/{name}.html", page
            words = " ".join(view.text.split()).replace("[", "(").replace("]", ")")
            lines += [f"## {name}", "", sentence, "", "```python", call, "```", ""]
            lines += [f"[![{words[:300]}]({name}.png)]({name}.html)", "", f"[Open it live]({name}.html)", ""]
    yield "gallery/index.md", "\n".join(lines)


def _live_pages(made: dict[str, str | bytes]) -> dict[str, str | bytes]:
    """The live pages whose runs come with the package, and the page that links to them."""
    from mmsr_lite.course.live_pages import live_pages

    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        pages: dict[str, str | bytes] = {
            f"live/{name}.html": path.read_bytes() for name, path in live_pages(folder).items()
        }
    links = "\n".join(f"- [{place.partition('/')[2]}]({place})" for place in pages)
    return pages | {"live-pages.md": str(made["live-pages.md"]).replace("<!-- live pages -->", links)}


def _views() -> dict[str, Callable[[], tuple[Any, str]]]:
    """Name of a view -> a function that makes it and the call that people write."""
    from mmsr_lite import (
        Markov,
        MarkovConfig,
        codebook,
        compare,
        faithfulness,
        flow,
        gates,
        gates_summary,
        read_json,
        show,
        split,
        stored,
        stored_file,
        stored_study,
        what_if,
    )  # fmt: skip
    from mmsr_lite.views.samples import sample

    trace = read_json(stored_file("runs/wardrobe-cycle/trace.json"))
    history = read_json(stored_file("runs/wardrobe-cycle/history.json"))
    model, dataset = stored("wardrobe-cycle")
    parts = split(dataset, validation=False)

    def compared() -> dict[str, Any]:
        counting = Markov(MarkovConfig(), dataset.num_items)
        counting.count(parts.train)
        return compare({"MMSR": model, "counting": counting}, dataset, parts.test)

    change = {"do": "drop", "modality": "picture", "position": 1}
    return {
        "fusion_orders": lambda: (show.fusion_orders(), "show.fusion_orders()"),
        "explorer": lambda: (show.explorer(trace), "show.explorer(trace(model, dataset, user=12))"),
        "msgraph": lambda: (show.msgraph(trace), "show.msgraph(trace(model, dataset, user=12))"),
        "side_by_side": lambda: (
            show.side_by_side(
                *(what_if(model, dataset, 12, change)[end] for end in ("clean", "changed")), ("clean", "changed")
            ),
            'show.side_by_side(record["clean"], record["changed"], ("clean", "changed"))  # record = what_if(...)',
        ),
        "gates": lambda: (show.gates(trace), "show.gates(trace(model, dataset, user=12))"),
        "flow": lambda: (show.flow(flow(model, dataset, 12)), "show.flow(flow(model, dataset, user=12))"),
        "attention": lambda: (show.attention(trace), "show.attention(trace(model, dataset, user=12))"),
        "ranking": lambda: (show.ranking(trace), "show.ranking(trace(model, dataset, user=12))"),
        "step": lambda: (show.step(trace, 2), "show.step(trace(model, dataset, user=12), stage=2)"),
        "training": lambda: (show.training(history), 'show.training(read_json("runs/mine/history.json"))'),
        "what_if": lambda: (
            show.what_if(what_if(model, dataset, 12, change)),
            f"show.what_if(what_if(model, dataset, 12, {change}))",
        ),
        "inspector": lambda: (
            show.inspector(gates_summary(gates(model, dataset))),
            "show.inspector(gates_summary(gates(model, dataset)))",
        ),
        "compare": lambda: (show.compare(compared()), "show.compare(compare(models, dataset, split(dataset).test))"),
        "fidelity": lambda: (
            show.fidelity(faithfulness(model, dataset, histories=20)),
            "show.fidelity(faithfulness(model, dataset, histories=20))",
        ),
        "codebook": lambda: (show.codebook(codebook(model, dataset)), "show.codebook(codebook(model, dataset))"),
        "study": lambda: (
            show.study(stored_study("ablation", "wardrobe-cycle")),
            'show.study(stored_study("ablation", "wardrobe-cycle"))',
        ),
        "curves": lambda: (
            show.curves(stored_study("missing", "wardrobe-cycle"), where={"corruption": "missing", "at": "test"}),
            'show.curves(stored_study("missing", "wardrobe-cycle"), where={"corruption": "missing", "at": "test"})',
        ),
        "differences": lambda: (
            show.differences(stored_study("fusion_order", "wardrobe-cycle")),
            'show.differences(stored_study("fusion_order", "wardrobe-cycle"))',
        ),
        "leaks": lambda: (show.leaks(sample("leaks")), 'show.leaks(leaks("my-folder"))'),
        "stability": lambda: (
            show.stability(sample("stability")),
            'show.stability(stability(["runs/mine-0", "runs/mine-1", "runs/mine-2"], user=12))',
        ),
        "fusion": lambda: (show.fusion(sample("fusion")), 'show.fusion(fusion_for("my-folder"))'),
    }
