"""Names for modality codes: the words that set a code apart from all others, or titles of items that have it."""

import re
from collections import Counter
from typing import TypedDict

import numpy as np

from mmsr_lite.data.dataset import Dataset

WORD = re.compile(r"[^\W\d_][\w'-]+")
WORDS = 3  # of a name, at most
EXAMPLES = 3  # titles, at most
SHARE = 0.1  # a word of a name occurs in at least this share of the code's items
SMALL = 4  # a code with fewer items than this takes any word
ORDERS = {"early", "late"}  # a node of this name would be taken for an order of fusion


class NamedCode(TypedDict):
    """A code with its name."""

    code: int  # from 1
    items: int  # how many items have it
    name: str  # the words that set it apart, or titles of items that have it
    examples: list[str]  # titles of its most popular items


def name_codes(dataset: Dataset, modality: str, codes: np.ndarray) -> list[NamedCode]:
    """Name each code of a modality, count its items and give examples; the codes with the most items come first.

    The name is made of words that are more frequent in items with this nearest code than in the others. A code without
    such words, or of a modality without words such as a picture, is named by the titles of its most popular items.

    Args:
        dataset: the data set; `texts` may hold the words of the modality.
        modality: its name.
        codes: (V+1, k) in 1..C, nearest first; 0 where there is none.

    Returns:
        One entry for each code that at least one item has: `code`, `items`, `name`, `examples`.

    Example:
        >>> ids = ("", "a", "b", "c")
        >>> row = np.array([0])
        >>> texts = {"title": ("", "red hat", "red coat", "blue jeans")}
        >>> data = Dataset("d", row, row + 1, row, ("u",), ids, texts["title"], texts)
        >>> [(one["code"], one["name"]) for one in name_codes(data, "title", np.array([[0], [1], [1], [2]]))]
        [(1, 'red, coat, hat'), (2, 'blue, jeans')]
    """
    nearest = codes[:, 0]  # (V+1,)
    popular = np.argsort(-np.bincount(dataset.item, minlength=len(codes)), kind="stable")  # (V+1,)
    having = np.bincount(codes[codes > 0], minlength=2)
    telling = _telling_words(dataset.texts[modality], nearest) if modality in dataset.texts else {}
    named: list[NamedCode] = []
    for code in np.flatnonzero(having).tolist():
        items = popular[nearest[popular] == code][:EXAMPLES]
        if not len(items):  # it is no item's nearest code: take the items that have it at all
            items = popular[(codes[popular] == code).any(axis=1)][:EXAMPLES]
        examples = [" ".join(dataset.titles[item].split())[:60] for item in items]
        words = telling.get(code, [])
        name = ", ".join(words) if words else "like " + " / ".join(examples[:2])
        named.append({"code": code, "items": int(having[code]), "name": name, "examples": examples})
    return sorted(named, key=lambda one: (-one["items"], one["code"]))


def _telling_words(texts: tuple[str, ...], nearest: np.ndarray) -> dict[int, list[str]]:
    """Code -> the words that are most overrepresented among its items, the best first."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # words such as "the", which say nothing

    overall, within, sizes = Counter[str](), dict[int, Counter[str]](), Counter[int]()
    total = 0
    for text, code in zip(texts, nearest.tolist(), strict=True):
        if not code:
            continue
        words = set(WORD.findall(text.lower())) - ENGLISH_STOP_WORDS - ORDERS
        overall.update(words)
        within.setdefault(code, Counter()).update(words)
        sizes[code] += 1
        total += 1
    telling = {}
    for code, counts in within.items():
        scores = {word: _score(count, sizes[code], overall[word], total) for word, count in counts.items()}
        least = 1 if sizes[code] < SMALL else max(2, SHARE * sizes[code])  # a word that few items have names no code
        usable = (word for word, score in scores.items() if score > 0 and counts[word] >= least)
        best = sorted(usable, key=lambda word: (-scores[word], word))
        telling[code] = best[:WORDS]
    return telling


def _score(count: int, size: int, everywhere: int, total: int) -> float:
    """p log(p / q), where p is the share of the code's items that have a word, and q the share of all items."""
    share, usual = count / size, everywhere / total
    return share * float(np.log(share / usual))
