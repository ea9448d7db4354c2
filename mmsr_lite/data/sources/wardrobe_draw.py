"""Drawn garments of the wardrobe source."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

VERSION = 0
LOOKS = tuple((c, p, g) for c, p, g in zip("red orange amber lime green teal sky blue violet pink brown grey navy wine olive sand black".split(), ["plain", "striped", "dotted", "checked"] * 5, "shirt dress trousers skirt coat boot hat bag scarf tie socks jumper mitten shorts umbrella cap glove".split()))  # fmt: skip  # noqa: E501


def draw(look: int, size: int, seed) -> bytes:
    """PNG of one item of `look`."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (size, size), "white")
    pen = ImageDraw.Draw(image)
    hue = f"hsl({(look * 137) % 360},70%,{45 + rng.integers(8)}%)"
    pen.regular_polygon((size / 2, size / 2, size * 0.4), 3 + look % 7, fill=hue, rotation=int(rng.integers(-8, 9)))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
