"""How a notebook reads: words of prose, words a sentence, numbers a paragraph, minutes.

`python notebooks/readability.py` lists all notebooks.

Prose is what stands in text cells, folded parts and exercises too. Tables, headings, code and formulas are none: a name
in code or in symbols counts as one word. Numbers that only name a place (notebook 05, equation 14) are not counted.
"""

import math
import re
from dataclasses import dataclass

MOST_WORDS, MOST_WORDS_A_SENTENCE, MOST_NUMBERS_A_PARAGRAPH = 900, 25, 2
WORDS_A_MINUTE, MOST_MINUTES = 120, 25
PLACES = r"(?:equations?|sections?|notebooks?|figures?|tables?|layers?|phases?|users?|exercises?|items?|codes?|seeds?)"
NUMBER = re.compile(r"(?<![\w.,@-])[-+]?\d[\d.,]*%?")


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


def minutes(cells: list) -> int:
    """How long a notebook takes without its exercises: reckoned, not timed, and rounded up to five minutes.

    Words at `WORDS_A_MINUTE`, which is slow enough for a second language; a minute for each question before a cell and
    for each control; half a minute for every other cell of code that is neither folded nor an exercise.
    """
    end = next((n for n, one in enumerate(cells) if "\n## Exercises" in f"\n{one.source}"), len(cells))
    texts = [one.source.partition("## Exercises")[0] for one in cells[: end + 1] if one.cell_type == "markdown"]
    shown = [one for one in cells[:end] if one.cell_type == "code" and not (one.metadata.get("jupyter") or tags(one))]
    controls = sum("show.interact(" in one.source or "explore(" in one.source for one in shown)
    questions = sum(text.count("**Before you run it:**") for text in texts)
    whole = read(texts).words / WORDS_A_MINUTE + questions + controls + (len(shown) - controls) / 2
    return 5 * math.ceil(whole / 5)


def tags(cell: dict) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def prose(text: str) -> list[str]:
    """The paragraphs of a text cell, and each point of a list, without tables, headings, code and formulas."""
    text = re.sub(r"```.*?```|\$\$.*?\$\$", "", text, flags=re.DOTALL)
    text = re.sub(r"<summary>.*?</summary>|<[^>]+>", "", text, flags=re.DOTALL)
    text = re.sub(r"`[^`]+`|\$[^$]+\$", "code", text)
    text = re.sub(r"\[\[(?:[^\]|]*\|)?([^\]]+)\]\]", r"\1", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("**", "").replace("*", "")
    lines = [line for line in text.splitlines() if not line.startswith(("|", "#", "Time:", "Measured:", "Live page:"))]
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*(?:[-+]|\d\.) )", "\n".join(lines))
    return [one for one in (re.sub(r"^\s*(?:[-+]|\d\.)? ", " ", p).strip() for p in paragraphs) if words(one)]


def rows(text: str) -> list[str]:
    """The rows of the tables of a text cell, without code, formulas and links."""
    text = re.sub(r"`[^`]+`|\$[^$]+\$|\]\([^)]*\)|\(eqs?\.[^)]*\)", " ", re.sub(r"<[^>]+>", "", text))
    return [line for line in text.splitlines() if line.startswith("|") and words(line)]


def words(text: str) -> int:
    """How many words a text has."""
    return len(re.findall(r"[A-Za-z0-9][\w'’@.,%-]*", text))


def numbers(paragraph: str) -> list[str]:
    """The numbers of a paragraph but those that name a place, a notebook, a year, a rank such as HR@5, or minutes."""
    paragraph = re.sub(r"\(\w+, \w+, \d+ min\)", "", paragraph)
    paragraph = re.sub(PLACES + r"\s+\d[\d.]*(?:(?:, | and | to )\d[\d.]*)*", "", paragraph, flags=re.IGNORECASE)
    return [one for one in NUMBER.findall(paragraph) if not re.fullmatch(r"(?:19|20)\d\d|0\d", one.strip(".,"))]


if __name__ == "__main__":
    import build

    for name in build.NAMES:
        cells = build.source(name).cells
        found = read([cell.source for cell in cells if cell.cell_type == "markdown"])
        print(
            f"{name:40} {found.words:5} words, {found.words_a_sentence:4.1f} a sentence, {len(found.crowded)} crowded, "
            f"{minutes(cells)} minutes"
        )
