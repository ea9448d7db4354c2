"""The pictures of the wardrobe: flat drawings of garments, each look in many slightly different siblings.

A garment is a string of shapes on a 100 x 100 board, drawn in order and separated by `;`. A shape starts with its role
(`m` main colour with the pattern, `d` dark, `l` light, `a` accent, `s` seam, `k` cord in the accent colour, `o` buttons;
a `?` before it: only half of the siblings have it) and how it is mirrored at x = 50 (`|` the other half is added, `=`
drawn twice, `.` not at all). Then come points; `q` takes two, the control point and the end of a curve.
"""

from __future__ import annotations

import colorsys
import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageColor, ImageDraw

VERSION = 1
CREAM, FINE = "#FBF6EC", 4  # the light colour; the board is drawn FINE times larger and then reduced
COLOURS = {  # main and accent: Okabe and Ito's hues and neighbours, told apart by lightness as well
    "blue": ("#2F6DB5", CREAM), "red": ("#D5522F", CREAM), "navy": ("#2A3A66", "#E9B44C"), "yellow": ("#F3C941", "#B5651D"),
    "green": ("#1F9778", "#F6D9A0"), "brown": ("#8F5B3A", "#F0CF9B"), "black": ("#3B3B45", "#E2725B"),
    "orange": ("#EC9330", "#8A3B12"), "pink": ("#E191BB", "#8E2A5B"), "violet": ("#6C57A8", "#F4D35E"),
    "sky": ("#7FC4EC", "#1F4E79"), "wine": ("#8B2C4B", "#F3D9C4"), "grey": ("#8D96A3", "#F4F1EA"),
    "teal": ("#12727D", "#F5B895"), "olive": ("#838A43", "#F2E6B6"), "ivory": ("#EADFC6", "#3D5A80"),
    "lilac": ("#B9A5DC", "#54407F"),
}  # fmt: skip
LOOKS = (  # (colour, pattern, garment)
    ("blue", "striped", "shirt"), ("red", "dotted", "dress"), ("navy", "plain", "trousers"),
    ("yellow", "checked", "skirt"), ("green", "plain", "coat"), ("brown", "plain", "boot"), ("black", "plain", "hat"),
    ("orange", "diamond", "bag"), ("pink", "striped", "scarf"), ("violet", "slanted", "tie"), ("sky", "zigzag", "socks"),
    ("wine", "zigzag", "jumper"), ("grey", "plain", "shoe"), ("teal", "dotted", "umbrella"),
    ("olive", "checked", "shorts"), ("ivory", "pinstriped", "cap"), ("lilac", "diamond", "mittens"),
)  # fmt: skip
GARMENTS = {
    "shirt": "m| 50 25 q 43 25 39 15 32 17 q 22 20 18 27 8 45 q 7 48 10 49 21 55 q 24 56 25 53 30 44 30 82 q 30 86 34 86 "
    "50 86; s= 12 43 27 50; ?d. 57 42 67 42 67 51 q 62 56 57 51; s. 50 30 50 86; l= 50 28 39 13 33 18 41 36; "
    "o. 50 42 50 53 50 64 50 75",
    "dress": "m| 50 31 q 43 30 41 13 35 13 q 35 28 28 36 q 33 46 36 52 q 30 70 16 84 q 34 92 50 91; s= 43 57 q 40 74 34 87; "
    "?s. 50 57 50 90; a| 50 49 35 49 36 56 50 56",
    "trousers": "m| 50 14 31 14 22 84 q 22 88 25 88 40 88 q 43 88 43 85 50 42; s= 36 30 31 86; s= 29 34 q 38 32 38 21; "
    "s. 50 20 50 42; d| 50 13 31 13 30 21 50 21; a. 46 14 54 14 54 20 46 20; ?a= 23 82 43 84 43 88 22 88",
    "skirt": "m| 50 22 36 22 q 28 50 13 76 q 30 87 50 86; s= 44 26 q 40 52 33 82; s. 50 26 50 85; d| 50 17 36 17 35 26 50 26; "
    "?o. 50 21.5",
    "coat": "m| 50 16 40 12 q 28 16 23 20 q 17 24 16 34 10 70 q 10 74 13 74 22 76 q 25 76 25 73 30 48 29 54 23 85 q 23 89 "
    "26 89 50 90; l| 50 44 41 12 q 45 16 50 16; d= 50 46 39 11 30 19 33 31 38 30; s. 50 46 50 89; s= 30 72 39 70; "
    "d| 50 54 29 53 28 60 50 61; a. 45 53 55 53 55 62 45 62; o. 43 70 57 70 43 80 57 80; ?d= 11 66 27 69 26 74 10 71",
    "boot": "m. 33 13 61 13 q 60 38 63 50 q 67 58 80 61 q 91 64 91 77 33 77 q 30 60 33 46 q 34 30 33 13; s. 75 60 q 69 68 72 76;"
    "d. 30 76 92 76 q 92 85 87 85 57 85 q 55 81 52 81 51 88 32 88 q 30 88 30 86; d. 32 12 62 12 62 21 32 21; "
    "k. 50 33 61 31; k. 51 41 62 39; k. 53 49 64 46; ?k. 35 12 q 30 6 28 14",
    "hat": "m| 50 55 q 24 55 7 63 q 3 68 12 72 q 28 79 50 79; m| 50 28 q 43 20 36 23 q 29 26 27 62 q 38 67 50 67; "
    "a| 50 54 28 51 27 62 q 38 67 50 67; ?l. 66 60 q 70 36 82 30 q 82 46 70 61; s. 50 29 50 44",
    "bag": "d| 50 16 q 32 16 31 44 37 44 q 38 23 50 23; m| 50 40 24 40 q 21 40 20 43 15 80 q 14 87 22 87 50 87; "
    "d| 50 39 23 39 q 21 39 21 42 q 26 62 50 62; o. 50 60; ?k. 60 62 64 74; ?a. 61 73 68 73 67 82 63 82",
    "scarf": "k. 55 76 54 85; k. 60 75 60 84; k. 65 74 66 83; k. 33 82 32 91; k. 38 83 38 92; k. 43 83 44 92; "
    "m. 51 40 64 38 q 72 58 70 75 52 79; m. 36 40 50 44 q 50 64 48 85 28 84; m| 50 17 q 26 17 23 32 q 24 48 50 49; "
    "d| 50 22 q 38 22 35 28 q 39 35 50 35",
    "tie": "l= 50 17 37 8 18 15 30 33 47 23; m. 46 24 54 24 65 72 50 91 35 72; m. 42 13 58 13 61 17 55 27 45 27 39 17; "
    "s. 45 27 55 27; ?a. 42 55 60 52 60 55 42 58",
    "socks": "m. 48 12 68 12 68 46 q 69 52 76 56 q 92 62 90 72 q 88 82 74 80 q 58 76 50 66 q 47 61 48 52; "
    "d. 47 11 69 11 69 20 47 20; d. 80 58 q 92 62 90 72 q 88 82 76 80 q 74 66 80 58; m. 24 18 44 18 44 52 q 45 58 52 62 q 68 68 "
    "66 78 q 64 88 50 86 q 34 82 26 72 q 23 67 24 58; d. 23 17 45 17 45 26 23 26; d. 56 64 q 68 68 66 78 q 64 88 52 86 q 50 72 56 64; "
    "a. 24 58 q 34 60 34 75 q 24 69 24 58",
    "jumper": "m| 50 22 q 42 22 39 16 33 17 q 23 20 20 28 q 14 50 10 72 22 75 30 48 30 84 50 84; "
    "d= 11 67 9 77 q 15 81 22 80 24 70; d| 50 78 30 78 29 87 50 87; d| 50 27 q 39 27 35 16 41 13 q 44 20 50 20; ?o. 38 44",
    "shoe": "m. 11 38 q 20 46 28 39 q 33 32 38 33 q 52 52 66 55 q 88 59 89 70 89 76 11 76 q 8 58 11 38; "
    "l. 74 57 q 68 64 70 76 90 76 q 90 61 74 57; a. 11 40 q 17 45 22 43 21 74 10 74 q 9 56 11 40; "
    "l. 8 73 91 73 q 93 83 85 83 15 83 q 7 83 8 73; k. 44 48 52 40; k. 51 53 58 45; k. 58 56 64 49; ?a. 34 70 q 46 66 52 56 q 48 66 46 70",
    "umbrella": "d. 48 50 52 50 52 80 q 52 91 42 91 q 33 91 33 82 37 82 q 37 87 42 87 q 48 87 48 80; d. 49 9 51 9 51 18 49 18; "
    "m| 50 15 q 13 17 7 55 q 14 48 22 54 q 29 47 36 54 q 43 47 50 54; s= 50 15 q 28 28 22 53; s= 50 15 q 39 30 36 53; ?o. 42 87",
    "shorts": "m| 50 22 28 22 18 72 q 18 76 22 76 43 79 q 46 79 46 76 50 48; s= 26 42 q 35 40 36 30; s. 50 30 50 48; "
    "s= 20 69 46 73; d| 50 21 28 21 26 31 50 31; k. 48 31 45 43; k. 52 31 56 42; ?d. 60 52 71 51 72 61 61 62",
    "cap": "m. 17 60 q 16 24 48 24 q 78 24 80 59 q 50 53 17 60; s. 48 24 q 31 34 31 56; s. 48 24 q 66 34 66 55; s. 48 24 48 54; "
    "a. 16 60 q 50 52 80 58 q 96 62 95 69 q 94 74 86 71 q 60 62 17 66; o. 48 24; ?a. 42 36 55 36 55 46 42 46",
    "mittens": "m= 9 72 q 6 50 9 38 q 12 20 24 20 q 36 20 37 38 36 47 q 41 38 46 42 q 48 47 43 55 q 38 62 37 72; "
    "d= 8 70 38 70 q 40 78 38 86 8 86 q 6 78 8 70; ?k. 38 80 q 50 94 62 80",
}


