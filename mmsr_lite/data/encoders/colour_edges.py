"""Which colours, where, and how the edges run: a picture encoder of 242 numbers that needs no download."""

from collections.abc import Sequence

import numpy as np

from mmsr_lite.data.encoders.network import Opened
from mmsr_lite.data.pictures import open_picture

SIDE = 64  # pixels a side that are looked at
HUES, VALUES, CELLS, ANGLES, SCALES = 12, 3, 4, 8, (1, 2, 4)


def pictures(model: str | None = None) -> Opened:
    """A function from paths to (unit vectors (m, 242) of those that open, present); `model` is not used.

    Four blocks of equal weight: histogram of hue and brightness, mean colour in a grid of 4 x 4, edge directions in the
    same grid, edge directions at three scales.

    Args:
        model: not used; the encoder has no weights.

    Returns:
        The function.
    """
    return _encode


def _encode(paths: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    opened = [open_picture(path, SIDE, square=True) for path in paths]
    pixels = [np.asarray(one) for one in opened if one is not None]
    features = _describe(np.stack(pixels)) if pixels else np.zeros((0, 0), np.float32)
    return features, np.array([one is not None for one in opened], bool)


def _describe(pixels: np.ndarray) -> np.ndarray:
    """(n, SIDE, SIDE, 3) uint8 -> (n, F) float32."""
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
    """(n, H, W, ...) -> means over squares of `step` pixels."""
    n, height, width, *rest = values.shape
    return values.reshape(n, height // step, step, width // step, step, *rest).mean((2, 4))


def _colours(rgb: np.ndarray) -> np.ndarray:
    """(n, HUES * VALUES + 6) shares of hue and brightness, weighted by how coloured a pixel is, then of six greys."""
    high, chroma = rgb.max(-1), np.ptp(rgb, axis=-1)  # (n, H, W)
    red, green, blue = np.moveaxis(rgb, -1, 0)
    hue = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue) / (2 * np.pi) % 1
    brightness = np.minimum((high * VALUES).astype(int), VALUES - 1)
    coloured = np.round(hue * HUES).astype(int) % HUES * VALUES + brightness  # pure red is the middle of its bin
    grey = HUES * VALUES + np.minimum((rgb.mean(-1) * 6).astype(int), 5)
    return _histogram(coloured, chroma, HUES * VALUES + 6) + _histogram(grey, 1 - chroma, HUES * VALUES + 6)


def _histogram(bins: np.ndarray, weight: np.ndarray, size: int) -> np.ndarray:
    """(n, size) the weights of each picture summed by bin."""
    n = len(bins)
    flat = bins.reshape(n, -1) + size * np.arange(n)[:, None]
    return np.bincount(flat.ravel(), weight.ravel(), n * size).reshape(n, size).astype(np.float32)


def _edges(grey: np.ndarray) -> np.ndarray:
    """(n, H, W) -> (n, H, W, ANGLES) strength of the edge at each pixel, shared by the two nearest directions."""
    down, across = np.gradient(grey, axis=(1, 2))
    angle = np.arctan2(down, across) / np.pi % 1 * ANGLES  # light-to-dark and dark-to-light are one direction
    gap = np.abs(angle[..., None] - np.arange(ANGLES, dtype=np.float32))
    return np.hypot(down, across)[..., None] * np.maximum(0, 1 - np.minimum(gap, ANGLES - gap))
