"""A picture encoder of 242 numbers that needs no download: which colours, where, and the directions of the edges."""

from collections.abc import Sequence

import numpy as np

from mmsr_lite.data.encoders.network import Opened
from mmsr_lite.data.pictures import open_picture

SIDE = 64  # side of the square, in pixels, that each picture is brought to
HUES, VALUES = 12, 3  # bins of hue and of brightness
CELLS = 4  # cells of the grid in each direction
ANGLES = 8  # directions of edges
PIECE = 16  # pictures that are described at once: what is computed of them fits into the cache of a processor
SCALES = (1, 2, 4)  # steps in pixels at which edges are looked for


def pictures(model: str | None = None) -> Opened:
    """Make the encoder.

    The features are four blocks of equal weight: a histogram of hue and brightness, the mean colour in a grid of 4 x 4,
    the edge directions in the same grid, and the edge directions at three scales.

    Args:
        model: not used; the encoder has no weights.

    Returns:
        A function from b paths to unit vectors (m, 242) of the pictures that can be opened, and which these are (b,).

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> folder = tempfile.mkdtemp()
        >>> for name in ("red", "blue"): Image.new("RGB", (90, 60), name).save(f"{folder}/{name}.png")
        >>> features, present = pictures()([f"{folder}/red.png", f"{folder}/none.png", f"{folder}/blue.png"])
        >>> features.shape, present.tolist(), bool(features[0] @ features[1] < 0.5)
        ((2, 242), [True, False, True], True)
    """
    return _encode


def _encode(paths: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Features (m, 242) of the pictures that can be opened, and which these are (b,)."""
    opened = [open_picture(path, SIDE, square=True) for path in paths]
    pixels = [np.asarray(one) for one in opened if one is not None]
    pieces = [_describe(np.stack(pixels[first : first + PIECE])) for first in range(0, len(pixels), PIECE)]
    features = np.concatenate(pieces) if pieces else np.zeros((0, 0), np.float32)
    return features, np.array([one is not None for one in opened], bool)


def _describe(pixels: np.ndarray) -> np.ndarray:
    """The features (n, F) float32 of pictures (n, SIDE, SIDE, 3) uint8."""
    rgb = pixels.astype(np.float32) / 255  # (n, SIDE, SIDE, 3)
    grey = rgb @ np.array([0.299, 0.587, 0.114], np.float32)  # (n, SIDE, SIDE)
    edges = [_edges(_shrink(grey, step)) for step in SCALES]
    blocks = [
        np.sqrt(_colours(rgb)),
        _shrink(rgb, SIDE // CELLS).reshape(len(rgb), -1) - 0.5,
        np.sqrt(_shrink(edges[0], SIDE // CELLS).reshape(len(rgb), -1)),
        np.sqrt(np.concatenate([edge.mean((1, 2)) for edge in edges], 1)),
    ]
    features = np.concatenate([block / (np.linalg.norm(block, axis=1, keepdims=True) + 1e-3) for block in blocks], 1)
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def _shrink(values: np.ndarray, step: int) -> np.ndarray:
    """The means of (n, H, W, ...) over squares of `step` pixels a side."""
    n, height, width, *rest = values.shape
    return values.reshape(n, height // step, step, width // step, step, *rest).mean((2, 4))


def _colours(rgb: np.ndarray) -> np.ndarray:
    """(n, HUES * VALUES + 6) a histogram of hue and brightness, then of six greys.

    A pixel counts for the first part as far as it is coloured, and for the second part as far as it is grey.
    """
    red, green, blue = np.moveaxis(rgb, -1, 0)  # (n, H, W) each; numpy is slow where it goes along an axis of three
    high = np.maximum(np.maximum(red, green), blue)
    chroma = high - np.minimum(np.minimum(red, green), blue)
    hue = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue) / (2 * np.pi) % 1
    brightness = np.minimum((high * VALUES).astype(int), VALUES - 1)
    coloured = np.round(hue * HUES).astype(int) % HUES * VALUES + brightness  # pure red is the middle of its bin
    grey = HUES * VALUES + np.minimum(((red + green + blue) / 3 * 6).astype(int), 5)
    return _histogram(coloured, chroma, HUES * VALUES + 6) + _histogram(grey, 1 - chroma, HUES * VALUES + 6)


def _histogram(bins: np.ndarray, weight: np.ndarray, size: int) -> np.ndarray:
    """(n, size) the sum of the weights in each bin, for each picture."""
    n = len(bins)
    flat = bins.reshape(n, -1) + size * np.arange(n)[:, None]
    return np.bincount(flat.ravel(), weight.ravel(), n * size).reshape(n, size).astype(np.float32)


def _edges(grey: np.ndarray) -> np.ndarray:
    """(n, H, W, ANGLES) the strength of the edge at each pixel, divided between the two nearest directions."""
    down, across = np.gradient(grey, axis=(1, 2))
    angle = np.arctan2(down, across) / np.pi % 1 * ANGLES  # light-to-dark and dark-to-light are one direction
    gap = np.abs(angle[..., None] - np.arange(ANGLES, dtype=np.float32))
    return np.hypot(down, across)[..., None] * np.maximum(0, 1 - np.minimum(gap, ANGLES - gap))
