"""Text out of the data in Markdown: escaped, so that a title is shown as it is and is neither a link nor a tag."""

from collections.abc import Sequence


def shown_whole(text: str) -> str:
    """`text` without control characters, however long.

    Args:
        text: any text.

    Returns:
        The text, a blank in place of each such character.

    Example:
        >>> shown_whole("a\\x1b[2J")
        'a [2J'
    """
    return "".join(sign if sign.isprintable() else " " for sign in text)


def markdown_text(text: str) -> str:
    """Text that Markdown shows as it is.

    Args:
        text: any text.

    Returns:
        The text on one line, with signs of Markdown escaped.

    Example:
        >>> markdown_text("a|b")
        'a\\\\|b'
    """
    flat = " ".join(shown_whole(str(text)).split())
    for sign, escaped in (("\\", "\\\\"), ("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("`", "\\`"), ("[", "\\[")):
        flat = flat.replace(sign, escaped)
    return flat


def markdown_table(table: Sequence[Sequence[str]]) -> str:
    """Rows of strings, the first of them the heading, as a table in Markdown; their text is escaped.

    Args:
        table: rows of strings, the first of them the heading.

    Returns:
        The table, several lines.

    Example:
        >>> print(markdown_table([["title"], ["a|b"]]))
        | title |
        | --- |
        | a\\|b |
    """
    rows = [table[0], ["---"] * len(table[0]), *table[1:]]
    return "\n".join(
        "| " + " | ".join(cell if row is rows[1] else markdown_text(cell) for cell in row) + " |" for row in rows
    )
