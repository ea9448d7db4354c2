"""The data card as a page: whole, without scripts, and nothing of the data becomes markup."""

from html.parser import HTMLParser

import numpy as np

from mmsr_lite.data.card import card_record, sentences
from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.views.data_card import SCHEMA, data_card_page

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


class Tags(HTMLParser):
    """Every tag with its attributes, and the tags that are open at the end."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br", "path", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def record() -> dict:
    titles = ("", HOSTILE, "red hat", HOSTILE)
    modality = Modality(HOSTILE, np.eye(4, dtype=np.float32), np.arange(4) > 0)
    user, item = np.zeros(6, int), np.array([1, 2, 3, 1, 2, 3])
    ids, texts = ("", "a", "b", "c"), {HOSTILE: titles}
    data = Dataset(HOSTILE, user, item, np.arange(6), ("u",), ids, titles, texts, modalities=(modality,))
    return card_record(data, {HOSTILE: np.array([[0], [1], [1], [2]])})


def test_the_page_is_whole_and_runs_nothing():
    found = record()
    assert found["schema"] == SCHEMA
    tags = Tags(data_card_page(found, sentences(found)))
    assert tags.open == [] and not {"script", "img", "iframe", "a"} & {tag for tag, _ in tags.found}
    assert not [name for _, attrs in tags.found for name in attrs if name.startswith("on")]
    policy = next(attrs for tag, attrs in tags.found if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'") and "script-src" not in policy["content"]


def test_the_page_tells_what_the_record_holds():
    found = record()
    page = data_card_page(found, sentences(found))
    for words in ("users", "interactions", "Popularity", "How it was read", "2 of 2", "red hat"):
        assert words in page
    assert page.count("<polyline") == 1 and 'aria-label="Popularity curve' in page
    assert "Titles of more than one item: 1" in page


def test_a_data_set_without_modalities_has_a_page_too():
    found = record() | {"modalities": [], "reading": []}
    assert "items are known by their ids alone" in data_card_page(found)
