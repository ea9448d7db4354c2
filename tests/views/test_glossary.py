"""The glossary: one sentence a term, escaped where it becomes HTML."""

import html
import re

import pytest

from mmsr_lite import MMSRError, show
from mmsr_lite.views.glossary import define, glossary, hover


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
