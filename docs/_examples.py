"""Reads docstrings for the reference: each example, from `>>>` to the next empty line, becomes a block of code."""

import re
from typing import Any

from griffe import Extension, Object

EXAMPLE = re.compile(r"^(?P<indent>[ ]*)>>> .*(?:\n[ ]*\S.*)*", re.MULTILINE)


class Examples(Extension):
    """Put fences around examples, which Markdown would read as quotations."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Change the docstring of `obj`, a function, class, module or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = EXAMPLE.sub(fenced, obj.docstring.value)


def fenced(example: re.Match) -> str:
    """Return an example inside fences that stand as deep as it does."""
    indent = example["indent"]
    return f"{indent}```pycon\n{example[0]}\n{indent}```"
