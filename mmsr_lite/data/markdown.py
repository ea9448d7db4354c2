"""Texts from the data in Markdown: escaped, so that a title is shown as it is, and never becomes a link or a tag."""

from collections.abc import Sequence


def shown_whole(text: str) -> str:
    """The text without control characters, in its whole length.

    Args:
        text: any text.

    Returns:
        The text, with a blank in place of each control character.

    Example:
        >>> shown_whole("a\\x1b[2J")
        'a [2J'
    """
    return "".join(sign if sign.isprintable() else " " for sign in text)


def markdown_text(text: str) -> str:
    """The text, escaped so that Markdown shows it as it is.

    Args:
        text: any text.

    Returns:
        The text on one line, with the signs of Markdown escaped.

    Example:
        >>> markdown_text("a|b")
        'a\\\\|b'
    """
    flat = " ".join(shown_whole(str(text)).split())
    for sign, escaped in (("\\", "\\\\"), ("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("`", "\\`"), ("[", "\\[")):
        flat = flat.replace(sign, escaped)
    return flat


def markdown_table(table: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; the text of its cells is escaped.

    Args:
        table: rows of strings; the first row is the heading.

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
