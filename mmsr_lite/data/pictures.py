"""Item pictures, which come from the web and are not to be trusted: opened small, or not at all."""

import base64
import io
import warnings
from functools import lru_cache
from typing import Any

MAX_PIXELS = 50_000_000  # a file that unfolds to more is not opened
warnings.filterwarnings("ignore", module=r"PIL\.")  # of large and odd pictures; once, since a filter is no thread's own


def open_picture(path: str | None, side: int, *, square: bool = False) -> Any:
    """A `PIL.Image` in RGB on white, at most about `side` pixels wide and high, upright; None when it cannot be opened.

    `square` stretches it to `side` x `side`.

    >>> open_picture(None, 64) is None
    True
    """
    from PIL import Image, ImageOps

    if path is None:
        return None
    try:
        with Image.open(path) as picture:
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
    """The picture as a `data:image/png` address to put in a page, None when it cannot be opened; kept once made."""
    picture = open_picture(path, side)
    if picture is None:
        return None
    out = io.BytesIO()
    picture.quantize(64).save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