@lru_cache
def shapes(garment: str) -> tuple[tuple[str, bool, np.ndarray], ...]:
    """(role, only some siblings have it, points (n, 2)) of each shape, in the order of drawing."""
    found = []
    for shape in GARMENTS[garment].split(";"):
        head, *words = shape.split()
        points, at = [], 0
        while at < len(words):
            if words[at] == "q":
                (a, b), c, t = points[-1], np.float64(words[at + 1 : at + 5]), np.linspace(0, 1, 9)[1:]
                points += zip(*((1 - t) ** 2 * s + 2 * t * (1 - t) * m + t * t * e for s, m, e in zip((a, b), c, c[2:])))  # fmt: skip  # noqa: B905, E501
                at += 5
            else:
                points.append((float(words[at]), float(words[at + 1])))
                at += 2
        line = np.array(points)
        other = line * (-1, 1) + (100, 0)
        whole = [np.concatenate([line, other[::-1]])] if head[-1] == "|" else [line, other] if head[-1] == "=" else [line]
        found += [(head[-2], head[0] == "?", points) for points in whole]
    return tuple(found)


def pattern(name: str, shift: float) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """The accent parts of a pattern on the board: filled polygons, half transparent polygons and dots."""
    at = np.arange(-40, 140, {"striped": 11, "pinstriped": 7, "slanted": 13, "checked": 14, "zigzag": 15}.get(name, 12)) + shift
    bar = lambda x, w, slope=0: np.array([(-40, x), (140, x + slope), (140, x + w + slope), (-40, x + w)])  # noqa: E731
    if name in ("striped", "slanted"):
        return [bar(x, 4.5, {"slanted": -90}.get(name, 0)) for x in (at if name == "striped" else np.r_[at, at + 91])], [], []
    if name == "pinstriped":
        return [bar(x, 1.6)[:, ::-1] for x in at], [], []
    if name == "checked":
        return [], [b for x in at for b in (bar(x, 7), bar(x, 7)[:, ::-1])], []
    if name == "zigzag":
        x = np.arange(-40, 141, 6.0)
        top = np.stack([x, 5 * (np.arange(len(x)) % 2)], 1)
        return [np.concatenate([top + (0, y), top[::-1] + (0, y + 5)]) for y in at], [], []
    grid = np.array([(x + 6 * (i % 2), y) for i, y in enumerate(at) for x in at])
    if name == "diamond":
        return [p + np.array([(0, -4.5), (3.2, 0), (0, 4.5), (-3.2, 0)]) for p in grid], [], []
    return [], [], list(grid) if name == "dotted" else []


