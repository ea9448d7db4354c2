"""What people see of a world: pictures, with a mark on what is bought, texts and titles."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mmsr_lite.data.sources.wardrobe_draw import BOOK, VERSION, draw
from mmsr_lite.data.sources.worlds.world import Group
from mmsr_lite.data.storage import atomic, cache_dir, content_hash

BADGES = {  # kind of an item -> the mark in its picture, and the word in its title
    "garment": ("no badge", ""),
    "basic": ("frame", "basic "),
    "accessory": ("price tag", "accessory "),
}
NO_THEME = [  # texts about no theme
    "A basic that goes with everything.",
    "One for every drawer.",
    "The simple one; you will wear it often.",
    "Nothing special, always right.",
    "A basic. Buy two.",
]
INK, PAPER = "#4A4458", "#FFFDF8"
SIBLINGS = 40  # different drawings of a look
BADGE_VERSION = 1  # of the badges; a new number makes the cache draw all pictures again


def draw_item(look: int, kind: str, size: int, seed: Sequence[int]) -> bytes:
    r"""Draw one item: a garment of the wardrobe, with a badge for its kind.

    Args:
        look: an index of the looks of the wardrobe.
        kind: one of `BADGES`: "garment", "basic" (a thin frame) or "accessory" (a price tag in a corner).
        size: the side of the picture in pixels.
        seed: the seed of the sibling; the same seed gives the same bytes.

    Returns:
        The bytes of a PNG file.

    Example:
        >>> draw_item(0, "basic", 64, [1])[:4]
        b'\x89PNG'
    """
    plain = draw(look, size, seed)
    badge = BADGES[kind][0]
    if badge == "no badge":
        return plain
    image = Image.open(io.BytesIO(plain), formats=("PNG",)).convert("RGB")
    pen, unit = ImageDraw.Draw(image), size / 100
    thin = max(1, round(1.5 * unit))
    if badge == "frame":
        inset = 2 * unit
        pen.rounded_rectangle([inset, inset, size - 1 - inset, size - 1 - inset], 8 * unit, None, INK, thin)
    else:
        corners = [(76, 4), (88, 4), (96, 12), (96, 24), (88, 24), (76, 12)]  # a tag that hangs in the corner
        pen.polygon([(x * unit, y * unit) for x, y in corners], fill=PAPER, outline=INK)
        pen.ellipse([88 * unit, 8 * unit, 92 * unit, 12 * unit], fill=INK)
    out = io.BytesIO()
    image.quantize(96, Image.Quantize.FASTOCTREE).save(out, "PNG")
    return out.getvalue()


def pictures_of(groups: Sequence[Group], group: np.ndarray, size: int, seed: int) -> tuple[Path, list[str]]:
    """Draw the pictures of a catalogue into the cache; all worlds with one size and seed share them.

    The items of a look share `SIBLINGS` pictures, which differ slightly, so that a large catalogue is drawn in seconds.

    Args:
        groups: the groups of the catalogue.
        group: (V,) the group of each item.
        size: the side of a picture in pixels.
        seed: the seed of the siblings of a look.

    Returns:
        The folder of the files, and the name in it of each item's picture.

    Example:
        >>> groups = [Group(look=0, theme=1, items=2), Group(look=3, theme=-1, items=1, kind="basic")]
        >>> pictures_of(groups, np.array([0, 1, 0]), size=16, seed=0)[1]
        ['garment-00-00.png', 'basic-03-00.png', 'garment-00-01.png']
    """
    drawn = [BOOK[part] for part in ("looks", "colours", "garments")]
    folder = cache_dir("worlds", content_hash(VERSION, BADGE_VERSION, drawn, size, seed))
    counts: dict[tuple[str, int], int] = {}  # items so far of each kind and look
    names = []
    for number in group.tolist():
        kind, look = groups[number].kind, groups[number].look
        sibling = counts.get((kind, look), 0) % SIBLINGS
        counts[kind, look] = counts.get((kind, look), 0) + 1
        names.append(f"{kind}-{look:02d}-{sibling:02d}.png")
        place = folder / names[-1]
        if not place.is_file():
            with atomic(place) as tmp:
                tmp.write_bytes(draw_item(look, kind, size, [seed, 2, look, sibling]))
    return folder, names


def texts_of(groups: Sequence[Group], group: np.ndarray, rng: np.random.Generator) -> list[str]:
    """A text for each item that says its theme and nothing else; items of one theme have different texts.

    Args:
        groups: the groups of the catalogue.
        group: (V,) the group of each item.
        rng: the random generator that chooses words.

    Returns:
        V texts.

    Example:
        >>> groups = [Group(look=0, theme=-1, items=1), Group(look=0, theme=0, items=1)]
        >>> plain, formal = texts_of(groups, np.array([0, 1]), np.random.default_rng(0))
        >>> any(plain.startswith(words) for words in NO_THEME), BOOK["themes"][0][0] in formal.lower()
        (True, True)
    """
    themes = np.array([one.theme for one in groups])[group]  # (V,)
    texts = [""] * len(group)
    for theme in np.unique(themes).tolist():
        openings = NO_THEME if theme < 0 else BOOK["templates"]
        siblings = np.flatnonzero(themes == theme)
        variants = rng.permutation(len(openings) * len(BOOK["endings"]))
        for item, variant in zip(siblings, np.resize(variants, len(siblings)), strict=True):
            ending, opening = divmod(int(variant), len(openings))
            words = openings[opening]
            if theme >= 0:
                occasion, material, season = BOOK["themes"][theme]
                words = words.format(occasion=occasion, material=material, season=season)
            text = f"{words} {BOOK['endings'][ending]}"
            texts[item] = re.sub(r"(^|[.?] )([a-z])", lambda found: found[0].upper(), text)
    return texts


def titles_of(groups: Sequence[Group], group: np.ndarray, rng: np.random.Generator) -> list[str]:
    """A title for each item that says its kind (garment, basic, accessory), and neither look nor theme.

    Args:
        groups: the groups of the catalogue.
        group: (V,) the group of each item.
        rng: the random generator that chooses names.

    Returns:
        V titles.

    Example:
        >>> groups = [Group(look=0, theme=0, items=1), Group(look=0, theme=-1, items=1, kind="basic")]
        >>> titles = titles_of(groups, np.array([0, 1]), np.random.default_rng(0))
        >>> [title.split(" ", 1)[1] for title in titles]
        ['no. 1', 'basic no. 1']
    """
    names = BOOK["names"]
    titles = []
    for label, one in zip(rng.permutation(len(group)).tolist(), group.tolist(), strict=True):
        word = BADGES[groups[one].kind][1]
        titles.append(f"{names[label % len(names)]} {word}no. {label // len(names) + 1}")
    return titles
