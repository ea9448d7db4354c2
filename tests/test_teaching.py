"""The teacher's pack: built from what is there, offline, with the early world in every path."""

import base64
import gzip
import importlib.util
import json
import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from mmsr_lite.course import live_pages
from mmsr_lite.errors import MMSRError

PACK = Path(__file__).parents[1] / "notebooks" / "teaching"
pytest.importorskip("markdown_it")


@pytest.fixture(scope="module")
def build():
    sys.path.insert(0, str(PACK))
    spec = importlib.util.spec_from_file_location("teaching_build", PACK / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(PACK))


def read(name):
    return (PACK / name).read_text(encoding="utf-8")


def without_pictures(text):
    return re.sub(r"base64,[^\"]+", "", text)


def test_the_pages_are_what_their_sources_say(build):
    for name, text in build.pages().items():
        assert without_pictures(text) == without_pictures(read(name)), f"{name}: run make teaching"


def test_there_are_eight_slides_and_nothing_is_fetched():
    slides, handout = read("slides.html"), read("handout.html")
    assert slides.count("<section>") == 8 and slides.count("<img ") == slides.count('src="data:image/png;base64,') == 4
    assert not re.findall(r'(?:src|href)="(?!data:)|url\((?!#)|@import|fetch\(', slides + handout)


def test_numbers_on_slides_are_those_of_the_page_on_worlds(build):
    table = build.table_of_worlds()
    page = (PACK.parents[1] / "docs" / "worlds.md").read_text(encoding="utf-8")
    numbers = re.findall(r"\d+\.\d", table)
    assert len(numbers) == 3 * 2 * 3 and all(number in page for number in numbers)
    for number in numbers:
        assert number in read("slides.html") and number in read("handout.html")


def test_every_path_has_the_early_world():
    paths = [part for part in re.split(r"^## ", read("README.md"), flags=re.M) if re.match(r"\d\d minutes|Five", part)]
    assert len(paths) == 4
    for path in paths:
        assert "worlds:pick" in path, path.splitlines()[0]
    assert len(re.findall(r"^\| [1-5] ", paths[-1], re.M)) == 5
    guide = (PACK.parent / "TEACHING.md").read_text(encoding="utf-8")
    lessons = re.findall(r"^## \d\d minutes.*?(?=^## |\Z)", guide, re.M | re.S)
    assert len(lessons) == 2 and all("worlds:pick" in lesson for lesson in lessons)


def test_the_minutes_of_a_lesson_follow_each_other_to_its_end():
    lessons = 0
    for page in (PACK / "README.md", PACK.parent / "TEACHING.md"):
        for length, table in re.findall(
            r"^## (\d\d) minutes(.*?)(?=^## |\Z)", page.read_text(encoding="utf-8"), re.M | re.S
        ):
            spans = [(int(a), int(b)) for a, b in re.findall(r"^\| (\d+)-(\d+) \|", table, re.M)]
            assert spans[0][0] == 0 and spans[-1][1] == int(length)
            assert all(before[1] == after[0] for before, after in pairwise(spans))
            lessons += 1
    assert lessons == 3 + 2


def test_the_quiz_has_five_questions_with_answers():
    asked = re.findall(r"^(\d)\. ", read("quiz.md"), re.M)
    answered = re.findall(r"^\| (\d) \| ", read("quiz_answers.md"), re.M)
    assert asked == answered == list("12345")


def test_the_handout_is_one_page_on_paper():
    assert (PACK / "handout.pdf").read_bytes().count(b"/Type /Page\n") == 1


def test_links_lead_somewhere():
    for page in PACK.glob("*.md"):
        for link in re.findall(r"\]\(([^):#]+)\)", page.read_text(encoding="utf-8")):
            assert (PACK / link).exists(), f"{page.name}: {link}"


def test_a_section_without_a_picture_is_named(build):
    with pytest.raises(MMSRError, match="has no picture in a section 'Nodes: A B A'"):
        build.picture("02_the_msgraph", "Nodes: A B A")


def test_sections_that_the_pack_names_are_there():
    named = 0
    for page in PACK.glob("*.md"):
        for number, section in re.findall(
            r"\b(\d\d)(?: on [^:|]*: |, |: )\*([^*]+)\*", page.read_text(encoding="utf-8")
        ):
            (notebook,) = (PACK.parent / "src").glob(f"{number}_*.py")
            found = re.search(rf"^# ##+ {re.escape(section)}", notebook.read_text(encoding="utf-8"), re.M)
            assert found, f"{page.name}: {notebook.stem} has no section {section!r}"
            named += 1
    assert named >= 6


def test_the_check_list_for_a_fresh_reader_names_sections_that_exist():
    rows = re.findall(r"^\| (\d) \| \[[^\]]+\]\(\.\./([\w.]+)\) \| after \*([^*]+)\* \|", read("fresh_reader.md"), re.M)
    assert [number for number, *_ in rows] == list("12345")
    for _, notebook, section in rows:
        cells = json.loads((PACK.parent / notebook).read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        assert re.search(rf"^## {re.escape(section)}", text, re.M), f"{notebook} has no section {section!r}"


def test_live_pages_are_named_alike_in_the_code_and_on_the_page_about_them(tmp_path):
    page = (PACK.parents[1] / "docs" / "live-pages.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.M) == list(live_pages.PAGES)
    numbers = {
        number for row in re.findall(r"^\| `\w+` \| .* \| ([\d, ]+) \|$", page, re.M) for number in row.split(", ")
    }
    assert numbers == {path.name[:2] for path in PACK.parent.glob("[0-9]*.ipynb")}
    with pytest.raises(MMSRError, match="choose from: pick, clocks"):
        live_pages.runs_of("match")


@pytest.mark.slow
def test_a_live_page_holds_its_models_and_fetches_nothing(tmp_path, monkeypatch):
    some = {name: live_pages.PAGES[name] for name in ("both", "control")}
    monkeypatch.setattr(live_pages, "PAGES", some | {"none": ("not-stored",)})
    made = live_pages.live_pages(tmp_path)
    texts = {name: path.read_text(encoding="utf-8") for name, path in made.items()}
    assert list(made) == ["both", "control"]
    assert all(path.stat().st_size < 3_000_000 for path in made.values())
    assert all("default-src 'none'" in text for text in texts.values())
    packed = {name: re.search('id="models">([^<]*)<', text)[1] for name, text in texts.items()}
    held = {name: json.loads(gzip.decompress(base64.b64decode(one))) for name, one in packed.items()}
    assert held["both"]["start"] == {"model": 0, "beside": "late"}
    assert held["control"]["start"] == {"model": 0, "beside": "the model of shuffled codes"}
    assert held["control"]["models"][0]["name"] == "the model of true codes"