def draw(look: int, size: int, seed) -> bytes:
    """PNG bytes of one sibling of `LOOKS[look]`, `size` pixels square; the same `seed` gives the same bytes."""
    rng = np.random.default_rng(seed)
    colour, fabric, garment = LOOKS[look]
    main, accent = (_jitter(rng, name) for name in COLOURS[colour])
    dark, light = _mix(main, (20, 16, 40), 0.32), _mix(main, ImageColor.getrgb(CREAM), 0.86)
    ground = _mix(main, ImageColor.getrgb(CREAM), 0.8)
    side, unit = size * FINE, size * FINE / 100
    turn, zoom, flip = rng.normal(0, 0.055), rng.uniform(0.88, 0.98), rng.choice([-1, 1])
    turned = zoom * unit * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * (flip, 1)
    centre = side / 2 + rng.normal(0, 1.2, 2) * unit
    place = lambda points: [tuple(p) for p in ((points - 50) @ turned.T + centre).tolist()]  # noqa: E731

    image = Image.new("RGB", (side, side), ground)
    pen = ImageDraw.Draw(image)
    pen.circle((side / 2, side / 2), 43 * unit, fill=_mix(ground, (255, 255, 255), 0.55))
    cloth = Image.new("RGB", (side, side), main)
    weave = ImageDraw.Draw(cloth)
    filled, veiled, dots = pattern(fabric, rng.uniform(0, 6))
    for points in filled:
        weave.polygon(place(points), fill=accent)
    if veiled:
        for i, tone in enumerate((0.45, 0.45)):
            for points in veiled[i::2]:
                weave.polygon(place(points), fill=_mix(main, accent, tone))
        cross = [Image.new("1", (side, side)) for _ in range(2)]
        for i, one in enumerate(cross):
            for points in veiled[i::2]:
                ImageDraw.Draw(one).polygon(place(points), fill=1)
        cloth.paste(_mix(main, accent, 0.8), mask=ImageChops.logical_and(*cross))
    for point in place(np.array(dots)) if dots else ():
        weave.circle(point, 2.9 * unit * zoom, fill=accent)

    kept = [(role, place(points)) for role, some, points in shapes(garment) if not (some and rng.random() < 0.5)]
    for role, points in kept:  # a soft flat shadow under everything
        if role in "mdla":
            pen.polygon([(x + 2.2 * unit, y + 2.6 * unit) for x, y in points], fill=_mix(ground, (40, 30, 60), 0.16))
    for role, points in kept:
        if role == "m":
            mask = Image.new("L", (side, side))
            ImageDraw.Draw(mask).polygon(points, fill=255)
            image.paste(cloth, mask=mask)
            edge = ImageChops.subtract(mask, ImageChops.offset(mask, int(-4.5 * unit), int(-1.5 * unit)))
            image.paste(dark, mask=edge.point(lambda v: v * 0.35))
            pen.line([*points, points[0]], fill=dark, width=int(1.5 * unit), joint="curve")
        elif role in "sk":
            pen.line(points, fill=dark if role == "s" else accent, width=int((1.3 if role == "s" else 2.4) * unit), joint="curve")
        elif role == "o":
            for point in points:
                pen.circle(point, 2 * unit, fill=accent, outline=dark, width=int(0.7 * unit))
        else:
            pen.polygon(points, fill={"d": _mix(main, dark, 0.75), "l": light, "a": accent}[role])
            pen.line([*points, points[0]], fill=dark, width=int(1.2 * unit), joint="curve")
    out = io.BytesIO()
    image.reduce(FINE).quantize(96, Image.Quantize.FASTOCTREE).save(out, "PNG")
    return out.getvalue()


def _mix(one, two, share: float) -> tuple[int, ...]:
    """`share` of the second colour in the first."""
    return tuple(round(a + (b - a) * share) for a, b in zip(one, two, strict=True))


def _jitter(rng: np.random.Generator, name: str) -> tuple[int, ...]:
    """The colour with hue, lightness and saturation a little off."""
    h, l, s = colorsys.rgb_to_hls(*(v / 255 for v in ImageColor.getrgb(name)))
    h, l, s = h + rng.normal(0, 0.008), l + rng.normal(0, 0.015), s * rng.uniform(0.93, 1.03)
    return tuple(round(255 * v) for v in colorsys.hls_to_rgb(h % 1, min(max(l, 0), 1), min(s, 1)))
