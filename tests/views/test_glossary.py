"""The glossary: one sentence a term, escaped where it becomes HTML."""

import html
import re
from pathlib import Path

import pytest

from mmsr_lite import MMSRError, show
from mmsr_lite.views.glossary import define, glossary, hover

ROOT = Path(__file__).parents[2]
TEXTS = ("README.md", "docs/*.md", "notebooks/*.md", "notebooks/src/*.py", "notebooks/teaching/*.md")
TEXTS += ("mmsr_lite/views/**/*.py", "mmsr_lite/views/*.json", "mmsr_lite/views/static/**/*.js")
TEXTS += ("mmsr_lite/explain/*.py", "mmsr_lite/records/*.py", "mmsr_lite/course/exercises/*.py")
OTHER_WORDS = r"\blisten(s|ed|ing) to (?!a model)|\b(not listen|listens most|that listens|hears (?!\?))"


def test_every_term_is_one_sentence():
    assert len(glossary()) > 50
    for term, entry in glossary().items():
        assert entry["means"][0].isupper() and entry["means"].endswith("."), term
        assert len(entry["means"]) <= 160, term
        assert entry["paper"] is None or re.search(r"section|equation|Figure", entry["paper"]), term


def test_a_term_is_found_in_any_case(capsys):
    show.glossary("msgraph")
    assert capsys.readouterr().out.startswith("MSGraph: Modality-enriched sequence graph")
    with pytest.raises(MMSRError, match="no 'fusio'; choose from: fusion order, early fusion"):
        define("fusio")


@pytest.mark.parametrize("term", ["displased", ""])
def test_an_unknown_term_is_answered_with_the_twelve_that_are_spelled_most_alike(term):
    with pytest.raises(MMSRError) as caught:
        define(term)
    named = str(caught.value).partition("choose from: ")[2].split(", ")
    assert len(named) == 12 and set(named) <= glossary().keys()
    assert not term or named[0] == "displaced"


def test_marks_become_hover_terms_that_read_well():
    said = hover("An [[MSGraph]] has [[code|codes]].")
    assert re.sub("<.*?>", "", said) == "An MSGraph has codes."
    assert html.unescape(re.findall('title="(.*?)"', said)[1]) == define("code")


def test_an_unknown_mark_is_an_error():
    with pytest.raises(MMSRError, match="no 'nonsense'"):
        hover("[[nonsense]]")


def test_a_node_attends_to_another_and_no_text_says_that_it_listens_or_hears():
    """A person listens at a probe; that is another thing."""
    files = [file for pattern in TEXTS for file in sorted(ROOT.glob(pattern))]
    lines = [(file.name, line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(files) > 150 and any("attends to" in line for _, line in lines)
    assert [(name, line.strip()) for name, line in lines if re.search(OTHER_WORDS, line, re.I)] == []
