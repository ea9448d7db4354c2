"""The glossary: each term in one sentence, with its place in the paper; notebooks and explorer read it."""

import html
import json
import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TypedDict

from mmsr_lite.errors import MMSRError

FILE = Path(__file__).with_name("glossary.json")
NEAR = 12  # terms that an error names where none contains what was asked
MARK = re.compile(r"\[\[([^]|]+)(?:\|([^]]+))?\]\]")


class Entry(TypedDict):
    """What a term `means`, and where in the `paper` it is; None where it is this package's word."""

    means: str
    paper: str | None


@cache
def glossary() -> dict[str, Entry]:
    """Read all terms with their entries.

    Returns:
        Term -> what it means, and where in the paper it is.

    Example:
        >>> glossary()["beta"]["paper"]
        'equations 16 and 17'
    """
    return json.loads(FILE.read_text(encoding="utf-8"))


def define(term: str) -> str:
    """Say in one line what a term means.

    Args:
        term: The term, in any case.

    Returns:
        The term, what it means, and its place in the paper where it has one.

    Raises:
        MMSRError: There is no such term; the error names those that contain it, or those that are spelled most alike.

    Example:
        >>> define("heho")
        'heho: The path heterogeneous first, homogeneous second: early fusion if invasive, else ...'
    """
    names = {name.casefold(): name for name in glossary()}
    if term.casefold() not in names:
        similar = [name for name in names.values() if term.casefold() in name.casefold()]
        if not similar or not term:
            similar = [names[one] for one in get_close_matches(term.casefold(), names, n=NEAR, cutoff=0)]
        raise MMSRError(f"the glossary has no {term!r}; choose from: {', '.join(similar)}")
    name = names[term.casefold()]
    entry = glossary()[name]
    line = f"{name}: {entry['means']}"
    return f"{line} (Paper, {entry['paper']}.)" if entry["paper"] else line


def hover(text: str) -> str:
    """Turn each `[[term]]` or `[[term|as shown]]` in Markdown into a word that shows its meaning on hover.

    Args:
        text: Markdown with marked terms.

    Returns:
        Markdown with an `<abbr>` for each.

    Raises:
        MMSRError: A marked term is not in the glossary.

    Example:
        >>> hover("the [[trace]]")
        'the <abbr title="trace: The record of all that a model did with one history.">trace</abbr>'
    """

    def abbreviation(mark: re.Match[str]) -> str:
        return f'<abbr title="{html.escape(define(mark[1]))}">{html.escape(mark[2] or mark[1])}</abbr>'

    return MARK.sub(abbreviation, text)
