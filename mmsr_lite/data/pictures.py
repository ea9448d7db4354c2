"""Item pictures, which come from the web and are not to be trusted: opened small, or not at all."""

import base64
import io
import os
import warnings
from functools import lru_cache
from typing import Any

DECODERS = ("BMP", "GIF", "JPEG", "PNG", "WEBP")  # no other form is opened, whatever the name of the file says
MAX_PIXELS = 50_000_000  # a file that unfolds to more is not opened
warnings.filterwarnings("ignore", module=r"PIL\.")  # of large and odd pictures; once, since a filter is no thread's own


def open_picture(path: str | None, side: int, *, square: bool = False) -> Any:
    """A picture, small, upright and on white; only BMP, GIF, JPEG, PNG and WebP are opened, by their own decoders.

    Args:
        path: the file, or None.
        side: pixels; the picture is at most about as wide and as high.
        square: stretch it to `side` x `side`.

    Returns:
        A `PIL.Image` in RGB; None when there is no file, or none that opens.

    Example:
        >>> open_picture(None, 64) is None
        True
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
            picture.draft("RGB", (2 * side, 2 * side))  # a JPEG is unfolded no further than needed
            share = min(1, side / max(picture.size))
            size = [side if square else max(1, round(share * length)) for length in picture.size]
            small = ImageOps.exif_transpose(picture.convert("RGBA").resize(size, Image.Resampling.BOX))
    except Exception:  # whatever a damaged or hostile file makes Pillow raise, there is no picture
        return None
    return Image.alpha_composite(Image.new("RGBA", small.size, "white"), small).convert("RGB")


@lru_cache(4096)
def data_uri(path: str | None, side: int = 96) -> str | None:
    """A picture as an address to put in a page; kept once made.

    Args:
        path: the file, or None.
        side: pixels of the longer side, at most.

    Returns:
        `data:image/png;base64,...`, or None when the picture cannot be opened.

    Example:
        >>> data_uri(None) is None
        True
    """
    picture = open_picture(path, side)
    if picture is None:
        return None
    out = io.BytesIO()
    picture.quantize(64).save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
