"""Item pictures come from the web and are not to be trusted: they are opened at a small size, or not at all."""

import base64
import io
import os
import warnings
from functools import lru_cache
from typing import Any

DECODERS = ("BMP", "GIF", "JPEG", "PNG", "WEBP")  # no other form is opened, whatever the name of the file
MAX_PIXELS = 50_000_000  # a picture with more pixels is not opened
# Pillow warns of large and odd pictures. The filter is set once, because filters are shared by all threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


def open_picture(path: str | None, side: int, *, square: bool = False) -> Any:
    """Open a picture at a small size, upright and on white.

    Only BMP, GIF, JPEG, PNG and WebP are opened, each by the decoder of its own form.

    Args:
        path: the file, or None.
        side: the longer side in pixels, at most; smaller pictures keep their size.
        square: whether to stretch the picture to `side` x `side`; default False.

    Returns:
        A `PIL.Image` in RGB; None when there is no file, or it cannot be opened.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> file = tempfile.mkdtemp() + "/hat.png"
        >>> Image.new("RGB", (200, 100), "red").save(file)
        >>> open_picture(file, 64).size, open_picture("no-such-file.png", 64)
        ((64, 32), None)
    """
    from PIL import Image, ImageOps

    if path is None:
        return None
    try:
        if not os.path.isfile(path):  # a pipe would never end
            return None
        with Image.open(path, formats=DECODERS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return None
            picture.draft("RGB", (2 * side, 2 * side))  # a JPEG is decoded no larger than needed
            share = min(1, side / max(picture.size))
            size = [side if square else max(1, round(share * length)) for length in picture.size]
            small = ImageOps.exif_transpose(picture.convert("RGBA").resize(size, Image.Resampling.BOX))
    except Exception:  # a damaged or hostile file can make Pillow raise anything
        return None
    return Image.alpha_composite(Image.new("RGBA", small.size, "white"), small).convert("RGB")


@lru_cache(4096)
def data_uri(path: str | None, side: int = 96) -> str | None:
    """A picture as a data address for a page; the last 4,096 are kept in memory.

    Args:
        path: the file, or None.
        side: the longer side in pixels, at most; default 96.

    Returns:
        `data:image/png;base64,...`, or None when the picture cannot be opened.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> file = tempfile.mkdtemp() + "/hat.png"
        >>> Image.new("RGB", (200, 100), "red").save(file)
        >>> data_uri(file)[:30], data_uri(None)
        ('data:image/png;base64,iVBORw0K', None)
    """
    picture = open_picture(path, side)
    if picture is None:
        return None
    out = io.BytesIO()
    picture.quantize(64).save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
