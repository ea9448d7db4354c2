"""Make slides and handout from slides.md, handout.md and the notebooks' pictures; `make teaching`.

In the sources `![caption](picture:NOTEBOOK#SECTION)` is the first picture of that section of a built notebook,
`![caption](figure:NAME)` one of `figures.py`, and `{{table worlds.md}}` rows of the table in docs/worlds.md.
"""

import argparse
import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

from figures import FIGURES
from markdown_it import MarkdownIt

from mmsr_lite.course.live_pages import PAGES, live_pages
from mmsr_lite.data.storage import atomic
from mmsr_lite.errors import MMSRError

HERE = Path(__file__).parent
NOTEBOOKS, DOCS = HERE.parent, HERE.parents[1] / "docs"
IMAGE = re.compile(r"^!\[([^\]]*)\]\((picture|figure):([^)]+)\)$", re.MULTILINE)
WHOLE_WORLDS = "## What models make of the whole worlds"
SYSTEMS = ("GRU4Rec, early", "GRU4Rec, late", "GRU4Rec, none")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def picture(name: str, section: str) -> str:
    """The first picture of a section of a built notebook, as an element with its data inside.

    Raises:
        MMSRError: There is no such section, or it has no picture.
    """
    notebook = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    inside = False
    for cell in notebook["cells"]:
        headings = re.findall(r"^##+ (.+)$", "".join(cell["source"]), re.MULTILINE)
        if cell["cell_type"] == "markdown" and headings:
            inside = any(heading.startswith(section) for heading in headings)
        for output in cell.get("outputs", []) if inside else []:
            if "image/png" in output.get("data", {}):
                data = "".join(output["data"]["image/png"]).replace("\n", "")
                return f'<img src="data:image/png;base64,{data}" alt="">'
    raise MMSRError(f"notebook {name!r} has no picture in a section {section!r}; name another one")


def table_of_worlds() -> str:
    """The rows of `SYSTEMS` in the early and the late world, from docs/worlds.md, as a table in markdown.

    Raises:
        MMSRError: The page has no such table or row.
    """
    text = (DOCS / "worlds.md").read_text(encoding="utf-8").partition(WHOLE_WORLDS)[2]
    lines = ["| | early world `pick` | late world `clocks` |", "|---|---|---|"]
    for system in SYSTEMS:
        row = re.search(rf"^\| {re.escape(system)} \| ([^|]+) \| ([^|]+) \|", text, re.MULTILINE)
        if row is None:
            raise MMSRError(f"docs/worlds.md has no row {system!r} below {WHOLE_WORLDS!r}")
        lines.append(f"| {system} | {row[1]} | {row[2]} |")
    return "\n".join(lines)


def figure(found: re.Match[str]) -> str:
    """One picture with its caption."""
    caption, kind, place = found.groups()
    inside = FIGURES[place]() if kind == "figure" else picture(*place.split("#", 1))
    return f"<figure>{inside}<figcaption>{html.escape(caption)}</figcaption></figure>"


def as_html(markdown: str) -> str:
    """Markdown of the pack as HTML, its pictures inside."""
    text = IMAGE.sub(figure, markdown.replace("{{table worlds.md}}", table_of_worlds()))
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


def slides() -> str:
    """The page of slides: one section each."""
    title, *parts = re.split(r"^## ", (HERE / "slides.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = [f"<section>{as_html('## ' + part)}</section>" for part in parts]
    return page(title.splitlines()[0].lstrip("# "), "slides", "\n".join(sections))


def page(title: str, name: str, body: str) -> str:
    """A whole page: the style and, where there is one, the script of `name` are inside."""
    style = (HERE / f"{name}.css").read_text(encoding="utf-8")
    place = HERE / f"{name}.js"
    script = f"<script>\n{place.read_text(encoding='utf-8')}</script>\n" if place.exists() else ""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n{script}</body>\n</html>\n"
    )


def pages() -> dict[str, str]:
    """The pages that are built: file name -> HTML."""
    handout = as_html((HERE / "handout.md").read_text(encoding="utf-8"))
    return {"slides.html": slides(), "handout.html": page("Early or late? One page to keep", "handout", handout)}


def print_pdf(source: Path, target: Path) -> bool:
    """Print a page to PDF with Chromium; False where there is none."""
    program = next(filter(None, map(which, CHROMIUM)), None)
    if program is None:
        return False
    with atomic(target) as place, tempfile.TemporaryDirectory() as profile:
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={profile}",
            "--no-pdf-header-footer",
        ]
        command = [program, *options, f"--print-to-pdf={place}", source.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    return True


def main() -> int:
    """Build the pack, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description="Build slides and handout of the teacher's pack.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a page is out of date")
    parser.add_argument("--live", action="store_true", help="also write live pages of the stored runs into live/")
    asked = parser.parse_args()
    made = pages()
    if asked.check:
        old = [name for name, text in made.items() if (HERE / name).read_text(encoding="utf-8") != text]
        print(f"out of date: {', '.join(old)}; run make teaching" if old else "up to date")
        return len(old) and 1
    for name, text in made.items():
        with atomic(HERE / name) as place:
            place.write_text(text, encoding="utf-8")
    printed = print_pdf(HERE / "handout.html", HERE / "handout.pdf")
    print(f"Saved {', '.join(made)}" + (", handout.pdf" if printed else "; no Chromium, so no PDF: print handout.html"))
    if asked.live:
        print(f"Now {len(PAGES)} live pages: some minutes of one core ...", flush=True)
        pages_there = live_pages(HERE / "live")
        missing = sorted(PAGES.keys() - pages_there)
        print(
            f"Saved live/: {', '.join(pages_there)}" + (f"; no stored runs for {', '.join(missing)}" if missing else "")
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
