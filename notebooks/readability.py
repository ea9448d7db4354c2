"""How a notebook reads: words of prose, words a sentence, numbers a paragraph.

`python notebooks/readability.py` lists all notebooks.

Prose is what stands in text cells, folded parts and exercises too. Tables, headings, code and formulas are none: a name
in code or in symbols counts as one word. Numbers that only name a place (notebook 05, equation 14) are not counted.
"""

import re
from dataclasses import dataclass

MOST_WORDS, MOST_WORDS_A_SENTENCE, MOST_NUMBERS_A_PARAGRAPH = 900, 25, 2
PLACES = r"(?:equations?|sections?|notebooks?|figures?|tables?|layers?|phases?|users?|exercises?|items?|codes?|seeds?)"
NUMBER = re.compile(r"(?<![\w.,@])[-+]?\d[\d.,]*%?")


@dataclass(frozen=True)
class Reading:
    """What was counted in one notebook."""

    words: int
    words_a_sentence: float
    crowded: list[str]  # paragraphs with more numbers than allowed


def read(texts: list[str]) -> Reading:
    """Count in the text cells of a notebook, given in order."""
    paragraphs = [one for text in texts for one in prose(text)]
    before_exercises = []
    for text in texts:
        if re.search(r"^## Exercises", text, re.MULTILINE):
            break
        before_exercises += prose(text)
    sentences = [one for paragraph in paragraphs for one in re.split(r"(?<=[.?!])\)?\s+", paragraph) if words(one)]
    total = sum(words(one) for one in paragraphs)
    crowded = [one for one in before_exercises if len(numbers(one)) > MOST_NUMBERS_A_PARAGRAPH]
    return Reading(total, total / max(1, len(sentences)), crowded)


def prose(text: str) -> list[str]:
    """The paragraphs of a text cell, and each point of a list, without tables, headings, code and formulas."""
    text = re.sub(r"```.*?```|\$\$.*?\$\$", "", text, flags=re.DOTALL)
    text = re.sub(r"<summary>.*?</summary>|<[^>]+>", "", text, flags=re.DOTALL)
    text = re.sub(r"`[^`]+`|\$[^$]+\$", "code", text)
    text = re.sub(r"\[\[(?:[^\]|]*\|)?([^\]]+)\]\]", r"\1", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("**", "").replace("*", "")
    lines = [line for line in text.splitlines() if not line.startswith(("|", "#", "Measured:", "Live page:"))]
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*(?:[-+]|\d\.) )", "\n".join(lines))
    return [one for one in (re.sub(r"^\s*(?:[-+]|\d\.)? ", " ", p).strip() for p in paragraphs) if words(one)]


def words(text: str) -> int:
    """How many words a text has."""
    return len(re.findall(r"[A-Za-z0-9][\w'’@.,%-]*", text))


def numbers(paragraph: str) -> list[str]:
    """The numbers of a paragraph but those that name a place, a year or a rank such as HR@5."""
    paragraph = re.sub(PLACES + r"\s+\d[\d.]*(?:(?:, | and | to )\d[\d.]*)*", "", paragraph, flags=re.IGNORECASE)
    return [one for one in NUMBER.findall(paragraph) if not re.fullmatch(r"(?:19|20)\d\d", one.strip(".,"))]


if __name__ == "__main__":
    import build

    for name in build.NAMES:
        found = read([cell.source for cell in build.source(name).cells if cell.cell_type == "markdown"])
        print(
            f"{name:40} {found.words:5} words, {found.words_a_sentence:4.1f} a sentence, {len(found.crowded)} crowded"
        )
