"""The glossary: one sentence a term and its place in the paper, from one file, for notebooks and explorer."""

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import TypedDict

from mmsr_lite.errors import MMSRError

FILE = Path(__file__).with_name("glossary.json")
MARK = re.compile(r"\[\[([^]|]+)(?:\|([^]]+))?\]\]")


class Entry(TypedDict):
    """What a term `means`, and where in the `paper` it is; None where it is this package's word."""

    means: str
    paper: str | None


@cache
def glossary() -> dict[str, Entry]:
    """Every term with its entry.

    >>> glossary()["beta"]["paper"]
    'equations 16 and 17'
    """
    return json.loads(FILE.read_text(encoding="utf-8"))


def define(term: str) -> str:
    """A term in one line, with its place in the paper.

    >>> define("heho")
    'heho: The path heterogeneous first, homogeneous second: early fusion. (Paper, section 4.3.2.)'
    """
    names = {name.casefold(): name for name in glossary()}
    if term.casefold() not in names:
        near = [name for name in names.values() if term.casefold() in name.casefold()] or names.values()
        raise MMSRError(f"the glossary has no {term!r}; choose from: {', '.join(near)}")
    name = names[term.casefold()]
    entry = glossary()[name]
    return f"{name}: {entry['means']}" + (f" (Paper, {entry['paper']}.)" if entry["paper"] else "")


def hover(text: str) -> str:
    """Markdown in which each `[[term]]`, or `[[term|as shown]]`, tells its meaning on hover.

    >>> hover("the [[trace]]")
    'the <abbr title="trace: The record of all that a model did with one history.">trace</abbr>'
    """
    return MARK.sub(lambda m: f'<abbr title="{html.escape(define(m[1]))}">{html.escape(m[2] or m[1])}</abbr>', text)
