"""Names for modality codes: the words that tell a code from all others, or titles of items that have it."""

import re
from collections import Counter
from typing import TypedDict

import numpy as np

from mmsr_lite.data.dataset import Dataset

WORD = re.compile(r"[^\W\d_][\w'-]+")
WORDS, EXAMPLES = 3, 3
SHARE, SMALL = 0.1, 4  # of a code's items that a word of its name is in; items from which on this counts


class NamedCode(TypedDict):
    """A code with its name."""

    code: int  # from 1
    items: int  # how many items have it
    name: str  # its telling words, or titles of items that have it
    examples: list[str]  # titles of its most popular items


def name_codes(dataset: Dataset, modality: str, codes: np.ndarray) -> list[NamedCode]:
    """Every code of a modality with a name, how many items have it, and example titles, those of most items first.

    The name is made of the words that items with this nearest code have more often than others. A modality without
    words, a picture say, or a code without telling words, is named by the titles of its most popular items.

    Args:
        dataset: the data set; `texts` may hold the words of the modality.
        modality: its name.
        codes: (V+1, k) in 1..C, nearest first; 0 where there is none.

    Returns:
        A dictionary for each code that any item has: `code`, `items`, `name`, `examples`.

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
        if not len(items):  # nobody's nearest: those who have it at all
            items = popular[(codes[popular] == code).any(axis=1)][:EXAMPLES]
        examples = [" ".join(dataset.titles[item].split())[:60] for item in items]
        words = telling.get(code, [])
        name = ", ".join(words) if words else "like " + " / ".join(examples[:2])
        named.append({"code": code, "items": int(having[code]), "name": name, "examples": examples})
    return sorted(named, key=lambda one: (-one["items"], one["code"]))


def _telling_words(texts: tuple[str, ...], nearest: np.ndarray) -> dict[int, list[str]]:
    """Code -> the words whose share among its items exceeds most what all items would give."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # words such as "the", which tell nothing

    overall, within, sizes = Counter[str](), dict[int, Counter[str]](), Counter[int]()
    total = 0
    for text, code in zip(texts, nearest.tolist(), strict=True):
        if not code:
            continue
        words = set(WORD.findall(text.lower())) - ENGLISH_STOP_WORDS
        overall.update(words)
        within.setdefault(code, Counter()).update(words)
        sizes[code] += 1
        total += 1
    telling = {}
    for code, counts in within.items():
        scores = {word: _score(count, sizes[code], overall[word], total) for word, count in counts.items()}
        least = 1 if sizes[code] < SMALL else max(2, SHARE * sizes[code])  # a word of few items names no code
        usable = (word for word, score in scores.items() if score > 0 and counts[word] >= least)
        best = sorted(usable, key=lambda word: (-scores[word], word))
        telling[code] = best[:WORDS]
    return telling


def _score(count: int, size: int, everywhere: int, total: int) -> float:
    """The share among a code's items, times the logarithm of how many times the overall share that is."""
    share, usual = count / size, everywhere / total
    return share * float(np.log(share / usual))
