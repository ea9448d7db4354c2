"""The pictures of the wardrobe: flat drawings of garments, each look in many slightly different siblings.

Looks, colours and garments are listed in `wardrobe.json`. A garment is a list of shapes on a board of 100 x 100, in the
order of drawing. A shape begins with two or three signs:

- `?`: only half of the siblings have the shape (this sign may be missing);
- the role: `m` main colour with the pattern, `d` dark, `l` light, `a` accent, `s` seam, `k` cord in the accent colour,
  `o` buttons;
- how it is mirrored at x = 50: `|` the mirrored half is added, `=` it is drawn twice, `.` not at all.

Then follow its points. A `q` takes two of them: the control point and the end of a curve. Colours are pairs (main,
accent) of the hues of Okabe and Ito and their neighbours, which also differ in lightness.
"""

import colorsys
import io
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageColor, ImageDraw

from mmsr_lite.data.storage import read_json

BOOK = read_json(Path(__file__).with_name("wardrobe.json"))  # every word and shape of the world
VERSION = 4  # of the drawing; a new number makes the cache draw all pictures again
CREAM = ImageColor.getrgb("#FBF6EC")  # the light colour
RIM = [round(v * 0.35) for v in range(256)]  # how dark the rim of a cloth is, where it covers 255
FINE = 4  # the board is drawn this many times larger, and then reduced


@lru_cache
def shapes(garment: str) -> tuple[tuple[str, bool, tuple[np.ndarray, ...]], ...]:
    """The shapes of a garment, in the order of drawing.

    Args:
        garment: its name in `wardrobe.json`.

    Returns:
        For each shape its role, whether only some siblings have it, and its lines, (n, 2) points each.

    Example:
        >>> role, only_some, lines = shapes(next(iter(BOOK["garments"])))[0]
        >>> role in "mdlasko", lines[0].shape[1]
        (True, 2)
    """
    found = []
    for shape in BOOK["garments"][garment]:
        head, *words = shape.split()
        points: list[np.ndarray] = []
        at = 0
        while at < len(words):
            if words[at] == "q":
                control, end, t = *np.array(words[at + 1 : at + 5], float).reshape(2, 2), np.linspace(0, 1, 9)[1:, None]
                points += [*((1 - t) ** 2 * points[-1] + 2 * t * (1 - t) * control + t * t * end)]
                at += 5
            else:
                points.append(np.array(words[at : at + 2], float))
                at += 2
        line = np.array(points)
        other = line * (-1, 1) + (100, 0)
        lines = {".": (line,), "=": (line, other), "|": (np.concatenate([line, other[::-1]]),)}[head[-1]]
        found.append((head[-2], head[0] == "?", lines))
    return tuple(found)


def pattern(name: str, shift: float) -> list[tuple[np.ndarray, float]]:
    """The polygons of the pattern of a fabric on the board.

    Args:
        name: the name of the fabric.
        shift: how far the pattern is moved, in units of the board.

    Returns:
        For each polygon its points (n, 2), and the share of the accent colour in its colour, from 0 to 1.

    Example:
        >>> pattern("plain", 0)
        []
        >>> stripes = pattern("striped", 0)  # one every 11 units, from -40 to 140
        >>> len(stripes), stripes[0][0].tolist()
        (17, [[-40.0, -40.0], [140.0, -40.0], [140.0, -35.5], [-40.0, -35.5]])
    """
    step = {"plain": 999, "striped": 11, "pinstriped": 7, "slanted": 13, "checked": 14, "zigzag": 15}.get(name, 12)
    at = np.arange(-40, 140, step) + shift

    def box(x, y, w, h, slope=0):
        return np.array([(x, y), (x + w, y + slope), (x + w, y + h + slope), (x, y + h)])

    if name == "plain":
        return []
    if name == "striped":
        return [(box(-40, y, 180, 4.5), 1) for y in at]
    if name == "slanted":
        return [(box(-40, y, 180, 4.5, -90), 1) for y in (*at, *(at + 14 * step))]
    if name == "pinstriped":
        return [(box(x, -40, 1.6, 180), 1) for x in at]
    if name == "checked":
        bars = [(b, 0.45) for x in at for b in (box(-40, x, 180, 7), box(x, -40, 7, 180))]
        return bars + [(box(x, y, 7, 7), 0.8) for x in at for y in at]
    if name == "zigzag":
        top = np.array([(x, 5 * (i % 2)) for i, x in enumerate(range(-40, 141, 6))])
        band = np.concatenate([top, top[::-1] + np.array((0, 5))])
        return [(np.add(band, (0, y)), 1) for y in at]
    angle = np.linspace(0, 2 * np.pi, 5 if name == "diamond" else 17)
    spot = np.stack([np.cos(angle), np.sin(angle)], 1) * ((3.2, 4.5) if name == "diamond" else 2.9)
    return [(np.add(spot, (x + 6 * (i % 2), y)), 1) for i, y in enumerate(at) for x in at]


