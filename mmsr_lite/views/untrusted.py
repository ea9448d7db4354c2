"""Texts and pictures from data, made safe for a picture or a page; nothing else may get into one.

Titles, ids and pictures come from files of strangers. Texts lose invisible characters and are escaped in HTML. A
picture is a data address of one of four formats, or it is left out.
"""

import base64
import html
import io
import re
import unicodedata
from typing import Any


def clean(text: Any, most: int = 60) -> str:
    """Make a text safe for a picture; msgraph.js has the same function, and a test checks that both agree.

    Args:
        text: Anything; None is the empty text.
        most: Length above which the text is cut, in characters.

    Returns:
        The text without control and direction marks, with single spaces, at most `most` characters.

    Example:
        >>> clean("a\\u202eb" + "c" * 9, 6)
        'a bcc…'
    """
    whole = "" if text is None else str(text)[: 8 * most]
    visible = "".join(" " if unicodedata.category(letter) in ("Cc", "Cf") else letter for letter in whole)
    words = " ".join(visible.split())
    if len(words) <= most:
        return words
    return words[: most - 1] + "…"


def safe(text: Any, most: int = 60) -> str:
    """Make a text safe for HTML and for plotly, which reads some HTML.

    Args:
        text: Anything; None is the empty text.
        most: Length above which the text is cut, in characters, before the marks of HTML are escaped.

    Returns:
        The text of `clean` with the marks of HTML escaped.

    Example:
        >>> safe("<b>")
        '&lt;b&gt;'
    """
    return html.escape(clean(text, most))


def address(value: Any) -> str | None:
    """Let only data addresses of pictures pass, so that no page asks the network for anything.

    Args:
        value: What a record holds as picture.

    Returns:
        `value` when it is the data address of a PNG, JPEG, WebP or GIF picture, else None.

    Example:
        >>> address("https://example.org/a.png") is None
        True
    """
    pattern = r"data:image/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]+"
    if isinstance(value, str) and re.fullmatch(pattern, value):
        return value
    return None


def picture(value: Any) -> Any:
    """The pixels of a picture.

    Args:
        value: What a record holds as picture.

    Returns:
        An RGB array (96, 96, 3) of bytes, or None when `value` is no picture of less than four million pixels.

    Example:
        >>> picture("data:image/png;base64,AAAA") is None
        True
    """
    if address(value) is None:
        return None
    import numpy as np
    from PIL import Image

    try:
        data = io.BytesIO(base64.b64decode(value.split(",", 1)[1]))
        image = Image.open(data, formats=("PNG", "JPEG", "WEBP", "GIF"))
        if image.width * image.height >= 4e6:
            return None
        return np.asarray(image.convert("RGB").resize((96, 96)))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