def draw(look: int, size: int, seed) -> bytes:
    r"""Draw one sibling of a look.

    Args:
        look: an index of the looks in `wardrobe.json`.
        size: the side of the picture in pixels.
        seed: a seed of `numpy.random.default_rng`, which makes the sibling; the same seed gives the same bytes.

    Returns:
        The bytes of a PNG file.

    Example:
        >>> draw(0, 64, 1)[:4]
        b'\x89PNG'
    """
    rng = np.random.default_rng(seed)
    colour, fabric, garment = BOOK["looks"][look]
    main, accent = (_jitter(rng, name) for name in BOOK["colours"][colour])
    dark = tuple(round(v * by) for v, by in zip(main, (0.66, 0.56, 0.6), strict=True))
    light, ground = _mix(main, CREAM, 0.86), _mix(main, CREAM, 0.78)
    shadow = _mix(ground, (40, 30, 60), 0.16)
    side, unit = size * FINE, size * FINE / 100
    turn, zoom = rng.normal(0, 0.06), rng.uniform(0.88, 0.98)
    turned = zoom * unit * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = side / 2 + rng.normal(0, 1.2, 2) * unit

    def place(points: np.ndarray, shift: tuple[float, float] = (0, 0)) -> list[tuple[float, ...]]:
        return [*map(tuple, ((points - 50) @ turned.T + centre + np.multiply(shift, unit)).tolist())]

    image = Image.new("RGB", (side, side), ground)
    pen = ImageDraw.Draw(image)
    pen.ellipse([7 * unit, 7 * unit, 93 * unit, 93 * unit], fill=_mix(ground, (255, 255, 255), 0.55))
    cloth = Image.new("RGB", (side, side), main)
    weave = ImageDraw.Draw(cloth)
    parts = pattern(fabric, rng.uniform(0, 6))
    if parts:  # all at once: (parts, points, 2)
        placed = (np.stack([part for part, _ in parts]) - 50) @ turned.T + centre
        fills = {share: _mix(main, accent, share) for share in {share for _, share in parts}}
        for corners, (_, share) in zip(placed.reshape(len(parts), -1).tolist(), parts, strict=True):
            weave.polygon(corners, fill=fills[share])
    chosen = [(role, lines) for role, some, lines in shapes(garment) if not (some and rng.random() < 0.5)]
    kept = [(role, line) for role, lines in chosen for line in lines]
    for role, line in kept:
        if role in "mdla":
            pen.polygon(place(line, (2.2, 2.6)), fill=shadow)
    for role, line in kept:
        points = place(line)
        if role in "sk":
            pen.line(points, dark if role == "s" else accent, int((1.3 if role == "s" else 2.4) * unit), joint="curve")
            continue
        if role == "o":
            for x, y in points:
                ring = [x - 2 * unit, y - 2 * unit, x + 2 * unit, y + 2 * unit]
                pen.ellipse(ring, fill=accent, outline=dark, width=int(0.7 * unit))
            continue
        if role == "m":
            mask = Image.new("L", (side, side))
            ImageDraw.Draw(mask).polygon(points, fill=255)
            box = mask.getbbox()  # outside of it nothing is painted
            if box:
                moved = ImageChops.offset(mask, int(-4.5 * unit), int(-1.5 * unit)).crop(box)
                mask = mask.crop(box)
                image.paste(cloth.crop(box), box, mask)
                image.paste(dark, box, ImageChops.subtract(mask, moved).point(RIM))
        else:
            pen.polygon(points, fill={"d": _mix(main, dark, 0.7), "l": light, "a": accent}[role])
        pen.line([*points, points[0]], dark, int(1.4 * unit), joint="curve")
    out = io.BytesIO()
    image.reduce(FINE).quantize(96, Image.Quantize.FASTOCTREE).save(out, "PNG")
    return out.getvalue()


def _mix(one, two, share: float) -> tuple[int, ...]:
    """A mixture of two colours, with this share of the second."""
    return tuple(round(a + (b - a) * share) for a, b in zip(one, two, strict=True))


def _jitter(rng: np.random.Generator, name: str) -> tuple[int, ...]:
    """A colour with slightly changed hue, lightness and saturation."""
    hue, light, strong = colorsys.rgb_to_hls(*(v / 255 for v in ImageColor.getrgb(name)))
    light, strong = light + rng.normal(0, 0.015), strong * rng.uniform(0.93, 1.03)
    mixed = colorsys.hls_to_rgb((hue + rng.normal(0, 0.008)) % 1, min(max(light, 0), 1), min(strong, 1))
    return tuple(round(255 * v) for v in mixed)
